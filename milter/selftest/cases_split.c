/* Archives in pieces, and names that only some unpackers read. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

/* Two files of one message. */
#define PAIR(first, first_content, second, second_content)                                                            \
    MIME "Content-Type: multipart/mixed; boundary=p\n\n--p\nContent-Type: application/octet-stream\n"                \
         "Content-Disposition: attachment; filename=\"" first "\"\nContent-Transfer-Encoding: base64\n\n$[base64|"    \
         first_content "]\n--p\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\""  \
         second "\"\nContent-Transfer-Encoding: base64\n\n$[base64|" second_content "]\n--p--\n"

#define PIECES (ANSWER_UNINSPECTABLE | ANSWER_BLOCKED)

const struct selftest_case selftest_split[] = {
    {"tiny-first-zip", "a.zip.001 of two bytes, a.zip.002", "put together by name", "7-Zip", PIECES,
     PAIR("a.zip.001", "PK", "a.zip.002", "$[x|0304140000000000]noise")},
    {"tiny-first-rar", "a.rar.001 of four bytes, a.rar.002", "put together by name", "7-Zip", PIECES,
     PAIR("a.rar.001", "Rar!", "a.rar.002", "$[x|1a0701000000]noise")},
    {"later-alone", "a.7z.002 alone", "the first piece comes with another message", "7-Zip", PIECES,
     ATTACH("a.7z.002", "$[times|40|noise $#]")},
    {"number-only", "a.001 of a few letters", "too short to tell what it begins", "7-Zip", PIECES, ATTACH("a.001", "PK")},
    {"number-noise", "a.002 of bytes that nobody knows", "a later piece", "7-Zip", PIECES, ATTACH("a.002", "$[x|00ff1122]noise")},
    {"program-pieces", "evil.exe.001", "joined to evil.exe", "HJSplit, copy /b", ANSWER_BLOCKED,
     ATTACH("evil.exe.001", "M")},
    {"part-rar", "a.part2.rar without a mark", "a later piece", "WinRAR", PIECES, ATTACH("a.part2.rar", "$[x|00ff1122]noise")},
    {"old-rar", "a.r07", "a later piece", "WinRAR", PIECES, ATTACH("a.r07", "$[x|00ff1122]noise")},
    {"zip-piece", "a.z01", "a piece of a zip", "WinZip, 7-Zip", PIECES, ATTACH("a.z01", "$[x|00ff1122]noise")},
    {"rar5-volume", "a RAR 5 that says it is one of several", "the rest of its files comes elsewhere", "WinRAR", PIECES,
     ATTACH("a.rar", "$[x|526172211a070100532a34450301000139ac22361402020404042004c0bed1000007646f632e7064662550444619b23a3503050000]")},
    {"rar4-volume", "a RAR that says it is one of several", "the rest of its files comes elsewhere", "WinRAR", PIECES,
     ATTACH("a.rar", "$[x|526172211a0700f1fb7301000d000000000000004d01740080270004000000040000000204c0bed1000000001d30070020000000646f632e70646625504446c43d7b00400700]")},
    {"in-zip", "a.zip.001 in a zip", "unpacked, then put together", "7-Zip", PIECES, ATTACH("b.zip", "$[zip|a.zip.001|PK|a.zip.002|noise]")},
    {"in-rar", "a.rar.002 packed in a RAR", "unpacked, then put together", "WinRAR", PIECES, ATTACH("b.rar", "$[rar5|<packed>a.rar.002|noise]")},
    {"rar5-stream", "a RAR 5 service block with a path", "written wherever the path leads (CVE-2025-8088)", "WinRAR", ANSWER_BLOCKED,
     ATTACH("cv.rar", "$[x|526172211a070100c51a33320301000039ac22361402020404042004c0bed1000007646f632e7064662550444646083c781f03030e04040420399cfb0600000353544d0d073a2e2e5c6576696c2e6c6e6b6a756e6b19b23a3503050000]")},
    {"rar4-stream", "a RAR service block with a path", "written wherever the path leads", "WinRAR", ANSWER_BLOCKED,
     ATTACH("cv.rar", "$[x|526172211a0700cf907300000d000000000000004d01740080270004000000040000000204c0bed1000000001d30070020000000646f632e7064662550444640237a00803b00040000000400000002399cfb06000000001d3003002000000053544d3a002e002e005c006500760069006c002e006c006e006b006a756e6bc43d7b00400700]")},
    {"rar2-stream", "an old RAR block with a stream's path", "written wherever the path leads", "WinRAR", ANSWER_BLOCKED,
     ATTACH("cv.rar", "$[x|526172211a0700cf907300000d000000000000004d01740080270004000000040000000204c0bed1000000001d30070020000000646f632e70646625504446cc6c770080260004000000050100040000001430399cfb060c003a2e2e5c6576696c2e6c6e6b6a756e6bc43d7b00400700]")},
    {"zip-xceed-name", "another name in the extra field 0x554e", "preferred to the plain name", "Xceed", STOPPED,
     ATTACH("a.zip", "$[x|504b030414000000000000002100c7a78b3b040000000400000008001c00736166652e7478744e5518004e554358080000006500760069006c002e0065007800650074657874504b0102140014000000000000002100c7a78b3b040000000400000008001c000000000000000000000000000000736166652e7478744e5518004e554358080000006500760069006c002e00650078006500504b0506000000000100010052000000460000000000]")},
    {"zip-ziparchive-name", "another name in the extra field 0x5a4c", "preferred to the plain name", "ZipArchive", STOPPED,
     ATTACH("a.zip", "$[x|504b030414000000000000002100c7a78b3b040000000400000008001a00736166652e7478744c5a16000102000000006500760069006c002e0065007800650074657874504b0102140014000000000000002100c7a78b3b040000000400000008001a000000000000000000000000000000736166652e7478744c5a16000102000000006500760069006c002e00650078006500504b0506000000000100010050000000440000000000]")},
    {"zip-two-unicode-names", "two Unicode path extra fields", "the first or the last counts", "unzip, 7-Zip", STOPPED,
     ATTACH("a.zip", "$[x|504b030414000000000000002100c7a78b3b040000000400000008002200736166652e74787475700d0001000000006576696c2e65786575700d000100000000736166652e74787474657874504b0102140014000000000000002100c7a78b3b0400000004000000080022000000000000000000000000000000736166652e74787475700d0001000000006576696c2e65786575700d000100000000736166652e747874504b05060000000001000100580000004c0000000000]")},
    {"tar-bad-header", "a.tar whose first block is none", "passed over", "GNU tar", FOUND | ANSWER_UNINSPECTABLE,
     ATTACH("a.tar", "$[times|512|X]$[tar|evil.hta|text]")},
    {"tar-behind-pdf", "a.tar that begins as a PDF", "passed over", "GNU tar", FOUND | ANSWER_UNINSPECTABLE,
     ATTACH("a.tar", "%PDF-1.4$[times|504|X]$[tar|evil.hta|text]")},
    {"tar-noise", "a.tar that is none", "nobody knows what it is", "GNU tar", ANSWER_UNINSPECTABLE, ATTACH("a.tar", "$[times|300|$[x|00ff]noise]")},
    {"mbox-second", "the second message of an mbox", "all are shown", "Thunderbird, mutt", ANSWER_BLOCKED,
     ATTACH("saved.mbox", "From a@b Mon Nov 30 03:00:00 2026\nSubject: 1\n\nhi\n\nFrom a@b Mon Nov 30 03:00:00 2026\nSubject: 2\n" MIME
                          "Content-Type: multipart/mixed; boundary=i\n\n--i\n" HELLO "--i\n" EXE_PART "--i--\n")},
    {"eml-second", "what follows the first message in an .eml", "imported as another message", "Thunderbird", ANSWER_BLOCKED,
     ATTACH("mail.eml", "From: a@b\nSubject: 1\n\nhi\n\nFrom a@b Mon Nov 30 03:00:00 2026\nSubject: 2\n" MIME
                        "Content-Type: multipart/mixed; boundary=i\n\n--i\n" HELLO "--i\n" EXE_PART "--i--\n")},
    {"mbox-in-zip", "the third message of an mbox in a zip", "all are shown", "Thunderbird, mutt", ANSWER_BLOCKED,
     ATTACH("a.zip", "$[zip|saved|From a@b Mon Nov 30 03:00:00 2026\nFrom: a@b\nSubject: 1\n\nhi\n\nFrom a@b Mon Nov 30 03:00:00 2026\nSubject: 2\n\nho\n\n"
                     "From a@b Mon Nov 30 03:00:00 2026\n" MIME "Content-Type: multipart/mixed; boundary=i\n\n--i\n" HELLO "--i\n" EXE_PART "--i--\n]")},
};
const size_t selftest_split_count = sizeof selftest_split / sizeof selftest_split[0];
