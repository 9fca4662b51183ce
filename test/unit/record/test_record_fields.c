/* The table of the record's keys holds together, and what is committed of it is what it gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "record/record_fields.h"

static void every_row_is_whole(void **state)
{
    (void)state;
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        const struct record_field *field = &record_fields[key];
        assert_int_not_equal(field->name[0], 0);
        assert_int_equal(field->name[JSON_NAME_BYTES - 1], 0);
        assert_non_null(field->meaning);
        assert_int_equal(field->always & ~field->lines, 0);
        assert_int_not_equal(field->lines, 0);
        assert_true((field->value == RECORD_VALUE_ENUM) == (field->values != NULL));
        assert_true(field->depth < RECORD_DEPTH_MAX);
    }
}

static void deeper_rows_stand_below_objects(void **state)
{
    (void)state;
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        const enum record_key parent = record_parent(key);
        if (record_fields[key].depth == 0) {
            assert_int_equal(parent, RECORD_KEY_COUNT);
            continue;
        }
        assert_int_equal(record_fields[parent].depth + 1, record_fields[key].depth);
        assert_true(record_fields[parent].value == RECORD_VALUE_OBJECT ||
                    record_fields[parent].value == RECORD_VALUE_OBJECTS);
        assert_int_equal(record_fields[key].lines & ~record_fields[parent].lines, 0);
    }
}

static void no_object_has_a_key_twice(void **state)
{
    (void)state;
    for (enum record_key a = 0; a < RECORD_KEY_COUNT; a++)
        for (enum record_key b = 0; b < a; b++)
            if (record_parent(a) == record_parent(b))
                assert_string_not_equal(record_fields[a].name, record_fields[b].name);
}

static void names_of_lines_are_found_again(void **state)
{
    (void)state;
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++)
        assert_int_equal(record_line_by_name(slice_of(record_line_name(line))), line);
    assert_int_equal(record_line_by_name(slice_of("seal")), RECORD_LINE_COUNT);
    assert_int_equal(record_line_by_name(slice_of("")), RECORD_LINE_COUNT);
}

/* ---- docs ------------------------------------------------------------------------------------------- */

static void read_whole(const char *path, struct strbuf *content)
{
    char bytes[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    strbuf_init(content, 0);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        strbuf_append(content, bytes, got);
    fclose(file);
}

static void the_schema_is_up_to_date(void **state)
{
    (void)state;
    struct strbuf made, committed;
    strbuf_init(&made, 0);
    record_print_schema(&made);
    read_whole("../../docs/record.schema.json", &committed);
    if (strcmp(strbuf_text(&made), strbuf_text(&committed)) != 0)
        fail_msg("docs/record.schema.json: write it anew by closedrelay check --record-schema");
    strbuf_deinit(&made);
    strbuf_deinit(&committed);
}

static void the_page_is_up_to_date(void **state)
{
    struct strbuf made, committed;
    (void)state;
    strbuf_init(&made, 0);
    record_print_reference(&made);
    read_whole("../../docs/record.md", &committed);
    if (strstr(strbuf_text(&committed), strbuf_text(&made)) == NULL)
        fail_msg("docs/record.md: put in what closedrelay check --record-reference prints");
    strbuf_deinit(&made);
    strbuf_deinit(&committed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),        cmocka_unit_test(deeper_rows_stand_below_objects),
        cmocka_unit_test(no_object_has_a_key_twice), cmocka_unit_test(names_of_lines_are_found_again),
        cmocka_unit_test(the_schema_is_up_to_date),  cmocka_unit_test(the_page_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
