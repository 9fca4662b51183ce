"""A private name server with test block lists, and a name server that never answers."""

import os
import socket

from .process import Process, free_port, wait_until

ZONES = ("bl.test.example", "second.test.example")
LISTED = "192.0.2.99"
LISTED_BY_BOTH = "192.0.2.97"
ZONE_FILE = """\
:127.0.0.4:listed by the test list
127.0.0.2
{addresses}
"""


class Rbldnsd:
    def __init__(self, directory):
        self.directory = directory
        self.port = free_port(socket.SOCK_DGRAM)
        self.process = None
        self._write_zone("first", [LISTED, LISTED_BY_BOTH])
        self._write_zone("second", [LISTED_BY_BOTH])

    def _write_zone(self, name, addresses):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(ZONE_FILE.format(addresses="\n".join(addresses)))

    def start(self):
        os.chmod(self.directory, 0o755)
        self.process = Process(
            ["rbldnsd", "-n", "-q", "-b", f"127.0.0.1/{self.port}", "-w", self.directory,
             f"{ZONES[0]}:ip4set:first", f"{ZONES[1]}:ip4set:second"],
            os.path.join(self.directory, "output"))
        wait_until(lambda: ask(self.port, f"2.0.0.127.{ZONES[0]}") == ["127.0.0.4"], "rbldnsd answers")

    def stop(self):
        self.process.stop()


def ask(port, name):
    """The IPv4 addresses of `name`, or None if there is no answer."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect(("127.0.0.1", port))
        try:
            client.send(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + question)
            answer = client.recv(512)
        except OSError:
            return None
    addresses, at = [], 12 + len(question)
    for _ in range(int.from_bytes(answer[6:8], "big")):
        at += 2                                     # the name is always a pointer to the question
        size = int.from_bytes(answer[at + 8:at + 10], "big")
        addresses.append(socket.inet_ntoa(answer[at + 10:at + 10 + size]))
        at += 10 + size
    return addresses


class SilentNameServer:
    """Takes every question and answers none; it counts what it was asked."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def questions(self):
        count = 0
        while True:
            try:
                self.socket.recv(512)
            except BlockingIOError:
                return count
            count += 1

    def stop(self):
        self.socket.close()
