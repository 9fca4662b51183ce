/* Lists in order, of texts, networks and endpoints. */
#include "config/sets.h"
#include "config/types.h"

#include <stdlib.h>
#include <talloc.h>

/* ---- a growing array -------------------------------------------------------------------------------- */

/* Elements of one size under `owner`. */
struct growing {
    void *owner;
    void *items;
    size_t count, capacity;
};

/* The next element to be filled; NULL when memory ran out. */
static void *grow(struct growing *array, size_t bytes)
{
    if (array->count == array->capacity) {
        const size_t capacity = array->capacity == 0 ? 8 : array->capacity * 2;
        void *items = talloc_realloc_size(array->owner, array->items, capacity * bytes);
        if (items == NULL)
            return NULL;
        array->items = items;
        array->capacity = capacity;
    }
    return (char *)array->items + array->count++ * bytes;
}

static void *grow_or_tell(struct growing *array, size_t bytes, const struct config_parse *parse)
{
    void *item = grow(array, bytes);
    if (item == NULL)
        config_problem_out_of_memory(parse->problems);
    return item;
}

/* ---- text_list -------------------------------------------------------------------------------------- */

static bool take_list_text(void *context, const struct config_parse *parse, struct slice entry,
                           struct config_place place)
{
    (void)place;
    const char **item = grow_or_tell(context, sizeof *item, parse);
    if (item == NULL)
        return false;
    *item = config_copy_text(parse, entry);
    return *item != NULL;
}

static bool text_list_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct growing texts = {.owner = parse->owner};
    const bool good = config_list_each(parse, node, take_list_text, &texts);
    *(struct config_text_list *)value = (struct config_text_list){texts.items, texts.count};
    return good;
}

static bool text_list_holds(const struct config_text_list *list, const char *text)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (slice_equal_nocase(slice_of(list->items[i]), slice_of(text)))
            return true;
    return false;
}

static bool text_list_change(void *owner, const struct config_key *key,
                             const struct config_list_change *change, void *value)
{
    const struct config_text_list *const parts[] = {change->below, change->added};
    struct growing texts = {.owner = owner};
    (void)key;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; parts[i] != NULL && j < parts[i]->count; j++) {
            if (text_list_holds(change->removed, parts[i]->items[j]))
                continue;
            const char **item = grow(&texts, sizeof *item);
            if (item == NULL)
                return false;
            *item = parts[i]->items[j];
        }
    }
    *(struct config_text_list *)value = (struct config_text_list){texts.items, texts.count};
    return true;
}

static bool text_list_has(const struct config_key *key, const void *list, struct slice entry)
{
    const struct config_text_list *texts = list;
    (void)key;
    for (size_t i = 0; i < texts->count; i++)
        if (slice_equal_nocase(slice_of(texts->items[i]), entry))
            return true;
    return false;
}

static void text_list_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of texts");
}

const struct config_type config_type_text_list = {
    .name = "text_list",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(struct config_text_list),
    .empty_text = "[]",
    .example = "\"some text\"",
    .parse = text_list_parse,
    .change = text_list_change,
    .has = text_list_has,
    .describe = text_list_describe,
    .json_schema = config_entry_json_schema,
};

/* ---- network_set ------------------------------------------------------------------------------------ */

static void report_bad_network(const struct config_parse *parse, struct slice entry,
                               struct config_place place, bool host_bits)
{
    const struct config_excerpt shown = config_excerpt_of(entry);
    if (host_bits)
        config_value_error(parse, place,
                           "'%s' has bits set behind its prefix: write the network's first address",
                           shown.text);
    else
        config_value_error(
            parse, place,
            "'%s' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or \"2001:db8::/32\"", shown.text);
}

static bool take_network(void *context, const struct config_parse *parse, struct slice entry,
                         struct config_place place)
{
    struct ip_network network;
    bool host_bits;
    if (!ip_network_parse(entry, &network, &host_bits)) {
        report_bad_network(parse, entry, place, host_bits);
        return false;
    }
    struct ip_network *item = grow_or_tell(context, sizeof *item, parse);
    if (item == NULL)
        return false;
    *item = network;
    return true;
}

static bool network_set_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct growing networks = {.owner = parse->owner};
    struct config_set_reading reading = {.take = take_network, .context = &networks, .shape = TABLE_NETWORKS};
    bool good = config_set_each(parse, node, &reading);
    if (good) {
        struct network_set *set = network_set_create(parse->owner, networks.items, networks.count);
        *(struct network_set **)value = set;
        good = set != NULL;
        if (good)
            network_set_use_tables(set, reading.tables);
        else
            config_problem_out_of_memory(parse->problems);
    }
    talloc_free(networks.items);
    return good;
}

static bool network_list_change(void *owner, const struct config_key *key,
                                const struct config_list_change *change, void *value)
{
    const struct network_set *const *below = change->below, *const *added = change->added,
                                    *const *removed = change->removed;
    struct network_set *set = network_set_change(owner, below == NULL ? NULL : *below, *added, *removed);
    (void)key;
    *(struct network_set **)value = set;
    return set != NULL;
}

static bool network_list_has(const struct config_key *key, const void *list, struct slice entry)
{
    struct ip_network network;
    bool host_bits;
    (void)key;
    return !ip_network_parse(entry, &network, &host_bits) ||
           network_set_meets(*(const struct network_set *const *)list, &network);
}

static void network_set_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of addresses and networks (CIDR)");
}

const struct config_type config_type_network_set = {
    .name = "network_set",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(struct network_set *),
    .empty_text = "[]",
    .example = "192.0.2.0/24",
    .parse = network_set_parse,
    .change = network_list_change,
    .has = network_list_has,
    .entries_overlap = true,
    .describe = network_set_describe,
    .json_schema = config_entry_json_schema,
};

/* ---- endpoint_list ---------------------------------------------------------------------------------- */

static bool take_endpoint(void *context, const struct config_parse *parse, struct slice entry,
                          struct config_place place)
{
    struct config_endpoint *item = grow_or_tell(context, sizeof *item, parse);
    return item != NULL && config_endpoint_parse(parse, entry, place, item);
}

static bool endpoint_list_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct growing endpoints = {.owner = parse->owner};
    const bool good = config_list_each(parse, node, take_endpoint, &endpoints);
    *(struct config_endpoint_list *)value = (struct config_endpoint_list){endpoints.items, endpoints.count};
    return good;
}

static bool endpoints_are_equal(const struct config_endpoint *a, const struct config_endpoint *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == ENDPOINT_UNIX ? strcmp(a->path, b->path) == 0
                                    : a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool endpoint_list_holds(const struct config_endpoint_list *list,
                                const struct config_endpoint *endpoint)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (endpoints_are_equal(&list->items[i], endpoint))
            return true;
    return false;
}

static bool endpoint_list_change(void *owner, const struct config_key *key,
                                 const struct config_list_change *change, void *value)
{
    const struct config_endpoint_list *const parts[] = {change->below, change->added};
    struct growing endpoints = {.owner = owner};
    (void)key;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; parts[i] != NULL && j < parts[i]->count; j++) {
            if (endpoint_list_holds(change->removed, &parts[i]->items[j]))
                continue;
            struct config_endpoint *item = grow(&endpoints, sizeof *item);
            if (item == NULL)
                return false;
            *item = parts[i]->items[j];
        }
    }
    *(struct config_endpoint_list *)value = (struct config_endpoint_list){endpoints.items, endpoints.count};
    return true;
}

static bool endpoint_list_has(const struct config_key *key, const void *list, struct slice entry)
{
    void *scratch = talloc_new(NULL);
    struct config_problems *problems = config_problems_create(scratch);
    const struct config_parse parse = {.owner = scratch, .problems = problems, .key = key};
    struct config_endpoint endpoint;
    const bool has = problems == NULL ||
                     !config_endpoint_parse(&parse, entry, (struct config_place){NULL, 0, 0}, &endpoint) ||
                     endpoint_list_holds(list, &endpoint);
    talloc_free(scratch);
    return has;
}

static void endpoint_list_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of endpoints, such as `127.0.0.1:53`, `[::1]:53`, `unix:PATH`");
}

const struct config_type config_type_endpoint_list = {
    .name = "endpoint_list",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(struct config_endpoint_list),
    .empty_text = "[]",
    .example = "127.0.0.1:53",
    .parse = endpoint_list_parse,
    .change = endpoint_list_change,
    .has = endpoint_list_has,
    .describe = endpoint_list_describe,
    .json_schema = config_entry_json_schema,
};
