#include "check/finding.h"

#include "base/array.h"

#include <talloc.h>

void finding_list_init(struct finding_list *list, void *owner)
{
    *list = (struct finding_list){.owner = owner};
}

void finding_add(struct finding_list *list, const struct finding *finding)
{
    if (!array_reserve(list->owner, list->items, list->count)) {
        list->failed = true;
        return;
    }
    list->items[list->count++] = *finding;
}

const char *check_mode_name(enum check_mode mode)
{
    static const char *const names[] = {"enforce", "monitor", "off"};
    return names[mode];
}

const char *action_name(enum action action)
{
    static const char *const names[] = {"accept", "hold", "defer", "reject"};
    return names[action];
}

const char *finding_outcome_name(enum finding_outcome outcome)
{
    static const char *const names[] = {"pass", "fail", "unknown"};
    return names[outcome];
}
