#include "config/print.h"

#include "config/print_rows.h"

#include <talloc.h>

/* ---- sections --------------------------------------------------------------------------------------- */

bool config_role_differences(const struct config_section_state *state, int role,
                             const struct config_value **values)
{
    size_t count = 0;
    for (size_t i = 0; i < state->flat_keys.count; i++) {
        const struct config_value *value = state->roles[role].values[i];
        values[i] = config_values_are_same(value, state->base.values[i]) ? NULL : value;
        count += values[i] != NULL;
    }
    return count != 0;
}

static void print_roles(const struct config_printer *printer, const struct config_section_state *state)
{
    const struct config_value **values =
        talloc_zero_size(NULL, (state->flat_keys.count + 1) * sizeof(const struct config_value *));
    bool has_header = false;
    if (values == NULL)
        printer->out->failed = true;
    for (int role = 0; values != NULL && role < ROLE_COUNT; role++) {
        if (!config_role_differences(state, role, values))
            continue;
        if (!has_header)
            strbuf_append_text(printer->out, "  roles:\n");
        has_header = true;
        strbuf_printf(printer->out, "    %s:\n", role_name((enum role)role));
        config_print_values(printer, &state->flat_keys, values, 3);
    }
    talloc_free(values);
}

static void print_section(const struct config_printer *printer, const struct config_section_state *state)
{
    const struct config_section *section = state->flat_keys.section;
    if (section->name[0] == '\0') {
        config_print_values(printer, &state->flat_keys, state->base.values, 0);
        return;
    }
    strbuf_printf(printer->out, "%s:\n", section->name);
    config_print_values(printer, &state->flat_keys, state->base.values, 1);
    if (section->per_role)
        print_roles(printer, state);
}

/* ---- overrides -------------------------------------------------------------------------------------- */

static void print_patch(const struct config_printer *printer, const struct config_section_state *state,
                        const struct config_patch *patch)
{
    const struct config_value **values =
        talloc_zero_size(NULL, (state->flat_keys.count + 1) * sizeof(const struct config_value *));
    if (values == NULL) {
        printer->out->failed = true;
        return;
    }
    for (size_t i = 0; i < patch->layer.count; i++)
        values[patch->layer.items[i]->flat_key] = patch->layer.items[i];
    const bool is_empty = patch->layer.count == 0;
    strbuf_printf(printer->out, "    %s:%s\n", state->flat_keys.section->name, is_empty ? " {}" : "");
    config_print_values(printer, &state->flat_keys, values, 3);
    talloc_free(values);
}

/* The conditions that were written. */
static void print_when(const struct config_printer *printer, const struct config_document *document,
                       const struct config_override *override)
{
    const struct config_value *written[8] = {NULL};
    for (size_t i = 0; i < document->when_flat_keys.count; i++) {
        const struct config_value *value = override->when_struct.values[i];
        written[i] = value != NULL && value->place.file != NULL ? value : NULL;
    }
    strbuf_append_text(printer->out, "  - when:\n");
    config_print_values(printer, &document->when_flat_keys, written, 3);
}

static void print_overrides(const struct config_printer *printer, const struct config_document *document)
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

static void print_document(const struct config_document *document, const struct config_printer *printer)
{
    for (size_t i = 0; i < document->schema.count; i++) {
        if (i > 0)
            strbuf_append_byte(printer->out, '\n');
        print_section(printer, &document->sections[i]);
    }
    print_overrides(printer, document);
}

void config_document_print(const struct config_document *document, struct strbuf *out)
{
    print_document(document, &(struct config_printer){out, true});
}

void config_document_print_values(const struct config_document *document, struct strbuf *out)
{
    print_document(document, &(struct config_printer){out, false});
}

void config_document_print_restart(const struct config_document *document, struct strbuf *out)
{
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        const char *section = state->flat_keys.section->name;
        for (size_t j = 0; j < state->flat_keys.count; j++) {
            const struct config_flat_key *flat_key = &state->flat_keys.items[j];
            const struct config_value *value = state->base.values[j];
            if ((flat_key->flags & CONFIG_RESTART) == 0)
                continue;
            strbuf_printf(out, "%s%s%s: ", section, section[0] == '\0' ? "" : ".", flat_key->path);
            if (value != NULL)
                flat_key->key->type->print(flat_key->key, value->node, value->bytes, out);
            strbuf_append_byte(out, '\n');
        }
    }
}

void config_document_print_example(const struct config_document *document, size_t section_index,
                                   struct strbuf *out)
{
    const struct config_printer printer = {out, false};
    print_section(&printer, &document->sections[section_index]);
}

const struct config_patch *config_patch_of(const struct config_section_state *state,
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
        const struct config_patch *patch = config_patch_of(state, override);
        for (size_t j = 0; patch != NULL && j < patch->layer.count; j++) {
            strbuf_printf(out, "%s%s.%s", separator, state->flat_keys.section->name,
                          state->flat_keys.items[patch->layer.items[j]->flat_key].path);
            separator = ", ";
        }
    }
    strbuf_append_byte(out, '\n');
}

void config_document_print_matches(const struct config_document *document,
                                   const struct config_subject *subject, struct strbuf *out)
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

void config_document_print_subject(const struct config_document *document,
                                   const struct config_subject *subject, struct strbuf *out)
{
    const struct config_printer printer = {out, true};
    void *scratch = talloc_new(NULL);
    if (scratch == NULL)
        out->failed = true;
    for (size_t i = 0; scratch != NULL && i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        struct config_struct made = state->base;
        if (state->flat_keys.section->per_role && !config_effective_make(state, subject, scratch, &made)) {
            out->failed = true;
            break;
        }
        if (i > 0)
            strbuf_printf(out, "\n%s:\n", state->flat_keys.section->name);
        config_print_values(&printer, &state->flat_keys, made.values, i > 0 ? 1 : 0);
    }
    talloc_free(scratch);
}
