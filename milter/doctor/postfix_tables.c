#include "postfix_tables.h"

#include "command_output.h"
#include "setting_value.h"

#include <errno.h>
#include <stdlib.h>

enum { TABLE_BYTES_MAX = 64 << 20, FILE_DEPTH_MAX = 2 };

/* What is being read, and where it goes. */
struct reading {
    struct served_domains *served;
    const char *setting;
    const char *directory;
    struct strbuf *unread;
};

/* ---- kinds of tables -------------------------------------------------------------------------------------
 */

static bool is_kind(struct slice table, const char *const *kinds)
{
    struct slice kind = slice_part(table, 0, slice_find(table, ':'));
    for (; *kinds != NULL; kinds++)
        if (slice_equal_nocase(kind, slice_of(*kinds)))
            return true;
    return false;
}

/* Those that `postmap -s` lists. */
static bool can_be_listed(struct slice table)
{
    static const char *const kinds[] = {"hash", "btree",    "lmdb",   "cdb", "dbm",
                                        "sdbm", "texthash", "inline", NULL};
    return is_kind(table, kinds);
}

/* proxy: is for processes without the rights to read the file. */
static struct slice without_proxy(struct slice table)
{
    const struct slice proxy = slice_of("proxy:");
    return slice_starts_nocase(table, proxy) ? slice_part(table, proxy.length, table.length) : table;
}

static bool run_postmap(const char *const *argv, struct slice input, struct strbuf *out)
{
    strbuf_init(out, TABLE_BYTES_MAX);
    return command_filter(argv, input, out);
}

/* ---- adding ----------------------------------------------------------------------------------------------
 */

static void add_domain(struct served_domains *served, struct slice domain)
{
    size_t from = served->text.length;
    strbuf_append_slice(&served->text, domain);
    strbuf_append_byte(&served->text, '\0');
    for (size_t i = from; i < served->text.length; i++)
        served->text.data[i] = ascii_lower(served->text.data[i]);
    served->domain_count++;
}

static void add_table(const struct reading *reading, struct slice table)
{
    struct served_domains *served = reading->served;
    struct domain_table *grown =
        reallocarray(served->tables, served->table_count + 1, sizeof *served->tables);
    char *name = strndup(table.data, table.length);
    if (grown != NULL)
        served->tables = grown;
    if (grown == NULL || name == NULL) {
        free(name);
        served->failed = true;
        return;
    }
    grown[served->table_count++] = (struct domain_table){name, reading->setting};
    /* cppcheck-suppress memleak ; the table has the name */
}

/* The next line's key; `rest` moves behind the line. */
static struct slice take_key(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n');
    struct slice line = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + (end < rest->length), rest->length);
    return slice_part(line, 0, slice_find(line, '\t'));
}

static bool is_some_key_an_address(struct slice lines)
{
    while (lines.length > 0) {
        struct slice key = take_key(&lines);
        if (slice_find(key, '@') < key.length)
            return true;
    }
    return false;
}

/* Whether `key` is the domain of some address among the keys: "@example.com<TAB>". */
static bool is_domain_of_addresses(struct slice lines, struct slice key)
{
    struct strbuf needle;
    strbuf_init(&needle, 0);
    strbuf_append_byte(&needle, '@');
    strbuf_append_slice(&needle, key);
    strbuf_append_byte(&needle, '\t');
    bool is_found = memmem(lines.data, lines.length, strbuf_text(&needle), needle.length) != NULL;
    strbuf_deinit(&needle);
    return is_found;
}

/* The keys of `postmap -s`, "key<TAB>value" a line. In a table of addresses (virtual_alias_maps, which
 * virtual_alias_domains is by default) "first.last" is a name, and "example.com" beside "ann@example.com" a
 * domain. */
static void add_keys(struct served_domains *served, struct slice lines)
{
    const struct slice all = lines;
    bool has_addresses = is_some_key_an_address(lines);
    while (lines.length > 0) {
        struct slice key = take_key(&lines);
        if (key.length > 0 && slice_find(key, '@') == key.length &&
            (!has_addresses || is_domain_of_addresses(all, key)))
            add_domain(served, key);
    }
}

static void list_table(const struct reading *reading, struct slice table)
{
    struct strbuf out;
    char *name = strndup(table.data, table.length);
    const char *const argv[] = {"postmap", "-c", reading->directory, "-s", name, NULL};
    if (name == NULL)
        reading->served->failed = true;
    else if (run_postmap(argv, (struct slice){0}, &out))
        add_keys(reading->served, strbuf_slice(&out));
    else
        strbuf_printf(reading->unread, "%s: postmap -s cannot list it\n", name);
    if (name != NULL)
        strbuf_deinit(&out);
    free(name);
}

static void add_words(const struct reading *reading, struct slice words, unsigned depth);

/* "/etc/postfix/domains": a list of the same form, with comments. */
static void add_file(const struct reading *reading, struct slice word, unsigned depth)
{
    struct strbuf content;
    strbuf_init(&content, TABLE_BYTES_MAX);
    char *path = strndup(word.data, word.length);
    if (path == NULL || !file_content(path, &content)) {
        strbuf_printf(reading->unread, "%s: %s\n", path == NULL ? "" : path,
                      path == NULL ? "out of memory" : strerror(errno));
    } else {
        struct slice rest = strbuf_slice(&content);
        for (size_t end; rest.length > 0; rest = slice_part(rest, end, rest.length)) {
            end = slice_find(rest, '\n');
            struct slice line = slice_part(rest, 0, end);
            end += end < rest.length;
            add_words(reading, slice_part(line, 0, slice_find(line, '#')), depth + 1);
        }
    }
    free(path);
    strbuf_deinit(&content);
}

static void add_words(const struct reading *reading, struct slice words, unsigned depth)
{
    struct slice word;
    while (setting_next_word(&words, &word)) {
        if (word.data[0] == '!')
            continue;
        if (word.data[0] == '/' && depth < FILE_DEPTH_MAX)
            add_file(reading, word, depth);
        else if (slice_find(word, ':') == word.length)
            add_domain(reading->served, word);
        else if (can_be_listed(without_proxy(word)))
            list_table(reading, without_proxy(word));
        else if (word.data[0] != '[')
            add_table(reading, without_proxy(word));
    }
}

void served_domains_add(struct served_domains *served, const char *setting, const char *value,
                        const char *directory, struct strbuf *unread)
{
    const struct reading reading = {served, setting, directory, unread};
    add_words(&reading, slice_of(value), 0);
}

/* ---- asking ----------------------------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void served_domains_sort(struct served_domains *served)
{
    free(served->domains);
    served->domains = calloc(served->domain_count + 1, sizeof *served->domains);
    served->failed = served->failed || served->domains == NULL || served->text.failed;
    if (served->failed)
        return;
    char *at = served->text.data;
    for (size_t i = 0; i < served->domain_count; i++, at += strlen(at) + 1)
        served->domains[i] = at;
    qsort(served->domains, served->domain_count, sizeof *served->domains, compare);
}

static bool has_exactly(const struct served_domains *served, const char *domain)
{
    return !served->failed &&
           bsearch(&domain, served->domains, served->domain_count, sizeof *served->domains, compare) != NULL;
}

bool served_domains_has(const struct served_domains *served, const char *domain)
{
    if (has_exactly(served, domain))
        return true;
    for (const char *dot = strchr(domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        if (has_exactly(served, dot))
            return true;
    return false;
}

bool domain_table_ask(const struct domain_table *table, const char *directory, struct slice keys,
                      struct strbuf *known)
{
    struct strbuf out;
    const char *const argv[] = {"postmap", "-c", directory, "-q", "-", table->name, NULL};
    errno = 0;
    /* Status 1 is "none of them" as well as "it failed", which is also said. */
    bool is_answered = run_postmap(argv, keys, &out) || errno == 0;
    is_answered = is_answered && strstr(strbuf_text(&out), "postmap: fatal:") == NULL;
    for (struct slice rest = strbuf_slice(&out); is_answered && rest.length > 0;) {
        strbuf_append_slice(known, take_key(&rest));
        strbuf_append_byte(known, '\n');
    }
    strbuf_deinit(&out);
    return is_answered;
}

void served_domains_deinit(struct served_domains *served)
{
    for (size_t i = 0; i < served->table_count; i++)
        free(served->tables[i].name);
    free(served->tables);
    free(served->domains);
    strbuf_deinit(&served->text);
    *served = (struct served_domains){0};
}
