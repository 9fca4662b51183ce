/* Reading a roll-up. */
#include "record/rollup.h"

#include "record/cache_file.h"
#include "record/rollup_format.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum { SECTION_BYTES_MAX = 1 << 30 };

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

/* ---- header ----------------------------------------------------------------------------------------- */

static void read_sections(const unsigned char *at, struct rollup *rollup)
{
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++, at += ROLLUP_SECTION_BYTES)
        rollup->sections[by] =
            (struct rollup_section){cache_read_u64(at), cache_read_u64(at + 8), cache_read_u64(at + 16),
                                    cache_read_u64(at + 24), cache_read_u64(at + 32)};
}

static bool read_header(void *owner, const unsigned char *bytes, size_t length, uint64_t identity,
                        struct rollup *rollup)
{
    if (length < ROLLUP_HEADER_BYTES || memcmp(bytes, ROLLUP_MAGIC, 8) != 0 ||
        cache_read_u64(bytes + 8) != identity || cache_read_u32(bytes + 48) != RECORD_LINE_COUNT)
        return false;
    rollup->first_us = (int64_t)cache_read_u64(bytes + 16);
    rollup->last_us = (int64_t)cache_read_u64(bytes + 24);
    rollup->line_count = cache_read_u64(bytes + 32);
    rollup->lost_count = cache_read_u64(bytes + 40);
    for (size_t kind = 0; kind < RECORD_LINE_COUNT; kind++)
        rollup->kind_counts[kind] = cache_read_u64(bytes + 52 + 8 * kind);
    const unsigned char *sections = bytes + 52 + 8 * RECORD_LINE_COUNT;
    read_sections(sections, rollup);
    const size_t host_length = (size_t)(bytes[ROLLUP_HEADER_BYTES - 2] | bytes[ROLLUP_HEADER_BYTES - 1] << 8);
    const size_t whole = ROLLUP_HEADER_BYTES + host_length;
    if (length < whole + 8 ||
        cache_read_u64(bytes + whole) != cache_hash(slice_make((const char *)bytes, whole)))
        return false;
    char *host = talloc_strndup(owner, (const char *)bytes + ROLLUP_HEADER_BYTES, host_length);
    rollup->host = slice_of(host);
    return host != NULL;
}

bool rollup_open(void *owner, const char *path, const struct seekable_table *table, struct rollup *rollup)
{
    unsigned char header[ROLLUP_HEADER_BYTES + 256 + 8];
    struct stat status;
    char *name = talloc_asprintf(owner, "%s" ROLLUP_ENDING, path);
    *rollup = (struct rollup){.descriptor = -1};
    if (name == NULL)
        return false;
    rollup->descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    talloc_free(name);
    if (rollup->descriptor < 0)
        return false;
    size_t length = 0;
    if (fstat(rollup->descriptor, &status) == 0 && S_ISREG(status.st_mode))
        length = (uint64_t)status.st_size < sizeof header ? (size_t)status.st_size : sizeof header;
    if (read_at(rollup->descriptor, header, length, 0) &&
        read_header(owner, header, length, table->identity, rollup))
        return true;
    rollup_close(rollup);
    return false;
}

void rollup_close(struct rollup *rollup)
{
    if (rollup->descriptor >= 0)
        close(rollup->descriptor);
    rollup->descriptor = -1;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

bool rollup_read_section(void *owner, const struct rollup *rollup, enum rollup_by by,
                         struct rollup_rows *rows)
{
    const struct rollup_section *section = &rollup->sections[by];
    *rows = (struct rollup_rows){0};
    if (section->bytes > SECTION_BYTES_MAX)
        return false;
    char *bytes = talloc_size(owner, (size_t)section->bytes + 1);
    if (bytes == NULL || !read_at(rollup->descriptor, bytes, (size_t)section->bytes, section->offset) ||
        cache_hash(slice_make(bytes, (size_t)section->bytes)) != section->checksum) {
        talloc_free(bytes);
        return false;
    }
    rows->rest = slice_make(bytes, (size_t)section->bytes);
    rows->left = section->rows;
    return true;
}

/* False: the bytes end within the number. Most are a single byte. */
static bool take_number(struct slice *rest, uint64_t *number)
{
    *number = 0;
    if (rest->length > 0 && (unsigned char)*rest->data < 0x80) {
        *number = (unsigned char)*rest->data++;
        rest->length--;
        return true;
    }
    for (unsigned shift = 0; shift < 64 && rest->length > 0; shift += 7) {
        const unsigned char byte = (unsigned char)*rest->data++;
        rest->length--;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_bytes(struct slice *rest, void *bytes, size_t length)
{
    if (rest->length < length)
        return false;
    memcpy(bytes, rest->data, length);
    *rest = slice_part(*rest, length, rest->length);
    return true;
}

static bool take_counts(struct slice *rest, unsigned bits, struct record_counts *counts)
{
    uint64_t *const fields[] = {ROLLUP_COUNT_FIELDS(counts)};
    *counts = (struct record_counts){0};
    for (unsigned left = bits & ((1u << sizeof fields / sizeof *fields) - 1); left != 0; left &= left - 1)
        if (!take_number(rest, fields[__builtin_ctz(left)]))
            return false;
    if ((bits & ROLLUP_ALL_ACCEPTED) != 0)
        counts->accepted = counts->messages;
    return true;
}

static bool take_networks(struct slice *rest, struct rollup_row *row)
{
    uint64_t count;
    if (!take_number(rest, &count) || count / 2 > ROLLUP_NETWORKS_MAX)
        return false;
    row->has_more_networks = (count & 1) != 0;
    row->network_count = (unsigned)(count / 2);
    for (unsigned i = 0; i < row->network_count; i++) {
        unsigned char bytes[4];
        if (!take_bytes(rest, bytes, sizeof bytes))
            return false;
        row->networks[i] = cache_read_u32(bytes);
    }
    return true;
}

bool rollup_next(struct rollup_rows *rows, struct rollup_row *row)
{
    uint64_t name_length;
    if (rows->left == 0 || !take_number(&rows->rest, &name_length) || name_length > rows->rest.length)
        return false;
    row->name = slice_part(rows->rest, 0, (size_t)name_length);
    rows->rest = slice_part(rows->rest, (size_t)name_length, rows->rest.length);
    rows->left--;
    row->network_count = 0;
    row->has_more_networks = false;
    unsigned char bits[2];
    if (!take_bytes(&rows->rest, bits, sizeof bits))
        return false;
    const unsigned set = bits[0] | (unsigned)bits[1] << 8;
    return take_counts(&rows->rest, set, &row->counts) &&
           ((set & ROLLUP_HAS_NETWORKS) == 0 || take_networks(&rows->rest, row));
}
