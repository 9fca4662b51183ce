"""One daemon takes the place of another (`serve --take-over`): no connection is refused, no message or record lost."""

import os
import threading

from harness import control, mail
from harness.daemon import program, run
from harness.process import Process, wait_until

CONFIG = """
relay: { local_domains: [example.com] }
rates: { limits: [ { key: user, count: messages, limit: 100000, per: 1d, window: sliding } ] }
"""


def take_over(relay):
    """The new daemon is relay.daemon's process from now on; the old one."""
    former = relay.daemon.process
    before = relay.daemon.output.count("serve: ready")
    relay.daemon.process = Process([program(), "serve", "--take-over", "-c", relay.daemon.config_path],
                                   os.path.join(relay.daemon.directory, "output"), env=relay.daemon.env)
    wait_until(lambda: relay.daemon.output.count("serve: ready") > before, "the new daemon serves")
    return former


class Sender(threading.Thread):
    """Sends until told to stop; one session a message, or one for all."""

    def __init__(self, relay, stays):
        super().__init__()
        self.relay, self.stays = relay, stays
        self.is_enough = threading.Event()
        self.replies = []

    def run(self):
        while not self.is_enough.is_set():
            with self.relay.submission() as session:
                while not self.is_enough.is_set():
                    subject = mail.unique_subject("under way")
                    self.replies.append(session.message("ann@example.com", ["bob@example.net"], mail.plain(subject)))
                    if not self.stays:
                        break


def test_nobody_is_refused_and_nothing_is_lost(start_relay, workspace):
    relay = control.start(start_relay, workspace, CONFIG)
    senders = [Sender(relay, stays=number % 2 == 1) for number in range(4)]
    for sender in senders:
        sender.start()
    for _ in range(3):
        enough = len(relay.daemon.records()) + 5
        relay.daemon.wait_for_records(enough)
        former = take_over(relay)
        assert control.asked(relay, "status")["sessions"] >= 0
    relay.daemon.wait_for_records(len(relay.daemon.records()) + 5)
    for sender in senders:
        sender.is_enough.set()
    for sender in senders:
        sender.join()
    replies = [reply for sender in senders for reply in sender.replies]
    assert [reply for reply in replies if reply.code != 250] == []
    assert former.wait(45) == 0, relay.daemon.output
    records = relay.daemon.wait_for_records(len(replies))
    assert len(records) == len({record["id"] for record in records}) == len(replies)


def test_what_was_counted_is_known_to_the_next(start_relay, workspace):
    relay = control.start(start_relay, workspace, CONFIG)
    for _ in range(3):
        with relay.submission() as session:
            assert session.message("ann@example.com", ["bob@example.net"], mail.plain("counted")).code == 250
    assert take_over(relay).wait(45) == 0
    used, = control.asked(relay, "usage", "ann@example.com")
    assert used["used"] == 3


def test_who_cannot_have_the_sockets_says_why(start_relay, workspace):
    relay = start_relay(CONFIG)  # without a control socket
    done = run("serve", "--take-over", "-c", relay.daemon.config_path)
    assert done.returncode == 69
    assert "without a control socket" in done.stderr
    with relay.submission() as session:
        assert session.message("ann@example.com", ["bob@example.net"], mail.plain("as ever")).code == 250
