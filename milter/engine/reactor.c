#include "reactor.h"

#include "crew.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Longer than any MTA keeps an idle connection (Sendmail: 1 h). */
    IDLE_MS = 7200 * 1000,
    /* While the daemon stops: from then on a connection without a message is no longer waited for. */
    IDLE_AT_END_MS = 2000,
    PACKET_MS = 30 * 1000, /* for a whole packet, however it trickles in; for answers to be read, too */
    SHORTAGE_PAUSE_MS = 100,
    SAID_AGAIN_MS = 60 * 1000,
};

/* ---- the list of connections -------------------------------------------------------------------------- */

static void add(struct reactor *reactor, struct connection *connection)
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

/* False: it is being told at this moment, and comes back by itself. */
static bool take_from_aside(struct connection *connection)
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

static void settle(struct worker *worker, struct connection *connection, uint64_t now_ms)
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

/* ---- serving ------------------------------------------------------------------------------------------ */

static void serve_heavy(struct worker *worker, struct connection *connection)
{
    struct crew *crew = worker->crew;
    bool is_patient = crew_enters_heavy(crew);
    if (!is_patient)
        return;
    while (is_patient && connection_is_heavy(connection)) {
        const uint64_t before = connection->body_bytes;
        if (atomic_load(&worker->state) != WORKER_STAYS && !crew_hand_over(worker->reactor, worker))
            break;
        connection_serve(connection, &worker->workspace, true);
        is_patient = connection->body_bytes > before;
    }
    crew_leaves_heavy(crew);
}

/* False: another thread drives the reactor now. */
static bool serve(struct worker *worker, struct connection *connection, bool is_to_end)
{
    int expected = WORKER_SERVES;
    worker->serving = connection;
    atomic_fetch_add_explicit(&worker->serial, 1, memory_order_relaxed);
    atomic_store_explicit(&worker->state, WORKER_SERVES, memory_order_release);
    if (is_to_end) {
        connection_end(connection, &worker->workspace);
    } else {
        connection_serve(connection, &worker->workspace, false);
        if (connection_is_heavy(connection))
            serve_heavy(worker, connection);
    }
    if (atomic_compare_exchange_strong(&worker->state, &expected, WORKER_DRIVES))
        return true;
    give_back(connection);
    return false;
}

static bool serve_and_settle(struct worker *worker, struct connection *connection, bool is_to_end,
                             uint64_t now_ms)
{
    if (!serve(worker, connection, is_to_end))
        return false;
    settle(worker, connection, now_ms);
    return true;
}

bool reactor_take_over(struct reactor *reactor, struct worker *worker, struct worker *successor)
{
    int expected = WORKER_SERVES;
    pthread_mutex_lock(&reactor->lock);
    const bool is_taken =
        reactor->driver == worker && atomic_compare_exchange_strong(&worker->state, &expected, WORKER_STAYS);
    if (is_taken) {
        struct connection *connection = worker->serving;
        if (connection->is_polled)
            poller_remove(&reactor->poller, connection->descriptor);
        deadline_clear(&connection->deadline);
        connection->is_polled = false;
        connection->is_away = true;
        reactor->driver = successor;
    }
    pthread_mutex_unlock(&reactor->lock);
    if (is_taken)
        poller_wake(&reactor->poller); /* orders that `worker` has begun to follow */
    return is_taken;
}

/* ---- new connections ---------------------------------------------------------------------------------- */

/* Once a minute, whichever reactor it is. */
static void say_short_of(const char *what)
{
    static atomic_uint_least64_t said_ms;
    uint64_t before_ms = atomic_load(&said_ms);
    const uint64_t now_ms = clock_now_ms();
    if ((before_ms == 0 || now_ms - before_ms >= SAID_AGAIN_MS) &&
        atomic_compare_exchange_strong(&said_ms, &before_ms, now_ms))
        log_error("listener: a connection could not be taken: %s", what);
}

static void stop_accepting(struct reactor *reactor)
{
    if (reactor->is_accepting)
        poller_remove(&reactor->poller, reactor->listening);
    reactor->is_accepting = false;
}

static void accept_later(struct reactor *reactor, int error, uint64_t now_ms)
{
    say_short_of(strerror(error));
    stop_accepting(reactor);
    reactor->accepts_again_ms = now_ms + SHORTAGE_PAUSE_MS;
}

static void accept_again(struct reactor *reactor, uint64_t now_ms)
{
    if (reactor->accepts_again_ms == 0 || now_ms < reactor->accepts_again_ms)
        return;
    reactor->accepts_again_ms = 0;
    reactor->is_accepting = reactor->listening >= 0 && poller_add(&reactor->poller, reactor->listening,
                                                                  POLLER_ACCEPTABLE, &reactor->listening);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* NULL: errno says why; EAGAIN: there is none. */
static struct connection *accept_one(struct reactor *reactor)
{
    /* cppcheck-suppress nullPointer */
    const int descriptor = accept4(reactor->listening, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    const bool has_room =
        descriptor < atomic_load_explicit(&reactor->crew->descriptors_max, memory_order_relaxed);
    struct connection *connection =
        has_room ? connection_create(descriptor, reactor->crew->description) : NULL;
    if (connection == NULL) {
        say_short_of(has_room ? "out of memory" : "the limit of connections is reached");
        close(descriptor);
        errno = ECONNABORTED;
        return NULL;
    }
    add(reactor, connection);
    return connection;
}

/* What a new connection sends is often there already. False: another thread drives the reactor now. */
static bool take_connection(struct worker *worker, uint64_t now_ms)
{
    struct connection *connection = accept_one(worker->reactor);
    if (connection != NULL)
        return serve_and_settle(worker, connection, false, now_ms);
    if (is_shortage(errno))
        accept_later(worker->reactor, errno, now_ms);
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
        if (!serve_and_settle(worker, connection, true, now_ms))
            return false;
    }
    return true;
}

/* Those that have waited as long as they may. False: another thread drives the reactor now. */
static bool wake_late(struct worker *worker, uint64_t now_ms)
{
    struct connection *connection;
    while ((connection = expired(&worker->reactor->aside, now_ms)) != NULL)
        if (take_from_aside(connection) && !serve_and_settle(worker, connection, false, now_ms))
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
    uint64_t at_ms = reactor->accepts_again_ms == 0 ? UINT64_MAX : reactor->accepts_again_ms;
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
            settle(worker, connection, now_ms);
        else if (!serve_and_settle(worker, connection, false, now_ms))
            return false;
    }
    return true;
}

static void stop_listening(struct reactor *reactor)
{
    stop_accepting(reactor);
    close(reactor->listening);
    reactor->listening = -1;
    reactor->accepts_again_ms = 0;
    crew_stops_listening(reactor->crew);
}

/* Those that are idle have a deadline from now on that has perhaps passed. */
static void hurry_idle(struct reactor *reactor)
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

/* False: another thread drives the reactor now. */
static bool drain(struct worker *worker, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    struct connection *connection;
    while (reactor->listening >= 0) {
        connection = accept_one(reactor);
        if (connection == NULL && errno != ECONNABORTED)
            stop_listening(reactor);
        else if (connection != NULL && !serve_and_settle(worker, connection, false, now_ms))
            return false;
    }
    return true;
}

static void end_connections(struct worker *worker, uint64_t now_ms)
{
    struct connection *next;
    for (struct connection *at = worker->reactor->connections; at != NULL; at = next) {
        next = at->next;
        if (at->is_away || (at->is_aside && !take_from_aside(at)))
            continue;
        connection_end(at, &worker->workspace);
        settle(worker, at, now_ms);
    }
}

/* False: another thread drives the reactor now. */
static bool follow(struct worker *worker, const struct orders *orders, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    if (orders->has_returned && !take_returned(worker, now_ms))
        return false;
    if (orders->hurry && !reactor->is_hurrying)
        hurry_idle(reactor);
    if (orders->drain && !drain(worker, now_ms))
        return false;
    if (orders->end) {
        if (reactor->listening >= 0)
            stop_listening(reactor);
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
    return !connection_is_hung_up(connection) || !take_from_aside(connection) ||
           serve_and_settle(worker, connection, true, now_ms);
}

/* False: another thread drives the reactor now. */
static bool serve_ready(struct worker *worker, void **subjects, size_t count, uint64_t now_ms)
{
    struct reactor *reactor = worker->reactor;
    for (size_t i = 0; i < count; i++) {
        struct connection *connection = subjects[i] == &reactor->listening ? NULL : subjects[i];
        bool is_driver = true;
        if (connection == NULL)
            is_driver = take_connection(worker, now_ms);
        else if (connection->is_aside)
            is_driver = look_at_aside(worker, connection, now_ms);
        else
            is_driver = serve_and_settle(worker, connection, false, now_ms);
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
    for (;;) {
        const size_t count = poller_wait(&reactor->poller, ready, wait_ms(reactor));
        const uint64_t now_ms = clock_now_ms();
        if (!serve_ready(worker, ready, count, now_ms))
            return;
        const struct orders orders = take_orders(reactor);
        if (!follow(worker, &orders, now_ms))
            return;
        if (orders.end && reactor->connections == NULL) {
            retire(reactor);
            return;
        }
        accept_again(reactor, now_ms);
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
    *reactor = (struct reactor){.crew = crew, .listening = -1};
    pthread_mutex_init(&reactor->lock, NULL);
    deadline_list_init(&reactor->idle);
    deadline_list_init(&reactor->parts);
    deadline_list_init(&reactor->aside);
    if (!poller_open(&reactor->poller))
        return false;
    reactor->listening = fcntl(listening, F_DUPFD_CLOEXEC, 0);
    reactor->is_accepting = reactor->listening >= 0 && poller_add(&reactor->poller, reactor->listening,
                                                                  POLLER_ACCEPTABLE, &reactor->listening);
    if (reactor->is_accepting)
        return true;
    reactor_close(reactor);
    return false;
}

void reactor_close(struct reactor *reactor)
{
    if (reactor->listening >= 0)
        close(reactor->listening);
    reactor->listening = -1;
    poller_close(&reactor->poller);
}
