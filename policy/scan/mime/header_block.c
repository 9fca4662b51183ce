#include "scan/mime/header_block.h"

#include "scan/mime/header_end.h"

enum { SOFT_LINES_IN_PART = 16, SOFT_LINES_BEYOND = 3, FIELD_NAME_BYTES_MAX = 256, REPLAY_BYTES_MAX = 16384 };

static void block_reset(struct header_block *block, struct mime_entity *entity)
{
    const struct strbuf field = block->field, replay = block->replay, open = block->open;
    *block = (struct header_block){.entity = entity, .limits = entity->parameters.limits};
    block->field = field;
    block->replay = replay;
    block->open = open;
    block->field.ceiling = block->limits->header_bytes;
    strbuf_reset(&block->field);
    strbuf_reset(&block->replay);
    strbuf_reset(&block->open);
}

void header_block_begin(struct header_block *block, struct mime_entity *entity, bool is_in_part)
{
    block_reset(block, entity);
    block->is_in_part = is_in_part;
    block->soft_lines_left = SOFT_LINES_IN_PART;
}

void header_block_go_beyond(struct header_block *block)
{
    block->is_soft = true;
    block->is_beyond = true;
    block->beyond_at = block->replay.length;
    block->soft_lines_left = SOFT_LINES_BEYOND;
}

size_t header_block_doubtful_bytes(const struct header_block *block)
{
    bool is_doubtful = block->has_odd_end || block->has_late_content;
    if (block->has_late_field || (is_doubtful && !block->is_beyond))
        return block->replay.length;
    return is_doubtful ? block->beyond_at : 0;
}

void header_block_deinit(struct header_block *block)
{
    strbuf_deinit(&block->field);
    strbuf_deinit(&block->replay);
    strbuf_deinit(&block->open);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The length of the field name in front of a colon, or 0 if the line is no field. Blanks and control
 * characters may stand around it, and clients read over some inside. */
static size_t field_name_length(struct slice line)
{
    size_t colon = slice_find(
        slice_part(line, 0, line.length < FIELD_NAME_BYTES_MAX ? line.length : FIELD_NAME_BYTES_MAX), ':');
    if (colon == line.length || colon == FIELD_NAME_BYTES_MAX)
        return 0;
    struct slice name = slice_trim(slice_part(line, 0, colon));
    for (size_t i = 0; i < name.length; i++)
        if (is_blank(name.data[i]) && !mime_entity_is_content_field(name))
            return 0;
    return name.length == 0 ? 0 : colon;
}

bool header_block_take_field(struct mime_entity *entity, struct slice name, struct slice value)
{
    bool says_more = false;
    mime_entity_header(entity, name, value);
    for (size_t cr = slice_find(value, '\r'); cr < value.length; cr = slice_find(value, '\r')) {
        value = slice_part(value, cr + 1, value.length);
        says_more = says_more || (value.length > 1 && value.data[0] == '\r'); /* an empty line to some */
        size_t name_length = field_name_length(value);
        if (name_length == 0 || !mime_entity_is_content_field(slice_part(value, 0, name_length)))
            continue;
        mime_entity_header(entity, slice_part(value, 0, name_length),
                           slice_part(value, name_length + 1, value.length));
        says_more = true;
    }
    return says_more;
}

/* To whom a bare CR ends a line the header ends at two of them, at one that begins or ends a line, or before
 * a line that is no field: what follows is content. Returns that. */
static struct slice behind_hidden_end(struct slice field)
{
    if (field.length > 0 && field.data[0] == '\r')
        return slice_part(field, 1, field.length);
    for (size_t cr = slice_find(field, '\r'); cr + 1 < field.length; cr = slice_find(field, '\r')) {
        field = slice_part(field, cr + 1, field.length);
        if (field.data[0] == '\r' || field.data[0] == '\n')
            return slice_part(field, 1, field.length);
        if (!is_blank(field.data[0]) && field_name_length(field) == 0)
            return field;
    }
    return slice_make("", 0);
}

static void keep_behind_hidden_end(struct header_block *block, struct slice field)
{
    struct slice rest = behind_hidden_end(field);
    if (rest.length == 0 || block->is_soft)
        return;
    block->is_soft = true;
    block->has_late_content = true;
    strbuf_append_slice(&block->replay, rest);
    strbuf_append_byte(&block->replay, '\n');
}

static bool has_bare_cr(struct slice s)
{
    for (size_t i = 0; i + 1 < s.length; i++)
        if (s.data[i] == '\r' && s.data[i + 1] != '\n')
            return true;
    return false;
}

/* What is no field, or none that counts: it may hold fields behind a bare CR, or be the rest of one whose
 * fold has lost its blank. */
static void look_into_odd_field(struct header_block *block, struct slice field)
{
    if (has_bare_cr(field) && header_block_take_field(block->entity, slice_make("", 0), field))
        block->has_late_content = true;
    if (!block->is_beyond && slice_find(field, '=') < field.length)
        name_superset_add(&block->entity->parameters.superset, field);
}

static bool is_quote_open(struct slice field)
{
    bool is_open = false;
    for (size_t i = 0; i < field.length; i++)
        is_open = is_open != (field.data[i] == '"');
    return is_open;
}

/* Who mends broken lines reads one value where a quote is open, or a parameter is to come, past an empty line
 * too. */
static void keep_open_value(struct header_block *block, struct slice value)
{
    struct slice trimmed = slice_trim(value);
    strbuf_reset(&block->open);
    if (is_quote_open(value) || (trimmed.length > 0 && trimmed.data[trimmed.length - 1] == ';'))
        strbuf_append_slice(&block->open, value);
}

/* The line behind a field that is open: such lines belong to it until it is not, or one is a field itself. */
static void look_for_end(struct header_block *block, struct slice line)
{
    enum { OPEN_BYTES_MAX = 1024 };
    if (block->open.length == 0)
        return;
    bool is_over = field_name_length(line) > 0 || block->open.length + line.length > OPEN_BYTES_MAX;
    if (!is_over) {
        strbuf_append_byte(&block->open, '\n');
        strbuf_append_slice(&block->open, line);
        is_over = line.length > 0 && !is_quote_open(strbuf_slice(&block->open));
        if (is_over)
            name_superset_add(&block->entity->parameters.superset, strbuf_slice(&block->open));
    }
    block->entity->types.failed = block->entity->types.failed || block->open.failed;
    if (is_over)
        strbuf_reset(&block->open);
}

static void report_field(struct header_block *block)
{
    struct slice field = strbuf_slice(&block->field);
    block->entity->types.failed = block->entity->types.failed || block->field.failed || block->replay.failed;
    size_t colon = slice_find(field, ':');
    struct slice name = slice_part(field, 0, colon);
    if (colon < field.length && (!block->is_soft || mime_entity_is_content_field(name))) {
        struct slice value = slice_part(field, colon + 1, field.length);
        uint32_t before = block->entity->content_header_count;
        bool says_more = header_block_take_field(block->entity, name, value);
        bool is_late = block->is_soft && block->entity->content_header_count != before;
        if (block->entity->content_header_count != before)
            keep_open_value(block, value);
        block->has_late_content = block->has_late_content || says_more || is_late;
    }
    block->has_late_field =
        block->has_late_field ||
        (block->is_beyond && colon < field.length &&
         (block->is_end_hidden || slice_starts_nocase(slice_trim(name), slice_of("content-"))));
    if (block->is_soft && !mime_entity_is_content_field(name))
        look_into_odd_field(block, field);
    keep_behind_hidden_end(block, field);
    strbuf_reset(&block->field);
}

/* Adds a line to the field, as much as the limit allows: what was cut off still ends in a fact. */
static void append_to_field(struct header_block *block, struct slice line)
{
    size_t room = block->field.ceiling - block->field.length;
    bool is_cut = line.length > room;
    strbuf_append_slice(&block->field, is_cut ? slice_part(line, 0, room) : line);
    block->is_over_limit = block->is_over_limit || is_cut;
}

/* Keeps a line that is content for some clients; too many of them are a body. */
static enum header_block_result keep_for_replay(struct header_block *block, struct slice line)
{
    strbuf_append_slice(&block->replay, line);
    strbuf_append_byte(&block->replay, '\n');
    return block->replay.length < REPLAY_BYTES_MAX ? HEADER_BLOCK_MORE : HEADER_BLOCK_DONE;
}

/* The same with what is a field to some: a header is not so long. */
static enum header_block_result keep_field(struct header_block *block, struct slice line)
{
    enum header_block_result result = keep_for_replay(block, line);
    block->is_over_limit =
        block->is_over_limit || (result == HEADER_BLOCK_DONE && !block->is_beyond && !block->is_behind_empty);
    return result;
}

/* A line of a field or its continuation, which is content for those to whom the header is over. */
static enum header_block_result field_line(struct header_block *block, struct slice line)
{
    if (!block->is_soft)
        return HEADER_BLOCK_MORE;
    bool is_empty_line = line.length > 1 && line.data[0] == '\r'; /* to whom a bare CR ends one */
    block->has_odd_line = block->has_odd_line || is_empty_line;
    return keep_field(block, line);
}

static enum header_block_result soft_line(struct header_block *block, struct slice line)
{
    block->is_soft = true;
    enum header_block_result result = keep_for_replay(block, line);
    if (block->soft_lines_left == 0)
        return HEADER_BLOCK_DONE;
    block->soft_lines_left--;
    return result;
}

static bool is_empty(const struct header_block *block)
{
    return block->entity->header_count == 0 && block->field.length == 0;
}

/* Whether to some a line is a field for its colon, or what a mailbox has before a message: to them the header
 * goes on as long as such lines come. */
static bool may_be_field(struct slice line)
{
    return slice_find(line, ':') < line.length || slice_starts_nocase(line, slice_of("From ")) ||
           slice_starts_nocase(line, slice_of(">From "));
}

/* A line that is neither field nor continuation. */
static enum header_block_result odd_line(struct header_block *block, struct slice line)
{
    bool is_mbox_line =
        is_empty(block) && !block->is_in_part && !block->is_soft &&
        (slice_starts_nocase(line, slice_of("From ")) || slice_starts_nocase(line, slice_of(">From ")));
    if (is_mbox_line)
        return HEADER_BLOCK_MORE;
    block->has_odd_line = true;
    report_field(block);
    look_for_end(block, line);
    /* It may be a field name whose colon comes folded. */
    append_to_field(block, line);
    const bool is_counted = block->is_beyond || block->is_behind_empty || !may_be_field(line);
    block->is_soft = true;
    return is_counted ? soft_line(block, line) : keep_field(block, line);
}

/* A line of blanks: the end for some; for others the field goes on, after any number of them. */
static enum header_block_result blank_line(struct header_block *block, struct slice line)
{
    struct slice field = strbuf_slice(&block->field);
    struct slice name = slice_part(field, 0, slice_find(field, ':'));
    bool is_content = name.length < field.length && mime_entity_is_content_field(name);
    block->has_odd_line = true;
    block->is_soft = true;
    const bool is_counted = !is_content && (block->is_beyond || block->is_behind_empty);
    enum header_block_result result = is_counted ? soft_line(block, line) : keep_field(block, line);
    block->is_behind_blanks = true;
    return result;
}

/* To whom a line of blanks ends a field, what begins with a blank behind it may be the next one. */
static enum header_block_result folded_line(struct header_block *block, struct slice line, struct slice text)
{
    const bool may_be_field = block->is_behind_blanks;
    const size_t colon = may_be_field ? field_name_length(text) : 0;
    append_to_field(block, slice_make("\n", 1));
    append_to_field(block, text);
    enum header_block_result result = field_line(block, line);
    struct slice name = slice_trim(slice_part(text, 0, colon));
    block->is_behind_blanks = false;
    if (colon == 0 || !mime_entity_is_content_field(name))
        return result;
    header_block_take_field(block->entity, name, slice_part(text, colon + 1, text.length));
    block->has_late_content = true;
    return result;
}

/* A field to those who read names as this does. */
static enum header_block_result named_line(struct header_block *block, struct slice line, struct slice text)
{
    report_field(block);
    look_for_end(block, text);
    append_to_field(block, text);
    if (!header_end_is_field(text))
        block->is_soft = block->has_odd_line = true;
    return field_line(block, line);
}

static enum header_block_result take_line(struct header_block *block, struct slice line)
{
    struct slice text = line;
    if (text.length > 0 && text.data[text.length - 1] == '\r')
        text.length--;
    /* A byte order mark is dropped with the blanks by those who trim as JavaScript does. */
    if (is_empty(block) && text.length > 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        text = slice_part(text, 3, text.length);
    if (text.length == 0)
        block->is_end_hidden = block->is_beyond ? block->is_end_hidden : block->has_nul;
    else if (block->has_nul && !block->is_beyond && slice_find(text, '=') < text.length)
        name_superset_add(&block->entity->parameters.superset, text);
    block->has_nul = slice_find(text, '\0') < text.length;
    if (text.length == 0) {
        block->has_odd_end = block->has_odd_end || (block->has_odd_line && !block->is_beyond);
        bool is_first = is_empty(block) && block->is_in_part && !block->is_soft;
        report_field(block);
        look_for_end(block, text);
        if (!is_first && block->is_soft)
            keep_for_replay(block, line);
        if (!is_first)
            return HEADER_BLOCK_DONE;
        block->soft_lines_left = 0; /* only what follows at once */
        block->is_soft = block->is_behind_empty = true;
        return HEADER_BLOCK_MORE;
    }
    if (slice_trim(text).length == 0) {
        append_to_field(block, slice_make("\n ", 2));
        return blank_line(block, line);
    }
    if (is_blank(text.data[0]) && block->field.length > 0)
        return folded_line(block, line, text);
    block->is_behind_blanks = false;
    if (field_name_length(text) == 0)
        return odd_line(block, line);
    return named_line(block, line, text);
}

enum header_block_result header_block_line(struct header_block *block, struct slice line)
{
    enum header_block_result result = take_line(block, line);
    bool is_empty_line = line.length == 0 || (line.length == 1 && line.data[0] == '\r');
    block->is_unended =
        result == HEADER_BLOCK_DONE && !is_empty_line && !block->is_beyond && !block->is_behind_empty;
    return result;
}

bool header_block_names_boundary(struct header_block *block, struct slice line)
{
    const struct name_set *boundaries = &block->entity->parameters.boundaries;
    report_field(block); /* no line that begins with a dash goes on with it */
    for (size_t i = 0; i < boundaries->count; i++)
        if (boundary_match_line(boundaries->items[i], line) >= BOUNDARY_DELIMITER)
            return true;
    return false;
}

void header_block_end(struct header_block *block)
{
    report_field(block);
}
