/* Maps: written in the configuration, or in tables that it names. */
#include "config/sets.h"
#include "config/tables.h"

#include <talloc.h>

/* One map that is being read. */
struct map_reading {
    const struct config_parse *parse;
    struct text_map *map;
    struct config_table_list tables;
};

static bool report_out_of_memory(const struct map_reading *reading)
{
    config_problem_out_of_memory(reading->parse->problems);
    return false;
}

/* The texts of a value, separated by commas. */
static bool join_values(const struct map_reading *reading, const struct config_node *node,
                        struct strbuf *joined)
{
    struct slice text;
    bool good = true;
    if (node->kind == CONFIG_NODE_SEQUENCE) {
        for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next)
            good = join_values(reading, entry, joined) && good;
        return good;
    }
    if (!config_scalar(reading->parse, node, &text))
        return false;
    if (joined->length > 0)
        strbuf_append_text(joined, ", ");
    strbuf_append_slice(joined, text);
    return true;
}

static bool take_pair(const struct map_reading *reading, const struct config_node *child)
{
    struct strbuf value;
    if (!config_map_key_check(reading->parse, child))
        return false;
    if ((reading->parse->key->flags & CONFIG_ONE_VALUE) != 0 && child->kind == CONFIG_NODE_SEQUENCE) {
        config_value_error(reading->parse, child->place, "'%s' has one value, no list",
                           config_excerpt_of(slice_of(child->key)).text);
        return false;
    }
    strbuf_init(&value, TABLE_VALUE_BYTES_MAX);
    bool good = join_values(reading, child, &value);
    if (good && (value.failed || !text_map_add(reading->map, slice_of(child->key), strbuf_slice(&value))))
        good = report_out_of_memory(reading);
    strbuf_deinit(&value);
    return good;
}

static bool take_source(struct map_reading *reading, const struct config_node *node)
{
    struct slice text;
    if (!config_scalar(reading->parse, node, &text))
        return false;
    if (!table_is_source(text)) {
        const char *advice = config_foreign_table(text);
        config_value_error(
            reading->parse, node->place, advice == NULL ? "'%s' is no source: %s" : "'%s': %s",
            config_excerpt_of(text).text,
            advice == NULL ? "write keys with their values, or file:PATH, lmdb:, cdb:, socketmap:, sqlite:"
                           : advice);
        return false;
    }
    struct table *table = config_source_open(reading->parse, text, node->place, TABLE_PAIRS);
    if (table == NULL)
        return false;
    return config_table_list_add(reading->parse->owner, &reading->tables, table) ||
           report_out_of_memory(reading);
}

static bool take_part(struct map_reading *reading, const struct config_node *node)
{
    if (node->kind != CONFIG_NODE_MAPPING)
        return node->kind != CONFIG_NODE_BROKEN && take_source(reading, node);
    bool good = true;
    for (const struct config_node *child = node->first; child != NULL; child = child->next)
        good = child->kind != CONFIG_NODE_BROKEN && take_pair(reading, child) && good;
    return good;
}

static bool map_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct map_reading reading = {
        .parse = parse, .map = text_map_create(parse->owner, (parse->key->flags & CONFIG_ONE_VALUE) != 0)};
    bool good = true;
    if (reading.map == NULL)
        return report_out_of_memory(&reading);
    if (node->kind != CONFIG_NODE_SEQUENCE)
        good = take_part(&reading, node);
    else
        for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next)
            good = take_part(&reading, entry) && good;
    text_map_use_tables(reading.map, reading.tables);
    *(struct text_map **)value = reading.map;
    return good;
}

static void map_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "keys with their values, or sources");
}

static void map_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": [\"object\", \"string\", \"array\"]");
}

const struct config_type config_type_map = {
    .name = "map",
    .shape = CONFIG_SHAPE_MAP,
    .bytes = sizeof(struct text_map *),
    .empty_text = "{}",
    .example = "file:/etc/closedrelay/table",
    .parse = map_parse,
    .describe = map_describe,
    .json_schema = map_json_schema,
};
