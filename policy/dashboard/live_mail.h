/*
 * What happened within the last day, in bounded memory: the numbers behind the dashboard's pictures, and the
 * records of the last messages that did not simply pass.
 *
 * It is fed with lines of the record, those that are written (by a thread that watches them, so that no
 * message waits) and, after a start, those of the day before. What is asked of it is copied out, so that
 * whoever renders holds nothing up. Any thread.
 */
#ifndef CLOSEDRELAY_DASHBOARD_LIVE_MAIL_H
#define CLOSEDRELAY_DASHBOARD_LIVE_MAIL_H

#include "record/record_reader.h"

enum {
    LIVE_MINUTES = 24 * 60,
    LIVE_HOURS = 24,
    LIVE_REFUSALS = 200,               /* kept */
    LIVE_REFUSAL_BYTES_MAX = 64 << 10, /* of a longer record nothing is kept but its numbers */
    LIVE_USERS =
        256, /* told apart in a quarter of an hour; the least busy give way, and counts are then too high */
    LIVE_CAUSES = 128,
};

enum live_verdict { LIVE_ACCEPTED, LIVE_HELD, LIVE_DEFERRED, LIVE_REFUSED, LIVE_ABORTED, LIVE_VERDICTS };

struct live_counts {
    uint32_t verdicts[LIVE_VERDICTS];
    uint32_t recipients;         /* that accepted and held messages go to */
    uint32_t recipients_refused; /* of all messages */
    uint64_t bytes;              /* of accepted and held messages */
};

/* A user, or a cause ("attachments blocked"), over the hours asked for. */
struct live_row {
    const char *name;
    struct live_counts counts;
};

/* A copy, under one talloc context. */
struct live_view {
    int64_t now_us;              /* wall clock */
    int64_t first_minute_us;     /* when the first of `minutes` began */
    struct live_counts *minutes; /* LIVE_MINUTES of them, the last is under way */
    struct live_row *users;      /* the most messages first */
    size_t user_count;
    struct live_row *causes; /* likewise */
    size_t cause_count;
    const char **refusals; /* lines of the record, the newest first */
    size_t refusal_count;
    uint64_t lost_count;    /* messages that came too fast to be seen, and are in no number here */
    int64_t known_since_us; /* nothing from before is known; 0: all of the day is */
};

struct live_mail;

struct live_mail *live_mail_create(void); /* NULL: no memory */
void live_mail_destroy(struct live_mail *mail);

/* Counts a message; `record` is read on. Older than a day, or no message: nothing happens. `now_us`: wall
 * clock. */
void live_mail_take(struct live_mail *mail, struct record *record, int64_t now_us);
/* So many were missed. */
void live_mail_lose(struct live_mail *mail, uint64_t count);
/* Since when all is known; 0: since a day ago. */
void live_mail_know_since(struct live_mail *mail, int64_t since_us);

/* Users and causes are those of the last `hours`, by quarters of an hour, of which the last is under way.
 * False: no memory. */
bool live_mail_view(struct live_mail *mail, void *owner, int64_t now_us, unsigned hours,
                    struct live_view *view);

void live_counts_add(struct live_counts *sum, const struct live_counts *more);
uint64_t live_counts_messages(const struct live_counts *counts);

#endif
