/* The keys of a section and of those nested in it, as one flat list with paths. */
#include "config/document.h"

#include <talloc.h>

/* Where the rows of one nesting go. */
struct nesting {
    const struct config_section *section;
    size_t offset;
    const char *prefix; /* "" or "tls." */
    unsigned flags;
};

size_t config_flat_key_count(const struct config_section *section)
{
    size_t count = 0;
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        count += key->type->shape == CONFIG_SHAPE_SECTION ? config_flat_key_count(key->section) : 1;
    return count;
}

/* Nested as deep as the schema's rows are. */
static bool add_flat_keys(void *owner, struct config_flat_keys *flat_keys, const struct nesting *nesting)
{
    flat_keys->has_finish = flat_keys->has_finish || nesting->section->finish != NULL;
    for (const struct config_key *key = nesting->section->keys; key->name != NULL; key++) {
        const bool is_section = key->type->shape == CONFIG_SHAPE_SECTION;
        const char *path =
            talloc_asprintf(owner, "%s%s%s", nesting->prefix, key->name, is_section ? "." : "");
        const size_t offset = nesting->offset + key->offset;
        const unsigned flags = key->flags | (nesting->flags & CONFIG_GLOBAL);
        if (path == NULL)
            return false;
        if (!is_section)
            flat_keys->items[flat_keys->count++] = (struct config_flat_key){key, offset, path, flags};
        else if (!add_flat_keys(owner, flat_keys, &(struct nesting){key->section, offset, path, flags}))
            return false;
    }
    return true;
}

bool config_flat_keys_make(void *owner, const struct config_section *section,
                           struct config_flat_keys *flat_keys)
{
    *flat_keys = (struct config_flat_keys){.section = section};
    flat_keys->items =
        talloc_zero_size(owner, (config_flat_key_count(section) + 1) * sizeof *flat_keys->items);
    return flat_keys->items != NULL && add_flat_keys(owner, flat_keys, &(struct nesting){section, 0, "", 0});
}

size_t config_flat_key_by_path(const struct config_flat_keys *flat_keys, const char *path)
{
    size_t at = 0;
    while (at < flat_keys->count && strcmp(flat_keys->items[at].path, path) != 0)
        at++;
    return at;
}

const struct config_key *config_section_key(const struct config_section *section, const char *name)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

struct config_section_state *config_section_by_name(const struct config_document *document, const char *name)
{
    for (size_t i = 1; i < document->schema.count; i++)
        if (strcmp(document->schema.sections[i]->name, name) == 0)
            return &document->sections[i];
    return NULL;
}
