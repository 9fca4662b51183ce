"""The next hop: an SMTP server that takes everything and keeps it for the tests to look at."""

import socketserver
import threading

from .process import wait_until


class Delivered:
    """One message as the next hop got it."""

    def __init__(self, sender, recipients, content):
        self.sender = sender
        self.recipients = recipients
        self.content = content

    def has_line(self, line):
        return line.encode() in self.content.split(b"\r\n")


class _Session(socketserver.StreamRequestHandler):
    def answer(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.answer("220 sink.example ESMTP")
        sender, recipients = None, []
        for raw in self.rfile:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                self.answer("250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "MAIL":
                sender, recipients = _address(line), []
                self.answer("250 ok")
            elif verb == "RCPT":
                recipients.append(_address(line))
                self.answer("250 ok")
            elif verb == "DATA":
                self.answer("354 go on")
                content = self.read_content()
                self.server.keep(Delivered(sender, recipients, content))
                self.answer("250 taken")
            elif verb == "QUIT":
                self.answer("221 bye")
                return
            else:
                self.answer("250 ok")

    def read_content(self):
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b"..") else raw)
        return b"".join(lines)


def _address(line):
    return line[line.index("<") + 1:line.index(">")]


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), _Session)
        self.port = port
        self.messages = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, message):
        with self.lock:
            self.messages.append(message)

    def find(self, subject):
        """The messages with this subject that have come so far."""
        with self.lock:
            return [m for m in self.messages if m.has_line(f"Subject: {subject}")]

    def wait_for(self, subject, count=1):
        return wait_until(lambda: self.find(subject) if len(self.find(subject)) >= count else None,
                          f"{count} message(s) '{subject}' at the next hop")

    def stop(self):
        self.shutdown()
        self.server_close()
