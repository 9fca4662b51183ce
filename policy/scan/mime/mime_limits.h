/* Bounds of the MIME reader; their meaning and defaults are with content/content_scan.h. */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_LIMITS_H
#define CLOSEDRELAY_SCAN_MIME_MIME_LIMITS_H

#include <stdint.h>

struct mime_limits {
    uint32_t levels;
    uint32_t parts;
    uint32_t headers_per_part;
    uint32_t header_bytes;
    uint32_t parameters_per_header;
    uint32_t comment_levels;
    uint32_t names_per_part;
};

#endif
