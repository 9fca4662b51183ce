"""Block lists: rbldnsd answers for two test lists, and a name server that never answers."""

import pytest

from harness import mail
from harness.milter_client import ALL_STEPS
from harness.rbldnsd import LISTED, LISTED_BY_BOTH, SilentNameServer, ZONES

RELAY = "relay: { local_domains: [example.com], trusted_networks: [198.51.100.0/24, 192.0.2.96/32] }\n"


def dns(port, lists, threshold=None, timeout="2s"):
    more = f", threshold: {threshold}" if threshold else ""
    entries = ", ".join(lists)
    return RELAY + f"dns: {{ servers: [127.0.0.1:{port}], timeout: {timeout} }}\ndnsbl: {{ lists: [{entries}]{more} }}"


def CONFIG(rbldnsd):
    return dns(rbldnsd.port, [f"{{ zone: {ZONES[0]}, codes: [127.0.0.4-127.0.0.7] }}"])


def deliver(relay, client, subject):
    with relay.outside(client=client) as session:
        reply = session.message("someone@example.org", ["ann@example.com"], mail.plain(subject))
        session.quit()
    return reply


def finding(record):
    return next(f for f in record["findings"] if f["check"] == "dnsbl")


def test_listed_address_is_refused(relay):
    reply = deliver(relay, LISTED, "never")
    assert reply.code == 550 and reply.enhanced == "5.7.1"
    assert LISTED in reply.text
    record = relay.daemon.record_for(reply)
    assert record["verdict"] == "reject"
    assert finding(record)["outcome"] == "fail"
    assert ZONES[0] in finding(record)["detail"]


def test_other_addresses_pass(relay):
    subject = mail.unique_subject("clean")
    assert deliver(relay, "192.0.2.98", subject).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert finding(record)["outcome"] == "pass"


def test_ipv6_addresses_pass_where_the_list_has_none(relay):
    subject = mail.unique_subject("ipv6")
    assert deliver(relay, "2001:db8::99", subject).code == 250
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


def test_the_second_time_comes_from_the_cache(relay):
    for _ in range(3):
        assert deliver(relay, LISTED, "never").code == 550


def test_trusted_addresses_are_not_asked(start_relay):
    server = SilentNameServer()
    relay = start_relay(dns(server.port, [f"{{ zone: {ZONES[0]} }}"], timeout="1s"))
    server.questions()                          # what the lists were asked at start
    subject = mail.unique_subject("trusted")
    with relay.outside(client="192.0.2.96") as session:
        assert session.message("app@example.org", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["role"] == "trusted"
    assert [f for f in record["findings"] if f["check"] == "dnsbl" and f["outcome"] == "unknown"] == []
    server.stop()


def test_answers_outside_codes_do_not_count(rbldnsd, start_relay):
    relay = start_relay(dns(rbldnsd.port, [f"{{ zone: {ZONES[0]}, codes: [127.0.0.10] }}"]))
    assert deliver(relay, LISTED, "other code").code == 250


@pytest.mark.parametrize("client, code", [(LISTED, 250), (LISTED_BY_BOTH, 550)])
def test_weights_and_threshold(rbldnsd, start_relay, client, code):
    lists = [f"{{ zone: {zone}, weight: 2 }}" for zone in ZONES]
    relay = start_relay(dns(rbldnsd.port, lists, threshold=3))
    assert deliver(relay, client, mail.unique_subject("weighed")).code == code


def test_a_login_from_a_listed_address(relay):
    """The founding policy looks at the client's address whoever has logged in."""
    with relay.smtp(client=LISTED, login=("ann@example.com", "secret")) as session:
        reply = session.message("ann@example.com", ["bob@example.net"], mail.plain("never"))
        session.quit()
    record = relay.daemon.wait_for_records(1)[-1]
    assert record["role"] == "submission"
    assert reply.code == 550 and finding(relay.daemon.record_for(reply))["outcome"] == "fail"


def test_a_list_that_never_answers_is_unknown(start_relay):
    server = SilentNameServer()
    relay = start_relay(dns(server.port, [f"{{ zone: {ZONES[0]} }}"], timeout="300ms"))
    subject = mail.unique_subject("no answer")
    assert deliver(relay, LISTED, subject).code == 250
    record = relay.daemon.record_of(subject)
    assert finding(record)["outcome"] == "unknown"
    assert record["verdict"] == "accept"
    assert server.questions() > 0
    server.stop()


def served(relay, milter):
    trusted = milter(relay)
    trusted.connect("192.0.2.96")
    trusted.helo()
    return trusted.mail("app@example.org").letter == "c"


def test_a_thousand_sessions_that_wait_keep_no_thread(start_relay, milter):
    """And nobody else waits with them."""
    server = SilentNameServer()
    relay = start_relay(dns(server.port, [f"{{ zone: {ZONES[0]} }}"], timeout="25s"))
    assert served(relay, milter)
    threads, waiting = relay.daemon.thread_count(), []
    for number in range(1000):
        client = milter(relay, steps=ALL_STEPS)
        waiting.append(client)
        client.connect(f"203.0.{number // 250}.{number % 250 + 1}")
        client.helo()
        client.send_packet("M", b"<x@example.org>\0")
    assert served(relay, milter)
    assert relay.daemon.thread_count() <= threads + 1  # perhaps one for somebody whom this busy machine kept
    for client in waiting:
        client.close()
    server.stop()


def test_unknown_can_be_deferred(start_relay):
    server = SilentNameServer()
    config = dns(server.port, [f"{{ zone: {ZONES[0]} }}"], timeout="300ms")
    relay = start_relay(config.replace("dnsbl: {", "dnsbl: { on_unknown: defer,"))
    reply = deliver(relay, LISTED, "later")
    assert 400 <= reply.code < 500, reply
    assert relay.daemon.record_for(reply)["verdict"] == "defer"
    server.stop()


def tags(message):
    head = message.content.partition(b"\r\n\r\n")[0].decode()
    return [line for line in head.split("\r\n") if line.lower().startswith("x-closedrelay-")]


def test_a_tag_is_a_header_field(rbldnsd, start_relay):
    relay = start_relay(dns(rbldnsd.port, [f"{{ zone: {ZONES[0]}, action: tag }}"]))
    subject = mail.unique_subject("tagged")
    assert deliver(relay, LISTED, subject).code == 250
    record = relay.daemon.record_of(subject)
    assert (record["verdict"], finding(record)["reason"]) == ("accept", "listed_tag")
    field, = tags(relay.sink.wait_for(subject)[0])
    assert field.startswith(f"X-Closedrelay-DNSBL: {ZONES[0]}: 127.0.0."), field
    assert LISTED in field and record["id"] in field
    subject = mail.unique_subject("not tagged")
    assert deliver(relay, "192.0.2.98", subject).code == 250
    assert tags(relay.sink.wait_for(subject)[0]) == []


def test_a_tag_is_not_added_by_a_check_that_only_monitors(rbldnsd, start_relay):
    config = dns(rbldnsd.port, [f"{{ zone: {ZONES[0]}, action: tag }}"])
    relay = start_relay(config.replace("dnsbl: {", "dnsbl: { mode: monitor,"))
    subject = mail.unique_subject("monitored tag")
    assert deliver(relay, LISTED, subject).code == 250
    assert finding(relay.daemon.record_of(subject))["reason"] == "listed_tag"
    assert tags(relay.sink.wait_for(subject)[0]) == []


def test_monitor_refuses_nobody(rbldnsd, start_relay):
    config = dns(rbldnsd.port, [f"{{ zone: {ZONES[0]} }}"])
    relay = start_relay(config.replace("dnsbl: {", "dnsbl: { mode: monitor,"))
    subject = mail.unique_subject("monitored")
    assert deliver(relay, LISTED, subject).code == 250
    found = finding(relay.daemon.record_of(subject))
    assert (found["outcome"], found["mode"]) == ("fail", "monitor")
