/* Answers that go out together: each is its own connection's, and who has ended gets none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/outbox.h"

static void each_is_its_own_connections(void **state)
{
    (void)state;
    static struct connection connections[OUTBOX_ANSWERS_MAX];
    struct outbox outbox;
    outbox_init(&outbox);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < OUTBOX_ANSWERS_MAX; i++) {
            assert_false(outbox_is_full(&outbox));
            connections[i].is_answered_later = false;
            assert_true(outbox_put(&outbox, &connections[i], slice_make("answers!", i + 1)));
            assert_true(connections[i].is_answered_later);
        }
        assert_true(outbox_is_full(&outbox));
        outbox_forget(&outbox, &connections[3]);
        for (size_t i = 0; i < OUTBOX_ANSWERS_MAX; i++) {
            const struct slice bytes = outbox_answer_bytes(&outbox, i);
            assert_ptr_equal(outbox.answers[i].connection, i == 3 ? NULL : &connections[i]);
            assert_int_equal(bytes.length, i + 1);
            assert_memory_equal(bytes.data, "answers!", i + 1);
        }
        outbox_empty(&outbox);
        assert_int_equal(outbox.count, 0);
    }
    outbox_deinit(&outbox);
}

/* One long answer is not room that is kept for good. */
static void much_is_given_back(void **state)
{
    (void)state;
    static char bytes[100000];
    static struct connection connection;
    struct outbox outbox;
    outbox_init(&outbox);
    assert_true(outbox_put(&outbox, &connection, slice_make(bytes, sizeof bytes)));
    assert_int_equal(outbox_answer_bytes(&outbox, 0).length, sizeof bytes);
    outbox_empty(&outbox);
    assert_int_equal(outbox.bytes.capacity, 0);
    outbox_deinit(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_its_own_connections),
        cmocka_unit_test(much_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
