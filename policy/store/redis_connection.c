#include "store/redis_calls.h"
#include "store/redis_greeting.h"
#include "store/redis_link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PROBE_MS = 250, /* between attempts while the server is away */
    PULSE_MS = 100,
    UNDER_WAY_MAX = 10000, /* commands; more fail at once */
    READ_BYTES = 16384,
};

/* LINK_ASKING: a Sentinel, where the master is. */
enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_HANDSHAKE, LINK_ASKING, LINK_GREETING, LINK_READY };

struct redis_connection {
    struct redis_connection_options options;
    struct clock clock;
    pthread_t thread;
    int wake; /* eventfd: something is in `fresh`, or it is time to end */
    atomic_bool is_ending;
    atomic_bool is_there;
    pthread_mutex_t lock; /* guards the two below */
    struct redis_queue fresh;
    char trouble[160];
    /* The thread's own: */
    enum link_state state;
    struct redis_link link;
    redisReader *reader;
    struct redis_queue sent; /* in the order in which answers come */
    struct strbuf output;
    size_t output_at;
    uint64_t there_since_ms;
    uint64_t state_until_ms; /* connecting and greeting end then; down: the next attempt; ready: the pulse */
    unsigned greetings_due;  /* answers of the greeting still to come */
    size_t next_sentinel;
    struct redis_master master; /* as a Sentinel said; its host is "": to be asked */
};

static uint64_t now_ms(const struct redis_connection *connection)
{
    return clock_monotonic_ms(&connection->clock);
}

/* ---- calls ------------------------------------------------------------------------------------------ */

static void wake(struct redis_connection *connection)
{
    const uint64_t one = 1;
    ssize_t ignored = write(connection->wake, &one, sizeof one);
    (void)ignored; /* full means that it is awake already */
}

struct redis_call *redis_send(struct redis_connection *connection, const struct slice *arguments,
                              size_t count, const struct pending_waiter *waiter)
{
    if (!atomic_load(&connection->is_there))
        return NULL;
    struct redis_queued *queued = redis_queued_create(arguments, count);
    if (queued == NULL)
        return NULL;
    queued->deadline_ms =
        waiter != NULL ? waiter->deadline_ms : now_ms(connection) + connection->options.command_ms;
    pthread_mutex_lock(&connection->lock);
    /* Looked at again: what comes after the connection broke would lie there until the next one. */
    const bool is_taken = atomic_load(&connection->is_there) && connection->fresh.count < UNDER_WAY_MAX;
    if (is_taken) {
        pending_ref(&queued->call.pending);
        redis_queue_add(&connection->fresh, queued);
    }
    pthread_mutex_unlock(&connection->lock);
    if (is_taken) {
        wake(connection);
        return &queued->call;
    }
    redis_call_drop(&queued->call);
    return NULL;
}

struct pending_waiter redis_waiter(const struct redis_connection *connection, struct pending_bound *bound,
                                   uint64_t patience_ms)
{
    const uint64_t wait_ms = patience_ms != 0 ? patience_ms : connection->options.command_ms;
    return (struct pending_waiter){.bound = bound, .deadline_ms = now_ms(connection) + wait_ms};
}

bool redis_connection_is_there(const struct redis_connection *connection)
{
    return atomic_load(&connection->is_there);
}

void redis_connection_trouble(struct redis_connection *connection, struct strbuf *out)
{
    pthread_mutex_lock(&connection->lock);
    strbuf_append_text(out, connection->trouble);
    pthread_mutex_unlock(&connection->lock);
}

/* ---- there and away --------------------------------------------------------------------------------- */

static void set_trouble(struct redis_connection *connection, const char *why, const char *detail)
{
    pthread_mutex_lock(&connection->lock);
    snprintf(connection->trouble, sizeof connection->trouble, "%s%s%s", why, detail[0] == '\0' ? "" : ": ",
             detail);
    pthread_mutex_unlock(&connection->lock);
}

static void tell_changed(struct redis_connection *connection, bool is_there)
{
    if (connection->options.changed != NULL)
        connection->options.changed(connection->options.context, is_there, connection->trouble);
}

/* All that is under way fails. What has worked for a while is tried at once, and everything else later. */
static void hang_up(struct redis_connection *connection, const char *why, const char *detail)
{
    struct redis_queue failed = connection->sent;
    const bool was_there = atomic_exchange(&connection->is_there, false);
    redis_queue_init(&connection->sent);
    if (failed.first == NULL)
        redis_queue_init(&failed);
    set_trouble(connection, why, detail);
    redis_link_close(&connection->link);
    if (connection->reader != NULL)
        redisReaderFree(connection->reader);
    connection->reader = NULL;
    strbuf_truncate(&connection->output, 0);
    connection->output_at = 0;
    connection->state = LINK_DOWN;
    connection->master.host[0] = '\0';
    const bool has_worked = was_there && connection->there_since_ms + PROBE_MS < now_ms(connection);
    connection->state_until_ms = now_ms(connection) + (has_worked ? 0 : PROBE_MS);
    pthread_mutex_lock(&connection->lock);
    redis_queue_move(&failed, &connection->fresh);
    pthread_mutex_unlock(&connection->lock);
    if (was_there)
        tell_changed(connection, false);
    for (struct redis_queued *queued; (queued = redis_queue_take(&failed)) != NULL;)
        redis_queued_finish(queued, NULL);
}

static void become_ready(struct redis_connection *connection)
{
    connection->state = LINK_READY;
    connection->state_until_ms = connection->there_since_ms = now_ms(connection);
    set_trouble(connection, "", "");
    atomic_store(&connection->is_there, true);
    tell_changed(connection, true);
}

/* ---- connecting, greeting --------------------------------------------------------------------------- */

static bool is_asking_sentinel(const struct redis_connection *connection)
{
    return connection->options.address->master != NULL && connection->master.host[0] == '\0';
}

/* Whom to connect to now. */
static struct redis_place place_of(const struct redis_connection *connection)
{
    const struct redis_address *address = connection->options.address;
    if (connection->master.host[0] != '\0')
        return (struct redis_place){connection->master.host, connection->master.port};
    return address->places[address->place_count == 0 ? 0 : connection->next_sentinel % address->place_count];
}

static void begin_connecting(struct redis_connection *connection)
{
    const struct redis_place place = place_of(connection);
    connection->reader = redisReaderCreate();
    if (connection->reader == NULL) {
        hang_up(connection, "out of memory", "");
    } else if (redis_link_connect(&connection->link, connection->options.address, &place)) {
        connection->state = LINK_CONNECTING;
        connection->state_until_ms = now_ms(connection) + connection->options.connect_ms;
    } else {
        connection->next_sentinel += is_asking_sentinel(connection);
        hang_up(connection, "it cannot be connected to", strerror(errno));
    }
}

static void begin_greeting(struct redis_connection *connection)
{
    const struct redis_address *address = connection->options.address;
    connection->state = is_asking_sentinel(connection) ? LINK_ASKING : LINK_GREETING;
    connection->state_until_ms = now_ms(connection) + connection->options.connect_ms;
    if (connection->state == LINK_ASKING)
        redis_sentinel_ask(address, &connection->output);
    else
        connection->greetings_due = redis_greeting_write(address, &connection->output);
}

static void shake_hands(struct redis_connection *connection)
{
    const struct redis_place place = place_of(connection);
    const char *why = "";
    switch (redis_link_shake_hands(&connection->link, connection->options.address, &place, &why)) {
    case REDIS_LINK_DONE:
        begin_greeting(connection);
        break;
    case REDIS_LINK_LATER:
        break;
    case REDIS_LINK_FAILED:
        hang_up(connection, "TLS failed", why);
        break;
    }
}

static void take_connected(struct redis_connection *connection)
{
    const int error = redis_link_connected(&connection->link);
    if (error != 0) {
        connection->next_sentinel += is_asking_sentinel(connection);
        hang_up(connection, "it cannot be connected to", strerror(error));
    } else if (connection->options.address->is_tls) {
        connection->state = LINK_HANDSHAKE;
        shake_hands(connection);
    } else {
        begin_greeting(connection);
    }
}

/* The next connection is to the master that the Sentinel names, at once. */
static void take_master(struct redis_connection *connection, const redisReply *reply)
{
    struct redis_master master;
    const bool is_told = redis_sentinel_take(reply, &master);
    connection->next_sentinel++;
    hang_up(connection, is_told ? "the master does not answer" : "no Sentinel knows a master of this name",
            "");
    if (!is_told)
        return;
    connection->master = master;
    connection->state_until_ms = now_ms(connection);
}

static void take_greeting(struct redis_connection *connection, const redisReply *reply)
{
    char why[120];
    if (!redis_greeting_take(reply, why, sizeof why))
        hang_up(connection, "it is of no use", why);
    else if (--connection->greetings_due == 0)
        become_ready(connection);
}

/* ---- bytes ------------------------------------------------------------------------------------------ */

static void write_output(struct redis_connection *connection)
{
    struct strbuf *output = &connection->output;
    while (connection->output_at < output->length) {
        const ssize_t count = redis_link_write(&connection->link, output->data + connection->output_at,
                                               output->length - connection->output_at);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            hang_up(connection, "the connection broke", strerror(errno));
            return;
        }
        connection->output_at += (size_t)count;
    }
    strbuf_truncate(output, 0);
    connection->output_at = 0;
}

/* A master that became a replica, or is not up to it yet, answers every command so. */
static bool is_of_no_use(const redisReply *reply)
{
    static const char *const errors[] = {"READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "NOREPLICAS"};
    for (size_t i = 0; reply->type == REDIS_REPLY_ERROR && i < sizeof errors / sizeof errors[0]; i++)
        if (strncmp(reply->str, errors[i], strlen(errors[i])) == 0)
            return true;
    return false;
}

static void take_answer(struct redis_connection *connection, redisReply *reply)
{
    struct redis_queued *queued = redis_queue_take(&connection->sent);
    char error[120] = "";
    const bool is_lost = is_of_no_use(reply);
    if (is_lost)
        snprintf(error, sizeof error, "%s", reply->str);
    if (queued != NULL && !is_lost) {
        redis_queued_finish(queued, reply);
        return;
    }
    if (queued != NULL)
        redis_queued_finish(queued, NULL);
    freeReplyObject(reply);
    if (is_lost)
        hang_up(connection, "it is of no use", error);
}

static void take_reply(struct redis_connection *connection, redisReply *reply)
{
    if (connection->state == LINK_READY) {
        take_answer(connection, reply);
        return;
    }
    if (connection->state == LINK_ASKING)
        take_master(connection, reply);
    else
        take_greeting(connection, reply);
    freeReplyObject(reply);
}

/* False: the connection is gone. */
static bool take_replies(struct redis_connection *connection)
{
    void *reply = NULL;
    while (connection->state >= LINK_ASKING) {
        if (redisReaderGetReply(connection->reader, &reply) != REDIS_OK) {
            hang_up(connection, "what it answers is not Redis' protocol", connection->reader->errstr);
            return false;
        }
        if (reply == NULL)
            return true;
        take_reply(connection, reply);
    }
    return false;
}

static void read_input(struct redis_connection *connection)
{
    char bytes[READ_BYTES];
    for (;;) {
        const ssize_t count = redis_link_read(&connection->link, bytes, sizeof bytes);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            hang_up(connection, "the connection broke",
                    count == 0 ? "the server closed it" : strerror(errno));
            return;
        }
        if (redisReaderFeed(connection->reader, bytes, (size_t)count) != REDIS_OK ||
            !take_replies(connection))
            return;
    }
}

/* ---- the thread ------------------------------------------------------------------------------------- */

static void take_fresh(struct redis_connection *connection)
{
    uint64_t count;
    ssize_t ignored = read(connection->wake, &count, sizeof count);
    (void)ignored;
    pthread_mutex_lock(&connection->lock);
    for (struct redis_queued *queued;
         connection->state == LINK_READY && (queued = redis_queue_take(&connection->fresh)) != NULL;) {
        strbuf_append(&connection->output, queued->command.data, queued->command.length);
        redis_queue_add(&connection->sent, queued);
    }
    pthread_mutex_unlock(&connection->lock);
    if (connection->output.failed)
        hang_up(connection, "out of memory", "");
}

static void run_out_of_time(struct redis_connection *connection)
{
    connection->next_sentinel += is_asking_sentinel(connection);
    if (connection->state >= LINK_ASKING)
        hang_up(connection, "it does not answer in time", "");
    else
        hang_up(connection, "connecting takes too long", "");
}

/* When the first of those under way runs out of time; UINT64_MAX: there is none. Answers come in order, so
 * one that may take longer keeps those behind it waiting. */
static uint64_t sent_until_ms(const struct redis_connection *connection)
{
    enum { LOOKED_AT = 64 };
    uint64_t until = UINT64_MAX;
    const struct redis_queued *queued = connection->sent.first;
    for (int i = 0; connection->state == LINK_READY && queued != NULL && i < LOOKED_AT; i++) {
        until = queued->deadline_ms < until ? queued->deadline_ms : until;
        queued = queued->next;
    }
    return until;
}

/* A server that is paused takes what it is sent and never answers: only the time tells. */
static void look_at_time(struct redis_connection *connection)
{
    const uint64_t now = now_ms(connection);
    if (sent_until_ms(connection) <= now) {
        run_out_of_time(connection);
    } else if (connection->state_until_ms > now) {
        return;
    } else if (connection->state == LINK_DOWN) {
        begin_connecting(connection);
    } else if (connection->state == LINK_READY) {
        connection->state_until_ms = now + PULSE_MS;
        if (connection->options.pulse != NULL)
            connection->options.pulse(connection->options.context, connection);
    } else {
        run_out_of_time(connection);
    }
}

static int wait_ms(const struct redis_connection *connection)
{
    const uint64_t now = now_ms(connection);
    const uint64_t sent_until = sent_until_ms(connection);
    const uint64_t until = sent_until < connection->state_until_ms ? sent_until : connection->state_until_ms;
    return until <= now ? 0 : until - now > 1000 ? 1000 : (int)(until - now);
}

static void step(struct redis_connection *connection)
{
    struct pollfd ready[2] = {{.fd = connection->wake, .events = POLLIN},
                              {.fd = connection->link.socket, .events = POLLIN}};
    const bool has_output = connection->output_at < connection->output.length;
    if (connection->state == LINK_CONNECTING || has_output || connection->link.wants_write)
        ready[1].events |= POLLOUT;
    poll(ready, connection->link.socket < 0 ? 1 : 2, wait_ms(connection));
    take_fresh(connection);
    if (connection->link.socket >= 0 && ready[1].revents != 0) {
        if (connection->state == LINK_CONNECTING)
            take_connected(connection);
        else if (connection->state == LINK_HANDSHAKE)
            shake_hands(connection);
        else
            read_input(connection);
    }
    if (connection->state >= LINK_ASKING)
        write_output(connection);
    look_at_time(connection);
}

static void *run(void *context)
{
    struct redis_connection *connection = context;
    while (!atomic_load(&connection->is_ending))
        step(connection);
    take_fresh(connection);
    if (connection->state == LINK_READY)
        write_output(connection);
    connection->options.changed = NULL;
    hang_up(connection, "this daemon ends", "");
    return NULL;
}

struct redis_connection *redis_connection_open(const struct redis_connection_options *options)
{
    struct redis_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->options = *options;
    connection->clock = clock_system();
    connection->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&connection->lock, NULL);
    redis_queue_init(&connection->fresh);
    redis_queue_init(&connection->sent);
    redis_link_init(&connection->link);
    strbuf_init(&connection->output, 0);
    set_trouble(connection, "it was not reached yet", "");
    if (connection->wake >= 0 && pthread_create(&connection->thread, NULL, run, connection) == 0)
        return connection;
    if (connection->wake >= 0)
        close(connection->wake);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
    return NULL;
}

void redis_connection_close(struct redis_connection *connection)
{
    if (connection == NULL)
        return;
    atomic_store(&connection->is_ending, true);
    wake(connection);
    pthread_join(connection->thread, NULL);
    redis_link_deinit(&connection->link);
    strbuf_deinit(&connection->output);
    close(connection->wake);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}
