/* Events: each kind has what the table of keys says it always has, and nothing that it may not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/event_line.h"
#include "record/record_reader.h"

static const struct record_context context = {.host = "mx1"};

static const struct account_reason reason = {"networks", 15, "it is new"};

static const struct record_event whole = {
    .policy = "0123456789abcdef",
    .mode = "enforce",
    .file = "/etc/closedrelay/closedrelay.yaml",
    .release = "1.0",
    .user = "ann@example.com",
    .service = "imap",
    .client = "192.0.2.7/32",
    .subject_kind = "user",
    .subject_name = "ann@example.com",
    .zone = "xbl.example",
    .state = "given",
    .reason = "asked for",
    .by = "root (uid 0)",
    .until_us = INT64_C(1795348800000042),
    .has_entries = true,
    .has_entries_before = true,
    .entries = 5,
    .entries_before = 4,
    .count = 3,
    .has_numbers = true,
    .limit = 100,
    .seen = 80,
    .reasons = &reason,
    .reason_count = 1,
};

static void write_event(enum record_line line, const struct record_event *event, struct strbuf *out)
{
    struct record_event of_line = *event;
    of_line.line = line;
    strbuf_init(out, 0);
    event_line_write(&of_line, &context, INT64_C(1795348800000042), "abcdefghjkmn", out);
    assert_false(out->failed);
}

static bool is_given(const struct record *record, enum record_key key)
{
    return record->values[key].text.data != NULL;
}

/* Everything that is given stands where it may, and nowhere else. */
static void a_kind_has_the_keys_it_may_have(void **state)
{
    (void)state;
    for (enum record_line line = RECORD_LINE_START; line < RECORD_LINE_COUNT; line++) {
        struct record record;
        struct strbuf text;
        write_event(line, &whole, &text);
        assert_true(record_read(strbuf_slice(&text), &record));
        assert_int_equal(record_line_of(&record), line);
        for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++)
            if (record_fields[key].depth == 0)
                assert_int_equal(is_given(&record, key), (record_fields[key].lines & (1u << line)) != 0);
        strbuf_deinit(&text);
    }
}

/* Whatever is not given, the keys that a kind always has are there. */
static void a_kind_has_the_keys_it_always_has(void **state)
{
    static const struct record_event least = {
        .client = "192.0.2.7", .subject_kind = "user", .subject_name = "a"};
    (void)state;
    for (enum record_line line = RECORD_LINE_START; line < RECORD_LINE_COUNT; line++) {
        struct record record;
        struct strbuf text;
        write_event(line, &least, &text);
        assert_true(record_read(strbuf_slice(&text), &record));
        for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++)
            if (record_fields[key].depth == 0 && (record_fields[key].always & (1u << line)) != 0)
                assert_true(is_given(&record, key));
        strbuf_deinit(&text);
    }
}

static void a_grant_reads_as_it_was_given(void **state)
{
    struct strbuf text;
    (void)state;
    write_event(RECORD_LINE_GRANT, &whole, &text);
    assert_string_equal(
        strbuf_text(&text),
        "{\"v\":1,\"type\":\"grant\",\"time\":\"2026-11-22T12:00:00.000042Z\",\"id\":\"abcdefghjkmn\","
        "\"host\":\"mx1\",\"user\":\"ann@example.com\",\"client\":{\"ip\":\"192.0.2.7/32\"},"
        "\"state\":\"given\",\"reason\":\"asked for\",\"until\":\"2026-11-22T12:00:00.000042Z\","
        "\"by\":\"root (uid 0)\"}");
    strbuf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_has_the_keys_it_may_have),
        cmocka_unit_test(a_kind_has_the_keys_it_always_has),
        cmocka_unit_test(a_grant_reads_as_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
