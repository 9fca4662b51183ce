"""Network operators and countries of clients, from databases that the tests write themselves."""

import json

import pytest

from harness import control, mail, mmdb
from harness.daemon import run
from harness.process import wait_until

COUNTRIES = {"192.0.2.0/24": "CZ", "198.51.100.0/24": "CZ", "203.0.113.0/24": "BR", "100.24.0.0/16": "US", "2001:db8::/32": "VN"}


@pytest.fixture
def databases(tmp_path):
    """Paths of one of AS numbers and one of countries."""
    systems, countries = tmp_path / "as.mmdb", tmp_path / "country.mmdb"
    mmdb.write(systems, "GeoLite2-ASN", {"192.0.2.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "One"},
                                         "198.51.100.0/24": {"autonomous_system_number": 64500}})
    mmdb.write(countries, "GeoLite2-Country", {network: {"country": {"iso_code": code}} for network, code in COUNTRIES.items()})
    return systems, countries


def message(day, second, client, recipient):
    return json.dumps({
        "v": 1, "type": "message", "time": f"2026-10-{day:02d}T10:00:{second:02d}.000000Z", "id": f"06dnb{day:03d}{second:04d}", "host": "mx",
        "role": "submission", "user": "ann@example.com", "client": {"ip": client}, "helo": "pc", "sender": "ann@example.com",
        "from": "ann@example.com", "recipients": [{"address": recipient, "action": "accept"}], "findings": [], "verdict": "accept"})


def steps(tmp_path, databases, clients):
    """What `replay --accounts` tells of a login that had one network for weeks, and then those of `clients` within a minute."""
    record, config = tmp_path / "audit.jsonl", tmp_path / "closedrelay.yaml"
    lines = [message(day, 0, "192.0.2.7", "bob@example.net") for day in range(1, 25)]
    lines += [message(25, second, client, f"stranger{second}@example.net") for second, client in enumerate(clients)]
    record.write_text("\n".join(lines) + "\n")
    geo = "" if databases is None else f"geo: {{ as: {databases[0]}, country: {databases[1]} }}\n"
    config.write_text(geo + "account: { note: { score: 5 }, warn: { score: 10 } }\n")
    done = run("replay", "--accounts", "--config", str(config), str(record))
    assert done.returncode == 0, done.stderr
    return done.stdout


ABROAD = ["192.0.2.7", "203.0.113.9", "100.24.1.1", "2001:db8::9"] * 3


def test_several_countries_within_a_day_are_evidence(tmp_path, databases):
    told = steps(tmp_path, databases, ABROAD)
    assert "it comes from 4 countries within a day" in told, told
    assert "countries" not in steps(tmp_path, None, ABROAD)


def test_two_countries_are_none(tmp_path, databases):
    assert "countries" not in steps(tmp_path, databases, ["192.0.2.7", "203.0.113.9"] * 6)


def points_of_new_network(told):
    return [int(line.split()[0]) for line in told.splitlines() if "a network that this login has not used" in line]


def test_another_network_of_the_same_operator_says_less(tmp_path, databases):
    clients = ["198.51.100.7"] * 12
    near, far = (max(points_of_new_network(steps(tmp_path, known, clients)), default=0) for known in (databases, None))
    assert near < far


def test_what_is_wrong_with_a_database_is_said_with_its_line(tmp_path, databases):
    config = tmp_path / "closedrelay.yaml"

    def problems(systems, country):
        config.write_text(f"geo:\n  as: {systems}\n  country: {country}\n")
        return run("check", "--config", str(config))

    broken, empty = tmp_path / "broken.mmdb", tmp_path / "empty.mmdb"
    broken.write_bytes(databases[0].read_bytes()[:60])
    empty.write_bytes(b"")
    assert problems(*databases).returncode == 0
    done = problems(tmp_path / "missing.mmdb", databases[1])
    assert done.returncode == 78 and "closedrelay.yaml:2:7: error:" in done.stdout + done.stderr
    assert "missing.mmdb: No such file or directory" in done.stdout + done.stderr
    done = problems(databases[0], broken)
    assert done.returncode == 78 and "closedrelay.yaml:3:12: error:" in done.stdout + done.stderr
    assert "broken.mmdb: it is no MaxMind database (.mmdb), or is damaged" in done.stdout + done.stderr
    done = problems(empty, databases[1])
    assert "empty.mmdb: it is empty" in done.stdout + done.stderr
    swapped = problems(databases[1], databases[1])
    assert swapped.returncode == 0 and "does not look as if it had AS numbers" in swapped.stdout + swapped.stderr


def test_a_database_that_was_replaced_is_used_after_a_reload(start_relay, workspace, tmp_path):
    """Its networks were all of one country, and are of three now."""
    path = tmp_path / "country.mmdb"

    def write(*codes):
        mmdb.write(path, "GeoLite2-Country", {network: {"country": {"iso_code": code}} for network, code in
                                              zip(("192.0.2.0/24", "203.0.113.0/24", "100.24.0.0/16"), codes)})

    def send(first):
        for n, client in enumerate(("192.0.2.7", "203.0.113.9", "100.24.1.1")):
            with relay.smtp(client=client, login=("ann@example.com", "secret")) as session:
                assert session.message("ann@example.com", [f"s{first}{n}@example.net"], mail.plain(mail.unique_subject("geo"))).code == 250

    def evidence():
        return " ".join(row["words"] for row in control.asked(relay, "suspects", "ann@example.com")["evidence"])

    write("CZ", "CZ", "CZ")
    relay = control.start(start_relay, workspace, "relay: { local_domains: [example.com] }\n"
                          f"geo: {{ country: {path} }}\naccount: {{ learn: 0s }}\n", None)
    send("a")
    assert "countries" not in evidence()
    write("CZ", "BR", "US")
    assert control.command(relay, "reload").returncode == 0
    send("b")
    wait_until(lambda: "it comes from 3 countries within a day" in evidence(), "the new database is used")
