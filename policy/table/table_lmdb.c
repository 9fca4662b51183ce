/*
 * `lmdb:`: LMDB databases as postmap writes them (PATH.lmdb).
 *
 * Postfix keeps LMDB's own locks out and locks the file itself with fcntl(2); so does this. Those locks
 * belong to the process, so one thread at a time asks.
 */
#include "table/table_database.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LOCK_TRIES = 20, LOCK_PAUSE_MS = 10 };

struct table_lmdb {
    char *path;
    pthread_mutex_t lock; /* guards all below */
    MDB_env *environment;
    MDB_dbi database;
    size_t page_bytes;
    dev_t device;
    ino_t inode;
};

static bool failed(struct strbuf *problem, const char *path, int status)
{
    strbuf_printf(problem, "%s: %s", path, mdb_strerror(status));
    return false;
}

/* The whole file, shared with other readers; waits a fifth of a second for a writer at most. */
static bool lock_file(MDB_env *environment, short kind)
{
    struct flock lock = {.l_type = kind, .l_whence = SEEK_SET};
    int descriptor;
    mdb_env_get_fd(environment, &descriptor);
    for (int i = 0; fcntl(descriptor, F_SETLK, &lock) != 0; i++) {
        if ((errno != EAGAIN && errno != EACCES) || i == LOCK_TRIES)
            return false;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return true;
}

static int open_database(MDB_env *environment, MDB_dbi *database)
{
    MDB_txn *transaction;
    if (!lock_file(environment, F_RDLCK))
        return EAGAIN;
    int status = mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction);
    if (status == 0) {
        status = mdb_dbi_open(transaction, NULL, 0, database);
        if (status == 0)
            status = mdb_txn_commit(transaction);
        else
            mdb_txn_abort(transaction);
    }
    lock_file(environment, F_UNLCK);
    return status;
}

/* LMDB reads a map of the file and would die where the file ends too early: one that is being copied over. */
static bool is_whole(MDB_env *environment, size_t page_bytes)
{
    struct stat file;
    MDB_envinfo info;
    int descriptor;
    if (mdb_env_get_fd(environment, &descriptor) != 0 || fstat(descriptor, &file) != 0)
        return false;
    const size_t page_count = (size_t)file.st_size / page_bytes;
    enum { META_PAGES = 2 };
    return page_count >= META_PAGES && mdb_env_info(environment, &info) == 0 &&
           page_count > info.me_last_pgno;
}

static bool environment_open(struct table_lmdb *table, struct strbuf *problem)
{
    struct stat info;
    MDB_env *environment;
    MDB_dbi database;
    MDB_stat pages = {.ms_psize = 1};
    if (stat(table->path, &info) != 0)
        return failed(problem, table->path, errno);
    int status = mdb_env_create(&environment);
    if (status != 0)
        return failed(problem, table->path, status);
    status = mdb_env_open(environment, table->path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (status == 0)
        status = mdb_env_stat(environment, &pages);
    if (status == 0)
        status = is_whole(environment, pages.ms_psize) ? open_database(environment, &database) : MDB_INVALID;
    if (status != 0) {
        mdb_env_close(environment);
        return failed(problem, table->path, status);
    }
    if (table->environment != NULL)
        mdb_env_close(table->environment);
    table->environment = environment;
    table->database = database;
    table->page_bytes = pages.ms_psize;
    table->device = info.st_dev;
    table->inode = info.st_ino;
    return true;
}

static void lmdb_close(void *state)
{
    struct table_lmdb *table = state;
    if (table->environment != NULL)
        mdb_env_close(table->environment);
    pthread_mutex_destroy(&table->lock);
    free(table->path);
    free(table);
}

static void *lmdb_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    struct table_lmdb *table = calloc(1, sizeof *table);
    if (table == NULL || shape == TABLE_NETWORKS) {
        strbuf_append_text(problem, table == NULL ? "out of memory" : "networks are kept in a file:");
        free(table);
        return NULL;
    }
    pthread_mutex_init(&table->lock, NULL);
    table->path = table_database_path(place, ".lmdb", problem);
    if (table->path == NULL || !environment_open(table, problem)) {
        lmdb_close(table);
        return NULL;
    }
    return table;
}

static enum table_answer find(struct table_lmdb *table, MDB_txn *transaction, struct slice key,
                              struct strbuf *value, struct strbuf *problem)
{
    char room[TABLE_KEY_BYTES_MAX + 1];
    for (int form = 0; form < 2; form++) {
        struct slice bytes = table_database_key(key, form, room);
        MDB_val wanted = {bytes.length, (void *)(uintptr_t)bytes.data}, data;
        int status = mdb_get(transaction, table->database, &wanted, &data);
        if (status == 0)
            return table_database_value(data.mv_data, data.mv_size, value, problem);
        /* LMDB keeps keys of up to 511 bytes: a longer one cannot be in it. */
        if (status != MDB_NOTFOUND && status != MDB_BAD_VALSIZE) {
            failed(problem, table->path, status);
            return TABLE_UNKNOWN;
        }
    }
    return TABLE_MISSING;
}

static enum table_answer find_locked(struct table_lmdb *table, struct slice key, struct strbuf *value,
                                     struct strbuf *problem)
{
    MDB_txn *transaction;
    if (!lock_file(table->environment, F_RDLCK)) {
        strbuf_printf(problem, "%s: is being written for too long", table->path);
        return TABLE_UNKNOWN;
    }
    int status = is_whole(table->environment, table->page_bytes)
                     ? mdb_txn_begin(table->environment, NULL, MDB_RDONLY, &transaction)
                     : MDB_INVALID;
    if (status == MDB_MAP_RESIZED && mdb_env_set_mapsize(table->environment, 0) == 0)
        status = mdb_txn_begin(table->environment, NULL, MDB_RDONLY, &transaction);
    enum table_answer answer = TABLE_UNKNOWN;
    if (status == 0) {
        answer = find(table, transaction, key, value, problem);
        mdb_txn_abort(transaction);
    } else {
        failed(problem, table->path, status);
    }
    lock_file(table->environment, F_UNLCK);
    return answer;
}

static enum table_answer lmdb_lookup(void *state, struct slice key, struct strbuf *value,
                                     struct strbuf *problem)
{
    struct table_lmdb *table = state;
    pthread_mutex_lock(&table->lock);
    enum table_answer answer = find_locked(table, key, value, problem);
    pthread_mutex_unlock(&table->lock);
    return answer;
}

/* postmap writes in place; this is for a file that was exchanged for another. */
static bool lmdb_refresh(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_lmdb *table = state;
    (void)refreshing;
    struct stat info;
    bool ok = true;
    pthread_mutex_lock(&table->lock);
    if (stat(table->path, &info) != 0 || info.st_dev != table->device || info.st_ino != table->inode)
        ok = environment_open(table, problem);
    pthread_mutex_unlock(&table->lock);
    return ok;
}

const struct table_source table_source_lmdb = {
    .prefix = "lmdb:",
    .open = lmdb_open,
    .close = lmdb_close,
    .lookup = lmdb_lookup,
    .refresh = lmdb_refresh,
};
