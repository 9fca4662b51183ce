#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dns/answer_cache.h"

static struct answer_cache *cache_of(unsigned entries)
{
    struct answer_cache_options options = answer_cache_options_default();
    options.entries_max = entries;
    options.hash_key[0] = 0x1234;
    struct answer_cache *cache = answer_cache_create(&options);
    assert_non_null(cache);
    return cache;
}

static struct answer_cache_result find(struct answer_cache *cache, const char *name, uint64_t now_ms)
{
    struct answer_cache_question question = {slice_of(name), DNS_TYPE_A, 0};
    return answer_cache_find(cache, &question, now_ms);
}

static struct dns_answer listed(uint32_t ttl_seconds)
{
    return (struct dns_answer){.outcome = DNS_OUTCOME_RECORDS,
                               .ttl_seconds = ttl_seconds,
                               .has_ttl = true,
                               .address_count = 1,
                               .addresses = {0x7f000002}};
}

static void answer(struct dns_lookup *submit, struct dns_answer answer, uint64_t now_ms)
{
    assert_non_null(submit);
    dns_lookup_complete(submit, &answer, now_ms);
    dns_lookup_unref(submit);
}

/* Asks and answers at once. */
static void learn(struct answer_cache *cache, const char *name, struct dns_answer what, uint64_t now_ms)
{
    struct answer_cache_result result = find(cache, name, now_ms);
    answer(result.submit, what, now_ms);
    dns_lookup_unref(result.lookup);
}

/* Whether it is known, without asking for more when it is not. */
static bool is_known(struct answer_cache *cache, const char *name, uint64_t now_ms)
{
    struct answer_cache_result result = find(cache, name, now_ms);
    bool known = result.submit == NULL && result.lookup != NULL && dns_lookup_is_done(result.lookup);
    if (result.submit != NULL)
        answer(result.submit, (struct dns_answer){.outcome = DNS_OUTCOME_CANCELLED}, now_ms);
    dns_lookup_unref(result.lookup);
    return known;
}

static void an_answer_lives_as_long_as_it_says(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "a.test", listed(120), 1000);
    assert_true(is_known(cache, "a.test", 1000));
    assert_true(is_known(cache, "a.test", 1000 + 119999));
    assert_false(is_known(cache, "a.test", 1000 + 120000));
    answer_cache_destroy(cache);
}

static void lifetimes_are_clamped(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "short.test", listed(0), 0);
    assert_true(is_known(cache, "short.test", 29999));
    assert_false(is_known(cache, "short.test", 30000));
    learn(cache, "long.test", listed(900000), 0);
    assert_true(is_known(cache, "long.test", 3599999));
    assert_false(is_known(cache, "long.test", 3600000));
    answer_cache_destroy(cache);
}

static void negative_answers_live_by_their_soa_or_a_minute(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    struct dns_answer none = {.outcome = DNS_OUTCOME_NO_NAME, .ttl_seconds = 33, .has_ttl = true};
    learn(cache, "soa.test", none, 0);
    assert_true(is_known(cache, "soa.test", 32999));
    assert_false(is_known(cache, "soa.test", 33000));
    none = (struct dns_answer){.outcome = DNS_OUTCOME_NO_DATA};
    learn(cache, "bare.test", none, 0);
    assert_true(is_known(cache, "bare.test", 59999));
    assert_false(is_known(cache, "bare.test", 60000));
    answer_cache_destroy(cache);
}

static void failures_are_kept_for_a_second_only(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "dead.test", (struct dns_answer){.outcome = DNS_OUTCOME_TIMEOUT}, 0);
    assert_true(is_known(cache, "dead.test", 999));
    assert_false(is_known(cache, "dead.test", 1000));
    answer_cache_destroy(cache);
}

/* Given up, as at the end of the resolver: it says nothing of the name. */
static void what_was_cancelled_is_not_kept(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "a.test", (struct dns_answer){.outcome = DNS_OUTCOME_CANCELLED}, 5);
    assert_false(is_known(cache, "a.test", 5));
    answer_cache_destroy(cache);
}

static void a_question_on_its_way_is_joined(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    struct answer_cache_result first = find(cache, "a.test", 0), second = find(cache, "a.test", 1);
    assert_non_null(first.submit);
    assert_null(second.submit);
    assert_ptr_equal(first.lookup, second.lookup);
    assert_false(dns_lookup_is_done(second.lookup));
    answer(first.submit, listed(60), 2);
    assert_true(dns_lookup_is_done(second.lookup));
    assert_int_equal(second.lookup->answer.addresses[0], 0x7f000002);
    dns_lookup_unref(first.lookup);
    dns_lookup_unref(second.lookup);
    answer_cache_destroy(cache);
}

static void types_are_apart(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "a.test", listed(60), 0);
    struct answer_cache_question question = {slice_of("a.test"), DNS_TYPE_TXT, 0};
    struct answer_cache_result text = answer_cache_find(cache, &question, 1);
    assert_non_null(text.submit);
    answer(text.submit, (struct dns_answer){.outcome = DNS_OUTCOME_NO_DATA}, 1);
    dns_lookup_unref(text.lookup);
    assert_true(is_known(cache, "a.test", 2));
    answer_cache_destroy(cache);
}

static void answers_from_a_time_of_lies_are_asked_again(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "a.test", listed(600), 1000);
    struct answer_cache_question question = {slice_of("a.test"), DNS_TYPE_A, 1001};
    struct answer_cache_result again = answer_cache_find(cache, &question, 2000);
    assert_non_null(again.submit);
    answer(again.submit, (struct dns_answer){.outcome = DNS_OUTCOME_NO_NAME}, 2000);
    dns_lookup_unref(again.lookup);
    struct answer_cache_result now = find(cache, "a.test", 2001);
    assert_int_equal(now.lookup->answer.outcome, DNS_OUTCOME_NO_NAME);
    dns_lookup_unref(now.lookup);
    answer_cache_destroy(cache);
}

static void what_is_asked_all_the_time_is_fetched_before_it_ends(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "busy.test", listed(100), 0);
    learn(cache, "idle.test", listed(100), 0);
    for (uint64_t i = 0; i < 3; i++)
        assert_true(is_known(cache, "busy.test", 1000 + i));
    struct answer_cache_result idle = find(cache, "idle.test", 95000);
    assert_null(idle.submit);
    dns_lookup_unref(idle.lookup);
    struct answer_cache_result busy = find(cache, "busy.test", 95000);
    assert_true(dns_lookup_is_done(busy.lookup)); /* the old answer, without waiting */
    assert_non_null(busy.submit);
    struct answer_cache_result once = find(cache, "busy.test", 95001);
    assert_null(once.submit);
    dns_lookup_unref(once.lookup);
    answer(busy.submit, listed(100), 96000);
    dns_lookup_unref(busy.lookup);
    assert_true(is_known(cache, "busy.test", 195000));
    answer_cache_destroy(cache);
}

static void a_failed_prefetch_keeps_the_old_answer(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(1000);
    learn(cache, "busy.test", listed(100), 0);
    for (uint64_t i = 0; i < 3; i++)
        assert_true(is_known(cache, "busy.test", 1000 + i));
    struct answer_cache_result busy = find(cache, "busy.test", 91000);
    answer(busy.submit, (struct dns_answer){.outcome = DNS_OUTCOME_TIMEOUT}, 92000);
    dns_lookup_unref(busy.lookup);
    struct answer_cache_result soon = find(cache, "busy.test", 93000);
    assert_null(soon.submit); /* not at once again */
    assert_int_equal(soon.lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    dns_lookup_unref(soon.lookup);
    struct answer_cache_result later = find(cache, "busy.test", 97000);
    assert_non_null(later.submit);
    answer(later.submit, listed(100), 97000);
    dns_lookup_unref(later.lookup);
    answer_cache_destroy(cache);
}

static void the_number_of_entries_is_bounded(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(640);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.test", i);
        learn(cache, name, listed(3600), 0);
    }
    struct answer_cache_status status;
    answer_cache_get_status(cache, &status);
    assert_true(status.entry_count <= 640);
    assert_true(status.entry_count >= 500);
    assert_int_equal(status.evicted_count, 5000 - status.entry_count);
    answer_cache_destroy(cache);
}

static void the_useful_stay(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(640);
    learn(cache, "useful.test", listed(3600), 0);
    unsigned found = 0;
    for (int i = 0; i < 5000; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.test", i);
        learn(cache, name, listed(3600), 0);
        if (i % 10 == 0)
            found += is_known(cache, "useful.test", 1);
    }
    assert_int_equal(found, 500);
    answer_cache_destroy(cache);
}

static void what_is_on_its_way_is_not_evicted(void **state)
{
    (void)state;
    struct answer_cache *cache = cache_of(64);
    struct answer_cache_result open[500];
    unsigned refused = 0;
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.test", i);
        open[i] = find(cache, name, 0);
        refused += open[i].lookup == NULL;
    }
    assert_true(refused >= 500 - 64);
    for (int i = 0; i < 500; i++) {
        if (open[i].submit != NULL)
            answer(open[i].submit, listed(60), 1);
        dns_lookup_unref(open[i].lookup);
    }
    answer_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_lives_as_long_as_it_says),
        cmocka_unit_test(lifetimes_are_clamped),
        cmocka_unit_test(negative_answers_live_by_their_soa_or_a_minute),
        cmocka_unit_test(failures_are_kept_for_a_second_only),
        cmocka_unit_test(what_was_cancelled_is_not_kept),
        cmocka_unit_test(a_question_on_its_way_is_joined),
        cmocka_unit_test(types_are_apart),
        cmocka_unit_test(answers_from_a_time_of_lies_are_asked_again),
        cmocka_unit_test(what_is_asked_all_the_time_is_fetched_before_it_ends),
        cmocka_unit_test(a_failed_prefetch_keeps_the_old_answer),
        cmocka_unit_test(the_number_of_entries_is_bounded),
        cmocka_unit_test(the_useful_stay),
        cmocka_unit_test(what_is_on_its_way_is_not_evicted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
