/*
 * Reading files that others replace or rewrite while they are in use: the whole of one content, or nothing.
 *
 * A file that was put in place by rename is taken at once. One that is being written where it stands is taken
 * only when it has kept still from one look to the next, and what moved while it was read is thrown away. One
 * thread at a time. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_STILL_FILE_H
#define CLOSEDRELAY_TABLE_STILL_FILE_H

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

/* All zero before the first still_file_read. */
struct still_file {
    struct file_stamp taken;  /* the content in use */
    struct file_stamp seen;   /* at the last look */
    struct file_stamp broken; /* a content that could not be used; not tried again before it changes */
};

enum still_file_state {
    STILL_FILE_SAME,    /* nothing to do, or not yet */
    STILL_FILE_CHANGED, /* to be read */
    STILL_FILE_BROKEN,  /* gone (`problem` says why), or the broken content still */
};

enum still_file_state still_file_look(struct still_file *file, const char *path, struct strbuf *problem);

/* The bytes at `path`, `*stamp` telling which and how many: to be freed with free(). NULL: `problem` says
 * why. */
char *still_file_read(const char *path, struct file_stamp *stamp, struct strbuf *problem);

/* The content of `stamp` is in use from now on. */
void still_file_take(struct still_file *file, const struct file_stamp *stamp);
/* What the last look saw cannot be used. */
void still_file_reject(struct still_file *file);

#endif
