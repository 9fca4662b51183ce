#include "mail.h"

#include <string.h>

void mail_begin(struct world *world, struct mail *mail, uint32_t account, int64_t time_us)
{
    memset(mail, 0, sizeof *mail);
    mail->event.time_us = time_us;
    mail->event.type = EVENT_OUT;
    mail->event.account = account;
    mail->event.fingerprint = draw(&world->random);
    mail->event.size_bytes = (uint32_t)draw_log_normal(&world->random, 6000, 1.2) + 600;
    world_place(world, account, time_us, &mail->event);
}

void mail_to(struct mail *mail, uint32_t address)
{
    if (address != ADDRESS_NONE && mail->count < MAIL_RECIPIENTS_MAX)
        mail->to[mail->count++] = address;
}

void mail_to_dead(struct mail *mail, uint32_t address)
{
    if (mail->count == MAIL_RECIPIENTS_MAX)
        return;
    mail->to[mail->count++] = mail->to[mail->dead];
    mail->to[mail->dead++] = address;
}

/* From the other side, about `mail`. */
static struct event reaction(struct world *world, const struct mail *mail, uint64_t serial, double delay_sec)
{
    struct event event = {.type = EVENT_IN, .account = mail->event.account, .helo_kind = CLIENT_SERVER};
    event.time_us = mail->event.time_us + (int64_t)(delay_sec * 1e6);
    event.client = ip_v4(access_pick(ACCESS_HOSTING, draw_below(&world->random, 8), draw(&world->random)),
                         draw_below(&world->random, 40), 25);
    event.helo = event.client.v4;
    event.returned = serial;
    event.returned_account = mail->event.account;
    event.fingerprint = draw(&world->random);
    event.size_bytes = 3000 + draw_below(&world->random, 5000);
    return event;
}

static void come_back(struct world *world, const struct mail *mail, uint64_t serial, uint32_t recipient)
{
    const uint32_t to = ADDRESS_ACCOUNT | mail->event.account;
    struct event bounce = reaction(world, mail, serial, 2 + draw_exponential(&world->random, 90));
    bounce.report = REPORT_BOUNCE;
    bounce.returned_recipient = recipient;
    if (draw_chance(&world->random, world->habits.bounce_seen))
        diary_add(&world->diary, &bounce, &to, 1);
}

static void be_read(struct world *world, const struct mail *mail, uint64_t serial, uint32_t recipient)
{
    const uint32_t to = ADDRESS_ACCOUNT | mail->event.account;
    if (draw_chance(&world->random, mail->complaints)) {
        struct event complaint = reaction(world, mail, serial, 300 + draw_exponential(&world->random, 14400));
        complaint.report = REPORT_COMPLAINT;
        complaint.returned_recipient = recipient;
        diary_add(&world->diary, &complaint, &to, 1);
    }
    if (draw_chance(&world->random, mail->answers)) {
        struct event answer = reaction(world, mail, 0, draw_log_normal(&world->random, 5400, 1.4));
        answer.sender = answer.from = recipient;
        diary_add(&world->diary, &answer, &to, 1);
    }
}

void mail_send(struct world *world, struct mail *mail)
{
    if (mail->count == 0)
        return;
    const uint64_t serial = diary_add(&world->diary, &mail->event, mail->to, mail->count);
    if (serial == 0 || mail->event.is_blocked)
        return;
    for (uint32_t i = 0; i + mail->event.refused_count < mail->count; i++) {
        if (mail->to[i] & ADDRESS_ACCOUNT)
            continue;
        if (i < mail->dead)
            come_back(world, mail, serial, mail->to[i]);
        else
            be_read(world, mail, serial, mail->to[i]);
    }
}
