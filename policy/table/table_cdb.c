/*
 * `cdb:`: constant databases as postmap writes them (PATH.cdb), by tinycdb.
 *
 * tinycdb maps its file, and would answer from, or die of, one that is written where it stands. So it gets a
 * copy in memory, which is exchanged as a whole when the file changes.
 */
#include "table/settled_file.h"
#include "table/table_database.h"

#include <cdb.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct table_cdb {
    char *path;
    pthread_rwlock_t lock; /* guards `database` */
    struct cdb database;
    size_t entry_count;
    struct settled_file file; /* the refreshing thread's */
};

/* The bytes as a file without a name, or -1. */
static int copy_in_memory(const char *bytes, size_t length)
{
    int descriptor = memfd_create("cdb", MFD_CLOEXEC);
    for (size_t done = 0; descriptor >= 0 && done < length;) {
        ssize_t count = write(descriptor, bytes + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            close(descriptor);
            return -1;
        }
        done += (size_t)count;
    }
    return descriptor;
}

static bool database_open(const char *path, struct cdb *database, struct file_stamp *stamp,
                          struct strbuf *problem)
{
    char *bytes = settled_file_read(path, stamp, problem);
    if (bytes == NULL)
        return false;
    int descriptor = copy_in_memory(bytes, (size_t)stamp->size_bytes);
    free(bytes);
    if (descriptor >= 0 && cdb_init(database, descriptor) == 0)
        return true;
    /* EPROTO is what cdb_init says of a file that is none. */
    strbuf_printf(problem, "%s: %s", path,
                  descriptor < 0 || errno != EPROTO ? strerror(errno) : "is no cdb file");
    if (descriptor >= 0)
        close(descriptor);
    return false;
}

static void database_close(struct cdb *database)
{
    close(cdb_fileno(database));
    cdb_free(database);
}

static size_t count_entries(const struct cdb *database)
{
    struct cdb cursor = *database;
    unsigned at;
    size_t count = 0;
    cdb_seqinit(&at, &cursor);
    while (cdb_seqnext(&at, &cursor) > 0)
        count++;
    return count;
}

static void cdb_source_close(void *state)
{
    struct table_cdb *table = state;
    database_close(&table->database);
    pthread_rwlock_destroy(&table->lock);
    free(table->path);
    free(table);
}

static void *cdb_source_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    struct table_cdb *table = calloc(1, sizeof *table);
    struct file_stamp stamp;
    if (table == NULL || shape == TABLE_NETWORKS) {
        strbuf_append_text(problem, table == NULL ? "out of memory" : "networks are kept in a file:");
        free(table);
        return NULL;
    }
    table->path = table_database_path(place, ".cdb", problem);
    if (table->path == NULL || !database_open(table->path, &table->database, &stamp, problem)) {
        free(table->path);
        free(table);
        return NULL;
    }
    settled_file_take(&table->file, &stamp);
    table->entry_count = count_entries(&table->database);
    pthread_rwlock_init(&table->lock, NULL);
    return table;
}

/* cdb_find writes where it found the key into the handle: a copy of it makes lookups independent. */
static enum table_answer find(const struct cdb *database, struct slice key, struct strbuf *value,
                              struct strbuf *problem)
{
    char room[TABLE_KEY_BYTES_MAX + 1];
    struct cdb cursor = *database;
    for (int form = 0; form < 2; form++) {
        struct slice wanted = table_database_key(key, form, room);
        int found = cdb_find(&cursor, wanted.data, (unsigned)wanted.length);
        const void *data = found > 0 ? cdb_getdata(&cursor) : NULL;
        if (found < 0 || (found > 0 && data == NULL)) {
            strbuf_append_text(problem, "the file is damaged");
            return TABLE_UNKNOWN;
        }
        if (found > 0)
            return table_database_value(data, cdb_datalen(&cursor), value, problem);
    }
    return TABLE_MISSING;
}

static enum table_answer cdb_source_lookup(void *state, struct slice key, struct strbuf *value,
                                           struct strbuf *problem)
{
    struct table_cdb *table = state;
    pthread_rwlock_rdlock(&table->lock);
    enum table_answer answer = find(&table->database, key, value, problem);
    pthread_rwlock_unlock(&table->lock);
    return answer;
}

static size_t cdb_source_count(void *state)
{
    struct table_cdb *table = state;
    pthread_rwlock_rdlock(&table->lock);
    const size_t count = table->entry_count;
    pthread_rwlock_unlock(&table->lock);
    return count;
}

/* Reads what is there now into the place of the former content. */
static bool exchange(struct table_cdb *table, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct file_stamp stamp;
    struct cdb fresh;
    if (!database_open(table->path, &fresh, &stamp, problem))
        return false;
    const size_t entry_count = count_entries(&fresh);
    if (table_refreshing_holds_back(refreshing, cdb_source_count(table), entry_count, problem)) {
        database_close(&fresh);
        return false;
    }
    settled_file_take(&table->file, &stamp);
    pthread_rwlock_wrlock(&table->lock);
    struct cdb former = table->database;
    table->database = fresh;
    table->entry_count = entry_count;
    pthread_rwlock_unlock(&table->lock);
    database_close(&former);
    refreshing->is_exchanged = true;
    return true;
}

static bool cdb_source_renew(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_cdb *table = state;
    return settled_file_is_taken(&table->file, table->path) || exchange(table, refreshing, problem);
}

static bool cdb_source_refresh(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_cdb *table = state;
    const enum settled_file_state look = settled_file_look(&table->file, table->path, problem);
    if (look != SETTLED_FILE_CHANGED)
        return look == SETTLED_FILE_SAME;
    if (exchange(table, refreshing, problem))
        return true;
    settled_file_reject(&table->file);
    return false;
}

const struct table_source table_source_cdb = {
    .prefix = "cdb:",
    .open = cdb_source_open,
    .close = cdb_source_close,
    .lookup = cdb_source_lookup,
    .refresh = cdb_source_refresh,
    .renew = cdb_source_renew,
    .count = cdb_source_count,
};
