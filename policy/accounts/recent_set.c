#include "accounts/recent_set.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 8, WINDOW_HOURS = 24 };

static bool is_fresh(const struct recent_entry *entry, uint32_t hour)
{
    return entry->hour != 0 && entry->hour + WINDOW_HOURS > hour;
}

static void grow(struct recent_set *set, uint32_t hour)
{
    const uint16_t slot_count = (uint16_t)(set->slot_count == 0 ? FIRST_SLOTS : set->slot_count * 2);
    struct recent_entry *grown = calloc(slot_count, sizeof *grown);
    if (grown == NULL)
        return;
    set->added_count = 0;
    for (unsigned i = 0; i < set->slot_count; i++) {
        if (!is_fresh(&set->slots[i], hour))
            continue;
        grown[set->slots[i].print % slot_count] = set->slots[i];
        set->added_count++;
    }
    free(set->slots);
    set->slots = grown;
    set->slot_count = slot_count;
}

bool recent_set_add(struct recent_set *set, uint32_t print, uint32_t hour)
{
    if (set->added_count * 2 >= set->slot_count && set->slot_count < RECENT_SLOTS_MAX)
        grow(set, hour);
    if (set->slot_count == 0)
        return true;
    struct recent_entry *entry = &set->slots[print % set->slot_count];
    const bool was_there = entry->print == print && is_fresh(entry, hour);
    set->added_count = (uint16_t)(set->added_count + (was_there ? 0 : 1));
    *entry = (struct recent_entry){print, hour};
    return !was_there;
}

void recent_set_free(struct recent_set *set)
{
    free(set->slots);
    *set = (struct recent_set){0};
}
