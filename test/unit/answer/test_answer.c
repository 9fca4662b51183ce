/* Answers: the same document as text and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "base/time_text.h"

static struct answer *begin(void)
{
    struct answer *answer = answer_create();
    assert_non_null(answer);
    return answer;
}

/* Compares both forms and ends it. */
static void assert_forms(struct answer *answer, const char *text, const char *json)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    answer_print(answer, &out);
    assert_string_equal(strbuf_text(&out), text);
    strbuf_reset(&out);
    answer_write_json(answer, &out);
    assert_string_equal(strbuf_text(&out), json);
    strbuf_deinit(&out);
    answer_destroy(answer);
}

static void values_have_a_line_each(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_text(answer, "name", "name", "ann");
    answer_text(answer, "reason", "reason", NULL);
    answer_count(answer, "count", "how many", 18446744073709551615U);
    answer_bool(answer, "ill", "ill", false);
    answer_time(answer, "since", "since", 1772344802 * INT64_C(1000000));
    answer_seconds(answer, "age_s", "age", 273600);
    assert_forms(answer,
                 "name          ann\nreason        -\nhow many      18446744073709551615\nill           no\n"
                 "since         2026-03-01T06:00:02Z\nage           3 d 4 h\n",
                 "{\"name\":\"ann\",\"reason\":null,\"count\":18446744073709551615,\"ill\":false,"
                 "\"since\":\"2026-03-01T06:00:02Z\",\"age_s\":273600}\n");
}

static void each_form_leaves_out_what_is_not_for_it(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_line(answer, "%d of %d", 3, 4);
    answer_count(answer, "used", NULL, 3);
    answer_words(answer, NULL, "messages", "%s", "3 used");
    answer_text(answer, NULL, "", "and more of it");
    answer_open_object(answer, "hidden", NULL);
    answer_text(answer, "a", "a", "b");
    answer_close(answer);
    assert_forms(answer, "3 of 4\nmessages      3 used\n              and more of it\n",
                 "{\"used\":3,\"hidden\":{\"a\":\"b\"}}\n");
}

static void add_row(struct answer *answer, const char *name, const char *what, const char *title)
{
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "name", title, name);
    answer_count(answer, "number", NULL, 1);
    answer_text(answer, "what", title, what);
    answer_line(answer, "below %s", name);
    answer_close(answer);
}

static void lists_of_objects_are_tables(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_open_list(answer, "lists", "lists");
    add_row(answer, "z\xc3\xbcrich", "one", "");
    add_row(answer, "a", "two", "");
    answer_close(answer);
    answer_open_list(answer, "empty", "empty");
    answer_close(answer);
    assert_forms(answer,
                 "lists\n  z\xc3\xbcrich  one\n      below z\xc3\xbcrich\n  a       two\n      below a\n"
                 "empty         none\n",
                 "{\"lists\":[{\"name\":\"z\xc3\xbcrich\",\"number\":1,\"what\":\"one\"},"
                 "{\"name\":\"a\",\"number\":1,\"what\":\"two\"}],\"empty\":[]}\n");
}

static void columns_may_have_headings(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_become_list(answer);
    add_row(answer, "a", "b", "wide heading");
    assert_forms(answer, "wide heading  wide heading\na             b\n    below a\n",
                 "[{\"name\":\"a\",\"number\":1,\"what\":\"b\"}]\n");
}

static void objects_are_indented(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_open_object(answer, "mail", "mail");
    answer_text(answer, "outside", "outside", "is refused");
    answer_open_object(answer, "more", "more");
    answer_text(answer, "x", "x", "y");
    answer_close(answer);
    answer_close(answer);
    assert_forms(answer, "mail\n  outside  is refused\n  more\n    x  y\n",
                 "{\"mail\":{\"outside\":\"is refused\",\"more\":{\"x\":\"y\"}}}\n");
}

/* An escape sequence of a stranger's, on an admin's terminal. */
static void control_bytes_are_not_shown(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_text(answer, "reason", "reason", "\x1b]0;x\x07\nok");
    assert_forms(answer, "reason        ?]0;x??ok\n", "{\"reason\":\"\\u001b]0;x\\u0007\\u000aok\"}\n");
}

static void a_refusal_is_all_that_is_told(void **state)
{
    (void)state;
    struct answer *answer = begin();
    answer_open_list(answer, "half", "half");
    assert_false(answer_is_refused(answer));
    answer_refuse(answer, "'%s' is none", "x");
    assert_true(answer_is_refused(answer));
    assert_forms(answer, "'x' is none\n", "{\"error\":\"'x' is none\"}\n");
}

static void durations_have_two_units(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } cases[] = {{0, "0 s"},        {59, "59 s"},   {60, "1 min"},     {3661, "1 h 1 min"},
                 {3601, "1 h 1 s"}, {86400, "1 d"}, {90061, "1 d 1 h"}};
    struct strbuf out;
    strbuf_init(&out, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        strbuf_reset(&out);
        time_text_duration(&out, cases[i].seconds);
        assert_string_equal(strbuf_text(&out), cases[i].text);
    }
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_a_line_each),
        cmocka_unit_test(each_form_leaves_out_what_is_not_for_it),
        cmocka_unit_test(lists_of_objects_are_tables),
        cmocka_unit_test(columns_may_have_headings),
        cmocka_unit_test(objects_are_indented),
        cmocka_unit_test(control_bytes_are_not_shown),
        cmocka_unit_test(a_refusal_is_all_that_is_told),
        cmocka_unit_test(durations_have_two_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
