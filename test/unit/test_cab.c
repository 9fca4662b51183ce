#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive/archive_formats.h"
#include "archive_events.h"

#define BY_TOOL                                                                                              \
    "member readme.txt\nend incomplete\nmember docs\\請求書.exe\nend incomplete\nmember empty.txt\n"      \
    "end complete\n"
#define BY_HAND                                                                                              \
    "member readme.txt\nend incomplete\nmember büro.exe\nend incomplete\nmember empty.txt\nend complete\n"

static const struct archive_events_case cases[] = {
    {"plain.cab", BY_TOOL},
    {"packed.cab", BY_TOOL},
    {"reserve.cab", BY_HAND},
    {"set.cab", BY_HAND},
    {"signed.cab", BY_HAND},
    {"no-files.cab", ""},
    {"glued.cab", "member readme.txt\nend incomplete\noutcome contradictory\n"},
    {"overlap.cab", BY_HAND "outcome damaged\n"},
    {"no-name-end.cab", "outcome damaged\n"},
};

static void reads_names(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&cab_format, cases, sizeof cases / sizeof cases[0]);
}

static void sees_where_it_is_cut(void **state)
{
    (void)state;
    static const char *const names[] = {"plain.cab", "reserve.cab", "set.cab", "signed.cab", "no-files.cab"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice file = archive_events_fixture(names[i]);
        archive_events_assert_truncated(&cab_format, file);
        test_free((void *)(uintptr_t)file.data);
    }
}

static void counts_members(void **state)
{
    (void)state;
    for (uint32_t entries = 2; entries <= 4; entries++) {
        bool over;
        assert_int_equal(archive_events_count(&cab_format, "plain.cab", entries, &over), entries < 3 ? 2 : 3);
        assert_int_equal(over, entries < 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(counts_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
