#include "table/table_database.h"

#include <stdio.h>
#include <stdlib.h>

char *table_database_path(const char *path, const char *ending, struct strbuf *problem)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s%s", path, ending) < 0) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    return whole;
}

enum table_answer table_database_value(const void *data, size_t length, struct strbuf *value,
                                       struct strbuf *problem)
{
    const char *bytes = data;
    if (length > 0 && bytes[length - 1] == '\0')
        length--;
    if (length > TABLE_VALUE_BYTES_MAX) {
        strbuf_append_text(problem, "a value is longer than 65536 bytes");
        return TABLE_UNKNOWN;
    }
    if (value != NULL)
        strbuf_append(value, bytes, length);
    return TABLE_FOUND;
}

struct slice table_database_key(struct slice key, int form, char *room)
{
    if (form != 0)
        return key;
    memcpy(room, key.data, key.length);
    room[key.length] = '\0';
    return slice_make(room, key.length + 1);
}
