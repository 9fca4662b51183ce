#include "record/record_ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct record_ring {
    atomic_uint watcher_count;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    uint64_t put_count;
    struct strbuf lines[RECORD_RING_LINES]; /* line number N at N modulo that */
};

struct record_ring *record_ring_create(void)
{
    struct record_ring *ring = calloc(1, sizeof *ring);
    pthread_condattr_t attributes;
    if (ring == NULL)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    for (size_t i = 0; i < RECORD_RING_LINES; i++)
        strbuf_init(&ring->lines[i], RECORD_RING_LINE_BYTES_MAX);
    return ring;
}

static void free_lines(struct record_ring *ring)
{
    for (size_t i = 0; i < RECORD_RING_LINES; i++) {
        strbuf_deinit(&ring->lines[i]);
        strbuf_init(&ring->lines[i], RECORD_RING_LINE_BYTES_MAX);
    }
}

void record_ring_destroy(struct record_ring *ring)
{
    if (ring == NULL)
        return;
    free_lines(ring);
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

void record_ring_put(struct record_ring *ring, struct slice line)
{
    if (atomic_load(&ring->watcher_count) == 0)
        return;
    pthread_mutex_lock(&ring->lock);
    struct strbuf *slot = &ring->lines[ring->put_count % RECORD_RING_LINES];
    strbuf_reset(slot);
    strbuf_append_slice(slot, line);
    ring->put_count++;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

void record_watcher_begin(struct record_watcher *watcher, struct record_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    *watcher = (struct record_watcher){ring, ring->put_count};
    atomic_fetch_add(&ring->watcher_count, 1);
    pthread_mutex_unlock(&ring->lock);
}

/* The lines are let go of when nobody is left to read them. */
void record_watcher_end(struct record_watcher *watcher)
{
    struct record_ring *ring = watcher->ring;
    pthread_mutex_lock(&ring->lock);
    if (atomic_fetch_sub(&ring->watcher_count, 1) == 1)
        free_lines(ring);
    pthread_mutex_unlock(&ring->lock);
}

static struct timespec deadline_in(unsigned wait_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Under the lock: goes over what was overwritten, or was too long to keep. */
static uint64_t skip_lost(struct record_watcher *watcher)
{
    const struct record_ring *ring = watcher->ring;
    uint64_t lost = 0;
    if (ring->put_count - watcher->next > RECORD_RING_LINES) {
        lost = ring->put_count - watcher->next - RECORD_RING_LINES;
        watcher->next += lost;
    }
    while (watcher->next < ring->put_count && ring->lines[watcher->next % RECORD_RING_LINES].failed) {
        watcher->next++;
        lost++;
    }
    return lost;
}

bool record_watcher_next(struct record_watcher *watcher, unsigned wait_ms, struct strbuf *line,
                         uint64_t *lost)
{
    struct record_ring *ring = watcher->ring;
    const struct timespec deadline = deadline_in(wait_ms);
    int waited = 0;
    pthread_mutex_lock(&ring->lock);
    while (watcher->next == ring->put_count && waited == 0)
        waited = pthread_cond_timedwait(&ring->changed, &ring->lock, &deadline);
    *lost = skip_lost(watcher);
    const bool has_line = watcher->next < ring->put_count;
    if (has_line) {
        strbuf_reset(line);
        strbuf_append_slice(line, strbuf_slice(&ring->lines[watcher->next++ % RECORD_RING_LINES]));
    }
    pthread_mutex_unlock(&ring->lock);
    return has_line;
}
