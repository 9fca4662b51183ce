#include "config/yaml_reader.h"

#include "config/text_file.h"
#include "config/yaml_error.h"

#include <assert.h>
#include <talloc.h>
#include <yaml.h>

/* A mapping or sequence that is being read. */
struct frame {
    struct config_node *node; /* never NULL; not attached to anything where it stands for a broken key */
    bool is_key;              /* it stands where a key should: told, and dropped with its value */
    bool has_key;             /* mapping: a key was read, its value comes next */
    const char *key;          /* NULL: the key was broken */
    struct config_place key_place;
};

struct reader {
    void *owner;
    const char *file;
    struct slice text;
    struct config_problems *problems;
    yaml_parser_t parser;
    struct frame stack[CONFIG_DEPTH_MAX];
    size_t depth;
    size_t node_count;
    struct config_node *root;
    bool stopped; /* what follows can not be read */
};

static struct config_place place_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct config_place){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static void stop_out_of_memory(struct reader *reader)
{
    config_problem_out_of_memory(reader->problems);
    reader->stopped = true;
}

static struct frame *top_frame(struct reader *reader)
{
    return reader->depth == 0 ? NULL : &reader->stack[reader->depth - 1];
}

static bool awaits_key(struct reader *reader)
{
    const struct frame *top = top_frame(reader);
    return top != NULL && top->node->kind == CONFIG_NODE_MAPPING && !top->has_key;
}

static struct config_node *new_node(struct reader *reader, enum config_node_kind kind, yaml_mark_t mark)
{
    if (++reader->node_count > CONFIG_NODES_MAX) {
        config_problem_error(reader->problems, place_of(reader, mark), "more than %d values in one file",
                             CONFIG_NODES_MAX);
        reader->stopped = true;
        return NULL;
    }
    struct config_node *node = talloc_zero(reader->owner, struct config_node);
    if (node == NULL) {
        stop_out_of_memory(reader);
        return NULL;
    }
    node->kind = kind;
    node->place = place_of(reader, mark);
    return node;
}

/* Puts a finished or opened value where it belongs; the value of a broken key belongs nowhere. */
static void attach(struct reader *reader, struct config_node *node)
{
    struct frame *top = top_frame(reader);
    if (top == NULL) {
        reader->root = node;
        return;
    }
    if (top->node->kind == CONFIG_NODE_MAPPING) {
        node->key = top->key;
        node->key_place = top->key_place;
        top->has_key = false;
        if (top->key == NULL)
            return;
        if (top->node->count == CONFIG_KEYS_MAX) {
            config_problem_error(reader->problems, node->key_place, "more than %d keys in one mapping",
                                 CONFIG_KEYS_MAX);
            reader->stopped = true;
            return;
        }
    }
    config_node_append(top->node, node);
}

static void refuse_anchor_and_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                                  const yaml_char_t *tag)
{
    const struct config_place place = place_of(reader, event->start_mark);
    if (anchor != NULL)
        config_problem_error(
            reader->problems, place,
            "anchors (&name) are not supported: leave it out, or put text that begins with '&' in quotes");
    if (tag != NULL)
        config_problem_error(
            reader->problems, place,
            "tags (!name) are not supported: leave it out, or put text that begins with '!' in quotes");
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static void take_key(struct reader *reader, const yaml_event_t *event)
{
    struct frame *top = top_frame(reader);
    const char *text = (const char *)event->data.scalar.value;
    const struct config_place place = place_of(reader, event->start_mark);
    top->has_key = true;
    top->key = NULL;
    top->key_place = place;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(text, "<<") == 0) {
        config_problem_error(reader->problems, place,
                             "merge keys (<<) are not supported: write the keys out");
        return;
    }
    if (event->data.scalar.length == 0 || strlen(text) != event->data.scalar.length) {
        config_problem_error(reader->problems, place, "a key is missing before ':'");
        return;
    }
    top->key = talloc_strdup(reader->owner, text);
    if (top->key == NULL)
        stop_out_of_memory(reader);
}

/* A sequence, mapping or alias where a key should be. */
static void refuse_key(struct reader *reader, yaml_mark_t mark)
{
    config_problem_error(reader->problems, place_of(reader, mark), "a key must be a word, followed by ':'");
}

/* ---- events ----------------------------------------------------------------------------------------- */

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
    refuse_anchor_and_tag(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (awaits_key(reader)) {
        take_key(reader, event);
        return;
    }
    struct config_node *node = new_node(reader, CONFIG_NODE_SCALAR, event->start_mark);
    if (node == NULL)
        return;
    const char *text = (const char *)event->data.scalar.value;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->length = event->data.scalar.length;
    if (strlen(text) != node->length) {
        config_problem_error(reader->problems, node->place, "a NUL byte cannot be part of a value");
        node->kind = CONFIG_NODE_BROKEN;
    }
    node->text = talloc_strdup(node, text);
    if (node->text == NULL)
        stop_out_of_memory(reader);
    else
        attach(reader, node);
}

static void take_alias(struct reader *reader, const yaml_event_t *event)
{
    config_problem_error(
        reader->problems, place_of(reader, event->start_mark),
        "aliases (*name) are not supported: write the value out, or put text that begins with '*' in "
        "quotes");
    if (awaits_key(reader)) {
        top_frame(reader)->has_key = true;
        top_frame(reader)->key = NULL;
        return;
    }
    struct config_node *node = new_node(reader, CONFIG_NODE_BROKEN, event->start_mark);
    if (node != NULL)
        attach(reader, node);
}

static void take_start(struct reader *reader, const yaml_event_t *event, enum config_node_kind kind)
{
    if (reader->depth == CONFIG_DEPTH_MAX) {
        config_problem_error(reader->problems, place_of(reader, event->start_mark),
                             "nested more than %d levels deep", CONFIG_DEPTH_MAX);
        reader->stopped = true;
        return;
    }
    struct config_node *node = new_node(reader, kind, event->start_mark);
    if (node == NULL)
        return;
    const bool is_key = awaits_key(reader);
    if (is_key)
        refuse_key(reader, event->start_mark);
    else
        attach(reader, node);
    reader->stack[reader->depth++] = (struct frame){.node = node, .is_key = is_key};
}

static void take_end(struct reader *reader)
{
    assert(reader->depth > 0);
    const struct frame ended = reader->stack[--reader->depth];
    if (ended.node->kind == CONFIG_NODE_MAPPING && !config_node_drop_repeats(ended.node, reader->problems))
        stop_out_of_memory(reader);
    if (ended.is_key) {
        top_frame(reader)->has_key = true;
        top_frame(reader)->key = NULL;
    }
}

static void take_document(struct reader *reader, const yaml_event_t *event)
{
    const struct config_place place = place_of(reader, event->start_mark);
    if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        config_problem_error(reader->problems, place, "%%TAG directives are not supported: leave them out");
    if (reader->root == NULL)
        return;
    config_problem_error(reader->problems, place,
                         "a second document begins here: a file holds one, so leave out the '---'");
    reader->stopped = true;
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        take_document(reader, event);
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(reader, event);
        break;
    case YAML_ALIAS_EVENT:
        take_alias(reader, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_anchor_and_tag(reader, event, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag);
        take_start(reader, event, CONFIG_NODE_SEQUENCE);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_anchor_and_tag(reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        take_start(reader, event, CONFIG_NODE_MAPPING);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        take_end(reader);
        break;
    default:
        break;
    }
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static void report_syntax_error(struct reader *reader)
{
    if (reader->parser.error == YAML_MEMORY_ERROR)
        config_problem_out_of_memory(reader->problems);
    else
        yaml_error_tell(&reader->parser, reader->text, reader->file, reader->problems);
    reader->stopped = true;
}

static void read_events(struct reader *reader)
{
    bool ended = false;
    while (!ended && !reader->stopped) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            report_syntax_error(reader);
            return;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        take_event(reader, &event);
        yaml_event_delete(&event);
    }
}

/* Size and bytes; libyaml would take a NUL for the end and say nothing. */
static bool text_is_fit(const struct reader *reader)
{
    struct config_place place = {reader->file, 1, 1};
    const char *what;
    if (reader->text.length > CONFIG_FILE_BYTES_MAX) {
        config_problem_error(reader->problems, place, "larger than 1 MB (%zu bytes)", reader->text.length);
        return false;
    }
    if (text_file_find_bad_byte(reader->text, &place.line, &place.column, &what)) {
        config_problem_error(reader->problems, place, "%s: the file must be UTF-8 text", what);
        return false;
    }
    return true;
}

static struct slice without_byte_order_mark(struct slice text)
{
    static const struct slice mark = {"\xef\xbb\xbf", 3};
    return slice_starts_nocase(text, mark) ? slice_part(text, mark.length, text.length) : text;
}

/* A file of comments is an empty mapping, and so is one with nothing but "---". */
static struct config_node *finished_root(struct reader *reader)
{
    struct config_node *root = reader->root;
    if (reader->stopped)
        return NULL;
    if (root == NULL)
        return new_node(reader, CONFIG_NODE_MAPPING, (yaml_mark_t){0});
    if (root->kind == CONFIG_NODE_SCALAR && !root->quoted && root->length == 0)
        root->kind = CONFIG_NODE_MAPPING;
    return root;
}

struct config_node *yaml_reader_read(void *owner, const char *file, struct slice text,
                                     struct config_problems *problems)
{
    struct reader *reader = talloc_zero(owner, struct reader);
    if (reader == NULL) {
        config_problem_out_of_memory(problems);
        return NULL;
    }
    *reader = (struct reader){
        .owner = owner, .file = file, .text = without_byte_order_mark(text), .problems = problems};
    struct config_node *root = NULL;
    if (!text_is_fit(reader))
        goto out;
    if (!yaml_parser_initialize(&reader->parser)) {
        config_problem_out_of_memory(problems);
        goto out;
    }
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->text.data,
                                 reader->text.length);
    read_events(reader);
    yaml_parser_delete(&reader->parser);
    root = finished_root(reader);
out:
    talloc_free(reader);
    return root;
}
