/*
 * The check `size`: how large a message may be.
 *
 * Decided at MAIL where SIZE= says so (RFC 1870), else from the bytes that passed. The limit counts the
 * message as it travels, encoded; the reply says what that means for a file.
 */
#ifndef CLOSEDRELAY_CHECK_SIZE_H
#define CLOSEDRELAY_CHECK_SIZE_H

#include "check/check.h"

enum size_measure {
    SIZE_OF_MESSAGE,    /* headers and body as they pass */
    SIZE_OF_ATTACHMENT, /* the largest attachment, decoded */
};

struct size_settings {
    struct check_settings common;
    uint64_t limit; /* bytes */
    enum size_measure measure;
};

extern const struct check size_check;

/* How large a file can be (in bytes) so that it fits a message of `message_bytes` in base64 with line ends.
 */
uint64_t size_of_file_within(uint64_t message_bytes);

#endif
