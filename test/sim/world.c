#include "world.h"

#include <stdlib.h>
#include <string.h>

const char *const kind_names[KINDS] = {
    "office",     "home", "silent",    "sales",   "shared",  "club",
    "newsletter", "shop", "forwarder", "scanner", "monitor", "list",
};

/* Of 10,000 accounts. */
static const uint32_t kind_shares[KINDS] = {3900, 2700, 1600, 200, 250, 150, 80, 250, 150, 350, 100, 30};

static const struct habits usual_habits = {
    .volume = 1,
    .volume_sigma = 1.1,
    .new_share = 0.10,
    .mobile_share = 0.12,
    .vpn_share = 0.03,
    .typo_share = 0.03,
    .bounce_seen = 0.8,
    .webmail_share = 0.12,
    .hour_shift = 0,
    .change = 1,
    .has_logins = true,
};

static const struct habits odd_habits = {
    .volume = 3,
    .volume_sigma = 1.5,
    .new_share = 0.20,
    .mobile_share = 0.30,
    .vpn_share = 0.08,
    .typo_share = 0.06,
    .bounce_seen = 0.3,
    .webmail_share = 0.25,
    .hour_shift = 4,
    .change = 3,
    .has_logins = false,
};

/* Midnights in the provider's time zone, as seconds since 1970. Of five worlds one each sees the end of
   summer time, Christmas, an ordinary winter, the begin of summer time, and the summer holidays. */
static const int64_t starts[5] = {
    1759269600, /* 2025-10-01 */
    1764025200, /* 2025-11-25 */
    1768172400, /* 2026-01-12 */
    1773097200, /* 2026-03-10 */
    1782856800, /* 2026-07-01 */
};

/* Summer time, from and to. */
static const int64_t summers[2][2] = {
    {1743296400, 1761440400},
    {1774746000, 1792890000},
};

/* ---- the calendar ------------------------------------------------------------------------------------- */

static int64_t offset_at(int64_t seconds)
{
    for (unsigned i = 0; i < 2; i++)
        if (seconds >= summers[i][0] && seconds < summers[i][1])
            return 7200;
    return 3600;
}

/* Seconds since 1970 as the clock on the wall shows them. */
static int64_t wall_start(const struct world *world)
{
    const int64_t start = world->diary.start_us / 1000000;
    return start + offset_at(start);
}

int64_t world_time(const struct world *world, uint32_t day, double seconds)
{
    const int64_t wall = wall_start(world) + (int64_t)day * 86400;
    const double wall_us = (double)(wall)*1e6 + seconds * 1e6;
    return (int64_t)wall_us - offset_at(wall + (int64_t)seconds - 3600) * 1000000;
}

uint32_t world_day_of(const struct world *world, int64_t time_us)
{
    const int64_t seconds = time_us / 1000000, wall = seconds + offset_at(seconds) - wall_start(world);
    return wall < 0 ? 0 : (uint32_t)(wall / 86400);
}

double world_hour_of(const struct world *world, int64_t time_us)
{
    const int64_t seconds = time_us / 1000000, wall = seconds + offset_at(seconds) - wall_start(world);
    return (double)(wall % 86400) / 3600;
}

bool world_is_weekend(const struct world *world, uint32_t day)
{
    return ((wall_start(world) / 86400 + day) + 3) % 7 >= 5; /* 1970 began on a Thursday */
}

/* Days until Christmas Eve of 2025. */
static int64_t until_christmas(const struct world *world, uint32_t day)
{
    return 1766534400 / 86400 - (wall_start(world) / 86400 + day);
}

double world_season(const struct world *world, uint32_t day)
{
    const int64_t left = until_christmas(world, day);
    return left <= 0 && left > -9 ? 0.15 : left > 0 && left < 10 ? 1.2 : 1;
}

bool world_is_advent(const struct world *world, uint32_t day)
{
    const int64_t left = until_christmas(world, day);
    return left > 0 && left < 11;
}

/* ---- whom an account knows -------------------------------------------------------------------------------
 */

uint32_t world_stranger(struct world *world)
{
    return 1 + draw_below(&world->random, 0x3ffffff0);
}

void account_meet(struct world *world, struct account *account, uint32_t address)
{
    if (account->contact_count == account->contact_room) {
        account->contact_room = account->contact_room == 0 ? 16 : account->contact_room * 2;
        account->contacts =
            must(realloc(account->contacts, account->contact_room * sizeof *account->contacts));
    }
    const uint32_t last = account->contact_count++;
    const uint32_t at = last / 4 + draw_below(&world->random, last - last / 4 + 1);
    account->contacts[last] = account->contacts[at];
    account->contacts[at] = address;
}

uint32_t world_colleague(struct world *world, uint32_t number)
{
    const struct domain *domain = &world->domains[world->accounts[number].domain];
    if (domain->count < 2)
        return ADDRESS_NONE;
    uint32_t other = draw_skewed(&world->random, domain->count - 1, 1.5);
    other = (number - domain->first + 1 + other) % domain->count;
    return ADDRESS_ACCOUNT | (domain->first + other);
}

uint32_t world_contact(struct world *world, const struct account *account)
{
    if (account->contact_count == 0)
        return ADDRESS_NONE;
    return account->contacts[draw_skewed(&world->random, account->contact_count, 2.4)];
}

/* ---- where it is ----------------------------------------------------------------------------------------
 */

static bool is_set(const struct ip *ip)
{
    return ip->v4 != 0 || ip->v6 != 0;
}

/* Of the same account at the same place on the same day always the same. */
static uint64_t hash_of(const struct world *world, uint32_t account, uint64_t what)
{
    return mix2(mix2(world->plan.seed, account), what);
}

/* A carrier gives a phone another address several times a day, of a network that many share. */
static struct ip mobile_ip(const struct world *world, uint32_t number, uint32_t country, uint32_t part)
{
    const struct account *account = &world->accounts[number];
    const uint64_t hash = hash_of(world, number, UINT64_C(0x100000) + part);
    const uint32_t access = access_pick(ACCESS_MOBILE, country, account->mobile_access);
    return account->is_v6 ? ip_v6(access, hash & 0x3fffff) : ip_v4(access, hash % 180, hash >> 32 & 63);
}

static struct ip home_ip(const struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    uint32_t access = account->home_access;
    uint64_t net = account->home_net;
    if (day >= account->moves_on) {
        net = mix(net);
        access = access_pick(ACCESS_HOME, 0, net);
    }
    if (account->is_v6)
        return ip_v6(access, net << 8 & 0xffffff00);
    const uint32_t lease = 1 + (uint32_t)(net >> 20 & 31); /* days for which an address is kept */
    const uint64_t hash = hash_of(world, number, 0x200000 + day / lease);
    return ip_v4(access, net % 1000 + hash % 4, hash >> 8);
}

static struct ip office_ip(const struct world *world, uint32_t number, uint32_t day)
{
    const struct domain *domain = &world->domains[world->accounts[number].domain];
    const uint64_t net = day >= domain->moves_on ? mix(domain->office_net) : domain->office_net;
    return ip_v4(access_pick(ACCESS_BUSINESS, 0, domain->office_access + (day >= domain->moves_on)), net,
                 net >> 32);
}

static uint32_t abroad(const struct world *world, uint32_t number, uint32_t day)
{
    return 1 + (uint32_t)(hash_of(world, number, 0x300000 + day / 7) % 12);
}

/* Which of the above, by day and hour. */
static struct ip place_ip(const struct world *world, uint32_t number, uint32_t day, double hour,
                          bool *is_phone)
{
    const struct account *account = &world->accounts[number];
    const uint32_t part = day * 4 + (uint32_t)(hour / 6);
    const double luck = unit_of(hash_of(world, number, UINT64_C(0x400000) + part * 16 + (uint32_t)hour % 6));
    const double week = unit_of(hash_of(world, number, 0x500000 + day / 7));
    const bool is_away = day >= account->away_from && day < account->away_until;
    *is_phone = false;
    if (account->has_vpn && luck < 0.7) {
        const uint64_t exit = hash_of(world, number, 0x600000 + day);
        return ip_v4(access_pick(ACCESS_HOSTING, (uint32_t)(exit >> 8) % COUNTRIES, exit), exit >> 20 & 7,
                     exit >> 40);
    }
    if ((is_away && account->home_net % 3 == 0) || (account->is_traveller && week < 0.35)) {
        const uint32_t country = abroad(world, number, day);
        const uint64_t hotel = hash_of(world, number, 0x700000 + day / 3);
        *is_phone = luck < 0.5;
        return *is_phone ? mobile_ip(world, number, luck < 0.25 ? 0 : country, part)
                         : ip_v4(access_pick(ACCESS_HOME, country, hotel), hotel >> 8, hotel >> 20);
    }
    if (luck < (account->is_mobile ? 0.75 : 0.12)) {
        *is_phone = true;
        return mobile_ip(world, number, 0, part);
    }
    const bool works = account->kind == KIND_OFFICE || account->kind == KIND_SALES;
    const bool at_home = unit_of(hash_of(world, number, 0x800000 + day)) < 0.25;
    if (works && !world_is_weekend(world, day) && hour > 7 && hour < 18 && !at_home)
        return office_ip(world, number, day);
    return home_ip(world, number, day);
}

/* A shared mailbox: each of its people sends from where that one is. */
static uint32_t person_at(const struct world *world, uint32_t number, int64_t time_us)
{
    const struct domain *domain = &world->domains[world->accounts[number].domain];
    if (world->accounts[number].kind != KIND_SHARED)
        return number;
    const uint32_t people = domain->count < 10 ? domain->count : 10;
    return domain->first + (uint32_t)(mix2(number, (uint64_t)(time_us / 900000000)) % people);
}

struct ip world_webmail(void)
{
    return ip_v4(access_pick(ACCESS_HOSTING, 0, 0), 1, 9);
}

void world_place(const struct world *world, uint32_t number, int64_t time_us, struct event *event)
{
    const uint32_t person = person_at(world, number, time_us), day = world_day_of(world, time_us);
    const struct account *account = &world->accounts[person];
    bool is_phone;
    const struct ip ip = place_ip(world, person, day, world_hour_of(world, time_us), &is_phone);
    event->client = ip;
    event->helo_kind = account->desk_client;
    event->helo = (uint32_t)hash_of(world, person,
                                    0x900000 + (account->desk_client == CLIENT_LAN ? mix(ip.v4 >> 8) : 0));
    if (is_phone) {
        event->helo_kind = (person + (day >= account->new_phone_on)) % 2 == 0 ? CLIENT_APPLE : CLIENT_ANDROID;
        event->helo = (uint32_t)hash_of(world, person, 0xa00000 + (day >= account->new_phone_on));
    } else if (world->accounts[number].is_webmail) {
        if (world->accounts[number].names_origin)
            event->origin = ip;
        event->client = world_webmail();
        event->helo_kind = CLIENT_WEBMAIL;
        event->helo = 1;
    }
    /* A neighbour behind the same address has a virus: lists know the address for days. */
    const double listed = event->client.v6 != 0 ? 0 : is_phone ? 0.02 : 0.003;
    event->is_listed = !is_set(&event->origin) && event->helo_kind != CLIENT_WEBMAIL &&
                       unit_of(mix2(event->client.v4, world->plan.seed + day / 5)) < listed;
}

void world_server(const struct world *world, uint32_t number, struct event *event)
{
    const struct account *account = &world->accounts[number];
    const uint32_t country = account->home_net % 9 == 0;
    event->client = ip_v4(access_pick(ACCESS_HOSTING, country, account->home_net), account->home_net >> 8,
                          account->home_net >> 20);
    if (account->kind == KIND_SCANNER)
        event->client = office_ip(world, number, world->diary.today);
    event->helo_kind = CLIENT_SERVER;
    event->helo = (uint32_t)hash_of(world, number, 0xb00000);
}

/* ---- who there is ------------------------------------------------------------------------------------- */

static enum account_kind draw_kind(struct random *random)
{
    uint32_t left = draw_below(random, 9760), sum = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        sum += kind_shares[kind];
        if (left < sum)
            return (enum account_kind)kind;
    }
    return KIND_OFFICE;
}

/* Messages on a working day, the median of a kind. */
static const double volumes[KINDS] = {4, 0.8, 0.05, 14, 22, 0.8, 0, 12, 10, 5, 0, 3};
static const double weekends[KINDS] = {0.08, 1, 1, 0.03, 0.3, 1, 1, 0.9, 0.5, 0.05, 1, 0.4};

static void give_habits(struct world *world, struct account *account)
{
    struct random *random = &world->random;
    const struct habits *habits = &world->habits;
    account->per_day = draw_log_normal(random, volumes[account->kind], habits->volume_sigma) * habits->volume;
    if (account->per_day > 150)
        account->per_day = 150;
    account->weekend = weekends[account->kind] * draw_log_normal(random, 1, 0.5);
    account->new_share = draw_log_normal(random, account->kind == KIND_SALES ? 0.5 : habits->new_share, 0.6);
    if (account->new_share > 0.85)
        account->new_share = 0.85;
    account->internal_share = 0.2 + 0.4 * draw_unit(random);
    account->many_share =
        draw_log_normal(random, 0.10, 0.5); /* to more than one; mean 1.66 recipients (Gimeno) */
}

static void give_places(struct world *world, struct account *account)
{
    struct random *random = &world->random;
    const struct habits *habits = &world->habits;
    const double change = habits->change * world->plan.days / 30.0;
    account->home_net = draw(random);
    account->home_access = access_pick(ACCESS_HOME, 0, draw(random));
    account->mobile_access = draw_below(random, 6);
    account->is_mobile = draw_chance(random, habits->mobile_share);
    account->is_v6 = draw_chance(random, 0.3);
    account->has_vpn = draw_chance(random, habits->vpn_share);
    account->is_traveller = draw_chance(random, 0.03 * habits->change);
    account->is_webmail = draw_chance(random, habits->webmail_share);
    account->names_origin = account->is_webmail && draw_chance(random, 0.4);
    account->sends_greetings = draw_chance(random, 0.15);
    account->desk_client = (enum client_kind)draw_below(random, 3);
    account->moves_on =
        draw_chance(random, 0.015 * change) ? draw_below(random, world->plan.days) : UINT32_MAX;
    account->new_phone_on =
        draw_chance(random, 0.02 * change) ? draw_below(random, world->plan.days) : UINT32_MAX;
    account->away_from = account->away_until = UINT32_MAX;
    if (draw_chance(random, 0.08 * change)) {
        account->away_from = draw_below(random, world->plan.days);
        account->away_until = account->away_from + draw_between(random, 5, 16);
    }
}

static void give_members(struct world *world, struct account *account)
{
    static const double sizes[KINDS] = {[KIND_CLUB] = 110, [KIND_NEWSLETTER] = 350, [KIND_LIST] = 90};
    if (sizes[account->kind] == 0)
        return;
    const double size = draw_log_normal(&world->random, sizes[account->kind], 0.8);
    account->member_count = size > 4000 ? 4000 : size < 20 ? 20 : (uint32_t)size;
    account->members = must(calloc(account->member_count, sizeof *account->members));
    for (uint32_t i = 0; i < account->member_count; i++)
        account->members[i] = world_stranger(world);
    account->mailing_on = draw_below(&world->random, account->kind == KIND_NEWSLETTER ? 7 : 30);
}

/* Colleagues share half of the people they know. */
static void give_contacts(struct world *world, struct account *account)
{
    double count = draw_log_normal(&world->random, account->kind == KIND_SILENT ? 8 : 30, 0.9);
    if (account->kind == KIND_FORWARDER || account->kind == KIND_MONITOR)
        count = 1 + draw_below(&world->random, 3);
    for (uint32_t i = 0; i < (uint32_t)count + 1; i++) {
        const uint32_t shared =
            1 + (uint32_t)(mix2(account->domain, draw_skewed(&world->random, 300, 2)) % 0x3ffffff0);
        account_meet(world, account, draw_chance(&world->random, 0.5) ? shared : world_stranger(world));
    }
}

/* Sizes from 1 to 600, most of them small. */
static void make_domains(struct world *world)
{
    uint32_t made = 0;
    world->domains = must(calloc(world->plan.accounts, sizeof *world->domains));
    while (made < world->plan.accounts) {
        struct domain *domain = &world->domains[world->domain_count];
        const double size = draw_log_normal(&world->random, 4, 1.3);
        domain->first = made;
        domain->count = size < 1 ? 1 : size > 600 ? 600 : (uint32_t)size;
        if (domain->count > world->plan.accounts - made)
            domain->count = world->plan.accounts - made;
        domain->office_access = draw_below(&world->random, 6);
        domain->office_net = draw(&world->random);
        domain->moves_on = draw_chance(&world->random, 0.005 * world->habits.change)
                               ? draw_below(&world->random, world->plan.days)
                               : UINT32_MAX;
        /* One domain in twenty comes from another provider within the time: all its accounts are fresh. */
        const uint32_t begins_on =
            draw_chance(&world->random, 0.05) ? draw_below(&world->random, world->plan.days) : 0;
        for (uint32_t i = 0; i < domain->count; i++) {
            world->accounts[made + i].domain = world->domain_count;
            world->accounts[made + i].begins_on = begins_on;
            world->accounts[made + i].is_migrated = begins_on > 0;
        }
        made += domain->count;
        world->domain_count++;
    }
}

void world_init(struct world *world, const struct plan *plan)
{
    *world = (struct world){
        .plan = *plan, .habits = plan->is_odd ? odd_habits : usual_habits, .random = {mix(plan->seed)}};
    diary_init(&world->diary, starts[plan->seed % 5] * 1000000, plan->days);
    world->accounts = must(calloc(plan->accounts, sizeof *world->accounts));
    make_domains(world);
    for (uint32_t i = 0; i < plan->accounts; i++) {
        struct account *account = &world->accounts[i];
        account->kind = draw_kind(&world->random);
        account->stays_until = UINT32_MAX;
        give_habits(world, account);
        give_places(world, account);
        give_members(world, account);
        give_contacts(world, account);
    }
}

void world_deinit(struct world *world)
{
    for (uint32_t i = 0; i < world->plan.accounts; i++) {
        free(world->accounts[i].contacts);
        free(world->accounts[i].members);
    }
    free(world->accounts);
    free(world->domains);
    diary_deinit(&world->diary);
}
