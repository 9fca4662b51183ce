"""NUL bytes in a message: nobody behind the MTA sees a file that closedrelay did not.

Milters get headers as C strings. Postfix cuts a header at its first NUL before it asks, and delivers it so; Sendmail
refuses NULs (RejectNUL), or without that drops them from headers before it asks. A body has its NULs for both.
"""

import email
import os
import tempfile

import pytest

from harness import mail
from harness.process import Process, free_port
from harness.smtp_client import SmtpClient

CONFIG = "relay: { local_domains: [example.com], trusted_networks: [127.0.0.8/32] }"

NAMED = "Content-Disposition: attachment; filename=evil.exe"
IN_HEADERS = {
    "in a value": NAMED.replace("attach", "atta\0ch"),
    "before a parameter": NAMED.replace(" filename", "\0 filename"),
    "in a parameter's name": NAMED.replace("filename", "file\0name"),
    "in a file's name": NAMED.replace("evil", "ev\0il"),
    "in an extension": NAMED.replace("exe", "e\0xe"),
    "in a folded line": NAMED.replace("; ", ";\r\n \0"),
    "before a folded line": NAMED.replace("; ", "\0;\r\n "),
    "in a header's name": NAMED.replace("-", "-\0"),
    "behind a header's name": NAMED.replace(":", "\0:"),
    "before a header": "\0" + NAMED,
    "in the type": "Content-Type: application/octet-\0stream; name=evil.exe",
}
IN_PLACES = ("message", "part", "forwarded message")


def message(place, line):
    """Single-part, or with the line in a part's own header; `line` comes first there."""
    subject = mail.unique_subject("nul")
    own = f"{line}\r\n" if line.startswith("Content-Type") else f"{line}\r\nContent-Type: application/octet-stream\r\n"
    if place == "message":
        return subject, mail.plain(subject, extra="MIME-Version: 1.0\r\n" + own)
    part = f"{own}\r\nHello\r\n"
    if place == "forwarded message":
        part = f"Content-Type: message/rfc822\r\n\r\nFrom: <a@b.example>\r\nMIME-Version: 1.0\r\n{part}"
    body = f"--limit\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--limit\r\n{part}\r\n--limit--\r\n"
    extra = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=limit\r\n"
    return subject, mail.plain(subject, body=body, extra=extra)


def has_program(content):
    """Whether Python's reader finds one, with the NULs as they are or without them."""
    readings = [email.message_from_bytes(content), email.message_from_bytes(content.replace(b"\0", b""))]
    return any((part.get_filename() or "").endswith(".exe") for reading in readings for part in reading.walk())


def expect_nothing_hidden(client, sink, place, line):
    """Refused, or what arrives has no program in it."""
    subject, content = message(place, line)
    assert has_program(content)
    reply = client.message("x@example.org", ["ann@example.com"], content)
    assert reply.code in (250, 550), reply
    if reply.code == 250:
        assert not has_program(sink.wait_for(subject)[0].content)
    else:
        assert reply.text.startswith("5.7.1 The attachment "), reply


# ---- Postfix ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", IN_HEADERS.values(), ids=IN_HEADERS)
@pytest.mark.parametrize("place", IN_PLACES)
def test_postfix(relay, place, line):
    with relay.outside() as client:
        expect_nothing_hidden(client, relay.sink, place, line)


def test_postfix_cuts_what_it_delivers(relay):
    subject, content = message("message", IN_HEADERS["in a value"])
    with relay.outside() as client:
        assert client.message("x@example.org", ["ann@example.com"], content).code == 250
    delivered = relay.sink.wait_for(subject)[0]
    assert delivered.has_line("Content-Disposition: atta") and b"evil" not in delivered.content


def test_a_body_keeps_its_nuls(relay):
    subject = mail.unique_subject("nul body")
    with relay.outside() as client:
        content = mail.plain(subject, body="Hello\0 there\r\n")
        assert client.message("x@example.org", ["ann@example.com"], content).code == 250
    assert relay.sink.wait_for(subject)[0].has_line("Hello\0 there")


# ---- Sendmail -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind(sendmail, daemon_factory):
    relay = daemon_factory.make(CONFIG, lane=sendmail.take_lane())
    relay.daemon.start()
    yield relay
    daemon_factory.release(relay)


@pytest.fixture(scope="module")
def lenient_port(sendmail, behind, workspace):
    """The port of another Sendmail, without RejectNUL, in front of the same daemon."""
    directory, port = tempfile.mkdtemp(prefix="lenient.", dir=workspace), free_port()
    os.chmod(directory, 0o755)
    os.mkdir(f"{directory}/spool", 0o700)
    with open(sendmail.cf, encoding="utf-8") as source:
        lines = source.read().replace("O RejectNUL=true\n", "").replace(sendmail.spool, f"{directory}/spool") \
            .replace(f"PidFile={sendmail.directory}", f"PidFile={directory}").splitlines()
    kept = [line.replace(f"Port={behind.smtp_port},", f"Port={port},") for line in lines
            if not line.startswith("O DaemonPortOptions") or f"Port={behind.smtp_port}," in line]
    with open(f"{directory}/sendmail.cf", "w", encoding="utf-8") as cf:
        cf.write("\n".join(kept) + "\n")
    process = Process(sendmail.command("-bD", cf=f"{directory}/sendmail.cf"), f"{directory}/output")
    process.wait_for_listener(("127.0.0.1", port))
    yield port
    process.stop()


@pytest.mark.parametrize("line", IN_HEADERS.values(), ids=IN_HEADERS)
def test_sendmail_refuses_them(behind, line):
    _, content = message("message", line)
    with SmtpClient(behind.smtp_port, source="127.0.0.7") as client:
        reply = client.message("x@example.org", ["ann@example.com"], content)
    assert f"{reply.code} {reply.text}" == "554 5.6.1 NUL byte not allowed"


@pytest.mark.parametrize("line", IN_HEADERS.values(), ids=IN_HEADERS)
@pytest.mark.parametrize("place", IN_PLACES)
def test_sendmail_without_that(lenient_port, sink, place, line):
    with SmtpClient(lenient_port, source="127.0.0.7") as client:
        expect_nothing_hidden(client, sink, place, line)
