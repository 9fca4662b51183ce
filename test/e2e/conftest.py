"""The servers that the end-to-end tests share, and the daemons that each test starts for itself."""

import os
import shutil
import signal
import tempfile

import pytest

from harness.daemon import Daemon
from harness.doctor import Doctor
from harness.dovecot import Dovecot
from harness.milter_client import MilterClient
from harness import provider as hosting
from harness.postfix import Postfix
from harness.process import free_port
from harness.rbldnsd import Rbldnsd
from harness.sendmail import Sendmail, SendmailMissing, fetch
from harness.sink import Sink
from harness.smtp_client import SmtpClient

USERS = {"ann@example.com": "secret", "ann+tag@example.com": "secret", "Carl%example.com": "secret", "dora": "secret",
         "newsletter@example.com": "secret", "shop@example.org": "secret"}
USERS_OF_SENDMAIL = {name: password for name, password in USERS.items() if "@" in name}
ANN = ("ann@example.com", "secret")


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: worth a run with the thread sanitizer as well")
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def workspace():
    """A directory that Postfix' processes can enter; kept when CLOSEDRELAY_KEEP is set."""
    directory = tempfile.mkdtemp(prefix="closedrelay-e2e.")
    os.chmod(directory, 0o755)
    yield directory
    if os.environ.get("CLOSEDRELAY_KEEP"):
        print(f"\nkept: {directory}")
    else:
        shutil.rmtree(directory)


def _subdirectory(workspace, name):
    path = tempfile.mkdtemp(prefix=f"{name}.", dir=workspace)
    os.chmod(path, 0o755)
    return path


@pytest.fixture(scope="session")
def sink():
    server = Sink(free_port())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dovecot(workspace):
    server = Dovecot(_subdirectory(workspace, "dovecot"), USERS)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rbldnsd(workspace):
    server = Rbldnsd(_subdirectory(workspace, "rbldnsd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postfix(workspace, sink, dovecot):
    server = Postfix(_subdirectory(workspace, "postfix"), sink.port, dovecot.sasl_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def provider(workspace, sink, rbldnsd, postfix):
    """The hosting provider of docs/hosting.md. A test that changes it puts it back."""
    made, stop = hosting.start(workspace, sink, rbldnsd, postfix)
    yield made
    stop()


@pytest.fixture(scope="session")
def sendmail(workspace, sink):
    try:
        root = fetch()
    except SendmailMissing as reason:
        pytest.skip(f"no Sendmail: {reason}")
    server = Sendmail(_subdirectory(workspace, "sendmail"), root, sink.port, USERS_OF_SENDMAIL)
    try:
        server.start()
        yield server
    finally:
        server.stop()


class Relay:
    """One daemon and the SMTP port in front of it."""

    def __init__(self, daemon, smtp_port, sink):
        self.daemon = daemon
        self.smtp_port = smtp_port
        self.sink = sink

    def smtp(self, **options):
        return SmtpClient(self.smtp_port, **options)

    def submission(self, **options):
        """A session of the user ann, from an address outside."""
        return SmtpClient(self.smtp_port, client="203.0.113.5", login=ANN, **options)

    def outside(self, client="203.0.113.7", **options):
        return SmtpClient(self.smtp_port, client=client, **options)


@pytest.fixture(scope="session")
def stopping(workspace):
    """Daemons that were told to stop: they drain while other tests run, and must all have ended well."""
    daemons = []
    yield daemons
    problems = []
    for daemon in daemons:
        try:
            daemon.finish_stop()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def daemon_factory(workspace, postfix, sink, stopping):
    """Starts daemons; whoever asks for one gives it back through `release`."""

    class Factory:
        def make(self, config="", lane=None, **options):
            lane = lane or postfix.take_lane()
            directory = _subdirectory(workspace, "daemon")
            daemon = Daemon(directory, f"inet:{lane.milter_port}@127.0.0.1", ("127.0.0.1", lane.milter_port),
                            config, **options)
            return Relay(daemon, lane.smtp_port, sink)

        def release(self, relay):
            if relay.daemon.process is not None:
                relay.daemon.begin_stop()
                stopping.append(relay.daemon)

    return Factory()


@pytest.fixture
def start_relay(daemon_factory):
    """start_relay(CONFIG): a daemon of the test's own behind a port of Postfix'."""
    started = []

    def start(config="", **options):
        relay = daemon_factory.make(config, **options)
        started.append(relay)
        relay.daemon.start()
        return relay

    yield start
    for relay in started:
        daemon_factory.release(relay)


@pytest.fixture(scope="module")
def relay(request, daemon_factory):
    """The daemon that the tests of a file share, started with the file's CONFIG."""
    config = getattr(request.module, "CONFIG", "")
    if callable(config):
        config = config(request.getfixturevalue("rbldnsd"))
    relay = daemon_factory.make(config)
    relay.daemon.start()
    yield relay
    daemon_factory.release(relay)


@pytest.fixture
def milter():
    """milter(relay, ...): the milter protocol spoken to a daemon directly, without an MTA."""
    clients = []

    def connect(relay, **options):
        clients.append(MilterClient(relay.daemon.address, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def doctor(tmp_path):
    """`closedrelay doctor`, its files in a directory of the test's own."""
    return Doctor(tmp_path)
