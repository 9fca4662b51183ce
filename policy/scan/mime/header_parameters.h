/*
 * Every place in a header value where some client would find a file name or a boundary.
 *
 * Not a parser of RFC 2045 5.1 but a search for `filename`, `name` and `boundary` with an `=` behind them, in
 * every view of the value (mime/header_views.h), outside quotes, and inside them where a client that does not
 * know quotes would look. Each place gives the readings of its value: quoted, unquoted to the next `;`, to
 * the next blank, with and without backslashes, unterminated. Nothing is decoded or joined here
 * (mime/mime_parameters.h).
 */
#ifndef CLOSEDRELAY_SCAN_MIME_HEADER_PARAMETERS_H
#define CLOSEDRELAY_SCAN_MIME_HEADER_PARAMETERS_H

#include "base/slice.h"
#include "scan/mime/mime_limits.h"

enum parameter_kind { PARAMETER_FILENAME, PARAMETER_NAME, PARAMETER_BOUNDARY };

enum {
    PARAMETER_READINGS_MAX = 6,
    PARAMETER_BYTES_MAX = 4096, /* of one value */
};

struct header_parameter {
    enum parameter_kind kind;
    int index;       /* N of `filename*N`, or -1 */
    bool is_starred; /* `filename*=` or `filename*N*=`: percent-encoded (RFC 2231 4) */
    bool is_strict;  /* found where RFC 2045 has it */
    /* Without duplicates, the plainest first; valid during the call. */
    struct slice readings[PARAMETER_READINGS_MAX];
    size_t reading_count;
};

enum header_parameters_result {
    HEADER_PARAMETERS_TOO_MANY = 1 << 0,  /* more than parameters_per_header */
    HEADER_PARAMETERS_TOO_DEEP = 1 << 1,  /* comments beyond comment_levels */
    HEADER_PARAMETERS_TOO_HIGH = 1 << 2,  /* an index above parameter_index */
    HEADER_PARAMETERS_TOO_LONG = 1 << 3,  /* a value above PARAMETER_BYTES_MAX, which was cut */
    HEADER_PARAMETERS_NO_MEMORY = 1 << 4, /* the search is not complete */
};

/* Calls `visit` for every place, strict ones in order first. Returns header_parameters_result bits, 0 for all
 * well. */
unsigned header_parameters_visit(struct slice value, const struct mime_limits *limits,
                                 void (*visit)(void *context, const struct header_parameter *parameter),
                                 void *context);

#endif
