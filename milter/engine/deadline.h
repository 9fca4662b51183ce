/*
 * Who has until when: a list in the order of time.
 *
 * Whoever comes later mostly has until later, so each kind of deadline has a list of its own, and entering
 * one is a step or two from its end. Used by one thread at a time.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_DEADLINE_H
#define CLOSEDRELAY_MILTER_ENGINE_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in whoever has it; all zero: has none. */
struct deadline {
    struct deadline *next, *previous;
    uint64_t at_ms;
};

struct deadline_list {
    struct deadline ends; /* next: the first, previous: the last */
};

void deadline_list_init(struct deadline_list *list);

/* `deadline` is in no list. */
void deadline_set(struct deadline_list *list, struct deadline *deadline, uint64_t at_ms);
/* Harmless where there is none. */
void deadline_clear(struct deadline *deadline);
bool deadline_is_set(const struct deadline *deadline);

/* The earliest; NULL: none. */
struct deadline *deadline_first(const struct deadline_list *list);

#endif
