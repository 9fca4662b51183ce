#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/seven_zip/seven_zip_index.h"
#include "archive_events.h"

#include <zlib.h>

#define EMPTY_MEMBERS                                                                                        \
    "member docs folder\nend complete\nmember nothing folder\nend complete\nmember empty.txt\nend "          \
    "complete\n"
#define ALL_COMPLETE                                                                                         \
    EMPTY_MEMBERS                                                                                            \
    "member docs/rechnung-äöü.pdf\nend complete 20 4667c921\n"                                            \
    "member docs/請求書.exe\nend complete 202 5e77e7d0\nmember readme.txt\nend complete 168 bc0e30fa\n"
#define NONE_COMPLETE(outcome)                                                                               \
    EMPTY_MEMBERS "member docs/rechnung-äöü.pdf\n" outcome                                                   \
                  "end incomplete\nmember docs/請求書.exe\nend incomplete\n"                              \
                  "member readme.txt\nend incomplete\n"

static const struct {
    const char *fixture;
    const char *events;
} fixtures[] = {
    {"plain-index.7z", ALL_COMPLETE},
    {"packed-index.7z", ALL_COMPLETE},
    {"copied.7z", ALL_COMPLETE},
    {"lzma1.7z", ALL_COMPLETE},
    {"bcj.7z", ALL_COMPLETE},
    {"not-solid.7z", ALL_COMPLETE},
    {"bcj2.7z", NONE_COMPLETE("outcome unsupported\n")},
    {"ppmd.7z", NONE_COMPLETE("outcome unsupported\n")},
    {"deflated.7z", ALL_COMPLETE},
    {"bzip2.7z", ALL_COMPLETE},
    {"filtered-copy.7z", ALL_COMPLETE},
    {"filtered-bzip2.7z", ALL_COMPLETE},
    {"encrypted-content.7z", EMPTY_MEMBERS
     "member docs/rechnung-äöü.pdf encrypted\nend incomplete\nmember docs/請求書.exe encrypted\n"
     "end incomplete\nmember readme.txt encrypted\nend incomplete\n"},
    {"encrypted-index.7z", "outcome index_encrypted\n"},
    {"empty.7z", ""},
};

static void reads_what_7z_makes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct slice file = archive_events_fixture(fixtures[i].fixture);
        assert_true(seven_zip_format.recognise(file));
        archive_events_assert(&seven_zip_format, file, fixtures[i].events);
        archive_events_assert_truncated(&seven_zip_format, file);
        test_free((void *)(uintptr_t)file.data);
    }
}

static void assert_run(struct slice file, const struct archive_events_options *options, const char *expected)
{
    struct strbuf events;
    strbuf_init(&events, 0);
    archive_events_run(&seven_zip_format, file, options, &events);
    assert_string_equal(strbuf_text(&events), expected);
    strbuf_deinit(&events);
}

static void gives_only_the_content_that_is_wanted(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("packed-index.7z");
    struct archive_events_options options = {.spared = true, .budget = archive_events_budget};
    assert_run(file, &options, NONE_COMPLETE(""));
    options = (struct archive_events_options){.data_most = 1, .budget = archive_events_budget};
    assert_run(file, &options,
               EMPTY_MEMBERS
               "member docs/rechnung-äöü.pdf\nend incomplete 20 4667c921\nmember docs/請求書.exe\n"
               "end incomplete 202 5e77e7d0\nmember readme.txt\nend incomplete 168 bc0e30fa\n");
    test_free((void *)(uintptr_t)file.data);
}

static bool outcome_with(struct slice file, struct archive_budget budget, const char *outcome)
{
    struct strbuf events;
    strbuf_init(&events, 0);
    struct archive_events_options options = {.budget = budget};
    archive_events_run(&seven_zip_format, file, &options, &events);
    bool found = strstr(strbuf_text(&events), outcome) != NULL;
    strbuf_deinit(&events);
    return found;
}

static void stays_within_its_budget(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("packed-index.7z");
    struct archive_budget budget = archive_events_budget;
    for (uint32_t entries = 5; entries <= 7; entries++) {
        budget.entries_left = entries;
        assert_int_equal(outcome_with(file, budget, "over_budget"), entries < 6);
    }
    budget = archive_events_budget;
    /* 245 bytes of index and 390 of content come out. */
    uint64_t all_bytes = 0;
    while (budget.unpacked_bytes_left = all_bytes, outcome_with(file, budget, "over_budget"))
        all_bytes++;
    assert_true(all_bytes > 390 && all_bytes < 800);
    budget.unpacked_bytes_left = all_bytes - 1;
    assert_true(outcome_with(file, budget, "over_budget"));
    budget.unpacked_bytes_left = all_bytes + 1;
    assert_false(outcome_with(file, budget, "outcome"));
    for (uint64_t kept = 0; kept < 300000; kept += 101) {
        budget = archive_events_budget;
        budget.kept_bytes_left = kept;
        if (!outcome_with(file, budget, "over_budget"))
            assert_true(outcome_with(file, budget, "member readme.txt"));
    }
    test_free((void *)(uintptr_t)file.data);
}

static void append_le(struct strbuf *out, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, (char)(value >> (8 * i)));
}

static uint32_t crc_of(struct slice s)
{
    return (uint32_t)crc32_z(0, (const unsigned char *)s.data, s.length);
}

/* An archive of `packed` bytes with `index` behind them. */
static void make_archive(struct strbuf *out, struct slice packed, struct slice index)
{
    struct strbuf start;
    strbuf_init(&start, 0);
    append_le(&start, packed.length, 8);
    append_le(&start, index.length, 8);
    append_le(&start, crc_of(index), 4);
    strbuf_append(out, "7z\xBC\xAF\x27\x1C\x00\x04", 8);
    append_le(out, crc_of(strbuf_slice(&start)), 4);
    strbuf_append_slice(out, strbuf_slice(&start));
    strbuf_append_slice(out, packed);
    strbuf_append_slice(out, index);
    strbuf_deinit(&start);
}

/* A number in 7z's form, always with four bytes behind the first. */
static void append_number(struct strbuf *out, uint32_t number)
{
    strbuf_append_byte(out, (char)0xF0);
    append_le(out, number, 4);
}

static const char one_empty_name[] = "\x05\x01\x0E\x01\x80\x0F\x01\x80\x11\x05\x00"
                                     "a\0\0\0\x00";

static bool folders_pass(uint32_t count)
{
    struct strbuf index, file;
    strbuf_init(&index, 0);
    strbuf_init(&file, 0);
    strbuf_append(&index, "\x01\x04\x06\x00\x00\x00\x07\x0B", 8);
    append_number(&index, count);
    strbuf_append_byte(&index, 0);
    for (uint32_t i = 0; i < count; i++)
        strbuf_append(&index, "\x01\x01\x00", 3);
    strbuf_append_byte(&index, 0x0C);
    for (uint32_t i = 0; i < count; i++)
        strbuf_append_byte(&index, 0);
    strbuf_append(&index, "\x00\x00", 2);
    strbuf_append(&index, one_empty_name, sizeof one_empty_name - 1);
    strbuf_append_byte(&index, 0);
    make_archive(&file, slice_of(""), strbuf_slice(&index));
    bool over = outcome_with(strbuf_slice(&file), archive_events_budget, "over_budget");
    assert_int_equal(outcome_with(strbuf_slice(&file), archive_events_budget, "member a\n"), !over);
    strbuf_deinit(&index);
    strbuf_deinit(&file);
    return !over;
}

static void counts_folders(void **state)
{
    (void)state;
    assert_true(folders_pass(SEVEN_ZIP_FOLDERS_MOST - 1));
    assert_true(folders_pass(SEVEN_ZIP_FOLDERS_MOST));
    assert_false(folders_pass(SEVEN_ZIP_FOLDERS_MOST + 1));
}

/* An index behind `layers` indexes that are packed by plain copies. */
static void make_layers(struct strbuf *file, unsigned layers)
{
    struct strbuf packed, index;
    strbuf_init(&packed, 0);
    strbuf_init(&index, 0);
    strbuf_append_byte(&index, 1);
    strbuf_append(&index, one_empty_name, sizeof one_empty_name - 1);
    strbuf_append_byte(&index, 0);
    for (unsigned i = 0; i < layers; i++) {
        size_t at = packed.length;
        size_t size = index.length;
        strbuf_append_slice(&packed, strbuf_slice(&index));
        strbuf_reset(&index);
        strbuf_append(&index, "\x17\x06", 2);
        append_number(&index, (uint32_t)at);
        strbuf_append(&index, "\x01\x09", 2);
        append_number(&index, (uint32_t)size);
        strbuf_append(&index, "\x00\x07\x0B\x01\x00\x01\x01\x00\x0C", 9);
        append_number(&index, (uint32_t)size);
        strbuf_append(&index, "\x00\x00", 2);
    }
    make_archive(file, strbuf_slice(&packed), strbuf_slice(&index));
    strbuf_deinit(&packed);
    strbuf_deinit(&index);
}

static void unpacks_an_index_so_often(void **state)
{
    (void)state;
    for (unsigned layers = 0; layers <= 5; layers++) {
        struct strbuf file;
        strbuf_init(&file, 0);
        make_layers(&file, layers);
        archive_events_assert(&seven_zip_format, strbuf_slice(&file),
                              layers <= 4 ? "member a\nend complete\n" : "outcome over_budget\n");
        strbuf_deinit(&file);
    }
}

static void looks_at_what_follows(void **state)
{
    (void)state;
    struct strbuf file;
    strbuf_init(&file, 0);
    make_layers(&file, 0);
    strbuf_append(&file, "\0\0\r\n\x1A", 5);
    archive_events_assert(&seven_zip_format, strbuf_slice(&file), "member a\nend complete\n");
    strbuf_append(&file, "PK\5\6", 4);
    archive_events_assert(&seven_zip_format, strbuf_slice(&file),
                          "member a\nend complete\noutcome contradictory\n");
    strbuf_deinit(&file);
}

static void tells_damage_and_names_all_the_same(void **state)
{
    (void)state;
    struct strbuf file;
    strbuf_init(&file, 0);
    make_layers(&file, 0);
    file.data[file.length - 6] = 'b'; /* the name: its index's checksum no longer fits */
    archive_events_assert(&seven_zip_format, strbuf_slice(&file),
                          "outcome damaged\nmember b\nend complete\n");
    strbuf_reset(&file);
    make_layers(&file, 0);
    file.data[8] ^= 1;
    archive_events_assert(&seven_zip_format, strbuf_slice(&file),
                          "outcome damaged\nmember a\nend complete\n");
    strbuf_deinit(&file);
}

/* Sizes that no message can hold cost neither memory nor time. */
static void does_not_believe_sizes(void **state)
{
    (void)state;
    static const uint64_t sizes[][2] = {
        {UINT64_MAX, 10}, {10, UINT64_MAX}, {INT64_MAX, INT64_MAX}, {1ull << 40, 100}, {0, 1ull << 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct strbuf file;
        strbuf_init(&file, 0);
        make_layers(&file, 0);
        for (unsigned byte = 0; byte < 8; byte++) {
            file.data[12 + byte] = (char)(sizes[i][0] >> (8 * byte));
            file.data[20 + byte] = (char)(sizes[i][1] >> (8 * byte));
        }
        assert_true(outcome_with(strbuf_slice(&file), archive_events_budget, "outcome damaged"));
        assert_false(outcome_with(strbuf_slice(&file), archive_events_budget, "member"));
        strbuf_deinit(&file);
    }
}

static void append_files(struct strbuf *index, unsigned count)
{
    strbuf_append_byte(index, 5);
    append_number(index, count);
    strbuf_append_byte(index, 0x11);
    append_number(index, 1 + 4 * count);
    strbuf_append_byte(index, 0);
    for (unsigned i = 0; i < count; i++)
        append_le(index, (uint32_t)('a' + i), 4);
    strbuf_append(index, "\0\0", 2);
}

/* Files a, b … of these sizes, each in a folder of its own, as plain copies of their letters. */
static void make_copies(struct strbuf *file, const uint32_t *sizes, unsigned count)
{
    struct strbuf packed, index;
    strbuf_init(&packed, 0);
    strbuf_init(&index, 0);
    strbuf_append(&index, "\x01\x04\x06\x00", 4);
    append_number(&index, count);
    strbuf_append_byte(&index, 9);
    for (unsigned i = 0; i < count; i++) {
        append_number(&index, sizes[i]);
        memset(strbuf_extend(&packed, sizes[i]), (char)('a' + i), sizes[i]);
    }
    strbuf_append(&index, "\x00\x07\x0B", 3);
    append_number(&index, count);
    strbuf_append_byte(&index, 0);
    for (unsigned i = 0; i < count; i++)
        strbuf_append(&index, "\x01\x01\x00", 3);
    strbuf_append_byte(&index, 0x0C);
    for (unsigned i = 0; i < count; i++)
        append_number(&index, sizes[i]);
    strbuf_append(&index, "\x00\x00", 2);
    append_files(&index, count);
    make_archive(file, strbuf_slice(&packed), strbuf_slice(&index));
    strbuf_deinit(&packed);
    strbuf_deinit(&index);
}

/* Of an archive larger than what is kept the first and the last bytes are at hand. */
static void keeps_both_ends(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {100, 50000, 100, 50000, 100};
    struct strbuf file;
    strbuf_init(&file, 0);
    make_copies(&file, sizes, 5);
    struct archive_events_options options = {.budget = archive_events_budget};
    assert_run(strbuf_slice(&file), &options,
               "member a\nend complete 100 af707a64\nmember b\nend complete 50000 89861168\n"
               "member c\nend complete 100 5cd1954e\nmember d\nend complete 50000 ac0966eb\n"
               "member e\nend complete 100 9342a271\n");
    options.budget.kept_bytes_left = 60000;
    for (options.piece = 0; options.piece < 20000; options.piece += 6666)
        assert_run(
            strbuf_slice(&file), &options,
            "member a\nend complete 100 af707a64\nmember b\nend incomplete 14869 9b9b0f22\n"
            "member c\nend incomplete\nmember d\nend incomplete\nmember e\nend complete 100 9342a271\n");
    strbuf_deinit(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_7z_makes),
        cmocka_unit_test(gives_only_the_content_that_is_wanted),
        cmocka_unit_test(stays_within_its_budget),
        cmocka_unit_test(counts_folders),
        cmocka_unit_test(unpacks_an_index_so_often),
        cmocka_unit_test(looks_at_what_follows),
        cmocka_unit_test(tells_damage_and_names_all_the_same),
        cmocka_unit_test(does_not_believe_sizes),
        cmocka_unit_test(keeps_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
