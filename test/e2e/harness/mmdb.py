"""Writes databases in MaxMind's format, version 2.0, for IPv4 and IPv6."""

import ipaddress
import struct

RECORD_BITS = 24
MARKER = b"\xab\xcd\xefMaxMind.com"


def _encode(value):
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(_encode(k) + _encode(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(_encode(v) for v in value)
    if isinstance(value, str):
        text = value.encode()
        head = [2 << 5 | len(text)] if len(text) < 29 else [2 << 5 | 29, len(text) - 29]
        return bytes(head) + text
    if value >= 1 << 32 or value < 0:
        raise ValueError(value)
    return bytes([6 << 5 | 4]) + struct.pack(">I", value)


def _as_u64(value):
    return bytes([8, 9 - 7]) + struct.pack(">Q", value)


def _as_u16(value):
    return bytes([5 << 5 | 2]) + struct.pack(">H", value)


def _bits(network):
    """Of IPv4 as it stands in such a tree: below ::/96."""
    network = ipaddress.ip_network(network)
    text = f"{int(network.network_address):0{network.max_prefixlen}b}"[:network.prefixlen]
    return ("0" * 96 if network.version == 4 else "") + text


def write(path, database_type, entries):
    """`entries`: what is known of each network."""
    nodes, data = [[None, None]], b""
    for network, value in entries.items():
        bits, node = _bits(network), 0
        for bit in bits[:-1]:
            following = nodes[node][int(bit)]
            if following is None:
                nodes.append([None, None])
                following = nodes[node][int(bit)] = len(nodes) - 1
            node = following
        nodes[node][int(bits[-1])] = ("data", len(data))
        data += _encode(value)

    def record(value):
        if value is None:
            return len(nodes)
        return value if isinstance(value, int) else len(nodes) + 16 + value[1]

    tree = b"".join(record(side).to_bytes(RECORD_BITS // 8, "big") for node in nodes for side in node)
    metadata = {
        "binary_format_major_version": _as_u16(2), "binary_format_minor_version": _as_u16(0), "build_epoch": _as_u64(1700000000),
        "database_type": _encode(database_type), "description": _encode({"en": "test"}), "ip_version": _as_u16(6),
        "languages": _encode(["en"]), "node_count": _encode(len(nodes)), "record_size": _as_u16(RECORD_BITS),
    }
    encoded = bytes([7 << 5 | len(metadata)]) + b"".join(_encode(k) + v for k, v in metadata.items())
    with open(path, "wb") as out:
        out.write(tree + bytes(16) + data + MARKER + encoded)
