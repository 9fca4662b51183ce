#include "record/record_ring.h"

#include "base/brief_mutex.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Lines follow one another in a stream, each behind its length, of which the last bytes are kept: byte N at N
 * modulo RECORD_RING_BYTES. */
struct record_ring {
    atomic_uint watcher_count;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    char *bytes;               /* NULL: nobody watches, or there is no memory */
    uint64_t begins, ends;     /* the part of the stream that is kept */
    uint64_t first, put_count; /* numbers: of the line at `begins`, of the next one to come */
};

struct record_ring *record_ring_create(void)
{
    struct record_ring *ring = calloc(1, sizeof *ring);
    pthread_condattr_t attributes;
    if (ring == NULL)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    brief_mutex_init(&ring->lock);
    pthread_cond_init(&ring->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return ring;
}

void record_ring_destroy(struct record_ring *ring)
{
    if (ring == NULL)
        return;
    free(ring->bytes);
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

/* ---- the stream ------------------------------------------------------------------------------------- */

/* How much of `length` bytes from `at` on lies before the end of the memory. */
static size_t before_end(uint64_t at, size_t length)
{
    const size_t left = RECORD_RING_BYTES - at % RECORD_RING_BYTES;
    return length < left ? length : left;
}

static void copy_in(struct record_ring *ring, const void *data, size_t length)
{
    const size_t part = before_end(ring->ends, length);
    memcpy(ring->bytes + ring->ends % RECORD_RING_BYTES, data, part);
    memcpy(ring->bytes, (const char *)data + part, length - part);
    ring->ends += length;
}

static void copy_out(const struct record_ring *ring, uint64_t at, void *data, size_t length)
{
    const size_t part = before_end(at, length);
    memcpy(data, ring->bytes + at % RECORD_RING_BYTES, part);
    memcpy((char *)data + part, ring->bytes, length - part);
}

/* 0: the line was too long to keep. */
static uint32_t length_at(const struct record_ring *ring, uint64_t at)
{
    uint32_t length;
    copy_out(ring, at, &length, sizeof length);
    return length;
}

static void forget_all(struct record_ring *ring)
{
    ring->first = ring->put_count;
    ring->begins = ring->ends;
}

static void make_room(struct record_ring *ring, size_t wanted)
{
    while (RECORD_RING_BYTES - (ring->ends - ring->begins) < wanted) {
        ring->begins += sizeof(uint32_t) + length_at(ring, ring->begins);
        ring->first++;
    }
}

static void put_locked(struct record_ring *ring, struct slice line)
{
    const uint32_t length = line.length > RECORD_RING_LINE_BYTES_MAX ? 0 : (uint32_t)line.length;
    ring->put_count++;
    if (ring->bytes == NULL) {
        forget_all(ring);
        return;
    }
    make_room(ring, sizeof length + length);
    copy_in(ring, &length, sizeof length);
    copy_in(ring, line.data, length);
}

void record_ring_put(struct record_ring *ring, struct slice line)
{
    if (atomic_load(&ring->watcher_count) == 0)
        return;
    pthread_mutex_lock(&ring->lock);
    put_locked(ring, line);
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

/* ---- watchers --------------------------------------------------------------------------------------- */

void record_watcher_begin(struct record_watcher *watcher, struct record_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->bytes == NULL)
        ring->bytes = malloc(RECORD_RING_BYTES);
    *watcher = (struct record_watcher){.ring = ring, .next = ring->put_count, .at = ring->ends};
    atomic_fetch_add(&ring->watcher_count, 1);
    pthread_mutex_unlock(&ring->lock);
}

/* The lines are let go of when nobody is left to read them. */
void record_watcher_end(struct record_watcher *watcher)
{
    struct record_ring *ring = watcher->ring;
    pthread_mutex_lock(&ring->lock);
    if (atomic_fetch_sub(&ring->watcher_count, 1) == 1) {
        forget_all(ring);
        free(ring->bytes);
        ring->bytes = NULL;
    }
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
    if (watcher->next < ring->first) {
        lost = ring->first - watcher->next;
        watcher->next = ring->first;
        watcher->at = ring->begins;
    }
    for (; watcher->next < ring->put_count && length_at(ring, watcher->at) == 0; watcher->next++, lost++)
        watcher->at += sizeof(uint32_t);
    return lost;
}

/* Under the lock: there is one. */
static void read_line(struct record_watcher *watcher, struct strbuf *line)
{
    const uint32_t length = length_at(watcher->ring, watcher->at);
    strbuf_reset(line);
    char *room = strbuf_extend(line, length);
    if (room != NULL)
        copy_out(watcher->ring, watcher->at + sizeof length, room, length);
    watcher->at += sizeof length + length;
    watcher->next++;
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
    if (has_line)
        read_line(watcher, line);
    pthread_mutex_unlock(&ring->lock);
    return has_line;
}
