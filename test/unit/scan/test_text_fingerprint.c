/* Fingerprints of texts: the same for the copies of one text, however they are encoded and cut; different for
 * different texts; none for what is too short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <talloc.h>

#include "base/strbuf.h"
#include "scan/content/content_scan.h"
#include "scan/text/text_fingerprint.h"

#define OFFER                                                                                                \
    "we have reviewed your account and found that a payment is still open.\r\n"                              \
    "Please sign in today and confirm your details, or your access will be closed.\r\n"

struct text {
    enum transfer_encoding encoding;
    bool is_html;
    const char *raw;
};

static const char *print_of(const struct text *text, size_t piece)
{
    static char out[TEXT_FINGERPRINT_BYTES];
    struct text_fingerprint print = {0};
    text_fingerprint_begin(&print, text->encoding, text->is_html);
    for (size_t at = 0, length = strlen(text->raw); at < length; at += piece)
        text_fingerprint_push(&print, slice_make(text->raw + at, piece < length - at ? piece : length - at));
    text_fingerprint_end(&print);
    text_fingerprint_print(&print, out);
    return out;
}

static const struct text copies[] = {
    {TRANSFER_IDENTITY, false, "Dear Ann,\r\n\r\n" OFFER},
    {TRANSFER_IDENTITY, false, "Dear Mr. Robert Miller-Jones,\r\n" OFFER "\r\nTicket 4711-A, 12.50 EUR\r\n"},
    {TRANSFER_IDENTITY, false, "hi bob!\r\n" OFFER "https://pay.example/x?id=9f3 bob@example.org\r\n"},
    {TRANSFER_IDENTITY, false, "\xc3\x96zg\xc3\xbcr:\n" OFFER},
    {TRANSFER_IDENTITY, false, OFFER "> what was it that you wanted me to do\r\n"},
    {TRANSFER_IDENTITY, false,
     "we have   reviewed your account\nand found that a payment is\nstill open. Please sign in today and "
     "confirm your details, or your access will be closed."},
    {TRANSFER_IDENTITY, false,
     "~ " OFFER "{ | } ~\r\n| ~ { } | ~ { } | ~ { } | ~ { } | ~ { } | ~ { } | ~ { } |!\r\n"},
    {TRANSFER_QUOTED_PRINTABLE, false,
     "we have reviewed your account and found that a pay=\r\nment is still open.\r\nPlease sign in today =\r\n"
     "and confirm your details, or your access will be closed=2E\r\n"},
    {TRANSFER_BASE64, false,
     "d2UgaGF2ZSByZXZpZXdlZCB5b3VyIGFjY291bnQgYW5kIGZvdW5kIHRoYXQgYSBwYXltZW50IGlz\r\n"
     "IHN0aWxsIG9wZW4uIFBsZWFzZSBzaWduIGluIHRvZGF5IGFuZCBjb25maXJtIHlvdXIgZGV0YWls\r\n"
     "cywgb3IgeW91ciBhY2Nlc3Mgd2lsbCBiZSBjbG9zZWQu\r\n"},
    {TRANSFER_IDENTITY, true,
     "<html><head><title>pay at once or else</title><style>p { color: red; margin: small }</style></head>"
     "<body><p>Dear <b>Ann</b>,</p><p>we have reviewed your&nbsp;account and found that a payment is still "
     "open.<br/>Please <a href=\"https://pay.example/?id=1\">sign in today</a> and confirm your details, or "
     "your access will be closed.</p><script>var x = some code here;</script></body></html>"},
};

static void copies_of_one_text_are_alike_however_they_are_cut(void **state)
{
    char expected[TEXT_FINGERPRINT_BYTES];
    (void)state;
    strcpy(expected, print_of(&copies[0], SIZE_MAX / 2));
    assert_int_equal(strlen(expected), 16);
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
        for (size_t piece = 1; piece < 200; piece++)
            assert_string_equal(print_of(&copies[i], piece), expected);
}

static void other_texts_are_not(void **state)
{
    static const struct text others[] = {
        {TRANSFER_IDENTITY, false,
         "we have reviewed your account and found that a payment is still missing.\r\n"
         "Please sign in today and confirm your details, or your access will be closed.\r\n"},
        {TRANSFER_IDENTITY, false,
         "the minutes of our meeting are attached, with the list of those who were there and what each of us "
         "is to do.\r\n"},
    };
    char expected[TEXT_FINGERPRINT_BYTES];
    (void)state;
    strcpy(expected, print_of(&copies[0], SIZE_MAX / 2));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(strlen(print_of(&others[i], 100)), 16);
        assert_string_not_equal(print_of(&others[i], 100), expected);
    }
}

static void what_says_too_little_has_none(void **state)
{
    static const struct text little[] = {
        {TRANSFER_IDENTITY, false, ""},
        {TRANSFER_IDENTITY, false, "Thanks, see you tomorrow at eight in the office then.\r\n"},
        {TRANSFER_IDENTITY, false, "1 2 3 4 5 6 7 8 9 10 11 12 A B C D E F G H I J K L M\r\n"},
        {TRANSFER_IDENTITY, true, "<p></p><img src=\"a b c d e f g h i j k l m n o\">"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof little / sizeof little[0]; i++)
        assert_string_equal(print_of(&little[i], 7), "");
}

/* What stands behind the first words does not matter, nor does how much of it there is. */
static void a_long_text_is_known_by_its_beginning(void **state)
{
    char first[TEXT_FINGERPRINT_BYTES];
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 0);
    for (unsigned i = 0; i < 400; i++)
        strbuf_printf(&text, "word%s ", i % 3 == 0 ? "s" : i % 7 == 0 ? "y" : "");
    strcpy(first, print_of(&(struct text){TRANSFER_IDENTITY, false, strbuf_text(&text)}, 50));
    for (unsigned i = 0; i < 40000; i++)
        strbuf_append_text(&text, " and some more words at the end of it");
    for (size_t piece = 50; piece < 1000000; piece *= 3)
        assert_string_equal(print_of(&(struct text){TRANSFER_IDENTITY, false, strbuf_text(&text)}, piece),
                            first);
    strbuf_deinit(&text);
}

static void fingerprint_of_message(const char *type, const char *body, char *out)
{
    void *owner = talloc_new(NULL);
    struct content_scan *scan = content_scan_create(owner, NULL);
    content_scan_header(scan, slice_of("MIME-Version"), slice_of("1.0"));
    content_scan_header(scan, slice_of("Content-Type"), slice_of(type));
    content_scan_end_of_headers(scan);
    content_scan_body(scan, slice_of(body));
    assert_non_null(content_scan_end(scan));
    content_scan_fingerprint(scan, out);
    talloc_free(owner);
}

/* Of several texts the first that says enough counts; a file that is a text is none. */
static void a_message_has_that_of_its_text(void **state)
{
    char expected[TEXT_FINGERPRINT_BYTES], of_parts[TEXT_FINGERPRINT_BYTES], of_file[TEXT_FINGERPRINT_BYTES];
    (void)state;
    strcpy(expected, print_of(&copies[0], SIZE_MAX / 2));
    fingerprint_of_message(
        "multipart/alternative; boundary=b",
        "--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\nDear Zoe,\r\n" OFFER
        "--b\r\nContent-Type: text/plain\r\n\r\nand now for something completely different "
        "that has enough words to say something\r\n--b--\r\n",
        of_parts);
    fingerprint_of_message("multipart/mixed; boundary=b",
                           "--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; "
                           "filename=a.txt\r\n\r\n" OFFER "--b--\r\n",
                           of_file);
    assert_string_equal(of_parts, expected);
    assert_string_equal(of_file, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_one_text_are_alike_however_they_are_cut),
        cmocka_unit_test(other_texts_are_not),
        cmocka_unit_test(what_says_too_little_has_none),
        cmocka_unit_test(a_long_text_is_known_by_its_beginning),
        cmocka_unit_test(a_message_has_that_of_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
