#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time_text.h"
#include "dashboard/live_mail.h"

#include <stdio.h>
#include <talloc.h>

#define MINUTE_US INT64_C(60000000)

static const int64_t now_us = INT64_C(1796039063000000); /* 2026-11-30T11:44:23Z */

struct message {
    const char *verdict, *user, *check, *reason;
    unsigned recipients, refused, size;
};

static void take(struct live_mail *mail, int64_t time_us, const struct message *message)
{
    struct record record;
    struct strbuf line;
    char moment[TIME_TEXT_BYTES];
    time_text_utc(time_us, moment);
    strbuf_init(&line, 0);
    strbuf_printf(
        &line,
        "{\"v\":1,\"type\":\"message\",\"time\":\"%s\",\"id\":\"06g2ytq6vx5a\",\"user\":\"%s\",\"recipients\":[",
        moment, message->user);
    for (unsigned i = 0; i < message->recipients + message->refused; i++)
        strbuf_printf(&line, "%s{\"address\":\"r%u@example.net\",\"action\":\"%s\"}", i == 0 ? "" : ",", i,
                      i < message->recipients ? "accept" : "reject");
    strbuf_printf(&line, "],\"size\":%u,\"findings\":[", message->size);
    if (message->check != NULL)
        strbuf_printf(
            &line,
            "{\"check\":\"%s\",\"outcome\":\"fail\",\"reason\":\"%s\",\"mode\":\"enforce\",\"action\":\"%s\"}",
            message->check, message->reason, message->verdict);
    strbuf_printf(&line, "],\"verdict\":\"%s\"}", message->verdict);
    assert_true(record_read(strbuf_slice(&line), &record));
    live_mail_take(mail, &record, now_us);
    strbuf_deinit(&line);
}

static const struct message accepted = {"accept", "ann@example.com", NULL, NULL, 2, 0, 1000},
                            refused = {"reject", "bob@example.com", "attachments", "blocked", 1, 0, 500},
                            partly = {"accept", "ann@example.com", NULL, NULL, 1, 3, 100};

static struct live_view look(struct live_mail *mail, void *owner, unsigned hours)
{
    struct live_view view;
    assert_true(live_mail_view(mail, owner, now_us, hours, &view));
    return view;
}

static void messages_are_counted_by_minute_user_and_cause(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    take(mail, now_us, &accepted);
    take(mail, now_us, &refused);
    take(mail, now_us - 5 * MINUTE_US, &partly);
    const struct live_view view = look(mail, owner, 24);
    const struct live_counts *last = &view.minutes[LIVE_MINUTES - 1],
                             *before = &view.minutes[LIVE_MINUTES - 6];
    assert_int_equal(last->verdicts[LIVE_ACCEPTED], 1);
    assert_int_equal(last->verdicts[LIVE_REFUSED], 1);
    assert_int_equal(last->recipients, 2);
    assert_int_equal(last->bytes, 1000);
    assert_int_equal(before->recipients_refused, 3);
    assert_int_equal(view.user_count, 2);
    assert_string_equal(view.users[0].name, "ann@example.com");
    assert_int_equal(view.users[0].counts.recipients, 3);
    assert_int_equal(view.cause_count, 1);
    assert_string_equal(view.causes[0].name, "attachments blocked");
    assert_int_equal(view.refusal_count, 2);
    live_mail_destroy(mail);
    talloc_free(owner);
}

static void what_is_older_than_a_day_is_left_out(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    take(mail, now_us - LIVE_MINUTES * MINUTE_US, &accepted);
    take(mail, now_us - (LIVE_MINUTES - 1) * MINUTE_US, &accepted);
    take(mail, now_us - 40 * 60 * MINUTE_US, &refused);
    take(mail, now_us + 40 * 60 * MINUTE_US, &refused); /* a clock that was set back */
    const struct live_view view = look(mail, owner, 24);
    uint64_t sum = 0;
    for (size_t i = 0; i < LIVE_MINUTES; i++)
        sum += live_counts_messages(&view.minutes[i]);
    assert_int_equal(sum, 1);
    assert_int_equal(view.minutes[0].verdicts[LIVE_ACCEPTED], 1);
    assert_int_equal(view.refusal_count, 0);
    live_mail_destroy(mail);
    talloc_free(owner);
}

static void hours_that_were_not_asked_for_are_left_out(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    take(mail, now_us, &accepted);
    take(mail, now_us - 120 * MINUTE_US, &refused);
    assert_int_equal(look(mail, owner, 1).user_count, 1);
    assert_int_equal(look(mail, owner, 6).user_count, 2);
    live_mail_destroy(mail);
    talloc_free(owner);
}

/* Read in any order; the newest stay, the newest first. */
static void the_newest_refusals_are_kept(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    for (int i = 0; i < LIVE_REFUSALS; i++)
        take(mail, now_us - (i + 1) * INT64_C(1000000), &refused);
    take(mail, now_us, &refused);
    take(mail, now_us - 3600 * INT64_C(1000000), &refused);
    const struct live_view view = look(mail, owner, 24);
    assert_int_equal(view.refusal_count, LIVE_REFUSALS);
    assert_non_null(strstr(view.refusals[0], "11:44:23"));
    assert_non_null(strstr(view.refusals[1], "11:44:22"));
    live_mail_destroy(mail);
    talloc_free(owner);
}

/* Any number of strangers push nobody out who is busy. */
static void the_busiest_users_are_never_missing(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    for (int i = 0; i < 3 * LIVE_USERS; i++) {
        char name[32];
        struct message message = accepted;
        snprintf(name, sizeof name, "user%d@example.com", i);
        message.user = name;
        take(mail, now_us, &message);
        take(mail, now_us, &accepted);
    }
    const struct live_view view = look(mail, owner, 1);
    assert_int_equal(view.user_count, LIVE_USERS);
    assert_string_equal(view.users[0].name, "ann@example.com");
    assert_true(live_counts_messages(&view.users[0].counts) >= 3 * LIVE_USERS);
    live_mail_destroy(mail);
    talloc_free(owner);
}

static void what_is_no_message_changes_nothing(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct live_mail *mail = live_mail_create();
    struct record record;
    assert_true(
        record_read(slice_of("{\"v\":1,\"type\":\"start\",\"time\":\"2026-11-30T11:44:23Z\"}"), &record));
    live_mail_take(mail, &record, now_us);
    assert_true(record_read(slice_of("{\"v\":1,\"type\":\"message\"}"), &record));
    live_mail_take(mail, &record, now_us);
    live_mail_lose(mail, 3);
    const struct live_view view = look(mail, owner, 24);
    assert_int_equal(live_counts_messages(&view.minutes[LIVE_MINUTES - 1]), 0);
    assert_int_equal(view.lost_count, 3);
    live_mail_destroy(mail);
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_counted_by_minute_user_and_cause),
        cmocka_unit_test(what_is_older_than_a_day_is_left_out),
        cmocka_unit_test(hours_that_were_not_asked_for_are_left_out),
        cmocka_unit_test(the_newest_refusals_are_kept),
        cmocka_unit_test(the_busiest_users_are_never_missing),
        cmocka_unit_test(what_is_no_message_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
