/*
 * For tests: a whole message through the content scan as a milter would give it, and its facts as text.
 */
#ifndef CLOSEDRELAY_TEST_SCAN_MESSAGE_H
#define CLOSEDRELAY_TEST_SCAN_MESSAGE_H

#include "scan/content/content_scan.h"
#include "scan/mime/name_superset.h"

struct scan_cuts {
    size_t piece_bytes; /* the body in pieces of so many bytes; 0: in one */
    size_t first_cut;   /* with piece_bytes 0: the body in two pieces, cut here; 0: not */
    bool guarded;       /* each piece right before a page that cannot be read */
};

/*
 * Scans `raw`: fields up to the first empty line or line that is no field, then the body with CRLF line ends
 * as they are. Returns the scan's list, or NULL where the scan failed. The list belongs to `owner`.
 */
const struct attachment_list *scan_message(void *owner, struct slice raw, const struct content_limits *limits,
                                           struct scan_cuts cuts);

/* The same for a message that is nothing but the file, as 8-bit and binary transports allow; never NULL. */
const struct attachment_list *scan_file(void *owner, const char *name, struct slice file,
                                        const struct content_limits *limits, struct scan_cuts cuts);

/* The facts, one line each, for comparing and reading; talloc child of `owner`. "failed" where `list` is
 * NULL. */
char *scan_describe(void *owner, const struct attachment_list *list);

/* Whether some attachment has an extension candidate `extension`. */
bool scan_has_extension(const struct attachment_list *list, const char *extension);

/* Whether a damaged field can spell a name that ends in it. */
bool scan_spells(const struct name_superset *superset, const char *extension);

/* The conditions of all entries together. */
unsigned scan_conditions(const struct attachment_list *list);

/* What the first executable content is, or NULL. */
const char *scan_executable(const struct attachment_list *list);

#endif
