"""closedrelay under test: started with a configuration, ready when it listens, its audit records as Python values."""

import functools
import json
import os
import re
import signal
import subprocess

import jsonschema

from .process import Process, wait_until

# What every message's record has, in this order; docs/record.schema.json knows the rest.
RECORD_KEYS = ["v", "type", "time", "id", "host", "session", "queue_id", "policy", "role", "role_reason", "user",
               "customer", "service", "client", "helo", "auth", "tls", "sender", "from", "message_id", "recipients",
               "size", "attachments", "findings", "verdict", "would", "reply", "duration_us"]


def program():
    """The closedrelay to test: CLOSEDRELAY_PROGRAM, or the newest of the builds in build/."""
    named = os.environ.get("CLOSEDRELAY_PROGRAM")
    if named:
        return named
    root = os.path.join(os.path.dirname(__file__), "..", "..", "..", "build")
    builds = [os.path.join(root, name, "milter", "closedrelay") for name in ("release", "asan")]
    found = [path for path in builds if os.path.exists(path)]
    if not found:
        raise RuntimeError("no closedrelay is built: run test/run, or set CLOSEDRELAY_PROGRAM")
    return max(found, key=os.path.getmtime)


def run(*arguments, stdin=None):
    """Runs one closedrelay command to its end."""
    return subprocess.run([program(), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                          timeout=60, check=False)


class Daemon:
    """One `closedrelay serve`.

    `config` is the text of the file, without `listen`, `audit` and `daemon`; no block list is asked unless it has a
    section `dnsbl`, for the default one is out on the Internet. AUDIT in `audit` stands for the file.
    """

    def __init__(self, directory, listen, address, config="", audit=None, process="user: root, syslog: false"):
        self.directory = directory
        self.address = address
        self.listen = listen
        self.config_path = os.path.join(directory, "closedrelay.yaml")
        self.audit_path = os.path.join(directory, "audit.jsonl")
        self.audit_config = (audit or "audit: { file: AUDIT }").replace("AUDIT", self.audit_path)
        self.process_config = f"daemon: {{ {process} }}"
        self.process = None
        self.env = None  # beside the test's own
        self.write_config(config)

    def write_config(self, config):
        if "dnsbl:" not in config:
            config += "\ndnsbl: { lists: [] }"
        if "state:" not in config:
            config += f"\nstate: {self.directory}"
        if "control:" not in config:
            config += '\ncontrol: ""'
        with open(self.config_path, "w", encoding="utf-8") as out:
            out.write(f"listen: {self.listen}\n{self.audit_config}\n{self.process_config}\n{config}\n")

    def start(self):
        self.launch()
        self.process.wait_for_listener(self.address)
        return self

    def launch(self):
        self.process = Process([program(), "serve", "-c", self.config_path], os.path.join(self.directory, "output"),
                               env=self.env)

    @property
    def output(self):
        return self.process.output()

    # -- the audit file

    def records(self):
        """The record of every message so far."""
        return [line for line in self.lines() if line["type"] == "message"]

    def events(self, kind):
        """Every event of that kind so far."""
        return [line for line in self.lines() if line["type"] == kind]

    def lines(self):
        """All there is. A record is one line; while it is written, a reader may see it up to the end of a page."""
        text = wait_until(self._whole_lines, "the last record is whole", seconds=5)
        lines = [line for line in text.splitlines() if line.startswith("{")]
        for line in lines:
            _check(line)
        return [json.loads(line) for line in lines]

    def _whole_lines(self):
        """What the audit file holds, at least one newline; None: half a record."""
        try:
            with open(self.audit_path, "rb") as audit:
                text = audit.read() or b"\n"
        except FileNotFoundError:
            return "\n"
        return text.decode() if text.endswith(b"\n") else None

    def find_records(self, message_id):
        return [r for r in self.records() if message_id in (r["message_id"] or "")]

    def record_for(self, reply):
        """The record of a refusal: its incident id stands in the text of the refusal."""
        ids = incident_ids(reply.text)
        return wait_until(lambda: next((r for r in self.records() if r["id"] in ids), None),
                          f"the record of {reply}; there are {self.records()[-3:]}")

    def record_of(self, subject):
        """The one record of the message with this subject (mail.plain makes the Message-ID from it)."""
        key = subject.replace(" ", ".") + "@"
        return wait_until(lambda: next((r for r in self.records() if key in (r["message_id"] or "")), None),
                          f"the record of '{subject}'; there are {self.records()[-3:]}")

    def wait_for_records(self, count):
        return wait_until(lambda: self.records() if len(self.records()) >= count else None, f"{count} records")

    # -- its life

    def reload(self, config):
        """Puts a new configuration in force: done when the daemon has said so in its log."""
        self.write_config(config)
        before = len(self.output)
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: "in force" in self.output[before:], "the daemon answers a reload")
        return self.output[before:]

    def resident_kb(self):
        return int(_status_field(self.process.pid, "VmRSS").split()[0])

    def thread_count(self):
        return int(_status_field(self.process.pid, "Threads"))

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def begin_stop(self):
        if self.process.is_running():
            self.process.send_signal(signal.SIGTERM)

    def finish_stop(self):
        """Waits for the end and looks whether the daemon ended as it should."""
        status = self.process.wait(45)
        assert "Sanitizer" not in self.output, self.output
        assert status == 0, f"closedrelay ended with {status}\n{self.output}"

        self.replay_changes_nothing()

    def replay_changes_nothing(self):
        """What this configuration judged, it judges the same way again from the record."""
        if not os.path.exists(self.audit_path) or os.path.getsize(self.audit_path) == 0:
            return
        with open(self.config_path, encoding="utf-8") as config:
            if re.search(r"\b(file|cdb|lmdb|sqlite|socketmap):\S|include:", config.read()):
                return  # tables are asked as they are now, and tests change them
        done = run("replay", "--config", self.config_path, "--json", "--examples", 5, self.audit_path)
        if done.returncode == 78:
            return  # the test has left a broken configuration behind
        assert done.returncode == 0, done.stderr
        replayed = json.loads(done.stdout)
        # What was used before the record began, and what an admin reset, is not in it.
        by_limits = sum(reason["messages"] for reason in replayed["reasons"] if reason["check"] == "rates")
        assert replayed["judged_by_it_then_and_changed"] <= by_limits, done.stdout

    def stop(self):
        self.begin_stop()
        self.finish_stop()


def incident_ids(text):
    return re.findall(r"\b[0-9A-Za-z]{12}\b", text)


def _schema():
    path = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "record.schema.json")
    with open(path, encoding="utf-8") as schema:
        return json.load(schema)


SCHEMA = jsonschema.Draft7Validator(_schema())
ALL_KEYS = list(SCHEMA.schema["properties"])


@functools.lru_cache(maxsize=100000)
def _check(line):
    """A line is what the schema says, its keys in the schema's order; a message has all it must have."""
    record = json.loads(line)
    SCHEMA.validate(record)
    assert list(record) == [key for key in ALL_KEYS if key in record], f"order of the keys: {line}"
    if record["type"] == "message":
        assert [key for key in record if key in RECORD_KEYS] == RECORD_KEYS, f"keys of a message: {line}"


def _status_field(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(line.split(":")[1].strip() for line in status if line.startswith(name + ":"))
