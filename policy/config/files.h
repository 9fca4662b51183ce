/*
 * Configuration files -> one tree, `include:` followed.
 *
 * `include` at the top of a file names further files, by name or with * and ?, relative to the folder of the
 * file it stands in; what a pattern finds is read in the order of its bytes. A key may be set in one file
 * only.
 */
#ifndef CLOSEDRELAY_CONFIG_FILES_H
#define CLOSEDRELAY_CONFIG_FILES_H

#include "config/node.h"

enum {
    CONFIG_INCLUDE_DEPTH_MAX = 8,
    CONFIG_FILE_COUNT_MAX = 1000,
    CONFIG_TOTAL_BYTES_MAX = 8 * 1000 * 1000,
};

/* The merged tree, a mapping; everything belongs to `owner`. Or NULL, and why is in `problems`. What could be
 * read is returned although some included file could not: the problems tell. */
struct config_node *config_files_read(void *owner, const char *path, struct config_problems *problems);

/* The same, the first file given as bytes. */
struct config_node *config_files_read_text(void *owner, const char *name, struct slice text,
                                           struct config_problems *problems);

#endif
