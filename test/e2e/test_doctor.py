"""`closedrelay doctor`: every misfit is found, and its line mends it."""

import json
import os
import re
import subprocess

import pytest

from harness import daemon
from harness.doctor import POLICY

# As good as it gets, in postconf's words; each case of the table below spoils one line.
GOOD = """\
compatibility_level = 3.7
inet_interfaces = all
mail_owner = postfix
mail_version = 3.7.11
message_size_limit = 40000000
milter_command_timeout = 30s
milter_connect_timeout = 30s
milter_content_timeout = 300s
milter_default_action = tempfail
milter_protocol = 6
mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/25
non_smtpd_milters = inet:127.0.0.1:10891
queue_directory = /var/spool/postfix
receive_override_options =
recipient_delimiter = +
smtpd_authorized_xclient_hosts =
smtpd_client_message_rate_limit = 0
smtpd_client_recipient_rate_limit = 0
smtpd_forbid_bare_newline = normalize
smtpd_forbid_bare_newline_reject_code = 550
smtpd_hard_error_limit = 1000
smtpd_milter_maps =
smtpd_milters = inet:127.0.0.1:10891
smtpd_proxy_filter =
smtpd_recipient_limit = 1000
smtpd_recipient_restrictions =
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain =
smtpd_sasl_security_options = noanonymous
smtpd_sasl_type = dovecot
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd
submissions inet n       -       y       -       -       smtpd
127.0.0.1:10025 inet n   -       n       -       -       smtpd
pickup     unix  n       -       y       60      1       pickup
submission/inet/syslog_name = postfix/submission
"""


OURS = "inet:127.0.0.1:10891"
NOTES = ["local_mail_seen"]

SPOILED = [
    ("message_size_limit = 10240000", "size_limit", "problem", "message_size_limit = 40000000"),
    ("message_size_limit = 30000000", "size_limit", "problem", "message_size_limit = 40000000"),
    ("message_size_limit = 0", "size_unlimited", "warning", "message_size_limit = 40000000"),
    ("submission/inet/message_size_limit = 5000", "size_limit", "problem", "  -o message_size_limit=40000000"),
    ("submission/inet/smtpd_milters =", "service_unseen", "problem", f"  -o smtpd_milters={OURS}"),
    ("smtp/inet/smtpd_milters = inet:127.0.0.1:8892", "service_unseen", "problem", f"  -o smtpd_milters={OURS}"),
    ("smtpd_milters = inet:127.0.0.1:11332", "not_asked", "problem", f"smtpd_milters = {OURS}"),
    ("smtpd_milters = inet:192.0.2.1:10891", "not_asked", "problem", f"smtpd_milters = {OURS}"),
    ("127.0.0.1:10025/inet/smtpd_milters =", "local_service", "note", f"  -o smtpd_milters={OURS}"),
    ("non_smtpd_milters =", "local_mail_unseen", "note", f"non_smtpd_milters = {OURS}"),
    ("milter_protocol = 2", "protocol", "problem", "milter_protocol = 6"),
    ("milter_default_action = accept", "fails_open", "problem", "milter_default_action = tempfail"),
    ("milter_default_action = reject", "fails_hard", "warning", "milter_default_action = tempfail"),
    ("submission/inet/milter_default_action = accept", "fails_open", "problem", "  -o milter_default_action=tempfail"),
    ("smtp/inet/smtpd_milters = { inet:127.0.0.1:10891, default_action=accept }", "fails_open", "problem",
     "  -o milter_default_action=tempfail"),
    ("smtpd_milter_maps = cidr:/etc/postfix/no_milters", "milter_maps", "warning", "smtpd_milter_maps ="),
    ("submission/inet/receive_override_options = no_address_mappings,no_milters", "no_milters", "problem",
     "  -o receive_override_options="),
    ("milter_command_timeout = 3s", "timeout", "warning", "milter_command_timeout = 30s"),
    ("milter_content_timeout = 10", "timeout", "warning", "milter_content_timeout = 300s"),
    ("smtpd_recipient_limit = 50", "recipient_limit", "warning", "smtpd_recipient_limit = 1000"),
    ("smtpd_forbid_bare_newline = no", "bare_newlines", "warning", "smtpd_forbid_bare_newline = normalize"),
    ("smtpd_sasl_auth_enable = no", "no_logins_anywhere", "note", "smtpd_sasl_auth_enable = yes"),
    ("submission/inet/smtpd_sasl_auth_enable = no", "no_logins", "warning", "  -o smtpd_sasl_auth_enable=yes"),
    ("smtpd_sasl_security_options =", "anonymous_logins", "warning", "smtpd_sasl_security_options = noanonymous"),
    ("mynetworks = 192.0.0.0/16", "networks", "warning",
     '# closedrelay.yaml, if they may relay; else take it out of mynetworks\n'
     'relay: { trusted_networks: [..., "192.0.0.0/16"] }'),
    ("smtpd_relay_restrictions = permit_mynetworks, permit", "open_relay", "problem",
     "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"),
    ("submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated", "open_relay", "problem",
     "  -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination"),
    ("submission/inet/smtpd_relay_restrictions = check_client_access static:OK, reject_unauth_destination", "open_relay",
     "problem",
     "  -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination"),
    ("smtpd_relay_restrictions = warn_if_reject reject_unauth_destination", "open_relay", "problem",
     "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"),
    ("submission/inet/mynetworks = [::]/0", "open_relay", "problem", "  -o mynetworks=127.0.0.0/8,[::1]/128"),
    ("smtpd_authorized_xclient_hosts = static:all", "xclient", "problem", "smtpd_authorized_xclient_hosts ="),
    ("smtpd_authorized_xclient_hosts = 0.0.0.0/0", "xclient", "problem", "smtpd_authorized_xclient_hosts ="),
    ("smtpd_authorized_xclient_hosts = 0.0.0.0/1, 128.0.0.0/1", "xclient", "problem", "smtpd_authorized_xclient_hosts ="),
    ("submission/inet/mynetworks = 0.0.0.0/1 128.0.0.0/1", "open_relay", "problem", "  -o mynetworks=127.0.0.0/8,[::1]/128"),
    ("submission/inet/mynetworks = 0.0.0.0/3 [2000::]/3", "open_relay", "problem", "  -o mynetworks=127.0.0.0/8,[::1]/128"),
    ("smtp/inet/smtpd_proxy_filter = [127.0.0.1]:10024", "proxy_filter", "problem",
     "  -o smtpd_proxy_filter=\n  -o content_filter=smtp:[127.0.0.1]:10024"),
    ("smtpd_proxy_filter = :10024", "proxy_filter", "problem",
     "smtpd_proxy_filter =\ncontent_filter = smtp:[127.0.0.1]:10024"),
    ("submission/inet/smtpd_hard_error_limit = 20", "error_limit", "warning", "  -o smtpd_hard_error_limit=1000"),
    ("smtpd_sasl_local_domain = mail.example.com", "foreign_realm", "warning",
     "smtpd_sasl_local_domain =\n# closedrelay.yaml\nrelay: { default_realm: example.com }"),
    ("recipient_delimiter = -", "delimiter", "warning", '# closedrelay.yaml\nsender: { recipient_delimiter: "-" }'),
    ("recipient_delimiter = +-", "delimiter", "warning", '# closedrelay.yaml\nsender: { recipient_delimiter: "+-" }'),
    ("smtpd_client_recipient_rate_limit = 50", "client_limit", "warning", "smtpd_client_recipient_rate_limit = 0"),
    ("smtpd_client_recipient_rate_limit = 500", "client_limit", "note", "smtpd_client_recipient_rate_limit = 0"),
    ("smtpd_client_auth_rate_limit = 10", "client_limit", "note", "smtpd_client_auth_rate_limit = 0"),
    ("submission/inet/smtpd_client_message_rate_limit = 100", "client_limit", "note",
     "  -o smtpd_client_message_rate_limit=0"),
]

HARMLESS = [
    "milter_default_action = shutdown",
    "smtpd_milters = inet:localhost:10891",
    "smtpd_milters = inet:127.0.0.1:11332, { inet:127.0.0.1:10891, connect_timeout=10s }",
    "smtpd_relay_restrictions = permit_sasl_authenticated, reject",
    "smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination",
    "smtpd_relay_restrictions = check_client_access cidr:/etc/postfix/clients, reject_unauth_destination",
    "smtpd_relay_restrictions = check_client_access static:REJECT, reject_unauth_destination",
    "submission/inet/smtpd_relay_restrictions = permit_tls_all_clientcerts, reject",
    "smtpd_recipient_limit = 101",
    "mynetworks = cidr:/etc/postfix/networks, 192.0.2.1",
    "smtpd_forbid_bare_newline = yes",
    "smtpd_authorized_xclient_hosts = 192.0.2.7",
]


def spoil(text, line):
    """`line` in the place of the one with the same name, or as a new one."""
    name = line.split(" =")[0]
    changed, count = re.subn(rf"^{re.escape(name)} =.*$", lambda _: line, text, flags=re.MULTILINE)
    return changed if count else text + line + "\n"


# ---- Postfix, from postconf's output ------------------------------------------------------------------------


def test_nothing_is_wrong_with_good_settings(doctor):
    assert [f["id"] for f in doctor.examine(GOOD)] == NOTES
    done = doctor.run("--postconf-output", doctor.write("good", GOOD))
    assert "The MTA's settings fit the policy." in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("line, identity, level, change", SPOILED, ids=[case[0] for case in SPOILED])
def test_one_spoiled_line(doctor, line, identity, level, change):
    found = [f for f in doctor.examine(spoil(GOOD, line)) if f["id"] not in NOTES]
    if identity == "no_logins_anywhere":
        assert [f["id"] for f in found] == ["no_logins", "no_logins", identity]
    elif identity == "anonymous_logins":
        assert {f["id"] for f in found} == {identity}
    else:
        assert [f["id"] for f in found] == [identity]
    assert (found[-1]["level"], found[-1]["change"]) == (level, change)
    assert found[-1]["why"] and found[-1]["what"]
    if "/" in line.split(" =")[0] and level != "note":
        assert found[-1]["where"].startswith("master.cf, service ")


@pytest.mark.parametrize("line", HARMLESS)
def test_other_good_settings(doctor, line):
    assert [f["id"] for f in doctor.examine(spoil(GOOD, line))] == NOTES


# ---- content filters that hand mail back -----------------------------------------------------------------------

FILTERED = GOOD + "content_filter = smtp-amavis:[127.0.0.1]:10024\n127.0.0.1:10025/inet/content_filter =\n"


def test_a_filter_that_makes_it_see_mail_twice(doctor):
    finding, *rest = doctor.examine(FILTERED)
    assert (finding["id"], finding["level"], finding["where"]) == ("asked_twice", "warning",
                                                                    "master.cf, service 127.0.0.1:10025/inet")
    assert (finding["change"], ids(rest)) == ("  -o smtpd_milters=", [])


@pytest.mark.parametrize("line", [
    "127.0.0.1:10025/inet/smtpd_milters =",
    "127.0.0.1:10025/inet/receive_override_options = no_unknown_recipient_checks,no_header_body_checks,no_milters",
])
def test_a_filter_that_is_left_out_the_second_time(doctor, line):
    assert [f["id"] for f in doctor.examine(spoil(FILTERED, line))] == NOTES


def test_a_filter_of_one_service(doctor):
    text = GOOD + "submission/inet/content_filter = smtp:[127.0.0.1]:10024\n"
    assert ids(doctor.examine(text)) == ["asked_twice"]


def test_no_milters_where_programs_hand_mail_in(doctor):
    text = spoil(GOOD, "127.0.0.1:10025/inet/receive_override_options = no_milters")
    assert ids(doctor.examine(text)) == ["local_service"]


# ---- logins and their domain -----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy, line, found", [
    (POLICY.replace(", default_realm: example.com", ""), "smtpd_sasl_type = dovecot", ["no_realm"]),
    (POLICY.replace(", default_realm: example.com", ""), "smtpd_sasl_type = cyrus", ["no_realm"]),
    (POLICY.replace(", default_realm: example.com", "") + "sender: { match: off }\n", "smtpd_sasl_type = dovecot", []),
    (POLICY + "recipients: { excess: reject }\n", "smtpd_hard_error_limit = 20", []),
    (POLICY + "recipients: { limit: 995 }\n", "smtpd_hard_error_limit = 20", []),
    (POLICY + "mode: monitor\n", "smtpd_hard_error_limit = 20", []),
])
def test_what_the_policy_makes_of_it(doctor, policy, line, found):
    doctor.write("policy.yaml", policy)
    assert ids(doctor.examine(spoil(GOOD, line))) == found


def test_a_realm_of_ours_is_fine(doctor):
    doctor.write("policy.yaml", POLICY.replace("relay: {", "relay: { local_domains: [example.com],"))
    assert ids(doctor.examine(spoil(GOOD, "smtpd_sasl_local_domain = example.com"))) == []


def test_an_old_postfix(doctor):
    old = "".join(line + "\n" for line in GOOD.splitlines() if "bare_newline" not in line)
    finding = doctor.examine(old)[0]
    assert finding["id"] == "bare_newlines"
    assert finding["change"].endswith("smtpd_forbid_bare_newline = yes")


def test_the_policy_decides_what_fits(doctor):
    doctor.write("policy.yaml", "size: { limit: 60MB }\nrecipients: { roles: { trusted: { limit: 2000 } } }\n" + POLICY)
    found = {f["id"]: f["change"] for f in doctor.examine(GOOD)}
    assert found["size_limit"] == "message_size_limit = 80000000"
    assert found["recipient_limit"] == "smtpd_recipient_limit = 4000"


OVERRIDES = """\
overrides:
  - when: { user: ann@example.com }
    size: { limit: 50MB }
  - when: { customer: films }
    size: { limit: 90MB }
  - when: { network: 192.0.2.7 }
    recipients: { limit: 5000 }
  - when: { domain: example.com }
    size: { mode: off }
    recipients: { mode: off, limit: 9000 }
customers: { bob@example.com: films }
"""


def test_an_override_that_never_acts(doctor):
    """What it allows is refused by Postfix: it is told by its line, and the new line has room for all of them."""
    doctor.write("policy.yaml", OVERRIDES + POLICY)
    text = GOOD + "mailbox_size_limit = 51200000\nvirtual_mailbox_limit = 0\n"
    found = {f["id"]: f for f in doctor.examine(text) if f["id"] not in NOTES}
    place = str(doctor.directory / "policy.yaml")
    assert found.keys() == {"size_limit", "recipient_limit"}
    assert found["size_limit"]["what"].endswith(f"the policy up to 90000000 (the override at {place}:4)")
    assert found["size_limit"]["change"] == "message_size_limit = 120000000\nmailbox_size_limit = 120000000"
    assert found["recipient_limit"]["what"].endswith(f"counts up to 5000 (the override at {place}:6)")
    assert found["recipient_limit"]["change"] == "smtpd_recipient_limit = 10000"


def test_overrides_that_fit_are_not_told(doctor):
    doctor.write("policy.yaml", OVERRIDES.replace("50MB", "5MB").replace("90MB", "35MB").replace("5000", "500") + POLICY)
    assert [f["id"] for f in doctor.examine(GOOD)] == NOTES


def test_text_says_what_why_and_what_to_write(doctor):
    done = doctor.run("--postconf-output", doctor.write("bad", spoil(GOOD, "message_size_limit = 10240000")))
    assert done.stdout.startswith("PROBLEM   Postfix takes 10240000 bytes (message_size_limit), the policy up to 30000000\n"
                                  "  in      main.cf\n  why     ")
    assert "\n  write   message_size_limit = 40000000\n" in done.stdout
    assert "1 problem, 0 warnings." in done.stdout


# ---- whom Postfix refuses before closedrelay is asked, and whom it does not ---------------------------------

RECENT = POLICY.replace("relay: {", "relay: { recent_logins: { remember: 30m },")
CERTIFICATES = POLICY.replace("relay: {", "relay: { trusted_certificates: [CN=relay.branch.example],")
OPEN_PORT = "smtpd_relay_restrictions = check_client_access,static:OK,reject_unauth_destination"
ASKING = """\
smtpd_tls_ask_ccert = yes
smtpd_tls_security_level = may
smtpd_tls_CAfile = /etc/postfix/tls/ca.pem
"""


def ids(findings):
    return [f["id"] for f in findings if f["id"] not in NOTES]


def test_recent_logins_have_no_port(doctor):
    doctor.write("policy.yaml", RECENT)
    finding, _ = doctor.examine(GOOD)
    assert (finding["id"], finding["level"], finding["where"]) == ("recent_logins_refused", "warning", "master.cf")
    service, *options = finding["change"].splitlines()
    port = service.replace("2525 inet", "2525       inet") + "\n"
    mended = GOOD + port + "".join(f"2525/inet/{option.removeprefix('  -o ').replace('=', ' = ', 1)}\n" for option in options)
    assert ids(doctor.examine(mended)) == ["only_lock"]


@pytest.mark.parametrize("lookup, reached", [("check_client_access", True), ("check_recipient_access", False),
                                             ("check_ccert_access", False)])
def test_recent_logins_that_a_table_may_let_pass(doctor, lookup, reached):
    doctor.write("policy.yaml", RECENT)
    line = f"submission/inet/smtpd_relay_restrictions = {lookup} cidr:/etc/postfix/x, reject_unauth_destination\n"
    assert ids(doctor.examine(GOOD + line)) == ([] if reached else ["recent_logins_refused"])


@pytest.mark.parametrize("remember", ["", "recent_logins: { remember: 0 },"])
def test_nobody_means_recent_logins(doctor, remember):
    doctor.write("policy.yaml", POLICY.replace("relay: {", "relay: { " + remember))
    assert ids(doctor.examine(GOOD)) == []
    found = doctor.examine(GOOD + f"submission/inet/{OPEN_PORT}\n")
    assert [f["level"] for f in found if f["id"] == "open_relay"] == ["problem"]


@pytest.mark.parametrize("policy, line, why", [
    (RECENT, "milter_default_action = accept", "whenever closedrelay is stopped"),
    (RECENT, "submission/inet/milter_default_action = accept", "whenever closedrelay is stopped"),
    (RECENT, "smtpd_milters = { inet:127.0.0.1:10891, default_action=accept }", "whenever closedrelay is stopped"),
    (RECENT, "submission/inet/smtpd_milters =", "does not ask closedrelay"),
    (RECENT, "submission/inet/receive_override_options = no_milters", "does not ask closedrelay"),
    (RECENT + "mode: monitor\n", "milter_default_action = tempfail", "only watches"),
    (RECENT.replace("relay: {", "relay: { mode: off,"), "milter_default_action = tempfail", "only watches"),
    (POLICY, "milter_default_action = accept", "whenever closedrelay is stopped"),
])
def test_an_open_port_without_a_lock_is_an_open_relay(doctor, policy, line, why):
    doctor.write("policy.yaml", policy)
    found = {f["id"]: f for f in doctor.examine(spoil(GOOD + f"submission/inet/{OPEN_PORT}\n", line))}
    assert "only_lock" not in found
    assert found["open_relay"]["level"] == "problem" and why in found["open_relay"]["why"]
    assert found["open_relay"]["where"] == "master.cf, service submission/inet"


@pytest.mark.parametrize("line, change", [
    ("smtpd_tls_ask_ccert = no", "smtpd_tls_ask_ccert = yes"),
    ("smtpd_tls_security_level =", "smtpd_tls_ask_ccert = yes\nsmtpd_tls_security_level = may"),
    ("smtpd_tls_CAfile =", "smtpd_tls_ask_ccert = yes\nsmtpd_tls_CAfile = /etc/postfix/tls/ca.pem"),
])
def test_certificates_that_nobody_asks_for(doctor, line, change):
    doctor.write("policy.yaml", CERTIFICATES)
    finding, *_ = doctor.examine(spoil(GOOD + ASKING, line))
    assert (finding["id"], finding["level"], finding["change"]) == ("certificates_not_asked", "warning", change)


BY_CERTIFICATE = ("smtpd_relay_restrictions = permit_tls_all_clientcerts, permit_mynetworks, permit_sasl_authenticated, "
                  "reject_unauth_destination")


@pytest.mark.parametrize("line, place, change", [
    ("", "main.cf", BY_CERTIFICATE),
    ("smtp/inet/smtpd_tls_ask_ccert = no", "main.cf", BY_CERTIFICATE),
    ("smtpd_recipient_restrictions = permit_mynetworks, reject", "main.cf", BY_CERTIFICATE),
    (BY_CERTIFICATE.replace("smtpd_relay", "smtpd_recipient").replace("permit_tls_all_clientcerts, ", ""), "main.cf",
     BY_CERTIFICATE),
])
def test_certificates_that_postfix_refuses(doctor, line, place, change):
    doctor.write("policy.yaml", CERTIFICATES)
    text = GOOD + ASKING if line == "" else spoil(GOOD + ASKING, line)
    finding, *_ = doctor.examine(text)
    assert (finding["id"], finding["where"], finding["change"]) == ("certificates_refused", place, change)
    text = spoil(text, finding["change"])
    if "recipient" in line:
        finding, *_ = doctor.examine(text)
        assert finding["change"].startswith("smtpd_recipient_restrictions = permit_tls_all_clientcerts, permit_mynetworks, ")
        text = spoil(text, finding["change"])
    assert ids(doctor.examine(text)) == []


def test_certificates_where_the_services_have_lists_of_their_own(doctor):
    doctor.write("policy.yaml", CERTIFICATES)
    own = [f"{name}/inet/smtpd_relay_restrictions = permit_sasl_authenticated, reject\n"
           for name in ("smtp", "submission", "submissions", "127.0.0.1:10025")]
    text = spoil(GOOD, BY_CERTIFICATE) + ASKING + "".join(own)
    finding, *_ = doctor.examine(text)
    assert (finding["id"], finding["where"]) == ("certificates_refused", "master.cf, service smtp/inet")
    assert finding["change"] == "  -o smtpd_relay_restrictions=permit_tls_all_clientcerts,permit_sasl_authenticated,reject"


# ---- sockets ------------------------------------------------------------------------------------------------


def test_a_socket_outside_the_chroot(doctor):
    doctor.write("policy.yaml", POLICY + "listen: unix:/run/closedrelay/milter.sock\n")
    text = spoil(spoil(GOOD, "smtpd_milters = unix:/run/closedrelay/milter.sock"), "non_smtpd_milters =")
    found = [f for f in doctor.examine(text) if f["id"] == "socket_outside_chroot"]
    assert [f["where"].rpartition(" ")[2] for f in found] == ["smtp/inet", "submission/inet", "submissions/inet"]
    assert "smtpd_milters = unix:closedrelay/milter.sock" in found[0]["change"]


@pytest.mark.parametrize("modes, identity, said", [
    ((0o755, 0o755, 0o666), None, None),
    ((0o755, 0o755, 0o660), "socket_rights", "write to"),
    ((0o755, 0o700, 0o666), "socket_rights", "enter"),
    ((0o755, 0o755, None), "no_socket", "not there"),
])
def test_the_rights_of_a_socket(doctor, workspace, modes, identity, said):
    import socket
    import tempfile
    with tempfile.TemporaryDirectory(dir=workspace) as queue:
        path = os.path.join(queue, "cr", "milter.sock")
        os.mkdir(os.path.dirname(path))
        with socket.socket(socket.AF_UNIX) as listener:
            if modes[2] is not None:
                listener.bind(path)
                os.chmod(path, modes[2])
            os.chmod(queue, modes[0])
            os.chmod(os.path.dirname(path), modes[1])
            doctor.write("policy.yaml", POLICY + f"listen: unix:{path}\n")
            text = spoil(spoil(GOOD, f"queue_directory = {queue}"), "smtpd_milters = unix:cr/milter.sock")
            found = [f for f in doctor.examine(spoil(text, "non_smtpd_milters = unix:cr/milter.sock"))
                     if f["id"] not in NOTES]
    assert [f["id"] for f in found] == ([identity] if identity else [])
    if identity:
        assert said in found[0]["what"]


# ---- DNS ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nameserver, found", [("8.8.8.8", True), ("2606:4700:4700::1111", True), ("127.0.0.1", False)])
def test_public_resolvers(doctor, nameserver, found):
    resolv_conf = doctor.write("resolv.conf", f"search example.com\nnameserver {nameserver}\n")
    doctor.write("policy.yaml", POLICY.replace("[] }", "[ { zone: bl.test.example } ] }")
                 + f"dns: {{ resolv_conf: {resolv_conf} }}\n")
    identities = [f["id"] for f in doctor.examine(GOOD)]
    assert ("public_resolver" in identities) == found


# ---- a real Postfix -----------------------------------------------------------------------------------------


# What is said while no daemon answers.
NOT_RUNNING = ("no_answer", "daemon_away")


@pytest.mark.parametrize("meant", ["", "recent_logins: { remember: 30m }, trusted_certificates: [CN=relay.example],"],
                         ids=["plain", "recent logins and certificates"])
def test_every_line_mends_what_it_is_for(doctor, workspace, meant):
    """A Postfix as Debian installs it: doctor's own lines, and nothing else, make it fit."""
    import tempfile
    doctor.write("policy.yaml", POLICY.replace("relay: {", "relay: { " + meant))
    with tempfile.TemporaryDirectory(dir=workspace) as etc:
        with open(f"{etc}/main.cf", "w", encoding="utf-8") as main:
            main.write("compatibility_level = 3.6\nsmtpd_relay_restrictions = permit_mynetworks\n"
                       "mynetworks = 127.0.0.0/8\nmilter_default_action = accept\nmydestination =\n")
        with open(f"{etc}/master.cf", "w", encoding="utf-8") as master:
            master.write("smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"
                         "  -o smtpd_sasl_auth_enable=no\n  -o smtpd_recipient_limit=30\n")
        for _ in range(4):
            found = [f for f in doctor.findings("--postfix-config", etc) if f["id"] not in NOT_RUNNING]
            if not [f for f in found if f["level"] != "note"]:
                break
            for finding in found:
                mend(etc, finding)
        assert [f for f in found if f["level"] != "note"] == []


def mend(etc, finding):
    if finding["where"] == "master.cf":
        with open(f"{etc}/master.cf", "a", encoding="utf-8") as master:
            master.write(finding["change"] + "\n")
        return
    for line in finding["change"].splitlines():
        if finding["where"] == "main.cf":
            subprocess.run(["postconf", "-c", etc, "-e", line], check=True)
        else:
            service = finding["where"].rpartition(" ")[2]
            option = line.partition("-o ")[2]
            subprocess.run(["postconf", "-c", etc, "-P", f"{service}/{option}"], check=True, capture_output=True)


def test_the_private_postfix(postfix, start_relay):
    """It lets every client say XCLIENT, which is what an admin must hear."""
    relay = start_relay()
    done = daemon.run("doctor", "-c", relay.daemon.config_path, "--postfix-config", postfix.etc, "--json")
    found = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    assert found["xclient"]["level"] == "problem"
    assert "size_limit" not in found and "not_asked" not in found
    opened = [f["where"] for f in json.loads(done.stdout)["findings"] if f["id"] == "open_relay"]
    assert opened == [f"master.cf, service 127.0.0.1:{lane.smtp_port}/inet"
                      for lane in (postfix.open_lane, postfix.closed_lane)]
    assert done.returncode == 1


# ---- what cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, status, said", [
    (["--postfix-config", "/nonexistent"], 66, "postconf -c /nonexistent"),
    (["--postconf-output", "/nonexistent"], 66, "/nonexistent: No such file"),
    (["--postconf-output", "/dev/null"], 65, "mail_version"),
    (["--sendmail-cf", "/nonexistent"], 66, "/nonexistent: No such file"),
    (["--sendmail-cf", "/dev/null"], 65, "no sendmail.cf"),
    (["--sendmail-cf", "/"], 66, "Is a directory"),
    (["argument"], 64, "takes no argument"),
])
def test_unreadable_settings(doctor, arguments, status, said):
    done = doctor.run(*arguments)
    assert done.returncode == status
    assert said in done.stderr


def test_a_broken_policy(doctor):
    doctor.write("policy.yaml", "listn: x\n")
    assert doctor.run("--postconf-output", doctor.write("good", GOOD)).returncode == 78
