"""A FastCGI request, as a web server sends one to PHP-FPM."""

import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def _record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name, value):
    name, value = name.encode(), value.encode()
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def request(path, script, query):
    """Runs `script` in the pool that listens at `path`; what it prints, its header included."""
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answer:
        connection.settimeout(30)
        connection.connect(path)
        params = {"SCRIPT_FILENAME": script, "QUERY_STRING": query, "REQUEST_METHOD": "GET", "GATEWAY_INTERFACE": "CGI/1.1"}
        connection.sendall(_record(BEGIN, struct.pack(">HB5x", 1, 0)) +
                           _record(PARAMS, b"".join(_pair(*item) for item in params.items())) +
                           _record(PARAMS, b"") + _record(STDIN, b""))
        printed, kind = b"", None
        while kind != END:
            _, kind, _, length, padding = struct.unpack(">BBHHBx", answer.read(8))
            content = answer.read(length + padding)[:length]
            printed += content if kind == STDOUT else b""
        return printed.decode()
