#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/content/zip_mark.h"
#include "scan/mime/base64.h"
#include "scan/mime/transfer_decode.h"
#include "scan/mime/uuencode.h"

#include <stdio.h>
#include <stdlib.h>

/* Decodes in pieces of `piece` bytes; returns the length. */
static size_t decode(enum transfer_encoding encoding, struct slice input, size_t piece, char *out,
                     size_t room)
{
    struct transfer_decoder decoder;
    size_t made = 0;
    transfer_decoder_init(&decoder, encoding);
    while (input.length > 0) {
        struct slice part = slice_part(input, 0, input.length < piece ? input.length : piece);
        input = slice_part(input, part.length, input.length);
        while (part.length > 0)
            made += transfer_decode(&decoder, &part, out + made, room - made);
    }
    return made + transfer_decode_end(&decoder, out + made);
}

static void assert_decodes(enum transfer_encoding encoding, const char *input, const char *expected)
{
    char out[4096];
    for (size_t piece = 1; piece <= strlen(input) + 1; piece++) {
        size_t length = decode(encoding, slice_of(input), piece, out, sizeof out);
        if (length != strlen(expected) || memcmp(out, expected, length) != 0)
            fail_msg("\"%s\" in pieces of %zu gave \"%.*s\"", input, piece, (int)length, out);
    }
}

static void base64_is_read_leniently(void **state)
{
    (void)state;
    assert_decodes(TRANSFER_BASE64, "aGVsbG8gd29ybGQ=", "hello world");
    assert_decodes(TRANSFER_BASE64, "aGVs\r\nbG8gd2\r\n9ybGQ=\r\n", "hello world");
    assert_decodes(TRANSFER_BASE64, "a!G@V#s bG8-gd29ybGQ", "hello world");
    assert_decodes(TRANSFER_BASE64, "aGVsbG8=IHdvcmxk", "hello world");
    assert_decodes(TRANSFER_BASE64, "aGVsbA==bw==", "hello");
    assert_decodes(TRANSFER_BASE64, "YQ", "a");
    assert_decodes(TRANSFER_BASE64, "Y", "");
    assert_decodes(TRANSFER_BASE64, "====", "");
    assert_decodes(TRANSFER_BASE64, "", "");
}

static void quoted_printable_is_read_leniently(void **state)
{
    (void)state;
    assert_decodes(TRANSFER_QUOTED_PRINTABLE, "caf=C3=A9 =3d", "caf\xc3\xa9 =");
    assert_decodes(TRANSFER_QUOTED_PRINTABLE, "a=\r\nb=\nc= \t\r\nd", "abcd");
    assert_decodes(TRANSFER_QUOTED_PRINTABLE, "a=zz=4", "a=zz=4");
    assert_decodes(TRANSFER_QUOTED_PRINTABLE, "=0x=", "=0x=");
    assert_decodes(TRANSFER_QUOTED_PRINTABLE, "==41", "=A");
}

static void concatenation_is_noted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool expected;
    } rows[] = {
        {"aGVsbG8=", false},
        {"aGVsbG8=\r\n_____\r\nlist mailing list\r\nhttp://x.example.com\r\n", false},
        {"aGVsbG8=\r\naGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8g\r\naGVsbG8gaGVsbG8g", true},
        {"aGVsbA==\r\naGVsbG8gaG!VsbG8gaGVsbG8gaGVsbG8g!\r\naGVsbG8gaGVsbG8g", false},
        {"aGVsbA=\r\naGVsbG8gaG!VsbG8gaGVsbG8gaGVsbG8g!\r\naGVsbG8gaGVsbG8g", true},
        {"a=GVsbG8gaGVsb!G8gaGVsbG8gaGVsbG8g!\r\naGVsbG8gaGVsbG8g", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct transfer_decoder decoder;
        char out[256];
        struct slice input = slice_of(rows[i].text);
        transfer_decoder_init(&decoder, TRANSFER_BASE64);
        while (input.length > 0)
            transfer_decode(&decoder, &input, out, sizeof out);
        assert_int_equal(decoder.is_concatenated, rows[i].expected);
    }
}

/* Text of the alphabet with a line end after every `line` characters; now and then something else. */
static size_t make_base64(char *text, size_t length, size_t line, unsigned noise)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static uint32_t seed = 7;
    size_t made = 0;
    for (size_t i = 0; made + 4 < length; i++) {
        seed = seed * 1664525 + 1013904223;
        text[made++] =
            noise > 0 && (seed >> 8) % 1024 < noise ? (char)(seed >> 16) : alphabet[seed >> 24 & 63];
        if (i % line == line - 1) {
            text[made++] = '\r';
            text[made++] = '\n';
        }
    }
    return made;
}

static void vector_and_portable_loops_agree(void **state)
{
    (void)state;
    char text[5000];
    uint8_t one[4096], other[4096];
    for (size_t round = 0; round < 300; round++) {
        size_t length = make_base64(text, 100 + round * 13, 1 + round % 90, round % 3 == 0 ? 8 : 0);
        struct slice input = slice_make(text, length);
        size_t one_length, other_length;
        size_t used = base64_decode_groups(input, one, sizeof one, &one_length);
        assert_int_equal(base64_decode_groups_portable(input, other, sizeof other, &other_length), used);
        assert_int_equal(one_length, other_length);
        assert_memory_equal(one, other, one_length);
    }
}

static void short_room_is_respected(void **state)
{
    (void)state;
    char text[2000];
    struct slice input = slice_make(text, make_base64(text, sizeof text, 76, 0));
    for (size_t room = 0; room < 200; room++) {
        uint8_t *out = malloc(room + 1);
        size_t made;
        base64_decode_groups(input, out, room, &made);
        assert_true(made <= room);
        free(out);
    }
}

struct heard {
    char text[512];
};

static void heard_begin(void *context, struct slice name)
{
    struct heard *heard = context;
    snprintf(heard->text + strlen(heard->text), 200, "<%.*s>", (int)name.length, name.data);
}

static void heard_data(void *context, struct slice data)
{
    struct heard *heard = context;
    snprintf(heard->text + strlen(heard->text), 200, "%.*s", (int)data.length, data.data);
}

static void heard_end(void *context)
{
    strcat(((struct heard *)context)->text, "|");
}

static void assert_uuencoded(const char *text, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct heard heard = {{0}};
        struct uuencode_sink sink = {&heard, heard_begin, heard_data, heard_end};
        struct uuencode_reader reader;
        uuencode_init(&reader, &sink);
        for (size_t at = 0; at < strlen(text); at += piece)
            uuencode_push(&reader,
                          slice_make(text + at, strlen(text) - at < piece ? strlen(text) - at : piece));
        uuencode_end(&reader);
        assert_string_equal(heard.text, expected);
    }
}

static void uuencoded_files_and_prose(void **state)
{
    (void)state;
    assert_uuencoded("hi\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\nbye\r\n", "<a.txt>abc|");
    assert_uuencoded("begin 644 a b.txt\n#86)C\n", "<a b.txt>abc|");
    assert_uuencoded("begin 644 a\n`\nend\nbegin 0644 b\nend", "<a>|<b>|");
    assert_uuencoded("begin 644 a.exe\nand so on with prose\n#86)C\n", "");
    assert_uuencoded("beginning 644 a\n#86)C\n begin 644 b\n#86)C\n", "");
    assert_uuencoded("begin 99 a\n#86)C\n", "<a>abc|");
    assert_uuencoded("begin 644\n#86)C\nbegin 1234567 a\n#86)C\n", "");
    assert_uuencoded("begin 644 a\n#x6)C\n", "<a>abc|");
}

/* The mark of a zip is found in base64 at every place and cut. */
static void zip_marks_in_base64(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t offset = 0; offset < 150; offset++) {
        unsigned char file[200] = {0};
        char text[400];
        size_t length = 0;
        memcpy(file + offset, "PK\3\4", 4);
        for (size_t i = 0; i + 3 <= 198; i += 3) {
            unsigned bits = (unsigned)(file[i] << 16 | file[i + 1] << 8 | file[i + 2]);
            for (int shift = 18; shift >= 0; shift -= 6)
                text[length++] = alphabet[bits >> shift & 63];
            if (i / 3 % 19 == 18) {
                text[length++] = '\r';
                text[length++] = '\n';
            }
        }
        for (size_t cut = 0; cut < length; cut++) {
            struct zip_mark_search search = {.tail_length = 0};
            struct zip_mark_hit hit;
            struct slice after = slice_make("", 0); /* pieces behind the one it was found in */
            if (zip_mark_find(&search, slice_make(text, cut), &hit))
                after = slice_make(text + cut, length - cut);
            else
                assert_true(zip_mark_find(&search, slice_make(text + cut, length - cut), &hit));
            char encoded[512], out[512];
            snprintf(encoded, sizeof encoded, "%s%.*s%.*s%.*s", hit.group, (int)hit.between_length,
                     hit.between, (int)hit.rest.length, hit.rest.data, (int)after.length, after.data);
            size_t made = decode(TRANSFER_BASE64, slice_of(encoded), sizeof encoded, out, sizeof out);
            const char *mark = memmem(out, made, "PK\3\4", 4);
            if (mark == NULL)
                fail_msg("offset %zu, cut %zu: %s of %.*s", offset, cut, encoded, (int)length, text);
            assert_true(mark - out < 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_read_leniently), cmocka_unit_test(quoted_printable_is_read_leniently),
        cmocka_unit_test(concatenation_is_noted),   cmocka_unit_test(vector_and_portable_loops_agree),
        cmocka_unit_test(short_room_is_respected),  cmocka_unit_test(uuencoded_files_and_prose),
        cmocka_unit_test(zip_marks_in_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
