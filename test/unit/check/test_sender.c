#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <talloc.h>

#include "check/sender/sender.h"
#include "check_fixture.h"
#include "config/sets.h"

static void set_sender(struct check_fixture *fixture, const char *path)
{
    assert_true(mail_address_parse(fixture->owner, slice_of(path), &fixture->message.sender));
}

/* ---- envelope --------------------------------------------------------------------------------------- */

struct envelope_case {
    const char *yaml;
    const char *user;
    const char *sender;
    struct expected_finding expected; /* reason NULL: no finding */
};

#define PASS                                                                                                 \
    {                                                                                                        \
        FINDING_PASS, "sender_belongs_to_login", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL                        \
    }
#define FAIL                                                                                                 \
    {                                                                                                        \
        FINDING_FAIL, "sender_not_of_login", MODE_ENFORCE, ACTION_REJECT, 553, "5.7.1"                       \
    }
#define UNKNOWN(action)                                                                                      \
    {                                                                                                        \
        FINDING_UNKNOWN, "login_without_domain", MODE_ENFORCE, action, 0, NULL                               \
    }

static const char by_address[] = "sender: { match: address }";

static const struct envelope_case envelope_cases[] = {
    {"", "ann@example.com", "<ann@example.com>", PASS},
    {"", "ann@example.com", "<Sales@EXAMPLE.com.>", PASS},
    {"", "ann@example.com", "<bob@example.net>", FAIL},
    {"", "ann@example.com", "<ann@mail.example.com>", FAIL},
    {"", "ann@mail.example.com", "<ann@example.com>", FAIL},
    {"", "ann@example.com", "<ann>", FAIL},
    {"", "ann@example.com", "<ann@example.com@evil.example>", FAIL},
    {"", "ann@example.com", "<@evil.example:ann@example.com>", FAIL},
    {"", "ann@example.com", "<ann@example.com", FAIL},
    {"", "ann@xn--bcher-kva.example",
     "<ann@b\xc3\xbc"
     "cher.example>",
     PASS},
    {"", "ann", "<ann@example.com>", UNKNOWN(ACTION_ACCEPT)},
    {"sender: { on_unknown: reject }", "ann", "<ann@example.com>", UNKNOWN(ACTION_REJECT)},
    {by_address, "ann@example.com", "<ann@example.com>", PASS},
    {by_address, "ann@example.com", "<ANN+x@example.com>", PASS},
    {by_address, "ann@example.com", "<\"ann\"@example.com>", PASS},
    {by_address, "ann@example.com", "<+ann@example.com>", FAIL},
    {by_address, "+ann@example.com", "<+bob@example.com>", FAIL},
    {by_address, "ann@example.com", "<bob@example.com>", FAIL},
    {by_address, "ann@example.com", "<anna@example.com>", FAIL},
    {by_address, "ann@example.com", "<an@example.com>", FAIL},
    {by_address, "ann@example.com", "<ann@example.net>", FAIL},
    {by_address, "ann", "<ann@example.com>", UNKNOWN(ACTION_ACCEPT)},
    {"sender: { match: off }", "ann@example.com", "<bob@example.net>", {.reason = NULL}},
    {"sender: { mode: monitor }",
     "ann@example.com",
     "<bob@example.net>",
     {FINDING_FAIL, "sender_not_of_login", MODE_MONITOR, ACTION_REJECT, 553, "5.7.1"}},
    {"", "ann@example.com", "<>", {FINDING_PASS, "null_sender", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL}},
    {"sender: { null_sender: reject }",
     "ann@example.com",
     "<>",
     {FINDING_FAIL, "null_sender", MODE_ENFORCE, ACTION_REJECT, 553, "5.7.1"}},
};

static void logins_use_their_own_senders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof envelope_cases / sizeof envelope_cases[0]; i++) {
        const struct envelope_case *wanted = &envelope_cases[i];
        struct check_fixture fixture = check_fixture_begin(&sender_check, wanted->yaml, ROLE_SUBMISSION);
        fixture.message.user = wanted->user;
        set_sender(&fixture, wanted->sender);
        check_fixture_ask(&fixture, STAGE_MAIL);
        assert_int_equal(fixture.findings.count, wanted->expected.reason == NULL ? 0 : 1);
        if (wanted->expected.reason != NULL)
            assert_finding(check_fixture_last(&fixture), &wanted->expected);
        check_fixture_end(&fixture);
    }
}

static void replies_have_both_names(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&sender_check, "", ROLE_SUBMISSION);
    fixture.message.user = "ann@example.com";
    set_sender(&fixture, "<bob@example.net>");
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "You are logged in as ann@example.com and may not use the sender bob@example.net. Set your mail "
        "program to send from an address at example.com.");
    assert_string_equal(check_fixture_last(&fixture)->detail,
                        "login ann@example.com, sender bob@example.net");
    check_fixture_end(&fixture);

    fixture = check_fixture_begin(&sender_check, by_address, ROLE_SUBMISSION);
    fixture.message.user = "ann@example.com";
    set_sender(&fixture, "<bob@example.com>");
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "You are logged in as ann@example.com and may not use the sender bob@example.com. Set your mail "
        "program to send from ann@example.com.");
    check_fixture_end(&fixture);
}

struct advice_case {
    const char *yaml, *user, *sender, *advice;
};

/* What cannot be followed is no advice. */
static void advice_is_such_that_it_can_be_followed(void **state)
{
    (void)state;
    static const struct advice_case cases[] = {
        {"sender: { match: table, own: none, table: { bob@example.com: bob@example.com } }",
         "ann@example.com", "<ann@example.com>",
         ": no sender is listed for this login. Ask your administrator to list it."},
        {"sender: { match: table, own: none, table: { ann@example.com: info@example.com } }",
         "ann@example.com", "<ann@example.com>",
         " Set your mail program to send from one of your own addresses."},
        {"sender: { match: table, own: none, login_maps: { info@example.com: bob@example.com } }",
         "ann@example.com", "<ann@example.com>",
         ": no sender is listed for this login. Ask your administrator to list it."},
        {"sender: { match: table, own: none, login_maps: { info@example.com: bob@example.com } }",
         "ann@example.com", "<info@example.com>",
         " Set your mail program to send from one of your own addresses."},
        {"sender: { match: address }", "example\\ann@example.com", "<ann@example.com>",
         " Set your mail program to send from one of your own addresses."},
        {"", "ann@mx1.example.com", "<ann@example.com>",
         " Set your mail program to send from one of your own addresses."},
        {"", "ann@example.com", "<bob@example.net>",
         " Set your mail program to send from an address at example.com."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, cases[i].yaml, ROLE_SUBMISSION);
        struct text_collection ours;
        text_collection_init(&ours);
        text_collection_add(&ours, slice_of("example.com"));
        fixture.local_domains = text_set_create(fixture.owner, &ours);
        text_collection_deinit(&ours);
        fixture.message.user = fixture.message.login = cases[i].user;
        set_sender(&fixture, cases[i].sender);
        check_fixture_ask(&fixture, STAGE_MAIL);
        const char *text = check_fixture_last(&fixture)->reply.text;
        const size_t length = strlen(text), wanted = strlen(cases[i].advice);
        if (length < wanted || strcmp(text + length - wanted, cases[i].advice) != 0)
            fail_msg("case %zu: \"%s\"", i, text);
        check_fixture_end(&fixture);
    }
}

static void only_logins_are_asked(void **state)
{
    (void)state;
    for (enum role role = ROLE_TRUSTED; role < ROLE_COUNT; role++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, "", role);
        fixture.message.user = "192.0.2.0/24";
        set_sender(&fixture, "<bob@example.net>");
        check_fixture_ask(&fixture, STAGE_MAIL);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_int_equal(fixture.findings.count, 0);
        check_fixture_end(&fixture);
    }
}

/* ---- header ----------------------------------------------------------------------------------------- */

struct header_case {
    const char *from[3]; /* values of From: fields; ended by NULL */
    const char *sender;  /* of Sender:, or NULL */
    const char *reason;
    const char *detail; /* or NULL */
};

static const struct header_case header_cases[] = {
    {{"Ann <ann@example.com>"}, NULL, "from_belongs_to_login", NULL},
    {{"Ann <ann@example.com>, bob@example.com"}, "ann@example.com", "from_belongs_to_login", NULL},
    {{"=?utf-8?Q?Ann?= <ANN@example.com> (boss@bank.example)"}, NULL, "from_belongs_to_login", NULL},
    {{"\"ceo@bank.example\" <ann@example.com>"}, NULL, "from_belongs_to_login", NULL},
    {{"Ann <ann@b\xc3\xbc"
      "cher.example>"},
     NULL,
     "from_not_of_login",
     "ann@xn--bcher-kva.example"},
    {{"ceo@bank.example"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"ann@example.com, ceo@bank.example"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"ann@example.com", "ceo@bank.example"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"ceo@bank.example <ann@example.com>"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"<ann@example.com> <ceo@bank.example>"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"ann@example.com\n <ceo@bank.example>"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"Friends: ceo@bank.example;"}, NULL, "from_not_of_login", "ceo@bank.example"},
    {{"ann"}, NULL, "from_not_of_login", "ann"},
    {{"<>"}, NULL, "from_not_of_login", "<>"},
    {{"ann@example.com"}, "ceo@bank.example", "sender_header_not_of_login", "ceo@bank.example"},
    {{"ann@example.com", "ann@example.com"}, NULL, "from_repeated", NULL},
    {{NULL}, NULL, "from_missing", NULL},
    {{""}, NULL, "from_unreadable", NULL},
    {{"Nobody:;"}, NULL, "from_unreadable", NULL},
    {{"Ann Smith"}, NULL, "from_unreadable", NULL},
    {{"Ann ann@example.com"}, NULL, "from_unreadable", NULL},
    {{"ann@example.com (open"}, NULL, "from_unreadable", NULL},
};

static void the_from_header_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0]; i++) {
        const struct header_case *wanted = &header_cases[i];
        struct check_fixture fixture = check_fixture_begin(&sender_check, "", ROLE_SUBMISSION);
        fixture.message.user = "ann@example.com";
        check_fixture_header(&fixture, "message-id", "<1@ceo.bank.example>");
        for (size_t f = 0; wanted->from[f] != NULL; f++)
            check_fixture_header(&fixture, "from", wanted->from[f]);
        if (wanted->sender != NULL)
            check_fixture_header(&fixture, "sender", wanted->sender);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        bool passes = strcmp(wanted->reason, "from_belongs_to_login") == 0;
        const struct expected_finding expected = {
            passes ? FINDING_PASS : FINDING_FAIL,   wanted->reason,   MODE_MONITOR,
            passes ? ACTION_ACCEPT : ACTION_REJECT, passes ? 0 : 553, "5.7.1"};
        assert_finding(check_fixture_last(&fixture), &expected);
        if (wanted->detail != NULL)
            assert_string_equal(check_fixture_last(&fixture)->detail, wanted->detail);
        else
            assert_null(check_fixture_last(&fixture)->detail);
        check_fixture_end(&fixture);
    }
}

static void too_many_from_fields_are_no_pass(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&sender_check, "", ROLE_SUBMISSION);
    fixture.message.user = "ann@example.com";
    fixture.message.headers_over_budget = true;
    check_fixture_header(&fixture, "from", "ann@example.com");
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_string_equal(check_fixture_last(&fixture)->reason, "from_repeated");
    check_fixture_end(&fixture);
}

/* Of two, each client shows another. */
static void two_sender_fields_are_no_pass(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&sender_check, "", ROLE_SUBMISSION);
    fixture.message.user = "ann@example.com";
    check_fixture_header(&fixture, "from", "ann@example.com");
    check_fixture_header(&fixture, "sender", "ann@example.com");
    check_fixture_header(&fixture, "sender", "ann@example.com");
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_string_equal(check_fixture_last(&fixture)->reason, "from_repeated");
    check_fixture_end(&fixture);
}

static void header_mode_is_no_stricter_than_the_checks(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        size_t findings;
        enum check_mode mode;
    } cases[] = {
        {"sender: { header_from: enforce }", 1, MODE_ENFORCE},
        {"sender: { mode: monitor, header_from: enforce }", 1, MODE_MONITOR},
        {"sender: { header_from: off }", 0, MODE_OFF},
        {"sender: { header_from: enforce, match: off }", 0, MODE_OFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, cases[i].yaml, ROLE_SUBMISSION);
        fixture.message.user = "ann@example.com";
        check_fixture_header(&fixture, "from", "ceo@bank.example");
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_int_equal(fixture.findings.count, cases[i].findings);
        if (cases[i].findings > 0)
            assert_int_equal(check_fixture_last(&fixture)->mode, cases[i].mode);
        check_fixture_end(&fixture);
    }
}

static void header_replies_say_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *from, *sender;
        const char *text;
    } cases[] = {
        {"ceo@bank.example", NULL,
         "You are logged in as ann@example.com and may not write From: ceo@bank.example. Set your mail "
         "program to send "
         "from an address at example.com."},
        {"ann@example.com", "ceo@bank.example",
         "You are logged in as ann@example.com and may not write Sender: ceo@bank.example. Set your mail "
         "program to send "
         "from an address at example.com."},
        {"Ann", NULL,
         "You are logged in as ann@example.com and may not write From: Ann. Set your mail program to send "
         "from an address at example.com."},
        {"Ann Smith", NULL,
         "The From: line of this message cannot be read. Write one plain address there, your own."},
        {NULL, NULL, "This message has no From: line. Write your own address there."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, "", ROLE_SUBMISSION);
        fixture.message.user = "ann@example.com";
        if (cases[i].from != NULL)
            check_fixture_header(&fixture, "from", cases[i].from);
        if (cases[i].sender != NULL)
            check_fixture_header(&fixture, "sender", cases[i].sender);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_string_equal(check_fixture_last(&fixture)->reply.text, cases[i].text);
        check_fixture_end(&fixture);
    }
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static const char by_table[] = "sender:\n"
                               "  match: table\n"
                               "  table:\n"
                               "    Ann@example.com: [info@example.com, example.org, '@b\xc3\xbc"
                               "cher.example', .sub.example]\n"
                               "    root@example.com: '*'\n"
                               "    '@example.com': sales@example.com\n"
                               "    app: app@example.net help@example.net *@shop.test *@\n"
                               "    Eva@B\xc3\xbc"
                               "cher.example: eva@example.net\n"
                               "  login_maps:\n"
                               "    team@example.com: ann@example.com, Bob\n"
                               "    boss+x@example.com: bob@example.com\n"
                               "    '@shop.example': [bob@example.com]\n"
                               "    ceo@shop.example: ann@example.com\n";

static void tables_give_senders_to_logins(void **state)
{
    (void)state;
    static const struct {
        const char *login, *user, *sender;
        bool owned;
    } cases[] = {
        {"ann@example.com", "ann@example.com", "info@example.com", true},
        {"ann@example.com", "ann@example.com", "Info+x@EXAMPLE.com.", true},
        {"ann@example.com", "ann@example.com", "any@example.org", true},
        {"ann@example.com", "ann@example.com", "any@a.example.org", false},
        {"ann@example.com", "ann@example.com", "x@xn--bcher-kva.example", true},
        {"ann@example.com", "ann@example.com",
         "x@b\xc3\xbc"
         "cher.example",
         true},
        {"ann@example.com", "ann@example.com", "x@a.b.sub.example", true},
        {"ann@example.com", "ann@example.com", "x@sub.example", false},
        {"ann@example.com", "ann@example.com", "x@evilsub.example", false},
        /* Her own entry counts, not that of the domain; and only the table says what is hers. */
        {"ann@example.com", "ann@example.com", "sales@example.com", false},
        {"ann@example.com", "ann@example.com", "ann@example.com", false},
        {"ann@example.com", "ann@example.com", "@example.org:info@example.com", false},
        {"root@example.com", "root@example.com", "any@where.example", true},
        {"zoe@example.com", "zoe@example.com", "sales@example.com", true},
        {"zoe@example.com", "zoe@example.com", "info@example.com", false},
        {"zoe@example.net", "zoe@example.net", "sales@example.com", false},
        {"app", "app", "help@example.net", true},
        {"app", "app", "other@example.net", false},
        {"app", "app", "other@shop.test", true},
        {"app", "app", "other@a.shop.test", false},
        {"eva@b\xc3\xbc"
         "cher.example",
         "eva@xn--bcher-kva.example", "eva@example.net", true},
        /* The other way round. */
        {"ann@example.com", "ann@example.com", "TEAM@example.com", true},
        {"ann@example.com", "ann@example.com", "team+list@example.com", true},
        {"bob", "bob@example.com", "team@example.com", true},
        {"bob@example.com", "bob@example.com", "boss+x@example.com", true},
        {"bob@example.com", "bob@example.com", "boss@example.com", false},
        {"bob@example.com", "bob@example.com", "any@shop.example", true},
        {"bob@example.com", "bob@example.com", "ceo@shop.example", false},
        {"ann@example.com", "ann@example.com", "ceo@shop.example", true},
        {"ann@example.com", "ann@example.com", "any@shop.example", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, by_table, ROLE_SUBMISSION);
        fixture.message.login = cases[i].login;
        fixture.message.user = cases[i].user;
        set_sender(&fixture, cases[i].sender);
        check_fixture_ask(&fixture, STAGE_MAIL);
        if ((check_fixture_last(&fixture)->outcome == FINDING_PASS) != cases[i].owned)
            fail_msg("%s as %s: %s", cases[i].user, cases[i].sender, check_fixture_last(&fixture)->reason);
        check_fixture_end(&fixture);
    }
}

static void a_dead_table_makes_unknown(void **state)
{
    (void)state;
    static const char yaml[] =
        "sender: { match: table, header_from: enforce, on_unknown: defer,\n"
        "  table: [{ ann@example.com: info@example.com, bob@example.com: '*' }, 'socketmap:unix:/nonexistent/s:senders'] }\n";
    static const struct expected_finding unknown = {
        FINDING_UNKNOWN, "table_unavailable", MODE_ENFORCE, ACTION_DEFER, 0, NULL};
    static const char *const users[] = {"ann@example.com", "bob@example.com", "zoe@example.com"};
    static const enum finding_outcome outcomes[] = {FINDING_UNKNOWN, FINDING_PASS, FINDING_UNKNOWN};
    for (size_t i = 0; i < 3; i++) {
        struct check_fixture fixture = check_fixture_begin(&sender_check, yaml, ROLE_SUBMISSION);
        fixture.message.user = users[i];
        set_sender(&fixture, "<x@example.org>");
        check_fixture_header(&fixture, "from", "x@example.org");
        check_fixture_ask(&fixture, STAGE_MAIL);
        assert_int_equal(check_fixture_last(&fixture)->outcome, outcomes[i]);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_int_equal(check_fixture_last(&fixture)->outcome, outcomes[i]);
        if (outcomes[i] == FINDING_UNKNOWN)
            assert_finding(check_fixture_last(&fixture), &unknown);
        check_fixture_end(&fixture);
    }
}

static void tables_and_match_belong_together(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    assert_non_null(strstr(check_fixture_problems(owner, &sender_check, "sender: { match: table }"),
                           "error: match: table needs 'table' or 'login_maps'"));
    assert_non_null(strstr(check_fixture_problems(owner, &sender_check, "sender: { table: { a: b } }"),
                           "warning: nobody looks at this without match: table"));
    assert_non_null(strstr(check_fixture_problems(owner, &sender_check, "sender: { match: table, table: x }"),
                           "error: table: 'x' is no source"));
    talloc_free(owner);
}

static void shown_addresses_count_where_they_are_to(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        bool passes;
    } cases[] = {
        {"\"ceo@bank.example\" <ann@example.com>", false},
        {"=?utf-8?q?ceo=40bank.example?= <ann@example.com>", false},
        {"=?utf-8?b?Y2VvQGI=?= =?utf-8?q?ank.example?= <ann@example.com>", false},
        {"\"ANN@Example.com\" <ann@example.com>", true},
        {"=?utf-8?q?Ann_=40_home?= <ann@example.com>", true},
        /* What looks like "@" and "." */
        {"\"ceo\xef\xbc\xa0"
         "bank.example\" <ann@example.com>",
         false},
        {"\"ceo\xef\xb9\xab"
         "bank.example\" <ann@example.com>",
         false},
        {"\"ceo@bank\xef\xbc\x8e"
         "example\" <ann@example.com>",
         false},
        {"\"ceo@bank\xe3\x80\x82"
         "example\" <ann@example.com>",
         false},
        {"\"ann\xef\xbc\xa0"
         "example\xef\xbd\xa1"
         "com\" <ann@example.com>",
         true},
        {"\"Ann \xef\xbc\xa0\" <ann@example.com>", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture =
            check_fixture_begin(&sender_check, "sender: { display_name: own }", ROLE_SUBMISSION);
        fixture.message.user = "ann@example.com";
        check_fixture_header(&fixture, "from", cases[i].from);
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        if ((check_fixture_last(&fixture)->outcome == FINDING_PASS) != cases[i].passes)
            fail_msg("%s: %s", cases[i].from, check_fixture_last(&fixture)->reason);
        check_fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logins_use_their_own_senders),
        cmocka_unit_test(replies_have_both_names),
        cmocka_unit_test(advice_is_such_that_it_can_be_followed),
        cmocka_unit_test(only_logins_are_asked),
        cmocka_unit_test(the_from_header_is_judged),
        cmocka_unit_test(too_many_from_fields_are_no_pass),
        cmocka_unit_test(two_sender_fields_are_no_pass),
        cmocka_unit_test(header_mode_is_no_stricter_than_the_checks),
        cmocka_unit_test(header_replies_say_what_to_do),
        cmocka_unit_test(tables_give_senders_to_logins),
        cmocka_unit_test(a_dead_table_makes_unknown),
        cmocka_unit_test(tables_and_match_belong_together),
        cmocka_unit_test(shown_addresses_count_where_they_are_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
