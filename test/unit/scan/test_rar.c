#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/rar/rar5_header.h"
#include "scan/archive/rar/rar_unpack.h"
#include "archive_events.h"

#define TEXT_GIVEN "end complete 168 bc0e30fa\n"
#define PROGRAM_GIVEN "end complete 202 5e77e7d0\n"
#define RAR5_STORED                                                                                          \
    "member readme.txt\n" TEXT_GIVEN "member docs/請求書.exe\n" PROGRAM_GIVEN                                \
    "member docs folder\nend complete\nmember empty.txt\nend complete\n"
#define RAR4_STORED                                                                                          \
    "member readme.txt\n" TEXT_GIVEN "member docs\\program.exe\n" PROGRAM_GIVEN                              \
    "member docs folder\nend complete\nmember empty.txt\nend complete\n"

#define LONG_GIVEN "end complete 774 75ab21c5\n" /* packed */

struct fixture {
    const char *name;
    const char *events;
};

static const struct fixture rar5_fixtures[] = {
    {"stored.rar5.rar", RAR5_STORED},
    {"quick-open.rar5.rar", RAR5_STORED},
    {"quick-open-differs.rar5.rar", RAR5_STORED "member readme.exe\nend incomplete\noutcome contradictory\n"},
    {"packed.rar5.rar", "member a.pdf\noutcome damaged\nend incomplete\nmember b.scr\nend complete\n"},
    {"lz.rar5.rar", "member a.txt\n" LONG_GIVEN "member a.wav\nend complete 400 f775334b\n"
                    "member empty.txt\nend complete\n"},
    {"solid.rar5.rar", "member a.txt\n" LONG_GIVEN "member b.exe\n" PROGRAM_GIVEN},
    {"far.rar5.rar", "member a.txt\noutcome damaged\nend incomplete\nmember b.txt\nend incomplete\n"},
    {"encrypted-content.rar5.rar", "member a.pdf encrypted\nend incomplete\n"},
    {"encrypted-index.rar5.rar", "outcome index_encrypted\n"},
    {"volume1.rar5.rar",
     "outcome unsupported\nmember a.txt\n" TEXT_GIVEN "member big.exe\nend incomplete 202 5e77e7d0\n"},
    {"volume2.rar5.rar", "outcome unsupported\nmember big.exe\nend incomplete\nmember z.txt\n" TEXT_GIVEN},
    {"nul-in-name.rar5.rar", "member evil.exe\\x00.txt\naka evil.exe\n" TEXT_GIVEN},
    {"bad-crc.rar5.rar", "outcome damaged\nmember b.exe\n" TEXT_GIVEN},
    {"glued.rar5.rar", "member a.txt\n" TEXT_GIVEN "outcome contradictory\n"},
    {"extra-of-nothing.rar5.rar", "outcome damaged\n"},
    {"endless-name.rar5.rar", "outcome damaged\n"},
};

static const struct fixture rar4_fixtures[] = {
    {"stored.rar4.rar", RAR4_STORED},
    {"no-end.rar4.rar", RAR4_STORED},
    {"unicode.rar4.rar", "member счетС.exe\naka ?????.exe\n" TEXT_GIVEN
                         "member aαβγ世.txt\naka a123?.txt\n" TEXT_GIVEN "member 請.exe\n" TEXT_GIVEN},
    {"two-names.rar4.rar", "member invoice.exe\naka invoice.txt\n" TEXT_GIVEN},
    {"unicode-cut.rar4.rar",
     "member счет\naka ?????.exe\n" TEXT_GIVEN "member a.exe\naka a.exe\n" TEXT_GIVEN},
    {"packed.rar4.rar", "member a.pdf\nend incomplete\n"},
    {"lz.rar4.rar", "member a.txt\n" LONG_GIVEN "member b.txt\n" TEXT_GIVEN},
    {"solid.rar4.rar", "member a.txt\n" LONG_GIVEN "member b.exe\n" PROGRAM_GIVEN},
    {"ppmd.rar4.rar", "member a.txt\noutcome unsupported\nend incomplete\n"},
    {"encrypted-content.rar4.rar", "member a.pdf encrypted\nend incomplete\n"},
    {"encrypted-index.rar4.rar", "outcome index_encrypted\n"},
    {"volume1.rar4.rar", "outcome unsupported\nmember big.exe\nend incomplete 202 5e77e7d0\n"},
    {"volume2.rar4.rar", "outcome unsupported\nmember big.exe\nend incomplete\nmember z.txt\n" TEXT_GIVEN},
    {"bad-crc.rar4.rar", "outcome damaged\nmember b.exe\n" TEXT_GIVEN},
    {"glued.rar4.rar", "member a.txt\n" TEXT_GIVEN "outcome contradictory\n"},
    {"no-size.rar4.rar", "outcome damaged\n"},
    {"long-name.rar4.rar", "outcome damaged\n"},
    {"version1.rar", "outcome unsupported\n"},
};

static void assert_fixture(const struct archive_format *format, const struct fixture *fixture)
{
    struct slice file = archive_events_fixture(fixture->name);
    assert_true(format->recognise(slice_part(file, 0, format->probe_bytes)));
    archive_events_assert(format, file, fixture->events);
    test_free((void *)(uintptr_t)file.data);
}

static void reads_rar_5(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rar5_fixtures / sizeof rar5_fixtures[0]; i++)
        assert_fixture(&rar5_format, &rar5_fixtures[i]);
}

static void reads_rar_4(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rar4_fixtures / sizeof rar4_fixtures[0]; i++)
        assert_fixture(&rar4_format, &rar4_fixtures[i]);
}

/* All but the glued one, of which a cut may leave a whole archive. */
static void sees_where_rar_5_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rar5_fixtures / sizeof rar5_fixtures[0]; i++) {
        if (strcmp(rar5_fixtures[i].name, "glued.rar5.rar") == 0)
            continue;
        struct slice file = archive_events_fixture(rar5_fixtures[i].name);
        archive_events_assert_truncated(&rar5_format, file);
        test_free((void *)(uintptr_t)file.data);
    }
}

/* RAR 4 may end after any block, so only a cut inside of one shows: every other prefix tells damage. */
static void sees_where_rar_4_is_cut(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("no-end.rar4.rar");
    unsigned clean_count = 0;
    for (size_t length = 0; length < file.length; length++) {
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&rar4_format, slice_part(file, 0, length), NULL, &events);
        clean_count += strstr(strbuf_text(&events), "outcome damaged") == NULL;
        strbuf_deinit(&events);
    }
    assert_int_equal(clean_count, 4); /* after the main header and each member but the last */
    test_free((void *)(uintptr_t)file.data);
}

static bool over_budget(const char *name, const struct archive_format *format, struct archive_budget budget)
{
    struct slice file = archive_events_fixture(name);
    struct strbuf events;
    struct archive_events_options options = {.budget = budget};
    strbuf_init(&events, 0);
    archive_events_run(format, file, &options, &events);
    bool over = strstr(strbuf_text(&events), "outcome over_budget") != NULL;
    if (!over)
        assert_non_null(strstr(strbuf_text(&events), "member empty.txt"));
    strbuf_deinit(&events);
    test_free((void *)(uintptr_t)file.data);
    return over;
}

static void stays_within_its_budget(void **state)
{
    (void)state;
    for (uint32_t entries = 3; entries <= 5; entries++) {
        struct archive_budget budget = {entries, 0, 1 << 20, 0};
        assert_int_equal(over_budget("stored.rar5.rar", &rar5_format, budget), entries < 4);
        assert_int_equal(over_budget("stored.rar4.rar", &rar4_format, budget), entries < 4);
    }
    for (uint64_t kept = 0; kept < 2000; kept++) {
        struct archive_budget budget = {100, 0, kept, 0};
        bool over5 = over_budget("stored.rar5.rar", &rar5_format, budget);
        bool over4 = over_budget("stored.rar4.rar", &rar4_format, budget);
        assert_true(kept >= 70 ? !over4 : over4 || kept >= 43);
        assert_true(kept >= 1100 ? !over5 : over5 || kept >= 140);
    }
}

static void read_within(const struct archive_format *format, struct slice file, struct archive_budget budget,
                        struct strbuf *events)
{
    struct archive_events_options options = {.budget = budget};
    strbuf_truncate(events, 0);
    archive_events_run(format, file, &options, events);
}

/* Names are told all the same. */
static void unpacks_within_its_budget(void **state)
{
    (void)state;
    enum { PLENTY = 64 << 20, LONG_BYTES = 774 };
    static const struct {
        const struct archive_format *format;
        const char *name, *next;
    } files[] = {{&rar5_format, "lz.rar5.rar", "member a.wav"},
                 {&rar4_format, "lz.rar4.rar", "member b.txt"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct slice file = archive_events_fixture(files[i].name);
        struct strbuf events;
        strbuf_init(&events, 0);
        assert_true(archive_events_work(files[i].format, file) > LONG_BYTES);
        read_within(files[i].format, file, (struct archive_budget){100, LONG_BYTES - 1, PLENTY, PLENTY},
                    &events);
        assert_non_null(strstr(strbuf_text(&events), "outcome over_budget"));
        assert_null(strstr(strbuf_text(&events), LONG_GIVEN));
        read_within(files[i].format, file, (struct archive_budget){100, PLENTY, RAR_UNPACK_BYTES_MAX, PLENTY},
                    &events);
        assert_non_null(strstr(strbuf_text(&events), "member a.txt\nend incomplete\n"));
        assert_non_null(strstr(strbuf_text(&events), files[i].next));
        strbuf_deinit(&events);
        test_free((void *)(uintptr_t)file.data);
    }
}

static void reads_numbers_of_rar_5(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        uint64_t value;
        bool overrun;
    } cases[] = {
        {"\x00", 1, 0, false},
        {"\x7F", 1, 127, false},
        {"\x80\x01", 2, 128, false},
        {"\x80\x00", 2, 0, false}, /* longer than needed: allowed */
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10, UINT64_MAX, false},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10, 0, true},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x01", 11, 0, true},
        {"\xFF", 1, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct archive_bytes bytes = archive_bytes_of(slice_make(cases[i].bytes, cases[i].length));
        uint64_t value = rar5_number(&bytes);
        assert_int_equal(bytes.overrun, cases[i].overrun);
        if (!cases[i].overrun)
            assert_true(value == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rar_5),
        cmocka_unit_test(reads_rar_4),
        cmocka_unit_test(sees_where_rar_5_is_cut),
        cmocka_unit_test(sees_where_rar_4_is_cut),
        cmocka_unit_test(stays_within_its_budget),
        cmocka_unit_test(unpacks_within_its_budget),
        cmocka_unit_test(reads_numbers_of_rar_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
