#include "record/seekable.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <zstd.h>

enum {
    COMPRESSION_LEVEL = 3,
    SKIPPABLE_MAGIC = 0x184D2A5E,
    SKIPPABLE_HEADER_BYTES = 8,
    ENTRY_BYTES = 8,
    ENTRY_WITH_CHECKSUM_BYTES = 12,
    FOOTER_BYTES = 9,
    CHECKSUM_FLAG = 0x80, /* in the footer's descriptor */
    RESERVED_FLAGS = 0x7c,
};
static const uint32_t FOOTER_MAGIC = 0x8F92EAB1;

/* ---- bytes ------------------------------------------------------------------------------------------ */

static uint32_t read_u32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void append_u32(struct strbuf *out, uint32_t number)
{
    const unsigned char bytes[] = {(unsigned char)number, (unsigned char)(number >> 8),
                                   (unsigned char)(number >> 16), (unsigned char)(number >> 24)};
    strbuf_append(out, bytes, sizeof bytes);
}

static bool read_at(int descriptor, void *bytes, size_t length, uint64_t offset)
{
    for (size_t done = 0; done < length;) {
        const ssize_t got = pread(descriptor, (char *)bytes + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* FNV-1a, 64 bit. */
static uint64_t hash_bytes(const unsigned char *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* ---- table ------------------------------------------------------------------------------------------ */

struct table_place {
    uint32_t frame_count;
    size_t entry_bytes;
    uint64_t offset; /* of its skippable frame */
    size_t bytes;    /* of that, with header and footer */
};

/* Where the table is, by the footer. */
static bool find_table(int descriptor, uint64_t file_bytes, struct table_place *place)
{
    unsigned char footer[FOOTER_BYTES];
    if (file_bytes < SKIPPABLE_HEADER_BYTES + FOOTER_BYTES ||
        !read_at(descriptor, footer, sizeof footer, file_bytes - FOOTER_BYTES))
        return false;
    if (read_u32(footer + 5) != FOOTER_MAGIC || (footer[4] & RESERVED_FLAGS) != 0)
        return false;
    place->frame_count = read_u32(footer);
    place->entry_bytes = (footer[4] & CHECKSUM_FLAG) != 0 ? ENTRY_WITH_CHECKSUM_BYTES : ENTRY_BYTES;
    const uint64_t bytes =
        SKIPPABLE_HEADER_BYTES + (uint64_t)place->frame_count * place->entry_bytes + FOOTER_BYTES;
    if (bytes > file_bytes)
        return false;
    place->bytes = (size_t)bytes;
    place->offset = file_bytes - bytes;
    return true;
}

/* The frames one behind the other must end where the table begins. */
static bool read_entries(const unsigned char *bytes, const struct table_place *place,
                         struct seekable_table *table)
{
    uint64_t offset = 0;
    if (read_u32(bytes) != SKIPPABLE_MAGIC || read_u32(bytes + 4) != place->bytes - SKIPPABLE_HEADER_BYTES)
        return false;
    for (uint32_t i = 0; i < place->frame_count; i++) {
        const unsigned char *entry = bytes + SKIPPABLE_HEADER_BYTES + i * place->entry_bytes;
        struct seekable_frame *frame = &table->frames[table->count++];
        *frame = (struct seekable_frame){offset, table->plain_bytes, read_u32(entry), read_u32(entry + 4)};
        if (frame->plain_bytes > SEEKABLE_FRAME_BYTES_MAX)
            return false;
        offset += frame->bytes;
        table->plain_bytes += frame->plain_bytes;
    }
    return offset == place->offset;
}

bool seekable_table_read(void *owner, int descriptor, struct seekable_table *table)
{
    struct stat status;
    struct table_place place;
    *table = (struct seekable_table){0};
    if (fstat(descriptor, &status) != 0 || !find_table(descriptor, (uint64_t)status.st_size, &place))
        return false;
    unsigned char *bytes = talloc_size(NULL, place.bytes);
    table->frames = talloc_array(owner, struct seekable_frame, place.frame_count + 1);
    table->bytes = (uint64_t)status.st_size;
    const bool is_read = bytes != NULL && table->frames != NULL &&
                         read_at(descriptor, bytes, place.bytes, place.offset) &&
                         read_entries(bytes, &place, table);
    if (is_read)
        table->identity = hash_bytes(bytes, place.bytes);
    else
        TALLOC_FREE(table->frames);
    talloc_free(bytes);
    return is_read;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct seekable_reader {
    int descriptor;
    ZSTD_DCtx *context;
    char *packed, *plain;
    size_t packed_capacity, plain_capacity;
};

static int reader_release(struct seekable_reader *reader)
{
    ZSTD_freeDCtx(reader->context);
    return 0;
}

struct seekable_reader *seekable_reader_create(void *owner, int descriptor)
{
    struct seekable_reader *reader = talloc_zero(owner, struct seekable_reader);
    if (reader == NULL)
        return NULL;
    reader->descriptor = descriptor;
    reader->context = ZSTD_createDCtx();
    if (reader->context == NULL) {
        talloc_free(reader);
        return NULL;
    }
    talloc_set_destructor(reader, reader_release);
    return reader;
}

static bool make_room(struct seekable_reader *reader, char **bytes, size_t *capacity, size_t wanted)
{
    if (*capacity >= wanted && *bytes != NULL)
        return true;
    char *grown = talloc_realloc_size(reader, *bytes, wanted == 0 ? 1 : wanted);
    if (grown == NULL)
        return false;
    *bytes = grown;
    *capacity = wanted;
    return true;
}

bool seekable_frame_read(struct seekable_reader *reader, const struct seekable_frame *frame,
                         struct slice *plain)
{
    if (frame->plain_bytes > SEEKABLE_FRAME_BYTES_MAX ||
        frame->bytes > ZSTD_compressBound(SEEKABLE_FRAME_BYTES_MAX) ||
        !make_room(reader, &reader->packed, &reader->packed_capacity, frame->bytes) ||
        !make_room(reader, &reader->plain, &reader->plain_capacity, frame->plain_bytes) ||
        !read_at(reader->descriptor, reader->packed, frame->bytes, frame->offset))
        return false;
    const size_t got =
        ZSTD_decompressDCtx(reader->context, reader->plain, frame->plain_bytes, reader->packed, frame->bytes);
    *plain = slice_make(reader->plain, frame->plain_bytes);
    return !ZSTD_isError(got) && got == frame->plain_bytes;
}

/* ---- packing ---------------------------------------------------------------------------------------- */

struct packing {
    int from, to;
    ZSTD_CCtx *context;
    char *plain; /* read and not yet packed */
    size_t plain_length, plain_capacity;
    char *packed;
    size_t packed_capacity;
    bool is_at_end;
    struct seekable_frame next;
    struct strbuf table;
    uint32_t frame_count;
};

static bool write_whole(int descriptor, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        const ssize_t written = write(descriptor, bytes + done, length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

static bool fill(struct packing *packing)
{
    while (!packing->is_at_end && packing->plain_length < packing->plain_capacity) {
        const ssize_t got = read(packing->from, packing->plain + packing->plain_length,
                                 packing->plain_capacity - packing->plain_length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        packing->is_at_end = got == 0;
        packing->plain_length += (size_t)got;
    }
    return true;
}

static bool grow(struct packing *packing)
{
    const size_t twice = packing->plain_capacity * 2;
    const size_t capacity = twice < SEEKABLE_FRAME_BYTES ? SEEKABLE_FRAME_BYTES : twice;
    char *plain = realloc(packing->plain, capacity);
    if (plain == NULL)
        return false;
    packing->plain = plain;
    packing->plain_capacity = capacity;
    return true;
}

/* How much of what was read is the next frame: whole lines, or all there is. 0: more must be read first. */
static size_t frame_length(const struct packing *packing)
{
    if (packing->is_at_end)
        return packing->plain_length;
    const struct slice plain = slice_make(packing->plain, packing->plain_length);
    const size_t last = slice_find_last(plain, '\n');
    if (last < plain.length)
        return last + 1;
    return packing->plain_capacity >= SEEKABLE_FRAME_BYTES_MAX ? plain.length : 0;
}

static bool pack_frame(struct packing *packing, size_t length, struct strbuf *problem)
{
    const size_t bound = ZSTD_compressBound(length);
    if (packing->packed_capacity < bound || packing->packed == NULL) {
        char *packed = bound == 0 ? NULL : realloc(packing->packed, bound);
        if (packed == NULL) {
            strbuf_append_text(problem, "out of memory");
            return false;
        }
        packing->packed = packed;
        packing->packed_capacity = bound;
    }
    const size_t bytes =
        ZSTD_compress2(packing->context, packing->packed, packing->packed_capacity, packing->plain, length);
    if (ZSTD_isError(bytes)) {
        strbuf_append_text(problem, ZSTD_getErrorName(bytes));
        return false;
    }
    if (!write_whole(packing->to, packing->packed, bytes)) {
        strbuf_append_text(problem, strerror(errno));
        return false;
    }
    packing->next.bytes = (uint32_t)bytes;
    packing->next.plain_bytes = (uint32_t)length;
    append_u32(&packing->table, (uint32_t)bytes);
    append_u32(&packing->table, (uint32_t)length);
    packing->frame_count++;
    return true;
}

static bool write_table(struct packing *packing)
{
    struct strbuf whole;
    strbuf_init(&whole, 0);
    append_u32(&whole, SKIPPABLE_MAGIC);
    append_u32(&whole, (uint32_t)packing->table.length + FOOTER_BYTES);
    strbuf_append_slice(&whole, strbuf_slice(&packing->table));
    append_u32(&whole, packing->frame_count);
    strbuf_append_byte(&whole, 0);
    append_u32(&whole, FOOTER_MAGIC);
    const bool written =
        !whole.failed && !packing->table.failed && write_whole(packing->to, whole.data, whole.length);
    strbuf_deinit(&whole);
    return written;
}

/* One frame after the other, until the end of the file. */
static bool pack_all(struct packing *packing, seekable_observer observe, void *context,
                     struct strbuf *problem)
{
    for (;;) {
        if (!fill(packing)) {
            strbuf_append_text(problem, strerror(errno));
            return false;
        }
        const size_t length = frame_length(packing);
        if (length == 0 && packing->is_at_end)
            return true;
        if (length == 0) {
            if (grow(packing))
                continue;
            strbuf_append_text(problem, "out of memory");
            return false;
        }
        if (!pack_frame(packing, length, problem) ||
            (observe != NULL && !observe(context, &packing->next, slice_make(packing->plain, length))))
            return false;
        packing->next.offset += packing->next.bytes;
        packing->next.plain_offset += length;
        packing->plain_length -= length;
        memmove(packing->plain, packing->plain + length, packing->plain_length);
    }
}

bool seekable_pack(int from, int to, seekable_observer observe, void *context, uint64_t *plain_bytes,
                   struct strbuf *problem)
{
    struct packing packing = {
        .from = from,
        .to = to,
        .context = ZSTD_createCCtx(),
        .plain = malloc(SEEKABLE_FRAME_BYTES),
        .plain_capacity = SEEKABLE_FRAME_BYTES,
    };
    bool packed = false;
    strbuf_init(&packing.table, 0);
    if (packing.context == NULL || packing.plain == NULL) {
        strbuf_append_text(problem, "out of memory");
        goto out;
    }
    ZSTD_CCtx_setParameter(packing.context, ZSTD_c_compressionLevel, COMPRESSION_LEVEL);
    ZSTD_CCtx_setParameter(packing.context, ZSTD_c_checksumFlag, 1);
    if (!pack_all(&packing, observe, context, problem))
        goto out;
    packed = write_table(&packing);
    if (!packed)
        strbuf_append_text(problem, strerror(errno));
    *plain_bytes = packing.next.plain_offset;
out:
    strbuf_deinit(&packing.table);
    ZSTD_freeCCtx(packing.context);
    free(packing.plain);
    free(packing.packed);
    return packed;
}
