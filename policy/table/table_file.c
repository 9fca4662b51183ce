/*
 * `file:`: the whole file in memory, exchanged as a whole when it changes.
 *
 * A file that was put in place by rename is read at once. One that is being written where it stands is read only
 * when it has kept still from one look to the next, and is thrown away if it moved while it was read: nobody ever
 * sees half of it.
 */
#include "table/entry_map.h"
#include "table/large_block.h"
#include "table/table_source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What tells one content of a file from the next. */
struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t size_bytes;
    struct timespec modified;
};

/* An entry map that lookups hold on to while it is exchanged. */
struct counted_map {
    atomic_uint reference_count;
    struct entry_map *map;
};

struct table_file {
    char *path;
    enum table_shape shape;
    pthread_mutex_t lock; /* guards `current` */
    struct counted_map *current;
    struct file_stamp stamp;   /* of `current`; the refreshing thread's, as the rest */
    struct file_stamp seen;    /* at the last look */
    struct file_stamp broken;  /* of a content that could not be taken; not tried again before it changes */
};

static struct file_stamp stamp_of(const struct stat *info)
{
    return (struct file_stamp){info->st_dev, info->st_ino, info->st_size, info->st_mtim};
}

static bool same_file(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
    return same_file(a, b) && a->size_bytes == b->size_bytes && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

static bool read_whole(int descriptor, char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = read(descriptor, text + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

/* The file's bytes, if it did not change meanwhile. */
static char *read_still_file(const char *path, struct file_stamp *stamp, struct strbuf *problem)
{
    struct stat before, after;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0 || fstat(descriptor, &before) != 0) {
        strbuf_printf(problem, "%s: %s", path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    char *text = S_ISREG(before.st_mode) ? large_block_alloc((size_t)before.st_size + 1) : NULL;
    *stamp = stamp_of(&before);
    if (text == NULL) {
        strbuf_printf(problem, "%s: %s", path, S_ISREG(before.st_mode) ? "out of memory" : "is no regular file");
    } else {
        bool whole = read_whole(descriptor, text, (size_t)before.st_size) && fstat(descriptor, &after) == 0;
        struct file_stamp end = stamp_of(&after);
        if (!whole || !same_stamp(stamp, &end)) {
            strbuf_printf(problem, "%s: changed while it was read", path);
            free(text);
            text = NULL;
        }
    }
    close(descriptor);
    return text;
}

static struct counted_map *load_map(const struct table_file *file, struct file_stamp *stamp, struct strbuf *problem)
{
    char *text = read_still_file(file->path, stamp, problem);
    if (text == NULL)
        return NULL;
    struct counted_map *counted = calloc(1, sizeof *counted);
    if (counted == NULL) {
        strbuf_append_text(problem, "out of memory");
        free(text);
        return NULL;
    }
    atomic_init(&counted->reference_count, 1);
    counted->map = entry_map_build(text, (size_t)stamp->size_bytes, file->shape, file->path, problem);
    if (counted->map == NULL) {
        free(counted);
        return NULL;
    }
    return counted;
}

static void map_release(struct counted_map *counted)
{
    if (counted == NULL || atomic_fetch_sub(&counted->reference_count, 1) != 1)
        return;
    entry_map_free(counted->map);
    free(counted);
}

static struct counted_map *map_hold(struct table_file *file)
{
    pthread_mutex_lock(&file->lock);
    struct counted_map *counted = file->current;
    atomic_fetch_add(&counted->reference_count, 1);
    pthread_mutex_unlock(&file->lock);
    return counted;
}

static void file_close(void *state)
{
    struct table_file *file = state;
    map_release(file->current);
    pthread_mutex_destroy(&file->lock);
    free(file->path);
    free(file);
}

static void *file_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    struct table_file *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(place)) == NULL) {
        strbuf_append_text(problem, "out of memory");
        free(file);
        return NULL;
    }
    file->shape = shape;
    pthread_mutex_init(&file->lock, NULL);
    file->current = load_map(file, &file->stamp, problem);
    file->seen = file->stamp;
    if (file->current == NULL) {
        file_close(file);
        return NULL;
    }
    return file;
}

static enum table_answer file_lookup(void *state, struct slice key, struct strbuf *value, struct strbuf *problem)
{
    struct slice found;
    (void)problem;
    struct counted_map *counted = map_hold(state);
    bool is_found = entry_map_find(counted->map, key, &found);
    if (is_found && value != NULL)
        strbuf_append_slice(value, found);
    map_release(counted);
    return is_found ? TABLE_FOUND : TABLE_MISSING;
}

static enum table_answer file_lookup_network(void *state, const struct ip_address *address, struct ip_network *network)
{
    struct slice value;
    struct counted_map *counted = map_hold(state);
    bool is_found = entry_map_find_network(counted->map, address, &value, network);
    map_release(counted);
    return is_found ? TABLE_FOUND : TABLE_MISSING;
}

static bool file_refresh(void *state, struct strbuf *problem)
{
    struct table_file *file = state;
    struct stat info;
    if (stat(file->path, &info) != 0) {
        strbuf_printf(problem, "%s: %s", file->path, strerror(errno));
        return false;
    }
    struct file_stamp now = stamp_of(&info), former = file->seen;
    file->seen = now;
    if (same_stamp(&now, &file->stamp))
        return true;
    if (same_stamp(&now, &file->broken))
        return false;
    if (same_file(&now, &file->stamp) && !same_stamp(&now, &former))
        return true; /* still being written: look again */
    struct file_stamp stamp;
    struct counted_map *fresh = load_map(file, &stamp, problem);
    if (fresh == NULL) {
        file->broken = now;
        return false;
    }
    file->stamp = stamp;
    pthread_mutex_lock(&file->lock);
    struct counted_map *old = file->current;
    file->current = fresh;
    pthread_mutex_unlock(&file->lock);
    map_release(old);
    return true;
}

const struct table_source table_source_file = {
    .prefix = "file:",
    .open = file_open,
    .close = file_close,
    .lookup = file_lookup,
    .lookup_network = file_lookup_network,
    .refresh = file_refresh,
};
