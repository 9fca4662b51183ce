#!/usr/bin/python3
"""Oracle: Python's email package, both of its header policies. Paths of messages in, one JSON object a line out:
{"names": [...], "contents": [base64...]}, as for every reader of messages here."""
import base64
import email
import email.policy
import json
import sys
import warnings

CONTENT_BYTES = 65536


def read(raw, policy):
    names, contents = [], []
    message = email.message_from_bytes(raw, policy=policy)
    for part in message.walk():
        for read_name in (part.get_filename, lambda: part.get_param("name"),
                          lambda: part.get_param("filename", header="content-disposition")):
            try:
                name = read_name()
            except Exception:
                continue
            if isinstance(name, tuple):
                name = email.utils.collapse_rfc2231_value(name)
            if isinstance(name, str):
                names.append(name)
                try:
                    names.append(str(email.header.make_header(email.header.decode_header(name))))
                except Exception:
                    pass
        try:
            content = None if part.is_multipart() else part.get_payload(decode=True)
        except Exception:
            content = None
        if content:
            contents.append(content[:CONTENT_BYTES])
    return names, contents


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        with open(line.rstrip("\n"), "rb") as file:
            raw = file.read()
        names, contents = [], []
        for policy in (email.policy.compat32, email.policy.default):
            try:
                found = read(raw, policy)
            except Exception:
                continue
            names += found[0]
            contents += found[1]
        contents = [base64.b64encode(c).decode() for c in dict.fromkeys(contents)]
        names = [n.encode("utf-8", "replace").decode() for n in dict.fromkeys(names)]
        print(json.dumps({"names": names, "contents": contents}), flush=True)


if __name__ == "__main__":
    main()
