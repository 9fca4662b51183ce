/* Headers twice, and headers that are hardly headers: clients differ on which one counts and where they end.
 */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

#define TWO_DISPOSITIONS(first, second)                                                                     \
    PART("Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\nContent-Disposition: " \
         first "\nContent-Disposition: " second, STAND_IN)
#define TWO_TYPES(first, second)                                                         \
    PART("Content-Type: " first "\nContent-Type: " second "\nContent-Transfer-Encoding: base64", STAND_IN)
/* A part that begins with these lines, up to the empty line. */
#define LINES(lines) PART(lines, STAND_IN)
#define B64 "Content-Transfer-Encoding: base64\n"

const struct selftest_case selftest_duplicates[] = {
    {"disposition-first", "Content-Disposition twice, the first blocked", "first wins for some", "Thunderbird", STOPPED,
     TWO_DISPOSITIONS("attachment; filename=\"evil.exe\"", "attachment; filename=\"safe.txt\"")},
    {"disposition-last", "Content-Disposition twice, the last blocked", "last wins for some", "Outlook", STOPPED,
     TWO_DISPOSITIONS("attachment; filename=\"safe.txt\"", "attachment; filename=\"evil.exe\"")},
    {"filename-first", "filename twice, the first blocked", "first wins for some", "Thunderbird", STOPPED,
     DISPOSITION("attachment; filename=\"evil.exe\"; filename=\"safe.txt\"")},
    {"filename-last", "filename twice, the last blocked", "last wins for some (CVE-2024-39929 was of this kind)",
     "Outlook", STOPPED, DISPOSITION("attachment; filename=\"safe.txt\"; filename=\"evil.exe\"")},
    {"filename-thrice", "filename three times, the middle one blocked", "neither first nor last", "clients that join",
     STOPPED, DISPOSITION("attachment; filename=a.txt; filename=evil.exe; filename=b.txt")},
    {"type-first", "Content-Type twice, the first blocked", "first wins for some", "Thunderbird", STOPPED,
     TWO_TYPES("application/octet-stream; name=\"evil.exe\"", "text/plain; name=\"safe.txt\"")},
    {"type-last", "Content-Type twice, the last blocked", "last wins for some", "Outlook", STOPPED,
     TWO_TYPES("text/plain; name=\"safe.txt\"", "application/octet-stream; name=\"evil.exe\"")},
    {"type-multipart-first", "Content-Type twice: a multipart, then text", "one reads parts, the other text",
     "clients differ", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain\n\n--b\n" HELLO "--b\n" EXE_PART "--b--\n"},
    {"type-multipart-last", "Content-Type twice: text, then a multipart", "one reads parts, the other text",
     "clients differ", STOPPED,
     MIME "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" HELLO "--b\n" EXE_PART "--b--\n"},
    {"boundary-header-first", "two multiparts, the first boundary used", "conflicting boundaries (Ullrich 2015)",
     "clients differ", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=one\nContent-Type: multipart/mixed; boundary=two\n\n"
          "--one\n" EXE_PART "--one--\n--two\n" HELLO "--two--\n"},
    {"boundary-header-last", "two multiparts, the second boundary used", "conflicting boundaries (Ullrich 2015)",
     "clients differ", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=one\nContent-Type: multipart/mixed; boundary=two\n\n"
          "--one\n" HELLO "--one--\n--two\n" EXE_PART "--two--\n"},
    {"boundary-parameter-first", "boundary= twice, the first used", "CVE-2024-28054: amavis took the last",
     "Thunderbird, Gmail", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=one; boundary=two\n\n--one\n" EXE_PART "--one--\n--two\n" HELLO
          "--two--\n"},
    {"boundary-parameter-last", "boundary= twice, the last used", "last wins for some", "Outlook", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=one; boundary=two\n\n--one\n" HELLO "--one--\n--two\n" EXE_PART
          "--two--\n"},
    {"encoding-first", "Content-Transfer-Encoding twice, base64 first", "first wins for some (Ullrich 2015)",
     "Thunderbird", FOUND,
     LINES("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n"
           "Content-Disposition: attachment; filename=\"evil.exe\"")},
    {"encoding-last", "Content-Transfer-Encoding twice, base64 last", "last wins for some (Ullrich 2015)", "Outlook",
     FOUND,
     PART("Content-Type: application/octet-stream\nContent-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: base64\n"
          "Content-Disposition: attachment; filename=\"scan.pdf\"", "$[base64|$[pe]]")},
    {"mime-version-twice", "MIME-Version twice", "harmless, but some stop reading MIME", ALL, ANSWER_BLOCKED,
     "MIME-Version: 2.0\n" DISPOSITION("attachment; filename=\"evil.exe\"")},
    {"name-and-filename-same", "the same name twice is no conflict", "Outlook and Apple Mail write both", ALL,
     ANSWER_PASS,
     PART("Content-Type: application/pdf; name=\"a.pdf\"\nContent-Transfer-Encoding: base64\n"
          "Content-Disposition: attachment; filename=\"a.pdf\"", "$[base64|%PDF-1.4]")},
    {"type-order", "a Content-Type in an outer and an inner block", "the inner belongs to the part", ALL, ANSWER_BLOCKED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/octet-stream; name=evil.exe\n"
          "X-Note: a\nContent-Type: application/octet-stream\n" B64 "\n" STAND_IN "\n--b--\n"},
};
const size_t selftest_duplicates_count = sizeof selftest_duplicates / sizeof selftest_duplicates[0];

const struct selftest_case selftest_fields[] = {
    {"blank-before-colon", "a blank before the colon", "RFC 822 allowed it", "Outlook, Thunderbird", STOPPED,
     LINES(B64 "Content-Disposition : attachment; filename=\"evil.exe\"")},
    {"tab-before-colon", "a tab before the colon", "RFC 822 allowed it", "Outlook", STOPPED,
     LINES(B64 "Content-Disposition\t: attachment; filename=\"evil.exe\"")},
    {"odd-case", "odd letter case", "letter case means nothing", ALL, ANSWER_BLOCKED,
     LINES(B64 "cOnTeNt-DiSpOsItIoN: aTtAcHmEnT; fIlEnAmE=\"evil.exe\"")},
    {"nul-in-name", "a NUL in the field's name", "dropped, or the end of the text", "older clients", STOPPED,
     LINES(B64 "Content-Dis$[x|00]position: attachment; filename=\"evil.exe\"")},
    {"nul-after-name", "a NUL before the colon", "dropped, or the end of the text", "older clients", STOPPED,
     LINES(B64 "Content-Disposition$[x|00]: attachment; filename=\"evil.exe\"")},
    {"nul-before-name", "a NUL before the field", "dropped by some", "older clients", STOPPED,
     LINES(B64 "$[x|00]Content-Disposition: attachment; filename=\"evil.exe\"")},
    {"nul-in-value", "a NUL in the value", "dropped, or the end of the text", "older clients", STOPPED,
     LINES(B64 "Content-Disposition: attach$[x|00]ment; filename=\"evil.exe\"")},
    {"name-over-empty-line", "an empty line inside a quoted name", "mended by who repairs such mail", "Exchange", STOPPED,
     PART("Content-Type: image/png;\n\tname=\"Icon\n\nDescription.exe\"\nContent-Transfer-Encoding: base64", STAND_IN)},
    {"name-over-line-end", "a line end inside a quoted extension", "mended by who repairs such mail", "Exchange", STOPPED,
     PART("Content-Type: image/png;\n\tname=\"Icon.e\nxe\"\nContent-Transfer-Encoding: base64", STAND_IN)},
    {"parameter-over-empty-line", "an empty line before a parameter", "mended by who repairs such mail", "Exchange", STOPPED,
     PART("Content-Type: application/octet-stream;\n\n name=evil.exe\nContent-Transfer-Encoding: base64", STAND_IN)},
    {"cr-before-body", "a bare CR, and the body without an empty line", "the header ends before a line that is no field", "Python", FOUND,
     "$[file|Content-Type: application/octet-stream; name=x.pdf\nContent-Transfer-Encoding: base64\n"
     "Content-Disposition: attachment; filename=x.pdf$[cr]$[x|00]$[base64|$[pe]]|]"},
    {"cr-word-before-body", "a bare CR and a word, then the body without an empty line", "to some the word still belongs to the field", "munpack", FOUND,
     "$[file|Content-Type: application/octet-stream; name=x.pdf\nContent-Transfer-Encoding: base64\n"
     "Content-Disposition: attachment; filename=x.pdf$[cr]x\n$[base64|$[pe]]|]"},
    {"fold-of-blanks-before-body", "a fold of one blank, then the body without an empty line", "the fold is none of the body", "Python", FOUND,
     "$[file|Content-Type: application/octet-stream; name=x.pdf\nContent-Transfer-Encoding: 8bit\n\t\n$[pe]|]"},
    {"cr-for-empty-line", "a bare CR for the empty line", "the body begins behind it", "Python", FOUND,
     "$[file|Content-Type: application/octet-stream; name=x.pdf\nContent-Transfer-Encoding: 8bit\n$[cr]$[pe]|]"},
    {"cr-begins-line", "a bare CR at the beginning of a line with a colon in it", "the empty line to some, a field to others", "Python", FOUND,
     "$[file|Content-Type: application/pdf;;(c)\n (c\n$[cr]$[zip|evil.exe|a: b]|]"},
    {"cr-before-colon", "a bare CR before the colon", "a blank to some, who decode a program", "mailparser, PHP's mailparse", FOUND,
     PART("Content-Transfer-Encoding$[cr] : base64\nContent-Disposition: attachment; filename=x.txt", "$[base64|$[pe]]")},
    {"field-in-body", "no empty line, and a line that looks like a field in the body", "what stands before it is body too", "munpack", FOUND,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nno field\nContent-Type: application/octet-stream; name=x.pdf\n"
          "Content-Transfer-Encoding: base64\n$[base64|$[pe]]\nX-Other:\nAAAA\n\n--b--\n"},
    {"nul-joins-lines", "a NUL at the end of a line, then a misspelt field", "the next line belongs to the field", "munpack", STOPPED,
     PART("Content-Type: application/octet-stream$[x|00]\nContent-Dispositin: attachment; name=evil.exe\nContent-Transfer-Encoding: base64", STAND_IN)},
    {"nul-before-empty-line", "a NUL before the empty line", "the line end behind it is not seen, so the header goes on", "munpack", FOUND,
     PART("Content-Transfer-Encoding: base64$[x|00]\n\nContent-Disposition: attachment; filename=a.pdf\n"
          "Content-Type: application/octet-stream", "$[base64|$[pe]]")},
    {"nul-in-filename", "a NUL behind the extension", "the name ends there for C programs", "older clients", STOPPED,
     LINES(B64 "Content-Disposition: attachment; filename=\"evil.exe$[x|00].txt\"")},
    {"nul-in-extension", "a NUL inside the extension", "dropped by some", "web mailers", STOPPED,
     LINES(B64 "Content-Disposition: attachment; filename=\"evil.e$[x|00]xe\"")},
    {"no-blank-after-colon", "no blank behind the colon", "not needed", ALL, ANSWER_BLOCKED,
     LINES(B64 "Content-Disposition:attachment;filename=evil.exe")},
    {"folded-colon", "the colon on the next line", "unfolding makes it a field", "older clients", STOPPED,
     LINES(B64 "Content-Disposition\n : attachment; filename=\"evil.exe\"")},
    {"folded-start", "the first header line begins with a blank", "a fold of nothing, or a field", "Outlook", STOPPED,
     LINES(" Content-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-A: b")},
    {"empty-fold", "a line of blanks inside a folded value", "the end of the header for some", "Outlook", STOPPED,
     LINES(B64 "Content-Disposition: attachment;\n  \n filename=\"evil.exe\"")},
    {"bare-cr-between", "a bare CR between fields", "a line end for some", "Outlook, Apple Mail", STOPPED,
     LINES("X-A: b$[cr]Content-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"bare-lf-between", "a bare LF between fields", "a line end for almost all", ALL, STOPPED,
     LINES("X-A: b$[lf]Content-Disposition: attachment; filename=\"evil.exe\"$[lf]" B64 "X-B: c")},
    {"lfcr-between", "LF CR between fields", "line ends the wrong way round", "clients differ", STOPPED,
     LINES("X-A: b$[lf]$[cr]Content-Disposition: attachment; filename=\"evil.exe\"$[lf]$[cr]" B64 "X-B: c")},
    {"crcrlf-between", "CR CR LF between fields", "an empty line for some", "clients differ", STOPPED,
     LINES("X-A: b$[cr]\nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"bare-lf-body", "the header ends with two bare LF", "read by almost all", ALL, STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b$[lf]Content-Disposition: attachment; filename=\"evil.exe\"$[lf]"
          "Content-Transfer-Encoding: base64$[lf]$[lf]" STAND_IN "$[lf]--b--$[lf]"},
    {"bare-cr-body", "the header ends with bare CRs", "old Macs", "Apple Mail, Outlook", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b$[cr]Content-Disposition: attachment; filename=\"evil.exe\"$[cr]"
          "Content-Transfer-Encoding: base64$[cr]$[cr]" STAND_IN "$[cr]--b--$[cr]"},
    {"garbage-line", "a line that is no field among the fields", "ends the header for some, skipped by others",
     "Outlook, Thunderbird", STOPPED,
     LINES("X-A: b\nthis is no field\nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"garbage-first", "a line that is no field at the beginning", "skipped by some", "Outlook", STOPPED,
     LINES("this is no field\nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"from-line", "a From line of a mailbox before the fields", "skipped", "mutt, Thunderbird", STOPPED,
     LINES("From ann Mon Jan  1 12:00:00 2024\nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"blank-line-of-blanks", "a line of blanks between fields", "ends the header for some", "Outlook", STOPPED,
     LINES("X-A: b\n  \nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"blank-line-in-field", "a line of blanks inside another field, then a program", "its content to some begins there",
     "Python, GMime, MIME-tools", FOUND,
     PART(B64 "Content-Disposition: attachment; filename=x.txt\nX-A:\n  \n b", "$[base64|$[pe]]")},
    {"colon-then-body", "a field without a name, and no empty line at the end", "the header ends at the first digit", "Python", FOUND,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/octet-stream; name=x.pdf\n:\n" B64
          "$[base64|$[pe]]\n\n--b--\n"},
    {"other-field", "the name in a field that says nothing", "read beyond the end of the field before", "munpack", STOPPED,
     LINES("Content-Disposition: inline\nContent-Dis-position: attachment; filename=evil.exe\n" B64 "X-B: c")},
    {"empty-first", "an empty line, then the fields", "skipped by some", "Outlook Express", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" EXE_PART "--b--\n"},
    {"colon-only", "a field without a name", "skipped, or the end of the header", "clients differ", STOPPED,
     LINES(": nothing\nContent-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"long-padding", "thousands of blanks before the parameter", "buffers that are cut", ALL, STOPPED,
     LINES(B64 "Content-Disposition: attachment;$[times|3000| ]filename=\"evil.exe\"")},
    {"many-folds", "the parameter behind 500 folds", "readers that stop unfolding", ALL, STOPPED,
     LINES(B64 "Content-Disposition: attachment;$[times|500|\n ]filename=\"evil.exe\"")},
    {"truncated-fold", "the message ends inside a folded header", "the last field counts", ALL, STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment;\n filename=\"evil.exe\""},
    {"header-only", "the part has a header and no empty line", "an empty file, with its name", "Thunderbird", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename=\"evil.exe\"\n--b--\n"},
    {"utf8-bom", "a byte order mark before the first field", "dropped by some", "web mailers", STOPPED,
     LINES("$[x|efbbbf]Content-Disposition: attachment; filename=\"evil.exe\"\n" B64 "X-B: c")},
    {"nbsp-before", "a no-break space in the value", "a blank for some", "web mailers", STOPPED,
     LINES(B64 "Content-Disposition: attachment;$[x|a0]filename=\"evil.exe\"")},
    {"top-bare-cr", "a bare CR in the header of the message", "a line end for some", "Outlook", STOPPED,
     "X-A: b$[cr]Content-Type: application/octet-stream; name=\"evil.exe\"\n\nhello\n"},
    {"encoded-field-name", "the field's name as an encoded word", "decoded first by some", "older clients",
     ANSWER_PASS | STOPPED,
     LINES(B64 "=?utf-8?Q?Content-Disposition?=: attachment; filename=\"evil.exe\"")},
    {"cr-cr-body", "the header ends with two bare CRs", "an empty line to those to whom a CR ends one", "Python, munpack",
     STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/octet-stream\n" B64
          "Content-Disposition: attachment; filename=evil.exe$[cr]$[cr]" STAND_IN "\n--b--\n"},
    {"cr-cr-content", "the same, before an archive", "what follows is the archive to some and header to others",
     "Python, munpack", STOPPED,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/zip; name=docs.zip\n"
          "Content-Transfer-Encoding: base64$[cr]$[cr]$[base64|$[zip|evil.exe|text]]\n--b--\n"},
};
const size_t selftest_fields_count = sizeof selftest_fields / sizeof selftest_fields[0];
