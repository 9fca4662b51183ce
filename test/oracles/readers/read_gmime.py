#!/usr/bin/python3
"""Oracle: GMime (Evolution's relatives, notmuch, Pan and others read mail with it). As read_email.py."""
import base64
import json
import sys

import gi

gi.require_version("GMime", "3.0")
from gi.repository import GMime  # noqa: E402

CONTENT_BYTES = 65536


def content_of(part):
    wrapper = part.get_content()
    if wrapper is None:
        return b""
    stream = GMime.StreamMem.new()
    wrapper.write_to_stream(stream)
    data = stream.get_byte_array()
    return bytes(data)[:CONTENT_BYTES] if data is not None else b""


def visit(parent, part, found):
    names, contents = found
    if isinstance(part, GMime.MessagePart):
        inner = part.get_message()
        if inner is not None and inner.get_mime_part() is not None:
            visit(part, inner.get_mime_part(), found)
    elif isinstance(part, GMime.Multipart):
        for i in range(part.get_count()):
            visit(part, part.get_part(i), found)
    elif isinstance(part, GMime.Part):
        names.append(part.get_filename())
        contents.append(content_of(part))
    for header, key in (("type", "name"), ("disposition", "filename")):
        value = part.get_content_type() if header == "type" else part.get_content_disposition()
        if value is not None:
            names.append(value.get_parameter(key))


def main():
    GMime.init()
    for line in sys.stdin:
        found = [], []
        with open(line.rstrip("\n"), "rb") as file:
            stream = GMime.StreamMem.new_with_buffer(file.read())
        message = GMime.Parser.new_with_stream(stream).construct_message(None)
        if message is not None and message.get_mime_part() is not None:
            visit(None, message.get_mime_part(), found)
        names = [n.encode("utf-8", "replace").decode() for n in dict.fromkeys(found[0]) if n]
        contents = [base64.b64encode(c).decode() for c in dict.fromkeys(found[1]) if c]
        print(json.dumps({"names": names, "contents": contents}), flush=True)


if __name__ == "__main__":
    main()
