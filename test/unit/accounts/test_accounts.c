/* Small worlds: a provider of twenty logins and its habits of a month. A theft of each style is warned of in
 * time, and nothing honest is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "accounts/accounts.h"

enum { LOGINS = 20, DAYS = 30, RECIPIENTS_MAX = 60 };
static const int64_t MINUTE_US = 60LL * 1000000, HOUR_US = 3600LL * 1000000, DAY_US = 86400LL * 1000000;
static const int64_t START_US = 1788220800LL * 1000000; /* a Tuesday, 00:00 UTC */

struct world {
    struct accounts *accounts;
    int64_t now_us;
    enum account_step highest;          /* of the login under test since the last look */
    struct account_judgement judgement; /* the last one */
    unsigned sent_count;                /* recipients since the last look, until it was warned of */
    bool is_warned;
    unsigned serial;
    struct accounts_settings settings;
};

struct mail {
    const char *user, *client, *helo, *text;
    unsigned known, fresh, refused; /* recipients: written to before, never, none there */
    bool is_blocked;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->accounts = accounts_create(NULL, (const uint64_t[2]){1, 2});
    assert_non_null(world->accounts);
    world->now_us = START_US;
    world->settings = accounts_settings_default;
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    accounts_destroy(world->accounts);
    free(world);
    return 0;
}

static void note_step(struct world *world)
{
    if (world->judgement.step > world->highest)
        world->highest = world->judgement.step;
    world->is_warned = world->is_warned || world->judgement.step >= ACCOUNT_WARN;
}

static void send(struct world *world, const struct mail *mail)
{
    struct account_recipient recipients[RECIPIENTS_MAX];
    char addresses[RECIPIENTS_MAX][48], id[32];
    struct ip_address client;
    unsigned count = 0;
    for (unsigned i = 0; i < mail->known + mail->fresh + mail->refused; i++) {
        const bool is_known = i < mail->known;
        snprintf(addresses[i], sizeof addresses[i], is_known ? "known%u@example.net" : "r%u@example.net",
                 is_known ? (world->serial * 7 + i) % 60 : world->serial * 100 + i);
        recipients[count++] =
            (struct account_recipient){.address = slice_of(addresses[i]),
                                       .delivery = i >= mail->known + mail->fresh ? ACCOUNT_REFUSED
                                                   : mail->is_blocked             ? ACCOUNT_LEFT
                                                                                  : ACCOUNT_TAKEN,
                                       .is_new = !is_known};
    }
    if (!world->is_warned)
        world->sent_count += mail->known + mail->fresh;
    snprintf(id, sizeof id, "<%u@%s>", world->serial++, mail->user);
    assert_true(mail->client == NULL || ip_address_parse(slice_of(mail->client), &client));
    const struct account_message message = {
        .time_us = world->now_us,
        .user = slice_of(mail->user),
        .client = mail->client == NULL ? NULL : &client,
        .helo = slice_of(mail->helo),
        .sender = slice_of(mail->user),
        .from = slice_of(mail->user),
        .message_id = slice_of(id),
        .fingerprint = slice_of(mail->text),
        .blocked_attachments = mail->is_blocked,
        .recipients = recipients,
        .recipient_count = count,
    };
    assert_true(accounts_take_message(world->accounts, &world->settings, &message, &world->judgement));
    note_step(world);
}

static void text_of(char text[24], unsigned number)
{
    snprintf(text, 24, "%016x", number * 2654435761U);
}

/* Everybody writes four messages a working day from one network, every fifth recipient new. */
static void live_a_day(struct world *world, unsigned day)
{
    char user[32], client[32], text[24];
    for (unsigned hour = 8; hour < 16 && day % 7 < 5; hour += 2) {
        for (unsigned login = 0; login < LOGINS; login++) {
            world->now_us = START_US + day * DAY_US + hour * HOUR_US + login * MINUTE_US;
            snprintf(user, sizeof user, "u%u@example.com", login);
            snprintf(client, sizeof client, "192.%u.2.7", login);
            text_of(text, day * 10000 + hour * 100 + login);
            const bool has_new = (day + hour / 2 + login) % 4 == 0;
            send(world, &(struct mail){user, client, "[192.168.1.2]", text, 1, has_new, 0, false});
        }
    }
}

/* A month, and then the morning of a working day on which all is quiet. */
static void live(struct world *world)
{
    for (unsigned day = 0; day < DAYS; day++)
        live_a_day(world, day);
    assert_true(world->highest < ACCOUNT_WARN);
    world->now_us = START_US + DAYS * DAY_US + 9 * HOUR_US;
    world->highest = ACCOUNT_CALM;
    world->is_warned = false;
    world->sent_count = 0;
}

static const char VICTIM[] = "u3@example.com", HOME[] = "192.3.2.9", HELO[] = "[192.168.1.2]";

/* ---- thefts ----------------------------------------------------------------------------------------- */

static void a_blast_is_warned_of(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 20; i++, world->now_us += 5 * 1000000)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

static void a_botnet_is_warned_of(void **state)
{
    struct world *world = *state;
    char client[32], text[24];
    live(world);
    for (unsigned i = 0; i < 60; i++, world->now_us += 2 * MINUTE_US) {
        snprintf(client, sizeof client, "%u.9.%u.1", 60 + i % 60, i);
        text_of(text, i);
        send(world, &(struct mail){VICTIM, client, "localhost", text, 0, 3, 0, false});
    }
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

static void low_and_slow_is_warned_of(void **state)
{
    struct world *world = *state;
    char client[32], text[24];
    live(world);
    for (unsigned i = 0; i < 60; i++, world->now_us += 30 * MINUTE_US) {
        snprintf(client, sizeof client, "%u.9.%u.1", 60 + i % 60, i);
        text_of(text, i);
        send(world, &(struct mail){VICTIM, client, "localhost", text, 0, 1, 0, false});
    }
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

/* To whom the owner knows, by hand, from one new network. */
static void a_thief_among_the_contacts_is_warned_of(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 30; i++, world->now_us += 3 * MINUTE_US) {
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "bbbb", 4, 0, 0, false});
    }
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

static void a_theft_inside_the_domain_is_warned_of(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 20; i++, world->now_us += 2 * MINUTE_US)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "cccc", 0, 2, 0, false});
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 19);
}

/* Answers to those who know the owner, each with a text of its own: no mailing, and no person writes as fast.
 */
static void answers_one_after_another_are_warned_of(void **state)
{
    struct world *world = *state;
    char text[24];
    live(world);
    for (unsigned i = 0; i < 40; i++, world->now_us += MINUTE_US) {
        text_of(text, 900000 + i);
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", text, 1, 0, 0, false});
    }
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 30);
    assert_true(world->judgement.families[ACCOUNT_CONTENT] > 5);
}

/* All of it is refused for what it carries, and it is tried again and again. */
static void attachments_that_are_refused_are_warned_of(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 10; i++, world->now_us += MINUTE_US)
        send(world, &(struct mail){VICTIM, HOME, HELO, "mmmm", 0, 5, 0, true});
    assert_true(world->is_warned);
    assert_true(world->judgement.families[ACCOUNT_CONTENT] > 20);
}

/* It is looked at over IMAP for days, sold, and used. */
static void what_lay_dormant_is_warned_of(void **state)
{
    struct world *world = *state;
    struct ip_address thief;
    live(world);
    assert_true(ip_address_parse(slice_of("203.0.113.5"), &thief));
    for (unsigned day = 0; day < 4; day++, world->now_us += DAY_US)
        assert_true(
            accounts_take_login(world->accounts, &world->settings, slice_of(VICTIM), &thief, world->now_us));
    for (unsigned i = 0; i < 40; i++, world->now_us += MINUTE_US)
        send(world, &(struct mail){VICTIM, "198.51.100.7", "mail", "dddd", 0, 5, 0, false});
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

/* Of a login that never sent nothing is usual yet, but nobody begins from everywhere at once. */
static void what_never_sent_begins_from_everywhere(void **state)
{
    struct world *world = *state;
    char client[32];
    live(world);
    for (unsigned i = 0; i < 40; i++, world->now_us += MINUTE_US) {
        snprintf(client, sizeof client, "%u.9.%u.1", 60 + i % 60, i);
        send(world, &(struct mail){"never@example.com", client, "localhost", "eeee", 0, 5, 0, false});
    }
    assert_true(world->is_warned);
    assert_in_range(world->sent_count, 1, 99);
}

static void who_begins_from_one_place_is_left_in_peace(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 40; i++, world->now_us += MINUTE_US)
        send(world, &(struct mail){"news@example.com", "60.9.9.1", "localhost", "eeee", 0, 5, 0, false});
    assert_true(world->highest < ACCOUNT_WARN);
}

static void mail_that_comes_back_speaks_against_it(void **state)
{
    struct world *world = *state;
    const char *user = NULL;
    char id[64];
    live(world);
    /* From the owner's own network: its computer is the thief's. */
    for (unsigned i = 0; i < 30; i++, world->now_us += MINUTE_US) {
        snprintf(id, sizeof id, "<%u@%s>", world->serial, VICTIM);
        send(world, &(struct mail){VICTIM, HOME, HELO, "eeee", 0, 3, 1, false});
        const struct account_report report = {world->now_us, slice_of(id), 1, false};
        assert_true(
            accounts_take_report(world->accounts, &world->settings, &report, &user, &world->judgement));
        assert_string_equal(user, VICTIM);
        note_step(world);
    }
    assert_true(world->is_warned);
    assert_true(world->judgement.families[ACCOUNT_FAILURES] > 20);
}

static void a_bounce_of_what_nobody_sent_is_no_evidence(void **state)
{
    struct world *world = *state;
    const char *user = NULL;
    live(world);
    const struct account_report report = {world->now_us, slice_of("<forged@example.com>"), 5, false};
    assert_false(accounts_take_report(world->accounts, &world->settings, &report, &user, &world->judgement));
}

/* ---- honest ----------------------------------------------------------------------------------------- */

static void a_mailing_to_all_members_is_not_warned_of(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 200; i++, world->now_us += 3 * 1000000)
        send(world, &(struct mail){VICTIM, HOME, HELO, "ffff", i % 3 == 0, i % 3 != 0, 0, false});
    assert_true(world->highest < ACCOUNT_WARN);
}

static void a_traveller_is_not_warned_of(void **state)
{
    struct world *world = *state;
    char client[32], text[24];
    live(world);
    for (unsigned i = 0; i < 40; i++, world->now_us += 3 * HOUR_US) {
        snprintf(client, sizeof client, "80.%u.2.3", i / 8);
        text_of(text, i);
        send(world, &(struct mail){VICTIM, client, HELO, text, 1, i % 4 == 0, 0, false});
    }
    assert_true(world->highest < ACCOUNT_WARN);
}

static void a_new_telephone_is_not_warned_of(void **state)
{
    struct world *world = *state;
    char text[24];
    live(world);
    for (unsigned i = 0; i < 6; i++, world->now_us += HOUR_US) {
        text_of(text, i);
        send(world, &(struct mail){VICTIM, "80.1.2.3", "phone", text, 1, i % 5 == 0, 0, false});
    }
    assert_true(world->highest < ACCOUNT_WARN);
}

/* All of them come over new networks on one day: that is no theft. */
static bool says(const struct world *world, enum account_evidence_kind kind)
{
    for (size_t i = 0; i < world->judgement.evidence_count; i++)
        if (world->judgement.evidence[i].kind == kind)
            return true;
    return false;
}

/* The computer that greets as none but its owner's does may be in a network since a minute only. */
static void an_own_computer_may_move(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned day = 0; day < 9; day++, world->now_us += DAY_US)
        send(world, &(struct mail){VICTIM, HOME, "DESKTOP-7F3A", "nnnn", 1, 0, 0, false});
    send(world, &(struct mail){VICTIM, "203.0.113.5", "DESKTOP-7F3A", "oooo", 1, 0, 0, false});
    assert_true(says(world, EVIDENCE_NEW_NETWORK));
    assert_false(says(world, EVIDENCE_AT_ONCE));
    send(world, &(struct mail){VICTIM, "198.51.100.9", "DESKTOP-OTHER", "oooo", 1, 0, 0, false});
    assert_true(says(world, EVIDENCE_AT_ONCE));
}

/* A telephone gets another of its provider's addresses each day; two of one day may be a thief's. */
static void beside_a_network_of_another_day_nothing_is_at_once(void **state)
{
    struct world *world = *state;
    live(world);
    send(world, &(struct mail){VICTIM, "80.1.2.3", HELO, "qqqq", 1, 0, 0, false});
    assert_true(says(world, EVIDENCE_AT_ONCE));
    world->now_us += HOUR_US;
    send(world, &(struct mail){VICTIM, "80.1.77.3", HELO, "rrrr", 1, 0, 0, false});
    assert_true(says(world, EVIDENCE_AT_ONCE));
    world->now_us += DAY_US;
    send(world, &(struct mail){VICTIM, "80.1.99.3", HELO, "ssss", 1, 0, 0, false});
    assert_false(says(world, EVIDENCE_AT_ONCE));
}

static void send_from(struct world *world, unsigned login, const char *client, unsigned serial)
{
    char user[32], text[24];
    snprintf(user, sizeof user, "u%u@example.com", login);
    text_of(text, serial * 100 + login);
    send(world, &(struct mail){user, client, HELO, text, 1, 0, 0, false});
}

/* Where colleagues have been for long is an office, or a carrier's gateway. */
static void where_others_are_nothing_is_at_once(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned day = 0; day < 10; day++, world->now_us += DAY_US)
        for (unsigned login = 10; login < 13; login++)
            send_from(world, login, "203.0.113.5", day);
    send_from(world, 3, "203.0.113.5", 90);
    assert_false(says(world, EVIDENCE_AT_ONCE));
    send_from(world, 3, "198.51.100.5", 91);
    assert_true(says(world, EVIDENCE_AT_ONCE));
}

/* A thief with several logins has them from one network; a network that gets ever new people is a carrier's.
 */
static void a_network_that_is_new_to_several_is_evidence_on_its_first_day(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned login = 0; login < 5; login++)
        send_from(world, login, "203.0.113.5", 80);
    assert_true(says(world, EVIDENCE_SHARED_NETWORK));
    world->now_us += DAY_US;
    for (unsigned login = 5; login < 10; login++)
        send_from(world, login, "203.0.113.5", 81);
    assert_false(says(world, EVIDENCE_SHARED_NETWORK));
    assert_false(says(world, EVIDENCE_AT_ONCE));
}

static void those_that_are_suspected_make_no_network_usual(void **state)
{
    struct world *world = *state;
    char user[32];
    live(world);
    for (unsigned login = 0; login < 5; login++)
        for (unsigned i = 0; i < 10; i++, world->now_us += MINUTE_US) {
            snprintf(user, sizeof user, "u%u@example.com", login);
            send(world, &(struct mail){user, "203.0.113.5", "evil", "tttt", 0, 20, 0, false});
        }
    assert_true(world->is_warned);
    world->now_us += DAY_US;
    for (unsigned login = 5; login < 8; login++)
        send_from(world, login, "203.0.113.5", 81);
    assert_true(says(world, EVIDENCE_AT_ONCE));
    assert_true(says(world, EVIDENCE_SHARED_NETWORK));
}

/* The network that a message comes by counts, not the one that was met last. */
static void each_network_is_as_unlikely_as_it_was(void **state)
{
    struct world *world = *state;
    live(world);
    send_from(world, 3, "80.1.2.3", 70);
    world->now_us += DAY_US;
    send_from(world, 3, "203.0.113.5", 71);
    const float thief = world->judgement.families[ACCOUNT_NETWORKS];
    send_from(world, 3, "80.1.99.3", 72);
    assert_true(world->judgement.families[ACCOUNT_NETWORKS] < thief - 10);
    send_from(world, 3, "203.0.113.5", 73);
    assert_true(world->judgement.families[ACCOUNT_NETWORKS] > thief - 2);
}

static void a_provider_that_moves_is_not_warned_of(void **state)
{
    struct world *world = *state;
    char user[32], client[32], text[24];
    live(world);
    for (unsigned i = 0; i < 10; i++)
        for (unsigned login = 0; login < LOGINS; login++, world->now_us += MINUTE_US) {
            snprintf(user, sizeof user, "u%u@example.com", login);
            snprintf(client, sizeof client, "77.%u.2.7", login);
            text_of(text, i * 100 + login);
            send(world, &(struct mail){user, client, "new-gateway", text, 2, i % 2, 0, false});
        }
    assert_true(world->highest < ACCOUNT_WARN);
}

static void the_first_days_are_not_warned_of(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 40; i++, world->now_us += 10 * MINUTE_US)
        send(world, &(struct mail){VICTIM, i % 2 ? HOME : "80.1.2.3", HELO, "gggg", 0, 3, 0, false});
    assert_true(world->highest < ACCOUNT_WARN);
}

/* ---- rules ------------------------------------------------------------------------------------------ */

static void one_family_alone_takes_no_step(void **state)
{
    struct world *world = *state;
    char client[32], text[24];
    live(world);
    for (unsigned i = 0; i < 60; i++, world->now_us += MINUTE_US) {
        snprintf(client, sizeof client, "%u.9.%u.1", 60 + i, i);
        text_of(text, i);
        if (i % 15 == 0)
            send(world, &(struct mail){VICTIM, client, HELO, text, 1, 0, 0, false});
    }
    assert_true(world->highest < ACCOUNT_WARN);
}

static void a_lock_takes_several_families(void **state)
{
    struct world *world = *state;
    char client[32];
    live(world);
    for (unsigned i = 0; i < 60; i++, world->now_us += MINUTE_US) {
        snprintf(client, sizeof client, "%u.9.%u.1", 60 + i, i);
        send(world, &(struct mail){VICTIM, client, "bot", "hhhh", 0, 10, 8, false});
    }
    assert_int_equal(world->highest, ACCOUNT_LOCK);
    unsigned families = 0;
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++) {
        families += world->judgement.families[i] > 0;
        assert_true(world->judgement.families[i] <= (float)world->settings.family_caps[i]);
    }
    assert_true(families >= 4);
}

static void whoever_is_forgiven_begins_anew(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 10; i++, world->now_us += MINUTE_US)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "iiii", 0, 10, 0, false});
    assert_true(world->is_warned);
    assert_true(accounts_forgive(world->accounts, slice_of(VICTIM), world->now_us, true));
    assert_false(accounts_forgive(world->accounts, slice_of("nobody@example.com"), world->now_us, true));
    world->highest = ACCOUNT_CALM;
    for (unsigned i = 0; i < 5; i++, world->now_us += HOUR_US)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "jjjj", 1, 0, 0, false});
    assert_int_equal(world->highest, ACCOUNT_CALM);
}

static void a_step_is_over_by_itself(void **state)
{
    struct world *world = *state;
    live(world);
    for (unsigned i = 0; i < 10; i++, world->now_us += MINUTE_US)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "kkkk", 0, 10, 0, false});
    assert_true(world->is_warned);
    world->now_us += 15 * DAY_US;
    send(world, &(struct mail){VICTIM, HOME, HELO, "llll", 1, 0, 0, false});
    assert_int_equal(world->judgement.step, ACCOUNT_CALM);
}

/* A family that is switched off says nothing. */
static void caps_of_zero_switch_a_family_off(void **state)
{
    struct world *world = *state;
    live(world);
    world->settings.family_caps[ACCOUNT_NETWORKS] = 0;
    for (unsigned i = 0; i < 20; i++, world->now_us += 5 * 1000000)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_true(world->judgement.families[ACCOUNT_NETWORKS] <= 0);
    assert_true(world->judgement.families[ACCOUNT_RECIPIENTS] > 0);
}

static void weights_of_zero_switch_a_kind_off(void **state)
{
    struct world *world = *state;
    live(world);
    world->settings.weights[EVIDENCE_NEW_NETWORK] = world->settings.weights[EVIDENCE_AT_ONCE] = 0;
    send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_false(says(world, EVIDENCE_NEW_NETWORK));
    assert_false(says(world, EVIDENCE_AT_ONCE));
    assert_true(says(world, EVIDENCE_FAN_OUT));
}

static void no_kind_counts_more_than_its_cap(void **state)
{
    struct world *world = *state;
    live(world);
    world->settings.kind_caps[EVIDENCE_FAN_OUT] = 4;
    world->settings.kind_caps[EVIDENCE_NEW_NETWORK] = 0;
    send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_false(says(world, EVIDENCE_NEW_NETWORK));
    assert_true(says(world, EVIDENCE_FAN_OUT));
    assert_true(world->judgement.families[ACCOUNT_VOLUME] < 5);
}

/* Of a login that is still learnt, as many points are asked for as for `hold`. */
static void a_young_login_is_warned_of_where_it_is_plain(void **state)
{
    struct world *world = *state;
    live(world);
    world->settings.learning_ms = 100 * (uint64_t)(DAY_US / 1000);
    world->settings.steps[ACCOUNT_HOLD].score = 1000;
    for (unsigned i = 0; i < 20; i++, world->now_us += 5 * 1000000)
        send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_int_equal(world->highest, ACCOUNT_NOTE);
    world->settings.steps[ACCOUNT_HOLD].score = 60;
    send(world, &(struct mail){VICTIM, "203.0.113.5", "mail", "aaaa", 0, 20, 0, false});
    assert_int_equal(world->highest, ACCOUNT_WARN);
}

/* Once the day's warnings are used up, as many points are asked for as for the step above. */
static void the_days_warnings_are_for_the_clearest(void **state)
{
    struct world *world = *state;
    live(world);
    world->settings.warnings_per_day = 0;
    for (unsigned i = 0; i < 40 && !world->is_warned; i++, world->now_us += MINUTE_US) {
        send(world, &(struct mail){VICTIM, "203.0.113.5", "evil", "pppp", 1, 0, 0, false});
        assert_true(!world->is_warned ||
                    world->judgement.points >= (float)world->settings.steps[ACCOUNT_SLOW].score);
    }
    assert_true(world->is_warned);
}

static void evidence_is_told_with_its_numbers(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    account_evidence_describe(&(struct account_evidence){EVIDENCE_NEW_RECIPIENTS, 30, 18, 20, 0.125F}, &out);
    assert_string_equal(strbuf_text(&out),
                        "18 of the last 20 recipients were never written to; usual here: 1 in 8");
    strbuf_reset(&out);
    account_evidence_describe(&(struct account_evidence){EVIDENCE_MANY_RECIPIENTS, 20, 61, 0, 8.2F}, &out);
    assert_string_equal(strbuf_text(&out), "61 recipients within a day; most days here have fewer than 10");
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_blast_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_botnet_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(low_and_slow_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_thief_among_the_contacts_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_theft_inside_the_domain_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(what_lay_dormant_is_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(what_never_sent_begins_from_everywhere, begin, end),
        cmocka_unit_test_setup_teardown(who_begins_from_one_place_is_left_in_peace, begin, end),
        cmocka_unit_test_setup_teardown(attachments_that_are_refused_are_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(answers_one_after_another_are_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(mail_that_comes_back_speaks_against_it, begin, end),
        cmocka_unit_test_setup_teardown(a_bounce_of_what_nobody_sent_is_no_evidence, begin, end),
        cmocka_unit_test_setup_teardown(a_mailing_to_all_members_is_not_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_traveller_is_not_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_new_telephone_is_not_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(a_provider_that_moves_is_not_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(an_own_computer_may_move, begin, end),
        cmocka_unit_test_setup_teardown(beside_a_network_of_another_day_nothing_is_at_once, begin, end),
        cmocka_unit_test_setup_teardown(where_others_are_nothing_is_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_network_that_is_new_to_several_is_evidence_on_its_first_day, begin,
                                        end),
        cmocka_unit_test_setup_teardown(those_that_are_suspected_make_no_network_usual, begin, end),
        cmocka_unit_test_setup_teardown(each_network_is_as_unlikely_as_it_was, begin, end),
        cmocka_unit_test_setup_teardown(the_first_days_are_not_warned_of, begin, end),
        cmocka_unit_test_setup_teardown(one_family_alone_takes_no_step, begin, end),
        cmocka_unit_test_setup_teardown(a_lock_takes_several_families, begin, end),
        cmocka_unit_test_setup_teardown(whoever_is_forgiven_begins_anew, begin, end),
        cmocka_unit_test_setup_teardown(a_step_is_over_by_itself, begin, end),
        cmocka_unit_test_setup_teardown(caps_of_zero_switch_a_family_off, begin, end),
        cmocka_unit_test_setup_teardown(the_days_warnings_are_for_the_clearest, begin, end),
        cmocka_unit_test_setup_teardown(weights_of_zero_switch_a_kind_off, begin, end),
        cmocka_unit_test_setup_teardown(no_kind_counts_more_than_its_cap, begin, end),
        cmocka_unit_test_setup_teardown(a_young_login_is_warned_of_where_it_is_plain, begin, end),
        cmocka_unit_test(evidence_is_told_with_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
