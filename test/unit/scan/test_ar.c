/* Static libraries, as GNU ar and BSD's write them, and Debian packages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "archive_events.h"

/* A header: the name in 16 characters, the size in 10. */
#define AR "!<arch>\n"
#define MEMBER(name, size) name "0           0     0     100644  " size "`\n"

/* clang-format off */
static const struct archive_events_bytes cases[] = {
    ARCHIVE_EVENTS_BYTES(AR MEMBER("//              ", "34        ") "a-very-long-name-of-an-object.o/\n\n"
                         MEMBER("a.o/            ", "4         ") "text" MEMBER("/0              ", "3         ") "odd\n",
                         "member a.o\nend complete 4 3b8ba7c7\n"
                         "member a-very-long-name-of-an-object.o\nend complete 3 f7845eed\n"),
    ARCHIVE_EVENTS_BYTES(AR MEMBER("#1/16           ", "20        ") "long name.exe\0\0\0text",
                         "member long name.exe\nend complete 4 3b8ba7c7\n"),
    ARCHIVE_EVENTS_BYTES(AR MEMBER("a.o/            ", "5         ") "text",
                         "member a.o\nend incomplete 4 3b8ba7c7\noutcome damaged\n"),
    ARCHIVE_EVENTS_BYTES(AR MEMBER("a.o/            ", "4         ") "text"
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                         "member a.o\nend complete 4 3b8ba7c7\noutcome damaged\n"),
    ARCHIVE_EVENTS_BYTES(AR MEMBER("debian-binary   ", "4         ") "2.0\n" MEMBER("data.tar.xz/    ", "4         ") "text",
                         "member debian-binary\nend complete 4 76265b31\nmember data.tar.xz\nend complete 4 3b8ba7c7\n"),
    ARCHIVE_EVENTS_BYTES(AR MEMBER("/99             ", "3         ") "odd\n",
                         "member \nend complete 3 f7845eed\n"),
};
/* clang-format on */

static void reads_members(void **state)
{
    (void)state;
    archive_events_assert_bytes(&ar_format, cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
