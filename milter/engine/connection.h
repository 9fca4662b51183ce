/*
 * One connection of the MTA: its socket, what it has sent in part, and the protocol's context.
 *
 * Served by one thread at a time, from a workspace of that thread: what comes is read into the workspace and
 * handed to callbacks where it lies. Only an unfinished packet is kept with the connection, and an idle one
 * keeps no buffer at all.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_CONNECTION_H
#define CLOSEDRELAY_MILTER_ENGINE_CONNECTION_H

#include "context.h"
#include "deadline.h"

enum {
    WORKSPACE_BYTES = 256 * 1024,
    /* From there on a message is served by a thread of its own, so that it keeps no others waiting. */
    CONNECTION_HEAVY_BYTES = 1024 * 1024,
};

struct workspace {
    char *buffer; /* WORKSPACE_BYTES */
    struct strbuf answers;
};

/* False: no memory. */
bool workspace_init(struct workspace *workspace);
void workspace_deinit(struct workspace *workspace);

/* What a connection wants next. */
enum connection_need {
    CONNECTION_IDLE,    /* the next packet; nothing of it has come */
    CONNECTION_IN_PART, /* the rest of a packet */
    CONNECTION_IS_FULL, /* room for answers: the MTA does not read them */
    CONNECTION_WAITS,   /* what a callback waits for (context.awaited), and no packet before that */
    CONNECTION_IS_OVER, /* nothing: protocol_end was called */
};

struct connection {
    struct smfi_str context;
    struct deadline deadline;
    int descriptor; /* blocks, so that a thread of its own may wait at it */
    enum connection_need need : 8;
    bool is_polled;         /* its reactor's poller has it */
    bool is_polled_full;    /* and tells when there is room for answers */
    bool is_new_part;       /* the packet that is there in part is not the one of before */
    bool is_away;           /* a thread serves it that drives no reactor */
    bool is_aside;          /* it is to be told of what it waits for */
    bool has_patience;      /* reading may wait for a second */
    bool is_answered_later; /* its answer is in the reactor's outbox */
    uint64_t body_bytes;    /* of the message being sent */
    char *kept;             /* the beginning of a packet, or more: what is to be taken before anything new */
    uint32_t kept_length, kept_room; /* no more than the workspace has */
    struct slice unsent;             /* answers that the MTA does not read; owned */
    struct pending_notice notice;    /* while it is aside */
    struct reactor *reactor;         /* that it belongs to for life; the rest is the reactor's */
    struct connection *next_returned;
    struct connection *next, *previous;
};

/* `descriptor` is the connection's from now on. NULL: no memory, and the descriptor is not. */
struct connection *connection_create(int descriptor, const struct smfiDesc *description);
/* After it was over. */
void connection_destroy(struct connection *connection);

/* Whether connection_serve should now be given a thread of its own. */
bool connection_is_heavy(const struct connection *connection);

/* Has a callback that waited go on; otherwise reads what there is, or at most a second for the rest of a
 * packet where `is_patient`. Calls the callbacks. Fills `need`, and the workspace's answers, which are the
 * caller's to send with connection_answer(); where the connection is over they were sent. */
void connection_serve(struct connection *connection, struct workspace *workspace, bool is_patient);

/* Sends, and keeps what the MTA does not read at once; `need` says so. */
void connection_answer(struct connection *connection, struct workspace *workspace, struct slice answers);

/* Whether the MTA has hung up, and nothing that it has sent is left. */
bool connection_is_hung_up(const struct connection *connection);

/* Gives it up, whatever it is about: callbacks are told. */
void connection_end(struct connection *connection, struct workspace *workspace);

#endif
