#include "turn.h"

#include "crew.h"
#include "protocol.h"

#include <errno.h>

enum {
    /* Longer than any MTA keeps an idle connection (Sendmail: 1 h). */
    IDLE_MS = 7200 * 1000,
    /* While the daemon stops: from then on a connection without a message is no longer waited for. */
    IDLE_AT_END_MS = 2000,
    PACKET_MS = 30 * 1000, /* for a whole packet, however it trickles in; for answers to be read, too */
    /* The rest of a larger one may take a while, and nobody's answer waits for it. */
    SMALL_BODY_BYTES = 64 * 1024,
};

/* ---- the list of connections -------------------------------------------------------------------------- */

void turn_add(struct reactor *reactor, struct connection *connection)
{
    connection->reactor = reactor;
    connection->next = reactor->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    reactor->connections = connection;
    crew_connection_begins(reactor->crew);
}

static void drop(struct reactor *reactor, struct connection *connection)
{
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        reactor->connections = connection->next;
    deadline_clear(&connection->deadline);
    if (connection->is_answered_later)
        outbox_forget(&reactor->outbox, connection);
    connection_destroy(connection);
    crew_connection_ends(reactor->crew);
}

/* Any thread: the driver is to see to it. */
static void give_back(struct connection *connection)
{
    struct reactor *reactor = connection->reactor;
    pthread_mutex_lock(&reactor->lock);
    const bool is_first = reactor->returned == NULL;
    connection->next_returned = reactor->returned;
    reactor->returned = connection;
    pthread_mutex_unlock(&reactor->lock);
    if (is_first)
        poller_wake(&reactor->poller);
}

/* ---- what a callback waits for ------------------------------------------------------------------------ */

static void be_told(void *context)
{
    give_back(context);
}

static void put_aside(struct connection *connection)
{
    const struct pending_awaited *awaited = &connection->context.awaited;
    connection->notice = (struct pending_notice){.told = be_told, .context = connection};
    connection->is_aside = true;
    deadline_clear(&connection->deadline);
    deadline_set(&connection->reactor->aside, &connection->deadline, awaited->deadline_ms);
    if (!pending_tell(awaited->pending, &connection->notice))
        be_told(connection); /* it is there already */
}

bool turn_take_from_aside(struct connection *connection)
{
    deadline_clear(&connection->deadline);
    if (!pending_forget(connection->context.awaited.pending, &connection->notice))
        return false;
    connection->is_aside = false;
    return true;
}

/* ---- what a connection waits for ---------------------------------------------------------------------- */

static void set_deadline(struct reactor *reactor, struct connection *connection, uint64_t now_ms)
{
    struct deadline *deadline = &connection->deadline;
    if (connection->need == CONNECTION_IDLE) {
        const bool may_close = reactor->is_hurrying && !protocol_is_in_message(&connection->context);
        deadline_clear(deadline);
        deadline_set(&reactor->idle, deadline, now_ms + (may_close ? IDLE_AT_END_MS : IDLE_MS));
    } else if (connection->is_new_part || !deadline_is_set(deadline)) {
        deadline_clear(deadline);
        deadline_set(&reactor->parts, deadline, now_ms + PACKET_MS);
    }
}

/* False: the system is out of memory. */
static bool watch(struct reactor *reactor, struct connection *connection)
{
    const bool is_full = connection->need == CONNECTION_IS_FULL;
    if (connection->is_polled && connection->is_polled_full == is_full)
        return true;
    if (connection->is_polled)
        poller_remove(&reactor->poller, connection->descriptor);
    connection->is_polled_full = is_full;
    connection->is_polled = poller_add(&reactor->poller, connection->descriptor,
                                       is_full ? POLLER_WRITABLE : POLLER_READABLE, connection);
    return connection->is_polled;
}

void turn_settle(struct worker *worker, struct connection *connection, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    if (connection->need < CONNECTION_WAITS && !watch(reactor, connection)) {
        log_error("milter: a connection is closed: %s", strerror(errno));
        connection_end(connection, &worker->workspace);
    }
    if (connection->need == CONNECTION_WAITS)
        put_aside(connection);
    else if (connection->need == CONNECTION_IS_OVER)
        drop(reactor, connection);
    else
        set_deadline(reactor, connection, now_ms);
}

/* ---- answering --------------------------------------------------------------------------------------- */

static void answer_now(struct worker *worker, struct connection *connection)
{
    if (connection->need == CONNECTION_IS_OVER)
        return;
    connection_answer(connection, &worker->workspace, strbuf_slice(&worker->workspace.answers));
    strbuf_reset(&worker->workspace.answers);
}

static bool answer_later(struct worker *worker, struct connection *connection)
{
    const bool goes_on = (connection->need == CONNECTION_IDLE || connection->need == CONNECTION_IN_PART) &&
                         !connection_is_heavy(connection);
    const struct slice answers = strbuf_slice(&worker->workspace.answers);
    return goes_on && (answers.length == 0 || outbox_put(&worker->reactor->outbox, connection, answers));
}

void turn_answer(struct worker *worker, uint64_t now_ms)
{
    struct outbox *outbox = &worker->reactor->outbox;
    for (size_t i = 0; i < outbox->count; i++) {
        struct connection *connection = outbox->answers[i].connection;
        if (connection == NULL)
            continue;
        const enum connection_need before = connection->need;
        connection->is_answered_later = false;
        connection_answer(connection, &worker->workspace, outbox_answer_bytes(outbox, i));
        if (connection->need != before)
            turn_settle(worker, connection, now_ms);
    }
    outbox_empty(outbox);
}

/* ---- serving ------------------------------------------------------------------------------------------ */

void turn_give_away(struct connection *connection)
{
    if (connection->is_polled)
        poller_remove(&connection->reactor->poller, connection->descriptor);
    deadline_clear(&connection->deadline);
    connection->is_polled = false;
    connection->is_away = true;
}

void turn_stay(struct worker *worker)
{
    struct connection *connection = worker->serving;
    bool is_patient = true;
    while (is_patient && connection_is_heavy(connection)) {
        const uint64_t before = connection->body_bytes;
        connection_serve(connection, &worker->workspace, true);
        answer_now(worker, connection);
        is_patient = connection->body_bytes > before;
    }
    give_back(connection);
}

/* False: another thread drives the reactor now, and its answer is sent. */
static bool serve(struct worker *worker, struct connection *connection, bool is_to_end)
{
    int expected = WORKER_SERVES;
    worker->serving = connection;
    atomic_fetch_add_explicit(&worker->serial, 1, memory_order_relaxed);
    atomic_store_explicit(&worker->state, WORKER_SERVES, memory_order_release);
    if (is_to_end)
        connection_end(connection, &worker->workspace);
    else
        connection_serve(connection, &worker->workspace, false);
    if (atomic_compare_exchange_strong(&worker->state, &expected, WORKER_DRIVES))
        return true;
    answer_now(worker, connection);
    give_back(connection);
    return false;
}

bool turn_give(struct worker *worker, struct connection *connection, bool is_to_end, uint64_t now_ms)
{
    if (connection->is_answered_later || connection->body_bytes > SMALL_BODY_BYTES)
        turn_answer(worker, now_ms);
    if (!serve(worker, connection, is_to_end))
        return false;
    if (!answer_later(worker, connection))
        answer_now(worker, connection);
    if (!connection_is_heavy(connection) || !crew_give_heavy(connection))
        turn_settle(worker, connection, now_ms);
    if (outbox_is_full(&worker->reactor->outbox))
        turn_answer(worker, now_ms);
    return true;
}

bool turn_take_over(struct reactor *reactor, struct worker *worker, struct worker *successor)
{
    int expected = WORKER_SERVES;
    pthread_mutex_lock(&reactor->lock);
    const bool is_taken =
        reactor->driver == worker && atomic_compare_exchange_strong(&worker->state, &expected, WORKER_STAYS);
    if (is_taken) {
        turn_give_away(worker->serving);
        reactor->driver = successor;
    }
    pthread_mutex_unlock(&reactor->lock);
    if (is_taken)
        poller_wake(&reactor->poller); /* orders that `worker` has begun to follow */
    return is_taken;
}

/* ---- the end of the daemon ---------------------------------------------------------------------------- */

void turn_hurry_idle(struct reactor *reactor)
{
    reactor->is_hurrying = true;
    for (struct connection *at = reactor->connections; at != NULL; at = at->next) {
        if (at->is_away || at->need != CONNECTION_IDLE || protocol_is_in_message(&at->context))
            continue;
        const uint64_t since_ms = at->deadline.at_ms - IDLE_MS;
        deadline_clear(&at->deadline);
        deadline_set(&reactor->idle, &at->deadline, since_ms + IDLE_AT_END_MS);
    }
}
