/*
 * The tree that a configuration file was read into: values with their places, not yet interpreted.
 *
 * Built once, then constant. Nodes are talloc children of whatever the reader was given, strings of theirs or
 * of that; file names in places belong to the caller of the reader.
 */
#ifndef CLOSEDRELAY_CONFIG_NODE_H
#define CLOSEDRELAY_CONFIG_NODE_H

#include "config/problems.h"

enum {
    CONFIG_DEPTH_MAX = 32,  /* mappings and sequences within each other */
    CONFIG_KEYS_MAX = 1000, /* in one mapping */
};

enum config_node_kind {
    CONFIG_NODE_SCALAR,
    CONFIG_NODE_SEQUENCE,
    CONFIG_NODE_MAPPING,
    CONFIG_NODE_BROKEN, /* an error was told already: what stands here is to be passed over silently */
};

struct config_node {
    enum config_node_kind kind;
    bool quoted; /* a scalar in quotes or as a block: text whatever it looks like */
    struct config_place place;
    const char *text; /* scalar: UTF-8 without NUL, NUL-terminated */
    size_t length;
    const char *key; /* of a mapping's child */
    struct config_place key_place;
    struct config_node *first, *last; /* children, in order */
    struct config_node *next;
    size_t count; /* of children */
};

/* The child of a mapping with that key, or NULL. */
struct config_node *config_node_find(const struct config_node *mapping, const char *key);

/* Appends a node that belongs to nobody yet. */
void config_node_append(struct config_node *parent, struct config_node *child);

/* Takes a child out of its parent. */
void config_node_remove(struct config_node *parent, struct config_node *child);

/* A quoted scalar; NULL when memory ran out. */
struct config_node *config_node_create_text(void *owner, struct config_place place, const char *text);

/* Tells every key that a mapping has twice; all but the first of them become CONFIG_NODE_BROKEN. False when
 * memory ran out. */
bool config_node_drop_repeats(struct config_node *mapping, struct config_problems *problems);

/* Moves the children of `from` into `into`, both mappings. Where both have a key, mappings are merged in
 * turn, and anything else is an error that names both places, except sequences under the top-level key
 * `joined`: they are put one after the other. */
void config_node_merge(struct config_node *into, struct config_node *from, const char *joined,
                       struct config_problems *problems);

#endif
