#include "base/counter.h"

#include <string.h>

/* All counters of the program, in one chain; only added to, and only before main(). */
static struct counter *first;
static struct counter **end = &first;

void counter_register(struct counter *counter)
{
    *end = counter;
    end = &counter->next;
}

const struct counter *counter_first(void)
{
    return first;
}

uint64_t counter_value_of(const char *name)
{
    for (const struct counter *counter = first; counter != NULL; counter = counter->next)
        if (strcmp(counter->name, name) == 0)
            return counter_value(counter);
    return 0;
}
