#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define TEXT_GIVEN "end complete 168 bc0e30fa\n"
#define PROGRAM_GIVEN "end complete 202 5e77e7d0\n"
#define MESSAGE                                                                                              \
    "member RECHNU~1.EXE\naka Rechnung für dich.exe\naka Rechnung\n" PROGRAM_GIVEN                           \
    "member big.bat\nend complete 5000 0f7858a8\nmember inner.cmd\n" TEXT_GIVEN

enum { KEPT_MOST = 4 << 20 };

static const struct archive_events_case cases[] = {
    {"document.ole", ""},
    {"message.ole", MESSAGE},
    {"packages.ole", "member invoice.pdf\naka C:\\x\\invoice.exe\naka C:\\t\\INVOIC~1.EXE\n" PROGRAM_GIVEN
                     "member big.scr\naka big.scr\nend complete 5000 0f7858a8\n"},
    {"ring.ole", "member a.exe\naka a.exe\nend complete 5000 37a64726\n"},
    {"no-directory.ole", "outcome damaged\n"},
};

static void reads_attachments_and_packages(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&ole_format, cases, sizeof cases / sizeof cases[0]);
}

static void sees_where_it_is_cut(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("message.ole");
    archive_events_assert_truncated(&ole_format, file);
    test_free((void *)(uintptr_t)file.data);
    file = archive_events_fixture("packages.ole");
    archive_events_assert_truncated(&ole_format, file);
    test_free((void *)(uintptr_t)file.data);
}

/* The fixture with so much behind it that it has `size` bytes. */
static void assert_grown(const char *fixture, size_t size, const char *expected)
{
    struct slice file = archive_events_fixture(fixture);
    struct archive_events_options options = {.piece = 65536, .budget = archive_events_budget};
    struct strbuf grown, events;
    strbuf_init(&grown, 0);
    strbuf_init(&events, 0);
    strbuf_append_slice(&grown, file);
    static const char nothing[65536];
    while (grown.length < size)
        strbuf_append(&grown, nothing,
                      size - grown.length < sizeof nothing ? size - grown.length : sizeof nothing);
    for (options.first_piece = 0; options.first_piece <= 1000; options.first_piece += 500) {
        strbuf_reset(&events);
        archive_events_run(&ole_format, strbuf_slice(&grown), &options, &events);
        assert_string_equal(strbuf_text(&events), expected);
    }
    strbuf_deinit(&grown);
    strbuf_deinit(&events);
    test_free((void *)(uintptr_t)file.data);
}

/* The file with its first stream called `name` (ASCII), grown to `size`. */
static void assert_renamed(const char *name, size_t size, const char *expected)
{
    struct slice file = archive_events_fixture("document.ole");
    struct strbuf renamed, events;
    uint32_t directory = 0;
    struct archive_events_options options = {.piece = 4999, .budget = archive_events_budget};
    strbuf_init(&renamed, 0);
    strbuf_init(&events, 0);
    strbuf_append_slice(&renamed, file);
    memcpy(&directory, file.data + 48, 4);
    char *entry = renamed.data + ((size_t)directory + 1) * 512;
    while (entry[66] != 2)
        entry += 128;
    memset(entry, 0, 64);
    for (size_t i = 0; name[i] != '\0'; i++)
        entry[2 * i] = name[i];
    entry[64] = (char)(2 * strlen(name) + 2);
    static const char nothing[4096];
    while (renamed.length < size)
        strbuf_append(&renamed, nothing, sizeof nothing);
    archive_events_run(&ole_format, strbuf_slice(&renamed), &options, &events);
    assert_string_equal(strbuf_text(&events), expected);
    strbuf_deinit(&renamed);
    strbuf_deinit(&events);
    test_free((void *)(uintptr_t)file.data);
}

static void knows_passwords_and_macros_of_any_size(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 2 * KEPT_MOST; size += KEPT_MOST) {
        assert_renamed("EncryptedPackage", size, "outcome index_encrypted\n");
        assert_renamed("_VBA_PROJECT", size, "outcome macros\n");
        assert_renamed("EncryptedPackages", size, "");
    }
}

static void keeps_no_more_than_allowed(void **state)
{
    (void)state;
    assert_grown("message.ole", KEPT_MOST - 1, MESSAGE);
    assert_grown("message.ole", KEPT_MOST, MESSAGE);
    assert_grown("message.ole", KEPT_MOST + 1, "outcome unsupported\n");
    assert_grown("document.ole", KEPT_MOST, "");
    assert_grown("document.ole", KEPT_MOST + 1, "");
}

/* A large file whose directory lies behind what is kept. */
static void finds_a_directory_further_on(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("message.ole");
    struct strbuf moved, events;
    uint32_t directory = 0;
    memcpy(&directory, file.data + 48, 4);
    uint32_t sector = (KEPT_MOST + 4096) / 512;
    strbuf_init(&moved, 0);
    strbuf_append_slice(&moved, file);
    memcpy(moved.data + 48, &sector, 4);
    static const char nothing[512];
    while (moved.length < (size_t)(sector + 1) * 512)
        strbuf_append(&moved, nothing, sizeof nothing);
    strbuf_append_slice(&moved, slice_part(file, (directory + 1) * 512, (directory + 2) * 512));
    for (size_t piece = 0; piece < 5000; piece += 1499) {
        struct archive_events_options options = {
            .first_piece = piece, .piece = piece, .budget = archive_events_budget};
        strbuf_init(&events, 0);
        archive_events_run(&ole_format, strbuf_slice(&moved), &options, &events);
        assert_string_equal(strbuf_text(&events), "outcome unsupported\n");
        strbuf_deinit(&events);
    }
    strbuf_init(&events, 0);
    archive_events_run(&ole_format, slice_part(strbuf_slice(&moved), 0, moved.length - 1), NULL, &events);
    assert_string_equal(strbuf_text(&events), "outcome damaged\n");
    strbuf_deinit(&events);
    strbuf_deinit(&moved);
    test_free((void *)(uintptr_t)file.data);
}

static void counts_members(void **state)
{
    (void)state;
    for (uint32_t entries = 2; entries <= 4; entries++) {
        bool over;
        assert_int_equal(archive_events_count(&ole_format, "message.ole", entries, &over),
                         entries < 3 ? entries : 3);
        assert_int_equal(over, entries < 3);
    }
}

static void bounds_what_it_gives(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("message.ole");
    uint64_t all = 202 + 5000 + 168;
    for (uint64_t unpacked = all - 1; unpacked <= all + 1; unpacked++) {
        struct archive_events_options options = {.budget = {100, unpacked, 1 << 20, 1 << 30}};
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&ole_format, file, &options, &events);
        assert_int_equal(strstr(strbuf_text(&events), "outcome over_budget") != NULL, unpacked < all);
        strbuf_deinit(&events);
    }
    test_free((void *)(uintptr_t)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_attachments_and_packages),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(knows_passwords_and_macros_of_any_size),
        cmocka_unit_test(keeps_no_more_than_allowed),
        cmocka_unit_test(finds_a_directory_further_on),
        cmocka_unit_test(counts_members),
        cmocka_unit_test(bounds_what_it_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
