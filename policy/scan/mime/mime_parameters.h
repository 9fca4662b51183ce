/*
 * File names and boundaries out of Content-Type and Content-Disposition values.
 *
 * A value in the strict form (mime/mime_field.h) is read: names as they are, percent-decoded (RFC 2231 4),
 * pieces joined (RFC 2231 3); each with and without its encoded words decoded and in UTF-8 where the charset
 * is known. Of any other value all names that it could spell are kept as a superset (mime/name_superset.h),
 * and beside it the name and the boundary that are most likely meant. One collection may be fed several
 * fields. Belongs to its talloc owner; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_PARAMETERS_H
#define CLOSEDRELAY_SCAN_MIME_MIME_PARAMETERS_H

#include "scan/mime/mime_limits.h"
#include "scan/mime/name_superset.h"

enum { MIME_BOUNDARIES_MAX = 16 }; /* candidates of one multipart */

enum mime_parameters_result {
    MIME_PARAMETERS_TOO_MANY = 1 << 0, /* more than parameters_per_header */
    MIME_PARAMETERS_TOO_DEEP = 1 << 1, /* comments beyond comment_levels */
    MIME_PARAMETERS_NO_MEMORY = 1 << 2,
};

struct mime_parameters {
    const struct mime_limits *limits;
    struct name_set names;
    struct name_superset superset;
    struct name_set boundaries;
    /* The boundary that RFC 2045 and 2046 give the first header that has one; empty if none. In `boundaries`.
     */
    struct slice primary_boundary;
    bool has_odd_boundary;     /* one by RFC 2231, which not all know */
    struct slice primary_name; /* the first plain or only name of the last header; for comparing duplicates */
    const char *unreadable;    /* what only some clients can read, and is not read here; or NULL */
    unsigned result;           /* mime_parameters_result bits of all fields */
};

/* `limits` must outlive the collection. */
void mime_parameters_init(struct mime_parameters *parameters, void *owner, const struct mime_limits *limits);

/* Adds what the value of one field holds. Sets `primary_name` to this field's. Returns its lead word, as in
 * struct mime_field; what is left of one where the value is outside the strict form, which sets `*is_strict`.
 */
struct slice mime_parameters_add(struct mime_parameters *parameters, struct slice value, bool *is_strict);

/* Adds `name` as a file name, raw and with its encoded words decoded. */
void mime_parameters_add_name(struct mime_parameters *parameters, struct slice name);

/* Whether there is a name, or one may be spelled. */
bool mime_parameters_has_name(const struct mime_parameters *parameters);

bool mime_parameters_failed(const struct mime_parameters *parameters);

#endif
