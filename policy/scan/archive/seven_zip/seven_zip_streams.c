#include "scan/archive/seven_zip/seven_zip_streams.h"

#include <talloc.h>

enum {
    METHOD_AES = 0x06F10701,
    CODERS_LARGEST = 32, /* as 7-Zip itself */
    FOLDER_STREAMS_LARGEST = 64,
};

uint64_t seven_zip_number(struct archive_bytes *bytes)
{
    unsigned first = archive_bytes_u8(bytes);
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned mask = 0x80u >> i;
        if ((first & mask) == 0)
            return value | (uint64_t)(first & (mask - 1)) << (8 * i);
        value |= (uint64_t)archive_bytes_u8(bytes) << (8 * i);
    }
    return value;
}

void seven_zip_skip_property(struct archive_bytes *bytes)
{
    archive_bytes_take(bytes, seven_zip_number(bytes));
}

static enum seven_zip_status status_of(const struct archive_bytes *bytes)
{
    return bytes->overrun ? SEVEN_ZIP_DAMAGED : SEVEN_ZIP_OK;
}

/* `count` digests: which are defined, then four bytes for each that is. With `folders` notes there which are.
 */
static void skip_digests(struct archive_bytes *bytes, uint64_t count, struct seven_zip_folder *folders)
{
    bool all = archive_bytes_u8(bytes) != 0;
    struct slice bits = archive_bytes_take(bytes, all ? 0 : (count + 7) / 8);
    uint64_t defined_count = all ? count : 0;
    if (count > bytes->left.length * 8 + 8)
        bytes->overrun = true;
    for (uint64_t i = 0; i < count && !bytes->overrun && (!all || folders != NULL); i++) {
        bool defined = all || seven_zip_bit(bits, i);
        defined_count += !all && defined;
        if (folders != NULL)
            folders[i].has_digest = defined;
    }
    archive_bytes_take(bytes, defined_count * 4);
}

static enum seven_zip_status parse_pack_info(void *owner, struct archive_bytes *bytes,
                                             struct seven_zip_streams *streams)
{
    streams->packed_position = seven_zip_number(bytes);
    uint64_t count = seven_zip_number(bytes);
    if (count > SEVEN_ZIP_STREAMS_MOST)
        return SEVEN_ZIP_OVER_BUDGET;
    streams->packed_bytes = talloc_zero_array(owner, uint64_t, (unsigned)count + 1);
    if (streams->packed_bytes == NULL)
        return SEVEN_ZIP_OVER_BUDGET;
    streams->packed_count = (uint32_t)count;
    for (;;) {
        uint64_t type = seven_zip_number(bytes);
        if (type == SEVEN_ZIP_END || bytes->overrun)
            return status_of(bytes);
        if (type == SEVEN_ZIP_SIZE) {
            for (uint32_t i = 0; i < count && !bytes->overrun; i++)
                streams->packed_bytes[i] = seven_zip_number(bytes);
        } else if (type == SEVEN_ZIP_CRC) {
            skip_digests(bytes, count, NULL);
        } else {
            seven_zip_skip_property(bytes);
        }
    }
}

/* While a folder's coders are read: how their streams hang together. */
struct folder_wiring {
    struct seven_zip_coder coders[CODERS_LARGEST];
    uint32_t coder_count;
    uint32_t in_count;
    uint32_t out_count;
    bool plain;                           /* every coder has one stream on each side */
    int bound_to[FOLDER_STREAMS_LARGEST]; /* out stream that feeds an in stream, or -1 */
    bool out_bound[FOLDER_STREAMS_LARGEST];
};

static enum seven_zip_status parse_coder(struct archive_bytes *bytes, struct folder_wiring *wiring,
                                         struct seven_zip_folder *folder)
{
    struct seven_zip_coder *coder = &wiring->coders[wiring->coder_count++];
    unsigned flags = archive_bytes_u8(bytes);
    unsigned id_bytes = flags & 0x0F;
    if (id_bytes > 8 || (flags & 0xC0) != 0)
        return SEVEN_ZIP_UNSUPPORTED;
    struct slice id = archive_bytes_take(bytes, id_bytes);
    coder->method = 0;
    for (size_t i = 0; i < id.length; i++)
        coder->method = coder->method << 8 | (unsigned char)id.data[i];
    uint64_t in = 1;
    uint64_t out = 1;
    if ((flags & 0x10) != 0) {
        in = seven_zip_number(bytes);
        out = seven_zip_number(bytes);
    }
    if (in > FOLDER_STREAMS_LARGEST - wiring->in_count || out > FOLDER_STREAMS_LARGEST - wiring->out_count)
        return SEVEN_ZIP_UNSUPPORTED;
    wiring->in_count += (uint32_t)in;
    wiring->out_count += (uint32_t)out;
    wiring->plain = wiring->plain && in == 1 && out == 1;
    folder->encrypted = folder->encrypted || coder->method == METHOD_AES;
    coder->properties = archive_bytes_take(bytes, (flags & 0x20) != 0 ? seven_zip_number(bytes) : 0);
    return status_of(bytes);
}

static void parse_bindings(struct archive_bytes *bytes, struct folder_wiring *wiring)
{
    for (uint32_t i = 0; i < FOLDER_STREAMS_LARGEST; i++)
        wiring->bound_to[i] = -1;
    for (uint32_t i = 0; i + 1 < wiring->out_count && !bytes->overrun; i++) {
        uint64_t in = seven_zip_number(bytes);
        uint64_t out = seven_zip_number(bytes);
        if (in >= wiring->in_count || out >= wiring->out_count) {
            bytes->overrun = true;
            return;
        }
        wiring->bound_to[in] = (int)out;
        wiring->out_bound[out] = true;
    }
}

/* Orders the coders of a plain folder from the unpacked end to the packed one. Coders wired in a ring or a
 * branch leave the folder not simple. */
static void order_coders(const struct folder_wiring *wiring, struct seven_zip_folder *folder)
{
    if (wiring->coder_count > SEVEN_ZIP_CODERS_MOST)
        return;
    for (int next = (int)folder->main_out; next >= 0 && folder->coder_count < wiring->coder_count;
         next = wiring->bound_to[next])
        folder->coders[folder->coder_count++] = wiring->coders[next];
    folder->simple = folder->coder_count == wiring->coder_count;
}

static enum seven_zip_status parse_folder(struct archive_bytes *bytes, struct seven_zip_folder *folder)
{
    struct folder_wiring wiring = {.plain = true};
    uint64_t coder_count = seven_zip_number(bytes);
    if (coder_count == 0)
        return SEVEN_ZIP_DAMAGED;
    if (coder_count > CODERS_LARGEST)
        return SEVEN_ZIP_UNSUPPORTED;
    for (uint64_t i = 0; i < coder_count; i++) {
        enum seven_zip_status status = parse_coder(bytes, &wiring, folder);
        if (status != SEVEN_ZIP_OK)
            return status;
    }
    if (wiring.out_count == 0 || wiring.in_count + 1 < wiring.out_count)
        return SEVEN_ZIP_DAMAGED;
    parse_bindings(bytes, &wiring);
    folder->packed_count = wiring.in_count - (wiring.out_count - 1);
    for (uint32_t i = 0; folder->packed_count > 1 && i < folder->packed_count && !bytes->overrun; i++)
        seven_zip_number(bytes);
    folder->out_count = wiring.out_count;
    while (folder->main_out < wiring.out_count && wiring.out_bound[folder->main_out])
        folder->main_out++;
    if (folder->main_out == wiring.out_count)
        return SEVEN_ZIP_DAMAGED;
    if (wiring.plain)
        order_coders(&wiring, folder);
    return status_of(bytes);
}

static void parse_unpack_sizes(struct archive_bytes *bytes, struct seven_zip_streams *streams)
{
    for (uint32_t i = 0; i < streams->folder_count; i++) {
        struct seven_zip_folder *folder = &streams->folders[i];
        for (uint32_t j = 0; j < folder->out_count && !bytes->overrun; j++) {
            uint64_t size = seven_zip_number(bytes);
            if (j == folder->main_out)
                folder->unpacked_bytes = size;
        }
    }
}

static enum seven_zip_status parse_folders(void *owner, struct archive_bytes *bytes,
                                           struct seven_zip_streams *streams)
{
    if (seven_zip_number(bytes) != SEVEN_ZIP_FOLDER)
        return SEVEN_ZIP_DAMAGED;
    uint64_t count = seven_zip_number(bytes);
    if (count > SEVEN_ZIP_FOLDERS_MOST)
        return SEVEN_ZIP_OVER_BUDGET;
    if (count > bytes->left.length)
        return SEVEN_ZIP_DAMAGED;
    if (archive_bytes_u8(bytes) != 0)
        return SEVEN_ZIP_UNSUPPORTED; /* reported in a stream elsewhere: nothing writes that */
    streams->folders = talloc_zero_array(owner, struct seven_zip_folder, (unsigned)count + 1);
    if (streams->folders == NULL)
        return SEVEN_ZIP_OVER_BUDGET;
    uint32_t packed = 0;
    for (; streams->folder_count < count; streams->folder_count++) {
        struct seven_zip_folder *folder = &streams->folders[streams->folder_count];
        enum seven_zip_status status = parse_folder(bytes, folder);
        if (status != SEVEN_ZIP_OK)
            return status;
        folder->first_packed = packed;
        folder->member_count = 1;
        packed += folder->packed_count;
    }
    return status_of(bytes);
}

static enum seven_zip_status parse_unpack_info(void *owner, struct archive_bytes *bytes,
                                               struct seven_zip_streams *streams)
{
    enum seven_zip_status status =
        streams->folders != NULL ? SEVEN_ZIP_DAMAGED : parse_folders(owner, bytes, streams);
    if (status != SEVEN_ZIP_OK)
        return status;
    for (;;) {
        uint64_t type = seven_zip_number(bytes);
        if (type == SEVEN_ZIP_END || bytes->overrun)
            return status_of(bytes);
        if (type == SEVEN_ZIP_UNPACK_SIZE)
            parse_unpack_sizes(bytes, streams);
        else if (type == SEVEN_ZIP_CRC)
            skip_digests(bytes, streams->folder_count, streams->folders);
        else
            seven_zip_skip_property(bytes);
    }
}

static enum seven_zip_status count_members(struct archive_bytes *bytes, struct seven_zip_streams *streams)
{
    for (uint32_t i = 0; i < streams->folder_count; i++) {
        uint64_t count = seven_zip_number(bytes);
        if (count > SEVEN_ZIP_STREAMS_MOST)
            return SEVEN_ZIP_OVER_BUDGET;
        streams->folders[i].member_count = (uint32_t)count;
    }
    return status_of(bytes);
}

/* Sets where each folder's bytes are cut: all sizes but the last are reported, the last is what is left. */
static enum seven_zip_status size_members(void *owner, struct archive_bytes *bytes,
                                          struct seven_zip_streams *streams, bool has_sizes)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < streams->folder_count; i++)
        count += streams->folders[i].member_count;
    if (count > SEVEN_ZIP_STREAMS_MOST)
        return SEVEN_ZIP_OVER_BUDGET;
    streams->member_bytes = talloc_zero_array(owner, uint64_t, (unsigned)count + 1);
    if (streams->member_bytes == NULL)
        return SEVEN_ZIP_OVER_BUDGET;
    for (uint32_t i = 0; i < streams->folder_count; i++) {
        uint64_t left = streams->folders[i].unpacked_bytes;
        for (uint32_t j = 1; j <= streams->folders[i].member_count && !bytes->overrun; j++) {
            bool last = j == streams->folders[i].member_count;
            uint64_t size = last ? left : has_sizes ? seven_zip_number(bytes) : 0;
            if (size > left)
                return SEVEN_ZIP_DAMAGED;
            left -= size;
            streams->member_bytes[streams->member_count++] = size;
        }
    }
    return status_of(bytes);
}

/* Digests stand here for every member whose folder has not its own. */
static uint64_t members_without_digest(const struct seven_zip_streams *streams)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < streams->folder_count; i++)
        if (streams->folders[i].member_count != 1 || !streams->folders[i].has_digest)
            count += streams->folders[i].member_count;
    return count;
}

static enum seven_zip_status parse_members(void *owner, struct archive_bytes *bytes,
                                           struct seven_zip_streams *streams)
{
    enum seven_zip_status status = SEVEN_ZIP_OK;
    uint64_t type = seven_zip_number(bytes);
    while (status == SEVEN_ZIP_OK && type != SEVEN_ZIP_CRC && type != SEVEN_ZIP_SIZE &&
           type != SEVEN_ZIP_END && !bytes->overrun) {
        if (type == SEVEN_ZIP_MEMBER_COUNT)
            status = count_members(bytes, streams);
        else
            seven_zip_skip_property(bytes);
        type = seven_zip_number(bytes);
    }
    if (status == SEVEN_ZIP_OK)
        status = size_members(owner, bytes, streams, type == SEVEN_ZIP_SIZE);
    if (type == SEVEN_ZIP_SIZE)
        type = seven_zip_number(bytes);
    for (; status == SEVEN_ZIP_OK && type != SEVEN_ZIP_END && !bytes->overrun;
         type = seven_zip_number(bytes)) {
        if (type == SEVEN_ZIP_CRC)
            skip_digests(bytes, members_without_digest(streams), NULL);
        else
            seven_zip_skip_property(bytes);
    }
    return status == SEVEN_ZIP_OK ? status_of(bytes) : status;
}

enum seven_zip_status seven_zip_streams_parse(void *owner, struct archive_bytes *bytes,
                                              struct seven_zip_streams *streams)
{
    enum seven_zip_status status = SEVEN_ZIP_OK;
    while (status == SEVEN_ZIP_OK) {
        uint64_t type = seven_zip_number(bytes);
        if (bytes->overrun)
            status = SEVEN_ZIP_DAMAGED;
        else if (type == SEVEN_ZIP_END)
            break;
        else if (type == SEVEN_ZIP_PACK_INFO && streams->packed_bytes == NULL)
            status = parse_pack_info(owner, bytes, streams);
        else if (type == SEVEN_ZIP_UNPACK_INFO)
            status = parse_unpack_info(owner, bytes, streams);
        else if (type == SEVEN_ZIP_SUBSTREAMS && streams->member_bytes == NULL)
            status = parse_members(owner, bytes, streams);
        else
            status = SEVEN_ZIP_DAMAGED;
    }
    if (status == SEVEN_ZIP_OK && streams->member_bytes == NULL)
        status = size_members(owner, bytes, streams, false);
    return status;
}
