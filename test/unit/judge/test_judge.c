/* Facts and settings in, findings and verdict out: as mail from the record is judged, with nobody to ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "engine/engine.h"
#include "judge/judge.h"
#include "policy_fixture.h"

struct judge_test {
    void *owner;
    struct policy_snapshot *snapshot;
    struct session_facts session;
    struct message_facts message;
    void *session_slots[CHECK_COUNT_MAX];
    struct judgement judgement;
};

/* A message from 192.0.2.7, of `login` (NULL: none), about to be judged. */
static struct judge_test *begin(const char *yaml, const char *login)
{
    struct judge_test *test = talloc_zero(NULL, struct judge_test);
    assert_non_null(test);
    test->owner = talloc_new(test);
    test->snapshot = policy_fixture_load(yaml);
    test->session =
        (struct session_facts){.client_name = "", .helo = "", .mta_version = "", .daemon_name = ""};
    test->session.client_ip_known = ip_address_parse(slice_of("192.0.2.7"), &test->session.client_ip);
    test->message = (struct message_facts){
        .id = {"abcdefghjkmn"},
        .queue_id = "",
        .auth_type = login == NULL ? "" : "PLAIN",
        .login = login == NULL ? "" : login,
        .tls = {"", "", "", "", "", false, ""},
    };
    assert_true(mail_address_parse(test->owner, slice_of("<ann@example.com>"), &test->message.sender));
    judge_session(&test->snapshot->judge, &test->session);
    test->judgement = (struct judgement){
        .policy = &test->snapshot->judge,
        .session = &test->session,
        .message = &test->message,
        .owner = test->owner,
        .session_slots = test->session_slots,
    };
    return test;
}

static void end(struct judge_test *test)
{
    policy_snapshot_unref(test->snapshot);
    talloc_free(test);
}

static void add_recipients(struct judge_test *test, const char *const *paths, size_t count)
{
    test->message.recipients = talloc_zero_array(test->owner, struct recipient, (unsigned)count);
    test->message.recipient_count = count;
    for (size_t i = 0; i < count; i++) {
        test->message.recipients[i] = (struct recipient){.verbatim = paths[i], .reason = ""};
        assert_true(
            mail_address_parse(test->owner, slice_of(paths[i]), &test->message.recipients[i].address));
    }
}

/* All stages, for a message with all its recipients known from the start. */
static void judge_all(struct judge_test *test)
{
    assert_true(judge_begin(&test->judgement));
    if (!test->judgement.is_settled)
        judge_settle(&test->judgement);
    judge_mail(&test->judgement);
    for (size_t i = 0; i < test->message.recipient_count; i++)
        judge_recipient(&test->judgement, i);
    judge_message(&test->judgement);
    judge_conclude(&test->judgement);
}

static const struct finding *find(const struct judge_test *test, const char *check)
{
    for (size_t i = 0; i < test->judgement.findings.count; i++)
        if (strcmp(test->judgement.findings.items[i].check, check) == 0)
            return &test->judgement.findings.items[i];
    return NULL;
}

/* ---- lists ------------------------------------------------------------------------------------------ */

static const uint32_t code_4 = 0x7f000004;
static const struct list_answer recorded_answers[] = {
    {.list = "bl.test", .verdict = LIST_LISTED, .codes = &code_4, .code_count = 1},
    {.list = "second.test", .verdict = LIST_NOT_LISTED},
};

static void recorded_answers_are_judged_like_live_ones(void **state)
{
    (void)state;
    struct judge_test *test =
        begin("attachments: { mode: off }\ndnsbl: { lists: [{ zone: bl.test }, { zone: second.test }] }\n",
              "ann@example.com");
    test->message.gathered.lists = recorded_answers;
    test->message.gathered.list_count = 2;
    judge_all(test);
    assert_string_equal(find(test, "dnsbl")->reason, "listed");
    assert_int_equal(test->judgement.verdict.action, ACTION_REJECT);
    end(test);
}

/* Another policy may name the lists in another order, or others. */
static void answers_go_by_their_lists_name(void **state)
{
    (void)state;
    struct judge_test *test =
        begin("attachments: { mode: off }\n"
              "dnsbl: { on_unknown: hold, lists: [{ zone: third.test }, { zone: second.test }] }\n",
              "ann@example.com");
    test->message.gathered.lists = recorded_answers;
    test->message.gathered.list_count = 2;
    judge_all(test);
    assert_string_equal(find(test, "dnsbl")->reason, "not_asked"); /* third.test: nobody knows */
    assert_int_equal(test->judgement.verdict.action, ACTION_HOLD);
    end(test);
}

static void what_was_not_gathered_is_unknown(void **state)
{
    (void)state;
    struct judge_test *test =
        begin("attachments: { mode: off }\ndnsbl: { lists: [{ zone: bl.test }] }\n", NULL);
    test->message.gathered.lists_missing = "offline";
    judge_all(test);
    assert_string_equal(find(test, "dnsbl")->reason, "offline");
    assert_int_equal(find(test, "dnsbl")->outcome, FINDING_UNKNOWN);
    end(test);
}

/* ---- who it is from --------------------------------------------------------------------------------- */

static void a_recent_login_is_a_fact(void **state)
{
    (void)state;
    struct judge_test *test = begin("attachments: { mode: off }\n", NULL);
    test->message.gathered.recent_login = "bob@example.com";
    judge_all(test);
    assert_int_equal(test->message.role, ROLE_TRUSTED);
    assert_string_equal(test->message.user, "bob@example.com");
    end(test);
}

static void the_policy_says_whom_it_trusts(void **state)
{
    (void)state;
    struct judge_test *test =
        begin("attachments: { mode: off }\nrelay: { trusted_networks: [192.0.2.0/24] }\n", NULL);
    judge_all(test);
    assert_true(test->session.client_is_trusted);
    assert_int_equal(test->message.role, ROLE_TRUSTED);
    end(test);
}

/* ---- recipients ------------------------------------------------------------------------------------- */

static void each_recipient_is_judged_by_those_before_it(void **state)
{
    (void)state;
    static const char *const paths[] = {"<a@example.org>", "<A@example.org>", "<b@example.org>",
                                        "<c@example.org>"};
    struct judge_test *test =
        begin("attachments: { mode: off }\nrecipients: { limit: 2, excess: reject }\n", "ann@example.com");
    add_recipients(test, paths, 4);
    judge_all(test);
    assert_false(test->message.recipients[0].repeated);
    assert_true(test->message.recipients[1].repeated);
    assert_int_equal(test->message.recipients[2].action, RECIPIENT_ACCEPTED);
    assert_int_equal(test->message.recipients[3].action, RECIPIENT_REJECTED);
    assert_string_equal(test->message.recipients[3].reason, "too_many_recipients");
    assert_int_equal(test->message.recipient_count, 4);
    assert_int_equal(test->message.distinct_recipient_count, 2);
    assert_int_equal(test->judgement.verdict.action, ACTION_ACCEPT);
    end(test);
}

/* Two recipients too many under a policy in monitor mode, told of both numbers. */
static void the_surplus_is_counted_beyond_what_was_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"<a@example.org>", "<b@example.org>", "<c@example.org>"};
    struct judge_test *test =
        begin("attachments: { mode: off }\nrecipients: { limit: 1 }\n", "ann@example.com");
    add_recipients(test, paths, 3);
    judge_all(test);
    const struct finding *last = &test->judgement.findings.items[test->judgement.findings.count - 1];
    assert_string_equal(find(test, "recipients")->detail, "<b@example.org>: number 2 of at most 1");
    for (size_t i = 0; i < test->judgement.findings.count; i++)
        if (strcmp(test->judgement.findings.items[i].reason, "message_refused") == 0)
            last = &test->judgement.findings.items[i];
    assert_string_equal(last->detail, "3 recipients, limit 1");
    end(test);
}

/* ---- needs ------------------------------------------------------------------------------------------ */

static bool needs_scan(const char *yaml)
{
    struct judge_test *test = begin(yaml, "ann@example.com");
    assert_true(judge_begin(&test->judgement));
    bool needed = judge_needs(&test->judgement, CHECK_NEEDS_SCAN);
    end(test);
    return needed;
}

static void a_scan_is_made_for_whoever_needs_it(void **state)
{
    (void)state;
    assert_true(needs_scan(""));
    assert_false(needs_scan("attachments: { mode: off }\n"));
    assert_false(needs_scan("mode: off\n"));
    assert_true(needs_scan("attachments: { mode: off }\nsize: { measure: attachment }\n"));
    assert_false(needs_scan("attachments: { mode: off }\nsize: { mode: off, measure: attachment }\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_answers_are_judged_like_live_ones),
        cmocka_unit_test(answers_go_by_their_lists_name),
        cmocka_unit_test(what_was_not_gathered_is_unknown),
        cmocka_unit_test(a_recent_login_is_a_fact),
        cmocka_unit_test(the_policy_says_whom_it_trusts),
        cmocka_unit_test(each_recipient_is_judged_by_those_before_it),
        cmocka_unit_test(the_surplus_is_counted_beyond_what_was_refused),
        cmocka_unit_test(a_scan_is_made_for_whoever_needs_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
