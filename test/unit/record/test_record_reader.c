/* A line of the record is read by the table of its keys: in their order or in any other, known keys or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/record_reader.h"

static const char line[] =
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-03-01T06:00:02.000007Z\",\"id\":\"abcdefghjkmn\",\"host\":\"mx1\","
    "\"client\":{\"ip\":\"192.0.2.7\",\"name\":\"pc.example\",\"port\":40000},\"later\":[{\"x\":1}],"
    "\"recipients\":[{\"address\":\"a@example.net\",\"action\":\"accept\"},"
    "{\"address\":\"b@example.net\",\"action\":\"reject\",\"reason\":\"relay.not_local_domain\"}],"
    "\"size\":1234,\"reply\":null,\"duration_us\":77}";

static void assert_value(const struct record *record, enum record_key key, const char *expected)
{
    assert_true(record_is(record, key, expected));
}

static void values_are_found_by_their_keys(void **state)
{
    (void)state;
    struct record record;
    assert_true(record_read(slice_of(line), &record));
    assert_int_equal(record_line_of(&record), RECORD_LINE_MESSAGE);
    assert_value(&record, RECORD_HOST, "mx1");
    assert_int_equal(record_u64(&record, RECORD_SIZE), 1234);
    assert_int_equal(record_u64(&record, RECORD_DURATION_US), 77);
    assert_false(record_has(&record, RECORD_REPLY));
    assert_false(record_has(&record, RECORD_USER));
    assert_false(record_has(&record, RECORD_CLIENT_ADDRESS));
    record_enter(&record, RECORD_CLIENT);
    assert_value(&record, RECORD_CLIENT_ADDRESS, "192.0.2.7");
    assert_int_equal(record_u64(&record, RECORD_CLIENT_PORT), 40000);
}

static void lists_are_read_one_by_one(void **state)
{
    (void)state;
    struct record record;
    assert_true(record_read(slice_of(line), &record));
    struct json_cursor cursor = record_begin(&record, RECORD_RECIPIENTS);
    assert_true(record_next(&record, RECORD_RECIPIENTS, &cursor));
    assert_value(&record, RECORD_RECIPIENT_ADDRESS, "a@example.net");
    assert_false(record_has(&record, RECORD_RECIPIENT_REASON));
    assert_true(record_next(&record, RECORD_RECIPIENTS, &cursor));
    assert_value(&record, RECORD_RECIPIENT_ACTION, "reject");
    assert_value(&record, RECORD_RECIPIENT_REASON, "relay.not_local_domain");
    assert_false(record_next(&record, RECORD_RECIPIENTS, &cursor));
    cursor = record_begin(&record, RECORD_FINDINGS);
    assert_false(record_next(&record, RECORD_FINDINGS, &cursor));
}

static void any_order_will_do(void **state)
{
    (void)state;
    struct record record;
    assert_true(record_read(slice_of("{\"size\":5,\"x\":{},\"id\":\"a\",\"v\":1,\"host\":\"h\",\"size\":6}"),
                            &record));
    assert_int_equal(record_u64(&record, RECORD_V), 1);
    assert_int_equal(record_u64(&record, RECORD_SIZE), 6);
    assert_value(&record, RECORD_ID, "a");
    assert_value(&record, RECORD_HOST, "h");
}

static void the_kind_of_a_line_is_told(void **state)
{
    (void)state;
    struct record record;
    assert_true(record_read(slice_of("{\"time\":\"\",\"id\":\"\"}"), &record)); /* before version 1 */
    assert_int_equal(record_line_of(&record), RECORD_LINE_MESSAGE);
    assert_true(record_read(slice_of("{\"type\":\"grant\"}"), &record));
    assert_int_equal(record_line_of(&record), RECORD_LINE_GRANT);
    assert_true(record_read(slice_of("{\"type\":\"of_tomorrow\"}"), &record));
    assert_int_equal(record_line_of(&record), RECORD_LINE_COUNT);
    assert_false(record_read(slice_part(slice_of(line), 0, sizeof line - 2), &record));
}

static void times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_us; /* -1: it is none */
    } cases[] = {
        {"1970-01-01T00:00:00.000001Z", 1},
        {"2000-02-29T12:00:00Z", INT64_C(951825600000000)},
        {"2026-03-01T06:00:02.5Z", INT64_C(1772344802500000)},
        {"2026-03-01t08:00:02.500000+02:00", INT64_C(1772344802500000)},
        {"2026-13-01T06:00:02Z", -1},
        {"2026-03-01T06:00:02", -1},
        {"2026-03-01T06:00:02.1", -1},
        {"yesterday", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t time_us = -2;
        bool is_read = record_parse_time(slice_of(cases[i].text), &time_us);
        assert_int_equal(is_read, cases[i].time_us >= 0);
        if (is_read)
            assert_true(time_us == cases[i].time_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_their_keys),
        cmocka_unit_test(lists_are_read_one_by_one),
        cmocka_unit_test(any_order_will_do),
        cmocka_unit_test(the_kind_of_a_line_is_told),
        cmocka_unit_test(times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
