"""The same policy behind Sendmail, where it does things its own way."""

import re

import pytest

from harness import daemon, mail
from harness.process import wait_until
from harness.sendmail import HOST
from harness.smtp_client import SmtpClient

CONFIG = "relay: { local_domains: [example.com], trusted_networks: [127.0.0.8/32] }\nsize: { limit: 1MB }"
ANN = ("ann@example.com", "secret")
OUTSIDE, TRUSTED = "127.0.0.7", "127.0.0.8"


class Behind:
    """One daemon behind a port of Sendmail's."""

    def __init__(self, relay):
        self.daemon, self.sink, self.port = relay.daemon, relay.sink, relay.smtp_port

    def outside(self, source=OUTSIDE, **options):
        return SmtpClient(self.port, source=source, **options)

    def submission(self):
        return self.outside(login=ANN)


@pytest.fixture
def start_behind(sendmail, start_relay):
    return lambda config=CONFIG, lane=None: Behind(start_relay(config, lane=lane or sendmail.take_lane()))


@pytest.fixture(scope="module")
def behind(sendmail, daemon_factory):
    relay = daemon_factory.make(CONFIG, lane=sendmail.take_lane())
    relay.daemon.start()
    yield Behind(relay)
    daemon_factory.release(relay)


def addresses(count):
    return [f"user{n}@example.net" for n in range(1, count + 1)]


# ---- roles --------------------------------------------------------------------------------------------------


def test_outside_is_refused_with_help(behind):
    with behind.outside() as client:
        assert client.mail("ann@example.com", "AUTH=ann@example.com").code == 250
        reply = client.rcpt("bob@example.net")
        client.quit()
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
    record = behind.daemon.record_for(reply)
    assert (record["role"], record["client"]["ip"]) == ("outside", OUTSIDE)


def test_outside_reaches_local_domains(behind):
    subject = mail.unique_subject("sm incoming")
    with behind.outside() as client:
        assert client.message("someone@example.org", ["ann@example.com"], mail.plain(subject)).code == 250
    behind.sink.wait_for(subject)


def test_trusted_network_may_relay(behind):
    subject = mail.unique_subject("sm trusted")
    with behind.outside(source=TRUSTED) as client:
        assert client.message("app@example.org", ["bob@example.net"], mail.plain(subject)).code == 250
    assert behind.daemon.record_of(subject)["role"] == "trusted"


@pytest.mark.parametrize("login", ["ann@example.com", "ann+tag@example.com"])
def test_login_may_relay(behind, login):
    """Sendmail writes the second as ann+2Btag@example.com, in xtext; its user is the first."""
    subject = mail.unique_subject("sm login")
    with behind.outside(login=(login, "secret")) as client:
        reply = client.message("ann@example.com", ["bob@example.net"], mail.plain(subject))
    assert reply.code == 250
    record = behind.daemon.record_of(subject)
    assert (record["role"], record["user"]) == ("submission", "ann@example.com")
    assert record["queue_id"] in reply.text


def test_the_log_tells_of_the_login(behind, sendmail, tmp_path):
    """`learn` reads what Sendmail logs, as a syslog daemon writes it."""
    with behind.outside(login=ANN) as client:
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(mail.unique_subject("logged"))).code == 250
    log, config = tmp_path / "mail.log", tmp_path / "learn.yaml"
    config.write_text(f"state: {tmp_path}\ncontrol: ''\n")

    def learnt():
        log.write_text("".join(re.sub(r"^<\d+>(.{15}) ", r"\1 mx ", line).rstrip("\n\0") + "\n" for line in sendmail.log.lines))
        done = daemon.run("learn", "--config", str(config), str(log))
        assert done.returncode == 0, done.stderr
        return "ann@example.com  from 127.0.0.0/24" in done.stdout

    wait_until(learnt, "the delivery is in the log")


def test_a_failed_login_gives_no_role(behind):
    with behind.outside() as client:
        assert client.command("AUTH PLAIN AGFubkBleGFtcGxlLmNvbQB3cm9uZw==").code == 535
        client.mail("ann@example.com")
        assert client.rcpt("bob@example.net").code == 550


def test_mail_handed_in_on_standard_input(sendmail, start_relay):
    """`sendmail -bs` tells no address at all: the role is local, and recipients are not refused."""
    relay = start_relay("relay: { local_domains: [example.com] }", lane=sendmail.local_lane)
    subject = mail.unique_subject("sm cron")
    lines = [f"EHLO {HOST}".encode(), b"MAIL FROM:<root@sm.test.example>", b"RCPT TO:<bob@example.net>", b"DATA",
             mail.plain(subject) + b".", b"QUIT"]
    replies = sendmail.speak_locally(lines)
    assert [reply[:3] for reply in replies] == ["220", "250", "250", "250", "354", "250", "221"], replies
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["verdict"]) == ("local", "accept")
    assert record["client"]["ip"] in (None, "")
    relay.sink.wait_for(subject)


def test_every_old_form_is_refused(start_behind):
    """The Sendmail of these tests relays for everybody: every refusal but that of bad syntax is closedrelay's."""
    relay = start_behind("relay: { local_domains: [example.com], trusted_networks: [] }")
    done = daemon.run("relaytest", "--domain", "example.com", f"127.0.0.1:{relay.port}")
    assert "closed to strangers" in done.stdout, done.stdout
    assert f"{HOST} [127.0.0.1]" in done.stdout
    assert done.returncode == 0


# ---- checks -------------------------------------------------------------------------------------------------


def test_the_thirty_first_recipient_refuses_the_message(behind):
    """At RCPT and at the end, never at DATA."""
    subject = mail.unique_subject("sm thirty-one")
    with behind.submission() as client:
        client.mail("ann@example.com")
        replies = [client.rcpt(recipient) for recipient in addresses(31)]
        assert [r.code for r in replies] == [250] * 30 + [550]
        assert replies[-1].enhanced == "5.5.3"
        assert client.command("DATA").code == 354
        final = client.content(mail.plain(subject))
        assert (final.code, final.enhanced) == (550, "5.5.3")
        client.quit()
    assert len(behind.daemon.record_for(final)["recipients"]) == 31
    assert behind.sink.find(subject) == []


def test_a_declared_size_is_refused_at_once(behind):
    with behind.submission() as client:
        reply = client.mail("ann@example.com", "SIZE=1100000")
    assert (reply.code, reply.enhanced) == (552, "5.3.4")


def test_an_undeclared_size_is_refused_at_the_end(behind):
    with behind.submission() as client:
        reply = client.message("ann@example.com", ["bob@example.net"], mail.of_size("sm too large", 1000001))
        assert (reply.code, reply.enhanced) == (552, "5.3.4")
        subject = mail.unique_subject("sm just fits")
        assert client.message("ann@example.com", ["bob@example.net"], mail.of_size(subject, 1000000)).code == 250


def test_an_attachment_is_refused_by_name(behind):
    """The reply names the file; its % signs, which Sendmail would take for a format, arrive as they are."""
    with behind.submission() as client:
        content = mail.with_attachment("sm attachment", 'attachment; filename="100%s.exe"')
        reply = client.message("ann@example.com", ["bob@example.net"], content)
        assert reply.code == 550
        assert "100%s.exe" in reply.text
        client.quit()
    assert behind.daemon.record_for(reply)["attachments"][0]["path"] == "100%s.exe"


def test_the_sender_belongs_to_the_login(behind):
    with behind.submission() as client:
        reply = client.mail("ceo@example.org")
        if reply.code == 250:
            reply = client.rcpt("bob@example.net")
    assert (reply.code, reply.enhanced) == (553, "5.7.1")


# ---- hold and drop ------------------------------------------------------------------------------------------


def test_mail_on_hold_is_quarantined(sendmail, start_behind):
    relay = start_behind(CONFIG + "\nattachments: { ambiguous: hold, uninspectable: hold }")
    subject = mail.unique_subject("sm hold")
    content = mail.with_attachment(subject, 'attachment; filename="a.zip"', data=b"PK\3\4 but no archive" * 3)
    with relay.submission() as client:
        reply = client.message("ann@example.com", ["bob@example.net"], content)
    assert reply.code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "hold"
    held = wait_until(lambda: sendmail.quarantined().get(record["queue_id"]), "the message is in quarantine")
    assert record["id"] in held or "a.zip" in held
    assert relay.sink.find(subject) == []


def test_dropped_recipients_do_not_get_it(start_behind):
    relay = start_behind(CONFIG + "\nrecipients: { limit: 3, excess: drop }")
    subject = mail.unique_subject("sm drop")
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert [client.rcpt(recipient).code for recipient in addresses(5)] == [250] * 5
        assert client.data(mail.plain(subject)).code == 250
    delivered = wait_until(lambda: relay.sink.find(subject), "the message arrives")
    assert sorted(r for m in delivered for r in m.recipients) == addresses(3)
    actions = {r["address"]: r["action"] for r in relay.daemon.record_of(subject)["recipients"]}
    assert [actions[a] for a in addresses(5)] == ["accept"] * 3 + ["drop"] * 2


# ---- sessions -----------------------------------------------------------------------------------------------


def test_messages_of_one_session_are_apart(behind):
    first, second = mail.unique_subject("sm first"), mail.unique_subject("sm second")
    with behind.submission() as client:
        client.mail("ann@example.com")
        client.rcpt("forgotten@example.net")
        assert client.command("RSET").code == 250
        assert client.message("ann@example.com", ["a@example.net"], mail.plain(first)).code == 250
        bad = mail.with_attachment("never", 'attachment; filename="setup.exe"')
        assert client.message("ann@example.com", ["b@example.net"], bad).code == 550
        assert client.message("ann@example.com", ["c@example.net"], mail.plain(second)).code == 250
    one, two = behind.daemon.record_of(first), behind.daemon.record_of(second)
    assert [r["address"] for r in one["recipients"]] == ["a@example.net"]
    assert [r["address"] for r in two["recipients"]] == ["c@example.net"]
    assert one["queue_id"] != two["queue_id"] and one["id"] != two["id"]


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_lost_connection_leaves_nothing_behind(behind, stage):
    client = behind.submission()
    client.mail("ann@example.com")
    client.rcpt("lost@example.net")
    if stage == "data":
        client.command("DATA")
        client.send("Subject: lost\r\n\r\nhalf a li")
    client.close()
    subject = mail.unique_subject("sm after the loss")
    with behind.submission() as other:
        assert other.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert len(behind.daemon.record_of(subject)["recipients"]) == 1


# ---- when the milter is away, and what doctor says to that --------------------------------------------------


def test_with_f_t_mail_waits(sendmail):
    """No daemon is behind this lane."""
    with SmtpClient(sendmail.take_lane().smtp_port, source=OUTSIDE) as client:
        assert client.mail("someone@example.org").code == 451


def test_without_f_mail_passes_and_doctor_says_so(sendmail, sink, tmp_path):
    subject = mail.unique_subject("sm open")
    with SmtpClient(sendmail.open_lane.smtp_port, source=OUTSIDE) as client:
        assert client.message("someone@example.org", ["bob@example.net"], mail.plain(subject)).code == 250
    sink.wait_for(subject)
    path = tmp_path / "policy.yaml"
    path.write_text(f"listen: inet:{sendmail.open_lane.milter_port}@127.0.0.1\ndnsbl: {{ lists: [] }}\n")
    source = tmp_path / "sendmail.mc"
    with open(f"{sendmail.directory}/sendmail.mc", encoding="utf-8") as mc:
        source.write_text(mc.read().replace("`confINPUT_MAIL_FILTERS', `lane0'", "`confINPUT_MAIL_FILTERS', `lane-open'"))
    sendmail.make_cf(str(source), str(tmp_path / "sendmail.cf"))
    done = daemon.run("doctor", "-c", path, "--sendmail-cf", tmp_path / "sendmail.cf")
    assert done.returncode == 1
    assert "PROBLEM   mail is accepted when closedrelay does not answer (no F=T)" in done.stdout
    assert "FEATURE(`promiscuous_relay') opens the relay" in done.stdout
