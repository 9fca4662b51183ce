#!/usr/bin/env python3
"""Writes mail as honest programs send it, one file a message; closedrelay must let every one pass without a single
attachment that is blocked, disguised, ambiguous or not looked into. Usage: make_honest.py FOLDER [--huge]

Built from the standards and from what the big mail programs are known to write, byte for byte where that matters
(bounces with the original pasted in, digests, AppleDouble, winmail.dat, names in legacy charsets). The output is the
same in every run, but for archives by tools that are not at hand, which are left out.
"""
import base64
import bz2
import gzip
import io
import lzma
import os
import pathlib
import quopri
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

TREE = pathlib.Path(__file__).resolve().parents[1]
HEAD = ("From: Ann <ann@example.com>\r\nTo: Bob <bob@example.net>\r\nSubject: %s\r\nDate: Mon, 02 Nov 2026 10:00:00 +0100\r\n"
        "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n")
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 30
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(range(256))
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(range(256)) * 4
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"MZ" + bytes(range(256)) * 8
CSV = b"name;file;url\r\nsetup.exe;https://example.com/setup.exe;x.js\r\n" * 50
ICS = ("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:-//x//y//EN\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
       "DTSTART:20261102T100000Z\r\nSUMMARY:Review of run.bat\r\nATTENDEE;CN=Bob:mailto:bob@example.net\r\nEND:VEVENT\r\n"
       "END:VCALENDAR\r\n")
VCARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEMAIL:ann@example.com\r\nURL:https://example.com\r\nEND:VCARD\r\n"
# What Apple Mail sends beside a file: the Finder's information and an empty resource fork (RFC 1740).
APPLE_DOUBLE = (bytes.fromhex("0005160700020000") + b"Mac OS X        " + struct.pack(">H6I", 2, 9, 50, 32, 2, 82, 286) + b"PDF CARO"
                + bytes(24) + bytes.fromhex("0000010000000100000000000000001e") + b"This resource fork intentionally left blank   ").ljust(368, b"\0")
MESSAGES = {}


def save(name, message):
    assert name not in MESSAGES, name
    if not isinstance(message, (bytes, str)):
        message = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    if isinstance(message, str):
        message = message.encode("utf-8")
    MESSAGES[name] = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def b64(data, width=76):
    text = base64.b64encode(data).decode()
    return "".join(text[i:i + width] + "\r\n" for i in range(0, len(text), width))


def with_file(name, data, kind="application/octet-stream", subject="a file", disposition=None):
    """As most programs send a file."""
    disposition = disposition or f'attachment; filename="{name}"'
    return (HEAD % subject + 'Content-Type: multipart/mixed; boundary="=_b1"\r\n\r\nThis is a multi-part message in MIME format.\r\n'
            "--=_b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSee the file.\r\n\r\n"
            f"--=_b1\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {disposition}\r\n\r\n"
            + b64(data) + "\r\n--=_b1--\r\n").encode("utf-8")


def zipped(members, method=zipfile.ZIP_DEFLATED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            archive.writestr(info, data)
        archive.comment = comment
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def standard_library():
    """What Python's email package writes, in its old and its new way."""
    for charset, text in {"iso-2022-jp": "日本語の本文です。", "gb18030": "你好，这是正文。", "koi8-r": "Привет, это письмо.",
                          "windows-1251": "Привет.", "windows-1252": "Grüße – “so”.", "windows-1253": "Καλημέρα.",
                          "windows-1254": "Günaydın.", "windows-1255": "שלום.", "windows-1256": "مرحبا.", "big5": "你好。",
                          "euc-kr": "안녕하세요.", "shift_jis": "こんにちは。", "euc-jp": "こんにちは。", "iso-8859-2": "Dzień dobry.",
                          "iso-8859-15": "10 €", "utf-8": "☃ und Grüße", "tis-620": "สวัสดี", "utf-7": "Grüße"}.items():
        message = MIMEMultipart()
        message["From"], message["To"], message["Subject"] = "ann@example.com", "bob@example.net", "x"
        part = MIMEText("x", "plain")
        part.set_payload(base64.b64encode(text.encode(charset)).decode() + "\n")
        del part["Content-Transfer-Encoding"]
        part["Content-Transfer-Encoding"] = "base64"
        part.replace_header("Content-Type", f'text/plain; charset="{charset}"')
        message.attach(part)
        for way in ("2231", "2047", "2047q"):
            pdf = MIMEApplication(PDF, "pdf")
            title = text.rstrip(".。") + ".pdf"
            encoded = base64.b64encode(title.encode(charset)).decode()
            quoted = "".join("=%02X" % c for c in title.encode(charset))
            value = {"2231": "attachment; filename*=%s''%s" % (charset, "".join("%%%02X" % c for c in title.encode(charset))),
                     "2047": 'attachment; filename="=?%s?B?%s?="' % (charset, encoded),
                     "2047q": 'attachment; filename="=?%s?Q?%s?="' % (charset, quoted)}[way]
            pdf["Content-Disposition"] = value
            message.attach(pdf)
        save(f"charset-{charset}", message)
    for name in ["Über uns.pdf", "日本語のファイル名がとても長い場合の例です.pdf", "a" * 150 + ".txt", "it's \"quoted\".txt", "50%.csv"]:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = "ann@example.com", "bob@example.net", f"Datei {name[:20]}"
        message.set_content("Grüße")
        message.add_alternative("<p>Grüße <a href='https://example.com/setup.exe'>setup.exe</a> url: x.js</p>", subtype="html")
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename=name)
        save(f"name-{len(MESSAGES)}", message)


def structures():
    text = "Content-Type: text/plain; charset=us-ascii\r\n\r\nHello.\r\n"
    inner = MIMEMultipart()
    inner["From"], inner["Subject"] = "carl@example.org", "Fwd: open letter.com"
    inner.attach(MIMEText("the text"))
    pdf = MIMEApplication(PDF, "pdf", name="a.pdf")
    pdf["Content-Disposition"] = 'attachment; filename="a.pdf"'
    inner.attach(pdf)
    outer = inner
    for depth in range(5):
        forward = MIMEMultipart()
        forward["From"], forward["Subject"] = "ann@example.com", f"Fwd: {depth}"
        forward.attach(MIMEText("see below"))
        forward.attach(MIMEMessage(outer))
        outer = forward
        save(f"forwarded-{depth}", outer)
    original = inner.as_string()
    save("dsn", HEAD % "Undelivered Mail Returned to Sender" + 'Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; '
         'report-type=delivery-status;\r\n\tboundary="2A4B6.1/mail.example.com"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n'
         "--2A4B6.1/mail.example.com\r\nContent-Description: Notification\r\n" + text + "\r\n--2A4B6.1/mail.example.com\r\n"
         "Content-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.com\r\n\r\n"
         "Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
         "--2A4B6.1/mail.example.com\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n" + original
         + "\r\n--2A4B6.1/mail.example.com--\r\n")
    save("dsn-headers", HEAD % "Returned mail" + 'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n--r\r\n' + text
         + "\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\nFinal-Recipient: rfc822;y@x.com\r\n\r\n--r\r\n"
         "Content-Type: text/rfc822-headers\r\n\r\nFrom: a@example.com\r\nContent-Type: multipart/mixed; boundary=\"zz\"\r\n\r\n--r--\r\n")
    save("dsn-qmail", "From: MAILER-DAEMON@example.com\r\nTo: ann@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n"
         "<bob@example.net>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
         "Return-Path: <ann@example.com>\r\n" + original)
    save("mdn", HEAD % "Read: offer" + 'Content-Type: multipart/report; report-type=disposition-notification; boundary="m"\r\n\r\n--m\r\n' + text
         + "\r\n--m\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;bob@example.net\r\nDisposition: "
         "manual-action/MDN-sent-manually; displayed\r\n\r\n--m--\r\n")
    save("arf", HEAD % "abuse report" + 'Content-Type: multipart/report; report-type=feedback-report; boundary="f"\r\n\r\n--f\r\n' + text
         + "\r\n--f\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n--f\r\nContent-Type: message/rfc822\r\n"
         "Content-Disposition: inline\r\n\r\n" + original + "\r\n--f--\r\n")
    digest = "".join(f"--d\r\n\r\nFrom: p{i}@example.com\r\nSubject: Re: the .exe question\r\nDate: x\r\n\r\nI would not run it.\r\n\r\n" for i in range(20))
    save("digest", HEAD % "list Digest, Vol 1" + 'Content-Type: multipart/digest; boundary="d"\r\n\r\n' + digest + "--d--\r\n")
    save("digest-mailman", HEAD % "list Digest, Vol 1" + 'Content-Type: multipart/mixed; boundary="===============1=="\r\n\r\n--===============1==\r\n'
         + text + '\r\n--===============1==\r\nContent-Type: multipart/digest; boundary="d"\r\n\r\n' + digest + "--d--\r\n\r\n--===============1==\r\n"
         + text + "\r\n--===============1==--\r\n")
    save("digest-plain", HEAD % "list Digest, Vol 2" + "Content-Type: text/plain\r\n\r\nToday's Topics:\r\n\r\n   1. run.bat (Ann)\r\n\r\n"
         + "----------------------------------------------------------------------\r\n\r\nMessage: 1\r\nFrom: a@example.com\r\nSubject: run.bat\r\n"
         "Content-Type: text/plain; name=\"run.bat\"\r\n\r\nHello\r\n-------------- next part --------------\r\nA non-text attachment was scrubbed...\r\n"
         "Name: setup.exe\r\nType: application/octet-stream\r\nURL: <https://lists.example.com/setup.exe>\r\n")
    save("footer-added", with_file("a.pdf", PDF).decode() + "_______________________________________________\r\nlist mailing list\r\n"
         "list@lists.example.com\r\nhttps://lists.example.com/listinfo/list\r\n")
    save("alternative-related", HEAD % "newsletter" + 'Content-Type: multipart/alternative; boundary="a"\r\n\r\n--a\r\n' + text + "\r\n--a\r\n"
         'Content-Type: multipart/related; type="text/html"; boundary="a-r"\r\n\r\n--a-r\r\nContent-Type: text/html; charset=utf-8\r\n'
         "Content-Transfer-Encoding: quoted-printable\r\n\r\n<style>a{background:url(https://example.com/a.js)}</style><img src=3D\"cid:i1@example.com\">\r\n"
         '--a-r\r\nContent-Type: image/png; name="image001.png"\r\nContent-ID: <i1@example.com>\r\nContent-Location: https://example.com/i.exe\r\n'
         'Content-Transfer-Encoding: base64\r\nContent-Disposition: inline; filename="image001.png"\r\n\r\n' + b64(PNG) + "--a-r--\r\n\r\n--a--\r\n")
    save("calendar", HEAD % "Invitation" + 'Content-Type: multipart/alternative; boundary="c"\r\n\r\n--c\r\n' + text + "\r\n--c\r\n"
         'Content-Type: text/calendar; charset="utf-8"; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n' + b64(ICS.encode()) + "--c--\r\n")
    save("calendar-file", with_file("invite.ics", ICS.encode(), "application/ics; name=\"invite.ics\""))
    save("vcard", with_file("ann.vcf", VCARD.encode(), "text/x-vcard; charset=utf-8; name=\"ann.vcf\""))
    save("appledouble", HEAD % "from a Mac" + 'Content-Type: multipart/mixed; boundary="Apple-Mail=_1"\r\n\r\n--Apple-Mail=_1\r\n' + text + "\r\n--Apple-Mail=_1\r\n"
         'Content-Type: multipart/appledouble;\r\n\tboundary="Apple-Mail=_2"\r\nContent-Disposition: attachment\r\n\r\n--Apple-Mail=_2\r\n'
         'Content-Transfer-Encoding: base64\r\nContent-Type: application/applefile;\r\n\tname="Plan.pdf"\r\nContent-Disposition: attachment;\r\n\tfilename="Plan.pdf"\r\n\r\n'
         + b64(APPLE_DOUBLE) + "\r\n--Apple-Mail=_2\r\nContent-Type: application/pdf;\r\n\tname=\"Plan.pdf\"\r\n"
         "Content-Transfer-Encoding: base64\r\nContent-Disposition: inline;\r\n\tfilename*=utf-8''Plan.pdf\r\n\r\n" + b64(PDF) + "\r\n--Apple-Mail=_2--\r\n\r\n--Apple-Mail=_1--\r\n")
    save("no-mime", "From: a@example.com\r\nSubject: old\r\n\r\nPlain text; see http://example.com/run.exe?name=x.exe\r\nbegin 1998 it went like\r\nthis.exe\r\n")
    save("uuencode-prose", "From: a@example.com\r\nSubject: uuencode\r\n\r\nA file starts with a line like\r\n\r\nbegin 644 run.exe\r\n\r\nand then come the data, until\r\n\r\nend\r\n")
    save("uuencode-pdf", b"From: a@example.com\r\nSubject: uuencode\r\n\r\nHere it is:\r\n\r\nbegin 644 report.txt\r\n#86)C\r\n`\r\nend\r\n")
    save("pasted-source", HEAD % "how does this look?" + "Content-Type: text/plain\r\n\r\n> --=_b1\r\n> Content-Disposition: attachment; filename=evil.exe\r\n\r\n--=_b1\r\n"
         "Content-Type: application/x-msdownload; name=setup.exe\r\n\r\nQUJD\r\n--=_b1--\r\n")
    save("script-text", HEAD % "the script" + "Content-Type: text/plain\r\n\r\n#!/bin/sh\r\n# run.bat in sh\r\necho hello\r\n")
    save("patch", HEAD % "[PATCH] x" + "Content-Type: text/plain\r\n\r\n---\r\n a.bat | 2 +-\r\n\r\ndiff --git a/a.bat b/a.bat\r\n--- a/a.bat\r\n+++ b/a.bat\r\n@@ -1 +1 @@\r\n--x\r\n+-y\r\n-- \r\n2.39.2\r\n")
    save("patch-attached", with_file("0001-x.patch", b"--- a/a.bat\n+++ b/a.bat\n", "text/x-patch; charset=UTF-8; name=\"0001-x.patch\""))
    save("empty", "From: a@example.com\r\nSubject: empty\r\n\r\n")
    save("header-only", "From: a@example.com\r\nSubject: header only\r\n")
    save("html-only", HEAD % "html" + "Content-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<script src=3D\"a.js\"></script>\r\n")
    save("format-flowed", HEAD % "flowed" + "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\nContent-Transfer-Encoding: 8bit\r\n\r\nFrom grün \r\n-- \r\nx\r\n")
    save("many-parts", HEAD % "photos" + 'Content-Type: multipart/mixed; boundary="p"\r\n\r\n' + "".join(
        f'--p\r\nContent-Type: image/jpeg; name="IMG_{i:04}.JPG"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="IMG_{i:04}.JPG"; size={len(JPEG)}\r\n\r\n'
        + b64(JPEG) for i in range(150)) + "--p--\r\n")


def secured():
    text = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSigned =C3=BC.\r\n"
    der = b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
    save("smime-detached", HEAD % "signed" + 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="----4C"\r\n\r\n'
         "This is an S/MIME signed message\r\n\r\n------4C\r\n" + text + '\r\n------4C\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
         'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7s"\r\n\r\n' + b64(der + b"\2" + bytes(range(200))) + "\r\n------4C--\r\n")
    for kind, oid in (("enveloped-data", b"\3"), ("signed-data", b"\2"), ("authEnveloped-data", b"\x17")):
        content = text.encode() if oid == b"\2" else bytes(range(256)) * 3
        save(f"smime-{kind}", HEAD % "opaque" + f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
             'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n' + b64(der + oid + b"\xa0\x82" + content, 64))
    save("pgp-signed", HEAD % "signed" + 'Content-Type: multipart/signed; micalg="pgp-sha512"; protocol="application/pgp-signature"; boundary="s"\r\n\r\n--s\r\n' + text
         + '\r\n--s\r\nContent-Type: application/pgp-signature; name="signature.asc"\r\nContent-Description: OpenPGP digital signature\r\n\r\n'
         "-----BEGIN PGP SIGNATURE-----\r\n\r\niQIz\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n\r\n--s--\r\n")
    save("pgp-encrypted", HEAD % "..." + 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e"\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n'
         "Content-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
         "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n\r\n--e--\r\n")
    save("pgp-inline", HEAD % "inline" + "Content-Type: text/plain\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- -- \r\n- --b\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n-----END PGP SIGNATURE-----\r\n")
    save("pgp-file", with_file("report.pdf.gpg", b"\x85\x01\x0c\x03" + bytes(range(256)), "application/octet-stream; name=\"report.pdf.gpg\""))
    save("key", with_file("0xABCD.asc", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----\n", "application/pgp-keys"))
    save("dkim-arc", "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from:to;\r\n\tbh=abc=; b=def=\r\n" + HEAD % "signed" + "Content-Type: text/plain\r\n\r\nx\r\n")


def documents():
    types = ("[Content_Types].xml", b"<?xml version='1.0'?><Types/>")
    files = {
        "report.docx": zipped([types, ("_rels/.rels", b"<x/>"), ("word/document.xml", b"<w/>" * 500), ("word/media/image1.png", PNG)]),
        "table.xlsx": zipped([types, ("xl/workbook.xml", b"<x/>"), ("xl/worksheets/sheet1.xml", b"<x/>" * 900)]),
        "macros.xlsm": zipped([types, ("xl/vbaProject.bin", (TREE / "archive/document.ole").read_bytes())]),
        "slides.pptx": zipped([types, ("ppt/presentation.xml", b"<x/>"), ("ppt/media/video.mp4", MP4)]),
        "letter.odt": zipped([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>"), ("META-INF/manifest.xml", b"<x/>")]),
        "book.epub": zipped([("mimetype", b"application/epub+zip"), ("META-INF/container.xml", b"<x/>"), ("OEBPS/a.xhtml", b"<x/>")]),
        "contract.asice": zipped([("mimetype", b"application/vnd.etsi.asic-e+zip"), ("contract.pdf", PDF), ("META-INF/signatures0.xml", b"<x/>")]),
        "place.kmz": zipped([("doc.kml", b"<kml/>")]), "photo.jpg": JPEG, "film.mp4": MP4, "data.csv": CSV, "scan.pdf": PDF,
        "yahoo.com!example.org!1!2.zip": zipped([("yahoo.com!example.org!1!2.xml", b"<feedback/>")]),
        "google.com!example.org!1690000000!1690086399.xml.gz": gzip.compress(b"<feedback/>" * 20, mtime=0),
        "www.example.com.pdf": PDF, "mail.ru.txt": b"text", "invoice 12.34.com-pany.pdf": PDF, "notes.txt": b"see run.bat\r\n",
        "song.mp3": b"ID3\4\0\0\0\0\0\x21" + bytes(500), "voice.wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(300), "font.ttf": b"\0\1\0\0\0\x0c" + bytes(300),
        "drawing.dwg": b"AC1027\0\0" + bytes(range(256)), "database.sqlite": b"SQLite format 3\0" + bytes(500), "plain.bin": bytes(range(256)) * 40,
        "big5.zip": zipped([("readme.txt", b"x"), ("folder/", b""), ("folder/a.pdf", PDF)]), "stored.zip": zipped([("a.txt", b"x" * 99)], zipfile.ZIP_STORED),
        "bzip2.zip": zipped([("a.txt", b"x" * 99)], zipfile.ZIP_BZIP2), "lzma.zip": zipped([("a.txt", b"x" * 99)], zipfile.ZIP_LZMA),
        "comment.zip": zipped([("a.txt", b"x")], comment=b"made by www.example.com"), "empty.zip": zipped([]), "nested.zip": zipped([("inner.zip", zipped([("a.pdf", PDF)]))]),
        "source.tar.gz": gzip.compress(tarred([("src/main.c", b"int main;"), ("src/build.mk", b"x")]), mtime=0), "a.tar": tarred([("a.txt", b"x" * 2000)]),
        "a.tar.bz2": bz2.compress(tarred([("a.txt", b"x")])), "a.tar.xz": lzma.compress(tarred([("a.txt", b"x")])), "log.gz": gzip.compress(b"GET /x.exe\n" * 99, mtime=0),
        "page.html": b"<html><body><a href='x.exe'>url</a></body></html>", "mail.txt": b"From: a\nnot a message\n", "script.py": b"#!/usr/bin/env python3\nprint()\n",
        "backup.conf": b"#!not a script\n", "subtitles.srt": b"1\n00:00 --> 00:01\nHi\n", "empty.dat": b"",
    }
    kinds = {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf", "zip": "application/zip",
             "jpg": "image/jpeg", "gz": "application/gzip", "csv": "text/csv", "epub": "application/epub+zip", "asice": "application/vnd.etsi.asic-e+zip"}
    for name, data in files.items():
        kind = kinds.get(name.rpartition(".")[2], "application/octet-stream")
        save(f"file-{name.replace('!', '_').replace(' ', '_')}", with_file(name, data, f'{kind}; name="{name}"'))
    save("eml-attached", with_file("Re: www.example.com.eml", HEAD.encode() % b"Re: x" + b"Content-Type: text/plain\r\n\r\nhello\r\n", "message/rfc822").replace(
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: base64\r\n"))
    bare = (TREE / "archive/no-attachment.tnef").read_bytes()
    save("tnef-bare", with_file("winmail.dat", bare, 'application/ms-tnef; name="winmail.dat"'))
    save("tnef-files", with_file("winmail.dat", tnef([("report.pdf", PDF), ("Fotos.zip", zipped([("a.jpg", JPEG)]))]), 'application/ms-tnef; name="winmail.dat"'))


def tnef(files):
    """[MS-OXTNEF] with attachments by title and content."""
    def attribute(level, number, data):
        return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000)) + attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    for name, data in files:
        out += attribute(2, 0x00069002, struct.pack("<HIHHII", 1, 0xFFFFFFFF, 0, 0, 0, 0))
        out += attribute(2, 0x00018010, name.encode() + b"\0") + attribute(2, 0x0006800F, data)
    return out


def by_tools():
    """Archives by the programs people have."""
    tools = {"7zip.7z": ["7z", "a"], "7zip.zip": ["7z", "a", "-tzip"], "solid.7z": ["7z", "a", "-ms=on"], "infozip.zip": ["zip", "-r"],
             "zip64.zip": ["zip", "-fz", "-r"], "bsdtar.zip": ["bsdtar", "-c", "--format=zip", "-f"], "bsdtar.tar": ["bsdtar", "-c", "-f"],
             "bsdtar.7z": ["bsdtar", "-c", "--format=7zip", "-f"], "disc.iso": ["genisoimage", "-quiet", "-J", "-R", "-o"], "gnu.tgz": ["tar", "-c", "-z", "-f"],
             "password.zip": ["zip", "-P", "secret", "-r"], "password.7z": ["7z", "a", "-psecret"]}
    with tempfile.TemporaryDirectory(prefix="closedrelay-honest.") as folder:
        os.makedirs(os.path.join(folder, "folder"))
        for name, data in (("readme.txt", b"hello\n" * 90), ("folder/Übersicht.csv", CSV), ("Foto.jpg", JPEG)):
            pathlib.Path(folder, name).write_bytes(data)
            os.utime(os.path.join(folder, name), (1577836800, 1577836800))
        for name, command in tools.items():
            try:
                subprocess.run([*command, name, "readme.txt", "folder", "Foto.jpg"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=True, timeout=60)
            except (OSError, subprocess.SubprocessError):
                continue
            save(f"tool-{name}", with_file(name, pathlib.Path(folder, name).read_bytes()))


def huge():
    """29 MB each, as the largest mail that most servers take."""
    noise = (b"%PDF-1.7\n" + bytes((i * i * 31 + i // 7) & 255 for i in range(65536))) * 332
    save("huge-pdf", with_file("huge.pdf", noise, "application/pdf"))
    save("huge-zip", with_file("huge.zip", zipped([("huge.bin", noise), ("a.txt", b"x")], zipfile.ZIP_STORED), "application/zip"))
    save("huge-text", HEAD % "log" + "Content-Type: text/plain\r\n\r\n" + "2026-11-02 GET /setup.exe name=run.bat --=_b1\r\n" * 600000)
    save("huge-qp", HEAD % "page" + "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
         + quopri.encodestring(b"<td>\xc3\xbc=</td>\r\n" * 4000).decode("latin-1") * 60)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"
    for make in (standard_library, structures, secured, documents, by_tools) + ((huge,) if "--huge" in sys.argv else ()):
        make()
    for name, data in MESSAGES.items():
        (folder / f"{name}.eml").write_bytes(data)


if __name__ == "__main__":
    main()
