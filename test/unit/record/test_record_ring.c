/* Watchers read at their own pace: what they miss is counted, and nobody waits for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/record_ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void put_numbers(struct record_ring *ring, int from, int to)
{
    for (int i = from; i < to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        record_ring_put(ring, slice_of(text));
    }
}

static void lines_come_in_order(void **state)
{
    (void)state;
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    struct strbuf line;
    uint64_t lost;
    strbuf_init(&line, 0);
    put_numbers(ring, 0, 10); /* nobody watches yet */
    record_watcher_begin(&watcher, ring);
    assert_false(record_watcher_next(&watcher, 0, &line, &lost));
    put_numbers(ring, 10, 12);
    for (int i = 10; i < 12; i++) {
        assert_true(record_watcher_next(&watcher, 0, &line, &lost));
        assert_int_equal(atoi(strbuf_text(&line)), i);
        assert_int_equal(lost, 0);
    }
    record_watcher_end(&watcher);
    strbuf_deinit(&line);
    record_ring_destroy(ring);
}

static void what_was_missed_is_counted(void **state)
{
    (void)state;
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    struct strbuf line;
    uint64_t lost;
    strbuf_init(&line, 0);
    record_watcher_begin(&watcher, ring);
    put_numbers(ring, 0, RECORD_RING_LINES + 7);
    assert_true(record_watcher_next(&watcher, 0, &line, &lost));
    assert_int_equal(lost, 7);
    assert_int_equal(atoi(strbuf_text(&line)), 7);
    char *large = calloc(1, RECORD_RING_LINE_BYTES_MAX + 1);
    assert_non_null(large);
    for (int i = 1; i < RECORD_RING_LINES; i++)
        assert_true(record_watcher_next(&watcher, 0, &line, &lost));
    record_ring_put(ring, slice_make(large, RECORD_RING_LINE_BYTES_MAX + 1));
    assert_false(record_watcher_next(&watcher, 0, &line, &lost));
    assert_int_equal(lost, 1);
    free(large);
    record_watcher_end(&watcher);
    strbuf_deinit(&line);
    record_ring_destroy(ring);
}

enum { WRITTEN = 50000 };

static void *write_lines(void *ring)
{
    put_numbers(ring, 0, WRITTEN);
    return NULL;
}

static void a_watcher_sees_or_loses_every_line(void **state)
{
    (void)state;
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    struct strbuf line;
    pthread_t writer;
    uint64_t lost, seen = 0;
    strbuf_init(&line, 0);
    record_watcher_begin(&watcher, ring);
    assert_int_equal(pthread_create(&writer, NULL, write_lines, ring), 0);
    while (seen < WRITTEN && record_watcher_next(&watcher, 10000, &line, &lost)) {
        seen += lost;
        assert_int_equal(atoi(strbuf_text(&line)), seen);
        seen++;
    }
    assert_int_equal(seen, WRITTEN);
    pthread_join(writer, NULL);
    record_watcher_end(&watcher);
    strbuf_deinit(&line);
    record_ring_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_in_order),
        cmocka_unit_test(what_was_missed_is_counted),
        cmocka_unit_test(a_watcher_sees_or_loses_every_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
