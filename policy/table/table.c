#include "table/table.h"

#include "base/log.h"
#include "table/table_lookups.h"
#include "table/table_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A question is answered within a second, if only by TABLE_UNKNOWN; this is for a machine that stands still.
 */
enum { ASKED_MS_MAX = 2000 };

struct table {
    const struct table_source *source;
    void *state;
    char *name;
    atomic_bool lookup_fails; /* and that was said */
    atomic_bool refresh_fails;
    atomic_uint most_lost_percent;
    atomic_bool is_held_back;     /* changed under the refresh lock */
    pthread_mutex_t refresh_lock; /* held by who takes a changed source into use; guards all below */
    bool is_unsaid;               /* the log does not know yet of the content in use */
    bool was_said;                /* the log knows of some content */
    bool has_news;
    struct table_news news;
    size_t said_entry_count;
    size_t held_entry_count;
};

static const struct table_source *const sources[] = {
    &table_source_file,      &table_source_lmdb,   &table_source_cdb,
    &table_source_socketmap, &table_source_sqlite, NULL,
};

static const struct table_source *source_of(struct slice name)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (slice_starts_nocase(name, slice_of(sources[i]->prefix)))
            return sources[i];
    return NULL;
}

bool table_is_source(struct slice text)
{
    return source_of(text) != NULL;
}

bool table_source_path(struct slice text, struct slice *path)
{
    const struct table_source *source = source_of(text);
    if (source == NULL || source == &table_source_socketmap)
        return false;
    *path = slice_part(text, strlen(source->prefix), text.length);
    if (source == &table_source_sqlite)
        path->length = slice_find(*path, ':');
    return true;
}

struct table *table_open(struct slice name, enum table_shape shape, struct strbuf *problem)
{
    const struct table_source *source = source_of(name);
    struct table *table = calloc(1, sizeof *table);
    if (source == NULL || table == NULL) {
        strbuf_append_text(problem, source == NULL ? "no such kind of table" : "out of memory");
        free(table);
        return NULL;
    }
    table->source = source;
    table->name = strndup(name.data, name.length);
    if (table->name != NULL)
        table->state = source->open(table->name + strlen(source->prefix), shape, problem);
    else
        strbuf_append_text(problem, "out of memory");
    if (table->state == NULL) {
        free(table->name);
        free(table);
        return NULL;
    }
    pthread_mutex_init(&table->refresh_lock, NULL);
    atomic_init(&table->most_lost_percent, TABLE_MOST_LOST_PERCENT);
    table->is_unsaid = true;
    return table;
}

void table_close(struct table *table)
{
    if (table == NULL)
        return;
    table->source->close(table->state);
    pthread_mutex_destroy(&table->refresh_lock);
    free(table->news.reason);
    free(table->name);
    free(table);
}

bool table_takes_time(const struct table *table)
{
    return table->source->ask != NULL;
}

const char *table_name(const struct table *table)
{
    return table->name;
}

/* Says what goes wrong when it begins, with what follows from it, and that it is over when it is. True: it
 * begins. */
static bool say_change(const struct table *table, atomic_bool *fails, const struct strbuf *problem,
                       const char *consequence)
{
    const bool ok = consequence == NULL;
    if (!ok && !atomic_exchange(fails, true)) {
        log_error("table %s: %.*s%s (said once)", table->name, (int)slice_find(strbuf_slice(problem), '\n'),
                  strbuf_text(problem), consequence);
        return true;
    }
    if (ok && atomic_load_explicit(fails, memory_order_relaxed) && atomic_exchange(fails, false))
        log_info("table %s: works again", table->name);
    return false;
}

const char *table_trouble(const struct table *table)
{
    if (atomic_load(&table->lookup_fails))
        return "it cannot be asked, and what depends on it is unknown";
    if (atomic_load(&table->is_held_back))
        return "it became empty or lost many entries, so those read before stay in force: `closedrelay reload "
               "--accept-shrunk` takes it as it is";
    if (atomic_load(&table->refresh_fails))
        return "its new content cannot be used, and the entries read before stay in force";
    return NULL;
}

struct table_question *table_ask(struct table *table, struct slice key)
{
    return table->source->ask(table->state, key);
}

/* What the question was answered; trouble is told once, and its end. */
static enum table_answer take_answer(struct table *table, struct table_question *question,
                                     struct strbuf *value)
{
    if (!question->is_recalled && !question->is_told)
        say_change(table, &table->lookup_fails, &question->problem,
                   question->answer == TABLE_UNKNOWN ? "" : NULL);
    question->is_told = true;
    if (question->answer == TABLE_FOUND && value != NULL)
        strbuf_append_slice(value, strbuf_slice(&question->value));
    return question->answer;
}

/* Of a source that takes its time. */
static enum table_answer ask(struct table *table, struct slice key, struct strbuf *value)
{
    struct table_lookups *lookups = table_lookups_in_use();
    if (lookups != NULL) {
        struct table_question *found = table_lookups_find(lookups, table, key);
        return found == NULL ? TABLE_UNKNOWN : take_answer(table, found, value);
    }
    struct table_question *question = table_ask(table, key);
    if (question == NULL)
        return TABLE_UNKNOWN;
    const enum table_answer answer =
        pending_wait(&question->pending, ASKED_MS_MAX) ? take_answer(table, question, value) : TABLE_UNKNOWN;
    table_question_drop(question);
    return answer;
}

static enum table_answer look_up(struct table *table, struct slice key, struct strbuf *value)
{
    struct strbuf problem;
    strbuf_init(&problem, 1024);
    const enum table_answer answer = table->source->lookup(table->state, key, value, &problem);
    say_change(table, &table->lookup_fails, &problem, answer == TABLE_UNKNOWN ? "" : NULL);
    strbuf_deinit(&problem);
    return answer;
}

enum table_answer table_lookup(struct table *table, struct slice key, struct strbuf *value)
{
    char lower[TABLE_KEY_BYTES_MAX];
    if (key.length > sizeof lower || key.length == 0)
        return TABLE_MISSING;
    for (size_t i = 0; i < key.length; i++)
        lower[i] = ascii_lower(key.data[i]);
    key = slice_make(lower, key.length);
    return table->source->ask != NULL ? ask(table, key, value) : look_up(table, key, value);
}

enum table_answer table_lookup_network(struct table *table, const struct ip_address *address,
                                       struct ip_network *network)
{
    return table->source->lookup_network(table->state, address, network);
}

bool table_refreshing_holds_back(struct table_refreshing *refreshing, size_t former, size_t fresh,
                                 struct strbuf *problem)
{
    const size_t lost = former > fresh ? former - fresh : 0;
    const bool is_too_much =
        lost > 0 && (fresh == 0 || (double)lost * 100 > (double)former * refreshing->most_lost_percent);
    if (!is_too_much || refreshing->accepts_shrunk)
        return false;
    refreshing->is_held_back = true;
    refreshing->held_entry_count = fresh;
    strbuf_printf(
        problem,
        "of %zu entries %zu are left, which is not taken into use before somebody says that it is meant "
        "(closedrelay reload --accept-shrunk)",
        former, fresh);
    return true;
}

/* Under the refresh lock. */
static bool run(struct table *table,
                bool (*look)(void *state, struct table_refreshing *refreshing, struct strbuf *problem),
                bool accepts_shrunk, struct strbuf *problem)
{
    struct table_refreshing refreshing = {.most_lost_percent = atomic_load(&table->most_lost_percent),
                                          .accepts_shrunk = accepts_shrunk};
    const bool ok = look(table->state, &refreshing, problem);
    if (ok || refreshing.is_held_back) {
        table->is_held_back = refreshing.is_held_back;
        table->held_entry_count = refreshing.held_entry_count;
    }
    table->is_unsaid = table->is_unsaid || refreshing.is_exchanged;
    return ok;
}

/* Under the refresh lock. */
static void set_news(struct table *table, const struct table_news *news)
{
    free(table->news.reason);
    table->news = *news;
    table->has_news = true;
}

/* Under the refresh lock. */
static void say_entries(struct table *table)
{
    const bool is_counted = table->source->count != NULL;
    if (!table->is_unsaid)
        return;
    const size_t count = is_counted ? table->source->count(table->state) : 0;
    if (is_counted)
        log_info("table %s: %zu entries", table->name, count);
    set_news(table, &(struct table_news){.kind = TABLE_NEWS_LOADED,
                                         .is_counted = is_counted,
                                         .has_former = table->was_said && is_counted,
                                         .entry_count = count,
                                         .former_entry_count = table->said_entry_count});
    table->said_entry_count = count;
    table->was_said = true;
    table->is_unsaid = false;
}

/* Under the refresh lock. What is in use stays. */
static void note_trouble(struct table *table, const struct strbuf *problem)
{
    set_news(table, &(struct table_news){
                        .kind = table->is_held_back ? TABLE_NEWS_KEPT : TABLE_NEWS_FAILED,
                        .is_counted = table->source->count != NULL,
                        .entry_count = table->said_entry_count,
                        .reason = strndup(strbuf_text(problem), slice_find(strbuf_slice(problem), '\n')),
                    });
}

bool table_take_news(struct table *table, struct table_news *news)
{
    pthread_mutex_lock(&table->refresh_lock);
    const bool has_news = table->has_news;
    *news = table->news;
    if (has_news)
        table->news = (struct table_news){0};
    table->has_news = false;
    pthread_mutex_unlock(&table->refresh_lock);
    return has_news;
}

void table_refresh(struct table *table)
{
    struct strbuf problem;
    if (table->source->refresh == NULL)
        return;
    strbuf_init(&problem, 1024);
    pthread_mutex_lock(&table->refresh_lock);
    const bool ok = run(table, table->source->refresh, false, &problem);
    say_entries(table);
    if (say_change(table, &table->refresh_fails, &problem,
                   ok ? NULL : "; the entries read before stay in force"))
        note_trouble(table, &problem);
    pthread_mutex_unlock(&table->refresh_lock);
    strbuf_deinit(&problem);
}

bool table_is_renewable(const struct table *table)
{
    return table->source->renew != NULL || table->source->refresh != NULL;
}

/* Reads what is there now. What is held back is no failure: the former content is right. */
static bool renew(struct table *table, bool accepts_shrunk, struct strbuf *problem)
{
    if (!table_is_renewable(table))
        return true;
    pthread_mutex_lock(&table->refresh_lock);
    const bool ok = run(table, table->source->renew != NULL ? table->source->renew : table->source->refresh,
                        accepts_shrunk, problem) ||
                    table->is_held_back;
    pthread_mutex_unlock(&table->refresh_lock);
    return ok;
}

bool table_renew(struct table *table, struct strbuf *problem)
{
    return renew(table, false, problem);
}

bool table_accept_shrunk(struct table *table)
{
    struct strbuf problem;
    struct table_status status;
    table_get_status(table, &status);
    if (!status.is_held_back)
        return false;
    strbuf_init(&problem, 1024);
    const bool ok = renew(table, true, &problem);
    if (ok)
        say_change(table, &table->refresh_fails, &problem, NULL);
    strbuf_deinit(&problem);
    return ok;
}

void table_limit_shrinking(struct table *table, unsigned most_lost_percent)
{
    atomic_store(&table->most_lost_percent, most_lost_percent);
}

void table_get_status(struct table *table, struct table_status *status)
{
    pthread_mutex_lock(&table->refresh_lock);
    *status = (struct table_status){
        .name = table->name,
        .is_counted = table->source->count != NULL,
        .entry_count = table->source->count == NULL ? 0 : table->source->count(table->state),
        .is_held_back = table->is_held_back,
        .held_entry_count = table->held_entry_count,
        .is_failing = atomic_load(&table->lookup_fails) || atomic_load(&table->refresh_fails),
    };
    pthread_mutex_unlock(&table->refresh_lock);
}
