/*
 * What the MTA said about a connection and a message: facts, nothing derived but by rules of the protocols.
 *
 * Filled by the engine, const to every check. Strings are NUL-terminated, never NULL unless said, and belong
 * to the talloc context of their session or message. One session is used by one thread at a time.
 */
#ifndef CLOSEDRELAY_FACTS_SESSION_H
#define CLOSEDRELAY_FACTS_SESSION_H

#include "base/incident_id.h"
#include "facts/attachment.h"
#include "facts/gathered.h"
#include "facts/ip_address.h"
#include "facts/mail_address.h"
#include "facts/report.h"
#include "facts/role.h"

struct tls_facts {
    const char *version; /* "TLSv1.3"; "" without TLS */
    const char *cipher;
    const char *cert_subject; /* as the MTA gives it: a CN (Postfix) or a DN (Sendmail) */
    const char *cert_issuer;
    const char *cert_fingerprint; /* "" where the MTA tells none */
    bool cert_verified;           /* the MTA vouches for the certificate */
    const char *cert_common_name; /* what the MTA itself took out of the subject (Sendmail); or "" */
};

struct session_facts {
    struct incident_id id; /* names the connection */
    bool client_ip_known;
    struct ip_address client_ip;
    bool client_is_trusted;  /* in relay.trusted_networks */
    uint16_t client_port;    /* 0: handed in locally, or unknown */
    const char *client_name; /* verified host name, "unknown" or "[192.0.2.1]" */
    const char *helo;
    const char *mta_version; /* the macro {v}: "Postfix 3.7.11", "8.17.1.9", or "" */
    const char *daemon_name; /* the macro {daemon_name}, or "" */
};

/* Of a text: 16 hexadecimal digits and NUL. */
enum { FINGERPRINT_TEXT_BYTES = 17 };

enum recipient_action {
    RECIPIENT_ACCEPTED,
    RECIPIENT_REJECTED, /* 5xx at RCPT */
    RECIPIENT_DEFERRED, /* 4xx at RCPT */
    RECIPIENT_DROPPED,  /* taken from the message at its end */
    RECIPIENT_IGNORED,  /* the MTA refused it itself */
};

struct recipient {
    const char *verbatim; /* as the MTA gave it, for removal at the end of the message */
    struct mail_address address;
    enum recipient_action action;
    const char *check;     /* that refused, deferred or dropped it; else "" */
    const char *reason;    /* of its finding; else "" */
    bool repeated;         /* the same mailbox was accepted before in this message */
    bool is_internal;      /* its domain is one's own; known where limits are asked */
    bool is_new;           /* `user` has not written to it lately, nor heard from it; known likewise */
    bool is_prepared;      /* the three above are known (judge/judge.h) */
    bool would_be_refused; /* here at RCPT, were everything in monitor mode enforced */
};

/* A header field that checks want to see: name in lower case, value unfolded only where a check does so. */
struct header_field {
    const char *name;
    struct slice value;
};

struct message_facts {
    struct incident_id id;
    const char *queue_id; /* "" while the MTA has not told it */

    enum role role;
    const char *auth_type;   /* SASL mechanism, or "" */
    const char *login;       /* as authenticated, or "" */
    const char *user;        /* identity of the role: canonical login, network, certificate, "uid:N"; or "" */
    const char *role_reason; /* how the role came about: "recent_login" … ; "" for outside */
    const char *local_uid;   /* ROLE_LOCAL, from the end of the headers on: who handed it in, or "" */
    const char *local_script; /* the same: the script that did, or "" */
    const char *customer;     /* the customer `user` belongs to, or "" */

    struct tls_facts tls;
    struct mail_address sender;
    bool is_smtputf8; /* the client said SMTPUTF8 at MAIL: it takes replies in UTF-8 (RFC 6531, 3.7.4.2) */
    bool has_declared_size; /* SIZE= was given at MAIL (RFC 1870) */
    uint64_t declared_size_bytes;

    struct recipient *recipients; /* in order of RCPT; bounded */
    size_t recipient_count;
    size_t distinct_recipient_count; /* accepted or dropped, without repeats */

    struct header_field *headers; /* From, Sender, Message-ID, Received … ; bounded, in order */
    size_t header_count;
    bool headers_over_budget; /* a From: or Sender: was too long or one too many to keep */
    uint64_t header_bytes;    /* name + ": " + value + CRLF of each field */
    uint64_t body_bytes;

    size_t part_count; /* MIME parts that were looked into; 0 where the content was not */
    const struct attachment_list *attachments; /* NULL before the end of the message, or when not scanned */
    bool content_scan_failed;                  /* memory ran out during the scan */
    /* What is alike in one text that is sent to many (scan/text/text_fingerprint.h); "": nothing is known, or
     * the text is too short to say anything. */
    char fingerprint[FINGERPRINT_TEXT_BYTES];
    bool origin_ip_known; /* the client named by a webmail of relay.trusted_webmail, from the headers' end on
                           */
    struct ip_address origin_ip;
    const struct report_facts *report; /* what it tells of another message; NULL: nothing, or not yet */

    struct gathered_facts gathered;
};

#endif
