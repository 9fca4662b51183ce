/*
 * A file name as the receiver's system reads it: which extensions does it really have?
 *
 * `invoice.exe. `, `invoice.exe::$DATA`, `invoice%2Eexe`, `C:\tmp\invoice.exe`, `invoice.{CLSID}` and a name
 * turned round by bidi controls all end up as programs on somebody's desktop, while `example.com.pdf` is a
 * pdf. For every way some client or system cleans a name the last extension is given; the caller compares
 * each with its lists. Nothing is decided here. Pure functions, no allocation, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_FILE_NAME_H
#define CLOSEDRELAY_SCAN_MIME_FILE_NAME_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FILE_NAME_EXTENSION_BYTES = 40, /* longer ones run nothing and are left out */
    FILE_NAME_EXTENSIONS_MAX = 145, /* readings of one name: there are no more */
    FILE_NAME_BYTES_MAX = 1024,     /* of a longer name the last so many bytes are read */
};

struct file_name_extensions {
    /* Lower-case ASCII (other bytes as they are), without the dot, NUL-terminated, no duplicates. A class id
     * is given as the extension it stands for where known, else with its braces: "{...}". */
    char text[FILE_NAME_EXTENSIONS_MAX][FILE_NAME_EXTENSION_BYTES];
    size_t count;
    bool has_class_id;     /* the name ends in `.{CLSID}`: Windows hides it and opens by it */
    bool has_bidi_control; /* the name is shown in another order than it is stored */
};

/* All extensions that count for `name` (UTF-8 or raw bytes of any charset). A name without any gives count 0.
 */
void file_name_extension_candidates(struct slice name, struct file_name_extensions *extensions);

/*
 * The cleaned forms the extensions were taken from, for matching whole names and patterns: calls `visit` for
 * each (lower-case ASCII, valid during the call; some may be equal), until it returns false.
 */
void file_name_forms(struct slice name, bool (*visit)(void *context, struct slice form), void *context);

#endif
