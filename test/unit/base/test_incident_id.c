#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/incident_id.h"

static const int64_t NOON_US = INT64_C(1795348800000000);

static void has_twelve_readable_characters(void **state)
{
    (void)state;
    struct incident_id id = incident_id_new(NOON_US);
    assert_int_equal(strlen(id.text), 12);
    assert_int_equal(strspn(id.text, "0123456789abcdefghjkmnpqrstvwxyz"), 12);
}

static void never_repeats_within_a_second(void **state)
{
    (void)state;
    struct incident_id previous = incident_id_new(NOON_US);
    for (int i = 0; i < 1000; i++) {
        struct incident_id id = incident_id_new(NOON_US);
        assert_string_not_equal(id.text, previous.text);
        previous = id;
    }
}

static void sorts_by_second(void **state)
{
    (void)state;
    struct incident_id earlier = incident_id_new(NOON_US);
    struct incident_id later = incident_id_new(NOON_US + 1000000);
    assert_true(strcmp(earlier.text, later.text) < 0);
}

static void an_id_is_found_in_what_people_paste(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id;
    } cases[] = {
        {"06vxk3m0a1b2", "06vxk3m0a1b2"},
        {"  06VXK3M0A1B2\n", "06vxk3m0a1b2"},
        {"06vx-k3m0-a1b2", "06vxk3m0a1b2"},
        {"O6vx k3mO aLb2", "06vxk3m0a1b2"},
        {"host mx.example[192.0.2.1] said: 550 5.7.1 This attachment is refused. (id 06vxk3m0a1b2) (in reply to end "
         "of DATA command)",
         "06vxk3m0a1b2"},
        {"Diagnostic-Code: smtp; 550 5.7.1 (id 06vxk3m0a1b2)", "06vxk3m0a1b2"},
        {"550 5.7.1 refused (id 06VXK-3M0A-1B2)", "06vxk3m0a1b2"},
        {"ann@example.com", NULL},
        {"administrator@x", NULL},
        {"06vxk3m0a1b", NULL},
        {"06vxk3m0a1b2c", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct incident_id id;
        assert_int_equal(incident_id_find(slice_of(cases[i].text), &id), cases[i].id != NULL);
        if (cases[i].id != NULL)
            assert_string_equal(id.text, cases[i].id);
    }
}

static void an_id_tells_its_second(void **state)
{
    (void)state;
    const struct incident_id id = incident_id_new(INT64_C(1796022000123456));
    assert_true(incident_id_seconds(&id) == 1796022000);
    assert_true(incident_id_seconds(&(struct incident_id){"u@"}) == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_found_in_what_people_paste),
        cmocka_unit_test(an_id_tells_its_second),
        cmocka_unit_test(has_twelve_readable_characters),
        cmocka_unit_test(never_repeats_within_a_second),
        cmocka_unit_test(sorts_by_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
