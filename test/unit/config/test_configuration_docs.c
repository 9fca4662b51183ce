/* The committed reference and JSON Schema are those that the table of keys gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "policy_query.h"

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

/* Tells the first line that differs, not both files. */
static void check_same(const char *path, const char *option, const struct strbuf *made)
{
    struct strbuf committed;
    unsigned line = 1;
    read_whole(path, &committed);
    const char *a = strbuf_text(&committed), *b = strbuf_text(made);
    for (; *a == *b && *a != '\0'; a++, b++)
        line += *a == '\n';
    if (*a != *b)
        fail_msg("%s:%u is not what the table of keys gives: write it anew by closedrelay check %s", path,
                 line, option);
    strbuf_deinit(&committed);
}

static void reference_is_up_to_date(void **state)
{
    (void)state;
    struct strbuf made;
    strbuf_init(&made, 0);
    policy_print_reference(&made);
    assert_false(made.failed);
    check_same("../../docs/configuration.md", "--reference", &made);
    strbuf_deinit(&made);
}

static void json_schema_is_up_to_date(void **state)
{
    (void)state;
    struct strbuf made;
    strbuf_init(&made, 0);
    policy_print_json_schema(&made);
    assert_false(made.failed);
    check_same("../../docs/configuration.schema.json", "--schema", &made);
    strbuf_deinit(&made);
}

/* The defaults are read by the code that reads files, and print to what reads back. */
static void defaults_load_and_read_back(void **state)
{
    (void)state;
    struct strbuf problems, printed;
    char path[] = "/tmp/test_configuration_XXXXXX";
    strbuf_init(&problems, 0);
    strbuf_init(&printed, 0);
    struct policy_snapshot *defaults = policy_load(NULL, &problems);
    assert_string_equal(strbuf_text(&problems), "");
    policy_snapshot_print(defaults, &printed);
    policy_snapshot_unref(defaults);
    const int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    assert_int_equal(fwrite(printed.data, 1, printed.length, file), printed.length);
    assert_int_equal(fclose(file), 0);
    struct policy_snapshot *read_back = policy_load(path, &problems);
    remove(path);
    if (read_back == NULL)
        fail_msg("%s", strbuf_text(&problems));
    policy_snapshot_unref(read_back);
    strbuf_deinit(&problems);
    strbuf_deinit(&printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_up_to_date),
        cmocka_unit_test(json_schema_is_up_to_date),
        cmocka_unit_test(defaults_load_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
