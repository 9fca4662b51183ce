#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "check/recipients.h"
#include "check_fixture.h"

static enum recipient_action give(struct check_fixture *fixture, unsigned number)
{
    return check_fixture_recipient(fixture, talloc_asprintf(fixture->owner, "<user%u@example.com>", number));
}

static void give_all(struct check_fixture *fixture, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        assert_int_equal(give(fixture, i), RECIPIENT_ACCEPTED);
    assert_int_equal(fixture->findings.count, 0);
}

/* What becomes of number limit + 1 and of the message. */
static const struct {
    const char *yaml;
    enum role role;
    unsigned limit;
    struct expected_finding surplus;
    enum recipient_action surplus_action;
    bool message_is_refused;
} defaults[] = {
    {"",
     ROLE_SUBMISSION,
     30,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_REJECT, 550, "5.5.3"},
     RECIPIENT_REJECTED,
     true},
    {"",
     ROLE_LOCAL,
     30,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_REJECT, 550, "5.5.3"},
     RECIPIENT_REJECTED,
     true},
    {"",
     ROLE_TRUSTED,
     30,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_DEFER, 452, "4.5.3"},
     RECIPIENT_DEFERRED,
     false},
    {"",
     ROLE_OUTSIDE,
     100,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_DEFER, 452, "4.5.3"},
     RECIPIENT_DEFERRED,
     false},
    {"recipients: { limit: 5 }",
     ROLE_OUTSIDE,
     100,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_DEFER, 452, "4.5.3"},
     RECIPIENT_DEFERRED,
     false},
    {"recipients: { roles: { trusted: { limit: 7, excess: reject } } }",
     ROLE_TRUSTED,
     7,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_REJECT, 550, "5.5.3"},
     RECIPIENT_REJECTED,
     false},
    {"recipients: { limit: 3, excess: drop }",
     ROLE_SUBMISSION,
     3,
     {FINDING_FAIL, "too_many_recipients", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL},
     RECIPIENT_DROPPED,
     false},
    {"recipients: { limit: 3, mode: monitor }",
     ROLE_SUBMISSION,
     3,
     {FINDING_FAIL, "too_many_recipients", MODE_MONITOR, ACTION_REJECT, 550, "5.5.3"},
     RECIPIENT_ACCEPTED,
     true},
};

static void the_surplus_is_treated_as_configured(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        struct check_fixture fixture =
            check_fixture_begin(&recipients_check, defaults[i].yaml, defaults[i].role);
        give_all(&fixture, defaults[i].limit);
        assert_int_equal(give(&fixture, defaults[i].limit + 1), defaults[i].surplus_action);
        assert_int_equal(fixture.findings.count, 1);
        assert_finding(check_fixture_last(&fixture), &defaults[i].surplus);
        assert_int_equal(check_fixture_last(&fixture)->drops_recipient,
                         defaults[i].surplus_action == RECIPIENT_DROPPED);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        const struct expected_finding refused = {
            FINDING_FAIL, "message_refused", defaults[i].surplus.mode, ACTION_REJECT, 550, "5.5.3"};
        assert_int_equal(fixture.findings.count, defaults[i].message_is_refused ? 2 : 1);
        if (defaults[i].message_is_refused)
            assert_finding(check_fixture_last(&fixture), &refused);
        check_fixture_end(&fixture);
    }
}

static void replies_say_limit_and_number(void **state)
{
    (void)state;
    struct check_fixture fixture =
        check_fixture_begin(&recipients_check, "recipients: { limit: 2 }", ROLE_SUBMISSION);
    give_all(&fixture, 2);
    give(&fixture, 3);
    give(&fixture, 4);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "Too many recipients: this is number 4, and at most 2 are allowed. The message is not sent to "
        "anybody; send it in several parts.");
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "This message has 4 recipients, and at most 2 are allowed. It was not sent to anybody; send it "
        "in several parts.");
    assert_string_equal(check_fixture_last(&fixture)->detail, "4 recipients, limit 2");
    check_fixture_end(&fixture);
}

static void within_the_limit_passes(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&recipients_check, "", ROLE_SUBMISSION);
    give_all(&fixture, 30);
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    const struct expected_finding pass = {FINDING_PASS, "within_limit", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL};
    assert_finding(check_fixture_last(&fixture), &pass);
    assert_string_equal(check_fixture_last(&fixture)->detail, "30 of 30");
    check_fixture_end(&fixture);
}

static void repeated_addresses_count_once(void **state)
{
    (void)state;
    struct check_fixture fixture =
        check_fixture_begin(&recipients_check, "recipients: { limit: 2 }", ROLE_SUBMISSION);
    give_all(&fixture, 2);
    assert_int_equal(check_fixture_recipient(&fixture, "<USER1@Example.com.>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<\"user2\"@example.com>"), RECIPIENT_ACCEPTED);
    assert_int_equal(fixture.findings.count, 0);
    assert_int_equal(give(&fixture, 3), RECIPIENT_REJECTED);
    assert_int_equal(give(&fixture, 1), RECIPIENT_ACCEPTED);
    check_fixture_end(&fixture);
}

static void a_dropped_recipient_does_not_come_back_by_repetition(void **state)
{
    (void)state;
    static const char yaml[] = "recipients: { limit: 2, excess: drop }";
    struct check_fixture fixture = check_fixture_begin(&recipients_check, yaml, ROLE_SUBMISSION);
    give_all(&fixture, 2);
    assert_int_equal(give(&fixture, 3), RECIPIENT_DROPPED);
    assert_int_equal(check_fixture_recipient(&fixture, "<USER3@example.com>"), RECIPIENT_DROPPED);
    assert_int_equal(give(&fixture, 2), RECIPIENT_ACCEPTED);
    assert_int_equal(fixture.message.distinct_recipient_count, 3);
    check_fixture_end(&fixture);
}

static void outside_has_no_limit_below_100(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *problem; /* "" for none */
    } cases[] = {
        {"recipients: { limit: 5 }", ""},
        {"recipients: { roles: { outside: { limit: 100 } } }", ""},
        {"recipients:\n  roles:\n    outside: { limit: 99 }", "test.yaml:3:23: error: "},
        {"recipients: { limit: 0 }", "test.yaml:1:22: error: "},
        {"recipients: { excess: bounce }", "test.yaml:1:23: error: "},
    };
    void *owner = talloc_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problems = check_fixture_problems(owner, &recipients_check, cases[i].yaml);
        if (cases[i].problem[0] == '\0')
            assert_string_equal(problems, "");
        else if (strstr(problems, cases[i].problem) == NULL)
            fail_msg("%s: %s", cases[i].yaml, problems);
    }
    assert_non_null(
        strstr(check_fixture_problems(owner, &recipients_check, cases[2].yaml), "RFC 5321, 4.5.3.1.8"));
    talloc_free(owner);
}

/* A webmail or a printer does not come back: half of its recipients would never get the mail. */
static void programs_are_refused_where_servers_are_deferred(void **state)
{
    (void)state;
    static const struct {
        const char *client, *role_reason;
        enum recipient_action surplus;
    } cases[] = {
        {"192.0.2.7", "trusted_network", RECIPIENT_REJECTED},
        {"192.0.2.8", "trusted_network", RECIPIENT_DEFERRED},
        {"192.0.2.8", "recent_login", RECIPIENT_REJECTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct check_fixture fixture = check_fixture_begin(
            &recipients_check, "recipients: { limit: 2, programs: 192.0.2.7 }", ROLE_TRUSTED);
        assert_true(ip_address_parse(slice_of(cases[i].client), &fixture.session.client_ip));
        fixture.session.client_ip_known = true;
        fixture.message.role_reason = cases[i].role_reason;
        give_all(&fixture, 2);
        assert_int_equal(give(&fixture, 3), cases[i].surplus);
        const size_t before = fixture.findings.count;
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_int_equal(fixture.findings.count - before, cases[i].surplus == RECIPIENT_REJECTED);
        check_fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_refused_where_servers_are_deferred),
        cmocka_unit_test(the_surplus_is_treated_as_configured),
        cmocka_unit_test(replies_say_limit_and_number),
        cmocka_unit_test(within_the_limit_passes),
        cmocka_unit_test(repeated_addresses_count_once),
        cmocka_unit_test(a_dropped_recipient_does_not_come_back_by_repetition),
        cmocka_unit_test(outside_has_no_limit_below_100),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
