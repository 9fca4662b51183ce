"""Mail that real programs send and was stopped, and mail that hid something and was not: the verdict on each, with the
founding policy. What hides nothing passes, however badly it is put together."""

import base64
import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile
import zlib

import pytest

from harness.daemon import run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "data/archive"))
import make_by_hand  # noqa: E402

HEAD = "From: Ann <ann@example.com>\nTo: Bob <bob@example.net>\nSubject: note\nMessage-ID: <1@example.com>\n"
MIXED = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n'
TEXT = "Content-Type: text/plain\n\nHello.\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 1, 1, 8, 2, 0, 0, 0)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PROGRAM = (b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + b"\x4c\x01\x01\0").ljust(512, b"\0")
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(range(200))


def coded(data):
    return base64.encodebytes(data).decode()


def multipart(*parts, head=HEAD + MIXED, boundary="B"):
    return head + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def file(name, data, kind="application/octet-stream"):
    return (f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
            f"Content-Transfer-Encoding: base64\n\n{coded(data)}")


def sent(*parts):
    return multipart(TEXT, *parts)


def named(disposition):
    return sent(f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
                f"Content-Disposition: attachment; {disposition}\n\naGVsbG8K\n")


def broken_picture_name():
    return sent("Content-Transfer-Encoding: base64\nContent-Disposition: inline;\n\tfilename*=us-ascii''Icon%0A%0ADescription.png\n"
                'Content-Type: image/png;\n\tname="Icon\n\nDescription.png"\nContent-Id: <i1>\n\n' + coded(PNG))


def fold_of_a_blank():
    return sent('Content-Type: image/png;\n \n\tname="plan.png"\nContent-Transfer-Encoding: base64\n'
                'Content-Disposition: attachment; filename="plan.png"\n\n' + coded(PNG))


def forwarded_with_an_empty_line():
    inner = multipart("Content-Type: text/plain\n\ntext\n", "Content-Type: text/html\n\n<p>text</p>\n", boundary="C",
                      head=HEAD + '\nContent-Type: multipart/alternative;\n\tboundary="C"\nMIME-Version: 1.0\n\n')
    return sent(f'Content-Type: message/rfc822\nContent-Disposition: attachment;\n\tcreation-date="Mon, 01 Jan 2024 09:00:00 GMT"\n\n{inner}')


def bounce_of_a_header():
    head = HEAD + 'MIME-Version: 1.0\nContent-Type: multipart/report; boundary="B"\n\n'
    return multipart("Content-Type: text/plain\n\nNot delivered.\n", "Content-Type: message/rfc822\nContent-Disposition: attachment\n\n\n"
                     + HEAD + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="C"\n', head=head)


def package_with_an_icon():
    content = make_by_hand.package(b"agenda.pdf", rb"C:\WINDOWS\system32\SHELL32.DLL", rb"C:\TEMP\agenda.pdf", b"%PDF-1.4\n%%EOF\n")
    return sent(file("agenda.rtf", make_by_hand.rtf(make_by_hand.ole1(b"Package", content[4:]).hex().encode()), "application/rtf"))


def long_field_not_folded():
    head = HEAD + "X-Diagnostics: 1;abc\nP8FxVksOO2tm+Acg==\n" + 'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="B"\n\n'
    return multipart(TEXT, "Content-Type: text/html\n\n<p>Hello.</p>\n", head=head)


def boundary_in_pieces():
    head = HEAD + "MIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary*0*=us-ascii''%3D_88;\n boundary*1*=53\n\n"
    return multipart(TEXT, "Content-Type: text/plain; name=lines.txt\nContent-Disposition: attachment; filename=lines.txt\n\none\n",
                     head=head, boundary="=_8853")


def garbage_before_an_encoding():
    return sent("garbage\nContent-Transfer-Encoding: base64\n\n" + coded(PROGRAM))


def whole_multipart_in_base64():
    inner = multipart("Content-Type: text/plain\n\nsee the file\n", file("invoice.pdf", PDF * 5, "application/pdf"), head="")
    return HEAD + MIXED.rstrip("\n") + "\nContent-Transfer-Encoding: base64\n\n" + coded(inner.replace("\n", "\r\n").encode())


def closed_before_the_file():
    alternative = multipart("Content-Type: text/plain\n\nhello\n", "Content-Type: text/html\n\n<p>hello</p>\n", boundary="A",
                            head='Content-Type: multipart/alternative; boundary="A"\n\n')
    related = multipart(alternative, 'Content-Type: image/jpeg; name="logo.jpg"\nContent-ID: <l@example.com>\n'
                        'Content-Disposition: inline; filename="logo.jpg"\nContent-Transfer-Encoding: base64\n\n' + coded(JPEG),
                        boundary="R", head='Content-Type: multipart/related; boundary="R"\n\n')
    return sent(related) + "--B\n" + file("offer.pdf", PDF * 5, "application/pdf") + "--B--\n"


def name_in(charset):
    return sent(f'Content-Type: application/pdf\nContent-Disposition: attachment; filename="=?{charset}?Q?Rechnung_0815.pdf?="\n'
                "Content-Transfer-Encoding: base64\n\n" + coded(PDF))


def encrypted_workbook():
    return sent(file("salaries.xlsx", make_by_hand.Ole({"EncryptionInfo": b"\4\0\4\0\x40\0\0\0<encryption/>".ljust(4096),
                                                        "EncryptedPackage": bytes(range(256)) * 20}).content))


def encrypted_pdf():
    return sent(file("statement.pdf", PDF.replace(b"trailer<<", b"9 0 obj<</Filter/Standard/V 4/R 4/Length 128/P -1084>>endobj\n"
                                                  b"trailer<</Encrypt 9 0 R/ID[<00><00>]"), "application/pdf"))


def zip_of(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def empty_line_in_a_part_header():
    return sent('Content-Disposition: inline; filename="doc.zip"\nContent-Type: application/zip; x-unix-mode=0600;\n\n'
                "Content-Transfer-Encoding: base64\n\n" + coded(zip_of("doc.js", "alert(1)")))


def rar_with_a_path_in_a_stream():
    main = make_by_hand.rar5_block(1, b"\0")
    head, data = make_by_hand.rar5_file("doc.pdf", PDF)
    path = make_by_hand.rar5_record(7, rb":..\..\..\evil.lnk")
    stream, junk = make_by_hand.rar5_file("STM", b"junk", extra=path, kind=3)
    return b"Rar!\x1a\x07\x01\0" + main + head + data + stream + junk + make_by_hand.rar5_block(5, b"\0")


def split(name, data, first):
    return sent(file(f"{name}.001", data[:first]), file(f"{name}.002", data[first:]))


def mbox_of_two():
    inner = HEAD + "\nhi\n\nFrom ann@example.com Mon Nov 30 03:00:00 2026\n" + sent(file("evil.exe", b"hello"))
    return sent(file("saved.mbox", ("From ann@example.com Mon Nov 30 03:00:00 2026\n" + inner).replace("\n", "\r\n").encode(), "application/mbox"))


def tar_behind_a_bad_header():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("evil.hta")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"hi"))
    return sent(file("a.tar", b"X" * 512 + out.getvalue()))


def word_2003_macros():
    active = b"ActiveMime\0\0\1\xf0\4\0\0\0" + bytes(36) + zlib.compress(bytes(64))
    return sent(file("a.doc", b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument xmlns:w='
                     b'"http://schemas.microsoft.com/office/word/2003/wordml"><w:docOleData><w:binData w:name="oledata.mso">'
                     + base64.b64encode(active) + b"</w:binData></w:docOleData></w:wordDocument>"))


def literal_packet():
    content = b"b" + b"\x08evil.exe" + bytes(4) + b"MZ" * 20
    return sent(file("a.pdf.gpg", bytes([0xCB, len(content)]) + content))


OBJECT = (b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 1, 62, 1)).ljust(64, b"\0")
RAR = rar_with_a_path_in_a_stream()
CASES = {
    "broken-picture-name": (broken_picture_name(), "accept", "ambiguous_clean"),
    "fold-of-a-blank": (fold_of_a_blank(), "accept", "ambiguous_clean"),
    "forwarded-with-an-empty-line": (forwarded_with_an_empty_line(), "accept", "ambiguous_clean"),
    "bounce-of-a-header": (bounce_of_a_header(), "accept", "ambiguous_clean"),
    "vhdl-source": (sent('Content-Type: text/plain; name="fifo.vhd"\nContent-Disposition: attachment; filename="fifo.vhd"\n\n'
                         "library ieee;\nentity fifo is\nend fifo;\n"), "accept", "clean"),
    "object-file": (sent(file("core.o", OBJECT)), "accept", "clean"),
    "package-with-an-icon": (package_with_an_icon(), "accept", "clean"),
    "long-field-not-folded": (long_field_not_folded(), "accept", "ambiguous_clean"),
    "picture-behind-the-close": (sent() + "--B\n" + file("a.png", PNG, "image/png") + "--B--\n", "accept", "ambiguous_clean"),
    "boundary-in-pieces": (boundary_in_pieces(), "accept", "clean"),
    "piece-twice-with-a-word": (named('filename*1*="=?utf-8?Q?evil.e?="; filename*1="xe"'), "reject", "blocked"),
    "piece-and-star": (named('filename*0="evil."; filename*="exe"'), "reject", "blocked"),
    "charset-in-a-later-piece": (named("filename*0=\"evil.\"; filename*1*=utf-8''exe"), "reject", "blocked"),
    "no-semicolon-behind-a-piece": (named('filename*0=evil.exe filename="x.txt"'), "reject", "blocked"),
    "garbage-before-an-encoding": (garbage_before_an_encoding(), "reject", "disguised"),
    "angle-before-a-field": (HEAD + ">" + MIXED[len("MIME-Version: 1.0\n"):] + named("filename=evil.exe")[len(HEAD + MIXED):], "reject", "blocked"),
    "whole-multipart-in-base64": (whole_multipart_in_base64(), "accept", "ambiguous_clean"),
    "closed-before-the-file": (closed_before_the_file(), "accept", "ambiguous_clean"),
    "empty-line-in-a-shop's-header": (multipart("Content-Type: text/plain\n\nhello\n", "Content-Type: text/html\n\n<p>x</p>\n", head=HEAD
                                                + '\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="B"\n\n'),
                                      "accept", "ambiguous_clean"),
    "hebrew": (name_in("hebrew"), "accept", "clean"),
    "ansi": (name_in("ANSI_X3.4-1986"), "accept", "clean"),
    "encrypted-workbook": (encrypted_workbook(), "accept", "encrypted"),
    "encrypted-pdf": (encrypted_pdf(), "accept", "encrypted"),
    "empty-line-in-a-part's-header": (empty_line_in_a_part_header(), "reject", "blocked"),
    "zip-behind-two-bytes": (split("a.zip", zip_of("evil.hta", "x" * 600), 2), "hold", "uninspectable"),
    "rar-behind-four-bytes": (split("a.rar", RAR, 4), "hold", "uninspectable"),
    "rar-with-a-path-in-a-stream": (sent(file("cv.rar", RAR)), "reject", "blocked"),
    "mbox-of-two": (mbox_of_two(), "reject", "blocked"),
    "surrogate-in-a-name": (named('filename="evil.h\udced\udca0\udc80ta"'), "reject", "blocked"),
    "tar-behind-a-bad-header": (tar_behind_a_bad_header(), "reject", "blocked"),
    "reference-in-a-name": (named('filename="evil&period;hta"'), "reject", "blocked"),
    "word-2003-macros": (word_2003_macros(), "hold", "uninspectable"),
    "literal-packet": (literal_packet(), "reject", "blocked"),
}


@pytest.mark.parametrize("name", CASES)
def test_reported_mail(tmp_path, name):
    message, verdict, reason = CASES[name]
    config, path = tmp_path / "c.yaml", tmp_path / "m.eml"
    config.write_text("relay: { local_domains: [example.com] }\ndnsbl: { lists: [] }\n", encoding="utf-8")
    path.write_bytes(message.replace("\n", "\r\n").encode("utf-8", "surrogateescape"))
    done = run("try", "--json", "-c", config, "-u", "ann@example.com", "-f", "ann@example.com", path)
    record = json.loads(done.stdout)
    found = [(f["outcome"], f["reason"]) for f in record["findings"] if f["check"] == "attachments"]
    assert record["verdict"] == verdict, found
    assert reason in [r for outcome, r in found if (outcome == "fail") == (verdict != "accept")], found
