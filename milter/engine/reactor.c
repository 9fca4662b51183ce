#include "reactor.h"

#include "crew.h"
#include "turn.h"

#include <errno.h>
#include <limits.h>

/* ---- new connections ---------------------------------------------------------------------------------- */

/* NULL: errno says why. */
static struct connection *accept_one(struct reactor *reactor)
{
    struct crew *crew = reactor->crew;
    const int descriptors_max = atomic_load_explicit(&crew->descriptors_max, memory_order_relaxed);
    struct connection *connection = acceptor_take(&reactor->acceptor, descriptors_max, crew->description);
    if (connection != NULL)
        turn_add(reactor, connection);
    return connection;
}

/* What a new connection sends is often there already. False: another thread drives the reactor now. */
static bool take_connection(struct worker *worker, uint64_t now_ms)
{
    struct connection *connection = accept_one(worker->reactor);
    if (connection != NULL)
        return turn_give(worker, connection, false, now_ms);
    acceptor_rest(&worker->reactor->acceptor, now_ms);
    return true;
}

/* ---- deadlines ---------------------------------------------------------------------------------------- */

static struct connection *expired(struct deadline_list *list, uint64_t now_ms)
{
    struct deadline *first = deadline_first(list);
    if (first == NULL || first->at_ms > now_ms)
        return NULL;
    return (struct connection *)((char *)first - offsetof(struct connection, deadline));
}

/* False: another thread drives the reactor now. */
static bool end_expired(struct worker *worker, struct deadline_list *list, uint64_t now_ms)
{
    struct connection *connection;
    while ((connection = expired(list, now_ms)) != NULL) {
        deadline_clear(&connection->deadline);
        if (!turn_give(worker, connection, true, now_ms))
            return false;
    }
    return true;
}

/* Those that have waited as long as they may. False: another thread drives the reactor now. */
static bool wake_late(struct worker *worker, uint64_t now_ms)
{
    struct connection *connection;
    while ((connection = expired(&worker->reactor->aside, now_ms)) != NULL)
        if (turn_take_from_aside(connection) && !turn_give(worker, connection, false, now_ms))
            return false;
    return true;
}

static uint64_t earlier(uint64_t at_ms, const struct deadline_list *list)
{
    const struct deadline *first = deadline_first(list);
    return first != NULL && first->at_ms < at_ms ? first->at_ms : at_ms;
}

static int wait_ms(const struct reactor *reactor)
{
    uint64_t at_ms = reactor->acceptor.again_ms == 0 ? UINT64_MAX : reactor->acceptor.again_ms;
    at_ms = earlier(earlier(earlier(at_ms, &reactor->idle), &reactor->parts), &reactor->aside);
    if (at_ms == UINT64_MAX)
        return -1;
    const uint64_t now_ms = clock_now_ms();
    return at_ms <= now_ms ? 0 : at_ms - now_ms > INT_MAX ? INT_MAX : (int)(at_ms - now_ms);
}

/* ---- what other threads want -------------------------------------------------------------------------- */

struct orders {
    bool has_returned, drain, hurry, end;
};

static struct orders take_orders(struct reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    const struct orders orders = {reactor->returned != NULL, reactor->is_told_to_drain,
                                  reactor->is_told_to_hurry, reactor->is_told_to_end};
    pthread_mutex_unlock(&reactor->lock);
    return orders;
}

static struct connection *next_returned(struct reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    struct connection *connection = reactor->returned;
    if (connection != NULL)
        reactor->returned = connection->next_returned;
    pthread_mutex_unlock(&reactor->lock);
    return connection;
}

/* False: another thread drives the reactor now. */
static bool take_returned(struct worker *worker, uint64_t now_ms)
{
    struct connection *connection;
    while ((connection = next_returned(worker->reactor)) != NULL) {
        const bool has_waited = connection->is_aside;
        connection->is_away = connection->is_aside = false;
        deadline_clear(&connection->deadline);
        if (!has_waited)
            turn_settle(worker, connection, now_ms);
        else if (!turn_give(worker, connection, false, now_ms))
            return false;
    }
    return true;
}

static void stop_listening(struct reactor *reactor)
{
    acceptor_close(&reactor->acceptor);
    crew_stops_listening(reactor->crew);
}

/* False: another thread drives the reactor now. */
static bool drain(struct worker *worker, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    struct connection *connection;
    while (reactor->acceptor.listening >= 0) {
        connection = accept_one(reactor);
        if (connection == NULL && errno != ECONNABORTED)
            stop_listening(reactor);
        else if (connection != NULL && !turn_give(worker, connection, false, now_ms))
            return false;
    }
    return true;
}

static void end_connections(struct worker *worker, uint64_t now_ms)
{
    struct connection *next;
    for (struct connection *at = worker->reactor->connections; at != NULL; at = next) {
        next = at->next;
        if (at->is_away || (at->is_aside && !turn_take_from_aside(at)))
            continue;
        connection_end(at, &worker->workspace);
        turn_settle(worker, at, now_ms);
    }
}

/* False: another thread drives the reactor now. */
static bool follow(struct worker *worker, const struct orders *orders, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    if (orders->has_returned && !take_returned(worker, now_ms))
        return false;
    if (orders->hurry && !reactor->is_hurrying)
        turn_hurry_idle(reactor);
    if (orders->drain && !drain(worker, now_ms))
        return false;
    if (orders->end) {
        if (reactor->acceptor.listening >= 0)
            stop_listening(reactor);
        turn_answer(worker, now_ms);
        end_connections(worker, now_ms);
    }
    return true;
}

/* ---- driving ------------------------------------------------------------------------------------------ */

/* Something has come of one that waits: packets do that too, but nobody waits for who has hung up. False:
 * another thread drives the reactor now. */
static bool look_at_aside(struct worker *worker, struct connection *connection, uint64_t now_ms)
{
    poller_remove(&worker->reactor->poller, connection->descriptor);
    connection->is_polled = false;
    return !connection_is_hung_up(connection) || !turn_take_from_aside(connection) ||
           turn_give(worker, connection, true, now_ms);
}

/* False: another thread drives the reactor now. */
static bool serve_ready(struct worker *worker, void **subjects, size_t count, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    for (size_t i = 0; i < count; i++) {
        struct connection *connection = subjects[i] == &reactor->acceptor ? NULL : subjects[i];
        bool is_driver = true;
        if (connection == NULL)
            is_driver = take_connection(worker, now_ms);
        else if (connection->is_aside)
            is_driver = look_at_aside(worker, connection, now_ms);
        else
            is_driver = turn_give(worker, connection, false, now_ms);
        if (!is_driver)
            return false; /* its poller tells the successor of the others again */
    }
    return true;
}

/* Nobody drives it any more. */
static void retire(struct reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    reactor->driver = NULL;
    pthread_mutex_unlock(&reactor->lock);
}

void reactor_drive(struct worker *worker)
{
    struct reactor *reactor = worker->reactor;
    void *ready[POLLER_EVENTS_MAX];
    for (uint64_t now_ms = clock_now_ms();;) {
        turn_answer(worker, now_ms); /* also what the driver before has left */
        const size_t count = poller_wait(&reactor->poller, ready, wait_ms(reactor));
        now_ms = clock_now_ms();
        if (!serve_ready(worker, ready, count, now_ms))
            return;
        const struct orders orders = take_orders(reactor);
        if (!follow(worker, &orders, now_ms))
            return;
        if (orders.end && reactor->connections == NULL) {
            retire(reactor);
            return;
        }
        acceptor_resume(&reactor->acceptor, now_ms);
        if (!wake_late(worker, now_ms) || !end_expired(worker, &reactor->parts, now_ms) ||
            !end_expired(worker, &reactor->idle, now_ms))
            return;
    }
}

/* ---- from other threads ------------------------------------------------------------------------------- */

void reactor_drain(struct reactor *reactor, bool is_patient)
{
    pthread_mutex_lock(&reactor->lock);
    reactor->is_told_to_drain = true;
    reactor->is_told_to_hurry = !is_patient;
    pthread_mutex_unlock(&reactor->lock);
    poller_wake(&reactor->poller);
}

void reactor_end(struct reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    reactor->is_told_to_end = true;
    pthread_mutex_unlock(&reactor->lock);
    poller_wake(&reactor->poller);
}

bool reactor_open(struct reactor *reactor, struct crew *crew, int listening)
{
    *reactor = (struct reactor){.crew = crew, .acceptor.listening = -1};
    pthread_mutex_init(&reactor->lock, NULL);
    deadline_list_init(&reactor->idle);
    deadline_list_init(&reactor->parts);
    deadline_list_init(&reactor->aside);
    outbox_init(&reactor->outbox);
    if (poller_open(&reactor->poller) && acceptor_open(&reactor->acceptor, &reactor->poller, listening))
        return true;
    reactor_close(reactor);
    return false;
}

void reactor_close(struct reactor *reactor)
{
    acceptor_close(&reactor->acceptor);
    outbox_deinit(&reactor->outbox);
    poller_close(&reactor->poller);
}
