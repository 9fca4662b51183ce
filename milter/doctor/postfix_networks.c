/* Lists of networks that stand in files: what they say takes the place of their names. */
#include "command_output.h"
#include "postfix_settings.h"
#include "setting_value.h"

#include <stdlib.h>

enum { NETWORKS_BYTES_MAX = 1 << 20 };

/* "mynetworks", also as "submission/inet/mynetworks". */
static bool is_list_of_networks(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *setting = slash == NULL ? name : slash + 1;
    return strcmp(setting, "mynetworks") == 0 || strcmp(setting, "smtpd_authorized_xclient_hosts") == 0;
}

/* The first word of each line: of a file that is a list, and of a cidr table whose networks are not refused.
 * A line that goes on with the one before has none of its own. */
static void append_lines(struct strbuf *value, struct slice rest, bool is_table)
{
    for (size_t end; rest.length > 0; rest = slice_part(rest, end, rest.length)) {
        end = slice_find(rest, '\n');
        struct slice line = slice_part(rest, 0, end), word;
        end += end < rest.length;
        line = slice_part(line, 0, slice_find(line, '#'));
        if (is_table && line.length > 0 &&
            (line.data[0] == ' ' || line.data[0] == '\t' || line.data[0] == '!'))
            continue;
        while (setting_next_word(&line, &word)) {
            strbuf_append_byte(value, ' ');
            strbuf_append_slice(value, word);
            if (is_table)
                break;
        }
    }
}

/* The file that a word names, in new memory; NULL: it names none. */
static char *file_of(struct slice word, bool *is_table)
{
    static const char *const tables[] = {"cidr:", "proxy:cidr:"};
    *is_table = false;
    if (word.data[0] == '/')
        return strndup(word.data, word.length);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (slice_starts_nocase(word, slice_of(tables[i]))) {
            *is_table = true;
            return strndup(word.data + strlen(tables[i]), word.length - strlen(tables[i]));
        }
    return NULL;
}

static void append_word(struct strbuf *value, struct slice word)
{
    bool is_table, is_read = false;
    char *path = file_of(word, &is_table);
    if (path != NULL) {
        struct strbuf content;
        strbuf_init(&content, NETWORKS_BYTES_MAX);
        is_read = file_content(path, &content);
        if (is_read)
            append_lines(value, strbuf_slice(&content), is_table);
        strbuf_deinit(&content);
    }
    if (!is_read) {
        strbuf_append_byte(value, ' ');
        strbuf_append_slice(value, word);
    }
    free(path);
}

bool postfix_settings_read_networks(struct postfix_settings *settings)
{
    for (size_t i = 0; i < settings->setting_count; i++) {
        struct postfix_setting *setting = &settings->settings[i];
        if (!is_list_of_networks(setting->name) || strchr(setting->value, '/') == NULL)
            continue;
        struct strbuf value;
        struct slice rest = slice_of(setting->value), word;
        strbuf_init(&value, 0);
        while (setting_next_word(&rest, &word))
            append_word(&value, word);
        setting->own = strdup(strbuf_text(&value) + strspn(strbuf_text(&value), " "));
        bool is_whole = !value.failed && setting->own != NULL;
        strbuf_deinit(&value);
        if (!is_whole)
            return false;
        setting->value = setting->own;
    }
    return true;
}
