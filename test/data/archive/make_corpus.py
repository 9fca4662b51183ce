#!/usr/bin/env python3
"""Makes the fuzzers' corpora of the archive readers out of the fixtures here.

The first byte of an input chooses the pieces and whether content is wanted (test/fuzz/fuzz_archive.h).
"""
import glob
import gzip
import os

CORPUS = "../../fuzz/corpus"
TARGETS = {
    "ole": (0, ["*.ole"]),
    "wrapped_files": (0, ["*.macbin", "*.applesingle", "*.appledouble", "*.hqx", "*.one", "*.rtf"]),
    "old_archives": (0, ["*.arj", "*.lzh", "*.ace", "*.arc"]),
    "iso9660": (32768, ["plain.iso.gz", "joliet.iso.gz", "rock-ridge.iso.gz"]),
    "ext_image": (1024, ["*.ext[24]"]),
    "cab": (0, ["*.cab"]),
    "tnef": (0, ["*.tnef"]),
    "rar": (0, ["*.rar"]),
    "seven_zip": (0, ["*.7z"]),
}


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    for target, (offset, patterns) in TARGETS.items():
        folder = os.path.join(CORPUS, target)
        os.makedirs(folder, exist_ok=True)
        names = sorted(name for pattern in patterns for name in glob.glob(pattern)
                       if not name.startswith(("volume", "packed.rar", "glued", "bad-crc")))
        for number, name in enumerate(names):
            packed = name.endswith(".gz")
            with (gzip.open if packed else open)(name, "rb") as file:
                content = file.read()[offset:]
            content = content.rstrip(b"\0") if packed else content
            with open(os.path.join(folder, name.removesuffix(".gz")), "wb") as file:
                file.write(bytes([(1, 0, 129, 135)[number % 4]]) + content)


main()
