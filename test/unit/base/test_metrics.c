#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/counter.h"
#include "base/counter_family.h"
#include "base/metrics.h"

#include <pthread.h>
#include <stdio.h>

COUNTER(first_way, "first_way", "ways_total", "way=\"first\"", "Ways.");
COUNTER(told_in_status, "told_in_status", NULL, "", "Nothing for the metrics.");
COUNTER(second_way, "second_way", "ways_total", "way=\"second\"", "Ways.");
COUNTER_FAMILY(things, "things_total", "Things.", "kind", "colour");
HISTOGRAM(waits, "wait_seconds", "Waits.");

static void assert_told(const char *expected)
{
    struct strbuf out;
    struct metrics metrics = {.out = &out};
    strbuf_init(&out, 0);
    metrics_add_counters(&metrics);
    if (strstr(strbuf_text(&out), expected) == NULL)
        fail_msg("no\n%s in\n%s", expected, strbuf_text(&out));
    assert_null(strstr(strbuf_text(&out), "told_in_status"));
    strbuf_deinit(&out);
}

static void counters_of_one_metric_stand_together(void **state)
{
    (void)state;
    counter_add(&second_way, 2);
    assert_told("# HELP closedrelay_ways_total Ways.\n# TYPE closedrelay_ways_total counter\n"
                "closedrelay_ways_total{way=\"first\"} 0\nclosedrelay_ways_total{way=\"second\"} 2\n");
    counter_add(&told_in_status, 1);
    assert_int_equal(counter_value_of("told_in_status"), 1);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    struct strbuf out;
    struct metrics metrics = {.out = &out};
    strbuf_init(&out, 0);
    metrics_begin(&metrics, "process_things", METRIC_GAUGE, "Things.");
    metrics_u64(&metrics, 1, "name", "a\"b\\c\nd", NULL);
    metrics_double(&metrics, 0.25, NULL);
    assert_string_equal(strbuf_text(&out),
                        "# HELP process_things Things.\n# TYPE process_things gauge\n"
                        "process_things{name=\"a\\\"b\\\\c\\nd\"} 1\nprocess_things 0.250000\n");
    strbuf_deinit(&out);
}

static void a_histogram_adds_up(void **state)
{
    (void)state;
    histogram_add(&waits, 1000);
    histogram_add(&waits, 1001);
    histogram_add(&waits, 90000000);
    assert_told(
        "closedrelay_wait_seconds_bucket{le=\"0.001\"} 1\nclosedrelay_wait_seconds_bucket{le=\"0.0025\"} 2\n");
    assert_told(
        "closedrelay_wait_seconds_bucket{le=\"60\"} 2\nclosedrelay_wait_seconds_bucket{le=\"+Inf\"} 3\n"
        "closedrelay_wait_seconds_sum 90.002001\nclosedrelay_wait_seconds_count 3\n");
}

static void *count(void *context)
{
    (void)context;
    char name[16];
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "kind%d", i % 50);
        counter_family_add(&things, (const char *const[]){name, "red"}, 1);
    }
    return NULL;
}

/* Many threads make the same cells. */
static void combinations_are_counted_once_each(void **state)
{
    (void)state;
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_told("closedrelay_things_total{kind=\"kind49\",colour=\"red\"} 320\n");
}

static void what_is_beyond_all_cells_is_told_as_other(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 2 * COUNTER_FAMILY_CELLS; i++) {
        snprintf(name, sizeof name, "more%d", i);
        counter_family_add(&things, (const char *const[]){name, ""}, 1);
    }
    assert_told("closedrelay_things_total{kind=\"other\",colour=\"other\"} ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_of_one_metric_stand_together),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(combinations_are_counted_once_each),
        cmocka_unit_test(what_is_beyond_all_cells_is_told_as_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
