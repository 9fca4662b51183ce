#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "table/lookup_cache.h"

enum { ENTRIES_MAX = 4, VALUE_BYTES_MAX = 8 };

static struct lookup_cache *new_cache(void)
{
    const struct lookup_cache_options options = {
        .entries_max = ENTRIES_MAX, .value_bytes_max = VALUE_BYTES_MAX, .found_us = 60, .missing_us = 10};
    struct lookup_cache *cache = lookup_cache_create(&options);
    assert_non_null(cache);
    return cache;
}

static void store(struct lookup_cache *cache, const char *key, const char *value, uint64_t now_us)
{
    lookup_cache_store(cache, slice_of(key), value == NULL ? TABLE_MISSING : TABLE_FOUND,
                       slice_of(value == NULL ? "" : value), now_us);
}

static void assert_known(struct lookup_cache *cache, const char *key, const char *expected, uint64_t now_us)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    assert_int_equal(lookup_cache_find(cache, slice_of(key), &value, now_us),
                     expected == NULL ? TABLE_MISSING : TABLE_FOUND);
    assert_string_equal(strbuf_text(&value), expected == NULL ? "" : expected);
    strbuf_deinit(&value);
}

static void assert_unknown(struct lookup_cache *cache, const char *key, uint64_t now_us)
{
    assert_int_equal(lookup_cache_find(cache, slice_of(key), NULL, now_us), TABLE_UNKNOWN);
}

static void answers_are_known_for_their_time(void **state)
{
    (void)state;
    struct lookup_cache *cache = new_cache();
    assert_unknown(cache, "ann", 100);
    store(cache, "ann", "a, b", 100);
    store(cache, "empty", "", 100);
    store(cache, "bob", NULL, 100);
    assert_known(cache, "ann", "a, b", 159);
    assert_known(cache, "empty", "", 159);
    assert_known(cache, "bob", NULL, 109);
    assert_unknown(cache, "bob", 110);
    assert_unknown(cache, "ann", 160);
    assert_int_equal(lookup_cache_count(cache), 1);
    lookup_cache_destroy(cache);
}

static void a_new_answer_takes_the_place_of_the_old(void **state)
{
    (void)state;
    struct lookup_cache *cache = new_cache();
    store(cache, "ann", "old", 100);
    store(cache, "ann", NULL, 101);
    assert_known(cache, "ann", NULL, 102);
    store(cache, "ann", "new", 103);
    assert_known(cache, "ann", "new", 104);
    lookup_cache_store(cache, slice_of("ann"), TABLE_UNKNOWN, slice_of(""), 105);
    assert_unknown(cache, "ann", 106);
    assert_int_equal(lookup_cache_count(cache), 0);
    lookup_cache_destroy(cache);
}

static void the_one_longest_unused_goes(void **state)
{
    (void)state;
    struct lookup_cache *cache = new_cache();
    static const char *const keys[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        store(cache, keys[i], keys[i], 100);
    assert_known(cache, "a", "a", 101);
    store(cache, "e", "e", 102);
    assert_int_equal(lookup_cache_count(cache), ENTRIES_MAX);
    assert_unknown(cache, "b", 103);
    assert_known(cache, "a", "a", 103);
    assert_known(cache, "e", "e", 103);
    lookup_cache_destroy(cache);
}

static void a_long_value_is_not_kept(void **state)
{
    (void)state;
    struct lookup_cache *cache = new_cache();
    store(cache, "ann", "short", 100);
    store(cache, "ann", "far too long", 101);
    assert_unknown(cache, "ann", 102);
    lookup_cache_destroy(cache);
}

static void *use_it(void *context)
{
    struct lookup_cache *cache = context;
    size_t wrong_count = 0;
    for (unsigned i = 0; i < 5000; i++) {
        struct strbuf value;
        char key[8];
        snprintf(key, sizeof key, "k%u", i % 7);
        strbuf_init(&value, 0);
        if (lookup_cache_find(cache, slice_of(key), &value, i) == TABLE_FOUND)
            wrong_count += strcmp(strbuf_text(&value), key) != 0;
        else
            store(cache, key, key, i);
        strbuf_deinit(&value);
    }
    return wrong_count == 0 ? NULL : context;
}

static void threads_share_it(void **state)
{
    (void)state;
    struct lookup_cache *cache = new_cache();
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_it, cache), 0);
    for (size_t i = 0; i < 3; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_true(lookup_cache_count(cache) <= ENTRIES_MAX);
    lookup_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_known_for_their_time),
        cmocka_unit_test(a_new_answer_takes_the_place_of_the_old),
        cmocka_unit_test(the_one_longest_unused_goes),
        cmocka_unit_test(a_long_value_is_not_kept),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
