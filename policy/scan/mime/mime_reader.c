/* The reader's life, its budget, and who takes its bytes. */
#include "scan/mime/mime_reader_private.h"

#include <talloc.h>

static int reader_destroy(struct mime_reader *reader)
{
    header_block_deinit(&reader->block);
    strbuf_deinit(&reader->line);
    strbuf_deinit(&reader->guess);
    return 0;
}

struct mime_reader *mime_reader_create(void *owner, const struct mime_limits *limits,
                                       struct mime_budget *budget, const struct mime_sink *sink,
                                       uint32_t levels_above)
{
    struct mime_reader *reader = talloc_zero(owner, struct mime_reader);
    if (reader == NULL)
        return NULL;
    reader->limits = limits;
    reader->budget = budget;
    reader->sink = sink;
    reader->levels_above = levels_above;
    strbuf_init(&reader->line, (size_t)limits->header_bytes + 1); /* a CR at its end is none of the field's */
    strbuf_init(&reader->guess, BOUNDARY_BYTES_MAX);
    boundary_set_init(&reader->boundaries, reader);
    talloc_set_destructor(reader, reader_destroy);
    reader_begin_entity(reader, true, NULL);
    if (reader->failed) {
        talloc_free(reader);
        return NULL;
    }
    if (reader->state != READER_STOPPED)
        reader->state = READER_FIELDS;
    return reader;
}

bool mime_reader_failed(const struct mime_reader *reader)
{
    return reader->failed;
}

void reader_fail(struct mime_reader *reader)
{
    reader->failed = true;
    reader->state = READER_STOPPED;
}

void reader_over_budget(struct mime_reader *reader, const char *why)
{
    reader->sink->over_budget(reader->sink->context, why);
}

bool reader_charge(struct mime_reader *reader, uint64_t units)
{
    if (reader->budget->work_left >= units) {
        reader->budget->work_left -= units;
        return true;
    }
    reader->budget->work_left = 0;
    if (reader->state != READER_STOPPED)
        reader_over_budget(reader, "too much work");
    reader->state = READER_STOPPED;
    return false;
}

void mime_reader_header(struct mime_reader *reader, struct slice name, struct slice value)
{
    if (reader->state != READER_FIELDS)
        return;
    if (name.length + value.length > reader->limits->header_bytes) {
        reader->block.is_over_limit = true;
        value.length =
            name.length > reader->limits->header_bytes ? 0 : reader->limits->header_bytes - name.length;
    }
    if (header_block_take_field(&reader->entity, name, value))
        reader->block.has_late_content = true;
}

void mime_reader_begin_multipart(struct mime_reader *reader, const struct name_set *boundaries,
                                 bool is_digest)
{
    struct mime_entity *entity = &reader->entity;
    if (reader->state != READER_FIELDS)
        return;
    reader->has_no_header = true;
    entity->kinds = MIME_KIND_MULTIPART;
    entity->is_digest = is_digest;
    for (size_t i = 0; i < boundaries->count; i++)
        name_set_add(&entity->parameters.boundaries, boundaries->items[i]);
    reader_finish_header(reader);
}

void mime_reader_end_of_headers(struct mime_reader *reader)
{
    if (reader->state != READER_FIELDS)
        return;
    if (reader_may_go_beyond(reader))
        reader_look_beyond(reader);
    else
        reader_finish_header(reader);
}

/* Drops the rest of a delimiter line with more blanks than are held. */
static struct slice skip_line(struct mime_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    reader->is_line_skipped = end == bytes.length;
    return slice_part(bytes, reader->is_line_skipped ? end : end + 1, bytes.length);
}

bool mime_reader_push(struct mime_reader *reader, struct slice bytes)
{
    if (reader->state == READER_FIELDS)
        reader->state = READER_HEADERS;
    if (!reader_charge(reader, bytes.length))
        return false;
    while (bytes.length > 0 && reader->state != READER_STOPPED) {
        struct slice before = bytes;
        bool is_told = reader->told_count > 0;
        if (reader->is_line_skipped)
            bytes = skip_line(reader, bytes);
        else if (reader->state == READER_HEADERS)
            bytes = reader_header_push(reader, bytes);
        else
            bytes = reader_body_push(reader, bytes);
        if (is_told && reader->told_count > 0)
            reader->sink->level_data(reader->sink->context,
                                     slice_part(before, 0, before.length - bytes.length));
    }
    if (reader->is_spent)
        reader_charge(reader, 1);
    bool can_end = reader->boundaries.count > 0 || reader->probe_lines_left > 0;
    return reader->state == READER_HEADERS ||
           (reader->state == READER_BODY && (reader->is_leaf_wanted || can_end || reader->level_count > 0));
}

void mime_reader_end(struct mime_reader *reader)
{
    if (reader->state == READER_FIELDS)
        reader_finish_header(reader);
    if (reader->state == READER_BODY && reader->held_length > 0)
        reader_body_end(reader); /* the line that waits for its end may begin a header */
    if (reader->state == READER_HEADERS && reader->line.length > 0)
        mime_reader_push(reader, slice_make("\n", 1));
    /* A header may end in the header of a message, which ends there as well. */
    while (reader->state == READER_HEADERS)
        reader_header_end(reader);
    if (reader->state == READER_BODY)
        reader_body_end(reader);
    reader_end_levels(reader, 0);
    reader->state = READER_STOPPED;
}
