/*
 * The tables that a configuration names.
 *
 * The document holds on to them, so that a message that began with it can ask them to its end; they are
 * opened in a registry (table/table_registry.h), which other documents may share. Opening is for one thread
 * at a time; lookups are for any.
 */
#ifndef CLOSEDRELAY_CONFIG_TABLES_H
#define CLOSEDRELAY_CONFIG_TABLES_H

#include "config/types.h"
#include "table/table_registry.h"

struct config_tables;

/* A talloc child of `owner`, which gives the tables back when it is freed; NULL when memory ran out.
 * `shared`: the registry to open them in; NULL: one of its own. */
struct config_tables *config_tables_create(void *owner, struct table_registry *shared);

/* Belongs to `tables`. */
struct table_registry *config_tables_registry(const struct config_tables *tables);

/* Calls `tell` with the name and the trouble (table_trouble) of each table that has one. Any thread. */
void config_tables_examine(const struct config_tables *tables,
                           void (*tell)(void *context, const char *name, const char *trouble), void *context);

/*
 * The table that the entry `text` of a list or map names, its path seen from the file the entry stands in.
 * NULL: it cannot be opened, and what is wrong was told, in the file's own lines where it has such.
 */
struct table *config_source_open(const struct config_parse *parse, struct slice text,
                                 struct config_place place, enum table_shape shape);

/* `text` with the path in it made independent of `from`, appended to `out`; `text` itself where there is no
 * path. */
void config_source_print(struct slice text, const char *from, struct strbuf *out);

/* Adds a table to a list; a talloc child of `owner`. False when memory ran out. */
bool config_table_list_add(void *owner, struct config_table_list *list, struct table *table);

#endif
