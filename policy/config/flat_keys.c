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

size_t config_leaf_count(const struct config_section *section)
{
    size_t count = 0;
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        count += key->type->shape == CONFIG_SHAPE_SECTION ? config_leaf_count(key->section) : 1;
    return count;
}

/* Nested as deep as the schema's rows are. */
static bool add_leaves(void *owner, struct config_leaves *leaves, const struct nesting *nesting)
{
    leaves->has_finish = leaves->has_finish || nesting->section->finish != NULL;
    for (const struct config_key *key = nesting->section->keys; key->name != NULL; key++) {
        const bool is_section = key->type->shape == CONFIG_SHAPE_SECTION;
        const char *path =
            talloc_asprintf(owner, "%s%s%s", nesting->prefix, key->name, is_section ? "." : "");
        const size_t offset = nesting->offset + key->offset;
        const unsigned flags = key->flags | (nesting->flags & CONFIG_GLOBAL);
        if (path == NULL)
            return false;
        if (!is_section)
            leaves->items[leaves->count++] = (struct config_leaf){key, offset, path, flags};
        else if (!add_leaves(owner, leaves, &(struct nesting){key->section, offset, path, flags}))
            return false;
    }
    return true;
}

bool config_leaves_make(void *owner, const struct config_section *section, struct config_leaves *leaves)
{
    *leaves = (struct config_leaves){.section = section};
    leaves->items = talloc_zero_size(owner, (config_leaf_count(section) + 1) * sizeof *leaves->items);
    return leaves->items != NULL && add_leaves(owner, leaves, &(struct nesting){section, 0, "", 0});
}

size_t config_leaf_by_path(const struct config_leaves *leaves, const char *path)
{
    size_t at = 0;
    while (at < leaves->count && strcmp(leaves->items[at].path, path) != 0)
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
