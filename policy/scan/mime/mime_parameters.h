/*
 * File names and boundaries out of Content-Type and Content-Disposition values, by every reading together.
 *
 * Collects what mime/header_parameters.h finds: values as they are, percent-decoded (RFC 2231 4), numbered
 * pieces joined (RFC 2231 3) in the order of their numbers, in the order they stand, with gaps skipped or
 * ending the name, first or last of duplicates; each with and without its encoded words decoded and in UTF-8
 * where the charset is known. One collection may be fed several headers. Belongs to its talloc owner; one
 * thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_PARAMETERS_H
#define CLOSEDRELAY_SCAN_MIME_MIME_PARAMETERS_H

#include "scan/mime/header_parameters.h"
#include "scan/mime/name_set.h"

enum { MIME_BOUNDARIES_MAX = 16 }; /* candidates of one multipart */

struct mime_parameters {
    const struct mime_limits *limits;
    struct name_set names;
    struct name_set boundaries;
    /* The boundary that RFC 2045 and 2046 give the first header that has one; empty if none. In `boundaries`.
     */
    struct slice primary_boundary;
    struct slice primary_name; /* the first plain or only name of the last header; for comparing duplicates */
    const char *ambiguous;     /* why clients would disagree, or NULL */
    const char *unreadable;    /* what only some clients can read, and is not read here; or NULL */
    unsigned result;           /* header_parameters_result bits of all headers */
};

/* `limits` must outlive the collection. */
void mime_parameters_init(struct mime_parameters *parameters, void *owner, const struct mime_limits *limits);

/* Adds what the value of one header holds. Sets `primary_name` to this header's. */
void mime_parameters_add(struct mime_parameters *parameters, struct slice value);

/* Adds `name` as a file name, raw and with its encoded words decoded. */
void mime_parameters_add_name(struct mime_parameters *parameters, struct slice name);

bool mime_parameters_failed(const struct mime_parameters *parameters);

#endif
