#include "thief.h"

#include <stdlib.h>

const char *const style_names[STYLES] = {
    "blast",       "botnet", "low and slow",  "one country", "by hand",
    "reply chain", "inside", "dormant, sold", "quiet",       "quiet, own computer"};

/* Recipients a day that the adversary tries. */
static const uint32_t quiet_days[] = {5, 8, 12, 20, 30, 50, 80, 120, 200, 300};

struct spree {
    struct world *world;
    struct random *random;
    const struct theft *theft;
    uint32_t number; /* the theft's, from 1 */
    uint64_t text;   /* 0: each message differs */
    double dead_share, listed;
    uint32_t from;
    enum client_kind helo_kind;
    uint32_t helo;
    bool blocked;
};

/* ---- one message ----------------------------------------------------------------------------------------
 */

static void spree_begin(const struct spree *spree, struct mail *mail, int64_t time_us, struct ip ip)
{
    mail_begin(spree->world, mail, spree->theft->account, time_us);
    mail->event.client = ip;
    mail->event.origin = (struct ip){0};
    mail->event.helo_kind = spree->helo_kind;
    mail->event.helo = spree->helo_kind == CLIENT_TOOL ? spree->helo : (uint32_t)mix(ip.v4 ^ ip.v6);
    mail->event.is_listed = ip.v6 == 0 && unit_of(mix2(ip.v4, spree->number)) < spree->listed;
    mail->event.from = spree->from;
    mail->event.theft = spree->number;
    mail->event.is_blocked = spree->blocked;
    mail->event.has_file = spree->blocked;
    mail->complaints = 0.004;
    if (spree->text != 0)
        mail->event.fingerprint = spree->text;
}

static void to_strangers(const struct spree *spree, struct mail *mail, uint32_t count)
{
    for (; count > 0; count--) {
        const uint32_t stranger = 1 + draw_below(spree->random, 0x3ffffff0);
        if (draw_chance(spree->random, spree->dead_share))
            mail_to_dead(mail, stranger);
        else
            mail_to(mail, stranger);
    }
}

static struct ip bot_ip(struct random *random, uint32_t country, uint64_t net)
{
    const enum access_kind kind = draw_chance(random, 0.8) ? ACCESS_HOME : ACCESS_HOSTING;
    return ip_v4(access_pick(kind, country, mix(net)), mix(net + 1), net);
}

static int64_t minutes(double count)
{
    return (int64_t)(count * 60e6);
}

static int64_t begin_at(struct world *world, struct random *random, uint32_t day, double from_hour,
                        double until_hour)
{
    return world_time(world, day, 3600 * (from_hour + (until_hour - from_hour) * draw_unit(random)));
}

/* ---- styles that any recipient will do for ------------------------------------------------------------ */

static void blast(struct spree *spree, int64_t at)
{
    struct random *random = spree->random;
    const uint32_t nets = (uint32_t)draw_log_normal(random, 3, 1) % 30 + 1;
    const uint32_t country = draw_chance(random, 0.15) ? 0 : draw_between(random, 1, COUNTRIES - 1);
    const uint32_t size = draw_chance(random, 0.6) ? 1 : draw_between(random, 5, 30);
    const double pause_min = size / draw_log_normal(random, 90, 0.9); /* 20 to 1,000 recipients a minute */
    const uint64_t base = draw(random);
    uint32_t left = (uint32_t)draw_log_normal(random, 700, 0.6);
    spree->dead_share = 0.3 + 0.4 * draw_unit(random);
    spree->listed = 0.4;
    spree->text = draw_chance(random, 0.6) ? draw(random) : 0;
    spree->from = draw_chance(random, 0.5) ? ADDRESS_NONE : 1 + draw_below(random, 0x3ffffff0);
    spree->blocked = draw_chance(random, 0.05);
    spree->helo_kind = CLIENT_TOOL;
    for (; left > 0; left--) {
        struct mail mail;
        const uint64_t net = base + draw_below(random, nets) * 977;
        spree_begin(spree, &mail, at, ip_v4(access_pick(ACCESS_HOSTING, country, mix(net)), mix(net), net));
        to_strangers(spree, &mail, size);
        mail_send(spree->world, &mail);
        at += minutes(draw_exponential(random, pause_min));
    }
}

/* 342 networks of 41 countries with 22 logins each were seen once (Vaško): that, and less of it. */
static void botnet(struct spree *spree, int64_t at, bool is_one_country)
{
    struct random *random = spree->random;
    const uint32_t nets = is_one_country ? draw_between(random, 20, 150) : draw_between(random, 60, 342);
    const uint32_t countries = draw_between(random, 15, 41);
    const uint32_t most = draw_between(random, 1, 5);
    uint32_t left = (uint32_t)((double)nets * draw_log_normal(random, 4, 0.6));
    const double hours = is_one_country ? 12 + 60 * draw_unit(random) : 6 + 42 * draw_unit(random);
    const uint64_t base = draw(random);
    left = left > 1200 ? 1200 : left;
    const double pause_min = hours * 60 / left;
    spree->dead_share = 0.2 + 0.35 * draw_unit(random);
    spree->listed = is_one_country ? 0.25 : 0.35;
    spree->text = draw_chance(random, 0.5) ? draw(random) : 0;
    for (; left > 0; left--) {
        struct mail mail;
        const uint64_t net = base + draw_below(random, nets);
        const uint32_t country = is_one_country ? 0 : (uint32_t)(mix(net) >> 8) % countries + 1;
        spree_begin(spree, &mail, at, bot_ip(random, country, mix(net) << 8));
        to_strangers(spree, &mail, draw_between(random, 1, most));
        mail_send(spree->world, &mail);
        at += minutes(draw_exponential(random, pause_min));
    }
}

static void low_and_slow(struct spree *spree, int64_t at)
{
    struct random *random = spree->random;
    const int64_t end = at + minutes(1440 * (2 + 4 * draw_unit(random)));
    const double pause_min = 10 + 50 * draw_unit(random);
    spree->dead_share = 0.1 + 0.3 * draw_unit(random);
    spree->listed = 0.25;
    spree->text = draw_chance(random, 0.4) ? draw(random) : 0;
    while (at < end) {
        struct mail mail;
        const uint64_t net = draw(random);
        spree_begin(spree, &mail, at, bot_ip(random, draw_below(random, 30), net));
        to_strangers(spree, &mail, draw_between(random, 1, 3));
        mail_send(spree->world, &mail);
        at += minutes(pause_min * (0.5 + draw_unit(random)));
    }
}

/* ---- styles of a person ----------------------------------------------------------------------------------
 */

/* A rented server or a telephone of the country, or a VPN. */
static struct ip person_ip(struct random *random)
{
    const double luck = draw_unit(random);
    const enum access_kind kind = luck < 0.5 ? ACCESS_HOSTING : luck < 0.75 ? ACCESS_MOBILE : ACCESS_HOME;
    const uint32_t country = luck < 0.3 || luck > 0.6 ? 0 : draw_between(random, 1, COUNTRIES - 1);
    return ip_v4(access_pick(kind, country, draw(random)), draw(random), draw(random));
}

static void look_around(struct spree *spree, int64_t at, struct ip ip)
{
    struct event event = {.type = EVENT_LOGIN, .account = spree->theft->account, .client = ip, .time_us = at};
    event.theft = spree->number;
    if (spree->world->habits.has_logins)
        diary_add(&spree->world->diary, &event, NULL, 0);
}

/* To each of these once, some at a time. */
static void write_round(struct spree *spree, int64_t at, struct ip ip, const uint32_t *whom, uint32_t count)
{
    struct random *random = spree->random;
    const uint32_t size = draw_chance(random, 0.7) ? 1 : draw_between(random, 5, 25);
    const double pause_min = draw_chance(random, 0.5) ? 0.3 : 1.5;
    for (uint32_t i = 0; i < count;) {
        struct mail mail;
        spree_begin(spree, &mail, at, ip);
        for (uint32_t end = i + size; i < end && i < count; i++)
            mail_to(&mail, whom[i]);
        mail_send(spree->world, &mail);
        at += minutes(draw_exponential(random, pause_min * (size > 1 ? 3 : 1)));
    }
}

/* To everybody in the address book; some take a few others along. */
static void by_hand(struct spree *spree, int64_t at)
{
    struct random *random = spree->random;
    const struct account *account = &spree->world->accounts[spree->theft->account];
    const uint32_t wanted = draw_between(random, 20, 150);
    const double strangers = draw_chance(random, 0.5) ? 0.4 * draw_unit(random) : 0;
    const struct ip ip = person_ip(random);
    uint32_t whom[150], count = 0;
    for (uint32_t i = 0; i < account->contact_count && count < wanted; i++)
        whom[count++] = account->contacts[i];
    for (uint32_t left = (uint32_t)(strangers * wanted); left > 0 && count < wanted; left--)
        whom[count++] = 1 + draw_below(random, 0x3ffffff0);
    spree->text = draw_chance(random, 0.8) ? draw(random) : 0;
    spree->listed = 0.05;
    look_around(spree, at - minutes(30), ip);
    write_round(spree, at, ip, whom, count);
}

static void reply_chain(struct spree *spree, int64_t at)
{
    struct random *random = spree->random;
    const struct account *account = &spree->world->accounts[spree->theft->account];
    const uint32_t wanted = draw_between(random, 20, 150);
    const struct ip ip = person_ip(random);
    const double pause_min = 0.4 + 3 * draw_unit(random);
    spree->text = draw_chance(random, 0.4) ? draw(random) : 0;
    spree->listed = 0.1;
    look_around(spree, at - minutes(90), ip);
    for (uint32_t i = 0; i < account->contact_count && i < wanted; i++) {
        struct mail mail;
        spree_begin(spree, &mail, at, ip);
        mail_to(&mail, account->contacts[i]);
        if (draw_chance(random, 0.3))
            mail_to(&mail, world_contact(spree->world, account));
        mail.event.has_file = true;
        mail_send(spree->world, &mail);
        at += minutes(draw_exponential(random, pause_min));
    }
}

static void inside(struct spree *spree, int64_t at)
{
    struct random *random = spree->random;
    const struct world *world = spree->world;
    const struct domain *domain = &world->domains[world->accounts[spree->theft->account].domain];
    const struct ip ip = person_ip(random);
    uint32_t whom[120], count = 0;
    const uint32_t wanted = draw_between(random, 15, 120), first = draw_below(random, domain->count);
    for (uint32_t i = 0; i < domain->count && count < wanted; i++)
        whom[count++] = ADDRESS_ACCOUNT | (domain->first + (first + i) % domain->count);
    spree->text = draw_chance(random, 0.8) ? draw(random) : 0;
    spree->listed = 0.05;
    look_around(spree, at - minutes(60), ip);
    write_round(spree, at, ip, whom, count);
}

/* ---- the others ---------------------------------------------------------------------------------------- */

static void sold(struct spree *spree, uint32_t day)
{
    struct random *random = spree->random;
    struct world *world = spree->world;
    const uint32_t wait = draw_between(random, 2, 8);
    const struct ip ip = person_ip(random);
    for (uint32_t i = 0; i < wait; i++)
        look_around(spree, begin_at(world, random, day + i, 0, 23), ip);
    if (draw_chance(random, 0.5)) { /* does it still send? */
        struct mail mail;
        spree_begin(spree, &mail, begin_at(world, random, day + 1, 0, 23), ip);
        to_strangers(spree, &mail, 1);
        mail_send(world, &mail);
    }
    const int64_t at = begin_at(world, random, day + wait, 0, 23);
    if (draw_chance(random, 0.5))
        blast(spree, at);
    else
        botnet(spree, at, false);
}

/* For a week, with the account's own From:, with texts that differ, to addresses that exist. */
static void quiet(struct spree *spree, uint32_t day)
{
    struct random *random = spree->random;
    struct world *world = spree->world;
    const uint64_t net = draw(random);
    const struct ip ip = ip_v4(access_pick(ACCESS_HOME, 0, net), net >> 8, net >> 24);
    for (uint32_t i = 0; i < 7; i++) {
        for (uint32_t left = spree->theft->a_day; left > 0; left--) {
            struct mail mail;
            const int64_t at = begin_at(world, random, day + i, 8, 18);
            spree_begin(spree, &mail, at, ip);
            if (spree->theft->style == STYLE_OWN) {
                world_place(world, spree->theft->account, at, &mail.event);
                mail.event.origin = (struct ip){0};
            }
            mail.complaints = 0.001;
            to_strangers(spree, &mail, 1);
            mail_send(world, &mail);
        }
    }
}

static void break_in(struct spree *spree, uint32_t day)
{
    struct world *world = spree->world;
    struct random *random = spree->random;
    const int64_t any = begin_at(world, random, day, 0, 24), office = begin_at(world, random, day, 8, 16);
    switch (spree->theft->style) {
    case STYLE_BLAST:
        blast(spree, any);
        break;
    case STYLE_BOTNET:
    case STYLE_COUNTRY:
        botnet(spree, any, spree->theft->style == STYLE_COUNTRY);
        break;
    case STYLE_LOW:
        low_and_slow(spree, any);
        break;
    case STYLE_HAND:
        by_hand(spree, office);
        break;
    case STYLE_REPLY:
        reply_chain(spree, office);
        break;
    case STYLE_INSIDE:
        inside(spree, office);
        break;
    case STYLE_SOLD:
        sold(spree, day);
        break;
    default:
        quiet(spree, day);
    }
}

void thieves_day(struct thieves *thieves, struct world *world, uint32_t day)
{
    for (uint32_t i = 0; i < thieves->count; i++) {
        struct spree spree = {
            .world = world, .random = &thieves->random, .theft = &thieves->thefts[i], .number = i + 1};
        if (thieves->thefts[i].begins_on != day)
            continue;
        spree.helo = draw(spree.random) & 0xffff;
        spree.helo_kind = (enum client_kind)draw_below(spree.random, 3);
        break_in(&spree, day);
    }
}

/* ---- victims ----------------------------------------------------------------------------------------------
 */

static bool may_be_stolen(const struct world *world, uint32_t number, enum thief_style style)
{
    const struct account *account = &world->accounts[number];
    const bool is_script =
        account->kind == KIND_SHOP || account->kind == KIND_SCANNER || account->kind == KIND_NEWSLETTER;
    const bool is_person = account->kind <= KIND_CLUB;
    if (account->theft != 0 || account->begins_on != 0 ||
        !(is_person || (is_script && style <= STYLE_COUNTRY)))
        return false;
    if (style == STYLE_INSIDE)
        return world->domains[account->domain].count >= 15;
    return style != STYLE_HAND && style != STYLE_REPLY ? true : account->contact_count >= 15;
}

void thieves_init(struct thieves *thieves, struct world *world)
{
    struct random random = {mix(world->plan.seed ^ 0x7415)};
    const uint32_t wanted = world->plan.thefts * STYLES;
    *thieves = (struct thieves){.random = random};
    thieves->thefts = must(calloc(wanted == 0 ? 1 : wanted, sizeof *thieves->thefts));
    for (uint32_t tries = 0; thieves->count < wanted && tries < 1000 * wanted; tries++) {
        const uint32_t number = draw_below(&thieves->random, world->plan.accounts);
        const enum thief_style style = (enum thief_style)(thieves->count % STYLES);
        if (!may_be_stolen(world, number, style))
            continue;
        struct theft *theft = &thieves->thefts[thieves->count++];
        *theft = (struct theft){.account = number, .style = style};
        theft->a_day = style >= STYLE_QUIET ? quiet_days[thieves->count / STYLES % 10] : 0;
        theft->begins_on = world->plan.days / 10 + draw_below(&thieves->random, world->plan.days * 5 / 9 + 1);
        world->accounts[number].theft = thieves->count;
    }
}

void thieves_deinit(struct thieves *thieves)
{
    free(thieves->thefts);
}
