/*
 * The texts of a story: copies of what the record says, under the story's owner, with the addresses of others
 * hidden where it is for a help desk.
 *
 * Where memory runs out `failed` is set and the text is "": whoever makes the story asks once, at its end.
 */
#ifndef CLOSEDRELAY_HISTORY_STORY_TEXT_H
#define CLOSEDRELAY_HISTORY_STORY_TEXT_H

#include "record/record_reader.h"

struct story;

struct making {
    void *owner;
    struct record *record;
    struct story *story; /* NULL for a line of a list */
    bool is_masked, failed;
    struct slice own; /* whose addresses need not be hidden */
    const char *to;   /* the domain of the first recipient that was refused, else of the first */
};

/* `text`, a fresh allocation; "" and `failed` where it is NULL. */
const char *making_keep(struct making *making, const char *text);

/* The value of `key`; "" where the record has none. */
const char *making_text(struct making *making, enum record_key key);

/* "***@example.net" instead of `address`, unless nothing is hidden or it is the user's own. */
const char *making_mask(struct making *making, const char *address);

/* making_mask of the value of `key`. */
const char *making_address(struct making *making, enum record_key key);

/* `text` with whatever looks like an address in it hidden as making_mask does. */
const char *making_mask_text(struct making *making, const char *text);

/* "1.2 MB". */
const char *making_bytes(struct making *making, uint64_t bytes);

#endif
