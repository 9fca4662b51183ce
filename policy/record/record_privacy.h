/*
 * What of private data goes into the record: kept, hashed, cut, or left out, by kind (`audit.privacy`).
 *
 * Hashed is what stands for the same thing in all lines of one period and says nothing without its key
 * (record_keyring.h): HMAC-SHA256 over the text in lower case, cut to 80 bits, as
 * "~20261130T000000Z.k3jd8s9x2m4f7qpz"; of an address with its domain behind it, kept ("~….…@example.com") or
 * hashed apart. Who has the ring can make the tokens of a login or address, and so look for it
 * (record_privacy_tokens). A login and an address that are the same have the same token. Pure functions but
 * for the ring.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_PRIVACY_H
#define CLOSEDRELAY_RECORD_RECORD_PRIVACY_H

#include "record/record_fields.h"
#include "record/record_keyring.h"

enum record_treatment {
    RECORD_KEEP,
    RECORD_HASH,
    RECORD_CUT,  /* of an address its domain stays, of a client its network, of a file its extension */
    RECORD_OMIT, /* an empty text; of a reply its codes stay */
};

struct record_privacy_settings {
    enum record_treatment addresses; /* senders, recipients, From: */
    enum record_treatment logins;    /* users, customers, certificates, whom events are about */
    enum record_treatment domains;   /* behind hashed addresses and logins: keep, hash, omit */
    enum record_treatment clients;   /* addresses; with anything but keep, their names are left out */
    enum record_treatment message_ids;
    enum record_treatment files; /* names of attachments */
    enum record_treatment texts; /* details, replies and reasons, which may quote any of them: keep, omit */
    uint64_t period_ms;          /* of one key */
};

/* Whether there is anything to do. */
bool record_privacy_is_on(const struct record_privacy_settings *settings);

/* Whether some of it is hashed. */
bool record_privacy_needs_keys(const struct record_privacy_settings *settings);

struct record_privacy {
    const struct record_privacy_settings *settings;
    struct record_keyring *ring; /* NULL: what is to be hashed is left out */
};

/* The treatment of one line: its key is taken once. */
struct record_privacy_line {
    const struct record_privacy_settings *settings;
    bool has_key;
    struct keyring_key key;
};

void record_privacy_begin(const struct record_privacy *privacy, int64_t time_us,
                          struct record_privacy_line *line);

/* What is written instead of `text`; `text` itself, or in `scratch`, whose content is replaced. */
struct slice record_privacy_apply(const struct record_privacy_line *line, enum record_privacy_kind kind,
                                  struct slice text, struct strbuf *scratch);

/* What may stand in the record for a name, and from when to when its key was in use. */
struct record_token {
    struct slice text;
    int64_t since_us, until_us;
};

typedef void (*record_token_visitor)(void *context, const struct record_token *token);

/* Called with whatever may stand in the record for `text`, an address, login, client or message id: with each
 * key of the ring and the domain in every form, and, where clients are cut, as that. `text` itself is not
 * among them. */
void record_privacy_tokens(const struct record_privacy *privacy, struct slice text,
                           record_token_visitor visit, void *context);

#endif
