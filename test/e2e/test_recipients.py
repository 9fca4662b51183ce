"""How many recipients a message may have, and what happens to those beyond."""

from harness import mail

CONFIG = "relay: { local_domains: [example.com], trusted_networks: [198.51.100.0/24] }"


def addresses(count, domain="example.net"):
    return [f"user{n}@{domain}" for n in range(1, count + 1)]


def rcpt_all(client, recipients):
    return [client.rcpt(recipient) for recipient in recipients]


def actions(record, action):
    return [r["address"] for r in record["recipients"] if r["action"] == action]


def test_thirty_are_fine(relay):
    subject = mail.unique_subject("thirty")
    with relay.submission() as client:
        assert client.message("ann@example.com", addresses(30), mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert len(actions(record, "accept")) == 30


def test_the_thirty_first_refuses_the_message(relay):
    """At RCPT and again at the end, never at DATA: a refusal there lets the message slip through an MTA."""
    subject = mail.unique_subject("thirty-one")
    with relay.submission() as client:
        client.mail("ann@example.com")
        replies = rcpt_all(client, addresses(31))
        assert [r.code for r in replies] == [250] * 30 + [550]
        assert replies[-1].enhanced == "5.5.3"
        assert client.command("DATA").code == 354
        final = client.content(mail.plain(subject))
        client.quit()
    assert (final.code, final.enhanced) == (550, "5.5.3")
    assert "30" in final.text
    record = relay.daemon.record_for(final)
    assert record["verdict"] == "reject"
    assert len(record["recipients"]) == 31
    assert actions(record, "reject")[-1:] == ["user31@example.net"]
    assert relay.sink.find(subject) == []


def test_the_same_mailbox_counts_once(relay):
    subject = mail.unique_subject("repeated")
    with relay.submission() as client:
        client.mail("ann@example.com")
        replies = rcpt_all(client, addresses(30) + addresses(5) + ["USER1@EXAMPLE.NET"])
        assert {r.code for r in replies} <= {250, 550}
        assert all(r.code == 250 for r in replies[:35])
        client.command("RSET")


def test_reset_starts_the_count_anew(relay):
    subject = mail.unique_subject("anew")
    with relay.submission() as client:
        client.mail("ann@example.com")
        rcpt_all(client, addresses(31))
        client.command("RSET")
        assert client.message("ann@example.com", addresses(30), mail.plain(subject)).code == 250
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


def test_trusted_hosts_are_deferred(relay):
    """MTAs send the rest later: 452 for the surplus (RFC 5321, 4.5.3.1.10), the message goes to the others."""
    subject = mail.unique_subject("defer")
    with relay.outside(client="198.51.100.3") as client:
        client.mail("app@example.org")
        replies = rcpt_all(client, addresses(31))
        assert [r.code for r in replies] == [250] * 30 + [452]
        assert replies[-1].enhanced == "4.5.3"
        assert client.data(mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert actions(record, "defer") == ["user31@example.net"]
    assert len(relay.sink.wait_for(subject)[0].recipients) == 30


def test_outside_has_a_hundred(relay):
    subject = mail.unique_subject("hundred")
    with relay.outside() as client:
        assert client.message("list@example.org", addresses(100, "example.com"), mail.plain(subject)).code == 250
    assert len(actions(relay.daemon.record_of(subject), "accept")) == 100


def test_excess_reject(start_relay):
    relay = start_relay(CONFIG + "\nrecipients: { limit: 3, excess: reject }")
    subject = mail.unique_subject("rejected rest")
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert [r.code for r in rcpt_all(client, addresses(5))] == [250, 250, 250, 550, 550]
        assert client.data(mail.plain(subject)).code == 250
    assert relay.sink.wait_for(subject)[0].recipients == addresses(3)
    assert actions(relay.daemon.record_of(subject), "reject") == addresses(5)[3:]


def test_excess_drop(start_relay):
    relay = start_relay(CONFIG + "\nrecipients: { limit: 3, excess: drop }")
    subject = mail.unique_subject("dropped rest")
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert [r.code for r in rcpt_all(client, addresses(5))] == [250] * 5
        assert client.data(mail.plain(subject)).code == 250
    assert relay.sink.wait_for(subject)[0].recipients == addresses(3)
    record = relay.daemon.record_of(subject)
    assert actions(record, "accept") == addresses(3)
    assert actions(record, "drop") == addresses(5)[3:]


def test_recipients_that_postfix_refuses_do_not_count(start_relay):
    relay = start_relay(CONFIG + "\nrecipients: { limit: 2 }")
    subject = mail.unique_subject("not counted")
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert client.command("RCPT TO:<not an address>").code >= 500
        assert [r.code for r in rcpt_all(client, addresses(2))] == [250, 250]
        assert client.data(mail.plain(subject)).code == 250
