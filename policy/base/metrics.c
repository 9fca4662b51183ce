#include "base/metrics.h"

#include "base/counter.h"
#include "base/counter_family.h"

#include <inttypes.h>
#include <stdarg.h>

static void append_name(struct metrics *metrics, const char *suffix)
{
    const bool is_own = strncmp(metrics->name, "process_", 8) != 0;
    strbuf_printf(metrics->out, "%s%s%s", is_own ? "closedrelay_" : "", metrics->name, suffix);
}

void metrics_begin(struct metrics *metrics, const char *name, enum metric_type type, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    metrics->name = name;
    strbuf_append_text(metrics->out, "# HELP ");
    append_name(metrics, " ");
    strbuf_printf(metrics->out, "%s\n# TYPE ", help);
    append_name(metrics, " ");
    strbuf_printf(metrics->out, "%s\n", types[type]);
}

/* As the format wants it: backslash, quote and line feed. */
static void append_value(struct strbuf *out, const char *value)
{
    for (; *value != '\0'; value++)
        if (*value == '\n')
            strbuf_append_text(out, "\\n");
        else
            strbuf_printf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
}

static void append_labels(struct strbuf *out, va_list labels)
{
    const char *separator = "{";
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): whoever calls has begun it. */
    for (const char *name; (name = va_arg(labels, const char *)) != NULL;) {
        strbuf_printf(out, "%s%s=\"", separator, name);
        append_value(out, va_arg(labels, const char *));
        strbuf_append_byte(out, '"');
        separator = ",";
    }
    strbuf_append_text(out, separator[0] == '{' ? " " : "} ");
}

void metrics_u64(struct metrics *metrics, uint64_t value, ...)
{
    va_list labels;
    va_start(labels, value);
    append_name(metrics, "");
    append_labels(metrics->out, labels);
    strbuf_printf(metrics->out, "%" PRIu64 "\n", value);
    va_end(labels);
}

void metrics_double(struct metrics *metrics, double value, ...)
{
    va_list labels;
    va_start(labels, value);
    append_name(metrics, "");
    append_labels(metrics->out, labels);
    strbuf_printf(metrics->out, "%.6f\n", value);
    va_end(labels);
}

void metrics_one(struct metrics *metrics, const char *name, enum metric_type type, const char *help,
                 uint64_t value)
{
    metrics_begin(metrics, name, type, help);
    metrics_u64(metrics, value, NULL);
}

/* ---- counters of the process ------------------------------------------------------------------------- */

/* Counters that share a metric stand together, below the first of them. */
static bool is_first_of_metric(const struct counter *counter)
{
    for (const struct counter *other = counter_first(); other != counter; other = other->next)
        if (other->metric != NULL && strcmp(other->metric, counter->metric) == 0)
            return false;
    return true;
}

static void add_counter(struct metrics *metrics, const struct counter *first)
{
    metrics_begin(metrics, first->metric, METRIC_COUNTER, first->help);
    for (const struct counter *counter = first; counter != NULL; counter = counter->next) {
        if (counter->metric == NULL || strcmp(counter->metric, first->metric) != 0)
            continue;
        append_name(metrics, "");
        if (counter->label[0] != '\0')
            strbuf_printf(metrics->out, "{%s}", counter->label);
        strbuf_printf(metrics->out, " %" PRIu64 "\n", counter_value(counter));
    }
}

static void add_cell(struct metrics *metrics, const struct counter_family *family,
                     const struct counter_cell *cell, const char *in_place)
{
    const uint64_t count = atomic_load_explicit(&cell->count, memory_order_relaxed);
    const char *first = in_place == NULL ? cell->values[0] : in_place;
    const char *second = in_place == NULL ? cell->values[1] : in_place;
    metrics_u64(metrics, count, family->labels[0], first, family->labels[1], second, NULL);
}

static void add_family(struct metrics *metrics, const struct counter_family *family)
{
    metrics_begin(metrics, family->metric, METRIC_COUNTER, family->help);
    for (size_t i = 0; i < COUNTER_FAMILY_CELLS; i++) {
        const struct counter_cell *cell = atomic_load_explicit(&family->cells[i], memory_order_acquire);
        if (cell == NULL)
            break;
        add_cell(metrics, family, cell, NULL);
    }
    if (atomic_load_explicit(&family->other.count, memory_order_relaxed) > 0)
        add_cell(metrics, family, &family->other, "other");
}

static void add_histogram(struct metrics *metrics, const struct histogram *histogram)
{
    uint64_t count = 0;
    metrics_begin(metrics, histogram->metric, METRIC_HISTOGRAM, histogram->help);
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        append_name(metrics, "_bucket");
        if (i < HISTOGRAM_BUCKETS)
            strbuf_printf(metrics->out, "{le=\"%g\"} %" PRIu64 "\n", (double)histogram_bounds_us[i] / 1e6,
                          count);
        else
            strbuf_printf(metrics->out, "{le=\"+Inf\"} %" PRIu64 "\n", count);
    }
    append_name(metrics, "_sum");
    strbuf_printf(metrics->out, " %.6f\n",
                  (double)atomic_load_explicit(&histogram->sum_us, memory_order_relaxed) / 1e6);
    append_name(metrics, "_count");
    strbuf_printf(metrics->out, " %" PRIu64 "\n", count);
}

void metrics_add_counters(struct metrics *metrics)
{
    for (const struct counter *counter = counter_first(); counter != NULL; counter = counter->next)
        if (counter->metric != NULL && is_first_of_metric(counter))
            add_counter(metrics, counter);
    for (const struct counter_family *family = counter_family_first(); family != NULL; family = family->next)
        add_family(metrics, family);
    for (const struct histogram *histogram = histogram_first(); histogram != NULL;
         histogram = histogram->next)
        add_histogram(metrics, histogram);
}
