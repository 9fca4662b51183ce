/*
 * Building the sets that settings hold. Looking things up in them: schema.h.
 *
 * A set is built once and constant from then on.
 */
#ifndef CLOSEDRELAY_CONFIG_SETS_H
#define CLOSEDRELAY_CONFIG_SETS_H

#include "base/strbuf.h"
#include "config/schema.h"
#include "config/types.h"

/* Texts on the way into a set; entries are kept with their final NUL. */
struct text_collection {
    struct strbuf bytes;
    size_t count;
};

void text_collection_init(struct text_collection *collection);
void text_collection_deinit(struct text_collection *collection);

/* Adds `text`, which holds no NUL, as it is; running out of memory shows when the set is made. */
void text_collection_add(struct text_collection *collection, struct slice text);
/* The same in lower case, with A-labels behind an "@": users as the policy counts them. */
void text_collection_add_lower(struct text_collection *collection, struct slice text);

/* A set of all that was collected, each text once; a talloc child of `owner`, NULL when memory ran out. */
struct text_set *text_set_create(void *owner, const struct text_collection *collection);

/* What `below` (may be NULL) becomes with `added` put in and `removed` taken out of both; a talloc child of
 * `owner` that needs all three for as long as it lives. NULL when memory ran out. */
struct text_set *text_set_change(void *owner, const struct text_set *below, const struct text_set *added,
                                 const struct text_set *removed);

/* Calls `visit` for every text, which lives as long as the set; false as soon as it returns false. */
bool text_set_each(const struct text_set *set, bool (*visit)(void *context, const char *text), void *context);

/* Adds tables; they and the array must live as long as the set. Before it is shared. */
void text_set_use_tables(struct text_set *set, struct config_table_list tables);

bool text_set_has_tables(const struct text_set *set);

/* Whether a text can be in both, an empty set standing for all texts, and tables for any. */
bool text_sets_can_meet(const struct text_set *a, const struct text_set *b);

/* A set of `count` networks, in any order; a talloc child of `owner`, NULL when memory ran out. */
struct network_set *network_set_create(void *owner, const struct ip_network *networks, size_t count);
void network_set_use_tables(struct network_set *set, struct config_table_list tables);
/* As text_set_change. */
struct network_set *network_set_change(void *owner, const struct network_set *below,
                                       const struct network_set *added, const struct network_set *removed);
/* Whether an address can be in both; true where tables could tell only. */
bool network_set_meets(const struct network_set *set, const struct ip_network *network);
/* How many networks are left when those within others are taken out; of a change those that it is made of. */
size_t network_set_count(const struct network_set *set);

/* An empty map; a talloc child of `owner`, NULL when memory ran out. `has_one_value`: of several values of a
 * key the first counts, else all. */
struct text_map *text_map_create(void *owner, bool has_one_value);
/* Before it is shared. `key` is kept in lower case, with A-labels behind an "@". False when memory ran out.
 */
bool text_map_add(struct text_map *map, struct slice key, struct slice value);
/* Calls `visit` for every pair of the configuration; false as soon as it returns false. */
bool text_map_each(const struct text_map *map,
                   bool (*visit)(void *context, const char *key, const char *value), void *context);
bool text_map_has_tables(const struct text_map *map);
void text_map_use_tables(struct text_map *map, struct config_table_list tables);

#endif
