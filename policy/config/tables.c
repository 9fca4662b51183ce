#include "config/tables.h"

#include "config/text_file.h"

#include <talloc.h>

struct opened_table {
    struct table *table;
    enum table_shape shape;
};

struct config_tables {
    struct table_registry *registry;
    struct opened_table *items;
    size_t count;
};

static int close_all(struct config_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        table_registry_close(tables->registry, tables->items[i].table);
    table_registry_unref(tables->registry);
    return 0;
}

struct config_tables *config_tables_create(void *owner, struct table_registry *shared)
{
    struct config_tables *tables = talloc_zero(owner, struct config_tables);
    if (tables == NULL)
        return NULL;
    talloc_set_destructor(tables, close_all);
    tables->registry = shared != NULL ? table_registry_ref(shared) : table_registry_create();
    if (tables->registry == NULL)
        TALLOC_FREE(tables);
    return tables;
}

struct table_registry *config_tables_registry(const struct config_tables *tables)
{
    return tables->registry;
}

void config_tables_examine(const struct config_tables *tables,
                           void (*tell)(void *context, const char *name, const char *trouble), void *context)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = tables->items[i].table;
        const char *trouble = table_trouble(table);
        if (trouble != NULL)
            tell(context, table_name(table), trouble);
    }
}

static struct table *find_opened(const struct config_tables *tables, struct slice name,
                                 enum table_shape shape)
{
    for (size_t i = 0; i < tables->count; i++)
        if (tables->items[i].shape == shape &&
            slice_equal(slice_of(table_name(tables->items[i].table)), name))
            return tables->items[i].table;
    return NULL;
}

/* The table, opened now or before; NULL: `problem` says why. */
static struct table *open_once(struct config_tables *tables, struct slice name, enum table_shape shape,
                               struct strbuf *problem)
{
    struct table *table = find_opened(tables, name, shape);
    if (table != NULL)
        return table;
    struct opened_table *items =
        talloc_realloc_size(tables, tables->items, (tables->count + 1) * sizeof *items);
    if (items == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    tables->items = items;
    table = table_registry_open(tables->registry, name, shape, problem);
    if (table != NULL)
        tables->items[tables->count++] = (struct opened_table){table, shape};
    return table;
}

/* "PATH:LINE: WHAT" as a place and the rest; other lines as they are, at the place of the entry. */
static void report_line(const struct config_parse *parse, struct slice line, struct slice path,
                        struct config_place place)
{
    size_t at = path.length + 1;
    uint64_t number = 0;
    if (path.length > 0 && line.length > at && slice_equal(slice_part(line, 0, path.length), path)) {
        size_t end = at + slice_find(slice_part(line, at, line.length), ':');
        if (end + 2 <= line.length && config_digits(slice_part(line, at, end), &number)) {
            const char *file = config_copy_text(parse, path);
            line = slice_part(line, end + 2, line.length);
            place = (struct config_place){file == NULL ? "" : file, (unsigned)number, 1};
        }
    }
    config_value_error(parse, place, "%.*s", (int)line.length, line.data);
}

static void report_problems(const struct config_parse *parse, struct slice name, struct slice problem,
                            struct config_place place)
{
    struct slice path = {NULL, 0};
    table_source_path(name, &path);
    while (problem.length > 0) {
        const size_t end = slice_find(problem, '\n');
        report_line(parse, slice_part(problem, 0, end), path, place);
        problem = slice_part(problem, end < problem.length ? end + 1 : end, problem.length);
    }
}

static bool is_refused(const struct config_parse *parse, struct slice text, struct config_place place)
{
    if ((parse->key->flags & CONFIG_FILES_ONLY) == 0 || slice_starts_nocase(text, slice_of("file:")))
        return false;
    config_value_error(parse, place, "of the sources only file: can be used here");
    return true;
}

/* An empty list, and one that lost too much, are seldom meant. */
static void warn_of_entries(const struct config_parse *parse, struct table *table, struct config_place place)
{
    struct table_status status;
    table_get_status(table, &status);
    if (status.is_held_back)
        config_problem_warning(
            parse->problems, place,
            "%s: %s: of %zu entries %zu are left: those read before stay in force until `closedrelay "
            "reload --accept-shrunk` says that it is meant",
            parse->key->name, status.name, status.entry_count, status.held_entry_count);
    else if (status.is_counted && status.entry_count == 0)
        config_problem_warning(parse->problems, place, "%s: %s has no entries", parse->key->name,
                               status.name);
}

struct table *config_source_open(const struct config_parse *parse, struct slice text,
                                 struct config_place place, enum table_shape shape)
{
    struct strbuf name, problem;
    if (is_refused(parse, text, place))
        return NULL;
    strbuf_init(&name, 0);
    strbuf_init(&problem, 0);
    config_source_print(text, place.file, &name);
    struct table *table = name.failed ? NULL : open_once(parse->tables, strbuf_slice(&name), shape, &problem);
    if (name.failed || problem.failed)
        config_problem_out_of_memory(parse->problems);
    else if (table == NULL)
        report_problems(parse, strbuf_slice(&name), strbuf_slice(&problem), place);
    else
        warn_of_entries(parse, table, place);
    strbuf_deinit(&name);
    strbuf_deinit(&problem);
    return table;
}

void config_source_print(struct slice text, const char *from, struct strbuf *out)
{
    struct slice path;
    if (from == NULL || !table_source_path(text, &path)) {
        strbuf_append_slice(out, text);
        return;
    }
    const size_t path_at = (size_t)(path.data - text.data);
    char *resolved = text_file_resolve(NULL, slice_trim(path), from);
    strbuf_append_slice(out, slice_part(text, 0, path_at));
    strbuf_append_text(out, resolved == NULL ? "" : resolved);
    strbuf_append_slice(out, slice_part(text, path_at + path.length, text.length));
    out->failed = out->failed || resolved == NULL;
    talloc_free(resolved);
}

bool config_table_list_add(void *owner, struct config_table_list *list, struct table *table)
{
    struct table **items = talloc_realloc_size(owner, list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    list->items[list->count++] = table;
    return true;
}
