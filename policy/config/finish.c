/* What sections check themselves once their structs are complete. */
#include "config/document.h"

#include <talloc.h>

/* Behind config_finish.places: one struct, and which nesting of it is looked at. */
struct finish_places {
    const struct config_flat_keys *flat_keys;
    const struct config_struct *made;
    const char *prefix; /* "" or "tls." */
};

/* Whether a flat key is `key` behind the prefix. */
static bool path_is(const char *path, const char *prefix, const char *key)
{
    const size_t length = strlen(prefix);
    return strncmp(path, prefix, length) == 0 && strcmp(path + length, key) == 0;
}

/* The value of `key` in the struct being finished; NULL: none. */
static const struct config_value *find_value(const struct finish_places *places, const char *key)
{
    if (key == NULL || places == NULL || places->made->values == NULL)
        return NULL;
    for (size_t i = 0; i < places->flat_keys->count; i++)
        if (places->made->values[i] != NULL && path_is(places->flat_keys->items[i].path, places->prefix, key))
            return places->made->values[i];
    return NULL;
}

bool config_finish_is_special(const struct config_finish *context, const char *key)
{
    const struct config_value *value = find_value(context->places, key);
    return value != NULL && value->place.file != NULL && value->role != ROLE_COUNT;
}

bool config_finish_is_written(const struct config_finish *context, const char *key)
{
    const struct config_value *value = find_value(context->places, key);
    return value != NULL && value->place.file != NULL;
}

struct config_place config_finish_place(const struct config_finish *context, const char *key)
{
    const struct config_value *value = find_value(context->places, key);
    return value == NULL || value->place.file == NULL ? context->place : value->place;
}

static void tell(const struct config_finish *context, enum config_problem_kind kind, const char *key,
                 const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void tell(const struct config_finish *context, enum config_problem_kind kind, const char *key,
                 const char *format, va_list arguments)
{
    const struct config_problem_about about = {config_finish_place(context, key), NULL};
    config_problem_add(context->problems, kind, &about, format, arguments);
}

void config_finish_error(const struct config_finish *context, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(context, CONFIG_PROBLEM_ERROR, key, format, arguments);
    va_end(arguments);
}

void config_finish_warning(const struct config_finish *context, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(context, CONFIG_PROBLEM_WARNING, key, format, arguments);
    va_end(arguments);
}

void config_finish_notice(const struct config_finish *context, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(context, CONFIG_PROBLEM_NOTICE, key, format, arguments);
    va_end(arguments);
}

/* What stays the same while the nestings of one struct are finished. */
struct finishing {
    void *owner;
    const struct config_flat_keys *flat_keys;
    const struct config_struct *made;
    struct config_finish context;
};

/* As deep as the schema's sections are. */
static void finish_nesting(const struct finishing *finishing, const struct config_section *section,
                           size_t offset, const char *prefix)
{
    const struct finish_places places = {finishing->flat_keys, finishing->made, prefix};
    struct config_finish context = finishing->context;
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if (key->type->shape != CONFIG_SHAPE_SECTION)
            continue;
        char *inner = talloc_asprintf(finishing->owner, "%s%s.", prefix, key->name);
        if (inner == NULL)
            config_problem_out_of_memory(context.problems);
        else
            finish_nesting(finishing, key->section, offset + key->offset, inner);
        talloc_free(inner);
    }
    context.places = &places;
    if (section->finish != NULL)
        section->finish(finishing->owner, (char *)finishing->made->settings + offset, &context);
}

/* A number that a section has put right is shown as it applies: it is what the role has by default, whatever
 * was written for everybody. */
static void show_changes(const struct finishing *finishing)
{
    const struct config_struct *made = finishing->made;
    for (size_t i = 0; made->values != NULL && i < finishing->flat_keys->count; i++) {
        const struct config_flat_key *flat_key = &finishing->flat_keys->items[i];
        const struct config_value *value = made->values[i];
        const char *bytes = (const char *)made->settings + flat_key->offset;
        if (value == NULL || flat_key->key->type != &config_type_count ||
            memcmp(bytes, value->bytes, flat_key->key->type->bytes) == 0)
            continue;
        struct config_value *changed = talloc_zero(finishing->owner, struct config_value);
        if (changed == NULL) {
            config_problem_out_of_memory(finishing->context.problems);
            return;
        }
        *changed = (struct config_value){
            .flat_key = i, .bytes = bytes, .node = value->node, .role = (int)finishing->context.role};
        made->values[i] = changed;
    }
}

void config_struct_finish(void *owner, const struct config_struct *made,
                          const struct config_flat_keys *flat_keys, enum role role,
                          struct config_problems *problems)
{
    const struct finishing finishing = {
        owner, flat_keys, made, {.problems = problems, .role = role, .place = made->place, .places = NULL}};
    if (!flat_keys->has_finish)
        return;
    finish_nesting(&finishing, flat_keys->section, 0, "");
    show_changes(&finishing);
}
