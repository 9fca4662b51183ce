#include "accounts/ladder.h"

#include <stdlib.h>

/* A step is kept while the points are no more than so many below it. */
static const float HYSTERESIS = 10;
static const int64_t US_PER_MS = 1000;

static int64_t lasts_until(const struct account *account, const struct accounts_settings *settings)
{
    return account->last_us + (int64_t)settings->steps[account->step].lasts_ms * US_PER_MS;
}

/* The newest are kept, one an hour at most but where the step has changed. */
static void keep_trace(struct account *account, const struct account_judgement *judgement)
{
    enum { APART_US = 3600 * 1000000LL };
    struct account_trace *last = account->trace_count == 0 ? NULL : &account->trace[account->trace_count - 1];
    if (account->trace == NULL)
        account->trace = calloc(TRACE_MAX, sizeof *account->trace);
    if (account->trace == NULL ||
        (last != NULL && !judgement->is_raised && account->last_us - last->time_us < APART_US &&
         judgement->points <= last->points))
        return;
    if (account->trace_count == TRACE_MAX) {
        memmove(account->trace, account->trace + 1, (TRACE_MAX - 1) * sizeof *account->trace);
        account->trace_count--;
    }
    struct account_trace *added = &account->trace[account->trace_count++];
    *added = (struct account_trace){
        .time_us = account->last_us, .points = (uint16_t)judgement->points, .step = (uint8_t)account->step};
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++)
        added->families[i] = (uint8_t)judgement->families[i];
}

/* The best first, though nobody knows what the day will bring: from half of the day's warnings on each takes
 * more points than the last, and once they are used up as many as the step above. */
static float bar_of_warning(const struct accounts_settings *settings, const struct ladder_budget *budget)
{
    const float low = (float)settings->steps[ACCOUNT_WARN].score;
    const float high = (float)settings->steps[ACCOUNT_SLOW].score;
    const float used = (float)budget->warnings, all = (float)settings->warnings_per_day;
    if (used >= all)
        return high;
    return used * 2 <= all ? low : low + (high - low) * (2 * used / all - 1);
}

static enum account_step within_budget(const struct account *account,
                                       const struct accounts_settings *settings, struct ladder_budget *budget,
                                       enum account_step step, float points)
{
    if (step < ACCOUNT_WARN || account->step >= ACCOUNT_WARN)
        return step;
    if (budget->day != account->day) {
        budget->day = account->day;
        budget->warnings = 0;
    }
    if (step == ACCOUNT_WARN && points < bar_of_warning(settings, budget))
        return ACCOUNT_NOTE;
    budget->warnings++;
    return step;
}

void ladder_move(struct account *account, const struct accounts_settings *settings,
                 struct ladder_budget *budget, enum account_step step, struct account_judgement *judgement)
{
    judgement->before = account->step;
    step = within_budget(account, settings, budget, step, judgement->points);
    if (step > account->step) {
        account->step = step;
        account->step_since_us = account->last_us;
        account->step_until_us = lasts_until(account, settings);
    } else if (account->step > ACCOUNT_CALM &&
               judgement->points + HYSTERESIS >= (float)settings->steps[account->step].score) {
        account->step_until_us = lasts_until(account, settings);
    } else if (account->step > ACCOUNT_CALM && account->last_us >= account->step_until_us) {
        account->step = step;
        account->step_since_us = account->last_us;
        account->step_until_us = lasts_until(account, settings);
    }
    judgement->step = account->step;
    judgement->is_raised = account->step > judgement->before;
    if (account->step > ACCOUNT_CALM)
        keep_trace(account, judgement);
}
