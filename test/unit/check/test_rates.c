/* The check `rates`: who is counted for what, what is charged, and what people are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>

#include "check/rates/rates.h"
#include "check_fixture.h"
#include "store/store.h"

static int64_t test_now_us;
static unsigned test_warnings;

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return (uint64_t)test_now_us;
}

static int64_t test_wall_us(void *context)
{
    (void)context;
    return test_now_us;
}

static const struct clock test_clock = {test_monotonic_us, test_wall_us, NULL};

static void count_warning(void *context, const struct limit_warning *warning)
{
    (void)context;
    (void)warning;
    test_warnings++;
}

static int make_store(void **state)
{
    const struct store_memory_options options = {
        .clock = test_clock, .seed = {1, 2}, .keys_max = {10000, 10000}};
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    test_now_us = 1764460800LL * 1000000; /* 2025-11-30, 01:00 in Berlin */
    test_warnings = 0;
    *state = store_memory_create(&options);
    return *state == NULL;
}

static int destroy_store(void **state)
{
    store_destroy(*state);
    return 0;
}

static struct check_fixture begin(void **state, const char *limits, enum role role)
{
    char yaml[800];
    snprintf(yaml, sizeof yaml, "rates: { limits: [%s] }", limits);
    struct check_fixture fixture = check_fixture_begin(&rates_check, yaml, role);
    fixture.services =
        (struct check_services){.clock = &test_clock, .store = *state, .warn_of_limit = count_warning};
    fixture.message.user = "ann@example.com";
    return fixture;
}

/* A whole message to `recipients` addresses of example.net; how many of them were taken. */
static unsigned send(struct check_fixture *fixture, unsigned recipients, bool is_accepted)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < recipients; i++) {
        char *path = talloc_asprintf(fixture->owner, "<person%u@example.net>", i);
        taken += check_fixture_recipient(fixture, path) == RECIPIENT_ACCEPTED;
    }
    check_fixture_ask(fixture, STAGE_MESSAGE);
    check_fixture_settle(fixture, is_accepted);
    return taken;
}

static void only_accepted_mail_counts(void **state)
{
    struct check_fixture fixture = begin(state, "{key: user, limit: 100, per: 1h}", ROLE_SUBMISSION);
    for (int i = 0; i < 50; i++)
        assert_int_equal(send(&fixture, 60, false), 60);
    assert_int_equal(send(&fixture, 60, true), 60);
    assert_int_equal(send(&fixture, 60, true), 40);
    assert_int_equal(send(&fixture, 1, true), 0);
    test_now_us += 36LL * 1000000; /* one has refilled */
    assert_int_equal(send(&fixture, 2, true), 1);
    check_fixture_end(&fixture);
}

static void the_reply_says_all_that_helps(void **state)
{
    static const struct expected_finding expected = {
        FINDING_FAIL, "rate_exceeded", MODE_ENFORCE, ACTION_DEFER, 450, "4.7.1"};
    struct check_fixture fixture = begin(state, "{key: user, limit: 100, per: 1h}", ROLE_SUBMISSION);
    send(&fixture, 100, true);
    assert_int_equal(check_fixture_recipient(&fixture, "<late@example.net>"), RECIPIENT_DEFERRED);
    assert_finding(check_fixture_last(&fixture), &expected);
    assert_reply_says(check_fixture_last(&fixture),
                      (const char *const[]){"ann@example.com", "100 recipients in 1h", "100 used",
                                            "from 00:00:36 UTC on 30 November on", NULL});
    check_fixture_end(&fixture);
}

static void rejecting_is_a_choice(void **state)
{
    static const struct expected_finding expected = {
        FINDING_FAIL, "rate_exceeded", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"};
    struct check_fixture fixture =
        begin(state, "{key: user, count: messages, limit: 2, per: day, action: reject}", ROLE_SUBMISSION);
    assert_int_equal(send(&fixture, 5, true) + send(&fixture, 5, true), 10);
    assert_int_equal(check_fixture_recipient(&fixture, "<late@example.net>"), RECIPIENT_REJECTED);
    assert_finding(check_fixture_last(&fixture), &expected);
    assert_reply_says(
        check_fixture_last(&fixture),
        (const char *const[]){"2 messages in day", "from 23:00:00 UTC on 30 November on", NULL});
    check_fixture_end(&fixture);
}

static void all_levels_hold_and_the_binding_one_is_named(void **state)
{
    struct check_fixture fixture =
        begin(state,
              "{key: user, limit: 50, per: 1h}, {key: domain, limit: 80, per: 1h}, "
              "{key: customer, limit: 1000, per: 1h}",
              ROLE_SUBMISSION);
    fixture.message.customer = "acme";
    assert_int_equal(send(&fixture, 60, true), 50);
    fixture.message.user = "bob@example.com";
    assert_int_equal(send(&fixture, 60, true), 30);
    check_fixture_recipient(&fixture, "<late@example.net>");
    assert_reply_says(check_fixture_last(&fixture),
                      (const char *const[]){"the domain example.com", "80 recipients", NULL});
    check_fixture_end(&fixture);
}

static void the_record_has_the_numbers(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: user, limit: 100, per: 1h}, {key: user, count: bytes, limit: 2GB, per: day}",
              ROLE_SUBMISSION);
    fixture.message.body_bytes = 900;
    send(&fixture, 60, true);
    const struct finding *pass = check_fixture_last(&fixture);
    assert_string_equal(pass->reason, "within_limit");
    assert_string_equal(pass->detail, "user recipients 100/1h");
    assert_true(pass->has_numbers && pass->limit == 100 && pass->seen == 60);
    fixture.message.has_declared_size = true;
    fixture.message.declared_size_bytes = 1999999500;
    check_fixture_recipient(&fixture, "<bob@example.net>");
    const struct finding *fail = check_fixture_last(&fixture);
    assert_reply_says(fail, (const char *const[]){"2000 MB in day, 0 used", NULL});
    assert_string_equal(fail->detail, "user bytes 2000000/day: ann@example.com: 1999 MB left, it fits from "
                                      "2025-11-30T23:00:00Z on");
    assert_true(fail->has_numbers && fail->limit == 2000000000 && fail->seen == 1000);
    check_fixture_end(&fixture);
}

/* Nothing to count for is no trouble, and is not said to be any. */
static void nobody_to_count_for_is_no_trouble(void **state)
{
    struct check_fixture fixture = begin(state, "{key: user, limit: 1, per: 1h}", ROLE_OUTSIDE);
    fixture.message.user = "";
    assert_int_equal(check_fixture_recipient(&fixture, "<@broken:a@example.com>"), RECIPIENT_ACCEPTED);
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    check_fixture_settle(&fixture, true);
    assert_int_equal(fixture.findings.count, 0);
    check_fixture_end(&fixture);
}

/* A key that is too long to be kept is cut, not left out: nobody gets by with a long name. */
static void a_long_key_is_counted(void **state)
{
    char script[2000];
    memset(script, 'x', sizeof script);
    script[sizeof script - 1] = '\0';
    struct check_fixture fixture = begin(state, "{key: script, limit: 2, per: 1h}", ROLE_LOCAL);
    fixture.message.local_script = script;
    assert_int_equal(send(&fixture, 3, true), 2);
    check_fixture_end(&fixture);
}

static void nobody_shares_an_empty_key(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: customer, limit: 1, per: 1h}, {key: uid, limit: 1, per: 1h}", ROLE_SUBMISSION);
    assert_int_equal(send(&fixture, 30, true), 30);
    fixture.message.user = "";
    assert_int_equal(send(&fixture, 30, true), 30);
    check_fixture_end(&fixture);
}

static void inside_and_outside_are_counted_apart(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: user, count: external_recipients, limit: 1, per: 1h}", ROLE_SUBMISSION);
    assert_int_equal(check_fixture_recipient(&fixture, "<a@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<b@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<c@example.net>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<C@example.net>"), RECIPIENT_ACCEPTED); /* the same */
    assert_int_equal(check_fixture_recipient(&fixture, "<d@example.net>"), RECIPIENT_DEFERRED);
    assert_int_equal(check_fixture_recipient(&fixture, "<e@example.com>"), RECIPIENT_ACCEPTED);
    check_fixture_end(&fixture);
}

static void a_scope_lets_mail_inside_pass(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: user, limit: 2, per: 1h, scope: external}", ROLE_SUBMISSION);
    assert_int_equal(check_fixture_recipient(&fixture, "<a@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<b@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<c@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<d@example.net>"), RECIPIENT_DEFERRED);
    assert_int_equal(check_fixture_recipient(&fixture, "<e@example.com>"), RECIPIENT_ACCEPTED);
    check_fixture_end(&fixture);
}

static void bytes_are_those_that_came(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: user, count: bytes, limit: 10MB, per: 1h}", ROLE_SUBMISSION);
    fixture.message.has_declared_size = true;
    fixture.message.declared_size_bytes = 6000000;
    fixture.message.body_bytes = 4000000; /* less came */
    assert_int_equal(send(&fixture, 1, true), 1);
    assert_int_equal(send(&fixture, 1, true), 1);
    assert_int_equal(send(&fixture, 1, true), 0); /* 8 of 10 MB are used, and 6 are announced */
    fixture.message.has_declared_size = false;
    assert_int_equal(check_fixture_recipient(&fixture, "<a@example.net>"), RECIPIENT_ACCEPTED);
    check_fixture_ask(&fixture, STAGE_MESSAGE); /* nothing was announced, and too much came */
    assert_string_equal(check_fixture_last(&fixture)->reason, "rate_exceeded");
    check_fixture_end(&fixture);
}

static void refused_recipients_tell(void **state)
{
    struct check_fixture fixture = begin(
        state, "{key: user, count: refused_recipients, limit: 5, per: 1h, action: reject}", ROLE_SUBMISSION);
    for (int message = 0; message < 5; message++) {
        assert_int_equal(check_fixture_recipient(&fixture, "<good@example.net>"), RECIPIENT_ACCEPTED);
        check_fixture_recipient(&fixture, "<dead@example.net>");
        fixture.message.recipients[1].action = RECIPIENT_IGNORED; /* the MTA does not know it */
        check_fixture_settle(&fixture, message % 2 == 0);
    }
    assert_int_equal(check_fixture_recipient(&fixture, "<good@example.net>"), RECIPIENT_REJECTED);
    check_fixture_end(&fixture);
}

static void ipv6_customers_are_networks(void **state)
{
    struct check_fixture fixture = begin(state, "{key: ip, limit: 2, per: 1h}", ROLE_OUTSIDE);
    fixture.session.client_ip_known = true;
    for (int i = 1; i <= 3; i++) {
        char text[40];
        snprintf(text, sizeof text, "2001:db8:1:2::%d", i);
        assert_true(ip_address_parse(slice_of(text), &fixture.session.client_ip));
        assert_int_equal(send(&fixture, 1, true), i <= 2);
    }
    assert_true(ip_address_parse(slice_of("2001:db8:1:3::1"), &fixture.session.client_ip));
    assert_int_equal(send(&fixture, 1, true), 1);
    check_fixture_end(&fixture);
}

static void a_day_begins_at_midnight(void **state)
{
    struct check_fixture fixture = begin(state, "{key: user, limit: 10, per: day}", ROLE_SUBMISSION);
    assert_int_equal(send(&fixture, 12, true), 10);
    test_now_us += (23LL * 3600 - 1) * 1000000; /* 23:59:59 in Berlin */
    assert_int_equal(send(&fixture, 12, true), 0);
    test_now_us += 1000000;
    assert_int_equal(send(&fixture, 12, true), 10);
    check_fixture_end(&fixture);
}

/* Also where clocks change at midnight, so that a day has none: every moment lies in its day, and days touch.
 */
static void days_follow_the_clock_on_the_wall(void **state)
{
    static const char *const zones[] = {
        "Europe/Berlin",       "Africa/Cairo", "America/Havana", "Asia/Beirut", "America/Santiago",
        "Australia/Lord_Howe", "UTC"};
    static const int64_t YEAR_US = 1767225600LL * 1000000, QUARTER_US = 900LL * 1000000,
                         HOUR_US = 3600LL * 1000000;
    struct check_fixture fixture = begin(state, "{key: user, limit: 10, per: day}", ROLE_SUBMISSION);
    const struct rate_limit *limit = rates_limit_at(fixture.settings, 0);
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        atomic_store(limit->last_window, 0);
        struct window before = rate_window(limit, YEAR_US);
        for (int64_t now_us = YEAR_US; now_us < YEAR_US + 366 * 24 * HOUR_US; now_us += QUARTER_US) {
            const struct window window = rate_window(limit, now_us);
            const int64_t length_us = window.ends_us - window.starts_us;
            if (window.starts_us > now_us || window.ends_us <= now_us || length_us < 23 * HOUR_US ||
                length_us > 25 * HOUR_US ||
                (window.starts_us != before.starts_us && window.starts_us != before.ends_us))
                fail_msg("%s, %lld: from %lld to %lld", zones[i], (long long)(now_us / 1000000),
                         (long long)(window.starts_us / 1000000), (long long)(window.ends_us / 1000000));
            before = window;
        }
    }
    check_fixture_end(&fixture);
}

static void watching_counts_and_lets_pass(void **state)
{
    struct check_fixture fixture = begin(
        state,
        "{key: user, limit: 10, per: 1h, mode: monitor}, {key: domain, limit: 5, per: 1h, action: warn}",
        ROLE_SUBMISSION);
    assert_int_equal(send(&fixture, 12, true), 12);
    assert_int_equal(send(&fixture, 12, true), 12);
    bool monitored = false, warned = false;
    for (size_t i = 0; i < fixture.findings.count; i++) {
        const struct finding *finding = &fixture.findings.items[i];
        monitored = monitored || (finding->mode == MODE_MONITOR && finding->action == ACTION_DEFER);
        warned = warned || (finding->outcome == FINDING_FAIL && finding->action == ACTION_ACCEPT);
    }
    assert_true(monitored && warned);
    assert_int_equal(test_warnings, 1);
    check_fixture_end(&fixture);
}

static void a_warning_comes_before_the_limit(void **state)
{
    struct check_fixture fixture =
        begin(state, "{key: user, limit: 10, per: 1h, warn: 80%}", ROLE_SUBMISSION);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send(&fixture, 1, true), 1);
    assert_int_equal(test_warnings, 1);
    check_fixture_end(&fixture);
}

static void without_a_store_it_is_unknown(void **state)
{
    struct check_fixture fixture = begin(state, "{key: user, limit: 10, per: 1h}", ROLE_SUBMISSION);
    fixture.message.gathered.limits_missing = "store_away";
    fixture.services.store = NULL;
    assert_int_equal(check_fixture_recipient(&fixture, "<a@example.net>"), RECIPIENT_ACCEPTED);
    assert_string_equal(check_fixture_last(&fixture)->reason, "store_away");
    assert_int_equal(check_fixture_last(&fixture)->outcome, FINDING_UNKNOWN);
    check_fixture_end(&fixture);
}

static void what_is_written_wrong_is_said(void **state)
{
    static const struct {
        const char *limit, *says;
    } cases[] = {
        {"{key: user, limit: lots, per: 1h}", "'lots' is no number"},
        {"{key: user, limit: 0, per: 1h}", "'0' is no number"},
        {"{key: user, limit: 5MB, per: 1h}", "'5MB' is no number"},
        {"{key: user, count: bytes, limit: 5 parsecs, per: 1h}", "'5 parsecs' is no size"},
        {"{key: user, limit: 5, per: hour}", "'hour' is no time"},
        {"{key: user, limit: 5, per: 400d}", "'400d' is no time"},
        {"{key: user, limit: 5, per: day, burst: 3}", "has no burst"},
        {"{key: user, limit: 5, per: 1h, window: sliding, burst: 3}", "has no burst"},
        {"{key: user, limit: 5, per: 1h, warn: 80}", "'80' is no share"},
        {"{key: user, limit: 5, per: 1h, warn: 180%}", "'180%' is no share"},
        {"{limit: 5, per: 1h}", "key"},
        {"{key: user, limit: 5, per: 1h}, {key: user, limit: 5, per: 1h, action: warn}",
         "count the same twice"},
    };
    void *owner = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[200];
        snprintf(yaml, sizeof yaml, "rates: { limits: [%s] }", cases[i].limit);
        const char *problems = check_fixture_problems(owner, &rates_check, yaml);
        if (strstr(problems, "error:") == NULL || strstr(problems, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].limit, problems);
    }
    talloc_free(owner);
}

static void limits_read_in_words(void **state)
{
    static const struct {
        const char *limit, *words;
    } cases[] = {
        {"{key: user, limit: 500, per: 1h}",
         "500 recipients at once, then one every 7.2 s; at most 999 in any hour"},
        {"{key: user, limit: 500, per: 1h, burst: 100}",
         "100 recipients at once, then one every 7.2 s; at most 599 in any hour"},
        {"{key: user, count: messages, limit: 1, per: 1m}",
         "1 message at once, then one every 60 s; at most 1 in any minute"},
        {"{key: user, limit: 500, per: 24h, window: sliding}", "at most 500 recipients in any 24 h"},
        {"{key: user, count: bytes, limit: 2GB, per: day}", "2000 MB each day, from midnight on"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = begin(state, cases[i].limit, ROLE_SUBMISSION);
        struct strbuf words;
        strbuf_init(&words, 0);
        rate_limit_describe(rates_limit_at(fixture.settings, 0), &words);
        assert_string_equal(strbuf_text(&words), cases[i].words);
        strbuf_deinit(&words);
        check_fixture_end(&fixture);
    }
}

#define RATES_TEST(function) cmocka_unit_test_setup_teardown(function, make_store, destroy_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RATES_TEST(only_accepted_mail_counts),
        RATES_TEST(the_reply_says_all_that_helps),
        RATES_TEST(rejecting_is_a_choice),
        RATES_TEST(all_levels_hold_and_the_binding_one_is_named),
        RATES_TEST(the_record_has_the_numbers),
        RATES_TEST(nobody_to_count_for_is_no_trouble),
        RATES_TEST(a_long_key_is_counted),
        RATES_TEST(nobody_shares_an_empty_key),
        RATES_TEST(inside_and_outside_are_counted_apart),
        RATES_TEST(a_scope_lets_mail_inside_pass),
        RATES_TEST(bytes_are_those_that_came),
        RATES_TEST(refused_recipients_tell),
        RATES_TEST(ipv6_customers_are_networks),
        RATES_TEST(a_day_begins_at_midnight),
        RATES_TEST(days_follow_the_clock_on_the_wall),
        RATES_TEST(watching_counts_and_lets_pass),
        RATES_TEST(a_warning_comes_before_the_limit),
        RATES_TEST(without_a_store_it_is_unknown),
        RATES_TEST(what_is_written_wrong_is_said),
        RATES_TEST(limits_read_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
