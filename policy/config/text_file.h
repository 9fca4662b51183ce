/*
 * Text files that a configuration names: reading them whole, bounded, and going through their lines.
 */
#ifndef CLOSEDRELAY_CONFIG_TEXT_FILE_H
#define CLOSEDRELAY_CONFIG_TEXT_FILE_H

#include "base/slice.h"

#include <stdint.h>
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

/* The character at the start of a text that is not empty, and its length in bytes; 0 where it is not UTF-8
 * (RFC 3629). */
size_t text_utf8_next(struct slice text, uint32_t *point);

/* Whether YAML allows the character as it is: no control characters but tab, CR, LF and U+0085, no byte order
 * mark. */
bool text_is_printable(uint32_t point);

/* Puts '?' in place of every byte of what is not UTF-8 or not printable, line breaks and tabs too: one line
 * stays one line, and a terminal is not steered by what a file holds. */
void text_hide_controls(char *text, size_t length);

/* The first character that is not UTF-8 or not printable: true, its line and column (in characters, from 1)
 * and its kind in words. */
bool text_file_find_bad_byte(struct slice text, unsigned *line, unsigned *column, const char **what);

#endif
