/*
 * The bytes of one file of the record, unpacked as they are read: plain, gzip, xz or zstd, told by how it
 * begins and not by its name. Memory does not grow with the file. One thread at a time.
 */
#ifndef CLOSEDRELAY_RECORD_PACKED_INPUT_H
#define CLOSEDRELAY_RECORD_PACKED_INPUT_H

#include "base/strbuf.h"

#include <stdint.h>
#include <sys/types.h>

struct packed_input;

enum { PACKED_MAGIC_BYTES = 6 };

/* Whether a file that begins with these bytes is packed in one of the ways. */
bool packed_begins_with(const unsigned char *bytes, size_t length);

/* Takes over `descriptor`, which stands at the beginning of the file, and closes it; NULL: out of memory.
 * `owner`: a talloc context. */
struct packed_input *packed_input_open(void *owner, int descriptor);

/* Up to `length` bytes; 0: the end. -1: it cannot be read or unpacked further (packed_input_problem); a file
 * that ends in the middle, because it is still being written, is no error but simply ends. */
ssize_t packed_input_read(struct packed_input *input, void *bytes, size_t length);

/* What went wrong, in words. */
const char *packed_input_problem(const struct packed_input *input);

/* How much of the file, packed as it is, was read so far. */
uint64_t packed_input_consumed(const struct packed_input *input);

/* NULL is allowed. */
void packed_input_close(struct packed_input *input);

#endif
