"""The milter side byte by byte: what MTAs may send, what they never should, and what is asked of them."""

import os
import random
import struct

import pytest

from harness import mail, milter_client
from harness.process import wait_until

CONFIG = """
relay: { local_domains: [example.com], trusted_networks: [198.51.100.0/24] }
size: { limit: 1MB }
"""

LOGIN = {"auth_type": "PLAIN", "auth_authen": "ann@example.com"}


def begin(client, ip="203.0.113.9", version="Postfix 3.7.11"):
    client.connect(ip, macros={"v": version})
    client.helo()
    return client


def role_of(relay, client, macros, recipient="bob@example.net"):
    """What a message with these macros at MAIL is: its record."""
    subject = mail.unique_subject("role")
    client.send_message("ann@example.com", [recipient], mail.plain(subject), macros=macros)
    client.abort()
    client.quit()
    return relay.daemon.wait_for_records(1)[-1]


# ---- negotiation -----------------------------------------------------------------------------------------


def test_only_what_is_needed_costs_a_round_trip(relay, milter):
    """Connect, HELO, DATA, headers and body chunks go without an answer; MAIL, RCPT and the end have one."""
    client = milter(relay)
    assert client.steps & milter_client.NR_HDR
    assert client.steps & milter_client.NR_EOH
    assert client.steps & (milter_client.NR_CONN | milter_client.NO_CONNECT)
    assert client.steps & (milter_client.NR_HELO | milter_client.NO_HELO)
    assert client.steps & (milter_client.NR_DATA | milter_client.NO_DATA)
    assert client.steps & (milter_client.NR_UNKN | milter_client.NO_UNKNOWN)
    assert not client.steps & (milter_client.NR_MAIL | milter_client.NO_MAIL)
    assert not client.steps & (milter_client.NR_RCPT | milter_client.NO_RCPT)


def test_macros_are_asked_for_by_the_milter(relay, milter):
    """So that no milter_*_macros line is needed in main.cf."""
    wanted = milter(relay).wanted_macros
    assert {"{auth_type}", "{auth_authen}"} <= set(wanted["M"])
    assert "{auth_author}" not in " ".join(sum(wanted.values(), []))
    assert {"E", "N"} <= set(wanted), "Sendmail heeds the list for the end only beside one for the headers"
    assert "i" in wanted["E"]
    for stage, names in wanted.items():
        assert set(names) & {"j", "i"}, f"{stage}: a list needs a macro that is always there"


@pytest.mark.parametrize("steps", [
    0,
    milter_client.ALL_STEPS & ~milter_client.SKIP,
    milter_client.ALL_STEPS & ~milter_client.NR_BODY & ~milter_client.NR_HDR,
    0x7F,
])
def test_fewer_steps_offered(relay, milter, steps):
    """An older MTA offers less; the policy is the same."""
    client = begin(milter(relay, steps=steps))
    subject = mail.unique_subject("older")
    answers = client.send_message("ann@example.com", ["bob@example.net"], mail.plain(subject), macros=LOGIN)
    assert answers["eom"].letter in "ac"
    assert relay.daemon.record_of(subject)["user"] == "ann@example.com"
    bad = mail.with_attachment("never", 'attachment; filename="setup.exe"')
    answers = client.send_message("ann@example.com", ["bob@example.net"], bad, macros=LOGIN)
    assert answers["eom"].code == 550


@pytest.mark.parametrize("actions", [0, 0x3F])
def test_fewer_actions_offered(relay, milter, actions):
    """Whatever an MTA cannot do, it either is told no at the start or gets its mail judged without it."""
    try:
        client = begin(milter(relay, actions=actions))
        subject = mail.unique_subject("few actions")
        answers = client.send_message("ann@example.com", ["bob@example.net"], mail.plain(subject), macros=LOGIN)
        assert answers["eom"].letter in "ac"
    except ConnectionError:
        pass


# ---- identity --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("macros, role", [
    (LOGIN, "submission"),
    ({"auth_author": "ann@example.com"}, "outside"),
    ({"auth_authen": "ann@example.com"}, "outside"),
    ({"auth_type": "PLAIN"}, "outside"),
    ({"auth_type": "PLAIN", "auth_authen": ""}, "outside"),
    ({"auth_type": "ANONYMOUS", "auth_authen": "ann@example.com"}, "outside"),
    ({"auth_type": "anonymous", "auth_authen": "ann@example.com"}, "outside"),
    ({}, "outside"),
])
def test_what_makes_a_login(start_relay, milter, macros, role):
    relay = start_relay(CONFIG)
    assert role_of(relay, begin(milter(relay)), macros)["role"] == role


@pytest.mark.parametrize("version, authen, login", [
    ("8.17.1.9", "carol+2Btag@example.com", "carol@example.com"),
    ("8.17.1.9", "c+40x@example.com", None),
    ("Postfix 3.7.11", "alice+2Btag@example.com", "alice@example.com"),
])
def test_xtext_is_sendmails_alone(start_relay, milter, version, authen, login):
    """Sendmail sends carol+tag as carol+2Btag; Postfix sends logins raw."""
    relay = start_relay(CONFIG)
    record = role_of(relay, begin(milter(relay), version=version), {"auth_type": "PLAIN", "auth_authen": authen})
    assert record["role"] == "submission"
    if login:
        assert record["user"] == login


def test_login_does_not_outlive_its_message(start_relay, milter):
    """A second MAIL without {auth_*} is not the first one's user; libmilter itself would keep the old macros."""
    relay = start_relay(CONFIG)
    client = begin(milter(relay))
    first = mail.unique_subject("first")
    assert client.send_message("ann@example.com", ["bob@example.net"], mail.plain(first), macros=LOGIN)["eom"]
    assert client.mail("ann@example.com").letter == "c"
    assert client.rcpt("bob@example.net").letter == "y"
    client.quit()
    assert relay.daemon.wait_for_records(2)[-1]["role"] == "outside"


def test_login_is_kept_from_mail(start_relay, milter):
    """Later stages may carry other values; the one of MAIL counts."""
    relay = start_relay(CONFIG)
    client = begin(milter(relay))
    client.mail("ann@example.com", macros=LOGIN)
    assert client.rcpt("bob@example.net", macros={"auth_type": "", "auth_authen": "", "rcpt_addr": "x"}).letter == "c"
    client.data()
    client.header("Subject", "kept")
    client.end_of_headers(macros={"auth_authen": "mallory@example.com", "auth_type": "PLAIN"})
    client.body(b"text\r\n")
    assert client.end_of_message().letter in "ac"
    assert relay.daemon.wait_for_records(1)[-1]["user"] == "ann@example.com"


# ---- what libmilter and MTAs trip over -------------------------------------------------------------------


def test_data_is_never_refused(relay, milter):
    """A refusal at DATA lets the next message of the session pass an MTA unfiltered; it comes at the end."""
    for steps in (milter_client.ALL_STEPS, 0):
        client = begin(milter(relay, steps=steps))
        client.mail("ann@example.com", macros=LOGIN)
        letters = [client.rcpt(f"u{n}@example.net").letter for n in range(31)]
        assert letters == ["c"] * 30 + ["y"]
        assert client.data().letter == "c"
        client.header("Subject", "too many")
        client.end_of_headers()
        client.body(b"text\r\n")
        assert client.end_of_message().code == 550


def test_replies_survive_an_mta(relay, milter):
    """One line, '%' doubled, enhanced code of the reply's class: MTAs drop or garble anything else."""
    client = begin(milter(relay))
    client.mail("some%s%one@example.org")
    answers = [client.rcpt("50%off%n@example.net"), client.rcpt("a\tb\x07@example.net"), client.rcpt("ü@example.net")]
    for answer in answers:
        assert answer.letter == "y"
        text = answer.text
        assert text.isascii() and text.isprintable(), text
        assert text.replace("%%", "").count("%") == 0, text
        assert text[:4] == "550 " and text[4:6] == "5."


def test_large_body_is_skipped(relay, milter):
    """Once the size alone decides, the rest of the body is not wanted any more."""
    client = begin(milter(relay))
    client.mail("ann@example.com", macros=LOGIN)
    client.rcpt("bob@example.net")
    client.data()
    client.header("Subject", "large")
    client.end_of_headers()
    letters = []
    for _ in range(40):
        letters.append(client.body(b"x" * 65535).letter)
        if letters[-1] == "s":
            break
    assert letters[-1] == "s" or client.steps & milter_client.NR_BODY
    assert client.end_of_message().code == 552


def test_chunks_cut_anywhere(relay, milter):
    """A blocked name is found wherever the chunks end."""
    content = mail.with_attachment("cut", 'attachment; filename="setup.exe"')
    head, _, body = content.partition(b"\r\n\r\n")
    for size in (1, 2, 3, 7, 64):
        client = begin(milter(relay))
        client.mail("ann@example.com", macros=LOGIN)
        client.rcpt("bob@example.net")
        client.data()
        for line in head.decode().split("\r\n"):
            client.header(*line.split(": ", 1))
        client.end_of_headers()
        for at in range(0, len(body), size):
            if client.body(body[at:at + size]).letter == "s":
                break
        assert client.end_of_message().code == 550


def test_macros_missing_altogether(relay, milter):
    client = milter(relay)
    client.send_packet("C", b"client.example\0" + b"4" + struct.pack("!H", 1) + b"203.0.113.4\0")
    client._event("H", b"client.example\0")
    assert client._event("M", b"<someone@example.org>\0").letter == "c"
    assert client._event("R", b"<bob@example.net>\0").letter == "y"
    assert client._event("R", b"<ann@example.com>\0").letter == "c"
    client._event("T", b"")
    client._event("N", b"")
    client._event("B", b"text\r\n")
    client.send_packet("E")
    assert client.last_answer().letter in "ac"


@pytest.mark.parametrize("connect", [
    b"client.example\0L\0\0/var/run/socket\0",
    b"unknown\0U\0",
    b"client.example\0" + b"6" + struct.pack("!H", 25) + b"IPv6:2001:db8::1\0",
    b"client.example\0" + b"4" + struct.pack("!H", 25) + b"not an address\0",
    b"\0",
    b"",
])
def test_odd_clients(relay, milter, connect):
    """No address, or one that cannot be read: never a role that may relay, never the end of the daemon."""
    client = milter(relay)
    try:
        client.send_packet("C", connect)
        if not client.steps & milter_client.NR_CONN:
            client.read_answer()
        client.helo()
        client.mail("someone@example.org")
        assert client.rcpt("bob@example.net").letter != "c"
    except (ConnectionError, BrokenPipeError):
        pass
    still_works(relay, milter)


def still_works(relay, milter):
    client = begin(milter(relay))
    assert client.mail("ann@example.com", macros=LOGIN).letter == "c"
    client.quit()


def test_port_check_then_negotiation_only(relay, milter):
    milter(relay, negotiate=False).close()
    milter(relay).close()
    still_works(relay, milter)


def test_half_packets(relay, milter):
    """A peer that stops in the middle pins nothing that others need."""
    halves = [milter(relay, negotiate=False) for _ in range(20)]
    for number, client in enumerate(halves):
        client.send_bytes(b"\0\0\0\x0dO\0\0\0\x06"[:number % 9 + 1])
    still_works(relay, milter)
    for client in halves:
        client.close()
    still_works(relay, milter)


@pytest.mark.parametrize("packet", [
    struct.pack("!IB", 1, ord("?")),
    struct.pack("!IB", 0x7FFFFFFF, ord("B")) + b"x" * 1000,
    struct.pack("!IB", 65537 + 1, ord("B")) + b"x" * 65537,
    b"GET / HTTP/1.0\r\n\r\n",
])
def test_packets_no_mta_sends(relay, milter, packet):
    client = begin(milter(relay))
    client.mail("ann@example.com", macros=LOGIN)
    client.send_bytes(packet)
    assert client.is_closed()
    still_works(relay, milter)


@pytest.mark.parametrize("packet", [struct.pack("!I", 0), struct.pack("!IB", 0xFFFFFFFF, ord("O"))])
def test_packets_that_libmilter_waits_over(relay, milter, packet):
    client = begin(milter(relay))
    client.send_bytes(packet)
    still_works(relay, milter)
    client.close()
    still_works(relay, milter)


def test_commands_in_any_order(relay, milter):
    """Ten thousand random commands: sessions may end, the daemon stays, its memory too."""
    generator = random.Random(1)
    payloads = {
        "C": b"h\0" + b"4" + struct.pack("!H", 25) + b"203.0.113.1\0", "H": b"helo\0", "M": b"<a@example.org>\0",
        "R": b"<b@example.com>\0", "T": b"", "L": b"Subject\0x\0", "N": b"", "B": b"body\r\n", "E": b"", "A": b"",
        "D": b"M{auth_type}\0PLAIN\0{auth_authen}\0x@example.com\0", "U": b"HELP\0", "K": b"", "L ": b"\0\0",
    }
    for _ in range(100):
        client = milter(relay)
        client.socket.settimeout(5)
        try:
            for _ in range(100):
                letter = generator.choice(list(payloads))
                client.send_packet(letter[0], payloads[letter])
        except OSError:
            pass
        client.close()
    still_works(relay, milter)


def test_random_bytes(relay, milter):
    generator = random.Random(2)
    for _ in range(200):
        client = milter(relay, negotiate=generator.random() < 0.5)
        try:
            for _ in range(5):
                data = generator.randbytes(generator.randrange(1, 200))
                if generator.random() < 0.5:
                    client.send_packet(generator.choice("ABCDEHLMNORTU"), data)
                else:
                    client.send_bytes(data)
        except OSError:
            pass
        client.close()
    still_works(relay, milter)


def test_many_headers_and_recipients_are_bounded(relay, milter):
    """100,000 header fields and 5,000 recipients: an outcome, not a heap of memory."""
    client = begin(milter(relay))
    client.mail("someone@example.org")
    for number in range(5000):
        client.rcpt(f"user{number}@example.com")
    client.data()
    before = relay.daemon.resident_kb()
    for number in range(100_000):
        client.header("X-Filler", "v" * 50)
    client.end_of_headers()
    client.body(b"text\r\n")
    client.end_of_message()
    assert relay.daemon.resident_kb() - before < 16_000
    still_works(relay, milter)


def test_record_of_an_aborted_message(start_relay, milter):
    """What began is accounted for, however it ended."""
    relay = start_relay(CONFIG)
    client = begin(milter(relay))
    client.mail("ann@example.com", macros=LOGIN)
    client.rcpt("bob@example.net")
    client.data()
    client.header("Subject", "broken off")
    client.end_of_headers()
    client.body(os.urandom(1000))
    client.abort()
    client.abort()
    client.mail("ann@example.com", macros=LOGIN)
    client.close()
    wait_until(lambda: relay.daemon.records(), "the record of the aborted message")


@pytest.mark.threads
def test_sessions_side_by_side(relay, milter):
    """Callbacks of one session run on different threads; facts never cross between sessions."""
    clients = [begin(milter(relay), ip=f"203.0.113.{n}") for n in range(30)]
    subjects = [mail.unique_subject("side by side") for _ in clients]
    for n, client in enumerate(clients):
        client.mail("ann@example.com", macros={"auth_type": "PLAIN", "auth_authen": f"u{n}@example.com"})
    for n, client in enumerate(clients):
        assert client.rcpt(f"r{n}@example.net").letter == "c"
    for n, client in enumerate(clients):
        client.data()
        client.header("Message-ID", f"<{subjects[n].replace(' ', '.')}@client.example>")
        client.end_of_headers()
        client.body(b"text\r\n")
    for client in reversed(clients):
        assert client.end_of_message().letter in "ac"
    for n, subject in enumerate(subjects):
        record = relay.daemon.record_of(subject)
        assert record["client"]["ip"] == f"203.0.113.{n}"
        assert record["user"] == f"u{n}@example.com"
        assert record["recipients"][0]["address"] == f"r{n}@example.net"
