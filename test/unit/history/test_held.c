/* What is held: the queue says what is there, the record whose it is and why; either may know nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t now_us = INT64_C(1796022000) * 1000000; /* 2026-11-30T07:00:00Z */

static const char records[] =
    /* of an earlier message that had the same queue id */
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T05:00:00.000000Z\",\"id\":\"old\",\"host\":\"mx\",\"queue_id\":\"4AAA\","
    "\"role\":\"outside\",\"user\":\"old@example.com\",\"findings\":[],\"verdict\":\"hold\"}\n"
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-30T06:00:01.000000Z\",\"id\":\"new\",\"host\":\"mx\",\"queue_id\":\"4AAA\","
    "\"role\":\"submission\",\"user\":\"ann@example.com\",\"client\":{\"ip\":\"192.0.2.7\"},\"sender\":\"ann@example.com\","
    "\"recipients\":[{\"address\":\"a@x.example\",\"action\":\"hold\"},{\"address\":\"b@x.example\",\"action\":\"reject\"}],"
    "\"size\":77,\"findings\":[{\"check\":\"size\",\"outcome\":\"pass\",\"reason\":\"within\",\"action\":\"accept\"},"
    "{\"check\":\"attachments\",\"outcome\":\"unknown\",\"reason\":\"uninspectable\",\"detail\":\"plan.zip\",\"action\":\"hold\"}],"
    "\"verdict\":\"hold\"}\n"
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-30T06:00:02.000000Z\",\"id\":\"sent\",\"host\":\"mx\",\"queue_id\":\"4CCC\","
    "\"role\":\"submission\",\"user\":\"ann@example.com\",\"findings\":[],\"verdict\":\"accept\"}\n"
    "{\"half\n";

static const char queue[] =
    "{\"queue_name\":\"active\",\"queue_id\":\"4CCC\",\"arrival_time\":1796018402,\"message_size\":5,\"sender\":\"x\"}\n"
    "{\"queue_name\": \"hold\", \"queue_id\": \"4AAA\", \"arrival_time\": 1796018400, \"message_size\": 1234, \"sender\": "
    "\"ann@example.com\", \"recipients\": [{\"address\": \"a@x.example\"}]}\n"
    "{\"queue_name\": \"hold\", \"queue_id\": \"4BBB\", \"arrival_time\": 1796018400, \"message_size\": 9, \"sender\": \"\", "
    "\"recipients\": []}\n"
    "no JSON at all\n"
    "{\"queue_name\":\"hold\"";

/* The record in a file of its own; to be removed. */
static char *record_file(void)
{
    char *path = strdup("/tmp/closedrelay-test-held.XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, records, sizeof records - 1), sizeof records - 1);
    close(descriptor);
    return path;
}

static void ask(const struct policy_held_query *query, const char *path, bool json, struct strbuf *out)
{
    const char *const paths[] = {path};
    const struct policy_history_source source = {.paths = paths, .path_count = 1};
    struct answer *answer = answer_create();
    assert_non_null(answer);
    policy_held(&source, query, answer);
    strbuf_init(out, 0);
    (json ? answer_write_json : answer_print)(answer, out);
    answer_destroy(answer);
}

static void expect_text(const struct strbuf *out, const char *text)
{
    if (strstr(strbuf_text(out), text) == NULL)
        fail_msg("'%s' is not in:\n%s", text, strbuf_text(out));
}

static void joins_queue_and_record(void **state)
{
    (void)state;
    char *path = record_file();
    struct strbuf out;
    ask(&(struct policy_held_query){slice_of(queue), true, now_us}, path, true, &out);
    expect_text(&out, "\"queue_id\":\"4AAA\",\"since\":\"2026-11-30T06:00:00");
    expect_text(
        &out,
        "\"user\":\"ann@example.com\",\"sender\":\"ann@example.com\",\"recipients\":1,\"size\":1234,"
        "\"check\":\"attachments\",\"reason\":\"uninspectable\",\"detail\":\"plan.zip\",\"id\":\"new\"");
    expect_text(&out, "\"queue_id\":\"4BBB\"");
    expect_text(&out, "\"check\":null");
    assert_null(strstr(strbuf_text(&out), "4CCC"));
    assert_null(strstr(strbuf_text(&out), "old"));
    strbuf_deinit(&out);
    unlink(path);
    free(path);
}

static void tells_a_week_without_a_queue(void **state)
{
    (void)state;
    char *path = record_file();
    struct strbuf out;
    ask(&(struct policy_held_query){.now_us = now_us}, path, true, &out);
    expect_text(&out, "\"recipients\":1,\"size\":77");
    assert_null(strstr(strbuf_text(&out), "4CCC"));
    strbuf_deinit(&out);
    unlink(path);
    free(path);
}

static void says_what_it_does_not_know(void **state)
{
    (void)state;
    struct strbuf out;
    ask(&(struct policy_held_query){slice_of(queue), true, now_us}, "/nonexistent", false, &out);
    expect_text(&out, "4AAA");
    expect_text(&out, "the record could not be read: ");
    strbuf_deinit(&out);
    ask(&(struct policy_held_query){slice_of(""), true, now_us}, "/nonexistent", false, &out);
    expect_text(&out, "nothing is held");
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_queue_and_record),
        cmocka_unit_test(tells_a_week_without_a_queue),
        cmocka_unit_test(says_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
