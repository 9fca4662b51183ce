/* A part without parts: all the ways in which it may be read. */
#include "scan/content/content_leaf.h"

#include "scan/mime/header_end.h"

#include <talloc.h>

enum {
    ENCODINGS_MAX = 3,
    STARTS_MAX = 40,        /* places where content may begin */
    DOUBTFUL_BYTE_WORK = 4, /* units for a byte that one more reading decodes */
};

/* ---- its readings ---- */

bool content_is_plain_text(const struct mime_entity *entity)
{
    return (entity->kinds & ~(unsigned)(MIME_KIND_TEXT | MIME_KIND_STATUS)) == 0 &&
           !mime_parameters_has_name(&entity->parameters);
}

static bool is_calendar_type(const struct mime_entity *entity)
{
    static const char *const types[] = {"text/calendar", "text/x-vcalendar", "application/ics",
                                        "text/vcard",    "text/x-vcard",     "text/directory"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (name_set_has(&entity->types, slice_of(types[i])))
            return true;
    return false;
}

static unsigned stream_flags(const struct content_scan *scan, const struct content_leaf_place *place,
                             const struct mime_entity *entity)
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
    bool is_old_mail = place->is_message_body && !is_mime;
    bool is_untyped = entity->is_untyped || name_set_has(&entity->types, slice_of("text"));
    if (is_old_mail || is_untyped || ((entity->kinds & MIME_KIND_TEXT) != 0 && scan->limits.uuencode_in_text))
        flags |= CONTENT_HAS_UUENCODE;
    return flags;
}

static void add_reading(struct content_leaf *leaf, const struct content_leaf_place *place,
                        enum transfer_encoding encoding, unsigned flags)
{
    struct content_reading *reading =
        content_reading_create(leaf, encoding, &leaf->subject, flags, place->depth);
    if (reading != NULL)
        leaf->readings[leaf->reading_count++] = reading;
}

/* Adds a reading for each encoding. */
static void add_readings(struct content_leaf *leaf, const struct content_leaf_place *place,
                         const struct mime_entity *entity)
{
    unsigned flags = stream_flags(leaf->subject.scan, place, entity);
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
            add_reading(leaf, place, all[i], flags);
}

struct content_leaf *content_leaf_create(void *owner, struct content_scan *scan,
                                         const struct mime_entity *entity)
{
    const struct slice lines = entity->doubtful_lines;
    size_t starts = entity->is_header_unended ? 1 + CONTENT_LATE_STARTS_MAX : 1;
    for (size_t at = 0, count = 0; at < lines.length && count < STARTS_MAX; count++) {
        starts++;
        at = header_end_next(lines, at);
    }
    struct content_leaf *leaf =
        talloc_zero_size(owner, sizeof *leaf + starts * ENCODINGS_MAX * sizeof leaf->readings[0]);
    if (leaf == NULL) {
        content_fail(scan);
        return NULL;
    }
    leaf->subject = (struct content_subject){.scan = scan, .entry = CONTENT_NO_ENTRY};
    leaf->is_plain_text = content_is_plain_text(entity);
    return leaf;
}

/* Adds the readings that begin at `lines`, which others take for a part of the header. */
static void begin_with(struct content_leaf *leaf, const struct content_leaf_place *place,
                       const struct mime_entity *entity, struct slice lines)
{
    size_t first = leaf->reading_count;
    add_readings(leaf, place, entity);
    leaf->doubtful_count = leaf->reading_count;
    for (size_t i = first; i < leaf->doubtful_count; i++)
        content_reading_push(leaf->readings[i], lines);
}

/* Begins the readings for whom the header ends somewhere among the doubtful lines. */
static void begin_with_doubtful(struct content_leaf *leaf, const struct content_leaf_place *place,
                                const struct mime_entity *entity)
{
    const struct slice lines = entity->doubtful_lines;
    for (size_t i = 0; entity->is_header_unended && i < CONTENT_LATE_STARTS_MAX; i++)
        add_readings(leaf, place, entity);
    leaf->late_count = leaf->doubtful_count = leaf->reading_count;
    size_t at = place->is_doubt_told && lines.length > 0 ? header_end_next(lines, 0) : 0;
    for (size_t count = 0; at < lines.length; at = header_end_next(lines, at)) {
        if (count++ == STARTS_MAX) {
            content_add_message_condition(leaf->subject.scan, ATTACHMENT_OVER_BUDGET,
                                          "too many lines where a header may end");
            break;
        }
        begin_with(leaf, place, entity, slice_part(lines, at, lines.length));
    }
    leaf->told_bytes = place->is_doubt_told ? lines.length : 0;
}

void content_leaf_begin(struct content_leaf *leaf, const struct content_leaf_place *place,
                        const struct mime_entity *entity)
{
    begin_with_doubtful(leaf, place, entity);
    add_readings(leaf, place, entity);
}

/* ---- its bytes ---- */

/* Looks for the lines behind which content begins late: `from[i]` is where that is in `raw`, or its length.
 */
static void find_late_starts(struct content_late_start *late, struct slice raw, size_t *from)
{
    for (size_t i = 0; i < CONTENT_LATE_STARTS_MAX; i++)
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
static bool push_late(struct content_leaf *leaf, struct slice raw)
{
    size_t from[CONTENT_LATE_STARTS_MAX];
    bool is_wanted = false;
    find_late_starts(&leaf->late, raw, from);
    for (size_t i = 0; i < leaf->late_count; i++) {
        const size_t which = i * CONTENT_LATE_STARTS_MAX / leaf->late_count;
        const struct slice bytes = slice_part(raw, from[which], raw.length);
        const bool is_waiting = leaf->late.has_begun[which] ? bytes.length == 0 : !leaf->late.is_over;
        is_wanted =
            is_waiting || (bytes.length > 0 && content_reading_push(leaf->readings[i], bytes)) || is_wanted;
    }
    return is_wanted;
}

bool content_leaf_push(struct content_leaf *leaf, struct slice raw)
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

void content_leaf_end_reading(struct content_leaf *leaf, size_t at)
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
