#include "accounts/known_set.h"

#include <stdlib.h>

enum { HOURS_PER_DAY = 24, FIRST_CAPACITY = 2 };

struct known *known_set_find(const struct known_set *set, uint32_t print)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].print == print)
            return &set->items[i];
    return NULL;
}

static bool goes_before(const struct known *a, const struct known *b)
{
    return a->days != b->days ? a->days < b->days : a->last_hour < b->last_hour;
}

static struct known *least_known(struct known_set *set)
{
    struct known *least = &set->items[0];
    for (unsigned i = 1; i < set->count; i++)
        if (goes_before(&set->items[i], least))
            least = &set->items[i];
    return least;
}

struct known *known_set_add(struct known_set *set, uint32_t print, uint32_t hour, uint8_t most)
{
    struct known *place;
    if (set->count == most) {
        place = least_known(set);
    } else if (set->count == set->capacity) {
        const unsigned doubled = set->capacity == 0 ? FIRST_CAPACITY : 2U * set->capacity;
        const unsigned capacity = doubled > most ? most : doubled;
        struct known *grown = realloc(set->items, capacity * sizeof *grown);
        if (grown == NULL)
            return NULL;
        set->items = grown;
        set->capacity = (uint8_t)capacity;
        place = &set->items[set->count++];
    } else {
        place = &set->items[set->count++];
    }
    *place = (struct known){.print = print, .first_hour = hour, .last_hour = hour, .days = 1};
    return place;
}

bool known_touch(struct known *known, uint32_t hour)
{
    const bool is_new_day = hour / HOURS_PER_DAY > known->last_hour / HOURS_PER_DAY;
    if (is_new_day && known->days < UINT16_MAX)
        known->days++;
    known->last_hour = hour > known->last_hour ? hour : known->last_hour;
    return is_new_day;
}

void known_set_free(struct known_set *set)
{
    free(set->items);
    *set = (struct known_set){0};
}
