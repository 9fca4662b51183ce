/*
 * The check `attachments`: judges what the content scan found (facts/attachment.h).
 *
 * Every name under which some mail client would show an attachment is judged, and one that is blocked is
 * enough. What cannot be judged by name has an outcome of its own, each with an action: nothing of that is
 * ever "clean".
 */
#ifndef CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENTS_H
#define CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENTS_H

#include "check/check.h"
#include "scan/content/content_scan.h"

enum attachment_outcome {
    ATTACHMENT_IS_CLEAN,
    ATTACHMENT_IS_BLOCKED,   /* a blocked extension or name */
    ATTACHMENT_IS_DISGUISED, /* a program by its content, under another name */
    ATTACHMENT_IS_AMBIGUOUS, /* the others: see enum attachment_condition */
    ATTACHMENT_IS_PARTIAL,
    ATTACHMENT_IS_OVER_BUDGET,
    ATTACHMENT_IS_UNINSPECTABLE,
    ATTACHMENT_IS_ENCRYPTED,
    ATTACHMENT_HAS_MACROS,
    ATTACHMENT_IS_AMBIGUOUS_CLEAN, /* read in several ways, and nothing is wrong with any */
    ATTACHMENT_OUTCOME_COUNT
};

/* The keys of `attachments.limits`; meaning and defaults as in struct content_limits. */
struct attachments_limits {
    uint64_t levels;
    uint64_t parts;
    uint64_t headers_per_part;
    uint64_t header_bytes;
    uint64_t parameters_per_header;
    uint64_t comment_levels;
    uint64_t names_per_part;
    uint64_t archive_entries;
    uint64_t archive_levels;
    uint64_t unpacked_bytes;
    uint64_t kept_bytes;
    uint64_t work_units;
};

struct attachments_settings {
    struct check_settings common;
    const struct text_set *blocked;        /* extensions without the dot */
    const struct text_set *allowed;        /* extensions taken out of `blocked` */
    const struct text_set *only;           /* the extensions that may be sent; empty: any */
    struct config_text_list blocked_names; /* names and patterns with * and ? */
    struct config_text_list allowed_names;
    enum action blocked_action;
    enum action disguised;
    enum action encrypted;
    enum action macros;
    enum action uninspectable;
    enum action ambiguous;
    enum action ambiguous_clean;
    enum action over_budget;
    enum action partial;
    bool uuencode_in_text;
    struct attachments_limits limits;
};

extern const struct check attachments_check;
extern const struct config_section attachments_section;

/* The bounds to scan a message with; `settings` is a struct attachments_settings. */
struct content_limits attachments_content_limits(const void *settings);

/* What the policy says of one attachment: of several outcomes the one with the strictest action, among equals
 * the first of the enumeration. Pure. */
enum attachment_outcome attachments_outcome(const struct attachments_settings *settings,
                                            const struct attachment *attachment);

/* "pass", "blocked", "disguised", "ambiguous", "partial", "over_budget", "uninspectable", "encrypted",
 * "macros", "ambiguous_clean". */
const char *attachment_outcome_name(enum attachment_outcome outcome);

#endif
