"""A private Dovecot that does nothing but check passwords for Postfix."""

import os

from .process import Process, accepts_connections, wait_until

CONFIGURATION = """\
base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/dovecot.log
ssl = no
protocols =
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


class Dovecot:
    def __init__(self, directory, users):
        """`users` maps login names to passwords."""
        self.directory = directory
        self.sasl_path = os.path.join(directory, "auth")
        self.process = None
        os.mkdir(os.path.join(directory, "run"))
        self._write("users", "".join(f"{name}:{{PLAIN}}{password}::::::\n" for name, password in users.items()))
        self._write("dovecot.conf", CONFIGURATION.format(dir=directory))

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def start(self):
        self.process = Process(["dovecot", "-F", "-c", os.path.join(self.directory, "dovecot.conf")],
                               os.path.join(self.directory, "output"))
        wait_until(lambda: accepts_connections(self.sasl_path), "Dovecot answers at its auth socket")

    def stop(self):
        self.process.stop()
