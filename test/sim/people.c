#include "people.h"

/* When people write: office hours with a lunch break, or the evening. In seconds after midnight. */
static double daytime(struct world *world, const struct account *account)
{
    struct random *random = &world->random;
    const bool works =
        account->kind == KIND_OFFICE || account->kind == KIND_SALES || account->kind == KIND_SHARED;
    double hour = 19.5 + 2.2 * draw_normal(random);
    if (works)
        hour = draw_chance(random, 0.52) ? 9.8 + 1.3 * draw_normal(random) : 14.4 + 1.7 * draw_normal(random);
    else if (draw_chance(random, 0.45))
        hour = 8 + 12 * draw_unit(random);
    hour += world->habits.hour_shift;
    while (hour < 0)
        hour += 24;
    while (hour >= 24)
        hour -= 24;
    return hour * 3600;
}

/* Outside recipients of mail that has any (Siebenmann 2013): 1: 91.7 %, 2: 4.6 %, … 10 and more: 0.4 %. Mail
   within a house has more: 1.66 on the average of all (Gimeno). */
static uint32_t draw_recipient_count(struct world *world, const struct account *account)
{
    struct random *random = &world->random;
    if (!draw_chance(random, account->many_share))
        return 1;
    const double luck = draw_unit(random);
    return luck < 0.45   ? 2
           : luck < 0.70 ? 3
           : luck < 0.93 ? draw_between(random, 4, 9)
                         : draw_between(random, 10, 30);
}

static uint32_t draw_recipient(struct world *world, uint32_t number, struct mail *mail)
{
    struct account *account = &world->accounts[number];
    struct random *random = &world->random;
    if (draw_chance(random, account->internal_share)) {
        const uint32_t colleague = world_colleague(world, number);
        if (colleague != ADDRESS_NONE)
            return colleague;
    }
    if (!draw_chance(random, account->new_share))
        return world_contact(world, account);
    const uint32_t stranger = world_stranger(world);
    if (draw_chance(random, world->habits.typo_share) && mail->count == 0)
        mail->dead = 1;
    else if (draw_chance(random, 0.6))
        account_meet(world, account, stranger);
    return stranger;
}

static void write_mail(struct world *world, uint32_t number, int64_t time_us)
{
    const struct account *account = &world->accounts[number];
    struct mail mail;
    mail_begin(world, &mail, number, time_us);
    mail.answers = 0.15;
    mail.event.has_file = draw_chance(&world->random, 0.2);
    for (uint32_t left = draw_recipient_count(world, account); left > 0; left--)
        mail_to(&mail, draw_recipient(world, number, &mail));
    /* A colleague who left, a typo in one's own domain: the MTA itself says so. */
    if (draw_chance(&world->random, 0.004)) {
        mail_to(&mail, ADDRESS_NOBODY | number);
        mail.event.refused_count = 1;
    }
    if (account->kind == KIND_SALES && draw_chance(&world->random, 0.5))
        mail.event.fingerprint = mix2(number, world->diary.today / 5);
    mail.event.is_blocked = draw_chance(&world->random, 0.0004);
    mail_send(world, &mail);
}

/* ---- being written to -----------------------------------------------------------------------------------
 */

static void answer(struct world *world, uint32_t number, int64_t time_us, uint32_t sender)
{
    struct mail mail;
    int64_t at = time_us + (int64_t)(draw_log_normal(&world->random, 4000, 1.3) * 1e6);
    const double hour = world_hour_of(world, at);
    if (world->accounts[number].kind == KIND_OFFICE && (hour < 7 || hour > 19))
        at = world_time(world, world_day_of(world, at) + (hour > 19),
                        8.2 * 3600 + 3600 * draw_unit(&world->random));
    mail_begin(world, &mail, number, at);
    mail_to(&mail, sender);
    if (draw_chance(&world->random, 0.2))
        mail_to(&mail, world_colleague(world, number));
    mail_send(world, &mail);
}

static void be_written_to(struct world *world, uint32_t number, uint32_t day)
{
    struct account *account = &world->accounts[number];
    struct random *random = &world->random;
    const uint32_t to = ADDRESS_ACCOUNT | number;
    const double luck = draw_unit(random), answered = account->kind == KIND_SHARED ? 0.8 : 0.45;
    struct event event = {.type = EVENT_IN, .account = number, .helo_kind = CLIENT_SERVER};
    event.time_us = world_time(world, day, daytime(world, account));
    event.sender = luck < 0.2 ? ADDRESS_ROBOT | draw_below(random, 4000)
                   : luck < (account->kind == KIND_SHARED ? 0.7 : 0.4) ? world_stranger(world)
                                                                       : world_contact(world, account);
    if (event.sender == ADDRESS_NONE || (event.sender & ADDRESS_ACCOUNT))
        return;
    event.from = event.sender;
    event.client = ip_v4(access_pick(ACCESS_HOSTING, event.sender % 9, event.sender), event.sender >> 4 & 63,
                         event.sender);
    event.helo = event.client.v4;
    event.fingerprint = draw(random);
    event.size_bytes = (uint32_t)draw_log_normal(random, 12000, 1.2) + 900;
    diary_add(&world->diary, &event, &to, 1);
    if (luck < 0.2 || !draw_chance(random, answered))
        return;
    answer(world, number, event.time_us, event.sender);
    if (luck < 0.4 && draw_chance(random, 0.4))
        account_meet(world, account, event.sender);
}

/* A mail program that looks for new mail: the first login of each place in a part of the day is told. */
static void log_in(struct world *world, uint32_t number, uint32_t day)
{
    for (uint32_t left = 1 + draw_below(&world->random, 3); left > 0; left--) {
        struct event event = {.type = EVENT_LOGIN, .account = number};
        event.time_us = world_time(world, day, 3600 * (7 + 15 * draw_unit(&world->random)));
        world_place(world, number, event.time_us, &event);
        if (event.helo_kind != CLIENT_WEBMAIL)
            diary_add(&world->diary, &event, NULL, 0);
    }
}

/* ---- writing to many ------------------------------------------------------------------------------------
 */

struct mailing {
    const uint32_t *members;
    uint32_t count;
    uint32_t size;     /* recipients of each message */
    double pause_sec;  /* between two of them */
    double dead_share; /* of the members */
};

/* The same text to all of them, from one place. */
static void send_mailing(struct world *world, uint32_t number, int64_t time_us, const struct mailing *mailing)
{
    const uint64_t text = draw(&world->random);
    for (uint32_t i = 0; i < mailing->count;) {
        struct mail mail;
        mail_begin(world, &mail, number, time_us);
        mail.event.fingerprint = text;
        mail.answers = 0.03;
        mail.complaints = 0.0003;
        for (uint32_t end = i + mailing->size; i < end && i < mailing->count; i++) {
            const bool is_dead = unit_of(mix(mailing->members[i])) < mailing->dead_share;
            if (is_dead && !(mailing->members[i] & ADDRESS_ACCOUNT))
                mail_to_dead(&mail, mailing->members[i]);
            else
                mail_to(&mail, mailing->members[i]);
        }
        mail_send(world, &mail);
        time_us += (int64_t)(1e6 * draw_exponential(&world->random, mailing->pause_sec));
    }
}

/* The secretary of a club: everybody, once a month; some by mail merge, some thirty at a time. Now and then
 * the list is new. */
static void club_mailing(struct world *world, uint32_t number, uint32_t day)
{
    struct account *account = &world->accounts[number];
    const bool is_merge = mix(number) % 5 < 3;
    if (draw_chance(&world->random, 0.1))
        for (uint32_t i = 0; i < account->member_count; i++)
            account->members[i] = world_stranger(world);
    const struct mailing mailing = {account->members, account->member_count, is_merge ? 1 : 30,
                                    is_merge ? 4 : 40, draw_chance(&world->random, 0.3) ? 0.08 : 0.02};
    send_mailing(world, number, world_time(world, day, daytime(world, account)), &mailing);
    for (uint32_t i = 0; i < account->member_count; i++)
        if (unit_of(mix2(account->members[i], day)) < 0.03)
            account->members[i] = world_stranger(world);
}

/* Greetings, a new address, a price list: to many of those one knows, and to some one has not written to for
 * long. */
static void circular(struct world *world, uint32_t number, uint32_t day, uint32_t most)
{
    struct account *account = &world->accounts[number];
    uint32_t members[120];
    uint32_t count = 0, wanted = draw_between(&world->random, 12, most);
    for (uint32_t i = 0; i < account->contact_count && count < wanted; i++)
        if (draw_chance(&world->random, 0.8))
            members[count++] = account->contacts[i];
    for (uint32_t left = count * 3 / 7; left > 0 && count < 120; left--)
        members[count++] = world_stranger(world);
    const bool is_single = draw_chance(&world->random, 0.3);
    const struct mailing mailing = {members, count, is_single ? 1 : draw_between(&world->random, 10, 30),
                                    is_single ? 60 : 150, 0.04};
    send_mailing(world, number, world_time(world, day, daytime(world, account)), &mailing);
}

static void write_to_many(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    if (account->kind == KIND_CLUB && day % 30 == account->mailing_on % 30)
        club_mailing(world, number, day);
    if (account->sends_greetings && world_is_advent(world, day) && draw_chance(&world->random, 0.1))
        circular(world, number, day, 84);
    if (account->kind == KIND_OFFICE && mix2(number, 3) % 5 == 0 && !world_is_weekend(world, day) &&
        draw_chance(&world->random, 0.04))
        circular(world, number, day, 60);
    if (account->moves_on == day && draw_chance(&world->random, 0.5))
        circular(world, number, day, 84);
}

void people_day(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    struct random *random = &world->random;
    const bool is_away = day >= account->away_from && day < account->away_until;
    double mean = account->per_day * world_season(world, day) * (is_away ? 0.1 : 1);
    if (world_is_weekend(world, day))
        mean *= account->weekend;
    for (unsigned left = draw_poisson(random, mean * 1.1 + 0.3); left > 0; left--)
        be_written_to(world, number, day);
    /* Some days are busy, and who comes back has much to write. */
    const double busy = draw_log_normal(random, 1, 0.5) * (day == account->away_until ? 3 : 1);
    for (unsigned left = draw_poisson(random, mean * 0.6 * busy); left > 0; left--)
        write_mail(world, number, world_time(world, day, daytime(world, account)));
    if (world->habits.has_logins)
        log_in(world, number, day);
    write_to_many(world, number, day);
}
