/*
 * Envelope addresses as the MTA hands them over (RFC 5321, 4.1.2), and addresses in header fields (RFC 5322).
 *
 * The MTA passes what the client typed: with or without <>, quoted, with a source route, in any case, and
 * sometimes broken. Parsing never fails for lack of form: what cannot be split is told as `malformed` with
 * the whole text as local part.
 */
#ifndef CLOSEDRELAY_FACTS_MAIL_ADDRESS_H
#define CLOSEDRELAY_FACTS_MAIL_ADDRESS_H

#include "base/slice.h"

/* Everything points into the talloc context given to mail_address_parse and is NUL-terminated there. */
struct mail_address {
    const char *text; /* canonical: local part unquoted where possible, "@", domain; "" for the null sender */
    const char *local_part; /* unquoted, letter case kept */
    /* canonical (domain_name.h): lower case, A-labels, no final dots; "" where there is none */
    const char *domain;
    const char *route; /* source route "@a,@b" that was cut off, or "" (RFC 5321, appendix C) */
    bool is_null;      /* <> */
    bool was_quoted;   /* the local part came as a quoted-string */
    bool is_literal;   /* the domain is an address literal, with its brackets: "[ipv6:2001:db8::1]" */
    bool malformed;    /* no form RFC 5321 knows; local_part has the whole text */
};

/* Parses an envelope path such as "<Ann@Example.COM.>". The last "@" outside of quotes ends the local part,
 * which may have another one then. Returns false only when memory ran out; `address` is then malformed and
 * empty. */
bool mail_address_parse(void *owner, struct slice path, struct mail_address *address);

/* True where both reach the same mailbox as far as the relay can know: domains equal, local parts equal
 * without regard to ASCII case. */
bool mail_address_same_mailbox(const struct mail_address *a, const struct mail_address *b);

struct mail_address_list {
    struct mail_address *items;
    size_t count;
    bool malformed; /* something in the field is not an address; `items` has what was found */
    bool truncated; /* more than `most` addresses */
};

/* The addresses of a From:, Sender:, To: … value (RFC 5322, 3.4): groups, comments, quoted strings, folding,
 * RFC 2047 words around them. At most `most`. A bare address in the place of the display name, other than the
 * one in <>, is taken up too, and makes the list malformed: clients differ on which one counts. So does a
 * second "@", in quotes or not. Returns false only when memory ran out. */
bool mail_address_list_parse(void *owner, struct slice value, size_t most, struct mail_address_list *list);

/* A login as the policy counts it: lower case, "user%domain" as "user@domain", the realm added where there is
 * no domain and `default_realm` is not empty, "+tag" cut. Empty only where `login` is blank. Returns NULL
 * when memory ran out. */
const char *login_canonical(void *owner, struct slice login, const char *default_realm);

#endif
