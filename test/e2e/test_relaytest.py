"""`closedrelay relaytest`: an open relay is found open, a closed one closed, and a strange one is told as it is."""

import concurrent.futures
import math
import re

import pytest

from harness import daemon
from harness.scripted_smtp import ScriptedSmtp, polite

CONFIG = "relay: { local_domains: [example.com], trusted_networks: [] }"

# Even an open Postfix takes these for bad syntax.
NO_ADDRESSES = {"two final dots", "comma list", "bare address of another server"}

# The next hop of the tests does not speak SMTPUTF8: Postfix would have to bounce them.
UTF8 = {"domain in UTF-8", "domain in UTF-8 with another dot"}


def relaytest(port, *options):
    return daemon.run("relaytest", "--domain", "example.com", *options, f"127.0.0.1:{port}")


def outcomes(done):
    """{form: ("refused", 550), ...}"""
    rows = re.findall(r"^(ACCEPTED|refused|unclear) +(.*?)  +(\d+) ", done.stdout, re.MULTILINE)
    return {name: (outcome, int(code)) for outcome, name, code in rows}


@pytest.fixture(scope="module")
def runs(postfix, daemon_factory):
    """All runs at once: each takes seconds, most of them in Postfix' queue."""
    closed = daemon_factory.make(CONFIG, lane=postfix.closed_lane)
    closed.daemon.start()
    wanted = {(name, *options): (port, *options)
              for name, port in (("open", postfix.open_lane.smtp_port), ("closed", postfix.closed_lane.smtp_port))
              for options in ((), ("--no-tls",))}
    wanted["sent"] = (postfix.open_lane.smtp_port, "--send", "--no-tls")
    wanted["sent to closed"] = (postfix.closed_lane.smtp_port, "--send")
    with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
        started = {name: pool.submit(relaytest, *arguments) for name, arguments in wanted.items()}
        done = {name: run.result() for name, run in started.items()}
    yield done
    daemon_factory.release(closed)


@pytest.mark.parametrize("options, layer", [((), "TLSv1."), (("--no-tls",), "without TLS")])
def test_an_open_relay_is_found_open(runs, options, layer):
    done = runs[("open", *options)]
    assert layer in done.stdout.splitlines()[0]
    found = outcomes(done)
    assert len(found) > 40
    assert {name for name, (outcome, _) in found.items() if outcome != "ACCEPTED"} == NO_ADDRESSES
    assert done.returncode == 1
    assert "smtpd_relay_restrictions" in done.stdout
    assert "Even the plain address is accepted" in done.stdout
    assert ('          MAIL FROM:<>  RCPT TO:<relaytest@victim.example>\n' in done.stdout
            and "          MAIL FROM:<relaytest@sender.example>  RCPT TO:<victim.example!relaytest>\n" in done.stdout)
    assert "MAIL FROM:<relaytest@sender.example> SMTPUTF8  RCPT TO:<relaytest@b\u00fccher.example>" in done.stdout


@pytest.mark.parametrize("options, layer", [((), "TLSv1."), (("--no-tls",), "without TLS")])
def test_the_same_postfix_behind_closedrelay_is_closed(runs, options, layer):
    """Postfix itself would take all of it, so every refusal is closedrelay's; after four it hangs up (421), and the
    form it did that to is tried again."""
    done = runs[("closed", *options)]
    assert layer in done.stdout.splitlines()[0]
    found = outcomes(done)
    assert found.keys() == outcomes(runs[("open",)]).keys()
    assert {name: code for name, (_, code) in found.items() if code != 550} == dict.fromkeys(NO_ADDRESSES, 501)
    assert {outcome for outcome, _ in found.values()} == {"refused"}
    assert "closed to strangers" in done.stdout and "RCPT TO:" not in done.stdout
    assert "--domain" not in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_messages_leave_only_when_asked_to(runs, sink):
    sent = outcomes(runs["sent"])
    accepted = [name for name, (outcome, _) in sent.items() if outcome == "ACCEPTED"]
    assert sent.keys() - NO_ADDRESSES == set(accepted)
    for name in set(accepted) - UTF8:
        assert len(sink.wait_for(f"relay test: {name}")) == 1, name
    assert sink.wait_for("relay test: plain address")[0].recipients == ["relaytest@victim.example"]
    assert runs["sent to closed"].returncode == 0


def test_greylisting_is_no_refusal():
    def script(line, _):
        return "451 4.7.1 come again later" if line.startswith("RCPT") else polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
        assert server.connection_count == math.ceil(len(outcomes(done)) / 8)
    assert {outcome for outcome, _ in outcomes(done).values()} == {"unclear"}
    assert "closed to strangers" not in done.stdout
    assert done.returncode == 75


@pytest.mark.parametrize("farewell", [None, "421 4.7.0 enough"])
def test_a_connection_lost_at_the_first_form_decides_nothing(farewell):
    """The server hangs up at the first recipient of each of four connections."""
    def script(line, connection):
        if line.startswith("RCPT") and connection <= 4:
            return farewell
        return "550 5.7.1 no" if line.startswith("RCPT") else polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
    found = [outcome for outcome, _ in outcomes(done).values()]
    assert found[:4] == ["unclear"] * 4 and set(found[4:]) == {"refused"}
    assert done.returncode == 75


def test_a_connection_lost_later_is_not_the_forms_fault():
    """The server hangs up at every third recipient: each of them is tried again."""
    count = 0

    def script(line, _):
        nonlocal count
        count += line.startswith("RCPT")
        if line.startswith("RCPT"):
            return None if count % 3 == 0 else "550 5.7.1 no"
        return polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
    assert {outcome for outcome, _ in outcomes(done).values()} == {"refused"}
    assert count > len(outcomes(done))
    assert done.returncode == 0


def test_an_acceptance_counts_although_the_server_is_gone_then():
    def script(line, connection):
        if line == "" and connection > 1:
            return "421 4.3.2 closed for today"
        if line.startswith("RSET"):
            return None
        return polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
    assert outcomes(done) == {"plain address": ("ACCEPTED", 250)}
    assert "does not greet: 421" in done.stderr
    assert done.returncode == 1


def test_nothing_said_before_the_handshake_is_believed():
    """Whoever sits between could have written it (the answers would come true after the handshake)."""
    def script(line, _):
        if line.startswith("EHLO"):
            return "250-mx.test.example\r\n250 STARTTLS"
        if line.startswith("STARTTLS"):
            return b"220 go on\r\n250-evil.example\r\n250 8BITMIME\r\n550 5.7.1 no\r\n"
        return polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
    assert "before the handshake" in done.stderr
    assert (done.stdout, done.returncode) == ("", 69)


@pytest.mark.parametrize("greeting, said", [("554 5.7.1 go away", "554"), ("hello", "not SMTP"), (None, "no answer")])
def test_a_server_that_does_not_greet(greeting, said):
    with ScriptedSmtp(lambda line, _: greeting) as server:
        done = relaytest(server.port)
    assert said in done.stderr
    assert done.returncode == 69


def test_ipv6_literals():
    try:
        server = ScriptedSmtp(lambda line, _: "550 5.7.1 no" if line.startswith("RCPT") else polite(line), host="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with server:
        done = daemon.run("relaytest", f"[::1]:{server.port}")
    assert "[IPv6:::1]" in done.stdout.splitlines()[0]
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--to", "nobody", "127.0.0.1"], ["--to", "@x", "127.0.0.1"]])
def test_wrong_usage(arguments):
    assert daemon.run("relaytest", *arguments).returncode == 64


def test_one_form_that_gets_through():
    """It is shown as it was said, and the plain address is known to be refused."""
    def script(line, _):
        return "550 5.7.1 no" if line.startswith("RCPT") and "%" not in line else polite(line)
    with ScriptedSmtp(script) as server:
        done = daemon.run("relaytest", f"127.0.0.1:{server.port}")
    assert "RCPT TO:<relaytest%victim.example>\n" in done.stdout
    assert "The plain address is refused, but not every form of it" in done.stdout
    assert "name a real one with --domain" in done.stdout
    assert done.returncode == 1


STARTTLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"


@pytest.mark.parametrize("offer, answer, said", [
    ("STARTTLS", STARTTLS_FIRST, "without --no-tls"),
    ("STARTTLS", "530 5.7.0 Authentication required", "without --no-tls"),
    ("8BITMIME", STARTTLS_FIRST, "nothing was tested"),
])
def test_a_server_that_demands_tls_first_has_refused_nothing(offer, answer, said):
    """Postfix with smtpd_tls_security_level = encrypt says so to every MAIL, whatever its policy is."""
    def script(line, _):
        if line.startswith("EHLO"):
            return f"250-mx.test.example\r\n250 {offer}"
        return answer if line.startswith(("MAIL", "RCPT")) else polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port, "--no-tls")
    assert outcomes(done) == {} and "closed to strangers" not in done.stdout
    assert "nothing was tested: 530" in done.stderr and said in done.stderr
    assert done.returncode == 69


def test_a_demand_for_a_login_is_a_refusal():
    def script(line, _):
        return "530 5.7.0 Authentication required" if line.startswith("MAIL") else polite(line)
    with ScriptedSmtp(script) as server:
        done = relaytest(server.port)
    assert {outcome for outcome, _ in outcomes(done).values()} == {"refused"}
    assert done.returncode == 0
