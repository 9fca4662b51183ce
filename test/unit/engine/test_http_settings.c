#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/http_settings.h"

#include <talloc.h>

static void note(void *context, unsigned line, const char *what)
{
    strbuf_printf(context, "%u: %s\n", line, what);
}

static bool read(void *owner, const char *text, struct policy_http_settings *settings, struct strbuf *told)
{
    strbuf_init(told, 0);
    return http_tokens_read(owner, slice_of(text), settings, note, told);
}

static void roles_and_tokens_are_read(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct policy_http_settings settings;
    struct strbuf told;
    assert_true(read(
        owner,
        "# roles\n\n  admin   abcdefghijklmnop\r\nhelp-desk\t-._~+/=ABCDEF0123\nmetrics 0123456789abcdef",
        &settings, &told));
    assert_int_equal(settings.token_count, 3);
    assert_int_equal(settings.tokens[0].viewer, POLICY_VIEWER_ADMIN);
    assert_string_equal(settings.tokens[0].text, "abcdefghijklmnop");
    assert_int_equal(settings.tokens[1].viewer, POLICY_VIEWER_HELP_DESK);
    assert_string_equal(settings.tokens[2].text, "0123456789abcdef");
    assert_int_equal(told.length, 0);
    strbuf_deinit(&told);
    talloc_free(owner);
}

static void every_wrong_line_is_told(void **state)
{
    (void)state;
    static const char text[] =
        "admin short\nroot abcdefghijklmnop\nadmin\nabcdefghijklmnop\nadmin abcdefghijklmnop extra\n"
        "admin \"abcdefghijklmnop\"\nmetrics abcdefghijklmnop\n";
    void *owner = talloc_new(NULL);
    struct policy_http_settings settings;
    struct strbuf told;
    assert_false(read(owner, text, &settings, &told));
    assert_int_equal(settings.token_count, 1);
    assert_non_null(strstr(strbuf_text(&told), "1: a token is 16 to 200"));
    assert_non_null(strstr(strbuf_text(&told), "2: a line is a role"));
    assert_non_null(strstr(strbuf_text(&told), "3: a token"));
    assert_non_null(strstr(strbuf_text(&told), "4: a line is a role"));
    assert_non_null(strstr(strbuf_text(&told), "5: a token"));
    assert_non_null(strstr(strbuf_text(&told), "6: a token"));
    strbuf_deinit(&told);
    talloc_free(owner);
}

static void too_many_are_told(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct policy_http_settings settings;
    struct strbuf text, told;
    strbuf_init(&text, 0);
    for (int i = 0; i < 101; i++)
        strbuf_append_text(&text, "admin abcdefghijklmnop\n");
    assert_false(read(owner, strbuf_text(&text), &settings, &told));
    assert_int_equal(settings.token_count, 100);
    assert_string_equal(strbuf_text(&told), "101: more than 100 tokens\n");
    strbuf_deinit(&text);
    strbuf_deinit(&told);
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_and_tokens_are_read),
        cmocka_unit_test(every_wrong_line_is_told),
        cmocka_unit_test(too_many_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
