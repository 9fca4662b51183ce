/*
 * The record of what is no message: a start, a policy, a grant, a block, … (record_fields.h says what stands
 * in each). A pure function of what is given.
 */
#ifndef CLOSEDRELAY_RECORD_EVENT_LINE_H
#define CLOSEDRELAY_RECORD_EVENT_LINE_H

#include "facts/gathered.h"
#include "record/record_writer.h"

/* NULL texts, and numbers without their `has`, are left out; those that the kind of line always has must be
 * there. */
struct record_event {
    enum record_line line;
    const char *policy, *mode, *file, *release; /* of policies; `file`: of a table too */
    const char *user, *service, *client;        /* client: an address or a network */
    const char *subject_kind, *subject_name;    /* whom or what it is about */
    const char *zone;                           /* of a DNS list, without a key */
    const char *state, *reason;
    const char *by;                       /* who did it; NULL: nobody */
    int64_t until_us;                     /* wall clock; 0 or INT64_MAX: it does not end by itself */
    bool has_entries, has_entries_before; /* of a table */
    uint64_t entries, entries_before;
    uint64_t count;   /* RECORD_LINE_LOST: how many */
    bool has_numbers; /* of a limit */
    uint64_t limit, seen;
    const struct account_reason *reasons; /* what speaks for a theft */
    size_t reason_count;
};

/* Appends the JSON object, without a newline. `id`: an incident id of its own. */
void event_line_write(const struct record_event *event, const struct record_context *context, int64_t time_us,
                      const char *id, struct strbuf *out);

/* The key `evidence`, where there is any. */
void event_line_put_reasons(struct record_writer *record, const struct account_reason *reasons, size_t count);

#endif
