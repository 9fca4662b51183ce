"""An SMTP client that shows every answer and can stop at any point."""

import base64
import socket
import ssl


class Reply:
    def __init__(self, lines):
        self.code = int(lines[0][:3])
        self.lines = [line[4:] for line in lines]
        self.text = " ".join(self.lines)
        head = self.lines[0].split(" ")[0]
        self.enhanced = head if head.count(".") == 2 and head.replace(".", "").isdigit() else None

    def __repr__(self):
        return f"<{self.code} {self.text}>"


class SmtpClient:
    """One SMTP session. `client` is the address it pretends to come from (XCLIENT), `source` one of 127.0.0.0/8 that it
    does come from, `login` a (name, password) pair."""

    def __init__(self, port, client=None, login=None, helo="client.example", source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
        self.stream = self.socket.makefile("rb")
        self.helo = helo
        self.greeting = self.read_reply()
        self.features = self.ehlo()
        if client is not None:
            address = f"IPv6:{client}" if ":" in client else client
            self.expect(220, f"XCLIENT ADDR={address} NAME=[UNAVAILABLE]")
            self.features = self.ehlo()
        if login is not None:
            self.login(*login)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    def read_reply(self):
        lines = []
        while True:
            raw = self.stream.readline()
            if not raw:
                raise ConnectionError(f"the server closed the connection after {lines}")
            lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if lines[-1][3:4] != "-":
                return Reply(lines)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def command(self, line):
        self.send(line + "\r\n")
        return self.read_reply()

    def expect(self, code, line):
        reply = self.command(line)
        assert reply.code == code, f"{line}: {reply}"
        return reply

    def ehlo(self):
        return self.expect(250, f"EHLO {self.helo}").lines

    def starttls(self, certificate=None):
        """`certificate`: the paths of the client's own and of its key."""
        self.expect(220, "STARTTLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(*certificate)
        self.socket = context.wrap_socket(self.socket)
        self.stream = self.socket.makefile("rb")
        self.features = self.ehlo()

    def login(self, name, password):
        token = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self.expect(235, f"AUTH PLAIN {token}")

    def mail(self, sender, *parameters):
        return self.command(" ".join([f"MAIL FROM:<{sender}>", *parameters]))

    def rcpt(self, recipient):
        return self.command(f"RCPT TO:<{recipient}>")

    def data(self, content):
        """Sends the content; the answer is that to the final dot, or to DATA where that was refused."""
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        return self.content(content)

    def content(self, content):
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return self.read_reply()

    def quit(self):
        reply = self.command("QUIT")
        self.close()
        return reply

    def message(self, sender, recipients, content, size=None):
        """A whole message: the first refusal of MAIL, of all recipients or of the content, else the last answer."""
        reply = self.mail(sender, *([f"SIZE={size}"] if size else []))
        if reply.code != 250:
            return reply
        replies = [self.rcpt(recipient) for recipient in recipients]
        if all(r.code != 250 for r in replies):
            self.command("RSET")
            return replies[-1]
        return self.data(content)
