#include "base/counter_family.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct counter_family *families;
static struct histogram *histograms;

/* ---- families --------------------------------------------------------------------------------------- */

void counter_family_register(struct counter_family *family)
{
    family->next = families;
    families = family;
}

const struct counter_family *counter_family_first(void)
{
    return families;
}

static bool is_cell(const struct counter_family *family, const struct counter_cell *cell,
                    const char *const *values)
{
    for (size_t i = 0; i < COUNTER_FAMILY_LABELS_MAX && family->labels[i] != NULL; i++)
        if (strncmp(cell->values[i], values[i], COUNTER_VALUE_BYTES_MAX - 1) != 0)
            return false;
    return true;
}

/* From `*at` on; there, where there is none, is the first free place. */
static struct counter_cell *find_cell(struct counter_family *family, const char *const *values, size_t *at)
{
    for (; *at < COUNTER_FAMILY_CELLS; ++*at) {
        struct counter_cell *cell = atomic_load_explicit(&family->cells[*at], memory_order_acquire);
        if (cell == NULL || is_cell(family, cell, values))
            return cell;
    }
    return &family->other;
}

static struct counter_cell *make_cell(const struct counter_family *family, const char *const *values)
{
    struct counter_cell *cell = calloc(1, sizeof *cell);
    for (size_t i = 0; cell != NULL && i < COUNTER_FAMILY_LABELS_MAX && family->labels[i] != NULL; i++)
        snprintf(cell->values[i], sizeof cell->values[i], "%s", values[i]);
    return cell;
}

void counter_family_add(struct counter_family *family, const char *const *values, uint64_t count)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of those who make cells */
    size_t at = 0;
    struct counter_cell *cell = find_cell(family, values, &at);
    if (cell == NULL) {
        pthread_mutex_lock(&lock);
        cell = find_cell(family, values, &at);
        if (cell == NULL) {
            cell = make_cell(family, values);
            atomic_store_explicit(&family->cells[at], cell, memory_order_release);
        }
        pthread_mutex_unlock(&lock);
    }
    cell = cell == NULL ? &family->other : cell;
    atomic_fetch_add_explicit(&cell->count, count, memory_order_relaxed);
}

/* ---- histograms ------------------------------------------------------------------------------------- */

const uint64_t histogram_bounds_us[HISTOGRAM_BUCKETS] = {1000,    2500,    5000,     10000,    25000,
                                                         50000,   100000,  250000,   500000,   1000000,
                                                         2500000, 5000000, 10000000, 30000000, 60000000};

void histogram_register(struct histogram *histogram)
{
    histogram->next = histograms;
    histograms = histogram;
}

const struct histogram *histogram_first(void)
{
    return histograms;
}

void histogram_add(struct histogram *histogram, uint64_t us)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS && us > histogram_bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, us, memory_order_relaxed);
}
