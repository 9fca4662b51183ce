/*
 * Who may relay: the settings of the section `relay`, and the role they give a client.
 *
 * The role is fixed at MAIL FROM, once for each message, from what the MTA vouches for. Nothing a remote
 * client can write (MAIL's AUTH=, a header, HELO) takes part. Pure but for memory; any thread.
 */
#ifndef CLOSEDRELAY_CHECK_RELAY_ROLE_H
#define CLOSEDRELAY_CHECK_RELAY_ROLE_H

#include "check/check.h"

struct relay_recent_logins {
    uint64_t remember_ms; /* of a grant without a time of its own; 0: nobody is let in by a recent login */
};

struct relay_settings {
    struct check_settings common;
    const struct text_set *local_domains; /* "example.com", and ".example.com" for all below it */
    const struct network_set *trusted_networks;
    const struct network_set *trusted_webmail; /* clients that are believed whose browser a message is from */
    struct config_text_list trusted_certificates; /* "sha256:HEX", "CN=NAME" */
    struct relay_recent_logins recent_logins;
    const struct text_set *local_daemons; /* {daemon_name} of services for mail handed in on the machine */
    const char *default_realm;            /* added to logins without a domain; or "" */
    const char *how_to_authenticate;      /* a sentence for replies; or "" */
};

/*
 * Decides the role from session, message->auth_type, ->login, ->tls and ->gathered.recent_login, and sets
 * message->role, ->role_reason and ->user (under `owner`): the canonical login, the trusted network or
 * certificate, who logged in recently, "local" (until the headers tell more: local_identity.h), or "" for
 * outside. Returns false when memory ran out; the role is then ROLE_OUTSIDE.
 */
bool role_decide(void *owner, const struct relay_settings *settings, const struct session_facts *session,
                 struct message_facts *message);

/* Whether a recent login of the client would matter to the role. */
bool role_wants_recent_login(const struct relay_settings *settings, const struct session_facts *session,
                             const struct message_facts *message);

/* Whether an entry of trusted_certificates has a form that can match. */
bool role_certificate_is_valid(const char *entry);

/* Whether SASL authenticated the client: a login AND a mechanism other than ANONYMOUS. */
bool role_is_authenticated(const struct message_facts *message);

/* Whether the MTA handed the mail in itself (the sendmail command). Such mail must not be refused at RCPT: it
 * would stay in the queue. A network client with a real port on the loopback address is not meant. */
bool role_session_is_local(const struct session_facts *session);

/* Whether the client came over the loopback address to one of local_daemons: what it brings was handed in on
 * the machine, and its first Received: line is the MTA's own. */
bool role_session_is_local_daemon(const struct relay_settings *settings, const struct session_facts *session);

#endif
