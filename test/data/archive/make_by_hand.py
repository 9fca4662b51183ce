#!/usr/bin/env python3
"""Makes the fixtures that are built byte by byte from the formats' descriptions: RAR, TNEF, and hostile variants.

RAR 4 after RARLAB's technote.txt, RAR 5 after "RAR 5.0 archive format", TNEF after [MS-OXTNEF]. The honest ones are
read by unar, 7z and tnef as the tests expect.
"""
import os
import struct
import zlib

import rar_pack

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


def rar5_file(name, data=b"", method=0, folder=False, extra=b"", flags=0, kind=2, packed=None, solid=False):
    name = name.encode() if isinstance(name, str) else name
    packed = data if packed is None else packed
    fields = number((1 if folder else 0) | 4) + number(len(data)) + number(0x20) + struct.pack("<I", zlib.crc32(data))
    fields += number(method << 7 | solid << 6) + number(1) + number(len(name)) + name
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
    sound, long = bytes(i * 3 & 255 for i in range(400)), TEXT + PROGRAM * 3
    save("lz.rar5.rar", rar5(rar5_file("a.txt", long, method=3, packed=rar_pack.pack5(long)),
                             rar5_file("a.wav", sound, method=3, packed=rar_pack.pack5(rar_pack.delta(sound, 2), b"", [(0, 400, 0, 2)])),
                             rar5_file("empty.txt", b"", method=3)))
    save("solid.rar5.rar", rar5(rar5_file("a.txt", long, method=3, packed=rar_pack.pack5(long)),
                                rar5_file("b.exe", PROGRAM, method=3, solid=True, packed=rar_pack.pack5(PROGRAM, long)), main_flags=4))
    save("far.rar5.rar", rar5(rar5_file("a.txt", TEXT, method=3, packed=rar_pack.pack5(TEXT, TEXT)),
                              rar5_file("b.txt", TEXT, method=3, solid=True, packed=rar_pack.pack5(TEXT, TEXT))))
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


def rar4_file(name, data=b"", method=0x30, flags=0, kind=0x74, folder=False, large=False, packed=None):
    name = name.encode("cp437") if isinstance(name, str) else name
    flags |= 0x8000 | (0xE0 if folder else 0) | (0x100 if large else 0)
    version = 20 if packed is None else 29
    packed = data if packed is None else packed
    fields = struct.pack("<IIBIIBBHI", len(packed), len(data), 2, zlib.crc32(data), 0x3C210000, version, method, len(name), 0x20)
    fields += struct.pack("<II", 0, 0) if large else b""
    return rar4_block(kind, flags, fields + name) + packed


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
    long = TEXT + PROGRAM * 3
    save("lz.rar4.rar", rar4(rar4_file("a.txt", long, method=0x33, packed=rar_pack.pack3(long)), rar4_file("b.txt", TEXT)))
    save("solid.rar4.rar", rar4(rar4_file("a.txt", long, method=0x33, packed=rar_pack.pack3(long)),
                                rar4_file("b.exe", PROGRAM, method=0x33, flags=0x10, packed=rar_pack.pack3(PROGRAM, long))))
    save("ppmd.rar4.rar", rar4(rar4_file("a.txt", TEXT, method=0x35, packed=b"\xa0" + bytes(40))))
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


# TNEF

MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
STORAGE = bytes.fromhex("0b00000000000000c000000000000046")


def tnef_attribute(level, kind, content):
    return struct.pack("<BII", level, kind, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def tnef(*attributes):
    version = tnef_attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    codepage = tnef_attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    kind = tnef_attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
    return struct.pack("<IH", 0x223E9F78, 1) + version + codepage + kind + b"".join(attributes)


def rendering():
    return tnef_attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))


def title(name):
    return tnef_attribute(2, 0x00018010, name + b"\0")


def attached(content):
    return tnef_attribute(2, 0x0006800F, content)


def padded(content):
    return content + bytes(-len(content) % 4)


def one(content):
    return struct.pack("<II", 1, len(content)) + padded(content)


def tnef_property(kind, identity, value, named=b""):
    return struct.pack("<HH", kind, identity) + named + value


def unicode(identity, text):
    return tnef_property(0x1F, identity, one((text + "\0").encode("utf-16-le")))


def string8(identity, text):
    return tnef_property(0x1E, identity, one(text + b"\0"))


def properties(*items):
    return tnef_attribute(2, 0x00069005, struct.pack("<I", len(items)) + b"".join(items))


METHOD_FILE = tnef_property(3, 0x3705, struct.pack("<I", 1))
METHOD_MESSAGE = tnef_property(3, 0x3705, struct.pack("<I", 5))
NAMED = bytes.fromhex("0820060000000000c000000000000046")
# every shape of property a reader has to get past
ODD_PROPERTIES = [
    tnef_property(0x0B, 0x7FFE, struct.pack("<I", 1)),
    tnef_property(0x40, 0x7FFB, bytes(8)),
    tnef_property(0x48, 0x3F01, bytes(16)),
    tnef_property(0x1003, 0x6001, struct.pack("<III", 2, 7, 8)),
    tnef_property(0x101E, 0x6002, struct.pack("<I", 2) + struct.pack("<I", 2) + padded(b"a\0") + struct.pack("<I", 5)
                  + padded(b"abcd\0")),
    tnef_property(3, 0x8001, struct.pack("<I", 9), NAMED + struct.pack("<II", 0, 0x8501)),
    tnef_property(0x1E, 0x8002, one(b"x\0"), NAMED + struct.pack("<II", 1, 10) + padded("Name".encode("utf-16-le") + b"\0\0")),
]


def make_tnef():
    properties_of_file = properties(METHOD_FILE, *ODD_PROPERTIES, string8(0x3704, b"RECHNU~1.EXE"),
                                    unicode(0x3707, "Rechnung f\u00fcr dich.exe"), unicode(0x3001, "Rechnung.pdf"))
    save("file.tnef", tnef(rendering(), attached(TEXT), title(b"RECHNU~1.EXE"), properties_of_file))
    save("title-first.tnef", tnef(rendering(), title(b"first.txt"), attached(TEXT), rendering(), title(b"second.bat"),
                                  attached(PROGRAM), properties(METHOD_FILE)))
    inner = tnef(rendering(), title(b"inner.exe"), attached(PROGRAM), properties(METHOD_FILE))
    save("message.tnef", tnef(rendering(), title(b"see example.com"), properties(
        METHOD_MESSAGE, tnef_property(0x0D, 0x3701, one(MESSAGE + inner)), unicode(0x3001, "see example.com"))))
    save("object.tnef", tnef(rendering(), title(b"sheet"), properties(
        tnef_property(0x0D, 0x3701, one(STORAGE + TEXT + b"odd")), unicode(0x3707, "sheet.xls"))))
    save("names-only.tnef", tnef(rendering(), title(b"linked.exe"), rendering(), attached(b""), title(b"empty.cmd"), rendering()))
    save("binary-data.tnef", tnef(rendering(), properties(unicode(0x3707, "a.scr"), tnef_property(0x102, 0x3701, one(PROGRAM)))))
    save("two-contents.tnef", tnef(rendering(), title(b"a.txt"), attached(TEXT), properties(
        unicode(0x3707, "a.exe"), tnef_property(0x102, 0x3701, one(PROGRAM)))))
    save("no-attachment.tnef", tnef())
    save("padded.tnef", tnef(rendering(), title(b"a.exe"), attached(TEXT)) + b"\r\n")
    save("bad-level.tnef", tnef(rendering(), title(b"a.exe"), attached(TEXT)) + b"PK\x03\x04" + bytes(20))
    save("endless-value.tnef", tnef(rendering(), attached(TEXT), tnef_attribute(
        2, 0x00069005, struct.pack("<IHHII", 5, 0x1F, 0x3707, 1, 0xFFFFFFFF)), rendering(), title(b"b.exe"), attached(TEXT)))
    save("endless-count.tnef", tnef(rendering(), attached(TEXT), tnef_attribute(
        2, 0x00069005, struct.pack("<IHHI", 0xFFFFFFFF, 0x1003, 0x3707, 0xFFFFFFFF)), title(b"b.exe")))


# Cabinets


def cab(files, reserve=None, names=b"", flags=0, gap=b"", folder_reserve=b"", size=None):
    """A cabinet of one folder, uncompressed. `files`: name, content, attributes."""
    flags |= 4 if reserve is not None else 0
    head = b"" if reserve is None else struct.pack("<HBB", len(reserve), len(folder_reserve), 0) + reserve
    head += names
    files_at = 36 + len(head) + 8 + len(folder_reserve) + len(gap)
    table = b""
    content = b""
    for name, data, attributes in files:
        table += struct.pack("<IIHHHH", len(data), len(content), 0, 0x3C21, 0, attributes) + name + b"\0"
        content += data
    data_at = files_at + len(table)
    folder = struct.pack("<IHH", data_at, 1, 0) + folder_reserve
    data = struct.pack("<IHH", 0, len(content), len(content)) + content
    total = data_at + len(data) if size is None else size
    header = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, total, 0, files_at, 0, 3, 1, 1, len(files), flags, 1, 0)
    return header + head + folder + gap + table + data


def mszip(content):
    """(packed, unpacked size) of each block; a block may refer to the one before."""
    blocks = []
    before = b""
    for at in range(0, len(content), 32768):
        piece = content[at:at + 32768]
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(9, zlib.DEFLATED, -15)
        blocks.append((b"CK" + packer.compress(piece) + packer.flush(), len(piece)))
        before = piece
    return blocks


def cab_of(folders, files):
    """A cabinet of `folders`: type, blocks. `files`: name, size, offset, folder."""
    data_at = 36 + 8 * len(folders) + sum(17 + len(name) for name, _, _, _ in files)
    table = b"".join(struct.pack("<IIHHHH", size, offset, folder, 0x3C21, 0, 0x20) + name + b"\0"
                     for name, size, offset, folder in files)
    heads = data = b""
    for kind, blocks in folders:
        heads += struct.pack("<IHH", data_at + len(data), len(blocks), kind)
        data += b"".join(struct.pack("<IHH", 0, len(block), size) + block for block, size in blocks)
    header = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, data_at + len(data), 0, 36 + 8 * len(folders), 0, 3, 1,
                                   len(folders), len(files), 0, 1, 0)
    return header + heads + table + data


def make_packed_cab():
    long = bytes(i * i >> 7 & 0xFF for i in range(70000))
    size = len(TEXT)
    end = [(b"b.txt", size, 70000, 0)]
    text = [(TEXT, size)]
    blocks = mszip(long + TEXT)
    save("blocks.cab", cab_of([(1, blocks), (0, text)], end + [(b"c.txt", size, 0, 1), (b"a.bin", 70000, 0, 0)]))
    save("same-bytes.cab", cab_of([(1, mszip(TEXT))], [(b"a.txt", size, 0, 0), (b"b.exe", size, 0, 0)]))
    save("shared-bytes.cab", cab_of([(0, text)], [(b"a.txt", 100, 0, 0), (b"b.txt", size - 50, 50, 0)]))
    save("lzx.cab", cab_of([(0x1503, text), (0, text)], [(b"a.txt", size, 0, 0), (b"b.txt", size, 0, 1)]))
    save("bad-block.cab", cab_of([(1, blocks[:1] + [(b"CK" + bytes(9), 32768)] + blocks[2:]), (0, text)],
                                 [(b"a.bin", 70000, 0, 0), (b"c.txt", size, 0, 1)] + end))
    save("more-than-blocks.cab", cab_of([(1, mszip(TEXT))], [(b"a.txt", 500, 0, 0), (b"b.txt", 5, 700, 0),
                                                             (b"c.txt", 5, 0, 0xFFFD), (b"d.txt", 5, 0, 7)]))
    save("no-blocks.cab", cab_of([(1, [])], [(b"a.txt", 500, 0, 0)]))
    save("next-cabinet.cab", cab_of([(0, text + [(b"x", 0)])], [(b"a.txt", 5 + size, 0, 0xFFFE)]))


def make_cab():
    files = [(b"readme.txt", TEXT, 0x20), ("b\u00fcro.exe".encode(), PROGRAM, 0xA0), (b"empty.txt", b"", 0x20)]
    save("reserve.cab", cab(files, reserve=b"reserved", folder_reserve=b"abc", gap=b"gap"))
    save("set.cab", cab(files, names=b"before.cab\0Disk 1\0after.cab\0Disk 3\0", flags=3))
    bare = cab(files, reserve=bytes(20))
    place = struct.pack("<III8x", 0x00100000, len(bare), 40)
    save("signed.cab", cab(files, reserve=place) + bytes(range(40)))
    save("glued.cab", cab(files[:1]) + cab(files[1:2]))
    save("overlap.cab", cab(files, size=60))
    save("no-name-end.cab", cab([(b"x" * 1100, TEXT, 0)]))
    save("no-files.cab", cab([]))


# LHA, ACE, ARC


def lha_sum(content):
    return bytes([sum(content) & 0xFF])


def lha(level, name, data=b"", method=b"-lh0-", extended=(), base_name=None):
    """One member; `extended`: (type, content) of headers behind those that hold the name in levels 1 to 3."""
    width = "<I" if level == 3 else "<H"
    headers = [(1, name)] if level >= 2 and name else []
    headers = [bytes([kind]) + content for kind, content in headers + list(extended)]
    sizes = [len(content) + struct.calcsize(width) for content in headers] + [0]
    chain = b"".join(content + struct.pack(width, sizes[i + 1]) for i, content in enumerate(headers))
    first = struct.pack(width, sizes[0])
    packed = len(data) + (len(chain) if level == 1 else 0)
    base = method + struct.pack("<IIIBB", packed, len(data), 0x3C210000 if level < 2 else 1262304000, 0x20, level)
    if level <= 1:
        base_name = name if base_name is None else base_name
        base += bytes([len(base_name)]) + base_name + b"\0\0" + (b"M" + first if level == 1 else b"")
        return bytes([len(base)]) + lha_sum(base) + base + chain + data
    if level == 2:
        base += b"\0\0M" + first
        size = 2 + len(base) + len(chain)
        padding = b"\0" if size % 256 == 0 else b""
        return struct.pack("<H", size + len(padding)) + base + chain + padding + data
    base += b"\0\0M" + struct.pack("<I", 32 + len(chain)) + first
    return struct.pack("<H", 4) + base + chain + data


def make_lha():
    for level in range(4):
        save("level%d.lzh" % level, lha(level, b"readme.txt", TEXT) + lha(level, b"program.exe", PROGRAM)
             + lha(level, b"packed.com", bytes(30), b"-lh5-") + lha(level, b"empty.txt") + b"\0")
    save("names.lzh", lha(1, b"safe.txt", TEXT, extended=[(1, b"evil.exe")])
         + lha(2, b"safe.txt", TEXT, extended=[(0x44, "\u8acb.exe".encode("utf-16-le"))])
         + lha(1, b"", b"", b"-lhd-", extended=[(2, b"folder\xff")])
         + lha(0, b"evil.exe\0.txt", TEXT))
    save("endless.lzh", lha(2, b"a.exe", TEXT)[:24] + b"\xff\xff" + bytes(100))
    save("no-end.lzh", lha(0, b"a.exe", TEXT))


def ace_block(kind, flags, fields):
    body = struct.pack("<BH", kind, flags) + fields
    return struct.pack("<HH", ~zlib.crc32(body) & 0xFFFF, len(body)) + body


def ace_file(name, data, flags=0, method=0, attributes=0x20):
    fields = struct.pack("<IIIIIBBHHH", len(data), len(data), 0x3C210000, attributes, zlib.crc32(data) ^ 0xFFFFFFFF,
                         method, 3, 0, 0, len(name)) + name
    return ace_block(1, flags | 1, fields) + data


def ace(*blocks):
    main = ace_block(0, 0, b"**ACE**" + struct.pack("<BBBBIII", 20, 20, 2, 0, 0x3C210000, 0, 0))
    return main + b"".join(blocks)


def arc(*members):
    out = b""
    for name, data, method in members:
        out += struct.pack("<BB13sIHHH", 0x1A, method, name, len(data), 0x3C21, 0, 0)
        out += (b"" if method == 1 else struct.pack("<I", len(data))) + data
    return out + b"\x1a\x00"


def make_arc():
    save("plain.arc", arc((b"README.TXT", TEXT, 2), (b"OLD.EXE", PROGRAM, 1), (b"PACKED.COM", bytes(20), 8)))


def make_ace():
    save("stored.ace", ace(ace_file(b"readme.txt", TEXT), ace_file(b"docs\\program.exe", PROGRAM),
                           ace_file(b"docs", b"", attributes=0x10), ace_block(2, 1, struct.pack("<I", 5)) + b"12345",
                           ace_file(b"packed.scr", bytes(20), method=1), ace_file(b"secret.pdf", bytes(20), flags=0x4000)))
    save("no-size.ace", ace() + bytes(8))


# OLE compound files, after [MS-CFB] and [MS-OXMSG]

FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


class Ole:
    """A tree is a dict of names to bytes (streams) or dicts (storages); siblings hang in a chain."""

    def __init__(self, tree):
        self.sectors, self.fat, self.mini, self.mini_fat, self.entries = [], [], b"", [], []
        self.add_entry("Root Entry", 5, END, 0)
        self.entries[0][3] = self.add_storage(tree)
        start = self.add_chain(self.mini) if self.mini else END
        self.entries[0][4:6] = [start, len(self.mini)]
        self.content = self.write()

    def add_chain(self, content):
        first = len(self.sectors)
        pieces = [content[i:i + 512].ljust(512, b"\0") for i in range(0, len(content), 512)]
        self.sectors += pieces
        self.fat += list(range(first + 1, first + len(pieces))) + [END]
        return first

    def add_entry(self, name, kind, start, size):
        self.entries.append([name, kind, FREE, FREE, start, size])
        return len(self.entries) - 1

    def add_stream(self, name, content):
        if len(content) >= 4096:
            return self.add_entry(name, 2, self.add_chain(content), len(content))
        first = len(self.mini_fat)
        count = (len(content) + 63) // 64
        self.mini += content.ljust(count * 64, b"\0")
        self.mini_fat += list(range(first + 1, first + count)) + [END] if count else []
        return self.add_entry(name, 2, first if count else END, len(content))

    def add_storage(self, tree):
        first = previous = FREE
        for name, content in tree.items():
            if isinstance(content, dict):
                number = self.add_entry(name, 1, 0, 0)
                self.entries[number][3] = self.add_storage(content)
            else:
                number = self.add_stream(name, content)
            if previous == FREE:
                first = number
            else:
                self.entries[previous][2] = number
            previous = number
        return first

    def write(self):
        directory = b""
        for name, kind, right, child, start, size in self.entries:
            text = name.encode("utf-16-le") + b"\0\0"
            directory += text.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(text), kind, 1, FREE, right, child, start, size)
        directory_at = self.add_chain(directory.ljust((len(directory) + 511) // 512 * 512, b"\0"))
        mini_fat = b"".join(struct.pack("<I", number) for number in self.mini_fat)
        mini_fat_at = self.add_chain(mini_fat.ljust((len(mini_fat) + 511) // 512 * 512, b"\xff")) if mini_fat else END
        self.sectors.append(b"")
        self.fat.append(TABLE)
        assert len(self.fat) <= 128
        self.sectors[-1] = b"".join(struct.pack("<I", number) for number in self.fat).ljust(512, b"\xff")
        header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
        header += struct.pack("<IIIIIIIII", 0, 1, directory_at, 0, 4096, mini_fat_at, 1 if mini_fat else 0, END, 0)
        return header + struct.pack("<I", len(self.sectors) - 1).ljust(436, b"\xff") + b"".join(self.sectors)


def package(label, name, source, content):
    body = struct.pack("<H", 2) + label + b"\0" + name + b"\0" + struct.pack("<HHI", 0, 3, len(source) + 1) + source + b"\0"
    body += struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body


def wide(text):
    return (text + "\0").encode("utf-16-le")


def make_ole():
    big = (PROGRAM * 25)[:5000]
    save("document.ole", Ole({"WordDocument": TEXT, "1Table": big[2:], "ObjectPool": {"_1": {"\1Ole": bytes(20)}}}).content)
    save("packages.ole", Ole({"WordDocument": TEXT, "ObjectPool": {
        "_1": {"\1Ole10Native": package(b"invoice.pdf", b"C:\\x\\invoice.exe", b"C:\\t\\INVOIC~1.EXE", PROGRAM)},
        "_2": {"\1Ole10Native": package(b"big.scr", b"big.scr", b"", big)},
        "_3": {"\1Ole10Native": struct.pack("<I", 100) + bytes(100)}}}).content)
    attachments = {
        "__nameid_version1.0": {"__substg1.0_00020102": b"x"},
        "__substg1.0_0037001F": "see example.com".encode("utf-16-le"),
        "__properties_version1.0": bytes(32),
        "__attach_version1.0_#00000000": {
            "__substg1.0_3704001E": b"RECHNU~1.EXE", "__substg1.0_3707001F": wide("Rechnung f\u00fcr dich.exe"),
            "__substg1.0_3001001F": "Rechnung".encode("utf-16-le"), "__substg1.0_37010102": PROGRAM},
        "__attach_version1.0_#00000001": {
            "__substg1.0_3707001F": "big.bat".encode("utf-16-le"), "__substg1.0_37010102": big},
        "__attach_version1.0_#00000002": {
            "__substg1.0_3001001F": "see example.com".encode("utf-16-le"),
            "__substg1.0_3701000D": {"__attach_version1.0_#00000000": {
                "__substg1.0_3707001F": "inner.cmd".encode("utf-16-le"), "__substg1.0_37010102": TEXT}}}}
    save("message.ole", Ole(attachments).content)
    save("ring.ole", Ole({"\1Ole10Native": package(b"a.exe", b"a.exe", b"", big)}).content.replace(
        struct.pack("<II", 1, 2), struct.pack("<II", 1, 0), 1))
    save("no-directory.ole", Ole({"x": TEXT}).content[:512])


# Macintosh


def crc16(content):
    value = 0
    for byte in content:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021) & 0xFFFF if value & 0x8000 else value << 1
    return value


def mac_binary(name, data, version=2, resource=b"", second=0):
    head = b"\0" + bytes([len(name)]) + name.ljust(63, b"\0") + b"APPLEXE " + bytes(10)
    head += struct.pack(">II", len(data), len(resource))
    head = head.ljust(120, b"\0") + struct.pack(">H", second) + (b"\x81\x81" if version > 1 else b"\0\0")
    head += struct.pack(">HH", crc16(head) if version > 1 else 0, 0)
    parts = [head, bytes(second), data, resource]
    return b"".join(part + bytes(-len(part) % 128) for part in parts)


def apple_single(magic, entries):
    at = 26 + 12 * len(entries)
    table = content = b""
    for kind, data in entries:
        table += struct.pack(">III", kind, at + len(content), len(data))
        content += data
    return struct.pack(">II16xH", magic, 0x20000, len(entries)) + table + content


def binhex(name, data, resource=b"", before=b"", after=b":\n"):
    head = bytes([len(name)]) + name + b"\0TEXTttxt\0\0" + struct.pack(">II", len(data), len(resource))
    plain = b"".join(part + struct.pack(">H", crc16(part)) for part in (head, data, resource))
    packed = bytearray()
    at = 0
    while at < len(plain):
        run = 1
        while run < 255 and plain[at:at + 1] * (run + 1) == plain[at:at + run + 1]:
            run += 1
        packed += plain[at:at + 1] + (b"\0" if plain[at] == 0x90 else b"")
        if run > 3:
            packed += bytes([0x90, run])
        at += run if run > 3 else 1
    alphabet = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    bits = "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 6)
    text = b":" + bytes(alphabet[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6)) + after
    lines = b"\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return before + b"(This file must be converted with BinHex 4.0)\n\n" + lines


def make_mac():
    run = b"MZ" + b"a" * 300 + b"\x90\x90\x90" + PROGRAM
    save("file.macbin", mac_binary(b"evil.exe", PROGRAM, resource=b"icons"))
    save("first.macbin", mac_binary(b"readme.txt", TEXT, version=1))
    save("second-header.macbin", mac_binary(b"readme.txt", TEXT, second=100))
    save("no-data.macbin", mac_binary(b"readme.txt", b"", resource=b"icons"))
    save("file.applesingle", apple_single(0x00051600, [(9, bytes(32)), (3, b"evil.exe"), (1, PROGRAM), (2, b"icons")]))
    save("name-last.applesingle", apple_single(0x00051600, [(1, TEXT), (3, b"readme.txt")]))
    save("header.appledouble", apple_single(0x00051607, [(3, b"evil.exe"), (9, bytes(32)), (2, b"icons")]))
    save("no-name.appledouble", apple_single(0x00051607, [(9, bytes(32)), (2, b"icons")]))
    save("overlap.applesingle", apple_single(0x00051600, [(1, TEXT)])[:30] + struct.pack(">II", 5, 10) + TEXT)
    save("file.hqx", binhex(b"evil.exe", run))
    save("prose.hqx", binhex(b"readme.txt", TEXT, resource=b"icons", before=b"See this:\n"))
    save("cut.hqx", binhex(b"readme.txt", TEXT)[:150])
    save("no-text.hqx", b"(This file must be converted with BinHex 4.0)\nSo it said.\n")


# OneNote


def one_note(files, gap=b"text" * 5):
    mark = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
    end = bytes.fromhex("22a7fb71790f0b4abb13899256426b24")
    out = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(100)
    for content in files:
        out += gap + mark + struct.pack("<QIQ", len(content), 0, 0) + content + bytes(-len(content) % 8) + end
    return out


def make_one_note():
    save("files.one", one_note([PROGRAM, b"", TEXT], gap=b"\xe7\x16\xe7"))
    save("none.one", one_note([]))
    save("cut.one", one_note([TEXT])[:-60])


# Rich Text


def counted(text):
    return struct.pack("<I", len(text) + 1) + text + b"\0"


def ole1(kind, data):
    return struct.pack("<II", 0x501, 2) + counted(kind) + struct.pack("<II", 0, 0) + struct.pack("<I", len(data)) + data


def rtf_package(data):
    return (b"\2\0evil.exe\0C:\\x\\evil.exe\0\0\0\3\0" + counted(b"D:\\evil.exe") + struct.pack("<I", len(data)) + data)


def rtf(*objects):
    return b"{\\rtf1\\ansi Hello {\\b you}.\\par\n" + b"".join(
        b"{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + data + b"}{\\result x}}" for data in objects) + b"}\n"


def make_rtf():
    data = ole1(b"Package", rtf_package(PROGRAM))
    digits = data.hex().encode()
    lines = b"\n".join(digits[i:i + 64] for i in range(0, len(digits), 64))
    save("package.rtf", rtf(lines))
    save("obscured.rtf", rtf(digits[:7] + b"{\\*\\x deadbeef}" + digits[7:20] + b"\\par \\'41" + digits[20:].upper())
         .replace(b"rtf1", b"rt"))
    save("binary.rtf", rtf(digits[:20] + b"\\bin%d " % (len(data) - 10) + data[10:]))
    save("two-objects.rtf", rtf(ole1(b"Other", TEXT).hex().encode(), lines))
    save("cut.rtf", rtf(data[:-2].hex().encode()))
    save("plain.rtf", rtf(b"") + b"\\objdata 0105 \\")


def ext_entry(name, kind, inode=12, room=None):
    name = name.encode()
    return struct.pack("<IHBB", inode, room or len(name) + 11 & ~3, len(name), kind) + name.ljust((room or len(name) + 11 & ~3) - 8, b"\0")


def ext(blocks, block_size=0, incompatible=2):
    """Boot sector, superblock and blocks; only what names its parts is filled in."""
    size = 1024 << block_size
    fields = struct.pack("<IIIIIIIIIIIIIHHHH", 16, 2048 // size + len(blocks) + (1 if size == 4096 else 0), 0, 0, 0, 1 if size == 1024 else 0,
                         block_size, 0, 0, 0, 0, 0, 0, 0, 0, 0xEF53, 1)
    superblock = fields.ljust(76, b"\0") + struct.pack("<I", 1)
    superblock = superblock.ljust(96, b"\0") + struct.pack("<I", incompatible)
    head = (bytes(1024) + superblock.ljust(1024, b"\0")).ljust(size, b"\0")
    return head + b"".join(block.ljust(size, b"\0") for block in blocks)


def make_ext():
    names = ext_entry(".", 2) + ext_entry("..", 2) + ext_entry("deleted.exe", 1, inode=0) + ext_entry("docs", 2)
    names += ext_entry("請求書.exe", 1, room=1024 - len(names))
    save("files.ext2", ext([bytes(1024), names, PROGRAM, b"text"]))
    names = ext_entry("a.txt", 1) + ext_entry("link", 7, room=4080)
    save("blocks.ext4", ext([names[:20] + b"\xff\xff" + names[22:], names, TEXT], block_size=2))
    save("inline.ext4", ext([PROGRAM], incompatible=0x8002))


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    make_rar5()
    make_rar4()
    make_tnef()
    make_cab()
    make_packed_cab()
    make_mac()
    make_one_note()
    make_rtf()
    make_lha()
    make_ace()
    make_arc()
    make_ole()
    make_ext()
