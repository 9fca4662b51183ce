/*
 * What is kept of one login: habits, what happened within about a day, and where it stands on the ladder.
 * Private to this room. Bounded: about 1 kB, with all sets full 8 kB.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNT_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNT_H

#include "accounts/accounts.h"
#include "accounts/known_set.h"
#include "accounts/level.h"
#include "accounts/prior.h"
#include "accounts/recent_set.h"

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    NETWORKS_MAX = 32,
    CLIENTS_MAX = 8,
    SENDERS_MAX = 16,
    TEXTS_MAX = 8,
    HOURS_PER_DAY = 24,
    HOUR_BINS = 2 * HOURS_PER_DAY, /* of working days, of weekends */
    TRACE_MAX = 16,
};

/* What is asked of each message, with yes or no; how often it is so is known of each login and domain. */
enum account_question {
    QUESTION_NEW_RECIPIENT,
    QUESTION_NEW_NETWORK, /* once a day and network */
    QUESTION_NEW_CLIENT,  /* once a day and greeting */
    QUESTION_FAILURE,
    QUESTION_NEW_SENDER,
    QUESTION_LISTED,
    QUESTION_COMPLAINT,
    QUESTION_BLOCKED,
    QUESTION_COUNT
};

enum account_level {
    LEVEL_RECIPIENTS, /* distinct, of a day */
    LEVEL_BURST,      /* messages of an hour */
    LEVEL_NETWORKS,   /* new ones, of a day */
    LEVEL_TEXT,       /* uses of one text, of a day */
    LEVEL_FAN_OUT,    /* distinct recipients, of an hour */
    LEVEL_LETTERS,    /* messages that each have a text of their own, of an hour */
    LEVEL_COUNT
};

/* Everything that was sent, and what came over networks that are new to the login: a thief is among the
 * second, and the owner's usual mail among the first only. */
enum account_path { PATH_ALL, PATH_NEW, PATH_COUNT };

/* Counts that fade: by half within settings->evidence_half_life_ms, those of an hour within that. */
struct recent {
    float messages, burst;
    float fan_out, letters; /* of an hour: distinct recipients, and messages with a text of their own */
    float recipients, new_recipients; /* distinct */
    /* The same by messages: ten recipients of one message are one choice of its sender's, not ten. */
    float new_weight, weight;
    float attempts, failures;
    float new_senders;
    float new_networks;
    float listed;
    float odd_hours; /* points, summed up over messages */
    float blocked, complaints;
};

/* A text, and how often it was sent: a message to ten is one choice of its sender's, and counts as three. */
struct text_use {
    uint32_t print;
    float uses[PATH_COUNT];
};

struct domain {
    char *name;
    struct domain *all; /* what all domains have in common; NULL: this is it */
    struct prior priors[QUESTION_COUNT];
    struct level levels[LEVEL_COUNT];
    UT_hash_handle hh;
};

/* A login's name, which stays in memory, and what is kept of it, which may be on the disk only. */
struct login {
    char *user;
    uint32_t number;         /* the same for as long as it is known, over a restart too */
    struct account *account; /* NULL: on the disk */
    UT_hash_handle hh;
};

struct account {
    const char *user; /* of its login */
    uint32_t number;
    bool is_changed; /* since it was written */
    struct domain *domain;

    /* From here to `networks` it is kept on the disk as it stands (account_bytes.c). */
    int64_t first_us, last_us;
    uint32_t day; /* the day that levels are noted for */
    float message_count;
    struct tendency own[QUESTION_COUNT], today[QUESTION_COUNT];
    struct level levels[LEVEL_COUNT];
    struct recent recent[PATH_COUNT];
    struct text_use texts[TEXTS_MAX];
    uint8_t hours[HOUR_BINS];
    /* Of the newest way in that is new: how new its network and its greeting are, from 0 to 1, and what the
     * honest would make of it. */
    float network_newness, client_newness, network_expected, client_expected;
    bool
        is_at_once; /* that network was first met within the last hours, and nothing says it is the owner's */
    uint8_t network_logins, text_logins; /* to how many it is new within a day */
    enum account_step step;
    int64_t step_since_us, step_until_us;

    struct known_set networks, clients, senders;
    struct recent_set written_to;
    struct account_trace *trace; /* malloc; TRACE_MAX of them, or NULL */
    uint8_t trace_count;
};

/* NULL: out of memory. */
struct account *account_create(const struct login *login, struct domain *domain, int64_t now_us);
void account_free(struct account *account);

/* Appends all that is kept of it; and reads that back into a fresh one. False: that is nothing this version
 * has written, or memory ran out. */
void account_write(const struct account *account, struct strbuf *out);
bool account_read(struct account *account, struct slice bytes);
/* The number in what account_write wrote; 0: it is none. */
uint32_t account_read_number(struct slice bytes);

/* Lets counts fade up to now; where a day is over, what it had becomes habit, unless the account is on the
 * step `warn` or above. */
void account_advance(struct account *account, const struct accounts_settings *settings, int64_t now_us);

/* The part of it that has a reason which all share today; 0: nothing is out of the ordinary. */
float account_excess(const struct account *account, const struct accounts_settings *settings,
                     enum account_question question);

/* Something was so, or was not, for its domain and for all. */
void account_note(struct account *account, enum account_question question, float hits, float trials);
/* What is usual of a level for logins that little is known of: their domain's, or everybody's. */
const struct level *account_domain_level(const struct account *account, enum account_level level);

/* An honest login's share of yes, and points for `hits` of `trials` (with weights) against it. */
float account_expect(const struct account *account, const struct accounts_settings *settings,
                     enum account_question question);

#endif
