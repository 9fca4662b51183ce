/* Entries of lists and keys of maps that can never match what was meant by them. */
#include "config/types.h"

#include "config/document.h"

/* ---- tables of other programs ------------------------------------------------------------------------- */

static const char by_database[] =
    "closedrelay reads no Berkeley DB: run `postmap lmdb:PATH` and write lmdb:PATH, or cdb:, or file: for the text "
    "it is made from";
static const char by_server[] =
    "closedrelay asks no such server itself: write socketmap:unix:PATH:NAME or socketmap:inet:HOST:PORT:NAME for a "
    "program that does, sqlite:PATH:QUERY, or file: for a list that is exported from it (docs/tables.md)";
static const char by_pattern[] =
    "there are no patterns here: write the entries, .example.com for all domains below one, or file:PATH for a list";
static const char by_text[] = "write file: before the path";

/* Kinds of Postfix' and Sendmail's that closedrelay has not, and what to write. */
static const struct {
    const char *kind, *advice;
} foreign_kinds[] = {
    {"hash:", by_database},   {"btree:", by_database},  {"dbm:", by_database},    {"sdbm:", by_database},
    {"mysql:", by_server},    {"pgsql:", by_server},    {"ldap:", by_server},     {"mongodb:", by_server},
    {"memcache:", by_server}, {"nis:", by_server},      {"nisplus:", by_server},  {"tcp:", by_server},
    {"proxy:", by_server},    {"unionmap:", by_server}, {"pipemap:", by_server},  {"environ:", by_server},
    {"redis:", by_server},    {"rediss:", by_server},   {"pcre:", by_pattern},    {"regexp:", by_pattern},
    {"static:", by_pattern},  {"inline:", by_pattern},  {"randmap:", by_pattern}, {"texthash:", by_text},
    {"cidr:", by_text},       {"text:", by_text},
};

const char *config_foreign_table(struct slice text)
{
    for (size_t i = 0; i < sizeof foreign_kinds / sizeof *foreign_kinds; i++)
        if (slice_starts_nocase(text, slice_of(foreign_kinds[i].kind)))
            return foreign_kinds[i].advice;
    return NULL;
}

/* ---- several entries in one text ---------------------------------------------------------------------- */

static bool separates(char c, bool blanks_do)
{
    return c == ',' || c == ';' || c == '|' || (blanks_do && (c == ' ' || c == '\t'));
}

/* The next part of a text; false at its end. Empty parts are passed over. */
static bool next_part(struct slice *rest, bool blanks_do, struct slice *part)
{
    while (rest->length > 0) {
        size_t end = 0;
        while (end < rest->length && !separates(rest->data[end], blanks_do))
            end++;
        *part = slice_trim(slice_part(*rest, 0, end));
        *rest = slice_part(*rest, end < rest->length ? end + 1 : end, rest->length);
        if (part->length > 0)
            return true;
    }
    return false;
}

static bool has_separator(struct slice text, bool blanks_do)
{
    for (size_t i = 0; i < text.length; i++)
        if (separates(text.data[i], blanks_do))
            return true;
    return false;
}

/* Whether every part has one of `marks`, and there are several. */
static bool parts_look_alike(struct slice text, bool blanks_do, const char *marks)
{
    size_t count = 0;
    struct slice part;
    while (next_part(&text, blanks_do, &part)) {
        bool is_marked = false;
        for (size_t i = 0; i < part.length; i++)
            is_marked = is_marked || strchr(marks, part.data[i]) != NULL;
        if (!is_marked)
            return false;
        count++;
    }
    return count > 1;
}

/* "exe, scr" as it is to be written: "exe, scr" with commas, cut where it is long. */
static void append_parts(struct slice text, struct strbuf *out)
{
    struct slice part;
    while (next_part(&text, true, &part) && out->length < 60) {
        strbuf_append_text(out, out->length == 0 ? "" : ", ");
        config_print_text(slice_part(part, 0, part.length < 40 ? part.length : 40), out);
    }
    if (slice_trim(text).length > 0)
        strbuf_append_text(out, ", …");
}

static void report_several(const struct config_parse *parse, const struct config_entry *entry, bool is_error)
{
    struct strbuf parts;
    strbuf_init(&parts, 256);
    append_parts(entry->text, &parts);
    const struct config_excerpt shown = config_excerpt_of(entry->text);
    if (entry->is_line)
        config_value_error(parse, entry->place, "'%s' is one entry: write one a line", shown.text);
    else if (is_error)
        config_value_error(parse, entry->place, "'%s' is one text, not a list: write [%s]", shown.text,
                           strbuf_text(&parts));
    else
        config_problem_warning(parse->problems, entry->place,
                               "%s: '%s' is one text, not a list: if several are meant write [%s]",
                               parse->key->name, shown.text, strbuf_text(&parts));
    strbuf_deinit(&parts);
}

/* Free text may have any character; it is only doubted where each part looks like an entry. */
static bool doubt_free_text(const struct config_parse *parse, const struct config_entry *entry)
{
    const bool is_script = slice_starts_nocase(entry->text, slice_of("script:"));
    if (parts_look_alike(entry->text, false, is_script ? ":" : "@.*=:") ||
        parts_look_alike(entry->text, true, "@"))
        report_several(parse, entry, false);
    return true;
}

/* ---- entries ------------------------------------------------------------------------------------------ */

/* What YAML takes for a truth value or nothing, and other words that mean no entry. */
static bool is_answer(struct slice text)
{
    static const char *const words[] = {"yes", "no", "true", "false", "on", "off", "null", "~"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equal_nocase(text, slice_of(words[i])))
            return true;
    return false;
}

bool config_entry_check(const struct config_parse *parse, const struct config_entry *entry)
{
    const struct slice text = entry->text;
    const char *advice = config_foreign_table(text);
    const struct config_excerpt shown = config_excerpt_of(text);
    if (advice != NULL)
        config_value_error(parse, entry->place, "'%s': %s", shown.text, advice);
    else if (text.length > 1 && text.data[0] == '/')
        config_value_error(parse, entry->place, "'%s' is a path: write file:%s for the entries of a file",
                           shown.text, shown.text);
    else if (text.length > 1 && text.data[0] == '$')
        config_value_error(parse, entry->place,
                           "'%s': the MTA's own settings are not read here: write what it stands for",
                           shown.text);
    else if (!entry->is_quoted && !entry->is_line && is_answer(text))
        config_value_error(
            parse, entry->place,
            "'%s' is no entry of a list, such as [%s]; if the very word is meant, put it in quotes",
            shown.text, parse->key->type->example);
    else if ((parse->key->flags & CONFIG_FREE_TEXT) != 0)
        return doubt_free_text(parse, entry);
    else if (has_separator(text, true))
        report_several(parse, entry, true);
    else
        return true;
    return false;
}

bool config_map_key_check(const struct config_parse *parse, const struct config_node *child)
{
    const struct slice key = slice_of(child->key);
    const struct config_excerpt shown = config_excerpt_of(key);
    const bool is_script = slice_starts_nocase(key, slice_of("script:"));
    if (!is_script && (has_separator(key, false) || parts_look_alike(key, true, "@")))
        config_value_error(parse, child->key_place, "'%s' is one key: write a line for each", shown.text);
    else if (key.length > 1 && slice_find(key, '*') < key.length)
        config_value_error(parse, child->key_place,
                           "'%s': there are no patterns here: write @example.com for all of a domain",
                           shown.text);
    else
        return true;
    return false;
}
