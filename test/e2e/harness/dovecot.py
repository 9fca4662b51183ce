"""A private Dovecot: it checks passwords for Postfix, and one that people read mail with."""

import imaplib
import os
import shutil
import socket

from .daemon import program
from .process import Process, accepts_connections, free_port, wait_until

CONTRIB = os.path.join(os.path.dirname(__file__), "..", "..", "..", "contrib", "dovecot")

CONFIGURATION = """\
base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/dovecot.log
ssl = no
protocols = {protocols}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format =
auth_username_chars =
auth_failure_delay = 0
auth_verbose = yes
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={dir}
}}
service auth {{
  unix_listener {dir}/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0600
  }}
}}
"""

# Clients name their address in HAProxy's protocol, as behind a load balancer. Sanitizers reserve more memory than
# Dovecot would let its scripts have.
IMAP_CONFIGURATION = """\
listen = 127.0.0.1
mail_location = maildir:{dir}/mail/%u
haproxy_trusted_networks = 127.0.0.0/8
default_vsz_limit = 0
service imap-login {{
  inet_listener imap {{
    port = {port}
    haproxy = yes
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
!include {dir}/closedrelay.conf
"""


class Dovecot:
    protocols = ""

    def __init__(self, directory, users):
        """`users` maps login names to passwords."""
        self.directory = directory
        self.sasl_path = os.path.join(directory, "auth")
        self.process = None
        os.mkdir(os.path.join(directory, "run"))
        self._write("users", "".join(f"{name}:{{PLAIN}}{password}::::::\n" for name, password in users.items()))
        self._write("dovecot.conf", CONFIGURATION.format(dir=directory, protocols=self.protocols))

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def start(self):
        self.process = Process(["dovecot", "-F", "-c", os.path.join(self.directory, "dovecot.conf")],
                               os.path.join(self.directory, "output"))
        wait_until(lambda: accepts_connections(self.sasl_path), "Dovecot answers at its auth socket")

    def stop(self):
        self.process.stop()


class ImapDovecot(Dovecot):
    """With mailboxes, and what contrib/dovecot has for it: the grants go to the control socket at `control`. `more`: lines of
    its configuration."""

    protocols = "imap"

    def __init__(self, directory, users, control, more=""):
        super().__init__(directory, users)
        self.port = free_port()
        os.mkdir(os.path.join(directory, "mail"))
        os.chmod(os.path.join(directory, "mail"), 0o777)
        # Where Dovecot's user can reach them.
        script = shutil.copy(os.path.join(CONTRIB, "closedrelay-allow"), directory)
        self.program = shutil.copy(program(), directory)
        with open(os.path.join(CONTRIB, "closedrelay.conf"), encoding="utf-8") as contrib:
            services = contrib.read()
        installed = "script-login /usr/local/libexec/closedrelay-allow"
        assert services.count(installed) == 2
        self._write("closedrelay.conf", services.replace(
            installed, f"script-login {script} program={self.program} socket={control}"))
        with open(os.path.join(directory, "dovecot.conf"), "a", encoding="utf-8") as configuration:
            configuration.write(IMAP_CONFIGURATION.format(dir=directory, port=self.port) + more)

    def start(self):
        super().start()
        wait_until(lambda: accepts_connections(("127.0.0.1", self.port)), "Dovecot answers at its IMAP port")

    def imap(self, client):
        """A connection that comes from the address `client`."""
        return _Imap(self.port, client)

    def log_in(self, client, user, password):
        session = self.imap(client)
        try:
            session.login(user, password)
        finally:
            session.logout()


class _Imap(imaplib.IMAP4):
    def __init__(self, port, client):
        self._client = client
        super().__init__("127.0.0.1", port, timeout=30)

    def _create_socket(self, timeout):
        connection = socket.create_connection((self.host, self.port), timeout)
        connection.sendall(f"PROXY TCP4 {self._client} 127.0.0.1 40000 143\r\n".encode())
        return connection
