/* ARJ, LHA, ACE and ARC: the chains of headers that only old packers write, and new attackers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define TEXT_GIVEN "end complete 168 bc0e30fa\n"
#define PROGRAM_GIVEN "end complete 202 5e77e7d0\n"
#define LHA_MEMBERS                                                                                          \
    "member readme.txt\n" TEXT_GIVEN "member program.exe\n" PROGRAM_GIVEN                                    \
    "member packed.com\nend incomplete\nmember empty.txt\nend complete\n"

static const struct archive_events_case arj_cases[] = {
    {"plain.arj",
     "member readme.txt\nend incomplete\nmember docs/rechnung-äöü.pdf\nend complete 20 4667c921\n"
     "member docs/請求書.exe\n" PROGRAM_GIVEN "member empty.txt\nend complete\n"},
    {"stored.arj", "member readme.txt\n" TEXT_GIVEN "member docs/請求書.exe\n" PROGRAM_GIVEN},
    {"encrypted.arj", "member readme.txt encrypted\nend incomplete\n"},
};

static const struct archive_events_case lha_cases[] = {
    {"level0.lzh", LHA_MEMBERS},
    {"level1.lzh", LHA_MEMBERS},
    {"level2.lzh", LHA_MEMBERS},
    {"level3.lzh", LHA_MEMBERS},
    {"names.lzh",
     "member safe.txt\naka evil.exe\n" TEXT_GIVEN "member safe.txt\naka 請.exe\n" TEXT_GIVEN
     "member folder\xff folder\nend complete\nmember evil.exe\\x00.txt\naka evil.exe\n" TEXT_GIVEN},
    {"no-end.lzh", "member a.exe\n" TEXT_GIVEN},
    {"endless.lzh", "outcome damaged\n"},
};

static const struct archive_events_case ace_cases[] = {
    {"stored.ace",
     "member readme.txt\n" TEXT_GIVEN "member docs\\program.exe\n" PROGRAM_GIVEN
     "member docs folder\nend complete\nmember packed.scr\nend incomplete\nmember secret.pdf encrypted\n"
     "end incomplete\n"},
    {"no-size.ace", "outcome damaged\n"},
};

static const struct archive_events_case arc_cases[] = {
    {"plain.arc",
     "member README.TXT\n" TEXT_GIVEN "member OLD.EXE\n" PROGRAM_GIVEN "member PACKED.COM\nend incomplete\n"},
};

static void reads_members(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&arj_format, arj_cases, sizeof arj_cases / sizeof arj_cases[0]);
    archive_events_assert_fixtures(&lha_format, lha_cases, sizeof lha_cases / sizeof lha_cases[0]);
    archive_events_assert_fixtures(&ace_format, ace_cases, sizeof ace_cases / sizeof ace_cases[0]);
    archive_events_assert_fixtures(&arc_format, arc_cases, sizeof arc_cases / sizeof arc_cases[0]);
}

static const struct {
    const struct archive_format *format;
    const char *fixture;
    uint32_t member_count;
} cut[] = {
    {&arj_format, "stored.arj", 2}, {&lha_format, "level0.lzh", 4}, {&lha_format, "level2.lzh", 4},
    {&ace_format, "stored.ace", 5}, {&arc_format, "plain.arc", 3},
};

/* LHA and ACE may end after any member; a cut elsewhere is seen. */
static void sees_where_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        struct slice file = archive_events_fixture(cut[i].fixture);
        bool has_end = cut[i].format == &arj_format || cut[i].format == &arc_format;
        unsigned clean_count = 0;
        for (size_t length = 0; length < file.length; length++) {
            struct strbuf events;
            strbuf_init(&events, 0);
            archive_events_run(cut[i].format, slice_part(file, 0, length), NULL, &events);
            clean_count += strstr(strbuf_text(&events), "outcome damaged") == NULL;
            strbuf_deinit(&events);
        }
        /* ACE has a block of another kind too, and none of its members is the end. */
        assert_true(has_end ? clean_count == 0 : clean_count > 0 && clean_count <= cut[i].member_count + 1);
        test_free((void *)(uintptr_t)file.data);
    }
}

static void counts_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        uint32_t count = cut[i].member_count;
        for (uint32_t entries = count - 1; entries <= count + 1; entries++) {
            bool over;
            unsigned told = archive_events_count(cut[i].format, cut[i].fixture, entries, &over);
            assert_int_equal(told, entries < count ? entries : count);
            assert_int_equal(over, entries < count);
        }
    }
}

/* Files that only look a little like archives. */
static void is_not_taken_in_by_chance(void **state)
{
    (void)state;
    static const char arc_like[] =
        "\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04matroska....";
    assert_false(arc_format.recognise(slice_make(arc_like, sizeof arc_like)));
    static const char ctrl_z[] = "\x1A\x02 text after a Ctrl-Z, of some length";
    assert_false(arc_format.recognise(slice_make(ctrl_z, sizeof ctrl_z)));
    static const char lha_like[] = "a -lhz- text that is long enough to be looked at";
    assert_false(lha_format.recognise(slice_make(lha_like, sizeof lha_like)));
    static const char arj_like[] = "\x60\xEA\x10\x00 too short for a header";
    assert_false(arj_format.recognise(slice_make(arj_like, sizeof arj_like)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_members),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(counts_members),
        cmocka_unit_test(is_not_taken_in_by_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
