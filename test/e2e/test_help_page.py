"""The customers' help page as a browser shows it: valid, complete, and nothing in the way of who cannot see it."""

import html.parser
import json
import os
import re
import subprocess

import pytest

from harness.daemon import run

CONFIG = """
relay: { local_domains: [example.com] }
replies: { lang: fr, help_url: "https://mail.example.com/aide" }
page: { provider: "Test & Co", smtp_host: smtp.example.com, imap_host: imap.example.com, webmail: "https://webmail.example.com/",
        contact: help@example.com, port_25: redirected }
rates: { limits: [ { key: user, count: recipients, limit: 500, per: 1h } ] }
audit: { privacy: { clients: cut } }
"""
LANGUAGES = ["en", "de", "fr", "es"]
AXE = "axe-core@4.10.3"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "c.yaml").write_text(CONFIG)
    result = run("page", "-c", folder / "c.yaml", "--html", folder / "out")
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (folder / "out").iterdir()} == {"index.html", *(f"{tag}.html" for tag in LANGUAGES)}
    return folder / "out"


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core, fetched once."""
    folder = os.path.join(ROOT, "build", "axe")
    script = os.path.join(folder, "node_modules", "axe-core", "axe.min.js")
    if not os.path.exists(script):
        subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts",
                        "--loglevel=error", AXE], check=True)
    with open(script, encoding="utf-8") as source:
        return source.read()


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "href" in attributes:
            self.links.append(attributes["href"])


@pytest.mark.parametrize("tag", LANGUAGES)
def test_is_valid_html_without_script_and_links_lead_somewhere(pages, tag):
    path = pages / f"{tag}.html"
    found = subprocess.run(["tidy", "-quiet", "-errors", "--drop-empty-elements", "no", "--warn-proprietary-attributes", "no", path], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    text = path.read_text()
    reader = Reader()
    reader.feed(text)
    assert "script" not in reader.tags and "default-src &#39;none&#39;" not in text
    assert "content=\"default-src 'none'; style-src 'sha256-" in text
    assert f'<html lang="{tag}">' in text
    assert len(reader.ids) == len(set(reader.ids))
    inner = [link[1:] for link in reader.links if link.startswith("#")]
    assert len(inner) >= 7 and set(inner) <= set(reader.ids)
    assert {link for link in reader.links if link.endswith(".html")} == {f"{other}.html" for other in LANGUAGES}


def test_the_first_page_speaks_the_language_of_refusals(pages):
    assert (pages / "index.html").read_text() == (pages / "fr.html").read_text()


@pytest.mark.parametrize("tag, size", [("en", "390,844"), ("de", "1440,900"), ("fr", "390,844"), ("es", "1440,900")])
def test_axe_finds_nothing(pages, axe, tmp_path, tag, size):
    """Run in a copy without the policy that forbids scripts; what it found is written into the page."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", (pages / f"{tag}.html").read_text())
    runner = ("<script>" + axe.replace("</script", "<\\/script") + "</script><script>axe.run(document).then(r => { const p = document.createElement('pre');"
              "p.id = 'found'; p.textContent = JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html)]));"
              "document.body.append(p) })</script>")
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace("</body>", runner + "</body>"))
    shown = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                            f"--window-size={size}", "--virtual-time-budget=20000", "--dump-dom", f"file://{copy}"],
                           capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None, "axe did not come to an end"
    assert json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) == []


def test_a_template_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "frame.html").write_text("<h1>{{title}}</h1>\n{{txet}}")
    (tmp_path / "c.yaml").write_text(f"page: {{ template: {tmp_path}/frame.html }}")
    result = run("page", "-c", tmp_path / "c.yaml", "--html", tmp_path / "out")
    assert result.returncode == 65
    assert "frame.html: line 2: {{txet}} is no part of the page (did you mean {{text}}?)" in result.stderr
    assert run("page", "-c", tmp_path / "c.yaml", "--lang", "it").returncode == 64


def test_every_link_of_a_refusal_is_on_the_page(pages):
    """The anchors are the reasons of the record, here those of the configuration's own keys."""
    keys = re.findall(r"^\| `(\w+)\.(\w+)` \| text .*Instead of the shipped text of `(\w+)`",
                      run("check", "--reference").stdout.partition("## replies")[2].partition("\n## ")[0], re.MULTILINE)
    assert len(keys) > 50
    text = (pages / "de.html").read_text()
    assert [key for key in keys if f'id="{key[0]}-{key[2]}"' not in text] == []
