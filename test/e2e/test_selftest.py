"""`closedrelay selftest`: its corpus against a running daemon, as it would be sent to any other milter."""

import json

from harness.daemon import run


def test_every_answer_of_the_running_milter_is_right(relay):
    host, port = relay.daemon.address
    done = run("selftest", "--milter", f"inet:{port}@{host}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_milter_that_lets_everything_through_is_wrong_on_the_hostile_only(relay):
    relay.daemon.reload("attachments: { mode: off }")
    host, port = relay.daemon.address
    done = run("selftest", "--milter", f"inet:{port}@{host}", "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert len(answers) >= 300
    assert {a["answer"] for a in answers} == {"accepted"}
    for answer in answers:
        may_pass = {"pass", "encrypted", "macros"} & set(answer["expected"].split(" or "))
        assert answer["right"] == bool(may_pass), answer


def test_only_this_machine_is_tried():
    done = run("selftest", "--milter", "inet:25@192.0.2.1")
    assert done.returncode != 0
    assert "this machine" in done.stderr
