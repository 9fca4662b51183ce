/*
 * How much of something there is, against what is usual for this login.
 *
 * The caller counts, and lets its count fade; the largest value of each day on which there was anything is
 * what "usual" is made of: mean and variance of its logarithm, newer days counting more.
 * A login that nothing is known of is taken for one like the others of its domain. Pure; memory is the
 * caller's.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_LEVEL_H
#define CLOSEDRELAY_ACCOUNTS_LEVEL_H

#include <stdint.h>

struct level {
    float peak;           /* since the last level_learn */
    float mean, variance; /* of log(1 + peak of a day) */
    float days;           /* that went in, at most LEVEL_DAYS_MAX */
};

enum { LEVEL_DAYS_MAX = 30 };

static inline void level_note(struct level *level, float amount)
{
    level->peak = amount > level->peak ? amount : level->peak;
}

/* A day is over on which there was something: its peak becomes part of what is usual, and of what is usual in
 * the `domain` and for `all` (or NULL). A peak far beyond counts as less. */
void level_learn(struct level *level, struct level *domain, struct level *all);

/*
 * Points for `amount`: how seldom an honest day gets as far. 0 where that is nothing out of the ordinary.
 * `domain` stands in where little is known of the login itself.
 */
float level_points(const struct level *level, const struct level *domain, float amount);

/* What four of five days stay below. */
float level_usual(const struct level *level, const struct level *domain);

#endif
