"""The running daemon, asked over its control socket: status, reload, lookup."""

import grp
import json
import os
import socket
import stat
import subprocess
import tempfile

import pytest

from harness import daemon as daemon_module
from harness import mail
from harness.process import wait_until
from harness.stub_dns import StubDns

KEY = "s3cr3tk3yoftests"
LISTED = "198.51.100.66"
RULES = "".join(f"2.0.0.127.{zone} A a=127.0.0.2\n66.100.51.198.{zone} A a=127.0.0.4\n"
                f"66.100.51.198.{zone} TXT txt=see_http://bl.test/?q=66.100.51.198.{zone}\n{zone} SOA nodata\n"
                for zone in ("bl.test", f"{KEY}.paid.test")) + "dead.test * refused\n*.dead.test * refused\n"


@pytest.fixture
def stub(workspace):
    server = StubDns(tempfile.mkdtemp(prefix="stub_dns.", dir=workspace), RULES)
    yield server
    server.stop()


def lists(port, entries, more=""):
    return ("relay: { local_domains: [example.com], trusted_networks: [203.0.113.128/25] }\n"
            f"dns: {{ servers: [127.0.0.1:{port}], timeout: 1s }}\n"
            f"dnsbl: {{ lists: [{', '.join(entries)}] {more} }}\n")


def with_control(directory, config):
    return f"control: unix:{directory}/control.sock\n{config}"


@pytest.fixture
def controlled(start_relay, workspace):
    """controlled(CONFIG): a relay with a control socket; its path is relay.control."""
    def start(config):
        directory = tempfile.mkdtemp(prefix="control.", dir=workspace)
        os.chmod(directory, 0o755)
        relay = start_relay(with_control(directory, config))
        relay.control = os.path.join(directory, "control.sock")
        return relay
    return start


def command(relay, *words):
    return daemon_module.run(*words, "--socket", relay.control)


def status(relay):
    done = command(relay, "status", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def list_state(relay, name):
    return next(entry for entry in status(relay)["lists"] if entry["list"] == name)


def wait_for_state(relay, name, state):
    return wait_until(lambda: list_state(relay, name)["state"] == state, f"{name} is {state}")


def deliver(relay, client=LISTED):
    subject = mail.unique_subject("control")
    with relay.outside(client=client) as session:
        return session.message("someone@example.org", ["ann@example.com"], mail.plain(subject))


def test_status(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }", "{ zone: dead.test }"]))
    wait_for_state(relay, "bl.test", "healthy")
    wait_for_state(relay, "dead.test", "suspended")
    assert deliver(relay).code == 550
    assert deliver(relay, "198.51.100.1").code == 250
    told = status(relay)
    assert told["counters"]["rejected"] == 1 and told["counters"]["accepted"] == 1
    assert told["config"] == relay.daemon.config_path and told["mode"] == "enforce"
    assert told["dns"]["usable"] is True and told["dns"]["asked"] > 0
    assert list_state(relay, "bl.test")["listed"] == 1
    assert "refused" in list_state(relay, "dead.test")["why"]
    text = command(relay, "status").stdout
    assert "1 accepted" in text and "1 rejected" in text
    assert "bl.test" in text and "healthy" in text
    line = next(line for line in text.splitlines() if "dead.test" in line)
    assert "suspended" in line and "tested again in" in line


def check_status(relay):
    done = command(relay, "status", "--check")
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_what_is_ill(controlled, stub, workspace):
    """For monitoring: a line each, and the exit status."""
    folder = tempfile.mkdtemp(prefix="tables.", dir=workspace)
    os.chmod(folder, 0o755)
    table = f"{folder}/domains"
    with open(table, "w", encoding="utf-8") as domains:
        domains.write("example.net\n")
    config = lists(stub.port, ["{ zone: bl.test }"]).replace("[example.com]", f"[example.com, 'file:{table}']")
    relay = controlled(config)
    wait_for_state(relay, "bl.test", "healthy")
    assert check_status(relay) == (0, "nothing is wrong\n")
    assert json.loads(command(relay, "status", "--check", "--json").stdout) == {"ill": [], "well": True}

    relay.daemon.write_config(with_control(os.path.dirname(relay.control), "recipients: { limit: many }"))
    assert command(relay, "reload").returncode == 78
    code, told = check_status(relay)
    assert code == 1 and told.startswith("reload: the one that root asked for at ") and "many" in told

    with_dead = config.replace("{ zone: bl.test }", "{ zone: bl.test }, { zone: dead.test }")
    relay.daemon.write_config(with_control(os.path.dirname(relay.control), with_dead))
    assert command(relay, "reload").returncode == 0
    wait_for_state(relay, "dead.test", "suspended")
    code, told = check_status(relay)
    assert code == 1 and told.startswith("list dead.test: suspended: "), told

    with open(table, "w", encoding="utf-8") as domains:
        domains.write("no domain at all: \x01\n")
    wait_until(lambda: "table file:" in check_status(relay)[1], "the table is ill")
    assert len(check_status(relay)[1].splitlines()) == 2
    assert "\n  table file:" in command(relay, "status").stdout


def test_status_by_the_configuration(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    done = daemon_module.run("status", "-c", relay.daemon.config_path)
    assert done.returncode == 0 and "closedrelay" in done.stdout


def test_a_public_resolver_is_told(controlled):
    """Nobody asks it here: no list is configured."""
    relay = controlled("dns: { servers: [8.8.8.8:53] }\ndnsbl: { lists: [] }")
    assert status(relay)["dns"]["public_service"]
    assert "block lists refuse" in command(relay, "status").stdout


def test_reload(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    assert deliver(relay).code == 550
    relay.daemon.write_config(with_control(os.path.dirname(relay.control),
                                           lists(stub.port, ["{ zone: bl.test }"], ", mode: monitor")))
    done = command(relay, "reload")
    assert (done.returncode, done.stderr) == (0, "") and "in force" in done.stdout
    assert deliver(relay).code == 250


def test_a_broken_reload_shows_its_errors(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    assert deliver(relay).code == 550
    relay.daemon.write_config("dnsbl: { lists: [], mode: sometimes, threshold: none }")
    done = command(relay, "reload")
    assert done.returncode == 78
    assert done.stderr.count(": error: ") == 2 and relay.daemon.config_path in done.stderr
    assert "the old policy stays in force" in done.stderr and done.stdout == ""
    assert deliver(relay).code == 550


@pytest.mark.parametrize("wrong", ["recipients: { limit: many }", "recipients: [", "  odd\nindent: [}", "control: x"])
def test_reload_finds_the_socket_of_a_broken_configuration(controlled, stub, wrong):
    """By -c alone, as an admin types it."""
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    relay.daemon.write_config(with_control(os.path.dirname(relay.control), wrong))
    done = daemon_module.run("reload", "-c", relay.daemon.config_path)
    assert done.returncode == 78, done.stderr
    assert relay.daemon.config_path in done.stderr and ": error: " in done.stderr
    assert done.stderr.endswith("the old policy stays in force\n")
    assert daemon_module.run("status", "-c", relay.daemon.config_path).returncode == 0


def test_a_configuration_that_cannot_be_read(workspace):
    """The usual socket is tried; nobody is there, and what may be the reason is said."""
    done = daemon_module.run("status", "-c", f"{workspace}/nothing.yaml")
    assert done.returncode == 69
    assert "/run/closedrelay/control.sock" in done.stderr and f"{workspace}/nothing.yaml" in done.stderr


def lookup(relay, address):
    done = command(relay, "lookup", address, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lookup(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }", "{ zone: dead.test }"]))
    wait_for_state(relay, "bl.test", "healthy")
    wait_for_state(relay, "dead.test", "suspended")
    told = lookup(relay, LISTED)
    good, dead = told["lists"]
    assert (good["answer"], good["codes"]) == ("listed", "127.0.0.4")
    assert good["roles"] == {"submission": "reject", "outside": "reject"}
    assert (dead["answer"], dead["why"]) == ("unknown", "suspended")
    assert told["mail"]["outside"] == "is refused"
    text = command(relay, "lookup", LISTED).stdout
    assert "listed (127.0.0.4)" in text and "see http://bl.test/" in text
    assert "unknown: the list is suspended: " in text
    assert lookup(relay, "198.51.100.1")["mail"]["outside"] == "goes on"
    assert lookup(relay, "198.51.100.1")["lists"][0]["answer"] == "not_listed"
    assert lookup(relay, "2001:db8::1")["lists"][0]["answer"] == "not_asked"


@pytest.mark.parametrize("address, why", [("10.1.2.3", "private"), ("203.0.113.200", "trusted_networks")])
def test_lookup_says_who_is_never_asked_for(controlled, stub, address, why):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    assert lookup(relay, address)["asked_in_mail"] is False
    assert why in command(relay, "lookup", address).stdout


def test_lookup_of_what_is_no_address(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    done = command(relay, "lookup", "bl.test")
    assert done.returncode == 64 and "'bl.test' is no IP address" in done.stderr


def test_lookup_waits_no_longer_than_the_budget(controlled, stub):
    """A list that is silent is unknown, and said to be."""
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    wait_for_state(relay, "bl.test", "healthy")
    stub.set_rules("*.bl.test * drop\nmarker.test A a=127.0.0.9\n", "marker.test", ["127.0.0.9"])
    assert lookup(relay, "198.51.100.1")["lists"][0]["why"] == "timeout"


def test_mode_and_group_of_the_socket(start_relay, workspace):
    directory = tempfile.mkdtemp(prefix="control.", dir=workspace)
    relay = start_relay()
    daemon = daemon_module.Daemon(directory, f"unix:{directory}/milter.sock", f"{directory}/milter.sock",
                                  with_control(directory, ""),
                                  process="user: root, syslog: false, control_mode: \"0620\", control_group: mail")
    daemon.start()
    info = os.stat(f"{directory}/control.sock")
    assert stat.S_IMODE(info.st_mode) == 0o620
    assert grp.getgrgid(info.st_gid).gr_name == "mail"
    daemon.stop()
    assert not os.path.exists(f"{directory}/control.sock")
    assert relay.daemon.process.is_running()


def run_as(groups, *words):
    """As nobody with these groups. Through root's descriptor: the program may stand where only root gets to."""
    with open(daemon_module.program(), "rb") as binary:
        return subprocess.run([f"/proc/self/fd/{binary.fileno()}", *words], user="nobody", group="nogroup",
                              extra_groups=groups, pass_fds=[binary.fileno()], capture_output=True, text=True,
                              timeout=60, check=False)


@pytest.mark.parametrize("control_group", ["adm", ""])
def test_who_reaches_the_milter_may_not_grant(workspace, control_group):
    """Postfix' user is in the milter's group; the admins are in another, or there are none beside root."""
    directory = tempfile.mkdtemp(prefix="control.", dir=workspace)
    os.chmod(directory, 0o755)
    control = f"{directory}/control.sock"
    daemon = daemon_module.Daemon(directory, f"unix:{directory}/milter.sock", f"{directory}/milter.sock",
                                  with_control(directory, ""),
                                  process="user: root, syslog: false, socket_group: mail"
                                          + (f", control_group: {control_group}" if control_group else ""))
    daemon.start()
    try:
        grant = ("allow", "203.0.113.9", "--user", "ann@example.com", "--socket", control)
        assert os.stat(f"{directory}/milter.sock").st_gid == grp.getgrnam("mail").gr_gid
        for groups in ["mail"], ["root"], ["mail", "root"]:
            done = run_as(groups, *grant)
            assert done.returncode == 77 and "may talk to the daemon" in done.stderr, done
        done = run_as(["adm"], *grant)
        assert done.returncode == (0 if control_group else 77), done
        assert daemon_module.run(*grant).returncode == 0
        assert "granted by root" in daemon.output
        assert ("granted by nobody" in daemon.output) == bool(control_group)
    finally:
        daemon.stop()


def test_others_are_told_that_they_may_not(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    done = run_as([], "status", "--socket", relay.control)
    assert done.returncode == 77 and "only root" in done.stderr, done


def test_a_socket_left_behind_is_replaced(controlled, stub):
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    relay.daemon.process.child.kill()
    relay.daemon.process.wait()
    assert os.path.exists(relay.control)
    done = command(relay, "status")
    assert done.returncode == 69 and "the daemon is not running" in done.stderr
    relay.daemon.start()
    assert status(relay)["version"]


def test_without_a_place_for_the_socket_mail_goes_on(start_relay):
    relay = start_relay(with_control("/proc", ""))
    wait_until(lambda: "control socket: /proc/control.sock" in relay.daemon.output, "the daemon says it has no socket")
    with relay.submission() as session:
        assert session.message("ann@example.com", ["bob@example.net"], mail.plain("no socket")).code == 250


def test_no_daemon_at_all(workspace):
    done = daemon_module.run("status", "--socket", f"{workspace}/nobody.sock")
    assert done.returncode == 69 and "the daemon is not running" in done.stderr


@pytest.mark.threads
def test_silent_clients_delay_nobody(controlled, stub):
    """Six that say half a line, and one that asks."""
    relay = controlled(lists(stub.port, ["{ zone: bl.test }"]))
    stuck = [socket.socket(socket.AF_UNIX) for _ in range(6)]
    for client in stuck:
        client.connect(relay.control)
        client.sendall(b"closedrelay/1 sta")
    assert status(relay)["version"]
    for client in stuck:
        assert b"no command came in time" in client.recv(4096)
        client.close()


def test_a_key_leaves_the_machine_nowhere(controlled, stub):
    """Not in a reply, a record, the log, status, lookup, check --print, nor in an error message."""
    entry = f"{{ zone: paid.test, key: {KEY} }}"
    relay = controlled(lists(stub.port, [entry]))
    wait_for_state(relay, "paid.test", "healthy")
    reply = deliver(relay)
    assert reply.code == 550 and "paid.test" in reply.text
    seen = {"reply": reply.text, "status": command(relay, "status").stdout}
    for name, words in {"status --json": ("status", "--json"), "lookup": ("lookup", LISTED),
                        "lookup --json": ("lookup", LISTED, "--json")}.items():
        done = command(relay, *words)
        assert "paid.test" in done.stdout
        seen[name] = done.stdout + done.stderr
    for words in (("--print",), ("--print", "--json"), ()):
        done = daemon_module.run("check", "-c", relay.daemon.config_path, *words)
        seen[f"check {words}"] = done.stdout + done.stderr
    assert "paid.test" in seen["check ('--print',)"]
    stub.set_rules(f"*.{KEY}.paid.test * a=127.0.0.2\nmarker.test A a=127.0.0.9\n", "marker.test", ["127.0.0.9"])
    deliver(relay, "198.51.100.1")
    wait_for_state(relay, "paid.test", "suspended")
    seen["status, suspended"] = command(relay, "status").stdout
    relay.daemon.write_config(with_control(os.path.dirname(relay.control), lists(stub.port, [entry], ", oops: 1")))
    done = command(relay, "reload")
    assert done.returncode == 78
    seen["reload"] = done.stdout + done.stderr
    with open(relay.daemon.audit_path, encoding="utf-8") as audit:
        seen["audit"] = audit.read()
    assert "paid.test" in seen["audit"]
    seen["log"] = relay.daemon.output
    assert "paid.test" in seen["log"]
    assert {name: text for name, text in seen.items() if KEY in text.lower()} == {}


@pytest.mark.parametrize("words, told", [
    (["reload", "x"], "it takes no argument: 'x' (a configuration is named by -c FILE); closedrelay reload --help tells "
                      "more"),
    (["lookup", "x", "y"], "usage: closedrelay lookup [OPTION]… ADDRESS"),
    (["lookup"], "usage: closedrelay lookup [OPTION]… ADDRESS"),
    (["status", "--jsn"], "there is no option --jsn (did you mean --json?)")])
def test_usage(words, told):
    done = daemon_module.run(*words)
    assert (done.stderr, done.returncode) == (f"closedrelay: {words[0]}: {told}\n", 64)
