/*
 * Reads delivery reports and complaints: messages of the type multipart/report, as they pass.
 *
 * Only the parts that RFC 3464, 6522 and 5965 give them are read, and those as they must be written: lines of
 * fields, not encoded. Bounded: a line is read up to REPORT_LINE_BYTES_MAX, and what is beyond the bounds is
 * left out. It decides nothing. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_REPORT_REPORT_READER_H
#define CLOSEDRELAY_SCAN_REPORT_REPORT_READER_H

#include "base/slice.h"
#include "facts/report.h"

enum { REPORT_LINE_BYTES_MAX = 998 };

struct report_reader;

/* For a message with this Content-Type; a talloc child of `owner`. NULL: it is no report, or memory ran out.
 */
struct report_reader *report_reader_create(void *owner, struct slice content_type);

/* The next bytes of the body, cut anywhere. */
void report_reader_push(struct report_reader *reader, struct slice bytes);

/* After the body: what it tells, as long as the reader; NULL: nothing of use. */
const struct report_facts *report_reader_end(struct report_reader *reader);

#endif
