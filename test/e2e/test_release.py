"""The release script in a clone of its own: what it refuses, and what comes out."""

import os
import re
import shutil
import subprocess

import pytest

from harness import daemon

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
VERSION = "9.8.7"


def run(folder, *words, check=True, **environment):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, **environment})
    assert not check or done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done


def replace(path, pattern, text):
    with open(path, encoding="utf-8") as source:
        changed, count = re.subn(pattern, text, source.read(), count=1, flags=re.MULTILINE)
    assert count == 1, (path, pattern)
    with open(path, "w", encoding="utf-8") as out:
        out.write(changed)


@pytest.fixture
def clone(tmp_path):
    """Of what is committed; its next commit is version 9.8.7, and has passed."""
    folder = str(tmp_path / "clone")
    run(ROOT, "git", "-c", "safe.directory=*", "clone", "-q", "--no-hardlinks", ROOT, folder)
    for name, value in {"user.name": "x", "user.email": "x@x.invalid", "commit.gpgsign": "false", "tag.gpgsign": "false"}.items():
        run(folder, "git", "config", name, value)
    replace(f"{folder}/CMakeLists.txt", r"^project\(closedrelay VERSION [0-9.]+", f"project(closedrelay VERSION {VERSION}")
    replace(f"{folder}/CHANGELOG.md", r"^## .*", f"## {VERSION}")
    replace(f"{folder}/contrib/debian/changelog", r"^closedrelay \([^)]*\)", f"closedrelay ({VERSION})")
    today = run(folder, "date", "+%F").stdout.strip()
    replace(f"{folder}/CMakeLists.txt", r"^set\(CLOSEDRELAY_DATE [0-9-]+", f"set(CLOSEDRELAY_DATE {today}")
    run(folder, "git", "commit", "-qam", "release")
    os.makedirs(f"{folder}/build/test-logs")
    os.makedirs(f"{folder}/build/release/milter")
    shutil.copy(daemon.program(), f"{folder}/build/release/milter/closedrelay")
    with open(f"{folder}/build/test-logs/passed", "w", encoding="utf-8") as out:
        out.write(run(folder, "git", "rev-parse", "HEAD").stdout)
    return folder


@pytest.mark.skipif(shutil.which("minisign") is None, reason="not installed: minisign")
def test_a_release_is_signed_and_the_same_twice(clone, tmp_path):
    run(clone, "minisign", "-G", "-W", "-p", f"{tmp_path}/pub", "-s", f"{tmp_path}/key")
    told = run(clone, "contrib/release", VERSION, MINISIGN_KEY=f"{tmp_path}/key").stdout
    assert "NOT ok" not in told
    tarball = f"{clone}/build/release-{VERSION}/closedrelay-{VERSION}.tar.xz"
    run(clone, "minisign", "-V", "-p", f"{tmp_path}/pub", "-m", tarball)
    run(os.path.dirname(tarball), "sha256sum", "-c", "--quiet", "SHA256SUMS")
    assert run(clone, "git", "cat-file", "-t", f"v{VERSION}").stdout == "tag\n"
    run(clone, "contrib/package", "tarball", f"{tmp_path}/again", TZ="Asia/Kathmandu")
    with open(tarball, "rb") as one, open(f"{tmp_path}/again/closedrelay-{VERSION}.tar.xz", "rb") as other:
        assert one.read() == other.read()
    with open(tarball, "r+b") as out:
        out.write(b"x")
    assert run(clone, "minisign", "-V", "-p", f"{tmp_path}/pub", "-m", tarball, check=False).returncode != 0


def test_what_is_not_ready_is_not_released(clone):
    with open(f"{clone}/README.md", "a", encoding="utf-8") as out:
        out.write("not committed\n")
    with open(f"{clone}/build/test-logs/passed", "w", encoding="utf-8") as out:
        out.write("another commit\n")
    done = run(clone, "contrib/release", VERSION, check=False)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("NOT ok")] == \
        ["NOT ok   nothing is uncommitted", "NOT ok   test/run has passed for this commit"]
    assert run(clone, "git", "tag", "-l", f"v{VERSION}").stdout == ""


def test_the_bill_of_materials_has_every_library():
    """By ldd's own words, name by name, and by Debian's packages of them."""
    listed = run(ROOT, "contrib/package", "sbom", daemon.program()).stdout
    packages = set(re.findall(r"^PackageName: (.*)$", listed, re.MULTILINE)) - {"closedrelay"}
    versions = re.findall(r"^PackageVersion: (.*)$", listed, re.MULTILINE)
    assert len(packages) > 10 and "NOASSERTION" not in versions, listed
    linked = re.findall(r"=> (/\S+)", run(ROOT, "ldd", daemon.program()).stdout)
    owned = set()
    for name in packages:
        owned |= {os.path.basename(path) for path in run(ROOT, "dpkg-query", "-L", name).stdout.split()}
    assert [path for path in linked if os.path.basename(os.path.realpath(path)) not in owned] == []
    assert listed.count("DYNAMIC_LINK") == len(packages)
