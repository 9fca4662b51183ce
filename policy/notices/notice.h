/*
 * What an administrator is told of an event of the record: in plain words, with what to do about it.
 *
 * A table from events to notices; which of them a webhook gets is its configuration's. Pure functions.
 */
#ifndef CLOSEDRELAY_NOTICES_NOTICE_H
#define CLOSEDRELAY_NOTICES_NOTICE_H

#include "record/event_line.h"

enum notice_kind {
    NOTICE_LIST,    /* a DNS list is suspended, or asked again */
    NOTICE_RECORDS, /* records are being lost, or are written again */
    NOTICE_DISK,    /* the record's disk is nearly full */
    NOTICE_TABLE,   /* a list's file shrank, or cannot be read */
    NOTICE_RELOAD,  /* a reload was refused */
    NOTICE_STORE,   /* the shared counters are away, or back */
    NOTICE_LIMIT,   /* a limit was filled up to its mark */
    NOTICE_WARN,    /* an account looks stolen */
    NOTICE_LOCK,    /* an account was locked */
    NOTICE_UNLOCK,
    NOTICE_BLOCK, /* somebody was blocked by hand */
    NOTICE_UNBLOCK,
    NOTICE_KIND_COUNT,
    NOTICE_NONE = NOTICE_KIND_COUNT, /* the event is no news */
};

/* The words of `notify: [ { events: … } ]`, and what each is about. */
const char *notice_kind_name(enum notice_kind kind);
const char *notice_kind_text(enum notice_kind kind);

/* Which notice an event is; of RECORD_LINE_LOST one without a count says that it begins. */
enum notice_kind notice_kind_of(const struct record_event *event);

struct notice_origin {
    const char *host;    /* this machine's name */
    int64_t time_us;     /* wall clock */
    const char *id;      /* the event's incident id */
    struct slice record; /* the event's line in the record, without a newline; empty: there is none */
};

/* Appends the body: one JSON object. */
void notice_write(enum notice_kind kind, const struct record_event *event, const struct notice_origin *origin,
                  struct strbuf *out);

#endif
