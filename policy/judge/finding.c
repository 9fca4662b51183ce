#include "judge/finding.h"

#include <talloc.h>

void finding_list_init(struct finding_list *list, void *owner)
{
    *list = (struct finding_list){.owner = owner};
}

void finding_add(struct finding_list *list, const struct finding *finding)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        struct finding *grown = talloc_realloc(list->owner, list->items, struct finding, (unsigned)capacity);
        if (grown == NULL) {
            list->failed = true;
            return;
        }
        list->items = grown;
        list->capacity = capacity;
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
