"""Processes that are started, waited for by what they do, and stopped by their process id."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def wait_until(condition, what, seconds=15):
    """Asks `condition` until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.01)


_chance = random.SystemRandom()  # not what a test has seeded: several runs may stand side by side
_reservations = []


def free_port(kind=socket.SOCK_STREAM):
    """A port on 127.0.0.1 nobody listens on, outside the range from which connections get theirs.

    It is this process's until its end: an abstract socket of that number tells other runs.
    """
    while True:
        port = _chance.randint(20000, 32000)
        reservation = socket.socket(socket.AF_UNIX)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                reservation.bind(f"\0closedrelay-e2e-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                reservation.close()
                continue
        _reservations.append(reservation)
        return port


def accepts_connections(address):
    """Whether somebody listens at ("127.0.0.1", port) or at the path of a unix socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child with its output in a file. It dies with the test run, whatever way that ends."""

    def __init__(self, arguments, output_path, env=None, cwd=None):
        self.output_path = output_path
        with open(output_path, "ab") as output:
            self.child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=_die_with_parent, env={**os.environ, **(env or {})}, cwd=cwd)
        self.pid = self.child.pid

    def output(self):
        with open(self.output_path, "rb") as output:
            return output.read().decode("utf-8", "replace")

    def is_running(self):
        return self.child.poll() is None

    def send_signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=20):
        """The exit status; a process that outlives `seconds` is killed and fails the test."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.child.args[0]} did not end in {seconds} s\n{self.output()}") from None

    def stop(self, seconds=20):
        if self.is_running():
            self.child.terminate()
        return self.wait(seconds)

    def wait_for_listener(self, address, seconds=20):
        def ready():
            if not self.is_running():
                raise AssertionError(f"{self.child.args[0]} ended at once\n{self.output()}")
            return accepts_connections(address)
        wait_until(ready, f"{self.child.args[0]} listens at {address}", seconds)
