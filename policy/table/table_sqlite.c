/*
 * `sqlite:PATH:QUERY`: the values of a key from an SQLite database, read only.
 *
 * The query has one `?` for the key; its first column is the value, and of several rows all count, with ", "
 * between. One thread at a time asks. A lookup waits half a second at most for its turn and for whoever
 * writes the database, counted from its own beginning, and a query is broken off after a second. A database
 * that was replaced is opened anew at the next look; one that cannot be used leaves the one in use.
 */
#include "base/clock.h"
#include "base/waiting.h"
#include "table/table_source.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
    WAIT_LIMIT_US = 500000,
    QUERY_LIMIT_US = 1000000,
    STEPS_BETWEEN_LOOKS = 1000,
    BUSY_PAUSE_NS = 5000000, /* between two tries at a locked database */
};

/* One opened database. */
struct connection {
    sqlite3 *database;
    sqlite3_stmt *statement;
    dev_t device;
    ino_t inode;
};

struct table_sqlite {
    char *path;
    char *query;
    pthread_mutex_t lock; /* guards is_taken */
    pthread_cond_t turn;  /* is_taken has become false */
    bool is_taken;        /* somebody uses all below, alone */
    struct connection connection;
    uint64_t wait_until_us, query_until_us; /* of the lookup that has the lock */
};

/* Called by SQLite every so many steps; non-zero breaks the query off. */
static int is_over_time(void *context)
{
    const struct table_sqlite *table = context;
    return clock_system_monotonic_us(NULL) > table->query_until_us;
}

/* Called by SQLite where somebody else has the database locked; non-zero tries again. */
static int wait_while_busy(void *context, int tries)
{
    const struct table_sqlite *table = context;
    (void)tries;
    if (clock_system_monotonic_us(NULL) >= table->wait_until_us)
        return 0;
    nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
    return 1;
}

static void disconnect(struct connection *connection)
{
    sqlite3_finalize(connection->statement);
    sqlite3_close(connection->database);
    *connection = (struct connection){.database = NULL};
}

static void sqlite_close(void *state)
{
    struct table_sqlite *table = state;
    disconnect(&table->connection);
    pthread_cond_destroy(&table->turn);
    pthread_mutex_destroy(&table->lock);
    free(table->path);
    free(table->query);
    free(table);
}

/* Whether only blanks and semicolons are left of the query. */
static bool is_at_end(const char *rest)
{
    return rest[strspn(rest, "; \t\r\n")] == '\0';
}

static bool prepare(const struct table_sqlite *table, struct connection *connection, struct strbuf *problem)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    const char *rest = "";
    if (sqlite3_open_v2(table->path, &connection->database, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_handler(connection->database, wait_while_busy, (void *)(uintptr_t)table) != SQLITE_OK ||
        sqlite3_prepare_v3(connection->database, table->query, -1, SQLITE_PREPARE_PERSISTENT,
                           &connection->statement, &rest) != SQLITE_OK) {
        strbuf_printf(problem, "%s: %s", table->path, sqlite3_errmsg(connection->database));
        return false;
    }
    if (sqlite3_bind_parameter_count(connection->statement) != 1 ||
        sqlite3_column_count(connection->statement) < 1 || !sqlite3_stmt_readonly(connection->statement) ||
        !is_at_end(rest)) {
        strbuf_printf(problem, "%s: the query must be a SELECT with one ? for the key", table->path);
        return false;
    }
    sqlite3_progress_handler(connection->database, STEPS_BETWEEN_LOOKS, is_over_time,
                             (void *)(uintptr_t)table);
    return true;
}

/* Starts the clock of one use of the connection. */
static void begin_use(struct table_sqlite *table, uint64_t from_us)
{
    table->wait_until_us = from_us + WAIT_LIMIT_US;
    table->query_until_us = from_us + QUERY_LIMIT_US;
}

static bool open_connection(struct table_sqlite *table, struct connection *connection, struct strbuf *problem)
{
    struct stat info;
    *connection = (struct connection){.database = NULL};
    if (stat(table->path, &info) != 0) {
        strbuf_printf(problem, "%s: %s", table->path, strerror(errno));
        return false;
    }
    connection->device = info.st_dev;
    connection->inode = info.st_ino;
    begin_use(table, clock_system_monotonic_us(NULL));
    if (prepare(table, connection, problem))
        return true;
    disconnect(connection);
    return false;
}

/* Waits for it are counted by the clock that does not step. */
static void init_turn(pthread_cond_t *turn)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(turn, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void *sqlite_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    const char *colon = strchr(place, ':');
    if (colon == NULL || shape == TABLE_NETWORKS) {
        strbuf_append_text(problem, colon == NULL ? "write sqlite:PATH:SELECT value FROM table WHERE key = ?"
                                                  : "networks are kept in a file:");
        return NULL;
    }
    struct table_sqlite *table = calloc(1, sizeof *table);
    if (table == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&table->lock, NULL);
    init_turn(&table->turn);
    table->path = strndup(place, (size_t)(colon - place));
    table->query = strdup(colon + 1);
    bool usable = table->path != NULL && table->query != NULL;
    if (!usable)
        strbuf_append_text(problem, "out of memory");
    usable = usable && open_connection(table, &table->connection, problem);
    if (!usable)
        sqlite_close(table);
    return usable ? table : NULL;
}

/* Appends the row's value; false where there is too much. */
static bool take_row(const struct connection *connection, size_t row, size_t *taken_bytes,
                     struct strbuf *value)
{
    const unsigned char *text = sqlite3_column_text(connection->statement, 0);
    const size_t length = (size_t)sqlite3_column_bytes(connection->statement, 0);
    *taken_bytes += length + 2;
    if (length > TABLE_VALUE_BYTES_MAX || *taken_bytes > TABLE_VALUE_BYTES_MAX + 2)
        return false;
    if (value == NULL)
        return true;
    if (row > 0)
        strbuf_append_text(value, ", ");
    if (text != NULL)
        strbuf_append(value, text, length);
    return true;
}

/* The rows for a key. */
static enum table_answer query(struct table_sqlite *table, struct slice key, struct strbuf *value,
                               struct strbuf *problem)
{
    const struct connection *connection = &table->connection;
    size_t rows = 0, taken_bytes = 0;
    int status = sqlite3_bind_text(connection->statement, 1, key.data, (int)key.length, SQLITE_STATIC);
    if (status == SQLITE_OK)
        status = sqlite3_step(connection->statement);
    /* Who only asks whether there is any needs one row. */
    while (status == SQLITE_ROW && take_row(connection, rows, &taken_bytes, value)) {
        rows++;
        status = value == NULL ? SQLITE_DONE : sqlite3_step(connection->statement);
    }
    const enum table_answer answer = status != SQLITE_DONE ? TABLE_UNKNOWN
                                     : rows > 0            ? TABLE_FOUND
                                                           : TABLE_MISSING;
    if (answer == TABLE_UNKNOWN)
        strbuf_append_text(problem, status == SQLITE_ROW ? "a value is too long"
                                                         : sqlite3_errmsg(connection->database));
    sqlite3_reset(connection->statement);
    sqlite3_clear_bindings(connection->statement);
    return answer;
}

/* Waits for the connection; false when the time for that, `until`, is over (NULL: it never is). */
static bool take_turn(struct table_sqlite *table, const struct timespec *until)
{
    pthread_mutex_lock(&table->lock);
    bool is_late = false;
    if (table->is_taken)
        waiting_begins();
    while (table->is_taken && !is_late)
        is_late = (until == NULL ? pthread_cond_wait(&table->turn, &table->lock)
                                 : pthread_cond_timedwait(&table->turn, &table->lock, until)) != 0;
    const bool is_mine = !table->is_taken;
    table->is_taken = true;
    pthread_mutex_unlock(&table->lock);
    return is_mine;
}

static void end_turn(struct table_sqlite *table)
{
    pthread_mutex_lock(&table->lock);
    table->is_taken = false;
    pthread_cond_signal(&table->turn);
    pthread_mutex_unlock(&table->lock);
}

static enum table_answer sqlite_lookup(void *state, struct slice key, struct strbuf *value,
                                       struct strbuf *problem)
{
    struct table_sqlite *table = state;
    const uint64_t from_us = clock_system_monotonic_us(NULL);
    const size_t value_bytes = value == NULL ? 0 : value->length;
    const uint64_t until_us = from_us + WAIT_LIMIT_US;
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                                   .tv_nsec = (long)(until_us % 1000000) * 1000};
    if (!take_turn(table, &until)) {
        strbuf_append_text(problem, "the database is busy");
        return TABLE_UNKNOWN;
    }
    begin_use(table, from_us);
    const enum table_answer answer = query(table, key, value, problem);
    end_turn(table);
    if (answer == TABLE_UNKNOWN && value != NULL)
        strbuf_truncate(value, value_bytes);
    return answer;
}

/* Opens the database that stands at the path by now, if it is another one. */
static bool replace_connection(struct table_sqlite *table, const struct stat *info, struct strbuf *problem)
{
    struct connection fresh;
    if (info->st_dev == table->connection.device && info->st_ino == table->connection.inode)
        return true;
    if (!open_connection(table, &fresh, problem))
        return false;
    disconnect(&table->connection);
    table->connection = fresh;
    return true;
}

static bool sqlite_refresh(void *state, struct table_refreshing *refreshing, struct strbuf *problem)
{
    struct table_sqlite *table = state;
    (void)refreshing;
    struct stat info;
    if (stat(table->path, &info) != 0) {
        strbuf_printf(problem, "%s: %s", table->path, strerror(errno));
        return false;
    }
    take_turn(table, NULL);
    const bool good = replace_connection(table, &info, problem);
    end_turn(table);
    return good;
}

const struct table_source table_source_sqlite = {
    .prefix = "sqlite:",
    .open = sqlite_open,
    .close = sqlite_close,
    .lookup = sqlite_lookup,
    .refresh = sqlite_refresh,
};
