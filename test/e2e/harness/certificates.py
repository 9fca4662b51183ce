"""Certificates of clients and servers, made with openssl: a test authority's, or signed by themselves."""

import os
import subprocess

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


class Authority:
    """Makes certificates in a directory of its own. Its own is ca.pem."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.certificate, self.key = self.make("ca", "/CN=ca.test.example", signed=False)

    def make(self, name, subject, signed=True, addresses=()):
        """The paths of a certificate and its key, signed by this authority or by itself."""
        certificate, key = (os.path.join(self.directory, f"{name}.{kind}") for kind in ("pem", "key"))
        signer = ["-CA", self.certificate, "-CAkey", self.key] if signed else []
        names = [f"-addext=subjectAltName={','.join(f'IP:{address}' for address in addresses)}"] if addresses else []
        subprocess.run(["openssl", "req", "-x509", *NEW_KEY, "-subj", subject, *signer, *names, "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        os.chmod(key, 0o600)
        return certificate, key


def fingerprint(certificate):
    """SHA-256 of a certificate's file, as openssl prints it: "AB:CD:…"."""
    done = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"],
                          check=True, capture_output=True, text=True)
    return done.stdout.strip().rpartition("=")[2]
