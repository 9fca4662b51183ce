"""Messages for the differential test: honest ones from the grammar of the RFCs, hostile ones from what mail programs
put up with beyond it. Every message is a function of its seed alone."""
import base64
import io
import quopri
import random
import re
import zipfile

PROGRAM = (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + b"\0" * 44 + b"\x80\0\0\0" + b"\0" * 64
           + b"PE\0\0\x4c\1" + b"\0" * 300)
BAD_NAMES = ["evil.exe", "bad boy.exe", "rechnung.pdf.scr", "a.js", "x.vbs", "E.COM", "Fön.bat", "photo.jpg.lnk"]
GOOD_NAMES = ["report.pdf", "a b.txt", "Über uns.docx", "photo.jpg", "yahoo.com!example.org!1!2.zip", "table.csv",
              "日本語.txt", "letter (2).odt", "plan;final.pdf", "it's.png", "x" * 120 + ".pdf"]
GOOD_KINDS = ["application/octet-stream", "application/pdf", "image/jpeg", "text/plain", "application/x-foo"]


def b64(data, width=76, end="\r\n"):
    text = base64.b64encode(data).decode()
    return "".join(text[i:i + width] + end for i in range(0, len(text), width))


def zipped(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), b"x" * 40)
    return out.getvalue()


def latin(text):
    """Raw bytes on the wire as one character each."""
    return text.encode("utf-8").decode("latin-1")


# ---- parameters -----------------------------------------------------------------------------------------------


def quoted(text, escape=False, rng=None):
    out = "".join("\\" + c if c in '"\\' or (escape and rng.random() < 0.3) else c for c in text)
    return '"' + out + '"'


def percent(text, rng, every=False):
    out = ""
    for byte in text.encode("utf-8"):
        plain = chr(byte).isalnum() and byte < 128 or chr(byte) in "._-"
        out += chr(byte) if plain and not (every and rng.random() < 0.4) else "%%%02X" % byte
    return out


def word(text, rng, charset="utf-8"):
    data = text.encode(charset)
    if rng.random() < 0.5:
        return "=?%s?%s?%s?=" % (charset, rng.choice("Bb"), base64.b64encode(data).decode())
    body = "".join(chr(c) if chr(c).isalnum() and c < 128 else "=%02X" % c for c in data)
    return "=?%s?%s?%s?=" % (charset, rng.choice("Qq"), body)


def words(text, rng, join=None):
    cuts = sorted(rng.sample(range(1, len(text)), min(rng.randint(0, 3), len(text) - 1)))
    pieces = [text[a:b] for a, b in zip([0] + cuts, cuts + [len(text)])]
    return (join or rng.choice([" ", "\r\n "])).join(word(piece, rng) for piece in pieces)


def pieces_2231(key, text, rng, odd):
    """RFC 2231 3: name*0, name*1, …; with `odd` in any order, mixture and number."""
    cuts = sorted(rng.sample(range(1, len(text)), min(rng.randint(1, 4), len(text) - 1)))
    parts = [text[a:b] for a, b in zip([0] + cuts, cuts + [len(text)])]
    out = []
    for i, piece in enumerate(parts):
        extended = not piece.isascii() or rng.random() < 0.4 or not text.isascii()
        lead = "utf-8''" if i == 0 and (extended or not text.isascii()) else ""
        if lead or extended:
            out.append(f"{key}*{i}*={lead}{percent(piece, rng)}")
        else:
            out.append(f"{key}*{i}={quoted(piece)}")
    if odd:
        rng.random() < 0.5 and rng.shuffle(out)
        rng.random() < 0.2 and out.append(rng.choice(out))
        rng.random() < 0.2 and out.insert(0, f"{key}*0=report.pdf")
        rng.random() < 0.15 and out.pop(rng.randrange(len(out)))
        if rng.random() < 0.2:
            out = [o.replace("*0", "*00", 1).replace("*1", "*" + rng.choice(["01", "2", " 1"]), 1) for o in out]
        if rng.random() < 0.2:
            out = [o.replace("utf-8''", rng.choice(["''", "utf-8'", "utf-8", "x-none''", "us-ascii'en'"])) for o in out]
    return out


def fold(text, rng, odd):
    """Folds somewhere at a blank; with `odd` anywhere and with more than a blank."""
    places = [i for i, c in enumerate(text) if c == " "] if not odd else list(range(1, len(text)))
    for place in sorted(rng.sample(places, min(len(places), rng.randint(0, 2))), reverse=True):
        end = rng.choice(["\r\n ", "\r\n\t", "\n ", "\r\n  \t"]) if odd else "\r\n "
        text = text[:place] + end + text[place + (text[place] == " "):]
    return text


def parameter_honest(key, name, rng):
    choices = [lambda: [f"{key}*=utf-8''{percent(name, rng)}"], lambda: pieces_2231(key, name, rng, False)]
    if name.isascii():
        choices += [lambda: [f"{key}={quoted(name)}"]] * 3
        if all(c.isalnum() or c in "._-!" for c in name):
            choices += [lambda: [f"{key}={name}"], lambda: [f"{key}={name} (a comment)"]]
    else:
        choices += [lambda: [f'{key}="{words(name, rng, " ")}"'], lambda: [f'{key}="{latin(name)}"']]
    return rng.choice(choices)()


def parameter_hostile(key, name, rng):
    ascii_name = name.encode("ascii", "ignore").decode()
    raw = latin(name)
    middle = rng.randrange(1, len(ascii_name))
    a, b = ascii_name[:middle], ascii_name[middle:]
    charset = rng.choice(["iso-8859-1", "utf-16le", "utf-7", "iso-2022-jp", "windows-1252", "utf-8", "ascii"])
    one = rng.choice([
        lambda: f"{key}={raw}", lambda: f'{key}="{raw}"', lambda: f"{key}={quoted(raw, True, rng)}",
        lambda: f"{key}='{raw}'", lambda: f'{key}="{raw}', lambda: f'{key}={raw}"', lambda: f'{key}=""{raw}""',
        lambda: f'{key}={a}"{b}"', lambda: f'{key}="{a}"{b}', lambda: f"{key}={a}({b}){b}",
        lambda: f'{key}="{a}" "{b}"', lambda: f"{key}=(c){raw}", lambda: f"{key}={raw}(c)",
        lambda: f"{key} = {raw}", lambda: f"{key}\t=\t\"{raw}\"", lambda: f"{key}(x)={raw}",
        lambda: f"{key}*={rng.choice(['utf-8', charset, '', 'x'])}'{rng.choice(['', 'en'])}'{percent(name, rng, True)}",
        lambda: f'{key}*="utf-8\'\'{percent(name, rng, True)}"', lambda: f"{key}*={percent(name, rng, True)}",
        lambda: f"{key}={percent(name, rng, True)}", lambda: f"{key}*=utf-8''{raw}",
        lambda: "; ".join(pieces_2231(key, name, rng, True)), lambda: "; ".join(pieces_2231(key, name, rng, True)),
        lambda: f"{key}={words(name, rng)}", lambda: f'{key}="{words(name, rng)}"',
        lambda: f'{key}="{a}{word(b, rng)}"', lambda: f'{key}="{word(a, rng)}{b}"',
        lambda: f'{key}="{words(name, rng)[:-2]}"', lambda: f'{key}="{words(name, rng, "")}"',
        lambda: f'{key}*0="{word(a, rng)}"; {key}*1="{word(b, rng)}"',
        lambda: f"{key}*={word(name, rng)}", lambda: f'{key}="utf-8\'\'{percent(name, rng, True)}"',
        lambda: f"{key}=\"{word(ascii_name, rng, charset) if charset != 'utf-7' else word(ascii_name, rng)}\"",
        lambda: f"{key}=\"{raw}{rng.choice(['.', ' ', '. .', '::$DATA', chr(9)])}\"",
        lambda: f'{key}="{rng.choice(["C:", "..", "/tmp", "a"])}{rng.choice(["/", chr(92), chr(92) * 2])}{raw}"',
        lambda: f"{key.upper()}={raw}", lambda: f'{key}:"{raw}"', lambda: f'{key}=\r\n "{raw}"',
        lambda: f'{key}="{a}\r\n {b}"', lambda: f'{key}="{a}\r\n\t{b}"',
    ])()
    return [one]


DECOYS = ["filename=report.pdf", 'name="a.txt"', "x=y", 'x="a;b"', 'x="(', "charset=utf-8", "", " ", "filename=",
          'filename=""', "size=1", '"', "\\", "(", ")", "x=\"\\\"", "=", "filename", "filename*", "boundary=q",
          "filename*=utf-8''report.pdf", "filename*0=report.", "x=\"y\\\\\"", "format=flowed", 'a="b\'', ",", "x*0*=a"]


def join_parameters(lead, parameters, rng, odd):
    if not odd:
        return "; ".join([lead] + parameters)
    out = lead
    for parameter in parameters:
        out += rng.choice(["; "] * 8 + [";", " ;", ";\r\n\t", "; ; ", " ", ", ", ";(c) ", "\r\n ;", ":", "; \t"]) + parameter
    return out + rng.choice([""] * 6 + [";", " ", "; x", "(c", '"'])


# ---- one entity -------------------------------------------------------------------------------------------------


class Item:
    """What the message carries: harmless, or harmful by its name, by what is in it, or by what it is."""

    def __init__(self, rng, is_hostile):
        self.how = rng.choice(["name", "name", "name", "member", "program", "message"]) if is_hostile else "harmless"
        bad = rng.choice(BAD_NAMES)
        self.name = bad if self.how == "name" else rng.choice(GOOD_NAMES)
        self.content = {"name": b"ABC" * 20, "member": zipped(bad.encode("ascii", "ignore").decode()), "program": PROGRAM,
                        "message": b"", "harmless": b"Just text, nothing else.\r\n" * rng.randint(0, 30)}[self.how]
        if self.how == "message":
            self.content = attached_message(rng, 'attachment; filename="evil.exe"').encode("latin-1")


def attached_message(rng, disposition):
    mark = "i%d" % rng.randrange(10 ** 6)
    return (f"From: a@example.com\r\nSubject: inner\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={mark}\r\n"
            f"\r\n--{mark}\r\nContent-Type: text/plain\r\n\r\nhi\r\n--{mark}\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Transfer-Encoding: base64\r\nContent-Disposition: {disposition}\r\n\r\nQUJD\r\n--{mark}--\r\n")


def encode_honest(content, rng):
    encoding = rng.choice(["base64", "base64", "quoted-printable"])
    if encoding == "base64":
        return encoding, b64(content, rng.choice([76, 72, 60]))
    text = quopri.encodestring(content).decode("latin-1").replace("\r\n", "\n").replace("\n", "\r\n")
    return encoding, text if text.endswith("\r\n") else text + "=\r\n"


def encode_hostile(content, rng):
    encoding, text = encode_honest(content, rng)
    if rng.random() < 0.15:
        encoding, text = "7bit", content.decode("latin-1")
    if encoding == "base64" and rng.random() < 0.5:
        text = rng.choice([
            lambda: b64(content, rng.choice([1, 3, 6, 5, 4000])), lambda: b64(content, 76, "\n"),
            lambda: text.replace("A", rng.choice(["A!", "A ", " A", "A\t", "A\x80", "A-"])),
            lambda: "".join(b64(content[i:i + 10]) for i in range(0, len(content), 10)),
            lambda: "".join(b64(content[i:i + 10]).rstrip("\r\n") for i in range(0, len(content), 10)),
            lambda: text.rstrip("=\r\n"), lambda: "=\r\n" + text, lambda: "====" + text, lambda: "\r\n\r\n" + text,
            lambda: text.replace("\r\n", "=\r\n", 1), lambda: text[:8] + "\r\n\r\n" + text[8:],
            lambda: "-" + text, lambda: " " + text.replace("\r\n", "\r\n "), lambda: "Some words.\r\n\r\n" + text,
            lambda: text[:4] + "=" + text[4:], lambda: text.replace("\r\n", "\r"), lambda: text + "!!trailer.\r\n",
        ])()
    elif encoding == "quoted-printable" and rng.random() < 0.5:
        text = rng.choice([
            lambda: "".join("=%02x" % b for b in content), lambda: "".join("=%02X" % b for b in content).replace("=4D", "=4d", 1),
            lambda: text.replace("=\r\n", "= \r\n"), lambda: text.replace("=\r\n", "=\n"),
            lambda: text.replace("=0", "=\r\n=0"), lambda: "=\r\n" + text, lambda: text.replace("\r\n", "  \r\n"),
        ])()
    label = encoding
    if rng.random() < 0.5:
        label = rng.choice([
            encoding.upper(), encoding + ";", encoding + " (c)", "(c) " + encoding, f'"{encoding}"', encoding + "; x=y",
            "x-" + encoding, encoding + " 7bit", "\t" + encoding, "\r\n " + encoding, encoding[:3] + "(c)" + encoding[3:],
            encoding + ",7bit", "7bit, " + encoding, f"=?utf-8?Q?{encoding}?=", encoding + "645", encoding.replace("-", " "),
            "'" + encoding + "'", encoding[:4] + "\r\n " + encoding[4:], encoding + "\x0b", "7bit\r\nContent-Transfer-Encoding: "
            + encoding, encoding + "\r\nContent-Transfer-Encoding: 7bit", encoding + "\r\nContent-transfer-encoding : 8bit", ""])
    return label, text


def field(name, value, rng, odd):
    if not odd or rng.random() < 0.8:
        return f"{name}: {value}\r\n"
    return rng.choice([f"{name}:{value}\r\n", f"{name} : {value}\r\n", f"{name.upper()}: {value}\r\n", f"{name}:\r\n {value}\r\n",
                       f"{name}:\t{value}\r\n", f"{name}: {value}\n", f"{name}:  {value} \r\n", f"{name}\t: {value}\r\n",
                       f"{name.lower()}: {value}\r\n", f"X: y\r\n{name}: {value}\r\n", f"{name}: {value}\r\r\n",
                       f"{name}: {value}\r\nno field here\r\n", f"{name}: x\r\n{name}: {value}\r\n",
                       f"{name}: {value}\r\n{name}: x\r\n", f"{name}: {value}\r"])


def entity(item, rng, odd):
    encoding, body = (encode_hostile if odd and rng.random() < 0.5 else encode_honest)(item.content, rng)
    make = parameter_hostile if odd and item.how == "name" and rng.random() < 0.8 else parameter_honest
    kind = rng.choice(GOOD_KINDS)
    if item.how == "message":
        kind = rng.choice(["message/rfc822", "application/octet-stream", "message/rfc822 ", "MESSAGE/rfc822"])
        item.name = rng.choice(["mail.eml", "a.eml", "forwarded.eml"])
    disposition_parameters, type_parameters = [], []
    where = rng.choice(["disposition", "type", "both"])
    if where != "type":
        disposition_parameters = make("filename", item.name, rng)
    if where != "disposition":
        type_parameters = make("name", item.name, rng)
    if odd:
        for parameters in (disposition_parameters, type_parameters):
            for _ in range(rng.choice([0, 0, 1, 1, 2])):
                parameters.insert(rng.randint(0, len(parameters)), rng.choice(DECOYS))
    fields = []
    if type_parameters or rng.random() < 0.9:
        fields.append(("Content-Type", join_parameters(kind, type_parameters, rng, odd)))
    if disposition_parameters or rng.random() < 0.5:
        lead = rng.choice(["attachment", "attachment", "inline"] + (["", "x", '"attachment"', "attachment (c)"] if odd else []))
        fields.append(("Content-Disposition", join_parameters(lead, disposition_parameters, rng, odd)))
    fields.append(("Content-Transfer-Encoding", encoding))
    rng.shuffle(fields)
    header = ""
    for name, value in fields:
        folded = value if "\n" in value or "Encoding" in name else fold(value, rng, odd and rng.random() < 0.2)
        header += field(name, folded, rng, odd and rng.random() < 0.3)
    gap = "\r\n" if not odd or rng.random() < 0.9 else rng.choice(["\n", " \r\n", "\r\r\n", "\r\n\r\n", "\t\r\n", "\r"])
    return header + gap + body


# ---- the message ------------------------------------------------------------------------------------------------


def boundary_value(mark, rng, odd):
    if not odd or rng.random() < 0.5:
        return [f'boundary="{mark}"']
    other = rng.choice(["other", mark + "x", mark[:-1], mark.upper()])
    return rng.choice([
        lambda: parameter_hostile("boundary", mark, rng), lambda: parameter_hostile("boundary", mark, rng),
        lambda: [f"boundary={mark}", f"boundary={other}"], lambda: [f"boundary={other}", f"boundary={mark}"],
        lambda: [f"Boundary={mark}"], lambda: [f'boundary="{mark} "'], lambda: [f'boundary=" {mark}"'],
        lambda: [f"boundary*=utf-8''{mark}"], lambda: pieces_2231("boundary", mark, rng, True),
        lambda: [f"boundary={other}"] + pieces_2231("boundary", mark, rng, False), lambda: [f"boundary=({other}){mark}"],
        lambda: [f"x=\"y", f"boundary={mark}"], lambda: [f'x="boundary={other}"', f"boundary={mark}"],
    ])()


def delimiter(mark, rng, odd, close=False):
    line = "--" + mark + ("--" if close else "")
    if odd and rng.random() < 0.15:
        line = rng.choice([line + " ", line + "\t", " " + line, line + "x", "-" + line, line[1:], line + "--", line.upper(),
                           line + " x", line[:-1]])
    return line + ("\r\n" if not odd or rng.random() < 0.95 else rng.choice(["\n", "\r\r\n", "\r"]))


def make(seed, is_hostile):
    """The message, in bytes."""
    rng = random.Random(seed)
    item = Item(rng, is_hostile)
    odd_entity = is_hostile and rng.random() < 0.7
    odd_structure = is_hostile and (not odd_entity or rng.random() < 0.3)
    head = "From: a@example.com\r\nTo: b@example.org\r\nSubject: a matter of evil.exe and more\r\n"
    if not is_hostile or rng.random() < 0.9:
        head += "MIME-Version: 1.0\r\n"
    if rng.random() < 0.1:
        return finish(head + entity(item, rng, odd_entity), rng, is_hostile)
    mark = rng.choice(["b1", "=_xyz", "----=_Part_1", "a b", "A'B()+_,-./:=?"]) if rng.random() < 0.5 else "m%d" % rng.randrange(10 ** 9)
    kind = rng.choice(["multipart/mixed", "multipart/related", "multipart/alternative", "multipart/x-odd"])
    lead = kind
    if odd_structure and rng.random() < 0.3:
        lead = rng.choice(["multipart", "multipart/", "MultiPart/Mixed", '"multipart/mixed"', "multipart / mixed", "(c)" + kind,
                           "mixed", "multipart/mixed multipart", "text/plain, multipart/mixed", "=?utf-8?Q?multipart/mixed?="])
    parameters = boundary_value(mark, rng, odd_structure)
    value = join_parameters(lead, parameters, rng, odd_structure and rng.random() < 0.3)
    head += field("Content-Type", value, rng, odd_structure and rng.random() < 0.3)
    if odd_structure and rng.random() < 0.2:
        extra = rng.choice(["Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=other", "Content-Type: message/rfc822",
                            "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "Content-Type:"])
        head = rng.choice([head + extra + "\r\n", extra + "\r\n" + head])
    text = "Content-Type: text/plain\r\n\r\nhello\r\n"
    parts = [text, entity(item, rng, odd_entity)]
    if rng.random() < 0.3:
        parts.append(text)
    if rng.random() < 0.2:
        inner = mark if odd_structure and rng.random() < 0.5 else mark + "inner"
        parts[1] = (f'Content-Type: multipart/mixed; boundary="{inner}"\r\n\r\n--{inner}\r\n' + parts[1]
                    + f"\r\n--{inner}--\r\n")
    body = rng.choice(["", "preamble\r\n"])
    if odd_structure and rng.random() < 0.2:
        rng.shuffle(parts)
    for part in parts:
        body += delimiter(mark, rng, odd_structure) + part + ("\r\n" if not odd_structure or rng.random() < 0.9 else "")
    if not odd_structure or rng.random() < 0.8:
        body += delimiter(mark, rng, odd_structure, True)
    if odd_structure and rng.random() < 0.2:
        body = rng.choice([delimiter(mark, rng, False, True) + body, body + delimiter(mark, rng, False) + parts[1],
                           parts[1] + "\r\n" + body, body + "\r\n" + parts[1]])
    gap = "\r\n" if not odd_structure or rng.random() < 0.9 else rng.choice(["", "\n", " \r\n", "\r\n\r\n", "\r\r\n"])
    return finish(head + gap + body, rng, is_hostile)


INSERTED = ['"', ";", " ", "\r\n ", "=", "\\", "(", ")", "'", "*", "\r\n", "\r", "\n", "-", "?", "\x80", "\t", ":", ","]


def finish(text, rng, is_hostile):
    data = text
    if is_hostile and rng.random() < 0.25:
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(max(1, min(len(data), 900)))
            data = rng.choice([data[:place] + rng.choice(INSERTED) + data[place:], data[:place] + data[place + 1:],
                               data[:place] + rng.choice(INSERTED) + data[place + 1:],
                               data[:place] + data[place:place + 12] + data[place:]])
    return as_delivered(data).encode("latin-1", "replace")


def as_delivered(text):
    """What an MTA makes of the message's own header: the first line that is no field ends it, and a NUL its field."""
    header, end, is_cut = "", 0, False
    while end < len(text):
        line = text[end:text.find("\n", end) + 1 or len(text)]
        is_fold = end > 0 and line[0] in " \t"
        if line in ("\n", "\r\n"):
            break
        if not is_fold and not re.match(r"[!-9;-~]+[ \t]*:", line):
            return header + "\r\n" + text[end:]
        if not (is_fold and is_cut):
            kept, nul, _ = line.partition("\0")
            is_cut = nul != ""
            header += kept + "\r\n" if is_cut else line
        end += len(line)
    return header + text[end:]
