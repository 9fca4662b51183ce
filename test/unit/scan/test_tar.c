#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/tar/tar_header.h"
#include "archive_events.h"

#define HI "end complete 2 d8932aac\n"
#define NONE "end complete\n"
#define WRONG "outcome contradictory\n"
#define DAMAGED "outcome damaged\n"

/* Writes the check sum into the last block. */
static void seal(struct strbuf *out)
{
    char *block = out->data + out->length - TAR_BLOCK_BYTES;
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += (unsigned char)block[i];
    char digits[16];
    snprintf(digits, sizeof digits, "%06o", sum);
    memcpy(block + 148, digits, 7);
}

static void put_header(struct strbuf *out, const char *name, char type, unsigned size)
{
    char block[TAR_BLOCK_BYTES] = {0};
    char digits[16];
    snprintf(digits, sizeof digits, "%011o", size);
    memcpy(block, name, strnlen(name, 100));
    memcpy(block + 124, digits, 11);
    block[156] = type;
    static const char magic[8] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    memcpy(block + 257, magic, sizeof magic);
    strbuf_append(out, block, sizeof block);
    seal(out);
}

static void put_content(struct strbuf *out, struct slice content)
{
    strbuf_append_slice(out, content);
    while (out->length % TAR_BLOCK_BYTES != 0)
        strbuf_append_byte(out, '\0');
}

static void put_member(struct strbuf *out, const char *name, char type, const char *content)
{
    put_header(out, name, type, (unsigned)strlen(content));
    put_content(out, slice_of(content));
}

static void put_end(struct strbuf *out)
{
    static const char zeroes[2 * TAR_BLOCK_BYTES];
    strbuf_append(out, zeroes, sizeof zeroes);
}

static void assert_tar(struct strbuf *out, const char *events)
{
    assert_true(tar_format.recognise(strbuf_slice(out)));
    archive_events_assert(&tar_format, strbuf_slice(out), events);
    strbuf_reset(out);
}

static void reads_what_tools_write(void **state)
{
    (void)state;
#define LONG                                                                                                 \
    "long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/"   \
    "long/long/long/long/long/long/long/long/long/long/name.txt"
    static const char *const fixtures[][2] = {
        {"ustar.tar",
         "member readme.txt\n" HI "member " LONG "\n" HI "member 請.txt\n" HI "member docs/ folder\n" NONE},
        {"gnu.tar",
         "member readme.txt\n" HI "member " LONG "\n" HI "member 請.txt\n" HI "member docs/ folder\n" NONE},
        {"pax.tar", "member readme.txt\n" HI "member " LONG "\n" HI "member 請.txt\naka ?.txt\n" HI
                    "member docs/ folder\n" NONE},
        {"v7.tar", "member readme.txt\nend complete 168 bc0e30fa\nmember empty.txt\n" NONE},
        {"sparse.tar", "member holes\nend incomplete\nmember readme.txt\nend complete 168 bc0e30fa\n"},
    };
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct slice file = archive_events_fixture(fixtures[i][0]);
        assert_true(tar_format.recognise(slice_part(file, 0, TAR_BLOCK_BYTES)));
        archive_events_assert(&tar_format, file, fixtures[i][1]);
        test_free((void *)file.data);
    }
}

static void tells_every_name(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    put_member(&out, "pax", 'x', "21 path=dir/evil.exe\n16 path=evil.js\n28 GNU.sparse.name=evil.bat\n");
    put_member(&out, "safe.txt", '0', "hi");
    put_member(&out, "././@LongLink", 'L', "other.exe");
    put_member(&out, "oth", '0', "hi");
    put_member(&out, "././@LongLink", 'L', "other.exe");
    put_member(&out, "././@LongLink", 'K', "target");
    put_header(&out, "link", '2', 0);
    put_end(&out);
    assert_tar(&out, "member dir/evil.exe\naka evil.js\naka evil.bat\naka safe.txt\n" HI
                     "member other.exe\n" HI "member other.exe\naka link\n" NONE);
    strbuf_deinit(&out);
}

static void tells_contradictions(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    put_member(&out, "a", '0', "hi");
    put_end(&out);
    put_member(&out, "evil.exe", '0', "hi");
    assert_tar(&out, "member a\n" HI WRONG "member evil.exe\n" HI);

    put_member(&out, "pax", 'x', "9 size=2\n");
    put_header(&out, "a", '0', 1024);
    put_content(&out, slice_of("hi"));
    put_member(&out, "evil.exe", '0', "hi");
    put_end(&out);
    assert_tar(&out, WRONG "member a\n" HI "member evil.exe\n" HI);

    put_header(&out, "a", '1', 512);
    put_member(&out, "evil.exe", '0', "hi");
    put_end(&out);
    assert_tar(&out, WRONG "member a\n" NONE "member evil.exe\n" HI);

    put_member(&out, "all", 'g', "17 path=evil.exe\n");
    put_member(&out, "a", '0', "hi");
    put_end(&out);
    assert_tar(&out, WRONG "member evil.exe\naka a\n" HI);
    strbuf_deinit(&out);
}

static void goes_on_after_damage(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    put_member(&out, "a", '0', "hi");
    put_content(&out, slice_of("no header"));
    put_member(&out, "evil.exe", '0', "hi");
    put_end(&out);
    put_content(&out, slice_of("what the tape held before"));
    strbuf_append_text(&out, "\r\n");
    assert_tar(&out, "member a\n" HI DAMAGED "member evil.exe\n" HI);

    put_member(&out, "pax", 'x', "999 path=evil.exe\n");
    put_member(&out, "a", '0', "hi");
    assert_tar(&out, DAMAGED "member a\n" HI);

    put_header(&out, "a", '0', 0);
    memset(out.data + 124, 0xff, 12); /* a size beyond all bounds */
    seal(&out);
    put_member(&out, "b", '0', "hi");
    assert_tar(&out, DAMAGED "member a\n" NONE "member b\n" HI);
    strbuf_deinit(&out);
}

static void bounds_what_it_keeps(void **state)
{
    (void)state;
    struct strbuf out, events, expected;
    char *name = test_malloc(TAR_EXTENSION_MOST_BYTES);
    memset(name, 'n', TAR_EXTENSION_MOST_BYTES);
    strbuf_init(&out, 0);
    strbuf_init(&events, 0);
    strbuf_init(&expected, 0);
    for (unsigned more = 0; more <= 1; more++) {
        put_header(&out, "x", 'L', TAR_EXTENSION_MOST_BYTES + more);
        put_content(&out, slice_make(name, TAR_EXTENSION_MOST_BYTES));
        put_member(&out, "b", '0', "hi");
        archive_events_run(&tar_format, strbuf_slice(&out), NULL, &events);
        strbuf_append_text(&expected, "member ");
        strbuf_append(&expected, name, TAR_EXTENSION_MOST_BYTES);
        strbuf_append_text(&expected, "\naka b\n" HI);
        assert_string_equal(strbuf_text(&events),
                            more == 0 ? strbuf_text(&expected) : "outcome over_budget\n");
        strbuf_reset(&out);
        strbuf_reset(&events);
        strbuf_reset(&expected);
    }
    test_free(name);
    strbuf_deinit(&out);
    strbuf_deinit(&events);
    strbuf_deinit(&expected);
}

static void stops_at_the_entry_bound(void **state)
{
    (void)state;
    struct strbuf out, events;
    strbuf_init(&out, 0);
    strbuf_init(&events, 0);
    put_member(&out, "a", '0', "hi");
    put_member(&out, "b", '0', "hi");
    for (uint32_t bound = 1; bound <= 3; bound++) {
        struct archive_events_options options = {.budget = archive_events_budget};
        options.budget.entries_left = bound;
        archive_events_run(&tar_format, strbuf_slice(&out), &options, &events);
        assert_string_equal(strbuf_text(&events), bound == 1 ? "member a\n" HI "outcome over_budget\n"
                                                             : "member a\n" HI "member b\n" HI);
        strbuf_reset(&events);
    }
    strbuf_deinit(&out);
    strbuf_deinit(&events);
}

static void takes_no_noise_for_an_archive(void **state)
{
    (void)state;
    char block[TAR_BLOCK_BYTES];
    memset(block, 0, sizeof block);
    assert_false(tar_format.recognise(slice_make(block, sizeof block)));
    memset(block, ' ', sizeof block);
    assert_false(tar_format.recognise(slice_make(block, sizeof block)));
    memset(block, '7', sizeof block);
    assert_false(tar_format.recognise(slice_make(block, sizeof block)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_tools_write),        cmocka_unit_test(tells_every_name),
        cmocka_unit_test(tells_contradictions),          cmocka_unit_test(goes_on_after_damage),
        cmocka_unit_test(bounds_what_it_keeps),          cmocka_unit_test(stops_at_the_entry_bound),
        cmocka_unit_test(takes_no_noise_for_an_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
