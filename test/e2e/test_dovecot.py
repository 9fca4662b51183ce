"""Mail is read by IMAP, and for a while its reader may send from the same address: contrib/dovecot in a real Dovecot."""

import imaplib
import os
import pwd
import signal
import subprocess
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail
from harness.dovecot import ImapDovecot
from harness.process import wait_until

ANN = ("ann@example.com", "secret")


@pytest.fixture(scope="module")
def folder(workspace):
    path = tempfile.mkdtemp(prefix="imap.", dir=workspace)
    os.chmod(path, 0o755)
    return path


@pytest.fixture(scope="module")
def imap(folder):
    server = ImapDovecot(folder, dict([ANN]), f"{folder}/control.sock")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def relay(start_relay, folder, request):
    """One at a time: they share the place of the control socket. A parameter is the socket's group."""
    started = start_relay(f"control: unix:{folder}/control.sock\nrelay: {{ local_domains: [example.com] }}",
                          process=f"user: root, syslog: false, control_group: {getattr(request, 'param', 'dovecot')}")
    yield started
    started.daemon.stop()


def granted(folder):
    return daemon_module.run("allow", "--list", "--socket", f"{folder}/control.sock").stdout


def may_relay(relay, client):
    with relay.outside(client=client) as session:
        session.mail("ann@example.com")
        return session.rcpt("bob@example.net").code == 250


def test_who_reads_mail_may_send(relay, imap, folder):
    reader, guesser, neighbour = "203.0.113.77", "203.0.113.78", "203.0.113.79"
    assert not may_relay(relay, reader)
    with pytest.raises(imaplib.IMAP4.error):
        imap.log_in(guesser, ANN[0], "wrong")
    imap.log_in("127.0.0.1", *ANN)
    imap.log_in(reader, *ANN)
    wait_until(lambda: reader in granted(folder), "the login is known")
    subject = mail.unique_subject("after imap")
    with relay.outside(client=reader) as client:
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["user"]) == ("trusted", "ann@example.com")
    assert not may_relay(relay, guesser) and not may_relay(relay, neighbour)
    listed = granted(folder)
    assert "ann@example.com  dovecot imap" in listed
    assert guesser not in listed and "127.0.0.1" not in listed


def test_mail_is_read_while_the_daemon_is_away(imap, folder):
    assert not daemon_module.run("status", "--socket", f"{folder}/control.sock").returncode == 0
    for _ in range(3):
        imap.log_in("203.0.113.80", *ANN)


def test_a_daemon_that_hangs_holds_up_nobody(relay, imap, folder):
    """The user's connection ends with the session and not with the question."""
    relay.daemon.process.child.send_signal(signal.SIGSTOP)
    try:
        session = imap.imap("203.0.113.81")
        session.login(*ANN)
        session.send(b"x LOGOUT\r\n")
        while session.readline():
            pass
        assert "203.0.113.81" not in relay.daemon.output
    finally:
        relay.daemon.process.child.send_signal(signal.SIGCONT)
    wait_until(lambda: "203.0.113.81" in granted(folder), "the question is answered late")


@pytest.mark.parametrize("relay, status, said", [
    ("dovecot", 0, ""),
    ("mail", 77, "only root, the daemon's user and the members of daemon.control_group"),
], indirect=["relay"])
def test_dovecots_user_is_in_the_group_of_the_socket(relay, imap, folder, status, said):
    user = pwd.getpwnam("dovecot")
    done = subprocess.run([imap.program, "allow", "203.0.113.82", "--socket", f"{folder}/control.sock"], text=True,
                          capture_output=True, check=False, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    assert done.returncode == status and said in done.stderr, done
    imap.log_in("203.0.113.83", *ANN)
    if status == 0:
        wait_until(lambda: "203.0.113.83" in granted(folder), "the login is known")
    assert may_relay(relay, "203.0.113.82") == (status == 0)
