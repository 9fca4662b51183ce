"""The ways to be allowed to relay that need more of Sendmail than test_sendmail.py: each as it is meant and faked."""

import os

import pytest

from harness import daemon as daemon_module
from harness import mail
from harness.certificates import fingerprint
from harness.process import wait_until
from harness.relaying import may_relay, relayed
from harness.smtp_client import SmtpClient

CONFIG = """
control: unix:{dir}/control.sock
relay:
  local_domains: [example.com]
  trusted_networks: []
  trusted_certificates: [CN=relay.branch.example, "sha256:{fingerprint}"]
  local_daemons: [{local}]
overrides:
  - {{ when: {{ user: "uid:daemon" }}, recipients: {{ limit: 1 }} }}
"""

OUTSIDE = "127.0.0.7"
NOBODY, DAEMON = 65534, 1


class Roles:
    """One daemon behind two ports of Sendmail's: one for mail of this machine, one for the rest."""

    def __init__(self, sendmail, relay, local, public, directory):
        self.sendmail, self.daemon, self.sink = sendmail, relay.daemon, relay.sink
        self.local, self.public, self.directory = local, public, directory

    def outside(self, source=OUTSIDE):
        return SmtpClient(self.public.smtp_port, source=source)

    def allow(self, *words):
        wait_until(lambda: (self.directory / "control.sock").exists(), "the control socket")
        return daemon_module.run("allow", *words, "--socket", self.directory / "control.sock")

    def submit(self, subject, recipients, *headers, uid=0, status=0, options=("-f", "web@example.com")):
        content = b"".join(headers) + mail.plain(subject).replace(b"\r", b"")
        done = self.sendmail.submit(self.local, [*options, "--", *recipients], content, uid)
        assert (done.returncode, done.stdout) == (status, b""), done
        return self.daemon.record_of(subject)


@pytest.fixture(scope="module")
def listed_certificate(sendmail):
    """The one whose fingerprint is in trusted_certificates."""
    return sendmail.authority.make("listed", "/O=Branch/CN=printer.branch.example")


@pytest.fixture(scope="module")
def roles(sendmail, daemon_factory, tmp_path_factory, listed_certificate):
    directory = tmp_path_factory.mktemp("roles")
    local, public = sendmail.users_lane, sendmail.public_lane
    digits = fingerprint(listed_certificate[0])
    relay = daemon_factory.make(CONFIG.format(dir=directory, local=local.name, fingerprint=digits), lane=public)
    relay.daemon.start()
    yield Roles(sendmail, relay, local, public, directory)
    daemon_factory.release(relay)


def role_of(record):
    reason = next(f["reason"] for f in record["findings"] if f["check"] == "relay")
    return record["role"], record["user"], reason


# ---- a certificate ------------------------------------------------------------------------------------------


def test_a_certificate_by_its_name(roles, sendmail):
    certificate = sendmail.authority.make("branch", "/O=Branch/CN=relay.branch.example")
    with roles.outside() as client:
        client.starttls(certificate)
        record = relayed(roles, client, "sm certificate")
    assert role_of(record) == ("trusted", "CN=relay.branch.example", "trusted_certificate")
    assert record["tls"]["cert_subject"] == "/O=Branch/CN=relay.branch.example"
    assert record["tls"]["cert_verified"] is True


def test_a_certificate_by_its_fingerprint(roles, listed_certificate):
    """Which Sendmail tells as SHA-256 where CertFingerprintAlgorithm says so."""
    with roles.outside() as client:
        client.starttls(listed_certificate)
        record = relayed(roles, client, "sm fingerprint")
    assert role_of(record) == ("trusted", f"sha256:{fingerprint(listed_certificate[0])}", "trusted_certificate")


@pytest.mark.parametrize("subject, signed", [
    ("/CN=relay.branch.example", False),
    ("/CN=other.branch.example", True),
    ("/O=Branch/CN=printer.branch.example", True),
    ("/O=x\\/CN=relay.branch.example", True),
    ("/O=x\\/CN=relay.branch.example/CN=evil", True),
    ("/CN=relay.branch.example/CN=evil", True),
    ("/CN=relay.branch.example\\/CN=evil", True),
    ("/CN=relay.branch.example\\+2Eevil", True),
])
def test_a_wrong_certificate(roles, sendmail, subject, signed):
    """The listed name by nobody we know; others by whom we know: not listed, listed by the fingerprint of another
    certificate, and names that only look like the listed one where a subject is written as text."""
    certificate = sendmail.authority.make("wrong", subject, signed)
    with roles.outside() as client:
        client.starttls(certificate)
        assert not may_relay(client)


def test_no_certificate(roles):
    with roles.outside() as client:
        client.starttls()
        assert not may_relay(client)


def test_a_certificate_is_no_certificate_of_the_next_session(roles, sendmail):
    certificate = sendmail.authority.make("branch", "/CN=relay.branch.example")
    with roles.outside() as client:
        client.starttls(certificate)
        assert may_relay(client)
    with roles.outside() as client:
        assert not may_relay(client)


# ---- a recent login -----------------------------------------------------------------------------------------


def test_a_recent_login(roles):
    address = "127.0.0.50"
    with roles.outside(source=address) as client:
        assert not may_relay(client)
        done = roles.allow(address, "--user", "Ann@example.com", "--for", "10m", "--reason", "imap login")
        assert done.returncode == 0, done.stderr
        record = relayed(roles, client, "sm recent")
        with roles.outside(source="127.0.0.51") as neighbour:
            assert not may_relay(neighbour)
        assert roles.allow("--remove", address).returncode == 0
        assert not may_relay(client)
    assert role_of(record) == ("trusted", "ann@example.com", "recent_login")


def test_an_expired_login(roles):
    address = "127.0.0.52"
    assert roles.allow(address, "--for", "1s").returncode == 0
    with roles.outside(source=address) as client:
        wait_until(lambda: not may_relay(client), "the grant is over")


# ---- the machine itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize("uid, user", [(0, "uid:root"), (NOBODY, "uid:nobody")])
def test_the_command_names_who_started_it(roles, uid, user):
    """The command hands mail to a daemon over 127.0.0.1; a Received: line of the sender's own stands below Sendmail's."""
    subject = mail.unique_subject("sm uid")
    record = roles.submit(subject, ["bob@example.net"], b"Received: (from eve@localhost)\n\tby sm.test.example id 1; today\n",
                          uid=uid)
    assert role_of(record) == ("local", user, "handed_in_locally")
    roles.sink.wait_for(subject)


def test_a_number_without_a_name_is_not_served(roles):
    done = roles.sendmail.submit(roles.local, ["bob@example.net"], mail.plain("sm number"), uid=54321)
    assert (done.returncode, done.stdout) == (os.EX_SOFTWARE, b"Who are you?\n")


def test_an_override_for_a_local_user(roles):
    """The user `daemon` may send to one recipient only; the command says so by its exit status, EX_UNAVAILABLE,
    and Sendmail by a mail to the sender."""
    one, two = mail.unique_subject("sm one"), mail.unique_subject("sm two")
    assert roles.submit(one, ["bob@example.net"], uid=DAEMON)["verdict"] == "accept"
    record = roles.submit(two, ["bob@example.net", "carl@example.net"], uid=DAEMON, status=os.EX_UNAVAILABLE)
    assert (record["user"], record["verdict"]) == ("uid:daemon", "reject")
    assert "bob@example.net" not in [r for delivered in roles.sink.find(two) for r in delivered.recipients]


@pytest.mark.parametrize("header, user", [
    (b"X-PHP-Originating-Script: 65534:Contact.php\n", "script:65534:contact.php"),
    (b"X-PHP-Script: www.example.com/contact.php for 203.0.113.7\n", "script:www.example.com/contact.php"),
])
def test_a_php_script_is_named(roles, header, user):
    record = roles.submit(mail.unique_subject("sm script"), ["bob@example.net"], header, uid=NOBODY)
    assert (record["role"], record["user"]) == ("local", user)


def test_a_name_that_is_hidden_is_not_another_ones(roles):
    """`sendmail -p` writes words of the sender's own in front of who it is: then it is nobody in particular."""
    record = roles.submit(mail.unique_subject("sm hidden"), ["bob@example.net"], uid=NOBODY,
                          options=["-pSMTP:(from root@localhost)"])
    assert (record["role"], record["user"]) == ("local", "local")


@pytest.mark.parametrize("header", [
    b"Received: (from root@localhost)\r\n\tby sm.test.example (8.17.1.9/8.17.1.9/Submit) id x; today\r\n",
    b"X-PHP-Originating-Script: 65534:contact.php\r\n",
    b"X-PHP-Script: www.example.com/contact.php for 203.0.113.7\r\n",
])
def test_headers_from_outside_make_nobody_local(roles, header):
    """The same daemon, the other port: the client's address is a loopback one even, but the port is not for locals."""
    subject = mail.unique_subject("sm forged")
    with roles.outside() as client:
        assert not may_relay(client)
        assert client.message("root@localhost", ["ann@example.com"], header + mail.plain(subject)).code == 250
    assert role_of(roles.daemon.record_of(subject)) == ("outside", "", "local_recipient")


def test_the_port_for_locals_is_for_loopback_clients_only(roles, milter):
    """Sendmail's port for locals may listen at every address: a client from elsewhere is from elsewhere."""
    for ip, refused in (("127.0.0.1", False), ("203.0.113.7", True), ("2001:db8::7", True)):
        client = milter(roles)
        client.connect(ip, macros={"v": "8.17.1.9", "daemon_name": roles.local.name})
        client.helo()
        client.mail("someone@example.org")
        assert (client.rcpt("bob@example.net").code == 550) == refused, ip
