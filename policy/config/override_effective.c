/* What a configuration says for a subject: the role's struct with the overrides that match over it. */
#include "config/document.h"

#include <assert.h>
#include <talloc.h>

bool config_document_patch(const struct config_document *document, size_t section_index, size_t patch,
                           enum role role, const void **settings, struct config_place *place)
{
    assert(section_index < document->schema.count && (int)role >= 0 && role < ROLE_COUNT);
    const struct config_section_state *state = &document->sections[section_index];
    if (patch >= state->patch_count)
        return false;
    *settings = state->patches[patch].settings[role];
    *place = state->patches[patch].override->place;
    return true;
}

/* The role's struct with every matching patch over it, or with `only` alone where that is given; finished.
 * False when memory ran out. */
static bool put_together(const struct config_section_state *state, const struct config_subject *subject,
                         const struct config_patch *only, void *owner, struct config_struct *made)
{
    if (!config_role_struct_make(owner, state, (int)subject->role, made))
        return false;
    if (only != NULL)
        return config_struct_apply(made, &state->flat_keys, &only->layer);
    struct config_patch_walk walk;
    config_patch_walk_begin(&walk, state, subject);
    for (const struct config_patch *patch; (patch = config_patch_walk_next(&walk)) != NULL;)
        if (!config_struct_apply(made, &state->flat_keys, &patch->layer))
            return false;
    return true;
}

/* The last patch that matches, or NULL; and how many do. */
static const struct config_patch *last_match(const struct config_section_state *state,
                                             const struct config_subject *subject, size_t *count)
{
    struct config_patch_walk walk;
    const struct config_patch *last = NULL;
    *count = 0;
    config_patch_walk_begin(&walk, state, subject);
    for (const struct config_patch *patch; (patch = config_patch_walk_next(&walk)) != NULL; ++*count)
        last = patch;
    return last;
}

bool config_effective_make(const struct config_section_state *state, const struct config_subject *subject,
                           void *owner, struct config_struct *made)
{
    size_t matching;
    const struct config_patch *last = last_match(state, subject, &matching);
    struct config_problems *problems = config_problems_create(owner);
    bool good = problems != NULL && put_together(state, subject, NULL, owner, made);
    if (good)
        config_struct_finish(owner, made, &state->flat_keys, subject->role, problems);
    if (good && last != NULL && config_problems_error_count(problems) != 0) {
        /* Right alone, wrong together: the values are the last one's, the struct is the one made at load. */
        good = put_together(state, subject, last, owner, made);
        made->settings = last->settings[subject->role];
    }
    talloc_free(problems);
    return good;
}

const void *config_document_effective(const struct config_document *document, size_t section_index,
                                      const struct config_subject *subject, void *owner)
{
    assert(section_index < document->schema.count && (int)subject->role >= 0 && subject->role < ROLE_COUNT);
    const struct config_section_state *state = &document->sections[section_index];
    size_t matching;
    if (state->patch_count == 0)
        return config_document_settings(document, section_index, subject->role);
    const struct config_patch *last = last_match(state, subject, &matching);
    if (matching == 0)
        return config_document_settings(document, section_index, subject->role);
    if (matching == 1)
        return last->settings[subject->role];
    struct config_struct made;
    if (!config_effective_make(state, subject, owner, &made))
        return NULL;
    talloc_free(made.values);
    return made.settings;
}

struct config_place config_document_place(const struct config_document *document, size_t section_index,
                                          const struct config_subject *subject, const char *path)
{
    assert(section_index < document->schema.count && (int)subject->role >= 0 && subject->role < ROLE_COUNT);
    const struct config_section_state *state = &document->sections[section_index];
    const bool per_role = state->flat_keys.section->per_role;
    const struct config_struct *base = per_role ? &state->roles[subject->role] : &state->base;
    const size_t flat_key = config_flat_key_by_path(&state->flat_keys, path);
    if (flat_key == state->flat_keys.count)
        return (struct config_place){0};
    const struct config_value *value = base->values[flat_key];
    struct config_patch_walk walk;
    config_patch_walk_begin(&walk, state, subject);
    for (const struct config_patch *patch; (patch = config_patch_walk_next(&walk)) != NULL;)
        for (size_t i = 0; i < patch->layer.count; i++)
            if (patch->layer.items[i]->flat_key == flat_key)
                value = patch->layer.items[i];
    return value == NULL ? (struct config_place){0} : value->place;
}

struct config_place config_array_place(const struct config_array *array, size_t index)
{
    const struct config_array_origins *origins = array->origins;
    assert(index < array->count);
    return origins == NULL ? (struct config_place){0} : origins->entries[index].place;
}
