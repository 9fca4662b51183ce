/*
 * Where a header may end among lines of which some are none of a header.
 *
 * Between two well-formed fields no client ends it. Beside anything else one may: before or behind what is no
 * field, an empty line, a line of blanks, a field whose name RFC 5322 does not allow, a bare CR or a NUL that
 * ends lines to some. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_HEADER_END_H
#define CLOSEDRELAY_SCAN_MIME_HEADER_END_H

#include "base/slice.h"

/* Whether `line` is a field by RFC 5322 2.2, or goes on with one (2.2.3): all read it so in a header. */
bool header_end_is_field(struct slice line);

/* The first offset behind `at` where content begins to some, in `lines` with their ends; their length if
 * there is none. Blank lines begin none. Linear in what is passed over. */
size_t header_end_next(struct slice lines, size_t at);

#endif
