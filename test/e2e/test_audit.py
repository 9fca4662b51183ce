"""The record: one line a message, written before the MTA has its answer, and what happens if it cannot be."""

import datetime
import json
import os
import re
import resource
import signal

import pytest

from harness import mail
from harness.daemon import RECORD_KEYS, run
from harness.process import free_port, wait_until

CONFIG = "relay: { local_domains: [example.com] }"


def send(relay, subject):
    with relay.submission() as client:
        return client.message("ann@example.com", ["bob@example.net"], mail.plain(subject))


def test_every_key_in_order(relay):
    subject = mail.unique_subject("keys")
    send(relay, subject)
    record = relay.daemon.record_of(subject)
    assert [key for key in record if key in RECORD_KEYS] == RECORD_KEYS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["time"])
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(record["time"])
    assert abs(age.total_seconds()) < 60
    assert re.fullmatch(r"[0-9A-Za-z]{12}", record["id"])
    assert record["helo"] == "client.example"
    assert record["message_id"].strip("<>") == subject.replace(" ", ".") + "@client.example"
    assert "ann@example.com" in str(record["from"])
    assert record["duration_us"] > 0
    assert record["reply"] is None


def test_the_record_is_there_before_the_answer(relay):
    """No waiting here: once the client has its answer the line stands in the file."""
    for _ in range(20):
        subject = mail.unique_subject("at once")
        send(relay, subject)
        assert len(relay.daemon.find_records(subject.replace(" ", "."))) == 1


def test_hostile_text_stays_one_line(relay):
    subject = mail.unique_subject("hostile")
    content = mail.plain(subject).replace(b"<ann@example.com>", b'"\xff\x01\\" {}" <ann@example.com>', 1)
    with relay.submission(helo="x\\\"y") as client:
        client.message("ann@example.com", ["bob@example.net"], content)
    record = relay.daemon.record_of(subject)
    assert record["helo"] == 'x\\"y'
    assert "\xff\x01" in record["from"]


def test_refused_recipient_is_recorded_once(relay):
    with relay.outside() as client:
        client.mail("someone@example.org")
        reply = client.rcpt("bob@example.net")
        client.quit()
    record = relay.daemon.record_for(reply)
    assert [r["id"] for r in relay.daemon.records()].count(record["id"]) == 1
    assert record["reply"].startswith("550 5.7.1")


def grow(path, size):
    """Makes the record `size` bytes long, with a line that no reader takes for a record."""
    with open(path, "a", encoding="utf-8") as record:
        record.write("x" * (size - os.path.getsize(path) - 1) + "\n")


@pytest.mark.parametrize("on_error, code", [(None, 250), ("accept", 250), ("defer", 451)])
def test_full_disk(start_relay, on_error, code):
    """By default mail goes on and the alarm is raised; said once, not for every message. Afterwards the record says how
    many are missing."""
    setting = f", on_error: {on_error}" if on_error else ""
    relay = start_relay(CONFIG, audit=f"audit: {{ file: AUDIT{setting} }}")
    daemon = relay.daemon
    wait_until(lambda: daemon.events("start"), "the engine is there")
    grow(daemon.audit_path, 1000000)
    before = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1000000, resource.RLIM_INFINITY))
    replies = [send(relay, mail.unique_subject("full")) for _ in range(4)]
    assert [r.code for r in replies] == [code] * 4
    wait_until(lambda: "cannot be written" in daemon.output, "the alarm")
    alarms = [line for line in daemon.output.splitlines() if "cannot be written" in line]
    assert len(alarms) == 1, alarms
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, before)
    send(relay, mail.unique_subject("room again"))
    assert [event["count"] for event in daemon.events("record_lost")] == [4]


def test_events(start_relay):
    """What a later judgement rests on stands beside the messages."""
    relay = start_relay(CONFIG)
    daemon = relay.daemon
    start = wait_until(lambda: daemon.events("start"), "the engine is there")
    policy = daemon.events("policy")
    assert [event["file"] for event in start + policy] == [daemon.config_path] * 2
    subject = mail.unique_subject("by the first policy")
    send(relay, subject)
    assert daemon.record_of(subject)["policy"] == policy[0]["policy"]
    daemon.reload(CONFIG + "\n# a comment is no other policy\n")
    wait_until(lambda: len(daemon.events("policy")) == 2, "the policy is recorded")
    daemon.reload(CONFIG + "\nrecipients: { limit: 7 }")
    hashes = wait_until(lambda: [event["policy"] for event in daemon.events("policy")][2:] and daemon.events("policy"),
                        "the policy is recorded")
    assert [event["policy"] == policy[0]["policy"] for event in hashes] == [True, True, False]
    assert hashes[-1]["by"] == "a signal"
    daemon.write_config("nonsense: 1")
    daemon.process.send_signal(signal.SIGUSR1)
    refused = wait_until(lambda: daemon.events("reload_refused"), "the refused reload is recorded")
    assert "nonsense" in refused[0]["reason"] and refused[0]["by"] == "a signal"
    daemon.write_config(CONFIG)
    daemon.stop()
    assert len(daemon.events("stop")) == 1


OFFER = ("we have reviewed your account and found that a payment is still open.\r\n"
         "Please sign in today and confirm your details, or your access will be closed.\r\n")


def test_one_text_to_many_and_whose_browser_wrote_it(start_relay):
    """Copies are alike in `fingerprint`; only a webmail that is listed is believed about the browser."""
    relay = start_relay("relay: { local_domains: [example.com], trusted_webmail: 203.0.113.5 }")

    def record_of(name, body):
        subject = mail.unique_subject(name)
        with relay.submission() as client:
            client.message("ann@example.com", ["bob@example.net"],
                           mail.plain(subject, body=body, extra="X-Originating-IP: [198.51.100.9]\r\n"))
        return relay.daemon.record_of(subject)

    one = record_of("copy one", "Dear Bob,\r\n" + OFFER)
    other = record_of("copy two", "hi carol!\r\n" + OFFER + "Ticket 4711\r\n")
    short = record_of("short", "Thanks!\r\n")
    assert re.fullmatch("[0-9a-f]{16}", one["fingerprint"]) and one["fingerprint"] == other["fingerprint"]
    assert "fingerprint" not in short
    assert one["origin_ip"] == "198.51.100.9"
    for what in (one["fingerprint"], one["origin_ip"]):
        told = run("explain", "--json", "-c", relay.daemon.config_path, what)
        assert one["id"] in told.stdout and other["id"] in told.stdout, told
    relay.daemon.reload(CONFIG)
    wait_until(lambda: len(relay.daemon.events("policy")) == 2, "the policy is recorded")
    assert "origin_ip" not in record_of("not listed", OFFER)


def test_tables_that_are_read_again_are_recorded(start_relay, tmp_path):
    table = tmp_path / "domains"
    table.write_text("example.com\nexample.org\n")
    relay = start_relay(f"relay: {{ local_domains: file:{table} }}")
    first = wait_until(lambda: relay.daemon.events("table"), "the table is recorded")
    assert (first[0]["file"], first[0]["state"], first[0]["entries"]) == (f"file:{table}", "loaded", 2)
    fresh = tmp_path / "fresh"
    fresh.write_text("example.com\nexample.org\nexample.net\n")
    os.replace(fresh, table)
    both = wait_until(lambda: len(relay.daemon.events("table")) > 1 and relay.daemon.events("table"), "the new content")
    assert (both[1]["entries_before"], both[1]["entries"]) == (2, 3)
    table.write_text("")
    kept = wait_until(lambda: len(relay.daemon.events("table")) > 2 and relay.daemon.events("table"), "the empty one")
    assert kept[2]["state"] == "kept" and "of 3 entries 0 are left" in kept[2]["reason"]


@pytest.mark.parametrize("kind", ["fifo", "folder", "device"])
def test_only_a_file_takes_records(start_relay, tmp_path, kind):
    """Nothing waits for a reader: a start is refused in words; under a running daemon the old file stays in use."""
    path = str(tmp_path / "odd")
    make = {"fifo": os.mkfifo, "folder": os.mkdir, "device": lambda name: os.symlink("/dev/null", name)}[kind]
    make(path)
    config = tmp_path / "closedrelay.yaml"
    config.write_text(f"listen: inet:{free_port()}@127.0.0.1\ncontrol: ''\naudit: {{ file: {path} }}\nstate: ''\n"
                      "dnsbl: { lists: [] }\ndaemon: { user: root, syslog: false }\n")
    refused = run("serve", "-c", config)
    assert refused.returncode != 0 and "records are kept in a plain file only" in refused.stderr
    relay = start_relay(CONFIG)
    wait_until(lambda: relay.daemon.events("start"), "the engine is there")
    os.rename(relay.daemon.audit_path, relay.daemon.audit_path + ".1")
    make(relay.daemon.audit_path)
    relay.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "records are kept in a plain file only" in relay.daemon.output, "the alarm")
    assert send(relay, mail.unique_subject("odd")).code == 250
    with open(relay.daemon.audit_path + ".1", encoding="utf-8") as old:
        assert len(old.readlines()) >= 1
    if kind == "folder":
        os.rmdir(relay.daemon.audit_path)
    else:
        os.unlink(relay.daemon.audit_path)
    os.rename(relay.daemon.audit_path + ".1", relay.daemon.audit_path)


def test_private_data(start_relay, tmp_path):
    """Hashed, cut and left out: nothing of ann stands in the record, and she is the same in all of it."""
    treatments = "addresses: hash, logins: hash, clients: cut, message_ids: omit, texts: omit"
    relay = start_relay(CONFIG, audit=f"audit: {{ file: AUDIT, privacy: {{ {treatments} }} }}")
    for _ in range(2):
        with relay.submission() as client:
            client.message("ann@example.com", ["bob@example.net"],
                           mail.plain(mail.unique_subject("private"), body="some words\r\n" * 200))
    first, second = wait_until(lambda: relay.daemon.records()[1:] and relay.daemon.records(), "two records")
    assert first["user"] == second["user"] == first["sender"] == first["from"]
    assert re.fullmatch(r"~\d{8}T\d{6}Z\.[0-9a-z]{16}@example\.com", first["user"])
    assert first["client"]["ip"].endswith(".0") and first["client"]["name"] == "" and first["message_id"] == ""
    with open(relay.daemon.audit_path, encoding="utf-8") as record:
        assert "ann@" not in record.read()
    # Whoever has the keys finds her, and everybody whom she wrote to, by name.
    for whom in ("ann@example.com", "<Bob@example.net>", first["client"]["ip"][:-1] + "7"):
        told = run("explain", "--json", "-c", relay.daemon.config_path, whom)
        assert told.returncode == 0 and first["id"] in told.stdout and second["id"] in told.stdout, told
    assert run("explain", "-c", relay.daemon.config_path, "eve@example.com").returncode != 0
    again = run("replay", "--config", relay.daemon.config_path, "--json", relay.daemon.audit_path)
    assert json.loads(again.stdout)["not_in_the_record"]["names_are_private"] == 2, again
    # An override that names her is one for her hash.
    config = tmp_path / "new.yaml"
    config.write_text("relay: { local_domains: [example.com] }\ndnsbl: { lists: [] }\n"
                      "overrides: [ { when: { user: ann@example.com }, size: { limit: 1KiB } } ]\n")
    again = run("replay", "--config", config, "--json", "--record-of", relay.daemon.config_path, relay.daemon.audit_path)
    assert json.loads(again.stdout)["changed"] == 2, again


def message_count(path):
    with open(path, encoding="utf-8") as record:
        return sum('"type":"message"' in line for line in record)


def test_rotation(start_relay):
    """What logrotate does: rename, tell the daemon; the next record goes to a new file, none is lost."""
    relay = start_relay(CONFIG)
    path = relay.daemon.audit_path
    send(relay, "before the rotation")
    os.rename(path, path + ".1")
    relay.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists(path), "the audit file is opened anew")
    subject = mail.unique_subject("after the rotation")
    send(relay, subject)
    assert relay.daemon.record_of(subject)
    assert message_count(path + ".1") == 1


def test_rotation_without_a_word(start_relay):
    """A file that is moved away under the daemon is noticed, or at least no record is lost."""
    relay = start_relay(CONFIG)
    path = relay.daemon.audit_path
    send(relay, "before")
    os.rename(path, path + ".1")
    send(relay, "between")
    relay.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists(path), "the audit file is opened anew")
    send(relay, "after")
    assert message_count(path + ".1") + message_count(path) == 3
