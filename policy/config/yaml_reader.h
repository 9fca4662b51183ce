/*
 * YAML text -> a tree of nodes, each with its place.
 *
 * The part of YAML 1.1 that a configuration needs: mappings, sequences and scalars. Anchors, aliases, tags,
 * merge keys, duplicate keys, mappings or sequences as keys and further documents are refused, each with what
 * to write instead; reading goes on after them so that all are told. Values are not interpreted: a scalar is
 * its text, and whether it was quoted. Bounded: CONFIG_FILE_BYTES_MAX, CONFIG_DEPTH_MAX, CONFIG_NODES_MAX,
 * CONFIG_KEYS_MAX.
 */
#ifndef CLOSEDRELAY_CONFIG_YAML_READER_H
#define CLOSEDRELAY_CONFIG_YAML_READER_H

#include "config/node.h"

enum {
    CONFIG_FILE_BYTES_MAX = 1000 * 1000,
    CONFIG_NODES_MAX = 100 * 1000, /* in one file */
};

/*
 * Reads one document. `file` names it in places and must live as long as `owner`, under which the nodes are
 * allocated. Text without a document gives an empty mapping. NULL: there is no tree, and why is in
 * `problems`; a tree may be returned although errors were told.
 */
struct config_node *yaml_reader_read(void *owner, const char *file, struct slice text,
                                     struct config_problems *problems);

#endif
