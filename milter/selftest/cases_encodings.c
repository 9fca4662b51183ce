/* How content is encoded: declared in doubt, or encoded so that decoders disagree. A program under a harmless
 * name is found only by whoever decodes as the client does. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

/* A part called scan.pdf with this header line and body. */
#define CODED(line, body) \
    PART("Content-Type: application/pdf; name=\"scan.pdf\"\n" line "\nContent-Disposition: attachment; filename=\"scan.pdf\"", body)
#define CTE(value) CODED("Content-Transfer-Encoding: " value, "$[base64|$[pe]]")
#define BASE64(body) CODED("Content-Transfer-Encoding: base64", body)
#define QP(body) CODED("Content-Transfer-Encoding: quoted-printable", body)

#define QP_MULTIPART(body) \
    MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: quoted-printable\n\n" body

const struct selftest_case selftest_encodings[] = {
    {"base64", "plain base64", "the case to compare with", ALL, ANSWER_DISGUISED, CTE("base64")},
    {"case", "BASE64", "letter case means nothing", ALL, ANSWER_DISGUISED, CTE("BaSe64")},
    {"comment", "a comment behind it", "RFC 822 allows it", "clients differ", FOUND, CTE("base64 (a comment)")},
    {"comment-before", "a comment before it", "RFC 822 allows it", "clients differ", FOUND, CTE("(x) base64")},
    {"quoted", "in quotes", "stripped by some", "Outlook", FOUND, CTE("\"base64\"")},
    {"semicolon", "a semicolon behind it", "cut there by some", "Outlook, Thunderbird", FOUND, CTE("base64;")},
    {"parameter", "a parameter behind it", "cut there by some", "Outlook", FOUND, CTE("base64; x=7bit")},
    {"word", "as an encoded word", "decoded by some", "older clients", FOUND, CTE("=?utf-8?Q?base64?=")},
    {"folded", "on the next line", "unfolded by all", ALL, ANSWER_DISGUISED, CTE("\n base64")},
    {"unknown", "base645", "unknown: no decoding, or the beginning counts", "clients differ", FOUND, CTE("base645")},
    {"x-prefix", "x-base64", "an alias for some", "older clients", FOUND, CTE("x-base64")},
    {"list", "7bit, base64", "a list is not allowed; some take the last", "clients differ", FOUND, CTE("7bit, base64")},
    {"two-words", "7bit base64", "some take the first, some the last", "clients differ", FOUND, CTE("7bit base64")},
    {"nul", "a NUL behind it", "the end of the text for C programs", "older clients", FOUND, CTE("base64$[x|00]x")},
    {"empty", "an empty value", "clients guess", "Outlook", FOUND | ANSWER_PASS, CTE("")},
    {"blank-before-colon", "a blank before the colon", "RFC 822 allowed it", "Outlook", FOUND,
     CODED("Content-Transfer-Encoding : base64", "$[base64|$[pe]]")},
    {"seven-bit-says", "called 7bit and is base64", "decoded by nobody that goes by the header", ALL,
     FOUND | ANSWER_PASS, CTE("7bit")},
    {"conflict-qp", "quoted-printable, then base64", "one decodes this way, one that way (Ullrich 2015)",
     "clients differ", FOUND,
     CODED("Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64", "$[base64|$[pe]]")},
    {"conflict-binary", "base64, then binary", "one decodes, one does not", "clients differ", FOUND,
     CODED("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: binary", "$[base64|$[pe]]")},
    {"binary", "binary", "RFC 3030", ALL, ANSWER_DISGUISED, CODED("Content-Transfer-Encoding: binary", "$[pe]")},
    {"eight-bit", "no encoding at all", "bytes as they are", ALL, ANSWER_DISGUISED, CODED("X-A: b", "$[pe]")},
    {"multipart-base64", "a multipart in base64", "forbidden (RFC 2045, 6.4), decoded by some", "Outlook", FOUND,
     MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n"
          "$[base64|--b\n" EXE_PART "--b--\n]\n"},
    {"multipart-qp", "a multipart whose delimiters are in quoted-printable", "forbidden (RFC 2045, 6.4), decoded by some",
     "clients differ", ANSWER_BLOCKED | ANSWER_AMBIGUOUS, QP_MULTIPART("$[qp|--b]\n" EXE_PART "$[qp|--b--]\n")},
    {"multipart-qp-soft", "the delimiters in two lines", "a soft break joins them", "clients differ",
     ANSWER_BLOCKED | ANSWER_AMBIGUOUS, QP_MULTIPART("-=\n-b\n" EXE_PART "-=\n-b--\n")},
    {"multipart-qp-name", "only the name is encoded", "part of a header that is decoded with all the rest", "clients differ",
     ANSWER_BLOCKED | ANSWER_AMBIGUOUS,
     QP_MULTIPART("--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=3D\"evil=2Ee=\nxe\"\n\nx\n--b--\n")},
    {"multipart-qp-epilogue", "a part that only the decoded reading has", "behind the end of the raw reading", "clients differ",
     ANSWER_BLOCKED | ANSWER_AMBIGUOUS, QP_MULTIPART("--b\n" HELLO "--b--\n$[qp|--b]\n" EXE_PART "$[qp|--b--]\n")},
    {"multipart-qp-inner", "the inner multipart says so", "at any depth", "clients differ", ANSWER_BLOCKED | ANSWER_AMBIGUOUS,
     MIME "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n"
          "Content-Transfer-Encoding: quoted-printable\n\n$[qp|--b]\n" EXE_PART "$[qp|--b--]\n--a--\n"},
    {"multipart-qp-plain", "a multipart that is called quoted-printable and is not", "sloppy programs, mostly scripts in PHP",
     ALL, ANSWER_PASS, QP_MULTIPART("--b\n" HELLO "--b\nContent-Type: application/pdf; name=a.pdf\n"
                                    "Content-Transfer-Encoding: base64\n\n$[base64|%PDF-1.4 x]\n--b--\n")},
    {"multipart-uuencode", "a uuencoded multipart", "forbidden (RFC 2045, 6.4), decoded by some", "older clients", FOUND,
     MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: x-uuencode\n\n"
          "$[uu|x|--b\n" EXE_PART "--b--\n]"},
    {"top-level", "declared at the top for a multipart", "not inherited by parts, but some do", "clients differ",
     FOUND,
     MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n"
          "Content-Type: application/pdf; name=scan.pdf\nContent-Transfer-Encoding: base64\n\n$[base64|$[pe]]\n--b--\n"},
    {"uuencode-named", "x-uuencode", "an old encoding, still read", "Outlook, Thunderbird", FOUND,
     CODED("Content-Transfer-Encoding: x-uuencode", "$[uu|scan.pdf|$[pe]]")},
    {"quoted-printable", "quoted-printable", "the other encoding", ALL, ANSWER_DISGUISED, QP("$[qp|$[pe]]")},
};
const size_t selftest_encodings_count = sizeof selftest_encodings / sizeof selftest_encodings[0];

const struct selftest_case selftest_payload[] = {
    {"junk", "bytes that are no base64 between groups", "skipped (RFC 2045, 6.8; CVE-2006-6405)", ALL, FOUND,
     BASE64("!!TVqQ**AAMAAAAEAAAA//8AALgAAAAAAAAA\n$[base64|$[pe]]")},
    {"junk-inside", "bytes that are no base64 inside a group", "skipped", ALL, FOUND,
     BASE64("T!V?q-Q_AAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"short-lines", "six characters a line", "line length means nothing", ALL, ANSWER_DISGUISED,
     BASE64("$[base64-lines|6|$[pe]]")},
    {"one-a-line", "one character a line", "line length means nothing", ALL, ANSWER_DISGUISED,
     BASE64("$[base64-lines|1|$[pe]]")},
    {"one-line", "all in one line", "over-long lines are read", ALL, ANSWER_DISGUISED, BASE64("$[base64-lines|0|$[pe]]")},
    {"blanks", "a blank in front of each line", "skipped", ALL, ANSWER_DISGUISED,
     BASE64(" TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAA\n\tAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"concatenated", "two streams, one after the other", "read on after the padding by some", "Outlook, Thunderbird", FOUND,
     BASE64("QQ==\n$[base64|$[pe]]")},
    {"padding-each-line", "padding at the end of each line", "read on by some", "Outlook, Thunderbird", FOUND,
     BASE64("TVqQAA==\nAwAAAA==\nBAAAAP//AAC4AAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIAAAAA=\n")},
    {"padding-inside", "= in the middle of a group", "skipped or the end", "clients differ", FOUND,
     BASE64("TV=qQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"padding-first", "begins with =", "skipped by some", "clients differ", FOUND, BASE64("====\n$[base64|$[pe]]")},
    {"no-padding", "no padding at the end", "not needed", ALL, ANSWER_DISGUISED,
     BASE64("TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug\n")},
    {"url-alphabet", "- and _ instead of + and /", "read by some decoders", "web mailers", FOUND,
     BASE64("TVqQAAMAAAAEAAAA__8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"bare-cr-lines", "lines ended by bare CRs", "skipped as junk", ALL, ANSWER_DISGUISED,
     BASE64("TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQA$[cr]AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"nul-between", "NULs between groups", "skipped as junk", ALL, FOUND,
     BASE64("TVqQ$[x|00]AAMAAAAE$[x|0000]AAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"empty-lines", "empty lines first and in between", "skipped", ALL, ANSWER_DISGUISED,
     BASE64("\n\n\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAA\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\n")},
    {"qp-lower", "lower-case hex", "read by all", ALL, ANSWER_DISGUISED,
     QP("=4d=5a=90=00=03=00=00=00=04=00=00=00=ff=ff=00=00=b8$[times|43|=00]=80=00=00=00$[times|64|=00]PE=00=00L=01")},
    {"qp-soft-breaks", "a soft line break after every byte", "joined", ALL, ANSWER_DISGUISED,
     QP("M=\nZ=\n=90=\n=00=\n=03=00=00=00=04=00=00=00=ff=ff=00=00=b8$[times|43|=00]=80=00=00=00$[times|64|=00]PE=00=00L=01")},
    {"qp-blank-break", "blanks behind the soft break", "RFC 2045, 6.7 (3)", ALL, ANSWER_DISGUISED,
     QP("M= \t\nZ=90=00=03=00=00=00=04=00=00=00=ff=ff=00=00=b8$[times|43|=00]=80=00=00=00$[times|64|=00]PE=00=00L=01")},
    {"qp-long-line", "a line of thousands of bytes", "longer than allowed, and read", ALL, ANSWER_DISGUISED,
     QP("MZ=90=00=03=00=00=00=04=00=00=00=ff=ff=00=00=b8$[times|43|=00]=80=00=00=00$[times|64|=00]PE=00=00L=01$[times|3000|=00]")},
    {"qp-odd", "=0x and a bare = in the middle", "kept as they are", ALL, ANSWER_DISGUISED,
     QP("MZ=90=00=03=00=00=00=04=00=00=00=ff=ff=00=00=b8$[times|43|=00]=80=00=00=00$[times|64|=00]PE=00=00L=01 =0x = =G1")},
    {"text-type", "a program called text/plain", "the type does not matter", ALL, ANSWER_DISGUISED,
     PART("Content-Type: text/plain\nContent-Transfer-Encoding: base64", "$[base64|$[pe]]")},
    {"long-base64", "a program behind an empty first line of 2,000 blanks", "skipped", ALL, ANSWER_DISGUISED,
     BASE64("$[times|2000| ]\n$[base64|$[pe]]")},
};
const size_t selftest_payload_count = sizeof selftest_payload / sizeof selftest_payload[0];
