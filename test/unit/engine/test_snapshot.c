/* What a policy is, as the engine sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "policy_fixture.h"

static bool needs(const char *yaml, unsigned bits)
{
    struct policy_snapshot *snapshot = policy_fixture_load(yaml);
    const bool needed = snapshot_needs(snapshot, bits);
    policy_snapshot_unref(snapshot);
    return needed;
}

static void dns_is_needed_where_a_list_is_asked_for_anybody(void **state)
{
    (void)state;
    assert_true(needs("", CHECK_NEEDS_DNS));
    assert_false(needs("dnsbl: { mode: off }\n", CHECK_NEEDS_DNS));
    assert_false(needs("dnsbl: { lists: [] }\n", CHECK_NEEDS_DNS));
    assert_true(needs("dnsbl: { mode: off, roles: { outside: { mode: enforce } } }\n", CHECK_NEEDS_DNS));
}

/* The name of a policy is that of its values. */
static void what_says_the_same_has_the_same_id(void **state)
{
    (void)state;
    struct policy_snapshot *one = policy_fixture_load("size: { limit: 20MB }\n");
    struct policy_snapshot *same = policy_fixture_load("# a comment\nsize:\n  limit: 20MB\n");
    struct policy_snapshot *other = policy_fixture_load("size: { limit: 21MB }\n");
    assert_string_equal(one->id, same->id);
    assert_string_not_equal(one->id, other->id);
    policy_snapshot_unref(one);
    policy_snapshot_unref(same);
    policy_snapshot_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_is_needed_where_a_list_is_asked_for_anybody),
        cmocka_unit_test(what_says_the_same_has_the_same_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
