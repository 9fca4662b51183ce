"""The stub name server as a program: block lists that die on command."""

import os
import signal

from . import daemon
from .process import Process, wait_until
from .rbldnsd import ask

COUNT = "count.stub"


class StubDns:
    def __init__(self, directory, rules):
        self.path = os.path.join(directory, "rules")
        self._write(rules)
        program = os.path.join(os.path.dirname(daemon.program()), "..", "test", "stub_dns", "stub_dns")
        self.process = Process([program, self.path], os.path.join(directory, "output"))
        line = wait_until(lambda: self.process.output().partition("\n")[0], "the stub name server says its port")
        self.port = int(line.rpartition(":")[2])

    def _write(self, rules):
        with open(self.path, "w", encoding="utf-8") as out:
            out.write(rules)

    def set_rules(self, rules, probe, answer):
        """Other rules; they hold once `probe` is answered with `answer`."""
        self._write(rules)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: ask(self.port, probe) == answer, f"{probe} is answered with {answer}")

    def stop(self):
        self.process.stop()
