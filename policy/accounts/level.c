#include "accounts/level.h"

#include <math.h>
#include <stddef.h>

/* How far the days of one login lie apart before its own are known, and at least (natural logarithms). */
static const float SPREAD_FIRST = 0.9F, SPREAD_LEAST = 0.45F;
static const float DAYS_OF_DOMAIN = 3, DAYS_OF_SPREAD = 6;
/* A theft makes it likely, not certain, that there is more than usual: subtracted from the points. */
static const float POINTS_EXPECTED = 2;
static const float OUTLIER = 3; /* spreads beyond the mean */

static void learn(struct level *level, float value, float days_max)
{
    const float weight = 1 / (1 + (level->days < days_max ? level->days : days_max - 1));
    const float difference = value - level->mean;
    level->mean += weight * difference;
    level->variance = (1 - weight) * (level->variance + weight * difference * difference);
    level->days = level->days < days_max ? level->days + 1 : days_max;
}

static float mean_of(const struct level *level, const struct level *domain)
{
    const float general = domain != NULL && domain->days > 0 ? domain->mean : logf(6);
    return (level->mean * level->days + general * DAYS_OF_DOMAIN) / (level->days + DAYS_OF_DOMAIN);
}

static float spread_of(const struct level *level)
{
    const float variance = (level->variance * level->days + SPREAD_FIRST * SPREAD_FIRST * DAYS_OF_SPREAD) /
                           (level->days + DAYS_OF_SPREAD);
    /* The mean itself is known no better than its days allow. */
    const float spread = sqrtf(variance * (1 + 1 / (level->days + 1)));
    return spread < SPREAD_LEAST ? SPREAD_LEAST : spread;
}

void level_learn(struct level *level, struct level *domain, struct level *all)
{
    enum { DOMAIN_DAYS_MAX = 2000 };
    const float highest = mean_of(level, domain) + OUTLIER * spread_of(level);
    float value = logf(1 + level->peak);
    value = value > highest ? highest : value;
    learn(level, value, LEVEL_DAYS_MAX);
    if (domain != NULL)
        learn(domain, value, DOMAIN_DAYS_MAX);
    if (all != NULL)
        learn(all, value, DOMAIN_DAYS_MAX);
    level->peak = 0;
}

float level_points(const struct level *level, const struct level *domain, float amount)
{
    const float z = (logf(1 + amount) - mean_of(level, domain)) / spread_of(level);
    if (z <= 0)
        return 0;
    const float tail = 0.5F * erfcf(z * 0.70710678F);
    const float points = (tail < 1e-9F ? 90 : -10 * log10f(tail)) - POINTS_EXPECTED;
    return points < 0 ? 0 : points;
}

float level_usual(const struct level *level, const struct level *domain)
{
    return expf(mean_of(level, domain) + 0.84F * spread_of(level)) - 1;
}
