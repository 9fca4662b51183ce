#include "scan/archive/zip/zip_tail.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/zip/zip_reader.h"

#include <talloc.h>

/* What the tail shows of an index. */
struct zip_tail_index {
    bool is_found;
    bool is_whole; /* else it begins before the tail */
};

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
    if (index_bytes > index_end) {
        /* Unpackers want both disk numbers to agree; bytes that mean nothing hardly do. */
        bool is_beyond = tail.length >= ZIP_TAIL_BYTES && end.disk == end.directory_disk;
        return (struct zip_tail_index){is_beyond, false};
    }
    size_t at = index_end - (size_t)index_bytes;
    return (struct zip_tail_index){zip_signature_at(slice_part(tail, at, tail.length)) == ZIP_CENTRAL, true};
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
    zip_report(reader, ZIP_REASON_BEHIND_OTHER_DATA);
    if (!index.is_whole)
        zip_report(reader, ZIP_REASON_INDEX_OUT_OF_SIGHT);
    reader->state = ZIP_STATE_SEARCH;
    reader->reported |= 1U << ZIP_REASON_BETWEEN; /* what stands in front has been reported */
    zip_format.push(reader, tail);
    zip_format.end(reader);
    talloc_free(reader);
    return true;
}
