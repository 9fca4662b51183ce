/* The section `replies`, read as a whole configuration is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "policy_fixture.h"

static void a_good_section_is_taken(void **state)
{
    (void)state;
    policy_snapshot_unref(
        policy_fixture_load("replies:\n"
                            "  lang: de\n"
                            "  help_url: https://mail.example.com/help\n"
                            "  attachments: { blocked: \"Kein {file}: {help_url}\" }\n"
                            "  roles: { outside: { lang: en, size: { message_too_large: \"{seen}\" } } }\n"
                            "overrides:\n"
                            "  - { when: { domain: example.fr }, replies: { lang: fr } }\n"));
}

static void assert_problem(const char *yaml, const char *expected)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_fixture_try(yaml, &problems);
    if (strstr(strbuf_text(&problems), expected) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", strbuf_text(&problems), expected);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
}

static void what_is_wrong_is_told_where_it_stands(void **state)
{
    (void)state;
    assert_problem("replies:\n  attachments:\n    blocked: \"no {fiel}\"\n",
                   ":3:14: error: {fiel} is nothing that can be filled in here (did you mean {file}?)");
    assert_problem("replies: { attachments: { bloked: x } }", "did you mean 'blocked'");
    assert_problem("replies: { lang: it }", "lang");
    assert_problem("replies: { help_url: \"mail.example.com/help\" }",
                   "this is no web address without an anchor");
    assert_problem("replies: { help_url: \"https://mail.example.com/help#top\" }", "without an anchor");
    assert_problem("replies:\n  roles:\n    outside:\n      relay: { no_domain: \"{user\" }\n",
                   ":4:27: error: a brace is not closed");
    assert_problem(
        "overrides:\n  - when: { user: ann@example.com }\n    replies: { rates: { rate_exceeded: \"{file}\" } }\n",
        "{file} is nothing that can be filled in here");
    assert_problem("replies: { relay: { no_domain: \"\xd0\x9d\xd0\xb5\xd1\x82\" } }", "not every letter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_section_is_taken),
        cmocka_unit_test(what_is_wrong_is_told_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
