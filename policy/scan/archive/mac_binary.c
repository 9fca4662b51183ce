/*
 * MacBinary I, II and III: a header of 128 bytes with the name, the data fork, the resource fork.
 *
 * II and III have a check sum over the header. I has none; it is recognised by what must be zero in it and
 * by a name without control characters.
 */
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

enum {
    HEADER_BYTES = 128,
    NAME_AT = 1, /* its length, then the name */
    NAME_BYTES_MOST = 63,
    DATA_LENGTH_AT = 83,
    RESOURCE_LENGTH_AT = 87,
    FIRST_ZERO_AT = 99, /* of version I */
    SECOND_LENGTH_AT = 120,
    CHECK_SUM_AT = 124,
    FORK_BYTES_MOST = 0x7fffff,
};

struct mac_binary_reader {
    struct archive_walk walk;
};

static uint32_t mac_be(struct slice header, size_t at, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | (unsigned char)header.data[at + i];
    return value;
}

/* CRC-16 with the polynomial 0x1021, as XMODEM's. */
static uint16_t mac_check_sum(struct slice bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        sum ^= (unsigned)(unsigned char)bytes.data[i] << 8;
        for (unsigned bit = 0; bit < 8; bit++)
            sum = (sum & 0x8000) != 0 ? (sum << 1 ^ 0x1021) & 0xffff : sum << 1;
    }
    return (uint16_t)sum;
}

static bool mac_binary_is_first_version(struct slice header)
{
    for (size_t at = FIRST_ZERO_AT; at < HEADER_BYTES; at++)
        if (header.data[at] != 0)
            return false;
    uint32_t data = mac_be(header, DATA_LENGTH_AT, 4), resource = mac_be(header, RESOURCE_LENGTH_AT, 4);
    return data <= FORK_BYTES_MOST && resource <= FORK_BYTES_MOST && data + resource > 0;
}

static bool mac_binary_recognise(struct slice probe)
{
    if (probe.length < HEADER_BYTES || probe.data[0] != 0 || probe.data[74] != 0)
        return false;
    size_t name_length = (unsigned char)probe.data[NAME_AT];
    if (name_length == 0 || name_length > NAME_BYTES_MOST)
        return false;
    for (size_t i = 1; i <= name_length; i++)
        if ((unsigned char)probe.data[NAME_AT + i] < ' ')
            return false;
    struct slice summed = slice_part(probe, 0, CHECK_SUM_AT);
    return mac_check_sum(summed) == mac_be(probe, CHECK_SUM_AT, 2) ? summed.data[82] == 0
                                                                   : mac_binary_is_first_version(probe);
}

static int mac_binary_deinit(struct mac_binary_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *mac_binary_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct mac_binary_reader *reader = talloc_zero(owner, struct mac_binary_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, mac_binary_deinit);
    archive_walk_record(&reader->walk, HEADER_BYTES);
    return reader;
}

/* The second time, behind the data fork, `header` is empty. */
static void mac_binary_step(void *context, struct slice header)
{
    struct mac_binary_reader *reader = context;
    if (header.length == 0) {
        archive_walk_finish(&reader->walk);
        return;
    }
    size_t name_length = (unsigned char)header.data[NAME_AT];
    if (name_length > NAME_BYTES_MOST)
        name_length = NAME_BYTES_MOST;
    struct archive_member member = {.name = slice_part(header, NAME_AT + 1, NAME_AT + 1 + name_length)};
    if (!archive_walk_member(&reader->walk, &member))
        return;
    uint32_t second = mac_be(header, SECOND_LENGTH_AT, 2), data = mac_be(header, DATA_LENGTH_AT, 4);
    if (data == 0) {
        archive_walk_finish(&reader->walk);
        return;
    }
    archive_walk_skip(&reader->walk, (second + HEADER_BYTES - 1) / HEADER_BYTES * HEADER_BYTES);
    archive_walk_content(&reader->walk, data);
    archive_walk_call_back(&reader->walk);
}

static bool mac_binary_push(void *context, struct slice bytes)
{
    struct mac_binary_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, mac_binary_step, reader);
}

static void mac_binary_end(void *context)
{
    struct mac_binary_reader *reader = context;
    archive_walk_end(&reader->walk, reader->walk.calls_back);
}

const struct archive_format mac_binary_format = {
    .name = "mac-binary",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = HEADER_BYTES,
    .recognise = mac_binary_recognise,
    .create = mac_binary_create,
    .push = mac_binary_push,
    .end = mac_binary_end,
};
