#include "dns/resolver.h"

#include "dns/resolver_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct resolver_options resolver_options_default(void)
{
    return (struct resolver_options){.timeout_ms = 2000, .tries = 2, .edns = true, .in_flight_max = 10000};
}

void resolver_wake(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    resolver->tick_wanted = true;
    pthread_mutex_unlock(&resolver->lock);
    eventfd_write(resolver->wake_fd, 1);
}

/* Takes over the options; `resolv_conf` gets copied because its owner may be a snapshot. Under the lock. */
static void set_options_locked(struct resolver *resolver, const struct resolver_options *options)
{
    free(resolver->resolv_conf);
    resolver->resolv_conf = options->resolv_conf == NULL ? NULL : strdup(options->resolv_conf);
    resolver->options = *options;
    resolver->options.resolv_conf = resolver->resolv_conf;
    resolver->options_changed = true;
    atomic_store(&resolver->in_flight_max, options->in_flight_max);
}

void resolver_configure(struct resolver *resolver, const struct resolver_options *options)
{
    pthread_mutex_lock(&resolver->lock);
    set_options_locked(resolver, options);
    pthread_mutex_unlock(&resolver->lock);
    eventfd_write(resolver->wake_fd, 1);
}

/* Signals are the program's business: none may be taken by this thread. */
static int start_thread(struct resolver *resolver)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&resolver->thread, NULL, resolver_thread, resolver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void free_resolver(struct resolver *resolver)
{
    if (resolver->wake_fd >= 0)
        close(resolver->wake_fd);
    pthread_cond_destroy(&resolver->tick_ended);
    pthread_mutex_destroy(&resolver->lock);
    free(resolver->resolv_conf);
    free(resolver);
}

struct resolver *resolver_create(const struct resolver_options *options, struct clock clock)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL)
        return NULL;
    resolver->clock = clock;
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->tick_ended, NULL);
    set_options_locked(resolver, options);
    resolver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = resolver->wake_fd < 0 ? errno : 0;
    if (error == 0 && ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        error = ENOMEM;
    else if (error == 0 && (error = start_thread(resolver)) != 0)
        ares_library_cleanup();
    if (error == 0)
        return resolver;
    free_resolver(resolver);
    errno = error;
    return NULL;
}

void resolver_destroy(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    atomic_store(&resolver->stopping, true);
    eventfd_write(resolver->wake_fd, 1);
    pthread_join(resolver->thread, NULL);
    resolver_drain(resolver); /* what came in while the thread ended */
    ares_library_cleanup();
    free_resolver(resolver);
}

void resolver_set_tick(struct resolver *resolver, resolver_tick tick, void *context)
{
    pthread_mutex_lock(&resolver->lock);
    resolver->tick = tick;
    resolver->tick_context = context;
    resolver->tick_wanted = tick != NULL;
    while (resolver->tick_running)
        pthread_cond_wait(&resolver->tick_ended, &resolver->lock);
    pthread_mutex_unlock(&resolver->lock);
    eventfd_write(resolver->wake_fd, 1);
}

static void submit(void *context, struct dns_lookup *lookup)
{
    struct resolver *resolver = context;
    atomic_fetch_add(&resolver->in_flight, 1);
    lookup->next = NULL;
    pthread_mutex_lock(&resolver->lock);
    bool was_empty = resolver->queue_first == NULL;
    if (was_empty)
        resolver->queue_first = lookup;
    else
        resolver->queue_last->next = lookup;
    resolver->queue_last = lookup;
    pthread_mutex_unlock(&resolver->lock);
    if (was_empty) /* otherwise whoever queued the first has woken the thread */
        eventfd_write(resolver->wake_fd, 1);
}

static bool has_room(void *context)
{
    struct resolver *resolver = context;
    return !atomic_load(&resolver->stopping) &&
           atomic_load(&resolver->in_flight) < atomic_load(&resolver->in_flight_max);
}

struct dns_transport resolver_transport(struct resolver *resolver)
{
    return (struct dns_transport){submit, has_room, resolver};
}

void resolver_get_status(struct resolver *resolver, struct resolver_status *status)
{
    *status = (struct resolver_status){0};
    pthread_mutex_lock(&resolver->lock);
    memcpy(status->servers, resolver->servers, sizeof status->servers);
    status->server_count = resolver->server_count;
    status->usable = resolver->usable;
    pthread_mutex_unlock(&resolver->lock);
    for (unsigned i = 0; i < status->server_count && status->public_service == NULL; i++)
        status->public_service = dns_address_public_resolver(&status->servers[i].address);
    status->asked_count = atomic_load(&resolver->asked_count);
    status->answered_count = atomic_load(&resolver->answered_count);
    status->failed_count = atomic_load(&resolver->failed_count);
    status->in_flight = atomic_load(&resolver->in_flight);
}
