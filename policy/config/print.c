#include "config/print.h"

#include "config/document.h"
#include "config/text_file.h"

#include <talloc.h>

/* Behind this many bytes a list goes on in a further line. */
enum { LIST_LINE_BYTES_MAX = 80 };

struct printer {
    struct strbuf *out;
    bool with_origins;
};

static void indent(const struct printer *printer, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        strbuf_append_text(printer->out, "  ");
}

static void end_line(const struct printer *printer, const struct config_value *value)
{
    struct strbuf *out = printer->out;
    if (printer->with_origins && value->place.file != NULL) {
        strbuf_append_text(out, "  # ");
        const size_t from = out->length;
        strbuf_append_text(out, value->place.file);
        if (out->length > from)
            text_hide_controls(out->data + from, out->length - from);
        strbuf_printf(out, ":%u:%u", value->place.line, value->place.column);
    } else if (printer->with_origins && value->role != ROLE_COUNT) {
        strbuf_printf(out, "  # default for %s", role_name((enum role)value->role));
    } else if (printer->with_origins) {
        strbuf_append_text(out, "  # default");
    }
    strbuf_append_byte(out, '\n');
}

/* ---- values ----------------------------------------------------------------------------------------- */

static void print_list(const struct printer *printer, const struct config_value *value, unsigned depth)
{
    struct strbuf *out = printer->out;
    const bool is_sequence = value->node->kind == CONFIG_NODE_SEQUENCE;
    const struct config_node *entry = is_sequence ? value->node->first : value->node;
    size_t line_start = out->length;
    strbuf_append_text(out, " [");
    for (; entry != NULL; entry = is_sequence ? entry->next : NULL) {
        config_print_entry(entry, out);
        if (!is_sequence || entry->next == NULL)
            continue;
        const bool is_full = out->length - line_start > LIST_LINE_BYTES_MAX;
        strbuf_append_text(out, is_full ? ",\n" : ", ");
        if (is_full) {
            line_start = out->length;
            indent(printer, depth + 1);
        }
    }
    strbuf_append_byte(out, ']');
    end_line(printer, value);
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
static void print_map(const struct printer *printer, const struct config_value *value, unsigned depth)
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

/* The values of one struct or layer, and how far the walk over the leaves has come. */
struct walk {
    const struct config_leaves *leaves;
    const struct config_value *const *values;
    size_t next;
    bool dash_first; /* the next line begins an entry of a sequence */
};

static void print_rows(const struct printer *printer, const struct config_section *section, struct walk *walk,
                       unsigned depth);

static void begin_line(const struct printer *printer, struct walk *walk, unsigned depth)
{
    indent(printer, walk->dash_first ? depth - 1 : depth);
    if (walk->dash_first)
        strbuf_append_text(printer->out, "- ");
    walk->dash_first = false;
}

static void print_array(const struct printer *printer, const struct config_value *value, unsigned depth)
{
    const struct config_array *array = value->bytes;
    const struct config_array_origins *origins = array->origins;
    if (array->count == 0)
        strbuf_append_text(printer->out, " []");
    end_line(printer, value);
    for (size_t i = 0; i < array->count; i++) {
        struct walk walk = {origins->leaves, origins->entries[i].values, 0, true};
        print_rows(printer, origins->leaves->section, &walk, depth + 2);
    }
}

/* A key that has no value and could not be written without one. */
static bool is_unset(const struct config_leaf *leaf, const struct config_value *value)
{
    const struct config_key *key = leaf->key;
    return value->place.file == NULL && value->node->length == 0 && key->default_text == NULL &&
           key->type->shape == CONFIG_SHAPE_SCALAR && (key->flags & CONFIG_MAY_BE_EMPTY) == 0;
}

static void print_leaf(const struct printer *printer, struct walk *walk, unsigned depth)
{
    const struct config_leaf *leaf = &walk->leaves->items[walk->next];
    const struct config_value *value = walk->values[walk->next];
    walk->next++;
    if (value == NULL)
        return;
    if (is_unset(leaf, value)) {
        /* Without its dash: the line is a comment and must not begin an entry. */
        indent(printer, depth);
        strbuf_printf(printer->out, "# %s: (not set)\n", leaf->key->name);
        return;
    }
    begin_line(printer, walk, depth);
    strbuf_printf(printer->out, "%s:", leaf->key->name);
    if (leaf->key->type->shape == CONFIG_SHAPE_ARRAY) {
        print_array(printer, value, depth);
    } else if (leaf->key->type->shape == CONFIG_SHAPE_LIST) {
        print_list(printer, value, depth);
    } else if (leaf->key->type->shape == CONFIG_SHAPE_MAP) {
        print_map(printer, value, depth);
    } else {
        strbuf_append_byte(printer->out, ' ');
        leaf->key->type->print(leaf->key, value->node, value->bytes, printer->out);
        end_line(printer, value);
    }
}

static size_t leaf_count(const struct config_section *section)
{
    size_t count = 0;
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        count += key->type->shape == CONFIG_SHAPE_SECTION ? leaf_count(key->section) : 1;
    return count;
}

static bool has_value(const struct walk *walk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (walk->values[walk->next + i] != NULL)
            return true;
    return false;
}

/* As deep as the schema's sections are. */
static void print_rows(const struct printer *printer, const struct config_section *section, struct walk *walk,
                       unsigned depth)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if (key->type->shape != CONFIG_SHAPE_SECTION) {
            print_leaf(printer, walk, depth);
        } else if (!has_value(walk, leaf_count(key->section))) {
            walk->next += leaf_count(key->section);
        } else {
            begin_line(printer, walk, depth);
            strbuf_printf(printer->out, "%s:\n", key->name);
            print_rows(printer, key->section, walk, depth + 1);
        }
    }
}

static void print_values(const struct printer *printer, const struct config_leaves *leaves,
                         const struct config_value *const *values, unsigned depth)
{
    struct walk walk = {leaves, values, 0, false};
    print_rows(printer, leaves->section, &walk, depth);
}

/* ---- sections --------------------------------------------------------------------------------------- */

/* What a role has in another way than the section itself; false where there is nothing. */
static bool role_differences(const struct config_section_state *state, int role,
                             const struct config_value **values)
{
    size_t count = 0;
    for (size_t i = 0; i < state->leaves.count; i++) {
        const struct config_value *value = state->roles[role].values[i];
        values[i] = value == state->base.values[i] ? NULL : value;
        count += values[i] != NULL;
    }
    return count != 0;
}

static void print_roles(const struct printer *printer, const struct config_section_state *state)
{
    const struct config_value **values =
        talloc_zero_size(NULL, (state->leaves.count + 1) * sizeof(const struct config_value *));
    bool has_header = false;
    if (values == NULL)
        printer->out->failed = true;
    for (int role = 0; values != NULL && role < ROLE_COUNT; role++) {
        if (!role_differences(state, role, values))
            continue;
        if (!has_header)
            strbuf_append_text(printer->out, "  roles:\n");
        has_header = true;
        strbuf_printf(printer->out, "    %s:\n", role_name((enum role)role));
        print_values(printer, &state->leaves, values, 3);
    }
    talloc_free(values);
}

static void print_section(const struct printer *printer, const struct config_section_state *state)
{
    const struct config_section *section = state->leaves.section;
    if (section->name[0] == '\0') {
        print_values(printer, &state->leaves, state->base.values, 0);
        return;
    }
    strbuf_printf(printer->out, "%s:\n", section->name);
    print_values(printer, &state->leaves, state->base.values, 1);
    if (section->per_role)
        print_roles(printer, state);
}

/* ---- overrides -------------------------------------------------------------------------------------- */

static void print_patch(const struct printer *printer, const struct config_section_state *state,
                        const struct config_patch *patch)
{
    const struct config_value **values =
        talloc_zero_size(NULL, (state->leaves.count + 1) * sizeof(const struct config_value *));
    if (values == NULL) {
        printer->out->failed = true;
        return;
    }
    for (size_t i = 0; i < patch->layer.count; i++)
        values[patch->layer.items[i]->leaf] = patch->layer.items[i];
    const bool is_empty = patch->layer.count == 0;
    strbuf_printf(printer->out, "    %s:%s\n", state->leaves.section->name, is_empty ? " {}" : "");
    print_values(printer, &state->leaves, values, 3);
    talloc_free(values);
}

/* The conditions that were written. */
static void print_when(const struct printer *printer, const struct config_document *document,
                       const struct config_override *override)
{
    const struct config_value *written[8] = {NULL};
    for (size_t i = 0; i < document->when_leaves.count; i++) {
        const struct config_value *value = override->when_struct.values[i];
        written[i] = value != NULL && value->place.file != NULL ? value : NULL;
    }
    strbuf_append_text(printer->out, "  - when:\n");
    print_values(printer, &document->when_leaves, written, 3);
}

static void print_overrides(const struct printer *printer, const struct config_document *document)
{
    if (document->override_count != 0)
        strbuf_append_text(printer->out, "\noverrides:\n");
    for (size_t i = 0; i < document->override_count; i++) {
        const struct config_override *override = &document->overrides[i];
        print_when(printer, document, override);
        for (size_t j = 0; j < document->schema.count; j++)
            for (size_t k = 0; k < document->sections[j].patch_count; k++)
                if (document->sections[j].patches[k].override == override)
                    print_patch(printer, &document->sections[j], &document->sections[j].patches[k]);
    }
}

/* ---- documents -------------------------------------------------------------------------------------- */

void config_document_print(const struct config_document *document, struct strbuf *out)
{
    const struct printer printer = {out, true};
    for (size_t i = 0; i < document->schema.count; i++) {
        if (i > 0)
            strbuf_append_byte(out, '\n');
        print_section(&printer, &document->sections[i]);
    }
    print_overrides(&printer, document);
}

void config_document_print_example(const struct config_document *document, size_t section_index,
                                   struct strbuf *out)
{
    const struct printer printer = {out, false};
    print_section(&printer, &document->sections[section_index]);
}

static const struct config_patch *patch_of(const struct config_section_state *state,
                                           const struct config_override *override)
{
    for (size_t i = 0; i < state->patch_count; i++)
        if (state->patches[i].override == override)
            return &state->patches[i];
    return NULL;
}

static void print_match(const struct config_document *document, const struct config_override *override,
                        struct strbuf *out)
{
    const char *separator = "  ";
    strbuf_printf(out, "#   %s:%u:%u", override->place.file, override->place.line, override->place.column);
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        const struct config_patch *patch = patch_of(state, override);
        for (size_t j = 0; patch != NULL && j < patch->layer.count; j++) {
            strbuf_printf(out, "%s%s.%s", separator, state->leaves.section->name,
                          state->leaves.items[patch->layer.items[j]->leaf].path);
            separator = ", ";
        }
    }
    strbuf_append_byte(out, '\n');
}

void config_document_print_matches(const struct config_document *document, const struct config_subject *subject,
                                   struct strbuf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < document->override_count; i++) {
        if (!config_when_matches(&document->overrides[i].when, subject))
            continue;
        if (is_first)
            strbuf_append_text(out, "# overrides that match; of the same key the last counts:\n");
        is_first = false;
        print_match(document, &document->overrides[i], out);
    }
    if (is_first && document->override_count > 0)
        strbuf_append_text(out, "# no override matches\n");
}

void config_document_print_for(const struct config_document *document, const struct config_subject *subject,
                               struct strbuf *out)
{
    const struct printer printer = {out, true};
    void *scratch = talloc_new(NULL);
    if (scratch == NULL)
        out->failed = true;
    for (size_t i = 0; scratch != NULL && i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        struct config_struct made = state->base;
        if (state->leaves.section->per_role && !config_effective_make(state, subject, scratch, &made)) {
            out->failed = true;
            break;
        }
        if (i > 0)
            strbuf_printf(out, "\n%s:\n", state->leaves.section->name);
        print_values(&printer, &state->leaves, made.values, i > 0 ? 1 : 0);
    }
    talloc_free(scratch);
}
