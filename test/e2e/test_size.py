"""How large a message may be: as announced, and as counted."""

import re

import pytest

from harness import mail

CONFIG = "relay: { local_domains: [example.com] }"
SMALL = CONFIG + "\nsize: { limit: 100kB }"


def test_announced_size_is_refused_at_mail(relay):
    with relay.submission() as client:
        assert client.mail("ann@example.com", "SIZE=30000000").code == 250
        client.command("RSET")
        reply = client.mail("ann@example.com", "SIZE=30000001")
        client.quit()
    assert (reply.code, reply.enhanced) == (552, "5.3.4")
    assert "30 MB" in reply.text
    record = relay.daemon.record_for(reply)
    assert record["verdict"] == "reject"
    assert next(f for f in record["findings"] if f["check"] == "size")["outcome"] == "fail"


def test_counted_size_is_refused_at_the_end(relay):
    subject = mail.unique_subject("thirty megabytes")
    with relay.submission() as client:
        reply = client.message("ann@example.com", ["bob@example.net"], mail.of_size(subject, 30_200_000))
    assert (reply.code, reply.enhanced) == (552, "5.3.4")
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "reject"
    assert record["size"] > 30_000_000
    assert relay.sink.find(subject) == []


def test_a_lie_about_the_size_does_not_help(start_relay):
    relay = start_relay(SMALL)
    with relay.submission() as client:
        content = mail.of_size("never", 120_000)
        reply = client.message("ann@example.com", ["bob@example.net"], content, size=10)
    assert (reply.code, reply.enhanced) == (552, "5.3.4")


def test_the_reply_says_what_it_was_and_what_it_may_be(start_relay):
    relay = start_relay(SMALL)
    with relay.submission() as client:
        reply = client.mail("ann@example.com", "SIZE=400000")
    figures = re.findall(r"\d+ ?[kM]B", reply.text)
    assert "100 kB" in figures, reply
    assert len(figures) >= 2, reply


def test_below_the_limit_passes_whole(start_relay):
    relay = start_relay(SMALL)
    subject = mail.unique_subject("just fits")
    content = mail.of_size(subject, 99_000)
    with relay.submission() as client:
        assert client.message("ann@example.com", ["bob@example.net"], content, size=len(content)).code == 250
    assert relay.sink.wait_for(subject)[0].content.endswith(content[-50_000:])
    record = relay.daemon.record_of(subject)
    assert record["verdict"] == "accept"
    assert abs(record["size"] - len(content)) < 1000


def test_counted_exactly(start_relay, milter):
    """At the limit it passes, one byte more is refused: headers count as 'name: value' with their line end."""
    relay = start_relay(CONFIG + "\nsize: { limit: 2kB }")
    for extra, letter in ((0, "a"), (1, "y")):
        with milter(relay) as client:
            client.connect("203.0.113.9")
            client.helo()
            content = mail.of_size("exact", 2000 + extra)
            answer = client.send_message("someone@example.org", ["ann@example.com"], content)["eom"]
            assert answer.letter in ({"a", "c"} if letter == "a" else {"y"}), (extra, answer)


@pytest.mark.parametrize("attachments", ["enforce", "monitor", "off"])
def test_measured_by_attachments(start_relay, attachments):
    """A file of 80 kB is 108 kB as mail; with measure: attachment it counts as what it is, whether or not its name is
    judged."""
    relay = start_relay(SMALL)
    subject = mail.unique_subject("encoded")
    content = mail.with_attachment(subject, 'attachment; filename="data.bin"', data=b"d" * 80_000)
    with relay.submission() as client:
        assert client.message("ann@example.com", ["bob@example.net"], content).code == 552
    relay = start_relay(CONFIG + f"\nsize: {{ limit: 100kB, measure: attachment }}\nattachments: {{ mode: {attachments} }}")
    with relay.submission() as client:
        assert client.message("ann@example.com", ["bob@example.net"], content).code == 250
        larger = mail.with_attachment("never", 'attachment; filename="data.bin"', data=b"d" * 110_000)
        assert client.message("ann@example.com", ["bob@example.net"], larger).code == 552
