"""docs/postfix.md and docs/sendmail.md, read by a stranger: every file is written and every command run; and the
README's commands.
"""

import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

import pytest

from harness import mail
from harness.daemon import program
from harness.process import Process, free_port, wait_until
from harness.sendmail import NO_LOAD_LIMITS
from harness.smtp_client import SmtpClient
from harness.stranger import DOCS, PostfixStranger, Stranger, blocks, make_directory

ANN = ("ann@example.com", "secret")


def certificate(postfix, name):
    """Another one of the authority that Postfix trusts, for {name}.branch.example."""
    return postfix.make_client_certificate(f"docs-{name}", f"/CN={name}.branch.example", signed=True)


@pytest.fixture
def postfix_stranger(workspace, sink, dovecot, postfix):
    stranger = PostfixStranger(make_directory(workspace), sink, dovecot.sasl_path, f"{postfix.directory}/tls",
                               postfix.make_client_certificate("docs", "/CN=relay.branch.example", signed=True))
    stranger.postfix("start")
    yield stranger
    stranger.postfix("stop")
    stranger.stop_daemon()


def expect_closed(port):
    """Nobody relays, and closedrelay has the mail for its own domain on record."""
    with SmtpClient(port) as client:
        assert client.mail("someone@example.org").code == 250
        assert client.rcpt("bob@example.net").code in (550, 554)


def expect_relay(client, stranger, sink):
    subject = mail.unique_subject("docs")
    assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    sink.wait_for(subject)
    return stranger.daemon.record_of(subject)


def expect_incoming(port, stranger, sink):
    subject = mail.unique_subject("docs incoming")
    with SmtpClient(port) as client:
        assert client.message("x@example.org", ["ann@example.com"], mail.plain(subject)).code == 250
    sink.wait_for(subject)
    assert stranger.daemon.record_of(subject)["role"] == "outside"


def submission(port):
    client = SmtpClient(port)
    client.starttls()
    client.login(*ANN)
    return client


def logs_in_within_tls(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        connection.recv(1000)
        connection.sendall(b"EHLO client.example\r\n")
        return b"AUTH PLAIN" in connection.recv(4000)


def expect_tested_within_tls_only(port):
    """Without TLS the service says 530 to everything, and relaytest that it has tested nothing."""
    words = [program(), "relaytest", "--domain", "example.com", f"127.0.0.1:{port}"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    untested = subprocess.run([*words, "--no-tls"], capture_output=True, text=True, check=False)
    assert (untested.returncode, "nothing was tested: 530" in untested.stderr) == (69, True)
    assert "refused" not in untested.stdout and "closed to strangers" not in untested.stdout


def test_postfix_from_nothing(postfix_stranger, sink):
    stranger = postfix_stranger
    stranger.follow("From nothing to a working relay")
    stranger.wait_for("submissions")
    expect_closed(stranger.ports["smtp"])
    expect_incoming(stranger.ports["smtp"], stranger, sink)
    with submission(stranger.ports["submission"]) as client:
        assert expect_relay(client, stranger, sink)["role"] == "submission"
    assert logs_in_within_tls(stranger.ports["submissions"])
    expect_tested_within_tls_only(stranger.ports["submission"])
    assert any(command.startswith("closedrelay relaytest") for command in stranger.done)

    stranger.follow("Only some services")
    with submission(stranger.ports["submission"]) as client:
        expect_relay(client, stranger, sink)
    stranger.follow("Mail of this machine")
    subject = mail.unique_subject("docs local")
    subprocess.run(["sendmail", "-C", stranger.etc, "-f", "root@mx.test.example", "bob@example.net"], check=True,
                   input=mail.plain(subject).replace(b"\r", b""))
    assert stranger.daemon.record_of(subject)["role"] == "local"


def test_postfix_at_a_unix_socket(postfix_stranger, sink):
    stranger = postfix_stranger
    stranger.follow("From nothing to a working relay")
    stranger.follow("A unix socket")
    assert stranger.daemon.address.endswith("/spool/closedrelay/milter.sock")
    expect_incoming(stranger.ports["smtp"], stranger, sink)


def foreign_recipient(port, certificate=None, source="127.0.0.7"):
    """The answer to a client that is in no network of anybody's."""
    with SmtpClient(port, source=source) as client:
        if certificate is not None:
            client.starttls(certificate)
        reply = client.mail("someone@example.org")
        return client.rcpt("bob@example.net") if reply.code == 250 else reply


def expect_shut(port, sink):
    """The milter is away: no TLS, so no certificate either, and a message waits at its client."""
    subject = mail.unique_subject("docs shut")
    with SmtpClient(port, source="127.0.0.7") as client:
        assert client.command("STARTTLS").code == 454
        assert client.mail("someone@example.org").code == 451
        assert client.rcpt("bob@example.net").code >= 400
        assert client.data(mail.plain(subject)).code >= 400
    assert sink.find(subject) == []


def test_postfix_with_client_certificates(postfix_stranger, postfix, sink):
    stranger = postfix_stranger
    port = stranger.ports["smtp"]
    known, other = certificate(postfix, "relay"), certificate(postfix, "other")
    unsigned = postfix.make_client_certificate("docs-unsigned", "/CN=relay.branch.example")
    stranger.follow("From nothing to a working relay")
    assert foreign_recipient(port, known).code == 554
    stranger.follow("Client certificates", blocks=2)
    with SmtpClient(port, source="127.0.0.7") as client:
        client.starttls(known)
        assert expect_relay(client, stranger, sink)["user"] == "CN=relay.branch.example"
    assert foreign_recipient(port, other).code == 550
    for stranger_certificate in (unsigned, None):
        reply = foreign_recipient(port, stranger_certificate)
        assert (reply.code, "Relay access denied" in reply.text) == (554, True)
    stranger.stop_daemon()
    expect_shut(port, sink)


def test_postfix_with_single_certificates(postfix_stranger, postfix, sink):
    """Those whose fingerprint Postfix has and whose name closedrelay has."""
    stranger = postfix_stranger
    port = stranger.ports["smtp"]
    stranger.follow("From nothing to a working relay")
    stranger.follow("Client certificates")
    with SmtpClient(port, source="127.0.0.7") as client:
        client.starttls(stranger.branch)
        assert expect_relay(client, stranger, sink)["user"] == "CN=relay.branch.example"
    assert foreign_recipient(port, certificate(postfix, "relay")).code == 554
    stranger.stop_daemon()
    expect_shut(port, sink)


def allow(stranger, *words):
    subprocess.run([program(), "allow", *words, "--socket", f"{stranger.directory}/control.sock"], check=True,
                   capture_output=True)


def test_postfix_with_recent_logins(postfix_stranger, sink):
    stranger = postfix_stranger
    port = stranger.ports["2525"]
    stranger.follow("From nothing to a working relay")
    stranger.config = f"control: unix:{stranger.directory}/control.sock\n{stranger.config}"
    stranger.follow("Recent logins")
    stranger.wait_for("2525")
    expect_closed(port)
    assert foreign_recipient(port).code == 550
    allow(stranger, "127.0.0.7", "--user", "ann@example.com")
    with SmtpClient(port, source="127.0.0.7") as client:
        assert expect_relay(client, stranger, sink)["user"] == "ann@example.com"
    assert foreign_recipient(stranger.ports["smtp"]).code == 554
    expect_narrowed(stranger, port)
    allow(stranger, "--remove", "127.0.0.7")
    assert foreign_recipient(port).code == 550
    stranger.run("postconf -e 'milter_default_action = accept'")
    stranger.postfix("reload")
    allow(stranger, "127.0.0.7")
    stranger.stop_daemon()
    expect_shut(port, sink)
    expect_told_as_open(stranger, "2525")


def expect_narrowed(stranger, port):
    """With a table in the place of static:OK only who is in it gets as far as closedrelay."""
    stranger.write("customers", "127.0.0.8/32 OK\n")
    setting = f"127.0.0.1:{port}/inet/smtpd_relay_restrictions=check_client_access"
    stranger.run(f"postconf -P {setting},cidr:{stranger.etc}/customers,reject_unauth_destination")
    stranger.postfix("reload")
    wait_until(lambda: foreign_recipient(port).code == 554, "Postfix refuses a recent login that is not in the table")
    assert foreign_recipient(port, source="127.0.0.8").code == 550
    stranger.run("closedrelay doctor")
    stranger.run(f"postconf -P {setting},static:OK,reject_unauth_destination")
    stranger.postfix("reload")
    wait_until(lambda: foreign_recipient(port).code == 250, "everybody is asked about again")


def expect_told_as_open(stranger, name):
    """What the page warns of, with the milter away: the port relays, and doctor says so."""
    service = f"127.0.0.1:{stranger.ports[name]}/inet"
    stranger.run(f"postconf -P {service}/milter_default_action=accept")
    stranger.postfix("reload")
    wait_until(lambda: foreign_recipient(stranger.ports[name]).code == 250, "the port is open")
    told = subprocess.run(stranger.words(["closedrelay", "doctor"]), capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert re.search(rf"^PROBLEM .*\n +in +master.cf, service {service}\n +why +An open relay whenever closedrelay is ",
                     told.stdout, re.MULTILINE), told.stdout


# ---- Sendmail -----------------------------------------------------------------------------------------------

SENDMAIL_MC = """\
divert(-1)
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')
divert(0)dnl
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `sm.test.example')dnl
define(`QUEUE_DIR', `{dir}/spool')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`STATUS_FILE', `{dir}/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confCW_FILE', `-o {dir}/local-host-names')dnl
define(`confCR_FILE', `-o {dir}/relay-domains')dnl
define(`confTO_IDENT', `0')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe')dnl
{load}FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name=MTA')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {next_hop_port}')dnl
{lines}MAILER(`smtp')dnl
"""


class SendmailStranger(Stranger):
    def __init__(self, directory, sink, sendmail):
        self.port = self.smtp_port = free_port()
        self.name = os.path.basename(directory)
        self.sendmail, self.sink = sendmail, sink
        self.lines = self.access = ""
        self.cf = os.path.join(directory, "sendmail.cf")
        self.process = None
        self.certificate = sendmail.authority.make("stranger", "/CN=relay.branch.example")
        replacements = {"10891": str(free_port()), "127.0.0.0/8": "127.0.0.2/32", "/etc/mail/tls": "/mnt/tls",
                        "FEATURE(`access_db')": f"FEATURE(`access_db', `hash -T<TMPF> /mnt/{os.path.basename(directory)}')",
                        "/CN=ca.example.com": "/CN=ca.test.example", "branch.pem": self.certificate[0], "mail.example.com": f"127.0.0.1:{self.port}"}
        super().__init__(directory, "sendmail.md", replacements)
        os.mkdir(os.path.join(directory, "spool"), 0o700)
        self.write("relay-domains", "example.com\n")

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def read_m4(self, text):
        """Lines for another filter take the place of the first ones; others come to them."""
        self.lines = text if text.startswith("INPUT_MAIL_FILTER") else self.lines + text

    def read_yaml(self, text):
        self.read_more_yaml(text)

    def read_access(self, text):
        self.access += text

    def read_conf(self, text):
        with open(os.path.join(self.sendmail.directory, "sasl2", "Sendmail.conf"), encoding="utf-8") as conf:
            assert conf.read().startswith(text)

    def make_cf(self):
        source = os.path.join(self.directory, "sendmail.mc")
        self.write("sendmail.mc", SENDMAIL_MC.format(root=self.sendmail.root, dir=self.directory, port=self.port,
                                                     load=NO_LOAD_LIMITS, next_hop_port=self.sink.port,
                                                     lines=self.lines))
        self.sendmail.make_cf(source, self.cf)
        access = os.path.join(self.sendmail.directory, self.name)
        with open(access, "w", encoding="utf-8") as out:
            out.write(self.access)
        subprocess.run([f"{self.sendmail.root}/usr/sbin/makemap", f"-C{self.cf}", "hash", access], input=self.access,
                       text=True, check=True, capture_output=True)

    def words(self, words):
        if words[0] == "openssl":
            return words
        if words[0] == "saslpasswd2":
            return [f"{self.sendmail.root}/usr/sbin/saslpasswd2", "-p", "-f",
                    f"{self.sendmail.directory}/sasl2/sasldb2", *words[1:]]
        assert words[0] == "closedrelay"
        return self.closedrelay(words) + (["--sendmail-cf", self.cf] if words[1] == "doctor" else [])

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = None

    def restart(self):
        for words in (["systemctl", "restart", "closedrelay"], ["make"], ["systemctl", "restart", "sendmail"]):
            self.do_by_hand(words)

    def do_by_hand(self, words):
        if words[0] == "make":
            self.make_cf()
        elif "sendmail" in words:
            self.stop()
            self.process = Process(self.sendmail.command("-bD", cf=self.cf), os.path.join(self.directory, "output"))
            self.process.wait_for_listener(("127.0.0.1", self.port))
        else:
            self.start_daemon()


@pytest.fixture
def sendmail_stranger(workspace, sink, sendmail):
    stranger = SendmailStranger(make_directory(workspace), sink, sendmail)
    yield stranger
    stranger.stop()
    stranger.stop_daemon()


def test_sendmail_from_nothing(sendmail_stranger, sink):
    stranger = sendmail_stranger
    stranger.follow("From nothing to a working relay")
    expect_closed(stranger.port)
    expect_incoming(stranger.port, stranger, sink)
    with SmtpClient(stranger.port, login=ANN) as client:
        assert expect_relay(client, stranger, sink)["role"] == "submission"


def test_sendmail_with_certificates_and_local_mail(sendmail_stranger, sink):
    stranger = sendmail_stranger
    stranger.follow("From nothing to a working relay")
    stranger.follow("Client certificates")
    lines = stranger.lines.splitlines(keepends=True)
    stranger.lines = "".join(line for line in lines if "CACERT_PATH" not in line)
    stranger.restart()
    with SmtpClient(stranger.port) as client:
        assert "STARTTLS" not in client.features
    stranger.lines = "".join(lines)
    stranger.restart()
    stranger.run("closedrelay doctor")
    with SmtpClient(stranger.port, source="127.0.0.7") as client:
        client.starttls(stranger.certificate)
        assert expect_relay(client, stranger, sink)["user"] == "CN=relay.branch.example"
    expect_closed(stranger.port)
    stranger.follow("Mail of this machine")
    stranger.restart()
    stranger.run("closedrelay doctor")
    subject = mail.unique_subject("docs local")
    content = mail.plain(subject).replace(b"\r", b"")
    done = stranger.sendmail.submit(stranger, ["-f", "web@example.com", "bob@example.net"], content)
    assert (done.returncode, stranger.daemon.record_of(subject)["user"]) == (0, "uid:root")


@pytest.fixture
def run_directory():
    with tempfile.TemporaryDirectory(prefix="closedrelay-e2e.", dir="/run") as directory:
        os.chmod(directory, 0o755)
        yield directory


def test_sendmail_at_a_unix_socket(run_directory, sendmail_stranger, sink):
    """The socket is in /run: for Sendmail, anything below /tmp can be written by others."""
    stranger = sendmail_stranger
    stranger.replacements["/run/closedrelay"] = run_directory
    stranger.follow("From nothing to a working relay")
    first_lines = stranger.lines.splitlines(keepends=True)
    stranger.follow("A unix socket")
    stranger.lines += "".join(first_lines[1:])
    stranger.restart()
    stranger.run("closedrelay doctor")
    expect_incoming(stranger.port, stranger, sink)


# ---- README -------------------------------------------------------------------------------------------------

# What the README's examples say, and what is there instead; and the commands that have something to find fault with.
README_NAMES = {"message.eml": "{dir}/message.eml", "HOST": "127.0.0.1:{port}", "NEW": "{dir}/new.yaml"}
README_STATUS = {"doctor": 1, "try": 1, "explain": 1}


def readme_commands():
    with open(os.path.join(DOCS, "..", "README.md"), encoding="utf-8") as source:
        lines = re.findall(r"^    closedrelay (.*?) *(?:#.*)?$", source.read(), re.MULTILINE)
    return [command for line in lines for command in line.split(" && closedrelay ")]


def test_the_readmes_commands(start_relay, postfix, tmp_path):
    names = {"dir": str(tmp_path), "port": postfix.closed_lane.smtp_port}
    relay = start_relay(f"control: unix:{tmp_path}/control.sock\n"
                        "relay: { local_domains: [example.com], trusted_networks: [], recent_logins: { remember: 30m } }",
                        lane=postfix.closed_lane)
    (tmp_path / "message.eml").write_bytes(mail.plain("readme"))
    shutil.copy(relay.daemon.config_path, tmp_path / "new.yaml")
    found = readme_commands()
    assert {"check", "check --print", "try message.eml", "doctor", "status"} <= set(found)
    for command in found:
        if command == "watch":
            continue  # it lasts until its caller leaves: test_watch.py
        words = [README_NAMES.get(word, word).format(**names) for word in command.split()]
        option = {"relaytest": None, "replay": "--record-of"}.get(words[0], "-c")
        options = [option, relay.daemon.config_path] if option else []
        options += ["--postfix-config", postfix.etc] if words[0] in ("doctor", "held") else []
        done = subprocess.run([program(), words[0], *options, *words[1:]], capture_output=True, text=True, check=False,
                              timeout=120)
        assert done.returncode == README_STATUS.get(words[0], 0), f"{command}\n{done.stdout}{done.stderr}"


# ---- the pages ----------------------------------------------------------------------------------------------


def test_the_manual_page_has_every_command_and_option():
    with open(os.path.join(DOCS, "man", "closedrelay.8"), encoding="utf-8") as page:
        manual = page.read().replace("\\-", "-")
    asked = subprocess.run([program(), "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", asked.partition("Commands:")[2], re.MULTILINE)
    assert "serve" in commands and "doctor" in commands
    for command in commands:
        assert re.search(rf'^\.SS "closedrelay {command}\b', manual, re.MULTILINE), command
        asked = subprocess.run([program(), command, "--help"], capture_output=True, text=True, check=True).stdout
        for option in re.findall(r"^  .*?(--[a-z-]+)", asked, re.MULTILINE):
            written = "-c" if option == "--config" else option
            assert re.search(rf"{written}\b", manual), f"{command} {option}"


@pytest.mark.parametrize("page, followed", [
    ("postfix.md", {"From nothing to a working relay", "A unix socket", "Only some services", "Client certificates",
                    "Recent logins", "Mail of this machine"}),
    ("sendmail.md", {"From nothing to a working relay", "Client certificates", "Mail of this machine", "A unix socket"}),
])
def test_no_section_with_commands_is_left_out(page, followed):
    found = {section for section, language, _ in blocks(page) if language in ("console", "yaml", "m4", "conf")}
    assert found == followed
