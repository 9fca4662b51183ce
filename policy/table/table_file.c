/* `file:`: the whole file in memory, exchanged as a whole when it changes. */
#include "table/entry_map.h"
#include "table/settled_file.h"
#include "table/table_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

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
    struct settled_file file; /* the refreshing thread's */
};

static struct counted_map *load_map(const struct table_file *file, struct file_stamp *stamp,
                                    struct strbuf *problem)
{
    char *text = settled_file_read(file->path, stamp, problem);
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
    struct file_stamp stamp;
    file->current = load_map(file, &stamp, problem);
    if (file->current == NULL) {
        file_close(file);
        return NULL;
    }
    settled_file_take(&file->file, &stamp);
    return file;
}

static enum table_answer file_lookup(void *state, struct slice key, struct strbuf *value,
                                     struct strbuf *problem)
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

static enum table_answer file_lookup_network(void *state, const struct ip_address *address,
                                             struct ip_network *network)
{
    struct slice value;
    struct counted_map *counted = map_hold(state);
    bool is_found = entry_map_find_network(counted->map, address, &value, network);
    map_release(counted);
    return is_found ? TABLE_FOUND : TABLE_MISSING;
}

static size_t file_count(void *state)
{
    struct counted_map *counted = map_hold(state);
    const size_t count = entry_map_count(counted->map);
    map_release(counted);
    return count;
}

/* Reads what is there now into the place of the former content. */
static bool exchange(struct table_file *file, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct file_stamp stamp;
    struct counted_map *fresh = load_map(file, &stamp, problem);
    if (fresh == NULL)
        return false;
    if (table_refreshing_holds_back(refreshing, file_count(file), entry_map_count(fresh->map), problem)) {
        map_release(fresh);
        return false;
    }
    settled_file_take(&file->file, &stamp);
    pthread_mutex_lock(&file->lock);
    struct counted_map *old = file->current;
    file->current = fresh;
    pthread_mutex_unlock(&file->lock);
    map_release(old);
    refreshing->is_exchanged = true;
    return true;
}

static bool file_renew(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_file *file = state;
    return settled_file_is_taken(&file->file, file->path) || exchange(file, refreshing, problem);
}

static bool file_refresh(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_file *file = state;
    const enum settled_file_state look = settled_file_look(&file->file, file->path, problem);
    if (look != SETTLED_FILE_CHANGED)
        return look == SETTLED_FILE_SAME;
    if (exchange(file, refreshing, problem))
        return true;
    settled_file_reject(&file->file);
    return false;
}

const struct table_source table_source_file = {
    .prefix = "file:",
    .open = file_open,
    .close = file_close,
    .lookup = file_lookup,
    .lookup_network = file_lookup_network,
    .refresh = file_refresh,
    .renew = file_renew,
    .count = file_count,
};
