"""What the tests of the installed package share: commands, mail over SMTP, waiting."""

import contextlib
import email.message
import json
import os
import smtplib
import socket
import struct
import subprocess
import time

WAIT_SECONDS = 60
CONFIGURATION = "/etc/closedrelay/closedrelay.yaml"
RECORD = "/var/log/closedrelay/audit.jsonl"
HAS_SYSTEMD = os.path.isdir("/run/systemd/system")


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def wait_for(condition, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def restart(unit):
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", unit)


@contextlib.contextmanager
def drop_in(unit, text):
    """For a while the unit is another, and is restarted before and after."""
    folder = f"/run/systemd/system/{unit}.d"
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "test.conf")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    restart(unit)
    try:
        yield
    finally:
        os.remove(path)
        restart(unit)


def change_configuration(change):
    with open(CONFIGURATION, encoding="utf-8") as source:
        text = source.read()
    with open(CONFIGURATION, "w", encoding="utf-8") as out:
        out.write(change(text))


def records():
    if not os.path.exists(RECORD):
        return []
    with open(RECORD, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def messages():
    return [record for record in records() if record["type"] == "message"]


def message(subject, attachment=None, sender="ann@example.org"):
    mail = email.message.EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "bob@example.com", subject
    mail["Message-ID"] = f"<{subject.replace(' ', '.')}.{time.monotonic_ns()}@example.org>"
    mail.set_content("Hello\n")
    if attachment is not None:
        mail.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename=attachment)
    return mail


def send(mail, sender="ann@example.org", recipient="bob@example.com", port=25, login=None):
    """The answer: (code, text)."""
    with smtplib.SMTP("127.0.0.1", port, timeout=WAIT_SECONDS) as client:
        try:
            if login is not None:
                client.login(*login)
            client.send_message(mail, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = refused.recipients[recipient]
            return code, text.decode()
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code, refused.smtp_error.decode()
    return 250, ""


def set_up_postfix():
    """A Postfix on this machine alone that takes mail for example.com and delivers it to bob."""
    if subprocess.run(["id", "bob"], capture_output=True, check=False).returncode != 0:
        run("useradd", "--create-home", "bob")
    settings = {"myhostname": "mail.example.com", "mydestination": "example.com, localhost", "inet_interfaces": "loopback-only",
                "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8 [::1]/128", "message_size_limit": "40000000", "maillog_file": "/var/log/mail.log",
                "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination", "default_transport": "error:not here",
                "smtpd_forbid_bare_newline": "normalize", "alias_maps": "", "alias_database": ""}
    for name, value in settings.items():
        run("postconf", "-e", f"{name}={value}")
    if HAS_SYSTEMD:
        run("systemctl", "restart", "postfix")
    else:
        run("postfix", "start", check=False)
        run("postfix", "reload")


DOVECOT_2_3 = """protocols =
log_path = /var/log/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/dovecot/users
}
"""
DOVECOT_2_4 = """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
log_path = /var/log/dovecot.log
ssl = no
auth_allow_cleartext = yes
auth_mechanisms = plain login
passdb passwd-file {
  default_password_scheme = PLAIN
  passwd_file_path = /etc/dovecot/users
}
"""
DOVECOT_LISTENER = """service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
SUBMISSION = {"syslog_name": "postfix/submission", "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
              "smtpd_sasl_path": "private/auth", "smtpd_relay_restrictions": "permit_sasl_authenticated,reject",
              "smtpd_recipient_restrictions": "permit_sasl_authenticated,reject"}


def set_up_submission(users):
    """Port 587, for who logs in; Dovecot checks the passwords."""
    is_new = run("dovecot", "--version").stdout.startswith("2.4")
    with open("/etc/dovecot/dovecot.conf", "w", encoding="utf-8") as out:
        out.write((DOVECOT_2_4 if is_new else DOVECOT_2_3) + DOVECOT_LISTENER)
    with open("/etc/dovecot/users", "w", encoding="utf-8") as out:
        out.write("".join(f"{name}:{{PLAIN}}{password}\n" for name, password in users.items()))
    os.chmod("/etc/dovecot/users", 0o640)
    run("chown", "root:dovecot", "/etc/dovecot/users")
    run(*(("systemctl", "restart", "dovecot") if HAS_SYSTEMD else ("dovecot",)))
    wait_for(lambda: os.path.exists("/var/spool/postfix/private/auth"), "Dovecot's socket")
    run("postconf", "-M", "submission/inet=submission inet n - y - - smtpd")
    for name, value in SUBMISSION.items():
        run("postconf", "-P", f"submission/inet/{name}={value}")


def reload_postfix():
    run("postfix", "reload")


class Milter:
    """A connection as the MTA's: it negotiates at once, and every command is answered."""

    FINAL = b"acdrty"

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", 10891), timeout=WAIT_SECONDS)
        self.send(b"O" + struct.pack("!III", 6, 0x1ff, 0))
        assert self.answer()[:1] == b"O"

    def send(self, packet):
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)

    def answer(self):
        return self.read(struct.unpack("!I", self.read(4))[0])

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the connection ended"
            data += piece
        return data

    def ask(self, packet):
        """The answer that ends it: of the end of a message there may be others before."""
        self.send(packet)
        while True:
            answer = self.answer()
            if answer[:1] in (bytes([final]) for final in self.FINAL):
                return answer

    def begin(self):
        self.ask(b"Clocalhost\x004" + struct.pack("!H", 4711) + b"192.0.2.1\0")
        self.ask(b"Hmail.example.org\0")
        self.ask(b"M<ann@example.org>\0")
        self.ask(b"R<bob@example.com>\0")

    def end(self):
        self.ask(b"LSubject\0Hello\0")
        self.ask(b"N")
        self.ask(b"BHello\r\n")
        answer = self.ask(b"E")
        self.send(b"Q")
        self.socket.close()
        return answer
