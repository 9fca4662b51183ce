"""The set-up of docs/limits.md, as it stands there, behind a real Postfix: each of its senders meets its limit.

Every number of the page is divided by ten, or the tests would send for minutes.
"""

import json
import os
import re
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail
from harness.postfix import Lane
from harness.process import wait_until

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "limits.md")
ELSEWHERE = "198.51.100.3"  # an office, in the trusted networks


def policy():
    with open(PAGE, encoding="utf-8") as page:
        text = re.search(r"```yaml\n(rates:.*?)```", page.read(), re.DOTALL).group(1)
    text = re.sub(r"limit: (\d+)", lambda found: f"limit: {int(found.group(1)) // 10}", text)
    return ("relay: { local_domains: [example.com, example.org], trusted_networks: [127.0.0.0/8, 198.51.100.0/24] }\n"
            "customers: { '@example.com': acme, '@example.org': acme }\n" + text)


class Provider:
    """Two daemons with the page's policy: one for mail over the network, one for what the machine hands in."""

    def __init__(self, workspace, factory, postfix):
        self.directory = tempfile.mkdtemp(prefix="limits-page.", dir=workspace)
        os.chmod(self.directory, 0o755)
        self.relays = [self.make(factory, name, lane)
                       for name, lane in (("network", None), ("local", Lane(0, postfix.local_milter_port)))]
        self.network, self.local = self.relays

    def make(self, factory, name, lane):
        state = os.path.join(self.directory, name)
        os.mkdir(state)
        relay = factory.make(f"control: unix:{state}/control.sock\nstate: {state}\n{policy()}", lane=lane)
        relay.control = f"{state}/control.sock"
        relay.daemon.start()
        return relay


@pytest.fixture(scope="module")
def provider(workspace, daemon_factory, postfix):
    made = Provider(workspace, daemon_factory, postfix)
    yield made
    for relay in made.relays:
        daemon_factory.release(relay)


def send(client, sender, count, each=20):
    """To `count` people, in messages of `each`: how many were taken, and the first refusal."""
    taken, refusal = 0, None
    for first in range(0, count, each):
        client.mail(sender)
        replies = [client.rcpt(f"person{n}@example.net") for n in range(first, min(first + each, count))]
        accepted = sum(reply.code == 250 for reply in replies)
        if accepted and client.data(mail.plain(mail.unique_subject("page"), sender)).code == 250:
            taken += accepted
        else:
            client.command("RSET")
        refusal = refusal or next((reply for reply in replies if reply.code != 250), None)
    return taken, refusal


def asked(relay, *words):
    done = daemon_module.run(*words, "--socket", relay.control, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def said(relay, *words):
    done = daemon_module.run(*words, "--socket", relay.control)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_a_mailbox(provider):
    with provider.network.smtp(client="203.0.113.5", login=("ann@example.com", "secret")) as client:
        taken, refusal = send(client, "ann@example.com", 60)
        assert taken == 50
        assert (refusal.code, refusal.enhanced) == (450, "4.7.1")
        assert "50 recipients in 1h" in refusal.text and "ann@example.com" in refusal.text
        provider.network.daemon.wait_for_records(3)
        assert provider.network.daemon.events("warn")[0]["subject"]["name"] == "ann@example.com"  # at 80 %
        assert "ann@example.com" in said(provider.network, "reset", "ann@example.com")
        assert send(client, "ann@example.com", 20) == (20, None)


def test_a_newsletter(provider):
    with provider.network.smtp(client="203.0.113.6", login=("newsletter@example.com", "secret")) as client:
        assert send(client, "newsletter@example.com", 120) == (120, None)
    rows = asked(provider.network, "usage", "newsletter@example.com")
    assert [(row["count"], row["used"], row["limit"]) for row in rows] == [("recipients", 120, 5000)]


def test_a_shop(provider):
    with provider.network.smtp(client="203.0.113.7", login=("shop@example.org", "secret")) as client:
        taken, refusal = send(client, "shop@example.org", 40)
    assert taken == 30
    assert refusal.code == 450 and "30 recipients in 10m" in refusal.text


def test_an_office_and_its_printer(provider):
    for address in (ELSEWHERE, "198.51.100.4"):
        with provider.network.outside(client=address) as client:
            taken, refusal = send(client, "printer@example.com", 25)
        assert taken == 20
        assert refusal.code == 450 and f"the address {address}" in refusal.text


def test_a_webmail_on_the_machine(provider):
    with provider.network.smtp() as client:
        assert send(client, "bob@example.com", 100) == (100, None)
    assert not [row for row in asked(provider.network, "usage") if row["key"] == "127.0.0.1"]


def test_a_server_outside(provider):
    with provider.network.outside(client="192.0.2.9") as client:
        for number in range(50):
            client.mail("sender@example.net")
            assert client.rcpt("ann@example.com").code == 250
            assert client.data(mail.plain(mail.unique_subject("in"), "sender@example.net")).code == 250, number
        client.mail("sender@example.net")
        refusal = client.rcpt("ann@example.com")
        assert refusal.code == 450 and "50 messages in 10m" in refusal.text


def test_a_script(provider, postfix, sink):
    """What the machine hands in waits in Postfix' queue of such mail, and is tried again."""
    def submit(count):
        subject = mail.unique_subject("script")
        content = b"X-PHP-Originating-Script: 1000:Shop.php\n" + mail.plain(subject).replace(b"\r", b"")
        people = [f"person{n}@example.net" for n in range(count)]
        assert postfix.submit_locally("web@mx.test.example", people, content).returncode == 0
        return provider.local.daemon.record_of(subject)

    assert submit(8)["verdict"] == "accept"
    refused = submit(8)
    assert refused["verdict"] == "defer"
    assert any("script" in (f["detail"] or "") for f in refused["findings"] if f["outcome"] == "fail")
    rows = {row["by"]: row for row in asked(provider.local, "usage")}
    assert (rows["script"]["used"], rows["script"]["limit"]) == (8, 10), rows


def test_the_levels_above(provider):
    """What the mailboxes of a domain and of a customer used is theirs too."""
    rows = {(row["by"], row["key"]): row["used"] for row in asked(provider.network, "usage")
            if row["count"] == "recipients"}
    assert rows["customer", "acme"] >= 20 and rows["domain", "example.com"] >= 20


def test_a_limit_that_holds(start_relay, workspace, sink, postfix):
    relay = start_relay("relay: { local_domains: [example.com] }\nrates: { limits: [ { key: user, count: messages, limit: 1, "
                        "per: day, action: hold } ] }\n")
    subjects = [mail.unique_subject("hold") for _ in range(2)]
    with relay.submission() as client:
        for subject in subjects:
            assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    first, second = (relay.daemon.record_of(subject) for subject in subjects)
    assert (first["verdict"], second["verdict"]) == ("accept", "hold")
    sink.wait_for(subjects[0])
    queue = os.path.join(postfix.directory, "spool", "hold")
    wait_until(lambda: second["queue_id"] in (os.listdir(queue) if os.path.isdir(queue) else []), "it waits in the queue")
