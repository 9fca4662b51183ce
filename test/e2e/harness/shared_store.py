"""A Redis of the test's own, mail servers that share it, and crowds of clients that send through them.

The servers are daemons without an MTA: clients speak the milter protocol to them, as fast as they can.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from .daemon import Daemon, run
from .milter_client import MilterClient
from .process import Process, free_port, wait_until

ANN = {"auth_type": "PLAIN", "auth_authen": "ann@example.com"}
# Where the servers to test with are: those of Valkey answer to the same names' options.
REDIS_SERVER = os.environ.get("CLOSEDRELAY_REDIS_SERVER") or "redis-server"
REDIS_SENTINEL = os.environ.get("CLOSEDRELAY_REDIS_SENTINEL") or "redis-sentinel"
CONTENT = b"From: <ann@example.com>\r\nSubject: limits\r\n\r\none\r\n"


def missing():
    """What is not installed here; "" where all is."""
    names = [name for name in (REDIS_SERVER, REDIS_SENTINEL) if shutil.which(name) is None]
    return f"not installed: {' '.join(names)}" if names else ""


def tasks_of(pid):
    return [int(task) for task in os.listdir(f"/proc/{pid}/task")]


def go_first(pid):
    """Whatever else the machine has to do waits for this process: its times are then its own. Threads that it makes from
    now on inherit that."""
    for task in tasks_of(pid):
        os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(1))


class Redis:
    """One redis-server. `inside` is a prefix of its command ("ip", "netns", "exec", …)."""

    def __init__(self, workspace, *options, host="127.0.0.1", inside=()):
        self.host, self.port = host, free_port()
        self.directory = tempfile.mkdtemp(prefix="redis.", dir=workspace)
        self.arguments = [*inside, REDIS_SERVER, "--port", self.port, "--bind", host, "--save", "", "--appendonly", "no",
                          "--protected-mode", "no", "--dir", self.directory, *options]
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://{self.host}:{self.port}/0"

    def start(self):
        self.process = Process(self.arguments, os.path.join(self.directory, "output"))
        wait_until(lambda: "Ready to accept connections" in self.process.output().rpartition("starting")[2],
                   "Redis is ready")

    def cli(self, *words):
        done = subprocess.run(["redis-cli", "-h", self.host, "-p", str(self.port), *words], capture_output=True, text=True,
                              timeout=10, check=False)
        return done.stdout.strip()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    @property
    def pids(self):
        return [self.process.pid]

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process.is_running():
            self.resume()
            self.kill()


class FailoverPair:
    """A master, its replica, and a Sentinel that makes the one of the other."""

    def __init__(self, workspace):
        self.master = Redis(workspace)
        self.replica = Redis(workspace, "--replicaof", "127.0.0.1", str(self.master.port))
        self.port = free_port()
        directory = tempfile.mkdtemp(prefix="sentinel.", dir=workspace)
        path = os.path.join(directory, "sentinel.conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(f"port {self.port}\nbind 127.0.0.1\ndir {directory}\nsentinel monitor mail 127.0.0.1 {self.master.port} 1\n"
                      "sentinel down-after-milliseconds mail 300\nsentinel failover-timeout mail 2000\n")
        wait_until(lambda: "master_link_status:up" in self.replica.cli("info", "replication"), "the replica follows")
        self.sentinel = Process([REDIS_SENTINEL, path], os.path.join(directory, "output"))
        self.sentinel.wait_for_listener(("127.0.0.1", self.port))
        wait_until(lambda: "slaves=1" in self.ask_sentinel(), "the Sentinel knows the replica")

    def ask_sentinel(self):
        return subprocess.run(["redis-cli", "-p", str(self.port), "info", "sentinel"], capture_output=True, text=True,
                              timeout=10, check=False).stdout

    @property
    def url(self):
        # One that is not there comes first.
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.port}/mail/0"

    @property
    def pids(self):
        return self.master.pids + self.replica.pids

    def fail_over(self):
        self.master.kill()

    def stop(self):
        self.sentinel.send_signal(signal.SIGKILL)
        self.sentinel.wait(10)
        self.master.stop()
        self.replica.stop()


class Server:
    """One mail server: a daemon with a configuration of its own."""

    def __init__(self, workspace, config, env=None):
        directory = tempfile.mkdtemp(prefix="server.", dir=workspace)
        self.control = os.path.join(directory, "control.sock")
        self.address = ("127.0.0.1", free_port())
        self.daemon = Daemon(directory, f"inet:{self.address[1]}@127.0.0.1", self.address,
                             f"control: unix:{self.control}\nrelay: {{ local_domains: [example.com] }}\n{config}")
        self.daemon.env = env
        self.daemon.start()

    def thread_count(self):
        return len(tasks_of(self.daemon.process.pid))

    def resident_bytes(self):
        with open(f"/proc/{self.daemon.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    @property
    def late(self):
        """How many messages waited too long for the store, and not only for a processor."""
        return self.counter("store_waits_late") - self.counter("store_waits_starved")

    def counter(self, name):
        return self.ask("status")["counters"][name]

    def ask(self, *words):
        done = run(*words, "--socket", self.control, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def tell(self, *words):
        done = run(*words, "--socket", self.control)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    @property
    def store(self):
        return self.ask("status")["store"]

    def wait_for_store(self, words):
        wait_until(lambda: words in self.store, f"the store is {words}", seconds=30)

    def used(self, count="messages"):
        return sum(row["used"] for row in self.ask("usage", "ann@example.com") if row["count"] == count)

    def kill(self):
        self.daemon.process.send_signal(signal.SIGKILL)
        self.daemon.process.wait(10)

    def stop(self):
        if self.daemon.process.is_running():
            self.daemon.stop()


class Crowd:
    """Clients that send, each through the servers in turn, until they are told to stop or `tries` are used up.

    `passed` counts what was accepted, `refused` what was deferred or refused, `in_doubt` what had no answer: a daemon
    that is killed may have let it pass. `slowest_ms` is the longest that any answer took.
    """

    def __init__(self, servers, clients, tries=None, killed=0.0, pause=0.0):
        self.servers, self.tries, self.killed, self.pause = servers, tries, killed, pause
        self.passed = self.refused = self.in_doubt = 0
        self.by_server = [0] * len(servers)
        self.waits_ms = []
        self.lock = threading.Lock()
        self.is_over = False
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        chance = random.Random(number)
        at = number
        while not self.is_over:
            with self.lock:
                if self.tries is not None:
                    if self.tries == 0:
                        return
                    self.tries -= 1
            at += 1
            try:
                self._send(at % len(self.servers), chance)
            except OSError:
                time.sleep(0.01)
            time.sleep(self.pause)

    def _send(self, which, chance):
        with MilterClient(self.servers[which].address) as client:
            client.connect("203.0.113.5")
            client.helo()
            answer = self._timed(client.mail, "ann@example.com", macros=ANN)
            if answer.letter == "c":
                answer = self._timed(client.rcpt, "bob@example.net")
            if answer.letter != "c":
                self._count(which, answer)
                return
            if chance.random() < self.killed:
                return  # no word of farewell
            client.data()
            client.header("Subject", "limits")
            client.end_of_headers()
            client.body(b"one\r\n")
            try:
                answer = self._timed(client.end_of_message)
            except OSError:
                with self.lock:
                    self.in_doubt += 1
                raise
            self._count(which, answer)

    def _timed(self, call, *arguments, **options):
        begun = time.monotonic()
        answer = call(*arguments, **options)
        with self.lock:
            self.waits_ms.append((time.monotonic() - begun) * 1000)
        return answer

    def _count(self, which, answer):
        with self.lock:
            if answer.letter in "ca":
                self.passed += 1
                self.by_server[which] += 1
            else:
                self.refused += 1

    def join(self, seconds=120):
        for thread in self.threads:
            thread.join(seconds)
            assert not thread.is_alive()
        return self

    def stop(self):
        self.is_over = True
        return self.join()

    def waits(self, first=0, last=None):
        """In words; on a machine that has much to do most of it is not the servers'."""
        waits = sorted(self.waits_ms[first:last]) or [0.0]
        return (f"{len(waits)} answers, median {waits[len(waits) // 2]:.1f} ms, 99.9 % within "
                f"{waits[int(len(waits) * 0.999)]:.1f} ms, the slowest {waits[-1]:.1f} ms")


_islands = itertools.count()


class Island:
    """A network namespace with an address of its own, to which either way can be cut."""

    FAR, NEAR = "10.199.77.2", "10.199.77.1"

    def __init__(self):
        number = f"{os.getpid() % 100000}.{next(_islands)}"
        self.name, self.near, self.far = f"limits{number}", f"ln{number}", f"lf{number}"
        self._ip("netns", "add", self.name)
        self._ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name)
        self._ip("addr", "add", f"{self.NEAR}/30", "dev", self.near)
        self._ip("link", "set", self.near, "up")
        self._ip("-n", self.name, "addr", "add", f"{self.FAR}/30", "dev", self.far)
        self._ip("-n", self.name, "link", "set", self.far, "up")

    @staticmethod
    def missing():
        """Why there can be none here; "" where there can."""
        try:
            Island().end()
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no network namespaces: {getattr(error, 'stderr', None) or error}"
        return ""

    @staticmethod
    def _ip(*words):
        return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout

    @property
    def inside(self):
        return ("ip", "netns", "exec", self.name)

    def cut(self, there, back):
        """Nobody is at the address that packets go to: they are lost without a word."""
        nobody = ("lladdr", "02:00:00:00:00:99", "nud", "permanent")
        if there:
            self._ip("neigh", "replace", self.FAR, "dev", self.near, *nobody)
        if back:
            self._ip("-n", self.name, "neigh", "replace", self.NEAR, "dev", self.far, *nobody)

    def mend(self):
        for words in (("neigh", "del", self.FAR, "dev", self.near),
                      ("-n", self.name, "neigh", "del", self.NEAR, "dev", self.far)):
            subprocess.run(["ip", *words], capture_output=True, check=False)

    def end(self):
        self._ip("netns", "del", self.name)
