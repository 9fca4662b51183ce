#include "scan/mime/name_set.h"

#include "base/array.h"

#include <talloc.h>

void name_set_init(struct name_set *set, void *owner, uint32_t limit)
{
    *set = (struct name_set){.owner = owner, .limit = limit};
}

bool name_set_has(const struct name_set *set, struct slice name)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_equal(set->items[i], name))
            return true;
    return false;
}

bool name_set_add(struct name_set *set, struct slice name)
{
    if (name.length == 0)
        return false;
    if (name_set_has(set, name))
        return true;
    if (set->count >= set->limit) {
        set->is_over_limit = true;
        return false;
    }
    if (!array_reserve(set->owner, set->items, set->count)) {
        set->failed = true;
        return false;
    }
    char *copy = talloc_memdup(set->items, name.data, name.length);
    if (copy == NULL) {
        set->failed = true;
        return false;
    }
    set->items[set->count++] = slice_make(copy, name.length);
    return true;
}
