#include "scan/archive/zip/zip_reader.h"
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_padding.h"

#include <talloc.h>

static const struct {
    enum archive_outcome outcome;
    const char *why;
} reasons[ZIP_REASON_COUNT] = {
    [ZIP_REASON_NAMES_DIFFER] = {ARCHIVE_CONTRADICTORY,
                                 "a member has one name in the zip's index and another before its data"},
    [ZIP_REASON_ENTRIES_DIFFER] = {ARCHIVE_CONTRADICTORY, "the zip's index and a member's own header differ"},
    [ZIP_REASON_NOT_IN_DIRECTORY] = {ARCHIVE_CONTRADICTORY, "a member is missing from the zip's index"},
    [ZIP_REASON_ONLY_IN_DIRECTORY] = {ARCHIVE_CONTRADICTORY,
                                      "the zip's index names a member that is not where it says"},
    [ZIP_REASON_LISTED_TWICE] = {ARCHIVE_CONTRADICTORY, "the zip's index lists a member twice"},
    [ZIP_REASON_SAME_NAME] = {ARCHIVE_CONTRADICTORY, "two different members of the zip have the same name"},
    [ZIP_REASON_FOLDER_WITH_CONTENT] = {ARCHIVE_CONTRADICTORY, "a folder of the zip has content"},
    [ZIP_REASON_BETWEEN] = {ARCHIVE_CONTRADICTORY, "bytes between the zip's members belong to none"},
    [ZIP_REASON_AFTER_END] = {ARCHIVE_CONTRADICTORY, "something follows the end of the zip"},
    [ZIP_REASON_SECOND_ARCHIVE] = {ARCHIVE_CONTRADICTORY, "two zips in one file"},
    [ZIP_REASON_AFTER_DIRECTORY] = {ARCHIVE_CONTRADICTORY, "a member follows the zip's index"},
    [ZIP_REASON_END_DIFFERS] = {ARCHIVE_CONTRADICTORY, "the zip's end record does not describe its index"},
    [ZIP_REASON_DESCRIPTOR] = {ARCHIVE_CONTRADICTORY,
                               "a member's data descriptor does not describe its data"},
    [ZIP_REASON_BEHIND_OTHER_DATA] = {ARCHIVE_CONTRADICTORY, "a zip is appended to other data"},
    [ZIP_REASON_ENCRYPTED_INDEX] = {ARCHIVE_INDEX_ENCRYPTED, "the zip's index is encrypted"},
    [ZIP_REASON_DATA] = {ARCHIVE_DAMAGED, "a member's data cannot be unpacked"},
    [ZIP_REASON_ENDS_EARLY] = {ARCHIVE_DAMAGED, "the zip ends early"},
    [ZIP_REASON_SPLIT] = {ARCHIVE_UNSUPPORTED, "a piece of a zip that is split over several files"},
    [ZIP_REASON_METHOD] =
        {ARCHIVE_UNSUPPORTED,
         "a member of the zip is packed in a way that is not read here (Deflate64, PPMd …)"},
    [ZIP_REASON_INDEX_OUT_OF_SIGHT] = {ARCHIVE_UNSUPPORTED, "only the end of the zip's index could be read"},
    [ZIP_REASON_ENTRIES] = {ARCHIVE_OVER_BUDGET, "too many members"},
    [ZIP_REASON_UNPACKED] = {ARCHIVE_OVER_BUDGET, "too much to unpack"},
    [ZIP_REASON_KEPT] = {ARCHIVE_OVER_BUDGET, "the zip's index is too large to keep"},
};

void zip_report(struct zip_reader *reader, enum zip_reason reason)
{
    if ((reader->reported & 1U << reason) != 0)
        return;
    reader->reported |= 1U << reason;
    reader->sink->outcome(reader->sink->context, reasons[reason].outcome, reasons[reason].why);
}

void zip_stop(struct zip_reader *reader, enum zip_reason reason)
{
    zip_member_cut_short(reader);
    reader->state = ZIP_STATE_DONE;
    zip_report(reader, reason);
}

bool zip_take_entry(struct zip_reader *reader)
{
    if (archive_budget_take_entry(reader->budget))
        return true;
    zip_stop(reader, ZIP_REASON_ENTRIES);
    return false;
}

bool zip_report_name(struct zip_reader *reader, struct slice name, bool is_encrypted)
{
    if (!zip_take_entry(reader))
        return false;
    const struct archive_sink *sink = reader->sink;
    const struct archive_member member = {name, is_encrypted, zip_name_is_folder(name)};
    sink->member(sink->context, &member);
    sink->member_end(sink->context, false);
    return true;
}

struct zip_record *zip_records(const struct zip_reader *reader)
{
    return (struct zip_record *)(void *)reader->records.bytes;
}

struct slice zip_record_name(const struct zip_reader *reader, const struct zip_record *record)
{
    return slice_make(reader->names.bytes + record->name_at, record->name_length);
}

struct slice zip_record_extra_names(const struct zip_reader *reader, const struct zip_record *record)
{
    return slice_make(reader->names.bytes + record->name_at + record->name_length, record->extra_names_bytes);
}

/* Remembers whether [from, to) of the view, which no record claims, is more than padding. */
static void zip_note_gap(struct zip_reader *reader, struct slice view, size_t from, size_t to)
{
    uint64_t at = reader->window.position;
    if (reader->comment_end > at + from)
        from = reader->comment_end - at < to ? (size_t)(reader->comment_end - at) : to;
    if (!reader->gap)
        reader->gap = archive_padding_length(slice_part(view, from, to)) < to - from;
}

/* Passes over a record that says nothing about names. */
static bool zip_pass_record(struct zip_reader *reader, size_t length)
{
    struct slice view;
    if (!archive_window_want(&reader->window, length, &view))
        return false;
    archive_window_consume(&reader->window, length);
    return true;
}

/* A signature over the central directory (4.3.13), part of its size. */
static bool zip_pass_digital_signature(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, 6, &view))
        return false;
    if (!zip_pass_record(reader, 6 + (size_t)archive_le(view.data + 4, 2)))
        return false;
    reader->directory.end = reader->window.position;
    return true;
}

/* The archive extra data record (4.3.11) stands before an encrypted central directory. What follows cannot be
 * read until the end records come, which the search finds. */
static bool zip_read_archive_extra(struct zip_reader *reader)
{
    reader->is_index_encrypted = true;
    zip_report(reader, ZIP_REASON_ENCRYPTED_INDEX);
    return zip_pass_record(reader, ZIP_SIGNATURE_BYTES);
}

bool zip_search(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, 1, &view))
        return false;
    reader->state = ZIP_STATE_SEARCH;
    reader->gap = false;
    reader->searched = 1;
    zip_note_gap(reader, view, 0, 1);
    return true;
}

/* A descriptor's signature with nothing to describe marks an archive, or a piece of one, that was made for
 * several disks (8.5.3, 8.5.4). */
static bool zip_read_marker(struct zip_reader *reader)
{
    if (reader->window.position > 0)
        return zip_search(reader);
    archive_window_consume(&reader->window, ZIP_SIGNATURE_BYTES);
    reader->is_split = true; /* until an end record says otherwise */
    return true;
}

static bool zip_read_record(struct zip_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, ZIP_SIGNATURE_BYTES, &view))
        return false;
    switch (zip_signature_at(view)) {
    case ZIP_LOCAL:
        return zip_member_read_local(reader);
    case ZIP_CENTRAL:
        return zip_directory_read_central(reader);
    case ZIP_DIGITAL_SIGNATURE:
        return zip_pass_digital_signature(reader);
    case ZIP_END:
        return zip_directory_read_end(reader);
    case ZIP64_END:
        return zip_directory_read_zip64_end(reader);
    case ZIP64_LOCATOR:
        return zip_pass_record(reader, ZIP64_LOCATOR_BYTES);
    case ZIP_ARCHIVE_EXTRA:
        return zip_read_archive_extra(reader);
    case ZIP_DESCRIPTOR:
    case ZIP_SPANNED:
        return zip_read_marker(reader);
    default:
        return zip_search(reader);
    }
}

/* Android signs packages in a block before the index that ends with these words. */
static bool zip_is_signing_block(struct slice gap)
{
    return slice_ends_nocase(gap, slice_of("APK Sig Block 42"));
}

static void zip_report_gap(struct zip_reader *reader)
{
    if (reader->gap && !reader->is_index_encrypted)
        zip_report(reader, reader->end_count > 0 ? ZIP_REASON_AFTER_END : ZIP_REASON_BETWEEN);
    reader->gap = false;
}

/* Looks for what may begin another archive in bytes behind the end. */
static void zip_look_for_mark(struct zip_reader *reader, struct slice bytes)
{
    for (size_t i = 0; reader->end_count > 0 && archive_formats[i] != NULL; i++) {
        struct slice mark = archive_formats[i]->embedded_mark;
        reader->has_mark_behind =
            reader->has_mark_behind ||
            (mark.length > 0 && memmem(bytes.data, bytes.length, mark.data, mark.length) != NULL);
    }
}

/* So little stands behind the end, without any mark, that no unpacker makes another archive of it: a footer.
 */
static bool zip_is_footer(const struct zip_reader *reader, size_t left)
{
    enum { FOOTER_BYTES = 4096 };
    uint64_t end = reader->window.position + left;
    return reader->end_count == 1 && !reader->has_mark_behind && end > reader->comment_end &&
           end - reader->comment_end <= FOOTER_BYTES;
}

/* Looks for the next record. A little of what was searched stays in the window, to be recognised. */
static bool zip_find_record(struct zip_reader *reader)
{
    enum { LOOK_BACK_BYTES = 16 };
    struct slice view;
    if (!archive_window_want(&reader->window, reader->searched + ZIP_SIGNATURE_BYTES, &view))
        return false;
    size_t found = zip_signature_find(view, reader->searched);
    bool is_found = zip_signature_at(slice_part(view, found, view.length)) != ZIP_NO_SIGNATURE;
    zip_note_gap(reader, view, reader->searched, found);
    zip_look_for_mark(reader, slice_part(view, 0, found));
    if (!is_found) {
        size_t passed = found > LOOK_BACK_BYTES ? found - LOOK_BACK_BYTES : 0;
        reader->searched = found - passed;
        archive_window_consume(&reader->window, passed);
        return true;
    }
    if (zip_is_signing_block(slice_part(view, 0, found)))
        reader->gap = false;
    zip_report_gap(reader);
    archive_window_consume(&reader->window, found);
    reader->searched = 0;
    reader->state = ZIP_STATE_RECORD;
    return true;
}

static bool zip_step(struct zip_reader *reader)
{
    switch (reader->state) {
    case ZIP_STATE_RECORD:
        return zip_read_record(reader);
    case ZIP_STATE_SEARCH:
        return zip_find_record(reader);
    case ZIP_STATE_DATA:
        return zip_member_pass(reader);
    case ZIP_STATE_DESCRIPTOR:
        return zip_member_read_descriptor(reader);
    case ZIP_STATE_DONE:
        break;
    }
    return false;
}

static bool zip_push(void *context, struct slice bytes)
{
    struct zip_reader *reader = context;
    if (reader->state == ZIP_STATE_DONE)
        return false;
    archive_window_begin(&reader->window, bytes);
    while (zip_step(reader))
        ;
    if (!archive_window_keep(&reader->window) && reader->state != ZIP_STATE_DONE)
        zip_stop(reader, ZIP_REASON_KEPT);
    return reader->state != ZIP_STATE_DONE;
}

/* What the reader still waited for will not come. A header that claims more than is left may have been made
 * to hide what stands there: it is searched like any other bytes. */
static void zip_read_rest(struct zip_reader *reader)
{
    reader->is_ending = true;
    archive_window_begin(&reader->window, slice_make(NULL, 0));
    do {
        while (zip_step(reader))
            ;
        if (reader->state == ZIP_STATE_DESCRIPTOR)
            reader->state = ZIP_STATE_RECORD;
        else if (reader->state != ZIP_STATE_RECORD || !zip_search(reader))
            break;
    } while (reader->state != ZIP_STATE_DONE);
}

/* Where the archive's own words contradict each other, the sizes that let headers be taken for data are worth
 * as little. */
static bool zip_is_in_doubt(const struct zip_reader *reader)
{
    for (unsigned reason = 0; reason < ZIP_REASON_COUNT; reason++)
        if ((reader->reported & 1U << reason) != 0 &&
            (reasons[reason].outcome == ARCHIVE_CONTRADICTORY || reasons[reason].outcome == ARCHIVE_DAMAGED))
            return true;
    return false;
}

static void zip_end(void *context)
{
    struct zip_reader *reader = context;
    struct slice view;
    if (reader->state != ZIP_STATE_DONE)
        zip_read_rest(reader);
    if (reader->state == ZIP_STATE_DONE)
        return;
    zip_member_cut_short(reader);
    size_t left = archive_window_available(&reader->window);
    if (reader->end_count > 0 && left > reader->searched &&
        archive_window_want(&reader->window, left, &view)) {
        zip_note_gap(reader, view, reader->searched, left);
        zip_look_for_mark(reader, view);
    }
    if (reader->end_count > 0 && !zip_is_footer(reader, left))
        zip_report_gap(reader);
    if (reader->end_count == 0 || reader->comment_end > reader->window.position + left)
        zip_report(reader, reader->is_split ? ZIP_REASON_SPLIT : ZIP_REASON_ENDS_EARLY);
    if (reader->end_count > 0)
        zip_directory_check(reader);
    if (zip_is_in_doubt(reader))
        zip_inner_report(reader, 0);
    reader->state = ZIP_STATE_DONE;
}

static int zip_destroy(struct zip_reader *reader)
{
    strbuf_deinit(&reader->extra_names);
    return 0;
}

static void *zip_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct zip_reader *reader = talloc_zero(owner, struct zip_reader);
    if (reader == NULL)
        return NULL;
    reader->sink = sink;
    reader->budget = budget;
    archive_window_init(&reader->window, reader, budget);
    archive_buffer_init(&reader->records, reader, budget);
    archive_buffer_init(&reader->names, reader, budget);
    archive_buffer_init(&reader->inner, reader, budget);
    strbuf_init(&reader->extra_names, 0);
    talloc_set_destructor(reader, zip_destroy);
    return reader;
}

/* Anything that a reader of zips could begin with, the index in front too. "PK00" alone begins lists of parts
 * as well. */
static bool zip_recognise(struct slice probe)
{
    enum zip_signature signature = zip_signature_at(probe);
    if (signature != ZIP_SPANNED)
        return signature != ZIP_NO_SIGNATURE;
    return zip_signature_at(slice_part(probe, ZIP_SIGNATURE_BYTES, probe.length)) == ZIP_LOCAL;
}

const struct archive_format zip_format = {
    .name = "zip",
    .extensions = "zip zipx",
    .document_extensions =
        "jar war ear apk xpi epub docx docm dotx dotm xlsx xlsm xlsb xltx xlam pptx pptm ppsx ppsm "
        "odt ods odp odg ott kmz vsdx msix appx asice asics bdoc edoc sce",
    .traits = ARCHIVE_OPENS_FROM_END,
    .embedded_mark = {"PK\3\4", 4},
    .probe_bytes = 2 * ZIP_SIGNATURE_BYTES,
    .recognise = zip_recognise,
    .create = zip_create,
    .push = zip_push,
    .end = zip_end,
};
