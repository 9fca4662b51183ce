#!/usr/bin/env python3
"""Makes the fixtures that come from real packers: 7z, genisoimage, xorriso, gcab, arj, ncompress.

Run in this folder, with those tools installed; the tests only need the results. Times are fixed, so the results are
always the same, except where a packer draws random numbers (encryption): those are only made where missing.
"""
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile

TIME = 1262304000  # 2010-01-01

TEXT = b"Nothing to see here.\n" * 8
FILES = {
    "readme.txt": TEXT,
    "docs/rechnung-\u00e4\u00f6\u00fc.pdf": b"%PDF-1.4 not really\n",
    "docs/\u8acb\u6c42\u66f8.exe": b"MZ" + bytes(range(200)),
    "empty.txt": b"",
}


def write_files(folder, files):
    os.mkdir(os.path.join(folder, "nothing"))
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    for base, folders, names in os.walk(folder, topdown=False):
        for name in folders + names:
            os.utime(os.path.join(base, name), (TIME, TIME))


def make(name, command, by_chance=False, files=FILES):
    if by_chance and os.path.exists(name):
        return
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder, files)
        out = os.path.join(folder, "out-" + name)
        done = subprocess.run([part.replace("OUT", out) for part in command], cwd=folder, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, TZ="UTC"))
        if not os.path.exists(out):
            sys.exit(done.stdout.decode())
        shutil.move(out, name)
    print(name, os.path.getsize(name))


def document():
    """A zip of a picture that cannot be packed, 12 kB long."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        picture = b"\xff\xd8\xff\xe0\0\x10JFIF" + random.Random(1).randbytes(12000)
        archive.writestr(zipfile.ZipInfo("word/media/image1.jpeg", (2010, 1, 1, 0, 0, 0)), picture)
    return out.getvalue()


SEVEN = ["7z", "a", "-bd", "-mtc=off", "-mta=off", "-mmt=1", "OUT", "readme.txt", "docs", "empty.txt", "nothing"]


def seven_zip():
    make("plain-index.7z", SEVEN + ["-mhc=off"])
    make("packed-index.7z", SEVEN)
    make("copied.7z", SEVEN + ["-mx=0"])
    make("lzma1.7z", SEVEN + ["-m0=lzma"])
    make("bcj.7z", SEVEN + ["-m0=bcj", "-m1=lzma"])
    make("bcj2.7z", SEVEN + ["-m0=bcj2", "-m1=lzma", "-m2=lzma", "-m3=lzma", "-mb0:1", "-mb0s1:2", "-mb0s2:3"])
    make("ppmd.7z", SEVEN + ["-m0=ppmd"])
    make("deflated.7z", SEVEN + ["-m0=deflate"])
    make("bzip2.7z", SEVEN + ["-m0=bzip2"])
    make("filtered-copy.7z", SEVEN + ["-m0=bcj", "-m1=copy"])
    make("filtered-bzip2.7z", SEVEN + ["-m0=delta:4", "-m1=bzip2"])
    make("not-solid.7z", SEVEN + ["-ms=off"])
    make("document.7z", SEVEN[:-4] + ["-mx=0", "-mhc=off", "letter.docx", "readme.txt"],
         files={"letter.docx": document(), "readme.txt": TEXT * 100})
    make("encrypted-content.7z", SEVEN + ["-psecret"], by_chance=True)
    make("encrypted-index.7z", SEVEN + ["-psecret", "-mhe=on"], by_chance=True)
    make("empty.7z", ["7z", "a", "-bd", "OUT", "no-such*", "-r"])


def cabinets():
    flat = ["gcab", "-c", "OUT", "readme.txt", "docs/\u8acb\u6c42\u66f8.exe", "empty.txt"]
    make("plain.cab", flat)
    make("packed.cab", flat[:1] + ["-z"] + flat[1:])


LONG = "a name of two hundred and thirty characters " * 4 + "at the end of which comes.exe"
DEEP = "one/two/three/four/five/six/seven/eight/nine/ten.cmd"


def images():
    iso = ["genisoimage", "-quiet", "-no-pad", "-m", "out-*", "-o", "OUT"]
    xorriso = ["xorriso", "-as", "mkisofs", "-quiet", "-no-pad", "-m", "out-*", "-o", "OUT"]
    files = dict(FILES, **{LONG: TEXT, DEEP: b"@echo off\n"})
    for name, command in [("plain.iso.gz", iso), ("joliet.iso.gz", iso + ["-J"]), ("rock-ridge.iso.gz", iso + ["-R"]),
                          ("both.iso.gz", iso + ["-J", "-R", "-joliet-long"]), ("udf.iso.gz", iso + ["-udf"]),
                          ("bootable.iso.gz", iso + ["-b", "readme.txt", "-c", "boot.cat", "-no-emul-boot"]),
                          ("xorriso.iso.gz", xorriso + ["-J", "-R"])]:
        many = files if name in ("rock-ridge.iso.gz", "both.iso.gz", "xorriso.iso.gz") else FILES
        quoted = " ".join("'" + part + "'" for part in command)
        make(name, ["sh", "-c", quoted + " . && gzip -n9 <OUT >OUT.gz && mv OUT.gz OUT"], by_chance=True, files=many)


def old_packers():
    make("plain.arj", ["arj", "a", "-i", "-y", "OUT", "readme.txt", "docs", "empty.txt"])
    make("stored.arj", ["arj", "a", "-i", "-y", "-m0", "OUT", "readme.txt", "docs/\u8acb\u6c42\u66f8.exe"])
    make("encrypted.arj", ["arj", "a", "-i", "-y", "-gsecret", "OUT", "readme.txt"], by_chance=True)


def lzw():
    """Strings of codes that grow twice, are all forgotten as what follows is no longer like it, and grow again."""
    noise = random.Random(1).randbytes(1 << 14).hex().encode()
    make("readme.txt.Z", ["sh", "-c", "compress -c readme.txt >OUT"])
    make("widths.Z", ["sh", "-c", "compress -b 11 -c widths >OUT"], files={"widths": TEXT * 80 + noise[:20000]})


if __name__ == "__main__":
    os.umask(0o022)
    lzw()
    seven_zip()
    cabinets()
    images()
    old_packers()
