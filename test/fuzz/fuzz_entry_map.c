/* The lines of a table's file, as words, domains and networks; the first byte says which. Then every line is
 * asked for. */
#include "table/entry_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum table_shape shapes[] = {TABLE_TEXT, TABLE_DOMAINS, TABLE_NETWORKS};
    struct strbuf problem;
    char *text = size == 0 ? NULL : malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    strbuf_init(&problem, 0);
    struct entry_map *map = entry_map_build(text, size - 1, shapes[data[0] % 3], "f", &problem);
    struct slice rest = slice_make((const char *)data + 1, size - 1), value;
    while (map != NULL && rest.length > 0) {
        const size_t end = slice_find(rest, '\n');
        entry_map_find(map, slice_trim(slice_part(rest, 0, end)), &value);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    entry_map_free(map);
    strbuf_deinit(&problem);
    return 0;
}
