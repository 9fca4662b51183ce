/*
 * Which logins look stolen: evidence of each login's mail, its score, and its step on the ladder.
 *
 * Told of every message, login and report in the order of time, this room keeps a little of each login (about
 * a kilobyte, bounded), learns what is usual for it and for its domain, and says in points how much the last
 * day speaks for a theft. It knows no clock: time is that of what it is told, so that recorded mail is judged
 * as live mail is. It acts on nothing. One thread at a time.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNTS_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNTS_H

#include "accounts/accounts_settings.h"
#include "base/strbuf.h"
#include "facts/ip_address.h"

#include <stdbool.h>

struct accounts;

struct state_database; /* store/state_database.h */

/* `database` keeps them, or NULL: they end with the process. It outlives the accounts. `seed`: random, for
 * strangers choose what is hashed; where nobody is there who could, the same each time gives the same
 * answers. NULL: out of memory. */
struct accounts *accounts_create(struct state_database *database, const uint64_t seed[2]);
void accounts_destroy(struct accounts *accounts); /* NULL is allowed */

struct geo; /* geo/geo.h */

/* Where addresses are, from now on; takes a reference of its own. NULL: nobody knows. Networks of one
 * operator (AS) are then near each other, in the place of those of one /16 (of IPv6 /32), and countries are
 * counted. */
void accounts_use_geo(struct accounts *accounts, struct geo *geo);

/* ---- what it is told -------------------------------------------------------------------------------- */

enum account_delivery {
    ACCOUNT_TAKEN,   /* accepted or held */
    ACCOUNT_REFUSED, /* there is no such recipient: the MTA or the policy says so */
    ACCOUNT_LEFT,    /* anything else: not sent, and no evidence */
};

struct account_recipient {
    struct slice address;
    enum account_delivery delivery;
    bool is_new; /* the login has neither written to it before nor heard from it */
};

/* A message of a login, once it is over. Slices may be empty where nothing is known. */
struct account_message {
    int64_t time_us;
    struct slice user;               /* canonical login; not empty */
    const struct ip_address *client; /* who really sent it; NULL: a webmail server or the like hides that */
    struct slice helo, sender, from; /* envelope and header */
    struct slice message_id;         /* to know it again when it comes back */
    struct slice fingerprint;        /* alike in all copies of one text */
    bool is_listed;                  /* some list has the client */
    unsigned blocked_attachments;
    const struct account_recipient *recipients;
    size_t recipient_count;
};

/* ---- what it says ----------------------------------------------------------------------------------- */

struct account_evidence {
    enum account_evidence_kind kind;
    float points; /* before the caps of families */
    float seen, of, usual;
};

struct account_judgement {
    float points;                         /* the sum of families */
    float families[ACCOUNT_FAMILY_COUNT]; /* within their caps */
    struct account_evidence evidence[EVIDENCE_KIND_COUNT];
    size_t evidence_count;
    enum account_step before, step; /* of the ladder; equal where nothing has changed */
    bool is_raised;                 /* step is above what it was: tell it */
};

/* A moment of a login's last days, for who asks how it came about. */
struct account_trace {
    int64_t time_us;
    uint16_t points;
    uint8_t families[ACCOUNT_FAMILY_COUNT];
    uint8_t step;
};

/* A message, and what it makes of its login. False: out of memory, nothing has changed. */
bool accounts_take_message(struct accounts *accounts, const struct accounts_settings *settings,
                           const struct account_message *message, struct account_judgement *judgement);

/* A login that sends nothing (IMAP, POP3): its network is one that the owner, or a thief, has. */
bool accounts_take_login(struct accounts *accounts, const struct accounts_settings *settings,
                         struct slice user, const struct ip_address *client, int64_t time_us);

/* Mail from elsewhere was accepted for `address`: the mailbox is there, whether it sends or not. */
void accounts_take_inbound(struct accounts *accounts, struct slice address, int64_t time_us);

/* The login that has `address` as its envelope sender, valid as long as the accounts; NULL: none is known. */
const char *accounts_owner_of(const struct accounts *accounts, struct slice address);

/* What speaks against the login is forgotten, and it is off the ladder. `is_owner`: it was the owner all the
 * time, so its networks and programs are the owner's too; else they stay new. False: there is no such login.
 */
bool accounts_forgive(struct accounts *accounts, struct slice user, int64_t time_us, bool is_owner);

/* Recipients of an earlier message that it did not reach (`is_complaint`: who complained of it), by its
 * Message-ID. False: no login here has sent such a message lately: forged, or too old. `user` then names
 * whom it is about, valid until the next call. */
struct account_report {
    int64_t time_us;
    struct slice message_id;
    unsigned recipient_count;
    bool is_complaint;
};
bool accounts_take_report(struct accounts *accounts, const struct accounts_settings *settings,
                          const struct account_report *report, const char **user,
                          struct account_judgement *judgement);

/* ---- what is kept ----------------------------------------------------------------------------------- */

/* Writing what has changed, in two steps: of which only the first needs the accounts to be at rest. */
struct accounts_batch;

/* Takes what has changed since the last time, of at most some thousand logins; `all`: the tables over all
 * logins too, which are large. Lets go of logins that were idle for a day. NULL: out of memory. */
struct accounts_batch *accounts_take_changed(struct accounts *accounts, int64_t now_us, bool all);
/* How many logins have changed and found no place in it. */
size_t accounts_batch_left(const struct accounts_batch *batch);
/* Writes it; the batch is gone afterwards. False: not all could be written (the database says why); what
 * was not is lost if the process ends before it changes again. */
bool accounts_batch_write(struct accounts_batch *batch, struct state_database *database);

/* ---- what is asked ---------------------------------------------------------------------------------- */

/* How a login stands. */
struct account_standing {
    const char *user;
    enum account_step step;
    int64_t since_us, until_us; /* of the step */
    uint16_t points;            /* the most since it is on the step */
    float messages_of_hour;
    bool has_network;                   /* some client of it was no private address */
    struct account_judgement judgement; /* as it would be now */
    const struct account_trace *trace;
    size_t trace_count;
};

/* False: nothing is known of it. Valid until the next call. */
bool accounts_look(struct accounts *accounts, const struct accounts_settings *settings, struct slice user,
                   int64_t now_us, struct account_standing *standing);
/* The step alone: quick, and in memory unless the login was idle. */
enum account_step accounts_step_of(struct accounts *accounts, struct slice user, int64_t now_us);
/* Shows those above ACCOUNT_CALM, in no order. */
void accounts_each(struct accounts *accounts, const struct accounts_settings *settings, int64_t now_us,
                   void (*show)(void *context, const struct account_standing *standing), void *context);

/* The family that a kind of evidence counts for. */
enum account_family account_evidence_family(enum account_evidence_kind kind);

/* One evidence in words, with its numbers: "18 of the last 20 recipients were never written to; usual here:
 * 1 in 8". */
void account_evidence_describe(const struct account_evidence *evidence, struct strbuf *out);

/* The evidence that has the most points comes first. */
void account_judgement_sort(struct account_judgement *judgement);

/* The address in a header field From:, "Ann <ann@example.com>"; the whole field where there is none. */
struct slice account_from_address(struct slice field);

/* "recipients, networks": the families that have something to say, the most first. */
void account_families_list(const float families[ACCOUNT_FAMILY_COUNT], struct strbuf *out);

#endif
