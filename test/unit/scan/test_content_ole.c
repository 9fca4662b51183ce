/* OLE files through the whole scan: what they hold, and whether they are installer packages themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive_events.h"
#include "scan_message.h"

#include <talloc.h>

enum { DIRECTORY_FIELD = 48, ROOT_CLASS = 80 };

static const char installer_class[] = "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

static void append_base64(struct strbuf *out, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.length; i += 3) {
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (i + j < bytes.length ? (unsigned char)bytes.data[i + j] : 0u);
        for (unsigned j = 0; j < 4; j++)
            strbuf_append_byte(out, i + j > bytes.length ? '=' : digits[group >> (18 - 6 * j) & 63]);
        if (i % 57 == 54)
            strbuf_append_text(out, "\r\n");
    }
    strbuf_append_text(out, "\r\n");
}

static const struct attachment_list *scan(void *owner, struct slice file, size_t piece_bytes)
{
    struct strbuf message;
    strbuf_init(&message, 0);
    strbuf_append_text(&message,
                       "MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=report.doc\r\n"
                       "Content-Transfer-Encoding: base64\r\n\r\n");
    append_base64(&message, file);
    assert_false(message.failed);
    const struct attachment_list *list =
        scan_message(owner, strbuf_slice(&message), NULL, (struct scan_cuts){.piece_bytes = piece_bytes});
    assert_non_null(list);
    strbuf_deinit(&message);
    return list;
}

static void finds_what_a_message_file_holds(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct slice file = archive_events_fixture("message.ole");
    const struct attachment_list *list = scan(owner, file, 0);
    assert_true(scan_has_extension(list, "exe"));
    assert_true(scan_has_extension(list, "bat"));
    assert_true(scan_has_extension(list, "cmd"));
    assert_false(scan_has_extension(list, "com")); /* "see example.com" is a subject */
    assert_string_equal(scan_executable(list), "DOS program");
    test_free((void *)(uintptr_t)file.data);
    talloc_free(owner);
}

static void leaves_a_document_alone(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct slice file = archive_events_fixture("document.ole");
    const struct attachment_list *list = scan(owner, file, 0);
    assert_int_equal(scan_conditions(list), 0);
    assert_null(scan_executable(list));
    assert_int_equal(list->count, 1);
    test_free((void *)(uintptr_t)file.data);
    talloc_free(owner);
}

/* The document with an installer's class in its root entry, which lies behind the head. */
static struct slice late_installer(void)
{
    struct slice file = archive_events_fixture("document.ole");
    uint32_t directory;
    memcpy(&directory, file.data + DIRECTORY_FIELD, sizeof directory);
    size_t at = ((size_t)directory + 1) * 512;
    assert_true(at > 4096);
    memcpy((char *)(uintptr_t)file.data + at + ROOT_CLASS, installer_class, sizeof installer_class - 1);
    return file;
}

/* The class is in the directory's first entry, which may lie in the head of the file or anywhere behind. */
static void knows_an_installer_wherever_its_class_is(void **state)
{
    (void)state;
    struct slice file = late_installer();
    struct strbuf moved;
    uint32_t directory;
    memcpy(&directory, file.data + DIRECTORY_FIELD, sizeof directory);
    size_t at = ((size_t)directory + 1) * 512;
    for (unsigned early = 0; early < 2; early++) {
        strbuf_init(&moved, 0);
        strbuf_append_slice(&moved, file);
        uint32_t first = 0;
        if (early != 0) {
            memcpy(moved.data + 512, file.data + at, 512);
            memcpy(moved.data + DIRECTORY_FIELD, &first, sizeof first);
        }
        for (size_t piece_bytes = 0; piece_bytes < 3000; piece_bytes += 977) {
            void *owner = talloc_new(NULL);
            const char *executable = scan_executable(scan(owner, strbuf_slice(&moved), piece_bytes));
            assert_string_equal(executable == NULL ? "" : executable, "Windows installer package");
            talloc_free(owner);
        }
        strbuf_deinit(&moved);
    }
    test_free((void *)(uintptr_t)file.data);
}

/* What cannot be read as an OLE file may still be searched for an archive: the class counts all the same. */
static void knows_an_installer_that_is_searched(void **state)
{
    (void)state;
    static const char *const names[] = {"report.doc", "report.zip", "report.7z", "report.iso"};
    struct content_limits limits = content_limits_default;
    struct slice file = late_installer();
    limits.levels = 0; /* an OLE file counts as a message */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t piece_bytes = 0; piece_bytes < 3000; piece_bytes += 977) {
            void *owner = talloc_new(NULL);
            const struct scan_cuts cuts = {.piece_bytes = piece_bytes};
            const char *executable = scan_executable(scan_file(owner, names[i], file, &limits, cuts));
            assert_string_equal(executable == NULL ? "" : executable, "Windows installer package");
            talloc_free(owner);
        }
    }
    test_free((void *)(uintptr_t)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_message_file_holds),
        cmocka_unit_test(leaves_a_document_alone),
        cmocka_unit_test(knows_an_installer_wherever_its_class_is),
        cmocka_unit_test(knows_an_installer_that_is_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
