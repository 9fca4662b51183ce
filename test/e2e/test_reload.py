"""A new configuration under live sessions: each keeps the one it began with."""

import concurrent.futures
import json
import os
import re
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail

STRICT = "relay: { local_domains: [example.com] }\nrecipients: { limit: 1 }"
WIDE = "relay: { local_domains: [example.com] }\nrecipients: { limit: 2 }"


def second_recipient(client):
    client.mail("ann@example.com")
    client.rcpt("a@example.net")
    reply = client.rcpt("b@example.net")
    client.command("RSET")
    return reply.code


@pytest.mark.threads
def test_sessions_keep_their_policy(start_relay):
    relay = start_relay(STRICT)
    with relay.submission() as old:
        assert second_recipient(old) == 550
        relay.daemon.reload(WIDE)
        with relay.submission() as new:
            assert second_recipient(new) == 250
        assert second_recipient(old) == 550


@pytest.mark.threads
def test_open_sessions_may_follow(start_relay, workspace):
    """reload --now: from their next message on, and the answer says whom it reaches."""
    control = os.path.join(tempfile.mkdtemp(prefix="control.", dir=workspace), "control.sock")
    os.chmod(os.path.dirname(control), 0o755)
    relay = start_relay(f"control: unix:{control}\n{STRICT}")
    with relay.submission() as old:
        assert second_recipient(old) == 550
        relay.daemon.write_config(f"control: unix:{control}\n{WIDE}")
        done = daemon_module.run("reload", "--socket", control)
        assert "sessions that are open (1) keep the policy they began with" in done.stdout
        assert second_recipient(old) == 550
        done = daemon_module.run("reload", "--now", "--socket", control)
        assert "sessions that are open (1) take it with their next message" in done.stdout
        assert second_recipient(old) == 250


def test_what_takes_a_restart_is_answered(start_relay, workspace):
    control = os.path.join(tempfile.mkdtemp(prefix="control.", dir=workspace), "control.sock")
    os.chmod(os.path.dirname(control), 0o755)
    relay = start_relay(f"control: unix:{control}\n{STRICT}")
    relay.daemon.write_config(f"control: unix:{control}.new\n{WIDE}\nstate: /tmp")
    done = daemon_module.run("reload", "--socket", control)
    assert done.returncode == 0 and done.stdout.endswith("a restart is needed for: control, state\n"), done.stdout
    told = json.loads(daemon_module.run("reload", "--json", "--socket", control).stdout)
    assert (told["in_force"], told["problems"], told["restart_needed_for"]) == (True, [], "control, state")
    assert "restart is needed for: control, state" in relay.daemon.output


def test_in_mid_message(start_relay):
    relay = start_relay(STRICT)
    subject = mail.unique_subject("reloaded under it")
    with relay.submission() as client:
        client.mail("ann@example.com")
        client.rcpt("a@example.net")
        relay.daemon.reload("relay: { local_domains: [example.com] }\nsize: { limit: 100 }")
        assert client.data(mail.plain(subject, body="x" * 70 + "\r\n")).code == 250
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


@pytest.mark.parametrize("broken", [
    "recipients: { limit: many }",
    "recipients: { limt: 3 }",
    "recipients: [",
    "recipients: { limit: 1 }\nrecipients: { limit: 2 }",
])
def test_a_broken_file_leaves_the_old_in_force(start_relay, broken):
    relay = start_relay(STRICT)
    said = relay.daemon.reload(broken)
    assert re.search(r"error: " + re.escape(relay.daemon.config_path) + r":\d+:\d+: ", said), said
    assert all(line.count("error: ") <= 1 for line in said.splitlines()), said
    with relay.submission() as client:
        assert second_recipient(client) == 550
    relay.daemon.reload(WIDE)
    with relay.submission() as client:
        assert second_recipient(client) == 250


@pytest.mark.threads
def test_reloads_under_load(start_relay):
    """Mail goes through while the configuration changes a dozen times."""
    relay = start_relay(WIDE)

    def session(number):
        subject = mail.unique_subject(f"load {number}")
        with relay.submission() as client:
            assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
        return subject

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(session, n) for n in range(60)]
        for n in range(12):
            relay.daemon.reload((STRICT, WIDE)[n % 2])
        subjects = [s.result() for s in sent]
    for subject in subjects:
        assert relay.daemon.record_of(subject)["verdict"] == "accept"
