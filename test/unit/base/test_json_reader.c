/* Values are found in place, decoded when asked for, and half a line is none. fuzz_json_reader compares with
 * jansson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_reader.h"

static struct json_value member_of(const char *line, const char *name)
{
    struct json_value object = {JSON_KIND_OBJECT, false, slice_of(line)};
    return json_member(&object, name);
}

static void assert_text(const char *line, const char *name, const char *expected)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    struct json_value value = member_of(line, name);
    struct slice text = json_read_string(&value, &scratch);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
    strbuf_deinit(&scratch);
}

static void strings_are_decoded_when_asked_for(void **state)
{
    (void)state;
    const char *line =
        "{\"plain\":\"Ann\",\"q\":\"a\\\"b\\\\c\\/\",\"u\":\"\\u00e9\\ud83d\\ude00\",\"half\":\"\\ud83d!\","
        "\"s\":\"\\t\\n\",\"\\u006bey\":\"found\",\"n\":null}";
    assert_text(line, "plain", "Ann");
    assert_text(line, "q", "a\"b\\c/");
    assert_text(line, "u", "\xc3\xa9\xf0\x9f\x98\x80");
    assert_text(line, "half", "\xef\xbf\xbd!");
    assert_text(line, "s", "\t\n");
    assert_text(line, "key", "found");
    assert_text(line, "n", "");
    assert_text(line, "missing", "");
}

static void numbers_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_read;
        uint64_t number;
    } cases[] = {
        {"{\"n\":0}", true, 0},
        {"{\"n\":18446744073709551615}", true, UINT64_MAX},
        {"{\"n\":18446744073709551616}", false, 0},
        {"{\"n\":-1}", false, 0},
        {"{\"n\":1.5}", false, 0},
        {"{\"n\":1e3}", false, 0},
        {"{\"n\":\"1\"}", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t number;
        struct json_value value = member_of(cases[i].text, "n");
        assert_int_equal(json_read_u64(&value, &number), cases[i].is_read);
        if (cases[i].is_read)
            assert_true(number == cases[i].number);
    }
}

static size_t count_elements(const char *line, const char *name)
{
    struct json_value list = member_of(line, name), element;
    struct json_cursor cursor = json_enter(&list);
    size_t count = 0;
    while (json_next(&cursor, NULL, &element))
        count++;
    return count;
}

static void lists_are_walked_and_skipped(void **state)
{
    (void)state;
    const char *line = " { \"a\" : [ ] , \"b\":[1,[2,\"]\"],{\"c\":[]}] , \"d\" : {} , \"e\":\"x\" } ";
    assert_int_equal(count_elements(line, "a"), 0);
    assert_int_equal(count_elements(line, "b"), 3);
    assert_int_equal(count_elements(line, "d"), 0);
    assert_int_equal(count_elements(line, "e"), 0);
}

static bool is_whole(struct slice line)
{
    struct json_value key, value;
    struct json_cursor cursor = json_enter_line(line);
    while (json_next(&cursor, &key, &value))
        ;
    return json_is_whole(&cursor);
}

static void half_a_line_is_none(void **state)
{
    (void)state;
    const struct slice line = slice_of("{\"a\":\"b\\\"\",\"c\":[1,{\"d\":null}],\"e\":12}");
    assert_true(is_whole(line));
    for (size_t length = 0; length < line.length; length++)
        assert_false(is_whole(slice_part(line, 0, length)));
    assert_false(is_whole(slice_of("{\"a\":1}{\"a\":1}")));
    assert_false(is_whole(slice_of("[1]")));
    assert_false(is_whole(slice_of("{\"a\" 1}")));
    assert_false(is_whole(slice_of("{\"a\":1 \"b\":2}")));
    assert_false(is_whole(slice_of("{1:2}")));
}

static void what_a_crash_left_before_a_line_is_skipped(void **state)
{
    (void)state;
    assert_true(is_whole(slice_make("\0\0\0{\"a\":1}", 10)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_decoded_when_asked_for),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(lists_are_walked_and_skipped),
        cmocka_unit_test(half_a_line_is_none),
        cmocka_unit_test(what_a_crash_left_before_a_line_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
