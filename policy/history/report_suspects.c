#include "history/report_suspects.h"

#include "accounts/accounts_settings.h"
#include "base/array.h"

#include <stdlib.h>

static int rank_of(const struct account_event *event)
{
    for (int step = ACCOUNT_STEP_COUNT - 1; step > 0; step--)
        if (event->step != NULL && strcmp(event->step, account_step_name((enum account_step)step)) == 0)
            return step;
    return 0;
}

static bool is_higher(const struct account_event *event, const struct account_event *than)
{
    const int rank = rank_of(event), former = rank_of(than);
    return rank > former || (rank > 0 && rank == former && event->points > than->points);
}

/* NULL: out of memory, or there is no room. */
static struct report_suspect *suspect_of(void *owner, struct report_suspects *suspects, const char *user)
{
    for (size_t i = 0; i < suspects->count; i++)
        if (strcmp(suspects->items[i].highest.user, user) == 0)
            return &suspects->items[i];
    if (suspects->count == REPORT_SUSPECTS_MAX || !array_reserve(owner, suspects->items, suspects->count))
        return NULL;
    struct report_suspect *suspect = &suspects->items[suspects->count++];
    *suspect = (struct report_suspect){.highest = {.user = user, .step = ""}};
    return suspect;
}

bool report_suspects_take(void *owner, struct report_suspects *suspects, struct record *record,
                          int64_t time_us)
{
    struct account_event event;
    bool failed = false;
    if (!account_event_read(owner, record, time_us, &event, &failed))
        return !failed;
    struct report_suspect *suspect = suspect_of(owner, suspects, event.user);
    if (suspect == NULL) {
        suspects->hidden_count++;
        return suspects->count == REPORT_SUSPECTS_MAX;
    }
    suspect->step_count += event.step[0] != '\0';
    if (is_higher(&event, &suspect->highest))
        suspect->highest = event;
    if (strcmp(event.kind, "warn") != 0 && (suspect->last.kind == NULL || time_us >= suspect->last.time_us))
        suspect->last = event;
    return true;
}

static int highest_first(const void *left, const void *right)
{
    const struct account_event *a = &((const struct report_suspect *)left)->highest,
                               *b = &((const struct report_suspect *)right)->highest;
    if (is_higher(a, b) || is_higher(b, a))
        return is_higher(a, b) ? -1 : 1;
    return strcmp(a->user, b->user);
}

void report_suspects_settle(struct report_suspects *suspects)
{
    size_t kept = 0;
    for (size_t i = 0; i < suspects->count; i++)
        if (suspects->items[i].step_count > 0)
            suspects->items[kept++] = suspects->items[i];
    suspects->count = kept;
    if (kept > 0)
        qsort(suspects->items, kept, sizeof *suspects->items, highest_first);
}

void report_suspect_done(const struct report_suspect *suspect, struct strbuf *out)
{
    static const char *const words[][2] = {
        {"lock", "locked"}, {"unlock", "unlocked"}, {"forgive", "forgiven"}};
    for (size_t i = 0; suspect->last.kind != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(suspect->last.kind, words[i][0]) == 0)
            strbuf_printf(out, "%s by %s", words[i][1], suspect->last.by);
}
