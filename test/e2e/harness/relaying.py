"""Whether a client may relay."""

from . import mail


def may_relay(client):
    client.mail("someone@example.org")
    reply = client.rcpt("bob@example.net")
    client.command("RSET")
    return reply.code == 250


def relayed(behind, client, what):
    """Sends a message to a foreign domain and returns the record that the daemon `behind` keeps of it."""
    subject = mail.unique_subject(what)
    reply = client.message("someone@example.org", ["bob@example.net"], mail.plain(subject))
    assert reply.code == 250, reply
    return behind.daemon.record_of(subject)
