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

float prior_part(const struct prior *prior, float general)
{
    return tendency_part(&prior->slow, general, FIRST_WEIGHT);
}

float prior_excess(const struct prior *prior, float general, int64_t now_us)
{
    struct tendency fast = prior->fast;
    const float usual = prior_part(prior, general);
    tendency_decay(&fast, fast_factor(prior, now_us));
    const float excess = tendency_part(&fast, usual, FAST_WEIGHT) - EVERYDAY * usual;
    return excess < 0 ? 0 : excess;
}
