#!/usr/bin/python3
"""Oracle: what programs that unpack archives list. Paths of archives in, {"names": {PROGRAM: [...]}} a line out."""
import io
import json
import subprocess
import sys
import tarfile
import zipfile

BYTES = 256 * 1024


def run(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10,
                              check=False)
    except subprocess.TimeoutExpired:
        return []
    return done.stdout[:BYTES].decode("utf-8", "replace").splitlines()


def seven_zip(path):
    lines = run("7z", "l", "-slt", "-p-", "--", path)
    start = lines.index("----------") if "----------" in lines else len(lines)
    return [line[7:] for line in lines[start:] if line.startswith("Path = ")]


def after_blanks(lines, columns):
    return [line.split(None, columns)[columns] for line in lines if len(line.split(None, columns)) > columns]


def python_zip(path):
    with open(path, "rb") as file:
        return zipfile.ZipFile(io.BytesIO(file.read())).namelist()


def python_tar(path):
    with tarfile.open(path) as archive:
        return [member.name for member in archive]


READERS = {
    "python-zip": (python_zip, (".zip", ".jar", ".docx", ".epub")),
    "python-tar": (python_tar, (".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")),
    "unzip": (lambda path: run("unzip", "-Z1", "--", path), (".zip", ".jar", ".docx", ".epub")),
    "7z": (seven_zip, ("",)),
    "bsdtar": (lambda path: run("bsdtar", "-tf", path), ("",)),
    "cabextract": (lambda path: [line.split(" | ", 2)[2] for line in run("cabextract", "-l", path) if line.count(" | ") >= 2],
                   (".cab",)),
    "tnef": (lambda path: after_blanks([l.replace("|", " ") for l in run("tnef", "-t", path)], 0), (".dat", ".tnef")),
    "lha": (lambda path: after_blanks(run("lha", "lq", path), 6), (".lzh",)),
}


def main():
    for line in sys.stdin:
        path, found = line.rstrip("\n"), {}
        for program, (reader, endings) in READERS.items():
            if path.endswith(endings):
                try:
                    found[program] = [name.encode("utf-8", "replace").decode() for name in reader(path)]
                except Exception:
                    found[program] = []
        print(json.dumps({"names": found}), flush=True)


if __name__ == "__main__":
    main()
