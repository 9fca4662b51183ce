#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <talloc.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/zip/zip_tail.h"
#include "archive_events.h"
#include "zip_build.h"

#define HI "end complete 2 d8932aac\n"
#define UNGIVEN "end incomplete\n"
#define WRONG "outcome contradictory\n"

static void assert_zip(struct zip_build *build, const char *events)
{
    archive_events_assert(&zip_format, zip_build_bytes(build), events);
    zip_build_free(build);
}

/* One member, and what is wrong with it. */
static void assert_member(const struct zip_build_member *member, const char *events)
{
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build, member);
    zip_build_finish(&build, "");
    assert_zip(&build, events);
}

static void tells_both_of_two_names(void **state)
{
    (void)state;
    assert_member(
        &(struct zip_build_member){.name = "safe.txt", .listed_name = "evil.exe", .data = slice_of("hi")},
        "member safe.txt\n" HI WRONG "member evil.exe\n" UNGIVEN);
    assert_member(
        &(struct zip_build_member){.name = "evil.exe", .listed_name = "safe.txt", .data = slice_of("hi")},
        "member evil.exe\n" HI WRONG "member safe.txt\n" UNGIVEN);
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "nul.exe", "hi");
    char *name = memchr(build.out.data, 'n', build.out.length),
         *listed = memchr(build.directory.data, 'n', build.directory.length);
    name[3] = listed[3] = '\0'; /* "nul\0exe" */
    zip_build_finish(&build, "");
    assert_zip(&build, "member nul\\x00exe\naka nul\n" HI);
}

static void reads_a_name_of_no_length(void **state)
{
    (void)state;
    assert_member(&(struct zip_build_member){.name = "", .data = slice_of("hi")}, "member \n" HI);
    assert_member(&(struct zip_build_member){.name = "", .listed_name = "evil.exe", .data = slice_of("hi")},
                  "member \n" HI WRONG "member evil.exe\n" UNGIVEN);
}

static void tells_members_of_one_index_only(void **state)
{
    (void)state;
    assert_member(&(struct zip_build_member){.name = "evil.exe", .data = slice_of("hi"), .unlisted = true},
                  "member evil.exe\n" HI WRONG);
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_add(&build,
                  &(struct zip_build_member){.name = "evil.exe", .data = slice_of("hi"), .absent = true});
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI WRONG "member evil.exe\n" UNGIVEN);

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_add(&build,
                  &(struct zip_build_member){
                      .name = "a", .data = slice_of("hi"), .absent = true, .listed_offset_more = -33});
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI WRONG);
}

static void tells_differing_entries(void **state)
{
    (void)state;
    const struct slice hi = slice_of("hi");
    const char *differs = "member a\n" HI WRONG;
    assert_member(&(struct zip_build_member){.name = "a", .data = hi, .listed_size_more = 1}, differs);
    assert_member(&(struct zip_build_member){.name = "a", .data = hi, .listed_method_more = 8}, differs);
    assert_member(&(struct zip_build_member){.name = "a", .data = hi, .listed_offset_more = 1},
                  "member a\n" HI WRONG "member a\n" UNGIVEN WRONG);
    assert_member(&(struct zip_build_member){.name = "d/", .data = hi}, "member d/ folder\n" HI WRONG);
    assert_member(&(struct zip_build_member){.name = "a",
                                             .data = hi,
                                             .method = 8,
                                             .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR,
                                             .descriptor_size_more = 1},
                  differs);
    assert_member(&(struct zip_build_member){.name = "a",
                                             .data = hi,
                                             .method = 8,
                                             .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR,
                                             .listed_size_more = 1},
                  differs);
}

/* A local header whose size covers what follows: readers that go by the index find it all the same. */
static void sees_through_sizes_that_lie(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build,
                  &(struct zip_build_member){.name = "a", .data = slice_of("hi"), .local_size_more = 100000});
    zip_build_text(&build, "evil.exe", "hi");
    zip_build_finish(&build, "");
    struct strbuf events;
    strbuf_init(&events, 0);
    archive_events_run(&zip_format, zip_build_bytes(&build), NULL, &events);
    assert_non_null(strstr(strbuf_text(&events), "member evil.exe\n"));
    assert_non_null(strstr(strbuf_text(&events), "outcome damaged\n"));
    strbuf_deinit(&events);
    zip_build_free(&build);

    /* A descriptor that lies about streamed data which the sink does not take: the end is never confirmed. */
    const struct archive_events_options spared = {.spared = true, .budget = archive_events_budget};
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){.name = "a",
                                                     .data = slice_of("hi"),
                                                     .method = 8,
                                                     .descriptor_size_more = 7,
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    zip_build_text(&build, "evil.exe", "hi");
    zip_build_finish(&build, "");
    strbuf_init(&events, 0);
    archive_events_run(&zip_format, zip_build_bytes(&build), &spared, &events);
    assert_non_null(strstr(strbuf_text(&events), "member evil.exe\n"));
    assert_non_null(strstr(strbuf_text(&events), WRONG));
    strbuf_deinit(&events);
    zip_build_free(&build);
}

/* A header may claim a name that reaches beyond the end, to swallow the index. */
static void sees_through_lengths_that_lie(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_junk(&build,
                   slice_make("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0xyz", 33));
    zip_build_add(&build, &(struct zip_build_member){.name = "evil.exe", .data = slice_of("hi")});
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI WRONG "member evil.exe\n" HI);
}

/* Headers inside data are a zip's in a zip, and told by whoever reads that; unless the archive contradicts
 * itself. */
static void tells_headers_inside_data_when_in_doubt(void **state)
{
    (void)state;
    for (int hides = 0; hides <= 1; hides++) {
        struct zip_build inner, build;
        zip_build_begin(&inner);
        zip_build_text(&inner, "evil.exe", "hi");
        zip_build_begin(&build);
        zip_build_add(&build, &(struct zip_build_member){.name = "a", .data = zip_build_bytes(&inner)});
        if (hides == 1)
            zip_build_junk(&build, slice_of("junk"));
        zip_build_text(&build, "b", "hi");
        zip_build_finish(&build, "");
        const char *honest = "member a\nend complete 40 7e1caa11\nmember b\n" HI;
        assert_zip(&build, hides == 0 ? honest
                                      : "member a\nend complete 40 7e1caa11\n" WRONG "member b\n" HI
                                        "member evil.exe\n" UNGIVEN);
        zip_build_free(&inner);
    }
}

/* An index entry whose comment swallows the next one. */
static void sees_through_index_entries_that_lie(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    size_t at = build.directory.length;
    zip_build_add(&build, &(struct zip_build_member){.name = "x", .absent = true, .listed_offset_more = 1});
    build.directory.data[at + 32] = 47; /* the length of its comment */
    zip_build_text(&build, "evil.exe", "hi");
    zip_build_finish(&build, "");
    struct strbuf events;
    strbuf_init(&events, 0);
    archive_events_run(&zip_format, zip_build_bytes(&build), NULL, &events);
    assert_string_equal(strbuf_text(&events),
                        "member a\n" HI "member evil.exe\n" HI WRONG "member x\n" UNGIVEN);
    strbuf_deinit(&events);
    zip_build_free(&build);
}

static void tells_two_archives_in_one(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "first.txt", "hi");
    zip_build_finish(&build, "");
    build.start = build.out.length;
    zip_build_text(&build, "second.exe", "hi");
    zip_build_finish(&build, "");
    assert_zip(&build, "member first.txt\n" HI WRONG "member second.exe\n" HI);
}

static void looks_into_comments(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_finish(&build, "PK\x05\x06 and what else an end record says, at length");
    assert_zip(&build, "member a\n" HI WRONG "outcome unsupported\n"); /* another disk, says the text */

    struct zip_build inner;
    zip_build_begin(&inner);
    zip_build_text(&inner, "evil.exe", "hi");
    zip_build_finish(&inner, "");
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    size_t at = build.out.length;
    zip_build_directory(&build);
    zip_build_end(&build, at, zip_build_bytes(&inner));
    assert_zip(&build, "member a\n" HI WRONG "member evil.exe\n" HI);
    zip_build_free(&inner);
}

static void tells_what_belongs_to_nobody(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_junk(&build, slice_of("junk"));
    zip_build_text(&build, "b", "hi");
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI WRONG "member b\n" HI);

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_junk(&build, slice_make("\0\0\0\0\0\0\0", 7));
    zip_build_text(&build, "b", "hi");
    zip_build_finish(&build, "");
    zip_build_junk(&build, slice_of("\r\n"));
    assert_zip(&build, "member a\n" HI "member b\n" HI);

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_finish(&build, "comment");
    zip_build_junk(&build, slice_of("x"));
    assert_zip(&build, "member a\n" HI); /* a footer: nobody makes an archive of it */

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_finish(&build, "");
    zip_build_junk(&build, slice_make("a footer, Rar!\x1a\x07\1\0", 18));
    assert_zip(&build, "member a\n" HI WRONG);

    char noise[4097];
    memset(noise, 'x', sizeof noise);
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_finish(&build, "");
    zip_build_junk(&build, slice_make(noise, sizeof noise));
    assert_zip(&build, "member a\n" HI WRONG);
}

static void tells_end_records_that_lie(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_directory(&build);
    zip_build_end(&build, 1, slice_of("")); /* the index is not there */
    assert_zip(&build, "member a\n" HI WRONG);

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    build.count = 2;
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI WRONG);
}

static void tells_members_of_one_name(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_text(&build, "b", "hi");
    zip_build_text(&build, "a", "ho");
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI "member b\n" HI "member a\nend complete 2 31f08f99\n" WRONG);

    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_text(&build, "a", "hi"); /* no matter which is taken */
    zip_build_finish(&build, "");
    assert_zip(&build, "member a\n" HI "member a\n" HI);
}

static uint32_t count_of(const char *events, const char *what)
{
    uint32_t count = 0;
    for (const char *at = events; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void stops_at_the_entry_bound(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    for (int i = 0; i < 20; i++)
        zip_build_text(&build, (char[]){(char)('a' + i), '\0'}, "hi");
    zip_build_finish(&build, "");
    for (uint32_t bound = 19; bound <= 21; bound++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        struct strbuf events;
        strbuf_init(&events, 0);
        options.budget.entries_left = bound;
        archive_events_run(&zip_format, zip_build_bytes(&build), &options, &events);
        assert_int_equal(count_of(strbuf_text(&events), "member "), bound < 20 ? bound : 20);
        assert_int_equal(count_of(strbuf_text(&events), "outcome over_budget"), bound < 20);
        strbuf_deinit(&events);
    }
    zip_build_free(&build);
}

/* Names go on being told when content is too much. */
static void stops_unpacking_at_the_bound(void **state)
{
    (void)state;
    static char zeroes[1000000];
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){
                              .name = "bomb", .data = slice_make(zeroes, sizeof zeroes), .method = 8});
    zip_build_text(&build, "last", "hi");
    zip_build_finish(&build, "");
    for (int more = -1; more <= 1; more++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        struct strbuf events;
        strbuf_init(&events, 0);
        options.budget.unpacked_bytes_left = sizeof zeroes + (uint64_t)more;
        archive_events_run(&zip_format, zip_build_bytes(&build), &options, &events);
        assert_int_equal(count_of(strbuf_text(&events), "outcome over_budget"), more < 0);
        assert_int_equal(count_of(strbuf_text(&events), "end complete 1000000"), more >= 0);
        assert_non_null(strstr(strbuf_text(&events), "member last\n" HI));
        strbuf_deinit(&events);
    }
    zip_build_free(&build);
}

static void stops_at_the_memory_bound(void **state)
{
    (void)state;
    struct zip_build build;
    char name[2000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    zip_build_begin(&build);
    for (int i = 0; i < 100; i++)
        zip_build_text(&build, name, "");
    zip_build_finish(&build, "");
    for (uint64_t kept = 0; kept < 600000; kept += 4001) {
        struct archive_events_options options = {
            .piece = 777, .spared = true, .budget = archive_events_budget};
        struct strbuf events;
        strbuf_init(&events, 0);
        options.budget.kept_bytes_left = kept;
        archive_events_run(&zip_format, zip_build_bytes(&build), &options, &events);
        bool over = strstr(strbuf_text(&events), "over_budget") != NULL;
        assert_true(over || count_of(strbuf_text(&events), "member ") == 100);
        assert_true(over || kept > 100 * sizeof name);
        strbuf_deinit(&events);
    }
    zip_build_free(&build);
}

static bool take_member(void *context, const struct archive_member *member)
{
    struct strbuf *events = context;
    strbuf_append_slice(events, member->name);
    strbuf_append_byte(events, '\n');
    return true;
}

static void take_name(void *context, struct slice name)
{
    struct strbuf *events = context;
    strbuf_append_slice(events, name);
}

static bool take_data(void *context, struct slice data)
{
    (void)context;
    (void)data;
    return false;
}

static void take_end(void *context, bool complete)
{
    (void)context;
    (void)complete;
}

static void take_outcome(void *context, enum archive_outcome outcome, const char *why)
{
    static const char *const kinds[] = {"encrypted\n", "contradictory\n", "damaged\n", "unsupported\n",
                                        "over\n"};
    (void)why;
    strbuf_append_text(context, kinds[outcome]);
}

static void assert_tail(struct slice file, const char *expected)
{
    struct strbuf events;
    struct archive_budget budget = archive_events_budget;
    struct archive_sink sink = {&events, take_member, take_name, take_data, take_end, take_outcome};
    struct slice tail =
        file.length < ZIP_TAIL_BYTES ? file : slice_part(file, file.length - ZIP_TAIL_BYTES, file.length);
    strbuf_init(&events, 0);
    assert_true(zip_tail_recognise(tail));
    void *owner = talloc_new(NULL);
    assert_true(zip_tail_read(owner, tail, &sink, &budget));
    talloc_free(owner);
    assert_string_equal(strbuf_text(&events), expected);
    strbuf_deinit(&events);
}

static void finds_a_zip_behind_other_data(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_junk(&build, slice_of("\xff\xd8\xff\xe0 some picture"));
    build.start = build.out.length;
    zip_build_text(&build, "evil.exe", "hi");
    build.zip64 = true;
    zip_build_finish(&build, "comment");
    zip_build_junk(&build, slice_of("more"));
    assert_tail(zip_build_bytes(&build), "contradictory\nevil.exe\n");
    zip_build_free(&build);

    /* An index that begins before the tail. */
    struct strbuf names;
    zip_build_begin(&build);
    strbuf_init(&names, 0);
    zip_build_junk(&build, slice_of("noise"));
    for (int i = 0; i < 2000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%05d", i);
        zip_build_text(&build, name, "");
    }
    zip_build_finish(&build, "");
    struct slice file = zip_build_bytes(&build),
                 tail = slice_part(file, file.length - ZIP_TAIL_BYTES, file.length);
    int seen = (int)((tail.length - 22) / 51);
    strbuf_append_text(&names, "contradictory\nunsupported\n");
    for (int i = 2000 - seen; i < 2000; i++)
        strbuf_printf(&names, "%05d\n", i);
    strbuf_append_text(&names, "contradictory\n");
    assert_tail(file, strbuf_text(&names));
    strbuf_deinit(&names);
    zip_build_free(&build);
}

static void finds_no_zip_where_there_is_none(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a", "hi");
    zip_build_finish(&build, "");
    struct slice file = zip_build_bytes(&build);
    assert_true(zip_tail_recognise(file));
    for (size_t length = 0; length < file.length; length++)
        assert_false(zip_tail_recognise(slice_part(file, 0, length)));
    for (size_t from = file.length - 22 - 47 + 1; from < file.length; from++)
        assert_false(zip_tail_recognise(slice_part(file, from, file.length)));
    zip_build_free(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_both_of_two_names),
        cmocka_unit_test(reads_a_name_of_no_length),
        cmocka_unit_test(tells_members_of_one_index_only),
        cmocka_unit_test(tells_differing_entries),
        cmocka_unit_test(sees_through_sizes_that_lie),
        cmocka_unit_test(sees_through_lengths_that_lie),
        cmocka_unit_test(tells_headers_inside_data_when_in_doubt),
        cmocka_unit_test(sees_through_index_entries_that_lie),
        cmocka_unit_test(tells_two_archives_in_one),
        cmocka_unit_test(looks_into_comments),
        cmocka_unit_test(tells_what_belongs_to_nobody),
        cmocka_unit_test(tells_end_records_that_lie),
        cmocka_unit_test(tells_members_of_one_name),
        cmocka_unit_test(stops_at_the_entry_bound),
        cmocka_unit_test(stops_unpacking_at_the_bound),
        cmocka_unit_test(stops_at_the_memory_bound),
        cmocka_unit_test(finds_a_zip_behind_other_data),
        cmocka_unit_test(finds_no_zip_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
