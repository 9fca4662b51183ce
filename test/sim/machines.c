#include "machines.h"

static void machine_mail(struct world *world, struct mail *mail, uint32_t number, int64_t time_us,
                         uint64_t text)
{
    mail_begin(world, mail, number, time_us);
    mail->event.origin = (struct ip){0};
    mail->event.is_listed = false;
    world_server(world, number, &mail->event);
    mail->event.fingerprint = text;
}

static double any_time(struct world *world)
{
    return 86399 * draw_unit(&world->random);
}

/* One text to all who subscribed, once a day or once a week; some left their address, some say that it is
 * spam. */
static void newsletter(struct world *world, uint32_t number, uint32_t day)
{
    struct account *account = &world->accounts[number];
    const uint32_t every = account->home_net % 4 == 0 ? 1 : 7, batch = account->home_net % 3 == 0 ? 25 : 1;
    const double pause_sec = 0.2 + unit_of(account->home_net) * 5;
    const uint64_t text = draw(&world->random);
    if (day % every != account->mailing_on % every)
        return;
    for (uint32_t i = 0; i < account->member_count / 40 + 1; i++)
        account->members[draw_below(&world->random, account->member_count)] = world_stranger(world);
    int64_t at = world_time(world, day, 6 * 3600 + any_time(world) / 2);
    for (uint32_t i = 0; i < account->member_count;) {
        struct mail mail;
        machine_mail(world, &mail, number, at, text);
        mail.complaints = 0.0005;
        for (uint32_t end = i + batch; i < end && i < account->member_count; i++) {
            if (unit_of(mix2(account->members[i], day)) < 0.012)
                mail_to_dead(&mail, account->members[i]);
            else
                mail_to(&mail, account->members[i]);
        }
        mail_send(world, &mail);
        at += (int64_t)(1e6 * draw_exponential(&world->random, pause_sec));
    }
}

/* Each order is confirmed and then sent off; the owner gets a copy. */
static void shop(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    const double sale = draw_chance(&world->random, 0.02) ? 5 : 1;
    for (unsigned left = draw_poisson(&world->random, account->per_day * 0.6 * sale); left > 0; left--) {
        const uint32_t customer =
            draw_chance(&world->random, 0.8) ? world_stranger(world) : world_contact(world, account);
        int64_t at = world_time(world, day, any_time(world));
        const bool is_dead = draw_chance(&world->random, 0.02);
        for (unsigned i = 0; i < 2; i++) {
            struct mail mail;
            machine_mail(world, &mail, number, at,
                         mix2(number, i + (draw_chance(&world->random, 0.3) ? draw(&world->random) : 0)));
            mail_to(&mail, customer);
            mail.dead = is_dead;
            mail.answers = 0.03;
            mail_send(world, &mail);
            machine_mail(world, &mail, number, at + 300000, mix2(number, 9));
            mail_to(&mail, ADDRESS_ACCOUNT | number);
            mail_send(world, &mail);
            at += (int64_t)(draw_log_normal(&world->random, 86400, 0.8) * 1e6);
        }
    }
}

/* All that arrives goes on to another provider, spam too, under the names of those who wrote it. */
static void forwarder(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    const uint32_t to = ADDRESS_ACCOUNT | number;
    for (unsigned left = draw_poisson(&world->random, account->per_day); left > 0; left--) {
        struct mail mail;
        const bool is_spam = draw_chance(&world->random, 0.15);
        const int64_t at = world_time(world, day, any_time(world));
        machine_mail(world, &mail, number, at, draw(&world->random));
        mail.event.sender = mail.event.from = world_stranger(world);
        mail.complaints = is_spam ? 0.01 : 0;
        mail_to(&mail, account->contacts[0]);
        mail.dead = is_spam && draw_chance(&world->random, 0.3); /* refused there as spam */
        struct event in = {
            .type = EVENT_IN, .account = number, .helo_kind = CLIENT_SERVER, .size_bytes = 9000};
        in.time_us = at - 900000;
        in.sender = in.from = mail.event.sender;
        in.fingerprint = mail.event.fingerprint;
        in.client =
            ip_v4(access_pick(ACCESS_HOSTING, in.sender % 9, in.sender), in.sender >> 4 & 63, in.sender);
        in.helo = in.client.v4;
        diary_add(&world->diary, &in, &to, 1);
        mail_send(world, &mail);
    }
}

static void scanner(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    if (world_is_weekend(world, day))
        return;
    for (unsigned left = draw_poisson(&world->random, account->per_day); left > 0; left--) {
        struct mail mail;
        machine_mail(world, &mail, number, world_time(world, day, 3600 * (8 + 9 * draw_unit(&world->random))),
                     mix(number));
        const uint32_t colleague = world_colleague(world, number);
        mail_to(&mail, colleague == ADDRESS_NONE || draw_chance(&world->random, 0.04)
                           ? world_contact(world, account)
                           : colleague);
        mail.event.has_file = true;
        mail.event.size_bytes = 200000 + draw_below(&world->random, 4000000);
        mail_send(world, &mail);
    }
}

/* Quiet for days, and then hundreds within an hour, at night too. */
static void monitor(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    uint32_t count = draw_poisson(&world->random, 4);
    const bool is_storm = draw_chance(&world->random, 0.12);
    const double begin = any_time(world) * 0.9;
    if (is_storm)
        count += draw_between(&world->random, 60, 500);
    for (uint32_t i = 0; i < count; i++) {
        struct mail mail;
        const double at = is_storm ? begin + 3600 * draw_unit(&world->random) : any_time(world);
        machine_mail(world, &mail, number, world_time(world, day, at),
                     mix2(number, draw_below(&world->random, 6)));
        for (uint32_t j = 0; j < account->contact_count && j < 1 + account->home_net % 3; j++)
            mail_to(&mail, account->contacts[j]);
        mail_send(world, &mail);
    }
}

/* Each post goes to all members, thirty at a time, under the name of who wrote it. */
static void list_server(struct world *world, uint32_t number, uint32_t day)
{
    const struct account *account = &world->accounts[number];
    for (unsigned left = draw_poisson(&world->random, account->per_day); left > 0; left--) {
        const uint64_t text = draw(&world->random);
        const uint32_t author = account->members[draw_skewed(&world->random, account->member_count, 3)];
        int64_t at = world_time(world, day, any_time(world));
        for (uint32_t i = 0; i < account->member_count;) {
            struct mail mail;
            machine_mail(world, &mail, number, at, text);
            mail.event.from = author;
            for (uint32_t end = i + 30; i < end && i < account->member_count; i++) {
                if (unit_of(mix(account->members[i])) < 0.01)
                    mail_to_dead(&mail, account->members[i]);
                else
                    mail_to(&mail, account->members[i]);
            }
            mail_send(world, &mail);
            at += 2000000;
        }
    }
}

void machine_day(struct world *world, uint32_t number, uint32_t day)
{
    static void (*const days[KINDS])(struct world *, uint32_t, uint32_t) = {
        [KIND_NEWSLETTER] = newsletter, [KIND_SHOP] = shop,       [KIND_FORWARDER] = forwarder,
        [KIND_SCANNER] = scanner,       [KIND_MONITOR] = monitor, [KIND_LIST] = list_server,
    };
    days[world->accounts[number].kind](world, number, day);
}
