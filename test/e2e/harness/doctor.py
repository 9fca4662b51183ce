"""`closedrelay doctor` with a policy of the test's own, its report as Python values."""

import json

from . import daemon

POLICY = 'relay: { trusted_networks: [127.0.0.0/8, "::1", 192.0.2.0/24], default_realm: example.com }\ndnsbl: { lists: [] }\ncontrol: ""\n'


class Doctor:
    def __init__(self, directory):
        self.directory = directory
        self.write("policy.yaml", POLICY)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def run(self, *arguments):
        return daemon.run("doctor", "-c", str(self.directory / "policy.yaml"), *arguments)

    def findings(self, *arguments):
        done = self.run("--json", *arguments)
        assert done.returncode in (0, 1), done
        report = json.loads(done.stdout)
        levels = [f["level"] for f in report["findings"]]
        assert (report["problems"], report["warnings"]) == (levels.count("problem"), levels.count("warning"))
        assert done.returncode == (1 if report["problems"] + report["warnings"] else 0)
        return report["findings"]

    def examine(self, postconf):
        return self.findings("--postconf-output", self.write("postconf.txt", postconf))
