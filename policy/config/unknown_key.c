/* Says of a key that there is none, which was meant, or where it belongs. */
#include "config/document.h"
#include "base/nearest_word.h"

enum { CANDIDATES_MAX = 128 };

/* Names that a key could have been meant to be, ended by NULL. */
struct candidates {
    const char *names[CANDIDATES_MAX + 1];
    size_t count;
};

static void add_candidate(struct candidates *candidates, const char *name)
{
    if (candidates->count < CANDIDATES_MAX)
        candidates->names[candidates->count++] = name;
    candidates->names[candidates->count] = NULL;
}

static void add_keys(struct candidates *candidates, const struct config_section *section)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        add_candidate(candidates, key->name);
}

static bool is_top_name(const struct config_schema *schema, const char *name)
{
    if (config_section_key(schema->sections[0], name) != NULL || strcmp(name, "overrides") == 0 ||
        strcmp(name, "include") == 0)
        return true;
    for (size_t i = 1; i < schema->count; i++)
        if (strcmp(schema->sections[i]->name, name) == 0)
            return true;
    return false;
}

/* "it belongs under 'size:' or 'recipients:'"; nothing where no other place knows the key. */
static void append_where_it_belongs(const struct config_schema *schema, const char *name, bool at_top,
                                    struct strbuf *words)
{
    enum { PLACES_MAX = 3 };
    size_t found = 0;
    if (!at_top && is_top_name(schema, name)) {
        strbuf_append_text(words, "it belongs at the top level");
        found++;
    }
    for (size_t i = 1; i < schema->count && found < PLACES_MAX; i++) {
        if (config_section_key(schema->sections[i], name) == NULL)
            continue;
        strbuf_printf(words, "%s'%s:'", found++ == 0 ? "it belongs under " : " or ",
                      schema->sections[i]->name);
    }
}

/* `where` is "" or " under 'size:'". */
static void tell(const struct config_build *build, const struct config_node *child, const char *where,
                 const struct candidates *candidates)
{
    const struct slice key = slice_of(child->key);
    if (slice_find(key, ':') != key.length) { /* "{limit:30}" is one key without a value */
        config_problem_error(build->problems, child->key_place, "'%s' has no space behind its ':'",
                             config_excerpt_of(key).text);
        return;
    }
    const char *meant = nearest_word(key, candidates->names);
    struct strbuf words;
    strbuf_init(&words, 0);
    append_where_it_belongs(&build->document->schema, child->key, where[0] == '\0', &words);
    const bool belongs = words.length > 0;
    config_problem_error(build->problems, child->key_place, "unknown key '%s'%s%s%s%s%s%s",
                         config_excerpt_of(key).text, where, belongs ? ": " : "", strbuf_text(&words),
                         meant == NULL ? "" : " (did you mean '", meant == NULL ? "" : meant,
                         meant == NULL ? "" : "'?)");
    if (words.failed)
        config_problem_out_of_memory(build->problems);
    strbuf_deinit(&words);
}

void config_tell_unknown_key(const struct config_build *build, const struct config_section *section,
                             const struct config_node *child)
{
    struct candidates candidates = {.count = 0};
    struct strbuf where;
    strbuf_init(&where, 0);
    strbuf_printf(&where, " under '%s:'", section->name);
    add_keys(&candidates, section);
    if (section->per_role)
        add_candidate(&candidates, "roles");
    tell(build, child, strbuf_text(&where), &candidates);
    if (where.failed)
        config_problem_out_of_memory(build->problems);
    strbuf_deinit(&where);
}

void config_tell_unknown_top_key(const struct config_build *build, const struct config_node *child)
{
    struct candidates candidates = {.count = 0};
    const struct config_schema *schema = &build->document->schema;
    add_keys(&candidates, schema->sections[0]);
    add_candidate(&candidates, "include");
    add_candidate(&candidates, "overrides");
    for (size_t i = 1; i < schema->count; i++)
        add_candidate(&candidates, schema->sections[i]->name);
    tell(build, child, "", &candidates);
}
