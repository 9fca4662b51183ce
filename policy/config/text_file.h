/*
 * Text files that a configuration names: reading them whole, bounded, and going through their lines.
 */
#ifndef CLOSEDRELAY_CONFIG_TEXT_FILE_H
#define CLOSEDRELAY_CONFIG_TEXT_FILE_H

#include "base/slice.h"

#include <sys/stat.h>

enum { CONFIG_LIST_FILE_BYTES_MAX = 16 * 1000 * 1000 };

struct text_file {
    struct slice content; /* followed by a NUL byte that is not counted */
    struct stat info;
};

/*
 * Reads a regular file of at most `bytes_max` bytes into memory of `owner`. True: read. False: `why` says why
 * not, in words ("No such file or directory"; static, or of `owner`), or is NULL when memory ran out.
 */
bool text_file_read(void *owner, const char *path, size_t bytes_max, struct text_file *file,
                    const char **why);

/* `path` as seen from the folder of `from`: absolute where either is, else relative. NULL when memory ran
 * out. */
char *text_file_resolve(void *owner, struct slice path, const char *from);

/* The next entry of a list file: lines without comments ('#' at the start or behind a space), blank ones
 * passed over. `rest` and `line` (0 before the first) are moved on. False at the end. */
bool text_file_next_entry(struct slice *rest, unsigned *line, struct slice *entry);

/* The first byte that is not fit for a text file (invalid UTF-8, NUL, control bytes but tab, CR, LF): true,
 * its line and column (in characters, from 1) and its kind in words. */
bool text_file_find_bad_byte(struct slice text, unsigned *line, unsigned *column, const char **what);

#endif
