/* Calendars and address cards, with the files in them. */
#include "scan/content/content_files.h"

#include "scan/mime/calendar_reader.h"

#include <talloc.h>

struct content_calendar {
    struct content_scan *scan;
    struct calendar_reader reader;
};

static int calendar_destroy(struct content_calendar *calendar)
{
    calendar_reader_deinit(&calendar->reader);
    return 0;
}

struct content_calendar *content_calendar_create(void *owner, struct content_subject *subject,
                                                 struct content_depth depth)
{
    struct content_calendar *calendar = talloc_zero(owner, struct content_calendar);
    if (calendar == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    struct content_files *files = content_files_create(calendar, subject, depth);
    if (files == NULL) {
        talloc_free(calendar);
        return NULL;
    }
    calendar->scan = subject->scan;
    calendar_reader_init(&calendar->reader, content_files_sink(files));
    talloc_set_destructor(calendar, calendar_destroy);
    return calendar;
}

static bool calendar_push(void *state, struct slice bytes)
{
    struct content_calendar *calendar = state;
    calendar_reader_push(&calendar->reader, bytes);
    if (calendar_reader_failed(&calendar->reader))
        content_fail(calendar->scan);
    return true;
}

static void calendar_end(void *state, bool is_cut)
{
    struct content_calendar *calendar = state;
    (void)is_cut;
    calendar_reader_end(&calendar->reader);
    if (calendar_reader_failed(&calendar->reader))
        content_fail(calendar->scan);
}

const struct content_consumer content_calendar_consumer = {calendar_push, calendar_end};
