/* Bounds at one less, at the bound and at one more: reaching one is allowed, going beyond is never "clean".
 * The numbers are the defaults of attachments.limits. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

#define BOUND(name, step, what, answer, message)                                                                 \
    {                                                                                                            \
        name "-" step, what, "reading on without a bound costs memory or time; not reading on must be told",     \
            ALL, answer, message                                                                                 \
    }
/* `less`, `most` and `more` stand for one less than the bound, the bound and one more. */
#define BOUND_ROWS(name, what, make, less, most, more)                                     \
    BOUND(name, "less", what ": one less", ANSWER_PASS, make(less)),                       \
        BOUND(name, "most", what ": as many as allowed", ANSWER_PASS, make(most)),         \
        BOUND(name, "more", what ": one more", ANSWER_OVER_BUDGET, make(more))

#define LEVELS(n) MIME "$[times|" n "|Content-Type: multipart/mixed; boundary=n$#\n\n--n$#\n]" HELLO
#define MESSAGES(n) MIME "$[times|" n "|Content-Type: message/rfc822\n\nSubject: x\n]\nHello.\n"
#define PARTS(n) MIME "Content-Type: multipart/mixed; boundary=b\n\n$[times|" n "|--b\n\nx\n]--b--\n"
#define HEADERS(n) PART("$[times|" n "|X-A: b\n]X-Z: c", "Hello.")
#define HEADER_BYTES(n) PART("X-Long: $[times|" n "|x]", "Hello.")
#define PARAMETERS(n) PART("Content-Type: text/plain$[times|" n "|; x$#=1]", "Hello.")
#define COMMENTS(n) PART("Content-Type: text/plain; $[wrap|" n "|(|c|)] name=a.txt", "Hello.")
#define ENTRIES(n) ATTACH("a.tar", "$[tar-many|" n "|a.txt]")
#define ZEROS(n) ATTACH("a.gz", "$[gz-zeros||" n "]")

const struct selftest_case selftest_bounds[] = {
    BOUND_ROWS("levels", "64 multiparts within each other", LEVELS, "63", "64", "65"),
    BOUND_ROWS("messages", "64 messages within each other", MESSAGES, "63", "64", "65"),
    BOUND_ROWS("parts", "2,000 parts", PARTS, "1998", "1999", "2000"),
    BOUND_ROWS("headers", "1,000 header fields in a part", HEADERS, "998", "999", "1000"),
    BOUND_ROWS("header-bytes", "a header field of 65,536 bytes", HEADER_BYTES, "65527", "65528", "65529"),
    BOUND_ROWS("parameters", "64 parameters in a field", PARAMETERS, "63", "64", "65"),
    BOUND_ROWS("comments", "8 comments within each other", COMMENTS, "7", "8", "9"),
    BOUND_ROWS("entries", "10,000 members of archives", ENTRIES, "9999", "10000", "10001"),
    BOUND("unpacked", "most", "256 MiB unpacked, less 129 bytes, and no check sums at the end", ANSWER_UNINSPECTABLE, ZEROS("1040447")),
    BOUND("unpacked", "more", "256 MiB unpacked, and 129 bytes", ANSWER_OVER_BUDGET, ZEROS("1040448")),
};
const size_t selftest_bounds_count = sizeof selftest_bounds / sizeof selftest_bounds[0];
