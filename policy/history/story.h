/*
 * The story of one message, from its record: the model that explain_text.c, explain_html.c and explain_json.c
 * show.
 *
 * Texts are plain words, still a stranger's: whoever shows them cleans them. With `is_masked` the addresses
 * of others than the user are hidden wherever they stand, for a help desk. Everything is under one talloc
 * context.
 */
#ifndef CLOSEDRELAY_HISTORY_STORY_H
#define CLOSEDRELAY_HISTORY_STORY_H

#include "record/record_reader.h"

struct story_finding {
    const char *check, *outcome, *reason, *mode, *action;
    const char *saw;      /* what it saw: the evidence and the numbers; or "" */
    const char *rule;     /* FILE:LINE that decided, or "" */
    uint64_t limit, seen; /* of a check that counts or measures; else 0 */
    bool is_cause;        /* it decided the verdict */
    bool would_cause;     /* it would have, were monitor mode enforced */
};

struct story_recipient {
    const char *address, *action, *reason;
};

struct story_attachment {
    const char *path, *outcome, *type;
    uint64_t size_bytes;
};

/* A line about the message: "client", "192.0.2.7 (pc.example)". */
struct story_fact {
    const char *name, *value;
};

/* A message in a list. */
struct story_line {
    int64_t time_us;
    const char *id, *kind; /* "message", or the event */
    const char *verdict, *user, *client, *sender, *recipient, *why;
    size_t recipient_count;
};

enum { STORY_FACTS_MAX = 24, STORY_REMEDIES_MAX = 6 };

struct story {
    int64_t time_us;
    const char *id, *verdict, *user, *client, *policy;
    const char *sentence; /* the verdict in one */
    const char *reply;    /* what the sender read, or "" */
    const char *deciding; /* which line of which file decided, in words; "" where nothing did */
    const char *would;    /* what enforcing monitor mode would have done, or "" */
    struct story_fact facts[STORY_FACTS_MAX];
    size_t fact_count;
    struct story_recipient *recipients;
    size_t recipient_count;
    struct story_attachment *attachments;
    size_t attachment_count;
    struct story_finding *findings;
    size_t finding_count;
    const char *changes[STORY_REMEDIES_MAX]; /* what would change it; those that begin with a blank are
                                                configuration */
    size_t change_count;
    const char *useless[STORY_REMEDIES_MAX]; /* what would not */
    size_t useless_count;
    struct story_line *user_lines, *client_lines; /* messages around it, the oldest first */
    size_t user_line_count, client_line_count;
    const char *record; /* the line itself; NULL where it is masked */
};

/* False: memory ran out. */
bool story_make(void *owner, struct record *record, bool is_masked, struct story *story);

/* The same for a list. */
bool story_line_make(void *owner, struct record *record, bool is_masked, struct story_line *line);

/* "30 Nov 2026 10:41:03 UTC", in local time, under `owner`. */
const char *story_moment(void *owner, int64_t time_us);

#endif
