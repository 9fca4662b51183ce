/*
 * OLE compound files: the attachments of Outlook messages (.msg) and the files packed into Office documents.
 *
 * The parts of such a file may lie in any order, so it is kept as a whole and read at its end. Of one too
 * large for that only the first directory entries are looked at: a message is reported as unsupported, a
 * document as nothing at all, for an honest document has no outcome. Whether the file itself is an installer
 * package is said by content/file_magic.h.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_text.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/ole/ole_document.h"
#include "scan/archive/ole/ole_file.h"
#include "scan/archive/ole/ole_package.h"

#include <talloc.h>

static const char signature[] = {(char)0xD0, (char)0xCF, 0x11, (char)0xE0,
                                 (char)0xA1, (char)0xB1, 0x1A, (char)0xE1};

enum {
    KEPT_BYTES_MOST = 4 << 20,
    NAME_BYTES_MOST = 4096, /* of one name, and of what comes before the content of a package */
    ATTACHMENT_NAMES_MOST = 16,
    SECTOR_BYTES_LEAST = 512,

    PR_DISPLAY_NAME = 0x3001,
    PR_ATTACH_DATA = 0x3701,
    PR_ATTACH_EXTENSION = 0x3703,
    PR_ATTACH_FILENAME = 0x3704,
    PR_ATTACH_LONG_FILENAME = 0x3707,
    PR_ATTACH_PATHNAME = 0x3708,
    PR_ATTACH_LONG_PATHNAME = 0x370D,
    TYPE_OBJECT = 0x000D,
    TYPE_STRING8 = 0x001E,
    TYPE_UNICODE = 0x001F,
    TYPE_BINARY = 0x0102,
};

struct ole_reader {
    struct archive_walk walk;
    void *kept_owner;
    struct archive_buffer kept;
    size_t kept_bytes;
    size_t kept_most;
    bool is_large;
    uint64_t directory_position; /* of a large file */
    struct ole_file file;
    uint32_t *pending; /* entries of the tree still to visit */
    bool *visited;
    struct strbuf text;
    struct strbuf name;
};

/* What the streams of one attachment are. */
struct ole_attachment {
    uint32_t names[ATTACHMENT_NAMES_MOST]; /* entries */
    unsigned name_count;
    uint32_t labels[ATTACHMENT_NAMES_MOST];
    unsigned label_count;
    uint32_t data; /* entry of the content, or OLE_NONE */
    bool is_message;
};

static bool ole_recognise(struct slice probe)
{
    return probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0;
}

static int ole_deinit(struct ole_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->text);
    strbuf_deinit(&reader->name);
    return 0;
}

static void *ole_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct ole_reader *reader = talloc_zero(owner, struct ole_reader);
    if (reader == NULL)
        return NULL;
    reader->kept_owner = talloc_new(reader);
    if (reader->kept_owner == NULL) {
        talloc_free(reader);
        return NULL;
    }
    archive_walk_init(&reader->walk, sink, budget);
    archive_buffer_init(&reader->kept, reader->kept_owner, budget);
    reader->kept_most = budget->kept_bytes_left / 2 < KEPT_BYTES_MOST ? (size_t)(budget->kept_bytes_left / 2)
                                                                      : KEPT_BYTES_MOST;
    strbuf_init(&reader->text, 0);
    strbuf_init(&reader->name, 0);
    talloc_set_destructor(reader, ole_deinit);
    return reader;
}

/* Reads at most NAME_BYTES_MOST bytes from the front of a stream into reader->text. */
static void read_text(struct ole_reader *reader, const struct ole_entry *entry)
{
    struct ole_stream stream;
    ole_stream_begin(&stream, &reader->file, entry);
    strbuf_reset(&reader->text);
    struct slice piece;
    do {
        piece = ole_stream_next(&stream);
        strbuf_append_slice(&reader->text, piece);
    } while (piece.length > 0 && reader->text.length < NAME_BYTES_MOST);
    if (stream.damaged)
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "an attachment in an OLE file is cut short");
}

static void report_name(struct ole_reader *reader, struct slice name, bool is_first)
{
    struct archive_member member = {.name = name};
    if (is_first)
        archive_walk_member(&reader->walk, &member);
    else
        archive_walk_other_name(&reader->walk, name);
}

/* Gives a stream's bytes from `from` on to the open member. */
static void give_content(struct ole_reader *reader, const struct ole_entry *entry, uint64_t from,
                         uint64_t most)
{
    struct ole_stream stream;
    ole_stream_begin(&stream, &reader->file, entry);
    for (;;) {
        struct slice piece = ole_stream_next(&stream);
        if (piece.length == 0)
            break;
        size_t skip = from < piece.length ? (size_t)from : piece.length;
        from -= skip;
        piece = slice_part(piece, skip, piece.length);
        if (piece.length > most)
            piece.length = (size_t)most;
        most -= piece.length;
        /* Streams may share sectors, so that they come to more than the file. */
        if (!archive_budget_take_unpacked(reader->walk.budget, piece.length)) {
            archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "more content than may be unpacked");
            return;
        }
        if (piece.length > 0 && !archive_walk_data(&reader->walk, piece))
            return;
    }
    if (stream.damaged || most > 0) {
        archive_walk_content_missing(&reader->walk);
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "an attachment in an OLE file is cut short");
    }
}

/* A file packed into a document: sizes, its label, its name, where it came from, its content. */
static void report_package(struct ole_reader *reader, const struct ole_entry *entry)
{
    read_text(reader, entry);
    struct archive_bytes bytes = archive_bytes_of(strbuf_slice(&reader->text));
    archive_bytes_take(&bytes, 4 + 2);
    struct slice label = archive_bytes_text(&bytes);
    struct slice name = archive_bytes_text(&bytes);
    archive_bytes_take(&bytes, 2 + 2);
    struct slice source = archive_bytes_take(&bytes, archive_bytes_u32(&bytes));
    source = slice_part(source, 0, slice_find(source, '\0'));
    uint32_t content_bytes = archive_bytes_u32(&bytes);
    if (bytes.overrun || (label.length == 0 && name.length == 0))
        return; /* the native data of some other program */
    report_name(reader, label, true);
    if (!ole_package_path_is_icon(name, label, source))
        report_name(reader, name, false);
    report_name(reader, source, false);
    give_content(reader, entry, reader->text.length - bytes.left.length, content_bytes);
    archive_walk_member_end(&reader->walk);
}

/* The property in a name like "__substg1.0_3707001F": number and type. False: it is no such name. */
static bool property_of(const struct ole_entry *entry, unsigned *property, unsigned *type)
{
    static const char prefix[] = "__substg1.0_";
    size_t digits_at = 2 * (sizeof prefix - 1);
    uint32_t value = 0;
    if (!ole_name_begins(entry, prefix) || entry->name.length < digits_at + 16)
        return false;
    for (size_t i = 0; i < 8; i++) {
        int digit = ascii_hex_value(entry->name.data[digits_at + 2 * i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *property = value >> 16;
    *type = value & 0xFFFF;
    return true;
}

static void note_property(struct ole_attachment *attachment, uint32_t number, const struct ole_entry *entry)
{
    unsigned property;
    unsigned type;
    if (!property_of(entry, &property, &type))
        return;
    bool is_text = entry->type == OLE_STREAM && (type == TYPE_STRING8 || type == TYPE_UNICODE);
    bool is_label = property == PR_DISPLAY_NAME || property == PR_ATTACH_EXTENSION;
    bool is_name = property == PR_ATTACH_FILENAME || property == PR_ATTACH_LONG_FILENAME ||
                   property == PR_ATTACH_PATHNAME || property == PR_ATTACH_LONG_PATHNAME;
    if (is_text && is_name && attachment->name_count < ATTACHMENT_NAMES_MOST)
        attachment->names[attachment->name_count++] = number;
    else if (is_text && is_label && attachment->label_count < ATTACHMENT_NAMES_MOST)
        attachment->labels[attachment->label_count++] = number;
    else if (property == PR_ATTACH_DATA && type == TYPE_BINARY && entry->type == OLE_STREAM)
        attachment->data = number;
    else if (property == PR_ATTACH_DATA && type == TYPE_OBJECT && entry->type == OLE_STORAGE)
        attachment->is_message = true; /* its own attachments have their own entries */
}

static void visit_later(struct ole_reader *reader, uint32_t number, uint32_t *pending_count)
{
    if (number >= reader->file.entry_count || reader->visited[number])
        return;
    reader->visited[number] = true;
    reader->pending[(*pending_count)++] = number;
}

/* Every entry is visited once, whatever the tree looks like. */
static void collect(struct ole_reader *reader, uint32_t child, struct ole_attachment *attachment)
{
    uint32_t pending_count = 0;
    visit_later(reader, child, &pending_count);
    while (pending_count > 0) {
        struct ole_entry entry;
        uint32_t number = reader->pending[--pending_count];
        ole_file_entry(&reader->file, number, &entry);
        note_property(attachment, number, &entry);
        visit_later(reader, entry.left, &pending_count);
        visit_later(reader, entry.right, &pending_count);
    }
}

/* Reports the name in an entry's stream. */
static void report_stream_name(struct ole_reader *reader, uint32_t number, bool is_first)
{
    struct ole_entry entry;
    unsigned property;
    unsigned type;
    ole_file_entry(&reader->file, number, &entry);
    read_text(reader, &entry);
    struct slice text = strbuf_slice(&reader->text);
    if (property_of(&entry, &property, &type) && type == TYPE_UNICODE) {
        strbuf_reset(&reader->name);
        archive_text_append_utf16(&reader->name, text, ARCHIVE_LITTLE_ENDIAN);
        text = strbuf_slice(&reader->name);
    }
    while (text.length > 0 && text.data[text.length - 1] == '\0')
        text.length--;
    report_name(reader, text, is_first);
}

static void report_attachment(struct ole_reader *reader, const struct ole_entry *storage)
{
    struct ole_attachment attachment = {.data = OLE_NONE};
    struct ole_entry data;
    collect(reader, storage->child, &attachment);
    if (attachment.is_message && attachment.data == OLE_NONE)
        attachment.label_count = 0; /* the subject of the attached message */
    unsigned count = attachment.name_count + attachment.label_count;
    if (count == 0 && attachment.data == OLE_NONE)
        return;
    if (count == 0)
        report_name(reader, slice_of(""), true);
    for (unsigned i = 0; i < count && !reader->walk.finished; i++) {
        bool is_name = i < attachment.name_count;
        uint32_t number = is_name ? attachment.names[i] : attachment.labels[i - attachment.name_count];
        report_stream_name(reader, number, i == 0);
    }
    if (attachment.data != OLE_NONE) {
        ole_file_entry(&reader->file, attachment.data, &data);
        give_content(reader, &data, 0, data.bytes);
    }
    archive_walk_member_end(&reader->walk);
}

static void report_traits(struct ole_reader *reader, unsigned traits)
{
    if ((traits & OLE_IS_ENCRYPTED) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_INDEX_ENCRYPTED, "a document that needs a password");
    if ((traits & OLE_HAS_MACROS) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_HAS_MACROS, "VBA macros");
}

static void report_members(struct ole_reader *reader)
{
    for (uint32_t i = 0; i < reader->file.entry_count && !reader->walk.finished; i++) {
        struct ole_entry entry;
        ole_file_entry(&reader->file, i, &entry);
        report_traits(reader, ole_document_traits(&reader->file, &entry));
        if (entry.type == OLE_STREAM && ole_name_is(&entry, "\001Ole10Native"))
            report_package(reader, &entry);
        else if (entry.type == OLE_STORAGE && ole_name_begins(&entry, "__attach_version1.0_"))
            report_attachment(reader, &entry);
    }
    if (reader->text.failed || reader->name.failed)
        archive_walk_report(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the names in an OLE file");
}

static void read_kept(struct ole_reader *reader)
{
    struct slice bytes = slice_make(reader->kept.bytes == NULL ? "" : reader->kept.bytes, reader->kept_bytes);
    if (!ole_file_open(reader, bytes, &reader->file)) {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an OLE file is damaged");
        return;
    }
    reader->pending = talloc_array(reader, uint32_t, reader->file.entry_count);
    reader->visited = talloc_zero_array(reader, bool, reader->file.entry_count);
    if (reader->pending == NULL || reader->visited == NULL)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the directory of an OLE file");
    else
        report_members(reader);
}

/* A sector of a file that is too large to be kept: the file's directory begins at a known place, and what
 * matters of any directory shows wherever it lies, for entries have a form of their own. */
static void judge_large(void *context, struct slice sector)
{
    struct ole_reader *reader = context;
    static const char *const marks[] = {"__substg1.0_", "__nameid_version1.0", "__properties_version1.0",
                                        "__attach_version1.0", "__recip_version1.0"};
    bool is_directory = reader->walk.position == reader->directory_position + SECTOR_BYTES_LEAST;
    for (size_t at = 0; at + OLE_ENTRY_BYTES <= sector.length; at += OLE_ENTRY_BYTES) {
        struct ole_entry entry;
        ole_entry_parse(slice_part(sector, at, at + OLE_ENTRY_BYTES), &entry);
        if (entry.type != OLE_STREAM && entry.type != OLE_STORAGE)
            continue;
        report_traits(reader, ole_document_traits_of_name(&entry));
        for (size_t i = 0; i < sizeof marks / sizeof marks[0] && is_directory; i++)
            if (ole_name_begins(&entry, marks[i]))
                archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                                    "an Outlook message too large to be read");
    }
    archive_walk_record(&reader->walk, SECTOR_BYTES_LEAST);
}

/* Gives up keeping: goes for the directory only. */
static void become_large(struct ole_reader *reader)
{
    struct slice kept = slice_make(reader->kept.bytes == NULL ? "" : reader->kept.bytes, reader->kept_bytes);
    reader->is_large = true;
    if (kept.length < OLE_HEADER_BYTES) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for an OLE file");
    } else if (!ole_directory_position(kept, &reader->directory_position)) {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an OLE file is damaged");
    } else {
        report_traits(reader, ole_document_traits_of_start(slice_part(kept, OLE_HEADER_BYTES, kept.length)));
        archive_walk_record(&reader->walk, SECTOR_BYTES_LEAST);
        archive_walk_push(&reader->walk, kept, judge_large, reader);
    }
    TALLOC_FREE(reader->kept_owner);
    reader->kept_bytes = 0;
}

static bool ole_push(void *context, struct slice bytes)
{
    struct ole_reader *reader = context;
    size_t room = reader->is_large ? 0 : reader->kept_most - reader->kept_bytes;
    size_t count = bytes.length < room ? bytes.length : room;
    if (count > 0 && archive_buffer_reserve(&reader->kept, reader->kept_bytes + count)) {
        memcpy(reader->kept.bytes + reader->kept_bytes, bytes.data, count);
        reader->kept_bytes += count;
        bytes = slice_part(bytes, count, bytes.length);
    }
    if (bytes.length == 0)
        return true;
    if (!reader->is_large)
        become_large(reader);
    return archive_walk_push(&reader->walk, bytes, judge_large, reader);
}

static void ole_end(void *context)
{
    struct ole_reader *reader = context;
    if (!reader->is_large)
        read_kept(reader);
    else if (reader->walk.position < reader->directory_position + SECTOR_BYTES_LEAST)
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an OLE file is cut short");
    archive_walk_finish(&reader->walk);
}

const struct archive_format ole_format = {
    .name = "ole",
    .extensions = "msg",
    .document_extensions = "doc dot xls xlt xla ppt pps pot pub vsd mpp wps wiz",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = sizeof signature,
    .recognise = ole_recognise,
    .create = ole_create,
    .push = ole_push,
    .end = ole_end,
};
