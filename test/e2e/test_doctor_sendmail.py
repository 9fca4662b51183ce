"""`closedrelay doctor` reads sendmail.cf and the files it names: every misfit is found, with the line to change."""

import pytest

from harness.doctor import POLICY

# As good as it gets; each case below spoils one line.
SENDMAIL = """\
#####  $Id: cf.m4,v 8.33 2013-11-22 20:51:13 ca Exp $  #####
Cwlocalhost
Cwexample.com
FR-o {dir}/relay-domains
Fw-o {dir}/local-host-names
Kaccess hash -T<TMPF> {dir}/access
C{{TrustAuthMech}}PLAIN LOGIN
O MaxMessageSize=40000000
O DaemonPortOptions=Port=smtp, Name=MTA
O DaemonPortOptions=Port=587, Name=MSA, M=Ea
O MaxRecipientsPerMessage=1000
O AuthMechanisms=PLAIN LOGIN
O CACertPath=/etc/mail/tls
O CACertFile=/etc/mail/tls/ca.pem
O ServerCertFile=/etc/mail/tls/server.pem
O ServerKeyFile=/etc/mail/tls/server.key
O CertFingerprintAlgorithm=sha256
O InputMailFilters=closedrelay
O RejectNUL=true
Xclosedrelay, S=inet:10891@127.0.0.1, F=T, T=C:30s;S:30s;R:30s;E:5m
Xother, S=inet:11332@127.0.0.1
"""

RELAY = f"""\
relay:
  local_domains: [example.com, .example.org]
  trusted_networks: [127.0.0.0/8, "::1", 192.0.2.0/24, "2001:db8::/32"]
  trusted_certificates: [CN=relay.branch.example, "sha256:{'ab' * 32}"]
  local_daemons: [mta]
dnsbl: {{ lists: [] }}
control: ""
"""

CLOSEDRELAY = "INPUT_MAIL_FILTER(`closedrelay', `S=inet:10891@127.0.0.1, F=T, T=C:30s;S:30s;R:30s;E:5m')dnl"
SAME_PORT = "dnl the same DAEMON_OPTIONS without "

# Which line, what instead, what is found, and the line to write.
SPOILED = [
    ("O InputMail", "O InputMailFilters=other", "not_asked", "problem", CLOSEDRELAY),
    ("Xclosedrelay", "Xclosedrelay, S=inet:8892@127.0.0.1, F=T", "not_asked", "problem", CLOSEDRELAY),
    ("Xclosedrelay", "Xclosedrelay, S=inet:10891@127.0.0.1, T=R:30s", "fails_open", "problem", CLOSEDRELAY),
    ("Xclosedrelay", "Xclosedrelay, S=inet:10891@127.0.0.1, F=R, T=R:30s", "fails_hard", "warning", CLOSEDRELAY),
    ("Xclosedrelay", "Xclosedrelay, S=inet:10891@127.0.0.1, F=T, T=S:5s;R:5s", "timeout", "warning", CLOSEDRELAY),
    ("Xclosedrelay", "Xclosedrelay, S=inet:10891@127.0.0.1, F=T, T=R:30s;E:3s", "timeout", "warning", CLOSEDRELAY),
    ("O DaemonPortOptions=Port=587", "O DaemonPortOptions=Port=587, Name=MSA, InputMailFilters=other", "service_unseen",
     "problem", SAME_PORT + "InputMailFilters="),
    ("O DaemonPortOptions=Port=587", "O DaemonPortOptions=Port=587, Name=MSA, I=", "service_unseen", "problem",
     SAME_PORT + "InputMailFilters="),
    ("O DaemonPortOptions=Port=587", "O DaemonPortOptions=Port=submission, Name=MSA, M=EA", "no_logins", "warning",
     SAME_PORT + "A in M="),
    ("O DaemonPortOptions=Port=smtp", "O DaemonPortOptions=Port=smtp, Name=MTA-v4", "local_daemons", "warning",
     "relay: { local_daemons: [MTA] }"),
    ("O MaxMessageSize", "O MaxMessageSize=1000000", "size_limit", "problem", "define(`confMAX_MESSAGE_SIZE', `40000000')dnl"),
    ("O MaxMessageSize", "#O MaxMessageSize=0", "size_unlimited", "warning",
     "define(`confMAX_MESSAGE_SIZE', `40000000')dnl"),
    ("O MaxRecipients", "O MaxRecipientsPerMessage=20", "recipient_limit", "warning",
     "define(`confMAX_RCPTS_PER_MESSAGE', `1000')dnl"),
    ("O AuthMech", "#O AuthMechanisms=EXTERNAL", "no_logins_anywhere", "note",
     "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl"),
    ("O AuthMech", "O AuthMechanisms=PLAIN ANONYMOUS", "anonymous_logins", "warning",
     "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl"),
    ("C{TrustAuthMech}", "C{TrustAuthMech}GSSAPI", "logins_not_trusted", "warning", "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl"),
    ("C{TrustAuthMech}", "", "logins_not_trusted", "warning", "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl"),
    ("O RejectNUL", "#O RejectNUL=false", "nul_bytes", "warning", "define(`confREJECT_NUL', `true')dnl"),
    ("O CACertPath", "", "no_starttls", "warning", "define(`confCACERT_PATH', `/etc/mail/tls')dnl"),
    ("O ServerKeyFile", "", "no_starttls", "warning", "define(`confSERVER_KEY', `/etc/mail/tls/server.key')dnl"),
    ("O CertFinger", "O TLSSrvOptions=V\nO CertFingerprintAlgorithm=sha256", "certificates_not_asked", "warning",
     "dnl define(`confTLS_SRV_OPTIONS', `V')dnl"),
    ("O CertFinger", "", "no_fingerprints", "warning", "define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')dnl"),
    ("O CertFinger", "O CertFingerprintAlgorithm=sha1", "no_fingerprints", "warning",
     "define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')dnl"),
    ("Cwlocalhost", "CRexample.net", "domains", "problem", 'relay: { local_domains: [..., "example.net"] }'),
    ("Cwlocalhost", "C{w}mail.example.net", "domains", "problem", 'relay: { local_domains: [..., "mail.example.net"] }'),
    ("Cwlocalhost", "C{VirtHost}shop.example.net", "domains", "problem", 'relay: { local_domains: [..., "shop.example.net"] }'),
    *[("#####", f"#####  $Id: {feature}.m4,v 8.13 x $  #####", "open_relay", "problem", f"dnl FEATURE(`{feature}')dnl")
      for feature in ("promiscuous_relay", "relay_local_from", "relay_mail_from", "loose_relay_check", "relay_based_on_MX")],
    ("#####", "#####  $Id: relay_entire_domain.m4,v 8.13 x $  #####", "relay_by_name", "warning",
     "dnl FEATURE(`relay_entire_domain')dnl"),
]

# A line of the access map, what is found, and what the policy would need.
ACCESS = [
    ("Connect:192.0 RELAY", "networks", 'trusted_networks: [..., "192.0.0.0/16"]'),
    ("Connect:198.51.100.7\tRELAY", "networks", 'trusted_networks: [..., "198.51.100.7/32"]'),
    ("10 relay", "networks", 'trusted_networks: [..., "10.0.0.0/8"]'),
    ("connect:203.0.113. RELAY", "networks", 'trusted_networks: [..., "203.0.113.0/24"]'),
    ("Connect:IPv6:2001 RELAY", "networks", 'trusted_networks: [..., "2001::/16"]'),
    ("Connect:IPv6:2001:db9::7 RELAY", "networks", 'trusted_networks: [..., "2001:db9::7/128"]'),
    ("Connect:mail.example.com RELAY", "relay_by_name", "Connect:ADDRESS\tRELAY"),
    ("To:example.net RELAY", "domains", 'local_domains: [..., "example.net"]'),
    ("To:ann@example.net RELAY", "domains", 'local_domains: [..., "example.net"]'),
    ("net RELAY", "domains", 'local_domains: [..., "net"]'),
]

ACCESS_THAT_FITS = """\
# Connect:10 RELAY
Connect:127.0.0.1 RELAY
Connect:192.0.2 RELAY
192.0.2.9\tRELAY
IPv6:2001:db8 RELAY
Connect:IPv6:2001:0db8:0:0:0:0:0:7 RELAY
Connect:IPv6:2001:db8::9 RELAY
Connect:203.0.113 REJECT
Connect:spam.example ERROR:5.7.1:550 RELAY is not for you
To:EXAMPLE.com RELAY
sub.example.org RELAY
From:friend@example.net OK
GreetPause:10 0
Spam:abuse@ FRIEND
CERTIssuer:/CN=ca.example.com RELAY
novalue
"""


class Files:
    """A Sendmail's files and the policy to compare them with."""

    def __init__(self, doctor, policy=RELAY):
        self.doctor = doctor
        doctor.write("policy.yaml", policy)
        doctor.write("access", "")
        self.cf = SENDMAIL.format(dir=doctor.directory)
        if "example.com]" not in policy and "example.com," not in policy:
            self.cf = self.cf.replace("Cwexample.com\n", "")

    def findings(self):
        return self.doctor.findings("--sendmail-cf", self.doctor.write("sendmail.cf", self.cf))


@pytest.fixture
def files(doctor):
    return Files(doctor)


def test_a_good_sendmail(files):
    assert files.findings() == []


@pytest.mark.parametrize("begin, line, identity, level, change", SPOILED, ids=[f"{case[0]}-{case[1]}" for case in SPOILED])
def test_one_spoiled_line(files, begin, line, identity, level, change):
    assert begin in files.cf
    files.cf = "\n".join(line if old.startswith(begin) else old for old in files.cf.splitlines())
    found = files.findings()
    assert [(f["id"], f["level"]) for f in found] == [(identity, level)]
    assert found[0]["change"].endswith(change)
    assert found[0]["what"] and found[0]["why"] and "sendmail.mc" in found[0]["where"]


@pytest.mark.parametrize("line", [
    "O DaemonPortOptions=Port=587, Name=MSA, InputMailFilters=other;closedrelay",
    "O DaemonPortOptions=Port=2525, Name=internal, M=A",
    "Xclosedrelay, S=inet:10891@localhost, F=4, T=R:30s",
    "Fw|/usr/local/bin/names",
    "FR@LDAP",
    "O Milter.macros.envfrom=i, {auth_type}",
])
def test_other_good_settings(files, line):
    begin = "Xclosedrelay" if line.startswith("X") else "Cwlocalhost"
    files.cf = "\n".join(line if old.startswith(begin) else old for old in files.cf.splitlines())
    assert files.findings() == []


def test_a_domain_that_sendmail_does_not_take_mail_for(files):
    files.cf = files.cf.replace("Cwexample.com\n", "")
    found, = files.findings()
    assert (found["id"], found["level"]) == ("not_served", "note")
    assert "has example.com, which Sendmail does not take mail for" in found["what"]
    files.doctor.write("relay-domains", "example.com\n")
    assert files.findings() == []


def test_limits_that_only_an_override_allows(doctor):
    files = Files(doctor, RELAY + """overrides:
  - { when: { user: list@example.com }, recipients: { limit: 5000 } }
  - { when: { domain: big.example }, size: { limit: 60MB } }
""")
    found = {f["id"]: f for f in files.findings()}
    assert set(found) == {"size_limit", "recipient_limit"}
    assert found["size_limit"]["change"] == "define(`confMAX_MESSAGE_SIZE', `80000000')dnl"
    assert found["recipient_limit"]["change"] == "define(`confMAX_RCPTS_PER_MESSAGE', `10000')dnl"
    first = RELAY.count("\n") + 2
    assert f"policy.yaml:{first}" in found["recipient_limit"]["what"]
    assert f"policy.yaml:{first + 1}" in found["size_limit"]["what"]


# ---- the files that it names --------------------------------------------------------------------------------


def test_an_access_map_that_fits(files):
    files.doctor.write("access", ACCESS_THAT_FITS)
    assert files.findings() == []


@pytest.mark.parametrize("line, identity, change", ACCESS, ids=[case[0] for case in ACCESS])
def test_one_line_of_the_access_map(files, line, identity, change):
    path = files.doctor.write("access", ACCESS_THAT_FITS + line + "\n")
    found = files.findings()
    assert [(f["id"], f["level"]) for f in found] == [(identity, "problem" if identity == "domains" else "warning")]
    assert change in found[0]["change"]
    number = ACCESS_THAT_FITS.count("\n") + 1
    assert found[0]["where"] == f"{path}, line {number} (then make it anew: make -C /etc/mail)"


def test_certificates_that_only_the_access_map_trusts(doctor):
    files = Files(doctor, POLICY)
    files.doctor.write("access", "CERTIssuer:/CN=ca.example.com RELAY\nCERTSubject:/CN=x SUBJECT\n")
    assert [f["id"] for f in files.findings()] == ["certificates"]


def test_without_certificates_tls_is_no_matter(doctor):
    files = Files(doctor, POLICY)
    files.cf = "\n".join(line for line in files.cf.splitlines() if "Cert" not in line and "ServerKey" not in line)
    assert files.findings() == []


@pytest.mark.parametrize("name", ["relay-domains", "local-host-names"])
def test_domains_that_only_sendmail_has(files, name):
    path = files.doctor.write(name, "# ours\nexample.com\nexample.net\n[192.0.2.1]\nlocalhost\n\n")
    found = files.findings()
    assert [(f["id"], f["level"]) for f in found] == [("domains", "problem")]
    assert found[0]["where"].startswith(f"{path}, line 3 ")
    assert found[0]["change"].endswith('relay: { local_domains: [..., "example.net"] }')


def test_a_network_in_relay_domains(files):
    files.doctor.write("relay-domains", "192.0.2\n198.51\n")
    assert [f["change"].splitlines()[-1] for f in files.findings()] == [
        'relay: { trusted_networks: [..., "198.51.0.0/16"] }']


@pytest.mark.parametrize("line", ["Kaccess hash -T<TMPF> /nonexistent/access", "Kaccess ldap -1 -v x"])
def test_an_access_map_that_cannot_be_read_is_a_note(files, line):
    files.cf = "\n".join(line if old.startswith("Kaccess") else old for old in files.cf.splitlines())
    assert [(f["id"], f["level"]) for f in files.findings()] == [("unread", "note")]


def test_anything_may_be_in_the_files(files):
    """What is no line of theirs is passed by, and printed without what steers a terminal."""
    files.doctor.directory.joinpath("access").write_bytes(b"\0\xff\x1b[2J RELAY\nConnect: RELAY\nTo: RELAY\n:::: RELAY\n"
                                                           b"IPv6: RELAY\nIPv6:::::: RELAY\n1.2.3.4.5 RELAY\n999 RELAY\n")
    done = files.doctor.run("--sendmail-cf", files.doctor.write("sendmail.cf", files.cf))
    assert done.returncode == 1
    assert "\x1b" not in done.stdout and "Sanitizer" not in done.stderr


# ---- a real sendmail.cf -------------------------------------------------------------------------------------

BAD_MC = """\
divert(-1)
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')
divert(0)dnl
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
FEATURE(`relay_entire_domain')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`relay_based_on_MX')dnl
FEATURE(`access_db', `hash -T<TMPF> {dir}/access')dnl
define(`confCW_FILE', `-o {dir}/local-host-names')dnl
define(`confCR_FILE', `-o {dir}/relay-domains')dnl
define(`confMAX_RCPTS_PER_MESSAGE', `10')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
define(`confTLS_SRV_OPTIONS', `V')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Port=smtp, Name=MTA')dnl
MAILER(`smtp')dnl
"""


def mend(source, change):
    """`source` with the lines that doctor says to write: "dnl X" takes X away, a definition takes another's place."""
    for line in change.splitlines():
        if line.startswith("dnl "):
            assert line.removeprefix("dnl ") in source
            source = source.replace(line.removeprefix("dnl ") + "\n", "")
            continue
        name = line.partition("',")[0]
        kept = [old for old in source.splitlines(keepends=True) if not (line.startswith("define") and old.startswith(name))]
        source = "".join(kept).replace("MAILER(", line + "\nMAILER(")
    return source


def test_every_line_mends_what_it_is_for(sendmail, files):
    """A sendmail.cf that m4 made: doctor's own lines, and nothing else, make it fit."""
    directory = files.doctor.directory
    source, seen = BAD_MC.format(root=sendmail.root, dir=directory), set()
    for _ in range(3):
        sendmail.make_cf(files.doctor.write("sendmail.mc", source), str(directory / "sendmail.cf"))
        found = files.doctor.findings("--sendmail-cf", str(directory / "sendmail.cf"))
        for finding in found:
            seen.add(finding["id"])
            source = mend(source, finding["change"])
    assert found == []
    assert seen == {"not_asked", "open_relay", "relay_by_name", "size_unlimited", "recipient_limit", "logins_not_trusted",
                    "nul_bytes", "no_starttls", "certificates_not_asked", "no_fingerprints", "not_served"}


def test_the_access_map_of_a_real_sendmail(sendmail, files):
    directory = files.doctor.directory
    sendmail.make_cf(files.doctor.write("sendmail.mc", BAD_MC.format(root=sendmail.root, dir=directory)),
                     str(directory / "sendmail.cf"))
    files.doctor.write("access", "Connect:198.51.100 RELAY\n")
    files.doctor.write("relay-domains", "example.net\n")
    files.doctor.write("local-host-names", "mail.example.net\n")
    found = files.doctor.findings("--sendmail-cf", str(directory / "sendmail.cf"))
    places = {f["where"].partition(",")[0] for f in found if f["id"] in ("networks", "domains")}
    assert places == {str(directory / name) for name in ("access", "relay-domains", "local-host-names")}
