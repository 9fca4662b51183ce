"""Refusals in the provider's language and words, as they reach a client through Postfix."""

from harness import mail
from harness.daemon import run

CONFIG = """
relay: { local_domains: [example.com] }
replies:
  lang: de
  help_url: https://mail.example.com/hilfe
  attachments: { blocked: "{user}: {file} nehmen wir nicht. 100% sicher: {help_url}" }
  roles: { outside: { lang: fr } }
overrides:
  - { when: { sender: ann+es@example.com }, replies: { lang: es, help_url: "" } }
recipients: { limit: 2 }
size: { limit: 1MB }
"""


def refused_recipient(client, sender="ann@example.com", parameters=()):
    client.mail(sender, *parameters)
    replies = [client.rcpt(f"user{n}@example.net") for n in range(3)]
    client.command("RSET")
    return replies[-1]


def test_a_german_refusal_names_the_page_of_help(relay):
    with relay.submission() as client:
        reply = refused_recipient(client)
        assert (reply.code, reply.enhanced) == (550, "5.5.3")
        assert "Zu viele Empfaenger: Dies ist Nummer 3, erlaubt sind hoechstens 2. Die Nachricht geht an niemanden" in reply.text
        assert " Siehe https://mail.example.com/hilfe#recipients-too_many_recipients (id " in reply.text
        assert reply.text.isascii()
    assert relay.daemon.record_for(reply)["recipients"][-1]["reason"] == "recipients.too_many_recipients"


def test_a_client_that_says_smtputf8_reads_umlauts(relay):
    with relay.submission() as client:
        assert "SMTPUTF8" in client.features
        reply = refused_recipient(client, parameters=["SMTPUTF8"])
        assert "Zu viele Empfänger" in reply.text and "höchstens 2" in reply.text
        assert reply.code == 550
        client.mail("ann@example.com", "SMTPUTF8", "BODY=8BITMIME")
        client.rcpt("bob@example.net")
        large = client.data(mail.of_size(mail.unique_subject("large"), 1_200_000))
        assert large.code == 552 and "größer" in large.text
    assert "größer" in relay.daemon.record_for(large)["reply"]


def test_words_follow_role_and_override(relay):
    with relay.outside() as client:
        client.mail("eve@example.org")
        reply = client.rcpt("victim@example.net")
        assert "Relais refuse : <victim@example.net> n'appartient a aucun de nos domaines. Pour ecrire a d'autres" in reply.text
        assert "Voir https://mail.example.com/hilfe#relay-not_local_domain" in reply.text
    with relay.submission() as client:
        reply = refused_recipient(client, "ann+es@example.com")
        assert "Demasiados destinatarios" in reply.text and "hilfe" not in reply.text


def test_the_providers_own_text_and_a_strangers_file_name(relay):
    subject = mail.unique_subject("own words")
    with relay.submission() as client:
        message = mail.with_attachment(subject, 'attachment; filename="{id}%s{limit}.exe"')
        reply = client.message("ann@example.com", ["bob@example.net"], message)
        assert reply.code == 550
        assert "ann@example.com: {id}%s{limit}.exe nehmen wir nicht. 100% sicher: https://mail.example.com/hilfe#attachments-blocked (id " in reply.text
        assert reply.text.count("https://") == 1
        umlaut = mail.with_attachment(mail.unique_subject("umlaut"), "attachment; filename*=utf-8''%C3%A4%E2%80%AEfdp.exe")
        client.mail("ann@example.com", "SMTPUTF8", "BODY=8BITMIME")
        client.rcpt("bob@example.net")
        reply = client.data(umlaut)
        assert "ä" in reply.text and "‮" not in reply.text


def test_a_wrong_text_is_told_with_its_place(tmp_path):
    (tmp_path / "wrong.yaml").write_text('replies:\n  size:\n    message_too_large: "{limt}"\n')
    result = run("check", "-c", str(tmp_path / "wrong.yaml"))
    assert result.returncode == 78
    assert "3:24: error: {limt} is nothing that can be filled in here (did you mean {limit}?)" in result.stdout + result.stderr
