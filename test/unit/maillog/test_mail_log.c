/* What the logs of Postfix and Sendmail tell, line by line and message by message, and of which year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "maillog/log_messages.h"
#include "maillog/log_stamp.h"

#include <stdlib.h>
#include <talloc.h>
#include <time.h>

/* ---- messages --------------------------------------------------------------------------------------- */

static struct strbuf told;

static void note_message(void *context, const struct logged_message *message)
{
    char client[IP_ADDRESS_TEXT_BYTES] = "-";
    (void)context;
    if (message->client != NULL)
        ip_address_print(message->client, client);
    strbuf_printf(&told, "[%s %s %s %s", message->user, client, message->sender, message->message_id);
    for (size_t i = 0; i < message->recipient_count; i++)
        strbuf_printf(&told, " %s%s", message->recipients[i].fate == LOGGED_REFUSED ? "!" : "",
                      message->recipients[i].address);
    strbuf_append_text(&told, "]");
}

static void note_bounce(void *context, const char *message_id)
{
    (void)context;
    strbuf_printf(&told, "(%s)", message_id);
}

static void check(const char *const *lines, size_t count, const char *expected)
{
    const struct logged_takers takers = {note_message, note_bounce, NULL};
    struct log_messages *messages = log_messages_create(NULL, &takers);
    struct log_line line;
    assert_non_null(messages);
    strbuf_init(&told, 0);
    for (size_t i = 0; i < count; i++)
        if (log_line_read(slice_of(lines[i]), &line))
            assert_true(log_messages_take(messages, &line));
    log_messages_finish(messages);
    assert_string_equal(strbuf_text(&told), expected);
    strbuf_deinit(&told);
    talloc_free(messages);
}

#define CHECK(expected, ...)                                                                                 \
    do {                                                                                                     \
        static const char *const lines_[] = {__VA_ARGS__};                                                   \
        check(lines_, sizeof lines_ / sizeof lines_[0], expected);                                           \
    } while (0)

static void a_login_that_sends_through_postfix(void **state)
{
    (void)state;
    CHECK(
        "[ann 192.0.2.7 ann@example.com <1@x> bob@example.net eve@example.org](<1@x>)",
        " mx postfix/submission/smtpd[10]: 4ABCDEF: client=host.example[192.0.2.7], sasl_method=PLAIN, sasl_username=ann",
        " mx postfix/cleanup[11]: 4ABCDEF: message-id=<1@x>",
        " mx postfix/qmgr[12]: 4ABCDEF: from=<ann@example.com>, size=300, nrcpt=2 (queue active)",
        " mx postfix/smtp[13]: 4ABCDEF: to=<bob@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, dsn=2.0.0, "
        "status=sent (250 ok)",
        " mx postfix/smtp[13]: 4ABCDEF: to=<x@example.org>, orig_to=<eve@example.org>, relay=none, delay=1, dsn=5.1.1, "
        "status=bounced (550 no)",
        " mx postfix/qmgr[12]: 4ABCDEF: removed");
}

static void what_bounces_days_later_is_told_then(void **state)
{
    (void)state;
    CHECK(
        "[ann 192.0.2.7  <1@x> bob@example.net](<1@x>)",
        "mx postfix/smtpd[10]: 4ABCDEF: client=h[192.0.2.7]:4711, sasl_method=PLAIN, sasl_username=ann",
        "mx postfix/cleanup[11]: 4ABCDEF: message-id=<1@x>",
        "mx postfix/qmgr[12]: 4ABCDEF: from=<>, size=300, nrcpt=1 (queue active)",
        "mx postfix/smtp[13]: 4ABCDEF: to=<bob@example.net>, relay=none, delay=1, dsn=4.0.0, status=deferred (later)",
        "mx postfix/smtp[13]: 4ABCDEF: to=<bob@example.net>, relay=none, delay=9, dsn=5.0.0, status=bounced (no)",
        "mx postfix/qmgr[12]: 4ABCDEF: removed");
}

static void mail_from_elsewhere_and_refused_recipients(void **state)
{
    (void)state;
    CHECK(
        "[ 2001:db8::7 eve@example.org <2@x> !nobody@example.com ann@example.com]",
        "mx postfix/smtpd[10]: 4ABCDEF: client=unknown[2001:db8::7]",
        "mx postfix/smtpd[10]: 4ABCDEF: reject: RCPT from unknown[2001:db8::7]: 550 5.1.1 <nobody@example.com>: Recipient "
        "address rejected: User unknown; from=<eve@example.org> to=<nobody@example.com> proto=ESMTP helo=<x>",
        "mx postfix/smtpd[10]: 4ABCDEF: reject: RCPT from unknown[2001:db8::7]: 450 4.2.0 <bob@example.com>: Recipient "
        "address rejected: Greylisted; from=<eve@example.org> to=<bob@example.com> proto=ESMTP helo=<x>",
        "mx postfix/smtpd[10]: NOQUEUE: reject: RCPT from unknown[2001:db8::7]: 554 5.7.1 <x@y>: no",
        "mx postfix/cleanup[11]: 4ABCDEF: message-id=<2@x>",
        "mx postfix/qmgr[12]: 4ABCDEF: from=<eve@example.org>, size=300, nrcpt=1 (queue active)",
        "mx postfix/lmtp[13]: 4ABCDEF: to=<ann@example.com>, relay=mx[private/dovecot-lmtp], dsn=2.0.0, status=sent (ok)");
}

static void a_login_that_sends_through_sendmail(void **state)
{
    (void)state;
    CHECK(
        "[ann@example.com 192.0.2.7 ann@example.com <3@x> bob@example.net eve@example.net](<3@x>)(<3@x>)",
        "mx sm-mta[77]: AUTH=server, relay=host.example [192.0.2.7], authid=ann@example.com, mech=PLAIN, bits=0",
        "mx sm-mta[77]: 3AUED2a1000077: from=<ann@example.com>, size=300, class=0, nrcpts=2, msgid=<3@x>, "
        "proto=ESMTP, daemon=MTA, relay=host.example [192.0.2.7] (may be forged)",
        "mx sm-mta[79]: 3AUED2a1000077: to=<bob@example.net>, delay=00:00:01, mailer=esmtp, pri=1, "
        "relay=mx [192.0.2.1], dsn=2.0.0, stat=Sent (ok)",
        "mx sm-mta[79]: 3AUED2a1000077: to=<bob@example.net>,<eve@example.net>, delay=00:00:01, mailer=esmtp, pri=1, "
        "relay=mx [192.0.2.1], dsn=5.1.1, stat=User unknown",
        "mx sm-mta[78]: 3AUED2a1000078: from=<eve@example.com>, size=300, class=0, nrcpts=1, msgid=<4@x>, "
        "proto=ESMTP, daemon=MTA, relay=other.example [192.0.2.8]");
}

static void strangers_cannot_tell_who_they_are(void **state)
{
    (void)state;
    CHECK("[ann 192.0.2.7 a, sasl_username=eve@x <1, sasl_username=eve@x> b, status=bounced@x]",
          ("mx postfix/smtpd[10]: 4ABCDEF: client=h[192.0.2.7], sasl_method=PLAIN, sasl_username=ann, "
           "sasl_sender=x, sasl_username=eve"),
          "mx postfix/cleanup[11]: 4ABCDEF: message-id=<1, sasl_username=eve@x>",
          "mx postfix/qmgr[12]: 4ABCDEF: from=<a, sasl_username=eve@x>, size=300, nrcpt=1 (queue active)",
          "mx postfix/smtp[13]: 4ABCDEF: to=<b, status=bounced@x>, relay=none, dsn=2.0.0, status=sent (ok)",
          "mx imap[13]: 4ABCDEF: to=<eve@example.org>, relay=none, dsn=2.0.0, status=sent (ok)");
}

/* ---- years ------------------------------------------------------------------------------------------ */

static int64_t moment(int year, int month, int day)
{
    struct tm local = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1};
    return (int64_t)mktime(&local) * 1000000;
}

/* The years of the stamps, as 4 digits with blanks between; "?": it cannot be. */
static void check_years(const char *const *stamps, int64_t written_us, const char *expected)
{
    struct log_years years = {0};
    struct log_stamp stamp;
    struct strbuf found;
    strbuf_init(&found, 0);
    for (size_t i = 0; stamps[i] != NULL; i++) {
        assert_true(log_stamp_read(slice_of(stamps[i]), &stamp));
        log_years_pass(&years, &stamp);
    }
    log_years_settle(&years, &stamp, written_us);
    for (size_t i = 0; stamps[i] != NULL; i++) {
        int64_t time_us;
        assert_true(log_stamp_read(slice_of(stamps[i]), &stamp));
        log_years_pass(&years, &stamp);
        const bool is_possible = log_years_time(&years, &stamp, &time_us);
        const time_t seconds = (time_t)(time_us / 1000000);
        struct tm local;
        localtime_r(&seconds, &local);
        strbuf_printf(&found, is_possible ? "%d " : "? ", local.tm_year + 1900);
    }
    assert_string_equal(strbuf_text(&found), expected);
    strbuf_deinit(&found);
}

static void years_follow_from_the_date_of_the_file(void **state)
{
    (void)state;
    static const char *const within[] = {"Nov 29 10:00:00", "Nov 30 11:00:00", NULL};
    check_years(within, moment(2026, 11, 30), "2026 2026 ");
    check_years(within, moment(2027, 2, 1), "2026 2026 "); /* copied later */
    static const char *const over[] = {"Nov 29 10:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01",
                                       "Dec 31 23:59:59", "Jan  2 00:00:01", NULL};
    check_years(over, moment(2026, 1, 3), "2025 2025 2026 2025 2026 ");
    static const char *const long_one[] = {"Mar  1 10:00:00", "Dec  1 10:00:00", "Feb 10 10:00:00",
                                           "Nov  1 10:00:00", "Jan  5 10:00:00", NULL};
    check_years(long_one, moment(2026, 1, 5), "2024 2024 2025 2025 2026 ");
    static const char *const leap[] = {"Feb 29 10:00:00", "Mar  1 10:00:00", NULL};
    check_years(leap, moment(2024, 3, 1), "2024 2024 ");
    check_years(leap, moment(2026, 3, 1), "? 2026 ");
}

static void stamps_of_both_kinds_are_read(void **state)
{
    (void)state;
    struct log_stamp stamp;
    assert_true(log_stamp_read(slice_of("2026-11-30T14:13:02.5+01:00 mx postfix"), &stamp));
    assert_true(stamp.has_year);
    assert_int_equal(stamp.time_us, INT64_C(1796044382500000));
    assert_int_equal(stamp.length, 27);
    assert_true(log_stamp_read(slice_of("Nov  3 14:13:02 mx postfix"), &stamp));
    assert_false(stamp.has_year);
    assert_int_equal(stamp.day, 3);
    assert_int_equal(stamp.length, 15);
    static const char *const wrong[] = {
        "",           "Nov 3 14:13:02", "Nov 31 24:13:02", "Nov  0 14:13:02", "Foo 30 14:13:02",
        "2026-11-30", "{\"v\":1}",      "Nov 30 14:13"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (log_stamp_read(slice_of(wrong[i]), &stamp))
            fail_msg("'%s' is taken", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_that_sends_through_postfix),
        cmocka_unit_test(what_bounces_days_later_is_told_then),
        cmocka_unit_test(mail_from_elsewhere_and_refused_recipients),
        cmocka_unit_test(a_login_that_sends_through_sendmail),
        cmocka_unit_test(strangers_cannot_tell_who_they_are),
        cmocka_unit_test(years_follow_from_the_date_of_the_file),
        cmocka_unit_test(stamps_of_both_kinds_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
