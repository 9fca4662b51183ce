#include "event.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const int64_t DAY_US = INT64_C(86400000000);

void *must(void *memory)
{
    if (memory == NULL) {
        fputs("sim_generate: out of memory\n", stderr);
        exit(EX_OSERR);
    }
    return memory;
}

void diary_init(struct diary *diary, int64_t start_us, uint32_t day_count)
{
    *diary = (struct diary){.start_us = start_us, .day_count = day_count};
    diary->days = must(calloc(day_count, sizeof *diary->days));
}

void diary_forget(struct diary *diary, uint32_t day)
{
    free(diary->days[day].events);
    free(diary->days[day].recipients);
    diary->days[day] = (struct day){0};
}

void diary_deinit(struct diary *diary)
{
    for (uint32_t i = 0; i < diary->day_count; i++)
        diary_forget(diary, i);
    free(diary->days);
}

static void day_make_room(struct day *day, uint32_t recipients)
{
    if (day->count == day->room) {
        day->room = day->room == 0 ? 1024 : day->room * 2;
        day->events = must(realloc(day->events, day->room * sizeof *day->events));
    }
    if (day->recipient_count + recipients > day->recipient_room) {
        day->recipient_room = (day->recipient_room + recipients) * 2;
        day->recipients = must(realloc(day->recipients, day->recipient_room * sizeof *day->recipients));
    }
}

uint64_t diary_add(struct diary *diary, const struct event *event, const uint32_t *recipients, uint32_t count)
{
    const int64_t at = event->time_us - diary->start_us;
    if (at < 0 || at / DAY_US < diary->today || at / DAY_US >= diary->day_count)
        return 0;
    struct day *day = &diary->days[at / DAY_US];
    day_make_room(day, count);
    struct event *kept = &day->events[day->count++];
    *kept = *event;
    kept->serial = ++diary->serial;
    kept->recipients_at = day->recipient_count;
    kept->recipient_count = count;
    if (count > 0)
        memcpy(day->recipients + day->recipient_count, recipients, count * sizeof *recipients);
    day->recipient_count += count;
    return kept->serial;
}

static int compare(const void *a, const void *b)
{
    const struct event *left = a, *right = b;
    if (left->time_us != right->time_us)
        return left->time_us < right->time_us ? -1 : 1;
    return left->serial < right->serial ? -1 : left->serial > right->serial;
}

void diary_sort(struct diary *diary, uint32_t day)
{
    if (diary->days[day].count > 0)
        qsort(diary->days[day].events, diary->days[day].count, sizeof(struct event), compare);
}
