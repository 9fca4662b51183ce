"""`closedrelay check`: careless configurations, and files that only root can read."""

import json
import os
import pwd

import pytest

from harness.daemon import run

EXE = """From: Ann <ann@example.com>
To: Bob <bob@example.net>
Subject: papers
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: application/octet-stream; name="run.exe"
Content-Transfer-Encoding: base64

TVqQAAMAAAAEAAAA//8AALgAAAAAAAAA
--b--
"""


@pytest.fixture
def folder(tmp_path):
    """Where everybody may look; pytest's own folders are closed to others."""
    path = tmp_path
    while path != path.parent and path.owner() == pwd.getpwuid(os.getuid()).pw_name and path.name.startswith(("test", "pytest")):
        path.chmod(0o755)
        path = path.parent
    return tmp_path


def write(path, text, mode=0o644):
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_one_text_for_a_list_is_refused_and_as_a_list_it_blocks(folder):
    common = "relay: { local_domains: [example.com] }\ndnsbl: { lists: [] }\nattachments:\n  blocked: "
    wrong = write(folder / "wrong.yaml", common + "exe, scr, bat, com\n")
    done = run("check", "-c", wrong)
    assert done.returncode == 78
    assert ":4:12: error: blocked: 'exe, scr, bat, com' is one text, not a list: write [exe, scr, bat, com]" in done.stderr
    message = write(folder / "m.eml", EXE)
    right = write(folder / "right.yaml", common + "[exe, scr, bat, com]\n")
    done = run("try", "-c", right, "-u", "ann@example.com", "-f", "ann@example.com", "-t", "bob@example.net", message)
    assert done.returncode == 1
    assert "run.exe" in done.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_files_are_read_as_the_daemon_will(folder):
    domains = write(folder / "domains", "example.com\n", 0o600)
    config = write(folder / "c.yaml", f"relay: {{ local_domains: file:{domains} }}\nstate: ''\naudit: {{ file: '' }}\n")
    assert run("check", "-c", config).returncode == 0
    done = run("check", "-c", config, "--as", "nobody")
    assert done.returncode == 78
    assert f"{config}:1:25: error: local_domains: {domains}: Permission denied" in done.stderr
    domains.chmod(0o644)
    assert run("check", "-c", config, "--as", "nobody").returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_what_the_daemon_writes_is_looked_at_too(folder):
    audit = write(folder / "audit.jsonl", "", 0o640)
    config = write(folder / "c.yaml", f"state: {folder}\naudit: {{ file: {audit} }}\n")
    done = run("check", "-c", config, "--as", "nobody")
    assert done.returncode == 78
    assert f"{audit}: error: audit.file: this cannot be written: Permission denied" in done.stderr
    assert f"{folder}: error: state: this cannot be written: Permission denied" in done.stderr


def test_nobody_else_can_be_become(folder):
    config = write(folder / "c.yaml", "")
    done = run("check", "-c", config, "--as", "no-such-user")
    assert done.returncode == 64
    assert done.stderr == "closedrelay: --as: there is no user no-such-user\n"


def sent(folder, config, *arguments, sender="ann@example.com", from_="ann@example.com"):
    """Whether `try` lets a message pass."""
    path = write(folder / "c.yaml", "dnsbl: { lists: [] }\n" + config)
    message = write(folder / "m.eml", f"From: {from_}\nSubject: x\n\nhi\n")
    done = run("try", "-c", path, "-f", sender, *arguments, message)
    assert done.returncode in (0, 1, 78), done.stderr
    return done.returncode == 0


OWN = "relay: { local_domains: [example.com], default_realm: example.com }\n"


def test_overrides_that_can_never_match_are_told(folder):
    config = write(folder / "c.yaml", OWN + """overrides:
  - { when: { user: "ann@example.com, ben@example.com" }, recipients: { limit: 104 } }
  - { when: { user: "@example.com" }, recipients: { limit: 101 } }
  - { when: { user: "*@example.com" }, recipients: { limit: 102 } }
  - { when: { user: ann }, recipients: { limit: 103 } }
""")
    done = run("check", "-c", config)
    assert done.returncode == 78
    for line, level, advice in ((3, "warning", "write [ann@example.com, ben@example.com]"),
                                (4, "error", "write domain: example.com"), (5, "error", "write domain: example.com")):
        assert any(f":{line}:" in told and f" {level}: " in told and advice in told for told in done.stderr.splitlines())
    config.write_text(OWN + "overrides: [ { when: { user: ann }, recipients: { limit: 103 } } ]\n", encoding="utf-8")
    assert "warning: user: 'ann' matches no login" in run("check", "-c", config).stderr


def test_own_domains_from_outside_and_networks_with_senders(folder):
    wrong = OWN + "sender: { roles: { outside: { match: domain }, trusted: { match: domain } } }\n"
    done = run("check", "-c", write(folder / "wrong.yaml", wrong))
    assert done.returncode == 78 and done.stderr.count(": error: match: ") == 2
    config = OWN + """sender:
  outside: { envelope: enforce, header_from: enforce }
  identities: { 127.0.0.0/8: example.com }
"""
    outside = ("-r", "outside", "-t", "ben@example.com")
    assert not sent(folder, config, *outside)
    assert not sent(folder, config, *outside, sender="x@example.org")
    assert sent(folder, config, *outside, sender="x@example.org", from_="x@example.org")
    trusted = ("-r", "trusted", "-i", "127.0.0.1", "-t", "ben@example.net")
    assert not sent(folder, config, *trusted, sender="ceo@bank.example")
    assert sent(folder, config, *trusted)


def test_the_second_source_of_a_map_counts_too(folder):
    mailboxes = write(folder / "mailboxes", "ann@example.com ann@example.com\nben@example.com ben@example.com\n")
    extra = write(folder / "extra", "ann@example.com ben@example.com\n")
    config = OWN + f"sender: {{ match: table, login_maps: ['file:{mailboxes}', 'file:{extra}'] }}\n"
    assert sent(folder, config, "-u", "ben@example.com", "-t", "bob@example.net")
    assert not sent(folder, config, "-u", "zoe@example.com", "-t", "bob@example.net")


def test_ones_own_address_beside_a_table(folder):
    config = OWN + 'sender: { match: table, own: address, login_maps: { info@example.com: "ann@example.com" } }\n'
    dora = ("-u", "dora@example.com", "-t", "bob@example.net")
    assert sent(folder, config, *dora, sender="dora@example.com", from_="dora@example.com")
    assert not sent(folder, config, *dora, sender="info@example.com", from_="dora@example.com")


def test_other_delimiters_than_plus(folder):
    ann = ("-u", "ann@example.com", "-t", "bob@example.net")
    for delimiter in (".", "-", "+.-"):
        config = OWN + f'sender: {{ match: address, recipient_delimiter: "{delimiter}" }}\n'
        assert sent(folder, config, *ann, sender=f"ann{delimiter[-1]}shop@example.com")
        assert not sent(folder, config, *ann, sender="anna@example.com")


def test_effective_settings_as_json_are_those_of_the_text(folder):
    config = write(folder / "c.yaml", "recipients: { limit: 40 }\nsize: { limit: 20MB }\nstate: ''\naudit: { file: '' }\n"
                   "customers: { ann@example.com: acme }\n"
                   "overrides: [ { when: { customer: acme }, recipients: { limit: 500 } } ]\n")
    whole = json.loads(run("check", "-c", config, "--print", "--json").stdout)
    assert whole["settings"]["size"]["limit"]["bytes"] == 20_000_000
    assert whole["settings"]["customers"]["value"] == [{"key": "ann@example.com", "values": ["acme"]}]
    assert whole["overrides"][0]["recipients"]["limit"]["value"] == 500
    ann = json.loads(run("check", "-c", config, "--for", "user=ann@example.com", "--json").stdout)
    assert ann["for"]["customer"] == "acme" and ann["matches"][0]["keys"] == ["recipients.limit"]
    limit = ann["settings"]["recipients"]["limit"]
    text = run("check", "-c", config, "--for", "user=ann@example.com").stdout
    assert f"\n  limit: {limit['value']}  # {limit['origin']}\n" in text
    done = run("check", "-c", config, "--for", "user=a,user=b", "--json")
    assert done.returncode == 64 and "one of each is all that a message has" in done.stderr
