"""Several messages in a session, messages that break off, many sessions at once."""

import concurrent.futures

import pytest

from harness import mail
from harness.process import wait_until

CONFIG = "relay: { local_domains: [example.com] }"


def test_two_messages_in_one_session(relay):
    first, second = mail.unique_subject("first"), mail.unique_subject("second")
    with relay.submission() as client:
        assert client.message("ann@example.com", ["a@example.net", "b@example.net"], mail.plain(first)).code == 250
        assert client.message("ann@example.com", ["c@example.net"], mail.plain(second)).code == 250
    one, two = relay.daemon.record_of(first), relay.daemon.record_of(second)
    assert one["id"] != two["id"] and one["queue_id"] != two["queue_id"]
    assert [r["address"] for r in one["recipients"]] == ["a@example.net", "b@example.net"]
    assert [r["address"] for r in two["recipients"]] == ["c@example.net"]
    assert two["user"] == "ann@example.com"


def test_a_refusal_does_not_stain_the_next_message(relay):
    subject = mail.unique_subject("after a refusal")
    with relay.submission() as client:
        bad = mail.with_attachment("never", 'attachment; filename="setup.exe"')
        assert client.message("ann@example.com", ["bob@example.net"], bad).code == 550
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert record["attachments"] == []


def test_a_login_between_two_messages(relay):
    subject = mail.unique_subject("now logged in")
    with relay.outside() as client:
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain("never")).code == 550
        client.login("ann@example.com", "secret")
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert relay.daemon.record_of(subject)["role"] == "submission"


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "half a line"])
def test_connection_lost(relay, stage):
    """A message that breaks off is closed, and the next session finds nothing of it."""
    client = relay.submission()
    client.mail("ann@example.com")
    if stage != "mail":
        client.rcpt("lost@example.net")
    if stage in ("data", "half a line"):
        assert client.command("DATA").code == 354
        client.send("From: <ann@example.com>\r\nSubject: lost\r\n\r\nThe first line\r\nand ha")
    client.close()
    subject = mail.unique_subject("after the loss")
    with relay.submission() as other:
        assert other.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert len(relay.daemon.record_of(subject)["recipients"]) == 1


def test_reset_in_mid_message(relay):
    subject = mail.unique_subject("after reset")
    with relay.submission() as client:
        client.mail("ann@example.com")
        client.rcpt("forgotten@example.net")
        assert client.command("RSET").code == 250
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert [r["address"] for r in relay.daemon.record_of(subject)["recipients"]] == ["bob@example.net"]


def test_ehlo_in_mid_message(relay):
    subject = mail.unique_subject("after ehlo")
    with relay.submission() as client:
        client.mail("ann@example.com")
        client.rcpt("forgotten@example.net")
        client.ehlo()
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert [r["address"] for r in relay.daemon.record_of(subject)["recipients"]] == ["bob@example.net"]


@pytest.mark.threads
def test_many_sessions_at_once(relay):
    """Forty sessions of three messages each; every message has its one record with its own facts."""
    sessions, messages = 40, 3

    def session(number):
        subjects = [f"parallel {number} {n}" for n in range(messages)]
        with relay.submission() as client:
            for subject in subjects:
                recipient = subject.replace(" ", ".") + "@example.net"
                assert client.message("ann@example.com", [recipient], mail.plain(subject)).code == 250
        return subjects

    with concurrent.futures.ThreadPoolExecutor(sessions) as pool:
        subjects = [s for found in pool.map(session, range(sessions)) for s in found]
    for subject in subjects:
        record = relay.daemon.record_of(subject)
        assert [r["address"] for r in record["recipients"]] == [subject.replace(" ", ".") + "@example.net"]
    ids = [r["id"] for r in relay.daemon.records()]
    assert len(ids) == len(set(ids))


def test_descriptors_come_back(relay):
    before = relay.daemon.descriptor_count()
    clients = [relay.submission() for _ in range(10)]
    for client in clients:
        client.mail("ann@example.com")
    assert relay.daemon.descriptor_count() >= before + 10
    for client in clients:
        client.close()
    wait_until(lambda: relay.daemon.descriptor_count() <= before, "the sessions' descriptors are closed")
