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

enum { TAR_BLOCK_BYTES = 512, SEARCHED_BYTES = 65536, PROSE_BYTES = 1024 };

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

/* What is found in a tar with one member. */
static const struct attachment_list *scan_member(void *owner, const char *name, struct slice content,
                                                 size_t piece_bytes)
{
    struct strbuf tar;
    strbuf_init(&tar, 0);
    append_tar_member(&tar, name, content.length);
    strbuf_append_slice(&tar, content);
    while (tar.length % TAR_BLOCK_BYTES != 0)
        strbuf_append_byte(&tar, '\0');
    for (unsigned i = 0; i < 2 * TAR_BLOCK_BYTES; i++)
        strbuf_append_byte(&tar, '\0');
    const struct scan_cuts cuts = {.piece_bytes = piece_bytes};
    const struct attachment_list *list = scan_file(owner, "a.tar", strbuf_slice(&tar), NULL, cuts);
    strbuf_deinit(&tar);
    return list;
}

/* Whether evil.exe is found in a zip behind `before` bytes, the letters of `noise` again and again, in a
 * member called `name`. */
static bool finds_behind(const char *name, const char *noise, size_t before, size_t piece_bytes)
{
    void *owner = talloc_new(NULL);
    struct strbuf inner;
    strbuf_init(&inner, 0);
    for (size_t i = 0; i < before; i++)
        strbuf_append_byte(&inner, noise[i % strlen(noise)]);
    append_zip_member(&inner, "evil.exe");
    bool is_found = scan_has_extension(scan_member(owner, name, strbuf_slice(&inner), piece_bytes), "exe");
    strbuf_deinit(&inner);
    talloc_free(owner);
    return is_found;
}

static void an_archive_is_searched_near_the_beginning(void **state)
{
    (void)state;
    static const char noise[] = "\1\2\3\4\5\6\7";
    for (size_t piece_bytes = 0; piece_bytes < 70000; piece_bytes += 9973) {
        assert_true(finds_behind("a.dat", noise, 100, piece_bytes));
        assert_true(finds_behind("a.dat", noise, SEARCHED_BYTES - 4 - 1, piece_bytes));
        assert_true(finds_behind("a.dat", noise, SEARCHED_BYTES - 4, piece_bytes));
        assert_false(finds_behind("a.dat", noise, SEARCHED_BYTES - 4 + 1, piece_bytes));
        assert_true(finds_behind("a.zip", noise, SEARCHED_BYTES + 5000, piece_bytes));
    }
}

/* So it is with a text, but for one that is called an archive. */
static void a_text_is_known_by_its_beginning(void **state)
{
    (void)state;
    for (size_t piece_bytes = 0; piece_bytes < 3 * PROSE_BYTES; piece_bytes += 311) {
        assert_true(finds_behind("a.txt", "prose, ", PROSE_BYTES - 3, piece_bytes));
        assert_false(finds_behind("a.txt", "prose, ", PROSE_BYTES, piece_bytes));
        assert_true(finds_behind("a.zip", "prose, ", PROSE_BYTES, piece_bytes));
        assert_true(finds_behind("a.hqx", "prose, ", PROSE_BYTES, piece_bytes));
    }
}

/* What begins as a text may still become something else. */
static void what_only_begins_as_a_text_is_read_on(void **state)
{
    (void)state;
    static const struct {
        const char *begin, *filler, *end;
    } cases[] = {
        {"<html>", "<!-- long -->\r\n", "<hta:application>"},
        {"[Shell]\r\n", "Other=1\r\n", "IconFile=x\r\n"},
        {"X-Long: yes\r\n", "X-Filler: some\r\n",
         "From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
         "Content-Type: application/x-msdownload; name=evil.exe\r\n\r\nx\r\n"},
        {"From a@example.com Mon Jan  1 00:00:00 2026\r\n", "X-Filler: some\r\n",
         "From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
         "Content-Type: application/x-msdownload; name=evil.exe\r\n\r\nx\r\n"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        void *owner = talloc_new(NULL);
        struct strbuf content;
        strbuf_init(&content, 0);
        strbuf_append_text(&content, cases[i / 2].begin);
        while (content.length < PROSE_BYTES + 500)
            strbuf_append_text(&content, cases[i / 2].filler);
        strbuf_append_text(&content, cases[i / 2].end);
        const struct attachment_list *list =
            scan_member(owner, "a.txt", strbuf_slice(&content), i % 2 == 0 ? 0 : 97);
        bool is_program = list->items[list->count - 1].executable != NULL;
        if (!is_program && !scan_has_extension(list, "exe"))
            fail_msg("%s was taken for a text", cases[i / 2].begin);
        strbuf_deinit(&content);
        talloc_free(owner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_that_is_not_at_hand_is_no_damage),
        cmocka_unit_test(an_archive_is_searched_near_the_beginning),
        cmocka_unit_test(a_text_is_known_by_its_beginning),
        cmocka_unit_test(what_only_begins_as_a_text_is_read_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
