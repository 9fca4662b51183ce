#include "store/state_database.h"

#include "base/log.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BUSY_MS = 2000 };

struct state_database {
    pthread_mutex_t lock; /* guards all below; held over a whole batch */
    sqlite3 *handle;
    sqlite3_stmt *put, *remove, *each, *get;
    char error[200];
};

static bool note_error(struct state_database *database)
{
    snprintf(database->error, sizeof database->error, "%s", sqlite3_errmsg(database->handle));
    return false;
}

static bool run(struct state_database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK || note_error(database);
}

static bool prepare(struct state_database *database, sqlite3_stmt **statement, const char *sql)
{
    return sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) ==
               SQLITE_OK ||
           note_error(database);
}

/* ---- open -------------------------------------------------------------------------------------------------
 */

/* The first reads of a file that is no database, or a damaged one, fail here. */
static bool is_sound(struct state_database *database)
{
    sqlite3_stmt *check = NULL;
    bool sound = prepare(database, &check, "PRAGMA quick_check(1)") && sqlite3_step(check) == SQLITE_ROW &&
                 strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    sqlite3_finalize(check);
    return sound;
}

static bool open_handle(struct state_database *database, const char *path)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK)
        return note_error(database);
    sqlite3_busy_timeout(database->handle, BUSY_MS);
    return is_sound(database) && run(database, "PRAGMA journal_mode=WAL") &&
           run(database, "PRAGMA wal_autocheckpoint=256") &&
           run(database, "PRAGMA journal_size_limit=4194304") &&
           run(database, "CREATE TABLE IF NOT EXISTS state (kind TEXT, key BLOB, value BLOB, "
                         "PRIMARY KEY (kind, key)) WITHOUT ROWID") &&
           prepare(database, &database->put, "INSERT OR REPLACE INTO state VALUES (?1, ?2, ?3)") &&
           prepare(database, &database->remove, "DELETE FROM state WHERE kind = ?1 AND key = ?2") &&
           prepare(database, &database->each, "SELECT key, value FROM state WHERE kind = ?1") &&
           prepare(database, &database->get, "SELECT key, value FROM state WHERE kind = ?1 AND key = ?2");
}

static void close_handle(struct state_database *database)
{
    sqlite3_finalize(database->put);
    sqlite3_finalize(database->remove);
    sqlite3_finalize(database->each);
    sqlite3_finalize(database->get);
    sqlite3_close(database->handle);
    database->put = database->remove = database->each = database->get = NULL;
    database->handle = NULL;
}

static bool is_damage(const struct state_database *database)
{
    int code = sqlite3_errcode(database->handle);
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ROW || code == SQLITE_OK;
}

/* With its journal, so that neither is taken for the new file's. */
static bool move_aside(const char *path, struct strbuf *moved_to)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    struct strbuf from, to;
    bool moved = true;
    strbuf_printf(moved_to, "%s.damaged-%lld", path, (long long)time(NULL));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        strbuf_init(&from, 0);
        strbuf_init(&to, 0);
        strbuf_printf(&from, "%s%s", path, parts[i]);
        strbuf_printf(&to, "%s%s", strbuf_text(moved_to), parts[i]);
        bool done = !from.failed && !to.failed && rename(strbuf_text(&from), strbuf_text(&to)) == 0;
        moved = moved && (done || i > 0);
        strbuf_deinit(&from);
        strbuf_deinit(&to);
    }
    return moved && !moved_to->failed;
}

static bool begin_anew(struct state_database *database, const char *path)
{
    struct strbuf moved_to;
    strbuf_init(&moved_to, 0);
    close_handle(database);
    bool moved = move_aside(path, &moved_to);
    if (moved)
        log_error(
            "%s is damaged and was moved to %s; what it held is lost to this daemon, also blocks: see the "
            "record for those of before",
            path, strbuf_text(&moved_to));
    strbuf_deinit(&moved_to);
    return moved && open_handle(database, path);
}

struct state_database *state_database_open(const char *path, struct strbuf *problem)
{
    struct state_database *database = calloc(1, sizeof *database);
    if (database == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&database->lock, NULL);
    if (open_handle(database, path) || (is_damage(database) && begin_anew(database, path)))
        return database;
    strbuf_printf(problem, "%s: %s", path,
                  database->error[0] == '\0' ? "it cannot be opened" : database->error);
    state_database_close(database);
    return NULL;
}

void state_database_close(struct state_database *database)
{
    if (database == NULL)
        return;
    close_handle(database);
    pthread_mutex_destroy(&database->lock);
    free(database);
}

const char *state_database_error(const struct state_database *database)
{
    return database->error;
}

/* ---- write ------------------------------------------------------------------------------------------- */

static int bind_bytes(sqlite3_stmt *statement, int at, struct slice bytes)
{
    return sqlite3_bind_blob64(statement, at, bytes.length == 0 ? "" : bytes.data, bytes.length,
                               SQLITE_STATIC);
}

static bool write_locked(struct state_database *database, const char *kind, struct slice key,
                         const struct slice *value)
{
    sqlite3_stmt *statement = value == NULL ? database->remove : database->put;
    bool bound = sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC) == SQLITE_OK &&
                 bind_bytes(statement, 2, key) == SQLITE_OK &&
                 (value == NULL || bind_bytes(statement, 3, *value) == SQLITE_OK);
    bool done = (bound && sqlite3_step(statement) == SQLITE_DONE) || note_error(database);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

bool state_database_put(struct state_database *database, const char *kind, struct slice key,
                        const struct slice *value)
{
    pthread_mutex_lock(&database->lock);
    bool done = run(database, "PRAGMA synchronous=FULL") && write_locked(database, kind, key, value);
    pthread_mutex_unlock(&database->lock);
    return done;
}

bool state_database_batch_begin(struct state_database *database)
{
    pthread_mutex_lock(&database->lock);
    if (run(database, "PRAGMA synchronous=NORMAL") && run(database, "BEGIN IMMEDIATE"))
        return true;
    pthread_mutex_unlock(&database->lock);
    return false;
}

bool state_database_batch_put(struct state_database *database, const char *kind, struct slice key,
                              const struct slice *value)
{
    return write_locked(database, kind, key, value);
}

bool state_database_batch_end(struct state_database *database)
{
    bool done = run(database, "COMMIT");
    if (!done)
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&database->lock);
    return done;
}

/* ---- read -------------------------------------------------------------------------------------------- */

static struct slice column_bytes(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    return slice_make(bytes, (size_t)sqlite3_column_bytes(statement, column));
}

/* Shows each row of a statement whose parameters are bound, and makes it ready for the next time. */
static bool show_rows(struct state_database *database, sqlite3_stmt *statement,
                      void (*show)(void *context, struct slice key, struct slice value), void *context)
{
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
        show(context, column_bytes(statement, 0), column_bytes(statement, 1));
    bool done = step == SQLITE_DONE || note_error(database);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

bool state_database_each(struct state_database *database, const char *kind,
                         void (*show)(void *context, struct slice key, struct slice value), void *context)
{
    pthread_mutex_lock(&database->lock);
    bool bound = sqlite3_bind_text(database->each, 1, kind, -1, SQLITE_STATIC) == SQLITE_OK;
    bool done = bound ? show_rows(database, database->each, show, context) : note_error(database);
    pthread_mutex_unlock(&database->lock);
    return done;
}

bool state_database_get(struct state_database *database, const char *kind, struct slice key,
                        void (*show)(void *context, struct slice key, struct slice value), void *context)
{
    pthread_mutex_lock(&database->lock);
    bool bound = sqlite3_bind_text(database->get, 1, kind, -1, SQLITE_STATIC) == SQLITE_OK &&
                 bind_bytes(database->get, 2, key) == SQLITE_OK;
    bool done = bound ? show_rows(database, database->get, show, context) : note_error(database);
    pthread_mutex_unlock(&database->lock);
    return done;
}
