"""A stolen login, behind a real Postfix: noticed, locked over its open session, unlocked, forgiven, all in the record."""

import gzip
import json
import os
import urllib.request

import pytest

from harness import control
from harness import daemon as daemon_module
from harness import mail
from harness.control import asked, command
from harness.process import free_port, wait_until
from harness.webhook import Webhook

# A month of habits is no matter of seconds: the scores are low enough for a login that nothing is known of.
ACCOUNT = """
account:
  learn: 0s
  note: { score: 10 }
  warn: { score: 20 }
  slow: { score: 200 }
  hold: { score: 300 }
  lock: { score: 400 }
"""
LOCKING = ACCOUNT.replace("slow: { score: 200 }", "slow: { score: 25, mode: off }").replace(
    "hold: { score: 300 }", "hold: { score: 30 }").replace("lock: { score: 400 }", "lock: { score: 38, mode: enforce }")


@pytest.fixture
def watched(start_relay, workspace):
    """watched(MORE): a relay with the control socket relay.control, and its state in a folder of its own."""
    def start(more=ACCOUNT, state=None):
        section = "" if "relay:" in more else "relay: { local_domains: [example.com] }\n"
        return control.start(start_relay, workspace, section + more, state)
    return start


def blast(client, count=20, first=1):
    """A message to `count` strangers; the reply to MAIL that refused it, or None."""
    reply = client.command("MAIL FROM:<ann@example.com>")
    if reply.code != 250:
        return reply
    for n in range(first, first + count):
        assert client.rcpt(f"stranger{n}@example.net").code == 250
    assert client.data(mail.plain(mail.unique_subject("blast"))).code == 250
    return None


def blast_until_locked(client):
    for turn in range(10):
        reply = blast(client, first=100 * turn)
        if reply is not None:
            return reply
    raise AssertionError("nobody noticed")


def test_a_blast_is_told_in_the_record_and_by_the_commands(watched):
    relay = watched()
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        for turn in range(3):
            assert blast(client, first=100 * turn) is None
    wait_until(lambda: relay.daemon.events("warn"), "the event")
    event = relay.daemon.events("warn")[0]
    assert event["subject"] == {"kind": "user", "name": "ann@example.com"}
    assert event["state"] == "warn" and "were never written to" in event["reason"]
    assert event["seen"] >= event["limit"] == 20
    row = asked(relay, "suspects")[0]
    assert (row["user"], row["step"]) == ("ann@example.com", "warn")
    one = asked(relay, "suspects", "Ann@example.com")
    assert one["step"] == "warn" and {"recipients", "networks"} <= set(one["families"])
    assert any("was not seen" in e["words"] or "has not used before" in e["words"] for e in one["evidence"])
    assert one["trace"][0]["step"] in ("note", "warn")
    assert "looks stolen" in relay.daemon.output
    assert command(relay, "suspects", "nobody@example.com").returncode != 0


def explained(relay):
    """What was noticed, locked, unlocked and forgiven, as `explain` tells it."""
    def explain(*words):
        done = daemon_module.run("explain", "--config", relay.daemon.config_path, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    story = json.loads(explain("Ann@example.com", "--json"))["account"]
    kinds = [step["type"] for step in story["steps"] if step["type"] != "message"]
    assert [kind for kind in kinds if kind != "warn"] == ["lock", "unlock", "lock", "forgive"]
    lock = next(step for step in story["steps"] if step["type"] == "lock")
    assert lock["by"] == "account" and lock["points"] >= lock["limit"] == 38
    assert {"recipients", "networks"} <= set(lock["families"])
    assert sum(e["points"] for e in lock["evidence"]) >= 38
    assert any("were never written to" in e["words"] and e["family"] == "recipients" for e in lock["evidence"])
    assert story["now"]["step"] == "calm"
    text = explain("ann@example.com", "--columns", "120")
    for words in ("The account", "locked: ", "points, 38 are enough", "recipients: 20 of the last 20 recipients were never written to",
                  "unlocked by root", "forgiven by root", "now   "):
        assert words in text, text
    page = explain("ann@example.com", "--html", "-")
    assert "<h2>The account</h2>" in page and "forgiven by root" in page
    assert "The account" not in explain(relay.daemon.records()[0]["id"])


def test_a_lock_stops_an_open_session_and_is_lifted(watched):
    relay = watched(LOCKING)
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        refusal = blast_until_locked(client)
        assert (refusal.code, refusal.enhanced) == (550, "5.7.1")
        assert "locked" in refusal.text and "password" in refusal.text
        lock = relay.daemon.events("lock")[0]
        assert lock["subject"]["name"] == "ann@example.com" and lock["by"] == "account"
        assert lock["reason"] == "; ".join(f"{row['family']} +{row['points']}: {row['words']}" for row in lock["evidence"])
        assert [row["kind"] for row in asked(relay, "blocks")] == ["locked"]

        done = command(relay, "unlock", "ann@example.com")
        assert done.returncode == 0, done.stderr
        assert blast(client, count=1, first=5000) is None
        assert asked(relay, "blocks") == []
        assert blast_until_locked(client).code == 550

        done = command(relay, "forgive", "ann@example.com")
        assert done.returncode == 0, done.stderr
        assert blast(client, count=1, first=6000) is None
    assert asked(relay, "suspects") == []
    states = [event.get("state") for event in relay.daemon.events("unlock")]
    assert states == [None, "forgiven"]
    explained(relay)
    relay.daemon.replay_changes_nothing()


def over_http(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()


def test_everybody_is_told_of_a_theft(watched):
    """From the first warning to the end of it: webhook, dashboard, command, open session, record."""
    hook, port = Webhook(204), free_port()
    try:
        relay = watched(f"{LOCKING}http: {{ listen: 127.0.0.1:{port} }}\nnotify: [ {{ url: \"{hook.url}\" }} ]\n")
        with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
            blast_until_locked(client)
            wait_until(lambda: {"warn", "lock"} <= {notice["event"] for notice in hook.notices()}, "the notices")
            warn = next(notice for notice in hook.notices() if notice["event"] == "warn")
            assert "ann@example.com" in warn["text"] and "closedrelay forgive ann@example.com" in warn["todo"]
            assert "were never written to" in warn["record"]["reason"] and warn["record"]["id"] == warn["id"]
            assert "ann@example.com" in over_http(port, "/suspects")
            page = over_http(port, "/suspects?user=ann@example.com")
            assert "were never written to" in page and "recipients" in page
            assert '"step":"lock"' in over_http(port, "/api/suspect?user=ann@example.com").replace(" ", "")
            assert blast(client, count=1).code == 550, "the open session, at its next MAIL"
            assert command(relay, "unlock", "ann@example.com").returncode == 0
            assert blast(client, count=1, first=5000) is None
            assert command(relay, "lock", "ann@example.com").returncode == 0
            assert blast(client, count=1).code == 550
            assert command(relay, "forgive", "ann@example.com").returncode == 0
            assert blast(client, count=1, first=6000) is None
        wait_until(lambda: sum(notice["event"] == "unlock" for notice in hook.notices()) == 2, "the notices of the end")
        kinds = [line["type"] for line in relay.daemon.lines() if line["type"] in ("warn", "lock", "unlock")]
        assert kinds[0] == "warn" and [kind for kind in kinds if kind != "warn"] == ["lock", "unlock", "lock", "unlock"]
        assert "no login looks stolen" in command(relay, "suspects").stdout
        report = daemon_module.run("report", "--since", "today", "--json", relay.daemon.audit_path)
        suspect = json.loads(report.stdout)["suspects"][0]
        assert (suspect["user"], suspect["step"]) == ("ann@example.com", "lock") and suspect["done"].startswith("forgiven by root")
    finally:
        hook.stop()


def blast_by_webmail(relay):
    content = mail.plain(mail.unique_subject("webmail"), extra="X-Originating-IP: [203.0.113.77]\r\n")
    with relay.smtp(client="10.1.2.3", login=("ann@example.com", "secret")) as client:
        for turn in range(20):
            assert client.message("ann@example.com", [f"stranger{turn}@example.net"], content).code == 250


def test_a_webmail_that_hides_its_clients_has_no_networks_and_says_so(watched):
    relay = watched(ACCOUNT)
    blast_by_webmail(relay)
    one = asked(relay, "suspects", "ann@example.com")
    assert "networks" not in one["families"] and "relay.trusted_webmail" in one["hidden"]


def test_a_trusted_webmail_names_its_clients(watched):
    relay = watched(ACCOUNT.replace("\naccount:", "\nrelay: { local_domains: [example.com], trusted_webmail: [10.1.2.3] }\naccount:"))
    blast_by_webmail(relay)
    one = asked(relay, "suspects", "ann@example.com")
    assert "networks" in one["families"] and "hidden" not in one
    assert {record.get("origin_ip") for record in relay.daemon.records()} == {"203.0.113.77"}


def test_an_admin_locks_and_unlocks(watched):
    relay = watched()
    with relay.submission() as client:
        assert blast(client, count=1) is None
        assert command(relay, "lock", "ann@example.com", "--for", "2h").returncode == 0
        assert blast(client, count=1).code == 550
        assert command(relay, "unlock", "ann@example.com").returncode == 0
        assert blast(client, count=1) is None
    assert command(relay, "forgive", "nobody@example.com").returncode != 0


def test_a_lock_of_external_mail_lets_mail_to_the_house_go_on(watched):
    relay = watched()
    with relay.submission() as client:
        assert command(relay, "lock", "ann@example.com", "--scope", "external").returncode == 0
        assert client.command("MAIL FROM:<ann@example.com>").code == 250
        assert client.rcpt("friend@example.net").code == 550
        assert client.rcpt("bob@example.com").code == 250
        assert client.data(mail.plain(mail.unique_subject("inside"))).code == 250
    actions = [row["action"] for row in relay.daemon.records()[-1]["recipients"]]
    assert actions == ["reject", "accept"]


def test_a_restart_forgets_nothing(watched):
    relay = watched(LOCKING)
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        blast_until_locked(client)
    before = asked(relay, "suspects")[0]
    relay.daemon.stop()
    relay.daemon.start()
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        assert blast(client, count=1).code == 550
    after = asked(relay, "suspects", "ann@example.com")
    assert after["step"] == before["step"] == "lock"
    assert after["trace"]


def test_what_is_monitored_says_what_it_would_have_done(watched):
    relay = watched(LOCKING.replace("lock: { score: 38, mode: enforce }", "lock: { score: 38 }"))
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        for turn in range(5):
            assert blast(client, first=100 * turn) is None
        subject = mail.unique_subject("would")
        client.mail("ann@example.com")
        assert client.rcpt("bob@example.net").code == 250
        assert client.data(mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept" and record["would"] == "reject"
    finding = next(f for f in record["findings"] if f["check"] == "account" and f["reason"] == "lock")
    assert (finding["mode"], finding["action"]) == ("monitor", "reject")
    relay.daemon.replay_changes_nothing()


def test_who_is_slowed_is_asked_to_wait(watched):
    relay = watched(ACCOUNT.replace("slow: { score: 200 }", "slow: { score: 25, messages: 3 }"))
    with relay.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        replies = [blast(client, first=100 * turn) for turn in range(6)]
    refusal = next(reply for reply in replies if reply is not None)
    assert (refusal.code, refusal.enhanced) == (450, "4.7.1")
    assert "3 messages an hour" in refusal.text
    assert [reply.code for reply in replies[-2:]] == [450, 450]
    relay.daemon.replay_changes_nothing()


def test_what_comes_back_and_who_reads_mail_can_be_fed(watched):
    relay = watched()
    content = mail.plain(mail.unique_subject("fed"), extra="")
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert client.rcpt("bob@example.net").code == 250
        assert client.data(content).code == 250
    record = next(line for line in relay.daemon.records() if line["user"] == "ann@example.com")
    assert asked(relay, "feedback", record["message_id"])["user"] == "ann@example.com"
    forged = command(relay, "feedback", "<nobody@example.com>")
    assert forged.returncode != 0 and "forged" in forged.stderr

    assert command(relay, "login", "Ann@example.com", "192.0.2.9", "--service", "imap").returncode == 0
    event = relay.daemon.events("login")[0]
    assert (event["user"], event["service"], event["client"]["ip"]) == ("ann@example.com", "imap", "192.0.2.9")
    assert command(relay, "lock", "ann@example.com").returncode == 0
    assert command(relay, "login", "ann@example.com", "192.0.2.9").returncode == 77
    assert command(relay, "login", "ann@example.com", "elsewhere").returncode == 77


def test_older_records_are_learnt_from(watched):
    relay = watched()
    with relay.submission() as client:
        for n in range(3):
            assert blast(client, count=1, first=n) is None
    config = relay.daemon.config_path
    running = daemon_module.run("learn", "--config", config)
    assert running.returncode != 0 and "is running" in running.stderr
    relay.daemon.stop()
    for name in os.listdir(relay.state):
        os.unlink(os.path.join(relay.state, name))
    done = daemon_module.run("learn", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "3 messages" in done.stdout
    relay.daemon.start()
    assert asked(relay, "suspects", "ann@example.com")["step"] == "calm"


# What Postfix and Sendmail write, a minute on either side of New Year; the file is as old as its last line.
OLD_LOG = """\
Dec 31 23:59:01 mx postfix/submission/smtpd[10]: 4AAAAA: client=host.example[192.0.2.7], sasl_method=PLAIN, sasl_username=Bob@example.com
Dec 31 23:59:01 mx postfix/cleanup[11]: 4AAAAA: message-id=<1@example.com>
Dec 31 23:59:01 mx postfix/qmgr[12]: 4AAAAA: from=<bob@example.com>, size=300, nrcpt=1 (queue active)
Dec 31 23:59:02 mx postfix/smtp[13]: 4AAAAA: to=<eve@example.net>, relay=mx[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (ok)
Dec 31 23:59:02 mx postfix/qmgr[12]: 4AAAAA: removed
Jan  1 00:00:01 mx sm-mta[77]: AUTH=server, relay=host.example [198.51.100.7], authid=bob@example.com, mech=PLAIN, bits=0
Jan  1 00:00:01 mx sm-mta[77]: 3AUED2a1000077: from=<bob@example.com>, size=300, class=0, nrcpts=1, msgid=<3@x>, proto=ESMTP, relay=host.example [198.51.100.7]
Jan  1 00:00:02 mx sm-mta[79]: 3AUED2a1000077: to=<eve@example.net>, delay=00:00:01, mailer=esmtp, relay=mx [192.0.2.1], dsn=2.0.0, stat=Sent (ok)
Jan  1 00:00:03 mx kernel: nothing of mail
"""


def test_mail_logs_are_learnt_from(watched, postfix, tmp_path):
    relay = watched()
    with relay.submission() as client:
        assert blast(client, count=2) is None
    relay.daemon.stop()
    wait_until(lambda: postfix.log().count(f"sasl_username={'ann@example.com'}") > 0, "Postfix' log")
    for name in os.listdir(relay.state):
        os.unlink(os.path.join(relay.state, name))
    fresh, old = tmp_path / "mail.log", tmp_path / "mail.log.1.gz"
    fresh.write_text(postfix.log())
    with gzip.open(old, "wt") as out:
        out.write(OLD_LOG)
    os.utime(old, (1767222003, 1767222003))  # 2025-12-31T23:00:03Z: right after the last line, in the time zone east of it
    done = daemon_module.run("learn", "--config", relay.daemon.config_path, str(fresh), str(old))
    assert done.returncode == 0, done.stderr
    assert "ann@example.com  from 203.0.113.0/24" in done.stdout
    assert "       2  bob@example.com  from 192.0.2.0/24, 198.51.100.0/24" in done.stdout, done.stdout
    assert "lines of the logs tell of messages, and were understood" in done.stdout
    again = daemon_module.run("learn", "--config", relay.daemon.config_path, str(old), relay.daemon.audit_path)
    assert "2 messages of 1 logins" not in again.stdout and again.returncode == 0
    leap = tmp_path / "leap.log"
    leap.write_text("Feb 29 00:00:01 mx postfix/qmgr[12]: 4AAAAA: removed\nMar  1 00:00:01 mx postfix/qmgr[12]: 4AAAAB: removed\n")
    os.utime(leap, (1772409600, 1772409600))
    wrong = daemon_module.run("learn", "--config", relay.daemon.config_path, str(leap))
    assert wrong.returncode != 0 and "leap.log: there is no 29 February in the year" in wrong.stderr
    relay.daemon.start()
    assert asked(relay, "suspects", "bob@example.com")["step"] == "calm"


@pytest.mark.parametrize("client", ["10.1.2.3", "~2026-11.0123456789abcdef"])
def test_records_without_addresses_have_no_networks_and_replay_says_so(tmp_path, client):
    """A webmail's address, or a token in the place of one, tells of nobody's network."""
    path = tmp_path / "audit.jsonl"
    path.write_text("".join(json.dumps({
        "v": 1, "type": "message", "time": f"2026-10-{1 + n // 50:02d}T10:{n % 50:02d}:00.000000Z", "id": f"06dnb{n:07d}", "host": "mx",
        "role": "submission", "user": "ann@example.com", "client": {"ip": client}, "helo": "web", "sender": "ann@example.com",
        "recipients": [{"address": f"s{n}-{i}@example.net", "action": "accept"} for i in range(1 if n < 450 else 20)], "findings": [],
        "verdict": "accept"}) + "\n" for n in range(500)))
    config = tmp_path / "closedrelay.yaml"
    config.write_text("account: { note: { score: 5 }, warn: { score: 10 } }\n")
    words = ("replay", "--accounts", "--config", str(config), str(path))
    told = daemon_module.run(*words)
    assert told.returncode == 0, told.stderr
    assert "500 of 500 messages of logins have no client address, or a private one" in told.stdout
    steps = [json.loads(line) for line in daemon_module.run(*words, "--json").stdout.splitlines()]
    assert steps and all("networks" not in step["families"] for step in steps)
