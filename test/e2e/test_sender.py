"""May this login use this sender?"""

import pytest

from harness import mail

CONFIG = "relay: { local_domains: [example.com] }"


def finding(record, check, outcome):
    return next((f for f in record["findings"] if f["check"] == check and f["outcome"] == outcome), None)


def test_foreign_domain_is_refused(relay):
    with relay.submission() as client:
        reply = client.message("ceo@bank.example", ["bob@example.net"], mail.plain("never"))
        client.quit()
    assert (reply.code, reply.enhanced) == (553, "5.7.1")
    record = relay.daemon.record_for(reply)
    assert record["verdict"] == "reject"
    assert record["user"] == "ann@example.com"
    assert finding(record, "sender", "fail")["mode"] == "enforce"


def test_own_domain_is_enough_by_default(relay):
    subject = mail.unique_subject("sales")
    with relay.submission() as client:
        assert client.message("sales@example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


def test_foreign_header_from_is_recorded_only(relay):
    subject = mail.unique_subject("spoofed from")
    with relay.submission() as client:
        content = mail.plain(subject, sender="ceo@bank.example")
        assert client.message("ann@example.com", ["bob@example.net"], content).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert "ceo@bank.example" in str(record["from"])
    assert finding(record, "sender", "fail")["mode"] == "monitor"


def test_outside_may_use_any_sender(relay):
    subject = mail.unique_subject("incoming")
    with relay.outside() as client:
        assert client.message("ceo@bank.example", ["ann@example.com"], mail.plain(subject)).code == 250


def test_match_address(start_relay):
    relay = start_relay(CONFIG + "\nsender: { match: address }")
    subject = mail.unique_subject("own address")
    with relay.submission() as client:
        assert client.message("sales@example.com", ["bob@example.net"], mail.plain("never")).code == 553
        assert client.message("Ann@Example.com", ["bob@example.net"], mail.plain(subject)).code == 250
    assert relay.daemon.record_of(subject)["verdict"] == "accept"


def test_match_off(start_relay):
    relay = start_relay(CONFIG + "\nsender: { match: off }")
    with relay.submission() as client:
        assert client.message("ceo@bank.example", ["bob@example.net"], mail.plain("any")).code == 250


def test_enforced_header_from(start_relay):
    relay = start_relay(CONFIG + "\nsender: { header_from: enforce }")
    with relay.submission() as client:
        content = mail.plain("never", sender="ceo@bank.example")
        reply = client.message("ann@example.com", ["bob@example.net"], content)
    assert (reply.code, reply.enhanced) == (553, "5.7.1")
    assert relay.daemon.record_for(reply)["verdict"] == "reject"


def test_login_without_domain_is_unknown(relay):
    subject = mail.unique_subject("no domain")
    with relay.outside() as client:
        client.login("dora", "secret")
        client.message("dora@example.com", ["bob@example.net"], mail.plain(subject))
        client.quit()
    record = relay.daemon.wait_for_records(1)[-1]
    assert finding(record, "sender", "unknown")


@pytest.mark.parametrize("mode, code", [("monitor", 250), ("off", 250), ("enforce", 553)])
def test_modes(start_relay, mode, code):
    relay = start_relay(CONFIG + f"\nsender: {{ mode: {mode} }}")
    subject = mail.unique_subject("mode")
    with relay.submission() as client:
        assert client.message("ceo@bank.example", ["bob@example.net"], mail.plain(subject)).code == code
        client.quit()
    record = relay.daemon.wait_for_records(1)[-1]
    fail = finding(record, "sender", "fail")
    if mode == "off":
        assert fail is None
    else:
        assert fail["mode"] == mode


def test_monitor_for_everything(start_relay):
    relay = start_relay(CONFIG + "\nmode: monitor")
    subject = mail.unique_subject("monitored")
    with relay.outside() as client:
        assert client.message("ceo@bank.example", ["bob@example.net"], mail.plain(subject)).code == 250
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert finding(record, "relay", "fail")
