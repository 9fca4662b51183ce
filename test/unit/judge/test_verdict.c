#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "judge/verdict.h"

static const struct incident_id ID = {"abcdefghjkmn"};

static struct finding finding_of(enum finding_outcome outcome, enum check_mode mode, enum action action)
{
    return (struct finding){
        .check = "size", .outcome = outcome, .reason = "test", .mode = mode, .action = action};
}

static struct verdict decide(struct finding *items, size_t count)
{
    struct finding_list list = {.items = items, .count = count};
    return verdict_decide(&list, 0, MODE_ENFORCE, &ID);
}

struct precedence_case {
    const char *name;
    struct finding items[3];
    size_t count;
    enum action expected;
};

static void takes_the_strictest_of_what_is_enforced(void **state)
{
    (void)state;
    const struct precedence_case cases[] = {
        {"nothing found", {{0}}, 0, ACTION_ACCEPT},
        {"passes", {finding_of(FINDING_PASS, MODE_ENFORCE, ACTION_REJECT)}, 1, ACTION_ACCEPT},
        {"monitor only", {finding_of(FINDING_FAIL, MODE_MONITOR, ACTION_REJECT)}, 1, ACTION_ACCEPT},
        {"fail with action accept",
         {finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_ACCEPT)},
         1,
         ACTION_ACCEPT},
        {"unknown defers",
         {finding_of(FINDING_PASS, MODE_ENFORCE, ACTION_ACCEPT),
          finding_of(FINDING_UNKNOWN, MODE_ENFORCE, ACTION_DEFER)},
         2,
         ACTION_DEFER},
        {"reject over defer over hold",
         {finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD),
          finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT),
          finding_of(FINDING_UNKNOWN, MODE_ENFORCE, ACTION_DEFER)},
         3,
         ACTION_REJECT},
        {"hold", {finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD)}, 1, ACTION_HOLD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct precedence_case test = cases[i];
        struct verdict verdict = decide(test.items, test.count);
        if (verdict.action != test.expected)
            fail_msg("%s: got %s", test.name, action_name(verdict.action));
    }
}

/* The order of the checks decides which reason the sender reads. */
static void among_equals_the_first_is_the_cause(void **state)
{
    (void)state;
    struct finding items[] = {finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD),
                              finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT),
                              finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT)};
    items[1].reason = "first";
    items[2].reason = "second";
    assert_string_equal(decide(items, 3).cause_reason, "first");
}

static void answered_findings_do_not_count_again(void **state)
{
    (void)state;
    struct finding refused = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    refused.answered = true;
    assert_int_equal(decide(&refused, 1).action, ACTION_ACCEPT);
}

static void monitoring_everything_accepts(void **state)
{
    (void)state;
    struct finding refused = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    struct finding_list list = {.items = &refused, .count = 1};
    assert_int_equal(verdict_decide(&list, 0, MODE_MONITOR, &ID).action, ACTION_ACCEPT);
}

static void lost_findings_defer(void **state)
{
    (void)state;
    struct finding_list list = {.failed = true};
    struct verdict verdict = verdict_decide(&list, 0, MODE_ENFORCE, &ID);
    assert_int_equal(verdict.action, ACTION_DEFER);
    assert_int_equal(verdict.code, 452);
    assert_string_equal(verdict.enhanced, "4.3.1");
    struct finding known = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD);
    list.items = &known;
    list.count = 1;
    assert_int_equal(verdict_decide(&list, 0, MODE_ENFORCE, &ID).action, ACTION_DEFER);
    known.action = ACTION_REJECT;
    assert_int_equal(verdict_decide(&list, 0, MODE_ENFORCE, &ID).action, ACTION_REJECT);
}

static void code_and_enhanced_code_agree_with_the_action(void **state)
{
    (void)state;
    struct finding listed = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_DEFER);
    listed.reply = (struct reply){550, "5.7.1", "listed"};
    struct verdict verdict = decide(&listed, 1);
    assert_int_equal(verdict.code, 451);
    assert_string_equal(verdict.enhanced, "4.7.1");
    listed.action = ACTION_REJECT;
    listed.reply = (struct reply){452, "4.5.3", "too many"};
    verdict = decide(&listed, 1);
    assert_int_equal(verdict.code, 550);
    assert_string_equal(verdict.enhanced, "5.5.3");
}

static void text_is_what_smtp_can_carry(void **state)
{
    (void)state;
    struct finding bad = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    bad.reply = (struct reply){552, "5.7.1", "r\xc3\xa9sum\xc3\xa9.exe\r\n250 ok\x01\x7f 100%"};
    struct verdict verdict = decide(&bad, 1);
    assert_string_equal(verdict.text, "r?sum?.exe  250 ok?? 100% (id abcdefghjkmn)");
    assert_int_equal(verdict.code, 552);
}

static void long_text_keeps_the_incident_id(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct finding bad = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    bad.reply.text = text;
    struct verdict verdict = decide(&bad, 1);
    assert_int_equal(strlen(verdict.text), VERDICT_TEXT_BYTES_MAX);
    assert_string_equal(verdict.text + VERDICT_TEXT_BYTES_MAX - 18, " (id abcdefghjkmn)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_strictest_of_what_is_enforced),
        cmocka_unit_test(among_equals_the_first_is_the_cause),
        cmocka_unit_test(answered_findings_do_not_count_again),
        cmocka_unit_test(monitoring_everything_accepts),
        cmocka_unit_test(lost_findings_defer),
        cmocka_unit_test(code_and_enhanced_code_agree_with_the_action),
        cmocka_unit_test(text_is_what_smtp_can_carry),
        cmocka_unit_test(long_text_keeps_the_incident_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
