/*
 * The filters of a PDF's stream (ISO 32000-1, 7.4): digits in base 16 and 85, then Flate; what else there is
 * serves pictures. Belongs to its reader; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_PDF_PDF_DECODE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_PDF_PDF_DECODE_H

#include "scan/archive/unpack.h"

enum { PDF_FILTERS_MAX = 4 };

enum pdf_filter { PDF_FILTER_HEX, PDF_FILTER_85, PDF_FILTER_FLATE, PDF_FILTER_OTHER };

/* In the order in which they are undone. */
struct pdf_filters {
    enum pdf_filter items[PDF_FILTERS_MAX];
    unsigned count; /* more than PDF_FILTERS_MAX: there are others */
};

void pdf_filters_add(struct pdf_filters *filters, const char *name);

/* Whether all are those that are undone here: digits, then Flate at most. */
bool pdf_filters_are_known(const struct pdf_filters *filters);

struct pdf_decode;

/* What comes out goes to the member_data of `sink`, which is copied. The filters are known. NULL: no memory.
 */
struct pdf_decode *pdf_decode_create(void *owner, const struct pdf_filters *filters,
                                     const struct archive_sink *sink, struct archive_budget *budget);

void pdf_decode_push(struct pdf_decode *decode, struct slice bytes);

/* What it came to: UNPACK_END where the content is whole, or nobody wanted more. */
enum unpack_result pdf_decode_end(const struct pdf_decode *decode);

#endif
