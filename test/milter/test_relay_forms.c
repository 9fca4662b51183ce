/* The forms of relaytest: each placeholder, and a table that is fit to be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relaytest/relay_forms.h"

#include <string.h>

static const struct relay_names names = {"user", "victim.example", "mx.example", "192.0.2.1", "example.com"};

static void expect(const char *pattern, const char *text)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    relay_form_expand(pattern, &names, &out);
    assert_string_equal(strbuf_text(&out), text);
    strbuf_deinit(&out);
}

static void fills_every_placeholder(void **state)
{
    (void)state;
    expect("%v", "user");
    expect("%d", "victim.example");
    expect("%V@%D", "USER@VICTIM.EXAMPLE");
    expect("<@%n:%v@[%i]>", "<@mx.example:user@[192.0.2.1]>");
    expect("%l", "example.com");
    expect("%v%%%d@%l", "user%victim.example@example.com");
    expect("", "");
    expect("no placeholder", "no placeholder");
}

static void knows_no_others(void **state)
{
    (void)state;
    expect("100%", "100%");
    expect("%s%n%", "%smx.example%");
    expect("%%d", "%d");
}

/* A recipient without the victim would prove nothing; one form twice would count twice. */
static void every_form_is_of_its_own_and_has_a_victim(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct relay_form *form = relay_forms; form->name != NULL; form++, count++) {
        assert_non_null(form->sender);
        assert_true(strstr(form->recipient, "%v") != NULL || strstr(form->recipient, "%V") != NULL);
        assert_null(strpbrk(form->recipient, "\r\n"));
        for (const struct relay_form *other = relay_forms; other != form; other++) {
            assert_string_not_equal(form->name, other->name);
            assert_false(strcmp(form->recipient, other->recipient) == 0 &&
                         strcmp(form->sender, other->sender) == 0);
        }
    }
    assert_true(count >= 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_every_placeholder),
        cmocka_unit_test(knows_no_others),
        cmocka_unit_test(every_form_is_of_its_own_and_has_a_victim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
