/* Zip records within a member, which some unpackers would take for the outer ones. */
#include "scan/archive/zip/zip_reader.h"
#include "scan/archive/archive_bytes.h"

enum { ZIP_INNER_MOST_BYTES = 1 << 20 };

static void zip_inner_keep(struct zip_reader *reader, struct slice name)
{
    size_t length = reader->inner_length, wanted = length + 4 + name.length;
    if (wanted > ZIP_INNER_MOST_BYTES || !archive_buffer_reserve(&reader->inner, wanted)) {
        reader->inner_is_full = true;
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        reader->inner.bytes[length + i] = (char)(name.length >> (8 * i) & 0xff);
    if (name.length > 0)
        memcpy(reader->inner.bytes + length + 4, name.data, name.length);
    reader->inner_length = wanted;
}

/* Where the header that begins with `bytes` has its name; 0: that cannot be seen yet. */
static size_t zip_inner_name(struct slice bytes, enum zip_signature signature, size_t *name_at)
{
    *name_at = signature == ZIP_LOCAL ? ZIP_LOCAL_BYTES : ZIP_CENTRAL_BYTES;
    if (bytes.length < *name_at)
        return 0;
    return *name_at + (size_t)archive_le(bytes.data + *name_at - (signature == ZIP_LOCAL ? 4 : 18), 2);
}

bool zip_inner_read(struct zip_reader *reader, enum zip_signature signature)
{
    bool is_header = (signature == ZIP_LOCAL || signature == ZIP_CENTRAL) && !reader->inner_is_full;
    size_t at = reader->searched, name_at = 0, name_end = 0;
    struct slice view;
    if (is_header) {
        if (archive_window_want(&reader->window, at + ZIP_CENTRAL_BYTES, &view))
            name_end = zip_inner_name(slice_part(view, at, view.length), signature, &name_at);
        bool is_whole = name_end > 0 && archive_window_want(&reader->window, at + name_end, &view);
        if (!is_whole && !reader->is_ending)
            return false;
        if (is_whole)
            zip_inner_keep(reader, slice_part(view, at + name_at, at + name_end));
    }
    reader->searched += ZIP_SIGNATURE_BYTES;
    return true;
}

void zip_inner_search(struct zip_reader *reader, struct slice bytes)
{
    for (size_t at = zip_signature_find(bytes, 0); at + ZIP_LOCAL_BYTES <= bytes.length;
         at = zip_signature_find(bytes, at + ZIP_SIGNATURE_BYTES)) {
        struct slice rest = slice_part(bytes, at, bytes.length);
        enum zip_signature signature = zip_signature_at(rest);
        size_t name_at, name_end;
        if (signature != ZIP_LOCAL && signature != ZIP_CENTRAL)
            continue;
        name_end = zip_inner_name(rest, signature, &name_at);
        if (name_end > 0 && name_end <= rest.length && !reader->inner_is_full)
            zip_inner_keep(reader, slice_part(rest, name_at, name_end));
    }
}

void zip_inner_report(struct zip_reader *reader, size_t mark)
{
    size_t at = mark, length = reader->inner_length;
    reader->inner_length = mark;
    if (reader->inner_is_full)
        zip_report(reader, ZIP_REASON_KEPT);
    while (at < length) {
        size_t name_length = (size_t)archive_le(reader->inner.bytes + at, 4);
        if (!zip_report_name(reader, slice_make(reader->inner.bytes + at + 4, name_length), false))
            return;
        at += 4 + name_length;
    }
}
