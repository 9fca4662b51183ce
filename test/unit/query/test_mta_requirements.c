/* What the MTA in front has to leave room for: the largest limit of all roles and overrides, and whose it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_fixture.h"

struct limits {
    const char *config;
    uint64_t size_bytes;
    unsigned size_line; /* of the override; 0: it is none */
    uint64_t recipients;
    unsigned recipients_line;
};

static void assert_limits(const struct limits *expected)
{
    struct policy_mta_requirements needs;
    struct policy_snapshot *snapshot = policy_fixture_load(expected->config);
    policy_snapshot_mta_requirements(snapshot, &needs);
    assert_int_equal(needs.size_limit_bytes, expected->size_bytes);
    assert_int_equal(needs.recipients_limit, expected->recipients);
    assert_int_equal(needs.size_from.file == NULL ? 0 : needs.size_from.line, expected->size_line);
    assert_int_equal(needs.recipients_from.file == NULL ? 0 : needs.recipients_from.line,
                     expected->recipients_line);
    policy_snapshot_unref(snapshot);
}

#define BASE "size: { limit: 20MB }\nrecipients: { limit: 50, roles: { outside: { limit: 200 } } }\n"

static void the_largest_limit_counts(void **state)
{
    (void)state;
    static const struct limits cases[] = {
        {BASE, 20000000, 0, 200, 0},
        {BASE "overrides:\n- when: { user: ann@example.com }\n  size: { limit: 40MB }\n"
              "- when: { user: bob@example.com }\n  size: { limit: 60MB }\n  recipients: { limit: 900 }\n",
         60000000, 6, 900, 6},
        {BASE
         "overrides:\n- when: { customer: films }\n  size: { limit: 20MB }\n  recipients: { limit: 100 }\n",
         20000000, 0, 200, 0},
        {BASE "overrides:\n- when: { role: trusted }\n  size: { mode: off, limit: 90MB }\n  recipients: { "
              "mode: off }\n",
         20000000, 0, 200, 0},
        {BASE "overrides:\n- when: { role: trusted }\n  size: { measure: attachment, limit: 90MB }\n",
         20000000, 0, 200, 0},
        {"size: { limit: 20MB, roles: { local: { mode: off } } }\nrecipients: { mode: off }\n", 20000000, 0,
         0, 0},
        {"size: { mode: off }\nrecipients: { mode: off }\noverrides:\n- when: { domain: example.com }\n"
         "  size: { mode: enforce, limit: 5MB }\n",
         5000000, 4, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_limits(&cases[i]);
}

/* The half hour that holds where nobody says anything is no sign that anybody means recent logins. */
static void what_is_meant_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        bool has_recent_logins, is_enforced;
    } cases[] = {
        {"", false, true},
        {"relay: { recent_logins: { remember: 30m } }\n", true, true},
        {"relay: { recent_logins: { remember: 0 } }\n", false, true},
        {"relay: { mode: monitor, roles: { outside: { mode: enforce } } }\n", false, true},
        {"relay: { roles: { outside: { mode: monitor } }, recent_logins: { remember: 1h } }\n", true, false},
        {"mode: monitor\n", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_relay_requirements needs;
        struct policy_snapshot *snapshot = policy_fixture_load(cases[i].config);
        policy_snapshot_relay_requirements(snapshot, &needs);
        assert_int_equal(needs.has_recent_logins, cases[i].has_recent_logins);
        assert_int_equal(needs.is_enforced, cases[i].is_enforced);
        policy_snapshot_unref(snapshot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_largest_limit_counts),
                                       cmocka_unit_test(what_is_meant_is_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
