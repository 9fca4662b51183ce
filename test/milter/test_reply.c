/* A verdict as the MTA is told it: codes that agree, texts that MTAs cannot garble, edits within what was
 * agreed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_milter.h"
#include "callbacks/reply.h"

#include <stdio.h>

static unsigned errors_logged;

static void count_errors(enum log_level level, const char *line, void *context)
{
    (void)line;
    (void)context;
    errors_logged += level == LOG_LEVEL_ERROR;
}

static int reset(void **state)
{
    (void)state;
    fake_milter_reset();
    errors_logged = 0;
    log_set_sink(count_errors, NULL);
    return 0;
}

static struct verdict verdict_of(unsigned code, const char *enhanced, const char *text)
{
    struct verdict verdict = {.action = code >= 500 ? ACTION_REJECT : ACTION_DEFER, .code = code};
    snprintf(verdict.enhanced, sizeof verdict.enhanced, "%s", enhanced);
    snprintf(verdict.text, sizeof verdict.text, "%s", text);
    return verdict;
}

static void answers_table(void **state)
{
    (void)state;
    static const struct {
        enum policy_step step;
        unsigned code;
        const char *enhanced, *text;
        long result;
        const char *sent_code, *sent_enhanced, *sent_text;
        bool is_fixed; /* the text could not be used */
    } cases[] = {
        {POLICY_CONTINUE, 250, "2.0.0", "", SMFIS_CONTINUE, "", "", "", false},
        {POLICY_REJECT, 550, "5.7.1", "no", SMFIS_REJECT, "550", "5.7.1", "no", false},
        {POLICY_DEFER, 452, "4.5.3", "later", SMFIS_TEMPFAIL, "452", "4.5.3", "later", false},
        {POLICY_DEFER, 421, "4.7.0", "bye", SMFIS_TEMPFAIL, "421", "4.7.0", "bye", false},
        {POLICY_REJECT, 554, "5.7.1", "100% %s%n", SMFIS_REJECT, "554", "5.7.1", "100%% %%s%%n", false},
        {POLICY_REJECT, 550, "5.7.1", "a\r\n250 ok\tb\x7f\xc3", SMFIS_REJECT, "550", "5.7.1", "a??250 ok?b??",
         false},
        /* The class of the codes is the class of the return code, whatever the verdict says. */
        {POLICY_REJECT, 550, "4.7.1", "no", SMFIS_REJECT, "550", "5.7.1",
         "Refused by the policy of this server", true},
        {POLICY_REJECT, 451, "4.7.1", "no", SMFIS_REJECT, "550", "5.7.1",
         "Refused by the policy of this server", true},
        {POLICY_DEFER, 550, "5.7.1", "no", SMFIS_TEMPFAIL, "451", "4.7.1", "Please try again later", true},
        {POLICY_REJECT, 550, "", "no", SMFIS_REJECT, "550", "5.7.1", "Refused by the policy of this server",
         true},
        {POLICY_REJECT, 550, "5.7.1", "", SMFIS_REJECT, "550", "5.7.1",
         "Refused by the policy of this server", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reset(NULL);
        struct verdict verdict = verdict_of(cases[i].code, cases[i].enhanced, cases[i].text);
        struct policy_answer answer = {.step = cases[i].step, .verdict = &verdict};
        assert_int_equal(reply_answer(NULL, &answer), cases[i].result);
        assert_string_equal(fake_milter.code, cases[i].sent_code);
        assert_string_equal(fake_milter.enhanced, cases[i].sent_enhanced);
        assert_string_equal(fake_milter.text, cases[i].sent_text);
        assert_int_equal(errors_logged, cases[i].is_fixed);
    }
}

static void long_text_of_percents_fits(void **state)
{
    (void)state;
    struct verdict verdict = verdict_of(550, "5.7.1", "");
    memset(verdict.text, '%', VERDICT_TEXT_BYTES_MAX);
    verdict.text[VERDICT_TEXT_BYTES_MAX] = '\0';
    assert_int_equal(reply_answer(NULL, &(struct policy_answer){.step = POLICY_REJECT, .verdict = &verdict}),
                     SMFIS_REJECT);
    assert_int_equal(strlen(fake_milter.text), 2 * VERDICT_TEXT_BYTES_MAX);
    assert_int_equal(errors_logged, 0);
}

static void falls_back_when_libmilter_refuses_the_text(void **state)
{
    (void)state;
    struct verdict verdict = verdict_of(550, "5.7.1", "no");
    fake_milter.setreply_failures = 1;
    assert_int_equal(reply_answer(NULL, &(struct policy_answer){.step = POLICY_REJECT, .verdict = &verdict}),
                     SMFIS_REJECT);
    assert_string_equal(fake_milter.text, "Refused by the policy of this server");
}

static void refusal_without_verdict_is_still_one(void **state)
{
    (void)state;
    assert_int_equal(reply_answer(NULL, &(struct policy_answer){.step = POLICY_DEFER}), SMFIS_TEMPFAIL);
    assert_string_equal(fake_milter.code, "451");
    assert_int_equal(errors_logged, 1);
}

static const char *const dropped[] = {"<a@example.com>", "<b@example.com>"};
static const struct header_field added = {"X-Note", {"seen", 4}};

static const struct policy_ending whole_ending = {.edits = {.hold_reason = "odd\nname",
                                                            .dropped = dropped,
                                                            .dropped_count = 2,
                                                            .added = &added,
                                                            .added_count = 1}};

static void edits_what_was_agreed(void **state)
{
    (void)state;
    assert_int_equal(reply_ending(NULL, SMFIF_DELRCPT | SMFIF_ADDHDRS | SMFIF_QUARANTINE, &whole_ending),
                     SMFIS_CONTINUE);
    assert_string_equal(fake_milter.edits, "-<a@example.com> -<b@example.com> +X-Note= seen ?odd?name ");
}

static void refuses_what_it_cannot_drop(void **state)
{
    (void)state;
    assert_int_equal(reply_ending(NULL, SMFIF_ADDHDRS | SMFIF_QUARANTINE, &whole_ending), SMFIS_REJECT);
    assert_string_equal(fake_milter.code, "550");
    assert_string_equal(fake_milter.edits, "");
    reset(NULL);
    fake_milter.edit_result = MI_FAILURE;
    assert_int_equal(reply_ending(NULL, SMFIF_DELRCPT, &whole_ending), SMFIS_REJECT);
}

static void defers_what_it_cannot_hold(void **state)
{
    (void)state;
    const struct policy_ending ending = {.edits.hold_reason = "odd"};
    assert_int_equal(reply_ending(NULL, 0, &ending), SMFIS_TEMPFAIL);
    assert_string_equal(fake_milter.code, "451");
    reset(NULL);
    fake_milter.edit_result = MI_FAILURE;
    assert_int_equal(reply_ending(NULL, SMFIF_QUARANTINE, &ending), SMFIS_TEMPFAIL);
}

static void header_that_cannot_be_added_costs_no_mail(void **state)
{
    (void)state;
    const struct policy_ending ending = {.edits = {.added = &added, .added_count = 1}};
    assert_int_equal(reply_ending(NULL, 0, &ending), SMFIS_CONTINUE);
    assert_string_equal(fake_milter.edits, "");
    fake_milter.edit_result = MI_FAILURE;
    assert_int_equal(reply_ending(NULL, SMFIF_ADDHDRS, &ending), SMFIS_CONTINUE);
}

static void refused_message_is_not_edited(void **state)
{
    (void)state;
    struct verdict verdict = verdict_of(550, "5.7.1", "no");
    struct policy_ending ending = whole_ending;
    ending.answer = (struct policy_answer){.step = POLICY_REJECT, .verdict = &verdict};
    assert_int_equal(reply_ending(NULL, SMFIF_DELRCPT | SMFIF_ADDHDRS | SMFIF_QUARANTINE, &ending),
                     SMFIS_REJECT);
    assert_string_equal(fake_milter.edits, "");
}

static void no_room_closes_the_connection(void **state)
{
    (void)state;
    assert_int_equal(reply_too_busy(NULL), SMFIS_TEMPFAIL);
    assert_string_equal(fake_milter.code, "421");
    assert_string_equal(fake_milter.enhanced, "4.3.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answers_table, reset),
        cmocka_unit_test_setup(long_text_of_percents_fits, reset),
        cmocka_unit_test_setup(falls_back_when_libmilter_refuses_the_text, reset),
        cmocka_unit_test_setup(refusal_without_verdict_is_still_one, reset),
        cmocka_unit_test_setup(edits_what_was_agreed, reset),
        cmocka_unit_test_setup(refuses_what_it_cannot_drop, reset),
        cmocka_unit_test_setup(defers_what_it_cannot_hold, reset),
        cmocka_unit_test_setup(header_that_cannot_be_added_costs_no_mail, reset),
        cmocka_unit_test_setup(refused_message_is_not_edited, reset),
        cmocka_unit_test_setup(no_room_closes_the_connection, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
