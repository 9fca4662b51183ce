#include "scan/archive/zip/zip_reader.h"
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_bytes.h"

#include <assert.h>
#include <talloc.h>

/* What stays in the window behind the point of search: the longest data descriptor without signature. */
enum { ZIP_LOOK_BACK_BYTES = 20 };

static struct zip_record *zip_current(const struct zip_reader *reader)
{
    assert(reader->record_count > 0);
    return &zip_records(reader)[reader->record_count - 1];
}

/* Remembers a local header for the comparison with the central directory. */
static bool zip_keep_record(struct zip_reader *reader, const struct zip_header *header)
{
    size_t count = reader->record_count, names = reader->names_length;
    struct slice extra = strbuf_slice(&reader->extra_names);
    if (!archive_buffer_reserve(&reader->records, (count + 1) * sizeof(struct zip_record)) ||
        !archive_buffer_reserve(&reader->names, names + header->name.length + extra.length + 1))
        return false; /* one byte more, so that there are names even where all are empty */
    zip_records(reader)[count] = (struct zip_record){
        .offset = reader->window.position,
        .packed_bytes = header->packed_bytes,
        .unpacked_bytes = header->unpacked_bytes,
        .name_at = names,
        .crc = header->crc,
        .name_length = (uint16_t)header->name.length,
        .extra_names_bytes = (uint32_t)extra.length,
        .flags = header->flags,
        .method = header->method,
        .is_packed_known = !zip_local_size_is_unknown(header),
    };
    if (header->name.length > 0)
        memcpy(reader->names.bytes + names, header->name.data, header->name.length);
    names += header->name.length;
    if (extra.length > 0)
        memcpy(reader->names.bytes + names, extra.data, extra.length);
    reader->names_length = names + extra.length;
    reader->record_count++;
    return true;
}

static void zip_report_member(struct zip_reader *reader, const struct zip_header *header)
{
    const struct archive_sink *sink = reader->sink;
    const struct archive_member member = {
        .name = header->name,
        .encrypted = zip_header_is_encrypted(header),
        .is_folder = zip_name_is_folder(header->name),
    };
    reader->member_open = true;
    reader->data_wanted = sink->member(sink->context, &member);
    /* Much software takes a NUL for the end of a name. */
    size_t nul = slice_find(header->name, '\0');
    if (nul > 0 && nul < header->name.length)
        sink->other_name(sink->context, slice_part(header->name, 0, nul));
    struct slice names = strbuf_slice(&reader->extra_names);
    while (names.length > 0) {
        struct slice name = zip_names_next(&names);
        if (name.length > 0 && !slice_equal(name, header->name))
            sink->other_name(sink->context, name);
    }
}

/* Local headers belong before the index of their archive. */
static void zip_check_place(struct zip_reader *reader)
{
    if (reader->directory.entries > 0)
        zip_report(reader, ZIP_REASON_AFTER_DIRECTORY);
    else if (reader->end_count > 0)
        zip_report(reader, ZIP_REASON_SECOND_ARCHIVE);
    if (!reader->archive_begun) {
        reader->archive_begun = true;
        reader->archive_at = reader->window.position;
    }
}

/* Whether unpack.h has the method, which is then put into `*method`. */
static bool zip_method_is_known(uint16_t stored, enum unpack_method *method)
{
    switch (stored) {
    case ZIP_DEFLATED:
        *method = UNPACK_DEFLATE;
        return true;
    case ZIP_BZIP2:
        *method = UNPACK_BZIP2;
        return true;
    case ZIP_LZMA:
        *method = UNPACK_ZIP_LZMA;
        return true;
    case ZIP_ZSTD:
        *method = UNPACK_ZSTD;
        return true;
    case ZIP_XZ:
        *method = UNPACK_XZ;
        return true;
    default:
        return false;
    }
}

static void zip_begin_data(struct zip_reader *reader, const struct zip_header *header)
{
    enum unpack_method method;
    reader->data_size_is_known = !zip_local_size_is_unknown(header);
    reader->data_left = header->packed_bytes;
    reader->data_bytes = 0;
    reader->data_complete = true;
    reader->data_is_zip = false;
    reader->searched = 0;
    reader->inner_mark = reader->inner_length;
    reader->state = ZIP_STATE_DATA;
    if (reader->data_size_is_known && header->packed_bytes == 0)
        return;
    bool is_packed = zip_method_is_known(header->method, &method);
    bool is_known = is_packed || header->method == ZIP_STORED;
    if (!is_known && !zip_header_is_encrypted(header))
        zip_report(reader, ZIP_REASON_METHOD);
    reader->data_wanted = reader->data_wanted && is_known && !zip_header_is_encrypted(header);
    if (reader->data_wanted && is_packed) {
        reader->unpack = unpack_create(reader, method, reader->budget);
        reader->data_wanted = reader->unpack != NULL;
        if (reader->unpack == NULL)
            zip_report(reader, ZIP_REASON_KEPT);
        else if (reader->data_size_is_known && (header->flags & ZIP_FLAG_END_MARKED) == 0)
            unpack_expect(reader->unpack, header->unpacked_bytes);
    }
    reader->data_complete = reader->data_wanted;
}

bool zip_member_read_local(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, ZIP_LOCAL_BYTES, &view) ||
        !archive_window_want(&reader->window, zip_local_length(view), &view))
        return false;
    if (!zip_take_entry(reader))
        return false;
    struct zip_header header = zip_local_read(view);
    zip_check_place(reader);
    if ((header.flags & ZIP_FLAG_MASKED) != 0) {
        reader->is_index_encrypted = true;
        zip_report(reader, ZIP_REASON_ENCRYPTED_INDEX);
    }
    strbuf_reset(&reader->extra_names);
    zip_extra_names(header.extra, &reader->extra_names);
    zip_report_member(reader, &header);
    if (reader->extra_names.failed || !zip_keep_record(reader, &header)) {
        zip_stop(reader, ZIP_REASON_KEPT);
        return false;
    }
    zip_begin_data(reader, &header);
    zip_inner_search(reader, slice_part(view, ZIP_LOCAL_BYTES, header.length));
    archive_window_consume(&reader->window, header.length);
    return true;
}

static void zip_end_member(struct zip_reader *reader)
{
    talloc_free(reader->unpack);
    reader->unpack = NULL;
    reader->member_open = false;
    reader->sink->member_end(reader->sink->context, reader->data_complete);
}

/* The data has ended where it should, or where its descriptor says. `is_certain`: every unpacker agrees. */
static void zip_finish_data(struct zip_reader *reader, bool is_certain)
{
    struct zip_record *record = zip_current(reader);
    if (reader->unpack != NULL) {
        zip_report(reader, ZIP_REASON_DATA);
        reader->data_complete = false;
    }
    if (reader->data_bytes == 0)
        reader->data_complete = true;
    record->packed_bytes = reader->data_bytes;
    record->is_packed_known = true;
    reader->searched = 0;
    reader->state = ZIP_STATE_DESCRIPTOR;
    zip_end_member(reader);
    /* The sink that has a whole zip of its own to read will find those names there. */
    if (!is_certain && !(reader->data_complete && reader->data_is_zip))
        zip_inner_report(reader, reader->inner_mark);
}

void zip_member_cut_short(struct zip_reader *reader)
{
    if (!reader->member_open)
        return;
    bool had_inner = reader->inner_length > reader->inner_mark;
    reader->data_complete = false;
    zip_end_member(reader);
    zip_inner_report(reader, reader->inner_mark);
    if (had_inner && !reader->data_size_is_known && reader->state != ZIP_STATE_DONE)
        zip_report(reader, ZIP_REASON_DESCRIPTOR);
}

/* What unpacking came to, other than needing more. */
static void zip_end_unpacking(struct zip_reader *reader, enum unpack_result result)
{
    talloc_free(reader->unpack);
    reader->unpack = NULL;
    reader->data_wanted = false;
    reader->data_complete = result == UNPACK_END;
    if (result == UNPACK_DAMAGED)
        zip_report(reader, ZIP_REASON_DATA);
    if (result == UNPACK_OVER_BUDGET)
        zip_report(reader, ZIP_REASON_UNPACKED);
    if (result != UNPACK_END)
        return;
    if (!reader->data_size_is_known)
        zip_finish_data(reader, true);
    else if (reader->data_left > 0)
        zip_report(reader, ZIP_REASON_DATA); /* something hides behind the end of the compressed data */
}

static void zip_moved_on(struct zip_reader *reader, size_t count)
{
    archive_window_consume(&reader->window, count);
    reader->data_bytes += count;
    reader->data_left -= reader->data_size_is_known ? count : 0;
}

/* Moves on over data, which is given as it is, unpacked, or not at all. False: the data ended inside it. */
static bool zip_pass_data(struct zip_reader *reader, struct slice data)
{
    if (reader->unpack != NULL && data.length > 0) {
        size_t used;
        enum unpack_result result = unpack_push(reader->unpack, data, reader->sink, &used);
        zip_moved_on(reader, used);
        if (result != UNPACK_MORE)
            zip_end_unpacking(reader, result);
        return used == data.length && reader->state == ZIP_STATE_DATA;
    }
    if (reader->data_wanted && data.length > 0) {
        reader->data_wanted = reader->sink->member_data(reader->sink->context, data);
        reader->data_complete = reader->data_complete && reader->data_wanted;
    }
    zip_moved_on(reader, data.length);
    return true;
}

/* Nothing of interest ends before `to`; what a descriptor could begin in stays. False: the data ended. */
static bool zip_pass_searched(struct zip_reader *reader, struct slice view, size_t to)
{
    bool ends_by_itself = reader->data_size_is_known || reader->unpack != NULL;
    size_t stays = ends_by_itself ? 0 : ZIP_LOOK_BACK_BYTES;
    size_t passed = to > stays ? to - stays : 0;
    reader->searched = to - passed;
    bool goes_on = zip_pass_data(reader, slice_part(view, 0, passed));
    if (!goes_on)
        reader->searched = 0; /* what was left is searched again, as data or as what follows it */
    return goes_on;
}

/* How many bytes before the signature at `searched` the data ends; -1: it does not end there. */
static int zip_data_end_before(const struct zip_reader *reader, struct slice view)
{
    const struct zip_record *record = zip_current(reader);
    size_t at = reader->searched;
    uint64_t distance = reader->data_bytes + at;
    bool agrees = false;
    if (zip_signature_at(slice_part(view, at, view.length)) == ZIP_DESCRIPTOR) {
        zip_descriptor_length(slice_part(view, at, view.length), distance, &agrees);
        return agrees ? 0 : -1;
    }
    size_t bare = zip_bare_descriptor_before(slice_part(view, 0, at), distance);
    if (bare > 0)
        return (int)bare;
    /* Without any descriptor, against the rules: an empty folder, or a size that was there from the start. */
    bool is_folder = distance == 0 && zip_name_is_folder(zip_record_name(reader, record));
    bool is_expected = record->packed_bytes != 0 && distance == record->packed_bytes;
    return is_folder || is_expected ? 0 : -1;
}

/* A signature stands at `searched`. False: more bytes are needed to judge it, or there are too many. */
static bool zip_judge_signature(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_budget_take_work(reader->budget, archive_work_zip_mark, 1, 0)) {
        zip_stop(reader, ZIP_REASON_UNPACKED);
        return false;
    }
    size_t at = reader->searched;
    if (!archive_window_want(&reader->window, at + ZIP_SIGNATURE_BYTES, &view))
        return false;
    enum zip_signature signature = zip_signature_at(slice_part(view, at, view.length));
    if (reader->data_size_is_known || reader->unpack != NULL)
        return zip_inner_read(reader, signature);
    size_t peek = signature == ZIP_DESCRIPTOR ? ZIP_DESCRIPTOR_PEEK_BYTES : ZIP_SIGNATURE_BYTES;
    if (!archive_window_want(&reader->window, at + peek, &view) && !reader->is_ending)
        return false;
    int before = zip_data_end_before(reader, view);
    if (before < 0)
        return zip_inner_read(reader, signature);
    zip_pass_data(reader, slice_part(view, 0, at - (size_t)before));
    zip_finish_data(reader, false);
    return true;
}

bool zip_member_pass(struct zip_reader *reader)
{
    struct slice view;
    if (reader->data_size_is_known && reader->data_left == 0) {
        zip_finish_data(reader, true);
        return true;
    }
    size_t wanted = reader->searched + ZIP_SIGNATURE_BYTES;
    if (reader->data_size_is_known && reader->data_left < wanted)
        wanted = (size_t)reader->data_left;
    if (!archive_window_want(&reader->window, wanted, &view))
        return false;
    if (reader->data_bytes == 0 && reader->searched == 0)
        reader->data_is_zip = zip_signature_at(view) != ZIP_NO_SIGNATURE;
    if (reader->data_size_is_known && reader->data_left <= view.length)
        view.length = (size_t)reader->data_left;
    size_t found = view.length < reader->searched ? view.length : zip_signature_find(view, reader->searched);
    bool is_found = zip_signature_at(slice_part(view, found, view.length)) != ZIP_NO_SIGNATURE;
    if (!is_found && reader->data_size_is_known && view.length == reader->data_left)
        found = view.length;
    return !zip_pass_searched(reader, view, found) || !is_found || zip_judge_signature(reader);
}

bool zip_member_read_descriptor(struct zip_reader *reader)
{
    const struct zip_record *record = zip_current(reader);
    struct slice view;
    bool agrees, is_peeked = archive_window_want(&reader->window, ZIP_DESCRIPTOR_PEEK_BYTES, &view);
    bool is_signed = archive_window_want(&reader->window, ZIP_SIGNATURE_BYTES, &view) &&
                     zip_signature_at(view) == ZIP_DESCRIPTOR;
    if (!is_peeked)
        return false;
    bool is_due = (record->flags & ZIP_FLAG_DESCRIPTOR) != 0;
    size_t length = is_due || is_signed ? zip_descriptor_length(view, record->packed_bytes, &agrees) : 0;
    if (length > 0 && !agrees)
        zip_report(reader, ZIP_REASON_DESCRIPTOR);
    archive_window_consume(&reader->window, length);
    reader->state = ZIP_STATE_RECORD;
    return true;
}
