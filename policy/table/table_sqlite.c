/*
 * `sqlite:PATH:QUERY`: one value a key from an SQLite database, read only.
 *
 * The query has one `?` for the key and gives at most one row; its first column is the value. One thread at a
 * time asks; a query is broken off after a second.
 */
#include "base/clock.h"
#include "table/table_source.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

enum { QUERY_LIMIT_US = 1000000, STEPS_BETWEEN_LOOKS = 1000, BUSY_WAIT_MS = 500 };

struct table_sqlite {
    pthread_mutex_t lock; /* guards all below */
    sqlite3 *database;
    sqlite3_stmt *statement;
    uint64_t deadline_us;
};

/* Called by SQLite every so many steps; non-zero breaks the query off. */
static int is_over_time(void *context)
{
    const struct table_sqlite *table = context;
    return clock_system_monotonic_us(NULL) > table->deadline_us;
}

static void sqlite_close(void *state)
{
    struct table_sqlite *table = state;
    sqlite3_finalize(table->statement);
    sqlite3_close(table->database);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

/* Whether only blanks and semicolons are left of the query. */
static bool is_at_end(const char *rest)
{
    return rest[strspn(rest, "; \t\r\n")] == '\0';
}

static bool prepare(struct table_sqlite *table, const char *path, const char *query, struct strbuf *problem)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    const char *rest = "";
    if (sqlite3_open_v2(path, &table->database, flags, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(table->database, query, -1, SQLITE_PREPARE_PERSISTENT, &table->statement, &rest) !=
            SQLITE_OK) {
        strbuf_printf(problem, "%s: %s", path, sqlite3_errmsg(table->database));
        return false;
    }
    if (sqlite3_bind_parameter_count(table->statement) != 1 || sqlite3_column_count(table->statement) < 1 ||
        !sqlite3_stmt_readonly(table->statement) || !is_at_end(rest)) {
        strbuf_printf(problem, "%s: the query must be a SELECT with one ? for the key", path);
        return false;
    }
    sqlite3_busy_timeout(table->database, BUSY_WAIT_MS);
    sqlite3_progress_handler(table->database, STEPS_BETWEEN_LOOKS, is_over_time, table);
    return true;
}

static void *sqlite_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    const char *colon = strchr(place, ':');
    struct table_sqlite *table = calloc(1, sizeof *table);
    char *path = colon == NULL ? NULL : strndup(place, (size_t)(colon - place));
    bool usable = table != NULL && path != NULL && shape != TABLE_NETWORKS;
    if (table != NULL)
        pthread_mutex_init(&table->lock, NULL);
    if (!usable)
        strbuf_append_text(problem, colon == NULL ? "write sqlite:PATH:SELECT value FROM table WHERE key = ?"
                                    : shape == TABLE_NETWORKS ? "networks are kept in a file:"
                                                              : "out of memory");
    else
        usable = prepare(table, path, colon + 1, problem);
    free(path);
    if (!usable && table != NULL)
        sqlite_close(table);
    return usable ? table : NULL;
}

static enum table_answer take_row(struct table_sqlite *table, struct strbuf *value)
{
    const unsigned char *text = sqlite3_column_text(table->statement, 0);
    size_t length = (size_t)sqlite3_column_bytes(table->statement, 0);
    if (length > TABLE_VALUE_BYTES_MAX)
        return TABLE_UNKNOWN;
    if (value != NULL && text != NULL)
        strbuf_append(value, text, length);
    return TABLE_FOUND;
}

static enum table_answer sqlite_lookup(void *state, struct slice key, struct strbuf *value,
                                       struct strbuf *problem)
{
    struct table_sqlite *table = state;
    pthread_mutex_lock(&table->lock);
    table->deadline_us = clock_system_monotonic_us(NULL) + QUERY_LIMIT_US;
    int status = sqlite3_bind_text(table->statement, 1, key.data, (int)key.length, SQLITE_STATIC);
    if (status == SQLITE_OK)
        status = sqlite3_step(table->statement);
    enum table_answer answer = status == SQLITE_ROW    ? take_row(table, value)
                               : status == SQLITE_DONE ? TABLE_MISSING
                                                       : TABLE_UNKNOWN;
    if (answer == TABLE_UNKNOWN)
        strbuf_printf(problem, "%s",
                      status == SQLITE_ROW ? "a value is too long" : sqlite3_errmsg(table->database));
    sqlite3_reset(table->statement);
    sqlite3_clear_bindings(table->statement);
    pthread_mutex_unlock(&table->lock);
    return answer;
}

const struct table_source table_source_sqlite = {
    .prefix = "sqlite:",
    .open = sqlite_open,
    .close = sqlite_close,
    .lookup = sqlite_lookup,
};
