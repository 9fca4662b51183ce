#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/zip/zip_headers.h"
#include "archive_events.h"
#include "zip_build.h"

#include <lzma.h>
#include <stdlib.h>

#define HI "end complete 2 d8932aac\n"
#define FIVE_THOUSAND_A "end complete 5000 4cf45976\n"

static struct slice five_thousand_a(void)
{
    static char bytes[5000];
    memset(bytes, 'a', sizeof bytes);
    return slice_make(bytes, sizeof bytes);
}

/* Finishes the archive, asserts its events for every cut, and frees it. */
static void assert_zip(struct zip_build *build, const char *comment, const char *events)
{
    zip_build_finish(build, comment);
    assert_true(zip_format.recognise(zip_build_bytes(build)));
    archive_events_assert(&zip_format, zip_build_bytes(build), events);
    zip_build_free(build);
}

static void reads_ordinary_archives(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    assert_zip(&build, "", "");

    zip_build_begin(&build);
    zip_build_text(&build, "a.txt", "hi");
    zip_build_text(&build, "folder/", "");
    zip_build_add(&build,
                  &(struct zip_build_member){.name = "folder/b.txt", .data = five_thousand_a(), .method = 8});
    zip_build_add(&build, &(struct zip_build_member){.name = "empty", .method = 8});
    assert_zip(&build, "with a comment",
               "member a.txt\n" HI
               "member folder/ folder\nend complete\nmember folder/b.txt\n" FIVE_THOUSAND_A
               "member empty\nend complete\n");
}

static void reads_streamed_archives(void **state)
{
    (void)state;
    for (unsigned method = 0; method <= 8; method += 8) {
        for (enum zip_build_descriptor kind = ZIP_BUILD_SHORT_DESCRIPTOR;
             kind <= ZIP_BUILD_BARE_LONG_DESCRIPTOR; kind++) {
            struct zip_build build;
            zip_build_begin(&build);
            zip_build_add(&build,
                          &(struct zip_build_member){
                              .name = "a", .data = five_thousand_a(), .method = method, .descriptor = kind});
            zip_build_add(&build,
                          &(struct zip_build_member){
                              .name = "b", .data = slice_of("hi"), .method = method, .descriptor = kind});
            zip_build_add(&build, &(struct zip_build_member){.name = "none", .descriptor = kind});
            assert_zip(&build, "",
                       "member a\n" FIVE_THOUSAND_A "member b\n" HI "member none\nend complete\n");
        }
    }
}

/* Writers differ on what they leave in the local header, and on folders. */
static void reads_odd_but_honest_archives(void **state)
{
    (void)state;
    struct zip_build build;
    const struct zip_build_member stays = {.name = "a",
                                           .data = slice_of("hi"),
                                           .method = 8,
                                           .sizes_stay = true,
                                           .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR};
    const struct zip_build_member large = {.name = "b", .data = slice_of("hi"), .zip64 = true};
    const struct zip_build_member large_streamed = {.name = "c",
                                                    .data = slice_of("hi"),
                                                    .method = 8,
                                                    .zip64 = true,
                                                    .descriptor = ZIP_BUILD_LONG_DESCRIPTOR};
    const struct zip_build_member bare_folder = {.name = "d/", .flags = 8};
    zip_build_begin(&build);
    build.zip64 = true;
    zip_build_add(&build, &stays);
    zip_build_add(&build, &large);
    zip_build_add(&build, &large_streamed);
    zip_build_add(&build, &bare_folder);
    zip_build_text(&build, "e", "hi");
    assert_zip(&build, "",
               "member a\n" HI "member b\n" HI "member c\n" HI
               "member d/ folder\nend complete\nmember e\n" HI);
}

static void tells_unicode_names(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){.name = "???.txt",
                                                     .data = slice_of("hi"),
                                                     .unicode_name = "請求書.txt",
                                                     .listed_unicode_name = "請求書.txt"});
    zip_build_add(&build, &(struct zip_build_member){.name = "a.txt", .unicode_name = "a.exe"});
    zip_build_add(&build, &(struct zip_build_member){.name = "b.txt", .listed_unicode_name = "b.exe"});
    assert_zip(&build, "",
               "member ???.txt\naka 請求書.txt\n" HI "member a.txt\naka a.exe\nend complete\n"
               "member b.txt\nend complete\nmember b.exe\nend incomplete\n");
}

static void reads_an_archive_made_for_disks(void **state)
{
    (void)state;
    struct zip_build build;
    for (size_t start = 0; start <= 4; start += 4) {
        zip_build_begin(&build);
        zip_build_junk(&build, slice_of("PK00"));
        build.start = start;
        zip_build_text(&build, "a", "hi");
        assert_zip(&build, "", "member a\n" HI);
    }
}

/* A zip in a zip, stored and streamed: its headers pass, and its own descriptors end nothing. */
static void reads_a_zip_inside(void **state)
{
    (void)state;
    struct zip_build inner, build;
    struct strbuf events;
    zip_build_begin(&inner);
    zip_build_add(&inner, &(struct zip_build_member){.name = "in",
                                                     .data = slice_of("hi"),
                                                     .method = 8,
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    zip_build_finish(&inner, "");
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){.name = "in.zip",
                                                     .data = zip_build_bytes(&inner),
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    zip_build_text(&build, "z", "hi");
    zip_build_finish(&build, "");
    strbuf_init(&events, 0);
    archive_events_run(&zip_format, zip_build_bytes(&build), NULL, &events);
    assert_non_null(strstr(strbuf_text(&events), "member in.zip\nend complete "));
    assert_non_null(strstr(strbuf_text(&events), "\nmember z\n" HI));
    assert_null(strstr(strbuf_text(&events), "outcome"));
    assert_null(strstr(strbuf_text(&events), "member in\n"));
    archive_events_assert(&zip_format, zip_build_bytes(&build), strbuf_text(&events));
    strbuf_deinit(&events);
    zip_build_free(&inner);
    zip_build_free(&build);
}

static void tells_encryption(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){.name = "a", .data = slice_of("hi"), .flags = 1});
    zip_build_add(&build,
                  &(struct zip_build_member){.name = "b", .data = slice_of("hi"), .flags = 1, .method = 99});
    zip_build_add(&build, &(struct zip_build_member){.name = "c",
                                                     .data = slice_of("hi"),
                                                     .flags = 1,
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    assert_zip(
        &build, "",
        "member a encrypted\nend incomplete\nmember b encrypted\nend incomplete\nmember c encrypted\nend "
        "incomplete\n");

    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){
                              .name = "1", .data = slice_of("hi"), .flags = 0x2041, .unlisted = true});
    zip_build_junk(&build, slice_make("PK\x06\x08\x04\0\0\0abcd and an encrypted index", 35));
    assert_zip(&build, "", "outcome index_encrypted\nmember 1 encrypted\nend incomplete\n");
}

/* What cannot be unpacked here, or not at all, still has a name. */
static void goes_on_where_content_cannot_be_had(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){
                              .name = "wavpack", .data = slice_of("hi"), .method = 97, .raw = true});
    zip_build_add(&build, &(struct zip_build_member){
                              .name = "bad", .data = slice_of("\xff\xff\xff\xff"), .method = 8, .raw = true});
    zip_build_add(&build, &(struct zip_build_member){
                              .name = "short", .data = slice_make("\x4b\x4c", 2), .method = 8, .raw = true});
    zip_build_text(&build, "z", "hi");
    assert_zip(
        &build, "",
        "member wavpack\noutcome unsupported\nend incomplete\nmember bad\noutcome damaged\nend incomplete\nmember short\nend "
        "incomplete 1 e8b7be43\nmember z\n" HI);
}

static void spares_the_sink(void **state)
{
    (void)state;
    struct zip_build build;
    struct strbuf events;
    const struct archive_events_options spared = {.spared = true, .budget = archive_events_budget};
    const struct archive_events_options enough = {
        .data_most = 100, .piece = 300, .budget = archive_events_budget};
    zip_build_begin(&build);
    zip_build_add(&build, &(struct zip_build_member){.name = "a",
                                                     .data = five_thousand_a(),
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    zip_build_add(&build, &(struct zip_build_member){.name = "b", .data = five_thousand_a(), .method = 8});
    zip_build_text(&build, "c", "hi");
    zip_build_finish(&build, "");
    strbuf_init(&events, 0);
    archive_events_run(&zip_format, zip_build_bytes(&build), &spared, &events);
    assert_string_equal(strbuf_text(&events),
                        "member a\nend incomplete\nmember b\nend incomplete\nmember c\nend incomplete\n");
    strbuf_reset(&events);
    archive_events_run(&zip_format, zip_build_bytes(&build), &enough, &events);
    assert_non_null(strstr(strbuf_text(&events), "member c\n" HI));
    assert_null(strstr(strbuf_text(&events), "outcome"));
    strbuf_deinit(&events);
    zip_build_free(&build);
}

static void tells_every_truncation(void **state)
{
    (void)state;
    struct zip_build build;
    zip_build_begin(&build);
    zip_build_text(&build, "a.txt", "hi");
    zip_build_add(&build, &(struct zip_build_member){.name = "b",
                                                     .data = five_thousand_a(),
                                                     .method = 8,
                                                     .descriptor = ZIP_BUILD_SHORT_DESCRIPTOR});
    zip_build_finish(&build, "comment");
    archive_events_assert_truncated(&zip_format, zip_build_bytes(&build));
    zip_build_free(&build);
}

static void reads_what_tools_write(void **state)
{
    (void)state;
    static const char *const names[] = {"infozip.zip",
                                        "infozip-streamed.zip",
                                        "infozip-stored-streamed.zip",
                                        "infozip-encrypted.zip",
                                        "infozip-zip64.zip",
                                        "jar.jar",
                                        "seven-zip.zip",
                                        "python-streamed.zip",
                                        "python-zip64.zip",
                                        "epub.epub",
                                        "infozip-bzip2.zip",
                                        "seven-zip-lzma.zip",
                                        "seven-zip-xz.zip"};
    struct strbuf events;
    strbuf_init(&events, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice file = archive_events_fixture(names[i]);
        strbuf_reset(&events);
        archive_events_run(&zip_format, file, NULL, &events);
        if (strstr(strbuf_text(&events), "outcome") != NULL)
            print_error("%s: %s\n", names[i], strbuf_text(&events));
        assert_null(strstr(strbuf_text(&events), "outcome"));
        assert_non_null(strstr(strbuf_text(&events), "member "));
        archive_events_assert(&zip_format, file, strbuf_text(&events));
        archive_events_assert_truncated(&zip_format, file);
        test_free((void *)file.data);
    }
    strbuf_deinit(&events);
}

/* Five thousand letters by LZMA as zips have it: with its end marked where `size` is UINT64_MAX. */
static void pack_lzma(struct strbuf *packed, uint64_t size)
{
    lzma_options_lzma options = {0};
    lzma_lzma_preset(&options, 0);
    options.ext_size_low = (uint32_t)size;
    options.ext_size_high = (uint32_t)(size >> 32);
    options.dict_size = 4096;
    lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA1EXT, .options = &options}, {.id = LZMA_VLI_UNKNOWN}};
    if (size == UINT64_MAX)
        filters[0].id = LZMA_FILTER_LZMA1;
    uint8_t bytes[1000];
    size_t length = 0;
    assert_int_equal(lzma_raw_buffer_encode(filters, NULL, (const uint8_t *)five_thousand_a().data, 5000,
                                            bytes, &length, sizeof bytes),
                     LZMA_OK);
    strbuf_append(packed, "\x10\x02\x05\x00\x5D\x00\x10\x00\x00", 9);
    strbuf_append(packed, bytes, length);
}

static struct slice lzma_zip(struct zip_build *build, struct slice packed, bool is_marked)
{
    enum { SIZE_AT = 22, SIZE = 5000 };
    zip_build_begin(build);
    zip_build_add(build,
                  &(struct zip_build_member){
                      .name = "a", .data = packed, .method = 14, .flags = is_marked ? 2 : 0, .raw = true});
    zip_build_finish(build, "");
    for (unsigned i = 0; i < 4; i++)
        build->out.data[SIZE_AT + i] = (char)(SIZE >> (8 * i));
    return zip_build_bytes(build);
}

static void reads_lzma(void **state)
{
    (void)state;
    for (unsigned marked = 0; marked < 2; marked++) {
        struct zip_build build;
        struct strbuf packed;
        strbuf_init(&packed, 0);
        pack_lzma(&packed, marked != 0 ? UINT64_MAX : 5000);
        struct slice file = lzma_zip(&build, strbuf_slice(&packed), marked != 0);
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&zip_format, file, NULL, &events);
        assert_non_null(strstr(strbuf_text(&events), "member a\n" FIVE_THOUSAND_A));
        assert_null(strstr(strbuf_text(&events), "damaged"));
        archive_events_assert(&zip_format, file, strbuf_text(&events));
        strbuf_deinit(&events);
        zip_build_free(&build);
        packed.data[2] = 6; /* no such properties */
        archive_events_assert(&zip_format, lzma_zip(&build, strbuf_slice(&packed), marked != 0),
                              "member a\noutcome damaged\nend incomplete\noutcome contradictory\n");
        zip_build_free(&build);
        strbuf_deinit(&packed);
    }
}

static void is_not_fooled_by_lists_of_parts(void **state)
{
    (void)state;
    assert_false(zip_format.recognise(slice_of("PK00123;bolt;4")));
    assert_false(zip_format.recognise(slice_of("PKZ")));
    assert_false(zip_format.recognise(slice_of("")));
}

/* One offset after the other; a spanning mark is none of those that are looked for. */
static size_t find_signature_slowly(struct slice s, size_t from)
{
    while (from + ZIP_SIGNATURE_BYTES <= s.length) {
        enum zip_signature signature = zip_signature_at(slice_part(s, from, s.length));
        if (signature != ZIP_NO_SIGNATURE && signature != ZIP_SPANNED)
            return from;
        from++;
    }
    return from;
}

static void finds_signatures_wherever_they_are(void **state)
{
    (void)state;
    static const char letters[] = "PPPKKK\1\2\3\4\5\6\7\7\10\0abc";
    srand(20260101);
    for (unsigned round = 0; round < 20000; round++) {
        char drawn[300] = {0};
        size_t length = (size_t)rand() % sizeof drawn, at = 0;
        bool is_rare = round % 2 == 0;
        for (size_t i = 0; i < length; i++)
            drawn[i] = is_rare && rand() % 8 != 0 ? 'x' : letters[(size_t)rand() % (sizeof letters - 1)];
        if (length >= ZIP_SIGNATURE_BYTES && is_rare)
            memcpy(drawn + (size_t)rand() % (length - ZIP_SIGNATURE_BYTES + 1), "PK\3\4",
                   ZIP_SIGNATURE_BYTES);
        /* At the end of its allocation, so that a sanitizer sees a byte read too far. */
        char *bytes = malloc(length == 0 ? 1 : length);
        assert_non_null(bytes);
        memcpy(bytes, drawn, length);
        struct slice all = slice_make(bytes, length);
        for (; at < length; at += 1 + (size_t)rand() % 40)
            assert_int_equal(zip_signature_find(all, at), find_signature_slowly(all, at));
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ordinary_archives),
        cmocka_unit_test(reads_streamed_archives),
        cmocka_unit_test(reads_odd_but_honest_archives),
        cmocka_unit_test(tells_unicode_names),
        cmocka_unit_test(reads_an_archive_made_for_disks),
        cmocka_unit_test(reads_a_zip_inside),
        cmocka_unit_test(tells_encryption),
        cmocka_unit_test(goes_on_where_content_cannot_be_had),
        cmocka_unit_test(spares_the_sink),
        cmocka_unit_test(tells_every_truncation),
        cmocka_unit_test(reads_what_tools_write),
        cmocka_unit_test(reads_lzma),
        cmocka_unit_test(is_not_fooled_by_lists_of_parts),
        cmocka_unit_test(finds_signatures_wherever_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
