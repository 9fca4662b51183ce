/* text, path, secret. */
#include "config/text_file.h"
#include "config/types.h"

static bool take_text(const struct config_parse *parse, struct slice text, void *value)
{
    const char *copy = config_copy_text(parse, text);
    *(const char **)value = copy;
    return copy != NULL;
}

/* "" only where the key allows it. */
static bool empty_is_right(const struct config_parse *parse, const struct config_node *node)
{
    if ((parse->key->flags & CONFIG_MAY_BE_EMPTY) != 0 || node->place.file == NULL)
        return true;
    config_value_error(parse, node->place, "it may not be empty");
    return false;
}

static void print_text(const struct config_key *key, const struct config_node *node, const void *value,
                       struct strbuf *out)
{
    (void)key;
    (void)node;
    config_print_text(slice_of(*(const char *const *)value), out);
}

static void text_json_schema(const struct config_key *key, struct strbuf *out)
{
    strbuf_append_text(out, "\"type\": \"string\"");
    if ((key->flags & CONFIG_MAY_BE_EMPTY) == 0)
        strbuf_append_text(out, ", \"minLength\": 1");
}

/* ---- text ------------------------------------------------------------------------------------------- */

static bool text_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    return config_scalar(parse, node, &text) && (text.length > 0 || empty_is_right(parse, node)) &&
           take_text(parse, text, value);
}

static void text_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "text");
}

const struct config_type config_type_text = {
    .name = "text",
    .bytes = sizeof(const char *),
    .empty_text = "",
    .example = "\"some text\"",
    .parse = text_parse,
    .print = print_text,
    .describe = text_describe,
    .json_schema = text_json_schema,
};

/* ---- path ------------------------------------------------------------------------------------------- */

static bool path_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    if (!config_scalar(parse, node, &text))
        return false;
    if (text.length == 0)
        return empty_is_right(parse, node) && take_text(parse, text, value);
    if (text.data[0] != '/') {
        config_value_error(parse, node->place, "'%s' is not an absolute path: begin it with '/'",
                           config_excerpt_of(text).text);
        return false;
    }
    return take_text(parse, text, value);
}

static void path_describe(const struct config_key *key, struct strbuf *out)
{
    strbuf_append_text(out, (key->flags & CONFIG_MAY_BE_EMPTY) != 0 ? "an absolute path, or `\"\"` for none"
                                                                    : "an absolute path");
}

static void path_json_schema(const struct config_key *key, struct strbuf *out)
{
    strbuf_printf(out, "\"type\": \"string\", \"pattern\": \"^/%s\"",
                  (key->flags & CONFIG_MAY_BE_EMPTY) != 0 ? "|^$" : "");
}

const struct config_type config_type_path = {
    .name = "path",
    .bytes = sizeof(const char *),
    .empty_text = "",
    .example = "/var/lib/closedrelay",
    .parse = path_parse,
    .print = print_text,
    .describe = path_describe,
    .json_schema = path_json_schema,
};

/* ---- secret ----------------------------------------------------------------------------------------- */

static void warn_if_readable(const struct config_parse *parse, struct config_place place, const char *path,
                             const struct stat *info)
{
    if ((info->st_mode & S_IROTH) != 0)
        config_problem_warning(parse->problems, place,
                               "%s: everybody can read %s, which holds the secret: chmod o-r it",
                               parse->key->name, path);
}

/* The first line, without the spaces around it. */
static bool take_secret_file(const struct config_parse *parse, const struct config_node *node,
                             const char *path, void *value)
{
    struct text_file file;
    const char *why = NULL;
    if (!text_file_read(parse->owner, path, 65536, &file, &why)) {
        if (why == NULL)
            config_problem_out_of_memory(parse->problems);
        else
            config_value_error(parse, node->place, "%s cannot be read: %s", path, why);
        return false;
    }
    warn_if_readable(parse, node->place, path, &file.info);
    const struct slice line = slice_trim(slice_part(file.content, 0, slice_find(file.content, '\n')));
    if (line.length == 0 || slice_find(line, '\0') != line.length) {
        config_value_error(parse, node->place, "%s has no secret in its first line", path);
        return false;
    }
    return take_text(parse, line, value);
}

static bool secret_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    struct stat info;
    const char *path = NULL;
    if (!config_scalar(parse, node, &text))
        return false;
    if (config_file_reference(parse, text, node->place, &path))
        return path != NULL && take_secret_file(parse, node, path, value);
    if (text.length == 0)
        return empty_is_right(parse, node) && take_text(parse, text, value);
    if (node->place.file != NULL && stat(node->place.file, &info) == 0)
        warn_if_readable(parse, node->place, node->place.file, &info);
    return take_text(parse, text, value);
}

/* The file is no secret, and prints as what it was read from. */
static void secret_print(const struct config_key *key, const struct config_node *node, const void *value,
                         struct strbuf *out)
{
    (void)key;
    if (node != NULL && node->text != NULL && strncmp(node->text, "file:", 5) == 0)
        config_print_entry(node, out);
    else
        strbuf_append_text(out, **(const char *const *)value == '\0' ? "\"\"" : "\"(secret)\"");
}

static void secret_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out,
                       "text, or better `file:PATH`: the first line of a file that only the daemon can read");
}

const struct config_type config_type_secret = {
    .name = "secret",
    .bytes = sizeof(const char *),
    .empty_text = "",
    .example = "file:/etc/closedrelay/secret",
    .parse = secret_parse,
    .print = secret_print,
    .describe = secret_describe,
    .json_schema = text_json_schema,
};
