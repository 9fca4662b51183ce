"""Limits and blocks, behind a real Postfix: what passes, what the sender reads, what an admin sees and does."""

import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness import control
from harness import mail
from harness.control import asked, command
from harness.process import Process, free_port, wait_until

LIMITS = """
rates:
  limits:
    - { key: user, count: recipients, limit: 40, per: 1h, warn: 50% }
    - { key: user, count: messages, limit: 100, per: day }
  roles:
    trusted: { limits: [ { key: ip, count: recipients, limit: 5, per: 1h, window: sliding, action: reject } ] }
overrides:
  - { when: { user: news@example.com }, rates: { limits: [ { key: user, limit: 5000, per: 1h } ] } }
"""


@pytest.fixture
def limited(start_relay, workspace):
    """limited(MORE): a relay with limits, its control socket at relay.control and its state in a folder of its own."""
    def start(more=LIMITS, state=None):
        return control.start(start_relay, workspace, f"relay: {{ local_domains: [example.com], trusted_networks: [198.51.100.0/24] }}\n{more}", state)
    return start


def send(client, count, subject=None, first=1):
    """A message to `count` recipients; how many were taken, and the last reply to RCPT that was not 250."""
    client.mail("ann@example.com")
    replies = [client.rcpt(f"person{n}@example.net") for n in range(first, first + count)]
    taken = sum(reply.code == 250 for reply in replies)
    if taken:
        assert client.data(mail.plain(subject or mail.unique_subject("limits"))).code == 250
    else:
        client.command("RSET")
    refused = [reply for reply in replies if reply.code != 250]
    return taken, refused[-1] if refused else None


def test_a_limit_stops_a_login_and_says_when(limited):
    relay = limited()
    with relay.submission() as client:
        assert send(client, 30) == (30, None)
        subject = mail.unique_subject("half")
        taken, refusal = send(client, 30, subject)
    assert taken == 10
    assert (refusal.code, refusal.enhanced) == (450, "4.7.1")
    for words in ("ann@example.com", "40 recipients in 1h", "40 used", "It can be sent from", "UTC"):
        assert words in refusal.text
    record = relay.daemon.record_of(subject)
    finding = next(f for f in record["findings"] if f["check"] == "rates" and f["outcome"] == "fail")
    assert finding["reason"] == "rate_exceeded"
    assert len([r for r in record["recipients"] if r["action"] == "defer"]) == 20


def test_what_is_refused_or_given_up_is_not_charged(limited):
    relay = limited()
    with relay.submission() as client:
        for _ in range(5):
            client.mail("ann@example.com")
            for n in range(30):
                assert client.rcpt(f"person{n}@example.net").code == 250
            client.command("RSET")
        client.mail("ann@example.com")
        assert client.rcpt("person@example.net").code == 250
        final = client.data(mail.with_attachment("refused", 'attachment; filename="virus.exe"'))
        assert final.code == 550
        assert send(client, 30) == (30, None)
    rows = asked(relay, "usage", "ann@example.com")
    assert {row["count"]: row["used"] for row in rows} == {"recipients": 30, "messages": 1}


def test_all_spellings_of_a_login_share_a_counter(limited):
    relay = limited()
    for login in (("ann@example.com", "secret"), ("ann+tag@example.com", "secret")):
        with relay.smtp(client="203.0.113.5", login=login) as client:
            assert send(client, 15) == (15, None)
    rows = [row for row in asked(relay, "usage") if row["count"] == "recipients"]
    assert [(row["key"], row["used"]) for row in rows] == [("ann@example.com", 30)]
    for spelling in ("Ann@Example.COM", "ann%example.com", "ANN+x@example.com", "ann@example.com."):
        assert {row["key"] for row in asked(relay, "usage", spelling)} == {"ann@example.com"}, spelling
    assert "ann@example.com" not in command(relay, "usage", "nobody@example.com").stdout
    assert command(relay, "reset", "ANN+y@Example.com").returncode == 0
    assert asked(relay, "usage", "ann@example.com") == []


def test_an_office_is_counted_by_its_address(limited):
    relay = limited()
    with relay.outside(client="198.51.100.3") as client:
        taken, refusal = send(client, 7)
    assert taken == 5
    assert (refusal.code, refusal.enhanced) == (550, "5.7.1")
    assert "198.51.100.3" in refusal.text
    with relay.outside(client="198.51.100.4") as client:
        assert send(client, 5) == (5, None)


def test_an_admin_sees_and_resets(limited):
    relay = limited()
    with relay.submission() as client:
        send(client, 20)
        send(client, 20)
        assert send(client, 1)[0] == 0
        top = command(relay, "top").stdout
        assert "ann@example.com" in top and "recipients" in top
        assert "ann@example.com" in command(relay, "reset", "ann@example.com").stdout
        assert send(client, 30) == (30, None)
    unknown = command(relay, "reset", "nobody@example.com")
    assert unknown.returncode != 0 and "closedrelay top" in unknown.stderr
    assert "ann@example.com has used 20 of 40" in relay.daemon.output
    assert relay.daemon.output.count("has used") == 2  # once before the reset, once after it


def test_a_block_acts_on_an_open_session(limited):
    relay = limited("")
    with relay.submission() as client:
        assert send(client, 1) == (1, None)
        done = command(relay, "block", "Ann@Example.com", "--for", "2h", "--reason", "spam run, call 555-0100")
        assert done.returncode == 0, done.stderr
        reply = client.mail("ann@example.com")
        reply = reply if reply.code != 250 else client.rcpt("person@example.net")
        assert (reply.code, reply.enhanced) == (550, "5.7.1")
        assert "spam run, call 555-0100" in reply.text and "until" in reply.text
        client.command("RSET")
        blocks = asked(relay, "blocks")
        assert [(b["target"], b["whom"], b["reason"]) for b in blocks] == \
            [("user", "ann@example.com", "spam run, call 555-0100")]
        assert "root" in blocks[0]["by"]
        assert command(relay, "unblock", "ann@example.com").returncode == 0
        assert send(client, 1) == (1, None)
    assert asked(relay, "blocks") == []
    again = command(relay, "unblock", "ann@example.com")
    assert again.returncode != 0 and "is not blocked" in again.stderr


def test_a_block_may_leave_mail_inside_alone(limited):
    relay = limited("")
    assert command(relay, "block", "@example.com", "--scope", "external").returncode == 0
    with relay.submission() as client:
        client.mail("ann@example.com")
        assert client.rcpt("bob@example.com").code == 250
        reply = client.rcpt("person@example.net")
        assert reply.code == 550 and "to other domains" in reply.text


def test_blocks_outlive_a_kill_and_counters_a_restart(limited):
    relay = limited()
    with relay.submission() as client:
        send(client, 25)
    assert command(relay, "block", "203.0.113.0/24", "--reason", "botnet").returncode == 0
    relay.daemon.process.send_signal(signal.SIGKILL)
    relay.daemon.process.wait(10)
    relay.daemon.start()
    assert [b["whom"] for b in asked(relay, "blocks")] == ["203.0.113.0/24"]
    assert command(relay, "unblock", "203.0.113.0/24").returncode == 0
    with relay.submission() as client:
        send(client, 10)
    relay.daemon.stop()
    relay.daemon.start()
    rows = [row for row in asked(relay, "usage") if row["count"] == "recipients"]
    assert rows and rows[0]["used"] >= 10
    assert asked(relay, "blocks") == []


def test_what_cannot_be_meant_is_said(limited):
    relay = limited("")
    for words, says in ((("block", "192.0.2.7/24x"), None), (("block", "client:ann"), "no address"),
                        (("block", "ann@example.com", "--for", "soon"), "no duration"),
                        (("block", "ann@example.com", "--scope", "some"), "all or external")):
        done = command(relay, *words)
        if says is not None:
            assert done.returncode != 0 and says in done.stderr, done


@pytest.fixture
def redis(workspace):
    """A Redis of the test's own; its URL."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server")
    port = free_port()
    process = Process(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                       "--dir", tempfile.mkdtemp(prefix="redis.", dir=workspace)],
                      os.path.join(tempfile.mkdtemp(prefix="redis-log.", dir=workspace), "output"))
    process.wait_for_listener(("127.0.0.1", port))
    yield f"redis://127.0.0.1:{port}/0"
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def store_of(relay):
    return asked(relay, "status")["store"]


def test_two_servers_share_a_limit(limited, redis):
    relays = [limited(f"store: {redis}\n{LIMITS}") for _ in range(2)]
    for relay in relays:
        wait_until(lambda relay=relay: "shared by 2" in store_of(relay), "both servers are seen")
    taken = 0
    for relay in relays:
        with relay.submission() as client:
            taken += send(client, 25)[0]
    assert taken == 40
    assert [row["used"] for row in asked(relays[0], "usage", "ann@example.com") if row["count"] == "recipients"] == [40]


def redis_cli(redis, *words):
    port = redis.split(":")[2].split("/")[0]
    subprocess.run(["redis-cli", "-p", port, *words], check=False, capture_output=True)


def blocked_on(relay):
    return [(block["whom"], block["origin"]) for block in asked(relay, "blocks")]


def test_servers_share_their_blocks(limited, redis):
    first, second = (limited(f"store: {redis}") for _ in range(2))
    for relay in (first, second):
        wait_until(lambda relay=relay: "shared by 2" in store_of(relay), "both servers are seen")
    with second.submission() as client:
        assert send(client, 1) == (1, None)
        assert command(first, "block", "ann@example.com", "--reason", "spam run").returncode == 0
        wait_until(lambda: blocked_on(second), "the block is there too")
        reply = client.mail("ann@example.com")
        reply = reply if reply.code != 250 else client.rcpt("person@example.net")
        assert reply.code == 550 and "spam run" in reply.text
    redis_cli(redis, "flushall")
    assert command(first, "block", "@example.org").returncode == 0
    wait_until(lambda: len(blocked_on(second)) == 2, "the store is told again")
    assert command(second, "unblock", "ann@example.com").returncode == 0
    wait_until(lambda: len(blocked_on(first)) == 1, "what is lifted there is lifted here")
    redis_cli(redis, "shutdown", "nosave")
    wait_until(lambda: "away" in store_of(first), "the loss is noticed")
    assert [whom for whom, _ in blocked_on(first)] == [whom for whom, _ in blocked_on(second)] == ["example.org"]
    assert "block: domain example.org may not send until it is lifted" in second.daemon.output
    assert not second.daemon.events("block")  # the record of where it was set has it


def test_a_store_that_dies_stops_no_mail(limited, redis):
    relay = limited(f"store: {redis}\n{LIMITS}")
    wait_until(lambda: "shared by" in store_of(relay), "the store is there")
    redis_cli(redis, "shutdown", "nosave")
    wait_until(lambda: "away" in store_of(relay), "the loss is noticed")
    subject = mail.unique_subject("away")
    with relay.submission() as client:
        assert send(client, 30, subject) == (30, None)
    assert any("share: the store is away" in (f["detail"] or "")
               for f in relay.daemon.record_of(subject)["findings"] if f["check"] == "rates")
    away = wait_until(lambda: relay.daemon.events("store"), "the record says that it is away")
    assert [(event["state"], "share of 1/1" in event["reason"]) for event in away] == [("away", True)]
    assert asked(relay, "status")["counters"]["store_share_decisions"] >= 30
    ill = command(relay, "status", "--check")
    assert ill.returncode != 0 and "away" in ill.stdout + ill.stderr
    for words in (("usage",), ("top",), ("reset", "ann@example.com")):
        refused = command(relay, *words)
        assert refused.returncode != 0 and "the store cannot be asked" in refused.stderr, refused
