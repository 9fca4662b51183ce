#!/usr/bin/python3
"""Oracle: a program that extracts attachments into a folder: ripmime, munpack or mshow, by name.
As read_email.py; one process a message."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

CONTENT_BYTES = 65536
COMMANDS = {
    "ripmime": lambda path: ["ripmime", "-i", path, "-d", "."],
    "munpack": lambda path: ["munpack", "-f", "-q", "-C", ".", path],
    "mshow": lambda path: ["mshow", "-x", path],
    "mshow-list": lambda path: ["mshow", "-t", path],
}


def extract(program, path, folder):
    with open(path, "rb") as message:
        result = subprocess.run(COMMANDS[program](path), cwd=folder, stdin=message, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, timeout=10, check=False)
    names, contents = [], []
    for parent, _, files in os.walk(folder):
        for name in files:
            names.append(name)
            with open(os.path.join(parent, name), "rb") as file:
                contents.append(file.read(CONTENT_BYTES))
    if program == "mshow-list":
        text = result.stdout.decode("utf-8", "replace")
        names += [piece for piece in text.split('"')[1::2]]
    return names, contents


def main():
    program = sys.argv[1]
    for line in sys.stdin:
        folder = tempfile.mkdtemp(prefix="closedrelay-oracle.")
        try:
            names, contents = extract(program, os.path.abspath(line.rstrip("\n")), folder)
        except (subprocess.TimeoutExpired, OSError):
            names, contents = [], []
        shutil.rmtree(folder, ignore_errors=True)
        names = [n.encode("utf-8", "replace").decode() for n in names]
        contents = [base64.b64encode(c).decode() for c in dict.fromkeys(contents) if c]
        print(json.dumps({"names": names, "contents": contents}), flush=True)


if __name__ == "__main__":
    main()
