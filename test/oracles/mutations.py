"""Messages for the differential fuzz: an ordinary mail with a blocked file in it, mutated at random in one place. Every
message is a function of its kind and seed alone.

  names      the value of Content-Disposition or Content-Type that names the file
  headers    the lines of the file's header
  structure  boundaries, delimiters, lines and encodings of the whole message"""
import random

import mail_cases

PROGRAM = mail_cases.PROGRAM
WORDS = ["=?utf-8?Q?%s?=", "=?utf-8?B?%s?=", "=?iso-8859-1?q?%s?=", "=?us-ascii?b?%s?=", "=?utf-8*en?Q?%s?="]
TOKENS = ["*", "**", "0", "1", "2", "*0", "*1", "*0*", "*1*", "*2*", "=", "==", ";", ";;", '"', '""', "'", "''", "utf-8''", "us-ascii'en'",
          "iso-8859-1'", "\\", '\\"', "\\\\", "(", ")", "(c)", "(", " ", "  ", "\t", "\r\n ", "\r\n\t", "\r\n  ", "\n ", "\r ", ",", ":", "/",
          "%", "%2E", "%2e", "%20", "%00", "%65", ".", "..", "=?", "?=", "=?utf-8?Q?", "=?utf-8?B?", "?Q?", "_", "=2E", "=65", "<", ">", "[", "]",
          "@", "?", "-", "&", "&#46;", "\x00", "\x01", "\x7f", "\x80", "\xa0", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xc3\xa9", "\xed\xa0\x80",
          "\x0b", "\x0c", "filename", "name", "filename*", "filename=", "name=", "filename*0=", "filename*1=", "filename*0*=", "filename*=",
          "exe", ".exe", "evil", "evil.exe", "x.txt", ".txt", "txt", "attachment", "attachment;", "charset=utf-8", "size=3", "x=y", "x"]
LINES = ["garbage", "garbage line", "", " ", "\t", "X-Other: y", "X-Other:", ": x", ":", "Content-Type: text/plain", "Content-Type:",
         "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 7bit",
         "Content-Transfer-Encoding: quoted-printable", "Content-Disposition: attachment; filename=x.txt", "Content-Disposition: inline",
         "Content-Disposition:", "Content-Type: multipart/mixed", "Content-Type: multipart/mixed; boundary=b1", "MIME-Version: 1.0",
         "From a@example.com Mon Jan  1 00:00:00 2024", ">From a", "(comment)", "Content-Type: message/rfc822", "--", "--b1", "--b1--", "-- ",
         "Content-Description: x.txt", "Content-ID: <a@b>", " continued", "\tcontinued; x=y", "Content-Type text/plain", "Content-Type; text/plain"]
NAMES = ["Content-Disposition", "Content-Type", "Content-Transfer-Encoding"]


def percent(text, rng):
    return "".join("%%%02x" % ord(c) if rng.random() < 0.3 else c for c in text)


def word(text, rng):
    import base64
    form = rng.choice(WORDS)
    if "?B?" in form.upper():
        return form % base64.b64encode(text.encode()).decode()
    return form % "".join("=%02X" % ord(c) if c in " =?_" or rng.random() < 0.2 else c for c in text)


def cut(text, rng):
    places = sorted(rng.sample(range(1, len(text)), rng.randint(1, 3)))
    return [text[a:b] for a, b in zip([0] + places, places + [len(text)])]


def parameter(rng):
    """One spelling of the file's name, as somebody may write it."""
    name, key = "evil.exe", rng.choice(["filename", "filename", "filename", "name"])
    pieces = cut(name, rng)
    star = "*" if rng.random() < 0.5 else ""
    return rng.choice([
        lambda: f"{key}={name}", lambda: f'{key}="{name}"', lambda: f"{key}*=utf-8''{percent(name, rng)}",
        lambda: f'{key}="{word(name, rng)}"', lambda: f"{key}={word(name, rng)}",
        lambda: f'{key}="' + rng.choice([" ", "\r\n ", ""]).join(word(p, rng) for p in pieces) + '"',
        lambda: ";\r\n ".join(f'{key}*{i}="{p}"' for i, p in enumerate(pieces)),
        lambda: "; ".join(f"{key}*{i}{star}={chr(39) * 2 if star and not i else ''}{p}" for i, p in enumerate(pieces)),
        lambda: "; ".join(f"{key}*{i}*={'utf-8' + chr(39) * 2 if not i else ''}{percent(p, rng)}" for i, p in enumerate(pieces)),
        lambda: f'{key}="x.txt"; {key}*=utf-8\'\'{percent(name, rng)}', lambda: f'{key}*0="{pieces[0]}"; {key}*="{"".join(pieces[1:])}"',
    ])()


def mutated(text, rng, tokens, count):
    for _ in range(count):
        place, length = rng.randrange(len(text) + 1), rng.choice([1, 1, 2, 3, 6, 12])
        text = rng.choice([
            lambda: text[:place] + rng.choice(tokens) + text[place:], lambda: text[:place] + rng.choice(tokens) + text[place:],
            lambda: text[:place] + text[place + length:], lambda: text[:place] + rng.choice(tokens) + text[place + length:],
            lambda: text[:place] + text[place:place + length] + text[place:], lambda: text[:place] + text[place + length:] + text[place:place + length],
        ])()
    return text


def message(part, extra="", body=None):
    return ("From: a@example.com\r\nTo: b@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + extra
            + 'Content-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n\r\n--b1\r\n'
            + part + "\r\n\r\n" + (body or "aGVsbG8K") + "\r\n\r\n--b1--\r\n")


def names(rng):
    where = rng.choice(["disposition", "disposition", "type"])
    parameters = [parameter(rng)]
    if rng.random() < 0.3:
        parameters.insert(rng.randint(0, 1), rng.choice(["size=3", 'filename="x.txt"', "name=x.txt", parameter(rng), 'x="a;b"', "charset=utf-8"]))
    lead = "attachment" if where == "disposition" else "application/octet-stream"
    value = mutated("; ".join([lead] + parameters), rng, TOKENS, rng.randint(1, 4))
    kind = "application/octet-stream" if where == "disposition" else value
    disposition = value if where == "disposition" else "attachment"
    return message(f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {disposition}")


def mutated_field(line, rng):
    name, colon, value = line.partition(":")
    return rng.choice([
        lambda: rng.choice([">", "<", "(", "(c)", '"', "'", "x", "X-", " ", "\t", "\x00", "\x01", "\x80", "@", "-", "[", "&", "\xef\xbb\xbf"]) + line,
        lambda: name + rng.choice([" ", "\t", "  ", "(c)", '"', ">", "\x00", "\r\n ", "-", "s", "\x80", ";"]) + colon + value,
        lambda: name + rng.choice(["", " ", ";", "=", "::", ": :", "\r\n :", "\r\n", ":\r\n", ":\r\n \r\n", "\uff1a".encode().decode("latin-1")]) + value,
        lambda: mutated(name, rng, ["-", "_", " ", "x", "\t", "(c)", "\r\n ", "\x00", "--"], 1) + colon + value,
        lambda: line.swapcase(), lambda: name + colon + value.replace("; ", rng.choice([";\r\n", ";\r\n\r\n ", ";\r\n \r\n ", ";\r", ";\n", " ", ", "]), 1),
        lambda: line + rng.choice(["\r", "\r\r", "\x00", " ", "\n", "\r\n", "\r\n ", ";", "\x1a"]), lambda: mutated(line, rng, TOKENS, 1),
    ])()


def headers(rng):
    harm = rng.random() < 0.5
    parameter_text = parameter(rng) if harm else rng.choice(["filename=x.txt", "name=x.txt", "filename=a.pdf"])
    lines = [rng.choice(["Content-Type: application/octet-stream", "Content-Type: application/octet-stream", "Content-Type: text/plain", "X-Other: y"]),
             "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; " + parameter_text]
    rng.shuffle(lines)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(lines))
        if rng.random() < 0.5:
            lines[place] = mutated_field(lines[place], rng)
        else:
            lines.insert(rng.randint(0, len(lines)), rng.choice(LINES))
    end = rng.choice(["\r\n"] * 8 + ["\n", "\r", "\r\r\n"])
    body = None if harm else mail_cases.b64(PROGRAM)
    return message(end.join(lines), body=body)


def structure(rng):
    item = rng.choice(["name", "program", "message"])
    name = "evil.exe" if item == "name" else "x.pdf"
    body = {"name": "aGVsbG8K", "program": mail_cases.b64(PROGRAM).rstrip("\r\n"), "message": ""}[item]
    part = f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n' \
           f'Content-Disposition: attachment; filename="{name}"'
    text = message(part, body=body)
    if item == "message":
        inner = message('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; '
                        'filename="evil.exe"').replace("b1", rng.choice(["b2", "b1", "b1x"]))
        text = message("Content-Type: message/rfc822", body=inner)
    elif rng.random() < 0.3:
        text = text.replace("--b1\r\nContent-Type: app", '--b1\r\nContent-Type: multipart/mixed; boundary="b2"\r\n\r\n--b2\r\nContent-Type: app', 1)
        text = text.replace("--b1--", rng.choice(["--b2--\r\n--b1--", "--b1--", "--b2--"]))
    for _ in range(rng.randint(1, 4)):
        lines = text.split("\r\n")
        place = rng.randrange(len(lines))
        text = rng.choice([
            lambda: "\r\n".join(lines[:place] + [rng.choice(LINES)] + lines[place:]), lambda: "\r\n".join(lines[:place] + lines[place + 1:]),
            lambda: "\r\n".join(lines[:place] + [lines[place]] + lines[place:]),
            lambda: "\r\n".join(lines[:place]) + rng.choice(["\n", "\r", "\r\r\n", " ", "", "\r\n\r\n", "\x00"]) + "\r\n".join(lines[place:]),
            lambda: mutated(text[:900], rng, TOKENS + ["b1", "--b1", "b2", '"b1"', "boundary=", "boundary*=", "boundary*0="], 1) + text[900:],
            lambda: text.replace("b1", rng.choice(["B1", "b1 ", " b1", "b1\t", "b1x", "b", "-b1", "b1--", "(c)b1", '"b1']), rng.choice([1, 1, 2, -1])),
            lambda: text.replace('boundary="b1"', rng.choice([
                "boundary=b1", "boundary*=us-ascii''b1", "boundary*0=b; boundary*1=1", 'boundary="b2"; boundary="b1"', 'boundary="b1"; boundary="b2"',
                "boundary=b1(c)", 'boundary="b\\1"', "boundary='b1'", 'boundary="b%31"', 'boundary="=?utf-8?Q?b1?="', "", "boundary", 'boundary=""',
                'x="\\"; boundary="b1"', "Boundary = b1", 'boundary="b1"; x', "boundary=b1,x"]), 1),
            lambda: text.replace("base64", rng.choice([
                "BASE64", "base64 (c)", '"base64"', "base 64", "x-base64", "base64;", "base64, 7bit", "7bit", "base64\r\nContent-Transfer-Encoding: 7bit",
                "=?utf-8?Q?base64?=", "", "base64\x0b", "binary", "uuencode", "base64 x", "b\r\n ase64"]), 1),
            lambda: text.replace("multipart/mixed", rng.choice([
                "Multipart/Mixed", "multipart", "multipart/", "multipart / mixed", "text/plain", "multipart/mixed(c)", '"multipart/mixed"', "message/rfc822",
                "multipart/digest", "multipart/x", "=?utf-8?Q?multipart/mixed?=", ""]), 1),
        ])()
    return text


KINDS = {"names": names, "headers": headers, "structure": structure}


def make(kind, seed):
    rng = random.Random(f"{kind} {seed}")
    return mail_cases.as_delivered(KINDS[kind](rng)).encode("latin-1", "replace")
