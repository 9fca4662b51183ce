/*
 * A block as the database keeps it and servers tell it each other: a key that says who may not send, and a
 * value with the rest, as JSON.
 */
#ifndef CLOSEDRELAY_LIVE_BLOCK_TEXT_H
#define CLOSEDRELAY_LIVE_BLOCK_TEXT_H

#include "live/blocks.h"

/* "user ann@example.com", "lock user ann@example.com". Of one key there is one block. */
void block_write_key(const struct block *block, struct strbuf *out);

void block_write_value(const struct block *block, struct strbuf *out);

/* Both back; texts under the talloc context `owner`. False: they are not of this kind, or memory ran out. */
bool block_read(void *owner, struct slice key, struct slice value, struct block *block);

#endif
