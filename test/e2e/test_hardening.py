"""What confines the service, as far as it can be judged without starting it: the unit's score, and the AppArmor profile."""

import os
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Tenths: what systemd gives ten of to a unit that is confined by nothing.
THRESHOLD = "13"


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="not installed: systemd")
def test_the_unit_is_confined():
    judged = run("systemd-analyze", "security", "--offline=yes", f"--threshold={THRESHOLD}", "--no-pager",
                 f"{ROOT}/contrib/systemd/closedrelay.service")
    assert judged.returncode == 0 and "exposure level" in judged.stdout, judged.stdout + judged.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="not installed: systemd")
def test_a_unit_that_is_confined_less_is_told_apart(tmp_path):
    with open(f"{ROOT}/contrib/systemd/closedrelay.service", encoding="utf-8") as source:
        lines = [line for line in source if not line.startswith(("SystemCallFilter=", "RestrictNamespaces="))]
    (tmp_path / "closedrelay.service").write_text("".join(lines))
    assert run("systemd-analyze", "security", "--offline=yes", f"--threshold={THRESHOLD}", "--no-pager",
               str(tmp_path / "closedrelay.service")).returncode != 0


@pytest.mark.skipif(shutil.which("apparmor_parser") is None, reason="not installed: apparmor")
def test_the_profile_is_one():
    parsed = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names", f"{ROOT}/contrib/apparmor/closedrelay")
    assert parsed.returncode == 0 and parsed.stdout.strip() == "closedrelay", parsed.stderr
