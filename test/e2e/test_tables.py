"""Lists that live outside the configuration: they change, break and go away under traffic."""

import json
import os
import shutil
import tempfile
import threading

import pytest

from harness.daemon import run
from harness.process import wait_until
from harness.socketmap import SocketmapServer


def rcpt(client, domain):
    client.mail("someone@example.org")
    reply = client.rcpt(f"ann@{domain}")
    client.command("RSET")
    return reply


@pytest.fixture
def folder(workspace):
    path = tempfile.mkdtemp(prefix="tables.", dir=workspace)
    os.chmod(path, 0o755)
    return path


@pytest.mark.threads
def test_a_list_replaced_under_traffic_is_never_half_there(start_relay, milter, folder):
    """By mv and by cp, while clients ask for the first and the last line."""
    path, other = f"{folder}/domains", f"{folder}/other"

    def content(mark):
        return "first.example\n" + "".join(f"d{n}.example\n" for n in range(20000)) + f"{mark}.example\nlast.example\n"

    def write(name, mark):
        with open(name, "w", encoding="utf-8") as out:
            out.write(content(mark))

    write(path, "a")
    relay = start_relay(f"relay: {{ local_domains: file:{path} }}")
    over = threading.Event()
    asked = []

    def ask(domain):
        client = milter(relay)
        client.connect()
        client.helo()
        while not over.is_set():
            client.mail("someone@example.org")
            asked.append((domain, client.rcpt(f"ann@{domain}").letter))

    threads = [threading.Thread(target=ask, args=(f"{name}.example",)) for name in ("first", "last")]
    for thread in threads:
        thread.start()
    try:
        with relay.outside() as client:
            assert rcpt(client, "a.example").code == 250
            for mark, put in (("b", os.replace), ("c", shutil.copyfile), ("d", shutil.copyfile)):
                assert rcpt(client, f"{mark}.example").code == 550
                write(other, mark)
                put(other, path)
                wait_until(lambda m=mark: rcpt(client, f"{m}.example").code == 250, f"the list has {mark}")
            assert rcpt(client, "a.example").code == 550
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert {domain for domain, _ in asked} == {"first.example", "last.example"}
    assert {letter for _, letter in asked} == {"c"}


def test_a_list_that_breaks_stays_as_it_was_and_is_said_once(start_relay, folder):
    path = f"{folder}/domains"
    with open(path, "w", encoding="utf-8") as out:
        out.write("good.example\n")
    relay = start_relay(f"relay: {{ local_domains: file:{path} }}")
    with relay.outside() as client:
        with open(f"{path}.new", "w", encoding="utf-8") as out:
            out.write("good.example\nbad..example\nbetter.example\n")
        os.replace(f"{path}.new", path)
        wait_until(lambda: "the entries read before stay in force" in relay.daemon.output, "the log says it")
        assert f"{path}:2: " in relay.daemon.output
        os.unlink(path)
        assert rcpt(client, "good.example").code == 250
        assert rcpt(client, "better.example").code == 550
        with open(f"{path}.new", "w", encoding="utf-8") as out:
            out.write("better.example\n")
        os.replace(f"{path}.new", path)
        wait_until(lambda: rcpt(client, "better.example").code == 250, "the mended list counts")
    assert relay.daemon.output.count("the entries read before stay in force") == 1
    assert relay.daemon.output.count("works again") == 1


def test_a_list_that_shrank_is_held_back_until_it_is_meant(start_relay, folder):
    path = f"{folder}/domains"

    def put(*domains):
        with open(f"{path}.new", "w", encoding="utf-8") as out:
            out.write("".join(f"{domain}.example\n" for domain in domains))
        os.replace(f"{path}.new", path)

    def status():
        tables = json.loads(run("status", "--json", "--socket", control).stdout)["tables"]
        return {table["table"]: table for table in tables}[f"file:{path}"]

    put("a", "b", "c", "d")
    control = f"{folder}/control"
    config = f"control: unix:{control}\nrelay: {{ local_domains: file:{path} }}"
    relay = start_relay(config)
    wait_until(lambda: f"table file:{path}: 4 entries" in relay.daemon.output, "the log says how many entries there are")
    with relay.outside() as client:
        put("b")
        wait_until(lambda: "of 4 entries 1 are left" in relay.daemon.output, "the log says it")
        assert rcpt(client, "a.example").code == 250
        assert status() == {"table": f"file:{path}", "state": "held back", "entries": 4, "held_entries": 1}
        done = run("reload", "--socket", control)
        assert done.returncode == 0 and "of 4 entries 1 are left" in done.stdout + done.stderr
        assert rcpt(client, "a.example").code == 250
        done = run("reload", "--accept-shrunk", "--socket", control)
        assert done.returncode == 0 and "1 list that lost many entries is in use as it is now" in done.stdout
        assert rcpt(client, "a.example").code == 550
        assert rcpt(client, "b.example").code == 250
        assert status() == {"table": f"file:{path}", "state": "in use", "entries": 1}
        put()
        wait_until(lambda: "of 1 entries 0 are left" in relay.daemon.output, "an empty list is held back too")
        assert rcpt(client, "b.example").code == 250


@pytest.mark.parametrize("action, code", [("defer", 451), ("accept", 250), ("reject", 550)])
def test_a_dead_server_is_treated_by_on_unknown(start_relay, action, code):
    server = SocketmapServer({"domains": {"known.example": "x"}})
    try:
        relay = start_relay(f"relay: {{ local_domains: 'socketmap:inet:127.0.0.1:{server.port}:domains', "
                            f"on_unknown: {action} }}")
        with relay.outside() as client:
            assert [rcpt(client, "known.example").code for _ in range(3)] == [250] * 3
            assert rcpt(client, "strange.example").code == 550
            assert server.questions.count("known.example") == 1
            server.stop()
            assert rcpt(client, "other.example").code == code
            assert rcpt(client, "another.example").code == code
            assert rcpt(client, "known.example").code == 250
    finally:
        server.stop()
    if action != "accept":
        assert "local_domains_unavailable" in str(relay.daemon.records())
    assert relay.daemon.output.count("(said once)") == 1


@pytest.mark.threads
def test_sessions_that_wait_for_a_table_keep_no_thread(start_relay, milter):
    """And nobody else waits with them: neither who asks another server, nor who asks none."""
    silent = SocketmapServer({}, silent_about=[".example"])
    server = SocketmapServer({"domains": {"known.example.org": "x"}})
    waiting = []
    try:
        relay = start_relay("relay: { local_domains: [local.example.org, 'socketmap:inet:127.0.0.1:"
                            f"{server.port}:domains', 'socketmap:inet:127.0.0.1:{silent.port}:domains'] }}")
        others = [milter(relay), milter(relay)]
        for client in others:
            client.connect("192.0.2.96")
            client.helo()
            client.mail("x@elsewhere.test")
            assert client.rcpt("ann@known.example.org").letter == "c"
        for number in range(100):
            client = milter(relay)
            waiting.append(client)
            client.connect(f"203.0.113.{number + 1}")
            client.helo()
            client.mail("x@elsewhere.test")
        threads, most = relay.daemon.thread_count(), 0
        for number, client in enumerate(waiting):
            client.send_packet("R", f"<ann@d{number}.example>\0".encode())
        for other, domain in zip(others, ("local.example.org", "known.example.org")):
            assert other.rcpt(f"bob@{domain}").letter == "c"
        for client in waiting:
            most = max(most, relay.daemon.thread_count())
            answer = client.read_answer()
            assert answer.letter == "y" and answer.code == 451
        # The one that asks servers has begun; perhaps one for somebody whom this busy machine kept.
        assert most <= threads + 2
        for client in waiting:
            client.abort()
        records = relay.daemon.wait_for_records(100)
        assert all("local_domains_unavailable" in str(record) for record in records)
        assert relay.daemon.output.count("(said once)") == 1
    finally:
        for client in waiting:
            client.close()
        silent.stop()
        server.stop()


@pytest.mark.threads
def test_a_reload_and_a_stop_with_questions_under_way(start_relay, milter):
    """Whoever waits is answered, and the daemon ends."""
    silent = SocketmapServer({}, silent_about=[".example"])
    config = f"relay: {{ local_domains: 'socketmap:inet:127.0.0.1:{silent.port}:domains' }}"
    relay = start_relay(config)
    try:
        for interrupt in (lambda: relay.daemon.reload(config), relay.daemon.begin_stop):
            clients, asked = [milter(relay) for _ in range(20)], len(silent.questions)
            for number, client in enumerate(clients):
                client.connect("192.0.2.96")
                client.helo()
                client.mail("x@elsewhere.test")
                client.send_packet("R", f"<ann@d{number}.example>\0".encode())
            wait_until(lambda before=asked: len(silent.questions) > before, "the server is asked")
            for client in clients[::2]:
                client.close()
            interrupt()
            for client in clients[1::2]:
                assert client.read_answer().letter == "y"
                client.close()
        relay.daemon.finish_stop()
    finally:
        silent.stop()
