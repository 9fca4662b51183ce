"""`closedrelay held`: what the policy had held, as long as it is in Postfix' hold queue."""

import base64
import json
import os
import subprocess

import pytest

from harness import mail
from harness.daemon import program
from harness.process import wait_until
from harness.provider import USERS
from harness.smtp_client import SmtpClient


def broken_archive(subject):
    """A message with a zip that nobody can look into."""
    content = base64.b64encode(b"PK\x03\x04" + bytes(range(256)) * 4).decode()
    return mail.plain(subject).partition(b"\r\n\r\n")[0].replace(b"Content-Type: text/plain", b"X-Was: text/plain") + (
        "\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=plan.zip\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename=plan.zip\r\n\r\n{content}\r\n").encode()


def held(provider, *options):
    done = subprocess.run([program(), "held", "-c", provider.daemon.config_path, "--postfix-config", provider.etc, *options],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def postsuper(provider, *options):
    subprocess.run(["postsuper", "-c", provider.etc, *options], check=True, capture_output=True)


def send(provider, subject):
    with SmtpClient(provider.ports["submission"]) as client:
        client.starttls()
        client.login("ann@example.com", USERS["ann@example.com"])
        assert client.message("ann@example.com", ["bob@other.example", "eve@other.example"], broken_archive(subject)).code == 250
    return provider.daemon.record_of(subject)


@pytest.fixture
def provider_with_an_empty_queue(provider):
    postsuper(provider, "-d", "ALL", "hold")
    yield provider
    postsuper(provider, "-d", "ALL", "hold")


def test_what_is_held(provider_with_an_empty_queue, sink):
    provider = provider_with_an_empty_queue
    assert "nothing is held" in held(provider)
    subject = mail.unique_subject("held first")
    first, second = send(provider, subject), send(provider, mail.unique_subject("held second"))
    assert first["verdict"] == "hold"
    rows = json.loads(held(provider, "--json"))["held"]
    assert {row["queue_id"] for row in rows} == {first["queue_id"], second["queue_id"]}
    row = next(row for row in rows if row["queue_id"] == first["queue_id"])
    assert (row["user"], row["sender"], row["recipients"]) == ("ann@example.com", "ann@example.com", 2)
    assert (row["check"], row["reason"], row["id"]) == ("attachments", "uninspectable", first["id"])
    assert row["since"].startswith("20") and row["size"] > 1000
    text = held(provider)
    assert first["queue_id"] in text and "attachments: uninspectable" in text and "postsuper -H" in text
    postsuper(provider, "-d", second["queue_id"])
    assert second["queue_id"] not in held(provider)
    postsuper(provider, "-H", first["queue_id"])
    subprocess.run(["postqueue", "-c", provider.etc, "-i", first["queue_id"]], check=True)
    sink.wait_for(subject)
    wait_until(lambda: "nothing is held" in held(provider), "the released message is no longer told")


def test_what_somebody_else_holds(provider_with_an_empty_queue):
    provider = provider_with_an_empty_queue
    record = send(provider, mail.unique_subject("held other"))
    empty = os.path.join(provider.directory, "empty.jsonl")
    open(empty, "w", encoding="utf-8").close()
    row, = json.loads(held(provider, "--json", empty))["held"]
    assert (row["queue_id"], row["check"], row["id"]) == (record["queue_id"], None, "")
    assert "not by the policy, or its record is gone" in held(provider, empty)


def test_without_a_postfix(provider_with_an_empty_queue):
    """From the record alone, where there is no postqueue to ask."""
    provider = provider_with_an_empty_queue
    record = send(provider, mail.unique_subject("held recorded"))
    postsuper(provider, "-d", "ALL", "hold")
    done = subprocess.run([program(), "held", "--json", "-c", provider.daemon.config_path], capture_output=True, text=True,
                          env={"PATH": "/nonexistent"}, check=True, timeout=60)
    row = next(row for row in json.loads(done.stdout)["held"] if row["queue_id"] == record["queue_id"])
    assert (row["user"], row["recipients"], row["id"]) == ("ann@example.com", 2, record["id"])
