"""Metrics, JSON and the dashboard over HTTP: what is told is true, and nobody gets more than is his."""

import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import urllib.parse

import pytest

from harness import mail
from harness.daemon import Daemon, run
from harness.milter_client import MilterClient
from harness.process import free_port, wait_until

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
LOGIN = {"auth_type": "PLAIN", "auth_authen": "ann@example.com"}
EVIL = '<script>alert(1)</script>"\'&\u202egro.elpmaxe'

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
                               "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


# So that there is a sample of every metric.
EVERYTHING = """relay: { local_domains: [example.com, file:domains] }
dns: { servers: ["127.0.0.1:9"] }
dnsbl: { lists: [ { zone: bl.example } ] }
"""


class Web:
    """A daemon that is asked over HTTP; mail comes to it without an MTA."""

    def __init__(self, folder, options="", config="relay: { local_domains: [example.com] }"):
        self.port = free_port()
        self.socket = str(folder / "milter")
        (folder / "domains").write_text("example.org\n")
        self.options = options
        self.policy = config
        self.daemon = Daemon(str(folder), f"unix:{self.socket}", self.socket, self.config())
        self.daemon.start()

    def config(self, listen=None):
        return f"{self.policy}\nhttp: {{ listen: {listen or f'127.0.0.1:{self.port}'}{self.options} }}"

    def ask(self, path, method="GET", **headers):
        """(status, headers, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def text(self, path, **headers):
        status, _, text = self.ask(path, **headers)
        assert status == 200, (path, status, text)
        return text

    def json(self, path, **headers):
        return json.loads(self.text(path, **headers))

    def metrics(self):
        """Name with labels -> value."""
        lines = [line for line in self.text("/metrics").splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def send(self, sender="ann@example.com", recipients=("bob@example.net",), content=None, macros=LOGIN, ip="203.0.113.9"):
        with MilterClient(self.socket) as client:
            client.connect(ip)
            client.helo()
            return client.send_message(sender, list(recipients), content or mail.plain("hello"), macros=macros)

    def send_some(self):
        """Three accepted, two refused; waits until the dashboard has seen them."""
        for _ in range(3):
            self.send()
        self.send("eve@example.org", macros=None)
        self.send(content=attachment("run.exe"))
        self.wait_for(5)

    def wait_for(self, count):
        wait_until(lambda: sum(self.json("/api/recent")[v] for v in ("accepted", "held", "deferred", "refused", "aborted")) >= count,
                   f"{count} messages on the dashboard")


def attachment(name):
    return (f"From: Ann <ann@example.com>\r\nTo: Bob <bob@example.net>\r\nSubject: papers\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\nTVqQAAMAAAAEAAAA\r\n--b--\r\n").encode()


@pytest.fixture
def web(tmp_path):
    """web(OPTIONS): a daemon with HTTP."""
    started = []

    def start(options="", **more):
        folder = tmp_path / f"web{len(started)}"
        folder.mkdir()
        started.append(Web(folder, options, **more))
        return started[-1]

    yield start
    for one in started:
        one.daemon.stop()


# ---- what is told ------------------------------------------------------------------------------------------


@pytest.mark.threads
def test_numbers_are_those_of_the_record(web):
    site = web()
    site.send_some()
    records = site.daemon.records()
    recent, metrics = site.json("/api/recent"), site.metrics()
    for verdict, name in (("accept", "accepted"), ("reject", "refused"), ("aborted", "aborted"), ("hold", "held")):
        count = sum(r["verdict"] == verdict for r in records)
        assert recent[name] == count
        assert sum(v for k, v in metrics.items() if k.startswith(f'closedrelay_messages_total{{verdict="{verdict}"')) == count
    assert recent["bytes"] == sum(r["size"] for r in records if r["verdict"] == "accept")
    assert metrics["closedrelay_message_bytes_total"] == recent["bytes"]
    assert {u["name"]: u["accepted"] for u in recent["users"]} == {"ann@example.com": 3}
    assert {c["name"]: c["refused"] for c in recent["causes"]} == {"relay not_local_domain": 1, "attachments blocked": 1}
    assert metrics['closedrelay_messages_total{verdict="reject",reason="attachments.blocked"}'] == 1
    assert metrics["closedrelay_verdict_seconds_count"] == len(records)
    page = site.text("/")
    cards = dict(re.findall(r"<dt>([a-z ]+)</dt><dd>([0-9,]+)</dd>", page))
    assert cards["messages"] == "5" and cards["accepted"] == "3" and cards["refused"] == "2"
    assert site.json("/api/report?since=today&by=day")["total"]["now"]["messages"] == 5


def test_what_was_before_the_start_is_told_too(web):
    site = web()
    site.send_some()
    site.daemon.stop()
    site.daemon.start()
    site.wait_for(5)
    assert site.json("/api/recent")["refused"] == 2
    assert site.metrics()['closedrelay_messages_total{verdict="accept",reason=""}'] == 0, "metrics begin with the process"


def test_search_finds_by_id_bounce_user_address_and_client(web):
    site = web()
    site.send_some()
    refused = [r for r in site.daemon.records() if r["verdict"] == "reject"]
    blocked = next(r for r in refused if "run.exe" in r["reply"])
    for what in (blocked["id"], blocked["id"].upper(), blocked["reply"]):
        page = site.text("/search?q=" + urllib.parse.quote(what))
        assert f"<h1>Message {blocked['id']}</h1>" in page and "run.exe" in page
    for what in ("ann@example.com", "bob@example.net", "203.0.113.9"):
        assert blocked["id"] in site.text("/search?q=" + what)
    assert blocked["reply"] in site.json("/api/explain?what=" + blocked["id"])["story"]["reply"]
    assert '"lookup"' not in site.text("/api/explain?what=ann@example.com"), "that somebody asked is no answer"
    assert site.ask("/api/explain?what=nobody@nowhere.example")[0] == 404
    assert f'href="/search?q={blocked["id"]}"' in site.text("/"), "the story is one step away"


def test_who_looked_up_what_is_in_the_record(web):
    site = web()
    site.send_some()
    site.text("/search?q=ann@example.com")
    site.text("/api/explain?what=203.0.113.9")
    site.text("/lookup?address=192.0.2.7")
    lookups = site.daemon.events("lookup")
    assert [(r["subject"]["kind"], r["subject"]["name"]) for r in lookups] == [
        ("explain", "ann@example.com"), ("explain", "203.0.113.9"), ("lookup", "192.0.2.7")]
    assert lookups[0]["by"] == "admin over HTTP from 127.0.0.1"


@pytest.mark.threads
def test_every_page_and_question_answers(web):
    site = web()
    site.send_some()
    for path in ("/", "/?hours=1", "/refusals", "/search", "/limits", "/lists", "/lookup", "/suspects",
                 "/suspects?user=ann@example.com", "/report", "/status"):
        assert site.text(path).rstrip().endswith("</html>")
    assert site.text("/?part=1").lstrip().startswith("<div"), "the part alone"
    for path in site.json("/api/")["questions"]:
        bare = path.split("?")[0]
        wanted = {"/api/lookup": "?address=192.0.2.7", "/api/explain": "?what=ann@example.com", "/api/suspect": "?user=ann@example.com"}.get(bare, "")
        assert json.loads(site.text(bare + wanted)) is not None
    assert site.json("/api/status")["counters"]["rejected"] == 2
    assert site.json("/api/settings?for=user=ann@example.com")["for"]["role"] == "submission"
    assert site.text("/healthz") == "ok\n" and site.text("/readyz") == "ready\n"


def test_what_strangers_write_stays_text(web):
    site = web()
    site.send(f"{EVIL}@evil.example", [f"{EVIL}@example.net"], macros=None)
    site.wait_for(1)
    for path in ("/", "/refusals", "/search?q=" + urllib.parse.quote(EVIL), "/lookup?address=" + urllib.parse.quote(EVIL)):
        page = site.text(path)
        assert "<script>alert" not in page and "\u202e" not in page
    assert "&lt;script&gt;" in site.text("/refusals")


# ---- who may -----------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("# roles\nadmin admin-admin-admin-1\nhelp-desk help-help-help-1\nmetrics metr-metr-metr-1\n")
    path.chmod(0o600)
    return path


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_tokens_say_what_may_be_seen(web, tokens):
    site = web(f", tokens: {tokens}")
    password = base64.b64encode(b"anybody:admin-admin-admin-1").decode()
    assert site.ask("/")[0] == 401 and "Basic" in site.ask("/")[1]["WWW-Authenticate"]
    assert site.ask("/", **bearer("admin-admin-admin-2"))[0] == 401
    assert site.ask("/", **bearer(""))[0] == 401
    for headers in (bearer("admin-admin-admin-1"), {"Authorization": f"Basic {password}"}):
        assert site.ask("/api/status", **headers)[0] == 200
    assert site.ask("/", **bearer("metr-metr-metr-1"))[0] == 403
    assert site.ask("/metrics", **bearer("metr-metr-metr-1"))[0] == 200
    for path in ("/api/status", "/limits", "/report", "/status", "/suspects", "/api/recent", "/api/held", "/api/suspects"):
        assert site.ask(path, **bearer("help-help-help-1"))[0] == 403


def test_a_help_desk_sees_refusals_masked(web, tokens):
    site = web(f", tokens: {tokens}")
    site.send(recipients=["secret-friend@example.net"])
    site.send(recipients=["secret-friend@example.net"], content=attachment("run.exe"))
    wait_until(lambda: site.json("/api/recent", **bearer("admin-admin-admin-1"))["refused"] == 1, "the refusal")
    desk = bearer("help-help-help-1")
    accepted, refused = site.daemon.records()
    page = site.text("/refusals", **desk)
    assert refused["id"] in page and "ann@example.com" in page and "secret-friend" not in page
    assert "secret-friend" not in site.text(f"/search?q={refused['id']}", **desk)
    assert accepted["id"] not in site.text("/search?q=ann@example.com", **desk)
    assert site.ask(f"/api/explain?what={accepted['id']}", **desk)[0] == 404
    assert "ann@example.com" not in site.text("/", **desk).split("Recent refusals")[0], "no list of users"
    assert site.daemon.events("lookup")[0]["by"].startswith("help-desk over HTTP")


@pytest.mark.threads
def test_tokens_follow_a_reload(web, tokens):
    site = web(f", tokens: {tokens}")
    tokens.write_text("admin other-other-other-1\n")
    site.daemon.reload(site.config())
    assert site.ask("/api/status", **bearer("other-other-other-1"))[0] == 200
    assert site.ask("/api/status", **bearer("admin-admin-admin-1"))[0] == 401


def test_other_names_and_sites_are_refused(web):
    site = web(", hosts: [mail.example.com]")
    for host in ("evil.example", "localhost.evil.example", "[::1", "", "a:b:c", "127.0.0.1.evil.example:80"):
        assert site.ask("/", Host=host)[0] in (400, 421), host
    for host in ("localhost", "LOCALHOST:10892", "127.0.0.1", "[::1]:10892", "mail.example.com"):
        assert site.ask("/", Host=host)[0] == 200, host
    assert site.ask("/api/status", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")[0] == 403
    assert site.ask("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


def test_anything_but_loopback_takes_tokens(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("http: { listen: 0.0.0.0:10892 }\n")
    done = run("check", "-c", config)
    assert done.returncode == 78 and f"{config}:1:17: error: whoever reaches this address would see all mail" in done.stderr
    (tmp_path / "tokens").write_text("admin short\nboss 1234567890123456\n")
    (tmp_path / "tokens").chmod(0o600)
    config.write_text(f"http: {{ listen: 0.0.0.0:10892, tokens: {tmp_path}/tokens }}\n")
    done = run("check", "-c", config)
    assert done.returncode == 78 and "tokens:1: a token is 16 to 200" in done.stderr and "tokens:2: a line is a role" in done.stderr


# ---- the protocol ------------------------------------------------------------------------------------------


def test_headers_are_on_every_answer(web):
    site = web()
    for path, status in (("/", 200), ("/metrics", 200), ("/api/status", 200), ("/style.css", 200), ("/nowhere", 404), ("/api/report?since=x", 400)):
        got, headers, _ = site.ask(path)
        assert got == status
        for name, value in HEADERS.items():
            assert headers[name] == value, (path, name)
    assert site.ask("/metrics")[1]["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
        assert site.ask("/", method=method)[0] == 405
    assert site.ask("/", method="HEAD")[2] == ""


def raw(site, data, timeout=30):
    with socket.create_connection(("127.0.0.1", site.port), timeout=timeout) as connection:
        answer = b""
        try:
            connection.sendall(data)
            with contextlib.suppress(OSError):  # it has hung up already
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionError:
            pass
        return answer


def test_hostile_requests_harm_nothing(web):
    site = web()
    hostile = [b"\0" * 5000, b"GET", b"GET / HTTP/1.1\r\n" * 3, b"\x16\x03\x01\x02\0\x01" + b"a" * 600, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
               b"GET /../../etc/passwd HTTP/1.0\r\n\r\n", b"GET /%00 HTTP/1.0\r\n\r\n", b"GET /?part=%00%ff HTTP/1.0\r\n\r\n",
               b"GET /search?" + b"&".join(b"q%d=1" % i for i in range(500)) + b" HTTP/1.0\r\n\r\n",
               b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 1000000 + b"\r\n\r\n",
               b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nabc",
               b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
               b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    with concurrent.futures.ThreadPoolExecutor(len(hostile)) as pool: # what is not whole is waited for
        list(pool.map(lambda data: raw(site, data), hostile))
    assert site.text("/healthz") == "ok\n"
    answers = site.send()
    assert answers["eom"].letter in "ac"
    assert "Sanitizer" not in site.daemon.output


@pytest.mark.threads
def test_many_connections_and_slow_ones_hold_up_no_mail(web):
    """Far more than are served: mail goes on, descriptors stay bounded, and once they leave all is as before."""
    count = 600
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * count)), hard))
    site = web(", connections: 16")
    slow = []
    for _ in range(count):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", site.port))
        slow.append(connection)
    for connection in slow[:16]:
        try:
            connection.send(b"GET / HTTP/1.1\r\nHost: loc")
        except OSError:
            pass
    for _ in range(5):
        assert site.send()["eom"].letter in "ac"
    assert len(os.listdir(f"/proc/{site.daemon.process.pid}/fd")) < 120
    for connection in slow:
        connection.close()
    wait_until(lambda: _answers(site), "HTTP again", seconds=60)


def test_whoever_does_not_read_is_cut_off(web):
    site = web(", connections: 1")
    with socket.create_connection(("127.0.0.1", site.port)) as lazy:
        lazy.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        wait_until(lambda: _answers(site), "room for another", seconds=60)


def _answers(site):
    try:
        return site.ask("/healthz")[0] == 200
    except OSError:
        return False


# ---- the process -------------------------------------------------------------------------------------------


def test_the_socket_outlives_a_reload_and_says_what_takes_a_restart(web):
    site = web()
    site.daemon.reload(site.config(f"127.0.0.1:{free_port()}"))
    assert site.json("/api/status")["restart_needed_for"] == "http.listen"
    assert site.metrics()["closedrelay_config_restart_needed"] == 1


def test_a_refused_reload_is_seen(web):
    site = web()
    site.daemon.write_config(site.config() + "\nnonsense: 1")
    site.daemon.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: site.metrics()["closedrelay_config_last_reload_successful"] == 0, "the refusal")
    assert "nonsense" in site.text("/") and not site.json("/api/problems")["well"]
    site.daemon.reload(site.config())
    assert site.metrics()["closedrelay_config_last_reload_successful"] == 1


def test_a_unix_socket_does_as_well(web, tmp_path):
    site = web()
    site.daemon.stop()
    site.daemon.write_config(site.config(f"unix:{tmp_path}/http"))
    site.daemon.start()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{tmp_path}/http")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200")
    assert os.stat(f"{tmp_path}/http").st_mode & 0o777 == 0o660


def test_without_a_record_there_is_no_story_but_all_else(web):
    site = web()
    site.daemon.stop()
    site.daemon.audit_config = 'audit: { file: "" }'
    site.daemon.write_config(site.config())
    site.daemon.start()
    site.send("eve@example.org", macros=None)
    site.wait_for(1)
    assert "No record is kept" in site.text("/search?q=ann@example.com")
    assert site.ask("/api/report")[0] == 404


# ---- Prometheus --------------------------------------------------------------------------------------------


def test_promtool_finds_nothing_and_the_page_names_every_metric(web):
    site = web(config=EVERYTHING)
    site.send_some()
    text = site.text("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    told = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    with open(os.path.join(ROOT, "docs", "http.md"), encoding="utf-8") as page:
        described = dict(re.findall(r"^\| `((?:closedrelay|process)_\w+)` \| (\w+) \|", page.read(), re.M))
    assert described == told
    assert "ann@example.com" not in text and "203.0.113" not in text


def test_alert_rules_and_their_tests():
    folder = os.path.join(ROOT, "contrib", "prometheus")
    for arguments in (["check", "rules", "closedrelay.rules.yml"], ["test", "rules", "closedrelay.test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_grafana_and_alerts_ask_for_is_there(web):
    site = web(config=EVERYTHING)
    text = site.text("/metrics")
    for path in ("grafana/closedrelay.json", "prometheus/closedrelay.rules.yml"):
        with open(os.path.join(ROOT, "contrib", path), encoding="utf-8") as file:
            wanted = set(re.findall(r"\b(?:closedrelay|process)_[a-z_]+", file.read()))
        for name in {re.sub("_(bucket|sum|count)$", "", w) if "verdict_seconds" in w else w for w in wanted}:
            assert f"# TYPE {name} " in text, (path, name)
    with open(os.path.join(ROOT, "contrib", "grafana", "closedrelay.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"


# ---- with a browser ----------------------------------------------------------------------------------------


def test_a_browser_finds_nothing_wrong(web):
    """Phone, laptop and wide screen, dark and light: no message on the console, no request elsewhere, no barrier found by axe-core,
    nothing wider than the screen; whole without script; with the keyboard alone."""
    site = web(config="relay: { local_domains: [example.com] }\nrates: { limits: [ { key: user, count: recipients, limit: 500, per: 1h } ] }")
    site.send_some()
    site.send(f"{EVIL}@evil.example", [f"{EVIL}@example.net"], macros=None)
    site.wait_for(6)
    refused = next(r["id"] for r in site.daemon.records() if "run.exe" in (r["reply"] or ""))
    done = subprocess.run([os.path.join(ROOT, "test", "e2e", "browser", "node"), "look.js", f"http://127.0.0.1:{site.port}", refused],
                          capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
