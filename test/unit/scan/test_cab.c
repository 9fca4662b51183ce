#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define README "member readme.txt\nend complete 168 bc0e30fa\n"
#define BY_TOOL                                                                                              \
    "member empty.txt\nend complete\n" README "member docs\\請求書.exe\nend complete 202 5e77e7d0\n"
#define BY_HAND "member empty.txt\nend complete\n" README "member büro.exe\nend complete 202 5e77e7d0\n"

static const struct archive_events_case cases[] = {
    {"plain.cab", BY_TOOL},
    {"packed.cab", BY_TOOL},
    {"reserve.cab", BY_HAND},
    {"set.cab", "outcome unsupported\n" BY_HAND},
    {"signed.cab", BY_HAND},
    {"no-files.cab", ""},
    {"glued.cab", README "outcome contradictory\n"},
    {"overlap.cab", BY_HAND "outcome damaged\n"},
    {"no-name-end.cab", "outcome damaged\n"},
    {"blocks.cab", "member a.bin\nend complete 70000 647ac061\nmember b.txt\nend complete 168 bc0e30fa\n"
                   "member c.txt\nend complete 168 bc0e30fa\n"},
    {"same-bytes.cab", "member a.txt\naka b.exe\nend complete 168 bc0e30fa\n"},
    {"shared-bytes.cab", "member a.txt\nend complete 100 17648e6a\noutcome contradictory\nmember b.txt\n"
                         "end incomplete 68 d741215f\n"},
    {"lzx.cab", "member a.txt\nend incomplete\nmember b.txt\nend complete 168 bc0e30fa\n"},
    {"bad-block.cab", "member a.bin\noutcome damaged\nend incomplete 32768 b029f767\nmember b.txt\n"
                      "end incomplete\nmember c.txt\nend complete 168 bc0e30fa\n"},
    {"more-than-blocks.cab", "member c.txt\nend incomplete\nmember d.txt\nend incomplete\nmember a.txt\n"
                             "outcome damaged\nend incomplete 168 bc0e30fa\nmember b.txt\nend incomplete\n"},
    {"no-blocks.cab", "member a.txt\nend incomplete\n"},
    {"next-cabinet.cab", "member a.txt\nend incomplete 168 bc0e30fa\n"},
};

static void reads_names(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&cab_format, cases, sizeof cases / sizeof cases[0]);
}

static void sees_where_it_is_cut(void **state)
{
    (void)state;
    static const char *const names[] = {"plain.cab",  "reserve.cab",  "set.cab",
                                        "signed.cab", "no-files.cab", "blocks.cab"};
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

static void assert_run(struct slice file, const struct archive_events_options *options, const char *expected)
{
    struct strbuf events;
    strbuf_init(&events, 0);
    archive_events_run(&cab_format, file, options, &events);
    assert_string_equal(strbuf_text(&events), expected);
    strbuf_deinit(&events);
}

static void unpacks_within_its_budget(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("blocks.cab");
    struct archive_events_options options = {.budget = archive_events_budget};
    options.budget.unpacked_bytes_left = 70168;
    assert_run(file, &options, cases[9].events);
    options.budget.unpacked_bytes_left = 70167;
    assert_run(
        file, &options,
        "member a.bin\noutcome over_budget\nend incomplete 65536 938f23b3\nmember b.txt\nend incomplete\n"
        "member c.txt\nend complete 168 bc0e30fa\n");
    options.budget = archive_events_budget;
    options.budget.kept_bytes_left = 66000; /* not enough to unpack with */
    assert_run(file, &options,
               "outcome over_budget\nmember a.bin\nend incomplete\nmember b.txt\nend incomplete\n"
               "member c.txt\nend complete 168 bc0e30fa\n");
    test_free((void *)(uintptr_t)file.data);
}

/* Three blocks of MSZIP in one folder, and one that is stored in another. */
static void pays_for_what_it_unpacks(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("blocks.cab");
    struct archive_events_options options = {.budget = archive_events_budget};
    uint64_t units = archive_events_work(&cab_format, file);
    assert_int_equal(units, 8 * 16335 + 2 * 70168);
    options.budget.work_left = units - 1;
    assert_run(
        file, &options,
        "member a.bin\noutcome over_budget\nend incomplete 65536 938f23b3\nmember b.txt\nend incomplete\n"
        "member c.txt\nend complete 168 bc0e30fa\n");
    test_free((void *)(uintptr_t)file.data);
}

static void gives_only_the_content_that_is_wanted(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("blocks.cab");
    struct archive_events_options options = {.spared = true, .budget = archive_events_budget};
    assert_run(file, &options,
               "member a.bin\nend incomplete\nmember b.txt\nend incomplete\nmember c.txt\nend incomplete\n");
    options = (struct archive_events_options){.data_most = 1, .budget = archive_events_budget};
    assert_run(file, &options,
               "member a.bin\nend incomplete 32768 b029f767\nmember b.txt\nend incomplete 168 bc0e30fa\n"
               "member c.txt\nend incomplete 168 bc0e30fa\n");
    test_free((void *)(uintptr_t)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(counts_members),
        cmocka_unit_test(unpacks_within_its_budget),
        cmocka_unit_test(pays_for_what_it_unpacks),
        cmocka_unit_test(gives_only_the_content_that_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
