#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define PROGRAM "end complete 202 5e77e7d0\n"
#define TEXT "end complete 168 bc0e30fa\n"

static const struct archive_events_case mac_binaries[] = {
    {"file.macbin", "member evil.exe\n" PROGRAM},
    {"first.macbin", "member readme.txt\n" TEXT},
    {"second-header.macbin", "member readme.txt\n" TEXT},
    {"no-data.macbin", "member readme.txt\nend complete\n"},
};

static const struct archive_events_case apple_singles[] = {
    {"file.applesingle", "member \naka evil.exe\n" PROGRAM},
    {"name-last.applesingle", "member \naka readme.txt\n" TEXT},
    {"header.appledouble", "member \naka evil.exe\nend complete\n"},
    {"no-name.appledouble", ""},
    {"overlap.applesingle", "member \nend incomplete\noutcome damaged\n"},
};

static const struct archive_events_case binhexes[] = {
    {"file.hqx", "member evil.exe\nend complete 507 6be8ae1c\n"},
    {"prose.hqx", "member readme.txt\n" TEXT},
    {"cut.hqx", "member readme.txt\nend incomplete 46 bc75bcc4\noutcome damaged\n"},
    {"no-text.hqx", ""},
};

static const struct archive_events_case one_notes[] = {
    {"files.one", "member \n" PROGRAM "member \nend complete\nmember \n" TEXT},
    {"none.one", ""},
    {"cut.one", "member \nend incomplete 124 f845f9a4\noutcome damaged\n"},
};

static const struct archive_events_case rtfs[] = {
    {"package.rtf", "member evil.exe\naka C:\\x\\evil.exe\naka D:\\evil.exe\n" PROGRAM},
    {"obscured.rtf", "member evil.exe\naka C:\\x\\evil.exe\naka D:\\evil.exe\n" PROGRAM},
    {"binary.rtf", "member evil.exe\naka C:\\x\\evil.exe\naka D:\\evil.exe\n" PROGRAM},
    {"two-objects.rtf", "member \n" TEXT "member evil.exe\naka C:\\x\\evil.exe\naka D:\\evil.exe\n" PROGRAM},
    {"cut.rtf", "member evil.exe\naka C:\\x\\evil.exe\naka D:\\evil.exe\nend incomplete 200 "
                "c7938e45\noutcome damaged\n"},
    {"plain.rtf", ""},
};

static const struct {
    const struct archive_format *format;
    const struct archive_events_case *cases;
    size_t count;
} kinds[] = {
    {&mac_binary_format, mac_binaries, sizeof mac_binaries / sizeof mac_binaries[0]},
    {&apple_single_format, apple_singles, sizeof apple_singles / sizeof apple_singles[0]},
    {&binhex_format, binhexes, sizeof binhexes / sizeof binhexes[0]},
    {&rtf_format, rtfs, sizeof rtfs / sizeof rtfs[0]},
    {&onenote_format, one_notes, sizeof one_notes / sizeof one_notes[0]},
};

static void reads_names_and_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        archive_events_assert_fixtures(kinds[i].format, kinds[i].cases, kinds[i].count);
}

static void sees_where_they_are_cut(void **state)
{
    (void)state;
    static const char *const names[] = {"file.macbin", "file.applesingle", "name-last.applesingle"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice file = archive_events_fixture(names[i]);
        archive_events_assert_truncated(i == 0 ? &mac_binary_format : &apple_single_format, file);
        test_free((void *)(uintptr_t)file.data);
    }
}

/* What other files begin with, too. */
static void is_not_fooled(void **state)
{
    (void)state;
    char font[256] = {0, 1, 0, 0, 0, 12}, name[256] = {0, 3, 'a', 'b', 'c'};
    assert_false(mac_binary_format.recognise(slice_make(font, sizeof font)));
    assert_false(mac_binary_format.recognise(slice_make(name, sizeof name))); /* both forks are empty */
    name[86] = 5;
    assert_true(mac_binary_format.recognise(slice_make(name, sizeof name)));
    name[110] = 1;
    assert_false(mac_binary_format.recognise(slice_make(name, sizeof name)));
    assert_false(
        binhex_format.recognise(slice_of("As in \"(This file must be converted with BinHex 4.0)\"")));
    char single[26] = {0, 5, 0x16, 0, 0, 2};
    assert_false(apple_single_format.recognise(slice_make(single, sizeof single))); /* no entries */
    single[25] = 1;
    assert_true(apple_single_format.recognise(slice_make(single, sizeof single)));
    assert_false(apple_single_format.recognise(slice_make(single, 8)));
}

static void unpacks_within_its_budget(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("file.hqx");
    for (unsigned more = 0; more < 2; more++) {
        struct strbuf events;
        struct archive_events_options options = {.budget = archive_events_budget};
        options.budget.unpacked_bytes_left = 540 + more;
        strbuf_init(&events, 0);
        archive_events_run(&binhex_format, file, &options, &events);
        assert_int_equal(strstr(strbuf_text(&events), "over_budget") == NULL, more);
        strbuf_deinit(&events);
    }
    test_free((void *)(uintptr_t)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_and_content),
        cmocka_unit_test(sees_where_they_are_cut),
        cmocka_unit_test(is_not_fooled),
        cmocka_unit_test(unpacks_within_its_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
