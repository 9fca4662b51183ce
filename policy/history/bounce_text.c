#include "history/bounce_text.h"

#include <strings.h>
#include <talloc.h>

enum { SHOWN_BYTES = 60 };

bool bounce_text_is(const char *text)
{
    const struct slice trimmed = slice_trim(slice_of(text));
    for (size_t i = 0; i < trimmed.length; i++)
        if (strchr(" \t\r\n", trimmed.data[i]) != NULL)
            return true;
    return false;
}

/* The length of "=" and the line break at `at`; 0: there is none. */
static size_t soft_break(const char *at)
{
    return at[0] != '=' ? 0 : at[1] == '\n' ? 2 : at[1] == '\r' && at[2] == '\n' ? 3 : 0;
}

char *bounce_text_unfold(void *owner, const char *text)
{
    char *whole = talloc_strdup(owner, text), *to = whole;
    for (const char *from = whole; from != NULL && *from != '\0';) {
        const size_t skipped = soft_break(from);
        if (skipped == 0)
            *to++ = *from++;
        from += skipped;
    }
    if (to != NULL)
        *to = '\0';
    return whole;
}

/* The word behind the last field of that name. */
static struct slice last_field(const char *text, const char *name)
{
    struct slice found = {0};
    const size_t length = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        line += strspn(line, "> \t"); /* of a quoted one */
        if (strncasecmp(line, name, length) != 0)
            continue;
        const char *value = line + length + strspn(line + length, " \t\r\n");
        found = slice_make(value, strcspn(value, " \t\r\n"));
    }
    return found;
}

size_t bounce_text_names(const char *text, struct slice names[BOUNCE_NAMES_MAX])
{
    static const char *const fields[BOUNCE_NAMES_MAX] = {"X-Postfix-Queue-ID:", "Message-ID:"};
    size_t count = 0;
    for (size_t i = 0; i < BOUNCE_NAMES_MAX; i++) {
        names[count] = last_field(text, fields[i]);
        count += names[count].length > 0;
    }
    return count;
}

char *bounce_text_shorten(void *owner, const char *text)
{
    struct slice shown = slice_trim(slice_of(text));
    if (!bounce_text_is(text))
        return talloc_strndup(owner, shown.length == 0 ? "" : shown.data, shown.length);
    size_t end = strcspn(shown.data, "\r\n");
    end = end < shown.length ? end : shown.length;
    for (end = end < SHOWN_BYTES ? end : SHOWN_BYTES;
         end > 0 && end < shown.length && (shown.data[end] & 0xc0) == 0x80;)
        end--;
    while (end > 0 && shown.data[end - 1] == ' ')
        end--;
    return talloc_asprintf(owner, "%.*s%s", (int)end, shown.data, end < shown.length ? " …" : "");
}
