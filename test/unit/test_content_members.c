/* What members of archives are read for: content that ends early, and how far an archive is searched in one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive_events.h"
#include "base/strbuf.h"
#include "scan_message.h"

#include <stdio.h>
#include <string.h>
#include <talloc.h>

enum { TAR_BLOCK_BYTES = 512, SEARCHED_BYTES = 65536 };

/* Of a 7z file that is too large to be kept, the first and last bytes are read: a document that is cut there
 * is not damaged. */
static void content_that_is_not_at_hand_is_no_damage(void **state)
{
    (void)state;
    struct slice file = archive_events_fixture("document.7z");
    struct content_limits limits = content_limits_default;
    for (limits.kept_bytes = 20000; limits.kept_bytes < 60000; limits.kept_bytes += 1000) {
        void *owner = talloc_new(NULL);
        const struct attachment_list *list =
            scan_file(owner, "letter.7z", file, &limits, (struct scan_cuts){0});
        assert_int_equal(scan_conditions(list), 0);
        assert_true(scan_has_extension(list, "docx"));
        talloc_free(owner);
    }
    test_free((void *)(uintptr_t)file.data);
}

static void append_tar_member(struct strbuf *out, const char *name, size_t size)
{
    char block[TAR_BLOCK_BYTES] = {0};
    unsigned sum = 8 * ' ';
    snprintf(block, 100, "%s", name);
    snprintf(block + 100, 8, "0000644");
    snprintf(block + 124, 12, "%011zo", size);
    block[156] = '0';
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    strbuf_append(out, block, sizeof block);
}

/* A zip's local header and content, with nothing behind. */
static void append_zip_member(struct strbuf *out, const char *name)
{
    static const char until_length[] = "PK\3\4\12\0\0\0\0\0\0\0\x21\0\0\0\0\0\1\0\0\0\1\0\0\0";
    strbuf_append(out, until_length, sizeof until_length - 1);
    strbuf_append_byte(out, (char)strlen(name));
    strbuf_append(out, "\0\0\0", 3);
    strbuf_append_text(out, name);
    strbuf_append_byte(out, 'x');
}

/* Whether evil.exe is found in a zip behind `before` bytes of noise in a member called `name` of a tar. */
static bool finds_behind(const char *name, size_t before, size_t piece_bytes)
{
    void *owner = talloc_new(NULL);
    struct strbuf inner, tar;
    strbuf_init(&inner, 0);
    strbuf_init(&tar, 0);
    for (size_t i = 0; i < before; i++)
        strbuf_append_byte(&inner, (char)(i % 7 + 1));
    append_zip_member(&inner, "evil.exe");
    append_tar_member(&tar, name, inner.length);
    strbuf_append_slice(&tar, strbuf_slice(&inner));
    while (tar.length % TAR_BLOCK_BYTES != 0)
        strbuf_append_byte(&tar, '\0');
    for (unsigned i = 0; i < 2 * TAR_BLOCK_BYTES; i++)
        strbuf_append_byte(&tar, '\0');
    const struct scan_cuts cuts = {.piece_bytes = piece_bytes};
    bool is_found = scan_has_extension(scan_file(owner, "a.tar", strbuf_slice(&tar), NULL, cuts), "exe");
    strbuf_deinit(&inner);
    strbuf_deinit(&tar);
    talloc_free(owner);
    return is_found;
}

static void an_archive_is_searched_near_the_beginning(void **state)
{
    (void)state;
    for (size_t piece_bytes = 0; piece_bytes < 70000; piece_bytes += 9973) {
        assert_true(finds_behind("a.dat", 100, piece_bytes));
        assert_true(finds_behind("a.dat", SEARCHED_BYTES - 4 - 1, piece_bytes));
        assert_true(finds_behind("a.dat", SEARCHED_BYTES - 4, piece_bytes));
        assert_false(finds_behind("a.dat", SEARCHED_BYTES - 4 + 1, piece_bytes));
        assert_true(finds_behind("a.zip", SEARCHED_BYTES + 5000, piece_bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_that_is_not_at_hand_is_no_damage),
        cmocka_unit_test(an_archive_is_searched_near_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
