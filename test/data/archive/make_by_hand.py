#!/usr/bin/env python3
"""Makes the fixtures that are built byte by byte from the formats' descriptions: RAR, TNEF, and hostile variants.

RAR 4 after RARLAB's technote.txt, RAR 5 after "RAR 5.0 archive format", TNEF after [MS-OXTNEF]. The honest ones are
read by unar, 7z and tnef as the tests expect.
"""
import os
import struct
import zlib

TEXT = b"Nothing to see here.\n" * 8
PROGRAM = b"MZ" + bytes(range(200))


def save(name, content):
    with open(name, "wb") as file:
        file.write(content)


# RAR 5


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def rar5_block(kind, fields=b"", extra=b"", data=None, flags=0):
    flags |= (1 if extra else 0) | (2 if data is not None else 0)
    body = number(kind) + number(flags)
    body += number(len(extra)) if extra else b""
    body += number(len(data)) if data is not None else b""
    body += fields + extra
    body = number(len(body)) + body
    return struct.pack("<I", zlib.crc32(body)) + body


def rar5_record(kind, content):
    body = number(kind) + content
    return number(len(body)) + body


ENCRYPTION = rar5_record(1, number(0) + number(0) + b"\x0f" + bytes(16) + bytes(16))
RAR5_TIME = rar5_record(3, number(3) + struct.pack("<I", 1262304000))


def rar5_file(name, data=b"", method=0, folder=False, extra=b"", flags=0, kind=2, packed=None):
    name = name.encode() if isinstance(name, str) else name
    packed = data if packed is None else packed
    fields = number((1 if folder else 0) | 4) + number(len(data)) + number(0x20) + struct.pack("<I", zlib.crc32(data))
    fields += number(method << 7) + number(1) + number(len(name)) + name
    head = rar5_block(kind, fields, extra, None if folder else packed, flags)
    return head, b"" if folder else packed


def rar5(*blocks, main_flags=0, end=rar5_block(5, number(0))):
    return b"Rar!\x1a\x07\x01\x00" + rar5_block(1, number(main_flags)) + b"".join(h + d for h, d in blocks) + end


def quick_open(blocks, renamed=None):
    """A quick open service block behind `blocks`, with copies of their headers, some under other names."""
    renamed = renamed or {}
    start = len(rar5(end=b""))
    positions = []
    for head, data in blocks:
        positions.append(start)
        start += len(head) + len(data)
    records = b""
    for index, (head, _) in enumerate(blocks):
        copy = renamed.get(index, head)
        body = number(0) + number(start - positions[index]) + number(len(copy)) + copy
        body = number(len(body)) + body
        records += struct.pack("<I", zlib.crc32(body)) + body
    return rar5_file("QO", records, kind=3)


def make_rar5():
    plain = [rar5_file("readme.txt", TEXT, extra=RAR5_TIME), rar5_file("docs/\u8acb\u6c42\u66f8.exe", PROGRAM),
             rar5_file("docs", folder=True), rar5_file("empty.txt")]
    save("stored.rar5.rar", rar5(*plain))
    save("quick-open.rar5.rar", rar5(*plain, quick_open(plain)))
    save("quick-open-differs.rar5.rar", rar5(*plain, quick_open(plain, {0: rar5_file("readme.exe", TEXT)[0]})))
    save("packed.rar5.rar", rar5(rar5_file("a.pdf", TEXT, method=3, packed=bytes(50)), rar5_file("b.scr", b"", method=5)))
    save("encrypted-content.rar5.rar", rar5(rar5_file("a.pdf", TEXT, extra=RAR5_TIME + ENCRYPTION),
                                            rar5_file("CMT", b"comment", kind=3)))
    save("encrypted-index.rar5.rar", b"Rar!\x1a\x07\x01\x00" + rar5_block(4, number(0) + number(0) + b"\x0f" + bytes(16))
         + bytes(range(64)))
    save("volume1.rar5.rar", rar5(rar5_file("a.txt", TEXT), rar5_file("big.exe", PROGRAM, flags=0x10), main_flags=1,
                                  end=rar5_block(5, number(1))))
    save("volume2.rar5.rar", rar5(rar5_file("big.exe", PROGRAM, flags=0x08), rar5_file("z.txt", TEXT), main_flags=3))
    save("nul-in-name.rar5.rar", rar5(rar5_file(b"evil.exe\0.txt", TEXT)))
    save("bad-crc.rar5.rar", rar5(rar5_file("a.exe", TEXT)).replace(b"a.exe", b"b.exe"))
    save("glued.rar5.rar", rar5(rar5_file("a.txt", TEXT)) + rar5(rar5_file("b.exe", TEXT)))
    head, _ = rar5_file("a.txt", b"", extra=b"\x00\x00\x00\x00")
    save("extra-of-nothing.rar5.rar", rar5((head, b"")))
    head = rar5_block(2, number(4) + number(0) * 2 + bytes(4) + number(0) * 2 + number(1 << 60) + b"x")
    save("endless-name.rar5.rar", rar5((head, b"")))


# RAR 4


def rar4_block(kind, flags, fields, size=None):
    body = struct.pack("<BHH", kind, flags, 7 + len(fields) if size is None else size) + fields
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def rar4_file(name, data=b"", method=0x30, flags=0, kind=0x74, folder=False, large=False):
    name = name.encode("cp437") if isinstance(name, str) else name
    flags |= 0x8000 | (0xE0 if folder else 0) | (0x100 if large else 0)
    fields = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x3C210000, 20, method, len(name), 0x20)
    fields += struct.pack("<II", 0, 0) if large else b""
    return rar4_block(kind, flags, fields + name) + data


def rar4(*blocks, main_flags=0, end=rar4_block(0x7B, 0x4000, b"")):
    return b"Rar!\x1a\x07\x00" + rar4_block(0x73, main_flags, bytes(6)) + b"".join(blocks) + end


def pack_name(plain, high, steps):
    """The packed Unicode name: `steps` are (code, bytes)."""
    out = bytes([high])
    for index in range(0, len(steps), 4):
        group = steps[index:index + 4]
        codes = 0
        for place, (code, _) in enumerate(group):
            codes |= code << (6 - 2 * place)
        out += bytes([codes]) + b"".join(content for _, content in group)
    return plain + b"\0" + out


# cyrillic "schet" + ".exe": lower bytes with the high byte, then a run of the plain name
CYRILLIC = pack_name(b"?????.exe", 0x04, [(1, b"\x41"), (1, b"\x47"), (1, b"\x35"), (1, b"\x42"), (2, b"\x21\x04"), (3, b"\x02")])
# each step once: a plain byte, a moved run (lower case letters into the Greek block), both bytes
EVERY_STEP = pack_name(b"a123?.txt", 0x03, [(0, b"a"), (3, b"\x81\x80"), (2, b"\x16\x4e"), (3, b"\x7f")])
# the plain name says .txt, the Unicode one .exe
TWO_NAMES = pack_name(b"invoice.txt", 0, [(3, b"\x06")] + [(0, bytes([c])) for c in b"exe"])


def make_rar4():
    plain = [rar4_file("readme.txt", TEXT), rar4_file("docs\\program.exe", PROGRAM, large=True),
             rar4_file("docs", folder=True), rar4_file("empty.txt")]
    save("stored.rar4.rar", rar4(*plain))
    save("no-end.rar4.rar", rar4(*plain, end=b""))
    save("unicode.rar4.rar", rar4(rar4_file(CYRILLIC, TEXT, flags=0x200), rar4_file(EVERY_STEP, TEXT, flags=0x200),
                                  rar4_file("\u8acb.exe".encode(), TEXT, flags=0x200)))
    save("two-names.rar4.rar", rar4(rar4_file(TWO_NAMES, TEXT, flags=0x200)))
    save("unicode-cut.rar4.rar", rar4(rar4_file(CYRILLIC[:-3], TEXT, flags=0x200), rar4_file(b"a.exe\0", TEXT, flags=0x200)))
    save("packed.rar4.rar", rar4(rar4_file("a.pdf", bytes(50), method=0x33), rar4_file("CMT", b"comment", kind=0x7A)))
    save("encrypted-content.rar4.rar", rar4(rar4_file("a.pdf", bytes(64), flags=0x404)))
    save("encrypted-index.rar4.rar", rar4(main_flags=0x80, end=bytes(range(64))))
    save("volume1.rar4.rar", rar4(rar4_file("big.exe", PROGRAM, flags=2), main_flags=0x101,
                                  end=rar4_block(0x7B, 0x4001, b"")))
    save("volume2.rar4.rar", rar4(rar4_file("big.exe", PROGRAM, flags=1), rar4_file("z.txt", TEXT), main_flags=1))
    save("bad-crc.rar4.rar", rar4(rar4_file("a.exe", TEXT)).replace(b"a.exe", b"b.exe"))
    save("glued.rar4.rar", rar4(rar4_file("a.txt", TEXT)) + rar4(rar4_file("b.exe", TEXT)))
    save("no-size.rar4.rar", rar4(rar4_block(0x74, 0x8000, b"", size=0)))
    save("long-name.rar4.rar", rar4(rar4_block(0x74, 0x8000, struct.pack("<IIBIIBBHI", 0, 0, 2, 0, 0, 20, 0x30, 60000, 0)
                                               + b"x")))
    save("version1.rar", b"RE~^\x07\x00\x00" + bytes(20))


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    make_rar5()
    make_rar4()
