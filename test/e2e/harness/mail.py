"""Messages as the tests send them: bytes with CRLF line ends."""

import base64
import itertools

_numbers = itertools.count(1)


def unique_subject(text="test"):
    return f"{text} {next(_numbers)}"


def plain(subject, sender="ann@example.com", body="Hello\r\n", extra=""):
    return (f"From: <{sender}>\r\nTo: <bob@example.net>\r\nSubject: {subject}\r\n{extra}"
            f"Message-ID: <{subject.replace(' ', '.')}@client.example>\r\nDate: Mon, 01 Jan 2024 10:00:00 +0000\r\n"
            f"\r\n{body}").encode()


def with_attachment(subject, disposition, content_type="application/octet-stream", data=b"just a test",
                    sender="ann@example.com"):
    """A text and one attachment; `disposition` and `content_type` are the raw header values."""
    encoded = base64.encodebytes(data).decode().replace("\n", "\r\n")
    body = ("--limit\r\nContent-Type: text/plain\r\n\r\nSee the attachment.\r\n"
            f"--limit\r\nContent-Type: {content_type}\r\nContent-Disposition: {disposition}\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--limit--\r\n")
    return plain(subject, sender, body,
                 extra="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"limit\"\r\n")


def of_size(subject, byte_count, sender="ann@example.com"):
    """A message of text lines, `byte_count` long over all."""
    head = plain(subject, sender, body="")
    line = b"x" * 74 + b"\r\n"
    missing = byte_count - len(head)
    lines, rest = divmod(missing, len(line))
    tail = b"y" * (rest - 2) + b"\r\n" if rest >= 2 else b"z" * rest
    return head + line * lines + tail
