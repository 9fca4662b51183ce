/*
 * How often something is so, for a login and for its domain.
 *
 * Two memories: `slow`, of the last hundred times, is habit; `fast`, of a day and a half, is what happens to
 * everybody at once: a move to another provider, the day the filter was installed. What all meet is no
 * evidence against one. Pure; memory is the caller's.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_PRIOR_H
#define CLOSEDRELAY_ACCOUNTS_PRIOR_H

#include <stdint.h>

struct tendency {
    float hits, trials;
};

/* The oldest of more than `memory` trials fade. */
void tendency_add(struct tendency *tendency, float hits, float trials, float memory);

static inline void tendency_decay(struct tendency *tendency, float factor)
{
    tendency->hits *= factor;
    tendency->trials *= factor;
}

/* What a domain knows of one question. */
struct prior {
    struct tendency slow, fast;
    int64_t fast_us; /* up to when `fast` has decayed */
};

void prior_add(struct prior *prior, float hits, float trials, int64_t now_us);

/* The part of all times that it is so for an honest login: of its own habit, of its domain's where there is
 * little of its own (`weight` trials), or of what happens to all today, whichever is more. `usual` stands in
 * where nothing is known at all. Within [0.0001, 0.9]. */
float prior_expect(const struct prior *prior, const struct tendency *own, float usual, float weight,
                   int64_t now_us);

#endif
