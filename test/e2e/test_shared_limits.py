"""Limits that several servers share: exact, never sticky, and never in the way when the store is away.

The same tests run at length by test/limits/run: more servers, more clients, more rounds, and figures.
"""

import os
import subprocess

import pytest

from harness import shared_store
from harness.certificates import Authority
from harness.process import wait_until
from harness.shared_store import Crowd, FailoverPair, Island, Redis, Server, go_first

AT_LENGTH = bool(os.environ.get("CLOSEDRELAY_LIMITS_AT_LENGTH"))
SERVERS = [2, 4] if AT_LENGTH else [2]
CLIENTS = 64 if AT_LENGTH else 16
ABORTS = 1000 if AT_LENGTH else 100
LIMIT = 100
MUCH = 1000 if AT_LENGTH else LIMIT  # so that trouble comes while there is some left
TROUBLES = ["killed", "paused", "failed over", "flushed", "cut"]
TROUBLES += ["scripts forgotten", "cut there", "cut back"] if AT_LENGTH else []
# A slow machine may be late without a store that is away; at length the time is what is tested too.
PATIENT = "timeout=2000"
HASTY = "timeout=20" if AT_LENGTH else "timeout=200"

pytestmark = pytest.mark.skipif(bool(shared_store.missing()), reason=shared_store.missing() or "-")


def limits(store, window="per: 1h, window: sliding", limit=LIMIT):
    return f"store: {store}\nrates: {{ limits: [ {{ key: user, count: messages, limit: {limit}, {window} }} ] }}\n"


def say(text):
    print(f"limits: {text}")


def hurry(server):
    if AT_LENGTH:
        go_first(server.daemon.process.pid)


def hurry_store(redis):
    for pid in redis.pids if AT_LENGTH else ():
        go_first(pid)


def say_late(servers):
    starved = sum(server.counter("store_waits_starved") for server in servers)
    return (f"{sum(server.late for server in servers)} messages were kept by the store for longer than 50 ms, "
            f"{starved} by a lack of processors")


@pytest.fixture
def start(workspace):
    """start(THING, …): one of the harness' servers, stopped at the end."""
    started = []

    def begin(kind, *arguments, **options):
        thing = kind(workspace, *arguments, **options)
        started.append(thing)
        return thing

    yield begin
    for thing in reversed(started):
        thing.stop()


@pytest.fixture
def servers(start):
    """servers(COUNT, CONFIG): that many, once they have seen each other."""
    def begin(count, config, env=None):
        made = [start(Server, config, env=env if n == count - 1 else None) for n in range(count)]
        for server in made:
            server.wait_for_store(f"shared by {count} server")
        return made
    return begin


# ---- exact -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", SERVERS)
def test_exactly_the_limit_passes(start, servers, count):
    crowd = Crowd(servers(count, limits(f"{start(Redis).url}?{PATIENT}")), CLIENTS, tries=4 * LIMIT).join()
    say(f"{count} servers, {CLIENTS} clients: {crowd.passed} of {LIMIT} passed, {crowd.refused} refused; {crowd.waits()}")
    assert (crowd.passed, crowd.in_doubt) == (LIMIT, 0)
    assert min(crowd.by_server) > 0


@pytest.mark.parametrize("count", SERVERS)
def test_killed_clients_and_servers_take_nothing_with_them(start, servers, count):
    """What a killed server held comes free at its deadline; every message is in doubt, or counted once."""
    made = servers(count, limits(f"{start(Redis).url}?{PATIENT}&reserve=3"))
    crowd = Crowd(made, CLIENTS, tries=LIMIT, killed=0.3)
    for server in made[: 1 + AT_LENGTH]:
        wait_until(lambda: crowd.passed > 5, "some have passed")
        server.kill()
        server.daemon.start()
    crowd.join()
    passed, in_doubt = crowd.passed, crowd.in_doubt
    wait_until(lambda: passed <= made[-1].used() <= passed + in_doubt, "what was held is free")
    rest = Crowd(made, CLIENTS, tries=2 * LIMIT).join()
    say(f"{count} servers, clients and servers killed: {passed} + {rest.passed} passed, {in_doubt} in doubt")
    assert passed + rest.passed <= LIMIT <= passed + in_doubt + rest.passed
    assert made[0].used() == LIMIT


def test_nothing_sticks_after_an_abort(start, servers):
    first, second = servers(2, limits(f"{start(Redis).url}?{PATIENT}&reserve=3"))
    crowd = Crowd([first, second], CLIENTS, tries=ABORTS, killed=1.0).join()
    assert crowd.passed == 0
    wait_until(lambda: first.used() == 0, f"nothing is left of {ABORTS} aborts")
    held = [shared_store.MilterClient(second.address) for _ in range(20)]
    for client in held:
        client.connect("203.0.113.5")
        client.helo()
        client.mail("ann@example.com", macros=shared_store.ANN)
        assert client.rcpt("bob@example.net").letter == "c"
    assert first.used() >= 20
    second.kill()
    wait_until(lambda: first.used() == 0, "nothing is left of a server that was killed")
    second.daemon.start()
    for client in held:
        client.close()


@pytest.fixture(scope="session")
def wrong_clock(workspace):
    """A library that makes a process' wall clock an hour fast."""
    path = os.path.join(workspace, "wrong_clock.so")
    source = os.path.join(os.path.dirname(__file__), "..", "limits", "wrong_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source], check=True)
    return path


@pytest.mark.parametrize("window", ["per: 1h, window: sliding", "per: day"])
def test_a_clock_that_is_wrong_counts_into_the_same_window(start, servers, wrong_clock, window):
    made = servers(2, limits(f"{start(Redis).url}?{PATIENT}", window), env={"LD_PRELOAD": wrong_clock})
    crowd = Crowd(made, CLIENTS, tries=3 * LIMIT).join()
    say(f"a clock an hour fast, {window}: {crowd.passed} of {LIMIT} passed, {crowd.by_server} by each")
    assert crowd.passed == LIMIT
    assert min(crowd.by_server) > 0


# ---- away ------------------------------------------------------------------------------------------------


class Trouble:
    """What can befall a store: `begin` and `end` it, and whether servers lose sight of it meanwhile."""

    def __init__(self, start, kind):
        if kind.startswith("cut"):
            reason = Island.missing()
            if reason:
                pytest.skip(reason)
            self.island = Island()
            self.redis = start(Redis, host=Island.FAR, inside=self.island.inside)
        else:
            self.island = None
            self.redis = start(FailoverPair if kind == "failed over" else Redis)
        self.kind = kind
        self.is_noticed = kind not in ("flushed", "scripts forgotten")

    def begin(self):
        {"killed": lambda: self.redis.kill(),
         "paused": lambda: self.redis.pause(),
         "failed over": lambda: self.redis.fail_over(),
         "flushed": lambda: self.redis.cli("flushall"),
         "scripts forgotten": lambda: self.redis.cli("script", "flush"),
         "cut": lambda: self.island.cut(True, True),
         "cut there": lambda: self.island.cut(True, False),
         "cut back": lambda: self.island.cut(False, True)}[self.kind]()

    def end(self):
        if self.kind == "killed":
            self.redis.start()
        elif self.kind == "paused":
            self.redis.resume()
        elif self.island is not None:
            self.island.mend()

    def clean_up(self):
        if self.island is not None:
            self.redis.stop()
            self.island.end()


@pytest.fixture
def trouble(start):
    made = []

    def begin(kind):
        made.append(Trouble(start, kind))
        return made[-1]

    yield begin
    for one in made:
        one.clean_up()


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_store_in_trouble(servers, trouble, kind):
    """Mail goes on at once, within what was left; blocks stay; and what passed meanwhile is charged."""
    store = trouble(kind)
    made = servers(2, limits(f"{store.redis.url}?{HASTY if store.is_noticed or AT_LENGTH else PATIENT}", limit=MUCH))
    for server in made:
        hurry(server)
    hurry_store(store.redis)
    made[0].tell("block", "eve@example.com", "--reason", "spam")
    wait_until(lambda: made[1].ask("blocks"), "the block is there too")
    crowd = Crowd(made, CLIENTS, pause=0.02)
    wait_until(lambda: crowd.passed >= MUCH // 3, "some have passed")
    usual = len(crowd.waits_ms)
    store.begin()
    if store.is_noticed and kind != "failed over":
        wait_until(lambda: all("away" in server.store for server in made), "both notice it")
    before = crowd.refused
    wait_until(lambda: crowd.refused > before + 50, "all that was left has passed")
    away = crowd.passed
    store.end()
    for server in made:
        server.wait_for_store("shared by 2 servers")
        wait_until(lambda server=server: "settling" not in server.store, "what is owed is sent")
    after = crowd.refused
    wait_until(lambda: crowd.refused > after + 50, "nothing more passes")
    crowd.stop()
    say(f"{kind}: {crowd.passed} of {MUCH} passed, {away} of them until it was back; "
        f"before it {crowd.waits(0, usual)}; since then {crowd.waits(usual)}")
    say(f"{kind}: {say_late(made)}")
    assert not AT_LENGTH or not any(server.late for server in made)
    # What the last master acknowledged and its replica never saw is forgotten, and what it charged, passed on to its replica and
    # died before it said so is charged again: each client has one message.
    forgot = CLIENTS if kind == "failed over" else 0
    assert crowd.passed <= MUCH + max(forgot, len(made))
    assert all([block["whom"] for block in server.ask("blocks")] == ["eve@example.com"] for server in made)
    if kind != "flushed":  # of a limit that is used up nobody asks until it clears, so it need not be told
        wait_until(lambda: MUCH - max(forgot, len(made)) <= made[0].used() <= crowd.passed + forgot, "all is charged once")


SESSIONS = 1000 if AT_LENGTH else 200


def test_a_store_that_stalls_keeps_no_thread(start, servers):
    """All sessions ask at once, and the store is stopped: each has its answer, none keeps a thread, nothing is left over."""
    redis = start(Redis)
    (server,) = servers(1, limits(f"{redis.url}?{HASTY}", "per: 1h", 1000000))
    sessions = []
    for _ in range(SESSIONS):
        sessions.append(shared_store.MilterClient(server.address))
        sessions[-1].connect("203.0.113.5")
        sessions[-1].helo()

    def ask_all():
        """The most threads while they wait."""
        for session in sessions:
            session.mail("ann@example.com", macros=shared_store.ANN)
        for session in sessions:
            session.send_packet("R", b"<bob@example.net>\0")
        most = server.thread_count()
        for session in sessions:
            assert session.read_answer().letter == "c"
            most = max(most, server.thread_count())
        for session in sessions:
            session.send_packet("A")  # aborted
        return most

    ask_all()
    hurry(server)
    hurry_store(redis)
    before, threads = server.resident_bytes(), server.thread_count()
    for _ in range(3):
        redis.pause()
        most = ask_all()
        assert "away" in server.store
        redis.resume()
        server.wait_for_store("shared by 1 server")
        wait_until(lambda: "settling" not in server.store, "it decides again")
    grown = server.resident_bytes() - before
    say(f"{SESSIONS} sessions on a store that stands still: {say_late([server])}; at most {most} threads, "
        f"{grown / 1e6:.1f} MB more afterwards")
    wait_until(lambda: server.used() == 0, "nothing sticks")
    assert most <= threads + 2  # perhaps a driver that this busy machine kept
    if AT_LENGTH:  # a sanitizer, as in the short run, keeps what was freed
        assert grown < 32e6
        assert not server.late
    for session in sessions:
        session.close()


# ---- the ways to a store ---------------------------------------------------------------------------------


def test_a_store_behind_tls_with_user_and_password(start, servers, workspace):
    directory = os.path.join(workspace, "redis-tls")
    authority = Authority(directory)
    certificate, key = authority.make("redis", "/CN=redis.test.example", addresses=["127.0.0.1"])
    own, own_key = authority.make("mail", "/CN=mail.test.example")
    password = os.path.join(directory, "password")
    with open(password, "w", encoding="utf-8") as out:
        out.write("s@cret/pass\n")
    tls = shared_store.free_port()
    redis = start(Redis, "--tls-port", str(tls), "--tls-cert-file", certificate, "--tls-key-file", key,
                  "--tls-ca-cert-file", authority.certificate)
    assert redis.cli("acl", "setuser", "mail", "on", ">s@cret/pass", "~closedrelay:*", "+@all", "-@dangerous") == "OK"
    options = f"{PATIENT}&password_file={password}&ca_file={authority.certificate}&cert_file={own}&key_file={own_key}"
    made = servers(2, limits(f"rediss://mail@127.0.0.1:{tls}/0?{options}"))
    crowd = Crowd(made, 8, tries=2 * LIMIT).join()
    assert crowd.passed == LIMIT
    for wrong, says in ((f"rediss://mail@127.0.0.1:{tls}/0?cert_file={own}&key_file={own_key}",
                         "TLS failed"),
                        (f"rediss://mail:wrong@127.0.0.1:{tls}/0?{options.replace(f'password_file={password}&', '')}", "WRONGPASS"),
                        (f"rediss://mail@localhost:{tls}/0?{options}", "mismatch")):
        stranger = start(Server, limits(wrong))
        stranger.wait_for_store(says)
