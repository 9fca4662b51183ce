#include "archive/zip_tail.h"
#include "archive/archive_formats.h"
#include "archive/zip_reader.h"

#include <talloc.h>

/* Where in the tail the index begins. */
struct zip_tail_index {
    bool is_found;
    bool is_whole; /* else it begins before the tail, and `at` is its first entry that is seen */
    size_t at;
};

/* The first entry of an index that begins before the tail: a chain of entries leads from it to `end`. */
static struct zip_tail_index zip_tail_find_rest(struct slice tail, size_t end)
{
    struct slice part = slice_part(tail, 0, end);
    for (size_t at = zip_signature_find(part, 0); at + ZIP_CENTRAL_BYTES <= end;
         at = zip_signature_find(part, at + ZIP_SIGNATURE_BYTES)) {
        struct slice rest = slice_part(part, at, end);
        if (zip_signature_at(rest) != ZIP_CENTRAL)
            continue;
        size_t length = zip_central_length(rest);
        if (length == rest.length)
            return (struct zip_tail_index){true, false, at};
        if (length < rest.length &&
            zip_signature_at(slice_part(rest, length, rest.length)) != ZIP_NO_SIGNATURE)
            return (struct zip_tail_index){true, false, at};
    }
    /* One entry with a long comment may be larger than the tail: then nothing of the index is seen. */
    return (struct zip_tail_index){true, false, end};
}

/* Zip64 records stand between the index and the end record. */
static size_t zip_tail_index_end(struct slice tail, size_t end_at, uint64_t *index_bytes)
{
    size_t locator_at = end_at - ZIP64_LOCATOR_BYTES;
    if (end_at < ZIP64_LOCATOR_BYTES + ZIP64_END_BYTES ||
        zip_signature_at(slice_part(tail, locator_at, tail.length)) != ZIP64_LOCATOR)
        return end_at;
    size_t zip64_at = locator_at - ZIP64_END_BYTES;
    struct slice zip64 = slice_part(tail, zip64_at, tail.length);
    if (zip_signature_at(zip64) != ZIP64_END)
        return end_at;
    *index_bytes = zip64_end_read(zip64).directory_bytes;
    return zip64_at;
}

/* The index that the end record at `end_at` belongs to. An archive without members hides nothing. */
static struct zip_tail_index zip_tail_judge_end(struct slice tail, size_t end_at)
{
    struct zip_end end = zip_end_read(slice_part(tail, end_at, tail.length));
    uint64_t index_bytes = end.directory_bytes;
    size_t index_end = zip_tail_index_end(tail, end_at, &index_bytes);
    if (end.entries == 0 || index_bytes < ZIP_CENTRAL_BYTES ||
        tail.length - end_at - ZIP_END_BYTES < end.comment_bytes)
        return (struct zip_tail_index){.is_found = false};
    if (index_bytes > index_end && end.disk != end.directory_disk)
        return (struct zip_tail_index){.is_found = false}; /* chance: no unpacker takes that */
    if (index_bytes > index_end)
        return tail.length < ZIP_TAIL_BYTES ? (struct zip_tail_index){.is_found = false}
                                            : zip_tail_find_rest(tail, index_end);
    size_t at = index_end - (size_t)index_bytes;
    bool is_index = zip_signature_at(slice_part(tail, at, tail.length)) == ZIP_CENTRAL;
    return (struct zip_tail_index){is_index, true, at};
}

static struct zip_tail_index zip_tail_find_index(struct slice tail)
{
    struct zip_tail_index index = {.is_found = false};
    for (size_t at = zip_signature_find(tail, 0); !index.is_found && at + ZIP_END_BYTES <= tail.length;
         at = zip_signature_find(tail, at + ZIP_SIGNATURE_BYTES))
        if (zip_signature_at(slice_part(tail, at, tail.length)) == ZIP_END)
            index = zip_tail_judge_end(tail, at);
    return index;
}

bool zip_tail_recognise(struct slice tail)
{
    return zip_tail_find_index(tail).is_found;
}

bool zip_tail_read(void *owner, struct slice tail, const struct archive_sink *sink,
                   struct archive_budget *budget)
{
    struct zip_tail_index index = zip_tail_find_index(tail);
    struct zip_reader *reader = zip_format.create(owner, sink, budget);
    if (reader == NULL)
        return false;
    reader->is_tail = true;
    zip_tell(reader, ZIP_REASON_BEHIND_OTHER_DATA);
    if (!index.is_whole)
        zip_tell(reader, ZIP_REASON_INDEX_OUT_OF_SIGHT);
    if (index.is_found)
        zip_format.push(reader, slice_part(tail, index.at, tail.length));
    zip_format.end(reader);
    talloc_free(reader);
    return true;
}
