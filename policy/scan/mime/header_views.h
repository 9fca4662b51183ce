/*
 * The texts that different clients make of one header value before they look for parameters in it.
 *
 * Unfolded (line ends dropped, RFC 5322 2.2.3); unfolded by taking the blanks and other control characters
 * with them; each without comments; and with encoded words decoded first. Equal texts are kept once.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_HEADER_VIEWS_H
#define CLOSEDRELAY_SCAN_MIME_HEADER_VIEWS_H

#include "base/slice.h"
#include "base/strbuf.h"

#include <stdint.h>

enum { HEADER_VIEWS_MAX = 7 };

struct header_view {
    struct strbuf text;
    bool is_strict;  /* what RFC 5322 and 2045 make of the value */
    bool is_decoded; /* encoded words were decoded before parsing */
};

struct header_views {
    struct header_view items[HEADER_VIEWS_MAX];
    size_t count;
    bool is_over_comments; /* comments nest deeper than allowed: what follows is taken for a comment */
    bool failed;           /* out of memory */
};

/* Fills `views` from a raw value; header_views_deinit frees what they hold. */
void header_views_init(struct header_views *views, struct slice value, uint32_t comment_levels);
void header_views_deinit(struct header_views *views);

#endif
