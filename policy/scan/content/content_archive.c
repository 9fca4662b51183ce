#include "scan/content/content_private.h"

#include "scan/archive/zip/zip_tail.h"
#include "scan/content/file_magic.h"
#include "scan/mime/file_name.h"

#include <talloc.h>

struct content_archive {
    struct content_subject *subject;
    struct content_depth depth; /* of what stands in it */
    const struct archive_format *format;
    struct archive_sink sink;
    void *reader;
    bool is_embedded;
    bool is_document;              /* what is in it is no file to who opens it */
    bool is_cut;                   /* what follows was not to be had */
    struct content_subject member; /* begun last; its path is a talloc child of the archive */
    bool has_member;
    bool is_wanted;    /* its content was asked for … */
    bool is_enough;    /* … and the rest of it is not */
    bool is_container; /* by one of its names */
    unsigned member_flags;
    struct content_stream *stream; /* the member's content, once some came */
};

const struct archive_format *content_archive_recognise(struct slice head)
{
    for (size_t i = 0; archive_formats[i] != NULL; i++) {
        const struct archive_format *format = archive_formats[i];
        if (format->probe_offset >= FILE_MAGIC_HEAD_BYTES || head.length < format->probe_offset)
            continue;
        struct slice probe = slice_part(head, (size_t)format->probe_offset, head.length);
        probe.length = probe.length < format->probe_bytes ? probe.length : format->probe_bytes;
        if (probe.length > 0 && format->recognise(probe))
            return format;
    }
    return NULL;
}

static void name_member(struct content_archive *archive, struct slice name)
{
    struct content_scan *scan = archive->subject->scan;
    char *label = content_label(scan, archive, name.length == 0 ? slice_of("(no name)") : name);
    char *path = label == NULL ? NULL : content_path(scan, archive, archive->subject->path, label);
    talloc_free(label);
    talloc_free(archive->member.path);
    archive->member = (struct content_subject){.scan = scan,
                                               .path = path,
                                               .entry = CONTENT_NO_ENTRY,
                                               .is_member = true,
                                               .is_part_of_document = archive->is_document,
                                               .is_nameless = name.length == 0};
}

/*
 * The one member of a compressed file is called as the file, without the last extension: `evil.exe.gz` makes
 * evil.exe, whatever name is stored. Not so for .com: a compressed log of a host ends so, and what could run
 * under that name is known by its content.
 */
static bool add_outer_name(void *context, struct slice name)
{
    struct content_archive *archive = context;
    size_t dot = slice_find_last(name, '.');
    struct slice inner = slice_part(name, 0, dot);
    if (dot < name.length && dot > 0 && !slice_ends_nocase(inner, slice_of(".com")))
        content_add_name(&archive->member, inner);
    return true;
}

/* So with each way to read the file's name: `evil.exe.gz.` is the same to Windows. */
static void add_outer_names(struct content_archive *archive)
{
    const struct content_subject *outer = archive->subject;
    if (outer->entry == CONTENT_NO_ENTRY)
        return;
    size_t count = outer->scan->list.items[outer->entry].name_count;
    for (size_t i = 0; i < count; i++) {
        struct slice name = outer->scan->list.items[outer->entry].names[i];
        add_outer_name(archive, name);
        file_name_forms(name, add_outer_name, archive);
    }
}

/* a.tgz holds a tar without saying so. */
static unsigned member_flags(const struct content_archive *archive, struct slice name)
{
    const struct content_subject *member = &archive->member;
    if (member->entry == CONTENT_NO_ENTRY || archive->format == NULL ||
        (archive->format->traits & ARCHIVE_IS_ONE_FILE) == 0)
        return content_flags_of_names(&name, 1);
    const struct attachment *entry = &member->scan->list.items[member->entry];
    const struct content_subject *outer = archive->subject;
    unsigned flags = content_flags_of_names(entry->names, entry->name_count);
    if (outer->entry == CONTENT_NO_ENTRY)
        return flags;
    entry = &member->scan->list.items[outer->entry];
    for (size_t i = 0; i < entry->name_count; i++)
        if (content_is_packed_tar_name(entry->names[i]))
            flags |= CONTENT_OPENS_BY_NAME | CONTENT_NAMED_ARCHIVE;
    return flags;
}

static bool on_member(void *context, const struct archive_member *member)
{
    struct content_archive *archive = context;
    archive->has_member = false;
    archive->is_wanted = false;
    archive->is_enough = false;
    archive->member_flags = 0;
    if (member->is_folder)
        return false;
    name_member(archive, member->name);
    if (archive->member.path == NULL)
        return false;
    archive->has_member = true;
    content_add_name(&archive->member, member->name);
    if (member->encrypted)
        content_add_condition(&archive->member, ATTACHMENT_ENCRYPTED, "its content needs a password");
    if (archive->format != NULL && (archive->format->traits & ARCHIVE_IS_ONE_FILE) != 0)
        add_outer_names(archive);
    archive->member_flags = member_flags(archive, member->name);
    archive->is_container = content_is_container_name(member->name);
    archive->is_wanted = !member->encrypted && !archive->subject->scan->failed;
    return archive->is_wanted;
}

static void on_other_name(void *context, struct slice name)
{
    struct content_archive *archive = context;
    if (!archive->has_member)
        return;
    if (archive->member.entry == CONTENT_NO_ENTRY)
        name_member(archive, name);
    if (archive->member.path != NULL)
        content_add_name(&archive->member, name);
    archive->is_container = archive->is_container || content_is_container_name(name);
}

static bool on_member_data(void *context, struct slice data)
{
    struct content_archive *archive = context;
    if (!archive->has_member)
        return false;
    if (archive->stream == NULL)
        archive->stream =
            content_stream_create(archive, &archive->member, archive->member_flags, archive->depth);
    archive->is_enough = archive->stream == NULL || !content_stream_push(archive->stream, data);
    return !archive->is_enough;
}

/* What is glued behind other bytes may as well be none. */
static bool has_own_methods(const struct content_archive *archive)
{
    return archive->format != NULL && (archive->format->traits & ARCHIVE_HAS_OWN_METHODS) != 0 &&
           !archive->is_embedded;
}

static void on_member_end(void *context, bool complete)
{
    struct content_archive *archive = context;
    /* Damage is the archive's condition; content that was never given is nobody's, and may be anything. */
    bool is_missing = !complete && archive->has_member && archive->is_wanted && !archive->is_enough;
    if (is_missing && archive->is_container)
        content_add_condition(&archive->member, ATTACHMENT_UNINSPECTABLE,
                              "an archive inside another that is packed in a way not read here");
    else if (is_missing && archive->stream == NULL && has_own_methods(archive))
        content_add_condition(&archive->member, ATTACHMENT_UNINSPECTABLE, "packed in a way not read here");
    if (archive->stream == NULL)
        return;
    if (complete && !archive->is_cut)
        content_stream_end(archive->stream);
    else
        content_stream_cut(archive->stream);
    struct attachment *entry = content_entry(&archive->member);
    if (entry != NULL)
        entry->size_bytes = content_stream_bytes(archive->stream);
    TALLOC_FREE(archive->stream);
}

static void on_outcome(void *context, enum archive_outcome outcome, const char *why)
{
    static const enum attachment_condition conditions[] = {
        [ARCHIVE_INDEX_ENCRYPTED] = ATTACHMENT_ENCRYPTED, [ARCHIVE_CONTRADICTORY] = ATTACHMENT_AMBIGUOUS,
        [ARCHIVE_DAMAGED] = ATTACHMENT_UNINSPECTABLE,     [ARCHIVE_UNSUPPORTED] = ATTACHMENT_UNINSPECTABLE,
        [ARCHIVE_OVER_BUDGET] = ATTACHMENT_OVER_BUDGET,   [ARCHIVE_HAS_MACROS] = ATTACHMENT_MACROS,
    };
    struct content_archive *archive = context;
    if ((archive->is_embedded || archive->is_cut) && outcome != ARCHIVE_OVER_BUDGET)
        return;
    content_add_condition(archive->subject, conditions[outcome], why);
}

/* One step down into `format`; false where that is too deep, which is noted. */
static bool step_down(struct content_subject *subject, const struct archive_format *format,
                      struct content_depth *depth)
{
    const struct content_limits *limits = &subject->scan->limits;
    bool is_message = format != NULL && format->depth == ARCHIVE_DEPTH_MESSAGE;
    if (is_message ? depth->levels >= limits->levels : depth->archives >= limits->archive_levels) {
        content_add_condition(subject, ATTACHMENT_OVER_BUDGET, "archives are nested too deeply");
        return false;
    }
    depth->levels += is_message ? 1 : 0;
    depth->archives += is_message ? 0 : 1;
    return true;
}

/* Whether who opens it sees one document, and none of the files in it: by its name. */
static bool is_document(const struct content_subject *subject)
{
    if (subject->is_part_of_document || subject->entry == CONTENT_NO_ENTRY)
        return subject->is_part_of_document;
    const struct attachment *entry = &subject->scan->list.items[subject->entry];
    for (size_t i = 0; i < entry->name_count; i++)
        if (content_is_document_name(entry->names[i]))
            return true;
    return false;
}

/* An archive without a reader; `format` is NULL for the end of a zip. NULL: out of memory or too deep
 * (noted). */
static struct content_archive *make_archive(void *owner, struct content_subject *subject,
                                            const struct archive_format *format, struct content_depth depth)
{
    struct content_scan *scan = subject->scan;
    if (!step_down(subject, format, &depth))
        return NULL;
    struct content_archive *archive = talloc_zero(owner, struct content_archive);
    if (archive == NULL) {
        content_fail(scan);
        return NULL;
    }
    content_entry(subject);
    archive->subject = subject;
    archive->format = format;
    archive->is_document = is_document(subject);
    archive->depth = depth;
    archive->sink = (struct archive_sink){.context = archive,
                                          .member = on_member,
                                          .other_name = on_other_name,
                                          .member_data = on_member_data,
                                          .member_end = on_member_end,
                                          .outcome = on_outcome};
    return archive;
}

struct content_archive *content_archive_create(void *owner, struct content_subject *subject,
                                               const struct archive_format *format,
                                               struct content_depth depth, bool is_embedded)
{
    struct content_archive *archive = make_archive(owner, subject, format, depth);
    if (archive == NULL)
        return NULL;
    archive->is_embedded = is_embedded;
    archive->reader = format->create(archive, &archive->sink, &subject->scan->archive_budget);
    if (archive->reader == NULL) {
        content_fail(subject->scan);
        talloc_free(archive);
        return NULL;
    }
    return archive;
}

void content_archive_read_tail(void *owner, struct content_subject *subject, struct content_depth depth,
                               struct slice tail)
{
    struct content_archive *archive = make_archive(owner, subject, NULL, depth);
    if (archive != NULL && !zip_tail_read(archive, tail, &archive->sink, &subject->scan->archive_budget))
        content_fail(subject->scan);
    talloc_free(archive);
}

static bool archive_push(void *state, struct slice bytes)
{
    struct content_archive *archive = state;
    return archive->format->push(archive->reader, bytes) && !archive->subject->scan->failed;
}

static void archive_end(void *state, bool is_cut)
{
    struct content_archive *archive = state;
    archive->is_cut = is_cut;
    archive->format->end(archive->reader);
}

const struct content_consumer content_archive_consumer = {archive_push, archive_end};
