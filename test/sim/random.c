#include "random.h"

#include <math.h>

uint64_t mix(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

uint64_t mix2(uint64_t a, uint64_t b)
{
    return mix(mix(a) ^ (b + UINT64_C(0x632be59bd9b4e019)));
}

double unit_of(uint64_t mixed)
{
    return (double)(mixed >> 11) / 9007199254740992.0;
}

uint64_t draw(struct random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(random->state);
}

double draw_unit(struct random *random)
{
    return unit_of(draw(random));
}

uint32_t draw_below(struct random *random, uint32_t count)
{
    return (uint32_t)(draw(random) % count);
}

uint32_t draw_between(struct random *random, uint32_t least, uint32_t most)
{
    return least + draw_below(random, most - least + 1);
}

bool draw_chance(struct random *random, double probability)
{
    return draw_unit(random) < probability;
}

double draw_normal(struct random *random)
{
    const double radius = sqrt(-2 * log(1 - draw_unit(random)));
    return radius * cos(6.283185307179586 * draw_unit(random));
}

double draw_log_normal(struct random *random, double median, double sigma)
{
    return median * exp(sigma * draw_normal(random));
}

double draw_exponential(struct random *random, double mean)
{
    return -mean * log(1 - draw_unit(random));
}

unsigned draw_poisson(struct random *random, double mean)
{
    if (mean > 60) {
        const double drawn = mean + sqrt(mean) * draw_normal(random) + 0.5;
        return drawn < 0 ? 0 : (unsigned)drawn;
    }
    const double end = exp(-mean);
    double left = draw_unit(random);
    unsigned count = 0;
    while (left > end) {
        left *= draw_unit(random);
        count++;
    }
    return count;
}

uint32_t draw_skewed(struct random *random, uint32_t count, double skew)
{
    return (uint32_t)((double)count * pow(draw_unit(random), skew));
}
