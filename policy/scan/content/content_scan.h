/*
 * What files does this message carry? One pass over headers and body, as a milter is given them.
 *
 * The scan does not choose one reading of a broken message: every name and every structure some mail client
 * would see is followed, and where clients would truly disagree that is itself reported
 * (ATTACHMENT_AMBIGUOUS). It looks into forwarded messages and archives, recognises programs by their first
 * bytes, and decides nothing: the result is a list of facts (facts/attachment.h) for the attachments check.
 *
 * What concerns the message and no single file (a conflict in its structure, a bound reached, memory gone) is
 * an entry of the list whose path is "(message)" and which has no names.
 *
 * Memory does not grow with the message: parts are looked at as they pass and only names, conditions and a
 * few kilobytes of state are kept. Everything belongs to the scan, which belongs to `owner` (talloc). One
 * thread at a time; no state outside the scan.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_SCAN_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_SCAN_H

#include "base/slice.h"
#include "facts/attachment.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Bounds of one message, nested messages and archives included. Reaching one stops the scan of what lies
 * beyond it and is reported as ATTACHMENT_OVER_BUDGET; exactly the bound is still allowed.
 */
struct content_limits {
    uint32_t levels;                /* multiparts and messages within each other (64) */
    uint32_t parts;                 /* entities of all kinds, uuencoded files too (2,000) */
    uint32_t headers_per_part;      /* fields in one header block (1,000) */
    uint32_t header_bytes;          /* one logical header: name and unfolded value (65,536) */
    uint32_t parameters_per_header; /* `name=value` pieces in one header (64) */
    uint32_t comment_levels;        /* parentheses within each other in one header (8) */
    uint32_t names_per_part;        /* distinct candidate names of one part (100) */
    uint32_t archive_entries;       /* members of all archives together (10,000) */
    uint32_t archive_levels;        /* archives within each other (3) */
    uint64_t unpacked_bytes;        /* produced by all decompressors together (256 MiB) */
    uint64_t kept_bytes;   /* held by archive readers at one time, and by names that were found (16 MiB) */
    uint64_t work_units;   /* bytes handled at any level, costlier steps counted more (4 Gi) */
    bool uuencode_in_text; /* also look for uuencoded files in text parts of MIME mail (off) */
};

extern const struct content_limits content_limits_default;

struct content_scan;

/* A new scan under `owner`. `limits` is copied; NULL means the defaults. NULL: out of memory. */
struct content_scan *content_scan_create(void *owner, const struct content_limits *limits);

/* One header field, in order, duplicates too. `value` may be folded with LF; see milter `xxfi_header`. */
void content_scan_header(struct content_scan *scan, struct slice name, struct slice value);

/* The header is complete; may be left out for a message without body. */
void content_scan_end_of_headers(struct content_scan *scan);

/*
 * The next bytes of the body, cut anywhere. Returns false once nothing that follows can change the result:
 * the caller may then skip the rest of the body (more calls do no harm).
 */
bool content_scan_body(struct content_scan *scan, struct slice bytes);

/*
 * The message is complete. The list stays valid as long as the scan; NULL means that memory ran out and the
 * message was NOT fully looked at: never take it for clean. Calling it again gives the same answer.
 */
const struct attachment_list *content_scan_end(struct content_scan *scan);

/* How many entities of all kinds were looked into so far. */
uint32_t content_scan_part_count(const struct content_scan *scan);

/* After the end: what is alike in the message's text when it is sent to many (scan/text/text_fingerprint.h),
 * into FINGERPRINT_TEXT_BYTES; "": nothing to say. */
void content_scan_fingerprint(const struct content_scan *scan, char *text);

#endif
