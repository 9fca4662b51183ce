/*
 * A bounded set of byte strings (names, boundaries), each kept once, in the order they were added.
 *
 * Copies belong to the talloc context given at the start. Running out of memory or reaching the bound is
 * sticky and looked at by the owner when all is added. Not for use from two threads at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_NAME_SET_H
#define CLOSEDRELAY_SCAN_MIME_NAME_SET_H

#include "base/slice.h"

#include <stdint.h>

struct name_set {
    void *owner;
    struct slice *items;
    size_t count;
    uint32_t limit;
    bool is_over_limit; /* something was left out: `limit` was reached */
    bool failed;        /* something was left out: no memory */
};

void name_set_init(struct name_set *set, void *owner, uint32_t limit);

/* Adds a copy of `name` unless it is empty or there already. Returns whether it is in the set now. */
bool name_set_add(struct name_set *set, struct slice name);

bool name_set_has(const struct name_set *set, struct slice name);

#endif
