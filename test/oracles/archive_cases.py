"""Archives for the differential test: whole ones from every writer at hand and from test/data/archive, and such with
changed bytes, cut, glued, or prefixed. A case is a function of its seed and of the folder of base archives."""
import bz2
import gzip
import io
import lzma
import os
import pathlib
import random
import subprocess
import tarfile
import tempfile
import zipfile

GOOD = [("readme.txt", b"Nothing to see here.\n" * 20), ("folder/table.csv", b"a;b;c\n1;2;3\n" * 40), ("Foto.jpg", b"\xff\xd8\xff\xe0JFIF")]
BAD = [("report.pdf", b"%PDF-1.4\n" * 9), ("evil.exe", b"not really a program\n" * 20)]


def zip_bytes(members, method=zipfile.ZIP_DEFLATED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, data)
        archive.comment = comment
    return out.getvalue()


def streamed_zip(members):
    class Pipe(io.RawIOBase):
        data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return pipe.data


def tar_bytes(members, form=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def by_tool(members, ending, *command):
    """What `command` makes of the members; it is given the archive's path and then the members' names."""
    with tempfile.TemporaryDirectory(prefix="closedrelay-oracle.") as folder:
        for name, data in members:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            pathlib.Path(path).write_bytes(data)
            os.utime(path, (1577836800, 1577836800))
        archive = "made" + ending
        done = subprocess.run([*command, archive, *[name for name, _ in members]], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=30)
        made = pathlib.Path(folder, archive)
        return made.read_bytes() if done.returncode == 0 and made.exists() else None


def bases(members):
    """{file name: bytes} of whole archives with these members."""
    tar = tar_bytes(members)
    made = {
        "stored.zip": zip_bytes(members, zipfile.ZIP_STORED), "deflated.zip": zip_bytes(members),
        "bzip2.zip": zip_bytes(members, zipfile.ZIP_BZIP2), "lzma.zip": zip_bytes(members, zipfile.ZIP_LZMA),
        "comment.zip": zip_bytes(members, comment=b"a comment" * 9), "streamed.zip": streamed_zip(members),
        "nested.zip": zip_bytes([("inner.zip", zip_bytes(members)), GOOD[0]]),
        "gnu.tar": tar, "pax.tar": tar_bytes(members, tarfile.PAX_FORMAT), "ustar.tar": tar_bytes(members, tarfile.USTAR_FORMAT),
        "a.tgz": gzip.compress(tar, mtime=0), "a.tbz2": bz2.compress(tar), "a.txz": lzma.compress(tar),
        "a.lzma": lzma.compress(tar, format=lzma.FORMAT_ALONE), "a.tar.zip": zip_bytes([("a.tar", tar)]),
        "long.tar": tar_bytes([("d" * 150 + "/" + name, data) for name, data in members]),
    }
    tools = {
        "seven.zip": (".zip", "7z", "a", "-tzip"), "zip64.zip": (".zip", "zip", "-fz"), "infozip.zip": (".zip", "zip", "-r"),
        "password.zip": (".zip", "zip", "-P", "secret"), "solid.7z": (".7z", "7z", "a"), "ppmd.7z": (".7z", "7z", "a", "-m0=ppmd"),
        "copied.7z": (".7z", "7z", "a", "-mx=0", "-mhc=off"), "plain.7z": (".7z", "7z", "a", "-mhc=off", "-ms=off"),
        "bcj.7z": (".7z", "7z", "a", "-m0=bcj2", "-m1=lzma"), "lzma2.7z": (".7z", "7z", "a", "-m0=lzma2"),
        "password.7z": (".7z", "7z", "a", "-psecret"), "bsd.tar": (".tar", "bsdtar", "-cf"), "cpio.tar": (".tar", "bsdtar", "-c", "--format=pax", "-f"),
        "joliet.iso": (".iso", "genisoimage", "-quiet", "-J", "-o"), "rock.iso": (".iso", "genisoimage", "-quiet", "-R", "-o"),
        "both.iso": (".iso", "genisoimage", "-quiet", "-J", "-R", "-o"),
        "bsd.7z": (".7z", "bsdtar", "-c", "--format=7zip", "-f"), "bsd.zip": (".zip", "bsdtar", "-c", "--format=zip", "-f"),
        "bsd.iso": (".iso", "bsdtar", "-c", "--format=iso9660", "-f"),
        "a.arj": (".arj", "arj", "a", "-y"), "a.lzh": (".lzh", "lha", "a"),
    }
    for name, (ending, *command) in tools.items():
        made[name] = by_tool(members, ending, *command)
    return {name: data for name, data in made.items() if data}


def from_corpus(folder):
    """The project's own archives, of formats that nothing at hand writes."""
    kept = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.suffix in (".rar", ".cab", ".lzh", ".arj", ".tnef", ".7z", ".zip", ".tar", ".ace"):
            kept["own-" + path.name] = path.read_bytes()
        elif path.name.endswith(".iso.gz"):
            kept["own-" + path.name[:-3]] = gzip.decompress(path.read_bytes())
    return kept


NAMES = [b"evil.exe", b"EVIL.EXE", "evil.exe".encode("utf-16le"), "evil.exe".encode("utf-16be")]


def swap_one_name(data, rng):
    """One of the places that hold the name gets a harmless one."""
    places = [(i, n) for n in NAMES for i in range(len(data)) if data.startswith(n, i)]
    if not places:
        return data
    place, name = rng.choice(places)
    other = name.replace(b"exe", b"txt").replace(b"EXE", b"TXT").replace(b"e\0x\0e", b"t\0x\0t").replace(b"\0e\0x\0e", b"\0t\0x\0t")
    return data[:place] + other + data[place + len(name):]


def flip(data, rng, span):
    """Changes bytes near the beginning, the end, or a name."""
    data = bytearray(data)
    names = [data.find(n) for n in NAMES if data.find(n) >= 0]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        area = rng.choice(["head", "tail", "name", "any"])
        if area == "head":
            place = rng.randrange(min(len(data), span))
        elif area == "tail":
            place = len(data) - 1 - rng.randrange(min(len(data), span))
        elif area == "name" and names:
            place = max(0, min(len(data) - 1, rng.choice(names) + rng.randint(-60, 30)))
        else:
            place = rng.randrange(len(data))
        data[place] = rng.choice([0, 255, 1, data[place] ^ (1 << rng.randrange(8)), rng.randrange(256), (data[place] + 1) & 255])
    return bytes(data)


def make(seed, bad, good):
    """(file name, bytes) of a changed archive. `bad`, `good`: base archives as from bases()."""
    rng = random.Random(seed)
    name = rng.choice(sorted(bad))
    data = bad[name]
    for _ in range(rng.choice([1, 1, 2])):
        data = rng.choice([
            lambda: flip(data, rng, 64), lambda: flip(data, rng, 200), lambda: flip(data, rng, 64), lambda: swap_one_name(data, rng),
            lambda: data[:rng.randint(len(data) // 2, len(data))], lambda: data + rng.choice([b"\0", b"junk"]) * rng.choice([1, 100, 20000]),
            lambda: rng.choice([b"MZ junk", b"\0" * 512, b"%PDF-1.4\n", b"GIF89a", b"\r\n", b"x"]) * rng.choice([1, 1, 40]) + data,
            lambda: data + rng.choice(list(good.values())), lambda: rng.choice(list(good.values())) + data,
            lambda: data[:rng.randrange(len(data))] + bytes(rng.randrange(1, 9)) + data[rng.randrange(len(data)):],
        ])()
    return name, data[:1 << 20]
