"""A mailbox server tells of logins and asks whether one is locked: Dovecot's auth policy protocol, with a real Dovecot."""

import base64
import http.client
import imaplib
import json
import os
import tempfile

import pytest

from harness import control
from harness.control import command
from harness.dovecot import ImapDovecot
from harness.process import free_port, wait_until

TOKEN = "logins-logins-logins-1"
ANN = ("ann@example.com", "secret")


class Asked:
    """A relay that is told of logins at relay.policy_port."""

    def __init__(self, start_relay, workspace, policy=""):
        directory = tempfile.mkdtemp(prefix="policy.", dir=workspace)
        self.port = free_port()
        tokens = os.path.join(directory, "tokens")
        with open(tokens, "w", encoding="utf-8") as out:
            out.write(f"admin admin-admin-admin-1\nmetrics metr-metr-metr-1\nlogins {TOKEN}\n")
        os.chmod(tokens, 0o600)
        self.relay = control.start(start_relay, workspace, "relay: { local_domains: [example.com] }\n"
                                   f"http: {{ listen: 127.0.0.1:{self.port}, auth_policy: true, tokens: {tokens} }}\n{policy}")

    def post(self, path, content, token=TOKEN, **headers):
        """(status, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content_Type": "application/json", "X_API_Key": token, **headers}
        connection.request("POST", path, content if isinstance(content, (bytes, list)) else json.dumps(content),
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def says(self, what, content):
        status, text = self.post(f"/auth-policy?command={what}", content)
        assert status == 200, text
        return json.loads(text)

    def logins(self):
        return [(e["user"], e["service"], e["client"]["ip"]) for e in self.relay.daemon.events("login")]


def login(remote, success=True, **more):
    return {"login": "Ann@example.com", "remote": remote, "protocol": "imap", "pwhash": "01", "session_id": "x",
            "success": success, "policy_reject": False, "tls": True, **more}


def test_logins_are_told_and_locked_ones_refused(start_relay, workspace):
    asked = Asked(start_relay, workspace)
    assert asked.says("allow", {"login": "ann@example.com", "remote": "192.0.2.9"}) == {"status": 0, "msg": ""}
    for remote in ("192.0.2.9", "192.0.2.99", "2001:db8::7"):
        assert asked.says("report", login(remote))["status"] == 0
    asked.says("report", login("192.0.3.9", success=False))
    asked.says("report", login("192.0.3.9", policy_reject=True))
    asked.says("report", login("nowhere"))
    assert asked.logins() == [("ann@example.com", "imap", "192.0.2.9"), ("ann@example.com", "imap", "2001:db8::7")]
    assert command(asked.relay, "block", "ann@example.com").returncode == 0
    assert asked.says("allow", login("192.0.2.9"))["status"] == 0, "who may not send may read"
    assert command(asked.relay, "lock", "ann@example.com").returncode == 0
    refused = asked.says("allow", login("192.0.2.9"))
    assert refused["status"] == -1 and refused["msg"].startswith("user ann@example.com is locked")
    assert asked.says("allow", {"login": "bob@example.com"})["status"] == 0
    assert command(asked.relay, "unlock", "ann@example.com").returncode == 0
    assert asked.says("allow", login("192.0.2.9"))["status"] == 0


def test_in_monitor_mode_nobody_is_refused(start_relay, workspace):
    asked = Asked(start_relay, workspace, "blocks: { mode: monitor }")
    assert command(asked.relay, "lock", "ann@example.com").returncode == 0
    answer = asked.says("allow", login("192.0.2.9"))
    assert answer["status"] == 0 and "is locked" in answer["msg"]
    assert command(asked.relay, "login", "ann@example.com", "192.0.2.9").returncode == 0


def test_nobody_tells_without_the_right_to(start_relay, workspace):
    asked = Asked(start_relay, workspace)
    path, good = "/auth-policy?command=allow", login("192.0.2.9")
    assert asked.post(path, good, "metr-metr-metr-1")[0] == 403
    assert asked.post(path, good, "logins-logins-logins-2")[0] == 401
    assert asked.post("/?command=allow", good, "admin-admin-admin-1")[0] == 200
    assert asked.post(path, good, Content_Type="text/plain")[0] == 415
    assert asked.post(path, good, Host="evil.example")[0] == 421
    assert asked.post(path, good, Sec_Fetch_Site="cross-site")[0] == 403
    assert asked.post("/auth-policy", good)[0] == 400
    assert asked.post("/status?command=allow", good)[0] == 404
    assert asked.post(path, b"{")[0] == 400
    assert asked.post(path, b"x" * 9000)[0] == 413
    assert asked.post(path, [b"x" * 5000, b"x" * 5000])[0] == 413
    connection = http.client.HTTPConnection("127.0.0.1", asked.port, timeout=60)
    for method, told in (("GET", 403), ("PUT", 405)):
        connection.request(method, "/metrics", headers={"X-API-Key": TOKEN})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == told
    assert asked.logins() == []


# ---- with a real Dovecot -----------------------------------------------------------------------------------


@pytest.fixture
def imap(start_relay, workspace):
    """imap.asked is the relay that this Dovecot tells."""
    directory = tempfile.mkdtemp(prefix="imap.", dir=workspace)
    os.chmod(directory, 0o755)
    asked = Asked(start_relay, workspace)
    password = base64.b64encode(f"dovecot:{TOKEN}".encode()).decode()
    server = ImapDovecot(directory, dict([ANN]), f"{directory}/control.sock", f"""
auth_policy_server_url = http://127.0.0.1:{asked.port}/auth-policy
auth_policy_server_api_header = Authorization: Basic {password}
auth_policy_hash_nonce = a-nonce-of-ones-own
""")
    server.asked = asked
    server.start()
    yield server
    server.stop()


def test_a_real_dovecot_tells_and_asks(imap):
    imap.log_in("203.0.113.77", *ANN)
    wait_until(imap.asked.logins, "Dovecot tells of the login")
    with pytest.raises(imaplib.IMAP4.error):
        imap.log_in("203.0.114.77", ANN[0], "wrong")
    assert command(imap.asked.relay, "lock", ANN[0]).returncode == 0
    with pytest.raises(imaplib.IMAP4.error):
        imap.log_in("203.0.113.77", *ANN)
    with open(os.path.join(imap.directory, "dovecot.log"), encoding="utf-8") as log:
        assert "is locked: the password was perhaps stolen" in log.read()
    assert command(imap.asked.relay, "unlock", ANN[0]).returncode == 0
    imap.log_in("203.0.113.77", *ANN)
    assert imap.asked.logins() == [("ann@example.com", "imap", "203.0.113.77")], "once an hour"
