"""Packs as RAR does, in the simplest codes: for fixtures of the unpacker. RAR 5 and RAR 3 (2.9 to 4)."""


class Bits:
    def __init__(self):
        self.text = ""

    def put(self, value, count):
        self.text += format(value, f"0{count}b") if count else ""

    def bytes(self):
        whole = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(whole[i:i + 8], 2) for i in range(0, len(whole), 8))


def put_table(bits, sizes):
    """Every symbol of a code has the same length: codes are the symbols themselves. `sizes`: (symbols, length)."""
    for _ in range(20):
        bits.put(5, 4)
    for count, length in sizes:
        bits.put(length, 5)
        left = count - 1
        while left:
            run = min(left, 138)
            if run >= 11:
                bits.put(17, 5), bits.put(run - 11, 7)
            else:
                run = min(run, 10) if run >= 3 else 1
                (bits.put(16, 5), bits.put(run - 3, 3)) if run >= 3 else bits.put(length, 5)
            left -= run


def tokens(data, before=b""):
    """Literals, and matches of three bytes or more: (length, distance)."""
    at, whole, out = len(before), before + data, []
    while at < len(whole):
        best = (0, 0)
        for start in range(at - 1, max(-1, at - 3000), -1):
            length = 0
            while at + length < len(whole) and length < 40 and whole[start + length] == whole[at + length]:
                length += 1
            if length > best[0]:
                best = (length, at - start)
        if best[0] >= 6:
            out.append(best)
            at += best[0]
        else:
            out.append(whole[at])
            at += 1
    return out


def length_slot5(length):
    value = length - 2
    if value < 8:
        return value, 0, 0
    extra = value.bit_length() - 3
    return 4 * (extra + 1) + ((value >> extra) & 3), extra, value & ((1 << extra) - 1)


def distance_slot5(distance):
    value = distance - 1
    if value < 4:
        return value, 0, 0
    extra = value.bit_length() - 2
    return 2 * (extra + 1) + ((value >> extra) & 1), extra, value & ((1 << extra) - 1)


def number5(bits, value):
    size = max(1, (value.bit_length() + 7) // 8)
    bits.put(size - 1, 2)
    for i in range(size):
        bits.put(value >> 8 * i & 255, 8)


def pack5(data, before=b"", filters=()):
    """`filters`: (from, length, kind, channels); `data` is what they make of the content. `before`: a solid archive's."""
    bits = Bits()
    put_table(bits, [(306, 9), (64, 6), (16, 4), (44, 6)])
    for start, length, kind, channels in filters:
        bits.put(256, 9), number5(bits, start), number5(bits, length), bits.put(kind, 3)
        bits.put(channels - 1, 5) if kind == 0 else None
    last = None
    for token in tokens(data, before):
        if isinstance(token, int):
            bits.put(token, 9)
            continue
        length, distance = token
        if token == last:
            bits.put(257, 9)
            continue
        if last and distance == last[1]:
            slot, extra, rest = length_slot5(length)
            bits.put(258, 9), bits.put(slot, 6), bits.put(rest, extra)
        else:
            slot, extra, rest = length_slot5(length - (distance > 0x100) - (distance > 0x2000))
            bits.put(262 + slot, 9), bits.put(rest, extra)
            slot, extra, rest = distance_slot5(distance)
            bits.put(slot, 6)
            if extra >= 4:
                bits.put(rest >> 4, extra - 4), bits.put(rest & 15, 4)
            else:
                bits.put(rest, extra)
        last = token
    used = len(bits.text) % 8 or 8
    body = bits.bytes()
    flags = 0xC0 | (1 << 3) | (used - 1)
    return bytes([flags, 0x5A ^ flags ^ len(body) & 255 ^ len(body) >> 8, len(body) & 255, len(body) >> 8]) + body


LENGTHS3 = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224]
LENGTH_BITS3 = [0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4


def put_length3(bits, value, symbol, width):
    slot = max(i for i, base in enumerate(LENGTHS3) if base <= value)
    bits.put(symbol + slot, width), bits.put(value - LENGTHS3[slot], LENGTH_BITS3[slot])


def distance_slot3(distance):
    value, base, slot = distance - 1, 0, 0
    for extra, count in enumerate([4] + [2] * 15 + [14, 0, 12]):
        for _ in range(count):
            if value < base + (1 << extra):
                return slot, extra, value - base
            base, slot = base + (1 << extra), slot + 1
    raise ValueError(distance)


def pack3(data, before=b""):
    bits = Bits()
    bits.put(0, 2)
    put_table(bits, [(299, 9), (60, 6), (17, 5), (28, 5)])
    last = None
    for token in tokens(data, before):
        if isinstance(token, int):
            bits.put(token, 9)
            continue
        length, distance = token
        if last and distance == last[1]:
            bits.put(259, 9), put_length3(bits, length - 2, 0, 5)
        else:
            put_length3(bits, length - 3 - (distance >= 0x2000), 271, 9)
            slot, extra, rest = distance_slot3(distance)
            bits.put(slot, 6)
            if slot > 9:
                bits.put(rest >> 4, extra - 4), bits.put(rest & 15, 5)
            else:
                bits.put(rest, extra)
        last = token
    bits.put(256, 9), bits.put(0, 1), bits.put(1, 1)
    return bits.bytes()


def delta(data, channels):
    """What the filter is given: each channel by itself, as differences."""
    out = bytearray()
    for channel in range(channels):
        last = 0
        for byte in data[channel::channels]:
            out.append((last - byte) & 255)
            last = byte
    return bytes(out)
