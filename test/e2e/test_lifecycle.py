"""Start, stop, signals, sockets and descriptors of the daemon."""

import grp
import os
import resource
import signal
import socket
import stat
import time

import pytest

from conftest import Relay
from harness import mail
from harness.daemon import Daemon, run
from harness.process import accepts_connections, wait_until

CONFIG = "relay: { local_domains: [example.com] }"


def send(relay, subject):
    with relay.submission() as client:
        return client.message("ann@example.com", ["bob@example.net"], mail.plain(subject))


def test_restart(start_relay):
    """While the daemon is away Postfix defers; afterwards mail flows again, in the same audit file."""
    relay = start_relay(CONFIG)
    assert send(relay, "before").code == 250
    relay.daemon.stop()
    with relay.smtp() as client:
        assert 400 <= client.mail("ann@example.com").code < 500
    relay.daemon.start()
    subject = mail.unique_subject("after")
    assert send(relay, subject).code == 250
    assert len(relay.daemon.records()) == 2


def test_sighup_does_not_stop_the_daemon(start_relay):
    """libmilter takes SIGHUP as a request to stop; ours is not libmilter's."""
    relay = start_relay(CONFIG)
    with relay.submission() as client:
        client.mail("ann@example.com")
        for _ in range(200):
            relay.daemon.process.send_signal(signal.SIGHUP)
        client.rcpt("bob@example.net")
        assert client.data(mail.plain(mail.unique_subject("hup"))).code == 250
    assert send(relay, "still there").code == 250


@pytest.mark.threads
@pytest.mark.parametrize("stage", ["mail", "data"])
def test_sigterm_drains(start_relay, stage):
    """An open message is served to its end, nobody new is let in, and the daemon then ends with 0."""
    relay = start_relay(CONFIG)
    subject = mail.unique_subject("drained")
    with relay.submission() as client:
        client.mail("ann@example.com")
        if stage == "data":
            client.rcpt("bob@example.net")
        relay.daemon.begin_stop()
        wait_until(lambda: not accepts_connections(relay.daemon.address), "the daemon takes nobody new")
        if stage == "mail":
            assert client.rcpt("bob@example.net").code == 250
        assert client.data(mail.plain(subject)).code == 250
        assert relay.daemon.process.is_running()
        client.quit()
    relay.daemon.finish_stop()
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


def test_stop_without_sessions_is_clean(start_relay):
    relay = start_relay(CONFIG)
    relay.daemon.stop()


def test_connections_that_say_nothing(start_relay):
    """Port checks reach libmilter's close callback with nothing before it."""
    relay = start_relay(CONFIG)
    for _ in range(50):
        socket.create_connection(relay.daemon.address).close()
    assert send(relay, "after the port checks").code == 250


def test_running_out_of_descriptors(start_relay):
    """libmilter's accept loop spins without descriptors left; the daemon must not come to that."""
    relay = start_relay(CONFIG)
    resource.prlimit(relay.daemon.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    clients = []
    for _ in range(120):
        client = socket.socket()
        client.settimeout(5)
        client.connect(relay.daemon.address)
        clients.append(client)
    begun, cpu = time.monotonic(), relay.daemon.cpu_seconds()
    wait_until(lambda: time.monotonic() > begun + 1, "a second has passed")
    spent = relay.daemon.cpu_seconds() - cpu
    for client in clients:
        client.close()
    assert spent < 0.5, f"{spent} s of CPU in a second without work"
    subject = mail.unique_subject("descriptors are back")
    wait_until(lambda: send(relay, subject).code == 250, "mail flows again")


# ---- unix sockets ----------------------------------------------------------------------------------------


@pytest.fixture
def socket_daemon(tmp_path):
    """Makes daemons that listen at a unix socket, without an MTA."""
    made = []

    def make(path=str(tmp_path / "milter.sock"), **options):
        directory = tmp_path / str(len(made))
        directory.mkdir()
        daemon = Daemon(str(directory), f"unix:{path}", path, CONFIG, **options)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        if daemon.process and daemon.process.is_running():
            daemon.stop()


def test_unix_socket_behind_postfix(postfix, sink, socket_daemon):
    """Postfix is let in by the socket's group."""
    daemon = socket_daemon(path=postfix.unix_lane.socket_path, process="user: root, syslog: false, socket_group: postfix")
    daemon.start()
    status = os.stat(daemon.address)
    assert stat.S_IMODE(status.st_mode) == 0o660
    assert status.st_gid == grp.getgrnam("postfix").gr_gid
    subject = mail.unique_subject("unix")
    assert send(Relay(daemon, postfix.unix_lane.smtp_port, sink), subject).code == 250
    assert daemon.record_of(subject)["verdict"] == "accept"


def test_stale_socket_is_replaced(socket_daemon):
    daemon = socket_daemon()
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(daemon.address)
    assert stat.S_ISSOCK(os.stat(daemon.address).st_mode)
    daemon.start()
    daemon.stop()
    assert not os.path.exists(daemon.address)


def test_live_socket_is_left_alone(socket_daemon):
    first = socket_daemon().start()
    second = socket_daemon()
    second.launch()
    assert second.process.wait() != 0
    assert first.address in second.output
    assert accepts_connections(first.address)


def test_what_is_no_socket_is_left_alone(socket_daemon):
    daemon = socket_daemon()
    with open(daemon.address, "w", encoding="utf-8") as precious:
        precious.write("precious")
    daemon.launch()
    assert daemon.process.wait() != 0
    with open(daemon.address, encoding="utf-8") as precious:
        assert precious.read() == "precious"


def test_socket_that_is_ours_no_longer_stays(socket_daemon):
    """A daemon that stops does not take its successor's socket away."""
    first = socket_daemon().start()
    os.unlink(first.address)
    second = socket_daemon().start()
    first.stop()
    assert accepts_connections(second.address)


# ---- the command -----------------------------------------------------------------------------------------


def test_bad_configuration_does_not_start(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("relay:\n  local_domans: [example.com]\n")
    done = run("serve", "-c", path)
    assert done.returncode == 78
    assert f"{path}:2:3: error: " in done.stderr
    assert "local_domains" in done.stderr


def test_missing_configuration_does_not_start(tmp_path):
    done = run("serve", "-c", tmp_path / "none.yaml")
    assert done.returncode == 78
    assert "none.yaml" in done.stderr
