/* Watchers read at their own pace: what they miss is counted, and nobody waits for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/record_ring.h"

#include <malloc.h>
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

/* The number at the beginning of a line, which fills `bytes`. */
static void put_long_numbers(struct record_ring *ring, size_t bytes, int from, int to)
{
    char *text = malloc(bytes);
    assert_non_null(text);
    for (int i = from; i < to; i++) {
        char number[16];
        const int length = snprintf(number, sizeof number, "%d ", i);
        memset(text, 'x', bytes);
        memcpy(text, number, (size_t)length);
        record_ring_put(ring, slice_make(text, bytes));
    }
    free(text);
}

static void what_was_missed_is_counted(void **state)
{
    (void)state;
    enum { LINE_BYTES = 4092, FIT = RECORD_RING_BYTES / (LINE_BYTES + 4) };
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    struct strbuf line;
    uint64_t lost;
    strbuf_init(&line, 0);
    record_watcher_begin(&watcher, ring);
    put_long_numbers(ring, LINE_BYTES, 0, FIT + 7);
    for (int i = 7; i < FIT + 7; i++) {
        assert_true(record_watcher_next(&watcher, 0, &line, &lost));
        assert_int_equal(lost, i == 7 ? 7 : 0);
        assert_int_equal(atoi(strbuf_text(&line)), i);
        assert_int_equal(line.length, LINE_BYTES);
    }
    put_long_numbers(ring, RECORD_RING_LINE_BYTES_MAX + 1, 0, 1);
    assert_false(record_watcher_next(&watcher, 0, &line, &lost));
    assert_int_equal(lost, 1);
    put_long_numbers(ring, RECORD_RING_LINE_BYTES_MAX, 1, 2);
    assert_true(record_watcher_next(&watcher, 0, &line, &lost));
    assert_int_equal(lost, 0);
    assert_int_equal(atoi(strbuf_text(&line)), 1);
    record_watcher_end(&watcher);
    strbuf_deinit(&line);
    record_ring_destroy(ring);
}

/* Wherever the end of the ring's memory falls: into a length, or into a line. */
static void lines_of_any_length_are_whole(void **state)
{
    (void)state;
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    struct strbuf line;
    uint64_t lost, bytes = 0;
    strbuf_init(&line, 0);
    record_watcher_begin(&watcher, ring);
    for (int i = 0; bytes < 20 * (uint64_t)RECORD_RING_BYTES; i++) {
        const size_t length = (size_t)i * 7919 % 40000 + 1;
        char first = (char)('a' + i % 26);
        char *text = malloc(length);
        assert_non_null(text);
        memset(text, first, length);
        record_ring_put(ring, slice_make(text, length));
        assert_true(record_watcher_next(&watcher, 0, &line, &lost));
        assert_int_equal(lost, 0);
        assert_int_equal(line.length, length);
        assert_memory_equal(line.data, text, length);
        bytes += length;
        free(text);
    }
    record_watcher_end(&watcher);
    strbuf_deinit(&line);
    record_ring_destroy(ring);
}

/* Long lines leave nothing behind: the ring takes what it says, whatever it was given. */
static void memory_is_bounded(void **state)
{
    (void)state;
    struct record_ring *ring = record_ring_create();
    struct record_watcher watcher;
    record_watcher_begin(&watcher, ring);
    put_long_numbers(ring, 100, 0, 1);
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 1500; i++)
        put_long_numbers(ring, RECORD_RING_LINE_BYTES_MAX - (size_t)i, i, i + 1);
    assert_true(mallinfo2().uordblks + mallinfo2().hblkhd <= before + 65536);
    record_watcher_end(&watcher);
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
        cmocka_unit_test(lines_of_any_length_are_whole),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_watcher_sees_or_loses_every_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
