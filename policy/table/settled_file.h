/*
 * Reading files that others replace or rewrite while they are in use: the whole of one content, or nothing.
 *
 * A file that was put in place by rename is taken at once. One that is being written where it stands is taken
 * only when it has kept still from one look to the next, and what moved while it was read is thrown away. One
 * thread at a time. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_SETTLED_FILE_H
#define CLOSEDRELAY_TABLE_SETTLED_FILE_H

#include "base/strbuf.h"

#include <sys/types.h>
#include <time.h>

/* What tells one content of a file from the next. */
struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t size_bytes;
    struct timespec modified;
};

/* All zero before the first settled_file_read. */
struct settled_file {
    struct file_stamp taken;  /* the content in use */
    struct file_stamp seen;   /* at the last look */
    struct file_stamp broken; /* a content that could not be used; not tried again before it changes */
};

enum settled_file_state {
    SETTLED_FILE_SAME,    /* nothing to do, or not yet */
    SETTLED_FILE_CHANGED, /* to be read */
    SETTLED_FILE_BROKEN,  /* gone (`problem` says why), or the broken content still */
};

enum settled_file_state settled_file_look(struct settled_file *file, const char *path,
                                          struct strbuf *problem);

/* Whether the content in use is the one at `path` now. */
bool settled_file_is_taken(const struct settled_file *file, const char *path);

/* The bytes at `path`, `*stamp` telling which and how many: to be freed with free(). NULL: `problem` says
 * why. */
char *settled_file_read(const char *path, struct file_stamp *stamp, struct strbuf *problem);

/* The content of `stamp` is in use from now on. */
void settled_file_take(struct settled_file *file, const struct file_stamp *stamp);
/* What the last look saw cannot be used. */
void settled_file_reject(struct settled_file *file);

#endif
