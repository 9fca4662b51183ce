#include "accounts/shared_uses.h"

#include <stdlib.h>

enum { PLACES = 8192, WINDOW_HOURS = 24, KEPT_HOURS = 30 * 24 };

struct shared_uses {
    struct shared_use places[PLACES];
};

struct shared_uses *shared_uses_create(void)
{
    return calloc(1, sizeof(struct shared_uses));
}

size_t shared_uses_bytes(void)
{
    return sizeof(struct shared_uses);
}

void shared_uses_destroy(struct shared_uses *uses)
{
    free(uses);
}

const struct shared_use *shared_uses_find(const struct shared_uses *uses, uint32_t print)
{
    const struct shared_use *use = &uses->places[print % PLACES];
    return use->print == print && use->first_hour != 0 ? use : NULL;
}

/* The entry of `print`, made where its place is free for it. */
static struct shared_use *take_place(struct shared_uses *uses, uint32_t print, uint32_t hour)
{
    struct shared_use *use = &uses->places[print % PLACES];
    if (use->print == print && use->first_hour != 0)
        return use;
    if (use->familiar_count > 0 && use->last_hour + KEPT_HOURS > hour)
        return NULL;
    if (use->first_hour != 0 && use->login_count > 1 && use->last_hour + WINDOW_HOURS > hour)
        return NULL;
    *use = (struct shared_use){.print = print, .first_hour = hour, .last_hour = hour, .day_hour = hour};
    return use;
}

/* Who was not suspected by the end of the day is one of those who make it usual. */
static void begin_day(struct shared_use *use, uint32_t hour)
{
    for (unsigned i = 0; i < use->login_count; i++)
        if ((use->suspects >> i & 1) == 0 && use->former_count < UINT8_MAX)
            use->former_count++;
    use->login_count = use->suspects = 0;
    use->day_hour = hour;
}

const struct shared_use *shared_uses_meet(struct shared_uses *uses, uint32_t print, uint32_t number,
                                          uint32_t hour, bool is_suspect)
{
    struct shared_use *use = take_place(uses, print, hour);
    unsigned at = 0;
    if (use == NULL)
        return NULL;
    if (hour >= use->day_hour + WINDOW_HOURS)
        begin_day(use, hour);
    use->last_hour = hour > use->last_hour ? hour : use->last_hour;
    while (at < use->login_count && use->logins[at] != number)
        at++;
    if (at == SHARED_LOGINS_MAX)
        return use;
    if (at == use->login_count)
        use->logins[use->login_count++] = number;
    use->suspects = (uint8_t)(use->suspects | (unsigned)is_suspect << at);
    return use;
}

void shared_uses_adopt(struct shared_uses *uses, uint32_t print, uint32_t hour)
{
    struct shared_use *use = take_place(uses, print, hour);
    if (use == NULL)
        return;
    use->last_hour = hour > use->last_hour ? hour : use->last_hour;
    if (use->familiar_count < UINT16_MAX)
        use->familiar_count++;
}
