"""`closedrelay check`: careless configurations, and files that only root can read."""

import os
import pwd

import pytest

from harness.daemon import run

EXE = """From: Ann <ann@example.com>
To: Bob <bob@example.net>
Subject: papers
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: application/octet-stream; name="run.exe"
Content-Transfer-Encoding: base64

TVqQAAMAAAAEAAAA//8AALgAAAAAAAAA
--b--
"""


@pytest.fixture
def folder(tmp_path):
    """Where everybody may look; pytest's own folders are closed to others."""
    path = tmp_path
    while path != path.parent and path.owner() == pwd.getpwuid(os.getuid()).pw_name and path.name.startswith(("test", "pytest")):
        path.chmod(0o755)
        path = path.parent
    return tmp_path


def write(path, text, mode=0o644):
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_one_text_for_a_list_is_refused_and_as_a_list_it_blocks(folder):
    common = "relay: { local_domains: [example.com] }\ndnsbl: { lists: [] }\nattachments:\n  blocked: "
    wrong = write(folder / "wrong.yaml", common + "exe, scr, bat, com\n")
    done = run("check", "-c", wrong)
    assert done.returncode == 78
    assert ":4:12: error: blocked: 'exe, scr, bat, com' is one text, not a list: write [exe, scr, bat, com]" in done.stderr
    message = write(folder / "m.eml", EXE)
    right = write(folder / "right.yaml", common + "[exe, scr, bat, com]\n")
    done = run("try", "-c", right, "-u", "ann@example.com", "-f", "ann@example.com", "-t", "bob@example.net", message)
    assert done.returncode == 1
    assert "run.exe" in done.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_files_are_read_as_the_daemon_will(folder):
    domains = write(folder / "domains", "example.com\n", 0o600)
    config = write(folder / "c.yaml", f"relay: {{ local_domains: file:{domains} }}\nstate: ''\naudit: {{ file: '' }}\n")
    assert run("check", "-c", config).returncode == 0
    done = run("check", "-c", config, "--as", "nobody")
    assert done.returncode == 78
    assert f"{config}:1:25: error: local_domains: {domains}: Permission denied" in done.stderr
    domains.chmod(0o644)
    assert run("check", "-c", config, "--as", "nobody").returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_what_the_daemon_writes_is_looked_at_too(folder):
    audit = write(folder / "audit.jsonl", "", 0o640)
    config = write(folder / "c.yaml", f"state: {folder}\naudit: {{ file: {audit} }}\n")
    done = run("check", "-c", config, "--as", "nobody")
    assert done.returncode == 78
    assert f"{audit}: error: audit.file: this cannot be written: Permission denied" in done.stderr
    assert f"{folder}: error: state: this cannot be written: Permission denied" in done.stderr


def test_nobody_else_can_be_become(folder):
    config = write(folder / "c.yaml", "")
    done = run("check", "-c", config, "--as", "no-such-user")
    assert done.returncode == 64
    assert done.stderr == "closedrelay: --as: there is no user no-such-user\n"
