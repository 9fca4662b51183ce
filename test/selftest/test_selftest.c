/* The corpus itself: enough of it, well-formed, the same in every run, and its page current. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "selftest/message_split.h"
#include "selftest/report.h"
#include "selftest/template.h"

#include <stdio.h>
#include <stdlib.h>

enum { CASES_LEAST = 300, HONEST_LEAST = 60, CLASS_CASES_LEAST = 5, PAGE_BYTES_MAX = 1 << 20 };

static const char *page_path;

static void has_cases_enough(void **state)
{
    (void)state;
    size_t all = 0, honest = 0;
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++) {
        assert_true(*class->case_count >= CLASS_CASES_LEAST);
        all += *class->case_count;
        for (size_t i = 0; i < *class->case_count; i++)
            honest += class->cases[i].expected == ANSWER_PASS ? 1 : 0;
    }
    assert_true(all >= CASES_LEAST);
    assert_true(honest >= HONEST_LEAST);
}

static void check_case(const struct selftest_case *test)
{
    struct strbuf once, again;
    strbuf_init(&once, 0);
    strbuf_init(&again, 0);
    if (!template_expand(slice_of(test->message), 0, 0, &once))
        fail_msg("the template of %s is not well-formed", test->id);
    assert_true(template_expand(slice_of(test->message), 0, 0, &again));
    assert_true(slice_equal(strbuf_slice(&once), strbuf_slice(&again)));
    assert_true(test->expected != 0 && test->expected < 1U << ANSWER_COUNT);
    assert_true(test->title[0] != '\0' && test->rationale[0] != '\0' && test->clients[0] != '\0');
    assert_int_equal(strspn(test->id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(test->id));
    strbuf_deinit(&once);
    strbuf_deinit(&again);
}

static void has_cases_in_order(void **state)
{
    (void)state;
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++) {
        for (size_t i = 0; i < *class->case_count; i++) {
            char path[128];
            int length = snprintf(path, sizeof path, "%s/%s", class->name, class->cases[i].id);
            /* The first of its name: there is no other. */
            assert_ptr_equal(selftest_find(path, (size_t)length), &class->cases[i]);
            check_case(&class->cases[i]);
        }
    }
}

static void covers_every_family(void **state)
{
    (void)state;
    for (const struct selftest_family *family = selftest_families; family->name != NULL; family++) {
        for (const char *at = family->cases; *at != '\0';) {
            size_t length = strcspn(at, " ");
            if (selftest_find(at, length) == NULL)
                fail_msg("%s: there is no case %.*s", family->name, (int)length, at);
            at += length + strspn(at + length, " ");
        }
    }
}

static void refuses_templates_that_are_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {"$",      "$[",      "$[cr",     "$[nothing]",      "$[base64]",
                                        "$[x|0]", "$[x|zz]", "$[zip|a]", "$[zip|<odd>a|b]", "$[base64|$[x]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        assert_false(template_expand(slice_of(wrong[i]), 0, 0, &out));
        strbuf_deinit(&out);
    }
}

static void expands_templates(void **state)
{
    (void)state;
    static const struct {
        const char *template;
        const char *text;
    } right[] = {
        {"a\nb", "a\r\nb"},
        {"$$ $| $]", "$ | ]"},
        {"$[base64|evil.exe]", "ZXZpbC5leGU="},
        {"$[base64-lines|4|evil]", "ZXZp\r\nbA=="},
        {"$[times|3|$#,]", "1,2,3,"},
        {"$[times|2|[$[x|41]$#$]]", "[A1][A2]"},
        {"$[wrap|2|(|x|)]", "((x))"},
        {"$[hex|=|ab]", "=61=62"},
        {"$[qp|a]", "=61"},
        {"$[uu|a|Cat]", "begin 644 a\r\n#0V%T\r\n`\r\nend\r\n"},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        assert_true(template_expand(slice_of(right[i].template), 0, 0, &out));
        assert_string_equal(strbuf_text(&out), right[i].text);
        strbuf_deinit(&out);
    }
}

static bool collect_field(void *context, const char *name, const char *value)
{
    strbuf_printf(context, "{%s}{%s}", name, value);
    return true;
}

static void splits_messages_as_an_mta(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        const char *fields;
        const char *body;
    } messages[] = {
        {"A: b\r\nC:  d\r\n e\r\n\r\nbody\r\n", "{A}{b}{C}{ d\n e}", "body\r\n"},
        {"A: b\r\nno field\r\n", "{A}{b}", "no field\r\n"},
        {"A : b\r\n", "{A}{b}", ""},
        {"\r\nbody", "", "body"},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct strbuf fields, scratch;
        strbuf_init(&fields, 0);
        strbuf_init(&scratch, 0);
        struct slice body = message_split(slice_of(messages[i].message), &scratch, collect_field, &fields);
        assert_string_equal(strbuf_text(&fields), messages[i].fields);
        assert_true(slice_equal(body, slice_of(messages[i].body)));
        strbuf_deinit(&fields);
        strbuf_deinit(&scratch);
    }
}

static void judges_milters_by_what_they_let_through(void **state)
{
    (void)state;
    static const struct {
        unsigned expected;
        bool is_stopped;
        bool is_right;
    } rows[] = {
        {ANSWER_PASS, false, true},
        {ANSWER_PASS, true, false},
        {ANSWER_BLOCKED, true, true},
        {ANSWER_BLOCKED, false, false},
        {ANSWER_ENCRYPTED, false, true},
        {ANSWER_ENCRYPTED, true, true},
        {ANSWER_PASS | ANSWER_BLOCKED, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct selftest_case test = {.expected = rows[i].expected};
        struct selftest_result result = {.is_stopped = rows[i].is_stopped, .word = "x"};
        assert_int_equal(selftest_is_right(&test, &result), rows[i].is_right);
    }
}

static void has_a_current_page(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    report_markdown(&out);
    char *page = malloc(PAGE_BYTES_MAX);
    FILE *file = fopen(page_path, "rb");
    assert_non_null(page);
    assert_non_null(file);
    size_t length = fread(page, 1, PAGE_BYTES_MAX, file);
    fclose(file);
    if (!slice_equal(slice_make(page, length), strbuf_slice(&out)))
        fail_msg("%s is not what `closedrelay selftest --table` prints", page_path);
    free(page);
    strbuf_deinit(&out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_cases_enough),
        cmocka_unit_test(has_cases_in_order),
        cmocka_unit_test(covers_every_family),
        cmocka_unit_test(refuses_templates_that_are_wrong),
        cmocka_unit_test(expands_templates),
        cmocka_unit_test(splits_messages_as_an_mta),
        cmocka_unit_test(judges_milters_by_what_they_let_through),
        cmocka_unit_test(has_a_current_page),
    };
    page_path = argc > 1 ? argv[1] : "docs/attachments.md";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
