/*
 * The threads of the engine: one that drives each reactor, those that take over from one that is kept, and
 * those that large messages are given to.
 *
 * Who is about to wait says so, and a watch looks fifty times a second for one that is kept all the same. A
 * large message goes to a thread of lower priority, and the driver goes on. There is a bound on threads:
 * beyond it a reactor waits for its driver, and large messages are served by the drivers, one buffer after
 * the other.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_CREW_H
#define CLOSEDRELAY_MILTER_ENGINE_CREW_H

#include "reactor.h"

enum {
    CREW_REACTORS_MAX = 8,
    CREW_HEAVY_MAX = 8, /* threads for large messages, each with a buffer of its own */
};

enum worker_state {
    WORKER_DRIVES, /* a reactor, or has nothing to do */
    WORKER_SERVES, /* a connection, as the driver of its reactor */
    WORKER_STAYS,  /* with its connection; another drives the reactor */
};

/* Threads without something to do. */
struct spares {
    struct worker *first;
    unsigned count;
};

struct worker {
    struct crew *crew;
    struct workspace workspace;
    bool is_for_heavy;          /* stays with large messages, and drives no reactor */
    struct reactor *reactor;    /* that it drives, or of the connection it stays with; NULL: none */
    struct connection *serving; /* while it serves or stays */
    atomic_int state;           /* enum worker_state */
    atomic_uint serial;         /* of what it serves; the watch looks whether it is still the same */
    unsigned serial_seen;       /* the watch's */
    /* Under the crew's lock: */
    pthread_cond_t assigned;
    bool is_dismissed;
    struct worker *next;
};

struct crew {
    const struct smfiDesc *description;
    struct reactor reactors[CREW_REACTORS_MAX];
    size_t reactor_count;
    atomic_int descriptors_max; /* a connection that would get this one or above is closed */
    atomic_uint_least64_t connection_count;
    atomic_bool is_watch_asleep;
    pthread_mutex_t lock; /* taken after a reactor's, never before one */
    pthread_cond_t changed;
    pthread_cond_t watch_wanted;
    struct spares drivers, heavies;
    unsigned thread_count;
    unsigned heavy_count;     /* of them, those for large messages */
    unsigned listening_count; /* reactors that take connections */
    bool is_ending;
};

/* Takes connections at `listening`, which stays the caller's, and serves them: one reactor a processor.
 * False: `problem` says why. */
bool crew_start(struct crew *crew, const struct smfiDesc *description, int listening, struct strbuf *problem);

/* By a thread that is about to wait for something outside the process; any may call. */
void crew_about_to_wait(void);

/* Takes no more connections, but for those that wait at the socket; returns when that is done. `is_patient`:
 * those that are idle may stay. */
void crew_drain(struct crew *crew, bool is_patient);

/* Ends all connections and threads. False: one did not come back within `wait_ms`; nothing may be freed. */
bool crew_end(struct crew *crew, uint64_t wait_ms);

/* ---- for reactors -------------------------------------------------------------------------------------- */

/* Another thread takes over what `worker` drives, if it serves and there is one. */
bool crew_hand_over(struct reactor *reactor, struct worker *worker);

/* The driver gives the connection away to a thread for large messages: see turn_stay(). False: there is none.
 */
bool crew_give_heavy(struct connection *connection);

void crew_connection_begins(struct crew *crew);
void crew_connection_ends(struct crew *crew);
/* A reactor takes no connections any more. */
void crew_stops_listening(struct crew *crew);

#endif
