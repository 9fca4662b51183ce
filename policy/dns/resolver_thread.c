/* The one thread that speaks to name servers; everybody else queues and wakes it. */
#include "dns/resolver_private.h"

#include "base/log.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

enum {
    ROTATE_AFTER_TIMEOUTS = 3,
    ROTATED_FOR_MS = 60000, /* then the servers are tried in their own order again */
    CHANNELS_MAX = 1 + RESOLVER_OLD_CHANNELS_MAX,
    POLL_FDS_MAX = 1 + CHANNELS_MAX * ARES_GETSOCK_MAXNUM,
};

/* The channel in use answers its last questions beside the new one; the oldest of too many is closed. */
static void retire_current(struct resolver *resolver)
{
    unsigned last = RESOLVER_OLD_CHANNELS_MAX - 1;
    if (resolver->current == NULL)
        return;
    resolver_channel_close(resolver->old[last]);
    for (unsigned i = last; i > 0; i--)
        resolver->old[i] = resolver->old[i - 1];
    resolver->old[0] = resolver->current;
    resolver->current = NULL;
}

static void close_drained(struct resolver *resolver)
{
    for (unsigned i = 0; i < RESOLVER_OLD_CHANNELS_MAX; i++) {
        if (resolver->old[i] == NULL || resolver->old[i]->open_count > 0)
            continue;
        resolver_channel_close(resolver->old[i]);
        resolver->old[i] = NULL;
    }
}

/* The options are copied whole under the lock; the path in them too, for it may be replaced meanwhile. */
static void renew_channel(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    struct resolver_options options = resolver->options;
    char *resolv_conf = resolver->resolv_conf == NULL ? NULL : strdup(resolver->resolv_conf);
    resolver->options_changed = false;
    bool was_usable = resolver->usable;
    pthread_mutex_unlock(&resolver->lock);

    options.resolv_conf = resolv_conf;
    retire_current(resolver);
    resolver->current = resolver_channel_open(resolver, &options);
    resolver->timeouts_in_a_row = 0;
    free(resolv_conf);

    pthread_mutex_lock(&resolver->lock);
    resolver->usable = resolver->current != NULL;
    pthread_mutex_unlock(&resolver->lock);
    if (resolver->current == NULL)
        log_error("dns: no name server can be used: every lookup will fail");
    else if (!was_usable)
        log_info("dns: name servers can be asked");
}

static void change_channel(struct resolver *resolver, uint64_t now_ms)
{
    pthread_mutex_lock(&resolver->lock);
    bool changed = resolver->options_changed;
    unsigned server_count = resolver->server_count;
    pthread_mutex_unlock(&resolver->lock);
    if (changed) {
        resolver->first_server = 0;
    } else if (server_count > 1 && resolver->timeouts_in_a_row >= ROTATE_AFTER_TIMEOUTS) {
        resolver->first_server = (resolver->first_server + 1) % server_count;
        resolver->rotated_ms = now_ms;
        if (!resolver->rotation_said)
            log_warning("dns: a name server does not answer, the next one is tried first");
        resolver->rotation_said = true;
    } else if (resolver->first_server > 0 && now_ms - resolver->rotated_ms >= ROTATED_FOR_MS) {
        resolver->first_server = 0;
    } else {
        return;
    }
    renew_channel(resolver);
}

/* ---- the loop --------------------------------------------------------------------------------------- */

static void take_queue(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    /* What was asked after a change of servers may not go to the old ones: first the new channel. */
    struct dns_lookup *lookup = resolver->options_changed ? NULL : resolver->queue_first;
    if (lookup != NULL)
        resolver->queue_first = resolver->queue_last = NULL;
    pthread_mutex_unlock(&resolver->lock);
    while (lookup != NULL) {
        struct dns_lookup *next = lookup->next;
        atomic_fetch_add(&resolver->asked_count, 1);
        if (resolver->current == NULL)
            resolver_fail(resolver, lookup, DNS_OUTCOME_UNREACHABLE);
        else
            resolver_channel_ask(resolver->current, lookup);
        lookup = next;
    }
}

/* Calls the tick when it is due; without holding the lock, since it submits questions. */
static void run_tick(struct resolver *resolver, uint64_t now_ms)
{
    pthread_mutex_lock(&resolver->lock);
    resolver_tick tick = resolver->tick;
    void *context = resolver->tick_context;
    bool due = tick != NULL && (resolver->tick_wanted || now_ms >= resolver->tick_due_ms);
    resolver->tick_wanted = false;
    resolver->tick_running = due;
    pthread_mutex_unlock(&resolver->lock);
    if (!due)
        return;
    resolver->tick_due_ms = tick(context, now_ms);
    pthread_mutex_lock(&resolver->lock);
    resolver->tick_running = false;
    pthread_cond_broadcast(&resolver->tick_ended);
    pthread_mutex_unlock(&resolver->lock);
}

static int tick_wait_ms(struct resolver *resolver, uint64_t now_ms)
{
    pthread_mutex_lock(&resolver->lock);
    bool has_tick = resolver->tick != NULL;
    pthread_mutex_unlock(&resolver->lock);
    if (!has_tick)
        return -1;
    if (resolver->tick_due_ms <= now_ms)
        return 0;
    uint64_t wait_ms = resolver->tick_due_ms - now_ms;
    return wait_ms > 3600000 ? 3600000 : (int)wait_ms;
}

static nfds_t watch_channel(struct resolver_channel *channel, struct pollfd *fds, int *wait_ms)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(channel->handle, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        /* Not by ARES_GETSOCK_WRITABLE, which shifts an int into its sign. */
        bool reads = (bits >> i & 1) != 0, writes = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0;
        short events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        if (events != 0)
            fds[count++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    struct timeval buffer, *left = ares_timeout(channel->handle, NULL, &buffer);
    if (left != NULL) {
        int left_ms = (int)(left->tv_sec * 1000 + (left->tv_usec + 999) / 1000);
        if (*wait_ms < 0 || left_ms < *wait_ms)
            *wait_ms = left_ms;
    }
    return count;
}

static void serve_channel(struct resolver_channel *channel, const struct pollfd *fds, nfds_t count)
{
    for (nfds_t i = 0; i < count; i++) {
        bool failed = (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        bool readable = failed || (fds[i].revents & POLLIN) != 0;
        bool writable = (failed && (fds[i].events & POLLOUT) != 0) || (fds[i].revents & POLLOUT) != 0;
        if (readable || writable)
            ares_process_fd(channel->handle, readable ? fds[i].fd : ARES_SOCKET_BAD,
                            writable ? fds[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel->handle, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what has timed out */
}

static void wait_and_serve(struct resolver *resolver)
{
    struct pollfd fds[POLL_FDS_MAX];
    struct resolver_channel *channels[CHANNELS_MAX];
    nfds_t counts[CHANNELS_MAX] = {0};
    nfds_t used = 1;
    int wait_ms = tick_wait_ms(resolver, clock_monotonic_ms(&resolver->clock));
    fds[0] = (struct pollfd){.fd = resolver->wake_fd, .events = POLLIN};
    channels[0] = resolver->current;
    memcpy(&channels[1], resolver->old, sizeof resolver->old);
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        if (channels[i] != NULL)
            counts[i] = watch_channel(channels[i], fds + used, &wait_ms);
        used += counts[i];
    }
    if (poll(fds, used, wait_ms) < 0)
        return; /* EINTR; memory is not short for long */
    eventfd_t woken;
    if (fds[0].revents != 0)
        eventfd_read(resolver->wake_fd, &woken);
    used = 1;
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        if (channels[i] != NULL)
            serve_channel(channels[i], fds + used, counts[i]);
        used += counts[i];
    }
}

void resolver_drain(struct resolver *resolver)
{
    for (;;) {
        pthread_mutex_lock(&resolver->lock);
        struct dns_lookup *lookup = resolver->queue_first;
        if (lookup != NULL)
            resolver->queue_first = lookup->next;
        pthread_mutex_unlock(&resolver->lock);
        if (lookup == NULL)
            return;
        resolver_fail(resolver, lookup, DNS_OUTCOME_CANCELLED);
    }
}

/* Nobody may be left waiting; answering may bring new questions, which end the same way. */
static void end_all(struct resolver *resolver)
{
    retire_current(resolver);
    for (unsigned i = 0; i < RESOLVER_OLD_CHANNELS_MAX; i++) {
        resolver_channel_close(resolver->old[i]);
        resolver->old[i] = NULL;
    }
    resolver_drain(resolver);
}

void *resolver_thread(void *argument)
{
    struct resolver *resolver = argument;
    while (!atomic_load(&resolver->stopping)) {
        uint64_t now_ms = clock_monotonic_ms(&resolver->clock);
        run_tick(resolver, now_ms);
        change_channel(resolver, now_ms);
        take_queue(resolver);
        wait_and_serve(resolver);
        close_drained(resolver);
    }
    end_all(resolver);
    return NULL;
}
