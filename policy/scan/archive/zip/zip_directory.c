/* A zip's central directory against the members that came before it. */
#include "scan/archive/zip/zip_reader.h"
#include "scan/archive/archive_budget.h"

#include <stdlib.h>

static struct zip_record *zip_find_record_at(const struct zip_reader *reader, uint64_t offset)
{
    struct zip_record *records = zip_records(reader);
    size_t low = 0, high = reader->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->record_count && records[low].offset == offset ? &records[low] : NULL;
}

/* Offsets count from the start of the file, or of the archive where that begins later. */
static struct zip_record *zip_find_listed(const struct zip_reader *reader, uint64_t offset)
{
    struct zip_record *record = offset < reader->archive_at ? NULL : zip_find_record_at(reader, offset);
    uint64_t shifted;
    if (record != NULL || __builtin_add_overflow(offset, reader->archive_at, &shifted))
        return record;
    return zip_find_record_at(reader, shifted);
}

static bool zip_report_central(struct zip_reader *reader, const struct zip_header *header)
{
    bool is_encrypted = zip_header_is_encrypted(header);
    size_t nul = slice_find(header->name, '\0');
    if (!zip_report_name(reader, header->name, is_encrypted))
        return false;
    if (nul > 0 && nul < header->name.length)
        return zip_report_name(reader, slice_part(header->name, 0, nul), is_encrypted);
    return true;
}

/* What some reader would do differently for this member, going by the one header or the other. Sizes count
 * only where the local header gave them. */
static bool zip_entries_agree(const struct zip_record *record, const struct zip_header *header)
{
    bool has_sizes = (record->flags & ZIP_FLAG_DESCRIPTOR) == 0;
    return record->method == header->method &&
           (record->flags & ZIP_FLAG_ENCRYPTED) == (header->flags & ZIP_FLAG_ENCRYPTED) &&
           (!record->is_packed_known || record->packed_bytes == header->packed_bytes) &&
           (!has_sizes || record->unpacked_bytes == header->unpacked_bytes);
}

/* Compares a central entry with the local header it points to. False: the reader has stopped. */
static bool zip_compare(struct zip_reader *reader, struct zip_record *record, const struct zip_header *header)
{
    if (record->is_listed)
        zip_report(reader, ZIP_REASON_LISTED_TWICE);
    record->is_listed = true;
    if (!zip_entries_agree(record, header))
        zip_report(reader, ZIP_REASON_ENTRIES_DIFFER);
    record->crc = header->crc; /* the local header's is zero where a data descriptor follows */
    record->unpacked_bytes = header->unpacked_bytes;
    if (slice_equal(zip_record_name(reader, record), header->name))
        return true;
    zip_report(reader, ZIP_REASON_NAMES_DIFFER);
    return zip_report_central(reader, header);
}

static bool zip_record_has_extra_name(const struct zip_reader *reader, const struct zip_record *record,
                                      struct slice name)
{
    struct slice names = zip_record_extra_names(reader, record);
    while (names.length > 0)
        if (slice_equal(zip_names_next(&names), name))
            return true;
    return false;
}

/* The names of the central directory's extra fields that the local header did not have. */
static bool zip_compare_extra_names(struct zip_reader *reader, const struct zip_record *record,
                                    const struct zip_header *header)
{
    strbuf_reset(&reader->extra_names);
    zip_extra_names(header->extra, &reader->extra_names);
    struct slice names = strbuf_slice(&reader->extra_names);
    while (names.length > 0) {
        struct slice name = zip_names_next(&names);
        bool is_known = name.length == 0 || slice_equal(name, header->name) ||
                        (record != NULL && zip_record_has_extra_name(reader, record, name));
        if (!is_known && !zip_report_name(reader, name, zip_header_is_encrypted(header)))
            return false;
    }
    if (reader->extra_names.failed)
        zip_report(reader, ZIP_REASON_KEPT);
    return true;
}

static bool zip_check_central(struct zip_reader *reader, const struct zip_header *header)
{
    struct zip_record *record = zip_find_listed(reader, header->offset);
    if ((header->flags & ZIP_FLAG_MASKED) != 0) {
        reader->is_index_encrypted = true;
        zip_report(reader, ZIP_REASON_ENCRYPTED_INDEX);
    }
    if (zip_name_is_folder(header->name) && header->unpacked_bytes > 0)
        zip_report(reader, ZIP_REASON_FOLDER_WITH_CONTENT);
    if (record != NULL) {
        if (!zip_compare(reader, record, header))
            return false;
    } else {
        if (!reader->is_tail && !reader->is_split)
            zip_report(reader, ZIP_REASON_ONLY_IN_DIRECTORY);
        if (!zip_report_central(reader, header))
            return false;
    }
    return zip_compare_extra_names(reader, record, header);
}

/* How much of a central header to pass over. One that points to nothing may have been made to swallow the
 * next: it ends where another signature begins. Long ones are passed whole, or names could be reported over
 * and over. */
static size_t zip_central_passed(struct zip_reader *reader, struct slice header, bool is_found)
{
    enum { OVERLAP_MOST_BYTES = 4096 };
    zip_inner_search(reader, slice_part(header, ZIP_CENTRAL_BYTES, header.length));
    if (is_found || header.length > OVERLAP_MOST_BYTES)
        return header.length;
    size_t next = zip_signature_find(header, ZIP_SIGNATURE_BYTES);
    return zip_signature_at(slice_part(header, next, header.length)) == ZIP_NO_SIGNATURE ? header.length
                                                                                         : next;
}

bool zip_directory_read_central(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, ZIP_CENTRAL_BYTES, &view) ||
        !archive_window_want(&reader->window, zip_central_length(view), &view))
        return false;
    struct zip_header header = zip_central_read(view);
    struct zip_directory *directory = &reader->directory;
    if (directory->entries == 0) {
        directory->at = reader->window.position;
        if (reader->end_count > 0)
            zip_report(reader, ZIP_REASON_SECOND_ARCHIVE);
    }
    if (!zip_check_central(reader, &header))
        return false;
    bool is_found = zip_find_listed(reader, header.offset) != NULL;
    size_t passed = zip_central_passed(reader, slice_part(view, 0, header.length), is_found);
    archive_window_consume(&reader->window, passed);
    directory->entries++;
    directory->end = reader->window.position;
    return true;
}

bool zip_directory_read_zip64_end(struct zip_reader *reader)
{
    enum { LENGTH_LEAST = ZIP64_END_BYTES, LENGTH_MOST = 64 * 1024 };
    struct slice view;
    if (!archive_window_want(&reader->window, ZIP64_END_BYTES, &view))
        return false;
    uint64_t length = zip64_end_length(view);
    if (length < LENGTH_LEAST || length > LENGTH_MOST) {
        zip_report(reader, ZIP_REASON_END_DIFFERS);
        length = ZIP64_END_BYTES;
    }
    if (!archive_window_want(&reader->window, (size_t)length, &view))
        return false;
    if (reader->directory.has_zip64_end)
        zip_report(reader, ZIP_REASON_SECOND_ARCHIVE);
    reader->directory.has_zip64_end = true;
    reader->directory.zip64_end = zip64_end_read(view);
    archive_window_consume(&reader->window, (size_t)length);
    return true;
}

/* Whether a field says `actual`. Beside a zip64 record it may leave that to it. */
static bool zip_field_says(uint64_t field, uint64_t actual, uint64_t maximum, bool has_zip64_end)
{
    return field == actual || (has_zip64_end && field == maximum);
}

/* Whether an end record describes the index that passed just before. `small` and `large` are the maxima of
 * its 16 and 32 bit fields. */
static bool zip_end_agrees(const struct zip_reader *reader, const struct zip_end *end, uint64_t small,
                           uint64_t large)
{
    const struct zip_directory *directory = &reader->directory;
    bool has_zip64_end = directory->has_zip64_end;
    uint64_t length = directory->end - directory->at;
    /* Without zip64 the count of many members is cut to 16 bits by writers that do not care. */
    uint64_t entries = has_zip64_end ? directory->entries : directory->entries & small;
    if (!zip_field_says(end->entries, entries, small, has_zip64_end) ||
        !zip_field_says(end->entries_here, entries, small, has_zip64_end))
        return false;
    if (directory->entries == 0)
        return end->directory_bytes == 0 || end->directory_bytes == large;
    if (!zip_field_says(end->directory_bytes, length, large, has_zip64_end))
        return false;
    return reader->is_tail || zip_field_says(end->directory_offset, directory->at, large, has_zip64_end) ||
           end->directory_offset == directory->at - reader->archive_at;
}

static void zip_check_end(struct zip_reader *reader, const struct zip_end *end)
{
    const struct zip_directory *directory = &reader->directory;
    reader->is_split = (end->disk != 0 && end->disk != UINT16_MAX) ||
                       (end->directory_disk != 0 && end->directory_disk != UINT16_MAX);
    if (reader->is_split) {
        zip_report(reader, ZIP_REASON_SPLIT);
        return;
    }
    if (reader->is_index_encrypted)
        return;
    bool agrees = zip_end_agrees(reader, end, UINT16_MAX, UINT32_MAX);
    if (agrees && directory->has_zip64_end)
        agrees = zip_end_agrees(reader, &directory->zip64_end, UINT64_MAX, UINT64_MAX);
    if (!agrees)
        zip_report(reader, ZIP_REASON_END_DIFFERS);
}

bool zip_directory_read_end(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, ZIP_END_BYTES, &view))
        return false;
    struct zip_end end = zip_end_read(view);
    if (reader->end_count > 0)
        zip_report(reader, ZIP_REASON_SECOND_ARCHIVE);
    zip_check_end(reader, &end);
    archive_window_consume(&reader->window, ZIP_END_BYTES);
    reader->end_count++;
    reader->comment_end = reader->window.position + end.comment_bytes;
    reader->directory = (struct zip_directory){.entries = 0};
    reader->archive_begun = false;
    return true;
}

/* For qsort_r: by name, then by what is behind it. */
static int zip_order(const void *a, const void *b, void *context)
{
    const struct zip_reader *reader = context;
    const struct zip_record *left = &zip_records(reader)[*(const uint32_t *)a];
    const struct zip_record *right = &zip_records(reader)[*(const uint32_t *)b];
    struct slice left_name = zip_record_name(reader, left), right_name = zip_record_name(reader, right);
    if (left_name.length != right_name.length)
        return left_name.length < right_name.length ? -1 : 1;
    return left_name.length == 0 ? 0 : memcmp(left_name.data, right_name.data, left_name.length);
}

static bool zip_is_duplicate(const struct zip_reader *reader, uint32_t a, uint32_t b)
{
    const struct zip_record *left = &zip_records(reader)[a], *right = &zip_records(reader)[b];
    if (!slice_equal(zip_record_name(reader, left), zip_record_name(reader, right)))
        return false;
    return left->crc != right->crc || left->unpacked_bytes != right->unpacked_bytes;
}

/* The same name with other content: unpackers keep the first or the last, or ask. */
static void zip_check_duplicates(struct zip_reader *reader)
{
    struct archive_buffer order;
    size_t count = reader->record_count;
    archive_buffer_init(&order, reader, reader->budget);
    if (count < 2)
        return;
    if (!archive_buffer_reserve(&order, count * sizeof(uint32_t))) {
        zip_report(reader, ZIP_REASON_KEPT);
        return;
    }
    uint32_t *indexes = (uint32_t *)(void *)order.bytes;
    for (size_t i = 0; i < count; i++)
        indexes[i] = (uint32_t)i;
    qsort_r(indexes, count, sizeof *indexes, zip_order, reader);
    for (size_t i = 1; i < count; i++)
        if (zip_is_duplicate(reader, indexes[i - 1], indexes[i]))
            zip_report(reader, ZIP_REASON_SAME_NAME);
}

void zip_directory_check(struct zip_reader *reader)
{
    const struct zip_record *records = zip_records(reader);
    if (reader->is_index_encrypted || reader->is_split)
        return;
    for (size_t i = 0; i < reader->record_count; i++)
        if (!records[i].is_listed)
            zip_report(reader, ZIP_REASON_NOT_IN_DIRECTORY);
    zip_check_duplicates(reader);
}
