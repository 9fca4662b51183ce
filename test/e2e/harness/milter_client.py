"""The MTA's side of the milter protocol, byte by byte, for what no MTA would send.

A packet is a 32-bit length, a command byte and the data (libmilter/mfdef.h names the letters).
"""

import socket
import struct

SMFI_VERSION = 6

# What the milter may ask for at the end of a message (SMFIF_*), and steps it may leave out (SMFIP_*).
ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF
NR_HDR = 0x80
SKIP = 0x400
NR_CONN, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA = 0x1000, 0x2000, 0x4000, 0x8000, 0x10000
NR_UNKN, NR_EOH, NR_BODY = 0x20000, 0x40000, 0x80000
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HDRS, NO_EOH = 1, 2, 4, 8, 0x10, 0x20, 0x40
NO_UNKNOWN, NO_DATA = 0x100, 0x200

_no_reply = {"C": NR_CONN, "H": NR_HELO, "M": NR_MAIL, "R": NR_RCPT, "T": NR_DATA, "U": NR_UNKN, "L": NR_HDR,
             "N": NR_EOH, "B": NR_BODY}
_not_sent = {"C": NO_CONNECT, "H": NO_HELO, "M": NO_MAIL, "R": NO_RCPT, "T": NO_DATA, "U": NO_UNKNOWN,
             "L": NO_HDRS, "N": NO_EOH, "B": NO_BODY}

MACRO_STAGES = {0: "C", 1: "H", 2: "M", 3: "R", 4: "T", 5: "E", 6: "N"}


class Answer:
    """One answer: its letter (c continue, r reject, t tempfail, d discard, a accept, y reply code, s skip …)."""

    def __init__(self, letter, data=b""):
        self.letter = letter
        self.data = data

    @property
    def text(self):
        return self.data.rstrip(b"\0").decode("utf-8", "replace")

    @property
    def code(self):
        return int(self.text[:3]) if self.letter == "y" else None

    def __repr__(self):
        return f"<{self.letter} {self.text}>"


class MilterClient:
    def __init__(self, address, steps=ALL_STEPS, actions=ALL_ACTIONS, negotiate=True):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.steps = 0
        self.wanted_macros = {}
        if negotiate:
            self.negotiate(steps, actions)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # -- packets

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send_packet(self, letter, data=b""):
        self.send_bytes(struct.pack("!IB", len(data) + 1, ord(letter)) + data)

    def _read_exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the milter closed the connection")
            data += piece
        return data

    def read_answer(self):
        length = struct.unpack("!I", self._read_exactly(4))[0]
        packet = self._read_exactly(length)
        return Answer(chr(packet[0]), packet[1:])

    def is_closed(self):
        """Whether the milter closes the connection (waits for it)."""
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionError:
            return True
        except socket.timeout:
            return False
        return True

    # -- the conversation

    def negotiate(self, steps, actions):
        self.send_packet("O", struct.pack("!III", SMFI_VERSION, actions, steps))
        answer = self.read_answer()
        assert answer.letter == "O", answer
        _, self.actions, self.steps = struct.unpack("!III", answer.data[:12])
        rest = answer.data[12:]
        while len(rest) > 4:
            stage = struct.unpack("!I", rest[:4])[0]
            names, _, rest = rest[4:].partition(b"\0")
            self.wanted_macros[MACRO_STAGES[stage]] = names.decode().split()

    def macros(self, letter, values):
        """Macros of a stage; names of more than one letter get their braces here."""
        pairs = b"".join(f"{name if len(name) == 1 else '{' + name + '}'}\0{value}\0".encode()
                         for name, value in values.items())
        self.send_packet("D", letter.encode() + pairs)

    def _event(self, letter, data, force=False):
        """Sends one event and reads its answer, as far as the milter wants the one and gives the other."""
        if self.steps & _not_sent.get(letter, 0) and not force:
            return Answer("c")
        self.send_packet(letter, data)
        if self.steps & _no_reply.get(letter, 0):
            return Answer("c")
        return self.read_answer()

    def connect(self, ip="192.0.2.1", port=40000, name="client.example", macros=None):
        family = "6" if ":" in ip else "4"
        self.macros("C", {"j": "mx.test.example", "v": "Postfix 3.7.11", **(macros or {})})
        return self._event("C", name.encode() + b"\0" + family.encode() + struct.pack("!H", port) + ip.encode() + b"\0")

    def helo(self, name="client.example", macros=None):
        self.macros("H", {"j": "mx.test.example", **(macros or {})})
        return self._event("H", name.encode() + b"\0")

    def mail(self, sender, *parameters, macros=None):
        self.macros("M", {"j": "mx.test.example", **(macros or {})})
        return self._event("M", _strings(f"<{sender}>", *parameters))

    def rcpt(self, recipient, *parameters, macros=None):
        self.macros("R", {"j": "mx.test.example", **(macros or {})})
        return self._event("R", _strings(f"<{recipient}>", *parameters))

    def data(self, macros=None):
        self.macros("T", {"i": "4TEST12345", **(macros or {})})
        return self._event("T", b"")

    def header(self, name, value):
        return self._event("L", _strings(name, value))

    def end_of_headers(self, macros=None):
        self.macros("N", {"i": "4TEST12345", "j": "mx.test.example", **(macros or {})})
        return self._event("N", b"")

    def body(self, chunk):
        return self._event("B", chunk)

    def end_of_message(self, macros=None):
        self.macros("E", {"i": "4TEST12345", "j": "mx.test.example", **(macros or {})})
        self.send_packet("E")
        return self.last_answer()

    def last_answer(self):
        """The verdict, after whatever edits the milter asks for first (kept in `edits`)."""
        self.edits = []
        while True:
            answer = self.read_answer()
            if answer.letter in "acdrty":
                return answer
            self.edits.append(answer)

    def abort(self):
        self.send_packet("A")

    def quit(self):
        self.send_packet("Q")
        self.close()

    def send_message(self, sender, recipients, content, macros=None):
        """A whole message as Postfix sends it. Returns the answers by stage, up to the first refusal."""
        answers = {"mail": self.mail(sender, macros=macros)}
        if answers["mail"].letter != "c":
            return answers
        answers["rcpt"] = [self.rcpt(r, macros={"rcpt_addr": r}) for r in recipients]
        if all(a.letter != "c" for a in answers["rcpt"]):
            self.abort()
            return answers
        answers["data"] = self.data()
        head, _, body = content.partition(b"\r\n\r\n")
        for line in head.decode("utf-8", "surrogateescape").replace("\r\n ", "\n ").split("\r\n"):
            name, _, value = line.partition(":")
            self.header(name, value.removeprefix(" "))
        answers["eoh"] = self.end_of_headers()
        skipped = False
        for at in range(0, len(body), 65535):
            if not skipped:
                skipped = self.body(body[at:at + 65535]).letter == "s"
        answers["eom"] = self.end_of_message()
        return answers


def _strings(*texts):
    return b"".join(t.encode("utf-8", "surrogateescape") + b"\0" for t in texts)
