/* Messages: what their parts are called, and the reading of each. */
#include "scan/content/content_leaf.h"

#include "base/array.h"

#include <stdio.h>
#include <talloc.h>

/* A multipart or message that is open. */
struct level {
    const char *path; /* of what stands in it; talloc child of the message, or the level's around it */
    bool is_message;
    /* Both talloc children of the message, and NULL in nearly all honest mail. */
    struct content_encoded *encoded;
    struct content_uuencode *uuencode; /* the multipart as a text */
    struct content_leaf *whole;        /* the multipart as the one file that it may be as well */
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
    struct content_leaf *leaf; /* talloc; NULL between leaves */
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

/* What clients would make different things of. */
static void add_entity_conditions(struct content_subject *subject, const struct mime_entity *entity)
{
    if (entity->ambiguous != NULL)
        content_add_condition(subject, ATTACHMENT_ALTERNATIVES, entity->ambiguous);
    if (entity->unreadable != NULL)
        content_add_condition(subject, ATTACHMENT_AMBIGUOUS, entity->unreadable);
    if (entity->has_conflicting_encodings &&
        (!content_is_plain_text(entity) || (entity->encodings & TRANSFER_BASE64) != 0))
        content_add_condition(subject, ATTACHMENT_ALTERNATIVES, "conflicting transfer encodings");
    if ((entity->kinds & MIME_KIND_PARTIAL) != 0)
        content_add_condition(subject, ATTACHMENT_PARTIAL, "a piece of a message sent in several");
    if ((entity->kinds & MIME_KIND_MULTIPART) != 0 && (entity->encodings & TRANSFER_UUENCODE) != 0)
        content_add_condition(subject, ATTACHMENT_AMBIGUOUS, "a multipart that is uuencoded");
}

/* ---- leaves ---- */

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

static void begin_readings(const struct content_message *message, struct content_leaf *leaf,
                           const struct mime_entity *entity, bool is_doubt_told)
{
    const struct content_leaf_place place = {.depth = current_depth(message),
                                             .is_message_body = is_message_body(message),
                                             .is_doubt_told = is_doubt_told};
    content_leaf_begin(leaf, &place, entity);
}

static bool leaf_begin(void *context, const struct mime_entity *entity)
{
    struct content_message *message = context;
    message->part_number++;
    message->leaf = content_leaf_create(message, message->scan, entity);
    if (message->leaf == NULL)
        return false;
    struct content_subject *subject = &message->leaf->subject;
    subject->path = entity_path(message, message->leaf, entity);
    if (subject->path == NULL)
        return false;
    if (!message->leaf->is_plain_text)
        content_entry(subject);
    add_entity_names(subject, entity);
    add_entity_conditions(subject, entity);
    begin_fingerprint(message, entity);
    begin_readings(message, message->leaf, entity, entity->is_doubt_told);
    return !message->scan->failed && message->leaf->reading_count > 0;
}

static bool leaf_data(void *context, struct slice raw)
{
    struct content_message *message = context;
    const bool is_text_wanted =
        message->leaf->is_fingerprinted && text_fingerprint_push(&message->scan->fingerprint, raw);
    return (content_leaf_push(message->leaf, raw) || is_text_wanted) && !message->scan->failed;
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
    struct content_leaf *leaf = message->leaf;
    for (size_t i = 0; leaf != NULL && i < leaf->reading_count; i++) {
        content_leaf_end_reading(leaf, i);
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

static int whole_destroy(struct content_leaf *whole)
{
    whole->subject.scan->encoded_count--;
    return 0;
}

/* What is a multipart or a message to some clients is one file to others, who see its delimiters in it. NULL:
 * it is nothing but a multipart, or it is not read so (noted). */
static struct content_leaf *whole_begin(struct content_message *message, const struct mime_entity *entity,
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
    struct content_leaf *whole = content_leaf_create(message, message->scan, entity);
    if (whole == NULL)
        return NULL;
    whole->subject.path = talloc_strdup(whole, path);
    if (kinds != 0) {
        scan->encoded_count++;
        talloc_set_destructor(whole, whole_destroy);
    }
    if (whole->subject.path == NULL) {
        content_fail(scan);
        return whole;
    }
    begin_readings(message, whole, entity, false);
    return whole;
}

static void whole_end(struct content_leaf *whole)
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
            content_leaf_push(message->levels[i].whole, raw);
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
