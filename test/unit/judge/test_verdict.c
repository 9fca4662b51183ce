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

static struct verdict decide_list(const struct finding_list *list, enum check_mode everything)
{
    return verdict_decide(&(struct verdict_question){.findings = list, .everything = everything, .id = &ID});
}

static struct verdict decide(struct finding *items, size_t count)
{
    struct finding_list list = {.items = items, .count = count};
    return decide_list(&list, MODE_ENFORCE);
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
    assert_int_equal(decide_list(&list, MODE_MONITOR).action, ACTION_ACCEPT);
}

static void lost_findings_defer(void **state)
{
    (void)state;
    struct finding_list list = {.failed = true};
    struct verdict verdict = decide_list(&list, MODE_ENFORCE);
    assert_int_equal(verdict.action, ACTION_DEFER);
    assert_int_equal(verdict.code, 452);
    assert_string_equal(verdict.enhanced, "4.3.1");
    struct finding known = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD);
    list.items = &known;
    list.count = 1;
    assert_int_equal(decide_list(&list, MODE_ENFORCE).action, ACTION_DEFER);
    known.action = ACTION_REJECT;
    assert_int_equal(decide_list(&list, MODE_ENFORCE).action, ACTION_REJECT);
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

/* ---- what the MTA cannot do, what could not be recorded, what is only monitored --------------------------
 */

static void what_cannot_be_held_is_deferred(void **state)
{
    (void)state;
    struct finding held = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD);
    struct finding_list list = {.items = &held, .count = 1};
    struct verdict_question question = {.findings = &list, .id = &ID};
    assert_int_equal(verdict_decide(&question).action, ACTION_HOLD);
    assert_null(verdict_decide(&question).mta_cannot);
    question.cannot_hold = true;
    struct verdict verdict = verdict_decide(&question);
    assert_int_equal(verdict.action, ACTION_DEFER);
    assert_int_equal(verdict.code, 451);
    assert_string_equal(verdict.mta_cannot, "hold");
    assert_string_equal(verdict.cause_check, "size"); /* still what decided */
    held.action = ACTION_REJECT;
    assert_null(verdict_decide(&question).mta_cannot);
}

static void who_cannot_be_taken_out_is_refused_with_the_message(void **state)
{
    (void)state;
    struct finding dropped = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_ACCEPT);
    dropped.drops_recipient = true;
    struct finding_list list = {.items = &dropped, .count = 1};
    struct verdict_question question = {
        .findings = &list, .drops_recipients = true, .cannot_drop = true, .id = &ID};
    struct verdict verdict = verdict_decide(&question);
    assert_int_equal(verdict.action, ACTION_REJECT);
    assert_string_equal(verdict.enhanced, "5.5.3");
    assert_string_equal(verdict.mta_cannot, "drop_recipients");
    assert_string_equal(verdict.cause_reason, "test");
    question.drops_recipients = false;
    assert_int_equal(verdict_decide(&question).action, ACTION_ACCEPT);
}

static void what_is_not_recorded_passes_only_where_that_is_wanted(void **state)
{
    (void)state;
    struct finding found = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD);
    struct verdict decided = decide(&found, 1);
    assert_int_equal(verdict_unrecorded(&decided, ACTION_ACCEPT, &ID).action, ACTION_HOLD);
    struct verdict answer = verdict_unrecorded(&decided, ACTION_DEFER, &ID);
    assert_int_equal(answer.action, ACTION_DEFER);
    assert_string_equal(answer.enhanced, "4.3.0");
    found.action = ACTION_REJECT;
    decided = decide(&found, 1);
    assert_int_equal(verdict_unrecorded(&decided, ACTION_DEFER, &ID).action, ACTION_REJECT);
}

static void what_would_be_counts_all_that_only_monitors(void **state)
{
    (void)state;
    struct finding items[] = {finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_HOLD),
                              finding_of(FINDING_FAIL, MODE_MONITOR, ACTION_REJECT)};
    struct finding_list list = {.items = items, .count = 2};
    struct verdict_question question = {.findings = &list, .id = &ID};
    assert_true(verdict_would_differ(&question));
    assert_int_equal(verdict_decide(&question).action, ACTION_HOLD);
    question.as_if_enforced = true;
    assert_int_equal(verdict_decide(&question).action, ACTION_REJECT);
    question.everything = MODE_MONITOR;
    assert_int_equal(verdict_decide(&question).action, ACTION_REJECT);
    items[1].would_be_answered = true; /* at RCPT: the message itself would only have been held */
    assert_int_equal(verdict_decide(&question).action, ACTION_HOLD);
    question.everything = MODE_ENFORCE;
    list.count = 1;
    assert_false(verdict_would_differ(&question));
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
        cmocka_unit_test(what_cannot_be_held_is_deferred),
        cmocka_unit_test(who_cannot_be_taken_out_is_refused_with_the_message),
        cmocka_unit_test(what_is_not_recorded_passes_only_where_that_is_wanted),
        cmocka_unit_test(what_would_be_counts_all_that_only_monitors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
