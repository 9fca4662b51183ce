#include "scan/archive/archive_formats.h"

#define ARCHIVE_FORMAT_LISTED(name) &name##_format,
const struct archive_format *const archive_formats[] = {ARCHIVE_FORMATS(ARCHIVE_FORMAT_LISTED) NULL};

static bool list_has(const char *list, const char *word, size_t length)
{
    for (const char *at = list; at != NULL && (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

bool archive_list_has(const char *list, const char *word)
{
    return word[0] != '\0' && strchr(word, ' ') == NULL && list_has(list, word, strlen(word));
}

const struct archive_format *archive_format_of_extension(const char *extension, bool documents)
{
    size_t length = strlen(extension);
    if (length == 0 || strchr(extension, ' ') != NULL)
        return NULL;
    for (size_t i = 0; archive_formats[i] != NULL; i++) {
        const struct archive_format *format = archive_formats[i];
        if (list_has(documents ? format->document_extensions : format->extensions, extension, length))
            return format;
    }
    return NULL;
}
