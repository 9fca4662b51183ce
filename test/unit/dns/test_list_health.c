#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "dns/list_health.h"
#include "dns/list_test.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct list_test_result passed = {.kind = LIST_TEST_FULL};

static struct list_health new_health(uint64_t now_ms)
{
    struct list_health health;
    struct list_health_options options = list_health_options_default();
    list_health_init(&health, &options, 7, now_ms);
    return health;
}

/* Runs the test that is wanted now, if its kind is this one. */
static bool test_with(struct list_health *health, struct list_test_result result, uint64_t now_ms)
{
    enum list_test_kind kind;
    assert_true(list_health_wants_test(health, now_ms, &kind));
    assert_int_equal(kind, result.kind);
    list_health_test_begun(health, now_ms);
    assert_false(list_health_wants_test(health, now_ms, &kind));
    result.begun_ms = now_ms;
    return list_health_test_ended(health, &result, now_ms + 20);
}

static struct list_health healthy_health(uint64_t now_ms)
{
    struct list_health health = new_health(now_ms);
    assert_true(test_with(&health, passed, now_ms));
    return health;
}

static bool live(struct list_health *health, enum list_reply_kind kind, enum list_trouble trouble,
                 uint64_t now_ms)
{
    static uint32_t client;
    struct in6_addr address = dns_address_ipv4(0xc0000200 + client++ % 256);
    struct list_live_answer answer = {
        .reply = {.kind = kind, .trouble = trouble}, .latency_ms = 10, .client = &address};
    return list_health_answered(health, &answer, now_ms);
}

static bool not_listed(struct list_health *health, uint64_t now_ms)
{
    return live(health, LIST_REPLY_NOT_LISTED, LIST_TROUBLE_NONE, now_ms);
}

static bool listed(struct list_health *health, uint64_t now_ms)
{
    return live(health, LIST_REPLY_LISTED, LIST_TROUBLE_NONE, now_ms);
}

static void answers_are_classified(void **state)
{
    static const struct {
        enum dns_outcome outcome;
        uint32_t addresses[2];
        uint8_t count;
        enum list_reply_kind kind;
        enum list_trouble trouble;
    } cases[] = {
        {DNS_OUTCOME_RECORDS, {0x7f000002}, 1, LIST_REPLY_LISTED, LIST_TROUBLE_NONE},
        {DNS_OUTCOME_NO_NAME, {0}, 0, LIST_REPLY_NOT_LISTED, LIST_TROUBLE_NONE},
        {DNS_OUTCOME_NO_DATA, {0}, 0, LIST_REPLY_NOT_LISTED, LIST_TROUBLE_NONE},
        {DNS_OUTCOME_RECORDS, {0x7ffffffe}, 1, LIST_REPLY_INVALID, LIST_TROUBLE_ERROR_CODE},
        {DNS_OUTCOME_RECORDS, {0x7f000002, 0x7fffff01}, 2, LIST_REPLY_INVALID, LIST_TROUBLE_ERROR_CODE},
        {DNS_OUTCOME_RECORDS,
         {0x7f0000ff},
         1,
         LIST_REPLY_INVALID,
         LIST_TROUBLE_ERROR_CODE}, /* this list's own */
        {DNS_OUTCOME_RECORDS, {0xcb007150}, 1, LIST_REPLY_INVALID, LIST_TROUBLE_OUTSIDE},
        {DNS_OUTCOME_TIMEOUT, {0}, 0, LIST_REPLY_FAILED, LIST_TROUBLE_TIMEOUT},
        {DNS_OUTCOME_REFUSED, {0}, 0, LIST_REPLY_FAILED, LIST_TROUBLE_REFUSED},
    };
    static const struct list_code_range own_error = {0x7f0000ff, 0x7f0000ff};
    const struct list_code_ranges errors = {&own_error, 1};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_answer answer = {.outcome = cases[i].outcome, .address_count = cases[i].count};
        memcpy(answer.addresses, cases[i].addresses, sizeof cases[i].addresses);
        struct list_reply reply = list_reply_read(&answer, &errors);
        assert_int_equal(reply.kind, cases[i].kind);
        assert_int_equal(reply.trouble, cases[i].trouble);
    }
}

static void nothing_counts_before_the_first_test(void **state)
{
    (void)state;
    struct list_health health = new_health(0);
    assert_true(list_health_is_askable(&health));
    listed(&health, 5);
    assert_false(list_health_is_proven(&health, 5));
    assert_true(test_with(&health, passed, 10));
    assert_int_equal(health.state, LIST_HEALTHY);
    assert_true(list_health_is_proven(&health, 5));
    assert_false(list_health_is_proven(&health, 11));
}

static void a_listing_asks_for_a_proof_begun_later(void **state)
{
    (void)state;
    struct list_health health = healthy_health(1000);
    enum list_test_kind kind;
    assert_false(list_health_wants_test(&health, 5000, &kind));
    listed(&health, 5000);
    assert_false(list_health_is_proven(&health, 5000));
    assert_true(list_health_next_ms(&health) <= 5000);
    struct list_test_result proof = {.kind = LIST_TEST_PROOF};
    assert_false(test_with(&health, proof, 5001));
    assert_true(list_health_is_proven(&health, 5000));
    assert_false(list_health_wants_test(&health, 6000, &kind));
    /* Where listings rain, proofs keep their distance, and one serves all that came before it. */
    for (uint64_t now_ms = 5002; now_ms < 5050; now_ms++)
        listed(&health, now_ms);
    assert_false(list_health_wants_test(&health, 5050, &kind));
    assert_false(test_with(&health, proof, 5200));
    assert_true(list_health_is_proven(&health, 5049));
}

static void a_failed_proof_suspends_and_lies_are_not_remembered(void **state)
{
    (void)state;
    struct list_health health = healthy_health(1000);
    listed(&health, 5000);
    struct list_test_result wild = {
        .kind = LIST_TEST_PROOF, .trouble = LIST_TROUBLE_LISTS_ALL, .code = 0x7f000002};
    assert_true(test_with(&health, wild, 5001));
    assert_int_equal(health.state, LIST_SUSPENDED);
    assert_false(list_health_is_proven(&health, 5000));
    assert_false(list_health_is_proven(&health, 500));
    uint64_t next_ms = list_health_next_ms(&health);
    assert_true(test_with(&health, passed, next_ms));
    assert_int_equal(health.state, LIST_HEALTHY);
    assert_false(list_health_is_proven(&health, 5000));
    assert_int_equal(health.believed_from_ms, next_ms + 1);
}

static void healthy_lists_are_tested_hourly(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    for (int i = 0; i < 50; i++) {
        uint64_t begun_ms = list_health_next_ms(&health);
        assert_false(test_with(&health, passed, begun_ms));
        uint64_t pause_ms = list_health_next_ms(&health) - begun_ms;
        assert_true(pause_ms >= 53 * MINUTE && pause_ms <= 67 * MINUTE);
    }
}

static void pauses_grow_and_end(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    struct list_test_result dead = {.kind = LIST_TEST_FULL, .trouble = LIST_TROUBLE_TIMEOUT};
    uint64_t now_ms = list_health_next_ms(&health);
    assert_true(test_with(&health, dead, now_ms));
    uint64_t expected_ms = 15 * SECOND;
    for (int i = 0; i < 40; i++) {
        uint64_t pause_ms = list_health_next_ms(&health) - (now_ms + 20);
        assert_true(pause_ms >= expected_ms * 9 / 10 && pause_ms <= expected_ms * 11 / 10);
        now_ms = list_health_next_ms(&health);
        assert_false(test_with(&health, dead, now_ms));
        expected_ms = expected_ms * 2 > 15 * MINUTE ? 15 * MINUTE : expected_ms * 2;
    }
    assert_true(test_with(&health, passed, list_health_next_ms(&health)));
}

/* Fifteen minutes are long for an admin who has just mended the name server. */
static void a_reload_tests_a_suspended_list_at_once(void **state)
{
    (void)state;
    const struct list_test_result failed = {.kind = LIST_TEST_FULL, .trouble = LIST_TROUBLE_TIMEOUT};
    const struct list_health_options options = list_health_options_default();
    struct list_health health = new_health(0);
    enum list_test_kind kind;
    uint64_t now_ms = 0;
    for (int i = 0; i < 8; i++) {
        test_with(&health, failed, now_ms);
        now_ms = health.next_test_ms;
    }
    test_with(&health, failed, now_ms);
    assert_false(list_health_wants_test(&health, now_ms + MINUTE, &kind));
    list_health_configure(&health, &options, now_ms + MINUTE);
    assert_true(list_health_wants_test(&health, now_ms + MINUTE, &kind));
    assert_true(test_with(&health, passed, now_ms + MINUTE));
    list_health_configure(&health, &options, now_ms + 2 * MINUTE);
    assert_false(
        list_health_wants_test(&health, now_ms + 2 * MINUTE, &kind)); /* a healthy one has its time */
}

static void a_flapping_list_keeps_its_long_pauses(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    struct list_test_result dead = {.kind = LIST_TEST_FULL, .trouble = LIST_TROUBLE_TIMEOUT};
    uint64_t now_ms = list_health_next_ms(&health);
    test_with(&health, dead, now_ms);
    for (int i = 0; i < 5; i++)
        test_with(&health, dead, list_health_next_ms(&health));
    now_ms = list_health_next_ms(&health);
    test_with(&health, passed, now_ms);
    live(&health, LIST_REPLY_INVALID, LIST_TROUBLE_ERROR_CODE, now_ms + MINUTE);
    assert_true(list_health_next_ms(&health) - now_ms > 10 * MINUTE);
}

static void after_a_day_a_person_should_look(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    struct list_test_result empty = {.kind = LIST_TEST_FULL, .trouble = LIST_TROUBLE_EMPTY};
    uint64_t start_ms = list_health_next_ms(&health);
    unsigned changes = 0;
    for (uint64_t now_ms = start_ms; now_ms < start_ms + 25 * (uint64_t)HOUR;
         now_ms = list_health_next_ms(&health))
        changes += test_with(&health, empty, now_ms);
    assert_int_equal(health.state, LIST_UNUSABLE);
    assert_int_equal(changes, 2); /* suspended, unusable: each said once */
    assert_true(test_with(&health, passed, list_health_next_ms(&health)));
    assert_int_equal(health.state, LIST_HEALTHY);
}

static void three_failures_in_a_row_suspend(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    for (int i = 0; i < 20; i++) {
        assert_false(live(&health, LIST_REPLY_FAILED, LIST_TROUBLE_TIMEOUT, 100));
        assert_false(live(&health, LIST_REPLY_FAILED, LIST_TROUBLE_TIMEOUT, 100));
        assert_false(not_listed(&health, 100));
    }
    live(&health, LIST_REPLY_FAILED, LIST_TROUBLE_REFUSED, 100);
    live(&health, LIST_REPLY_FAILED, LIST_TROUBLE_REFUSED, 100);
    assert_true(live(&health, LIST_REPLY_FAILED, LIST_TROUBLE_REFUSED, 100));
    assert_int_equal(health.trouble, LIST_TROUBLE_REFUSED);
}

static void an_error_code_suspends_at_once(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    assert_true(live(&health, LIST_REPLY_INVALID, LIST_TROUBLE_ERROR_CODE, 100));
    assert_false(list_health_is_askable(&health));
    assert_false(live(&health, LIST_REPLY_INVALID, LIST_TROUBLE_ERROR_CODE, 101));
}

static void slow_lists_are_suspended(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    struct in6_addr client = dns_address_ipv4(0xc0000201);
    struct list_live_answer slow = {
        .reply = {.kind = LIST_REPLY_NOT_LISTED}, .latency_ms = 1900, .client = &client};
    bool changed = false;
    for (int i = 0; i < 10 && !changed; i++)
        changed = list_health_answered(&health, &slow, 100);
    assert_true(changed);
    assert_int_equal(health.trouble, LIST_TROUBLE_SLOW);
}

/* A list with this usual ratio (in percent) of listed addresses. */
static struct list_health usual_health(unsigned percent, bool forget_controls)
{
    struct list_health health = healthy_health(0);
    for (unsigned i = 0; i < 600; i++)
        assert_false(i * 37 % 100 < percent ? listed(&health, 100) : not_listed(&health, 100));
    if (forget_controls)
        health.control_count = 0;
    health.proof_wanted_ms = 0;
    return health;
}

static void suddenly_listing_everybody_is_suspicious(void **state)
{
    (void)state;
    struct list_health health = usual_health(5, false);
    for (unsigned i = 0; i < 64; i++)
        assert_false(listed(&health, 200)); /* it may be an attack: addresses not listed before will tell */
    assert_true(health.suspicious);
    struct list_test_result lies = {.kind = LIST_TEST_PROOF, .trouble = LIST_TROUBLE_LISTS_KNOWN};
    assert_true(test_with(&health, lies, 300));

    health = usual_health(5, false);
    for (unsigned i = 0; i < 64; i++)
        assert_false(listed(&health, 200));
    struct list_test_result proof = {.kind = LIST_TEST_PROOF};
    assert_false(test_with(&health, proof, 300));
    assert_false(health.suspicious);
    assert_int_equal(health.state, LIST_HEALTHY);
}

static void without_such_addresses_the_ratio_has_to_do(void **state)
{
    (void)state;
    struct list_health health = usual_health(5, true);
    bool changed = false;
    for (unsigned i = 0; i < 64 && !changed; i++)
        changed = listed(&health, 200);
    assert_true(changed);
    assert_int_equal(health.trouble, LIST_TROUBLE_HIT_RATIO);
    /* Where most are listed as a rule, it is no news. */
    health = usual_health(85, true);
    for (unsigned i = 0; i < 64; i++)
        assert_false(listed(&health, 200));
}

static void an_inconclusive_test_changes_nothing(void **state)
{
    (void)state;
    struct list_health health = healthy_health(0);
    uint64_t now_ms = list_health_next_ms(&health);
    struct list_test_result busy = {.kind = LIST_TEST_FULL, .inconclusive = true};
    assert_false(test_with(&health, busy, now_ms));
    assert_int_equal(health.state, LIST_HEALTHY);
    assert_true(list_health_next_ms(&health) - now_ms < MINUTE);
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static void a_full_test_asks_for_the_test_points(void **state)
{
    static const struct {
        enum list_probe_kind kind;
        const char *name;
    } expected[] = {
        {LIST_PROBE_NEVER4, "1.0.0.127.bl.test"},
        {LIST_PROBE_NEVER6, "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.test"},
        {LIST_PROBE_ALWAYS4, "2.0.0.127.bl.test"},
        {LIST_PROBE_ALWAYS6, "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.test"},
        {LIST_PROBE_ZONE, "bl.test"},
        {LIST_PROBE_CONTROL, "0.2.0.192.bl.test"},
    };
    (void)state;
    struct list_health health = new_health(0);
    health.controls[0] = dns_address_ipv4(0xc0000200);
    health.control_count = 1;
    struct list_probe probes[LIST_PROBES_MAX];
    unsigned count = list_test_plan(probes, slice_of("bl.test"), LIST_TEST_FULL, &health, 12345);
    assert_int_equal(count, 7);
    assert_int_equal(probes[0].kind, LIST_PROBE_RANDOM);
    assert_int_equal(strlen(probes[0].name.text), 14 + strlen(".bl.test"));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(probes[i + 1].kind, expected[i].kind);
        assert_string_equal(probes[i + 1].name.text, expected[i].name);
        assert_int_equal(probes[i + 1].name.length, strlen(expected[i].name));
    }
    assert_int_equal(list_test_plan(probes, slice_of("bl.test"), LIST_TEST_PROOF, &health, 12345), 3);
    health.options.has_test_points = false;
    assert_int_equal(list_test_plan(probes, slice_of("bl.test"), LIST_TEST_FULL, &health, 12345), 2);
}

static struct list_probe_answer answer_of(enum list_probe_kind kind, enum list_reply_kind reply)
{
    return (struct list_probe_answer){
        .kind = kind,
        .reply = {.kind = reply,
                  .trouble = reply == LIST_REPLY_FAILED ? LIST_TROUBLE_TIMEOUT : LIST_TROUBLE_NONE},
        .name_exists = reply == LIST_REPLY_LISTED,
        .latency_ms = 10};
}

/* 'L'isted, 'N'ot listed, 'F'ailed. */
static enum list_reply_kind word_of(char letter)
{
    return letter == 'L' ? LIST_REPLY_LISTED : letter == 'N' ? LIST_REPLY_NOT_LISTED : LIST_REPLY_FAILED;
}

static void test_answers_are_judged(void **state)
{
    /* random, 127.0.0.1, ::1 by nibble, 127.0.0.2, ::2 by nibble, the zone, two controls */
    static const struct {
        const char *words;
        enum list_trouble trouble;
        bool ipv6;
    } cases[] = {
        {"NNNLLNNN", LIST_TROUBLE_NONE, true},        {"NNNLNNNN", LIST_TROUBLE_NONE, false},
        {"NNLLLNNN", LIST_TROUBLE_NONE, false},       {"NNFLFFFF", LIST_TROUBLE_NONE, false},
        {"LNNLLNNN", LIST_TROUBLE_LISTS_ALL, true},   {"NLNLLNNN", LIST_TROUBLE_LISTS_ALL, true},
        {"NNNLLNLL", LIST_TROUBLE_LISTS_KNOWN, true}, {"NNNLLNLN", LIST_TROUBLE_NONE, true},
        {"NNNNNLNN", LIST_TROUBLE_EMPTY, false},      {"NNNNNNNN", LIST_TROUBLE_NO_ZONE, false},
        {"FFFFFFFF", LIST_TROUBLE_TIMEOUT, false},    {"NNNFLNNN", LIST_TROUBLE_TIMEOUT, true},
    };
    static const enum list_probe_kind kinds[8] = {LIST_PROBE_RANDOM,  LIST_PROBE_NEVER4,  LIST_PROBE_NEVER6,
                                                  LIST_PROBE_ALWAYS4, LIST_PROBE_ALWAYS6, LIST_PROBE_ZONE,
                                                  LIST_PROBE_CONTROL, LIST_PROBE_CONTROL};
    (void)state;
    struct list_health_options options = list_health_options_default();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct list_probe_answer answers[8];
        for (unsigned j = 0; j < 8; j++)
            answers[j] = answer_of(kinds[j], word_of(cases[i].words[j]));
        struct list_test_result result = list_test_judge(LIST_TEST_FULL, answers, 8, &options);
        assert_string_equal(list_trouble_text(result.trouble), list_trouble_text(cases[i].trouble));
        if (result.ipv6_known)
            assert_int_equal(result.ipv6_works, cases[i].ipv6);
    }
    struct list_probe_answer slow[2] = {answer_of(LIST_PROBE_NEVER4, LIST_REPLY_NOT_LISTED),
                                        answer_of(LIST_PROBE_ALWAYS4, LIST_REPLY_LISTED)};
    slow[0].latency_ms = 5000;
    assert_int_equal(list_test_judge(LIST_TEST_FULL, slow, 2, &options).trouble, LIST_TROUBLE_SLOW);
    slow[0].reply = (struct list_reply){.kind = LIST_REPLY_FAILED, .cancelled = true};
    assert_true(list_test_judge(LIST_TEST_FULL, slow, 2, &options).inconclusive);
    struct list_probe_answer wild6 = answer_of(LIST_PROBE_NEVER6, LIST_REPLY_LISTED);
    assert_int_equal(list_test_judge(LIST_TEST_PROOF, &wild6, 1, &options).trouble, LIST_TROUBLE_LISTS_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_classified),
        cmocka_unit_test(nothing_counts_before_the_first_test),
        cmocka_unit_test(a_listing_asks_for_a_proof_begun_later),
        cmocka_unit_test(a_failed_proof_suspends_and_lies_are_not_remembered),
        cmocka_unit_test(healthy_lists_are_tested_hourly),
        cmocka_unit_test(pauses_grow_and_end),
        cmocka_unit_test(a_reload_tests_a_suspended_list_at_once),
        cmocka_unit_test(a_flapping_list_keeps_its_long_pauses),
        cmocka_unit_test(after_a_day_a_person_should_look),
        cmocka_unit_test(three_failures_in_a_row_suspend),
        cmocka_unit_test(an_error_code_suspends_at_once),
        cmocka_unit_test(slow_lists_are_suspended),
        cmocka_unit_test(suddenly_listing_everybody_is_suspicious),
        cmocka_unit_test(without_such_addresses_the_ratio_has_to_do),
        cmocka_unit_test(an_inconclusive_test_changes_nothing),
        cmocka_unit_test(a_full_test_asks_for_the_test_points),
        cmocka_unit_test(test_answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
