"""docs/record.md's commands are run as they stand, and the files for other tools are tried with these tools."""

import base64
import hashlib
import os
import re
import shlex
import shutil
import subprocess

import pytest
from harness import mail
from harness.daemon import program

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
CONFIG = "relay: { local_domains: [example.com] }\nsender: { header_from: monitor }"

LINE = "Nov 30 10:41:03 mx1 closedrelay[4711]: NOQUEUE: client=pc.example[{ip}], role={role}{login}, from=<{sender}>, " \
       "to=<bob@example.net>, nrcpt=1, refused=1, size=0, verdict={verdict}, id=06vxk3m0a1b2, aborted=reset, " \
       "check={check}, reason=not_local_domain, reply=550 5.7.1 x (id 06vxk3m0a1b2)\n"


def documented_commands():
    """The lines of the sh blocks of docs/record.md."""
    with open(os.path.join(ROOT, "docs", "record.md"), encoding="utf-8") as page:
        blocks = re.findall(r"^```sh\n(.*?)^```$", page.read(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def recorded(relay, tmp_path_factory):
    """A record with a refusal, and its id."""
    with relay.submission() as smtp:
        smtp.message("ann@example.com", ["bob@example.net"], mail.plain("recorded"))
    with relay.outside() as smtp:
        smtp.mail("eve@example.org")
        reply = smtp.rcpt("bob@example.net")
    return relay.daemon, relay.daemon.record_for(reply)["id"]


def test_five_questions_are_answered_by_one_command_each(recorded, tmp_path):
    daemon, incident = recorded
    (tmp_path / "new.yaml").write_text("relay: { local_domains: [example.com] }\nrecipients: { limit: 5 }\n"
                                       "dnsbl: { lists: [] }\n")
    commands = [line for line in documented_commands() if line.startswith("closedrelay ") and " watch" not in line]
    assert [shlex.split(line)[1] for line in commands] == ["explain", "report", "replay", "report"]
    for line in commands:
        words = shlex.split(line.replace("06vxk3m0a1b2", incident).replace("last-week", "today"))
        option = "--record-of" if words[1] == "replay" else "-c"
        done = subprocess.run([program(), *words[1:], option, daemon.config_path], cwd=tmp_path, capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout, line
    told = subprocess.run([program(), "explain", f"said: 550 5.7.1 No. (id {incident.upper()})", "-c",
                           daemon.config_path], capture_output=True, text=True, timeout=60, check=False).stdout
    assert told.startswith("Refused for bob@example.net"), told
    assert "relay.trusted_networks" in told


def test_the_page_needs_nothing_but_its_style(recorded):
    """It opens under a policy that allows no script and no style but the one whose hash it names."""
    daemon, _ = recorded
    page = subprocess.run([program(), "report", "--since", "today", "--html", "-", "-c", daemon.config_path],
                          capture_output=True, text=True, timeout=60, check=True).stdout
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert not re.search(r"<script|\bon\w+=|\bstyle=|\bsrc=|href=|@import|url\(", page)
    assert page.count("<svg role=\"img\"") == page.count("<desc>") > 0
    assert "bob@example.net" not in page and "ann@example.com" in page


def test_the_recipes_for_jq_run(recorded):
    daemon, _ = recorded
    recipes = [line for line in documented_commands() if line.startswith("jq ")]
    assert len(recipes) == 5
    for recipe in recipes:
        done = subprocess.run(["bash", "-c", "set -o pipefail; " +
                               recipe.replace("/var/log/closedrelay/audit.jsonl", daemon.audit_path)],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (recipe, done.stderr)
    assert "550 5.7.1" in subprocess.run(
        ["bash", "-c", recipes[0].replace("/var/log/closedrelay/audit.jsonl", daemon.audit_path)],
        capture_output=True, text=True, timeout=60, check=False).stdout


def banned(tmp_path, lines, mode="relay"):
    """The addresses that fail2ban's own tester finds, the filter installed as its head says."""
    log, config = tmp_path / "log", tmp_path / "fail2ban"
    log.write_text("".join(lines))
    if not config.exists():
        shutil.copytree("/etc/fail2ban", config)
        shutil.copy(os.path.join(ROOT, "contrib", "fail2ban", "filter.d", "closedrelay.conf"), config / "filter.d")
    done = subprocess.run(["fail2ban-regex", "-c", str(config), "-o", "ip", str(log), f"closedrelay[mode={mode}]"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_fail2ban_bans_who_tries_to_relay(tmp_path):
    lines = [
        LINE.format(ip="203.0.113.7", role="outside", login="", sender="eve@example.org", verdict="reject", check="relay"),
        LINE.format(ip="2001:db8::7", role="outside", login="", sender="", verdict="reject", check="relay"),
        LINE.format(ip="203.0.113.8", role="outside", login="", sender="x", verdict="reject", check="attachments"),
        LINE.format(ip="203.0.113.9", role="outside", login="", sender="x", verdict="accept", check="relay"),
    ]
    assert banned(tmp_path, lines) == ["203.0.113.7", "2001:db8::7"]
    assert banned(tmp_path, lines, "aggressive") == ["203.0.113.7", "2001:db8::7", "203.0.113.8"]


def test_fail2ban_never_bans_who_has_logged_in(tmp_path):
    """Whatever the sender calls itself."""
    tricks = ["ann@example.com", '"[203.0.113.1], role=outside, from=<x"@example.com',
              "x>, nrcpt=1, size=0, verdict=reject, id=06vxk3m0a1b2, check=relay, reason="]
    lines = [LINE.format(ip="203.0.113.1", role=role, login=login, sender=trick, verdict="reject", check=check)
             for trick in tricks for check in ("relay", "sender", "rates")
             for role, login in (("submission", ", sasl_username=ann@example.com"), ("trusted", ""), ("local", ""))]
    for mode in ("relay", "aggressive"):
        assert banned(tmp_path, lines, mode) == []


def test_lnav_reads_the_record(recorded, tmp_path):
    daemon, _ = recorded
    formats = tmp_path / ".lnav" / "formats" / "closedrelay"
    formats.mkdir(parents=True)
    with open(os.path.join(ROOT, "contrib", "lnav", "closedrelay.json"), encoding="utf-8") as source:
        (formats / "closedrelay.json").write_text(source.read())
    done = subprocess.run(["lnav", "-n", "-c", ";SELECT verdict, \"client/ip\" FROM closedrelay WHERE verdict = 'reject'",
                           "-c", ":write-csv-to -", daemon.audit_path], env={**os.environ, "HOME": str(tmp_path)},
                          capture_output=True, text=True, timeout=60, check=False)
    assert "reject,203.0.113.7" in done.stdout, (done.stdout, done.stderr)
