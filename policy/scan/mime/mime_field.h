/*
 * The value of a Content-Type or Content-Disposition field in its strict form: what RFC 2045 (5.1), 2183 (2)
 * and 2231 (3, 4) allow and mail programs write.
 *
 * Inside it there is one reading, on which all mail programs agree (test/oracles compares them): a lead word,
 * then parameters with a semicolon before each; values are tokens or quoted text without backslashes,
 * semicolons, folds and controls; encoded words only as the whole of a quoted value, in one charset; RFC 2231
 * pieces numbered from 0 in order, each once, in quotes with semicolons and folds too; no comment. Whatever
 * is outside it is not read but over-approximated (mime/name_superset.h). Pure functions, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_FIELD_H
#define CLOSEDRELAY_SCAN_MIME_MIME_FIELD_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { MIME_FIELD_PARAMETERS_MAX = 64 };

struct mime_field_parameter {
    struct slice key;   /* as written, without stars and number */
    int index;          /* N of `key*N`, or -1 */
    bool is_extended;   /* `key*=` or `key*N*=`: percent-encoded */
    struct slice value; /* without its quotes */
};

struct mime_field {
    struct slice lead; /* "attachment", "text/plain": as written, maybe empty */
    struct mime_field_parameter
        parameters[MIME_FIELD_PARAMETERS_MAX]; /* pieces of one key follow each other */
    uint32_t count;
};

/* Takes `value` apart, whose slices then point into it; false where it is outside the strict form. */
bool mime_field_parse(struct mime_field *field, struct slice value);

/* Whether `key` is that of a file name ("filename", "name"). */
bool mime_field_is_name(struct slice key);

#endif
