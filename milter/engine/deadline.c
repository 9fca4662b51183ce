#include "deadline.h"

void deadline_list_init(struct deadline_list *list)
{
    list->ends = (struct deadline){&list->ends, &list->ends, 0};
}

void deadline_set(struct deadline_list *list, struct deadline *deadline, uint64_t at_ms)
{
    struct deadline *before = list->ends.previous;
    while (before != &list->ends && before->at_ms > at_ms)
        before = before->previous;
    *deadline = (struct deadline){before->next, before, at_ms};
    before->next->previous = deadline;
    before->next = deadline;
}

bool deadline_is_set(const struct deadline *deadline)
{
    return deadline->next != NULL;
}

void deadline_clear(struct deadline *deadline)
{
    if (!deadline_is_set(deadline))
        return;
    deadline->previous->next = deadline->next;
    deadline->next->previous = deadline->previous;
    *deadline = (struct deadline){NULL, NULL, 0};
}

struct deadline *deadline_first(const struct deadline_list *list)
{
    return list->ends.next == &list->ends ? NULL : list->ends.next;
}
