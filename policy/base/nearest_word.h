/* What a mistyped word was meant to be. */
#ifndef CLOSEDRELAY_BASE_NEAREST_WORD_H
#define CLOSEDRELAY_BASE_NEAREST_WORD_H

#include "base/slice.h"

/*
 * The candidate that `word` most likely was meant to be: the nearest by insertions, deletions, replacements
 * and swaps of neighbours, without regard to letter case, if few enough of them suffice; or NULL.
 * `candidates` ends with NULL. At most the first 64 bytes of `word` are looked at.
 */
const char *nearest_word(struct slice word, const char *const *candidates);

/* The number of such steps between two words, or `limit` + 1 where it is more. */
unsigned word_distance(struct slice a, struct slice b, unsigned limit);

#endif
