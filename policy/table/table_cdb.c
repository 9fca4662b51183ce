/* `cdb:`: constant databases as postmap writes them (PATH.cdb), by tinycdb. A new one takes the old one's name, so
 * the open one stays whole; it is exchanged when the name means another file. */
#include "table/table_database.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct table_cdb {
    char *path;
    pthread_rwlock_t lock; /* guards `database` */
    struct cdb database;
    dev_t device;
    ino_t inode;
};

static bool database_open(const char *path, struct cdb *database, struct stat *info, struct strbuf *problem)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    errno = descriptor < 0 ? errno : EPROTO; /* what cdb_init says of a file that is none */
    if (descriptor >= 0 && fstat(descriptor, info) == 0 && cdb_init(database, descriptor) == 0)
        return true;
    strbuf_printf(problem, "%s: %s", path, errno == EPROTO ? "is no cdb file" : strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return false;
}

static void database_close(struct cdb *database)
{
    close(cdb_fileno(database));
    cdb_free(database);
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
    struct stat info;
    if (table == NULL || shape == TABLE_NETWORKS) {
        strbuf_append_text(problem, table == NULL ? "out of memory" : "networks are kept in a file:");
        free(table);
        return NULL;
    }
    table->path = table_database_path(place, ".cdb", problem);
    if (table->path == NULL || !database_open(table->path, &table->database, &info, problem)) {
        free(table->path);
        free(table);
        return NULL;
    }
    table->device = info.st_dev;
    table->inode = info.st_ino;
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

static enum table_answer cdb_source_lookup(void *state, struct slice key, struct strbuf *value, struct strbuf *problem)
{
    struct table_cdb *table = state;
    pthread_rwlock_rdlock(&table->lock);
    enum table_answer answer = find(&table->database, key, value, problem);
    pthread_rwlock_unlock(&table->lock);
    return answer;
}

static bool cdb_source_refresh(void *state, struct strbuf *problem)
{
    struct table_cdb *table = state;
    struct stat info;
    struct cdb fresh;
    if (stat(table->path, &info) == 0 && info.st_dev == table->device && info.st_ino == table->inode)
        return true;
    if (!database_open(table->path, &fresh, &info, problem))
        return false;
    pthread_rwlock_wrlock(&table->lock);
    struct cdb former = table->database;
    table->database = fresh;
    pthread_rwlock_unlock(&table->lock);
    table->device = info.st_dev;
    table->inode = info.st_ino;
    database_close(&former);
    return true;
}

const struct table_source table_source_cdb = {
    .prefix = "cdb:",
    .open = cdb_source_open,
    .close = cdb_source_close,
    .lookup = cdb_source_lookup,
    .refresh = cdb_source_refresh,
};
