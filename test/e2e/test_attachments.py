"""No attachment under a blocked name, however the name is written or wherever the part is nested."""

import base64

import pytest

from harness import mail

CONFIG = "relay: { local_domains: [example.com] }"


def send(relay, content):
    with relay.submission() as client:
        return client.message("ann@example.com", ["bob@example.net"], content)


@pytest.mark.parametrize("disposition, content_type, shown", [
    ('attachment; filename="setup.exe"', "application/octet-stream", "setup.exe"),
    ("attachment; filename=setup.exe", "application/octet-stream", "setup.exe"),
    ('attachment; filename="Setup.EXE"', "application/octet-stream", "setup.exe"),
    ("attachment", 'application/octet-stream; name="setup.scr"', "setup.scr"),
    ('inline; filename="report.pdf.pif"', "application/pdf", "report.pdf.pif"),
    ("attachment; filename*=utf-8''set%75p.e%78e", "application/octet-stream", "setup.exe"),
    ("attachment; filename*0=\"set\"; filename*1=\"up.e\"; filename*2=\"xe\"", "application/octet-stream",
     "setup.exe"),
    ("attachment;\r\n filename*1*=%78e;\r\n filename*0*=utf-8'de'setup.e", "application/octet-stream", ".exe"),
    ('attachment; filename="=?utf-8?B?c2V0dXAuZXhl?="', "application/octet-stream", "setup.exe"),
    ('attachment; filename="=?iso-8859-1?Q?set?= =?iso-8859-1?Q?up=2Eexe?="', "application/octet-stream", "setup.exe"),
    ('attachment; filename="harmless.txt"', 'application/octet-stream; name="setup.exe"', "setup.exe"),
    ('attachment; filename="setup.exe."', "application/octet-stream", "setup.exe"),
    ('attachment; filename="setup.exe  "', "application/octet-stream", "setup.exe"),
])
def test_blocked_names(relay, disposition, content_type, shown):
    subject = mail.unique_subject("blocked")
    reply = send(relay, mail.with_attachment(subject, disposition, content_type))
    assert reply.code == 550 and reply.enhanced.startswith("5.7."), reply
    assert shown in reply.text.lower()
    record = relay.daemon.record_for(reply)
    assert record["verdict"] == "reject"
    assert "blocked" in [a["outcome"] for a in record["attachments"]]
    assert relay.sink.find(subject) == []


@pytest.mark.parametrize("disposition", [
    'attachment; filename="report.pdf"',
    'attachment; filename="the.exe.pdf"',
    'attachment; filename="example.com.pdf"',
    "attachment; filename*=utf-8''%C3%9Cbersicht.xlsx",
    "attachment",
])
def test_honest_names(relay, disposition):
    subject = mail.unique_subject("honest")
    assert send(relay, mail.with_attachment(subject, disposition)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    relay.sink.wait_for(subject)


def test_prose_is_no_file(relay):
    subject = mail.unique_subject("about setup.exe")
    content = mail.plain(subject, body="See http://example.org/setup.exe and setup.exe\r\n")
    assert send(relay, content).code == 250


def nested(inner, content_type="message/rfc822", encoding=None):
    """A message that carries another one, as forwarding makes it."""
    if encoding == "base64":
        inner = base64.encodebytes(inner).replace(b"\n", b"\r\n")
    extra = f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    body = ("--outer\r\nContent-Type: text/plain\r\n\r\nForwarded.\r\n"
            f"--outer\r\nContent-Type: {content_type}\r\n{extra}\r\n").encode() + inner + b"\r\n--outer--\r\n"
    head = mail.plain("forwarded", body="",
                      extra='MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="outer"\r\n')
    return head + body


def test_forwarded_message_is_looked_into(relay):
    inner = mail.with_attachment("inner", 'attachment; filename="setup.exe"')
    reply = send(relay, nested(inner))
    assert reply.code == 550 and "setup.exe" in reply.text
    assert send(relay, nested(mail.with_attachment("inner", 'attachment; filename="notes.txt"'))).code == 250


def test_three_levels_deep(relay):
    inner = mail.with_attachment("inner", 'attachment; filename="setup.exe"')
    for _ in range(3):
        inner = nested(inner).replace(b"outer", b"outer" + str(len(inner)).encode())
    assert send(relay, inner).code == 550


def test_the_list_can_be_changed(start_relay):
    relay = start_relay(CONFIG + "\nattachments: { blocked: [iso] }")
    assert send(relay, mail.with_attachment("never", 'attachment; filename="disk.iso"')).code == 550
    assert send(relay, mail.with_attachment("fine", 'attachment; filename="setup.exe"')).code == 250


def test_monitor_records_what_it_would_have_done(start_relay):
    relay = start_relay(CONFIG + "\nattachments: { mode: monitor }")
    subject = mail.unique_subject("monitored")
    assert send(relay, mail.with_attachment(subject, 'attachment; filename="setup.exe"')).code == 250
    record = relay.daemon.record_of(subject)
    finding = next(f for f in record["findings"] if f["check"] == "attachments" and f["outcome"] == "fail")
    assert finding["mode"] == "monitor"
    assert "setup.exe" in record["attachments"][0]["path"]


def test_a_name_cannot_write_replies(relay):
    """What comes from the message is cleaned before it stands in an SMTP answer, and never ends the milter."""
    for name in ("a%s%n.exe", "bad\tname.exe", "=?utf-8?B?" + base64.b64encode(b"x\r\n250 ok\r\n.exe").decode() + "?="):
        reply = send(relay, mail.with_attachment("never", f'attachment; filename="{name}"'))
        assert reply.code == 550 and len(reply.lines) == 1, reply
        assert "Command rejected" not in reply.text
        assert relay.daemon.record_for(reply)["verdict"] == "reject"
