"""What is recorded is shown to who watches, as it happens: filtered, in colour or as JSON."""

import json
import subprocess

import pytest
from harness import mail
from harness.daemon import program, run
from harness.process import wait_until



@pytest.fixture
def watch(start_relay, tmp_path):
    """watch(OPTION...): the relay, and a function that returns the lines so far of a watcher that has begun."""
    watchers = []
    relay = start_relay("relay: { local_domains: [example.com] }\ncontrol: unix:" + str(tmp_path / "control"))

    relay.control = str(tmp_path / "control")

    def begin(*options):
        out = open(tmp_path / f"out{len(watchers)}", "w+", encoding="utf-8")
        watcher = subprocess.Popen([program(), "watch", "--socket", str(tmp_path / "control"), *options], stdout=out,
                                   stderr=subprocess.PIPE)
        watchers.append((watcher, out))
        # It has begun once it sees a message of our own; those it may have missed before that do not matter.
        return lambda: _lines(out)

    yield relay, begin
    for watcher, out in watchers:
        watcher.terminate()
        watcher.wait(10)
        out.close()


def _lines(out):
    out.seek(0)
    return out.read().splitlines()


def _send_until(relay, condition, what, send):
    """Messages are sent until the watcher has seen one."""
    def attempt():
        send(relay)
        return condition()
    return wait_until(attempt, what)


def accepted(relay):
    with relay.submission() as smtp:
        assert smtp.message("ann@example.com", ["bob@example.net"], mail.plain("watched")).code == 250


def refused(relay):
    with relay.outside() as smtp:
        smtp.mail("eve@example.org")
        assert smtp.rcpt("bob@example.net").code == 550


def test_every_message_is_a_line(watch):
    relay, begin = watch
    lines = begin()
    shown = _send_until(relay, lambda: [l for l in lines() if "accepted" in l], "an accepted message is shown", accepted)
    assert "ann@example.com" in shown[0] and "to bob@example.net" in shown[0] and "\x1b" not in shown[0]
    shown = _send_until(relay, lambda: [l for l in lines() if "refused" in l], "a refused one is shown", refused)
    assert "relay not_local_domain" in shown[0] and "[203.0.113.7]" in shown[0]


def test_only_what_is_asked_for(watch):
    relay, begin = watch
    coloured = begin("--verdict", "refused", "--check", "relay", "--client", "203.0.113.0/24", "--colour")
    records = begin("--json", "--user", "@example.com")
    def send_both(relay):
        accepted(relay)
        refused(relay)
    _send_until(relay, lambda: coloured() and records(), "both watchers see something", send_both)
    assert all("refused" in line and "\x1b[1;31m" in line for line in coloured())
    assert {json.loads(line)["user"] for line in records()} == {"ann@example.com"}


def test_events_are_shown_too(watch):
    relay, begin = watch
    lines, of_ann, refused_only = begin(), begin("--user", "ann@example.com"), begin("--verdict", "refused")
    _send_until(relay, lambda: lines() and of_ann(), "both see a message", accepted)
    granted = run("allow", "198.51.100.9", "--user", "ann@example.com", "--socket", relay.control)
    assert granted.returncode == 0, granted
    for seen in (lines, of_ann):
        shown = wait_until(lambda s=seen: [l for l in s() if " grant " in l], "the grant is shown")
        assert "given [198.51.100.9/32] ann@example.com" in shown[0]
    _send_until(relay, refused_only, "a refused message is shown", refused)
    assert not [line for line in refused_only() if "grant" in line]


def test_a_question_that_makes_no_sense(watch, tmp_path):
    _, begin = watch
    for options in (["--verdict", "lost"], ["--client", "here"]):
        done = subprocess.run([program(), "watch", "--socket", str(tmp_path / "control"), *options], timeout=20,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 64, done
        assert "closedrelay: watch: " in done.stderr
