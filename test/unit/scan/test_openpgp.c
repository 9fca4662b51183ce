/* OpenPGP messages that need no key, as GnuPG writes them and as it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

/* Compressed by each method, and one behind a password. */
static const struct archive_events_case written[] = {
    {"zip.gpg", "member evil.exe\nend complete 320 4c996344\n"},
    {"zlib.gpg", "member evil.exe\nend complete 320 4c996344\n"},
    {"bzip2.gpg", "member evil.exe\nend complete 320 4c996344\n"},
    {"password.gpg", "outcome index_encrypted\n"},
};

/* A literal packet of 18 bytes: binary, its name, a time; then the text. */
#define NAME "b\10evil.exe\0\0\0\0"
#define LITERAL "\xcb\22" NAME "text"
#define FOUND "member evil.exe\nend complete 4 3b8ba7c7\n"
/* A compressed packet that is not compressed. */
#define WRAPPED "\xa3\0"

/* clang-format off */
static const struct archive_events_bytes made[] = {
    ARCHIVE_EVENTS_BYTES(LITERAL, FOUND),
    ARCHIVE_EVENTS_BYTES("\xca\3PGP" LITERAL, FOUND), /* behind a marker */
    ARCHIVE_EVENTS_BYTES("\xcb\xe4" NAME "te\xe0x\1t", FOUND), /* in parts of 2^n bytes */
    ARCHIVE_EVENTS_BYTES("\xcb\22" NAME "te", "member evil.exe\nend incomplete 2 37523bda\noutcome damaged\n"),
    ARCHIVE_EVENTS_BYTES(WRAPPED LITERAL, FOUND),
    ARCHIVE_EVENTS_BYTES(LITERAL "noise", FOUND "outcome damaged\n"),
    ARCHIVE_EVENTS_BYTES("\xcb\12b\0\0\0\0\0text", "member \nend complete 4 3b8ba7c7\n"),
};
/* clang-format on */

static void reads_what_is_not_encrypted(void **state)
{
    (void)state;
    archive_events_assert_fixtures(&openpgp_format, written, sizeof written / sizeof written[0]);
    archive_events_assert_bytes(&openpgp_format, made, sizeof made / sizeof made[0]);
}

static void bounds_the_levels(void **state)
{
    (void)state;
    static const char file[] =
        WRAPPED WRAPPED WRAPPED WRAPPED WRAPPED WRAPPED WRAPPED WRAPPED WRAPPED LITERAL;
    archive_events_assert(&openpgp_format, slice_make(file, sizeof file - 1), "outcome over_budget\n");
    archive_events_assert(&openpgp_format, slice_make(file + 4, sizeof file - 5), FOUND);
}

/* A signature of its own, keys, text and noise are none of them. */
static void takes_nothing_else(void **state)
{
    (void)state;
    static const char key[] = "\x99\x01\x0d\x04\x5f\x00\x00\x00\x01\x08\x00\xd0";
    assert_false(openpgp_format.recognise(slice_make(key, sizeof key - 1)));
    assert_false(openpgp_format.recognise(slice_of("text without any packet in it")));
    assert_false(openpgp_format.recognise(slice_make("\xff\xd8\xff\xe0\0\x10JFIF\0\1", 12)));
    assert_false(openpgp_format.recognise(slice_make("\x89PNG\r\n\x1a\n\0\0\0\r", 12)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_not_encrypted),
        cmocka_unit_test(bounds_the_levels),
        cmocka_unit_test(takes_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
