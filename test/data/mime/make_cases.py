#!/usr/bin/env python3
"""Writes the corpus of hostile and honest messages, one file a case: test/fuzz/corpus/mime/CLASS-NAME.eml, and from
its parts the corpora header_parameters, file_name, transfer_decode and uuencode beside it.

The class is what the scan must find at least:
  blocked    a candidate name with the extension exe
  disguised  a program by its content, and no blocked name
  ambiguous  the condition "ambiguous" (a blocked name may be there too)
  alternatives  the condition "alternatives" and no other, no blocked name, no program
  partial    the condition "partial"
  uninspectable  the condition "uninspectable"
  encrypted  the condition "encrypted"
  honest     no blocked name, no program, no condition at all
Each case says in a word why. Output is the same in every run; usage: make_cases.py [CORPUS_FOLDER]
"""
import base64
import gzip
import io
import pathlib
import random
import sys
import tarfile
import zipfile
import zlib

PROGRAM = (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + b"\0" * 44 + b"\x80\0\0\0" + b"\0" * 64
           + b"PE\0\0\x4c\1" + b"\0" * 300)
HEAD = "From: a@example.com\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n"
TEXT = "Content-Type: text/plain\n\nhello world\n"
CASES = {}
VALUES = {}  # header values by name, for the fuzzers


def case(name, message, why):
    assert name not in CASES, name
    data = message.encode("latin1") if isinstance(message, str) else message
    CASES[name] = (data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\xb6CRLF", b"\r\r\n")
                   .replace(b"\xb6LF", b"\n"), why)


def b64(data, width=76):
    text = base64.b64encode(data).decode()
    return "".join(text[i:i + width] + "\n" for i in range(0, len(text), width))


def archive(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            z.writestr(info, data)
    return out.getvalue()


def multipart(parts, boundary="B", before="", after="", close=True, kind="mixed"):
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return (HEAD + f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{before}{body}'
            + (f"--{boundary}--\n" if close else "") + after)


def part(disposition='attachment; filename="evil.exe"', kind="application/octet-stream", body="QUJD\n",
         encoding="base64", more=""):
    return ((f"Content-Type: {kind}\n" if kind else "")
            + (f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")
            + (f"Content-Disposition: {disposition}\n" if disposition else "") + more + f"\n{body}")


def attached(disposition='attachment; filename="evil.exe"', **kw):
    return multipart([TEXT, part(disposition, **kw)])


def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


# A cabinet and a RAR 4 file with one stored member, evil.exe.
CAB = (b"MSCF\0\0\0\0\x55\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\3\1\1\0\1\0\0\0\0\0\0\0" + b"\x4d\0\0\0\1\0\0\0"
       + b"\0" * 8 + b"\0\0\x21\x3c\0\0\x20\0evil.exe\0" + b"\0" * 8)
RAR = bytes.fromhex("526172211a0700" "cf907300000d00000000000000" "000074208028000100000001000000020000000000000000"
                    "1d30080020000000") + b"evil.exe" + b"x"
LZH = b"\x1e\0-lh0-\1\0\0\0\1\0\0\0\0\0!<\x20\0\x08evil.exe\0\0x\0"
EVIL = archive([("evil.exe", b"x" * 100)])
INNER = multipart([TEXT, part()], boundary="C")


def tlv(tag, *content):
    data = b"".join(content)
    length = bytes([len(data)]) if len(data) < 128 else b"\x82" + len(data).to_bytes(2, "big")
    return bytes([tag]) + length + data


def endless(tag, *content):
    return bytes([tag]) + b"\x80" + b"".join(content) + b"\0\0"


def pkcs7(last):
    return tlv(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" + bytes([last]))


SMIME = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10"
DIGESTS = tlv(0x31, tlv(0x30, tlv(6, b"\x60\x86\x48\x01\x65\x03\x04\x02\x01")))
SIGNERS = tlv(0x31, tlv(0x30, tlv(4, b"a signature")))


def signed(content):
    return tlv(0x30, pkcs7(2), tlv(0xa0, tlv(0x30, tlv(2, b"\1"), DIGESTS, tlv(0x30, pkcs7(1), tlv(0xa0, tlv(4, content))), SIGNERS)))


def signed_in_pieces(content, size):
    """As streaming signers write it: no lengths, and the content in pieces that know nothing of its lines."""
    pieces = b"".join(tlv(4, content[i:i + size]) for i in range(0, len(content), size))
    return endless(0x30, pkcs7(2), endless(0xa0, endless(0x30, tlv(2, b"\1"), DIGESTS, endless(
        0x30, pkcs7(1), endless(0xa0, endless(0x24, pieces))), SIGNERS)))


def compressed(content):
    return tlv(0x30, tlv(6, SMIME + b"\1\x09"), tlv(0xa0, tlv(0x30, tlv(2, b"\0"), tlv(0x30, tlv(6, SMIME + b"\3\x08")), tlv(
        0x30, pkcs7(1), tlv(0xa0, tlv(4, zlib.compress(content)))))))


def smime(data, kind="signed-data"):
    return HEAD + part("attachment; filename=smime.p7m", kind=f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m", body=b64(data))


def names():
    """How the name is written."""
    filename = {
        "plain": ('attachment; filename="evil.exe"', "as it should be"),
        "case": ("ATTACHMENT; FILENAME=EVIL.EXE", "letter case"),
        "inline": ("inline; filename=evil.exe", "not called an attachment"),
        "no-type": ("filename=evil.exe", "no disposition type"),
        "rfc2231": ("attachment; filename*=utf-8''evil%2Eexe", "RFC 2231 4"),
        "rfc2231-no-charset": ("attachment; filename*=evil%2eexe", "no charset and language"),
        "rfc2231-order": ('attachment; filename*1="l.exe"; filename*0="evi"', "pieces in any order"),
        "rfc2231-mixed": ("attachment; filename*0*=utf-8''ev%69; filename*1=\"l.e\"; filename*2*=%78e", "starred and not"),
        "rfc2231-gap": ('attachment; filename*0="evil.exe"; filename*2=".txt"', "some stop at the gap"),
        "rfc2231-gap2": ('attachment; filename*0="evil"; filename*2=".exe"', "some go on behind the gap"),
        "rfc2231-from1": ('attachment; filename*1="evil"; filename*2=".exe"', "no piece 0"),
        "rfc2231-plain0": ('attachment; filename="evil"; filename*1=".exe"', "plain value as piece 0"),
        "rfc2231-zeros": ('attachment; filename*00="evil"; filename*01=".exe"', "leading zeros"),
        "rfc2231-dup": ('attachment; filename*0="evil"; filename*1=".txt"; filename*1=".exe"', "last of duplicates"),
        "rfc2231-utf16": ("attachment; filename*=utf-16le''e%00v%00i%00l%00.%00e%00x%00e%00", "charset of two bytes"),
        "rfc2047-b": ('attachment; filename="=?utf-8?B?ZXZpbC5leGU=?="', "encoded word"),
        "rfc2047-q": ('attachment; filename="=?iso-8859-1?q?evil=2eexe?="', "encoded word"),
        "rfc2047-split": ('attachment; filename="=?utf-8?Q?evil=2E?= =?utf-8?Q?exe?="', "two words"),
        "rfc2047-fold": ('attachment; filename="=?utf-8?Q?evil=2E?=\n =?utf-8?Q?exe?="', "two words on two lines"),
        "rfc2047-unquoted": ("attachment; filename==?utf-8?Q?evil=2Eexe?=", "outside quotes"),
        "rfc2047-whole": ("=?utf-8?Q?attachment;_filename=3Devil.exe?=", "all of the value"),
        "rfc2047-open": ('attachment; filename="=?utf-8?B?ZXZpbC5leGU="', "unterminated word"),
        "rfc2047-language": ('attachment; filename="=?utf-8*en?B?ZXZpbC5leGU=?="', "RFC 2231 5"),
        "rfc2047-part": ('attachment; filename="=?utf-8?Q?evil?=.exe"', "word and plain text"),
        "rfc2047-twice": ('attachment; filename="=?utf-8?Q?=3D=3Futf-8=3FB=3FZXZpbC5leGU=3D=3F=3D?="', "encoded again"),
        "rfc2047-utf7": ('attachment; filename="=?utf-7?Q?evil+AC4-exe?="', "UTF-7"),
        "rfc2047-utf16": ('attachment; filename="=?utf-16le?B?%s?="'
                          % base64.b64encode("evil.exe".encode("utf-16le")).decode(), "UTF-16"),
        "rfc2047-jp": ('attachment; filename="=?iso-2022-jp?B?%s?="'
                       % base64.b64encode("表.exe".encode("iso-2022-jp")).decode(), "ISO-2022-JP"),
        "rfc2047-2231": ("attachment; filename*=utf-8''%3D%3Futf-8%3FB%3FZXZpbC5leGU%3D%3F%3D", "both at once"),
        "unterminated": ('attachment; filename="evil.exe', "no closing quote"),
        "unterminated-more": ('attachment; filename="evil.exe; size=3', "no closing quote, more after it"),
        "half-quote": ('attachment; filename=evil.exe"', "no opening quote"),
        "single-quotes": ("attachment; filename='evil.exe'", "no quotes in RFC 2045"),
        "spaces": ("attachment; filename = evil.exe", "blanks around ="),
        "space-inside": ("attachment; filename=bad boy.exe", "blank outside quotes"),
        "token-first": ("attachment; filename=evil.exe .txt", "some stop at the blank"),
        "no-semicolon": ("attachment filename=evil.exe", "no separator"),
        "comma": ("attachment, filename=evil.exe", "wrong separator"),
        "comment-name": ("attachment; filename(x)=evil.exe", "comment behind the name"),
        "comment-value": ("attachment; filename=(x)evil(y).exe", "comments in the value"),
        "comment-nested": ("attachment; (a(b\\)c)d) filename=evil.exe", "comments in comments"),
        "in-comment": ("attachment; (; filename=evil.exe)", "clients that know no comments"),
        "in-quotes": ('attachment; foo="; filename=evil.exe; bar="', "clients that know no quotes"),
        "fold-name": ("attachment;\n filen\n ame=evil.exe", "folded inside the name"),
        "fold-value": ('attachment; filename="evil.\n exe"', "folded inside the value"),
        "fold-tab": ("attachment;\n\tfilename=evil.exe", "folded by tab"),
        "backslash": ('attachment; filename="evil\\.ex\\e"', "quoted pairs"),
        "backslash-quote": ('attachment; filename="a\\"; filename=evil.exe; x="b"', "who ends the quotes?"),
        "concatenated": ('attachment; filename="evil"".exe"', "two quoted strings"),
        "after-quote": ('attachment; filename="evil".exe', "text behind the quotes"),
        "dots": ('attachment; filename="evil.exe. . "', "Windows drops dots and blanks at the end"),
        "stream": ('attachment; filename="evil.exe::$DATA"', "NTFS stream"),
        "stream-name": ('attachment; filename="evil.exe:x"', "NTFS stream"),
        "path": ('attachment; filename="C:\\tmp\\evil.exe"', "path"),
        "path-slash": ('attachment; filename="a/b/evil.exe/"', "path ending in a slash"),
        "percent": ('attachment; filename="evil%2Eexe"', "percent-encoding outside RFC 2231"),
        "percent-twice": ('attachment; filename="evil%252Eexe"', "twice"),
        "bidi": ("attachment; filename*=utf-8''evil%E2%80%AEfdp.exe", "shown as evilexe.pdf"),
        "zero-width": ("attachment; filename*=utf-8''evil.e%E2%80%8Bxe", "zero-width space"),
        "full-width": ("attachment; filename*=utf-8''evil%EF%BC%8E%EF%BD%85xe", "full-width forms"),
        "raw8": ('attachment; filename="\xfcbel.exe"', "raw latin-1"),
        "control": ('attachment; filename="evil.exe\x01.txt"', "some cut at control characters"),
        "double": ('attachment; filename="invoice.pdf.exe"', "two extensions"),
        "spaces-before": ('attachment; filename="invoice.pdf%s.exe"' % (" " * 100), "pushed out of sight"),
        "long": ('attachment; filename="%s.exe"' % ("a" * 1500), "longer than systems take"),
    }
    for key, (value, why) in filename.items():
        VALUES[key] = value
        case(f"blocked-name-{key}", attached(value), why)
        if "filename" in value and value.startswith("attachment"):
            typed = value.replace("attachment", "application/octet-stream", 1).replace("filename", "name")
            case(f"blocked-type-name-{key}", attached(None, kind=typed), why + ", in Content-Type")
    case("blocked-type-no-disposition", attached(None, kind='application/octet-stream; name="evil.exe"'), "Content-Type only")
    case("blocked-two-names", attached('attachment; filename="a.txt"', kind="text/plain; name=evil.exe"), "either may be shown")
    case("blocked-text-part", attached("attachment; filename=evil.exe", kind="text/plain", encoding="7bit"), "declared as text")
    case("alternatives-name-twice", attached('attachment; filename="a.txt"; filename="b.pdf"'), "first or last wins")
    case("blocked-field-twice", attached(more="Content-Disposition: attachment; filename=a.txt\n"), "first or last wins")
    case("blocked-class-id-hta", attached('attachment; filename="evil.exe.txt::$DATA"; name="evil.exe"'), "name in the wrong field")


def structure():
    """How the parts are arranged."""
    two = TEXT + "--B\n" + part()
    case("ambiguous-boundary-comment-both", HEAD + "Content-Type: multipart/mixed; boundary=a(b)\n\n--a\n" + part("attachment; filename=a.pdf") + "--a(b)\n" + part("attachment; filename=b.pdf") + "--a--\n", "both readings have parts")
    case("ambiguous-boundary-twice", HEAD + "Content-Type: multipart/mixed; boundary=A; boundary=B\n\n--A\n" + two + "--B--\n", "CVE-2024-28054")
    case("ambiguous-type-twice", HEAD + "Content-Type: multipart/mixed; boundary=A\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" + two + "--B--\n", "field twice")
    case("blocked-type-differs", HEAD + "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" + two + "--B--\n", "text or multipart")
    case("blocked-boundary-missing", HEAD + "Content-Type: multipart/mixed\n\n--B\n" + two + "--B--\n", "clients guess")
    case("blocked-boundary-empty", HEAD + 'Content-Type: multipart/mixed; boundary=""\n\n--\n' + TEXT + "--\n" + part() + "----\n", "CVE-2004-1098")
    case("blocked-boundary-wrong", HEAD + "Content-Type: multipart/mixed; boundary=X\n\n--B\n" + two + "--B--\n", "not the one in use")
    case("blocked-boundary-rfc2231", HEAD + "Content-Type: multipart/mixed; boundary*0=A; boundary*1=B\n\n--AB\n" + TEXT + "--AB\n" + part() + "--AB--\n", "in pieces")
    case("blocked-boundary-extended", HEAD + "Content-Type: multipart/mixed; boundary*=us-ascii''%42\n\n--B\n" + two + "--B--\n", "percent-encoded")
    case("blocked-boundary-word", HEAD + 'Content-Type: multipart/mixed; boundary="=?us-ascii?Q?B?="\n\n--B\n' + two + "--B--\n", "encoded word")
    case("blocked-boundary-comment", HEAD + "Content-Type: multipart/mixed; boundary=B(x)\n\n--B\n" + two + "--B--\n", "comment inside")
    case("blocked-boundary-blank", HEAD + 'Content-Type: multipart/mixed; boundary="B "\n\n--B\n' + two + "--B--\n", "blank at its end")
    case("blocked-boundary-prefix", multipart([TEXT], close=False) + "--Bx\n" + part() + "--B--\n", "some compare only its length")
    case("blocked-boundary-half", HEAD + 'Content-Type: multipart/mixed; boundary="B\n\n--B\n' + two + "--B--\n", "half quotes")
    case("blocked-boundary-fold", HEAD + 'Content-Type: multipart/mixed;\n boundary\n ="B"\n\n--B\n' + two + "--B--\n", "folded")
    case("blocked-boundary-spaces", HEAD + "Content-Type: multipart/mixed ; boundary = B\n\n--B  \n" + TEXT + "--B\t\n" + part() + "--B--\n", "blanks")
    case("blocked-reused", multipart(['Content-Type: multipart/mixed; boundary="B"\n\n--B\n' + TEXT + "--B\n" + part() + "--B--\n"]), "inner as outer")
    case("blocked-after-close", multipart([TEXT], after="--B\n" + part() + "--B--\n"), "part behind the end")
    case("blocked-type-comma", multipart([TEXT, "Content-Type: MESSAGE/rfc822, name=mail.dat (c)(d\nContent-Transfer-Encoding: quoted-printable\n\n" + INNER.replace("=", "=3D")]), "something else than a semicolon behind the type")
    case("blocked-type-colon", multipart([TEXT, "Content-Type: message/rfc822:name=mail.dat\nContent-Transfer-Encoding: base64\n\n" + b64(INNER.encode())]), "a colon behind the type")
    case("blocked-message-unknown", multipart([TEXT, "Content-Type: message/x-unknown\nContent-Transfer-Encoding: base64\n\n" + b64(EVIL)]), "RFC 2046 5.2.4: a file")
    case("disguised-odd-line", multipart([TEXT, part("attachment; filename=a.pdf", more="no field\n", body=b64(PROGRAM))]), "a line that is no field ends the header, or does not")
    case("honest-base64-junk", attached("attachment; filename=a.txt", body="aGVs!bG8h\n" * 9), "bytes that are none of base64")
    case("blocked-boundary-quotes", HEAD + 'Content-Type: multipart/mixed; boundary=""--=_B""\n\n----=_B\n' + TEXT + "----=_B\n" + part() + "----=_B--\n", "quotes around quotes")
    case("blocked-after-close-no-delimiter", multipart([TEXT], after=part()), "header fields right behind the end")
    case("alternatives-after-close-no-delimiter-2", multipart([TEXT], after="X-Other: y\n" + part("attachment; filename=a.txt")), "header fields right behind the end, others first")
    case("blocked-boundary-of-no-multipart", HEAD + "Content-Type: mixed; boundary=B\n\n--B\n" + two + "--B--\n", "a type nobody knows")
    case("blocked-boundary-of-leaf", HEAD + "Content-Type: application/x-foo; name=a.txt; boundary=B\n\n--B\n" + two + "--B--\n", "a leaf, or a multipart")
    case("disguised-boundary-of-leaf", HEAD + "Content-Type: application/x-foo; name=a.txt; boundary=B\nContent-Transfer-Encoding: base64\n\n" + b64(PROGRAM), "its content is looked at all the same")
    case("blocked-type-differs-message", "Content-Type: message/rfc822\n" + HEAD + "Content-Type: text/plain, multipart/mixed; boundary=B\n\n--B\n" + two + "--B--\n", "message or multipart")
    case("blocked-boundary-case", multipart([TEXT], close=False, boundary="Bb") + "--bB\n" + part() + "--Bb--\n", "other letter case")
    case("blocked-boundary-dashes", multipart([TEXT], close=False) + "---B\n" + part() + "--B--\n", "three dashes")
    case("blocked-boundary-prefix-other-field", multipart([TEXT], close=False) + "--Bx\nX-A: b\n c\n" + part() + "--B--\n", "another field first")
    case("blocked-unclosed-quote", multipart([TEXT, part('inline ";\n format=flowed filename*=utf-8\'\'evil.exe')]), "a quote that nothing closes")
    case("blocked-preamble", multipart([TEXT], before=part() + "\n"), "entity before the first delimiter")
    case("blocked-no-close", multipart([TEXT, part()], close=False), "no end")
    case("blocked-no-mime-version", "From: a\nSubject: x\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" + two + "--B--\n", "CVE-2003-0121")
    case("blocked-alternative", multipart([TEXT, part()], kind="alternative"), "any multipart")
    case("blocked-unknown-multipart", multipart([TEXT, part()], kind="foo"), "any multipart")
    case("blocked-multipart-only", HEAD + "Content-Type: multipart; boundary=B\n\n--B\n" + two + "--B--\n", "no subtype")
    case("blocked-top", HEAD + part(), "no multipart at all")
    case("blocked-nested", multipart([multipart([TEXT, part()], boundary="C")[len(HEAD):]]), "multipart in multipart")
    case("blocked-outer-ends-inner", multipart(['Content-Type: multipart/mixed; boundary="C"\n\n--C\n' + TEXT, part()]), "inner not closed")
    deep = part()
    for i in range(20):
        deep = f'Content-Type: multipart/mixed; boundary="D{i}"\n\n--D{i}\n{deep}\n--D{i}--\n'
    case("blocked-deep", HEAD + deep, "20 levels")
    case("blocked-message", multipart([TEXT, "Content-Type: message/rfc822\n\n" + INNER]), "forwarded")
    case("blocked-message-global", multipart([TEXT, "Content-Type: message/global\n\n" + INNER]), "RFC 6532")
    case("blocked-message-base64", multipart([TEXT, "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64(INNER.encode())]), "encoded against RFC 2046")
    case("blocked-message-qp", multipart([TEXT, "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" + INNER.replace("=", "=3D")]), "encoded")
    case("blocked-message-lies", multipart([TEXT, "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + INNER]), "not encoded as it says")
    case("blocked-eml-name", attached("attachment; filename=a.eml", body=b64(INNER.encode())), "a message by its name")
    case("blocked-eml-content", attached("attachment; filename=a.dat", body=b64(INNER.encode())), "a message by its content")
    case("blocked-digest", HEAD + "Content-Type: multipart/digest; boundary=D\n\n--D\n\n" + INNER + "\n--D--\n", "message is the default")
    chain = INNER
    for _ in range(5):
        chain = HEAD + "Content-Type: message/rfc822\n\n" + chain
    case("blocked-message-chain", chain, "message in message")
    case("partial-message", HEAD + 'Content-Type: message/partial; id="x@y"; number=1; total=2\n\nFrom: a\n\nhello\n', "RFC 2046 5.2.2")
    case("blocked-external", multipart([TEXT, 'Content-Type: message/external-body; access-type=anon-ftp; name="evil.exe"; site=x\n\nContent-Type: application/octet-stream\n\n']), "fetched from elsewhere")
    case("blocked-uuencode", "From: a\nSubject: x\n\nhello\nbegin 644 evil.exe\n#86)C\n`\nend\n", "mail without MIME")
    case("blocked-uuencode-base64", "From: a\nSubject: x\n\nhello\nbegin-base64 644 evil.exe\nQUJD\n====\n", "in base64")
    case("blocked-yenc", "From: a\nSubject: x\n\nhello\n=ybegin line=128 size=3 name=evil.exe\nabc\n=yend size=3\nbye\n", "yEnc")
    case("disguised-yenc", b"From: a\nSubject: x\n\nhello\n=ybegin line=128 size=3 name=a.txt\n" + b"\n".join(b"".join(bytes([61, (c + 42 + 64) & 255]) if (c + 42) & 255 in (0, 10, 13, 61) else bytes([(c + 42) & 255]) for c in PROGRAM[i:i + 128]) for i in range(0, len(PROGRAM), 128)) + b"\n=yend\n", "a program in yEnc")
    case("blocked-eml-apple", attached("attachment; filename=a.emlx", body=b64(b"345       \n" + INNER.encode())), "Apple Mail's messages begin with their length")
    case("blocked-uuencode-type", attached(None, kind="application/octet-stream", encoding="x-uuencode", body="begin 644 evil.exe\n#86)C\n`\nend\n"), "as a transfer encoding")


def charsets():
    """Names in charsets that clients may read differently, and in those that all know."""
    def word(label, data):
        return f'attachment; filename="=?{label}?B?{base64.b64encode(data).decode()}?="'

    ebcdic = "evil.exe".encode("cp037")
    case("blocked-charset-ebcdic", attached(word("ibm037", ebcdic)), "Outlook knows it")
    case("blocked-charset-ebcdic-2231", attached("attachment; filename*=cp1140''" + "".join("%%%02x" % c for c in ebcdic)), "RFC 2231")
    case("honest-charset-made-up", attached(word("x-made-up", b"a.txt")), "nobody knows it")
    case("blocked-charset-whole", attached(f"=?ibm037?B?{base64.b64encode('attachment; filename=evil.exe'.encode('cp037')).decode()}?="), "all of the value")
    case("ambiguous-charset-hz", attached(word("hz-gb-2312", b"evil.e~\nxe")), "a shift that says nothing")
    case("blocked-charset-utf16-unmarked", attached(word("utf-16", "evil.exe".encode("utf-16be"))), "which byte is first? That order in which there is a dot")
    case("ambiguous-charset-many", attached('attachment; filename="' + " ".join(f"=?{('latin1', 'latin2')[n % 2]}?Q?=e{n % 10}?=" for n in range(40)) + '"'), "more words than are converted")
    case("blocked-charset-utf16-marked", attached(word("utf-16", b"\xff\xfe" + "evil.exe".encode("utf-16le"))), "UTF-16 with a mark")
    case("blocked-charset-jp-raw", attached('attachment; filename="evil.e\x1b(Bxe"'), "escapes without a label")
    case("blocked-charset-jp-shift", attached(word("iso-2022-jp", b"evil.e\x1b(B\x1b(Bxe")), "escapes that say nothing")
    case("blocked-charset-dropped", attached(word("utf-8", b"evil.e\xffxe")), "dropped by iconv's //IGNORE")
    case("blocked-charset-dropped-raw", attached('attachment; filename="evil.e\xffxe"'), "dropped by iconv's //IGNORE")
    case("blocked-long-after-nul", attached('attachment; filename="evil.exe\0' + "A" * 1100 + 'x:y.t\1xt%2561:b.txt"'), "many readings before the short one")
    good = {"x-gbk": "gbk", "gb_2312-80": "gbk", "cp-850": "cp850", "X-SJIS": "cp932", "ks_c_5601-1987": "cp949", "big5-hkscs": "big5hkscs",
            "windows-1256": "cp1256", "ISO-8859-8-I": "iso8859-8", "iso-2022-kr": "iso2022_kr", "koi8-ru": "koi8_u", "x-mac-roman": "mac_roman",
            "utf-7": "utf-7", "iso-2022-jp-2": "iso2022_jp_2", "unknown-8bit": "utf-8", "x-unknown": "utf-8", "hz-gb-2312": "ascii"}
    sample = {"cp1256": "\u0645", "iso8859-8": "\u05d0", "iso2022_kr": "\ud55c", "koi8_u": "\u0456", "cp949": "\ud55c", "ascii": "a"}
    for label, codec in good.items():
        text = sample.get(codec, "\u00fc" if codec in ("cp850", "mac_roman", "utf-8", "utf-7") else "\u4e2d") + ".pdf"
        case(f"honest-charset-{label.lower()}", attached(word(label, text.encode(codec))), codec)


def calendar(lines, kind="text/calendar; method=REQUEST", disposition=None):
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:lunch\n" + lines + "\nDTSTART:20240101T120000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    return attached(disposition, kind=kind, encoding="8bit", body=text)


def calendars():
    """Files in calendars and address cards."""
    binary = "ATTACH;FMTTYPE=application/octet-stream;ENCODING=BASE64;VALUE=BINARY;"
    attach = {
        "filename": (binary + "FILENAME=evil.exe:QUJD", "RFC 8607"),
        "x-filename": (binary + "X-FILENAME=evil.exe:QUJD", "Outlook"),
        "x-apple": (binary + 'X-APPLE-FILENAME="evil.exe":QUJD', "Apple"),
        "x-oracle": (binary + "X-ORACLE-FILENAME=evil.exe:QUJD", "Oracle"),
        "label": (binary + "X-LABEL=evil.exe:QUJD", "KOrganizer"),
        "case": ("attach;encoding=base64;value=binary;filename=EVIL.EXE:QUJD", "letter case"),
        "first": ("ATTACH;FILENAME=evil.exe;ENCODING=BASE64;VALUE=BINARY:QUJD", "the name first"),
        "colon": (binary + 'FILENAME="a:b;c evil.exe":QUJD', "a colon in quotes"),
        "open-quote": (binary + 'FILENAME="evil.exe:QUJD', "nothing closes the quote"),
        "folded": (binary + "FILEN\n AME=ev\n\til.e\n xe:QU\n JD", "folded anywhere"),
        "binary": ("ATTACH;VALUE=BINARY;FILENAME=evil.exe:QUJD", "no encoding"),
        "encoding": ("ATTACH;ENCODING=BASE64;FILENAME=evil.exe:QUJD", "no value type"),
        "caret": (binary + "FILENAME=a^nb^'evil.exe:QUJD", "RFC 6868"),
        "word": (binary + "FILENAME==?utf-8?Q?evil=2Eexe?=:QUJD", "an encoded word"),
        "second": (binary + "FILENAME=a.txt:QUJD\n" + binary + "FILENAME=evil.exe:QUJD", "the second of two"),
        "data": ("ATTACH:data:application/octet-stream;name=evil.exe;base64,QUJD", "RFC 2397"),
        "cid": ("ATTACH;FILENAME=evil.exe:CID:part3@example.com", "names another part"),
        "zip": (binary + "FILENAME=a.zip:" + b64(EVIL, 10000).strip(), "in a zip"),
        "zip-folded": (binary + "FILENAME=a.zip:\n " + b64(EVIL, 60).strip().replace("\n", "\n "), "in a zip, folded"),
        "zip-not-folded": (binary + "FILENAME=a.zip:\n" + b64(EVIL, 60).strip(), "lines without their blank"),
        "other": ("X-FILE;ENCODING=BASE64;NAME=evil.exe:QUJD", "a property nobody knows"),
    }
    for key, (line, why) in attach.items():
        case(f"blocked-calendar-{key}", calendar(line), why)
    line = binary + "FILENAME=evil.exe:QUJD"
    case("blocked-calendar-by-name", calendar(line, "application/octet-stream", "attachment; filename=a.ics"), "called .ics")
    case("blocked-calendar-by-content", calendar(line, "application/octet-stream"), "by its content")
    text = b"\xff\xfe" + ("BEGIN:VCALENDAR\r\n" + line + "\r\nEND:VCALENDAR\r\n").encode("utf-16le")
    case("blocked-calendar-utf16", attached(None, kind="text/calendar; charset=utf-16", body=b64(text)), "in UTF-16")
    case("blocked-calendar-in-zip", attached("attachment; filename=a.zip", body=b64(archive([("a.ics", ("BEGIN:VCALENDAR\n" + line + "\n").encode())]))), "in a zip")
    case("blocked-card", attached(None, kind="text/vcard", encoding="8bit", body="BEGIN:VCARD\nVERSION:2.1\nitem1.ATTACH;BASE64;FILENAME=evil.exe:\n QUJD\n\nEND:VCARD\n"), "an address card")
    case("disguised-calendar", calendar(binary + "FILENAME=a.txt:" + b64(PROGRAM, 10000).strip()), "a program in a calendar")
    case("disguised-card", attached(None, kind="text/vcard", encoding="8bit", body="BEGIN:VCARD\nVERSION:3.0\nPHOTO;ENCODING=b;TYPE=JPEG:" + b64(PROGRAM, 10000).strip() + "\nEND:VCARD\n"), "a program for a picture")
    good = {
        "link": ("ATTACH:https://example.com/setup.exe", "a link is no file"),
        "managed": ("ATTACH;MANAGED-ID=1;FMTTYPE=application/pdf;SIZE=3;FILENAME=agenda.pdf:https://example.com/1", "RFC 8607"),
        "file": (binary + "FILENAME=agenda.pdf:JVBERi0xLjQK", "a document"),
        "description": ("DESCRIPTION:" + "about evil.exe\\; ATTACH\\;FILENAME=evil.exe: no\n " * 300 + "x", "long text"),
        "people": ('ATTENDEE;CN="evil.exe";ROLE=REQ-PARTICIPANT:mailto:a@example.com', "a strange name"),
    }
    for key, (line, why) in good.items():
        case(f"honest-calendar-{key}", calendar(line), why)
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Example.com\nPHOTO;ENCODING=b;TYPE=JPEG:" + b64(b"\xff\xd8\xff\xe0" + bytes(200), 10000).strip() + "\nURL:http://example.com\nEND:VCARD\n"
    case("honest-card", attached("attachment; filename=ann.vcf", kind="text/vcard", encoding="8bit", body=card * 30), "pictures of people")


def headers():
    """Where headers end, and what is a field."""
    case("blocked-garbage-line", "From: a\nSubject: x\ngarbage line\n" + part(), "MTAs end the header here")
    case("blocked-blank-line", multipart([TEXT, "Content-Type: text/plain\n \nContent-Disposition: attachment; filename=evil.exe\n\nx\n"]), "a line of blanks")
    case("blocked-empty-first", multipart([TEXT, "\nContent-Disposition: attachment; filename=evil.exe\n\nx\n"]), "empty line first")
    case("blocked-no-header", multipart(["no header here\nContent-Disposition: attachment; filename=evil.exe\n\nx\n"]), "text first")
    case("blocked-bare-cr", multipart([TEXT, "Content-Type: text/plain\rContent-Disposition: attachment; filename=evil.exe\n\nx\n"]), "bare CR between fields")
    case("blocked-crcrlf", multipart([TEXT, "Content-Type: text/plain\n\xb6CRLFContent-Disposition: attachment; filename=evil.exe\n\nx\n"]), "CR CR LF")
    case("blocked-bare-lf", multipart([TEXT, "Content-Type: text/plain\xb6LFContent-Disposition: attachment; filename=evil.exe\xb6LF\xb6LFx\xb6LF"]), "bare LF")
    case("blocked-field-blank", multipart([TEXT, "Content-Type : text/plain\nContent-Disposition\t: attachment; filename=evil.exe\n\nx\n"]), "blank before the colon")
    case("blocked-field-case", multipart([TEXT, "cOnTeNt-DiSpOsItIoN:attachment;filename=evil.exe\n\nx\n"]), "letter case, no blanks")
    case("blocked-field-nul", multipart([TEXT, "Content-\0Disposition: attachment; file\0name=evil.exe\n\nx\n"]), "NUL inside")
    case("blocked-colon-folded", multipart([TEXT, "Content-Disposition\n : attachment; filename=evil.exe\n\nx\n"]), "folded before the colon")
    case("blocked-header-only", multipart([TEXT], close=False) + "--B\nContent-Disposition: attachment; filename=evil.exe", "ends in the header")
    case("blocked-no-blank", multipart([TEXT, "Content-Disposition: attachment; filename=evil.exe"]), "delimiter right behind the header")


def content():
    """Transfer encodings and what is inside."""
    case("alternatives-encoding-twice", attached("attachment; filename=a.txt", more="Content-Transfer-Encoding: 7bit\n"), "field twice")
    case("alternatives-encoding-unknown", attached("attachment; filename=a.txt", encoding="base645"), "no such encoding")
    case("alternatives-encoding-comment", attached("attachment; filename=a.txt", encoding="base64 (x)"), "comment")
    case("alternatives-encoding-word", attached("attachment; filename=a.txt", encoding="=?us-ascii?Q?base64?="), "encoded word")
    case("blocked-base64-concatenated", attached("attachment; filename=a.zip", body=b64(b"PK") + b64(EVIL)), "data behind the padding")
    top = HEAD + "Content-Type: multipart/mixed; boundary=B\nContent-Transfer-Encoding: "
    body = "--B\n" + part() + "--B\n" + part("attachment; filename=a.pdf") + "--B--\n"
    safe = "--B\n" + TEXT + "--B\n" + part("attachment; filename=a.pdf") + "--B--\n"
    case("alternatives-multipart-base64", top + "base64\n\n" + b64(safe.encode()), "against RFC 2045 6.4")
    case("ambiguous-multipart-uuencode", top + "x-uuencode\n\nbegin 644 x\n`\nend\n", "against RFC 2045 6.4")
    case("blocked-multipart-base64", top + "base64\n\n" + b64(body.encode()), "against RFC 2045 6.4")
    case("blocked-multipart-qp", top + "quoted-printable\n\n" + body.replace("=", "=3D").replace("-", "=2D"), "the delimiters are encoded")
    case("blocked-multipart-qp-name", top + "quoted-printable\n\n" + body.replace("evil", "ev=69l").replace(".exe", "=\n.exe"), "only the name is encoded")
    case("blocked-multipart-qp-epilogue", top + "quoted-printable\n\n--B\n" + TEXT + "--B=\n--\n" + body.replace("--B", "=2D=2DB"), "other delimiters than the raw reading has")
    case("blocked-multipart-qp-soft", top + "quoted-printable\n\n" + body.replace("--B", "-=\n-B"), "delimiters in two lines")
    case("blocked-multipart-qp-inner", multipart([TEXT, "Content-Type: multipart/mixed; boundary=C\nContent-Transfer-Encoding: quoted-printable\n\n" + body.replace("--B", "=2D=2DC")]), "the inner one")
    case("blocked-multipart-qp-in-qp", top + "quoted-printable\n\n--B\nContent-Type: multipart/mixed; boundary=C\nContent-Transfer-Encoding: quoted-printable\n\n" + body.replace("--B", "=3D2D=3D2DC") + "--B--\n", "encoded twice")
    case("blocked-multipart-open-qp", top + "quoted-printable\n\n" + body.replace("--B", "=2D=2DB").replace("=2D=2DB--\n", "").rstrip("\n"), "ends inside")
    case("honest-multipart-qp-encoded", top + "quoted-printable\n\n" + safe.replace("--B", "=2D=2DB"), "harmless files that only some clients show")
    deep = safe
    for n in range(10):
        deep = f"--{n}\nContent-Type: multipart/mixed; boundary={n + 1}\nContent-Transfer-Encoding: quoted-printable\n\n" + deep
    case("ambiguous-multipart-qp-deep", HEAD + "Content-Type: multipart/mixed; boundary=0\nContent-Transfer-Encoding: quoted-printable\n\n" + deep, "more than are read twice")
    inner = INNER[INNER.index("Content-Type"):].replace("\n", "\r\n").encode()
    cms = {
        "signed": (signed(inner), "the signed message inside the structure"),
        "pieces": (signed_in_pieces(inner, 50), "in pieces that end inside of lines"),
        "pieces-nested": (endless(0x30, pkcs7(2), endless(0xa0, endless(0x30, tlv(2, b"\1"), DIGESTS, endless(
            0x30, pkcs7(1), endless(0xa0, endless(0x24, tlv(0x24, tlv(4, inner[:70]), tlv(4, inner[70:90])), tlv(4, inner[90:]))))))), "pieces of pieces"),
        "twice": (signed(b"Content-Type: application/pkcs7-mime; name=a.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(signed(inner)).encode()), "a signature of a signature"),
        "twice-raw": (signed(signed(inner)), "a signature of a signature, not in MIME"),
        "digested": (tlv(0x30, pkcs7(5), tlv(0xa0, tlv(0x30, tlv(2, b"\0"), tlv(0x30, tlv(6, b"\x2b\x0e\3\2\x1a")), tlv(0x30, pkcs7(1), tlv(0xa0, tlv(4, inner)))))), "digested-data"),
        "data": (tlv(0x30, pkcs7(1), tlv(0xa0, tlv(4, inner))), "no signature at all"),
        "compressed": (compressed(inner), "RFC 3274"),
        "damaged": (signed(inner)[:-12] + b"\x30\x05\x04\x7f", "the signature is damaged"),
        "junk-first": (signed(b"X-A: b\r\n" * 600 + inner), "much before the field that counts"),
    }
    for key, (data, why) in cms.items():
        case(f"blocked-smime-{key}", smime(data), why)
    case("blocked-smime-file", attached("attachment; filename=a.bin", body=b64(signed(inner))), "by its content")
    case("disguised-smime-file", smime(signed(PROGRAM)), "a signed program")
    case("uninspectable-smime-compressed", smime(compressed(inner)[:-40] + b"\xff" * 40, "compressed-data"), "cannot be unpacked")
    for key, last in (("enveloped", 3), ("encrypted", 6)):
        case(f"encrypted-smime-{key}", smime(tlv(0x30, pkcs7(last), tlv(0xa0, tlv(0x30, bytes(range(200))))), f"{key}-data"), "S/MIME")
    case("encrypted-smime-authenveloped", smime(tlv(0x30, tlv(6, SMIME + b"\1\x17"), tlv(0xa0, bytes(range(200)))), "authEnveloped-data"), "RFC 5083")
    case("encrypted-pgp", HEAD + 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=P\n\n--P\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--P\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n\n--P--\n', "PGP/MIME")
    case("encrypted-pgp-inline", HEAD + "Content-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", "a text")
    program = b64(PROGRAM)
    case("disguised-txt", attached("attachment; filename=a.txt", body=program), "Windows program")
    case("disguised-no-name", attached(None, body=program), "no name")
    case("disguised-text-type", attached("attachment; filename=a.txt", kind="text/plain", body=program), "declared as text")
    case("disguised-junk", attached("attachment; filename=a.txt", body="!!T@VqQ" + program[4:]), "junk in base64")
    case("disguised-short-lines", attached("attachment; filename=a.txt", body=b64(PROGRAM, 6)), "6 characters a line")
    case("disguised-odd-lines", attached("attachment; filename=a.txt", body=b64(PROGRAM, 71)), "groups across lines")
    case("disguised-qp", attached("attachment; filename=a.txt", encoding="Quoted-Printable", body="=4d=5A" + "".join("=%02X" % c for c in PROGRAM[2:])), "quoted-printable")
    case("disguised-in-zip", attached("attachment; filename=a.zip", body=b64(archive([("a.txt", PROGRAM)]))), "member of a zip")
    case("disguised-uuencode", "From: a\n\nbegin 644 a.txt\n" + "".join(__import__("binascii").b2a_uu(PROGRAM[i:i + 45]).decode() for i in range(0, len(PROGRAM), 45)) + "`\nend\n", "uuencoded")
    case("blocked-zip", attached("attachment; filename=a.zip", body=b64(EVIL)), "member of a zip")
    case("blocked-zip-dat", attached("attachment; filename=a.dat", body=b64(EVIL)), "zip by its content")
    case("blocked-zip-8bit", multipart([TEXT, part("attachment; filename=a.zip", encoding="binary", body="")]).encode("latin1").replace(b"binary\n", b"binary\n", 1).replace(b"filename=a.zip\n\n", b"filename=a.zip\n\n" + archive([("evil.exe", b"y")], zipfile.ZIP_STORED).replace(b"\n", b"\x0b")), "not encoded")
    case("blocked-zip-zip", attached("attachment; filename=a.zip", body=b64(archive([("b.zip", archive([("c.zip", EVIL)]))]))), "three deep")
    case("blocked-zip-eml", attached("attachment; filename=a.zip", body=b64(archive([("a.eml", INNER.encode())]))), "message in a zip")
    case("blocked-eml-zip", attached("attachment; filename=a.eml", body=b64(attached("attachment; filename=a.zip", body=b64(EVIL)).encode())), "zip in a message")
    case("blocked-zip-text-part", attached(None, kind="text/plain", body=b64(EVIL)), "zip as text")
    rng = random.Random(5)
    noise = bytes(rng.randrange(256) for _ in range(40000))
    for shift in range(3):
        for width in (76, 64, 60):
            case(f"blocked-zip-glued-{shift}-{width}", attached("attachment; filename=a.dat", body=b64(b"\1" + noise[:34000 + shift] + EVIL, width)), "behind unknown bytes")
    tar = tar_of([("readme.txt", b"hi")])
    case("blocked-zip-behind-tar", attached("attachment; filename=a.zip", body=b64(tar + EVIL)), "a tar by its beginning, a zip by its end")
    case("blocked-zip-behind-message", attached("attachment; filename=a.zip", body=b64(b"From: a\nTo: b\n\nhello\n" + EVIL)), "a message by its beginning")
    case("blocked-docx-behind-gzip", attached("attachment; filename=a.docx", body=b64(gzip.compress(b"hi", mtime=0) + EVIL)), "a gzip file by its beginning")
    case("blocked-cab-prefixed", attached("attachment; filename=a.cab", body=b64(b"GIF89a" + CAB)), "behind the mark of a picture")
    case("blocked-rar-prefixed", attached("attachment; filename=a.rar", body=b64(b"hello" + RAR)), "behind text")
    case("uninspectable-lzh-prefixed", attached("attachment; filename=a.lzh", body=b64(b"MZ junk " + LZH)), "a self-extracting archive that is none")
    case("blocked-zip-index-only", attached("attachment; filename=a.zip", body=b64(EVIL.replace(b"PK\3\4", b"PK\3\0"))), "only the index names it")
    case("blocked-zip-behind-cab", attached("attachment; filename=a.zip", body=b64(b"hello" + CAB.replace(b"evil.exe", b"a23b.txt") + EVIL)), "a cabinet behind text, a zip by its end")
    case("blocked-zip-prefixed", attached("attachment; filename=a.zip", body=b64(b"hello world\n" * 10 + EVIL)), "behind text, named zip")


def honest():
    """What must pass."""
    pdf = b64(b"%PDF-1.4 foo\n" * 100)
    good = {
        "pdf": (attached('attachment; filename="report.pdf"', kind='application/pdf; name="report.pdf"', body=pdf), "same name twice"),
        "domain-pdf": (attached("attachment; filename=\"example.com.pdf\"; filename*=utf-8''example.com.pdf", body=pdf), "a pdf"),
        "dual": (attached("attachment; filename=\"=?utf-8?Q?=C3=9Cber_example.com.pdf?=\"; filename*0*=utf-8''%C3%9Cber%20exam; filename*1*=ple.com.pdf", kind='application/pdf; name="=?utf-8?Q?=C3=9Cber_example.com?= =?utf-8?Q?.pdf?="', body=pdf), "RFC 2047 and 2231"),
        "fallback": (attached("attachment; filename=\"Uber.pdf\"; filename*=UTF-8''%C3%9Cber.pdf", body=pdf), "RFC 6266 fallback"),
        "raw-utf8": (attached('attachment; filename="\xc3\x9cber.pdf"', body=pdf), "raw UTF-8"),
        "raw-latin1": (attached('attachment; filename="\xdcber.pdf"', body=pdf), "raw latin-1"),
        "word-unquoted": (attached("attachment; filename==?utf-8?Q?example.com_report.pdf?=", body=pdf), "sloppy but plain"),
        "long-name": (attached("attachment;\n filename*0=\"a very long name for a file that goes on and on and is \";\n filename*1=\"written by bat.example.com in two pieces.pdf\"", body=pdf), "RFC 2231 3"),
        "semicolon": (attached('attachment; filename="offer from example.com; final.pdf"', body=pdf), "semicolon in quotes"),
        "subject-name": (attached('attachment; filename="Re: problem at example.com: more.eml"', kind="message/rfc822", encoding=None, body=multipart([TEXT, part("attachment; filename=x.pdf")], boundary="C")), "subject as a name"),
        "prose": (HEAD.replace("Subject: x", "Subject: evil.exe") + "Content-Type: text/plain\nContent-Description: run evil.exe\nContent-ID: <evil.exe>\n\nrun evil.exe; filename=evil.exe\nContent-Disposition: attachment; filename=evil.exe\nhttp://example.com/evil.exe\n", "not files"),
        "begin-prose": ("From: a\nSubject: x\n\nwe will\nbegin 644 evil.exe\nand so on it goes with prose.\n", "no encoded line follows"),
        "begin-mime": (HEAD + "Content-Type: text/plain\n\nbegin 644 evil.exe\n#86)C\n`\nend\n", "MIME text; see uuencode_in_text"),
        "footer": (multipart([TEXT], after="_______________________________________________\nlist mailing list\nlist@example.com\nhttps://lists.example.com/x\n"), "list footer"),
        "footer-base64": (HEAD + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + b64(b"hello world") + "_______________________________________________\nlist mailing list\nlist@example.com\n", "list footer in base64"),
        "alternative": (multipart(['Content-Type: multipart/alternative; boundary="B-alt"\n\n--B-alt\n' + TEXT + "--B-alt\nContent-Type: text/html\n\n<p>\n--B-alt--\n", part("attachment; filename=a.pdf", body=pdf)]), "one boundary begins like the other"),
        "dsn": (HEAD + 'Content-Type: multipart/report; report-type=delivery-status; boundary="D/1.2=x"\n\n--D/1.2=x\n' + TEXT + "--D/1.2=x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example.com\n\nFinal-Recipient: rfc822; a@x.com\nAction: failed\n\n--D/1.2=x\nContent-Type: text/rfc822-headers\n\nFrom: a\nContent-Type: multipart/mixed; boundary=zz\nContent-Disposition: attachment; filename=evil.exe\n\n--D/1.2=x--\n", "delivery report"),
        "mdn": (HEAD + 'Content-Type: multipart/report; report-type=disposition-notification; boundary=M\n\n--M\n' + TEXT + "--M\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@x.com\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--M--\n", "read receipt"),
        "bounce-message": (HEAD + "Content-Type: multipart/report; boundary=R\n\n--R\n" + TEXT + "--R\nContent-Type: message/rfc822\n\n" + multipart([TEXT, part("attachment; filename=a.pdf", body=pdf)]) + "\n--R--\n", "original returned"),
        "digest": (HEAD + "Content-Type: multipart/digest; boundary=D\n\n--D\n\nFrom: a\nSubject: b\n\nhello\n--D\n\nFrom: c\nMIME-Version: 1.0\nContent-Type: text/plain\n\nhello\n--D--\n", "digest"),
        "smime-signed": (HEAD + 'Content-Type: multipart/signed; micalg=sha-256; protocol="application/pkcs7-signature"; boundary="----=_Part_1"\n\n------=_Part_1\n' + TEXT + "------=_Part_1\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7s\n\nMIIB\n------=_Part_1--\n", "S/MIME"),
        "smime-xml": (attached('attachment; filename="IT01234567890_00001.xml.p7m"', kind='application/pkcs7-mime; name="IT01234567890_00001.xml.p7m"', body=b64(signed(b"<?xml version='1.0'?><p:FatturaElettronica/>"))), "a signed file that is no message"),
        "smime-pdf": (attached("attachment; filename=a.pdf.p7m", body=b64(signed(b"%PDF-1.4\n" + bytes(range(256)) * 20))), "a signed document"),
        "pgp-inline": (HEAD + "Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n- --B\nx\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n", "dashes"),
        "no-close": (multipart([TEXT], close=False), "no end"),
        "empty-parts": (multipart(["\n", "Content-Type: text/plain\n\n", TEXT]), "empty parts"),
        "no-parts": (multipart([]), "nothing in it"),
        "upper": (multipart([TEXT, 'CONTENT-TYPE: APPLICATION/PDF; NAME="A.PDF"\nCONTENT-TRANSFER-ENCODING: BASE64\n\n' + pdf]), "upper case"),
        "boundary-characters": (HEAD + "Content-Type: multipart/mixed; boundary=----=_Next(1)'+_,-./:=?\n\n------=_Next(1)'+_,-./:=?\n" + TEXT + "------=_Next(1)'+_,-./:=?--\n", "all legal characters, no quotes"),
        "office": (attached("attachment; filename=a.docx", kind="application/vnd.openxmlformats-officedocument.wordprocessingml.document", body=b64(archive([("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>" * 100)]))), "a zip too"),
        "zip": (attached("attachment; filename=a.zip", body=b64(archive([("a/readme.txt", b"hi"), ("a/x.pdf", b"%PDF-1.4")]))), "nothing blocked in it"),
        "8-bit": (multipart([TEXT.replace("\n\n", "\nContent-Transfer-Encoding: 8-bit\n\n")]), "sloppy but plain"),
        "multipart-qp": (HEAD + "Content-Transfer-Encoding: quoted-printable\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" + TEXT + "--B--\n", "sloppy, clients ignore it"),
        "multipart-qp-files": (HEAD + "Content-Transfer-Encoding: quoted-printable\nContent-Type: multipart/mixed; boundary=\"=ab12\"\n\n--=ab12\nContent-Type: multipart/related; boundary=C\nContent-Transfer-Encoding: quoted-printable\n\n--C\n" + TEXT + "--C\n" + part(None, kind="image/png") + "--C--\n--=ab12\n" + part("attachment; filename=a.pdf", body=pdf) + "--=ab12\n" + part("attachment; filename=a.zip", body=b64(archive([("a.pdf", bytes(range(200)))]))) + "--=ab12--\n", "sloppy, with files"),
        "multipart-base64": (HEAD + "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" + TEXT + "--B\n" + part("attachment; filename=a.pdf", body=pdf) + "--B--\n", "sloppy, clients ignore it"),
        "boundary-parentheses": (HEAD + "Content-Type: multipart/mixed; boundary=\"A'B()+_,-./:=?\"\n\n--A'B()+_,-./:=?\n" + TEXT + "--A'B()+_,-./:=?\n" + part("attachment; filename=a.pdf", body=pdf) + "--A'B()+_,-./:=?--\n", "parentheses in quotes"),
        "boundary-comment": (HEAD + "Content-Type: multipart/mixed; boundary=abc(1)def\n\n--abc(1)def\n" + TEXT + "--abc(1)def\n" + part("attachment; filename=a.pdf", body=pdf) + "--abc(1)def--\n", "parentheses without quotes"),
        "boundary-comment-dropped": (HEAD + "Content-Type: multipart/mixed; boundary=abc (by x)\n\n--abc\n" + TEXT + "--abc\n" + part("attachment; filename=a.pdf", body=pdf) + "--abc--\n", "a comment behind it"),
        "eml-apple": (attached("attachment; filename=a.emlx", body=b64(b"345       \n" + multipart([TEXT, part("attachment; filename=a.pdf", body=pdf)]).encode())), "Apple Mail's messages begin with their length"),
        "no-mime": ("From: a\nSubject: \xfc\n\nKey: value\nOther: value\nThird: x\n\nbody\n", "8-bit subject, lines like fields"),
        "calendar": (multipart([TEXT, "Content-Type: text/calendar; charset=utf-8; method=REQUEST; name=\"invite.ics\"\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n"]), "invitation"),
        "empty-body": (HEAD + "Content-Type: text/plain\n\n", "no body"),
        "patch": (HEAD + "Content-Type: text/plain\n\n--- a/foo\n+++ b/foo\n-- \nsig\n--B\n- item\n", "lines of dashes"),
        "script-text": (HEAD + "Content-Type: text/plain\n\n#!/bin/sh\necho hello\n", "a script in the text"),
        "shell-pasted": (multipart([TEXT.replace("hello world", "--C\nContent-Disposition: attachment; filename=evil.exe\n\n--C--")]), "MIME source as text"),
        "related": (multipart(['Content-Type: text/html\n\n<img src="cid:a">\n', "Content-Type: image/png\nContent-ID: <setup.exe@x.com>\nContent-Location: http://x.com/evil.exe\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"], kind="related"), "URL and id are no names"),
        "stray-boundary": (HEAD + "Content-Type: text/plain; charset=utf-8; boundary=B\n\nhello\n-- \nsig\n", "a boundary that is not used"),
        "after-close-text": (multipart([TEXT], after="Note: this list is for members.\nTo leave: write to x@example.com\n"), "a footer like fields"),
        "base64-blanks": (attached("attachment; filename=a.pdf", body=" " + pdf.replace("\n", " \n ").rstrip(" ")), "indented base64"),
        "base64-footer": (HEAD + part("attachment; filename=a.pdf", body=pdf.rstrip("=\n") + "=\n\n-- \nlist mailing list (see https://lists.example.com)\n"), "a list's footer behind base64"),
        "two-text-types": (HEAD + "Content-Type: text/plain\nContent-Type: text/plain; charset=utf-8\n\nhello\n", "same thing twice"),
        "message-no-mime": (multipart([TEXT, "Content-Type: message/rfc822\n\nFrom: a\nSubject: b\n\nplain old text\n"]), "old mail forwarded"),
        "appledouble": (multipart(['Content-Type: multipart/appledouble; boundary=A\n\n--A\nContent-Type: application/applefile; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nAAUWBwACAAA=\n--A\nContent-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\n' + pdf + "--A--\n"]), "Mac file"),
    }
    for key, (message, why) in good.items():
        case(f"honest-{key}", message, why)


def small_corpora(corpus):
    """Seeds for the fuzzers of single parsers."""
    def write(name, items):
        folder = corpus / name
        folder.mkdir(parents=True, exist_ok=True)
        for key, data in items.items():
            (folder / key).write_bytes(data if isinstance(data, bytes) else data.encode("latin1"))
    write("header_parameters", VALUES)
    write("file_name", {key: value.split("=", 1)[1].strip('"') for key, value in VALUES.items() if "=" in value})
    lines = b64(PROGRAM)
    write("transfer_decode", {
        "base64": lines, "base64-long": b64(PROGRAM * 8, 1000), "base64-short": b64(PROGRAM, 6), "padding": "QQ==QUI=QUJD=",
        "junk": "Q!U@J#D$\r\nQ UJ\tD", "qp": "a=3D=\r\nb=3d= \t\r\n=zz==41=", "mixed": "=51=55=4a=44QUJD"})
    write("calendar", {
        "attach": "BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=\"a:b.exe\":QU\r\n JD\r\nEND:VCALENDAR\r\n",
        "data": "ATTACH:data:text/plain;name=a;base64,QUJD\nATTACH;FILENAME=a:cid:b\nATTACH:http://x\n",
        "card": "BEGIN:VCARD\nPHOTO;BASE64:\nQUJD\nQUJD\n\nX;ENCODING=b;LABEL==?utf-8?Q?a?=:QUJD", "quote": "ATTACH;NAME=\"a^n:QUJD\n",
        "utf16": b"\xff\xfe" + "BEGIN:VCARD\r\nATTACH;NAME=a:QUJD\r\n".encode("utf-16le")})
    write("cms", {"signed": signed(b"Content-Type: text/plain"), "pieces": signed_in_pieces(b"Content-Type: text/plain", 9),
                  "compressed": compressed(b"x" * 99), "data": tlv(0x30, pkcs7(1), tlv(0xa0, tlv(4, b"x"))),
                  "enveloped": tlv(0x30, pkcs7(3), tlv(0xa0, b"x"))})
    write("uuencode", {
        "file": "hi\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\nbye\r\n", "open": "begin 644 a b\n#86)C\n",
        "two": "begin 644 a\n`\nend\nbegin 0644 b\nend", "prose": "begin 644 a.exe\nand so on with prose\n",
        "base64": "begin-base64 644 a\nQUJD\n====\n", "yenc": "=ybegin line=128 size=3 name=a b\na=}b\n=ypart\n=yend\n"})


def main():
    corpus = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus")
    folder = corpus / "mime"
    folder.mkdir(parents=True, exist_ok=True)
    for group in (names, structure, headers, charsets, calendars, content, honest):
        group()
    for old in folder.glob("*.eml"):
        if old.stem not in CASES:
            old.unlink()
    for name, (data, _why) in sorted(CASES.items()):
        (folder / f"{name}.eml").write_bytes(data)
    small_corpora(corpus)
    print(f"{len(CASES)} cases in {folder}")


if __name__ == "__main__":
    main()
