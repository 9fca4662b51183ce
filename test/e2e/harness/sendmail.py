"""A private Sendmail of Debian's packages, unpacked beside the system: as a package it would take Postfix' place.

It runs in a UTS and mount namespace of its own: Sendmail wants a host name with a dot (it sleeps a minute without), a
/dev/log to write to, and its SASL configuration in one of four fixed directories.

Clients are what they are: there is no XCLIENT, so tests connect from other addresses of 127.0.0.0/8.
"""

import glob
import os
import pwd
import re
import socket
import subprocess
import threading

from . import namespaces
from .certificates import Authority
from .process import Process, accepts_connections, free_port, wait_until

HOST = "sm.test.example"
ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")

# However busy the machine is: above these loads Sendmail would keep mail in its queue, and then take none.
NO_LOAD_LIMITS = """\
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
"""

CONFIGURATION = """\
divert(-1)
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')
divert(0)dnl
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `sm.test.example')dnl
define(`QUEUE_DIR', `{dir}/spool')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`STATUS_FILE', `{dir}/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confCW_FILE', `-o {dir}/names')dnl
define(`confTO_IDENT', `0')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe')dnl
define(`confREJECT_NUL', `true')dnl
define(`confMAX_MESSAGE_SIZE', `104857600')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
define(`confDELIVERY_MODE', `background')dnl
{load}TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {next_hop_port}')dnl
define(`confCACERT_PATH', `/mnt/tls')dnl
define(`confCACERT', `/mnt/tls/ca.pem')dnl
define(`confSERVER_CERT', `/mnt/tls/server.pem')dnl
define(`confSERVER_KEY', `/mnt/tls/server.key')dnl
define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')dnl
{lanes}
define(`confINPUT_MAIL_FILTERS', `lane0')dnl
MAILER(`smtp')dnl
"""

# The submission program: what the command `sendmail` is on Debian.
SUBMISSION = """\
divert(-1)
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')
divert(0)dnl
define(`confCF_VERSION', `Submit')dnl
define(`__OSTYPE__', `')dnl
define(`confDOMAIN_NAME', `sm.test.example')dnl
define(`confTIME_ZONE', `USE_TZ')dnl
define(`confDONT_INIT_GROUPS', `True')dnl
{load}define(`confRUN_AS_USER', `nobody')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

LANE = """\
DAEMON_OPTIONS(`Port={lane.smtp_port}, Addr=127.0.0.1, Name={lane.name}, InputMailFilters={lane.filter_name}')dnl
"""
FILTER = """\
MAIL_FILTER(`{lane.filter_name}', `S=inet:{lane.milter_port}@127.0.0.1{lane.flags}, T={lane.times}')dnl
"""

SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: {dir}/sasl2/sasldb2
"""

START = """\
mount -t tmpfs dev {dir}/dev || exit 71
for name in null zero random urandom; do
    touch {dir}/dev/$name && mount --bind /dev/$name {dir}/dev/$name || exit 71
done
touch {dir}/dev/log && mount --bind {dir}/log {dir}/dev/log && mount --rbind {dir}/dev /dev || exit 71
mount --bind {dir}/sasl2 /usr/lib/sasl2 || mount --bind {dir}/sasl2 /etc/sasl2 || exit 71
mount --bind {root} {dir}/root && mount --bind {dir} /mnt || exit 71
hostname sm.test.example && exec "$@"
"""


class SendmailMissing(Exception):
    """Why there is none on this machine."""


def fetch():
    """The directory Sendmail is unpacked in."""
    cache = os.path.abspath(os.environ.get("CLOSEDRELAY_SENDMAIL") or os.path.join(ROOT, "build", "sendmail"))
    done = subprocess.run([os.path.join(ROOT, "contrib", "install-deps"), "sendmail", cache],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SendmailMissing(done.stderr.strip())
    if namespaces.missing():
        raise SendmailMissing(namespaces.missing())
    return cache


class Lane:
    """An SMTP port of the private Sendmail, which calls it `name`, and the milter behind it. Mail waits while that is
    away, unless `flags` say otherwise."""

    def __init__(self, name, flags=", F=T", times="C:30s;S:30s;R:30s;E:5m"):
        self.name = name
        self.filter_name = name.replace("MTA", "lane")
        self.smtp_port = free_port()
        self.milter_port = free_port()
        self.flags = flags
        self.times = times

    def configuration(self):
        return LANE.format(lane=self) + FILTER.format(lane=self)


class SecondLane:
    """Another port in front of another lane's milter, or with filters of its own choice: ""."""

    def __init__(self, name, filter_name):
        self.name = name
        self.filter_name = filter_name
        self.smtp_port = free_port()

    def configuration(self):
        return LANE.format(lane=self)


class Log:
    """What is written to a /dev/log."""

    def __init__(self, path):
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.lines.append(self.socket.recv(65536).decode("utf-8", "replace"))
            except OSError:
                return

    def close(self):
        self.socket.close()


class Sendmail:
    LANE_COUNT = 16  # Sendmail has room for 24 filters

    def __init__(self, directory, root, next_hop_port, users):
        """`users` maps login names with a domain to passwords."""
        self.directory = directory
        self.root = root
        self.spool = os.path.join(directory, "spool")
        self.cf = os.path.join(directory, "sendmail.cf")
        self.lanes = [Lane(f"MTA{number}") for number in range(self.LANE_COUNT)]
        self.local_lane, self.public_lane, *unused = self.lanes
        self._unused_lanes = iter(unused)
        self.open_lane = Lane("MTA-open", flags="")
        self.hard_lane = Lane("MTA-hard", flags=", F=R")
        self.hangup_lane = Lane("MTA-hangup", flags=", F=4")
        # Sendmail compares whole seconds: one second can be over at once, five are four at least.
        self.hasty_lane = Lane("MTA-hasty", times="C:30s;S:5s;R:5s;E:5m")
        self.users_lane = SecondLane("MTA-local", self.public_lane.filter_name)
        self.bare_lane = SecondLane("MTA-bare", "")
        self.lanes += [self.open_lane, self.hard_lane, self.hangup_lane, self.hasty_lane, self.users_lane,
                       self.bare_lane]
        self.log = Log(os.path.join(directory, "log"))
        self.process = None
        os.mkdir(self.spool, 0o700)
        for name in ("root", "dev"):
            os.mkdir(os.path.join(directory, name))
        self.authority = Authority(os.path.join(directory, "tls"))
        self.authority.make("server", "/CN=sm.test.example")
        self._make_users(users)
        self._make_configuration(next_hop_port)

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def _make_users(self, users):
        sasl = os.path.join(self.directory, "sasl2")
        os.mkdir(sasl, 0o700)
        self._write("sasl2/Sendmail.conf", SASL.format(dir=self.directory))
        for login, password in users.items():
            name, _, realm = login.partition("@")
            subprocess.run([f"{self.root}/usr/sbin/saslpasswd2", "-p", "-c", "-f", f"{sasl}/sasldb2", "-u", realm, name],
                           input=password, text=True, check=True, capture_output=True)
        for name in os.listdir(sasl):
            os.chmod(os.path.join(sasl, name), 0o600)

    def _make_configuration(self, next_hop_port):
        lanes = "".join(lane.configuration() for lane in self.lanes)
        self._write("sendmail.mc", CONFIGURATION.format(root=self.root, dir=self.directory, lanes=lanes,
                                                        load=NO_LOAD_LIMITS, next_hop_port=next_hop_port))
        self.make_cf(os.path.join(self.directory, "sendmail.mc"), self.cf)

    def make_cf(self, source, target):
        with open(target, "w", encoding="utf-8") as out:
            subprocess.run(["m4", f"-D_CF_DIR_={self.root}/usr/share/sendmail/cf/", source], stdout=out, check=True,
                           stderr=subprocess.PIPE)

    def command(self, *arguments, cf=None, uid=0):
        """The words that run this Sendmail in its namespaces, where its program is in a directory that any user can
        enter. A user has the group that the submission program would have from its file."""
        user = ["setpriv", f"--reuid={uid}", f"--regid={submission_group()}", "--clear-groups"] if uid else []
        return ["unshare", "--uts", "--mount", "sh", "-c", START.format(dir=self.directory, root=self.root), "sh", *user,
                f"{self.directory}/root/usr/libexec/sendmail/sendmail", f"-C{cf or self.cf}", *arguments]

    def start(self):
        self.process = Process(self.command("-bD"), os.path.join(self.directory, "output"))
        wait_until(lambda: not self.process.is_running() or
                   accepts_connections(("127.0.0.1", self.lanes[-1].smtp_port)), "Sendmail listens", 30)
        assert self.process.is_running(), f"{self.process.output()}\n{''.join(self.log.lines)}"

    def stop(self):
        self.process.stop()
        self.log.close()

    def take_lane(self):
        return next(self._unused_lanes)

    def submit(self, lane, arguments, content, uid=0):
        """What the command `sendmail` does for a user: hands a message to the submission program, and that to a lane."""
        queue = os.path.join(self.directory, f"client{uid}")
        cf = os.path.join(self.directory, f"submit.{lane.name}.cf")
        if not os.path.exists(queue):
            os.mkdir(queue, 0o700)
            os.chown(queue, uid or pwd.getpwnam("nobody").pw_uid, submission_group())
        if not os.path.exists(cf):
            self._write("submit.mc", SUBMISSION.format(root=self.root, port=lane.smtp_port, load=NO_LOAD_LIMITS))
            self.make_cf(os.path.join(self.directory, "submit.mc"), cf)
        return subprocess.run(self.command(f"-OQueueDirectory={queue}", *arguments, cf=cf, uid=uid), input=content,
                              capture_output=True, check=False, timeout=60)

    def run(self, *arguments):
        """What one of its commands prints."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done
        return done.stdout

    def speak_locally(self, lines):
        """A whole SMTP session on standard input, as programs on the machine hold it."""
        with subprocess.Popen(self.command("-bs"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            replies = [_read_reply(child.stdout)]
            for line in lines:
                child.stdin.write(line + b"\r\n")
                child.stdin.flush()
                replies.append(_read_reply(child.stdout))
            child.stdin.close()
        return replies

    def quarantined(self):
        """{queue id: reason} of the messages on hold."""
        found = {}
        for path in glob.glob(f"{self.spool}/hf*"):
            with open(path, encoding="utf-8", errors="replace") as control:
                reason = re.search(r"^q(.*)$", control.read(), re.MULTILINE)
            found[os.path.basename(path)[2:]] = reason.group(1) if reason else None
        return found


def submission_group():
    return pwd.getpwnam("nobody").pw_gid


def _read_reply(stream):
    while True:
        line = stream.readline()
        if not line or line[3:4] != b"-":
            return line.decode("utf-8", "replace").rstrip("\r\n")
