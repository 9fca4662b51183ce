"""Who may send through the relay: roles, local domains, and forms that smuggle a second hop."""

import pytest

from harness import mail

CONFIG = """
relay:
  local_domains: [example.com]
  trusted_networks: [198.51.100.0/24, "2001:db8:aaaa::/48"]
"""


def test_login_may_relay(relay):
    subject = mail.unique_subject("login")
    with relay.submission() as client:
        reply = client.message("ann@example.com", ["bob@example.net"], mail.plain(subject))
    assert reply.code == 250
    assert relay.sink.wait_for(subject)[0].recipients == ["bob@example.net"]
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert record["role"] == "submission"
    assert record["user"] == "ann@example.com"
    assert record["client"]["ip"] == "203.0.113.5"
    assert record["sender"] == "ann@example.com"
    assert record["recipients"] == [{"address": "bob@example.net", "action": "accept"}]
    assert record["queue_id"] in reply.text


def test_without_login_is_refused_with_help(relay):
    with relay.outside() as client:
        assert client.mail("ann@example.com").code == 250
        reply = client.rcpt("bob@example.net")
        client.quit()
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
    assert "log in" in reply.text.lower() or "authenticat" in reply.text.lower()
    record = relay.daemon.record_for(reply)
    assert record["verdict"] == "reject"
    assert record["role"] == "outside"
    assert record["user"] in (None, "")
    assert record["recipients"] == [
        {"address": "bob@example.net", "action": "reject", "reason": "relay.not_local_domain"}]
    failed = [f for f in record["findings"] if f["check"] == "relay"]
    assert failed[0]["outcome"] == "fail" and failed[0]["mode"] == "enforce"


def test_outside_reaches_local_domains(relay):
    subject = mail.unique_subject("incoming")
    with relay.outside() as client:
        reply = client.message("someone@example.org", ["Ann@EXAMPLE.com"], mail.plain(subject))
    assert reply.code == 250
    assert relay.daemon.record_of(subject)["role"] == "outside"
    relay.sink.wait_for(subject)


def test_one_foreign_recipient_does_not_hurt_the_others(relay):
    subject = mail.unique_subject("mixed")
    with relay.outside() as client:
        client.mail("someone@example.org")
        assert client.rcpt("ann@example.com").code == 250
        assert client.rcpt("bob@example.net").code == 550
        assert client.data(mail.plain(subject)).code == 250
    assert relay.sink.wait_for(subject)[0].recipients == ["ann@example.com"]
    actions = {r["address"]: r["action"] for r in relay.daemon.record_of(subject)["recipients"]}
    assert actions == {"ann@example.com": "accept", "bob@example.net": "reject"}


@pytest.mark.parametrize("client", ["198.51.100.20", "2001:db8:aaaa::9"])
def test_trusted_network_may_relay(relay, client):
    subject = mail.unique_subject("trusted")
    with relay.outside(client=client) as session:
        assert session.message("app@example.org", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["role"] == "trusted"
    assert record["client"]["ip"] == client


@pytest.mark.parametrize("client", ["198.51.101.20", "2001:db8:aaab::9"])
def test_the_next_network_is_not_trusted(relay, client):
    with relay.outside(client=client) as session:
        session.mail("app@example.org")
        assert session.rcpt("bob@example.net").code == 550


@pytest.mark.parametrize("path", [
    "<user%victim.example@example.com>",
    "<victim.example!user>",
    "<victim.example!user@example.com>",
    "<@example.com:user@victim.example>",
    '<"user@victim.example"@example.com>',
    "<user@victim.example@example.com>",
    "<user@[192.0.2.1]>",
])
def test_second_hop_forms_are_refused(relay, path):
    """Refused by us, or as bad syntax by Postfix itself; never taken."""
    with relay.outside() as client:
        client.mail("someone@example.org")
        reply = client.command(f"RCPT TO:{path}")
    assert reply.code in (501, 550, 553, 554), reply


def test_the_claimed_author_proves_nothing(relay):
    """MAIL ... AUTH= is the client's own text; the MTA hands it on as {auth_author} without a login."""
    with relay.outside() as client:
        assert client.mail("ann@example.com", "AUTH=ann@example.com").code == 250
        reply = client.rcpt("bob@example.net")
        assert reply.code == 550
        client.quit()
    assert relay.daemon.record_for(reply)["role"] == "outside"


def test_failed_login_gives_no_role(relay):
    with relay.outside() as client:
        assert client.command("AUTH PLAIN AGFubkBleGFtcGxlLmNvbQB3cm9uZw==").code == 535
        client.mail("ann@example.com")
        assert client.rcpt("bob@example.net").code == 550


def test_login_over_tls_is_recorded(relay):
    subject = mail.unique_subject("tls")
    with relay.outside() as client:
        client.starttls()
        client.login("ann@example.com", "secret")
        assert client.message("ann@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    tls = relay.daemon.record_of(subject)["tls"]
    assert tls["version"].startswith("TLSv1.")
    assert tls["cipher"]


@pytest.mark.parametrize("login, user", [
    ("ann+tag@example.com", "ann@example.com"),
    ("Carl%example.com", "carl@example.com"),
])
def test_logins_are_made_canonical(relay, login, user):
    subject = mail.unique_subject("canonical")
    with relay.outside() as client:
        client.login(login, "secret")
        assert client.message(user, ["bob@example.net"], mail.plain(subject, sender=user)).code == 250
    assert relay.daemon.record_of(subject)["user"] == user


def test_refused_connection_may_try_again(relay):
    """A refused recipient ends neither the message nor the session."""
    subject = mail.unique_subject("again")
    with relay.outside() as client:
        client.mail("someone@example.org")
        assert client.rcpt("bob@example.net").code == 550
        assert client.rcpt("ann@example.com").code == 250
        assert client.data(mail.plain(subject)).code == 250
