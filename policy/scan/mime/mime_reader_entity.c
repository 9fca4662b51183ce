/* What an entity is, once its header is complete: a leaf, a multipart or a message; and where it ends. */
#include "scan/mime/mime_reader_private.h"

#include "base/array.h"

#include <assert.h>
#include <talloc.h>

/* How far behind a multipart's header one of its parts' is looked for. */
enum { PREAMBLE_PROBE_LINES = 3 };

/* Units of work for a byte of a field that is read in many ways. */
enum { HEADER_BYTE_WORK = 1024 };

/* What a part may inherit. */
enum { CODED = TRANSFER_BASE64 | TRANSFER_QUOTED_PRINTABLE };

void reader_end_leaf(struct mime_reader *reader)
{
    if (reader->is_leaf_open)
        reader->sink->leaf_end(reader->sink->context, reader->leaf_bytes);
    reader->leaf_bytes = 0;
    reader->is_leaf_open = false;
    reader->is_leaf_wanted = false;
    reader->is_leaf_whole = false;
    reader->is_leaf_typeless = false;
    reader->is_leaf_quoting = false;
}

void reader_cut_leaf(struct mime_reader *reader)
{
    if (reader->is_leaf_wanted && !reader->is_leaf_whole && reader->leaf_bytes > 0)
        reader->sink->leaf_cut(reader->sink->context);
    reader_end_leaf(reader);
}

void reader_leaf_data(struct mime_reader *reader, struct slice bytes)
{
    reader->leaf_bytes += bytes.length;
    if (reader->is_leaf_wanted && bytes.length > 0)
        reader->is_leaf_wanted = reader->sink->leaf_data(reader->sink->context, bytes);
}

void reader_end_levels(struct mime_reader *reader, uint32_t level)
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
    reader->is_in_header = false;
    reader->state = READER_HEADERS;
}

bool reader_may_go_beyond(const struct mime_reader *reader)
{
    const struct mime_entity *entity = &reader->entity;
    unsigned others = MIME_KIND_MULTIPART | MIME_KIND_MESSAGE | MIME_KIND_STATUS;
    if ((entity->kinds & others) != 0 || entity->parameters.boundaries.count > 0 || entity->is_untyped)
        return false;
    if (reader->block.is_end_hidden)
        return true;
    bool is_text = entity->kinds == MIME_KIND_TEXT && !mime_parameters_has_name(&entity->parameters);
    return reader->is_message_header ? entity->content_header_count == 0 || !is_text
                                     : entity->kinds != 0 && !is_text;
}

static bool push_level(struct mime_reader *reader, bool is_multipart)
{
    if (reader->levels_above + reader->level_count >= reader->limits->levels) {
        reader_over_budget(reader, "too many levels of multiparts and messages");
        return false;
    }
    if (!array_reserve(reader, reader->levels, reader->level_count)) {
        reader_fail(reader);
        return false;
    }
    reader->levels[reader->level_count++] = (struct mime_level){
        .is_multipart = is_multipart,
        .is_digest = reader->entity.is_digest,
        .encodings = (is_multipart ? reader->entity.encodings | reader->inherited : 0u) & CODED,
        .is_guessed = reader->entity.has_loose_type || reader->entity.parameters.has_odd_boundary};
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

static void add_boundary(struct mime_reader *reader, struct slice text, uint32_t level, bool is_primary)
{
    if (text.length > BOUNDARY_BYTES_MAX) {
        reader_over_budget(reader, "a boundary is too long");
        return;
    }
    switch (boundary_set_add(&reader->boundaries, text, (uint16_t)level, is_primary)) {
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

void reader_guess_boundary(struct mime_reader *reader)
{
    uint32_t level = reader->level_count;
    struct slice guess = strbuf_slice(&reader->guess);
    reader->failed = reader->failed || reader->guess.failed;
    while (level > 0 && !reader->levels[level - 1].is_multipart)
        level--;
    if (level > 0 && guess.length > 0)
        add_boundary(reader, guess, level - 1, true);
    strbuf_truncate(&reader->guess, 0);
}

static void add_boundaries(struct mime_reader *reader)
{
    const struct name_set *boundaries = &reader->entity.parameters.boundaries;
    struct slice primary = reader->entity.parameters.primary_boundary;
    bool is_told = reader->has_no_header && reader->level_count == 1;
    for (size_t i = 0; i < boundaries->count && reader->state != READER_STOPPED; i++)
        add_boundary(reader, boundaries->items[i], reader->level_count - 1,
                     is_told || slice_equal(boundaries->items[i], primary) ||
                         is_commented(boundaries->items[i], primary));
}

/* Whether the entity is more than a text without a name. */
static bool holds_something(const struct mime_entity *entity)
{
    return entity->kinds != MIME_KIND_TEXT || mime_parameters_has_name(&entity->parameters);
}

/* Whether it is a text to some, whatever its fields may spell; so it is to whom none of the fields behind an
 * empty line are its. */
static bool may_be_text(const struct mime_reader *reader)
{
    const struct mime_entity *entity = &reader->entity;
    bool is_nameless = entity->parameters.names.count == 0 || entity->has_loose_type; /* else a likely one */
    unsigned others = MIME_KIND_MULTIPART | MIME_KIND_MESSAGE | MIME_KIND_STATUS;
    bool is_text = (entity->kinds & MIME_KIND_TEXT) != 0 && (entity->kinds & others) == 0;
    bool is_late = reader->block.has_late_content && entity->encodings == TRANSFER_IDENTITY;
    return (is_late || is_text || entity->is_untyped) && is_nameless;
}

static void begin_leaf(struct mime_reader *reader, bool is_looked_into)
{
    reader->is_leaf_open = true;
    bool is_typed = true;
    for (uint32_t i = 0; i < reader->level_count && may_be_text(reader); i++) {
        reader->is_leaf_typeless = reader->is_leaf_typeless || reader->levels[i].is_typeless;
        is_typed = is_typed && (!reader->levels[i].is_typeless || reader->levels[i].is_quoting);
    }
    reader->is_leaf_quoting = reader->is_leaf_typeless && is_typed;
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
    /* To some it is a text. */
    reader->is_leaf_typeless = reader->entity.is_untyped || reader->entity.has_odd_type ||
                               reader->block.has_late_content || reader->entity.parameters.has_odd_boundary ||
                               (reader->entity.kinds & MIME_KIND_TEXT) != 0;
    reader->levels[reader->level_count - 1].is_typeless = reader->is_leaf_typeless;
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

static void settle_doubt(struct mime_reader *reader)
{
    struct mime_entity *entity = &reader->entity;
    if (!holds_something(entity))
        return;
    bool is_leaf = (entity->kinds & (MIME_KIND_MULTIPART | MIME_KIND_MESSAGE)) == 0;
    if (reader->block.has_late_content ||
        (is_leaf && (reader->block.has_odd_end || reader->block.has_late_field)))
        entity->ambiguous = "clients disagree on where the header ends";
    else if (reader->doubt != NULL)
        entity->ambiguous = reader->doubt;
}

/* Without Content-Type some look for parts in the text. */
static bool is_typeless(const struct mime_reader *reader)
{
    return (!reader->entity.has_content_type || reader->entity.has_odd_type ||
            reader->block.has_late_content) &&
           may_be_text(reader);
}

/* In a text that is a message, and no part, munpack looks for parts whatever its type. */
static bool may_quote(const struct mime_reader *reader)
{
    return reader->is_message_header && reader->boundaries.count == 0 &&
           reader->entity.encodings == TRANSFER_IDENTITY && may_be_text(reader);
}

static bool has_room_for_level(const struct mime_reader *reader)
{
    return reader->levels_above + reader->level_count < reader->limits->levels;
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
    if (is_level) {
        struct mime_level *level = &reader->levels[reader->level_count - 1];
        level->is_typeless = true;
        level->is_quoting = reader->entity.parameters.boundaries.count == 0 && !reader->entity.is_untyped &&
                            !is_typeless(reader);
        add_boundaries(reader);
    }
    if (reader->state != READER_STOPPED)
        begin_leaf(reader, true);
    reader->is_leaf_whole = is_level;
}

const char reader_quotation[] = "a header quoted in a text";

void reader_finish_header(struct mime_reader *reader)
{
    struct mime_entity *entity = &reader->entity;
    if (reader->doubt == reader_quotation && entity->encodings == 0 &&
        entity->parameters.boundaries.count == 0)
        mime_entity_init(entity, reader->entity_owner, reader->limits);
    reader->inherited = entity->encodings == 0 && reader->level_count > 0 && !reader->is_message_header
                            ? reader->levels[reader->level_count - 1].encodings
                            : 0u;
    mime_entity_finish(entity, !reader->is_message_header && is_in_digest(reader));
    if ((entity->kinds & (MIME_KIND_MULTIPART | MIME_KIND_MESSAGE)) == 0)
        entity->encodings |= reader->inherited; /* PHP's mailparse */
    reader->said = entity->content_header_count > 0 ? entity->encodings : 0;
    if (mime_entity_failed(entity)) {
        reader_fail(reader);
        return;
    }
    if (mime_entity_is_over_limit(entity) || reader->block.is_over_limit)
        reader_over_budget(reader, "a header is too large");
    if (!reader_charge(reader, entity->content_bytes * HEADER_BYTE_WORK +
                                   name_superset_work(&entity->parameters.superset)))
        return;
    settle_doubt(reader);
    reader->state = READER_BODY;
    reader_body_begin(reader);
    reader->is_in_header = entity->is_header_unended;
    if ((entity->kinds & MIME_KIND_MULTIPART) != 0)
        begin_multipart(reader);
    else if ((entity->kinds & MIME_KIND_MESSAGE) != 0 && (entity->encodings & TRANSFER_IDENTITY) != 0 &&
             entity->parameters.boundaries.count == 0)
        begin_message(reader);
    else if (entity->parameters.boundaries.count > 0 || entity->is_untyped ||
             ((is_typeless(reader) || may_quote(reader)) && has_room_for_level(reader)))
        begin_leaf_with_boundary(reader);
    else
        begin_leaf(reader, true);
}

void reader_delimiter(struct mime_reader *reader, struct boundary_match match, const char *doubt)
{
    assert(match.level < reader->level_count);
    boundary_set_use(&reader->boundaries, match);
    if (!match.is_end || doubt != NULL)
        reader_cut_leaf(reader);
    reader_end_levels(reader, match.level + 1u);
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
