"""The six ways to be allowed to relay, each as it is meant and each faked."""

import os
import subprocess
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail, namespaces
from harness import postfix as postfix_module
from harness.postfix import Postfix
from harness.process import free_port, wait_until
from harness.relaying import may_relay, relayed

CONFIG = """
control: unix:{dir}/control.sock
relay:
  local_domains: [example.com, "file:{dir}/domains"]
  trusted_networks: [192.0.2.0/24, "file:{dir}/networks"]
  trusted_certificates: [CN=relay.branch.example]
  local_daemons: [local-pickup]
customers: {{ ann@example.com: acme }}
overrides:
  - {{ when: {{ user: "uid:0" }}, recipients: {{ limit: 1 }} }}
"""

PICKUP_SERVICES = """\
127.0.0.1:{pickup_port} inet n - n - - smtpd
  -o smtpd_milters=inet:127.0.0.1:{milter_port}
  -o milter_macro_daemon_name=local-pickup
  -o content_filter=
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_authorized_xclient_hosts=
127.0.0.1:{public_port} inet n - n - - smtpd
  -o smtpd_milters=inet:127.0.0.1:{milter_port}
  -o smtpd_authorized_xclient_hosts=
pickup    unix  n       -       n       60      1       pickup
  -o content_filter=smtp:[127.0.0.1]:{pickup_port}
"""


@pytest.fixture(scope="module")
def files(workspace):
    directory = tempfile.mkdtemp(prefix="roles.", dir=workspace)
    replace(directory, "domains", "")
    replace(directory, "networks", "")
    return directory


@pytest.fixture(scope="module")
def relay(daemon_factory, files):
    relay = daemon_factory.make(CONFIG.format(dir=files))
    relay.daemon.start()
    yield relay
    daemon_factory.release(relay)


@pytest.fixture(scope="module")
def pickup(workspace, relay, sink, dovecot, monkeypatch_module):
    """A Postfix whose local mail comes back in over a service of its own, as docs/checks/relay.md has it; without
    XCLIENT. `pickup.public_port` speaks to the same daemon."""
    monkeypatch_module.setattr(postfix_module, "LANE_COUNT", 1)
    server = Postfix(tempfile.mkdtemp(prefix="pickup.", dir=workspace), sink.port, dovecot.sasl_path)
    os.chmod(server.directory, 0o755)
    server.public_port = free_port()
    ports = {"pickup_port": free_port(), "public_port": server.public_port,
             "milter_port": relay.daemon.address[1]}
    path = os.path.join(server.etc, "master.cf")
    with open(path, encoding="utf-8") as master:
        text = master.read()
    head, _, tail = text.partition("pickup    unix")
    tail = tail.partition("cleanup   unix")[2]
    with open(path, "w", encoding="utf-8") as master:
        master.write(head + PICKUP_SERVICES.format(**ports) + "cleanup   unix" + tail)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def replace(directory, name, text):
    fresh = os.path.join(directory, name + ".new")
    with open(fresh, "w", encoding="utf-8") as out:
        out.write(text)
    os.rename(fresh, os.path.join(directory, name))


def allow(files, *words):
    wait_until(lambda: os.path.exists(f"{files}/control.sock"), "the control socket")
    return daemon_module.run("allow", *words, "--socket", f"{files}/control.sock")


def relay_reason(record):
    return next(f["reason"] for f in record["findings"] if f["check"] == "relay")


# -- 1: a login


def test_a_login(relay):
    subject = mail.unique_subject("login")
    with relay.submission() as client:
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["user"], relay_reason(record)) == ("submission", "ann@example.com", "authenticated")


def test_a_claimed_login(relay):
    with relay.outside() as client:
        client.mail("ann@example.com", "AUTH=ann@example.com")
        assert client.rcpt("bob@example.net").code == 550


# -- 2: a network


def test_a_network(relay):
    with relay.outside(client="192.0.2.9") as client:
        record = relayed(relay, client, "network")
    assert (record["role"], record["user"], relay_reason(record)) == ("trusted", "192.0.2.0/24", "trusted_network")


def test_a_network_from_a_file_that_changes(relay, files):
    with relay.outside(client="198.51.100.9") as client:
        assert not may_relay(client)
        replace(files, "networks", "198.51.100.0/24\n")
        wait_until(lambda: may_relay(client), "the new network counts")
        assert relayed(relay, client, "file")["user"] == "198.51.100.0/24"
        replace(files, "networks", "broken\n")
        wait_until(lambda: "networks:1: 'broken' is no network" in relay.daemon.output, "the broken file is told")
        assert may_relay(client)
        replace(files, "networks", "198.18.9.0/24\n")
        wait_until(lambda: not may_relay(client), "the mended file counts")
    assert relay.daemon.output.count("is no network") == 1


def test_an_address_claimed_without_permission(relay, pickup):
    """XCLIENT of a client that may not: the address and the login stay what they are."""
    client = relay.smtp()
    client.close()
    claims = ["ADDR=192.0.2.9", "LOGIN=ann@example.com", "ADDR=127.0.0.1 PORT=0"]
    for claim in claims:
        with type(client)(pickup.public_port) as stranger:
            assert stranger.command(f"XCLIENT {claim}").code >= 500
            assert not may_relay(stranger)


# -- 3: our own domains


def test_own_domains(relay, files):
    with relay.outside() as client:
        client.mail("someone@example.org")
        assert client.rcpt("ann@example.com").code == 250
        assert client.rcpt("ann@new.example").code == 550
        replace(files, "domains", "New.Example\n")
        wait_until(lambda: client.rcpt("ann@new.example").code == 250, "the new domain counts")
        assert client.rcpt("ann%victim.example@new.example").code in (550, 554)


# -- 4: a certificate


def test_a_certificate(relay, postfix):
    known = postfix.make_client_certificate("branch", "/CN=relay.branch.example", signed=True)
    with relay.outside() as client:
        client.starttls(known)
        record = relayed(relay, client, "certificate")
    assert (record["role"], record["user"], relay_reason(record)) == (
        "trusted", "CN=relay.branch.example", "trusted_certificate")


@pytest.mark.parametrize("subject, signed", [
    ("/CN=relay.branch.example", False),
    ("/CN=other.branch.example", True),
    ("/O=CN=relay.branch.example/CN=other", True),
])
def test_a_wrong_certificate(relay, postfix, subject, signed):
    """The right name by nobody we know, and another name by whom we know."""
    certificate = postfix.make_client_certificate("wrong", subject, signed)
    with relay.outside() as client:
        client.starttls(certificate)
        assert not may_relay(client)


# -- 5: a recent login


def test_a_recent_login(relay, files):
    with relay.outside(client="203.0.113.50") as client:
        assert not may_relay(client)
        done = allow(files, "203.0.113.50", "--user", "Ann@example.com", "--for", "10m", "--reason", "imap login")
        assert done.returncode == 0, done.stderr
        record = relayed(relay, client, "recent")
        listed = allow(files, "--list").stdout
        assert "203.0.113.50/32" in listed and "ann@example.com  imap login" in listed
        assert allow(files, "--remove", "203.0.113.50").returncode == 0
        assert not may_relay(client)
    assert (record["role"], record["user"], relay_reason(record)) == ("trusted", "ann@example.com", "recent_login")
    assert "allow: 203.0.113.50/32 may relay until" in relay.daemon.output
    assert "allow: 203.0.113.50/32 was removed" in relay.daemon.output


def test_an_expired_login(relay, files):
    assert allow(files, "203.0.113.51", "--for", "1s").returncode == 0
    with relay.outside(client="203.0.113.51") as client:
        wait_until(lambda: not may_relay(client), "the grant is over")
    with relay.outside(client="203.0.113.52") as neighbour:
        assert not may_relay(neighbour)


def test_the_dovecot_script(relay, files):
    """What Dovecot runs after a login: it grants beside the session, and then is the session."""
    script = os.path.join(os.path.dirname(__file__), "..", "..", "contrib", "dovecot", "closedrelay-allow")
    for ip, user in (("203.0.113.53", "ann@example.com"), ("127.0.0.1", "webmail"), ("", "nobody")):
        env = {**os.environ, "IP": ip, "USER": user}
        settings = [f"program={daemon_module.program()}", f"socket={files}/control.sock", "service=imap"]
        done = subprocess.run([script, *settings, "echo", "imap"], env=env, capture_output=True, text=True, check=True)
        assert done.stdout == "imap\n"
    wait_until(lambda: "203.0.113.53/32" in allow(files, "--list").stdout, "the script's grant")
    with relay.outside(client="203.0.113.53") as client:
        assert may_relay(client)
    listed = allow(files, "--list").stdout
    assert "webmail" not in listed and "nobody@" not in listed


def test_recent_logins_by_64(relay, files):
    assert allow(files, "2001:db8:5:5::1", "--for", "10m").returncode == 0
    with relay.outside(client="2001:db8:5:5:1::2") as client:
        assert may_relay(client)
    with relay.outside(client="2001:db8:5:6::1") as client:
        assert not may_relay(client)


def test_wrong_grants(files):
    for words in (["203.0.113.0/24"], ["0.0.0.0/0"], ["203.0.113.1", "--for", "ever"], ["--list", "--remove"]):
        assert allow(files, *words).returncode != 0


def test_grants_that_are_no_line_of_the_protocol(files):
    """They are told before anything is sent; a blank makes no further word."""
    answer = allow(files, "203.0.113.93", "--reason", "x" * 5000)
    assert (answer.returncode, answer.stderr) == (64, "closedrelay: allow: the arguments are too long\n")
    answer = allow(files, "203.0.113.93 user=eve")
    assert (answer.returncode, answer.stderr) == (65, "closedrelay: allow: that is no IP address\n")
    assert allow(files, "").returncode != 0
    assert "203.0.113.93" not in allow(files, "--list").stdout


def test_recent_logins_are_kept_over_a_restart(start_relay, workspace):
    directory = tempfile.mkdtemp(prefix="restart.", dir=workspace)
    relay = start_relay(f"control: unix:{directory}/control.sock")
    assert allow(directory, "203.0.113.60", "--user", "ann@example.com", "--for", "10m").returncode == 0
    relay.daemon.stop()
    relay.daemon.start()
    with relay.outside(client="203.0.113.60") as client:
        assert relayed(relay, client, "restart")["user"] == "ann@example.com"


# -- 6: the machine itself


def submit(pickup, subject, recipients, *headers, uid=0):
    if uid != 0 and namespaces.missing():
        pytest.skip(namespaces.missing())
    content = b"".join(headers) + mail.plain(subject).replace(b"\r", b"")
    done = pickup.submit_locally("web@mx.test.example", recipients, content, uid)
    assert done.returncode == 0, done


# A user without a name, and root.
WEB, ROOT = 54321, 0


@pytest.mark.parametrize("uid", [WEB, ROOT])
def test_local_mail_with_its_uid(relay, pickup, sink, uid):
    """With a Received: line of its own that claims to be somebody else: the MTA's stands above it."""
    subject = mail.unique_subject("uid")
    header = b"Received: by mx.test.example (Postfix, from userid 4711)\n\tid 4X; x\n"
    submit(pickup, subject, ["bob@example.net"], header, uid=uid)
    sink.wait_for(subject)
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["user"]) == ("local", f"uid:{uid}")


@pytest.mark.parametrize("uid, verdict", [(ROOT, "reject"), (WEB, "accept")])
def test_an_override_by_uid(relay, pickup, uid, verdict):
    """uid:0 may send to one recipient only: known at the end of the headers, the message is refused as a whole."""
    subject = mail.unique_subject("limit")
    submit(pickup, subject, ["bob@example.net", "carl@example.net"], uid=uid)
    record = relay.daemon.record_of(subject)
    assert (record["user"], record["verdict"]) == (f"uid:{uid}", verdict)


@pytest.mark.parametrize("uid, header, user", [
    (ROOT, b"X-PHP-Originating-Script: 0:cron.php\n", "script:0:cron.php"),
    (ROOT, b"X-PHP-Originating-Script: 33:contact.php\n", "uid:0"),
    (WEB, b"X-PHP-Originating-Script: 54321:Contact.php\n", "script:54321:contact.php"),
    (WEB, b"X-PHP-Originating-Script: 0:cron.php\n", "uid:54321"),
    (WEB, b"X-PHP-Script: www.example.com/contact.php for 203.0.113.7\n", "script:www.example.com/contact.php"),
])
def test_a_script_counts_where_it_does_not_contradict_the_uid(relay, pickup, sink, uid, header, user):
    subject = mail.unique_subject("script")
    submit(pickup, subject, ["bob@example.net"], header, uid=uid)
    sink.wait_for(subject)
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["user"]) == ("local", user)


@pytest.mark.parametrize("header", [
    b"Received: by mx.test.example (Postfix, from userid 65534)\r\n\tid 4X; today\r\n",
    b"Received: (from root@localhost)\r\n\tby mx.test.example (8.17/Submit) id x\r\n",
    b"X-PHP-Originating-Script: 1000:contact.php\r\n",
    b"X-PHP-Script: www.example.com/contact.php for 203.0.113.7\r\n",
])
def test_headers_from_outside_make_nobody_local(relay, header):
    subject = mail.unique_subject("outside")
    with relay.outside(helo="localhost") as client:
        assert not may_relay(client)
        assert client.message("root@localhost", ["ann@example.com"], header + mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert (record["role"], record["user"] or "") == ("outside", "")


# -- what applies to whom


def test_the_policy_of_one_user_is_shown(relay):
    shown = daemon_module.run("check", "-c", relay.daemon.config_path, "--print", "--for",
                              "user=uid:0,client=127.0.0.1")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("# for role local, user uid:0, client 127.0.0.1\n")
    assert f"limit: 1  # {relay.daemon.config_path}:" in shown.stdout
    shown = daemon_module.run("check", "-c", relay.daemon.config_path, "--for", "user=ann@example.com")
    assert "customer acme" in shown.stdout
    assert daemon_module.run("check", "-c", relay.daemon.config_path, "--for", "ann").returncode == 64
