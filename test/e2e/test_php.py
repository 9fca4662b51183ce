"""Scripts of web sites, by the recipes of docs/hosting.md, with real PHP: each customer's is known as far as it says."""

import os
import shutil
import subprocess

import pytest

from harness import fastcgi, mail, namespaces
from harness.process import Process, free_port, wait_until
from harness.provider import login_file
from harness.stranger import blocks, make_directory

WRAPPER = os.path.join(os.path.dirname(__file__), "..", "..", "contrib", "php", "closedrelay-sendmail")
SCRIPT = """\
<?php
parse_str($argv[1] ?? $_SERVER['QUERY_STRING'], $q);
$headers = "Message-ID: <" . $q['id'] . "@web.example>\\r\\nFrom: web@example.com";
if (isset($q['lie']))
    $headers = "X-PHP-Originating-Script: 1001:contact.php\\r\\n" . $headers;
echo mail('bob@other.example', 'a form was sent', "hello\\n", $headers) ? 'sent' : 'failed';
"""

pytestmark = pytest.mark.skipif(bool(namespaces.missing()), reason=namespaces.missing() or "-")


class Site:
    """PHP in a mount namespace where the provider's Postfix is the system's."""

    def __init__(self, provider, directory):
        self.provider = provider
        self.directory = directory
        self.script = self.write("contact.php", SCRIPT)
        self.wrapper = shutil.copy(WRAPPER, directory)

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o644)
        return path

    def words(self, *words):
        return ["unshare", "--mount", "sh", "-c", f"mount --bind {self.provider.etc} /etc/postfix && exec \"$@\"", "sh", *words]

    def run(self, uid, *words, **options):
        return subprocess.run(self.words("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *words), check=True,
                              capture_output=True, timeout=60, **options)

    def record(self, key):
        """The record of the mail whose Message-ID begins with `key`."""
        return wait_until(lambda: next(iter(self.provider.daemon.find_records(key + "@")), None), f"the record of {key}")


@pytest.fixture(scope="module")
def site(provider, workspace):
    return Site(provider, make_directory(workspace))


def key_of(what):
    return mail.unique_subject(what).replace(" ", ".")


# ---- PHP-FPM -----------------------------------------------------------------------------------------------------


def pools(site):
    """The pool of the page, and two that go on from it."""
    page = next(text for section, language, text in blocks("hosting.md") if (section, language) == ("Scripts", "ini"))
    page = page.replace("/run/php", site.directory).replace("web1001", "1001")
    assert "add_x_header] = on" in page and "-f web@example.com" in page
    second = page.replace("northwind", "southwind").replace("1001", "1002").replace("php_admin_flag[mail.add_x_header] = on", "")
    return page + second


@pytest.fixture(scope="module")
def fpm(site):
    path = site.write("fpm.conf", f"[global]\nerror_log = {site.directory}/fpm.log\ndaemonize = no\n{pools(site)}")
    process = Process(site.words("php-fpm8.2", "--nodaemonize", "-n", "--fpm-config", path), f"{site.directory}/output")
    for name in ("northwind", "southwind"):
        wait_until(lambda: os.path.exists(f"{site.directory}/{name}.sock"), f"PHP-FPM listens for {name}")
    yield process
    process.stop()


@pytest.mark.parametrize("pool, lie, user, customer", [
    ("northwind", "", "script:1001:contact.php", "northwind"),
    ("southwind", "", "uid:1002", "southwind"),
    ("southwind", "&lie=1", "uid:1002", "southwind"),
    ("northwind", "&lie=1", "script:1001:contact.php", "northwind"),
])
def test_a_pool_of_its_own(site, fpm, pool, lie, user, customer):
    """A script that writes the header of another customer's is found out: Postfix says another user id."""
    key = key_of(f"php {pool}")
    own = shutil.copy(site.script, os.path.join(make_directory(site.directory), "contact.php"))
    os.chown(own, 1001, 1001)  # PHP's header names the owner of the script's file
    printed = fastcgi.request(f"{site.directory}/{pool}.sock", own, f"id={key}{lie}")
    assert printed.endswith("sent"), printed
    record = site.record(key)
    assert (record["role"], record["user"], record["customer"]) == ("local", user, customer)
    assert record["sender"] == "web@example.com"


# ---- cron, and what runs as one user -----------------------------------------------------------------------------


def test_a_command_line(site):
    key = key_of("php cron")
    done = site.run(1001, "php", "-n", "-d", "sendmail_path=/usr/sbin/sendmail -t -i -f web@example.com", site.script,
                    f"id={key}")
    assert done.stdout == b"sent"
    assert (site.record(key)["user"], site.record(key)["customer"]) == ("uid:1001", "northwind")


@pytest.fixture(scope="module")
def apache(site):
    """Apache with PHP in it: every site runs as www-data. It ends its whole process group, so it has one of its own."""
    port = free_port()
    virtual = "".join(f"""\
<VirtualHost 127.0.0.1:{port}>
  ServerName {name}
  DocumentRoot {site.directory}
  {option}
</VirtualHost>
""" for name, option in (
        ("www.example.com", f'php_admin_value sendmail_path "{site.wrapper} www.example.com -f web@example.com"'),
        ("www.example.net", f'php_admin_value sendmail_path "{site.wrapper} www.example.net -f web@example.net"'),
        ("plain.example.org", 'php_admin_value sendmail_path "/usr/sbin/sendmail -t -i -f web@example.org"')))
    modules = {"mpm_prefork_module": "mod_mpm_prefork.so", "authz_core_module": "mod_authz_core.so",
               "mime_module": "mod_mime.so", "php_module": "libphp8.2.so"}
    loads = "".join(f"LoadModule {name} /usr/lib/apache2/modules/{path}\n" for name, path in modules.items())
    path = site.write("apache.conf", f"""\
{loads}ServerRoot {site.directory}
ServerName localhost
PidFile {site.directory}/apache.pid
Mutex file:{site.directory}
ErrorLog {site.directory}/apache.log
TypesConfig /dev/null
Listen 127.0.0.1:{port}
User www-data
Group www-data
StartServers 1
AddType application/x-httpd-php .php
<Directory {site.directory}>
  Require all granted
</Directory>
{virtual}""")
    process = Process(site.words("setsid", "apache2", "-f", path, "-D", "FOREGROUND"), f"{site.directory}/output-apache")
    process.wait_for_listener(("127.0.0.1", port))
    yield port
    process.stop()


@pytest.mark.parametrize("host, user", [("www.example.com", "script:www.example.com"),
                                        ("www.example.net", "script:www.example.net"),
                                        ("plain.example.org", "uid:33")])
def test_mod_php(site, apache, host, user):
    """One user for all of them; with the wrapper each site has a name."""
    import http.client
    key = key_of("php apache")
    connection = http.client.HTTPConnection("127.0.0.1", apache, timeout=30)
    connection.request("GET", f"/contact.php?id={key}", headers={"Host": host})
    assert connection.getresponse().read() == b"sent"
    record = site.record(key)
    assert (record["role"], record["user"]) == ("local", user)


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x\nBcc: y"])
def test_the_wrapper_takes_names_of_sites_only(site, name):
    done = subprocess.run([site.wrapper, name], input=b"x", capture_output=True, check=False,
                          env={"SENDMAIL": "/bin/false", "PATH": os.environ["PATH"]})
    assert done.returncode == 64


# ---- a login -----------------------------------------------------------------------------------------------------


def test_msmtp_logs_in(site, provider, sink):
    """The customer's ~/.msmtprc of the page."""
    key = key_of("msmtp")
    configuration = login_file(site.directory, provider)
    content = f"From: shop@example.com\nTo: bob@other.example\nMessage-ID: <{key}@web.example>\nSubject: order\n\nhello\n"
    subprocess.run(["msmtp", "-C", configuration, "bob@other.example"], input=content.encode(), check=True, timeout=60,
                   capture_output=True)
    record = site.record(key)
    assert (record["role"], record["user"], record["customer"]) == ("submission", "shop@example.com", "northwind")
