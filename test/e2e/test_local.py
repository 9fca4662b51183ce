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


def test_local_mail_is_taken(postfix, sink, local_relay):
    """Postfix would be stuck with it if a recipient were refused: the role is local, and it may relay."""
    subject = mail.unique_subject("cron")
    done = postfix.submit_locally("root@mx.test.example", ["bob@example.net"], mail.plain(subject).replace(b"\r", b""))
    assert done.returncode == 0
    sink.wait_for(subject)
    record = local_relay.daemon.record_of(subject)
    assert record["role"] == "local"
    assert record["verdict"] == "accept"
