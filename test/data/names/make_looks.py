#!/usr/bin/env python3
"""Writes policy/scan/mime/name_look_table.h: which characters beyond ASCII some program makes an ASCII one, and which
references of HTML stand for such. From Unicode's compatibility and canonical forms and HTML's names, as Python has them, and
from the best fits of Windows' code page 1252 beside. usage: make_looks.py [FILE]
"""
import html.entities
import pathlib
import sys
import unicodedata

# Best fits of code page 1252 that Unicode does not give.
BEST_FIT = {0x110: "D", 0x111: "d", 0x126: "H", 0x127: "h", 0x131: "i", 0x141: "L", 0x142: "l", 0x166: "T", 0x167: "t", 0x180: "b",
            0x189: "D", 0x191: "F", 0x192: "f", 0x197: "I", 0x19a: "l", 0x19f: "O", 0x1ab: "t", 0x1ae: "T", 0x1b6: "z", 0x1c0: "|",
            0x1c3: "!", 0x1e4: "G", 0x1e5: "g", 0x261: "g", 0x393: "G", 0x398: "T", 0x3a3: "S", 0x3a6: "F", 0x3a9: "O", 0x3b1: "a",
            0x3b4: "d", 0x3b5: "e", 0x3c0: "p", 0x3c3: "s", 0x3c4: "t", 0x3c6: "f", 0x4bb: "h", 0x589: ":", 0x66a: "%", 0x2010: "-",
            0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2017: "=", 0x2018: "'", 0x2019: "'", 0x201c: '"', 0x201d: '"',
            0x2032: "'", 0x2035: "`", 0x2044: "/", 0x2118: "P", 0x212e: "e", 0x2212: "-", 0x2215: "/", 0x2216: "\\", 0x2217: "*",
            0x221a: "v", 0x221e: "8", 0x2223: "|", 0x2229: "n", 0x2236: ":", 0x223c: "~", 0x2303: "^", 0x2329: "<", 0x232a: ">",
            0x3008: "<", 0x3009: ">", 0x301a: "[", 0x301b: "]"}
GAP = 6  # shorter stretches without a look do not end a run


def look(code):
    if code in BEST_FIT:
        return BEST_FIT[code].lower()
    character = chr(code)
    for form in ("NFKC", "NFKD"):
        text = unicodedata.normalize(form, character)
        text = "".join(c for c in text if not unicodedata.combining(c))
        if len(text) == 1 and text.isascii() and text > " ":
            return text.lower()
    return None


def runs():
    found, run = [], None
    for code in range(0x80, 0x20000):
        if 0xd800 <= code < 0xe000:
            continue
        c = look(code)
        if c is None:
            continue
        if run is None or code - run[0] - len(run[1]) > GAP or len(run[1]) > 250:
            run = [code, ""]
            found.append(run)
        run[1] = run[1].ljust(code - run[0]) + c
    return found


def references():
    """Names of HTML's references for one character that is ASCII to some; those that give nothing to see stand for a control."""
    out = {}
    for name, text in html.entities.html5.items():
        if not name.endswith(";") or len(text) != 1:
            continue
        code = ord(text)
        c = text if code < 0x80 else look(code)
        if c is None and unicodedata.category(text) in ("Cf", "Zs"):
            c = " " if unicodedata.category(text) == "Zs" else "\1"
        if c is not None:
            out[name[:-1]] = c
    return dict(sorted(out.items()))


def escaped(text):
    return "".join("\\" + c if c in '"\\?' else "\\%03o" % ord(c) if not " " <= c <= "~" else c for c in text)


def main():
    root = pathlib.Path(__file__).resolve().parents[3]
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "policy/scan/mime/name_look_table.h"
    lines = ["/* Written by test/data/names/make_looks.py. */", "#ifndef CLOSEDRELAY_SCAN_MIME_NAME_LOOK_TABLE_H",
             "#define CLOSEDRELAY_SCAN_MIME_NAME_LOOK_TABLE_H", "", "#include <stdint.h>", "", "/* clang-format off */", ""]
    lines += ["/* From `first` on, what each character looks like; a blank: nothing in ASCII. In order. */",
              "static const struct {", "    uint32_t first;", "    const char *looks;", "} look_runs[] = {"]
    lines += [f'    {{0x{first:04x}, "{escaped(text)}"}},' for first, text in runs()]
    lines += ["};", "", "/* Names of references, in byte order. */", "static const struct {", "    const char *name;", "    char character;",
              "} reference_names[] = {"]
    names, line = references(), "   "
    for name, c in names.items():
        item = " {" + f'"{name}", \'' + ("\\" + c if c in "'\\" else "\\%03o" % ord(c) if not " " <= c <= "~" else c) + "'},"
        if len(line + item) > 110:
            lines, line = lines + [line], "   "
        line += item
    lines += [line, "};", "", "/* clang-format on */", "", "#endif"]
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
