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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_twelve_readable_characters),
        cmocka_unit_test(never_repeats_within_a_second),
        cmocka_unit_test(sorts_by_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
