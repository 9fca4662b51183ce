"""Somebody who follows a page of docs/: every file is written and every command run.

The MTAs are scratch ones, so names of the system's are replaced by theirs (the tables below, and nothing else): ports,
directories, and 127.0.0.0/8, for the test must not be among the trusted. What would change the system itself, users and
services, is done by hand here.
"""

import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile

from . import postfix as private_postfix
from .certificates import fingerprint
from .daemon import Daemon, program
from .process import accepts_connections, free_port, wait_until

DOCS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs")
DONE_BY_HAND = ("systemctl ", "usermod ", "make ")


def blocks(page):
    """[(section, language, text)] of all fenced blocks of a page."""
    with open(os.path.join(DOCS, page), encoding="utf-8") as source:
        sections = re.split(r"^## (.*)\n", source.read(), flags=re.MULTILINE)
    return [(title, language, text) for title, content in zip(sections[1::2], sections[2::2])
            for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", content, re.MULTILINE | re.DOTALL)]


def make_directory(workspace):
    directory = tempfile.mkdtemp(prefix="docs.", dir=workspace)
    os.chmod(directory, 0o755)
    return directory


def commands(text):
    lines = text.splitlines()
    assert all(line.startswith("# ") for line in lines), text
    return [line[2:] for line in lines]


class Stranger:
    """Follows a page, section by section."""

    def __init__(self, directory, page, replacements):
        self.directory = directory
        self.blocks = blocks(page)
        self.replacements = replacements
        self.daemon = None
        self.config = ""
        self.listen = self.translate("inet:10891@127.0.0.1")
        self.done = []

    def translate(self, text):
        for old, new in self.replacements.items():
            text = text.replace(old, new)
        return text

    def follow(self, section, blocks=None):
        """Its blocks, or the first so many of them."""
        found = [(language, text) for title, language, text in self.blocks if title == section]
        assert found, section
        for language, text in found[:blocks]:
            getattr(self, f"read_{language}")(self.translate(text))

    def read_yaml(self, text):
        listen = re.fullmatch(r"listen: (.*)\n", text)
        if listen:
            self.listen = listen.group(1)
        else:
            self.config = text
        self.make_daemon()

    def read_more_yaml(self, text):
        """What else belongs in the section relay."""
        is_more = self.config and text.startswith("relay:")
        Stranger.read_yaml(self, self.config + text.removeprefix("relay:\n") if is_more else text)

    def make_daemon(self):
        path = self.listen.partition(":")[2]
        address = path if self.listen.startswith("unix:") else ("127.0.0.1", int(path.partition("@")[0]))
        own = tempfile.mkdtemp(prefix="daemon.", dir=self.directory)
        os.chmod(own, 0o755)
        self.stop_daemon()
        self.daemon = Daemon(own, self.listen, address, self.config, process="syslog: false, socket_group: postfix")

    def read_console(self, text):
        for command in commands(text):
            self.done.append(command)
            if command.startswith(DONE_BY_HAND):
                self.do_by_hand(command.split())
            else:
                self.run(command)

    def run(self, command):
        done = subprocess.run(self.words(shlex.split(command)), capture_output=True, text=True, input="secret",
                              check=False, timeout=60)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "warning" not in done.stderr, f"{command}\n{done.stderr}"

    def closedrelay(self, words):
        options = [] if words[1] == "relaytest" else ["-c", self.daemon.config_path]
        return [program(), words[1], *options, *words[2:]]

    def stop_daemon(self):
        if self.daemon is not None and self.daemon.process is not None:
            self.daemon.begin_stop()
            self.daemon.finish_stop()
            self.daemon.process = None

    def start_daemon(self):
        self.stop_daemon()
        self.daemon.start()


# ---- Postfix ------------------------------------------------------------------------------------------------


class PostfixStranger(Stranger):
    page = "postfix.md"

    def __init__(self, directory, sink, sasl_path, certificates, branch):
        self.ports = {name: free_port() for name in ("smtp", "submission", "submissions", "2525")}
        self.etc = os.path.join(directory, "etc")
        self.branch = branch
        services = {f"{name} inet n - y": f"127.0.0.1:{self.ports[name]} inet n - n"
                    for name in ("submissions", "submission", "2525")}
        replacements = {**services, "submissions/inet": f"127.0.0.1:{self.ports['submissions']}/inet",
                        "submission/inet": f"127.0.0.1:{self.ports['submission']}/inet",
                        "2525/inet": f"127.0.0.1:{self.ports['2525']}/inet", "AB:CD:…": fingerprint(branch[0]),
                        "branch.pem": branch[0], "/etc/postfix/": f"{self.etc}/", f"{self.etc}/tls": f"{directory}/tls",
                        "127.0.0.1:10025": f"127.0.0.1:{free_port()}", "10891": str(free_port()),
                        "/var/spool/postfix": f"{directory}/spool", "private/auth": sasl_path,
                        "127.0.0.0/8": "127.0.0.2/32", "mail.example.com": f"127.0.0.1:{self.ports['smtp']}",
                        "-o closedrelay -g closedrelay": "-o root -g postfix"}
        super().__init__(directory, self.page, replacements)
        self.install(sink, certificates)

    def install(self, sink, certificates):
        """Postfix as it comes, with the sink for the rest of the world."""
        for name in ("etc", "spool", "lib", "log"):
            os.mkdir(os.path.join(self.directory, name))
        shutil.chown(os.path.join(self.directory, "lib"), pwd.getpwnam("postfix").pw_uid)
        kept = ("compatibility_level", "_directory", "mail_owner", "setgid_group", "maillog", "my", "inet_", "alias",
                "default_transport", "smtp_", "max_idle", "local_recipient_maps", "smtpd_tls_cert", "smtpd_tls_key")
        main = private_postfix.MAIN_CF.format(dir=self.directory, next_hop_port=sink.port, sasl_path="unused")
        lines = [line for line in main.splitlines() if any(word in line.partition(" =")[0] for word in kept)]
        self.write("main.cf", "\n".join([*lines, "smtpd_tls_security_level = may", "relay_domains = example.com",
                                         f"relay_transport = smtp:[127.0.0.1]:{sink.port}\n"]))
        master = private_postfix.MASTER_CF.format(lanes=f"127.0.0.1:{self.ports['smtp']} inet n - n - - smtpd",
                                                  local_milter_port=0)
        self.write("master.cf", master.replace("  -o cleanup_service_name=cleanup-local\n", ""))
        shutil.copytree(certificates, os.path.join(self.directory, "tls"))

    def write(self, name, text):
        with open(os.path.join(self.etc, name), "w", encoding="utf-8") as out:
            out.write(text)

    def read_yaml(self, text):
        self.read_more_yaml(text)

    def read_conf(self, text):
        self.write("relay_clientcerts", text)

    def postfix(self, word):
        subprocess.run(["postfix", "-c", self.etc, word], check=True, capture_output=True)

    def words(self, words):
        if words[0] in ("postconf", "postfix"):
            return [words[0], "-c", self.etc, *words[1:]]
        if words[0] == "closedrelay":
            return self.closedrelay(words) + (["--postfix-config", self.etc] if words[1] == "doctor" else [])
        assert words[0] in ("install", "openssl")
        return words

    def do_by_hand(self, words):
        assert words[0] == "usermod" or "closedrelay" in words
        if words[0] == "systemctl":
            self.start_daemon()
            if "postfix" in words:
                self.postfix("reload")

    def wait_for(self, name):
        wait_until(lambda: accepts_connections(("127.0.0.1", self.ports[name])), f"Postfix listens at {name}")
