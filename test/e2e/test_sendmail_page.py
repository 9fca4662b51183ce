"""What docs/sendmail.md says and no other file shows: when the milter is away, what differs from Postfix, what the mail
log has."""

import os
import re
import signal
import socket
import subprocess

import pytest

from harness import mail
from harness.daemon import incident_ids
from harness.process import wait_until
from harness.smtp_client import SmtpClient

CONFIG = "relay: { local_domains: [example.com], trusted_networks: [127.0.0.8/32] }"
OUTSIDE, TRUSTED = "127.0.0.7", "127.0.0.8"
PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "sendmail.md")


@pytest.fixture(scope="module")
def behind(sendmail, daemon_factory):
    relay = daemon_factory.make(CONFIG, lane=sendmail.take_lane())
    relay.daemon.start()
    yield relay
    daemon_factory.release(relay)


def outside(lane):
    return SmtpClient(lane.smtp_port, source=OUTSIDE)


def wait_for_log(sendmail, words):
    wait_until(lambda: [line for line in sendmail.log.lines if re.search(words, line)], f"the log has '{words}'")


def documented_messages():
    """The left column of the table of log messages."""
    with open(PAGE, encoding="utf-8") as page:
        table = page.read().partition("## When Sendmail complains")[2]
    return re.findall(r"^\| `([^`]*)`", table, re.MULTILINE)


# ---- when the milter is away --------------------------------------------------------------------------------


def test_f_t_asks_to_come_again(sendmail):
    with outside(sendmail.take_lane()) as client:
        reply = client.mail("someone@example.org")
    assert f"{reply.code} {reply.text}" == "451 4.3.2 Please try again later"


def test_f_r_refuses_for_good(sendmail):
    with outside(sendmail.hard_lane) as client:
        assert client.mail("someone@example.org").code == 550


def test_f_4_hangs_up(sendmail):
    with socket.create_connection(("127.0.0.1", sendmail.hangup_lane.smtp_port), timeout=30) as client:
        stream = client.makefile("rb")
        assert stream.readline().startswith(b"421 ")
        assert stream.read() == b""


def test_after_one_late_answer_it_asks_no_more(sendmail, start_relay):
    """A daemon that is stopped and goes on: the session is lost, the next one is not."""
    relay = start_relay(CONFIG, lane=sendmail.hasty_lane)
    with outside(sendmail.hasty_lane) as client:
        assert client.mail("someone@example.org").code == 250
        client.command("RSET")
        relay.daemon.process.send_signal(signal.SIGSTOP)
        try:
            assert client.mail("someone@example.org").code == 451
        finally:
            relay.daemon.process.send_signal(signal.SIGCONT)
        client.command("RSET")
        assert client.mail("someone@example.org").code == 451
    with outside(sendmail.hasty_lane) as client:
        assert client.mail("someone@example.org").code == 250
        assert client.rcpt("bob@example.net").code == 550
    wait_for_log(sendmail, r"Milter \(lane-hasty\): to error state")


# ---- limits of its own --------------------------------------------------------------------------------------


def test_its_own_size_limit_comes_first(sendmail, behind):
    with outside(behind) as client:
        reply = client.mail("someone@example.org", "SIZE=200000000")
    assert reply.code == 552
    assert incident_ids(reply.text) == []


def content_with(behind, body):
    with outside(behind) as client:
        client.mail("someone@example.org")
        client.rcpt("ann@example.com")
        assert client.command("DATA").code == 354
        client.send(mail.plain(mail.unique_subject("sm smuggled"), body="") + body + b"\r\n.\r\n")
        return client.read_reply()


@pytest.mark.parametrize("body, code", [(b"a\0b", 554), (b"a\nb", 421), (b"a\rb", 421), (b"a b", 250)])
def test_ways_of_smuggling_are_closed(behind, body, code):
    reply = content_with(behind, body)
    assert reply.code == code, reply


def test_too_much_header(sendmail, behind):
    lines = "".join(f"X-Filler-{n}: {'x' * 900}\r\n" for n in range(40))
    with outside(behind) as client:
        reply = client.message("someone@example.org", ["ann@example.com"], mail.plain("sm headers", extra=lines))
    assert reply.code == 552


# ---- what is different from Postfix -------------------------------------------------------------------------


def test_the_queue_id_is_known_at_the_first_refusal(behind):
    with outside(behind) as client:
        client.mail("someone@example.org")
        reply = client.rcpt("bob@example.net")
        client.quit()
    record = behind.daemon.record_for(reply)
    assert re.fullmatch(r"\w{14}", record["queue_id"])


def test_there_is_no_xclient(behind):
    with outside(behind) as client:
        assert not any(line.startswith("XCLIENT") for line in client.features)
        assert client.command("XCLIENT ADDR=127.0.0.8").code == 500
        client.mail("someone@example.org")
        assert client.rcpt("bob@example.net").code == 550


def test_a_port_without_closedrelay(sendmail, sink):
    """InputMailFilters= of a port: this one has none. (The Sendmail of these tests relays for everybody.)"""
    subject = mail.unique_subject("sm bare")
    with outside(sendmail.bare_lane) as client:
        assert client.message("someone@example.org", ["bob@example.net"], mail.plain(subject)).code == 250
    sink.wait_for(subject)


def test_what_is_on_hold_can_be_seen_and_freed(sendmail, start_relay):
    relay = start_relay(CONFIG + "\nattachments: { ambiguous: hold, uninspectable: hold }", lane=sendmail.take_lane())
    subject = mail.unique_subject("sm freed")
    content = mail.with_attachment(subject, 'attachment; filename="a.zip"', data=b"PK\3\4 but no archive" * 3)
    with SmtpClient(relay.smtp_port, source=TRUSTED) as client:
        assert client.message("app@example.org", ["bob@example.net"], content).code == 250
    record = relay.daemon.record_of(subject)
    listed = sendmail.run("-bp", "-qQ")
    assert record["queue_id"] in listed and "QUARANTINE: " in listed and record["id"] in listed
    sendmail.run("-Q", "-qQ", f"-qI{record['queue_id']}")
    assert record["queue_id"] not in sendmail.quarantined()
    sendmail.run(f"-qI{record['queue_id']}")
    relay.sink.wait_for(subject)


# ---- its log ------------------------------------------------------------------------------------------------


def start_with_unsafe_socket(sendmail, directory):
    """Sendmail with a filter's socket below /tmp, where anybody may write: what it says, and its exit status."""
    source = directory / "unsafe.mc"
    with open(f"{sendmail.directory}/sendmail.mc", encoding="utf-8") as mc:
        socket = f"inet:{sendmail.hard_lane.milter_port}@127.0.0.1"
        source.write_text(mc.read().replace(socket, f"local:{sendmail.directory}/milter.sock"))
    cf = str(directory / "unsafe.cf")
    sendmail.make_cf(str(source), cf)
    return subprocess.run(sendmail.command("-bD", cf=cf), capture_output=True, text=True, check=False, timeout=60)


def test_every_message_of_the_table_is_sendmails(sendmail, tmp_path):
    """Each is provoked: by a milter that is away and by an unsafe path here, by a late answer above."""
    with outside(sendmail.take_lane()) as client:
        assert client.mail("someone@example.org").code == 451
    assert start_with_unsafe_socket(sendmail, tmp_path).returncode != 0
    messages = documented_messages()
    assert len(messages) == 3
    for message in messages:
        wait_for_log(sendmail, re.escape(message).replace("closedrelay", r"lane[-\w]*").replace("…", ".*"))
