/* Counts by name are exact while there is room; beyond it the many stay right and the error is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/tally.h"

#include <stdio.h>
#include <talloc.h>

static void count(struct tally *tally, const char *name, unsigned times)
{
    struct tally_entry *entry = tally_find(tally, slice_of(name));
    assert_non_null(entry);
    tally_add(entry, PERIOD_NOW, &(struct record_counts){.messages = times});
}

static uint64_t messages_of(struct tally *tally, const char *name)
{
    return tally_find(tally, slice_of(name))->counts[PERIOD_NOW].messages;
}

static void names_are_counted(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct tally tally;
    tally_init(&tally, owner);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5000; i++) {
            char name[16];
            snprintf(name, sizeof name, "n%d", i);
            count(&tally, name, 1);
        }
    count(&tally, "", 2);
    assert_int_equal(tally.count, 5001);
    assert_int_equal(messages_of(&tally, "n4999"), 3);
    assert_int_equal(messages_of(&tally, ""), 2);
    assert_int_equal(tally.missing_messages_max, 0);
    assert_false(tally.failed);
    talloc_free(owner);
}

static void the_few_are_forgotten_first(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct tally tally;
    tally_init(&tally, owner);
    count(&tally, "much", 1000);
    for (int i = 0; i < 3 * TALLY_ENTRIES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "once%d", i);
        count(&tally, name, 1);
        if (i % 1000 == 0)
            count(&tally, "much", 1);
    }
    assert_in_range(tally.count, 1, TALLY_ENTRIES_MAX);
    assert_int_equal(messages_of(&tally, "much"), 1000 + (3 * TALLY_ENTRIES_MAX + 999) / 1000);
    assert_in_range(tally.missing_messages_max, 1, 10);
    talloc_free(owner);
}

static void networks_are_counted_up_to_a_bound(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct tally tally;
    tally_init(&tally, owner);
    struct tally_entry *entry = tally_find(&tally, slice_of("ann"));
    for (uint32_t i = 0; i < 40; i++)
        tally_add_network(&tally, entry, 1 + i % 10);
    assert_int_equal(entry->network_count, 10);
    assert_false(entry->has_more_networks);
    for (uint32_t i = 0; i < 1000; i++)
        tally_add_network(&tally, entry, 1 + i);
    assert_int_equal(entry->network_count, TALLY_NETWORKS_MAX);
    assert_true(entry->has_more_networks);
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_counted),
        cmocka_unit_test(the_few_are_forgotten_first),
        cmocka_unit_test(networks_are_counted_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
