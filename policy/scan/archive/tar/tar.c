#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/tar/tar_header.h"

#include <talloc.h>

enum tar_state {
    TAR_HEADER,     /* the next record is padding and a header block */
    TAR_LONG_NAME,  /* the next record is the name of the next member */
    TAR_PAX,        /* the next record is about the next member, */
    TAR_PAX_GLOBAL, /* or about all that follow */
    TAR_SPARSE,     /* the next record is about holes in this member */
};

struct tar_reader {
    struct archive_walk walk;
    enum tar_state state;
    size_t padding;           /* bytes of the next record before the header block */
    uint64_t extension_bytes; /* of the long name or pax header being read, without padding */
    struct strbuf names;      /* of the next member, from before its header; each followed by NUL */
    uint64_t charged_bytes;   /* taken from the budget for them */
    struct tar_pax pax;       /* likewise */
    uint64_t sparse_size_bytes;
    unsigned zero_block_count; /* in a row */
    bool is_over;              /* two of them: the end */
    bool has_header;
};

static size_t tar_padding(uint64_t size_bytes)
{
    return (size_t)((TAR_BLOCK_BYTES - size_bytes % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES);
}

static void tar_expect_header(struct tar_reader *reader, size_t padding)
{
    reader->state = TAR_HEADER;
    reader->padding = padding;
    archive_walk_record(&reader->walk, padding + TAR_BLOCK_BYTES);
}

/* Asks for what a long name or pax header consists of. */
static void tar_expect_extension(struct tar_reader *reader, enum tar_state state, uint64_t size_bytes)
{
    if (size_bytes > TAR_EXTENSION_MOST_BYTES) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "an extended tar header is too large");
        return;
    }
    if (size_bytes == 0) {
        tar_expect_header(reader, 0);
        return;
    }
    reader->state = state;
    reader->extension_bytes = size_bytes;
    archive_walk_record(&reader->walk, (size_t)size_bytes + tar_padding(size_bytes));
}

static void tar_forget_extensions(struct tar_reader *reader)
{
    archive_budget_give_back_kept(reader->walk.budget, reader->charged_bytes);
    reader->charged_bytes = 0;
    strbuf_reset(&reader->names);
    reader->pax = (struct tar_pax){.names = &reader->names};
}

/* Whether one of the long names begins with the header's name: then that is only cut off. */
static bool tar_name_is_cut(const struct tar_reader *reader, struct slice name)
{
    struct slice names = strbuf_slice(&reader->names);
    while (names.length > 0) {
        size_t length = slice_find(names, '\0');
        if (length >= name.length && memcmp(names.data, name.data, name.length) == 0)
            return true;
        names = slice_part(names, length < names.length ? length + 1 : length, names.length);
    }
    return false;
}

/* Adds the header's own name, for those that do not know of longer ones. */
static void tar_add_header_name(struct tar_reader *reader, const struct tar_header *header)
{
    struct strbuf name;
    strbuf_init(&name, 0);
    tar_header_append_name(header, &name);
    if (reader->names.length == 0 || !tar_name_is_cut(reader, strbuf_slice(&name))) {
        strbuf_append_slice(&reader->names, strbuf_slice(&name));
        strbuf_append_byte(&reader->names, '\0');
    }
    if (name.failed || reader->names.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the names in the tar archive");
    strbuf_deinit(&name);
}

/* Begins the member under the first name, and tells the others. False: the walk is over. */
static bool tar_report_member(struct tar_reader *reader, const struct tar_header *header)
{
    tar_add_header_name(reader, header);
    if (reader->walk.finished)
        return false;
    struct slice names = strbuf_slice(&reader->names);
    size_t length = slice_find(names, '\0');
    struct slice first = slice_part(names, 0, length);
    const struct archive_member member = {
        .name = first,
        .is_folder = header->type == '5' || (length > 0 && first.data[length - 1] == '/'),
    };
    if (!archive_walk_member(&reader->walk, &member))
        return false;
    for (names = slice_part(names, length + 1, names.length); names.length > 0;) {
        length = slice_find(names, '\0');
        archive_walk_other_name(&reader->walk, slice_part(names, 0, length));
        names = slice_part(names, length + 1, names.length);
    }
    return true;
}

/* Links, devices, folders and pipes have no content, whatever size they claim; some tools believe it. */
static bool tar_type_has_content(char type)
{
    return type < '1' || type > '6';
}

static uint64_t tar_content_bytes(struct tar_reader *reader, const struct tar_header *header)
{
    uint64_t size_bytes = reader->pax.has_size ? reader->pax.size_bytes : header->size_bytes;
    if (reader->pax.has_size && size_bytes != header->size_bytes)
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY,
                            "a member of the tar archive has two sizes");
    if (tar_type_has_content(header->type))
        return size_bytes;
    if (size_bytes > 0 && header->type != '5')
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY, "a link in the tar archive has content");
    return 0;
}

static void tar_read_member(struct tar_reader *reader, const struct tar_header *header)
{
    uint64_t size_bytes = tar_content_bytes(reader, header);
    bool is_reported = tar_report_member(reader, header);
    tar_forget_extensions(reader);
    if (!is_reported)
        return;
    if (header->type == 'S') {
        archive_walk_content_missing(&reader->walk); /* the holes */
        if (header->is_sparse_extended) {
            reader->state = TAR_SPARSE;
            reader->sparse_size_bytes = size_bytes;
            archive_walk_record(&reader->walk, TAR_BLOCK_BYTES);
            return;
        }
    }
    archive_walk_content(&reader->walk, size_bytes);
    tar_expect_header(reader, tar_padding(size_bytes));
}

static void tar_read_header(struct tar_reader *reader, struct slice block)
{
    struct tar_header header = tar_header_read(block);
    reader->has_header = true;
    if (reader->is_over)
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY,
                            "members follow the end of the tar archive");
    if (!header.is_size_valid || header.size_bytes > INT64_MAX) {
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "a size in the tar archive makes no sense");
        header.size_bytes = 0;
    }
    switch (header.type) {
    case 'L':
    case 'N': /* GNU's first form of long names */
        tar_expect_extension(reader, TAR_LONG_NAME, header.size_bytes);
        return;
    case 'x':
    case 'X': /* Solaris */
        tar_expect_extension(reader, TAR_PAX, header.size_bytes);
        return;
    case 'g':
        tar_expect_extension(reader, TAR_PAX_GLOBAL, header.size_bytes);
        return;
    case 'K': /* the long name of a link's target */
        archive_walk_skip(&reader->walk, header.size_bytes);
        tar_expect_header(reader, tar_padding(header.size_bytes));
        return;
    default:
        tar_read_member(reader, &header);
    }
}

static void tar_read_block(struct tar_reader *reader, struct slice block)
{
    archive_walk_member_end(&reader->walk);
    if (tar_block_is_zero(block)) {
        reader->zero_block_count++;
        reader->is_over = reader->is_over || reader->zero_block_count > 1;
        tar_expect_header(reader, 0);
        return;
    }
    reader->zero_block_count = 0;
    if (tar_block_is_header(block)) {
        tar_read_header(reader, block);
        return;
    }
    /* What a tape or a buffer held before often stands behind the end, and hides nothing; a header would be
     * seen. */
    if (!reader->is_over)
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "a header of the tar archive is broken");
    tar_expect_header(reader, 0);
}

static void tar_read_pax(struct tar_reader *reader, struct slice text, bool is_global)
{
    size_t names_before = reader->names.length;
    if (!tar_pax_read(text, &reader->pax))
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "an extended tar header is broken");
    if (is_global && (reader->pax.has_size || reader->names.length > names_before))
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY,
                            "a tar header gives all members one name or size");
}

static void tar_step(void *context, struct slice record)
{
    struct tar_reader *reader = context;
    switch (reader->state) {
    case TAR_HEADER:
        tar_read_block(reader, slice_part(record, reader->padding, record.length));
        return;
    case TAR_LONG_NAME:
        strbuf_append_slice(&reader->names, slice_part(record, 0, (size_t)reader->extension_bytes));
        strbuf_append_byte(&reader->names, '\0');
        break;
    case TAR_PAX:
    case TAR_PAX_GLOBAL:
        tar_read_pax(reader, slice_part(record, 0, (size_t)reader->extension_bytes),
                     reader->state == TAR_PAX_GLOBAL);
        break;
    case TAR_SPARSE:
        if (record.data[504] != 0) {
            archive_walk_record(&reader->walk, TAR_BLOCK_BYTES);
            return;
        }
        archive_walk_content(&reader->walk, reader->sparse_size_bytes);
        tar_expect_header(reader, tar_padding(reader->sparse_size_bytes));
        return;
    }
    uint64_t uncharged = reader->names.length - reader->charged_bytes;
    if (reader->names.failed || !archive_budget_take_kept(reader->walk.budget, uncharged)) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "the names in the tar archive are too long");
        return;
    }
    reader->charged_bytes += uncharged;
    tar_expect_header(reader, 0);
}

static int tar_destroy(struct tar_reader *reader)
{
    tar_forget_extensions(reader);
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->names);
    return 0;
}

static void *tar_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct tar_reader *reader = talloc_zero(owner, struct tar_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    /* Names of one member; a row of extended headers may not pile up more. */
    strbuf_init(&reader->names, 2 * TAR_EXTENSION_MOST_BYTES);
    tar_forget_extensions(reader);
    talloc_set_destructor(reader, tar_destroy);
    tar_expect_header(reader, 0);
    return reader;
}

static bool tar_push(void *context, struct slice bytes)
{
    struct tar_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, tar_step, reader);
}

/* Without blocks of zeroes at the end an archive is still whole for every unpacker. */
static void tar_end(void *context)
{
    struct tar_reader *reader = context;
    const struct archive_walk *walk = &reader->walk;
    bool is_between = reader->has_header && reader->state == TAR_HEADER && walk->skip_left == 0 &&
                      walk->content_left == 0 && walk->record.length <= reader->padding;
    if (reader->is_over || is_between)
        archive_walk_finish(&reader->walk);
    else
        archive_walk_end(&reader->walk, false);
}

static bool tar_recognise(struct slice probe)
{
    return probe.length >= TAR_BLOCK_BYTES && probe.data[0] != '\0' && tar_block_is_header(probe);
}

const struct archive_format tar_format = {
    .name = "tar",
    .extensions = "tar",
    .traits = ARCHIVE_OPENS_BY_NAME,
    .probe_bytes = TAR_BLOCK_BYTES,
    .recognise = tar_recognise,
    .create = tar_create,
    .push = tar_push,
    .end = tar_end,
};
