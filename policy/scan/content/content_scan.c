#include "scan/content/content_private.h"

#include <talloc.h>

const struct content_limits content_limits_default = {
    .levels = 64,
    .parts = 2000,
    .headers_per_part = 1000,
    .header_bytes = 65536,
    .parameters_per_header = 64,
    .comment_levels = 8,
    .names_per_part = 100,
    .archive_entries = 10000,
    .archive_levels = 3,
    .unpacked_bytes = 256ull << 20,
    .kept_bytes = 16ull << 20,
    .work_units = 4ull << 30,
    .uuencode_in_text = false,
};

static void set_limits(struct content_scan *scan, const struct content_limits *limits)
{
    scan->limits = *limits;
    scan->mime_limits = (struct mime_limits){
        .levels = limits->levels,
        .parts = limits->parts,
        .headers_per_part = limits->headers_per_part,
        .header_bytes = limits->header_bytes,
        .parameters_per_header = limits->parameters_per_header,
        .comment_levels = limits->comment_levels,
        .names_per_part = limits->names_per_part,
    };
    scan->mime_budget = (struct mime_budget){.parts_left = limits->parts, .work_left = limits->work_units};
    scan->archive_budget = (struct archive_budget){.entries_left = limits->archive_entries,
                                                   .unpacked_bytes_left = limits->unpacked_bytes,
                                                   .kept_bytes_left = limits->kept_bytes,
                                                   .work_left = limits->work_units};
}

struct content_scan *content_scan_create(void *owner, const struct content_limits *limits)
{
    struct content_scan *scan = talloc_zero(owner, struct content_scan);
    if (scan == NULL)
        return NULL;
    set_limits(scan, limits == NULL ? &content_limits_default : limits);
    char *message_path = talloc_strdup(scan, "(message)");
    scan->message = (struct content_subject){.scan = scan, .path = message_path, .entry = CONTENT_NO_ENTRY};
    scan->top = content_message_create(scan, scan, NULL, (struct content_depth){0});
    if (scan->top == NULL || message_path == NULL) {
        talloc_free(scan);
        return NULL;
    }
    return scan;
}

void content_fail(struct content_scan *scan)
{
    scan->failed = true;
}

bool content_charge(struct content_scan *scan, uint64_t units)
{
    if (scan->mime_budget.work_left >= units) {
        scan->mime_budget.work_left -= units;
        return true;
    }
    scan->mime_budget.work_left = 0;
    content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too much work");
    return false;
}

bool content_enter_level(struct content_scan *scan, struct content_depth *depth)
{
    if (depth->levels < scan->limits.levels) {
        depth->levels++;
        return true;
    }
    content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many levels of multiparts and messages");
    return false;
}

void content_scan_header(struct content_scan *scan, struct slice name, struct slice value)
{
    if (!scan->failed && !scan->is_ended)
        mime_reader_header(content_message_reader(scan->top), name, value);
}

void content_scan_end_of_headers(struct content_scan *scan)
{
    if (!scan->failed && !scan->is_ended)
        mime_reader_end_of_headers(content_message_reader(scan->top));
}

bool content_scan_body(struct content_scan *scan, struct slice bytes)
{
    if (scan->failed || scan->is_ended)
        return false;
    content_scan_end_of_headers(scan); /* without effect if it was called */
    bool is_wanted = content_message_push(scan->top, bytes);
    return !scan->failed && (is_wanted || content_message_is_in_attachment(scan->top));
}

const struct attachment_list *content_scan_end(struct content_scan *scan)
{
    if (!scan->is_ended && !scan->failed)
        content_message_end(scan->top);
    if (!scan->is_ended) {
        TALLOC_FREE(scan->top);
        content_list_order(scan);
    }
    scan->is_ended = true;
    return scan->failed ? NULL : &scan->list;
}

uint32_t content_scan_part_count(const struct content_scan *scan)
{
    return scan->limits.parts - scan->mime_budget.parts_left;
}

void content_scan_fingerprint(const struct content_scan *scan, char *text)
{
    text_fingerprint_print(&scan->fingerprint, text);
}
