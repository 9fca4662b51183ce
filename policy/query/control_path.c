/* Where the daemon of a configuration takes commands, found even where the configuration is broken: that is
 * when an admin asks. */
#include "policy_query.h"

#include "config/files.h"
#include "config/text_file.h"

#include <stdlib.h>
#include <talloc.h>

static const char usual_path[] = "/run/closedrelay/control.sock";

/* "unix:/path" -> "/path"; what is no unix socket is none at all. */
static struct slice path_of(struct slice value)
{
    if (!slice_starts_nocase(value, slice_of("unix:")) && !slice_starts_nocase(value, slice_of("local:")))
        return (struct slice){"", 0};
    return slice_part(value, slice_find(value, ':') + 1, value.length);
}

/* The value in `line`, if it is `control: VALUE` at the top level, without quotes and comment. */
static bool value_in_line(struct slice line, struct slice *value)
{
    const struct slice key = slice_of("control:");
    if (line.length < key.length || !slice_equal(slice_part(line, 0, key.length), key))
        return false;
    struct slice text = slice_trim(slice_part(line, key.length, line.length));
    if (text.length > 0 && (text.data[0] == '"' || text.data[0] == '\'')) {
        const struct slice inner = slice_part(text, 1, text.length);
        *value = slice_part(inner, 0, slice_find(inner, text.data[0]));
        return true;
    }
    *value = slice_trim(slice_part(text, 0, slice_find(text, '#')));
    return true;
}

/* For a file that is no YAML. */
static bool find_in_lines(void *owner, const char *path, struct slice *value)
{
    struct text_file file;
    const char *why;
    if (!text_file_read(owner, path, CONFIG_TOTAL_BYTES_MAX, &file, &why))
        return false;
    for (struct slice rest = file.content; rest.length > 0;) {
        const size_t end = slice_find(rest, '\n');
        if (value_in_line(slice_part(rest, 0, end), value))
            return true;
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return false;
}

/* False: the configuration does not say, as far as it can be read. */
static bool find_value(void *owner, const char *path, struct slice *value)
{
    struct config_problems *problems = config_problems_create(owner);
    if (path == NULL || problems == NULL)
        return false;
    const struct config_node *root = config_files_read(owner, path, problems);
    const struct config_node *control =
        root == NULL || root->kind != CONFIG_NODE_MAPPING ? NULL : config_node_find(root, "control");
    if (control == NULL || control->kind != CONFIG_NODE_SCALAR)
        return find_in_lines(owner, path, value);
    *value = slice_make(control->text, control->length);
    return true;
}

char *policy_control_path(const char *path)
{
    struct slice value = {NULL, 0};
    void *owner = talloc_new(NULL);
    if (owner == NULL)
        return NULL;
    const struct slice found = find_value(owner, path, &value) ? path_of(value) : slice_of(usual_path);
    char *result = strndup(found.length == 0 ? "" : found.data, found.length);
    talloc_free(owner);
    return result;
}
