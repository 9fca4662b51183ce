"""Mail handed in locally may not be refused at RCPT: Postfix would keep it in its queue for ever."""

from harness import mail


def test_no_recipient_is_refused_at_rcpt(relay, milter):
    client = milter(relay)
    client.connect("127.0.0.1", port=0, name="localhost")
    client.helo("localhost")
    assert client.mail("ann@example.com").letter == "c"
    letters = {client.rcpt(f"user{number}@example.net").letter for number in range(40)}
    assert letters == {"c"}
    client.data()
    client.header("Subject", mail.unique_subject("local"))
    client.end_of_headers()
    client.body(b"text\r\n")
    assert client.end_of_message().code == 550, "the cap holds, but at the end of the message"
    assert relay.daemon.wait_for_records(1)[-1]["role"] == "local"
