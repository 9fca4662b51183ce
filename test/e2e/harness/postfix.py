"""A private Postfix: own configuration, queue and data directories, and one SMTP port a milter.

Postfix takes seconds to start and a daemon under test is started often. So one Postfix has many lanes: an SMTP port
and the milter port it speaks to. Every daemon that a test starts takes a lane of its own.
"""

import os
import pwd
import shutil
import subprocess

from .process import accepts_connections, free_port, wait_until

LANE_COUNT = 200

MAIN_CF = """\
compatibility_level = 3.7
queue_directory = {dir}/spool
data_directory = {dir}/lib
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log/mail.log
maillog_file_prefixes = {dir}
myhostname = mx.test.example
mydomain = test.example
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = static:all
default_transport = smtp:[127.0.0.1]:{next_hop_port}
relay_transport = smtp:[127.0.0.1]:{next_hop_port}
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_relay_restrictions = reject_unauth_destination
message_size_limit = 104857600
smtpd_authorized_xclient_hosts = static:all
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
in_flow_delay = 0
max_idle = 5s
biff = no
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl_path}
smtpd_sasl_security_options = noanonymous
smtpd_tls_cert_file = {dir}/tls/cert.pem
smtpd_tls_key_file = {dir}/tls/key.pem
smtpd_tls_CAfile = {dir}/tls/ca.pem
smtpd_tls_security_level = may
smtpd_tls_ask_ccert = yes
smtpd_tls_loglevel = 1
milter_default_action = tempfail
"""

MASTER_CF = """\
{lanes}
pickup    unix  n       -       n       60      1       pickup
  -o cleanup_service_name=cleanup-local
cleanup   unix  n       -       n       -       0       cleanup
cleanup-local unix n    -       n       -       0       cleanup
  -o non_smtpd_milters=inet:127.0.0.1:{local_milter_port}
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""


class Lane:
    """An SMTP port of the private Postfix and the milter behind it: at a port, or at a unix socket."""

    def __init__(self, smtp_port, milter_port):
        self.smtp_port = smtp_port
        self.milter_port = milter_port

    def service(self):
        return (f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd\n"
                f"  -o smtpd_milters=inet:127.0.0.1:{self.milter_port}")


class UnixLane:
    """A lane whose milter listens at a unix socket."""

    def __init__(self, smtp_port, socket_path):
        self.smtp_port = smtp_port
        self.socket_path = socket_path

    def service(self):
        return (f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd\n"
                f"  -o smtpd_milters=unix:{self.socket_path}")


class OpenLane:
    """An SMTP port that relays for everybody, with the routing tricks of old; a milter alone can close it. It hangs up
    on clients after four errors."""

    def __init__(self, smtp_port, milter_port=None):
        self.smtp_port = smtp_port
        self.milter_port = milter_port

    def service(self):
        milters = f"inet:127.0.0.1:{self.milter_port}" if self.milter_port else ""
        return (f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd\n"
                f"  -o smtpd_milters={milters}\n"
                f"  -o mynetworks=0.0.0.0/0\n"
                f"  -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
                f"  -o smtpd_hard_error_limit=4")


class Postfix:
    def __init__(self, directory, next_hop_port, sasl_path):
        self.directory = directory
        self.etc = os.path.join(directory, "etc")
        self.local_milter_port = free_port()
        self.unix_lane = UnixLane(free_port(), os.path.join(directory, "milter.sock"))
        self.open_lane = OpenLane(free_port())
        self.closed_lane = OpenLane(free_port(), free_port())
        self.lanes = [Lane(free_port(), free_port()) for _ in range(LANE_COUNT)]
        self._unused_lanes = iter(self.lanes)
        self._make_directories()
        self._make_certificate()
        self._write("main.cf", MAIN_CF.format(dir=directory, next_hop_port=next_hop_port, sasl_path=sasl_path))
        services = "\n".join(lane.service() for lane in [self.unix_lane, self.open_lane, self.closed_lane, *self.lanes])
        self._write("master.cf", MASTER_CF.format(lanes=services, local_milter_port=self.local_milter_port))

    def _make_directories(self):
        for name in ("etc", "spool", "lib", "log", "tls"):
            os.mkdir(os.path.join(self.directory, name))
        shutil.chown(os.path.join(self.directory, "lib"), pwd.getpwnam("postfix").pw_uid)

    def _make_certificate(self):
        tls = os.path.join(self.directory, "tls")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=mx.test.example", "-keyout", f"{tls}/key.pem", "-out", f"{tls}/cert.pem"],
            check=True, capture_output=True)
        self.make_client_certificate("ca", "/CN=ca.test.example")

    def make_client_certificate(self, name, subject, signed=False):
        """A certificate and its key, signed by the authority that Postfix trusts or by itself; their paths."""
        tls = os.path.join(self.directory, "tls")
        certificate, key = f"{tls}/{name}.pem", f"{tls}/{name}.key"
        authority = ["-CA", f"{tls}/ca.pem", "-CAkey", f"{tls}/ca.key"] if signed else []
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", subject, *authority, "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        return certificate, key

    def _write(self, name, text):
        with open(os.path.join(self.etc, name), "w", encoding="utf-8") as out:
            out.write(text)

    def _command(self, *arguments):
        done = subprocess.run(["postfix", "-c", self.etc, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"postfix {arguments}: {done.stderr}{done.stdout}{self.log()}")

    def start(self):
        self._command("start")
        wait_until(lambda: accepts_connections(("127.0.0.1", self.unix_lane.smtp_port)), "Postfix listens")

    def stop(self):
        self._command("stop")

    def take_lane(self):
        lane = next(self._unused_lanes, None)
        assert lane is not None, "more relays are started than there are lanes: LANE_COUNT"
        return lane

    def submit_locally(self, sender, recipients, content, uid=0):
        """Hands a message in as a program on the machine does, with the sendmail command. Users other than root may not
        choose its configuration, so they see this one in the place of the system's."""
        command = ["sendmail", "-f", sender, "--", *recipients]
        if uid == 0:
            command[1:1] = ["-C", self.etc]
        else:
            command = ["unshare", "--mount", "sh", "-c", f"mount --bind {self.etc} /etc/postfix && exec \"$@\"", "sh",
                       "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
        return subprocess.run(command, input=content, capture_output=True, check=False)

    def log(self):
        try:
            with open(os.path.join(self.directory, "log", "mail.log"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""
