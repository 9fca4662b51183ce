#include "crew.h"

#include "turn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    THREADS_MAX = 256,
    SPARES_KEPT = 4,
    WATCH_MS = 20,
    WATCH_IDLE_ROUNDS = 500, /* without a connection, before the watch goes to sleep */
    DRAIN_WAIT_MS = 5000,
    HEAVY_NICE = 10,
};

static _Thread_local struct worker *this_worker;

/* ---- threads ------------------------------------------------------------------------------------------ */

static void worker_destroy(struct worker *worker)
{
    workspace_deinit(&worker->workspace);
    pthread_cond_destroy(&worker->assigned);
    free(worker);
}

/* With the crew's lock. False: it is dismissed. */
static bool wait_for_work(struct worker *worker)
{
    while (worker->reactor == NULL && !worker->is_dismissed)
        pthread_cond_wait(&worker->assigned, &worker->crew->lock);
    return worker->reactor != NULL;
}

/* With the crew's lock. */
static void dismiss(struct worker *worker)
{
    worker->is_dismissed = true;
    pthread_cond_signal(&worker->assigned);
}

static struct spares *spares_of(struct worker *worker)
{
    return worker->is_for_heavy ? &worker->crew->heavies : &worker->crew->drivers;
}

/* With the crew's lock. */
static void become_spare(struct worker *worker)
{
    struct spares *spares = spares_of(worker);
    worker->reactor = NULL;
    worker->serving = NULL;
    atomic_store(&worker->state, worker->is_for_heavy ? WORKER_STAYS : WORKER_DRIVES);
    if (worker->crew->is_ending || spares->count >= SPARES_KEPT) {
        dismiss(worker);
        return;
    }
    worker->next = spares->first;
    spares->first = worker;
    spares->count++;
}

/* With the crew's lock. */
static void thread_ends(struct crew *crew)
{
    crew->thread_count--;
    pthread_cond_broadcast(&crew->changed);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct crew *crew = worker->crew;
    this_worker = worker;
    if (worker->is_for_heavy) /* for good: without rights that cannot be taken back */
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), HEAVY_NICE);
    pthread_mutex_lock(&crew->lock);
    while (wait_for_work(worker)) {
        pthread_mutex_unlock(&crew->lock);
        if (worker->is_for_heavy)
            turn_stay(worker);
        else
            reactor_drive(worker);
        pthread_mutex_lock(&crew->lock);
        become_spare(worker);
    }
    crew->heavy_count -= worker->is_for_heavy;
    thread_ends(crew);
    pthread_mutex_unlock(&crew->lock);
    worker_destroy(worker);
    return NULL;
}

/* With the crew's lock. */
static bool start_thread(struct crew *crew, void *(*run)(void *context), void *context)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, context) != 0)
        return false;
    pthread_detach(thread);
    crew->thread_count++;
    return true;
}

/* With the crew's lock. NULL: no memory, or no more threads. */
static struct worker *start_worker(struct crew *crew, bool is_for_heavy)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->crew = crew;
    worker->is_for_heavy = is_for_heavy;
    atomic_init(&worker->state, is_for_heavy ? WORKER_STAYS : WORKER_DRIVES);
    pthread_cond_init(&worker->assigned, NULL);
    if (workspace_init(&worker->workspace) && start_thread(crew, work, worker)) {
        crew->heavy_count += is_for_heavy;
        return worker;
    }
    worker_destroy(worker);
    return NULL;
}

static bool may_start(const struct crew *crew, bool is_for_heavy)
{
    return crew->thread_count < THREADS_MAX && (!is_for_heavy || crew->heavy_count < CREW_HEAVY_MAX);
}

/* A thread without something to do; NULL: there is none. */
static struct worker *take_spare(struct crew *crew, bool is_for_heavy)
{
    struct spares *spares = is_for_heavy ? &crew->heavies : &crew->drivers;
    pthread_mutex_lock(&crew->lock);
    struct worker *worker = spares->first;
    if (worker != NULL) {
        spares->first = worker->next;
        spares->count--;
    } else if (may_start(crew, is_for_heavy)) {
        worker = start_worker(crew, is_for_heavy);
    }
    pthread_mutex_unlock(&crew->lock);
    return worker;
}

static void put_back(struct worker *worker)
{
    pthread_mutex_lock(&worker->crew->lock);
    become_spare(worker);
    pthread_mutex_unlock(&worker->crew->lock);
}

static void assign(struct worker *worker, struct reactor *reactor, struct connection *heavy)
{
    pthread_mutex_lock(&worker->crew->lock);
    worker->reactor = reactor;
    worker->serving = heavy;
    pthread_cond_signal(&worker->assigned);
    pthread_mutex_unlock(&worker->crew->lock);
}

/* ---- handing over ------------------------------------------------------------------------------------- */

bool crew_hand_over(struct reactor *reactor, struct worker *worker)
{
    struct worker *successor = take_spare(reactor->crew, false);
    if (successor == NULL)
        return false;
    const bool is_taken = turn_take_over(reactor, worker, successor);
    if (is_taken)
        assign(successor, reactor, NULL);
    else
        put_back(successor);
    return is_taken;
}

bool crew_give_heavy(struct connection *connection)
{
    struct worker *worker = take_spare(connection->reactor->crew, true);
    if (worker == NULL)
        return false;
    turn_give_away(connection);
    assign(worker, connection->reactor, connection);
    return true;
}

void crew_about_to_wait(void)
{
    if (this_worker != NULL && atomic_load(&this_worker->state) == WORKER_SERVES)
        crew_hand_over(this_worker->reactor, this_worker);
}

/* ---- the watch ---------------------------------------------------------------------------------------- */

static struct worker *kept_driver(struct reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    struct worker *driver = reactor->driver;
    bool is_kept = false;
    if (driver != NULL) {
        const unsigned serial = atomic_load(&driver->serial);
        is_kept = atomic_load(&driver->state) == WORKER_SERVES && driver->serial_seen == serial;
        driver->serial_seen = serial;
    }
    pthread_mutex_unlock(&reactor->lock);
    return is_kept ? driver : NULL;
}

static void look_at_drivers(struct crew *crew)
{
    for (size_t i = 0; i < crew->reactor_count; i++) {
        struct worker *kept = kept_driver(&crew->reactors[i]);
        if (kept != NULL)
            crew_hand_over(&crew->reactors[i], kept);
    }
}

/* Without connections there is nothing to watch. */
static void sleep_while_idle(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->is_watch_asleep, true);
    while (atomic_load(&crew->connection_count) == 0 && !crew->is_ending)
        pthread_cond_wait(&crew->watch_wanted, &crew->lock);
    atomic_store(&crew->is_watch_asleep, false);
    pthread_mutex_unlock(&crew->lock);
}

static bool is_ending(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    const bool ending = crew->is_ending;
    pthread_mutex_unlock(&crew->lock);
    return ending;
}

static void *watch(void *context)
{
    struct crew *crew = context;
    unsigned idle_rounds = 0;
    while (!is_ending(crew)) {
        nanosleep(&(struct timespec){.tv_nsec = WATCH_MS * 1000 * 1000}, NULL);
        look_at_drivers(crew);
        idle_rounds = atomic_load(&crew->connection_count) == 0 ? idle_rounds + 1 : 0;
        if (idle_rounds > WATCH_IDLE_ROUNDS)
            sleep_while_idle(crew);
    }
    pthread_mutex_lock(&crew->lock);
    thread_ends(crew);
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

void crew_connection_begins(struct crew *crew)
{
    atomic_fetch_add(&crew->connection_count, 1);
    if (!atomic_load(&crew->is_watch_asleep))
        return;
    pthread_mutex_lock(&crew->lock);
    pthread_cond_signal(&crew->watch_wanted);
    pthread_mutex_unlock(&crew->lock);
}

void crew_connection_ends(struct crew *crew)
{
    atomic_fetch_sub(&crew->connection_count, 1);
}

/* ---- beginning and end -------------------------------------------------------------------------------- */

static size_t reactors_wanted(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > CREW_REACTORS_MAX ? CREW_REACTORS_MAX : (size_t)processors;
}

static bool open_reactors(struct crew *crew, int listening, struct strbuf *problem)
{
    const size_t wanted = reactors_wanted();
    while (crew->reactor_count < wanted &&
           reactor_open(&crew->reactors[crew->reactor_count], crew, listening))
        crew->reactor_count++;
    if (crew->reactor_count > 0)
        return true;
    strbuf_printf(problem, "the socket could not be watched: %s", strerror(errno));
    return false;
}

/* With the crew's lock. */
static bool start_drivers(struct crew *crew)
{
    for (size_t i = 0; i < crew->reactor_count; i++) {
        struct worker *driver = start_worker(crew, false);
        if (driver == NULL)
            return false;
        driver->reactor = &crew->reactors[i];
        crew->reactors[i].driver = driver;
    }
    return start_thread(crew, watch, crew);
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool crew_start(struct crew *crew, const struct smfiDesc *description, int listening, struct strbuf *problem)
{
    crew->description = description;
    pthread_mutex_init(&crew->lock, NULL);
    init_condition(&crew->changed);
    init_condition(&crew->watch_wanted);
    if (!open_reactors(crew, listening, problem))
        return false;
    pthread_mutex_lock(&crew->lock);
    crew->listening_count = (unsigned)crew->reactor_count;
    const bool is_started = start_drivers(crew);
    pthread_mutex_unlock(&crew->lock);
    if (!is_started)
        strbuf_append_text(problem, "no thread could be started");
    return is_started;
}

/* With the crew's lock: waits until `count` is 0. */
static bool wait_until_none(struct crew *crew, const unsigned *count, uint64_t wait_ms)
{
    const uint64_t until_ms = clock_now_ms() + wait_ms;
    const struct timespec until = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};
    while (*count > 0)
        if (pthread_cond_timedwait(&crew->changed, &crew->lock, &until) == ETIMEDOUT)
            return *count == 0;
    return true;
}

void crew_stops_listening(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->listening_count--;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

void crew_drain(struct crew *crew, bool is_patient)
{
    for (size_t i = 0; i < crew->reactor_count; i++)
        reactor_drain(&crew->reactors[i], is_patient);
    pthread_mutex_lock(&crew->lock);
    wait_until_none(crew, &crew->listening_count, DRAIN_WAIT_MS);
    pthread_mutex_unlock(&crew->lock);
}

/* With the crew's lock. */
static void dismiss_all(struct spares *spares)
{
    for (; spares->first != NULL; spares->first = spares->first->next)
        dismiss(spares->first);
    spares->count = 0;
}

bool crew_end(struct crew *crew, uint64_t wait_ms)
{
    for (size_t i = 0; i < crew->reactor_count; i++)
        reactor_end(&crew->reactors[i]);
    pthread_mutex_lock(&crew->lock);
    crew->is_ending = true;
    dismiss_all(&crew->drivers);
    dismiss_all(&crew->heavies);
    pthread_cond_signal(&crew->watch_wanted);
    const bool is_over = wait_until_none(crew, &crew->thread_count, wait_ms);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; is_over && i < crew->reactor_count; i++)
        reactor_close(&crew->reactors[i]);
    return is_over;
}
