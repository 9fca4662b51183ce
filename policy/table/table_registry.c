#include "table/table_registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct registered {
    struct table *table;
    enum table_shape shape;
    uint64_t number; /* ascending in the chain, so that a walk may let go of the lock between two */
    size_t use_count;
    struct registered *next;
};

struct table_registry {
    atomic_uint references;
    pthread_mutex_t lock; /* guards all below; never held while a table is read */
    struct registered *first;
    uint64_t last_number;
    unsigned most_lost_percent; /* of every table */
};

struct table_registry *table_registry_create(void)
{
    struct table_registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return NULL;
    atomic_init(&registry->references, 1);
    registry->most_lost_percent = TABLE_MOST_LOST_PERCENT;
    pthread_mutex_init(&registry->lock, NULL);
    return registry;
}

struct table_registry *table_registry_ref(struct table_registry *registry)
{
    atomic_fetch_add(&registry->references, 1);
    return registry;
}

void table_registry_unref(struct table_registry *registry)
{
    if (registry == NULL || atomic_fetch_sub(&registry->references, 1) != 1)
        return;
    assert(registry->first == NULL);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

/* ---- opening ---------------------------------------------------------------------------------------- */

static struct table *use_open(struct table_registry *registry, struct slice name, enum table_shape shape)
{
    struct table *table = NULL;
    pthread_mutex_lock(&registry->lock);
    for (struct registered *at = registry->first; at != NULL && table == NULL; at = at->next)
        if (at->shape == shape && table_is_renewable(at->table) &&
            slice_equal(slice_of(table_name(at->table)), name)) {
            at->use_count++;
            table = at->table;
        }
    pthread_mutex_unlock(&registry->lock);
    return table;
}

static void add(struct table_registry *registry, struct registered *fresh)
{
    pthread_mutex_lock(&registry->lock);
    fresh->number = ++registry->last_number;
    table_limit_shrinking(fresh->table, registry->most_lost_percent);
    struct registered **end = &registry->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = fresh;
    pthread_mutex_unlock(&registry->lock);
}

struct table *table_registry_open(struct table_registry *registry, struct slice name, enum table_shape shape,
                                  struct strbuf *problem)
{
    struct table *table = use_open(registry, name, shape);
    if (table != NULL) {
        if (table_renew(table, problem))
            return table;
        table_registry_close(registry, table);
        return NULL;
    }
    table = table_open(name, shape, problem);
    struct registered *fresh = table == NULL ? NULL : calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        if (table != NULL)
            strbuf_append_text(problem, "out of memory");
        table_close(table);
        return NULL;
    }
    *fresh = (struct registered){.table = table, .shape = shape, .use_count = 1};
    add(registry, fresh);
    return table;
}

void table_registry_close(struct table_registry *registry, struct table *table)
{
    struct registered *unused = NULL;
    pthread_mutex_lock(&registry->lock);
    struct registered **at = &registry->first;
    while ((*at)->table != table)
        at = &(*at)->next;
    if (--(*at)->use_count == 0) {
        unused = *at;
        *at = unused->next;
    }
    pthread_mutex_unlock(&registry->lock);
    if (unused == NULL)
        return;
    table_close(unused->table);
    free(unused);
}

/* ---- refreshing ------------------------------------------------------------------------------------- */

/* The table that follows number `*number`, in use by the caller too; NULL: there is none. */
static struct table *use_next(struct table_registry *registry, uint64_t *number)
{
    struct table *table = NULL;
    pthread_mutex_lock(&registry->lock);
    struct registered *at = registry->first;
    while (at != NULL && at->number <= *number)
        at = at->next;
    if (at != NULL) {
        at->use_count++;
        *number = at->number;
        table = at->table;
    }
    pthread_mutex_unlock(&registry->lock);
    return table;
}

void table_registry_each(struct table_registry *registry, void (*visit)(void *context, struct table *table),
                         void *context)
{
    uint64_t number = 0;
    struct table *table;
    while ((table = use_next(registry, &number)) != NULL) {
        visit(context, table);
        table_registry_close(registry, table);
    }
}

static void refresh_one(void *context, struct table *table)
{
    (void)context;
    table_refresh(table);
}

void table_registry_refresh(struct table_registry *registry)
{
    table_registry_each(registry, refresh_one, NULL);
}

static void limit_one(void *percent, struct table *table)
{
    table_limit_shrinking(table, *(const unsigned *)percent);
}

void table_registry_limit_shrinking(struct table_registry *registry, unsigned most_lost_percent)
{
    pthread_mutex_lock(&registry->lock);
    registry->most_lost_percent = most_lost_percent;
    pthread_mutex_unlock(&registry->lock);
    table_registry_each(registry, limit_one, &most_lost_percent);
}

static void accept_one(void *count, struct table *table)
{
    *(size_t *)count += table_accept_shrunk(table);
}

size_t table_registry_accept_shrunk(struct table_registry *registry)
{
    size_t count = 0;
    table_registry_each(registry, accept_one, &count);
    return count;
}

size_t table_registry_count(struct table_registry *registry)
{
    size_t count = 0;
    pthread_mutex_lock(&registry->lock);
    for (const struct registered *at = registry->first; at != NULL; at = at->next)
        count++;
    pthread_mutex_unlock(&registry->lock);
    return count;
}
