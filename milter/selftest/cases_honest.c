/* Mail that people and programs really send: all of it must pass. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

#define OK_FILE(name, content) ATTACH(name, content)
#define TEXT_TYPE "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
#define FILE_PART(type, name, body)                                                                        \
    "Content-Type: " type "; name=\"" name "\"\nContent-Transfer-Encoding: base64\n"                       \
    "Content-Disposition: attachment; filename=\"" name "\"\n\n$[base64|" body "]\n"
#define PDF "%PDF-1.4\n1 0 obj << >> endobj\n%%EOF\n"
#define INNER_MAIL "From: Ann <ann@example.com>\nTo: bob@example.net\nSubject: inner\nDate: Mon, 01 Jan 2024 12:00:00 +0000\n" MIME

const struct selftest_case selftest_mail[] = {
    {"plain", "a plain text", "most mail", ALL, ANSWER_PASS, MIME TEXT_TYPE "Hello.\n"},
    {"no-mime", "a text without MIME", "cron and old programs", "mail(1)", ANSWER_PASS, "\nHello.\n"},
    {"empty", "no body at all", "a subject says it all", ALL, ANSWER_PASS, "\n"},
    {"no-separator", "headers only", "some scripts", "sendmail(1)", ANSWER_PASS, "X-Note: nothing else\n"},
    {"html", "text and HTML", "most mail programs", ALL, ANSWER_PASS,
     MIME "Content-Type: multipart/alternative; boundary=\"=_a\"\n\n--=_a\n" TEXT_TYPE "Hello.\n--=_a\n"
          "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p style=3D\"x\">Hello.</p>\n--=_a--\n"},
    {"html-images", "HTML with embedded pictures", "newsletters, signatures", "Outlook, Thunderbird", ANSWER_PASS,
     MIME "Content-Type: multipart/related; boundary=\"rel\"; type=\"text/html\"\n\n--rel\nContent-Type: text/html\n\n"
          "<img src=\"cid:logo@example.com\">\n--rel\nContent-Type: image/png; name=\"logo.png\"\nContent-ID: <logo@example.com>\n"
          "Content-Transfer-Encoding: base64\nContent-Disposition: inline; filename=\"logo.png\"\n\n$[base64|$[x|89504e470d0a1a0a]rest]\n--rel--\n"},
    {"pdf", "a PDF", "invoices", ALL, ANSWER_PASS, OK_FILE("invoice.pdf", PDF)},
    {"apple", "Apple Mail: nested related and mixed", "its usual shape", "Apple Mail", ANSWER_PASS,
     MIME "Content-Type: multipart/alternative;\n\tboundary=\"Apple-Mail=_1\"\n\n--Apple-Mail=_1\nContent-Transfer-Encoding: 7bit\n"
          "Content-Type: text/plain;\n\tcharset=us-ascii\n\nHello.\n--Apple-Mail=_1\nContent-Type: multipart/mixed;\n\tboundary=\"Apple-Mail=_2\"\n\n"
          "--Apple-Mail=_2\nContent-Type: text/html;\n\tcharset=us-ascii\n\n<p>x</p>\n--Apple-Mail=_2\nContent-Disposition: inline;\n"
          "\tfilename*=utf-8''Bu%CC%88ro.pdf\nContent-Type: application/pdf;\n\tx-unix-mode=0644;\n\tname=\"=?utf-8?Q?Bu=CC=88ro=2Epdf?=\"\n"
          "Content-Transfer-Encoding: base64\n\n$[base64|" PDF "]\n--Apple-Mail=_2--\n\n--Apple-Mail=_1--\n"},
    {"outlook", "Outlook: names twice, thread headers", "its usual shape", "Outlook", ANSWER_PASS,
     "Thread-Index: AdoAAA==\nX-MS-Has-Attach: yes\n" MIME "Content-Type: multipart/mixed;\n boundary=\"_004_AB_\"\n\n--_004_AB_\n"
     "Content-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\nHallo=20\n\n--_004_AB_\n"
     "Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document;\n name=\"Brief an Example.com.docx\"\n"
     "Content-Description: Brief an Example.com.docx\nContent-Disposition: attachment; filename=\"Brief an Example.com.docx\"; size=1234;\n"
     " creation-date=\"Mon, 01 Jan 2024 12:00:00 GMT\";\n modification-date=\"Mon, 01 Jan 2024 12:00:00 GMT\"\nContent-Transfer-Encoding: base64\n\n"
     "$[base64|$[zip|$[x|5b]Content_Types$].xml|<Types/>|word/document.xml|<w/>]]\n\n--_004_AB_--\n"},
    {"gmail", "Gmail: X-Attachment-Id", "its usual shape", "Gmail", ANSWER_PASS,
     PART("Content-Type: application/pdf; name=\"scan.pdf\"\nContent-Disposition: attachment; filename=\"scan.pdf\"\n"
          "Content-Transfer-Encoding: base64\nContent-ID: <f_lr1>\nX-Attachment-Id: f_lr1", "$[base64|" PDF "]")},
    {"thunderbird", "Thunderbird: charset of a file", "its usual shape", "Thunderbird", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=\"------------abc0123456789\"\n\nThis is a multi-part message in MIME format.\n"
          "--------------abc0123456789\nContent-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 7bit\n\nHello.\n"
          "--------------abc0123456789\nContent-Type: text/x-csrc; charset=UTF-8; name=\"main.c\"\nContent-Disposition: attachment; filename=\"main.c\"\n"
          "Content-Transfer-Encoding: base64\n\n$[base64|int main(void) { return 0; }\n]\n--------------abc0123456789--\n"},
    {"signed-pgp", "PGP/MIME, signed", "RFC 3156", ALL, ANSWER_PASS,
     MIME "Content-Type: multipart/signed; micalg=pgp-sha256;\n\tprotocol=\"application/pgp-signature\"; boundary=\"sig\"\n\n--sig\n" TEXT_TYPE
          "Hello.\n--sig\nContent-Type: application/pgp-signature; name=\"signature.asc\"\nContent-Description: OpenPGP digital signature\n\n"
          "-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0WIQ==\n=abcd\n-----END PGP SIGNATURE-----\n\n--sig--\n"},
    {"encrypted-pgp", "PGP/MIME, encrypted", "RFC 3156", ALL, ANSWER_PASS | ANSWER_ENCRYPTED,
     MIME "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"enc\"\n\n--enc\n"
          "Content-Type: application/pgp-encrypted\nContent-Description: PGP/MIME version identification\n\nVersion: 1\n\n--enc\n"
          "Content-Type: application/octet-stream; name=\"encrypted.asc\"\nContent-Disposition: inline; filename=\"encrypted.asc\"\n\n"
          "-----BEGIN PGP MESSAGE-----\n\nhQIMAwAAAAAAAAAAAQ//\n=abcd\n-----END PGP MESSAGE-----\n\n--enc--\n"},
    {"inline-pgp", "PGP inside the text", "older programs", ALL, ANSWER_PASS,
     MIME TEXT_TYPE "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -- dashes\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"},
    {"signed-smime", "S/MIME, detached signature", "RFC 8551", "Outlook, Apple Mail", ANSWER_PASS,
     MIME "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"s\"\n\n--s\n" TEXT_TYPE
          "Hello.\n--s\n" FILE_PART("application/pkcs7-signature", "smime.p7s", "$[x|308006092a864886f70d010702a0803080020101]") "--s--\n"},
    {"encrypted-smime", "S/MIME, encrypted", "RFC 8551", "Outlook, Apple Mail", ANSWER_PASS | ANSWER_ENCRYPTED,
     MIME "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\nContent-Transfer-Encoding: base64\n"
          "Content-Disposition: attachment; filename=\"smime.p7m\"\n\n$[base64|$[x|308006092a864886f70d010703a0803080020100]]\n"},
    {"invitation", "a meeting request", "RFC 6047", "Outlook, Google Calendar", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n" TEXT_TYPE "Come.\n--a\n"
          "Content-Type: text/calendar; charset=utf-8; method=REQUEST; name=\"meeting.ics\"\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n--a--\n"
          "--m\n" FILE_PART("application/ics", "invite.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n") "--m--\n"},
    {"dsn", "a bounce", "RFC 3464", "MTAs", ANSWER_PASS,
     MIME "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\n\nThis is a MIME-encapsulated message.\n\n--r\n"
          "Content-Description: Notification\nContent-Type: text/plain\n\nI'm sorry.\n\n--r\nContent-Description: Delivery report\n"
          "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n\n"
          "--r\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n" INNER_MAIL TEXT_TYPE "Hello.\n\n--r--\n"},
    {"dsn-headers", "a bounce with headers only", "RFC 3464", "MTAs", ANSWER_PASS,
     MIME "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\n\n--r\n\nSorry.\n--r\nContent-Type: message/delivery-status\n\n"
          "Reporting-MTA: dns; mail.example.com\n\n--r\nContent-Type: text/rfc822-headers\n\nFrom: a@example.com\nSubject: x\n--r--\n"},
    {"mdn", "a read receipt", "RFC 8098", "Outlook, Thunderbird", ANSWER_PASS,
     MIME "Content-Type: multipart/report; report-type=disposition-notification; boundary=r\n\n--r\n" HELLO
          "--r\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;bob@example.net\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--r--\n"},
    {"arf", "an abuse report", "RFC 5965", "feedback loops", ANSWER_PASS,
     MIME "Content-Type: multipart/report; report-type=feedback-report; boundary=r\n\n--r\n" HELLO
          "--r\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n\n--r\nContent-Type: message/rfc822\n\n" INNER_MAIL TEXT_TYPE "x\n--r--\n"},
    {"digest", "a mailing list's digest", "RFC 1153 and MIME", "Mailman", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nTopics.\n--o\nContent-Type: multipart/digest; boundary=d\n\n"
          "--d\n\nFrom: a@example.com\nSubject: one\n\nOne.\n--d\n\nFrom: b@example.com\nSubject: two\n\nTwo.\n--d--\n--o--\n"},
    {"list-footer", "a footer that a list adds", "a text part behind the rest", "Mailman", ANSWER_PASS,
     "List-Id: <list.example.com>\n" MIME "Content-Type: multipart/mixed; boundary=\"===============123==\"\n\n--===============123==\n" TEXT_TYPE
     "Hello.\n\n--===============123==\nContent-Type: text/plain; charset=\"us-ascii\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline\n\n"
     "_______________________________________________\nList mailing list\nlist@example.com\nhttps://www.example.com/list\n\n--===============123==--\n"},
    {"forward-inline", "a forward inside the text", "quoted headers are text", "Outlook, Gmail", ANSWER_PASS,
     MIME TEXT_TYPE "---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nDate: Mon, 1 Jan 2024\nSubject: setup.exe\n"
                    "Content-Type: application/octet-stream; name=setup.exe\n\nThe file setup.exe was not accepted.\n"},
    {"parts-quoted", "a part quoted in the text", "a quoted header without an encoding carries nothing", "munpack", ANSWER_PASS,
     MIME TEXT_TYPE "It said:\n\n--b\nContent-Disposition: attachment; filename=setup.exe\n\nWhy?\n"},
    {"forward-attached", "a forward as attachment", "message/rfc822", ALL, ANSWER_PASS,
     PART("Content-Type: message/rfc822; charset=UTF-8; name=\"Re: order.eml\"\nContent-Disposition: attachment; filename=\"Re: order.eml\"",
          INNER_MAIL "Content-Type: multipart/mixed; boundary=i\n\n--i\n" HELLO "--i\n" FILE_PART("application/pdf", "a.pdf", PDF) "--i--\n")},
    {"forward-name", "a forward called after an address", "a subject saved as a name", "Thunderbird", ANSWER_PASS,
     PART("Content-Type: message/rfc822; name=\"Welcome to example.com.eml\"", INNER_MAIL TEXT_TYPE "Hello.")},
    {"fax", "a fax gateway's TIFF", "its usual shape", "fax gateways", ANSWER_PASS,
     MIME "Content-Type: image/tiff; name=\"fax.tif\"\nContent-Transfer-Encoding: base64\n\n$[base64|II*$[x|0008000000]data]\n"},
    {"voice", "a voice message", "RFC 3801", "telephone systems", ANSWER_PASS,
     MIME "Content-Type: multipart/voice-message; version=2.0; boundary=v\n\n--v\nContent-Type: audio/x-wav; name=\"msg0001.WAV\"\n"
          "Content-Transfer-Encoding: base64\n\n$[base64|RIFF$[x|24000000]WAVEfmt ]\n--v--\n"},
    {"patch", "a patch by git send-email", "#!/bin/sh lines and begin in it", "git", ANSWER_PASS,
     "X-Mailer: git-send-email 2.40\n\n---\n run.sh | 3 +++\n\ndiff --git a/run.sh b/run.sh\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1,3 @@\n"
     "+#!/bin/sh\n+begin\n+end\n-- \n2.40.0\n"},
    {"shell-in-text", "a script as the text", "people send commands", ALL, ANSWER_PASS,
     MIME TEXT_TYPE "#!/bin/sh\necho hello\n"},
    {"dashes", "lines of dashes in the text", "signatures and tables", ALL, ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=\"abc\"\n\n--abc\nContent-Type: text/plain\n\n-- \nAnn\n-----\n--ab\n--\n--abc--\n"},
    {"epilogue-blank", "blank lines after the end", "MTAs add them", ALL, ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\n" HELLO "--b--\n\n\n"},
    {"preamble", "the usual preamble", "a text for very old programs", ALL, ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=b\n\nThis is a multi-part message in MIME format.\n\n--b\n" HELLO "--b--\n"},
    {"received-chain", "twenty Received lines", "mail that came a long way", "MTAs", ANSWER_PASS,
     "$[times|20|Received: from a$#.example.com (a$#.example.com [192.0.2.$#])\n\tby b.example.com (Postfix) with ESMTPS id 4A$#;\n\tMon, 01 Jan 2024 12:00:00 +0000 (UTC)\n]"
     MIME TEXT_TYPE "Hello.\n"},
    {"dkim-arc", "DKIM and ARC signatures", "long folded headers full of = and ;", "MTAs", ANSWER_PASS,
     "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\n\th=from:to:subject:content-type:name; bh=47DEQpj8HBSa=;\n\tb=dzdVyOfAKCdL\n\t xyz==\n"
     "ARC-Seal: i=1; a=rsa-sha256; t=1704110400; cv=none; d=example.com; s=s1; b=abc=\n" MIME TEXT_TYPE "Hello.\n"},
    {"sms-gateway", "a telephone's picture message", "SMIL and parts without disposition", "MMS gateways", ANSWER_PASS,
     MIME "Content-Type: multipart/related; type=\"application/smil\"; boundary=m\n\n--m\nContent-Type: application/smil; name=0.smil\n\n<smil/>\n--m\n"
          "Content-Type: image/jpeg; name=IMG_0001.jpg\nContent-Transfer-Encoding: base64\n\n$[base64|$[x|ffd8ffe000104a464946]]\n--m--\n"},
    {"tnef", "winmail.dat with a document", "Exchange sends it outside", "Outlook", ANSWER_PASS,
     PART("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", "$[base64|$[tnef|<other=minutes.docx>MINUTE~1.DOC|text]]")},
    {"alternative-empty", "an empty alternative", "some newsletters", "bulk mailers", ANSWER_PASS,
     MIME "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n\n--b\nContent-Type: text/html\n\n<p>x</p>\n--b--\n"},
    {"footer-in-pdf", "a list's footer behind the base64 of a PDF", "the message is nothing but the file", "Mailman, ezmlm", ANSWER_PASS,
     MIME "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n$[base64|" PDF "1]\n"
          "_______________________________________________\nmy-list mailing list\nhttps://lists.example.com/listinfo/my-list\n"},
    {"footer-in-docx", "a list's footer behind the base64 of a document", "the message is nothing but the file", "Mailman, ezmlm", ANSWER_PASS,
     MIME "Content-Type: application/octet-stream; name=a.docx\nContent-Transfer-Encoding: base64\n\n"
          "$[base64|$[zip|$[x|5b]Content_Types$].xml|<Types/>|word/document.xml|<w/>]]\n--\nmy-list mailing list\nhttps://lists.example.com/listinfo/my-list\n"},
    {"multipart-qp-docx", "a whole multipart in quoted-printable, a document in it", "RFC 2045 forbids it", "older gateways", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=q\nContent-Transfer-Encoding: quoted-printable\n\n--q\nContent-Type: text/plain\n\nHello.\n--q\n"
          "Content-Type: application/octet-stream; name=3D\"a.docx\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=3D\"a.docx\"\n\n"
          "UEsDBBQAAAAIAPJ1fl3uR1hmHwAAAB0AAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbLOxr8jNUShL\n"
          "LSrOzM+zVTLUM1Cyt7MJqSxILda3AwBQSwECFAMUAAAACADydX5d7kdYZh8AAAAdAAAAEwAAAAAA\n"
          "AAAAAAAAgAEAAAAAW0NvbnRlbnRfVHlwZXNdLnhtbFBLBQYAAAAAAQABAEEAAABQAAAAAAA=3D\n--q--\n"},
    {"footer-behind-close", "a list's footer closed the multipart before the file", "what follows is a part to most",
     "mailing lists, mailcow, Exchange disclaimers", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=MIX\n\n--MIX\n" HELLO "--MIX--\n--MIX\n" FILE_PART("application/pdf", "a.pdf", PDF) "--MIX--\n"},
    {"boundary-reused", "a multipart in another with the same boundary", "old gateways wrap without looking", "gateways", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n" HELLO "--b\n"
          "Content-Type: text/html\n\n<p>x</p>\n--b--\n--b\n" FILE_PART("application/pdf", "a.pdf", PDF) "--b--\n"},
    {"blank-line-in-header", "an empty line inside the header of a file", "a template with a line too many", "shops, reports", ANSWER_PASS,
     PART("Content-Type: application/pdf; name=\"a.pdf\"\n\nContent-Transfer-Encoding: base64", "$[base64|" PDF "]")},
    {"blank-line-in-mail", "an empty line inside the header of the mail", "a template with a line too many", "shops, reports", ANSWER_PASS,
     "X-Shop: 1\n\n" MIME "Content-Type: multipart/alternative; boundary=z\n\n--z\n" HELLO "--z\nContent-Type: text/html\n\n<p>x</p>\n--z--\n"},
    {"line-not-indented", "a long field whose second line is not indented", "Postfix ends the header there", "scripts", ANSWER_PASS,
     PART("Content-Type: application/pdf; name=\"a.pdf\"\nX-Diagnostics: 1;abc\nP8FxVksOO2tm\nContent-Transfer-Encoding: base64", "$[base64|" PDF "]")},
    {"fold-of-blanks", "a fold that is a line of one blank", "Coremail writes it where a type is long", "Coremail", ANSWER_PASS,
     PART("Content-Type: application/vnd.openxmlformats-officedocument.presentationml.presentation;\n \n\tname=\"plan.pptx\"\n"
          "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"plan.pptx\"",
          "$[base64|$[zip|$[x|5b]Content_Types$].xml|<Types/>|ppt/presentation.xml|<p/>]]")},
    {"name-with-line-breaks", "line breaks inside a name", "written as they are", "Apple Mail 16", ANSWER_PASS,
     PART("Content-Transfer-Encoding: base64\nContent-Disposition: inline;\n\tfilename*=us-ascii''Icon%0A%0ADescription.png\n"
          "Content-Type: image/png;\n\tname=\"Icon\n\nDescription.png\"\nContent-Id: <i1>", "$[base64|$[x|89504e470d0a1a0a]rest]")},
    {"multipart-base64", "a whole multipart in base64", "against RFC 2045, 6.4; one reading has no part", "SAP", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=s\nContent-Transfer-Encoding: base64\n\n"
          "$[base64|--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n--s\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n" PDF "\r\n--s--\r\n]"},
    {"two-types", "Content-Type twice, without any file", "a gateway added its own", "gateways", ANSWER_PASS,
     "Content-Type: text/plain; charset=us-ascii\n" MIME "Content-Type: multipart/alternative; boundary=t\n\n--t\n" HELLO
     "--t\nContent-Type: text/html\n\n<p>x</p>\n--t--\n"},
    {"bounce-of-headers", "a bounce whose returned header says multipart", "nothing of the body came back", "Exchange, Sendmail", ANSWER_PASS,
     MIME "Content-Type: multipart/report; boundary=r\n\n--r\n" HELLO "--r\nContent-Type: message/rfc822\n\n\n" INNER_MAIL
          "Content-Type: multipart/mixed; boundary=q\n\n--r--\n"},
    {"partial-without-number", "message/partial without parameters", "no piece of anything", "old gateways", ANSWER_PASS,
     MIME "Content-Type: multipart/report; boundary=r\n\n--r\n" HELLO "--r\nContent-Type: message/partial\n\n" INNER_MAIL "\nHello.\n--r--\n"},
    {"boundary-wrong", "delimiters that are not the boundary", "a bounce whose header was rewritten", "anonymizers, gateways", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=abc.1\n\n--abc.2\n" HELLO "--abc.2\n" FILE_PART("application/pdf", "a.pdf", PDF)
          "--abc.2\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n$[base64|$[zip|a.txt|text]]\n--abc.2--\n"},
};
const size_t selftest_mail_count = sizeof selftest_mail / sizeof selftest_mail[0];

const struct selftest_case selftest_honest_names[] = {
    {"umlaut-raw", "raw Latin-1 letters", "old programs", "older clients", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"Gr$[x|fcdf]e.pdf\"")},
    {"dual-names", "name as a word, filename by RFC 2231", "most programs write both", "Thunderbird, KMail", ANSWER_PASS,
     PART("Content-Type: application/pdf;\n name=\"=?UTF-8?B?QsO8cm8ucGRm?=\"\nContent-Disposition: attachment;\n filename*=UTF-8''B%C3%BCro.pdf\n"
          "Content-Transfer-Encoding: base64", "$[base64|" PDF "]")},
    {"dual-filename", "filename and filename* of one meaning", "for old and new programs", "Gmail, Roundcube", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"Buero.pdf\"; filename*=UTF-8''B%C3%BCro.pdf")},
    {"long-pieces", "a long name in four pieces", "RFC 2231", "Thunderbird", ANSWER_PASS,
     DISPOSITION("attachment;\n filename*0*=UTF-8''Protokoll%20der%20Sitzung%20des%20Ausschusses;\n filename*1*=%20f%C3%BCr%20Bau%20und%20Verkehr;\n"
                 " filename*2*=%20vom%201.%20Januar;\n filename*3=\".docx\"")},
    {"long-word", "a long name in folded words", "RFC 2047 in a parameter", "Outlook", ANSWER_PASS,
     TYPE("application/pdf;\n name=\"=?utf-8?Q?Protokoll_der_Sitzung_des_Ausschusses_f=C3=BCr?=\n =?utf-8?Q?_Bau_und_Verkehr.pdf?=\"")},
    {"koi8", "a name in KOI8-R", "Russian programs", "The Bat!", ANSWER_PASS, DISPOSITION("attachment; filename=\"=?koi8-r?B?z9TexdQucGRm?=\"")},
    {"iso-2022-jp", "a name in ISO-2022-JP", "Japanese programs", "Becky!", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"=?ISO-2022-JP?B?GyRCO3FOQRsoQi5wZGY=?=\"")},
    {"gb18030", "a name in GB18030", "Chinese programs", "Foxmail", ANSWER_PASS, DISPOSITION("attachment; filename=\"=?gb18030?B?zsS8/i5wZGY=?=\"")},
    {"sjis-raw", "a raw Shift_JIS name", "Japanese programs", "older clients", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"$[x|8e9197bf].pdf\"")},
    {"spaces", "an unquoted name with blanks", "sloppy scripts", "scripts", ANSWER_PASS | ANSWER_AMBIGUOUS,
     DISPOSITION("attachment; filename=annual report.pdf")},
    {"dmarc", "yahoo.com!example.com!1704067200!1704153599.xml.gz", "DMARC reports (vexim#251)", "report senders", ANSWER_PASS,
     ATTACH("yahoo.com!example.com!1704067200!1704153599.xml.gz", "$[gz|yahoo.com!example.com!1704067200!1704153599.xml|<feedback/>]")},
    {"dmarc-zip", "google.com!example.com!1704067200!1704153599.zip", "DMARC reports", "report senders", ANSWER_PASS,
     ATTACH("google.com!example.com!1704067200!1704153599.zip", "$[zip|google.com!example.com!1704067200!1704153599.xml|<feedback/>]")},
    {"tlsrpt", "a TLS report", "RFC 8460", "report senders", ANSWER_PASS,
     ATTACH("google.com!example.com!1704067200!1704153599!001.json.gz", "$[gz||{}]")},
    {"domain-pdf", "www.example.com.pdf", "a printed page", "browsers", ANSWER_PASS, ATTACH("www.example.com.pdf", PDF)},
    {"address-name", "ann@example.com.vcf", "a business card", "Outlook", ANSWER_PASS, ATTACH("ann@example.com.vcf", "BEGIN:VCARD\nEND:VCARD\n")},
    {"version", "report v1.2.3", "digits behind a dot", ALL, ANSWER_PASS, ATTACH("report v1.2.3", "text")},
    {"dots", "a.b.c.d.txt", "many dots", ALL, ANSWER_PASS, ATTACH("a.b.c.d.txt", "text")},
    {"percent", "100% sure.pdf", "a percent sign is one", ALL, ANSWER_PASS, ATTACH("100% sure.pdf", PDF)},
    {"apostrophe", "Ann's file.pdf", "an apostrophe is one", ALL, ANSWER_PASS, ATTACH("Ann's file.pdf", PDF)},
    {"semicolon", "a; b.pdf", "a semicolon in quotes", ALL, ANSWER_PASS, ATTACH("a; b.pdf", PDF)},
    {"arabic", "an Arabic name with marks", "right-to-left marks in honest names", ALL, ANSWER_PASS,
     DISPOSITION("attachment; filename*=utf-8''%E2%80%8F%D9%85%D9%84%D9%81.pdf")},
    {"emoji", "a name with pictures", "people do", "telephones", ANSWER_PASS, DISPOSITION("attachment; filename*=utf-8''%F0%9F%98%80.jpg")},
    {"url-subject", "URLs and program names in text", "prose is no file", ALL, ANSWER_PASS,
     "X-Note: see https://www.example.com/setup.exe\nContent-Description: setup.exe\n" MIME TEXT_TYPE "Get https://www.example.com/setup.exe\n"},
    {"message-id", "Message-ID and Content-ID ending in .com", "no file", ALL, ANSWER_PASS,
     PART("Content-Type: image/png\nContent-ID: <image001.png@mail.example.com>\nContent-Transfer-Encoding: base64", "$[base64|$[x|89504e470d0a1a0a]]")},
    {"charset-alias", "a charset by one of its other names", "WHATWG and IANA list dozens", "web mailers, Israeli senders", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"=?hebrew?Q?Rechnung_0815.pdf?=\"")},
    {"charset-made-up", "plain ASCII in a charset that nobody knows", "it is the same in all", "scripts", ANSWER_PASS,
     DISPOSITION("attachment; filename=\"=?x-whatever?Q?Rechnung_0815.pdf?=\"")},
    {"unquoted-domain", "a host name in a name without quotes", "not the end of it", "scripts", ANSWER_PASS,
     DISPOSITION("attachment; filename=Report of example.com Ltd.pdf")},
    {"folded-pieces", "folds and semicolons in the quotes of tiny pieces", "RFC 2231, and lines of 76", "older programs", ANSWER_PASS,
     PART("Content-Type: application/pdf; name*0=\"plan;f\"; name*1=\"in\"; name*2=\"al.\"; name*3=\"pdf\"\n"
          "Content-Disposition: attachment; filename*0=\"a\n b\"; filename*1=\".\"; filename*2=\"pd\"; filename*3=\"f\"\n"
          "Content-Transfer-Encoding: base64", "$[base64|" PDF "]")},
    {"name-in-pieces", "a long name in pieces with percent signs", "RFC 2231", "Thunderbird, Roundcube", ANSWER_PASS,
     DISPOSITION("attachment;\n filename*0*=utf-8''%C3%9Cbersicht%20example.com%20und%20;\n filename*1*=Fa.%20Bas%20Meyer.pdf")},
};
const size_t selftest_honest_names_count = sizeof selftest_honest_names / sizeof selftest_honest_names[0];

#define OFFICE "$[x|5b]Content_Types$].xml|<Types/>|_rels/.rels|<Relationships/>|"

const struct selftest_case selftest_honest_files[] = {
    {"rich-text", "a text with a picture in it", "objects alone hold files", ALL, ANSWER_PASS,
     ATTACH("letter.rtf", "{\\rtf1\\ansi Hello {\\b you}.\\par{\\pict\\pngblip 89504e470d0a1a0a}}")},
    {"binhex-mentioned", "a text about BinHex", "nothing is wrapped in it", ALL, ANSWER_PASS,
     ATTACH("notes.txt", "Files of old begin like this:\n(This file must be converted with BinHex 4.0)\n\nNobody does.\n")},
    {"apple-double", "the second half of a Macintosh file", "icons and the like, no name", "Apple Mail", ANSWER_PASS,
     ATTACH("a.pdf", "$[x|00051607000200000000000000000000000000000000000000010000000200000026000000056963]ons")},
    {"object-file", "an object file", "under its own name", "compilers", ANSWER_PASS, ATTACH("main.o", "$[elf]")},
    {"static-library", "a static library", "object files in an ar archive", "compilers", ANSWER_PASS,
     ATTACH("libfoo.a", "!<arch>\nmain.o/         0           0     0     100644  4         `\ntext")},
    {"debian-package", "a Debian package of documents", "ar, and tars in it", "Debian", ANSWER_PASS,
     ATTACH("tool-doc_1.0_all.deb", "$[ar|debian-binary|2.0\n|control.tar.gz|$[gz||$[tar|./control|Package: tool-doc\n]]|data.tar.xz|$[xz|$[tar|./usr/share/doc/tool/README|Hello.\n]]]")},
    {"compressed-log", "a log packed by compress", "old systems do", "Unix", ANSWER_PASS, ATTACH("messages.Z", "$[lzw|$[times|100|Nov 30 12:00:00 host kernel: line $#\n]]")},
    {"shared-library", "a library", "under its own name", "compilers", ANSWER_PASS, ATTACH("libfoo.so.1.2", "$[elf]")},
    {"core-dump", "a core", "attached to reports of crashes", "Linux", ANSWER_PASS, ATTACH("core.4711", "$[elf]")},
    {"class-file", "a Java class", "under its own name", "Java", ANSWER_PASS, ATTACH("Main.class", "$[x|cafebabe00000034000a0000000000000000]")},
    {"driver", "a driver", "under its own name", "Windows", ANSWER_PASS, ATTACH("e1000.sys", "$[pe]")},
    {"script-as-text", "#!/bin/sh called install.txt", "so that no filter objects", ALL, ANSWER_PASS, ATTACH("install.txt", "#!/bin/sh\necho hello\n")},
    {"perl-as-text", "#!/usr/bin/perl called report.txt", "so that no filter objects", ALL, ANSWER_PASS, ATTACH("report.txt", "#!/usr/bin/perl -w\nprint 1;\n")},
    {"vhdl", "a source in VHDL", "called .vhd, and no disk image", "designers", ANSWER_PASS,
     ATTACH("fifo.vhd", "library ieee;\nuse ieee.std_logic_1164.all;\nentity fifo is\nend fifo;\n")},
    {"package-icon", "a PDF packed into a text, shown with an icon of shell32.dll", "the second name is the icon's", "Word", ANSWER_PASS,
     ATTACH("agenda.rtf", "{\\rtf1\\ansi Agenda {\\object\\objemb{\\*\\objclass Package}{\\*\\objdata $[hex||$[x|010500000200000008000000]Package$[x|00000000000000000059000000]"
                          "$[x|0200]agenda.pdf$[x|00]C:\\WINNT\\System32\\SHELL32.DLL$[x|000000030013000000]C:\\TEMP\\agenda.pdf$[x|000f000000]%PDF-1.4\n%%EOF\n]}}}")},
    {"s-record", "firmware as text, called .s19", "no piece of a RAR", "compilers", ANSWER_PASS,
     ATTACH("boot.s19", "S00F000068656C6C6F202020202000003C\nS11F00007C0802A6900100049421FFF07C6C1B787C8C23783C6000003863000026\nS9030000FC\n")},
    {"numbered-text", "a text called .001", "statements and logs are called so", "banks", ANSWER_PASS,
     ATTACH("UMSATZ.001", ":20:STARTUMS\n:25:12345678/0001234567\n:28C:0\n:60F:C260101EUR1234,56\n:62F:C260101EUR1234,56\n-\n")},
    {"numbered-pdf", "a PDF called .012", "archives number their files", "scanners", ANSWER_PASS, ATTACH("scan.012", PDF)},
    {"mbox", "two messages in an mbox", "saved mail", "Thunderbird, mutt", ANSWER_PASS,
     ATTACH("saved.mbox", "From a@b Mon Nov 30 03:00:00 2026\nSubject: 1\n\nhi\n\nFrom a@b Mon Nov 30 03:00:00 2026\nSubject: 2\n\nFrom here to there.\n")},
    {"invoice-pdf", "a PDF with its invoice as XML (Factur-X)", "attached for machines", "accounting", ANSWER_PASS,
     ATTACH("invoice.pdf", "%PDF-1.7\n1 0 obj<</Type/Catalog/AF[3 0 R$]>>endobj\n4 0 obj<</Type/EmbeddedFile/Subtype/text#2Fxml/Params<</ModDate(D:20260101)>>/Length 9>>stream\n<?xml version=\"1.0\"?><rsm:CrossIndustryInvoice/>\nendstream endobj\n3 0 obj<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/AFRelationship/Alternative/EF<</F 4 0 R/UF 4 0 R>>>>endobj\n5 0 obj<</S/URI/URI(https://example.com/setup.exe)>>endobj\n6 0 obj<</S/GoToR/F(other.pdf)>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")},
    {"wordml", "an old XML document with a picture", "pictures stand in base64", "Word", ANSWER_PASS,
     ATTACH("a.xml", "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument><w:binData w:name=\"wordml://01000001.png\">$[base64|$[x|89504e470d0a1a0a0000000d49484452]]</w:binData></w:wordDocument>")},
    {"xml-invoice", "an invoice in XML", "no document with files", ALL, ANSWER_PASS, ATTACH("a.xml", "<?xml version=\"1.0\"?>\n<invoice><id>1</id></invoice>\n")},
    {"docx", "Word", "a zip inside", "Word", ANSWER_PASS, ATTACH("a.docx", "$[zip|" OFFICE "word/document.xml|<w/>]")},
    {"xlsx", "Excel", "a zip inside", "Excel", ANSWER_PASS, ATTACH("a.xlsx", "$[zip|" OFFICE "xl/workbook.xml|<w/>|xl/worksheets/sheet1.xml|<s/>]")},
    {"pptx", "PowerPoint with an embedded sheet", "a zip in a zip", "PowerPoint", ANSWER_PASS,
     ATTACH("a.pptx", "$[zip|" OFFICE "ppt/presentation.xml|<p/>|ppt/embeddings/sheet1.xlsx|$[zip|" OFFICE "xl/workbook.xml|<w/>]]")},
    {"docm", "Word with macros", "accepted, and said", "Word", ANSWER_PASS | ANSWER_MACROS,
     ATTACH("a.docm", "$[zip|" OFFICE "word/vbaProject.bin|$[ole||VBA/dir|text]]")},
    {"odt", "OpenDocument", "a zip inside", "LibreOffice", ANSWER_PASS,
     ATTACH("a.odt", "$[zip|mimetype|application/vnd.oasis.opendocument.text|content.xml|<c/>|META-INF/manifest.xml|<m/>]")},
    {"epub", "an e-book", "a zip inside", "readers", ANSWER_PASS,
     ATTACH("a.epub", "$[zip|mimetype|application/epub+zip|META-INF/container.xml|<c/>|OEBPS/a.xhtml|<h/>]")},
    {"asice", "a signed container", "a zip inside (rspamd#3790)", "DigiDoc", ANSWER_PASS,
     ATTACH("contract.asice", "$[zip|mimetype|application/vnd.etsi.asic-e+zip|contract.pdf|" PDF "|META-INF/signatures0.xml|<s/>]")},
    {"doc", "an old Word document", "OLE (mailcow#3287)", "Word", ANSWER_PASS, ATTACH("a.doc", "$[ole||WordDocument|text|1Table|text]")},
    {"xls", "an old Excel sheet", "OLE", "Excel", ANSWER_PASS, ATTACH("a.xls", "$[ole||Workbook|text]")},
    {"msg", "an Outlook message with a PDF", "OLE", "Outlook", ANSWER_PASS,
     ATTACH("mail.msg", "$[ole||__attach_version1.0_#00000000/__substg1.0_3707001F|$[utf16|a.pdf]|__attach_version1.0_#00000000/__substg1.0_37010102|" PDF "]")},
    {"zip-msg-docx", "zip > Outlook message > Word > embedded object", "deep, and honest", "Outlook, Word", ANSWER_PASS,
     ATTACH("mails.zip", "$[zip|mail.msg|$[ole||__attach_version1.0_#00000000/__substg1.0_3707001F|$[utf16|a.docx]|"
                         "__attach_version1.0_#00000000/__substg1.0_37010102|$[zip|word/embeddings/oleObject1.bin|$[ole||CONTENTS|text]]]]")},
    {"zip", "pictures in a zip", "every day", ALL, ANSWER_PASS, ATTACH("photos.zip", "$[zip|a.jpg|$[x|ffd8ffe000104a464946]|b.jpg|$[x|ffd8ffe000104a464946]]")},
    {"zip-mac", "a zip by macOS", "descriptors and __MACOSX", "macOS", ANSWER_PASS,
     ATTACH("a.zip", "$[zip|<descriptor>a.pdf|" PDF "|<descriptor>__MACOSX/._a.pdf|$[x|0005160700020000]]")},
    {"zip-zip64", "a zip with Zip64 fields", "Windows and Java write them", "Windows, Java", ANSWER_PASS, ATTACH("a.zip", "$[zip|<zip64>a.pdf|" PDF "]")},
    {"zip-empty", "an empty zip", "only an end record", ALL, ANSWER_PASS, ATTACH("a.zip", "PK$[x|0506]$[times|18|$[x|00]]")},
    {"zip-comment", "a zip with a comment", "packers advertise", ALL, ANSWER_PASS, ATTACH("a.zip", "$[zip|a.pdf|" PDF "|-comment|made by a packer]")},
    {"tgz", "a source archive", "scripts in it are sources", "Linux", ANSWER_PASS, ATTACH("a-1.0.tar.gz", "$[gz|a-1.0.tar|$[tar|a-1.0/main.c|int x;|a-1.0/configure|#!/bin/sh\nexit\n]]")},
    {"7z", "a 7z of documents", "every day", "7-Zip", ANSWER_PASS, ATTACH("a.7z", "$[7z-packed|a.pdf|" PDF "|b.txt|text]")},
    {"rar", "a RAR of documents, compressed", "every day", "WinRAR", ANSWER_PASS, ATTACH("a.rar", "$[x|526172211a070100c51a333203010000649e21f313020247046c207a3122bd80030105612e706466ced74300555555555555555555554c7fc7fc491a2d0910868a0129408846168c45c34050c44030101bcc46a100f078201f0f8406537190de62350284a252293c8c0a8b628e047c19b23a3503050000]")},
    {"rar-4", "an old RAR of documents, compressed", "every day", "WinRAR", ANSWER_PASS, ATTACH("a.rar", "$[x|526172211a0700cf907300000d0000000000000082947400802500450000006c000000027a3122bd0000213c1d33050020000000612e70646615555555555555555555531ff1ff11668b02c42962404a50221185a31170d01431100c0406f311a8403c1e0807c3e10194dc6437988d40a128948a4f2302a3f4a1c0df4010c43d7b00400700]")},
    {"iso", "an image of documents", "archives on disc", ALL, ANSWER_PASS, ATTACH("a.iso", "$[iso|A.PDF;1|" PDF "]")},
    {"mp4", "a film", "taken for a program by others (rspamd#3481)", ALL, ANSWER_PASS,
     ATTACH("film.mp4", "$[x|00000018]ftypmp42$[x|00000000]mp42isom$[times|200|$[x|4d5a9000]]")},
    {"mov", "a film by a telephone", "ftypqt", "telephones", ANSWER_PASS, ATTACH("IMG_0001.MOV", "$[x|00000014]ftypqt  $[x|20050300]qt  ")},
    {"mp3", "sound", "ID3", ALL, ANSWER_PASS, ATTACH("a.mp3", "ID3$[x|03000000000a]data")},
    {"csv", "a table", "called dangerous by others (rspamd#5312)", ALL, ANSWER_PASS, ATTACH("a.csv", "MZ;name;sum\n1;Ann;2\n")},
    {"mz-text", "a text that begins with MZ", "two letters are no program", ALL, ANSWER_PASS, ATTACH("a.txt", "MZ is the first word of this text, which goes on for a while and says nothing.\n")},
    {"pk-text", "a text that begins with PK", "two letters are no zip", ALL, ANSWER_PASS, ATTACH("a.txt", "PKW is a word for a car.\n")},
    {"script-source", "a shell script called build", "sources may be sent", "Linux", ANSWER_PASS, ATTACH("build", "#!/bin/sh\nmake\n")},
    {"python", "a Python script (.py)", "not on the list", ALL, ANSWER_PASS, ATTACH("a.py", "#!/usr/bin/python3\nprint(1)\n")},
    {"xml", "an XML file", "text", ALL, ANSWER_PASS, ATTACH("a.xml", "<?xml version=\"1.0\"?><a/>\n")},
    {"html-file", "an HTML file", "text", ALL, ANSWER_PASS, ATTACH("a.html", "<!DOCTYPE html><html><body>x</body></html>")},
    {"p7m-fattura", "a signed Italian invoice", ".xml.p7m", "SdI", ANSWER_PASS, ATTACH("IT01234567890_00001.xml.p7m", "$[x|308006092a864886f70d010702a0803080020101]<xml/>")},
    {"gpg", "an encrypted file (.gpg)", "noise", "GnuPG", ANSWER_PASS, ATTACH("a.pdf.gpg", "$[x|85020c03]")},
    {"kdbx", "a password safe", "noise", "KeePass", ANSWER_PASS, ATTACH("a.kdbx", "$[x|03d9a29a67fb4bb501000400]noise")},
    {"empty-file", "an empty file", "nothing in it", ALL, ANSWER_PASS, ATTACH("empty.txt", "")},
    {"big-noise", "3 MB of noise", "big, and nothing known", ALL, ANSWER_PASS, ATTACH("data.bin", "$[times|300000|$[x|0001fe8083]$#x]")},
    {"big-text", "2 MB of text", "big", ALL, ANSWER_PASS, MIME TEXT_TYPE "$[times|40000|This is line number $# of a very long text.\n]"},
    {"many-files", "one hundred files", "holiday pictures", "telephones", ANSWER_PASS,
     MIME "Content-Type: multipart/mixed; boundary=b\n\n$[times|100|--b\nContent-Type: image/jpeg; name=\"IMG_$#.jpg\"\nContent-Transfer-Encoding: base64\n"
          "Content-Disposition: attachment; filename=\"IMG_$#.jpg\"\n\n/9j/4AAQSkZJRg==\n]--b--\n"},
};
const size_t selftest_honest_files_count = sizeof selftest_honest_files / sizeof selftest_honest_files[0];
