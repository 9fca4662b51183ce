"""An SMTP server that answers as a test tells it to, also in ways no honest server would."""

import socket
import socketserver
import threading


class ScriptedSmtp(socketserver.ThreadingTCPServer):
    """`script(line, connection)` gives the answer to a command: text, bytes, or None to hang up. `connection` counts
    from 1. The greeting is the answer to the line ""."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, script, host="127.0.0.1"):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Session)
        self.port = self.server_address[1]
        self.script = script
        self.connection_count = 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.connection_count += 1
        number = self.server.connection_count
        if not self.answer("", number):
            return
        for raw in self.rfile:
            if not self.answer(raw.decode("utf-8", "replace").rstrip("\r\n"), number):
                return

    def answer(self, line, number):
        text = self.server.script(line, number)
        if text is None:
            return False
        self.wfile.write(text if isinstance(text, bytes) else text.encode() + b"\r\n")
        return True


def polite(line):
    """What every server answers up to RCPT."""
    verb = line.split(" ")[0].upper()
    return {"": "220 mx.test.example ESMTP", "EHLO": "250-mx.test.example\r\n250 8BITMIME"}.get(verb, "250 ok")
