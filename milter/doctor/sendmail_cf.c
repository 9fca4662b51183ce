#include "sendmail_cf.h"

#include <stdlib.h>

static bool add_line(struct sendmail_cf *cf, const char *line)
{
    const char **grown = realloc(cf->lines, (cf->line_count + 1) * sizeof *cf->lines);
    if (grown == NULL)
        return false;
    cf->lines = grown;
    grown[cf->line_count++] = line;
    return true;
}

/* A line that begins with white space goes on with the one before. */
static void join_continuations(char *text)
{
    for (char *end = strchr(text, '\n'); end != NULL; end = strchr(end + 1, '\n'))
        if (end[1] == ' ' || end[1] == '\t')
            *end = ' ';
}

static bool is_worth_keeping(const char *line)
{
    if (line[0] == '#')
        return strstr(line, "$Id: ") != NULL;
    return line[0] != '\0';
}

bool sendmail_cf_read(struct sendmail_cf *cf, struct slice content)
{
    *cf = (struct sendmail_cf){.text = malloc(content.length + 1)};
    if (cf->text == NULL)
        return false;
    if (content.length > 0)
        memcpy(cf->text, content.data, content.length);
    for (size_t i = 0; i < content.length; i++)
        if (cf->text[i] == '\0')
            cf->text[i] = '?';
    cf->text[content.length] = '\0';
    join_continuations(cf->text);
    for (char *line = cf->text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (is_worth_keeping(line) && !add_line(cf, line))
            return false;
    }
    return true;
}

void sendmail_cf_deinit(struct sendmail_cf *cf)
{
    free(cf->lines);
    free(cf->text);
    *cf = (struct sendmail_cf){0};
}

/* "O Name=Value": the long form, which every sendmail.cf of the last thirty years has. */
static const char *option_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (line[0] != 'O' || line[1] != ' ' ||
        !slice_starts_nocase(slice_of(line + 2), slice_make(name, length)))
        return NULL;
    const char *rest = line + 2 + length;
    rest += strspn(rest, " \t");
    return *rest == '=' ? rest + 1 + strspn(rest + 1, " \t") : NULL;
}

const char *sendmail_next_option(const struct sendmail_cf *cf, const char *name, size_t *next)
{
    while (*next < cf->line_count) {
        const char *value = option_value(cf->lines[(*next)++], name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

const char *sendmail_option(const struct sendmail_cf *cf, const char *name)
{
    const char *last = NULL, *value;
    for (size_t next = 0; (value = sendmail_next_option(cf, name, &next)) != NULL;)
        last = value;
    return last;
}

const char *sendmail_filter(const struct sendmail_cf *cf, struct slice name)
{
    for (size_t i = 0; i < cf->line_count; i++) {
        const char *line = cf->lines[i];
        size_t length = strcspn(line, ",");
        if (line[0] == 'X' && line[length] == ',' &&
            slice_equal(slice_trim(slice_make(line + 1, length - 1)), slice_trim(name)))
            return line + length + 1;
    }
    return NULL;
}

/* "CRexample.com" or "C{TrustAuthMech}PLAIN LOGIN". */
static const char *class_value(const char *line, char letter, const char *name)
{
    size_t length = strlen(name);
    if (line[0] != letter)
        return NULL;
    if (line[1] == '{')
        return strncmp(line + 2, name, length) == 0 && line[2 + length] == '}' ? line + 3 + length : NULL;
    return length == 1 && line[1] == name[0] ? line + 2 : NULL;
}

const char *sendmail_next_class(const struct sendmail_cf *cf, char letter, const char *name, size_t *next)
{
    while (*next < cf->line_count) {
        const char *value = class_value(cf->lines[(*next)++], letter, name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

char *sendmail_map_path(const struct sendmail_cf *cf, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < cf->line_count; i++) {
        const char *line = cf->lines[i];
        if (line[0] != 'K' || strncmp(line + 1, name, length) != 0 ||
            (line[1 + length] != ' ' && line[1 + length] != '\t'))
            continue;
        struct slice rest = slice_trim(slice_of(line + 1 + length));
        size_t start = rest.length;
        while (start > 0 && rest.data[start - 1] != ' ' && rest.data[start - 1] != '\t')
            start--;
        return strndup(rest.data + start, rest.length - start);
    }
    return NULL;
}

bool sendmail_has_feature(const struct sendmail_cf *cf, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < cf->line_count; i++) {
        const char *id = cf->lines[i][0] == '#' ? strstr(cf->lines[i], "$Id: ") : NULL;
        if (id != NULL && strncmp(id + 5, name, length) == 0 && strncmp(id + 5 + length, ".m4", 3) == 0)
            return true;
    }
    return false;
}
