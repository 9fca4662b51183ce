/* Images of Linux file systems: names by their directories' blocks, programs by the blocks they begin with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define BLOCK(given) "member \nend incomplete " given "\n"

static const struct archive_events_case cases[] = {
    {"files.ext2", "member 請求書.exe\nend incomplete\n" BLOCK("1024 a23304bc") BLOCK("1024 5a9c0ba7")},
    {"blocks.ext4",
     BLOCK("4096 fa5a073f") "member a.txt\nend incomplete\nmember link\nend incomplete\n" BLOCK(
         "4096 a4cda7f2")},
    {"inline.ext4", "outcome unsupported\n"},
};

static void reads_names_and_blocks(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&ext_format, cases, sizeof cases / sizeof cases[0]);
}

static void sees_where_an_image_is_cut(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("files.ext2");
    archive_events_assert_truncated(&ext_format,
                                    slice_part(file, (size_t)ext_format.probe_offset, file.length));
    test_free((void *)(uintptr_t)file.data);
}

/* A directory's names and blocks that are not empty, each. */
static void members_are_paid_for(void **state)
{
    (void)state;
    bool over;
    assert_int_equal(archive_events_count(&ext_format, "files.ext2", 3, &over), 3);
    assert_false(over);
    assert_int_equal(archive_events_count(&ext_format, "files.ext2", 2, &over), 2);
    assert_true(over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_and_blocks),
        cmocka_unit_test(sees_where_an_image_is_cut),
        cmocka_unit_test(members_are_paid_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
