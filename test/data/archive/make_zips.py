#!/usr/bin/env python3
"""Makes the zips and tars that real tools write (Info-ZIP, jar, 7z, Python, GNU tar, gzip, bzip2, xz), and their
readers' fuzzing corpora.

Run in this folder, with those tools installed; the tests only need the results. Times are fixed, so the results
are always the same, except where a tool draws random numbers (encryption) or writes the time of day (jar): those are
only made where missing.
"""
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile

TIME = 1262304000  # 2010-01-01
DATE = (2010, 1, 1, 0, 0, 0)
FILES = {"readme.txt": b"Nothing to see here.\n" * 8, "docs/\u8acb\u6c42\u66f8.txt": b"hi", "empty.txt": b""}


def write_files(folder):
    os.makedirs(os.path.join(folder, "docs"))
    for name, content in FILES.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (TIME, TIME))
    os.utime(os.path.join(folder, "docs"), (TIME, TIME))


def by_tool(name, command, random=False):
    """`command` is for the shell; it runs among the files and writes OUT."""
    if random and os.path.exists(name):
        return
    with tempfile.TemporaryDirectory() as folder:
        inside = os.path.join(folder, "in")
        write_files(inside)
        out = os.path.join(folder, name)
        subprocess.run(command.replace("OUT", out), cwd=inside, check=True, shell=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"))
        shutil.move(out, name)


class Unseekable(io.RawIOBase):
    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def save(name, data):
    with open(name, "wb") as file:
        file.write(data)


def zip_info(name, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = method
    return info


def by_python():
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(zip_info(name), content)
        archive.writestr(zip_info("stored.txt", zipfile.ZIP_STORED), b"hi")
    save("python-streamed.zip", bytes(stream.bytes))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        with archive.open(zip_info("large.txt"), "w", force_zip64=True) as member:
            member.write(b"hi")
    save("python-zip64.zip", buffer.getvalue())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zip_info("mimetype", zipfile.ZIP_STORED), "application/epub+zip")
        archive.writestr(zip_info("META-INF/container.xml"), "<container/>")
    save("epub.epub", buffer.getvalue())
    for form, name in ((tarfile.USTAR_FORMAT, "ustar"), (tarfile.GNU_FORMAT, "gnu"), (tarfile.PAX_FORMAT, "pax")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for path in ("readme.txt", "long/" * 30 + "name.txt", "\u8acb.txt"):
                info = tarfile.TarInfo(path)
                info.size, info.mtime = 2, TIME
                archive.addfile(info, io.BytesIO(b"hi"))
            info = tarfile.TarInfo("docs")
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        save(name + ".tar", buffer.getvalue())


def corpus(target, content):
    """`content` by name; the first byte chooses the pieces and whether content is wanted (fuzz_archive.h)."""
    folder = os.path.join("../../fuzz/corpus", target)
    os.makedirs(folder, exist_ok=True)
    for number, name in enumerate(sorted(content)):
        save(os.path.join(folder, name), bytes([(1, 0, 129, 135)[number % 4]]) + content[name])


def read(*names):
    content = {}
    for name in names:
        with open(name, "rb") as file:
            content[name] = file.read()
    return content


def corpora():
    zips = read("infozip.zip", "infozip-streamed.zip", "infozip-stored-streamed.zip", "infozip-encrypted.zip",
                "infozip-zip64.zip", "infozip-bzip2.zip", "jar.jar", "python-streamed.zip", "python-zip64.zip",
    epub = zips["epub.epub"]
    zips["two-names.zip"] = epub.replace(b"mimetype", b"evil.exe", 1)
    zips["glued.zip"] = epub + epub
    zips["prefixed.zip"] = b"junk" + epub
    zips["inner.zip"] = epub[:-2] + len(epub).to_bytes(2, "little") + epub
    zips["marked.zip"] = b"PK00" + epub
    zips["cut.zip"] = epub[:-30]
    corpus("zip", zips)
    corpus("tar", {name: content.rstrip(b"\0") + bytes(1024) for name, content
                   in read("ustar.tar", "gnu.tar", "pax.tar", "v7.tar", "sparse.tar").items()})
    streams = read("readme.txt.gzip", "readme.txt.bz2", "readme.txt.xz", "readme.txt.lzma")
    streams.update({"two-" + name: content * 2 for name, content in streams.items()})
    streams["junk.gzip"] = streams["readme.txt.gzip"] + b"junk"
    streams["compress.Z"] = b"\x1f\x9d\x90" + bytes(40)
    corpus("compressed", streams)


ALL = "readme.txt docs empty.txt"
by_tool("infozip.zip", "zip -qrX OUT " + ALL)
by_tool("infozip-streamed.zip", "zip -qrX - " + ALL + " | cat > OUT")
by_tool("infozip-stored-streamed.zip", "zip -qrX -0 - " + ALL + " | cat > OUT")
by_tool("infozip-encrypted.zip", "zip -qrX -P secret OUT " + ALL, random=True)
by_tool("infozip-zip64.zip", "zip -qrX -fz OUT " + ALL)
by_tool("infozip-bzip2.zip", "zip -qrX -Z bzip2 OUT " + ALL)
by_tool("jar.jar", "jar cf OUT " + ALL, random=True)
by_tool("seven-zip.zip", "7z a -bd -mtc=off OUT " + ALL)
by_tool("seven-zip-lzma.zip", "7z a -bd -mtc=off -mm=lzma OUT " + ALL)
by_tool("seven-zip-xz.zip", "7z a -bd -mtc=off -mm=xz OUT " + ALL)
by_tool("v7.tar", "tar --format=v7 --owner=0 --group=0 --numeric-owner -cf OUT readme.txt empty.txt")
by_tool("sparse.tar", "truncate -s 1M holes; touch -d @%d holes; tar --owner=0 --group=0 --numeric-owner -b1 -S -cf OUT holes readme.txt"
        % TIME)
by_tool("readme.txt.gzip", "gzip -c readme.txt > OUT")
by_tool("readme.txt.bz2", "bzip2 -c readme.txt > OUT")
by_tool("readme.txt.xz", "xz -c readme.txt > OUT")
by_tool("readme.txt.lzma", "xz -c --format=lzma readme.txt > OUT")
by_python()
corpora()
