/* The ladder of a login, read back from the record: reasons with their points, and one story of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/account_event.h"
#include "policy_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#define EVENT(type, time, rest)                                                                              \
    "{\"v\":1,\"type\":\"" type "\",\"time\":\"" time                                                        \
    "\",\"id\":\"06dnb4800001\",\"host\":\"mx1\",\"subject\":"                                               \
    "{\"kind\":\"user\",\"name\":\"ann@example.com\"}," rest "}\n"
#define EVIDENCE(family, points, words) "[" REASON(family, points, words) "]"
#define REASON(family, points, words)                                                                        \
    "{\"family\":\"" family "\",\"points\":" points ",\"words\":\"" words "\"}"
#define MESSAGE(time, id, step, points)                                                                              \
    "{\"v\":1,\"type\":\"message\",\"time\":\"" time "\",\"id\":\"" id                                               \
    "\",\"host\":\"mx1\",\"role\":\"submission\",\"user\":\"ann@example.com\",\"findings\":[{\"check\":\"account\"," \
    "\"outcome\":\"pass\",\"reason\":\"" step                                                                        \
    "\",\"detail\":\"volume +9: much\",\"mode\":\"enforce\",\"action\":"                                             \
    "\"accept\",\"limit\":30,\"seen\":" points                                                                       \
    "}],\"verdict\":\"accept\",\"evidence\":" EVIDENCE("volume", "9", "much") "}\n"

static const char warn[] = EVENT(
    "warn", "2026-11-01T00:53:20.000000Z",
    "\"state\":\"warn\",\"reason\":\"recipients +30: 192 of …\",\"limit\":52,\"seen\":56,\"evidence\":[" REASON(
        "recipients", "30",
        "192 of the last 192 recipients were never written to; usual here: 1 in 5") "," REASON("networks",
                                                                                               "15",
                                                                                               "it is new") "]");

static void read_event(const char *line, void *owner, struct account_event *event)
{
    struct record record;
    bool failed = false;
    assert_true(record_read(slice_trim(slice_of(line)), &record));
    assert_true(account_event_read(owner, &record, 1, event, &failed));
    assert_false(failed);
}

static void reasons_are_read_one_by_one(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct account_event event;
    struct strbuf families;
    read_event(warn, owner, &event);
    assert_string_equal(event.user, "ann@example.com");
    assert_string_equal(event.step, "warn");
    assert_int_equal(event.points, 56);
    assert_int_equal(event.reason_count, 2);
    assert_string_equal(event.reasons[0].family, "recipients");
    assert_int_equal(event.reasons[0].points, 30);
    assert_string_equal(event.reasons[0].words,
                        "192 of the last 192 recipients were never written to; usual here: 1 in 5");
    assert_string_equal(event.reasons[1].words, "it is new");
    strbuf_init(&families, 0);
    account_event_families(&event, &families);
    assert_string_equal(strbuf_text(&families), "recipients, networks");
    strbuf_deinit(&families);
    talloc_free(owner);
}

static void a_text_alone_is_one_reason(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct account_event event;
    read_event(EVENT("lock", "2026-11-01T00:53:20.000000Z",
                     "\"reason\":\"recipients +5: he says so\",\"by\":\"root (uid 0)\""),
               owner, &event);
    assert_int_equal(event.reason_count, 1);
    assert_string_equal(event.reasons[0].family, "");
    assert_string_equal(event.reasons[0].words, "recipients +5: he says so");
    read_event(EVENT("unlock", "2026-11-01T00:53:20.000000Z", "\"state\":\"forgiven\",\"by\":\"root\""),
               owner, &event);
    assert_string_equal(event.kind, "forgive");
    assert_string_equal(event.step, "");
    talloc_free(owner);
}

/* ---- the story -------------------------------------------------------------------------------------- */

static void ask(const char *lines, enum policy_history_form form, const char *account, struct strbuf *out)
{
    char path[] = "/tmp/closedrelay-account.XXXXXX";
    const char *const paths[] = {path};
    const struct policy_history_source source = {.paths = paths, .path_count = 1};
    const struct policy_explain_query query = {
        .what = "Ann@example.com", .top = 20, .account = slice_of(account)};
    const struct policy_history_page page = {.form = form, .columns = 100};
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(lines, file);
    assert_int_equal(fclose(file), 0);
    strbuf_init(out, 0);
    assert_int_equal(policy_explain(&source, &query, &page, out), EXPLAIN_TOLD);
    unlink(path);
}

static void only_messages_that_met_another_step_are_told(void **state)
{
    (void)state;
    char lines[4096];
    struct strbuf out;
    snprintf(lines, sizeof lines, "%s%s%s%s%s%s",
             MESSAGE("2026-11-01T00:53:10.000000Z", "06dnb3z00001", "note", "33"),
             MESSAGE("2026-11-01T00:53:11.000000Z", "06dnb3z00002", "note", "34"), warn,
             MESSAGE("2026-11-01T00:53:21.000000Z", "06dnb3z00003", "warn", "57"),
             EVENT("unlock", "2026-11-01T00:53:30.000000Z", "\"by\":\"root (uid 0)\""),
             MESSAGE("2026-11-01T00:53:40.000000Z", "06dnb3z00004", "note", "31"));
    ask(lines, HISTORY_TEXT,
        "{\"user\":\"ann@example.com\",\"step\":\"note\",\"points\":32,\"evidence\":[{\"points\":9,\"family\":\"volume\","
        "\"words\":\"4 messages within an hour\"}]}",
        &out);
    const char *told = strstr(strbuf_text(&out), "The account");
    assert_non_null(told);
    assert_non_null(strstr(told, "note: 33 points, 30 are enough (message 06dnb3z00001)"));
    assert_null(strstr(told, "06dnb3z00002"));
    assert_non_null(strstr(told, "warn: 56 points, 52 are enough"));
    assert_non_null(strstr(told, "+30   recipients: 192 of the last 192 recipients were never written to"));
    assert_null(strstr(told, "06dnb3z00003"));
    assert_non_null(strstr(told, "unlocked by root (uid 0)"));
    assert_non_null(strstr(told, "(message 06dnb3z00004)"));
    assert_non_null(strstr(told, "note: 32 points"));
    assert_non_null(strstr(told, "+9    volume: 4 messages within an hour"));
    strbuf_deinit(&out);
    ask(lines, HISTORY_JSON, "{\"half", &out);
    assert_non_null(strstr(strbuf_text(&out), "\"families\":[\"recipients\",\"networks\"]"));
    assert_null(strstr(strbuf_text(&out), "\"now\""));
    strbuf_deinit(&out);
}

static void a_report_has_the_highest_step_of_each(void **state)
{
    (void)state;
    char path[] = "/tmp/closedrelay-suspects.XXXXXX";
    const char *const paths[] = {path};
    const struct policy_history_source source = {.paths = paths, .path_count = 1};
    const struct policy_report_query query = {.since = "2026-11-01", .until = "2026-11-02", .now_us = 1};
    static const enum policy_history_form forms[] = {HISTORY_TEXT, HISTORY_JSON, HISTORY_CSV, HISTORY_HTML};
    static const char *const says[] = {
        "lock  102 points on 1 Nov 2026 00:53:30 UTC; forgiven by root",
        ("\"suspects\":[{\"user\":\"ann@example.com\",\"step\":\"lock\",\"points\":102,\"time\":\"2026-11-01T00:53:30Z\","
         "\"steps\":2,\"evidence\":[{\"family\":\"failures\",\"points\":30,\"words\":\"28 of 90\"}],\"done\":\"forgiven by root\"}]"),
        ",lock,102,2026-11-01T00:53:30.000000Z,\"failures\",\"forgiven by root\"\r\n",
        "<h2>Logins that looked stolen</h2>",
    };
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(MESSAGE("2026-11-01T00:53:10.000000Z", "06dnb3z00001", "note", "33"), file);
    fputs(warn, file);
    fputs(EVENT("lock", "2026-11-01T00:53:30.000000Z",
                "\"reason\":\"failures +30: 28 of 90\",\"limit\":100,\"seen\":102,\"evidence\":" EVIDENCE(
                    "failures", "30", "28 of 90") ",\"by\":\"account\""),
          file);
    fputs(EVENT("unlock", "2026-11-01T00:54:30.000000Z", "\"state\":\"forgiven\",\"by\":\"root\""), file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct strbuf out;
        const struct policy_history_page page = {.form = forms[i], .columns = 100};
        strbuf_init(&out, 0);
        assert_true(policy_report(&source, &query, &page, &out));
        if (strstr(strbuf_text(&out), says[i]) == NULL)
            fail_msg("'%s' is not in\n%s", says[i], strbuf_text(&out));
        strbuf_deinit(&out);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_read_one_by_one),
        cmocka_unit_test(a_text_alone_is_one_reason),
        cmocka_unit_test(only_messages_that_met_another_step_are_told),
        cmocka_unit_test(a_report_has_the_highest_step_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
