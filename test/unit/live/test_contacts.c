/* Whom a login knows: told apart from who is new, bounded, and kept over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "live/contacts.h"

static const int64_t WEEK_US = 7LL * 86400 * 1000000;
static int64_t test_now_us;

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return 1;
}

static int64_t test_wall_us(void *context)
{
    (void)context;
    return test_now_us;
}

static const struct clock test_clock = {test_monotonic_us, test_wall_us, NULL};

static int begin(void **state)
{
    (void)state;
    test_now_us = 1764460800LL * 1000000;
    return 0;
}

static struct contacts *make_contacts(struct state_database *database)
{
    struct contacts *contacts = contacts_create(&test_clock, database);
    assert_non_null(contacts);
    return contacts;
}

static enum contact_answer look(struct contacts *contacts, const char *login, const char *address)
{
    return contacts_look(contacts, slice_of(login), slice_of(address));
}

static void meet(struct contacts *contacts, const char *login, const char *address)
{
    assert_true(contacts_meet(contacts, slice_of(login), slice_of(address)));
}

static void who_was_met_is_known(void **state)
{
    (void)state;
    struct contacts *contacts = make_contacts(NULL);
    assert_int_equal(look(contacts, "ann", "bob@example.net"), CONTACT_NEW);
    meet(contacts, "ann", "bob@example.net");
    assert_int_equal(look(contacts, "ann", "BOB@Example.net"), CONTACT_KNOWN);
    assert_int_equal(look(contacts, "carl", "bob@example.net"), CONTACT_NEW);
    meet(contacts, "ann", "bob@example.net");
    assert_int_equal(contacts_count(contacts, slice_of("ann")), 1);
    contacts_forget(contacts, slice_of("ann"));
    assert_int_equal(look(contacts, "ann", "bob@example.net"), CONTACT_NEW);
    contacts_destroy(contacts);
}

static void who_was_not_met_for_long_is_new_again(void **state)
{
    (void)state;
    struct contacts *contacts = make_contacts(NULL);
    meet(contacts, "ann", "bob@example.net");
    test_now_us += CONTACT_WEEKS * WEEK_US;
    assert_int_equal(look(contacts, "ann", "bob@example.net"), CONTACT_KNOWN);
    test_now_us += WEEK_US;
    assert_int_equal(look(contacts, "ann", "bob@example.net"), CONTACT_NEW);
    contacts_destroy(contacts);
}

static void meet_many(struct contacts *contacts, const char *login, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char address[40];
        snprintf(address, sizeof address, "contact%u@example.net", i);
        meet(contacts, login, address);
    }
}

static void the_longest_unmet_make_room(void **state)
{
    (void)state;
    struct contacts *contacts = make_contacts(NULL);
    meet_many(contacts, "ann", 0, 3000);
    test_now_us += WEEK_US;
    meet_many(contacts, "ann", 3000, 6000);
    test_now_us += WEEK_US;
    meet(contacts, "ann", "contact17@example.net"); /* met again */
    meet_many(contacts, "ann", 6000, 9000);
    size_t count = contacts_count(contacts, slice_of("ann"));
    assert_true(count <= CONTACTS_MAX && count > 5000);
    assert_int_equal(look(contacts, "ann", "contact17@example.net"), CONTACT_KNOWN);
    assert_int_equal(look(contacts, "ann", "contact18@example.net"), CONTACT_NEW);
    assert_int_equal(look(contacts, "ann", "contact8999@example.net"), CONTACT_KNOWN);
    contacts_destroy(contacts);
}

static void a_flood_within_one_week_stays_bounded(void **state)
{
    (void)state;
    struct contacts *contacts = make_contacts(NULL);
    meet_many(contacts, "ann", 0, 40000);
    assert_true(contacts_count(contacts, slice_of("ann")) <= CONTACTS_MAX);
    assert_int_equal(look(contacts, "ann", "contact39999@example.net"), CONTACT_KNOWN);
    contacts_destroy(contacts);
}

static void contacts_outlive_the_process(void **state)
{
    (void)state;
    char folder[] = "/tmp/closedrelay-contacts.XXXXXX", path[64];
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.sqlite", folder);
    struct state_database *database = state_database_open(path, &problem);
    assert_non_null(database);
    struct contacts *contacts = make_contacts(database);
    meet_many(contacts, "ann", 0, 500);
    for (unsigned i = 0; i < 250; i++) {
        char login[16];
        snprintf(login, sizeof login, "user%u", i);
        meet(contacts, login, "bob@example.net");
    }
    assert_true(contacts_save(contacts, &problem));
    meet(contacts, "ann", "late@example.net"); /* after the last save */
    contacts_destroy(contacts);
    contacts = make_contacts(database);
    assert_int_equal(contacts_count(contacts, slice_of("ann")), 500);
    assert_int_equal(look(contacts, "ann", "contact499@example.net"), CONTACT_KNOWN);
    assert_int_equal(look(contacts, "user249", "bob@example.net"), CONTACT_KNOWN);
    assert_int_equal(look(contacts, "ann", "late@example.net"), CONTACT_NEW);
    test_now_us += WEEK_US; /* idle ones go to the disk, and come back */
    assert_true(contacts_save(contacts, &problem));
    assert_int_equal(look(contacts, "ann", "contact499@example.net"), CONTACT_KNOWN);
    contacts_destroy(contacts);
    state_database_close(database);
    strbuf_deinit(&problem);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_was_met_is_known, begin),
        cmocka_unit_test_setup(who_was_not_met_for_long_is_new_again, begin),
        cmocka_unit_test_setup(the_longest_unmet_make_room, begin),
        cmocka_unit_test_setup(a_flood_within_one_week_stays_bounded, begin),
        cmocka_unit_test_setup(contacts_outlive_the_process, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
