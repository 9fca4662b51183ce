/*
 * Walking through an archive that comes in pieces of any size.
 *
 * Most formats are a chain of records: so many header bytes, then so many bytes of content, then the next
 * header. A reader asks for its next record (and, before it, for bytes to skip or to hand on as content) and
 * is called with it once it is whole, in one piece. Every call consumes at least one byte, so that no chain
 * can be endless. Bytes that are skipped are never touched.
 *
 * What the sink hears goes through here too: one outcome of a kind is reported once an archive, members are
 * paid for from the budget, and each member that began is ended.
 *
 * A walk lives inside its reader, is used by one thread at a time, and does nothing more once it has
 * finished.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_WALK_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_WALK_H

#include "scan/archive/archive.h"
#include "base/strbuf.h"

struct archive_walk {
    const struct archive_sink *sink;
    struct archive_budget *budget;
    uint64_t position;  /* bytes consumed: where the record being asked for begins, after skip and content */
    uint64_t skip_left; /* to pass over first */
    uint64_t content_left;  /* then to hand to the member that is open */
    uint64_t skip_after;    /* then to pass over */
    size_t wanted;          /* then to gather for the reader */
    bool until_nul;         /* the record ends at its first NUL, or at `wanted` */
    struct strbuf record;   /* what was gathered so far, where a piece ended inside the record */
    uint64_t charged_bytes; /* taken from budget->kept_bytes_left for `record` */
    unsigned reported;      /* bit per archive_outcome */
    bool calls_back;        /* the reader's turn comes after skip and content, without a record */
    bool finished;          /* nothing more is wanted */
    bool trailing;          /* the archive is over: only padding may follow */
    bool member_open;
    bool member_wanted;   /* the sink wants its content */
    bool content_missing; /* not all of the open member's content was given */
};

void archive_walk_init(struct archive_walk *walk, const struct archive_sink *sink,
                       struct archive_budget *budget);
void archive_walk_deinit(struct archive_walk *walk);

/* For the reader's step: what comes next, in the order of the calls; the record comes last. */
void archive_walk_skip(struct archive_walk *walk, uint64_t byte_count);
void archive_walk_content(struct archive_walk *walk, uint64_t byte_count);
/* A record of `byte_count` bytes (> 0), or less where it does not fit the budget: then the walk is over
 * budget. */
void archive_walk_record(struct archive_walk *walk, size_t byte_count);
/* A record up to and with the next NUL; without NUL, of `most_bytes` bytes. */
void archive_walk_text(struct archive_walk *walk, size_t most_bytes);
/* No record: the step is called with an empty one after some content, before anything else is consumed. */
void archive_walk_call_back(struct archive_walk *walk);
/* Nothing more: later bytes are not looked at. */
void archive_walk_finish(struct archive_walk *walk);
/* The archive ends here. Padding (archive_padding.h) may follow it; anything else is contradictory, for
 * an unpacker that looks from the end would find something else. */
void archive_walk_expect_end(struct archive_walk *walk);

/* Reports an outcome, the first time it occurs. `why` is a constant sentence. */
void archive_walk_report(struct archive_walk *walk, enum archive_outcome outcome, const char *why);
/* The same, and the walk is finished. */
void archive_walk_stop(struct archive_walk *walk, enum archive_outcome outcome, const char *why);

/* Begins a member, ending the one before. False: there are too many, and the walk is finished. */
bool archive_walk_member(struct archive_walk *walk, const struct archive_member *member);
/* Another name of the open member; names that are empty are not reported. A name with a NUL inside, here and
 * as the first one, is reported up to the NUL too. */
void archive_walk_other_name(struct archive_walk *walk, struct slice name);
/* Hands unpacked bytes to the open member. False: the sink does not want (more of) them. */
bool archive_walk_data(struct archive_walk *walk, struct slice data);
/* The open member's content, or some of it, cannot be given. */
void archive_walk_content_missing(struct archive_walk *walk);
void archive_walk_member_end(struct archive_walk *walk);

typedef void archive_walk_step(void *reader, struct slice record);

/* Walks through `bytes`, calling `step` for every record. False: nothing more needs to be pushed. */
bool archive_walk_push(struct archive_walk *walk, struct slice bytes, archive_walk_step *step, void *reader);

/* The archive's bytes are over: ends the open member and finishes. An end inside a record, or in what was to
 * be skipped or handed on, is damage; one between records too, unless the format allows it there (`may_end`)
 * or the archive's own end was seen. */
void archive_walk_end(struct archive_walk *walk, bool may_end);

#endif
