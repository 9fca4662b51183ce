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
    const struct verdict_question question = {.id = &ID};
    assert_int_equal(verdict_unrecorded(&decided, ACTION_ACCEPT, &question).action, ACTION_HOLD);
    struct verdict answer = verdict_unrecorded(&decided, ACTION_DEFER, &question);
    assert_int_equal(answer.action, ACTION_DEFER);
    assert_string_equal(answer.enhanced, "4.3.0");
    found.action = ACTION_REJECT;
    decided = decide(&found, 1);
    assert_int_equal(verdict_unrecorded(&decided, ACTION_DEFER, &question).action, ACTION_REJECT);
}

/* ---- words ------------------------------------------------------------------------------------------ */

static struct finding too_many(struct reply_words *words)
{
    struct finding found = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    *words = (struct reply_words){.row = REPLY_recipients_too_many_recipients};
    reply_words_add(words, &(struct reply_value){"limit", REPLY_VALUE_COUNT, NULL, 30});
    reply_words_add(words, &(struct reply_value){"seen", REPLY_VALUE_COUNT, NULL, 31});
    found.reply = (struct reply){550, "5.5.3", "Too many recipients."};
    found.words = words;
    return found;
}

static struct verdict decide_in(struct finding *found, const struct verdict_words *words)
{
    struct finding_list list = {.items = found, .count = 1};
    return verdict_decide(&(struct verdict_question){.findings = &list, .id = &ID, .words = *words});
}

static struct replies_settings replies_in(enum language language)
{
    struct replies_settings replies = {.language = language, .help_url = ""};
    for (size_t i = 0; i < REPLY_ROW_COUNT; i++)
        replies.texts[i] = "";
    return replies;
}

static void speaks_the_language_in_what_the_client_takes(void **state)
{
    (void)state;
    struct reply_words said;
    struct finding found = too_many(&said);
    struct replies_settings german = replies_in(LANGUAGE_DE);
    struct verdict verdict = decide_in(&found, &(struct verdict_words){.replies = &german});
    assert_string_equal(verdict.text,
                        "Zu viele Empfaenger: Dies ist Nummer 31, erlaubt sind hoechstens 30. Die "
                        "Nachricht geht an niemanden; senden Sie sie in mehreren Teilen. (id "
                        "abcdefghjkmn)");
    assert_false(verdict.is_utf8);
    verdict = decide_in(&found, &(struct verdict_words){.replies = &german, .is_utf8 = true});
    assert_non_null(strstr(verdict.text, "Empfänger"));
    assert_true(verdict.is_utf8);
    assert_int_equal(verdict.code, 550);
    assert_string_equal(verdict.enhanced, "5.5.3");
}

static void names_the_page_of_help_once(void **state)
{
    (void)state;
    struct reply_words said;
    struct finding found = too_many(&said);
    struct replies_settings replies = replies_in(LANGUAGE_EN);
    const struct verdict_words words = {.replies = &replies, .user = "ann@example.com"};
    replies.help_url = "https://mail.example.com/help";
    replies.texts[REPLY_recipients_too_many_recipients] = "{user}: {limit}, not {seen}.";
    assert_string_equal(decide_in(&found, &words).text,
                        "ann@example.com: 30, not 31. See "
                        "https://mail.example.com/help#recipients-too_many_recipients (id abcdefghjkmn)");
    replies.texts[REPLY_recipients_too_many_recipients] = "[{id}] Why? {help_url} says it.";
    assert_string_equal(
        decide_in(&found, &words).text,
        "[abcdefghjkmn] Why? https://mail.example.com/help#recipients-too_many_recipients says it.");
}

static void neither_page_nor_id_is_cut(void **state)
{
    (void)state;
    struct reply_words said;
    struct finding found = too_many(&said);
    struct replies_settings replies = replies_in(LANGUAGE_EN);
    char user[600];
    memset(user, 'u', sizeof user - 1);
    user[sizeof user - 1] = '\0';
    replies.help_url = "https://mail.example.com/help";
    replies.texts[REPLY_recipients_too_many_recipients] = "{user}";
    const struct verdict verdict = decide_in(&found, &(struct verdict_words){&replies, false, user});
    const char *end = " See https://mail.example.com/help#recipients-too_many_recipients (id abcdefghjkmn)";
    assert_int_equal(strlen(verdict.text), VERDICT_TEXT_BYTES_MAX);
    assert_string_equal(verdict.text + VERDICT_TEXT_BYTES_MAX - strlen(end), end);
}

static void what_a_stranger_wrote_is_made_harmless(void **state)
{
    (void)state;
    struct reply_words said = {.row = REPLY_attachments_blocked};
    struct finding found = finding_of(FINDING_FAIL, MODE_ENFORCE, ACTION_REJECT);
    struct replies_settings replies = replies_in(LANGUAGE_EN);
    reply_words_add(&said, &(struct reply_value){"file", REPLY_VALUE_TEXT,
                                                 "a\r\n250 ok \xe2\x80\xae{id}%s\xc3\xa9\xff\x01.exe", 0});
    found.words = &said;
    replies.texts[REPLY_attachments_blocked] = "No {file}!";
    assert_string_equal(decide_in(&found, &(struct verdict_words){.replies = &replies}).text,
                        "No a  250 ok ?{id}%s???.exe! (id abcdefghjkmn)");
    assert_string_equal(decide_in(&found, &(struct verdict_words){.replies = &replies, .is_utf8 = true}).text,
                        "No a  250 ok ?{id}%s\xc3\xa9??.exe! (id abcdefghjkmn)");
}

static void what_ascii_has_no_letters_for_gets_the_shipped_text(void **state)
{
    (void)state;
    struct reply_words said;
    struct finding found = too_many(&said);
    struct replies_settings replies = replies_in(LANGUAGE_EN);
    replies.texts[REPLY_recipients_too_many_recipients] = "Слишком много: {seen}";
    assert_non_null(strstr(decide_in(&found, &(struct verdict_words){.replies = &replies}).text,
                           "Too many recipients: this is"));
    assert_string_equal(decide_in(&found, &(struct verdict_words){.replies = &replies, .is_utf8 = true}).text,
                        "Слишком много: 31 (id abcdefghjkmn)");
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
        cmocka_unit_test(speaks_the_language_in_what_the_client_takes),
        cmocka_unit_test(names_the_page_of_help_once),
        cmocka_unit_test(neither_page_nor_id_is_cut),
        cmocka_unit_test(what_a_stranger_wrote_is_made_harmless),
        cmocka_unit_test(what_ascii_has_no_letters_for_gets_the_shipped_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
