#include "config/reference.h"

#include "config/document.h"
#include "config/print.h"

#include <talloc.h>

/* What holds for all keys. Written for who has an empty file before them. */
static const char introduction[] =
    "# Configuration\n"
    "\n"
    "This page is made from the program's own table of keys. No file, and an empty file, give every default "
    "below.\n"
    "`closedrelay check` tells what is wrong with a file, all of it at once, each error with its line;\n"
    "`closedrelay check --print` shows every value that applies and where it comes from.\n"
    "\n"
    "- The file is YAML, at most 1 MB of UTF-8. Anchors, aliases, tags, merge keys and several documents are "
    "refused.\n"
    "  A key that is not listed here, a key written twice, a value of another kind: each is an error.\n"
    "- **Sizes** have a unit: `30MB` is 30,000,000 bytes, `30MiB` is 31,457,280 (kB, MB, GB, TB; KiB, MiB, "
    "GiB, TiB).\n"
    "- **Durations** have a unit: `500ms`, `2s`, `30m`, `1h`, `7d`.\n"
    "- **Lists** may be one value or `[several, of, them]`. An entry `file:PATH` stands for the lines of a "
    "file, one entry\n"
    "  a line; what follows `#` is a comment. A relative path is looked for beside the file it is written "
    "in.\n"
    "- **A list may be changed** instead of written anew: `{ add: [docm], remove: [url] }` changes what holds without it,\n"
    "  the default or, under `roles:` and in overrides, what applies below. Entries of lists such as `dnsbl.lists` are\n"
    "  removed by their names.\n"
    "- **Sources**: sets of domains, networks and words, and maps, may name tables among their entries. A `file:` is "
    "looked\n"
    "  at every second and read again, whole or not at all, when it has changed; a broken one leaves the old entries in\n"
    "  force. Words and domains may also come from `lmdb:PATH` and `cdb:PATH` (as postmap writes them, without the "
    "ending),\n"
    "  `socketmap:inet:HOST:PORT:NAME`, `socketmap:unix:PATH:NAME` and `sqlite:PATH:QUERY` (one `?` for the key). See\n"
    "  docs/tables.md.\n"
    "- **Texts** that begin with one of `: @ * & ! % [ { ' \" #` are written in quotes: `\"::1\"`.\n"
    "- `include: conf.d/*.yaml` reads further files, in the order of their names. A key may be set in one "
    "file only;\n"
    "  entries of `overrides:` add up.\n"
    "- **Roles**: sections marked so may say under `roles:` what is different for messages of one role:\n"
    "  `submission`, `trusted`, `local`, `outside`. What the file says for all goes before a role's "
    "default.\n"
    "- **Overrides** go further, see the end of this page.\n"
    "\n";

static const char overrides_text[] =
    "## overrides\n"
    "\n"
    "A list of exceptions, each with the condition `when:` and sections whose keys it changes. They apply "
    "from top to\n"
    "bottom, the later wins. Only sections with values per role can be overridden.\n"
    "\n"
    "```yaml\n"
    "overrides:\n"
    "  - when: { user: newsletter@example.com }\n"
    "    recipients: { limit: 5000 }\n"
    "  - when: { role: trusted, network: 192.0.2.0/24 }\n"
    "    recipients: { limit: 500 }\n"
    "```\n"
    "\n"
    "All the conditions of one `when:` must hold; of several values of one condition, one must.\n"
    "`closedrelay check --print --for user=ann@example.com,client=192.0.2.7` tells which of them match and what applies then.\n"
    "\n";

/* '|' would end a table's cell. */
static void append_cell(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            strbuf_append_byte(out, '\\');
        strbuf_append_byte(out, (char)(*text == '\n' ? ' ' : *text));
    }
}

static void append_default(const struct config_flat_keys *flat_keys, const struct config_flat_key *flat_key,
                           struct strbuf *out)
{
    const struct config_key *key = flat_key->key;
    const struct config_role_default *role_default = flat_keys->section->role_defaults;
    if ((key->flags & CONFIG_REQUIRED) != 0)
        strbuf_append_text(out, "(required)");
    else if (key->default_text == NULL || key->default_text[0] == '\0')
        strbuf_append_text(out, key->type->shape == CONFIG_SHAPE_SCALAR ? "(none)" : "(empty)");
    else if (strlen(key->default_text) > 60)
        strbuf_append_text(out, "see above");
    else {
        strbuf_append_byte(out, '`');
        append_cell(out, key->default_text);
        strbuf_append_byte(out, '`');
    }
    for (; role_default != NULL && role_default->key != NULL; role_default++)
        if (strcmp(role_default->key, flat_key->path) == 0)
            strbuf_printf(out, "; %s: `%s`", role_name(role_default->role), role_default->text);
}

/* Words that another row of the section has as well are explained there. */
static bool explained_before(const struct config_flat_keys *flat_keys, const struct config_flat_key *flat_key)
{
    for (const struct config_flat_key *other = flat_keys->items; other != flat_key; other++)
        if (other->key->choices == flat_key->key->choices)
            return true;
    return false;
}

static void append_choices(const struct config_flat_keys *flat_keys, const struct config_flat_key *flat_key,
                           struct strbuf *out)
{
    const struct config_choice *choices = flat_key->key->choices;
    if (choices == NULL || explained_before(flat_keys, flat_key))
        return;
    for (; choices->name != NULL; choices++) {
        if (choices->text == NULL)
            continue;
        strbuf_printf(out, "<br>`%s`: ", choices->name);
        append_cell(out, choices->text);
    }
}

static void append_flat_key(const struct config_flat_keys *flat_keys, const struct config_flat_key *flat_key,
                            struct strbuf *out)
{
    const struct config_key *key = flat_key->key;
    strbuf_printf(out, "| `%s` | ", flat_key->path);
    if (key->type->shape == CONFIG_SHAPE_ARRAY)
        strbuf_append_text(out, "a list of entries, see below");
    else
        key->type->describe(key, out);
    strbuf_append_text(out, " | ");
    append_default(flat_keys, flat_key, out);
    strbuf_append_text(out, " | ");
    append_cell(out, key->text == NULL ? "" : key->text);
    if ((flat_key->flags & CONFIG_RESTART) != 0)
        strbuf_append_text(out, " " CONFIG_RESTART_TEXT);
    if (flat_keys->section->per_role && (flat_key->flags & CONFIG_GLOBAL) != 0)
        strbuf_append_text(out, " The same for everybody: not under `roles` or `overrides`.");
    append_choices(flat_keys, flat_key, out);
    strbuf_append_text(out, " |\n");
}

static void append_table(const struct config_flat_keys *flat_keys, struct strbuf *out)
{
    strbuf_append_text(out, "| key | value | default | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < flat_keys->count; i++)
        append_flat_key(flat_keys, &flat_keys->items[i], out);
    strbuf_append_byte(out, '\n');
}

/* Tables of the arrays among the flat keys, and of arrays in those. */
static void append_array_tables(const struct config_flat_keys *flat_keys, const char *around,
                                struct strbuf *out)
{
    for (size_t i = 0; i < flat_keys->count; i++) {
        struct config_flat_keys entry;
        if (flat_keys->items[i].key->type->shape != CONFIG_SHAPE_ARRAY)
            continue;
        void *scratch = talloc_new(NULL);
        char *path = talloc_asprintf(scratch, "%s%s%s", around, around[0] == '\0' ? "" : ".",
                                     flat_keys->items[i].path);
        if (path == NULL || !config_flat_keys_make(scratch, flat_keys->items[i].key->section, &entry)) {
            out->failed = true;
        } else {
            strbuf_printf(out, "### Entries of %s\n\n%s\n\n", path,
                          entry.section->text == NULL ? "" : entry.section->text);
            append_table(&entry, out);
            append_array_tables(&entry, path, out);
        }
        talloc_free(scratch);
    }
}

static void append_section(const struct config_document *defaults, size_t index, struct strbuf *out)
{
    const struct config_flat_keys *flat_keys = &defaults->sections[index].flat_keys;
    const struct config_section *section = flat_keys->section;
    strbuf_printf(out, "## %s\n\n%s%s\n\n```yaml\n", section->name[0] == '\0' ? "Top level" : section->name,
                  section->text == NULL ? "" : section->text,
                  section->per_role ? " May differ per role." : "");
    config_document_print_example(defaults, index, out);
    strbuf_append_text(out, "```\n\n");
    append_table(flat_keys, out);
    append_array_tables(flat_keys, section->name, out);
}

void config_reference_print(const struct config_schema *schema, struct strbuf *out)
{
    void *scratch = talloc_new(NULL);
    struct config_problems *problems = config_problems_create(scratch);
    const struct config_document *defaults =
        problems == NULL ? NULL : config_document_load(scratch, schema, NULL, problems);
    if (defaults == NULL) {
        out->failed = true;
    } else {
        strbuf_append_text(out, introduction);
        for (size_t i = 0; i < schema->count; i++)
            append_section(defaults, i, out);
        strbuf_append_text(out, overrides_text);
        append_table(&defaults->when_flat_keys, out);
    }
    talloc_free(scratch);
}
