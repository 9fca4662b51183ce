"""Block lists that die as lists have died: nobody is refused, the record says why, and they come back."""

import os
import tempfile

import pytest

from harness import mail
from harness.process import wait_until
from harness.stub_dns import StubDns

ZONE = "bl.test.example"
LISTED = "198.51.100.66"
HEALTHY = (f"2.0.0.127.{ZONE} A a=127.0.0.2\n66.100.51.198.{ZONE} A a=127.0.0.4\n{ZONE} SOA nodata\n"
           "marker.test A a=127.0.0.1\n")
DEATHS = {
    "ORDB 2008 and AHBL 2015: lists the whole world": (f"*.{ZONE} A a=127.0.0.2\n", "suspended"),
    "dul.ru 2015: a parked domain": (f"*.{ZONE} A a=203.0.113.80\n", "suspended"),
    "Spamhaus through a public resolver": (f"*.{ZONE} A a=127.255.255.254\n", "suspended"),
    "DSBL 2009: its servers are gone": (f"*.{ZONE} * drop\n", "suspended"),
    "refused": (f"*.{ZONE} * refused\n", "suspended"),
    "SORBS 2024: emptied": (f"{ZONE} SOA nodata\n", None),
}


@pytest.fixture
def stub(workspace):
    server = StubDns(tempfile.mkdtemp(prefix="stub_dns.", dir=workspace), HEALTHY)
    yield server
    server.stop()


def config(port):
    return ("relay: { local_domains: [example.com] }\n"
            f"dns: {{ servers: [127.0.0.1:{port}], timeout: 600ms }}\n"
            f"dnsbl: {{ retry: 100ms, retry_most: 300ms, lists: [{{ zone: {ZONE} }}] }}\n")


def deliver(relay, client):
    subject = mail.unique_subject("death")
    with relay.outside(client=client) as session:
        reply = session.message("someone@example.org", ["ann@example.com"], mail.plain(subject))
        session.quit()
    record = relay.daemon.record_for(reply) if reply.code != 250 else relay.daemon.record_of(subject)
    return reply, [f for f in record["findings"] if f["check"] == "dnsbl"]


@pytest.mark.parametrize("death", DEATHS)
def test_no_death_refuses_anybody(start_relay, stub, death):
    relay = start_relay(config(stub.port))
    assert deliver(relay, LISTED)[0].code == 550
    rules, expected = DEATHS[death]
    stub.set_rules(rules + "marker.test A a=127.0.0.9\n", "marker.test", ["127.0.0.9"])
    reasons = []
    for host in range(1, 7):
        reply, findings = deliver(relay, f"198.51.100.{host}")
        assert reply.code == 250, reply
        reasons += [f["reason"] for f in findings]
    assert "listed" not in reasons
    if expected:
        assert reasons[-1] == expected
    stub.set_rules(HEALTHY.replace("127.0.0.1\n", "127.0.0.8\n"), "marker.test", ["127.0.0.8"])

    def refused_again():
        reply, _ = deliver(relay, "198.51.100.66")
        return reply.code == 550

    wait_until(refused_again, "the list is back")
    reply, findings = deliver(relay, "198.51.100.1")       # what it said while it lied is not remembered
    assert reply.code == 250 and [f["reason"] for f in findings] == ["not_listed"]
    assert relay.daemon.process.output().count("is suspended") <= 1


def test_dead_from_the_start(start_relay, stub):
    stub.set_rules(f"*.{ZONE} A a=127.0.0.2\nmarker.test A a=127.0.0.9\n", "marker.test", ["127.0.0.9"])
    relay = start_relay(config(stub.port))
    reply, findings = deliver(relay, "198.51.100.1")
    assert reply.code == 250
    assert [f["outcome"] for f in findings] == ["unknown"]
