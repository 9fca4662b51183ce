"""contrib/integrations: each product's settings before, after, after twice, and after --undo; Postfix reads them all."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(ROOT, "contrib", "integrations")
FIXTURES = os.path.join(ROOT, "test", "data", "integrations")
OURS = "{inet:127.0.0.1:10891,connect_timeout=5s,default_action=tempfail}"


def call(product, *words):
    """What it says."""
    return subprocess.run([os.path.join(SCRIPTS, product, f"closedrelay-{product}"), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=True).stdout


def settings(folder):
    """What Postfix makes of both files: name or SERVICE/TYPE/name, and the value."""
    lines = subprocess.run(["postconf", "-c", folder, "-n"], capture_output=True, text=True, check=True).stdout
    lines += subprocess.run(["postconf", "-c", folder, "-P"], capture_output=True, text=True, check=True).stdout
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines.splitlines())}


def files(folder):
    """Every file there is, byte for byte."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def installed(tmp_path):
    def make(product):
        for name in ("main.cf", "master.cf"):
            shutil.copy(f"{FIXTURES}/{product}.{name}", tmp_path / name)
        return tmp_path
    return make


def write(folder, **changed):
    """Other settings than the product's: main="…", master="…"."""
    for name, text in changed.items():
        (folder / f"{name}.cf").write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("product, wanted", [
    ("mail-in-a-box", {"smtpd_milters": f"{OURS},inet:127.0.0.1:8891,inet:127.0.0.1:8893", "non_smtpd_milters": "$smtpd_milters",
                       "submission/inet/smtpd_milters": f"{OURS},inet:127.0.0.1:8891",
                       "smtps/inet/smtpd_milters": f"{OURS},inet:127.0.0.1:8891"}),
    ("iredmail", {"smtpd_milters": OURS, "non_smtpd_milters": OURS, "127.0.0.1:10025/inet/smtpd_milters": "",
                  "127.0.0.1:10028/inet/smtpd_milters": ""}),
    ("ispconfig", {"smtpd_milters": f"{OURS},inet:localhost:11332", "non_smtpd_milters": f"{OURS},inet:localhost:11332",
                   "127.0.0.1:10025/inet/smtpd_milters": ""}),
    ("plesk", {"smtpd_milters": f"{OURS},inet:127.0.0.1:12768,inet:127.0.0.1:12345", "non_smtpd_milters": OURS}),
])
def test_a_panel(installed, product, wanted):
    folder = installed(product)
    before, original = settings(folder), files(folder)
    call(product, str(folder))
    after = settings(folder)
    assert {name: after.get(name) for name in wanted} == wanted
    assert {name: value for name, value in after.items() if "milters" not in name} == \
        {name: value for name, value in before.items() if "milters" not in name}
    once = files(folder)
    assert call(product, str(folder)) == ""
    assert files(folder) == once
    call(product, "--undo", str(folder))
    assert files(folder) == original
    assert call(product, "--undo", str(folder)) == ""
    assert files(folder) == original


@pytest.mark.parametrize("main, master, wanted", [
    # Listeners with a list of their own: by blanks, in braces, by a name of main.cf, and empty on purpose.
    ("smtpd_milters =\n  inet:127.0.0.1:8891,\n  # signs\n  inet:127.0.0.1:8893\nmua_milters = inet:127.0.0.1:8891\n",
     "smtp inet n - y - - smtpd\n\n# mail programs\nsubmission inet n - y - - smtpd\n  -o { smtpd_milters = inet:127.0.0.1:8891 inet:127.0.0.1:9000 }\n"
     "smtps inet n - y - - smtpd\n  -o smtpd_milters=$mua_milters\n589 inet n - y - - smtpd\n  -o smtpd_milters=\n",
     {"smtpd_milters": f"{OURS},inet:127.0.0.1:8891,inet:127.0.0.1:8893",
      "submission/inet/smtpd_milters": f"{OURS},inet:127.0.0.1:8891,inet:127.0.0.1:9000",
      "smtps/inet/smtpd_milters": f"{OURS},$mua_milters", "589/inet/smtpd_milters": ""}),
    # Files from Windows, and one whose last line has no end.
    ("# mine\r\nmyhostname = mail.example.com\r\nsmtpd_milters = inet:127.0.0.1:8891\r\nmyorigin = example.com",
     "smtp inet n - y - - smtpd\r\nsubmission inet n - y - - smtpd\r\n  -o smtpd_milters=inet:127.0.0.1:8891\r\n",
     {"smtpd_milters": f"{OURS},inet:127.0.0.1:8891", "submission/inet/smtpd_milters": f"{OURS},inet:127.0.0.1:8891",
      "myhostname": "mail.example.com", "myorigin": "example.com"}),
])
def test_odd_files_come_back_as_they_were(tmp_path, main, master, wanted):
    write(tmp_path, main=main, master=master)
    original = files(tmp_path)
    told = call("plesk", str(tmp_path))
    assert {name: settings(tmp_path).get(name) for name in wanted} == wanted
    assert ("589/inet has an empty list of its own" in told) == ("589" in master)
    once = files(tmp_path)
    call("plesk", str(tmp_path))
    assert files(tmp_path) == once
    call("plesk", "--undo", str(tmp_path))
    assert files(tmp_path) == original


def test_what_others_changed_meanwhile_stays(installed):
    folder = installed("iredmail")
    original = files(folder)
    call("iredmail", str(folder))
    subprocess.run(["postconf", "-c", folder, "-e", "myhostname=mail.example.com"], check=True)
    subprocess.run(["postconf", "-c", folder, "-P", "submission/inet/smtpd_tls_security_level=encrypt"], check=True)
    call("iredmail", "--undo", str(folder))
    assert files(folder)["main.cf"] == original["main.cf"] + b"myhostname = mail.example.com\n"
    left = settings(folder)
    assert not [name for name in left if "milters" in name] and left["submission/inet/smtpd_tls_security_level"] == "encrypt"


def test_a_panel_that_writes_its_files_anew_gets_them_back(installed):
    folder = installed("mail-in-a-box")
    original = files(folder)
    call("mail-in-a-box", str(folder))
    write(folder, main=original["main.cf"] + b"biff = no\n", master=original["master.cf"])
    assert "10891" in call("mail-in-a-box", str(folder))
    call("mail-in-a-box", "--undo", str(folder))
    assert files(folder) == {**original, "main.cf": original["main.cf"] + b"biff = no\n"}


def test_what_cannot_be_taken_apart_still_loses_closedrelay(installed):
    folder = installed("plesk")
    call("plesk", str(folder))
    changed = (folder / "main.cf").read_text().replace("inet:127.0.0.1:12345", "inet:127.0.0.1:12346")
    write(folder, main=changed)
    call("plesk", "--undo", str(folder))
    assert settings(folder)["smtpd_milters"] == "inet:127.0.0.1:12768,inet:127.0.0.1:12346"
    assert set(files(folder)) == {"main.cf", "master.cf"}


@pytest.mark.parametrize("missing", ["main.cf", "master.cf"])
def test_without_one_of_both_files_nothing_is_changed(installed, missing):
    folder = installed("mail-in-a-box")
    (folder / missing).unlink()
    before = files(folder)
    for words in ([], ["--undo"]):
        done = subprocess.run([f"{SCRIPTS}/mail-in-a-box/closedrelay-mail-in-a-box", *words, folder], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (66, "") and f"{folder}/{missing}: there is no such file" in done.stderr
        assert files(folder) == before


@pytest.mark.parametrize("product, path, before, mode", [
    ("docker-mailserver", "user-patches.sh", b"#!/bin/bash\necho mine\n", 0o755),
    ("docker-mailserver", "user-patches.sh", b"#!/bin/sh\r\necho mine\n\n\n", 0o750),
    ("docker-mailserver", "user-patches.sh", None, 0o755),
    ("mailcow", "data/conf/postfix/extra.cf", b"myhostname = mail.example.com\n", 0o644),
    ("mailcow", "data/conf/postfix/extra.cf", b"myhostname = mail.example.com", 0o640),
    ("mailcow", "data/conf/postfix/extra.cf", None, 0o644),
])
def test_a_container(tmp_path, product, path, before, mode):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        file.write_bytes(before)
        file.chmod(mode)
    call(product, str(tmp_path))
    once = file.read_bytes()
    assert once.startswith(before or b"") and b"closedrelay:10891" in once and file.stat().st_mode & 0o777 == mode
    call(product, str(tmp_path))
    assert file.read_bytes() == once
    for _ in range(2):
        call(product, "--undo", str(tmp_path))
        assert files(tmp_path) == ({} if before is None else {path: before})


@pytest.mark.parametrize("product, told", [("mailcow", "there is no mailcow"), ("docker-mailserver", "there is no such folder")])
def test_without_the_product_nothing_is_written(tmp_path, product, told):
    folder = tmp_path / "nowhere"
    done = subprocess.run([f"{SCRIPTS}/{product}/closedrelay-{product}", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 66 and told in done.stderr and not folder.exists()


def test_the_block_of_docker_mailserver_settles_what_its_container_has(tmp_path, installed):
    folder = installed("ispconfig")
    call("docker-mailserver", str(tmp_path))
    script = (tmp_path / "user-patches.sh").read_text().replace("postconf ", f"postconf -c {folder} ")
    for _ in range(2):
        subprocess.run(["bash", "-c", script], check=True)
        assert settings(folder)["smtpd_milters"] == "{inet:closedrelay:10891,default_action=tempfail},inet:localhost:11332"


def test_the_lists_of_mailcow_are_read_by_postfix(tmp_path, installed):
    folder = installed("plesk")
    (tmp_path / "data/conf/postfix").mkdir(parents=True)
    call("mailcow", str(tmp_path))
    with open(folder / "main.cf", "a", encoding="utf-8") as main:
        main.write((tmp_path / "data/conf/postfix/extra.cf").read_text())
    assert settings(folder)["smtpd_milters"].endswith("inet:rspamd:9900")


SERVICE_KEYS = {"build", "image", "read_only", "cap_drop", "security_opt", "volumes", "networks", "stop_grace_period"}


def compositions():
    """What the pages and the example have for docker compose, as it stands there."""
    with open(os.path.join(ROOT, "contrib/container/compose.yaml"), encoding="utf-8") as source:
        yield "compose.yaml", source.read()
    for product in ("mailcow", "docker-mailserver"):
        with open(os.path.join(SCRIPTS, product, "README.md"), encoding="utf-8") as source:
            yield product, re.search(r"^```yaml\n(.*?)^```", source.read(), re.MULTILINE | re.DOTALL).group(1)


@pytest.mark.parametrize("name, text", list(compositions()))
def test_a_composition_is_whole(name, text):
    told = yaml.safe_load(text)
    assert set(told) == {"services", "volumes"} and set(told["services"]) == {"closedrelay"}, name
    service = told["services"]["closedrelay"]
    assert set(service) <= SERVICE_KEYS and service["read_only"] is True and service["image"] == "closedrelay"
    mounted = [volume.split(":") for volume in service["volumes"]]
    assert {parts[0] for parts in mounted if not parts[0].startswith(".")} == set(told["volumes"])
    assert ["./closedrelay", "/etc/closedrelay", "ro"] in mounted
    with open(os.path.join(ROOT, "contrib/container/Containerfile"), encoding="utf-8") as source:
        kept = re.search(r"^VOLUME (.*)$", source.read(), re.MULTILINE).group(1)
    assert {parts[1] for parts in mounted} - {"/etc/closedrelay"} <= set(yaml.safe_load(kept))
