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

/* What is known of one question, of a domain or of all. */
struct prior {
    struct tendency slow, fast;
    int64_t fast_us; /* up to when `fast` has decayed */
};

void prior_add(struct prior *prior, float hits, float trials, int64_t now_us);

/* `hits` of `trials`, or `general` where there are few: as if that had been seen `weight` times. */
static inline float tendency_part(const struct tendency *tendency, float general, float weight)
{
    return (tendency->hits + general * weight) / (tendency->trials + weight);
}

/* The part of all times that it is so; `general` stands in where little is known. */
float prior_part(const struct prior *prior, float general);

/* By how much today is beyond that: it has a reason that all share. 0: by nothing. */
float prior_excess(const struct prior *prior, float general, int64_t now_us);

#endif
