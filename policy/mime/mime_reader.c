#include "mime/mime_reader_private.h"

#include <assert.h>
#include <talloc.h>

/* How far into a body a header is looked for that an odd line has cut off. */
enum { SOFT_LINES_IN_BODY = 2, PREAMBLE_PROBE_LINES = 3 };

/* Units of work for a byte of a field that is read in many ways. */
enum { HEADER_BYTE_WORK = 1024 };

static int reader_destroy(struct mime_reader *reader)
{
    header_block_deinit(&reader->block);
    strbuf_deinit(&reader->line);
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

static void reader_fail(struct mime_reader *reader)
{
    reader->failed = true;
    reader->state = READER_STOPPED;
}

void reader_over_budget(struct mime_reader *reader, const char *why)
{
    reader->sink->over_budget(reader->sink->context, why);
}

/* Takes units of work from the message's budget; at its end the reader stops. */
static bool reader_charge(struct mime_reader *reader, uint64_t units)
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

void reader_end_leaf(struct mime_reader *reader)
{
    if (reader->is_leaf_open)
        reader->sink->leaf_end(reader->sink->context, reader->leaf_bytes);
    reader->leaf_bytes = 0;
    reader->is_leaf_open = false;
    reader->is_leaf_wanted = false;
}

void reader_leaf_data(struct mime_reader *reader, struct slice bytes)
{
    reader->leaf_bytes += bytes.length;
    if (reader->is_leaf_wanted && bytes.length > 0)
        reader->is_leaf_wanted = reader->sink->leaf_data(reader->sink->context, bytes);
}

/* Ends all levels from `level` on. */
static void end_levels(struct mime_reader *reader, uint32_t level)
{
    reader_end_leaf(reader);
    if (reader->level_count > level && level > 0)
        boundary_set_retire(&reader->boundaries, (uint16_t)level);
    while (reader->level_count > level) {
        reader->level_count--;
        reader->told_count -= reader->levels[reader->level_count].is_told ? 1 : 0;
        reader->sink->level_end(reader->sink->context);
    }
}

static bool is_in_digest(const struct mime_reader *reader)
{
    return reader->level_count > 0 && reader->levels[reader->level_count - 1].is_digest;
}

void reader_begin_entity(struct mime_reader *reader, bool is_message, const char *doubt)
{
    if (reader->budget->parts_left == 0) {
        reader_over_budget(reader, "too many parts");
        reader->state = READER_STOPPED;
        return;
    }
    reader->budget->parts_left--;
    talloc_free(reader->entity_owner);
    reader->entity_owner = talloc_new(reader);
    if (reader->entity_owner == NULL) {
        reader_fail(reader);
        return;
    }
    mime_entity_init(&reader->entity, reader->entity_owner, reader->limits);
    /* In a digest an empty header is the rule (RFC 2046 5.1.5). */
    header_block_begin(&reader->block, &reader->entity, !is_message && !is_in_digest(reader));
    reader->is_message_header = is_message;
    reader->doubt = doubt;
    reader->state = READER_HEADERS;
}

static bool push_level(struct mime_reader *reader, bool is_multipart)
{
    if (reader->levels_above + reader->level_count >= reader->limits->levels) {
        reader_over_budget(reader, "too many levels of multiparts and messages");
        return false;
    }
    if (reader->level_count == reader->level_capacity) {
        uint32_t capacity = reader->level_capacity == 0 ? 4 : reader->level_capacity * 2;
        struct mime_level *grown = talloc_realloc(reader, reader->levels, struct mime_level, capacity);
        if (grown == NULL) {
            reader_fail(reader);
            return false;
        }
        reader->levels = grown;
        reader->level_capacity = capacity;
    }
    reader->levels[reader->level_count++] =
        (struct mime_level){.is_multipart = is_multipart, .is_digest = reader->entity.is_digest};
    struct mime_level *level = &reader->levels[reader->level_count - 1];
    level->is_told = reader->sink->level_begin(reader->sink->context, &reader->entity);
    reader->told_count += level->is_told ? 1 : 0;
    return true;
}

/* Whether `text` is `plain` with comments in it: many senders use parentheses without quotes, and mean them.
 */
static bool is_commented(struct slice text, struct slice plain)
{
    uint32_t level = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.length; i++) {
        level += text.data[i] == '(' ? 1 : 0;
        if (level == 0 && (at == plain.length || plain.data[at++] != text.data[i]))
            return false;
        level -= level > 0 && text.data[i] == ')' ? 1 : 0;
    }
    return at == plain.length;
}

static void add_boundary(struct mime_reader *reader, struct slice text)
{
    struct slice primary = reader->entity.parameters.primary_boundary;
    bool is_primary = (reader->has_no_header && reader->level_count == 1) || slice_equal(text, primary) ||
                      is_commented(text, primary);
    if (text.length > BOUNDARY_BYTES_MAX) {
        reader_over_budget(reader, "a boundary is too long");
        return;
    }
    switch (boundary_set_add(&reader->boundaries, text, (uint16_t)(reader->level_count - 1), is_primary)) {
    case BOUNDARY_ADDED:
        break;
    case BOUNDARY_NO_ROOM:
        reader_over_budget(reader, "too many boundaries");
        break;
    case BOUNDARY_NO_MEMORY:
        reader_fail(reader);
        break;
    }
}

static void add_boundaries(struct mime_reader *reader)
{
    const struct name_set *boundaries = &reader->entity.parameters.boundaries;
    for (size_t i = 0; i < boundaries->count && reader->state != READER_STOPPED; i++)
        add_boundary(reader, boundaries->items[i]);
}

static void begin_leaf(struct mime_reader *reader, bool is_looked_into)
{
    reader->is_leaf_open = true;
    reader->is_leaf_wanted =
        reader->sink->leaf_begin(reader->sink->context, &reader->entity) && is_looked_into;
}

static void begin_multipart(struct mime_reader *reader)
{
    if (!push_level(reader, true)) {
        begin_leaf(reader, false);
        return;
    }
    add_boundaries(reader);
    reader->probe_lines_left = PREAMBLE_PROBE_LINES;
    reader->probe_doubt = "header fields before the first delimiter";
}

static void begin_message(struct mime_reader *reader)
{
    if (push_level(reader, false))
        reader_begin_entity(reader, true, NULL);
    else
        begin_leaf(reader, false);
}

/* Whether the entity is more than a text without a name. */
static bool holds_something(const struct mime_entity *entity)
{
    return entity->kinds != MIME_KIND_TEXT || entity->parameters.names.count > 0;
}

static void settle_doubt(struct mime_reader *reader)
{
    struct mime_entity *entity = &reader->entity;
    if (!holds_something(entity))
        return;
    bool is_leaf = (entity->kinds & (MIME_KIND_MULTIPART | MIME_KIND_MESSAGE)) == 0;
    if (reader->block.has_late_content || (is_leaf && reader->block.has_odd_end))
        entity->ambiguous = "clients disagree on where the header ends";
    else if (reader->doubt != NULL)
        entity->ambiguous = reader->doubt;
}

/*
 * A leaf with a boundary may be a multipart whose type some clients can read and others cannot: it is read as
 * both. Its boundaries are live, and what stands before the first delimiter is its content.
 */
static void begin_leaf_with_boundary(struct mime_reader *reader)
{
    unsigned kinds = reader->entity.kinds;
    reader->entity.kinds |= MIME_KIND_MULTIPART;
    reader->entity.parameters.primary_boundary = slice_make("", 0);
    bool is_level = push_level(reader, true);
    reader->entity.kinds = kinds;
    if (is_level)
        add_boundaries(reader);
    if (reader->state != READER_STOPPED)
        begin_leaf(reader, true);
}

void reader_finish_header(struct mime_reader *reader)
{
    struct mime_entity *entity = &reader->entity;
    mime_entity_finish(entity, !reader->is_message_header && is_in_digest(reader));
    if (mime_entity_failed(entity)) {
        reader_fail(reader);
        return;
    }
    if (mime_entity_is_over_limit(entity) || reader->block.is_over_limit)
        reader_over_budget(reader, "a header is too large");
    if (!reader_charge(reader, entity->content_bytes * HEADER_BYTE_WORK))
        return;
    settle_doubt(reader);
    reader->state = READER_BODY;
    reader_body_begin(reader);
    if ((entity->kinds & MIME_KIND_MULTIPART) != 0)
        begin_multipart(reader);
    else if ((entity->kinds & MIME_KIND_MESSAGE) != 0 && entity->encodings == TRANSFER_IDENTITY)
        begin_message(reader);
    else if (entity->parameters.boundaries.count > 0 || entity->is_untyped)
        begin_leaf_with_boundary(reader);
    else
        begin_leaf(reader, true);
}

void reader_delimiter(struct mime_reader *reader, struct boundary_match match, const char *doubt)
{
    assert(match.level < reader->level_count);
    boundary_set_use(&reader->boundaries, match);
    end_levels(reader, match.level + 1u);
    struct mime_level *level = &reader->levels[match.level];
    if (!match.is_certain)
        doubt = "clients disagree on the boundary";
    else if (level->is_closed && doubt == NULL)
        doubt = "a part after the end of its multipart";
    level->is_delimited = true;
    level->is_closed = level->is_closed || match.kind == BOUNDARY_CLOSE;
    if (match.kind == BOUNDARY_DELIMITER) {
        reader_begin_entity(reader, false, doubt);
    } else {
        reader->state = READER_BODY;
        reader_body_begin(reader);
        reader_probe(reader, "header fields right after the end of a multipart");
    }
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

/* A header that says nothing of content may have been cut off by a line that is no field: what follows it
 * then arrives as body. */
static void look_for_more_header(struct mime_reader *reader)
{
    bool is_over_limit = reader->block.is_over_limit;
    header_block_begin_soft(&reader->block, &reader->entity, SOFT_LINES_IN_BODY);
    reader->block.is_over_limit = is_over_limit;
    reader->state = READER_HEADERS;
}

void mime_reader_end_of_headers(struct mime_reader *reader)
{
    if (reader->state != READER_FIELDS)
        return;
    if (reader->entity.content_header_count == 0)
        look_for_more_header(reader);
    else
        reader_finish_header(reader);
}

/* The header is over for some or all clients: what was kept of it is content for some. */
static void finish_block(struct mime_reader *reader)
{
    struct strbuf replay = reader->block.replay;
    strbuf_init(&reader->block.replay, 0);
    reader_finish_header(reader);
    if (!replay.failed && reader->is_leaf_open)
        reader_body_push(reader, strbuf_slice(&replay));
    reader->failed = reader->failed || replay.failed;
    strbuf_deinit(&replay);
}

/* One whole line of a header. */
static void header_line(struct mime_reader *reader, struct slice line)
{
    if (line.length >= 2 && line.data[0] == '-' && line.data[1] == '-') {
        struct boundary_match match = boundary_set_match(&reader->boundaries, line);
        if (match.kind >= BOUNDARY_DELIMITER) {
            header_block_end(&reader->block);
            finish_block(reader);
            if (reader->state != READER_STOPPED)
                reader_delimiter(reader, boundary_set_match(&reader->boundaries, line), NULL);
            return;
        }
    }
    bool was_soft = reader->block.is_soft;
    if (header_block_line(&reader->block, line) == HEADER_BLOCK_MORE)
        return;
    header_block_end(&reader->block);
    if (reader->is_message_header && !was_soft && reader->entity.content_header_count == 0)
        look_for_more_header(reader);
    else
        finish_block(reader);
}

/* Keeps the start of a line; what is beyond the bound is dropped, and told. */
void reader_keep_line(struct mime_reader *reader, struct slice piece)
{
    size_t room = reader->line.ceiling - reader->line.length;
    if (piece.length > room) {
        reader->block.is_over_limit = true;
        piece.length = room;
    }
    strbuf_append_slice(&reader->line, piece);
    if (reader->line.failed)
        reader_fail(reader);
}

static struct slice headers_push(struct mime_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    struct slice piece = slice_part(bytes, 0, end);
    bool is_whole = end < bytes.length;
    struct slice rest = slice_part(bytes, is_whole ? end + 1 : end, bytes.length);
    if (is_whole && reader->line.length == 0 && piece.length <= reader->line.ceiling) {
        header_line(reader, piece);
        return rest;
    }
    reader_keep_line(reader, piece);
    if (is_whole && reader->state == READER_HEADERS) {
        struct strbuf line = reader->line; /* the line may begin a body that is pushed from here */
        strbuf_init(&reader->line, line.ceiling);
        header_line(reader, strbuf_slice(&line));
        strbuf_deinit(&line);
    }
    return rest;
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
            bytes = headers_push(reader, bytes);
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
    while (reader->state == READER_HEADERS) {
        header_block_end(&reader->block);
        finish_block(reader);
    }
    if (reader->state == READER_BODY)
        reader_body_end(reader);
    end_levels(reader, 0);
    reader->state = READER_STOPPED;
}
