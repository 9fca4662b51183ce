/*
 * Content-Transfer-Encoding undone, piece by piece, as leniently as mail clients do it.
 *
 * base64: bytes outside the alphabet are skipped, padding ends a group and not the stream (clients go on).
 * quoted-printable: `=` before two hex digits of any case is a byte, before a line end nothing, else itself.
 * The state is small, owned by the caller and resumable at any byte. Work is linear in the input.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_TRANSFER_DECODE_H
#define CLOSEDRELAY_SCAN_MIME_TRANSFER_DECODE_H

#include "base/slice.h"

#include <stdint.h>

/* As bits, so that a part can have several candidates. */
enum transfer_encoding {
    TRANSFER_IDENTITY = 1 << 0, /* 7bit, 8bit, binary */
    TRANSFER_BASE64 = 1 << 1,
    TRANSFER_QUOTED_PRINTABLE = 1 << 2,
    TRANSFER_UUENCODE = 1 << 3, /* decoded by mime/uuencode.h, not here */
};

enum { TRANSFER_ROOM_MIN = 64 }; /* least room for transfer_decode */

struct transfer_decoder {
    enum transfer_encoding encoding;
    uint32_t bits;            /* base64: the values of an unfinished group */
    unsigned bit_groups;      /* base64: how many, 0 to 3 */
    unsigned run_after_pad;   /* base64: alphabet bytes in a row after padding */
    bool is_after_pad;        /* base64: padding was seen */
    uint64_t decoded_bytes;   /* base64: so many so far */
    uint64_t concatenated_at; /* base64: decoded_bytes when that was seen */
    uint64_t junk_at;         /* base64: decoded_bytes when the first "-" or "_" was seen */
    bool has_junk;            /* base64: "-" or "_" before its end: some skip them, others decode them */
    unsigned pads_wanted;     /* base64: so many more complete the group that a padding has ended */
    unsigned odd_bytes;       /* base64: alphabet bytes behind padding that completed no group */
    bool is_concatenated;     /* base64: data goes on after padding; clients differ on how to read it */
    char escape[2];           /* quoted-printable: `=` and what follows, not yet decided */
    unsigned escape_length;
    bool escape_is_blank; /* quoted-printable: `=` and blanks: a soft break if a line end follows */
};

void transfer_decoder_init(struct transfer_decoder *decoder, enum transfer_encoding encoding);

/*
 * Takes bytes from the front of `*input` and writes what they mean to `out`; stops when the input is used up
 * or less than TRANSFER_ROOM_MIN bytes of `room` are left. Returns the bytes written.
 */
size_t transfer_decode(struct transfer_decoder *decoder, struct slice *input, char *out, size_t room);

/* No more input: writes what an unfinished group still means (at most 3 bytes). Returns the bytes written. */
size_t transfer_decode_end(struct transfer_decoder *decoder, char *out);

#endif
