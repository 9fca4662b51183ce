/*
 * What the search for stolen accounts may be told: its weights, rates and steps, and their names.
 *
 * Points are 10 times the decimal logarithm of how much more likely something is where an account was stolen
 * than where it was not. Constant data and plain numbers; any thread.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNTS_SETTINGS_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNTS_SETTINGS_H

#include <stdint.h>

/* Kinds of evidence that have nothing to do with each other where an account is honest. */
enum account_family {
    ACCOUNT_RECIPIENTS, /* never written to before; more of them than usual */
    ACCOUNT_NETWORKS,   /* a client network that is new to the login; several at once */
    ACCOUNT_FAILURES,   /* recipients refused, mail that came back */
    ACCOUNT_IDENTITY,   /* another greeting of the client; changing senders */
    ACCOUNT_CONTENT,    /* one text to many; blocked attachments; one text from several logins */
    ACCOUNT_VOLUME,     /* more at once than usual, and at other hours */
    ACCOUNT_OUTSIDE,    /* a listed client, complaints */
    ACCOUNT_FAMILY_COUNT
};

enum account_evidence_kind {
    EVIDENCE_NEW_RECIPIENTS,
    EVIDENCE_MANY_RECIPIENTS,
    EVIDENCE_NEW_NETWORK,
    EVIDENCE_AT_ONCE,
    EVIDENCE_MANY_NETWORKS,
    EVIDENCE_SHARED_NETWORK,
    EVIDENCE_FAILURES,
    EVIDENCE_NEW_CLIENT,
    EVIDENCE_NEW_SENDERS,
    EVIDENCE_ONE_TEXT,
    EVIDENCE_LETTERS,
    EVIDENCE_SHARED_TEXT,
    EVIDENCE_BLOCKED,
    EVIDENCE_BURST,
    EVIDENCE_FAN_OUT,
    EVIDENCE_ODD_HOURS,
    EVIDENCE_LISTED,
    EVIDENCE_COMPLAINTS,
    EVIDENCE_KIND_COUNT
};

/* The ladder, upwards. */
enum account_step {
    ACCOUNT_CALM,
    ACCOUNT_NOTE,
    ACCOUNT_WARN,
    ACCOUNT_SLOW,
    ACCOUNT_HOLD,
    ACCOUNT_LOCK,
    ACCOUNT_STEP_COUNT
};

/* "recipients", …; "calm", "note", … */
const char *account_family_name(enum account_family family);
const char *account_step_name(enum account_step step);

struct account_step_settings {
    uint64_t score;    /* points from which on it is taken */
    uint64_t lasts_ms; /* how long it stays after the last time there were as many */
};

/* Below them there is no evidence at all. Of one login, within about a day unless said otherwise. */
struct account_floors {
    uint64_t recipients, networks, countries, failures, senders, blocked, complaints;
    uint64_t messages_of_hour; /* of letters too */
    uint64_t logins;           /* who use one new network, or one text */
};

/* How often something is so: where an account was stolen, in percent; where it was not, in per mille, before
 * anything is known of a login or its domain. Complaints are of 10,000 in both. */
struct account_rates {
    uint64_t new_recipients, new_network;
    uint64_t at_once;   /* the network was first met within the last hours */
    uint64_t countries; /* another one beyond the floor */
    uint64_t new_client, failures, new_sender, listed, blocked, complaints;
    uint64_t old_list; /* of others alone: failures of who writes to an old list for once */
};

/* All in points, percent, per mille, or as the name says. */
struct accounts_settings {
    struct account_step_settings steps[ACCOUNT_STEP_COUNT]; /* of ACCOUNT_CALM nothing */
    uint64_t family_caps[ACCOUNT_FAMILY_COUNT];             /* 0: the family is not looked at */
    uint64_t
        sending_cap; /* of recipients, volume and one text to many together: a mass mailing has them all */
    uint64_t access_cap; /* of networks and identity together: somebody who moves has both */
    uint64_t weights[EVIDENCE_KIND_COUNT];   /* percent that each kind counts for: some say the same twice */
    uint64_t kind_caps[EVIDENCE_KIND_COUNT]; /* of each kind alone, before its weight */

    uint64_t evidence_half_life_ms; /* 24 h */
    uint64_t network_half_life_ms;  /* how long a network stays new: 7 d */
    uint64_t learning_ms; /* of a login: no step above note, and none above warn with the points of hold, … */
    uint64_t learning_messages; /* … before so many messages, or that time, unless mail fails */
    uint64_t warnings_per_day;  /* of all logins; beyond, only from the score of `slow` on */

    struct account_floors floors;
    struct account_rates stolen, usual;
};

/* The defaults: those of the configuration. */
extern const struct accounts_settings accounts_settings_default;

#endif
