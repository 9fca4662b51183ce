#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

#define TEXT_GIVEN "end complete 168 bc0e30fa\n"
#define PROGRAM_GIVEN "end complete 202 5e77e7d0\n"
#define PDF_GIVEN "end complete 20 4667c921\n"
#define FOLDER(names) "member " names " folder\nend complete\n"
#define PLAIN_FOLDERS FOLDER("DOCS") "member EMPTY.TXT\nend complete\n" FOLDER("NOTHING")
#define PLAIN_FILES                                                                                          \
    "member README.TXT\n" TEXT_GIVEN "member RECHNUNG.PDF\n" PDF_GIVEN "member ________.EXE\n" PROGRAM_GIVEN

#define UDF_FILES "member rechnung-äöü.pdf\nend incomplete\nmember 請求書.exe\nend incomplete\n"

/* In plain.iso, counted from its first descriptor at sector 16. */
enum {
    SECTOR = 2048,
    ROOT_PLACE = 158,
    SECOND_DESCRIPTOR = SECTOR,
    ROOT_AT = 7 * SECTOR,
};

static const struct archive_events_case cases[] = {
    {"plain.iso.gz", PLAIN_FOLDERS PLAIN_FILES},
    {"bootable.iso.gz", PLAIN_FOLDERS "member BOOT.CAT\nend complete 2048 e2ba7cb3\n" PLAIN_FILES},
    {"udf.iso.gz", PLAIN_FOLDERS PLAIN_FILES UDF_FILES},
    {"joliet.iso.gz", PLAIN_FOLDERS FOLDER("docs") "member empty.txt\nend complete\n" FOLDER(
                          "nothing") "member README.TXT\naka readme.txt\n" TEXT_GIVEN
                                     "member RECHNUNG.PDF\naka rechnung-äöü.pdf\n" PDF_GIVEN
                                     "member ________.EXE\naka 請求書.exe\n" PROGRAM_GIVEN},
};

static void reads_images(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&iso9660_format, cases, sizeof cases / sizeof cases[0]);
}

static struct slice image(const char *name, struct slice *whole)
{
    *whole = archive_events_fixture(name);
    return slice_part(*whole, (size_t)iso9660_format.probe_offset, whole->length);
}

static void assert_contains(const char *events, const char *wanted)
{
    if (strstr(events, wanted) == NULL)
        print_error("not in the events: %s\n", wanted);
    assert_non_null(strstr(events, wanted));
}

/* Deep directories, which Rock Ridge moves elsewhere, and names that continue in another sector. */
static void reads_all_trees(void **state)
{
    (void)state;
    static const char *const names[] = {"rock-ridge.iso.gz", "both.iso.gz", "xorriso.iso.gz"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice whole;
        struct slice file = image(names[i], &whole);
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&iso9660_format, file, NULL, &events);
        assert_null(strstr(strbuf_text(&events), "outcome"));
        assert_null(strstr(strbuf_text(&events), "incomplete"));
        assert_contains(strbuf_text(&events), "characters at the end of which comes.exe\naka A_NAME_O.EXE\n");
        assert_contains(strbuf_text(&events), "\nmember ten.cmd\naka TEN.CMD\n");
        assert_contains(strbuf_text(&events), "end complete 10 49f7e994\n");
        assert_contains(strbuf_text(&events), "aka RECHNUNG.PDF\n");
        assert_contains(strbuf_text(&events), "member 請求書.exe\naka ");
        archive_events_assert(&iso9660_format, file, strbuf_text(&events));
        strbuf_deinit(&events);
        test_free((void *)(uintptr_t)whole.data);
    }
}

static void sees_where_it_is_cut(void **state)
{
    (void)state;
    struct slice whole;
    struct slice file = image("joliet.iso.gz", &whole);
    /* The last sector is padding behind the last file. */
    archive_events_assert_truncated(&iso9660_format, file);
    struct strbuf events;
    strbuf_init(&events, 0);
    archive_events_run(&iso9660_format, slice_part(file, 0, file.length - 2 * SECTOR), NULL, &events);
    /* Names of files that did not come are known all the same. */
    assert_contains(strbuf_text(&events), "member ________.EXE\naka 請求書.exe\nend incomplete\n");
    assert_contains(strbuf_text(&events), "outcome damaged\n");
    strbuf_deinit(&events);
    test_free((void *)(uintptr_t)whole.data);
}

/* The root directory's record of this name. */
static char *find(struct slice file, const char *name)
{
    char *found = memmem(file.data + ROOT_AT, SECTOR, name, strlen(name));
    assert_non_null(found);
    return found - 33;
}

static void set_place(char *record, uint32_t sector)
{
    for (unsigned i = 0; i < 4; i++)
        record[2 + i] = (char)(sector >> (8 * i));
}

enum patch {
    DOCS_IS_ROOT,     /* a directory that lists its parent as its child */
    DOCS_BEFORE_ROOT, /* in a sector that is no directory */
    DOCS_NOWHERE,     /* beyond the end */
    DOCS_IS_FILE,     /* a file where a directory is, too */
    FILE_OVER_ALL,    /* a file whose content holds the directories of others */
    NO_TERMINATOR,
    JOLIET_ON_PLAIN, /* both trees in one directory */
    UDF_ONLY,
    HIGH_SIERRA,
    RECORD_TOO_LONG,
};

static void apply(struct slice file, enum patch patch)
{
    char *docs = find(file, "DOCS");
    char *readme = find(file, "README");
    char *bytes = (char *)(uintptr_t)file.data;
    switch (patch) {
    case DOCS_IS_ROOT:
        memcpy(docs + 2, bytes + ROOT_PLACE, 4);
        return;
    case DOCS_BEFORE_ROOT:
        set_place(docs, 18);
        return;
    case DOCS_NOWHERE:
        set_place(docs, 1 << 20);
        return;
    case DOCS_IS_FILE:
        memcpy(readme + 2, docs + 2, 4);
        return;
    case FILE_OVER_ALL:
        set_place(find(file, "NOTHING"), 25);
        set_place(readme, 24);
        readme[11] = 0x10;
        return;
    case NO_TERMINATOR:
        bytes[SECOND_DESCRIPTOR + 1] = 'X';
        return;
    case JOLIET_ON_PLAIN:
        memcpy(bytes + SECOND_DESCRIPTOR, bytes, SECTOR);
        bytes[SECOND_DESCRIPTOR] = 2;
        memcpy(bytes + SECOND_DESCRIPTOR + 88, "%/E", 3);
        memcpy(bytes + 2 * SECTOR,
               "\xFF"
               "CD001\x01",
               7);
        return;
    case UDF_ONLY:
        memcpy(bytes, "\0BEA01", 6);
        memcpy(bytes + SECTOR, "\0NSR03", 6);
        return;
    case HIGH_SIERRA:
        memset(bytes, 0, SECTOR);
        memcpy(bytes + 8, "\1CDROM", 6);
        return;
    case RECORD_TOO_LONG:
        readme[32] = (char)0xFF;
        return;
    }
}

static void tells_what_it_cannot_follow(void **state)
{
    (void)state;
    static const struct {
        enum patch patch;
        const char *events[3]; /* all of them must be told */
        bool clean;
    } patches[] = {
        {DOCS_IS_ROOT, {"member README.TXT\n" TEXT_GIVEN}, true},
        {DOCS_BEFORE_ROOT, {"outcome unsupported", "member README.TXT\n" TEXT_GIVEN}, false},
        {DOCS_NOWHERE, {"outcome damaged", "member README.TXT\nend complete"}, false},
        {DOCS_IS_FILE, {"member README.TXT\nend incomplete", "member ________.EXE\n" PROGRAM_GIVEN}, true},
        {FILE_OVER_ALL, {"member README.TXT\n", "outcome unsupported"}, false},
        {NO_TERMINATOR, {"outcome unsupported"}, false},
        {JOLIET_ON_PLAIN, {"outcome contradictory", "member README.TXT\n" TEXT_GIVEN}, false},
        {UDF_ONLY, {"outcome unsupported"}, false},
        {HIGH_SIERRA, {"outcome unsupported"}, false},
        {RECORD_TOO_LONG, {"outcome damaged", "member EMPTY.TXT"}, false},
    };
    for (size_t i = 0; i < sizeof patches / sizeof patches[0]; i++) {
        struct slice whole;
        struct slice file = image("plain.iso.gz", &whole);
        struct strbuf events;
        strbuf_init(&events, 0);
        apply(file, patches[i].patch);
        assert_true(iso9660_format.recognise(slice_part(file, 0, iso9660_format.probe_bytes)));
        archive_events_run(&iso9660_format, file, NULL, &events);
        for (size_t j = 0; j < 3 && patches[i].events[j] != NULL; j++)
            assert_contains(strbuf_text(&events), patches[i].events[j]);
        assert_int_equal(strstr(strbuf_text(&events), "outcome") == NULL, patches[i].clean);
        strbuf_deinit(&events);
        test_free((void *)(uintptr_t)whole.data);
    }
}

static void stays_within_its_budget(void **state)
{
    (void)state;
    for (uint32_t entries = 5; entries <= 7; entries++) {
        bool over;
        assert_int_equal(archive_events_count(&iso9660_format, "plain.iso.gz", entries, &over),
                         entries < 6 ? 5 : 6);
        assert_int_equal(over, entries < 6);
    }
    struct slice whole;
    struct slice file = image("both.iso.gz", &whole);
    for (uint64_t kept = 0; kept < 20000; kept += 64) {
        struct archive_events_options options = {.budget = {1000, 0, kept, 1 << 30}};
        struct strbuf events;
        strbuf_init(&events, 0);
        archive_events_run(&iso9660_format, file, &options, &events);
        if (strstr(strbuf_text(&events), "outcome ") == NULL)
            assert_contains(strbuf_text(&events), "member ten.cmd\n");
        else
            assert_true(kept < 16000);
        strbuf_deinit(&events);
    }
    test_free((void *)(uintptr_t)whole.data);
}

/* With the descriptors of ISO 9660 gone, and those of UDF in their place. */
static void tells_the_names_of_udf_alone(void **state)
{
    (void)state;
    struct slice whole, file = image("udf.iso.gz", &whole);
    char *bytes = (char *)(uintptr_t)file.data;
    size_t udf_at = 0;
    while (memcmp(bytes + udf_at + 1, "BEA01", 5) != 0)
        udf_at += SECTOR;
    memmove(bytes, bytes + udf_at, 3 * SECTOR);
    memset(bytes + 3 * SECTOR, 0, udf_at);
    archive_events_assert(&iso9660_format, file,
                          "outcome unsupported\nmember empty.txt\nend incomplete\n"
                          "member readme.txt\nend incomplete\n" UDF_FILES);
    /* No directory of UDF is found any more: what is there may be anything. */
    for (size_t at = 3 * SECTOR; at + SECTOR <= file.length; at += SECTOR)
        if (memcmp(bytes + at, "\1\1", 2) == 0)
            bytes[at + 4] ^= 1;
    archive_events_assert(&iso9660_format, file, "outcome unsupported\n");
    test_free((void *)(uintptr_t)whole.data);
}

static void says_where_udf_cannot_be_read(void **state)
{
    (void)state;
    struct slice whole, file = image("udf.iso.gz", &whole);
    char *bytes = (char *)(uintptr_t)file.data;
    for (size_t at = 0; at + SECTOR <= file.length; at += SECTOR)
        if (memcmp(bytes + at, "\1\1", 2) == 0)
            bytes[at + 4] ^= 1;
    archive_events_assert(&iso9660_format, file, PLAIN_FOLDERS PLAIN_FILES "outcome unsupported\n");
    test_free((void *)(uintptr_t)whole.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_images),
        cmocka_unit_test(reads_all_trees),
        cmocka_unit_test(sees_where_it_is_cut),
        cmocka_unit_test(tells_what_it_cannot_follow),
        cmocka_unit_test(stays_within_its_budget),
        cmocka_unit_test(tells_the_names_of_udf_alone),
        cmocka_unit_test(says_where_udf_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
