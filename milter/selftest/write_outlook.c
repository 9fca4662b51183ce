/* What Outlook writes: TNEF (winmail.dat), and OLE files (messages, documents, installers). */
#include "archive_writers.h"

/* ---- TNEF ---- */

static void tnef_append(struct strbuf *out, unsigned level, uint32_t id, struct slice data)
{
    unsigned sum = 0;
    for (size_t i = 0; i < data.length; i++)
        sum += (unsigned char)data.data[i];
    bytes_le(out, level, 1);
    bytes_le(out, id, 4);
    bytes_le(out, data.length, 4);
    strbuf_append_slice(out, data);
    bytes_le(out, sum & 0xffff, 2);
}

/* The MAPI properties of an attachment: its long file name. */
static void tnef_append_long_name(struct strbuf *out, struct slice name)
{
    struct strbuf properties;
    strbuf_init(&properties, 0);
    bytes_le(&properties, 1, 4);
    bytes_le(&properties, 0x3707001e, 4);
    bytes_le(&properties, 1, 4);
    bytes_le(&properties, name.length + 1, 4);
    strbuf_append_slice(&properties, name);
    bytes_zero(&properties, 1);
    bytes_pad(&properties, 4);
    tnef_append(out, 2, 0x00069005, strbuf_slice(&properties));
    strbuf_deinit(&properties);
}

/* Option: other=NAME (the long file name; the title stays what it is). An empty name leaves the title out. */
bool write_tnef(const struct template_call *call, struct strbuf *out)
{
    bytes_le(out, 0x223e9f78, 4);
    bytes_le(out, 1, 2);
    tnef_append(out, 1, 0x00089006, slice_make("\0\0\1\0", 4));
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        struct member_options options;
        struct strbuf title;
        if (!member_options_read(call->arguments[i], &options))
            return false;
        tnef_append(out, 2, 0x00069002, slice_make("\1\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 14));
        strbuf_init(&title, 0);
        strbuf_append_slice(&title, options.name);
        bytes_zero(&title, 1);
        if (options.name.length > 0)
            tnef_append(out, 2, 0x00018010, strbuf_slice(&title));
        strbuf_deinit(&title);
        tnef_append(out, 2, 0x0006800f, call->arguments[i + 1]);
        if (options.has_other)
            tnef_append_long_name(out, options.other);
    }
    return call->count % 2 == 0;
}

/* ---- OLE: sector 0 the allocation table, then the directory, the table of small sectors, small streams
 * ------ */

enum {
    OLE_SECTOR = 512,
    OLE_SMALL = 64,
    OLE_ENTRIES_MAX = 28,
    OLE_NONE = -1,
    OLE_END = -2,
    OLE_TABLE = -3,
};

struct ole_entry {
    struct slice name;
    int type; /* 1 storage, 2 stream, 5 root */
    int child;
    int next;
    int first; /* small sector */
    struct slice content;
};

struct ole_writer {
    struct ole_entry entries[OLE_ENTRIES_MAX];
    int count;
    struct strbuf small;
    struct slice class_id; /* of the root */
};

static int ole_add(struct ole_writer *ole, int parent, struct slice name, int type)
{
    if (ole->count == OLE_ENTRIES_MAX)
        return 0;
    ole->entries[ole->count] =
        (struct ole_entry){.name = name, .type = type, .child = OLE_NONE, .next = OLE_NONE, .first = OLE_END};
    int *link = &ole->entries[parent].child;
    while (*link != OLE_NONE)
        link = &ole->entries[*link].next;
    *link = ole->count;
    return ole->count++;
}

/* The storage `name` in the root, a new one where there is none. */
static int ole_storage(struct ole_writer *ole, struct slice name)
{
    for (int i = 1; i < ole->count; i++)
        if (ole->entries[i].type == 1 && slice_equal(ole->entries[i].name, name))
            return i;
    return ole_add(ole, 0, name, 1);
}

static void ole_add_stream(struct ole_writer *ole, struct slice path, struct slice content)
{
    size_t slash = slice_find(path, '/');
    bool is_inner = slash < path.length;
    int parent = is_inner ? ole_storage(ole, slice_part(path, 0, slash)) : 0;
    int entry = ole_add(ole, parent, slice_part(path, is_inner ? slash + 1 : 0, path.length), 2);
    ole->entries[entry].first = content.length == 0 ? OLE_END : (int)(ole->small.length / OLE_SMALL);
    ole->entries[entry].content = content;
    strbuf_append_slice(&ole->small, content);
    bytes_pad(&ole->small, OLE_SMALL);
}

static void ole_append_entry(struct strbuf *out, const struct ole_writer *ole, const struct ole_entry *entry,
                             int root_sector)
{
    size_t start = out->length;
    bool is_root = entry->type == 5;
    bytes_utf16(out, entry->name);
    bytes_zero(out, start + 64 - out->length);
    bytes_le(out, entry->name.length * 2 + 2, 2);
    bytes_le(out, (unsigned)entry->type, 1);
    bytes_le(out, 1, 1);
    bytes_le(out, (uint32_t)OLE_NONE, 4);
    bytes_le(out, (uint32_t)entry->next, 4);
    bytes_le(out, (uint32_t)entry->child, 4);
    if (is_root)
        strbuf_append_slice(out, ole->class_id);
    bytes_zero(out, start + 116 - out->length);
    bytes_le(out, (uint32_t)(is_root ? root_sector : entry->first), 4);
    bytes_le(out, is_root ? ole->small.length : entry->content.length, 8);
}

static void ole_append_header(struct strbuf *out, int small_table_at, int small_table_count)
{
    size_t start = out->length;
    bytes_be(out, 0xd0cf11e0a1b11ae1, 8);
    bytes_zero(out, 16);
    bytes_be(out, 0x3e000300feff0900, 8);
    bytes_le(out, 6, 2);
    bytes_zero(out, 10);
    bytes_le(out, 1, 4); /* one sector of allocation table */
    bytes_le(out, 1, 4); /* the directory */
    bytes_zero(out, 4);
    bytes_le(out, 4096, 4);
    bytes_le(out, (uint32_t)small_table_at, 4);
    bytes_le(out, (uint32_t)small_table_count, 4);
    bytes_le(out, (uint32_t)OLE_END, 4);
    bytes_zero(out, 4);
    bytes_le(out, 0, 4);
    while (out->length - start < OLE_SECTOR)
        bytes_le(out, (uint32_t)OLE_NONE, 4);
}

static void ole_append_chain(struct strbuf *out, int from, int count)
{
    for (int i = 1; i <= count; i++)
        bytes_le(out, (uint32_t)(i == count ? OLE_END : from + i), 4);
}

static void ole_fill_sector(struct strbuf *out, size_t start)
{
    while ((out->length - start) % OLE_SECTOR != 0)
        bytes_le(out, (uint32_t)OLE_NONE, 4);
}

static void ole_append_file(struct strbuf *out, struct ole_writer *ole)
{
    size_t start = out->length;
    int directory_count = (ole->count * 128 + OLE_SECTOR - 1) / OLE_SECTOR;
    int small_at = 1 + directory_count + 1;
    bytes_pad(&ole->small, OLE_SECTOR);
    ole_append_header(out, 1 + directory_count, 1);
    bytes_le(out, (uint32_t)OLE_TABLE, 4);
    ole_append_chain(out, 1, directory_count);
    ole_append_chain(out, 1 + directory_count, 1);
    ole_append_chain(out, small_at, (int)(ole->small.length / OLE_SECTOR));
    ole_fill_sector(out, start);
    for (int i = 0; i < ole->count; i++)
        ole_append_entry(out, ole, &ole->entries[i], ole->small.length == 0 ? OLE_END : small_at);
    while ((out->length - start) % OLE_SECTOR != 0)
        bytes_zero(out, 1);
    for (int i = 0; i < ole->count; i++)
        if (ole->entries[i].type == 2 && ole->entries[i].content.length > 0)
            ole_append_chain(out, ole->entries[i].first,
                             (int)((ole->entries[i].content.length + OLE_SMALL - 1) / OLE_SMALL));
    ole_fill_sector(out, start);
    strbuf_append_slice(out, strbuf_slice(&ole->small));
}

/* $[ole|CLASS_ID|PATH|CONTENT|…]: streams of less than 4096 bytes; PATH is NAME or STORAGE/NAME. */
bool write_ole(const struct template_call *call, struct strbuf *out)
{
    struct ole_writer ole = {.class_id = call->arguments[0]};
    strbuf_init(&ole.small, 0);
    ole.entries[ole.count++] = (struct ole_entry){
        .name = slice_of("Root Entry"), .type = 5, .child = OLE_NONE, .next = OLE_NONE, .first = OLE_END};
    for (size_t i = 1; i + 1 < call->count; i += 2)
        ole_add_stream(&ole, call->arguments[i], call->arguments[i + 1]);
    ole_append_file(out, &ole);
    strbuf_deinit(&ole.small);
    return call->count % 2 == 1 && call->arguments[0].length <= 16;
}
