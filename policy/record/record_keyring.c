#include "record/record_keyring.h"

#include "base/array.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_LENGTH = RECORD_STAMP_LENGTH + 1 + 2 * KEYRING_KEY_BYTES + 1, /* with blank and newline */
    FILE_BYTES_MAX = 1 << 20,
};

struct record_keyring {
    pthread_rwlock_t lock; /* guards all below */
    char *path;
    struct keyring_key *keys; /* oldest first */
    size_t count;
    struct stat seen; /* of the file, when it was read or written */
    bool fails;       /* and that was said */
};

/* ---- file ------------------------------------------------------------------------------------------- */

static bool read_line(struct slice line, struct keyring_key *key)
{
    if (line.length != LINE_LENGTH - 1 || line.data[RECORD_STAMP_LENGTH] != ' ' ||
        record_stamp_read(slice_part(line, 0, RECORD_STAMP_LENGTH)) < 0)
        return false;
    memcpy(key->period, line.data, RECORD_STAMP_LENGTH);
    key->period[RECORD_STAMP_LENGTH] = '\0';
    const char *hex = line.data + RECORD_STAMP_LENGTH + 1;
    for (size_t i = 0; i < KEYRING_KEY_BYTES; i++) {
        const int high = ascii_hex_value(hex[2 * i]), low = ascii_hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key->bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(((const struct keyring_key *)left)->period, ((const struct keyring_key *)right)->period);
}

static bool read_keys(struct record_keyring *ring, struct slice text)
{
    ring->count = 0;
    while (text.length > 0) {
        const size_t end = slice_find(text, '\n');
        if (!array_reserve(ring, ring->keys, ring->count))
            return false;
        ring->count += read_line(slice_part(text, 0, end), &ring->keys[ring->count]);
        text = slice_part(text, end < text.length ? end + 1 : end, text.length);
    }
    if (ring->count > 0)
        qsort(ring->keys, ring->count, sizeof *ring->keys, compare_keys);
    return true;
}

/* NULL: done; else why not. */
static const char *read_file(struct record_keyring *ring)
{
    const int descriptor = open(ring->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0) {
        ring->count = 0;
        memset(&ring->seen, 0, sizeof ring->seen);
        return errno == ENOENT ? NULL : strerror(errno);
    }
    const char *why = NULL;
    char *bytes = NULL;
    if (fstat(descriptor, &ring->seen) != 0 || !S_ISREG(ring->seen.st_mode) ||
        ring->seen.st_size > FILE_BYTES_MAX)
        why = "it is no file of keys";
    else if ((ring->seen.st_mode & 077) != 0)
        why = "others may read it: chmod 600";
    else if ((bytes = talloc_size(ring, (size_t)ring->seen.st_size + 1)) == NULL)
        why = "out of memory";
    else if (pread(descriptor, bytes, (size_t)ring->seen.st_size, 0) != ring->seen.st_size)
        why = "it cannot be read";
    else if (!read_keys(ring, slice_make(bytes, (size_t)ring->seen.st_size)))
        why = "out of memory";
    talloc_free(bytes);
    close(descriptor);
    return why;
}

static bool write_whole(int descriptor, struct slice bytes)
{
    return write(descriptor, bytes.data, bytes.length) == (ssize_t)bytes.length && fsync(descriptor) == 0;
}

/* Aside, then renamed: a ring is never half there. */
static bool write_file(struct record_keyring *ring)
{
    struct strbuf text;
    char *aside = talloc_asprintf(ring, "%s.new", ring->path);
    strbuf_init(&text, 0);
    for (size_t i = 0; i < ring->count; i++) {
        strbuf_printf(&text, "%s ", ring->keys[i].period);
        for (size_t b = 0; b < KEYRING_KEY_BYTES; b++)
            strbuf_printf(&text, "%02x", ring->keys[i].bytes[b]);
        strbuf_append_byte(&text, '\n');
    }
    int descriptor = -1;
    if (aside != NULL && !text.failed) {
        unlink(aside);
        descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    bool is_written = descriptor >= 0 && write_whole(descriptor, strbuf_slice(&text));
    is_written = is_written && rename(aside, ring->path) == 0 && fstat(descriptor, &ring->seen) == 0;
    if (descriptor >= 0)
        close(descriptor);
    if (text.data != NULL)
        explicit_bzero(text.data, text.length);
    strbuf_deinit(&text);
    talloc_free(aside);
    return is_written;
}

/* ---- life ------------------------------------------------------------------------------------------- */

static int forget(struct record_keyring *ring)
{
    if (ring->keys != NULL)
        explicit_bzero(ring->keys, talloc_get_size(ring->keys));
    pthread_rwlock_destroy(&ring->lock);
    return 0;
}

struct record_keyring *record_keyring_open(const char *path, struct strbuf *problem)
{
    struct record_keyring *ring = talloc_zero(NULL, struct record_keyring);
    if (ring == NULL || (ring->path = talloc_strdup(ring, path)) == NULL) {
        talloc_free(ring);
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    pthread_rwlock_init(&ring->lock, NULL);
    talloc_set_destructor(ring, forget);
    const char *why = read_file(ring);
    if (why == NULL)
        return ring;
    strbuf_printf(problem, "%s: %s", path, why);
    talloc_free(ring);
    return NULL;
}

void record_keyring_close(struct record_keyring *ring)
{
    talloc_free(ring);
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static bool find(const struct record_keyring *ring, const char *period, struct keyring_key *key)
{
    for (size_t i = ring->count; i-- > 0;)
        if (strcmp(ring->keys[i].period, period) == 0) {
            *key = ring->keys[i];
            return true;
        }
    return false;
}

static bool add(struct record_keyring *ring, const char *period, struct keyring_key *key)
{
    memcpy(key->period, period, sizeof key->period);
    if (getrandom(key->bytes, sizeof key->bytes, 0) != (ssize_t)sizeof key->bytes ||
        !array_reserve(ring, ring->keys, ring->count))
        return false;
    ring->keys[ring->count++] = *key;
    qsort(ring->keys, ring->count, sizeof *ring->keys, compare_keys);
    if (write_file(ring)) {
        ring->fails = false;
        return true;
    }
    if (!ring->fails)
        log_error(
            "%s: a key for the record's private data cannot be kept: %s; such data is left out (said once)",
            ring->path, strerror(errno));
    ring->fails = true;
    read_file(ring);
    return false;
}

bool record_keyring_take(struct record_keyring *ring, int64_t time_us, uint64_t period_ms,
                         struct keyring_key *key)
{
    char period[RECORD_STAMP_LENGTH + 1];
    const int64_t period_us = (int64_t)period_ms * 1000;
    record_stamp_write(time_us - time_us % period_us, period);
    pthread_rwlock_rdlock(&ring->lock);
    bool has_key = find(ring, period, key);
    pthread_rwlock_unlock(&ring->lock);
    if (has_key)
        return true;
    pthread_rwlock_wrlock(&ring->lock);
    has_key = find(ring, period, key) || add(ring, period, key);
    pthread_rwlock_unlock(&ring->lock);
    return has_key;
}

static bool has_changed(const struct record_keyring *ring)
{
    struct stat now;
    if (stat(ring->path, &now) != 0)
        return ring->seen.st_ino != 0;
    return now.st_ino != ring->seen.st_ino || now.st_size != ring->seen.st_size ||
           now.st_mtim.tv_sec != ring->seen.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != ring->seen.st_mtim.tv_nsec;
}

void record_keyring_refresh(struct record_keyring *ring, int64_t now_us, uint64_t keep_ms)
{
    size_t gone = 0;
    pthread_rwlock_wrlock(&ring->lock);
    if (has_changed(ring))
        read_file(ring);
    while (keep_ms != 0 && gone < ring->count &&
           record_stamp_read(slice_of(ring->keys[gone].period)) + (int64_t)keep_ms * 1000 < now_us)
        gone++;
    if (gone > 0) {
        memmove(ring->keys, ring->keys + gone, (ring->count - gone) * sizeof *ring->keys);
        ring->count -= gone;
        write_file(ring);
    }
    pthread_rwlock_unlock(&ring->lock);
}

struct keyring_key *record_keyring_list(struct record_keyring *ring, void *owner, size_t *count)
{
    pthread_rwlock_rdlock(&ring->lock);
    struct keyring_key *keys =
        ring->count == 0 ? NULL : talloc_memdup(owner, ring->keys, ring->count * sizeof *keys);
    *count = keys == NULL ? 0 : ring->count;
    pthread_rwlock_unlock(&ring->lock);
    return keys;
}
