/*
 * The search for stolen accounts over mail of before, in its own time: what `replay --accounts` and `learn`
 * have in common.
 *
 * Begins knowing nothing; records, or what a mail server's log tells, come in the order of time. One thread.
 */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_ACCOUNTS_H
#define CLOSEDRELAY_HISTORY_REPLAY_ACCOUNTS_H

#include "accounts/accounts.h"
#include "engine/engine.h"
#include "live/contacts.h"
#include "policy_history.h"

/* Texts of one record that may be needed at the same time. */
enum scratch { OF_USER, OF_HELO, OF_SENDER, OF_FROM, OF_MESSAGE_ID, OF_FINGERPRINT, OF_OTHER, SCRATCH_COUNT };

struct accounts_replay {
    void *owner;
    struct accounts *accounts;
    struct contacts *contacts;
    const struct accounts_settings *settings;
    const struct policy_history_page *page;
    struct strbuf *out;
    int64_t now_us; /* the time of the present record */
    struct clock clock;
    struct strbuf scratch[SCRATCH_COUNT];
    struct account_recipient *recipients;
    struct strbuf addresses; /* of the present record's recipients */
    size_t recipient_count;
    uint64_t record_count;
    uint64_t sent_count, hidden_count; /* messages of logins; those whose client tells of no network */
    bool failed;
    /* Of each message of a login; or NULL. */
    void (*note_sent)(struct accounts_replay *replay, const struct account_message *message);
    void *note_context;
};

/* `database`: where what is learnt is to stay, or NULL. False: out of memory. accounts_replay_end in any
 * case. */
bool accounts_replay_begin(struct accounts_replay *replay, const struct policy_snapshot *snapshot,
                           struct state_database *database, const uint64_t seed[2]);
void accounts_replay_end(struct accounts_replay *replay);

/* All records of `source` within the time of `query`. False: `problem` says why. */
bool accounts_replay_records(struct accounts_replay *replay, const struct policy_history_source *source,
                             const struct policy_accounts_query *query, struct strbuf *problem);

/* A message that is no record, at replay->now_us: its recipients, and then one of the two below. */
void accounts_replay_begin_recipients(struct accounts_replay *replay);
/* False: out of memory. */
bool accounts_replay_add_recipient(struct accounts_replay *replay, enum account_delivery delivery,
                                   struct slice address);
/* From a login; recipients and time are filled in. What goes wrong is in replay->failed. */
void accounts_replay_take_sent(struct accounts_replay *replay, struct account_message *message);
/* From elsewhere. */
void accounts_replay_take_inbound(struct accounts_replay *replay, struct slice sender);

#endif
