#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/tnef/tnef_reader.h"
#include "archive_events.h"

#define TEXT_GIVEN "end complete 168 bc0e30fa\n"
#define PROGRAM_GIVEN "end complete 202 5e77e7d0\n"

static const struct {
    const char *name;
    const char *events;
} fixtures[] = {
    {"file.tnef",
     "member \naka RECHNU~1.EXE\naka RECHNU~1.EXE\naka Rechnung für dich.exe\naka Rechnung.pdf\n" TEXT_GIVEN},
    {"title-first.tnef", "member first.txt\n" TEXT_GIVEN "member second.bat\n" PROGRAM_GIVEN},
    /* Its title is the subject of the message: no file's name. */
    {"message.tnef", "member \nend complete 357 ca8ba960\n"},
    {"object.tnef", "member sheet\naka sheet.xls\nend complete 171 7729b3a3\n"},
    {"names-only.tnef", "member linked.exe\nend complete\nmember empty.cmd\nend complete\n"},
    {"binary-data.tnef", "member a.scr\n" PROGRAM_GIVEN},
    {"two-contents.tnef", "member a.txt\naka a.exe\n" TEXT_GIVEN "member a.txt\naka a.exe\n" PROGRAM_GIVEN},
    {"no-attachment.tnef", ""},
    {"padded.tnef", "member a.exe\n" TEXT_GIVEN},
    {"bad-level.tnef", "member a.exe\n" TEXT_GIVEN "outcome damaged\n"},
    {"endless-value.tnef", "member \noutcome damaged\n" TEXT_GIVEN "member b.exe\n" TEXT_GIVEN},
    {"endless-count.tnef", "member \noutcome damaged\naka b.exe\n" TEXT_GIVEN},
};

static void reads_attachments(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct slice file = archive_events_fixture(fixtures[i].name);
        assert_true(tnef_format.recognise(slice_part(file, 0, tnef_format.probe_bytes)));
        archive_events_assert(&tnef_format, file, fixtures[i].events);
        test_free((void *)(uintptr_t)file.data);
    }
}

/* TNEF has no end mark: a cut between two attributes leaves a whole TNEF, all other cuts are seen. */
static void sees_where_it_is_cut(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("file.tnef");
    unsigned clean_count = 0;
    for (size_t length = 0; length < file.length; length++) {
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&tnef_format, slice_part(file, 0, length), NULL, &events);
        clean_count += strstr(strbuf_text(&events), "outcome damaged") == NULL;
        strbuf_deinit(&events);
    }
    assert_int_equal(clean_count, 6); /* after each of seven attributes but the last */
    test_free((void *)(uintptr_t)file.data);
}

static void append_le(struct strbuf *out, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, (char)(value >> (8 * i)));
}

/* An attachment whose title has so many bytes, with its NUL. */
static bool title_passes(size_t length)
{
    struct strbuf file, events;
    strbuf_init(&file, 0);
    strbuf_init(&events, 0);
    append_le(&file, 0x223E9F78, 4);
    append_le(&file, 0, 2);
    strbuf_append_byte(&file, 2);
    append_le(&file, 0x00018010, 4);
    append_le(&file, length, 4);
    for (size_t i = 0; i + 1 < length; i++)
        strbuf_append_byte(&file, 'x');
    append_le(&file, 0, 3);
    archive_events_run(&tnef_format, strbuf_slice(&file), NULL, &events);
    bool over = strstr(strbuf_text(&events), "outcome over_budget") != NULL;
    assert_int_equal(over, strstr(strbuf_text(&events), "member x") == NULL);
    strbuf_deinit(&file);
    strbuf_deinit(&events);
    return !over;
}

static void bounds_names(void **state)
{
    (void)state;
    /* A kind byte and a NUL are kept with each. */
    assert_true(title_passes(TNEF_NAMES_BYTES_MOST - 2));
    assert_true(title_passes(TNEF_NAMES_BYTES_MOST - 1));
    assert_false(title_passes(TNEF_NAMES_BYTES_MOST));
    assert_false(title_passes(TNEF_NAMES_BYTES_MOST + 1));
}

static void counts_members(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("title-first.tnef");
    for (uint32_t entries = 1; entries <= 3; entries++) {
        struct archive_events_options options = {.budget = {entries, 0, 1 << 20, 1 << 30}};
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&tnef_format, file, &options, &events);
        assert_int_equal(strstr(strbuf_text(&events), "outcome over_budget") != NULL, entries < 2);
        strbuf_deinit(&events);
    }
    test_free((void *)(uintptr_t)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_attachments),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(bounds_names),
        cmocka_unit_test(counts_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
