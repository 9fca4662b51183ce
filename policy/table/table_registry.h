/*
 * The tables in use, each opened once however many configurations name it.
 *
 * A configuration that is loaded in place of another shares the other's registry: the entries of a file stand
 * in memory once, a reload reads only what has changed, and what is taken out of a file acts for the sessions
 * of every configuration. Counted; any thread, but for table_registry_refresh (one).
 */
#ifndef CLOSEDRELAY_TABLE_TABLE_REGISTRY_H
#define CLOSEDRELAY_TABLE_TABLE_REGISTRY_H

#include "table/table.h"

struct table_registry;

struct table_registry *table_registry_create(void); /* with one reference; NULL: no memory */
struct table_registry *table_registry_ref(struct table_registry *registry);
void table_registry_unref(struct table_registry *registry); /* NULL is allowed */

/*
 * The table of that name and shape, opened now, or open already and then brought up to date; where a source
 * cannot be brought up to date (a server whose answers are kept for a while) always one of its own. NULL: it
 * cannot be used as it is now (`problem` as table_open tells it); who has it open already goes on with its
 * former content. To be given back with table_registry_close, before the registry.
 */
struct table *table_registry_open(struct table_registry *registry, struct slice name, enum table_shape shape,
                                  struct strbuf *problem);
void table_registry_close(struct table_registry *registry, struct table *table);

/* Takes the changed files among all tables into use (table_refresh). */
void table_registry_refresh(struct table_registry *registry);

/* Calls `visit` for every open table; no lock is held meanwhile. */
void table_registry_each(struct table_registry *registry, void (*visit)(void *context, struct table *table),
                         void *context);

/* table_limit_shrinking() for all tables, those that are opened later too. */
void table_registry_limit_shrinking(struct table_registry *registry, unsigned most_lost_percent);

/* table_accept_shrunk() for all; how many there were. */
size_t table_registry_accept_shrunk(struct table_registry *registry);

/* How many tables are open. */
size_t table_registry_count(struct table_registry *registry);

#endif
