"""Mail handed in on the machine itself, with the sendmail command."""

import pytest

from harness import mail
from harness.postfix import Lane

CONFIG = "relay: { local_domains: [example.com] }"


@pytest.fixture(scope="module")
def local_relay(postfix, daemon_factory):
    relay = daemon_factory.make(CONFIG, lane=Lane(0, postfix.local_milter_port))
    relay.daemon.start()
    yield relay
    daemon_factory.release(relay)


def submit(postfix, sink, subject, *headers):
    """Hands a message in with these headers before its own, and waits until it has gone on."""
    content = mail.plain(subject).replace(b"\r", b"")
    content = b"".join(header.encode() + b"\n" for header in headers) + content
    assert postfix.submit_locally("web@mx.test.example", ["bob@example.net"], content).returncode == 0
    sink.wait_for(subject)


def test_a_php_script_is_named(postfix, sink, local_relay):
    subject = mail.unique_subject("php")
    submit(postfix, sink, subject, "X-PHP-Originating-Script: 1000:Contact.php")
    assert local_relay.daemon.record_of(subject)["user"] == "script:1000:contact.php"


def test_a_received_line_of_the_senders_own_proves_nothing(postfix, sink, local_relay):
    """Postfix hides its own Received: line from non_smtpd_milters, so the first one seen is the sender's."""
    subject = mail.unique_subject("forged")
    submit(postfix, sink, subject, "Received: by mx.test.example (Postfix, from userid 0)\n\tid 4X; today")
    record = local_relay.daemon.record_of(subject)
    assert (record["role"], record["user"]) == ("local", "local")


def test_local_mail_is_taken(postfix, sink, local_relay):
    """Postfix would be stuck with it if a recipient were refused: the role is local, and it may relay."""
    subject = mail.unique_subject("cron")
    done = postfix.submit_locally("root@mx.test.example", ["bob@example.net"], mail.plain(subject).replace(b"\r", b""))
    assert done.returncode == 0
    sink.wait_for(subject)
    record = local_relay.daemon.record_of(subject)
    assert record["role"] == "local"
    assert record["verdict"] == "accept"
