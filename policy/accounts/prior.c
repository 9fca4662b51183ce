#include "accounts/prior.h"

#include <math.h>

static const float SLOW_MEMORY = 5000, FIRST_WEIGHT = 50, FAST_WEIGHT = 20;
static const float EVERYDAY = 1.5F;
static const float FAST_HALF_LIFE_US = 36.0F * 3600e6F;

void tendency_add(struct tendency *tendency, float hits, float trials, float memory)
{
    tendency->hits += hits;
    tendency->trials += trials;
    if (tendency->trials > memory)
        tendency_decay(tendency, memory / tendency->trials);
}

static float fast_factor(const struct prior *prior, int64_t now_us)
{
    const int64_t passed_us = now_us - prior->fast_us;
    return passed_us <= 0 ? 1 : exp2f(-(float)passed_us / FAST_HALF_LIFE_US);
}

void prior_add(struct prior *prior, float hits, float trials, int64_t now_us)
{
    tendency_decay(&prior->fast, fast_factor(prior, now_us));
    prior->fast_us = now_us > prior->fast_us ? now_us : prior->fast_us;
    tendency_add(&prior->slow, hits, trials, SLOW_MEMORY);
    prior->fast.hits += hits;
    prior->fast.trials += trials;
}

static float part_of(const struct tendency *tendency, float general, float weight)
{
    return (tendency->hits + general * weight) / (tendency->trials + weight);
}

float prior_expect(const struct prior *prior, const struct tendency *own, float usual, float weight,
                   int64_t now_us)
{
    struct tendency fast = prior->fast;
    const float domain = part_of(&prior->slow, usual, FIRST_WEIGHT);
    const float habit = part_of(own, domain, weight);
    tendency_decay(&fast, fast_factor(prior, now_us));
    /* What is more than usual, and so has a reason that all share. */
    const float today = part_of(&fast, domain, FAST_WEIGHT) - EVERYDAY * domain;
    const float expected = today > habit ? today : habit;
    return expected < 0.0001F ? 0.0001F : expected > 0.9F ? 0.9F : expected;
}
