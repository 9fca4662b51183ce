"""The provider of docs/hosting.md: its Postfix, its Dovecot and its closedrelay, made by following the page."""

import json
import os
import subprocess

from . import mail
from .daemon import program
from .dovecot import Dovecot
from .process import free_port
from .rbldnsd import ZONES
from .stranger import PostfixStranger, make_directory

USERS = {"ann@example.com": "secret", "news@example.net": "secret", "shop@example.com": "secret"}


class Provider(PostfixStranger):
    page = "hosting.md"

    def __init__(self, directory, sink, dovecot, rbldnsd, postfix):
        self.listed = f"dnsbl: {{ lists: [{{ zone: {ZONES[0]} }}] }}\ndns: {{ servers: ['127.0.0.1:{rbldnsd.port}'] }}\n"
        super().__init__(directory, sink, dovecot.sasl_path, f"{postfix.directory}/tls",
                         postfix.make_client_certificate("provider", "/CN=relay.branch.example", signed=True))
        del self.replacements["127.0.0.0/8"]
        self.replacements["10027"] = str(free_port())
        self.local_port = self.replacements["10027"]

    def read_conf(self, text):
        self.write("domains", text)

    def words(self, words):
        return ["postmap", "-c", self.etc, *words[1:]] if words[0] == "postmap" else super().words(words)

    def make_daemon(self):
        if "control:" not in self.config:
            self.config = f"control: unix:{self.directory}/control.sock\n{self.listed}{self.config}"
        super().make_daemon()

    def doctor(self, etc=None, config=None):
        """(exit status, findings)"""
        done = subprocess.run([program(), "doctor", "--json", "-c", config or self.daemon.config_path, "--postfix-config",
                               etc or self.etc], capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, json.loads(done.stdout)["findings"]

    def submit(self, uid, subject):
        """What the sendmail command hands in for a user of the machine."""
        content = mail.plain(subject).replace(b"\r", b"")
        words = ["unshare", "--mount", "sh", "-c", f"mount --bind {self.etc} /etc/postfix && exec \"$@\"", "sh", "setpriv",
                 f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "sendmail", "-f", "web@example.com", "--",
                 "bob@example.net"]
        subprocess.run(words, input=content, check=True, capture_output=True)
        return self.daemon.record_of(subject)


def start(workspace, sink, rbldnsd, postfix):
    """The provider, and a function that stops it."""
    os.makedirs("/etc/postfix", exist_ok=True)
    dovecot = Dovecot(make_directory(workspace), USERS)
    dovecot.start()
    provider = Provider(make_directory(workspace), sink, dovecot, rbldnsd, postfix)

    def stop():
        provider.postfix("stop")
        provider.stop_daemon()
        dovecot.stop()

    provider.postfix("start")
    try:
        # The mailboxes are the sink's.
        subprocess.run(["postconf", "-c", provider.etc, "-e", f"virtual_transport = smtp:[127.0.0.1]:{sink.port}"], check=True)
        provider.follow("The policy")
        provider.follow("Postfix")
    except BaseException:
        stop()
        raise
    return provider, stop


def login_file(directory, provider):
    """The page's ~/.msmtprc; its certificate is nobody's, and the password has a file."""
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "hosting.md"), encoding="utf-8") as page:
        text = page.read().partition("    account default\n")
    lines = ["account default"]
    for line in text[2].splitlines():
        if not line.startswith("    "):
            break
        lines.append(line.strip())
    password, path = (os.path.join(directory, name) for name in ("password", "msmtprc"))
    with open(password, "w", encoding="utf-8") as out:
        out.write(USERS["shop@example.com"])
    replaced = {"mail.example.com": "127.0.0.1", "port 587": f"port {provider.ports['submission']}",
                "~/.msmtp-password": password}
    content = "\n".join([*lines, "tls_certcheck off", ""])
    for old, new in replaced.items():
        assert old in content
        content = content.replace(old, new)
    with open(path, "w", encoding="utf-8") as out:
        out.write(content)
    os.chmod(path, 0o600)
    return path
