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
    return subprocess.run([os.path.join(SCRIPTS, product, f"closedrelay-{product}"), *words], capture_output=True, text=True,
                          check=True).stdout


def settings(folder):
    """What Postfix makes of both files: name or SERVICE/TYPE/name, and the value."""
    lines = subprocess.run(["postconf", "-c", folder, "-n"], capture_output=True, text=True, check=True).stdout
    lines += subprocess.run(["postconf", "-c", folder, "-P"], capture_output=True, text=True, check=True).stdout
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines.splitlines())}


def files(folder):
    return {name: (folder / name).read_text() for name in ("main.cf", "master.cf")}


@pytest.fixture
def installed(tmp_path):
    def make(product):
        for name in ("main.cf", "master.cf"):
            shutil.copy(f"{FIXTURES}/{product}.{name}", tmp_path / name)
        return tmp_path
    return make


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
    before = settings(folder)
    call(product, str(folder))
    after = settings(folder)
    assert {name: after.get(name) for name in wanted} == wanted
    assert {name: value for name, value in after.items() if "milters" not in name} == \
        {name: value for name, value in before.items() if "milters" not in name}
    once = files(folder)
    assert call(product, str(folder)) == ""
    assert files(folder) == once
    call(product, "--undo", str(folder))
    assert not any("10891" in value for value in settings(folder).values())
    undone = files(folder)
    call(product, "--undo", str(folder))
    assert files(folder) == undone


@pytest.mark.parametrize("product, path, before", [
    ("docker-mailserver", "user-patches.sh", "#!/bin/bash\necho mine\n"),
    ("mailcow", "data/conf/postfix/extra.cf", "myhostname = mail.example.com\n"),
])
def test_a_container(tmp_path, product, path, before):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before)
    file.chmod(0o755)
    call(product, str(tmp_path))
    once = file.read_text()
    assert once.startswith(before) and "closedrelay:10891" in once and file.stat().st_mode & 0o777 == 0o755
    call(product, str(tmp_path))
    assert file.read_text() == once
    call(product, "--undo", str(tmp_path))
    assert file.read_text() == before


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


SERVICE_KEYS = {"build", "image", "read_only", "cap_drop", "security_opt", "volumes", "tmpfs", "networks", "stop_grace_period"}


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
