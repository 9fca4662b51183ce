"""Webhooks: who is told of what, and what becomes of it where the other side hangs, fails or leads elsewhere."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail
from harness.certificates import Authority
from harness.process import free_port, wait_until
from harness.webhook import Webhook

SECRET = b"a secret of many words"
MAILER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "notify", "webhook-to-mail")


@pytest.fixture
def hooks():
    """hooks(ANSWER…): a server of the test's own."""
    started = []

    def start(*answers, **options):
        started.append(Webhook(*answers, **options))
        return started[-1]

    yield start
    for hook in started:
        hook.stop()


@pytest.fixture
def notifying(start_relay, workspace):
    """notifying(ENTRIES, …): a relay with a control socket that notifies, signing with SECRET."""
    def start(*entries, more=""):
        directory = tempfile.mkdtemp(prefix="notify.", dir=workspace)
        os.chmod(directory, 0o755)
        with open(f"{directory}/secret", "wb") as out:
            out.write(SECRET + b"\n")
        written = ", ".join(entry.replace("SECRET", f"{directory}/secret") for entry in entries)
        relay = start_relay(f"control: unix:{directory}/control.sock\nrelay: {{ local_domains: [example.com] }}\nnotify: [ {written} ]\n{more}")
        relay.control = f"{directory}/control.sock"
        return relay
    return start


def command(relay, *words):
    done = daemon_module.run(*words, "--socket", relay.control)
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(relay, index=0):
    return json.loads(command(relay, "status", "--json"))["notify"][index]


def entry(hook, *events):
    return f"{{ url: '{hook.url}', secret_file: SECRET, events: [{', '.join(events)}] }}"


def test_a_block_is_told_with_how_to_undo_it(hooks, notifying):
    hook = hooks(200)
    relay = notifying(entry(hook, "block", "unblock"))
    command(relay, "block", "ann@example.com", "--for", "2h", "--reason", 'she asked: "please" ü')
    command(relay, "unblock", "ann@example.com")
    wait_until(lambda: len(hook.requests) == 2, "two notices")
    method, path, headers, body = hook.requests[0]
    assert (method, path) == ("POST", "/hook")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Closedrelay-Event"] == "block"
    assert headers["X-Closedrelay-Signature"] == "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    block, unblock = hook.notices()
    assert (block["v"], block["event"], unblock["event"]) == (1, "block", "unblock")
    assert block["text"].startswith("user ann@example.com is blocked until 20") and 'she asked: "please" ü' in block["text"]
    assert block["todo"] == "`closedrelay unblock ann@example.com` lifts it."
    assert block["record"] == relay.daemon.events("block")[0]
    assert block["id"] == block["record"]["id"]
    assert unblock["text"].startswith("user ann@example.com may send again (by ")


def test_each_hears_of_its_own_events_once(hooks, notifying, workspace):
    table = os.path.join(tempfile.mkdtemp(dir=workspace), "table")
    os.chmod(os.path.dirname(table), 0o755)
    with open(table, "w", encoding="utf-8") as out:
        out.writelines(f"d{n}.example\n" for n in range(100))
    everything, reloads = hooks(200), hooks(200)
    relay = notifying(f"{{ url: '{everything.url}' }}", entry(reloads, "reload_refused"), more=f"attachments: {{ blocked: 'file:{table}' }}")
    relay.daemon.write_config(f"control: unix:{relay.control}\nsize: {{ limt: 3 }}")
    done = daemon_module.run("reload", "--socket", relay.control)
    assert done.returncode != 0
    with open(table + ".new", "w", encoding="utf-8") as out:
        out.write("d1.example\n")
    os.rename(table + ".new", table)
    wait_until(lambda: len(everything.requests) >= 2, "both notices")
    told = {notice["event"]: notice for notice in everything.notices()}
    assert set(told) == {"reload_refused", "table"} and len(everything.requests) == 2
    assert "limt" in told["reload_refused"]["text"] and "former configuration stays" in told["reload_refused"]["text"]
    assert ": of 100 entries 1 " in told["table"]["text"]
    assert told["table"]["text"].endswith("The former content stays in use.")
    assert told["table"]["todo"].endswith("`closedrelay reload --accept-shrunk`.")
    assert "X-Closedrelay-Signature" not in everything.requests[0][2]
    assert [notice["event"] for notice in reloads.notices()] == ["reload_refused"]


def test_what_fails_comes_again_and_what_is_refused_does_not(hooks, notifying):
    failing, refusing = hooks(500, 429, 200), hooks(404, 200)
    relay = notifying(entry(failing, "block"), entry(refusing, "block"))
    command(relay, "block", "ann@example.com", "--for", "1h")
    wait_until(lambda: state(relay)["sent"] == 1, "the third attempt is taken")
    assert len(failing.requests) == 3 and len({body for *_, body in failing.requests}) == 1
    command(relay, "block", "bob@example.com", "--for", "1h")
    wait_until(lambda: state(relay, 1)["sent"] == 1, "the second notice is taken")
    assert (len(refusing.requests), state(relay, 1)["refused"]) == (2, 1)
    assert "the server answers 404" in relay.daemon.output


def test_a_redirection_is_not_followed(hooks, notifying):
    elsewhere = hooks(200)
    leading = hooks((307, elsewhere.url))
    relay = notifying(entry(leading, "block"))
    command(relay, "block", "ann@example.com", "--for", "1h")
    wait_until(lambda: state(relay)["refused"] == 1, "the redirection is refused")
    assert elsewhere.requests == []
    assert "a redirection, which is not followed" in state(relay)["trouble"]


@pytest.mark.threads
def test_no_message_waits_for_a_server_that_hangs(hooks, notifying):
    hanging, healthy = hooks("hang"), hooks(200)
    relay = notifying(entry(hanging, "block"), entry(healthy, "block"))
    command(relay, "block", "eve@example.com", "--for", "1h")
    wait_until(lambda: len(hanging.requests) == 1, "the server has the first notice")
    for n in range(205):
        command(relay, "block", f"user{n}@example.com", "--for", "1h")
    with relay.submission() as client:
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(mail.unique_subject("hooks"))).code == 250
    stuck = state(relay)
    assert stuck["waiting"] == 200 and stuck["dropped"] == 6
    wait_until(lambda: state(relay, 1)["sent"] == 206, "the other webhook has them all")
    assert "notify" in command(relay, "status") and "200 waiting" in command(relay, "status")
    assert "further ones are dropped" in relay.daemon.output


def test_a_daemon_ends_although_a_server_hangs(hooks, notifying):
    hanging = hooks("hang")
    relay = notifying(entry(hanging, "block"))
    command(relay, "block", "eve@example.com", "--for", "1h")
    wait_until(lambda: len(hanging.requests) == 1, "the server has the notice")
    relay.daemon.stop()
    assert len(hanging.requests) == 1


def test_a_server_that_is_away_is_told_in_status(notifying):
    relay = notifying(f"{{ url: 'http://127.0.0.1:{free_port()}/', events: [block] }}")
    command(relay, "block", "eve@example.com", "--for", "1h")
    wait_until(lambda: state(relay)["trouble"] is not None, "the trouble is known")
    assert state(relay)["waiting"] == 1
    wait_until(lambda: "notify 127.0.0.1" in daemon_module.run("status", "--check", "--socket", relay.control).stdout,
               "status --check names it", seconds=30)


def test_https_is_checked_by_the_authority_that_is_named(hooks, notifying, workspace):
    authority = Authority(tempfile.mkdtemp(prefix="authority.", dir=workspace))
    os.chmod(authority.directory, 0o755)
    hook = hooks(200, certificate=authority.make("server", "/CN=127.0.0.1"))
    url = f"https://127.0.0.1:{hook.port}/"
    relay = notifying(f"{{ url: '{url}', events: [block] }}", f"{{ url: '{url}', events: [block], ca_file: {authority.certificate} }}")
    command(relay, "block", "eve@example.com", "--for", "1h")
    wait_until(lambda: state(relay, 1)["sent"] == 1, "who names the authority is served")
    wait_until(lambda: state(relay)["trouble"] is not None, "the certificate is looked at")
    assert "certificate" in state(relay)["trouble"]
    assert len(hook.requests) == 1


def test_a_reload_takes_a_new_secret_and_keeps_what_waits(hooks, notifying):
    hook = hooks(503)
    relay = notifying(entry(hook, "block"))
    command(relay, "block", "eve@example.com", "--for", "1h")
    wait_until(lambda: len(hook.requests) == 1, "the first attempt")
    with open(relay.control.replace("control.sock", "secret"), "wb") as out:
        out.write(b"another")
    command(relay, "reload")
    hook.answers[:] = [200]
    wait_until(lambda: state(relay)["sent"] == 1, "the notice is taken")
    *_, headers, body = hook.requests[-1]
    assert headers["X-Closedrelay-Signature"] == "sha256=" + hmac.new(b"another", body, hashlib.sha256).hexdigest()


def test_what_cannot_be_right_is_an_error(tmp_path):
    (tmp_path / "c.yaml").write_text("notify:\n  - { url: 'ftp://x/', events: [lok] }\n")
    told = daemon_module.run("check", "-c", str(tmp_path / "c.yaml"))
    assert told.returncode == 78
    assert "2:12: error: url: this is no web address" in told.stderr + told.stdout
    assert "events: there is no 'lok' (did you mean lock?)" in told.stderr + told.stdout


def test_the_example_makes_mail_of_what_is_signed(hooks, notifying, tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    out = tmp_path / "mail"
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f"#!/bin/sh\necho \"$@\" >>{out}\ncat >>{out}\n")
    sendmail.chmod(0o755)
    port = free_port()
    server = subprocess.Popen([sys.executable, MAILER, "--port", str(port), "--secret-file", str(tmp_path / "secret"), "--to", "postmaster@example.com",
                               "--sendmail", str(sendmail)])
    try:
        relay = notifying(f"{{ url: 'http://127.0.0.1:{port}/', secret_file: SECRET, events: [block] }}",
                          f"{{ url: 'http://127.0.0.1:{port}/unsigned', events: [block] }}")
        command(relay, "block", "eve@example.com", "--for", "1h", "--reason", "why\tnot")
        wait_until(lambda: state(relay)["sent"] == 1, "the signed notice is mailed", seconds=30)
        wait_until(lambda: state(relay, 1)["refused"] == 1, "the unsigned one is not", seconds=30)
    finally:
        server.terminate()
        server.wait(10)
    text = out.read_text()
    assert text.count("Subject: ") == 1
    assert "Subject: [closedrelay] block: user eve@example.com is blocked" in text
    assert "closedrelay unblock eve@example.com" in text
