/* Files in messages, in calendars, in uuencoded text, in winmail.dat and in Outlook's own files. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

/* A message with a blocked file, to be forwarded. */
#define INNER                                                                                                  \
    "From: Ann <ann@example.com>\nSubject: inner\n" MIME "Content-Type: multipart/mixed; boundary=i\n\n--i\n" HELLO \
    "--i\n" EXE_PART "--i--\n"
#define FORWARD(headers, body) PART(headers, body)
/* The same as a signature has it inside. */
#define SIGNED "Content-Type: multipart/mixed; boundary=s\n\n--s\n" HELLO "--s\n" EXE_PART "--s--\n"
#define SMIME(type, content) \
    MIME "Content-Type: application/pkcs7-mime; smime-type=" type "; name=smime.p7m\nContent-Transfer-Encoding: base64\n" \
         "Content-Disposition: attachment; filename=smime.p7m\n\n$[base64|" content "]"

const struct selftest_case selftest_messages[] = {
    {"rfc822", "a forwarded message", "its attachments are shown", ALL, ANSWER_BLOCKED,
     FORWARD("Content-Type: message/rfc822", INNER)},
    {"rfc822-base64", "a forwarded message in base64", "forbidden (RFC 2046, 5.2.1), decoded by many",
     "Outlook, Thunderbird", ANSWER_BLOCKED | ANSWER_AMBIGUOUS,
     FORWARD("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", "$[base64|" INNER "]")},
    {"rfc822-qp", "a forwarded message in quoted-printable", "forbidden, decoded by many", "Outlook, Thunderbird",
     ANSWER_BLOCKED | ANSWER_AMBIGUOUS,
     FORWARD("Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable", "$[qp|" INNER "]")},
    {"global", "message/global", "RFC 6532", ALL, ANSWER_BLOCKED, FORWARD("Content-Type: message/global", INNER)},
    {"news", "message/news", "an article", "Thunderbird", ANSWER_BLOCKED, FORWARD("Content-Type: message/news", INNER)},
    {"eml-name", "a message called .eml, application/octet-stream", "opened by the mail program", ALL, ANSWER_BLOCKED,
     ATTACH("mail.eml", INNER)},
    {"eml-content", "a message under no name at all", "opened by the mail program", "Thunderbird", ANSWER_BLOCKED,
     PART("Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64", "$[base64|" INNER "]")},
    {"emlx-name", "a message called .emlx", "its first line is a length", "Apple Mail", ANSWER_BLOCKED, ATTACH("mail.emlx", "1234\n" INNER)},
    {"mht", "a web archive (.mht)", "opened by the browser, and by Word", "Windows", ANSWER_BLOCKED, ATTACH("page.mht", INNER)},
    {"rfc822-in-rfc822", "a forwarded message in a forwarded message", "opened step by step", ALL, ANSWER_BLOCKED,
     FORWARD("Content-Type: message/rfc822", "Subject: x\nContent-Type: message/rfc822\n\n" INNER)},
    {"ten-forwards", "ten forwards", "opened step by step", ALL, ANSWER_BLOCKED,
     "$[times|10|Content-Type: message/rfc822\n\nSubject: x\n]" INNER},
    {"bounce", "the message in a bounce", "a DSN returns the message", ALL, ANSWER_BLOCKED,
     MIME "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n" HELLO
          "--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; example.com\n\n--r\nContent-Type: message/rfc822\n\n"
     INNER "--r--\n"},
    {"mbox-line", "a From line before the message", "skipped", "Thunderbird, mutt", ANSWER_BLOCKED,
     FORWARD("Content-Type: message/rfc822", "From ann Mon Jan  1 12:00:00 2024\n" INNER)},
    {"smime-signed", "opaque S/MIME: the signed text inside", "clients show what is in it", "Outlook, Apple Mail",
     ANSWER_BLOCKED, SMIME("signed-data", "$[cms-signed|" SIGNED "]")},
    {"smime-pieces", "opaque S/MIME in pieces of 60 bytes", "streaming signers cut anywhere, in names and lines too",
     "Outlook, Thunderbird", ANSWER_BLOCKED, SMIME("signed-data", "$[cms-pieces|60|" SIGNED "]")},
    {"smime-single-bytes", "opaque S/MIME in pieces of one byte", "legal BER", "Outlook, Thunderbird", ANSWER_BLOCKED,
     SMIME("signed-data", "$[cms-pieces|1|" SIGNED "]")},
    {"smime-signed-twice", "opaque S/MIME in opaque S/MIME", "opened step by step", "Outlook, Apple Mail", ANSWER_BLOCKED,
     SMIME("signed-data", "$[cms-signed|Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
                          "$[base64|$[cms-signed|" SIGNED "]]]")},
    {"smime-compressed", "compressed S/MIME", "RFC 3274", "Outlook, Thunderbird", ANSWER_BLOCKED | ANSWER_UNINSPECTABLE,
     SMIME("compressed-data", "$[cms-compressed|" SIGNED "]")},
    {"smime-no-type", "opaque S/MIME called application/octet-stream", "opened by its name", "Outlook", ANSWER_BLOCKED,
     ATTACH("smime.p7m", "$[cms-signed|" SIGNED "]")},
    {"smime-file", "a signed file that is no message", "signing programs unpack it", "DigiDoc, Dike",
     ANSWER_DISGUISED | ANSWER_UNINSPECTABLE, ATTACH("invoice.pdf.p7m", "$[cms-signed|$[pe]]")},
    {"zip-of-eml", "a message in a zip", "opened by the mail program", ALL, ANSWER_BLOCKED,
     ATTACH("mail.zip", "$[zip|mail.eml|" INNER "]")},
    {"text-rfc822-headers", "text/rfc822-headers is a text", "headers of a message that is not there", ALL,
     ANSWER_PASS | ANSWER_AMBIGUOUS,
     FORWARD("Content-Type: text/rfc822-headers", "From: a@example.com\nContent-Type: application/octet-stream; name=evil.exe\n")},
    {"external-body", "message/external-body", "the header of the file is its body (RFC 2046, 5.2.3)",
     "Python, MIME-tools, older clients", ANSWER_BLOCKED,
     FORWARD("Content-Type: message/external-body; access-type=URL; URL=\"https://example.org/a\"",
             "Content-Type: application/octet-stream; name=\"evil.exe\"\nContent-ID: <1@example.org>\n\n")},
    {"eml-empty-lines", "a message called .eml behind empty lines", "skipped by some", "clients differ", STOPPED,
     ATTACH("mail.eml", "\n\n" INNER)},
    {"eml-in-pieces", "a message whose name .eml comes in damaged pieces, in a part called a text", "opened by that name", "Python, MIME-tools", STOPPED,
     PART("Content-Transfer-Encoding: base64\nContent-Disposition: inline filename*0=\"m\":filename*1*=ai; filename*2=\"l\"; filename*3*=.em; filename*4*=l",
          "$[base64|" INNER "]")},
    {"emlx", "a message as Apple Mail keeps it", "the first line is a number", "Apple Mail", STOPPED,
     ATTACH("mail.emlx", "1234\n" INNER)},
};
const size_t selftest_messages_count = sizeof selftest_messages / sizeof selftest_messages[0];

/* An invitation with this line. */
#define INVITE(headers, line) \
    PART(headers, "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:lunch\n" line "\nEND:VEVENT\nEND:VCALENDAR\n")
#define CALENDAR(line) INVITE("Content-Type: text/calendar; method=REQUEST; charset=utf-8", line)
#define BINARY "ATTACH;FMTTYPE=application/octet-stream;ENCODING=BASE64;VALUE=BINARY;"

const struct selftest_case selftest_calendars[] = {
    {"fmttype", "a program's type and no name", "saved under an extension made of it", "Outlook", ANSWER_BLOCKED,
     CALENDAR(BINARY "FMTTYPE=application/x-msdownload:QUJD")},
    {"fmttype-hta", "the type of an HTML application, in quotes", "saved under an extension made of it", "Outlook", ANSWER_BLOCKED,
     CALENDAR(BINARY "FMTTYPE=\"application/hta\":QUJD")},
    {"data-type", "a data: link with a program's type", "RFC 2397", "Thunderbird", ANSWER_BLOCKED,
     CALENDAR("ATTACH:data:application/x-msdownload;base64,QUJD")},
    {"filename", "ATTACH with FILENAME", "RFC 5545 and RFC 8607: the file is the value", "Outlook, Thunderbird", ANSWER_BLOCKED,
     CALENDAR(BINARY "FILENAME=evil.exe:QUJD")},
    {"x-filename", "X-FILENAME", "from before RFC 8607", "Outlook, Evolution", ANSWER_BLOCKED, CALENDAR(BINARY "X-FILENAME=evil.exe:QUJD")},
    {"x-apple-filename", "X-APPLE-FILENAME", "Apple's own", "Apple Calendar", ANSWER_BLOCKED,
     CALENDAR(BINARY "X-APPLE-FILENAME=\"evil.exe\":QUJD")},
    {"x-oracle-filename", "X-ORACLE-FILENAME", "Oracle's own", "Oracle Calendar", ANSWER_BLOCKED,
     CALENDAR(BINARY "X-ORACLE-FILENAME=evil.exe:QUJD")},
    {"x-label", "X-LABEL", "KDE's own", "KOrganizer", ANSWER_BLOCKED, CALENDAR(BINARY "X-LABEL=evil.exe:QUJD")},
    {"folded", "folding inside the name", "a line is folded anywhere, RFC 5545, 3.1", ALL, ANSWER_BLOCKED,
     CALENDAR(BINARY "FILENAME=ev\n il.e\n\txe:QU\n JD")},
    {"quoted-colon", "a colon in the quoted name", "the value begins behind the quotes", ALL, ANSWER_BLOCKED,
     CALENDAR(BINARY "FILENAME=\"a: b;evil.exe\":QUJD")},
    {"open-quote", "nothing closes the quote", "those who know no quotes see a name", "clients differ", ANSWER_BLOCKED,
     CALENDAR(BINARY "FILENAME=\"evil.exe:QUJD")},
    {"lower-case", "all in small letters", "letter case means nothing", ALL, ANSWER_BLOCKED,
     CALENDAR("attach;encoding=base64;value=binary;filename=evil.exe:QUJD")},
    {"only-encoding", "VALUE=BINARY is missing", "read all the same", "clients differ", ANSWER_BLOCKED,
     CALENDAR("ATTACH;ENCODING=BASE64;FILENAME=evil.exe:QUJD")},
    {"data-url", "a data: URL", "RFC 2397", "Thunderbird", ANSWER_BLOCKED,
     CALENDAR("ATTACH:data:application/octet-stream;name=evil.exe;base64,QUJD")},
    {"content-id", "the name of another part", "RFC 5546: CID: refers to the message", "Outlook", ANSWER_BLOCKED,
     CALENDAR("ATTACH;FILENAME=evil.exe:CID:file@example.com")},
    {"zip", "a zip in the invitation", "opened as any other", ALL, ANSWER_BLOCKED,
     CALENDAR(BINARY "FILENAME=a.zip:\n $[base64-lines|100000|$[zip|evil.exe|x]]")},
    {"program", "a program under a harmless name", "found by its content", ALL, ANSWER_DISGUISED,
     CALENDAR(BINARY "FILENAME=agenda.txt:$[base64-lines|100000|$[pe]]")},
    {"ics-name", "called .ics, application/octet-stream", "opened by its name", ALL, ANSWER_BLOCKED,
     INVITE("Content-Type: application/octet-stream; name=a.ics", BINARY "FILENAME=evil.exe:QUJD")},
    {"no-name", "a calendar under no name or type", "known by its first line", "clients differ", ANSWER_BLOCKED,
     INVITE("Content-Type: application/octet-stream", BINARY "FILENAME=evil.exe:QUJD")},
    {"base64", "the invitation in base64", "as Exchange writes it", ALL, ANSWER_BLOCKED,
     PART("Content-Type: text/calendar\nContent-Transfer-Encoding: base64",
          "$[base64|BEGIN:VCALENDAR\n" BINARY "FILENAME=evil.exe:QUJD\nEND:VCALENDAR\n]")},
    {"utf16", "in UTF-16", "the charset is declared", "Outlook", ANSWER_BLOCKED,
     PART("Content-Type: text/calendar; charset=utf-16\nContent-Transfer-Encoding: base64",
          "$[base64|$[x|fffe]$[utf16|BEGIN:VCALENDAR\n" BINARY "FILENAME=evil.exe:QUJD\nEND:VCALENDAR\n]]")},
    {"card", "an address card with a file", "vCard 2.1 says BASE64 alone", "Outlook, telephones", ANSWER_BLOCKED,
     PART("Content-Type: text/x-vcard; name=ann.vcf",
          "BEGIN:VCARD\nVERSION:2.1\nFN:Ann\nX-ATTACH;BASE64;FILENAME=evil.exe:\n QUJD\n\nEND:VCARD\n")},
    {"link", "a link to a program", "a URL is not a file", ALL, ANSWER_PASS,
     CALENDAR("ATTACH;FMTTYPE=application/octet-stream:https://example.com/setup.exe")},
    {"document", "an agenda", "every day", "Outlook", ANSWER_PASS, CALENDAR(BINARY "FILENAME=agenda.pdf:JVBERi0xLjQK")},
};
const size_t selftest_calendars_count = sizeof selftest_calendars / sizeof selftest_calendars[0];

const struct selftest_case selftest_uuencode[] = {
    {"body", "in mail without MIME", "older than MIME, and still decoded", "Outlook, Thunderbird", ANSWER_BLOCKED,
     "\nHello.\n\n$[uu|evil.exe|This stands for a program.]\n"},
    {"after-text", "behind much text", "found anywhere", "Outlook, Thunderbird", ANSWER_BLOCKED,
     "\n$[times|200|A line of text, number $#.\n]\n$[uu|evil.exe|x]\nbye\n"},
    {"second", "the second of two files", "all are found", "Outlook", ANSWER_BLOCKED,
     "\n$[uu|safe.txt|x]\n\n$[uu|evil.exe|x]\n"},
    {"mode", "a mode of four digits", "as some programs write it", "Outlook", ANSWER_BLOCKED,
     "\nbegin 0755 evil.exe\n#86)C\n`\nend\n"},
    {"in-base64", "begin-base64", "uuencode -m", "unpackers", ANSWER_BLOCKED, "\nbegin-base64 644 evil.exe\nQUJD\n====\n"},
    {"yenc", "yEnc", "sniffed for in mail without MIME", "Thunderbird", ANSWER_BLOCKED,
     "\n=ybegin line=128 size=3 name=evil.exe\nabc\n=yend size=3\n"},
    {"no-end", "no end line", "decoded as far as it goes", "Outlook", ANSWER_BLOCKED, "\nbegin 644 evil.exe\n#86)C\n"},
    {"blank-in-name", "a name of two words", "the rest of the line is the name", "Outlook", ANSWER_BLOCKED,
     "\nbegin 644 my evil.exe\n#86)C\n`\nend\n"},
    {"quoted-name", "a name in quotes", "stripped", "Outlook", ANSWER_BLOCKED, "\nbegin 644 \"evil.exe\"\n#86)C\n`\nend\n"},
    {"begin-base64", "begin-base64", "the same program's other form (POSIX), which no mail program decodes", "uudecode by hand",
     ANSWER_BLOCKED | ANSWER_PASS,
     "\nbegin-base64 644 evil.exe\nYWJj\n====\n"},
    {"in-forward", "in a forwarded message without MIME", "decoded there too", "Outlook", ANSWER_BLOCKED,
     PART("Content-Type: message/rfc822", "Subject: x\n\n$[uu|evil.exe|x]")},
    {"zip", "a zip, uuencoded", "decoded, then unpacked", "Outlook", ANSWER_BLOCKED,
     "\n$[uu|a.zip|$[zip|evil.exe|text]]\n"},
    {"uue-name", "an attached .uue file", "unpacked as an archive", "WinZip, macOS", ANSWER_BLOCKED,
     ATTACH("a.uue", "$[uu|evil.exe|x]")},
    {"odd-type", "in mail without MIME-Version, of an odd type", "a text to clients that want MIME-Version", "Outlook",
     ANSWER_BLOCKED, "Content-Type: X-sun-attachment\n\n$[uu|evil.exe|x]\n"},
    {"no-version-multipart", "before the parts, in mail without MIME-Version",
     "a text to clients that want MIME-Version", "Outlook", ANSWER_BLOCKED,
     "Content-Type: multipart/mixed; boundary=abc\n\n$[uu|evil.exe|x]--abc\n\nhello\n--abc--\n"},
    {"mode-999", "a mode that is no octal number", "any three digits will do", "KMail, Zimbra", ANSWER_BLOCKED,
     "\nbegin 999 evil.exe\n#86)C\n`\nend\n"},
    {"type-text", "a part of the type text, without a subtype", "no type of MIME: an old text", "Thunderbird",
     ANSWER_BLOCKED, PART("Content-Type: text", "$[uu|evil.exe|x]")},
    {"empty-type", "an empty Content-Type", "no type: an old text", "Thunderbird", ANSWER_BLOCKED,
     MIME "Content-Type:\n\n$[uu|evil.exe|x]"},
    {"prose", "a sentence that begins with begin", "no file", ALL, ANSWER_PASS,
     "\nbegin 2024 evil.exe was found here, and nobody knew why.\nWe talked about it.\n"},
    {"short-mode", "a mode of one digit", "any number will do", "uudeview, older clients", ANSWER_BLOCKED,
     "\nbegin 6 evil.exe\n#86)C\n`\nend\n"},
    {"bare-cr", "its lines end with bare CRs", "old Macs", "uudeview, older clients", STOPPED,
     "\nbegin 644 evil.exe$[cr]#86)C$[cr]`$[cr]end$[cr]"},
    {"word-name", "its name is an encoded word", "decoded by some", "MIME-tools", ANSWER_BLOCKED,
     "\nbegin 644 =?utf-8?Q?evil=2Eexe?=\n#86)C\n`\nend\n"},
    {"begin-phrase", "a sentence that begins so", "no encoded line follows", ALL, ANSWER_PASS,
     "\nWe shall\nbegin 5 minutes after www.example.com\nis up again.\n"},
};
const size_t selftest_uuencode_count = sizeof selftest_uuencode / sizeof selftest_uuencode[0];

#define WINMAIL(content) \
    PART("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", "$[base64|" content "]")

const struct selftest_case selftest_outlook[] = {
    {"title", "the attachment's title", "winmail.dat is opened by Outlook (rspamd#3148)", "Outlook", ANSWER_BLOCKED,
     WINMAIL("$[tnef|evil.exe|text]")},
    {"long-name", "the long name of the properties", "shown before the title", "Outlook", ANSWER_BLOCKED,
     WINMAIL("$[tnef|<other=evil.exe>SAFE.TXT|text]")},
    {"title-only", "a blocked title, a harmless long name", "other programs show the title", "tnef, Evolution",
     ANSWER_BLOCKED, WINMAIL("$[tnef|<other=safe.txt>EVIL.EXE|text]")},
    {"no-title", "no title, a long name", "Exchange writes it so", "Outlook", ANSWER_BLOCKED,
     WINMAIL("$[tnef|<other=evil.exe>|text]")},
    {"second", "the second attachment", "all are shown", "Outlook", ANSWER_BLOCKED,
     WINMAIL("$[tnef|a.txt|text|evil.exe|text]")},
    {"octet-stream", "called application/octet-stream, data.bin", "recognised by content", "Outlook", ANSWER_BLOCKED,
     ATTACH("data.bin", "$[tnef|evil.exe|text]")},
    {"zip-inside", "a zip inside", "unpacked after saving", "Outlook", ANSWER_BLOCKED,
     WINMAIL("$[tnef|a.zip|$[zip|evil.exe|text]]")},
    {"damaged", "ends in the middle", "opened as far as it goes", "Outlook", ANSWER_UNINSPECTABLE | ANSWER_BLOCKED,
     PART("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64",
          "eJ8+IgEAAZAIAAQAAAAAAAEAAQABBoAPAAwAAAA=")},
    {"msg", "an Outlook message (.msg)", "its attachments are shown (rspamd#3487)", "Outlook", ANSWER_BLOCKED,
     ATTACH("mail.msg", "$[ole||__substg1.0_0037001F|$[utf16|subject]|"
                        "__attach_version1.0_#00000000/__substg1.0_3707001F|$[utf16|evil.exe]|"
                        "__attach_version1.0_#00000000/__substg1.0_37010102|text]")},
    {"msg-short-name", "the short name of an Outlook message's file", "shown by other programs", "msgconvert", ANSWER_BLOCKED,
     ATTACH("mail.msg", "$[ole||__attach_version1.0_#00000000/__substg1.0_3704001F|$[utf16|EVIL.EXE]|"
                        "__attach_version1.0_#00000000/__substg1.0_3707001F|$[utf16|safe.txt]|"
                        "__attach_version1.0_#00000000/__substg1.0_37010102|text]")},
    {"msg-zip", "a zip in an Outlook message", "unpacked after saving", "Outlook", ANSWER_BLOCKED,
     ATTACH("mail.msg", "$[ole||__attach_version1.0_#00000000/__substg1.0_3707001F|$[utf16|a.zip]|"
                        "__attach_version1.0_#00000000/__substg1.0_37010102|$[zip|evil.exe|text]]")},
    {"ole-package", "a packaged file in a Word document", "a double click runs it", "Word", ANSWER_BLOCKED,
     ATTACH("letter.doc", "$[ole||WordDocument|text|ObjectPool/$[x|01]Ole10Native|"
                          "$[x|3000000002006576696c2e65786500433a5c6576696c2e65786500000003000b000000433a5c6576696c2e6578650004000000]text]")},
};
const size_t selftest_outlook_count = sizeof selftest_outlook / sizeof selftest_outlook[0];

const struct selftest_case selftest_partial[] = {
    {"first", "message/partial, the first piece", "the file comes together at the reader only", "Outlook Express",
     ANSWER_PARTIAL, PART("Content-Type: message/partial; id=\"a@b\"; number=1; total=2", "Subject: x\n\ntext")},
    {"later", "message/partial, a later piece", "holds no name at all", "Outlook Express", ANSWER_PARTIAL,
     MIME "Content-Type: message/partial; id=\"a@b\"; number=2; total=2\n\nQUJD\n"},
    {"case", "MESSAGE/PARTIAL", "letter case means nothing", "Outlook Express", ANSWER_PARTIAL,
     MIME "Content-Type: MESSAGE/PARTIAL; ID=\"a@b\"; NUMBER=1\n\nQUJD\n"},
    {"nested", "in a forwarded message", "opened step by step", "Outlook Express", ANSWER_PARTIAL,
     PART("Content-Type: message/rfc822", "Subject: x\n" MIME "Content-Type: message/partial; id=x; number=1; total=3\n\nQUJD")},
    {"comment", "with a comment in the type", "RFC 822 allows it", "clients differ", ANSWER_PARTIAL | ANSWER_AMBIGUOUS,
     MIME "Content-Type: message/partial (x); id=x; number=1\n\nQUJD\n"},
};
const size_t selftest_partial_count = sizeof selftest_partial / sizeof selftest_partial[0];
