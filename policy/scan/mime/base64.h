/*
 * The inner loop of base64: whole groups of four characters, as fast as the machine allows.
 *
 * Everything irregular is left to the caller (mime/transfer_decode.h). Pure, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_BASE64_H
#define CLOSEDRELAY_SCAN_MIME_BASE64_H

#include "base/slice.h"

#include <stdint.h>

enum {
    BASE64_ROOM_MIN = 32, /* bytes of room below which nothing is decoded */
    BASE64_PAD = 64,      /* base64_values: '=' */
    BASE64_SPACE = 65,    /* base64_values: CR, LF, space, tab */
    BASE64_JUNK = 66,     /* base64_values: any other byte */
};

/* What each byte means: 0 to 63, or one of the three above. */
extern const uint8_t base64_values[256];

/*
 * Decodes groups from the start of `in`, with CR and LF only between groups, until a group that is incomplete
 * or has another byte, or until `room` is short. Returns the bytes of `in` used; `*out_length` is how many
 * were written to `out`, of which up to `room` may be overwritten.
 */
size_t base64_decode_groups(struct slice in, uint8_t *out, size_t room, size_t *out_length);

/* The same by plain C; for machines without vector units, and for tests to compare with. */
size_t base64_decode_groups_portable(struct slice in, uint8_t *out, size_t room, size_t *out_length);

/* The same with AVX2; only to be called where the processor has it. */
size_t base64_decode_groups_avx2(struct slice in, uint8_t *out, size_t room, size_t *out_length);

#endif
