#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <zlib.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define README "end complete 168 bc0e30fa\n"
#define HI "end complete 2 d8932aac\n"

struct compressed_fixture {
    const char *name;
    const struct archive_format *format;
    const char *member;
};

static const struct compressed_fixture fixtures[] = {
    {"readme.txt.gzip", &gzip_format, "member readme.txt\n"},
    {"readme.txt.bz2", &bzip2_format, "member \n"},
    {"readme.txt.xz", &xz_format, "member \n"},
    {"readme.txt.lzma", &lzma_format, "member \n"},
    {"readme.txt.zst", &zstd_format, "member \n"},
    {"readme.txt.lz4", &lz4_format, "member \n"},
    {"readme.txt.lz", &lzip_format, "member \n"},
};

/* As archive_events_fixture, which unpacks. */
static struct slice read_fixture(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "../data/archive/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = test_malloc(1024);
    size_t size = fread(data, 1, 1024, file);
    assert_true(size > 0 && size < 1024);
    fclose(file);
    return slice_make(data, size);
}

static const struct archive_format *recognise(struct slice file)
{
    for (size_t i = 0; archive_formats[i] != NULL; i++) {
        const struct archive_format *format = archive_formats[i];
        size_t most = file.length < format->probe_bytes ? file.length : format->probe_bytes;
        if (format->probe_offset == 0 && format->recognise(slice_part(file, 0, most)))
            return format;
    }
    return NULL;
}

/* Runs one variation of every fixture: `copies` of it, then `rest`. */
static void assert_each(unsigned copies, struct slice rest, const char *given, const char *outcome)
{
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        const struct compressed_fixture *fixture = &fixtures[i];
        struct slice file = read_fixture(fixture->name);
        struct strbuf all, events;
        strbuf_init(&all, 0);
        strbuf_init(&events, 0);
        for (unsigned copy = 0; copy < copies; copy++)
            strbuf_append_slice(&all, file);
        strbuf_append_slice(&all, rest);
        strbuf_append_text(&events, fixture->member);
        for (unsigned copy = 1; copy < copies && fixture->format == &gzip_format; copy++)
            strbuf_append_text(&events, "aka readme.txt\n");
        strbuf_append_text(&events, given);
        strbuf_append_text(&events, outcome);
        assert_ptr_equal(recognise(strbuf_slice(&all)), fixture->format);
        archive_events_assert(fixture->format, strbuf_slice(&all), strbuf_text(&events));
        if (copies == 1)
            archive_events_assert_truncated(fixture->format, file);
        strbuf_deinit(&all);
        strbuf_deinit(&events);
        test_free((void *)file.data);
    }
}

static void gives_the_content(void **state)
{
    (void)state;
    assert_each(1, slice_of(""), README, "");
}

static void joins_streams(void **state)
{
    (void)state;
    assert_each(3, slice_of(""), "end complete 504 1e5ef26f\n", "");
}

static void passes_over_padding(void **state)
{
    (void)state;
    assert_each(1, slice_make("\0\0\0\0\r\n", 6), README, "");
}

static void tells_what_follows(void **state)
{
    (void)state;
    assert_each(1, slice_of("and what is this?"), README, "outcome contradictory\n");
    assert_each(1, slice_of("x"), README, "outcome contradictory\n");
}

/* A gzip header with all optional fields, and two bytes stored. */
static const char full_gzip[] = "\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x04\0ex\0\0evil.exe\0a "
                                "comment\0cc\x01\x02\0\xfd\xffhi\xac\x2a\x93\xd8\x02\0\0\0";

static void reads_the_whole_header(void **state)
{
    (void)state;
    struct slice file = slice_make(full_gzip, sizeof full_gzip - 1);
    archive_events_assert(&gzip_format, file, "member evil.exe\n" HI);
    archive_events_assert_truncated(&gzip_format, file);
}

static void bounds_the_header(void **state)
{
    (void)state;
    enum { LENGTH = 300 * 1024 };
    struct strbuf events;
    char *bytes = test_malloc(LENGTH);
    memset(bytes, 'n', LENGTH);
    static const char start[4] = {0x1f, (char)0x8b, 8, 8};
    memcpy(bytes, start, sizeof start);
    strbuf_init(&events, 0);
    archive_events_run(&gzip_format, slice_make(bytes, LENGTH), NULL, &events);
    assert_string_equal(strbuf_text(&events), "outcome damaged\n");
    strbuf_deinit(&events);
    test_free(bytes);
}

static void stops_when_the_sink_has_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        const struct archive_events_options enough = {.data_most = 1, .budget = archive_events_budget};
        const struct archive_events_options spared = {.spared = true, .budget = archive_events_budget};
        struct slice file = read_fixture(fixtures[i].name);
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(fixtures[i].format, file, &spared, &events);
        assert_non_null(strstr(strbuf_text(&events), "\nend incomplete\n"));
        strbuf_reset(&events);
        archive_events_run(fixtures[i].format, file, &enough, &events);
        assert_null(strstr(strbuf_text(&events), "outcome"));
        strbuf_deinit(&events);
        test_free((void *)file.data);
    }
}

static void stops_at_the_unpacked_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        for (uint64_t bound = 167; bound <= 169; bound++) {
            struct archive_events_options options = {.budget = archive_events_budget};
            struct slice file = read_fixture(fixtures[i].name);
            struct strbuf events;
            strbuf_init(&events, 0);
            options.budget.unpacked_bytes_left = bound;
            archive_events_run(fixtures[i].format, file, &options, &events);
            bool is_over = strstr(strbuf_text(&events), "outcome over_budget\n") != NULL;
            assert_int_equal(is_over, bound < 168);
            assert_int_equal(strstr(strbuf_text(&events), README) != NULL, bound >= 168);
            strbuf_deinit(&events);
            test_free((void *)file.data);
        }
    }
}

/* Work costs more than the bytes that come out. */
static void stops_at_the_work_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct slice file = read_fixture(fixtures[i].name);
        uint64_t units = archive_events_work(fixtures[i].format, file);
        assert_true(units > 2 * (uint64_t)168 && units <= file.length * 48 + (uint64_t)168 * 64);
        test_free((void *)file.data);
    }
}

/* Every stream costs an entry. */
static void stops_at_the_entry_bound(void **state)
{
    (void)state;
    struct strbuf file, events;
    strbuf_init(&file, 0);
    strbuf_init(&events, 0);
    for (unsigned i = 0; i < 3; i++)
        strbuf_append(&file, full_gzip, sizeof full_gzip - 1);
    for (uint32_t bound = 2; bound <= 4; bound++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        options.budget.entries_left = bound;
        strbuf_reset(&events);
        archive_events_run(&gzip_format, strbuf_slice(&file), &options, &events);
        assert_int_equal(strstr(strbuf_text(&events), "outcome over_budget\n") != NULL, bound < 3);
        assert_int_equal(strstr(strbuf_text(&events), "end complete 6 ") != NULL, bound >= 3);
    }
    strbuf_deinit(&file);
    strbuf_deinit(&events);
}

static void stops_at_the_memory_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        struct slice file = read_fixture(fixtures[i].name);
        struct strbuf events;
        strbuf_init(&events, 0);
        options.budget.kept_bytes_left = 1000;
        archive_events_run(fixtures[i].format, file, &options, &events);
        assert_non_null(strstr(strbuf_text(&events), "outcome over_budget\n"));
        strbuf_deinit(&events);
        test_free((void *)file.data);
    }
}

/* A stream of compress has no end of its own. */
static void reads_compress(void **state)
{
    (void)state;
    static const struct archive_events_case cases[] = {
        {"readme.txt.Z", "member \n" README},
        {"widths.Z", "member \nend complete 33440 cf8e6541\n"},
    };
    archive_events_assert_fixtures(&compress_format, cases, sizeof cases / sizeof cases[0]);
    struct slice file = archive_events_fixture("readme.txt.Z");
    for (uint64_t bound = 167; bound <= 169; bound++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        struct strbuf events;
        strbuf_init(&events, 0);
        options.budget.unpacked_bytes_left = bound;
        archive_events_run(&compress_format, file, &options, &events);
        assert_int_equal(strstr(strbuf_text(&events), "outcome over_budget\n") != NULL, bound < 168);
        strbuf_deinit(&events);
    }
    test_free((void *)file.data);
}

static void refuses_damaged_compress(void **state)
{
    (void)state;
    static const struct archive_events_bytes cases[] = {
        /* A first code that is no byte, one beyond the next string, and 9 bits at most. */
        ARCHIVE_EVENTS_BYTES("\x1f\x9d\x90\xff\xff\xff", "member \nend incomplete\noutcome damaged\n"),
        ARCHIVE_EVENTS_BYTES("\x1f\x9d\x90"
                             "a\xfe\xff\xff",
                             "member \nend incomplete 1 e8b7be43\noutcome damaged\n"),
        ARCHIVE_EVENTS_BYTES("\x1f\x9d\x89"
                             "abcd",
                             "member \nend incomplete\noutcome damaged\n"),
    };
    archive_events_assert_bytes(&compress_format, cases, sizeof cases / sizeof cases[0]);
}

struct unread_case {
    const char *bytes;
    size_t length;
};

#define UNREAD(bytes)                                                                                        \
    {                                                                                                        \
        bytes, sizeof(bytes) - 1                                                                             \
    }

static void does_not_take_what_it_cannot_read_for_nothing(void **state)
{
    (void)state;
    static const struct unread_case cases[] = {
        UNREAD("\x02\x21\x4c\x18 lz4 of old, and more than the probe wants to see"),
        UNREAD("SIT!\0\1\0\0"),
        UNREAD("WARC/1.0\r\n"),
        UNREAD("\xc7\x71\1\0\2\0\xa4\x81\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\2\0a.tx\0\0hi"),
        UNREAD("\x71\xc7\0\1\0\2\x81\xa4\0\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\2a.tx\0\0hi"),
        UNREAD("MSWIM\0\0\0\xd0\0\0\0"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice file = slice_make(cases[i].bytes, cases[i].length);
        assert_ptr_equal(recognise(file), &uninspectable_format);
        archive_events_assert(&uninspectable_format, file, "outcome unsupported\n");
    }
    assert_null(recognise(slice_of("--lh and what follows")));
    assert_null(recognise(slice_of("07070 is a number")));
    /* Short marks alone are noise: codes of 17 bits, a mode that no file has, a name without letters. */
    assert_null(recognise(slice_of("\x1f\x9d\x91 noise")));
    assert_null(
        recognise(slice_make("\xc7\x71\1\0\2\0\xa4\xf1\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\2\0a.tx\0\0hi", 34)));
    assert_null(
        recognise(slice_make("\xc7\x71\1\0\2\0\xa4\x81\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\2\0\0.tx\0\0hi", 34)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_content),
        cmocka_unit_test(joins_streams),
        cmocka_unit_test(passes_over_padding),
        cmocka_unit_test(tells_what_follows),
        cmocka_unit_test(reads_the_whole_header),
        cmocka_unit_test(bounds_the_header),
        cmocka_unit_test(stops_when_the_sink_has_enough),
        cmocka_unit_test(stops_at_the_unpacked_bound),
        cmocka_unit_test(stops_at_the_work_bound),
        cmocka_unit_test(stops_at_the_entry_bound),
        cmocka_unit_test(stops_at_the_memory_bound),
        cmocka_unit_test(reads_compress),
        cmocka_unit_test(refuses_damaged_compress),
        cmocka_unit_test(does_not_take_what_it_cannot_read_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
