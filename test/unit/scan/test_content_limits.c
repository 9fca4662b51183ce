/* Every bound of the scan at one below, at, and one above: only above is told, and never as clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "scan_message.h"

#include <stdio.h>
#include <talloc.h>

static const char head[] = "MIME-Version: 1.0\r\n";

/* Scans what `build` makes for `count` and returns whether a bound was reached. */
static bool is_over(void (*build)(struct strbuf *out, unsigned count), unsigned count,
                    const struct content_limits *limits)
{
    struct strbuf message;
    void *owner = talloc_new(NULL);
    strbuf_init(&message, 0);
    strbuf_append_text(&message, head);
    build(&message, count);
    assert_false(message.failed);
    const struct attachment_list *list =
        scan_message(owner, strbuf_slice(&message), limits, (struct scan_cuts){0});
    assert_non_null(list);
    bool over = (scan_conditions(list) & ATTACHMENT_OVER_BUDGET) != 0;
    strbuf_deinit(&message);
    talloc_free(owner);
    return over;
}

static void assert_bound(void (*build)(struct strbuf *out, unsigned count), unsigned bound,
                         const struct content_limits *limits)
{
    assert_false(is_over(build, bound - 1, limits));
    assert_false(is_over(build, bound, limits));
    assert_true(is_over(build, bound + 1, limits));
}

static void build_levels(struct strbuf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(out, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i, i);
    strbuf_append_text(out, "Content-Type: text/plain\r\n\r\nhello\r\n");
}

static void build_messages(struct strbuf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_text(out, "Content-Type: message/rfc822\r\n\r\n");
    strbuf_append_text(out, "Content-Type: text/plain\r\n\r\nhello\r\n");
}

static void levels(void **state)
{
    (void)state;
    assert_bound(build_levels, 64, NULL);
    assert_bound(build_messages, 64, NULL);
}

/* Multiparts and leaves alike are parts. */
static void build_parts(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (unsigned i = 1; i < count; i++)
        strbuf_append_text(out, "--b\r\n\r\nx\r\n");
    strbuf_append_text(out, "--b--\r\n");
}

static void parts(void **state)
{
    (void)state;
    assert_bound(build_parts, 2000, NULL);
}

static void build_uuencoded(struct strbuf *out, unsigned count)
{
    strbuf_truncate(out, 0);
    strbuf_append_text(out, "Subject: mail from before MIME\r\n\r\n");
    for (unsigned i = 1; i < count; i++) /* the message is a part too */
        strbuf_printf(out, "begin 644 a%u\r\n`\r\nend\r\n", i);
}

static void uuencoded_files_are_parts(void **state)
{
    (void)state;
    assert_bound(build_uuencoded, 2000, NULL);
}

static void build_headers(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n");
    for (unsigned i = 0; i < count; i++)
        strbuf_append_text(out, "X: y\r\n");
    strbuf_append_text(out, "\r\nhello\r\n--b--\r\n");
}

static void build_top_headers(struct strbuf *out, unsigned count)
{
    for (unsigned i = 1; i < count; i++) /* MIME-Version is one */
        strbuf_append_text(out, "X: y\r\n");
    strbuf_append_text(out, "\r\nhello\r\n");
}

static void headers_per_part(void **state)
{
    (void)state;
    assert_bound(build_headers, 1000, NULL);
    assert_bound(build_top_headers, 1000, NULL);
}

static void append_fill(struct strbuf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, 'x');
}

static void build_long_header(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX:");
    append_fill(out, count - 2);
    strbuf_append_text(out, "\r\n\r\nhello\r\n--b--\r\n");
}

static void build_folded_header(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX:");
    append_fill(out, 1000);
    strbuf_append_text(out, "\r\n ");
    append_fill(out, count - 2 - 1000 - 2); /* the fold is two bytes: LF and the blank */
    strbuf_append_text(out, "\r\n\r\nhello\r\n--b--\r\n");
}

static void build_long_top_header(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "X:");
    append_fill(out, count - 1);
    strbuf_append_text(out, "\r\n\r\nhello\r\n");
}

static void header_bytes(void **state)
{
    (void)state;
    assert_bound(build_long_header, 65536, NULL);
    assert_bound(build_folded_header, 65536, NULL);
    assert_bound(build_long_top_header, 65536, NULL);
}

static void build_parameters(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: text/plain");
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(out, "; p%u=x", i);
    strbuf_append_text(out, "\r\n\r\nhello\r\n");
}

static void parameters_per_header(void **state)
{
    (void)state;
    assert_bound(build_parameters, 64, NULL);
}

static void build_comments(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: text/plain ");
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, '(');
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, ')');
    strbuf_append_text(out, "\r\n\r\nhello\r\n");
}

static void comment_levels(void **state)
{
    (void)state;
    assert_bound(build_comments, 8, NULL);
}

static void build_names(struct strbuf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(out, "Content-Disposition: attachment; filename=f%u.txt\r\n", i);
    strbuf_append_text(out, "\r\nhello\r\n");
}

static void names_per_part(void **state)
{
    (void)state;
    assert_bound(build_names, 100, NULL);
}

static void build_boundaries(struct strbuf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(out, "Content-Type: multipart/mixed; boundary=b%u\r\n", i);
    strbuf_append_text(out, "\r\nhello\r\n");
}

static void boundaries_per_part(void **state)
{
    (void)state;
    assert_bound(build_boundaries, 16, NULL);
}

static void build_long_boundary(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=\"");
    append_fill(out, count);
    strbuf_append_text(out, "\"\r\n\r\nhello\r\n");
}

static void boundary_bytes(void **state)
{
    (void)state;
    assert_bound(build_long_boundary, 900, NULL);
}

static void build_named_parts(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (unsigned i = 0; i < count; i++)
        strbuf_append_text(out, "--b\r\nContent-Disposition: attachment; filename=abcdefgh.txt\r\n\r\nx\r\n");
    strbuf_append_text(out, "--b--\r\n");
}

static void kept_bytes(void **state)
{
    (void)state;
    struct content_limits limits = content_limits_default;
    limits.kept_bytes = 50 * (sizeof(struct attachment) + sizeof(struct slice) + 2 * strlen("abcdefgh.txt"));
    assert_bound(build_named_parts, 50, &limits);
}

static void build_body(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    append_fill(out, count);
}

static void work_units(void **state)
{
    (void)state;
    struct content_limits limits = content_limits_default;
    unsigned header_work = (unsigned)strlen("multipart/mixed; boundary=b") * 1024;
    limits.work_units = header_work + 5000;
    assert_bound(build_body, 5000, &limits);
}

static void build_dash_lines(struct strbuf *out, unsigned count)
{
    strbuf_append_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (unsigned i = 0; i < count; i++)
        strbuf_append_text(out, "--\r\n");
    append_fill(out, 1000);
}

/* A line that may be a delimiter costs more than its bytes. */
static void work_of_lines(void **state)
{
    (void)state;
    struct content_limits limits = content_limits_default;
    limits.work_units = strlen("multipart/mixed; boundary=b") * 1024 + 100 * 2 * (128 + 8 * 2) + 2000;
    assert_false(is_over(build_dash_lines, 90, &limits));
    assert_true(is_over(build_dash_lines, 110, &limits));
}

static void append_u16(struct strbuf *out, size_t number)
{
    strbuf_append_byte(out, (char)(number & 255));
    strbuf_append_byte(out, (char)(number >> 8 & 255));
}

static void append_u32(struct strbuf *out, size_t number)
{
    append_u16(out, number & 0xffff);
    append_u16(out, number >> 16);
}

/* A zip with `count` stored members called a0, a1 and so on, each holding `content`. */
static void append_zip(struct strbuf *out, unsigned count, struct slice content)
{
    struct strbuf directory;
    char name[16];
    strbuf_init(&directory, 0);
    size_t start = out->length;
    for (unsigned i = 0; i < count; i++) {
        size_t offset = out->length - start;
        size_t length = (size_t)snprintf(name, sizeof name, "a%u", i);
        strbuf_append(out, "PK\3\4\12\0\0\0\0\0\0\0!P\0\0\0\0", 18);
        append_u32(out, content.length);
        append_u32(out, content.length);
        append_u16(out, length);
        append_u16(out, 0);
        strbuf_append(out, name, length);
        strbuf_append_slice(out, content);
        strbuf_append(&directory, "PK\1\2\12\0\12\0\0\0\0\0\0\0!P\0\0\0\0", 20);
        append_u32(&directory, content.length);
        append_u32(&directory, content.length);
        append_u16(&directory, length);
        strbuf_append(&directory, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
        append_u32(&directory, offset);
        strbuf_append(&directory, name, length);
    }
    size_t directory_offset = out->length - start;
    strbuf_append_slice(out, strbuf_slice(&directory));
    strbuf_append(out, "PK\5\6\0\0\0\0", 8);
    append_u16(out, count);
    append_u16(out, count);
    append_u32(out, directory.length);
    append_u32(out, directory_offset);
    append_u16(out, 0);
    strbuf_deinit(&directory);
}

static void build_archive_entries(struct strbuf *out, unsigned count)
{
    strbuf_append_text(
        out, "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: binary\r\n\r\n");
    append_zip(out, count, slice_make("", 0));
}

static void archive_entries(void **state)
{
    (void)state;
    struct content_limits limits = content_limits_default;
    limits.archive_entries = 50;
    assert_bound(build_archive_entries, 50, &limits);
}

static void build_archive_levels(struct strbuf *out, unsigned count)
{
    struct strbuf inner, outer;
    strbuf_init(&inner, 0);
    strbuf_append_text(&inner, "hello");
    for (unsigned i = 0; i < count; i++) {
        strbuf_init(&outer, 0);
        append_zip(&outer, 1, strbuf_slice(&inner));
        strbuf_deinit(&inner);
        inner = outer;
    }
    strbuf_append_text(
        out, "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: binary\r\n\r\n");
    strbuf_append_slice(out, strbuf_slice(&inner));
    strbuf_deinit(&inner);
}

static void archive_levels(void **state)
{
    (void)state;
    assert_bound(build_archive_levels, 3, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(uuencoded_files_are_parts),
        cmocka_unit_test(kept_bytes),
        cmocka_unit_test(parts),
        cmocka_unit_test(headers_per_part),
        cmocka_unit_test(header_bytes),
        cmocka_unit_test(parameters_per_header),
        cmocka_unit_test(comment_levels),
        cmocka_unit_test(names_per_part),
        cmocka_unit_test(boundaries_per_part),
        cmocka_unit_test(boundary_bytes),
        cmocka_unit_test(work_units),
        cmocka_unit_test(work_of_lines),
        cmocka_unit_test(archive_entries),
        cmocka_unit_test(archive_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
