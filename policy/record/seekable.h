/*
 * Closed files of the record: zstd in independent frames, with a table at the end that says where each
 * begins.
 *
 * It is zstd's "seekable format" 0.1.0: ordinary frames, then one skippable frame with the sizes of all. Any
 * zstd unpacks such a file; who knows the table unpacks one frame alone. A frame holds whole lines, about
 * SEEKABLE_FRAME_BYTES of them, and a checksum of its own that is verified when it is read.
 */
#ifndef CLOSEDRELAY_RECORD_SEEKABLE_H
#define CLOSEDRELAY_RECORD_SEEKABLE_H

#include "base/strbuf.h"

enum {
    SEEKABLE_FRAME_BYTES = 4 << 20,
    /* No line is longer; a frame that claims more is broken. */
    SEEKABLE_FRAME_BYTES_MAX = 64 << 20,
};

struct seekable_frame {
    uint64_t offset;       /* in the file */
    uint64_t plain_offset; /* in what is packed */
    uint32_t bytes;
    uint32_t plain_bytes;
};

struct seekable_table {
    struct seekable_frame *frames; /* a talloc child of the owner */
    size_t count;
    uint64_t bytes;       /* of the file */
    uint64_t plain_bytes; /* of all frames */
    uint64_t identity;    /* a hash over the table: another file has another */
};

/* Reads the table of the open file; its position does not matter. False: there is none that fits the file
 * (one that another zstd made, or a broken one), or memory ran out. */
bool seekable_table_read(void *owner, int descriptor, struct seekable_table *table);

struct seekable_reader;

/* Unpacks frames; one thread at a time. A talloc child of `owner`; NULL: out of memory. */
struct seekable_reader *seekable_reader_create(void *owner, int descriptor);
/* The lines of a frame; valid until the next call. False: the frame is broken or cannot be read. */
bool seekable_frame_read(struct seekable_reader *reader, const struct seekable_frame *frame,
                         struct slice *plain);

/* What seekable_pack tells of each frame as it is made; or takes it for a wish to stop, by returning false.
 */
typedef bool (*seekable_observer)(void *context, const struct seekable_frame *frame, struct slice plain);

/*
 * Packs all of `from`, from its beginning, into the empty file `to`. `observe` may be NULL. False: a read or
 * write failed, memory ran out (reason in `problem`), or the observer stopped it (nothing in `problem`).
 * `plain_bytes` is how much was read.
 */
bool seekable_pack(int from, int to, seekable_observer observe, void *context, uint64_t *plain_bytes,
                   struct strbuf *problem);

#endif
