"""The provider of docs/hosting.md, built by its own words on a real Postfix and Dovecot: its mail goes where it should,
`closedrelay doctor` has nothing to say, and finds each thing that is then broken."""

import json
import os
import shutil
import socket
import subprocess
import threading

import pytest

from harness import mail, namespaces
from harness.daemon import program
from harness.milter_client import MilterClient
from harness.process import free_port, wait_until
from harness.rbldnsd import ZONES
from harness.smtp_client import SmtpClient
from harness.socketmap import SocketmapServer
from harness.provider import USERS
from harness.stranger import make_directory

needs_namespaces = pytest.mark.skipif(bool(namespaces.missing()), reason=namespaces.missing() or "-")

def login(provider, name):
    client = SmtpClient(provider.ports["submission"])
    client.starttls()
    client.login(name, USERS[name])
    return client


# ---- it works ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["example.com", "example.net", "example.org", "backup.example"])
def test_its_domains_get_mail(provider, sink, domain):
    subject = mail.unique_subject("provider incoming")
    with SmtpClient(provider.ports["smtp"], source="127.0.0.7") as client:
        assert client.message("x@else.example", [f"ann@{domain}"], mail.plain(subject)).code == 250
    sink.wait_for(subject)
    assert provider.daemon.record_of(subject)["role"] == "outside"


def test_strangers_do_not_relay(provider):
    with SmtpClient(provider.ports["smtp"], source="127.0.0.7") as client:
        client.mail("x@else.example")
        assert client.rcpt("bob@other.example").code == 554


def test_a_newsletter_may_more_than_people(provider, sink):
    recipients = [f"bob{number}@other.example" for number in range(40)]
    subject = mail.unique_subject("provider news")
    with login(provider, "news@example.net") as client:
        assert client.message("news@example.net", recipients, mail.plain(subject)).code == 250
    record = provider.daemon.record_of(subject)
    assert (record["user"], len(record["recipients"])) == ("news@example.net", 40)


def test_sixty_recipients_are_answered_by_closedrelay(provider):
    """Each surplus one is an error that Postfix counts: it must not hang up before the text was read."""
    with login(provider, "ann@example.com") as client:
        client.mail("ann@example.com")
        codes = [client.rcpt(f"bob{number}@other.example").code for number in range(60)]
        assert (codes[:30], codes[30:]) == ([250] * 30, [550] * 30)
        assert client.command("DATA").code == 354
        client.send(mail.plain("too many") + b"\r\n.\r\n")
        reply = client.read_reply()
        assert reply.code == 550 and "30" in reply.text


@needs_namespaces
@pytest.mark.parametrize("uid", [1001, 1002])
def test_programs_are_known_by_their_user(provider, sink, uid):
    record = provider.submit(uid, mail.unique_subject("provider script"))
    assert (record["role"], record["user"]) == ("local", f"uid:{uid}")
    assert record["customer"] == {1001: "northwind", 1002: "southwind"}[uid]


# ---- doctor ------------------------------------------------------------------------------------------------------


def test_nothing_is_found_when_all_is_right(provider):
    assert provider.doctor() == (0, [])


MAIN = [
    ("message_size_limit = 10240000", "size_limit", "problem"),
    ("message_size_limit = 0", "size_unlimited", "warning"),
    ("smtpd_milters = inet:127.0.0.1:1", "not_asked", "problem"),
    ("smtpd_milters =", "not_asked", "problem"),
    ("milter_default_action = accept", "fails_open", "problem"),
    ("milter_default_action = reject", "fails_hard", "warning"),
    ("milter_protocol = 2", "protocol", "problem"),
    ("milter_command_timeout = 3s", "timeout", "warning"),
    ("smtpd_milter_maps = cidr:/etc/postfix/milters", "milter_maps", "warning"),
    ("smtpd_recipient_limit = 100", "recipient_limit", "warning"),
    ("smtpd_client_recipient_rate_limit = 100", "client_limit", "warning"),
    ("smtpd_client_message_rate_limit = 100", "client_limit", "note"),
    ("smtpd_forbid_bare_newline = no", "bare_newlines", "warning"),
    ("smtpd_relay_restrictions = permit_mynetworks, permit", "open_relay", "problem"),
    ("mynetworks = 0.0.0.0/1 128.0.0.0/1", "open_relay", "problem"),
    ("mynetworks = 192.0.2.0/24", "networks", "warning"),
    ("mynetworks = 192.0.2.0/28 {etc}/networks", "networks", "warning"),
    ("mynetworks = cidr:{etc}/networks.cidr", "open_relay", "problem"),
    ("smtpd_authorized_xclient_hosts = static:all", "xclient", "problem"),
    ("smtpd_sasl_local_domain = $myhostname", "foreign_realm", "warning"),
    ("recipient_delimiter = -", "delimiter", "warning"),
    ("smtpd_proxy_filter = 127.0.0.1:10024", "proxy_filter", "problem"),
    ("content_filter = smtp:[127.0.0.1]:10024", None, None),
    ("non_smtpd_milters = $smtpd_milters", "asked_twice", "warning"),
    ("mydestination = $myhostname, localhost", "host_name", "warning"),
    ("mydestination = shop.example", "domains", "problem"),
    ("relay_domains = backup.example, other.example", "domains", "problem"),
    ("virtual_alias_domains = alias.example", "domains", "problem"),
    ("virtual_mailbox_domains = texthash:{etc}/more", "domains", "problem"),
    ("virtual_mailbox_domains = {etc}/more", "domains", "problem"),
    ("virtual_mailbox_domains = inline:{ shop.example=x }", "domains", "problem"),
    ("virtual_mailbox_domains = proxy:hash:{etc}/none", "unread", "warning"),
    ("virtual_mailbox_domains = socketmap:inet:127.0.0.1:1:x", "unread", "warning"),
    ("virtual_mailbox_domains = socketmap:inet:127.0.0.1:{socketmap}:domains", "unlisted", "note"),
    ("virtual_mailbox_domains = example.com, example.net", "not_served", "note"),
    ("relay_domains = static:all", "every_domain", "problem"),
]

SERVICES = [
    ("submission/inet/smtpd_milters=", "service_unseen", "problem"),
    ("smtp/inet/smtpd_milters=", "service_unseen", "problem"),
    ("submission/inet/receive_override_options=no_milters", "no_milters", "problem"),
    ("submission/inet/milter_default_action=accept", "fails_open", "problem"),
    ("submission/inet/smtpd_sasl_auth_enable=no", "no_logins", "warning"),
    ("submission/inet/smtpd_sasl_security_options=", "anonymous_logins", "warning"),
    ("submission/inet/smtpd_hard_error_limit=20", "error_limit", "warning"),
    ("submission/inet/smtpd_relay_restrictions=permit", "open_relay", "problem"),
]

# Another finding that comes with it.
BESIDE = {"smtpd_sasl_auth_enable=no": {"no_logins_anywhere"}, "mynetworks = 0.0.0.0/1 128.0.0.0/1": {"networks"},
          "mynetworks = cidr:": {"networks"},
          "= inline:": {"not_served"}}


@pytest.fixture
def copy(provider, tmp_path):
    """A directory with the provider's main.cf and master.cf, to be spoiled; the ports are those of a real one."""
    etc = str(tmp_path / "etc")
    shutil.copytree(provider.etc, etc)
    with open(f"{etc}/master.cf", encoding="utf-8") as master:
        text = master.read()
    for name in ("smtp", "submission"):
        text = text.replace(f"127.0.0.1:{provider.ports[name]} ", f"{name} ")
    with open(f"{etc}/master.cf", "w", encoding="utf-8") as master:
        master.write(text)
    subprocess.run(["postconf", "-c", etc, "-e", "inet_interfaces = all"], check=True)
    with open(f"{etc}/more", "w", encoding="utf-8") as more:
        more.write("example.com x\nexample.net x\nexample.org x\nshop.example x\n")
    with open(f"{etc}/networks", "w", encoding="utf-8") as networks:
        networks.write("# the office\n192.0.2.0/29, 198.51.100.7\n")
    with open(f"{etc}/networks.cidr", "w", encoding="utf-8") as networks:
        networks.write("192.0.2.0/28 OK\n!192.0.2.1 OK\n0.0.0.0/1 OK\n128.0.0.0/1 OK\n")
    return etc


@pytest.fixture(scope="module")
def socketmap():
    server = SocketmapServer({"domains": {"example.com": "x", "example.net": "x", "example.org": "x"}})
    yield server
    server.stop()


def serious(findings):
    return sorted((f["id"], f["level"]) for f in findings)


@pytest.mark.parametrize("line, identity, level", MAIN, ids=[case[0] for case in MAIN])
def test_a_line_of_main_cf(provider, copy, socketmap, line, identity, level):
    line = line.replace("{etc}", copy).replace("{socketmap}", str(socketmap.port))
    subprocess.run(["postconf", "-c", copy, "-e", line], check=True, capture_output=True)
    status, found = provider.doctor(copy)
    extra = next((ids for begin, ids in BESIDE.items() if begin in line), set())
    assert set(serious(found)) - {(name, kind) for name, kind in serious(found) if name in extra} == (
        {(identity, level)} if identity else set()), found
    assert status == (1 if level in ("problem", "warning") else 0)


@pytest.mark.parametrize("line, identity, level", SERVICES, ids=[case[0] for case in SERVICES])
def test_a_line_of_master_cf(provider, copy, line, identity, level):
    subprocess.run(["postconf", "-c", copy, "-P", line], check=True, capture_output=True)
    status, found = provider.doctor(copy)
    extra = next((ids for begin, ids in BESIDE.items() if begin in line), set())
    assert [pair for pair in serious(found) if pair[0] not in extra] == [(identity, level)], found
    assert status == 1


def test_a_filter_that_hands_mail_back(provider, copy):
    """Amavis and its like; `no_milters` at the port where mail comes back is right."""
    service = f"127.0.0.1:{free_port()}"
    subprocess.run(["postconf", "-c", copy, "-e", "content_filter = smtp:[127.0.0.1]:10024"], check=True)
    subprocess.run(["postconf", "-c", copy, "-M", f"{service}/inet={service} inet n - n - - smtpd"], check=True)
    subprocess.run(["postconf", "-c", copy, "-P", f"{service}/inet/content_filter="], check=True)
    assert serious(provider.doctor(copy)[1]) == [("asked_twice", "warning")]
    subprocess.run(["postconf", "-c", copy, "-P", f"{service}/inet/receive_override_options=no_milters"], check=True)
    assert provider.doctor(copy) == (0, [])


def test_a_domain_that_only_an_unlistable_table_has(provider, copy):
    """What was refused to strangers, and the table knows, was meant for a customer."""
    server = SocketmapServer({"domains": {name: "x" for name in ("example.com", "example.net", "example.org", "new.example")}})
    table = f"virtual_mailbox_domains = socketmap:inet:127.0.0.1:{server.port}:domains"
    try:
        subprocess.run(["postconf", "-c", copy, "-e", table], check=True)
        with MilterClient(provider.daemon.address) as client:
            client.connect("203.0.113.9")
            client.helo()
            client.mail("x@else.example")
            assert client.rcpt("ann@new.example").code == 550
            client.abort()
        wait_until(lambda: any("new.example" in str(r["recipients"]) for r in provider.daemon.records()), "the record")
        found = [(f["id"], f["level"]) for f in provider.doctor(copy)[1]]
        assert ("domains", "problem") in found
    finally:
        server.stop()


POLICIES = [
    ("example.org, backup.example", "backup.example", "domains", "problem"),
    ("example.org, backup.example", "example.org, backup.example, unserved.example", "not_served", "note"),
    ("  default_realm: example.com", "  default_realm: ''", "no_realm", None),
    ("  local_daemons: [local-pickup]", "  local_daemons: []", "local_mail_unseen", "note"),
    ("daemon: {", "daemon: { control_group: postfix,", "mta_is_admin", "problem"),
    ("dnsbl: ", "mode: enforce\ndnsbl: ", "other_policy", "warning"),
]


@pytest.mark.parametrize("old, new, identity, level", POLICIES, ids=[case[2] for case in POLICIES])
def test_another_policy(provider, tmp_path, old, new, identity, level):
    with open(provider.daemon.config_path, encoding="utf-8") as config:
        text = config.read()
    assert old in text
    path = tmp_path / "policy.yaml"
    path.write_text(text.replace(old, new))
    found = [pair for pair in serious(provider.doctor(config=path)[1]) if pair[0] != "other_policy" or pair[0] == identity]
    assert [name for name, _ in found] == [identity]
    assert level is None or found[0][1] == level


# ---- what only a running machine shows ---------------------------------------------------------------------------


def test_a_policy_that_was_not_loaded(provider):
    with open(provider.daemon.config_path, encoding="utf-8") as config:
        text = config.read()
    try:
        provider.daemon.write_config(provider.config + "size: { limit: 20MB }\n")
        assert serious(provider.doctor()[1]) == [("not_reloaded", "warning")]
        provider.daemon.reload(provider.config + "size: { limit: 20MB }\n")
        assert provider.doctor() == (0, [])
    finally:
        with open(provider.daemon.config_path, "w", encoding="utf-8") as config:
            config.write(text)
        provider.daemon.reload(provider.config)


def test_a_list_that_does_not_answer(provider):
    dead = provider.config.replace(ZONES[0], "dead.test.example")
    try:
        provider.daemon.reload(dead)
        found = provider.doctor()[1]
        assert [f["level"] for f in found] == ["warning"]
        assert found[0]["id"] in ("list_unanswered", "list_dead", "daemon_ill")
        assert "dead.test.example" in found[0]["what"]
    finally:
        provider.daemon.reload(provider.config)


def test_the_daemon_is_away(provider):
    provider.stop_daemon()
    try:
        assert serious(provider.doctor()[1]) == [("daemon_away", "warning"), ("no_answer", "problem")]
        check_another_program(provider)
    finally:
        provider.start_daemon()


def check_another_program(provider):
    """It has the port: doctor names it, and so does the daemon that cannot start."""
    port = int(provider.replacements["10891"])
    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=close_each, args=(server,))
        thread.start()
        found = {f["id"]: f for f in provider.doctor()[1]}
        told = subprocess.run([program(), "serve", "-c", provider.daemon.config_path], capture_output=True, text=True,
                              check=False, timeout=60)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert found.keys() == {"daemon_away", "no_milter", "port_taken"}
    assert f"pid {os.getpid()}" in found["port_taken"]["what"]
    assert told.returncode == 69 and f"pid {os.getpid()}" in told.stderr + told.stdout


def close_each(server):
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


PANELS = [("mailcow", "/opt/mailcow-dockerized/mailcow.conf", "extra.cf"),
          ("iRedMail", "/etc/iredmail-release", "127.0.0.1:10025/inet/smtpd_milters="),
          ("Mail-in-a-Box", "/etc/mailinabox.conf", "submission/inet/smtpd_milters="),
          ("docker-mailserver", "/usr/local/bin/start-mailserver.sh", "$(postconf -h smtpd_milters)"),
          ("Plesk", "/usr/local/psa/version", "milter_default_action = tempfail"),
          ("ISPConfig", "/usr/local/ispconfig/server/lib/config.inc.php", "milter_default_action = tempfail")]


@needs_namespaces
@pytest.mark.parametrize("name, sign, line", PANELS, ids=[case[0] for case in PANELS])
def test_a_panel(provider, name, sign, line):
    top = "/".join(sign.split("/")[:3])
    mounts = top if sign.startswith(("/usr", "/opt")) else "/etc"
    found = in_a_namespace(provider, f"mkdir -p $(dirname {sign}) && touch {sign}", mounts)
    assert [(f["id"], f["level"]) for f in found] == [("panel", "note")]
    assert name in found[0]["what"] and line in found[0]["change"]


def in_a_namespace(provider, script, overlaid):
    """What doctor finds after `script` has changed a directory of the system, which nobody else sees."""
    work = make_directory(provider.directory)
    upper = f"mount -t tmpfs none {work} && mkdir {work}/u {work}/w && mkdir -p {overlaid} && " \
            f"mount -t overlay overlay -o lowerdir={overlaid},upperdir={work}/u,workdir={work}/w {overlaid}"
    done = subprocess.run(["unshare", "--mount", "sh", "-ec", f"{upper}; {script}; exec \"$@\"", "sh", program(), "doctor",
                           "--json", "-c", provider.daemon.config_path, "--postfix-config", provider.etc],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["findings"]


@needs_namespaces
def test_scripts_that_share_a_user(provider):
    pools = "printf '[northwind]\\nuser = shared\\n[southwind]\\nuser=shared\\n[other]\\nuser = web1\\n'"
    found = in_a_namespace(provider, f"mkdir -p /etc/php/9/fpm/pool.d /etc/apache2/mods-enabled; "
                                     f"{pools} >/etc/php/9/fpm/pool.d/sites.conf; touch /etc/apache2/mods-enabled/php9.load",
                           "/etc")
    told = {f["id"]: f for f in found}
    assert {"scripts_alike", "mod_php"} == set(told)
    assert "northwind and southwind run as one user" in told["scripts_alike"]["what"]
