#include "config/print_rows.h"

#include "config/text_file.h"

#include <talloc.h>

/* Behind this many bytes a list goes on in a further line. */
enum { LIST_LINE_BYTES_MAX = 80 };

static void indent(const struct config_printer *printer, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        strbuf_append_text(printer->out, "  ");
}

void config_print_origin(const struct config_value *value, struct strbuf *out)
{
    if (value->change != NULL && value->below != NULL) {
        config_print_origin(value->below, out);
        strbuf_append_text(out, ", changed at ");
    }
    if (value->place.file != NULL) {
        const size_t from = out->length;
        strbuf_append_text(out, value->place.file);
        if (out->length > from)
            text_hide_controls(out->data + from, out->length - from);
        strbuf_printf(out, ":%u:%u", value->place.line, value->place.column);
    } else if (value->role != ROLE_COUNT) {
        strbuf_printf(out, "default for %s", role_name((enum role)value->role));
    } else {
        strbuf_append_text(out, "default");
    }
}

/* With a `note` on the key behind the origin. */
static void end_line_with(const struct config_printer *printer, const struct config_value *value,
                          const char *note)
{
    if (printer->with_origins) {
        strbuf_append_text(printer->out, "  # ");
        config_print_origin(value, printer->out);
        strbuf_append_text(printer->out, note);
    }
    strbuf_append_byte(printer->out, '\n');
}

static void end_line(const struct config_printer *printer, const struct config_value *value)
{
    end_line_with(printer, value, "");
}

static void print_entries(const struct config_printer *printer, const struct config_entries *entries,
                          unsigned depth)
{
    struct strbuf *out = printer->out;
    size_t line_start = out->length;
    strbuf_append_byte(out, '[');
    for (size_t i = 0; i < entries->count; i++) {
        config_print_entry(entries->items[i], out);
        if (i + 1 == entries->count)
            continue;
        const bool is_full = out->length - line_start > LIST_LINE_BYTES_MAX;
        strbuf_append_text(out, is_full ? ",\n" : ", ");
        if (is_full) {
            line_start = out->length;
            indent(printer, depth + 1);
        }
    }
    strbuf_append_byte(out, ']');
}

/* A list as it stands in a node; NULL: none. */
static void print_written(const struct config_printer *printer, const struct config_node *list,
                          unsigned depth)
{
    const struct config_value value = {.node = list};
    struct config_entries entries = {.owner = talloc_new(NULL)};
    config_list_entries(NULL, &value, &entries);
    print_entries(printer, &entries, depth);
    printer->out->failed = printer->out->failed || entries.failed || entries.owner == NULL;
    talloc_free(entries.owner);
}

/* A change as it was written. */
static void print_change(const struct config_printer *printer, const struct config_value *value,
                         unsigned depth)
{
    static const char *const parts[] = {"add", "remove"};
    const char *separator = " { ";
    for (size_t i = 0; i < 2; i++) {
        const struct config_node *list = config_node_find(value->node, parts[i]);
        if (list == NULL)
            continue;
        strbuf_printf(printer->out, "%s%s: ", separator, parts[i]);
        print_written(printer, list, depth);
        separator = ", ";
    }
    strbuf_append_text(printer->out, " }");
    end_line(printer, value);
}

/* The whole list where it can be told; of a change that is not applied yet, or takes parts out of an entry,
 * the change. */
static void print_list(const struct config_printer *printer, const struct config_key *key,
                       const struct config_value *value, unsigned depth)
{
    struct config_entries entries = {.owner = talloc_new(NULL)};
    if ((value->removed != NULL && value->change == NULL) || !config_list_entries(key, value, &entries)) {
        print_change(printer, value, depth);
    } else {
        strbuf_append_byte(printer->out, ' ');
        print_entries(printer, &entries, depth);
        end_line(printer, value);
    }
    printer->out->failed = printer->out->failed || entries.failed || entries.owner == NULL;
    talloc_free(entries.owner);
}

/* One value, or a list of them, as it was written. */
static void print_map_value(const struct config_node *node, struct strbuf *out)
{
    if (node->kind != CONFIG_NODE_SEQUENCE) {
        config_print_entry(node, out);
        return;
    }
    strbuf_append_byte(out, '[');
    for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next) {
        config_print_entry(entry, out);
        strbuf_append_text(out, entry->next == NULL ? "" : ", ");
    }
    strbuf_append_byte(out, ']');
}

static void print_flow_map(const struct config_node *node, struct strbuf *out)
{
    strbuf_append_text(out, node->first == NULL ? "{" : "{ ");
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        config_print_text(slice_of(child->key), out);
        strbuf_append_text(out, ": ");
        print_map_value(child, out);
        strbuf_append_text(out, child->next == NULL ? " " : ", ");
    }
    strbuf_append_byte(out, '}');
}

/* Keys one a line; sources, and what stands among them, as a sequence. */
static void print_map(const struct config_printer *printer, const struct config_value *value, unsigned depth)
{
    const struct config_node *node = value->node;
    struct strbuf *out = printer->out;
    if (node->kind == CONFIG_NODE_SCALAR || node->first == NULL) {
        strbuf_append_byte(out, ' ');
        if (node->kind == CONFIG_NODE_SCALAR)
            config_print_entry(node, out);
        else
            strbuf_append_text(out, node->kind == CONFIG_NODE_MAPPING ? "{}" : "[]");
        end_line(printer, value);
        return;
    }
    end_line(printer, value);
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        indent(printer, depth + 1);
        if (node->kind == CONFIG_NODE_MAPPING) {
            config_print_text(slice_of(child->key), out);
            strbuf_append_text(out, ": ");
            print_map_value(child, out);
        } else {
            strbuf_append_text(out, "- ");
            if (child->kind == CONFIG_NODE_MAPPING)
                print_flow_map(child, out);
            else
                config_print_entry(child, out);
        }
        strbuf_append_byte(out, '\n');
    }
}

/* The values of one struct or layer, and how far the walk over the flat keys has come. */
struct walk {
    const struct config_flat_keys *flat_keys;
    const struct config_value *const *values;
    size_t next;
    bool dash_first; /* the next line begins an entry of a sequence */
};

static void print_rows(const struct config_printer *printer, const struct config_section *section,
                       struct walk *walk, unsigned depth);

static void begin_line(const struct config_printer *printer, struct walk *walk, unsigned depth)
{
    indent(printer, walk->dash_first ? depth - 1 : depth);
    if (walk->dash_first)
        strbuf_append_text(printer->out, "- ");
    walk->dash_first = false;
}

/* As a comment behind the entry. */
static void print_meaning(const struct config_printer *printer, const struct config_section *section,
                          const void *entry, unsigned depth)
{
    struct strbuf *out = printer->out;
    if (section->describe == NULL || !printer->with_origins)
        return;
    indent(printer, depth);
    strbuf_append_text(out, "# ");
    section->describe(entry, out);
    strbuf_append_byte(out, '\n');
}

static void print_array(const struct config_printer *printer, const struct config_value *value,
                        unsigned depth);

/* A change that is not applied yet: entries to be added, names of those to be removed. */
static void print_array_change(const struct config_printer *printer, const struct config_value *value,
                               unsigned depth)
{
    const struct config_node *add = config_node_find(value->node, "add"),
                             *remove = config_node_find(value->node, "remove");
    end_line(printer, value);
    if (add != NULL) {
        const struct config_value added = {
            .bytes = value->bytes, .place = add->place, .node = add, .role = ROLE_COUNT};
        indent(printer, depth + 1);
        strbuf_append_text(printer->out, "add:");
        print_array(printer, &added, depth + 1);
    }
    if (remove != NULL) {
        indent(printer, depth + 1);
        strbuf_append_text(printer->out, "remove: ");
        print_written(printer, remove, depth + 1);
        strbuf_append_byte(printer->out, '\n');
    }
}

static void print_array(const struct config_printer *printer, const struct config_value *value,
                        unsigned depth)
{
    const struct config_array *array = value->bytes;
    const struct config_array_origins *origins = array->origins;
    if (value->removed != NULL && value->change == NULL) {
        print_array_change(printer, value, depth);
        return;
    }
    const struct config_section *section = origins == NULL ? NULL : origins->flat_keys->section;
    if (array->count == 0)
        strbuf_append_text(printer->out, " []");
    end_line(printer, value);
    for (size_t i = 0; i < array->count; i++) {
        struct walk walk = {origins->flat_keys, origins->entries[i].values, 0, true};
        print_rows(printer, section, &walk, depth + 2);
        print_meaning(printer, section, (const char *)array->items + i * section->struct_bytes, depth + 2);
    }
}

bool config_value_is_unset(const struct config_flat_key *flat_key, const struct config_value *value)
{
    const struct config_key *key = flat_key->key;
    return value->place.file == NULL && value->node->length == 0 && key->default_text == NULL &&
           key->type->shape == CONFIG_SHAPE_SCALAR && (key->flags & CONFIG_MAY_BE_EMPTY) == 0;
}

static void print_flat_key(const struct config_printer *printer, struct walk *walk, unsigned depth)
{
    const struct config_flat_key *flat_key = &walk->flat_keys->items[walk->next];
    const struct config_value *value = walk->values[walk->next];
    walk->next++;
    if (value == NULL)
        return;
    if (config_value_is_unset(flat_key, value)) {
        /* Without its dash: the line is a comment and must not begin an entry. */
        indent(printer, depth);
        strbuf_printf(printer->out, "# %s: (not set)\n", flat_key->key->name);
        return;
    }
    begin_line(printer, walk, depth);
    strbuf_printf(printer->out, "%s:", flat_key->key->name);
    if (flat_key->key->type->shape == CONFIG_SHAPE_ARRAY) {
        print_array(printer, value, depth);
    } else if (flat_key->key->type->shape == CONFIG_SHAPE_LIST) {
        print_list(printer, flat_key->key, value, depth);
    } else if (flat_key->key->type->shape == CONFIG_SHAPE_MAP) {
        print_map(printer, value, depth);
    } else {
        strbuf_append_byte(printer->out, ' ');
        flat_key->key->type->print(flat_key->key, value->node, value->bytes, printer->out);
        end_line_with(printer, value,
                      (flat_key->flags & CONFIG_RESTART) != 0 ? "; a change takes a restart" : "");
    }
}

static bool has_value(const struct walk *walk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (walk->values[walk->next + i] != NULL)
            return true;
    return false;
}

/* As deep as the schema's sections are. */
static void print_rows(const struct config_printer *printer, const struct config_section *section,
                       struct walk *walk, unsigned depth)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if (key->type->shape != CONFIG_SHAPE_SECTION) {
            print_flat_key(printer, walk, depth);
        } else if (!has_value(walk, config_flat_key_count(key->section))) {
            walk->next += config_flat_key_count(key->section);
        } else {
            begin_line(printer, walk, depth);
            strbuf_printf(printer->out, "%s:\n", key->name);
            print_rows(printer, key->section, walk, depth + 1);
        }
    }
}

void config_print_values(const struct config_printer *printer, const struct config_flat_keys *flat_keys,
                         const struct config_value *const *values, unsigned depth)
{
    struct walk walk = {flat_keys, values, 0, false};
    print_rows(printer, flat_keys->section, &walk, depth);
}
