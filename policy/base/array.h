/*
 * Arrays that grow: a talloc array and how many of its items are in use. How many there is room for, talloc
 * knows; there are at least twice as many at each growth, so that adding items one by one costs no more than
 * adding them at once.
 */
#ifndef CLOSEDRELAY_BASE_ARRAY_H
#define CLOSEDRELAY_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

enum { ARRAY_FIRST_ITEMS = 4 };

/*
 * Makes room for one more item behind the first `count` of `items`, an lvalue (NULL: no array yet) that may
 * move; a new array belongs to `owner`. False: out of memory, and everything is as it was. The new item is
 * not initialised.
 */
#define array_reserve(owner, items, count)                                                                   \
    ({                                                                                                       \
        size_t array_room_ = talloc_array_length(items);                                                     \
        bool array_has_room_ = (size_t)(count) < array_room_;                                                \
        if (!array_has_room_) {                                                                              \
            __typeof__(items) array_grown_ =                                                                 \
                talloc_realloc((owner), (items), __typeof__(*(items)),                                       \
                               (unsigned)(array_room_ == 0 ? ARRAY_FIRST_ITEMS : 2 * array_room_));          \
            array_has_room_ = array_grown_ != NULL;                                                          \
            if (array_has_room_)                                                                             \
                (items) = array_grown_;                                                                      \
        }                                                                                                    \
        array_has_room_;                                                                                     \
    })

#endif
