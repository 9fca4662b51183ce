#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html/answer_html.h"
#include "html/page_html.h"

static void assert_shown(struct answer *answer, const char *const *heads, const char *expected)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    answer_print_html(answer, "Rows", heads, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_deinit(&out);
    answer_destroy(answer);
}

static void values_are_terms(void **state)
{
    (void)state;
    struct answer *answer = answer_create();
    answer_line(answer, "since <then>");
    answer_text(answer, "a", "who", "<b>&");
    answer_text(answer, "b", NULL, "for programs");
    answer_text(answer, NULL, "", "and more");
    answer_text(answer, "c", "none", NULL);
    assert_shown(answer, NULL,
                 "<p>since &lt;then&gt;</p>\n<dl>\n<dt>who</dt><dd><bdi>&lt;b&gt;&amp;</bdi></dd>\n"
                 "<dd><bdi>and more</bdi></dd>\n<dt>none</dt><dd><bdi>\xe2\x80\x93</bdi></dd>\n</dl>\n");
}

static void a_list_is_a_table(void **state)
{
    (void)state;
    static const char *const heads[] = {"whom", "count", NULL};
    struct answer *answer = answer_create();
    answer_become_list(answer);
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "whom", "", "ann");
    answer_count(answer, "count", "", 3);
    answer_close(answer);
    answer_line(answer, "one in all");
    assert_shown(
        answer, heads,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rows\"><table class=\"left\">\n"
        "<thead><tr><th scope=\"col\">whom</th><th scope=\"col\">count</th></tr></thead>\n<tbody>\n"
        "<tr><td><bdi>ann</bdi></td><td class=\"number\"><bdi>3</bdi></td></tr>\n</tbody></table></div>\n"
        "<p class=\"dim\">one in all</p>\n");
}

static void branches_have_headings(void **state)
{
    (void)state;
    struct answer *answer = answer_create();
    answer_open_list(answer, "lists", "lists");
    answer_close(answer);
    answer_open_object(answer, "x", NULL);
    answer_text(answer, "y", "hidden", "hidden");
    answer_close(answer);
    assert_shown(answer, NULL, "<h2>lists</h2>\n<p class=\"dim\">none</p>\n");
}

static void a_refusal_is_a_sentence(void **state)
{
    (void)state;
    struct answer *answer = answer_create();
    answer_text(answer, "a", "a", "b");
    answer_refuse(answer, "'%s' is none", "<x>");
    assert_shown(answer, NULL, "<p class=\"dim\">&#39;&lt;x&gt;&#39; is none</p>\n");
}

static void strangers_words_stay_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html, *argument;
    } cases[] = {
        {"<a href=\"x\">'&", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;", "%3Ca%20href%3D%22x%22%3E%27%26"},
        {"\xe2\x80\xae"
         "evil",
         "\xef\xbf\xbd"
         "evil",
         "%E2%80%AEevil"},
        {"\x01\x7f\xff", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "%01%7F%FF"},
        {"a@b.example", "a@b.example", "a@b.example"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        page_html_text(&out, slice_of(cases[i].text));
        assert_string_equal(strbuf_text(&out), cases[i].html);
        strbuf_reset(&out);
        page_html_argument(&out, slice_of(cases[i].text));
        assert_string_equal(strbuf_text(&out), cases[i].argument);
        strbuf_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_terms),           cmocka_unit_test(a_list_is_a_table),
        cmocka_unit_test(branches_have_headings),     cmocka_unit_test(a_refusal_is_a_sentence),
        cmocka_unit_test(strangers_words_stay_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
