/* Messages: what their parts are called, and the reading of each. */
#include "scan/content/content_reading.h"

#include "base/array.h"
#include "scan/mime/header_end.h"

#include <stdio.h>
#include <talloc.h>

enum {
    ENCODINGS_MAX = 3,
    STARTS_MAX = 40, /* places where content may begin */
    LATE_STARTS_MAX = 2,
    DOUBTFUL_BYTE_WORK = 4, /* units for a byte that one more reading decodes */
};

/* A multipart or message that is open. */
struct level {
    const char *path; /* of what stands in it; talloc child of the message, or the level's around it */
    bool is_message;
    /* Both talloc children of the message, and NULL in nearly all honest mail. */
    struct content_encoded *encoded;
    struct content_uuencode *uuencode; /* the multipart as a text */
    struct leaf *whole;                /* the multipart as the one file that it may be as well */
};

/* Where content begins to whom a header goes on that was given up before an empty line: behind the first one,
 * or behind a line of blanks before it. */
struct late_start {
    bool has_begun[LATE_STARTS_MAX];
    bool is_over;        /* the empty line came */
    bool is_line_filled; /* the line that comes has more than blanks in it … */
    bool has_line_cr;
    bool has_line_blank; /* … or more than a CR */
};

struct leaf {
    struct content_subject subject;
    size_t reading_count;
    size_t doubtful_count; /* so many of the first begin with lines of the header, as others read it */
    size_t told_bytes;     /* so many bytes that come next they have already */
    size_t late_count;     /* so many of these begin later on (struct late_start) */
    struct late_start late;
    bool is_plain_text;
    bool is_cut;           /* to some it goes on behind its end */
    bool is_fingerprinted; /* it is the text of the message itself */
    struct content_reading
        *readings[]; /* one for each way to decode it, from each place where it may begin */
};

struct content_message {
    struct content_scan *scan;
    struct mime_reader *reader;
    struct mime_sink sink;
    struct content_depth depth;
    const char *path;
    struct level *levels; /* talloc array */
    uint32_t level_count;
    uint32_t part_number;
    struct leaf *leaf; /* talloc; NULL between leaves */
};

static const char *current_path(const struct content_message *message)
{
    return message->level_count == 0 ? message->path : message->levels[message->level_count - 1].path;
}

static struct content_depth current_depth(const struct content_message *message)
{
    struct content_depth depth = message->depth;
    depth.levels += message->level_count;
    return depth;
}

/* Whether what is read now is the body of a message itself and no part of a multipart. */
static bool is_message_body(const struct content_message *message)
{
    return message->level_count == 0 || message->levels[message->level_count - 1].is_message;
}

/* The label of an entity: its name, or its number among the parts. */
static char *entity_path(struct content_message *message, void *owner, const struct mime_entity *entity)
{
    struct content_scan *scan = message->scan;
    const struct name_set *names = &entity->parameters.names;
    char number[sizeof "(part 4294967295)"];
    const char *label = number;
    char *name = NULL;
    if (names->count > 0)
        label = name = content_label(scan, owner, content_best_name(names->items, names->count));
    else
        snprintf(number, sizeof number, "(part %u)", (unsigned)message->part_number);
    char *path = label == NULL ? NULL : content_path(scan, owner, current_path(message), label);
    if (path == NULL)
        content_fail(scan);
    talloc_free(name);
    return path;
}

static void add_entity_names(struct content_subject *subject, const struct mime_entity *entity)
{
    const struct name_set *names = &entity->parameters.names;
    for (size_t i = 0; i < names->count; i++)
        content_add_name(subject, names->items[i]);
    content_add_superset(subject, &entity->parameters.superset);
}

static bool is_plain_text(const struct mime_entity *entity)
{
    return (entity->kinds & ~(unsigned)(MIME_KIND_TEXT | MIME_KIND_STATUS)) == 0 &&
           !mime_parameters_has_name(&entity->parameters);
}

/* What clients would make different things of. */
static void add_entity_conditions(struct content_subject *subject, const struct mime_entity *entity)
{
    if (entity->ambiguous != NULL)
        content_add_condition(subject, ATTACHMENT_ALTERNATIVES, entity->ambiguous);
    if (entity->unreadable != NULL)
        content_add_condition(subject, ATTACHMENT_AMBIGUOUS, entity->unreadable);
    if (entity->has_conflicting_encodings &&
        (!is_plain_text(entity) || (entity->encodings & TRANSFER_BASE64) != 0))
        content_add_condition(subject, ATTACHMENT_ALTERNATIVES, "conflicting transfer encodings");
    if ((entity->kinds & MIME_KIND_PARTIAL) != 0)
        content_add_condition(subject, ATTACHMENT_PARTIAL, "a piece of a message sent in several");
    if ((entity->kinds & MIME_KIND_MULTIPART) != 0 && (entity->encodings & TRANSFER_UUENCODE) != 0)
        content_add_condition(subject, ATTACHMENT_AMBIGUOUS, "a multipart that is uuencoded");
}

/* ---- leaves ---- */

static bool is_calendar_type(const struct mime_entity *entity)
{
    static const char *const types[] = {"text/calendar", "text/x-vcalendar", "application/ics",
                                        "text/vcard",    "text/x-vcard",     "text/directory"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (name_set_has(&entity->types, slice_of(types[i])))
            return true;
    return false;
}

static unsigned stream_flags(const struct content_message *message, const struct mime_entity *entity)
{
    const struct name_set *names = &entity->parameters.names;
    unsigned flags = content_flags_of_names(names->items, names->count) |
                     content_flags_of_superset(&entity->parameters.superset);
    if ((entity->kinds & MIME_KIND_TEXT) != 0)
        flags |= CONTENT_IS_TEXT;
    if ((entity->kinds & MIME_KIND_STATUS) != 0)
        flags = CONTENT_IS_TEXT;
    if (is_calendar_type(entity))
        flags |= CONTENT_IS_CALENDAR;
    if ((entity->kinds & MIME_KIND_MESSAGE) != 0)
        flags |= CONTENT_IS_MESSAGE;
    if ((entity->kinds & MIME_KIND_ARCHIVE) != 0)
        flags |= CONTENT_NAMED_ARCHIVE;
    /* To a client that wants MIME-Version a body without it is text, whatever its Content-Type says. To
     * others what has an empty one, or just "text", is no MIME. */
    bool is_mime = entity->has_mime_version && entity->has_content_type;
    bool is_old_mail = is_message_body(message) && !is_mime;
    bool is_untyped = entity->is_untyped || name_set_has(&entity->types, slice_of("text"));
    if (is_old_mail || is_untyped ||
        ((entity->kinds & MIME_KIND_TEXT) != 0 && message->scan->limits.uuencode_in_text))
        flags |= CONTENT_HAS_UUENCODE;
    return flags;
}

static void add_reading(struct content_message *message, struct leaf *leaf, enum transfer_encoding encoding,
                        unsigned flags)
{
    struct content_reading *reading =
        content_reading_create(leaf, encoding, &leaf->subject, flags, current_depth(message));
    if (reading != NULL)
        leaf->readings[leaf->reading_count++] = reading;
}

/* Adds a reading for each encoding. */
static void add_readings(struct content_message *message, struct leaf *leaf, const struct mime_entity *entity)
{
    unsigned flags = stream_flags(message, entity);
    unsigned encodings = entity->encodings;
    /* RFC 2046 5.2.1: a message is not encoded, whatever is said. */
    if ((entity->kinds & MIME_KIND_MESSAGE) != 0)
        encodings |= TRANSFER_IDENTITY;
    if ((encodings & TRANSFER_UUENCODE) != 0) {
        flags |=
            CONTENT_HAS_UUENCODE | (encodings == TRANSFER_UUENCODE ? (unsigned)CONTENT_ONLY_UUENCODE : 0u);
        encodings |= TRANSFER_IDENTITY;
    }
    static const enum transfer_encoding all[ENCODINGS_MAX] = {TRANSFER_IDENTITY, TRANSFER_BASE64,
                                                              TRANSFER_QUOTED_PRINTABLE};
    for (size_t i = 0; i < ENCODINGS_MAX; i++)
        if ((encodings & (unsigned)all[i]) != 0)
            add_reading(message, leaf, all[i], flags);
}

/* A leaf with room for all its readings. NULL: no memory (noted). */
static struct leaf *leaf_create(struct content_message *message, const struct mime_entity *entity)
{
    const struct slice lines = entity->doubtful_lines;
    size_t starts = entity->is_header_unended ? 1 + LATE_STARTS_MAX : 1;
    for (size_t at = 0, count = 0; at < lines.length && count < STARTS_MAX; count++) {
        starts++;
        at = header_end_next(lines, at);
    }
    struct leaf *leaf =
        talloc_zero_size(message, sizeof *leaf + starts * ENCODINGS_MAX * sizeof leaf->readings[0]);
    if (leaf == NULL)
        content_fail(message->scan);
    return leaf;
}

/* Adds the readings that begin at `lines`, which others take for a part of the header. */
static void begin_with(struct content_message *message, struct leaf *leaf, const struct mime_entity *entity,
                       struct slice lines)
{
    size_t first = leaf->reading_count;
    add_readings(message, leaf, entity);
    leaf->doubtful_count = leaf->reading_count;
    for (size_t i = first; i < leaf->doubtful_count; i++)
        content_reading_push(leaf->readings[i], lines);
}

/* Begins the readings for whom the header ends somewhere among the doubtful lines. `are_told`: who has it end
 * before the first of them is not among them. */
static void begin_with_doubtful(struct content_message *message, struct leaf *leaf,
                                const struct mime_entity *entity, bool are_told)
{
    const struct slice lines = entity->doubtful_lines;
    for (size_t i = 0; entity->is_header_unended && i < LATE_STARTS_MAX; i++)
        add_readings(message, leaf, entity);
    leaf->late_count = leaf->doubtful_count = leaf->reading_count;
    size_t at = are_told && lines.length > 0 ? header_end_next(lines, 0) : 0;
    for (size_t count = 0; at < lines.length; at = header_end_next(lines, at)) {
        if (count++ == STARTS_MAX) {
            content_add_message_condition(message->scan, ATTACHMENT_OVER_BUDGET,
                                          "too many lines where a header may end");
            break;
        }
        begin_with(message, leaf, entity, slice_part(lines, at, lines.length));
    }
    leaf->told_bytes = are_told ? lines.length : 0;
}

/* A text of the message itself, not one seen in a second look or in a file. */
static void begin_fingerprint(struct content_message *message, const struct mime_entity *entity)
{
    struct content_scan *scan = message->scan;
    const enum transfer_encoding encodings[] = {TRANSFER_BASE64, TRANSFER_QUOTED_PRINTABLE};
    enum transfer_encoding encoding = TRANSFER_IDENTITY;
    message->leaf->is_fingerprinted =
        message->leaf->is_plain_text && message == scan->top && scan->second_pass_count == 0;
    if (!message->leaf->is_fingerprinted)
        return;
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        if ((entity->encodings & (unsigned)encodings[i]) != 0)
            encoding = encodings[i];
    text_fingerprint_begin(&scan->fingerprint, encoding, name_set_has(&entity->types, slice_of("text/html")));
}

static bool leaf_begin(void *context, const struct mime_entity *entity)
{
    struct content_message *message = context;
    message->part_number++;
    message->leaf = leaf_create(message, entity);
    if (message->leaf == NULL)
        return false;
    struct content_subject *subject = &message->leaf->subject;
    *subject = (struct content_subject){.scan = message->scan, .entry = CONTENT_NO_ENTRY};
    subject->path = entity_path(message, message->leaf, entity);
    if (subject->path == NULL)
        return false;
    message->leaf->is_plain_text = is_plain_text(entity);
    if (!message->leaf->is_plain_text)
        content_entry(subject);
    add_entity_names(subject, entity);
    add_entity_conditions(subject, entity);
    begin_fingerprint(message, entity);
    begin_with_doubtful(message, message->leaf, entity, entity->is_doubt_told);
    add_readings(message, message->leaf, entity);
    return !message->scan->failed && message->leaf->reading_count > 0;
}

/* Looks for the lines behind which content begins late: `from[i]` is where that is in `raw`, or its length.
 */
static void find_late_starts(struct late_start *late, struct slice raw, size_t *from)
{
    for (size_t i = 0; i < LATE_STARTS_MAX; i++)
        from[i] = late->has_begun[i] ? 0 : raw.length;
    for (size_t at = 0; at < raw.length && !late->is_over; at++) {
        const char c = raw.data[at];
        late->is_line_filled = late->is_line_filled || !ascii_is_blank(c);
        late->has_line_blank = late->has_line_blank || (c != '\n' && (c != '\r' || late->has_line_cr));
        late->has_line_cr = late->has_line_cr || c == '\r';
        if (c != '\n')
            continue;
        late->is_over = !late->has_line_blank;
        const size_t which = late->is_over && late->has_begun[0] ? 1 : 0;
        if (!late->is_line_filled && !late->has_begun[which]) {
            late->has_begun[which] = true;
            from[which] = at + 1;
        }
        late->is_line_filled = late->has_line_blank = late->has_line_cr = false;
    }
}

/* Gives raw bytes to the readings that begin late; false once none wants more. */
static bool push_late(struct leaf *leaf, struct slice raw)
{
    size_t from[LATE_STARTS_MAX];
    bool is_wanted = false;
    const size_t each = leaf->late_count / LATE_STARTS_MAX;
    find_late_starts(&leaf->late, raw, from);
    for (size_t i = 0; i < leaf->late_count; i++) {
        const size_t which = i / each;
        const struct slice bytes = slice_part(raw, from[which], raw.length);
        const bool is_waiting = leaf->late.has_begun[which] ? bytes.length == 0 : !leaf->late.is_over;
        is_wanted =
            is_waiting || (bytes.length > 0 && content_reading_push(leaf->readings[i], bytes)) || is_wanted;
    }
    return is_wanted;
}

/* Gives raw bytes to all readings; false once none wants more. */
static bool push_to_leaf(struct leaf *leaf, struct slice raw)
{
    bool is_wanted = leaf->late_count > 0 && push_late(leaf, raw);
    const size_t told = leaf->told_bytes < raw.length ? leaf->told_bytes : raw.length;
    const struct slice news = slice_part(raw, told, raw.length);
    leaf->told_bytes -= told;
    if (leaf->doubtful_count > 0)
        content_charge(leaf->subject.scan, leaf->doubtful_count * raw.length * DOUBTFUL_BYTE_WORK);
    for (size_t i = leaf->late_count; i < leaf->reading_count; i++) {
        const bool is_doubtful = i < leaf->doubtful_count;
        is_wanted = (is_doubtful && news.length == 0) ||
                    content_reading_push(leaf->readings[i], is_doubtful ? news : raw) || is_wanted;
    }
    return is_wanted;
}

static bool leaf_data(void *context, struct slice raw)
{
    struct content_message *message = context;
    const bool is_text_wanted =
        message->leaf->is_fingerprinted && text_fingerprint_push(&message->scan->fingerprint, raw);
    return (push_to_leaf(message->leaf, raw) || is_text_wanted) && !message->scan->failed;
}

static void end_reading(struct leaf *leaf, size_t at)
{
    unsigned oddities = content_reading_end(leaf->readings[at]);
    /* Lines of a header are none of base64, and no news. */
    bool is_of_text = leaf->is_plain_text && leaf->reading_count - leaf->doubtful_count > 1;
    if (leaf->subject.entry == CONTENT_NO_ENTRY || at < leaf->doubtful_count || is_of_text)
        return;
    if ((oddities & CONTENT_READING_GOES_ON) != 0)
        content_add_condition(&leaf->subject, ATTACHMENT_AMBIGUOUS, "base64 that goes on after its end");
    if ((oddities & CONTENT_READING_HAS_JUNK) != 0 && leaf->reading_count - leaf->doubtful_count == 1)
        content_add_condition(&leaf->subject, ATTACHMENT_AMBIGUOUS, "base64 with other bytes in it");
    if ((oddities & CONTENT_READING_IS_OPEN) != 0 && leaf->is_cut)
        content_add_condition(&leaf->subject, ATTACHMENT_AMBIGUOUS, "a file that some read beyond its end");
}

static void leaf_cut(void *context)
{
    const struct content_message *message = context;
    if (message->leaf != NULL)
        message->leaf->is_cut = true;
}

static void leaf_end(void *context, uint64_t raw_bytes)
{
    struct content_message *message = context;
    struct leaf *leaf = message->leaf;
    for (size_t i = 0; leaf != NULL && i < leaf->reading_count; i++) {
        end_reading(leaf, i);
        if (leaf->subject.entry == CONTENT_NO_ENTRY)
            continue;
        uint64_t size = content_reading_size(leaf->readings[i], raw_bytes);
        struct attachment *entry = &message->scan->list.items[leaf->subject.entry];
        entry->size_bytes = size > entry->size_bytes ? size : entry->size_bytes;
    }
    if (leaf != NULL && leaf->is_fingerprinted)
        text_fingerprint_end(&message->scan->fingerprint);
    TALLOC_FREE(message->leaf);
}

/* ---- levels ---- */

static int whole_destroy(struct leaf *whole)
{
    whole->subject.scan->encoded_count--;
    return 0;
}

/* What is a multipart or a message to some clients is one file to others, who see its delimiters in it. NULL:
 * it is nothing but a multipart, or it is not read so (noted). */
static struct leaf *whole_begin(struct content_message *message, const struct mime_entity *entity,
                                const char *path)
{
    struct content_scan *scan = message->scan;
    /* Whoever finds no parts in a multipart decodes it as a file. */
    bool may_have_no_parts =
        entity->encodings != TRANSFER_IDENTITY || entity->parameters.primary_boundary.length == 0;
    unsigned kinds = entity->kinds & ~(unsigned)MIME_KIND_MULTIPART;
    bool is_text = kinds == MIME_KIND_TEXT && !mime_parameters_has_name(&entity->parameters);
    if ((is_text && entity->encodings == TRANSFER_IDENTITY) || (kinds == 0 && !may_have_no_parts))
        return NULL;
    /* Only what may hold others is counted. */
    if (kinds != 0 && scan->encoded_count == CONTENT_READ_AGAIN_MAX) {
        content_add_message_condition(scan, ATTACHMENT_AMBIGUOUS,
                                      "multiparts that may be files within each other");
        return NULL;
    }
    struct leaf *whole = leaf_create(message, entity);
    if (whole == NULL)
        return NULL;
    whole->subject = (struct content_subject){.scan = scan, .entry = CONTENT_NO_ENTRY};
    whole->subject.path = talloc_strdup(whole, path);
    if (kinds != 0) {
        scan->encoded_count++;
        talloc_set_destructor(whole, whole_destroy);
    }
    if (whole->subject.path == NULL) {
        content_fail(scan);
        return whole;
    }
    begin_with_doubtful(message, whole, entity, false);
    add_readings(message, whole, entity);
    return whole;
}

static void whole_end(struct leaf *whole)
{
    for (size_t i = 0; i < whole->reading_count; i++)
        content_reading_end(whole->readings[i]);
}

static bool push_level(struct content_message *message, struct level level)
{
    if (!array_reserve(message, message->levels, message->level_count)) {
        content_fail(message->scan);
        return false;
    }
    message->levels[message->level_count++] = level;
    return true;
}

static bool level_begin(void *context, const struct mime_entity *entity)
{
    struct content_message *message = context;
    bool is_message = (entity->kinds & MIME_KIND_MULTIPART) == 0;
    struct content_subject subject = {.scan = message->scan, .entry = CONTENT_NO_ENTRY};
    struct level level = {.path = current_path(message)};
    /* A text that may have parts is still that of its message. */
    level.is_message = is_message || (!entity->has_content_type && is_message_body(message));
    message->part_number += is_message ? 1 : 0;
    char *path = entity_path(message, message, entity);
    subject.path = path;
    /* A multipart without a name is the message's structure and no file. */
    bool is_structure = !is_message && !mime_parameters_has_name(&entity->parameters);
    if (is_structure) {
        add_entity_conditions(&message->scan->message, entity);
    } else if (path != NULL) {
        add_entity_names(&subject, entity);
        add_entity_conditions(&subject, entity);
    }
    if (is_message && path != NULL)
        level.path = path;
    struct content_depth depth = current_depth(message);
    depth.parts = message->part_number;
    if (!is_message)
        level.encoded = content_encoded_create(message, message->scan, level.path, depth, entity);
    /* Without MIME-Version all of the multipart is a text to some clients; one that only may have parts is
     * read so. */
    bool is_text = (entity->kinds & MIME_KIND_TEXT) != 0 && !entity->has_content_type;
    if (!is_message && !is_text && !entity->has_mime_version && is_message_body(message))
        level.uuencode = content_uuencode_create(message, message->scan, level.path, depth);
    bool is_only_message = entity->kinds == MIME_KIND_MESSAGE && entity->encodings == TRANSFER_IDENTITY;
    if (!is_only_message && path != NULL)
        level.whole = whole_begin(message, entity, path);
    return push_level(message, level) &&
           (level.encoded != NULL || level.uuencode != NULL || level.whole != NULL);
}

static void level_data(void *context, struct slice raw)
{
    struct content_message *message = context;
    for (uint32_t i = 0; i < message->level_count; i++) {
        if (message->levels[i].encoded != NULL)
            content_encoded_push(message->levels[i].encoded, raw);
        message->scan->second_pass_count++;
        if (message->levels[i].uuencode != NULL)
            content_uuencode_push(message->levels[i].uuencode, raw);
        if (message->levels[i].whole != NULL && raw.length > 0)
            push_to_leaf(message->levels[i].whole, raw);
        message->scan->second_pass_count--;
    }
}

static void level_end(void *context)
{
    struct content_message *message = context;
    if (message->level_count == 0)
        return;
    struct level *level = &message->levels[--message->level_count];
    if (level->encoded != NULL)
        content_encoded_end(level->encoded);
    TALLOC_FREE(level->encoded);
    message->scan->second_pass_count++;
    if (level->uuencode != NULL)
        content_uuencode_end(level->uuencode);
    TALLOC_FREE(level->uuencode);
    if (level->whole != NULL)
        whole_end(level->whole);
    TALLOC_FREE(level->whole);
    message->scan->second_pass_count--;
}

static void over_budget(void *context, const char *why)
{
    const struct content_message *message = context;
    content_add_message_condition(message->scan, ATTACHMENT_OVER_BUDGET, why);
}

/* ---- the message ---- */

struct content_message *content_message_create(void *owner, struct content_scan *scan, const char *path,
                                               struct content_depth depth)
{
    struct content_message *message = talloc_zero(owner, struct content_message);
    if (message == NULL) {
        content_fail(scan);
        return NULL;
    }
    message->scan = scan;
    message->path = path;
    message->part_number = depth.parts;
    message->depth = depth;
    message->depth.parts = 0;
    message->sink = (struct mime_sink){.context = message,
                                       .level_begin = level_begin,
                                       .level_data = level_data,
                                       .level_end = level_end,
                                       .leaf_begin = leaf_begin,
                                       .leaf_data = leaf_data,
                                       .leaf_cut = leaf_cut,
                                       .leaf_end = leaf_end,
                                       .over_budget = over_budget};
    message->reader =
        mime_reader_create(message, &scan->mime_limits, &scan->mime_budget, &message->sink, depth.levels);
    if (message->reader == NULL) {
        content_fail(scan);
        talloc_free(message);
        return NULL;
    }
    return message;
}

struct mime_reader *content_message_reader(struct content_message *message)
{
    return message->reader;
}

bool content_message_is_in_attachment(const struct content_message *message)
{
    return message->leaf != NULL && message->leaf->subject.entry != CONTENT_NO_ENTRY;
}

bool content_message_push(struct content_message *message, struct slice bytes)
{
    bool is_wanted = mime_reader_push(message->reader, bytes);
    if (mime_reader_failed(message->reader))
        content_fail(message->scan);
    return is_wanted;
}

void content_message_end(struct content_message *message)
{
    for (uint32_t i = 0; i < message->level_count; i++)
        if (message->levels[i].encoded != NULL)
            content_encoded_flush(message->levels[i].encoded);
    mime_reader_end(message->reader);
    if (mime_reader_failed(message->reader))
        content_fail(message->scan);
}
