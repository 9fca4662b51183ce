/* Numbers that are drawn: the same from the same seed, on every machine. */
#ifndef CLOSEDRELAY_TEST_SIM_RANDOM_H
#define CLOSEDRELAY_TEST_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* What a number is mixed to; two numbers that differ in a bit have nothing in common. */
uint64_t mix(uint64_t number);
uint64_t mix2(uint64_t a, uint64_t b);
/* Of a mixed number, a part of one: at least 0, less than 1. */
double unit_of(uint64_t mixed);

uint64_t draw(struct random *random);
double draw_unit(struct random *random);
/* At least 0, less than `count`, which is not 0. */
uint32_t draw_below(struct random *random, uint32_t count);
/* From `least` to `most`, both among them. */
uint32_t draw_between(struct random *random, uint32_t least, uint32_t most);
bool draw_chance(struct random *random, double probability);
double draw_normal(struct random *random);
double draw_log_normal(struct random *random, double median, double sigma);
double draw_exponential(struct random *random, double mean);
unsigned draw_poisson(struct random *random, double mean);
/* Of `count` things the first are drawn most: `skew` 1 is even, 3 is steep. */
uint32_t draw_skewed(struct random *random, uint32_t count, double skew);

#endif
