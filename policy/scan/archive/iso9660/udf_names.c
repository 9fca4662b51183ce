#include "scan/archive/iso9660/udf_names.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_text.h"

#include <stdlib.h>

enum {
    TAG_BYTES = 16,
    TAG_IDENTIFIER = 257,
    TAG_FILE_ENTRY = 261,
    TAG_EXTENDED_ENTRY = 266,
    IDENTIFIER_BYTES = 38,
    FLAG_FOLDER = 1 << 1,
    FLAG_DELETED = 1 << 2,
    FLAG_PARENT = 1 << 3,
    FILE_TYPE_AT = 27,
    FILE_TYPE_FOLDER = 4,
    FILE_FLAGS_AT = 34,
    EMBEDDED = 3, /* the directory stands in its entry */
    ONE_BYTE = 8,
    TWO_BYTES = 16,
};

void udf_names_init(struct udf_names *names, void *owner, struct archive_budget *budget)
{
    archive_buffer_init(&names->found, owner, budget);
    archive_buffer_init(&names->reported, owner, budget);
    strbuf_init(&names->text, 0);
}

void udf_names_deinit(struct udf_names *names)
{
    strbuf_deinit(&names->text);
}

/* The identifier of the tag at the front of `bytes`; 0: there is none. */
static unsigned tag_of(struct slice bytes)
{
    if (bytes.length < TAG_BYTES)
        return 0;
    unsigned sum = 0, version = (unsigned)archive_le(bytes.data + 2, 2);
    for (size_t i = 0; i < TAG_BYTES; i++)
        sum += i == 4 ? 0 : (unsigned char)bytes.data[i];
    bool is_tag = (unsigned char)bytes.data[4] == (sum & 0xff) && (version == 2 || version == 3);
    return is_tag ? (unsigned)archive_le(bytes.data, 2) : 0;
}

static void keep_name(struct udf_names *names, struct slice stored)
{
    strbuf_reset(&names->text);
    if (stored.data[0] == TWO_BYTES)
        archive_text_append_utf16(&names->text, slice_part(stored, 1, stored.length), ARCHIVE_BIG_ENDIAN);
    else
        for (size_t i = 1; i < stored.length; i++)
            archive_text_append_code_point(&names->text, (unsigned char)stored.data[i]);
    size_t length = names->text.length;
    if (names->text.failed || !archive_buffer_reserve(&names->found, names->found_bytes + 2 + length)) {
        names->is_full = true;
        return;
    }
    char *to = names->found.bytes + names->found_bytes;
    to[0] = (char)(length & 0xff);
    to[1] = (char)(length >> 8);
    if (length > 0)
        memcpy(to + 2, names->text.data, length);
    names->found_bytes += 2 + length;
}

/* Reads descriptors one behind the other; returns how many bytes they take. What is left is not one, or not
 * whole: then `*is_cut` is set. */
static size_t read_identifiers(struct udf_names *names, struct slice bytes, bool *is_cut)
{
    size_t at = 0;
    *is_cut = false;
    while (at < bytes.length) {
        struct slice rest = slice_part(bytes, at, bytes.length);
        bool is_tag = tag_of(rest) == TAG_IDENTIFIER;
        *is_cut = is_tag || (rest.length < TAG_BYTES && rest.data[0] == (char)(TAG_IDENTIFIER & 0xff));
        if (!is_tag || rest.length < IDENTIFIER_BYTES)
            return at;
        unsigned flags = (unsigned char)rest.data[18], name_length = (unsigned char)rest.data[19];
        size_t name_at = IDENTIFIER_BYTES + (size_t)archive_le(rest.data + 36, 2);
        size_t length = (name_at + name_length + 3) & ~(size_t)3;
        if (length > rest.length)
            return at;
        *is_cut = false;
        names->has_directory = true;
        if ((flags & (FLAG_FOLDER | FLAG_DELETED | FLAG_PARENT)) == 0 && name_length > 1)
            keep_name(names, slice_part(rest, name_at, name_at + name_length));
        at += length;
    }
    return at;
}

/* A directory that stands in its own entry. */
static void read_entry(struct udf_names *names, struct slice sector, bool is_extended)
{
    size_t lengths_at = is_extended ? 208 : 168;
    bool is_cut;
    if (sector.data[FILE_TYPE_AT] != FILE_TYPE_FOLDER || (sector.data[FILE_FLAGS_AT] & 7) != EMBEDDED)
        return;
    uint64_t from = lengths_at + 8 + archive_le(sector.data + lengths_at, 4);
    uint64_t length = archive_le(sector.data + lengths_at + 4, 4);
    if (from > sector.length || length > sector.length - from)
        names->is_broken = true;
    else
        read_identifiers(names, slice_part(sector, (size_t)from, (size_t)(from + length)), &is_cut);
}

/* A sector came, behind what was carried over from the one before. */
static void read_sector(struct udf_names *names)
{
    struct slice gathered = slice_make(names->gathered, names->length);
    struct slice sector = slice_part(gathered, names->carried, names->length);
    bool was_carried = names->carried > 0, is_cut = false;
    unsigned tag = tag_of(sector);
    size_t used = 0;
    names->length = names->carried = 0;
    if (was_carried)
        used = read_identifiers(names, gathered, &is_cut);
    if (was_carried && used == 0)
        names->is_broken = true;
    if (used == 0 && tag == TAG_IDENTIFIER) {
        gathered = sector;
        used = read_identifiers(names, sector, &is_cut);
    } else if (used == 0 && (tag == TAG_FILE_ENTRY || tag == TAG_EXTENDED_ENTRY)) {
        read_entry(names, sector, tag == TAG_EXTENDED_ENTRY);
    }
    if (!is_cut)
        return;
    names->carried = names->length = gathered.length - used;
    names->is_broken = names->is_broken || names->carried > UDF_SECTOR_BYTES;
    if (names->carried > UDF_SECTOR_BYTES)
        names->carried = names->length = 0;
    memmove(names->gathered, gathered.data + used, names->length);
}

void udf_names_push(struct udf_names *names, struct slice bytes)
{
    while (bytes.length > 0 && !names->is_full) {
        size_t missing = names->carried + UDF_SECTOR_BYTES - names->length;
        size_t count = bytes.length < missing ? bytes.length : missing;
        memcpy(names->gathered + names->length, bytes.data, count);
        names->length += count;
        bytes = slice_part(bytes, count, bytes.length);
        if (count == missing)
            read_sector(names);
    }
}

/* FNV-1a over the name in small letters. */
static uint64_t hash_of(struct slice name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)ascii_lower(name.data[i])) * UINT64_C(0x100000001b3);
    return hash;
}

void udf_names_note(struct udf_names *names, struct slice name)
{
    if (!archive_buffer_reserve(&names->reported, (names->reported_count + 1) * sizeof(uint64_t)))
        return; /* it will be reported twice */
    ((uint64_t *)(void *)names->reported.bytes)[names->reported_count++] = hash_of(name);
}

static int compare_hashes(const void *first, const void *second)
{
    const uint64_t *a = first, *b = second;
    return *a < *b ? -1 : *a > *b;
}

void udf_names_report(struct udf_names *names, struct archive_walk *walk)
{
    struct archive_bytes found = archive_bytes_of(slice_make(names->found.bytes, names->found_bytes));
    if (names->reported_count > 1)
        qsort(names->reported.bytes, names->reported_count, sizeof(uint64_t), compare_hashes);
    while (found.left.length > 0) {
        struct archive_member member = {.name = archive_bytes_take(&found, archive_bytes_u16(&found))};
        uint64_t hash = hash_of(member.name);
        if (names->reported_count > 0 &&
            bsearch(&hash, names->reported.bytes, names->reported_count, sizeof hash, compare_hashes) != NULL)
            continue;
        if (!archive_walk_member(walk, &member)) {
            archive_walk_report(walk, ARCHIVE_OVER_BUDGET, "too many members");
            return;
        }
        archive_walk_content_missing(walk);
        archive_walk_member_end(walk);
    }
    if (names->is_full)
        archive_walk_report(walk, ARCHIVE_OVER_BUDGET, "too many files in a CD image");
    if (!names->has_directory || names->is_broken)
        archive_walk_report(walk, ARCHIVE_UNSUPPORTED,
                            "a CD image with a UDF file system that cannot be read");
}
