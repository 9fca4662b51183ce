#include "history/story_words.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const struct story_reason reasons[] = {
    {"relay", "not_local_domain", "this server does not relay to {to} for somebody who has not logged in",
     {"The sender logs in (SMTP AUTH) and sends again.",
      "If {to} is yours, it belongs in relay.local_domains.",
      "If {client} is a machine of yours, it belongs in relay.trusted_networks."},
     NULL, "Sending again without a login, or with another sender address: who has not logged in may write to this "
     "server's own domains only."},
    {"relay", "address_literal", "the recipient's domain is a bare address, which is not this server's",
     {"The sender writes the domain's name instead of an address in brackets.", "The sender logs in (SMTP AUTH)."},
     NULL, "Another sender address."},
    {"relay", "second_hop", "the address asks this server to send the mail on to a second one",
     {"The sender uses the plain address of the recipient, without % or !."},
     NULL, "Quotes or brackets around the address: all forms are seen for what they are."},
    {"relay", "source_route", "the address prescribes a way through other servers",
     {"The sender uses the plain address of the recipient."},
     NULL, "Another way: prescribed ways are refused unless all of it is local."},
    {"relay", "malformed_address", "the recipient's address has no valid form",
     {"The sender corrects the address."}, NULL, "Logging in does not make the address valid."},
    {"relay", "no_domain", "the recipient's address has no domain",
     {"The sender writes the whole address, with @ and the domain."}, NULL, NULL},
    {"relay", "local_domains_unavailable", "the list of this server's own domains could not be asked",
     {"The table behind relay.local_domains works again: `closedrelay status` shows it.",
      "Nothing for the sender to do: a deferred message comes again by itself."}, NULL, NULL},

    {"sender", "sender_not_of_login", "{user} may not send as {sender}",
     {"The sender sets its own address as the sender in its mail program.",
      "If {user} may use {sender}, it belongs in sender.login_maps."},
     "sender: { match: off }", "Another display name: it is the address that counts."},
    {"sender", "null_sender", "a login sent with the empty sender <>, which is for bounces",
     {"The sender sends with its own address."}, "sender: { null_sender: accept }", NULL},
    {"sender", "login_without_domain", "the login has no domain, so its addresses cannot be told",
     {"The user logs in with the whole address.", "Set the realm that is added to short logins."}, NULL, NULL},
    {"sender", "table_unavailable", "the table of who may send as whom could not be asked",
     {"The table behind sender.login_maps works again: `closedrelay status` shows it.",
      "Nothing for the sender to do: a deferred message comes again by itself."}, NULL, NULL},
    {"sender", "from_not_of_login", "the header From: has an address that {user} may not use: {detail}",
     {"The sender sets its own address in its mail program.",
      "If {user} may use it, it belongs in sender.login_maps."},
     "sender: { header_from: off }", "Another envelope sender: the header is looked at as well."},
    {"sender", "sender_header_not_of_login", "the header Sender: has an address that {user} may not use: {detail}",
     {"The sender sets its own address in its mail program."}, "sender: { header_from: off }", NULL},
    {"sender", "from_unreadable", "the header From: cannot be read, so nobody knows whom readers would see",
     {"The sender writes the message with a proper mail program."}, "sender: { header_from: off }", NULL},
    {"sender", "from_repeated", "the message has more than one header From:, of which readers see any",
     {"The sender's program is corrected: RFC 5322 allows one."}, "sender: { header_from: off }", NULL},
    {"sender", "from_missing", "the message has no header From:",
     {"The sender's program is corrected: RFC 5322 wants one."}, "sender: { header_from: off }", NULL},

    {"recipients", "too_many_recipients", "it had {seen} recipients where {limit} are allowed",
     {"The sender splits the mail, or uses a mailing list."}, "recipients: { limit: {seen} }",
     "Bcc instead of To: each recipient counts, wherever it stands."},
    {"recipients", "message_refused", "it had {seen} recipients where {limit} are allowed",
     {"The sender splits the mail, or uses a mailing list."}, "recipients: { limit: {seen} }",
     "Bcc instead of To: each recipient counts, wherever it stands."},

    {"size", "message_too_large", "it is larger than the {limit} bytes that are allowed",
     {"The sender sends a link to the file, or splits it.", "A file grows by a third when it is sent as mail."},
     "size: { limit: 60MB }", "Sending again: the size is the same. The MTA's own limit (message_size_limit) would have "
     "to be raised too."},
    {"size", "declared_too_large", "it was announced with {seen} bytes where {limit} are allowed",
     {"The sender sends a link to the file, or splits it.", "A file grows by a third when it is sent as mail."},
     "size: { limit: 60MB }", "Sending again: the size is the same. The MTA's own limit (message_size_limit) would have "
     "to be raised too."},
    {"size", "attachment_too_large", "an attachment has {seen} bytes where {limit} are allowed",
     {"The sender sends a link to the file, or splits it."}, "size: { limit: 60MB }", "Sending again."},

    {"attachments", "blocked", "an attachment is of a kind that is not accepted: {detail}",
     {"The sender sends the file in another format, or a link to it."},
     "attachments: { blocked: { remove: [{extension}] } }", "Renaming the file, or packing it into a zip or a mail: names are looked at "
     "wherever they are nested, and contents as well."},
    {"attachments", "disguised", "an attachment is a program under another name: {detail}",
     {"The sender sends a link to the file."}, "attachments: { disguised: accept }",
     "Another name: it is the content that counts."},
    {"attachments", "encrypted", "an attachment needs a password and cannot be looked into: {detail}",
     {"The sender sends it without a password, or a link to it."}, "attachments: { encrypted: accept }",
     "Telling the password: nobody types it in here."},
    {"attachments", "uninspectable", "an attachment is damaged, or packed in a way that cannot be looked into: {detail}",
     {"The sender packs it again, for example as a plain zip file."}, "attachments: { uninspectable: accept }",
     "Sending the same file again."},
    {"attachments", "ambiguous", "an attachment is written in a way that mail programs read differently: {detail}",
     {"The sender attaches the files to a new message, or packs them again."}, "attachments: { ambiguous: accept }",
     "Sending the same message again."},
    {"attachments", "over_budget", "an attachment holds more, or deeper nested, files than are looked into: {detail}",
     {"The sender sends fewer files, or a link."}, "attachments: { over_budget: accept }",
     "Packing the archive into another one."},
    {"attachments", "partial", "the message is one piece of several, which nobody can look into",
     {"The sender switches off splitting in its mail program, or sends a link."}, "attachments: { partial: accept }",
     NULL},
    {"attachments", NULL, "the attachments could not be looked into",
     {"Nothing for the sender to do: a deferred message comes again by itself.",
      "`closedrelay status` and the log tell what is wrong."}, "attachments: { on_unknown: accept }", NULL},

    {"dnsbl", "listed", "the client {client} is on a block list: {detail}",
     {"The owner of {client} asks the list to take it off; the list's site tells why it is on.",
      "A customer at home or on the road logs in (SMTP AUTH): logins need not be asked about."},
     "dnsbl: { mode: off }", "Sending again from the same address, or another sender."},
    {"dnsbl", NULL, "whether the client {client} is on a block list could not be told: {detail}",
     {"`closedrelay status` shows the health of the lists, `closedrelay lookup {client}` asks them.",
      "Nothing for the sender to do: a deferred message comes again by itself."}, "dnsbl: { on_unknown: accept }", NULL},

    {"rates", NULL, "a limit was reached: {detail}",
     {"It clears by itself; the reply says when.", "`closedrelay usage` shows what is used."},
     NULL, "Sending again before that."},
    {"account", NULL, "the account looks as if somebody else had its password: {detail}",
     {"The user changes the password, then the admin unlocks the account (`closedrelay unlock`)."},
     NULL, "Sending from another address or program."},
    {"blocks", NULL, "somebody blocked it: {detail}",
     {"`closedrelay blocks` shows by whom and until when; `closedrelay unblock` lifts it."}, NULL, NULL},
};
/* clang-format on */

static const struct story_reason unknown_reason = {NULL, NULL, "{detail}", {NULL}, NULL, NULL};

const struct story_reason *story_reason_find(const char *check, const char *reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(check, reasons[i].check) == 0 &&
            (reasons[i].reason == NULL || strcmp(reason, reasons[i].reason) == 0))
            return &reasons[i];
    return &unknown_reason;
}

const char *story_role_words(const char *role, const char *role_reason)
{
    static const struct {
        const char *reason, *words;
    } known[] = {
        {"authenticated", "submission: logged in by SMTP AUTH"},
        {"trusted_network", "trusted: the client is in relay.trusted_networks"},
        {"trusted_certificate", "trusted: the client showed a certificate of relay.trusted_certificates"},
        {"recent_login", "trusted: somebody had just logged in to a mailbox from this address"},
        {"handed_in_locally", "local: handed in on the machine itself"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(role_reason, known[i].reason) == 0)
            return known[i].words;
    return strcmp(role, "outside") == 0 ? "outside: no login, no trusted network, no trusted certificate"
                                        : role;
}
