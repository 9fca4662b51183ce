/* Whom a message is from, through the engine: local users and scripts, recent logins, customers, and their
 * overrides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy_fixture.h"
#include "policy_session.h"

struct identity_test {
    struct policy_snapshot *snapshot;
    struct policy_engine *engine;
    char user[200], customer[64], role_reason[64];
    enum role role;
    unsigned verdict_code;
    struct strbuf out;
};

static bool keep_record(void *context, const struct policy_record *record)
{
    struct identity_test *test = context;
    snprintf(test->user, sizeof test->user, "%s", record->outcome->message->user);
    snprintf(test->customer, sizeof test->customer, "%s", record->outcome->message->customer);
    snprintf(test->role_reason, sizeof test->role_reason, "%s", record->outcome->message->role_reason);
    test->role = record->outcome->message->role;
    test->verdict_code = record->outcome->verdict->code;
    return true;
}

static const char configuration[] =
    "state: \"\"\n"
    "relay:\n"
    "  local_daemons: [Pickup]\n"
    "  default_realm: example.com\n"
    "customers:\n"
    "  ann@example.com: Acme\n"
    "  '@example.com': others\n"
    "  uid:1000: web\n"
    "overrides:\n"
    "  - { when: { user: uid:1000 }, recipients: { limit: 1, excess: refuse } }\n"
    "  - { when: { user: script:1000:bad.php }, recipients: { limit: 1, excess: refuse } }\n"
    "  - { when: { customer: acme }, recipients: { limit: 3 } }\n"
    "  - { when: { domain: .branch.example }, recipients: { limit: 7 } }\n";

static int set_up(void **state)
{
    struct identity_test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    strbuf_init(&test->out, 0);
    test->snapshot = policy_fixture_load(configuration);
    const struct policy_engine_options options = {
        .clock = clock_system(), .record = keep_record, .record_context = test, .offline = true};
    test->engine = policy_engine_create(test->snapshot, &options, &test->out);
    assert_non_null(test->engine);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct identity_test *test = *state;
    policy_engine_destroy(test->engine);
    policy_snapshot_unref(test->snapshot);
    strbuf_deinit(&test->out);
    free(test);
    return 0;
}

/* A message to two recipients, with these headers ("Name: value", ended by NULL). */
struct sent {
    const char *ip;
    uint16_t port;
    const char *daemon;
    const char *login;
    const char *const *headers;
};

static void send_message(const struct identity_test *test, const struct sent *sent)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(sent->port)};
    assert_int_equal(inet_pton(AF_INET, sent->ip, &address.sin_addr), 1);
    const struct policy_connect connect = {
        .address = (struct sockaddr *)&address, .daemon_name = sent->daemon, .mta_version = "Postfix 3.7.11"};
    struct policy_session *session = policy_session_begin(test->engine, &connect);
    assert_non_null(session);
    policy_session_mail(session, &(struct policy_mail){.path = "<x@example.com>",
                                                       .auth_type = sent->login == NULL ? NULL : "PLAIN",
                                                       .auth_authen = sent->login});
    policy_session_recipient(session, &(struct policy_recipient){.path = "<bob@example.net>"});
    policy_session_recipient(session, &(struct policy_recipient){.path = "<carl@example.net>"});
    for (const char *const *header = sent->headers; header != NULL && *header != NULL; header++) {
        char name[64];
        const char *colon = strchr(*header, ':');
        snprintf(name, sizeof name, "%.*s", (int)(colon - *header), *header);
        policy_session_header(session, name, colon + 2);
    }
    policy_session_header(session, "From", "x@example.com");
    policy_session_end_of_headers(session);
    policy_session_end_of_message(session);
    policy_session_end(session);
}

#define HEADERS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PICKUP_1000                                                                                          \
    "Received: by mx.example (Postfix, from userid 1000)\n\tid 4XYZ; Sun, 22 Nov 2026 08:00:00 +0000 (UTC)"
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_NAME X32 X32 X32 X32 X32
#define PICKUP_33 "Received: by mx.example (Postfix, from userid 33)\n\tid 4XYZ"
#define SUBMIT_ANN "Received: (from ann@localhost)\n\tby mx.example (8.17.1.9/8.17.1.9/Submit) id x"

struct identity_case {
    struct sent sent;
    enum role role;
    const char *user;
};

static const struct identity_case identity_cases[] = {
    /* Through the service for local mail: the first Received: line is the MTA's. */
    {{"127.0.0.1", 4000, "pickup", NULL, HEADERS(PICKUP_1000)}, ROLE_LOCAL, "uid:1000"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS(SUBMIT_ANN)}, ROLE_LOCAL, "uid:ann"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS(PICKUP_33, PICKUP_1000)}, ROLE_LOCAL, "uid:33"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS("Received: from x by y", PICKUP_1000)}, ROLE_LOCAL, "local"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS("Received: by a b (Postfix, from userid 0)")},
     ROLE_LOCAL,
     "local"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS("Received: by a (Postfix)\n (x, from userid 0)")},
     ROLE_LOCAL,
     "local"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS("Received: by a (Postfix, from userid 0x)")},
     ROLE_LOCAL,
     "local"},
    {{"127.0.0.1", 4000, "Pickup", NULL, NULL}, ROLE_LOCAL, "local"},
    /* Straight from pickup: the MTA hides its own line, so the first one is the sender's. */
    {{"127.0.0.1", 0, "", NULL, HEADERS(PICKUP_1000)}, ROLE_LOCAL, "local"},
    /* Scripts. */
    {{"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 1000:Contact.php")},
     ROLE_LOCAL,
     "script:1000:contact.php"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS(PICKUP_1000, "X-PHP-Originating-Script: 1000:a.php")},
     ROLE_LOCAL,
     "script:1000:a.php"},
    {{"127.0.0.1", 4000, "Pickup", NULL, HEADERS(PICKUP_33, "X-PHP-Originating-Script: 1000:a.php")},
     ROLE_LOCAL,
     "uid:33"},
    {{"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Script: www.example.com/a.php for 203.0.113.9")},
     ROLE_LOCAL,
     "script:www.example.com/a.php"},
    {{"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: contact.php")}, ROLE_LOCAL, "local"},
    {{"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 1000:")}, ROLE_LOCAL, "local"},
    {{"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 7:\x01\xff")}, ROLE_LOCAL, "script:7:??"},
    /* What comes by network is never local, whatever it writes and whatever service it meets. */
    {{"203.0.113.7", 4000, "Pickup", NULL, HEADERS(PICKUP_1000)}, ROLE_OUTSIDE, ""},
    {{"203.0.113.7", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 1000:a.php")}, ROLE_OUTSIDE, ""},
    {{"127.0.0.1", 4000, "smtpd", NULL, HEADERS(PICKUP_1000)}, ROLE_TRUSTED, "127.0.0.0/8"},
    {{"127.0.0.1", 4000, LONG_NAME, NULL, HEADERS(PICKUP_1000)}, ROLE_TRUSTED, "127.0.0.0/8"},
    {{"203.0.113.7", 4000, "Pickup", "Ann", HEADERS(PICKUP_1000, "X-PHP-Script: a")},
     ROLE_SUBMISSION,
     "ann@example.com"},
};

static void identities_follow_what_the_mta_wrote(void **state)
{
    struct identity_test *test = *state;
    for (size_t i = 0; i < sizeof identity_cases / sizeof identity_cases[0]; i++) {
        const struct identity_case *wanted = &identity_cases[i];
        send_message(test, &wanted->sent);
        if (test->role != wanted->role || strcmp(test->user, wanted->user) != 0)
            fail_msg("case %zu: %s \"%s\", expected %s \"%s\"", i, role_name(test->role), test->user,
                     role_name(wanted->role), wanted->user);
    }
}

/* The recipients were given before the headers: they are judged by the settings of whom the headers name. */
static void overrides_find_local_users(void **state)
{
    struct identity_test *test = *state;
    send_message(test, &(struct sent){"127.0.0.1", 4000, "Pickup", NULL, HEADERS(PICKUP_1000)});
    assert_int_equal(test->verdict_code, 550);
    assert_string_equal(test->customer, "web");
    send_message(test, &(struct sent){"127.0.0.1", 4000, "Pickup", NULL, HEADERS(PICKUP_33)});
    assert_int_equal(test->verdict_code, 250);
    send_message(test,
                 &(struct sent){"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 1000:bad.php")});
    assert_int_equal(test->verdict_code, 550);
    send_message(test,
                 &(struct sent){"127.0.0.1", 0, "", NULL, HEADERS("X-PHP-Originating-Script: 1000:ok.php")});
    assert_int_equal(test->verdict_code, 250);
}

static void customers_are_looked_up(void **state)
{
    struct identity_test *test = *state;
    send_message(test, &(struct sent){"203.0.113.7", 4000, "", "Ann", NULL});
    assert_string_equal(test->customer, "acme");
    send_message(test, &(struct sent){"203.0.113.7", 4000, "", "zoe", NULL});
    assert_string_equal(test->customer, "others");
    send_message(test, &(struct sent){"203.0.113.7", 4000, "", "zoe@example.net", NULL});
    assert_string_equal(test->customer, "");
    send_message(test, &(struct sent){"203.0.113.7", 4000, "", NULL, NULL});
    assert_string_equal(test->customer, "");
}

/* The grants in force, in `test->out`. */
static void list_grants(struct identity_test *test, bool json)
{
    struct answer *answer = answer_create();
    assert_non_null(answer);
    policy_query_grants(test->engine, answer);
    strbuf_reset(&test->out);
    (json ? answer_write_json : answer_print)(answer, &test->out);
    answer_destroy(answer);
}

static bool take_back(struct identity_test *test, const char *address)
{
    struct answer *answer = answer_create();
    assert_non_null(answer);
    const bool is_removed = policy_grant_remove(test->engine, address, "root", answer);
    assert_true(is_removed != answer_is_refused(answer));
    answer_destroy(answer);
    return is_removed;
}

static bool allow(struct identity_test *test, const struct policy_grant *grant)
{
    struct answer *answer = answer_create();
    assert_non_null(answer);
    const bool is_granted = policy_grant_add(test->engine, grant, answer);
    assert_true(is_granted != answer_is_refused(answer));
    answer_destroy(answer);
    return is_granted;
}

static void a_recent_login_may_relay_until_it_is_removed(void **state)
{
    struct identity_test *test = *state;
    const struct sent sent = {"203.0.113.7", 4000, "", NULL, NULL};
    const struct policy_grant grant = {"203.0.113.7", "Ann+x", "10m", "imap", "root"};
    send_message(test, &sent);
    assert_int_equal(test->role, ROLE_OUTSIDE);
    assert_true(allow(test, &grant));
    send_message(test, &sent);
    assert_int_equal(test->role, ROLE_TRUSTED);
    assert_string_equal(test->user, "ann@example.com");
    assert_string_equal(test->role_reason, "recent_login");
    send_message(test, &(struct sent){"203.0.113.8", 4000, "", NULL, NULL});
    assert_int_equal(test->role, ROLE_OUTSIDE);
    list_grants(test, false);
    assert_non_null(strstr(strbuf_text(&test->out), "203.0.113.7/32"));
    assert_non_null(strstr(strbuf_text(&test->out), "ann@example.com  imap"));
    list_grants(test, true);
    assert_non_null(strstr(strbuf_text(&test->out), "\"user\":\"ann@example.com\",\"reason\":\"imap\"}]"));
    assert_true(take_back(test, "203.0.113.7"));
    assert_false(take_back(test, "203.0.113.7"));
    send_message(test, &sent);
    assert_int_equal(test->role, ROLE_OUTSIDE);
}

static void wrong_grants_are_refused(void **state)
{
    struct identity_test *test = *state;
    static const struct policy_grant wrong[] = {
        {.address = "203.0.113.0/24"},
        {.address = "x"},
        {.address = "203.0.113.7", .duration = "10"},
        {.address = "203.0.113.7", .duration = "0m"},
        {.address = "203.0.113.7", .duration = "31d"},
        {.address = "203.0.113.7", .duration = "-1m"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(allow(test, &wrong[i]));
    list_grants(test, true);
    assert_string_equal(strbuf_text(&test->out), "[]\n");
}

static void assert_printed_for(struct identity_test *test, const char *whom, const char *head,
                               const char *limit)
{
    strbuf_reset(&test->out);
    assert_true(policy_snapshot_print_subject(test->snapshot, whom, &test->out));
    if (strncmp(strbuf_text(&test->out), head, strlen(head)) != 0)
        fail_msg("%s: %.100s", whom, strbuf_text(&test->out));
    const char *recipients = strstr(strbuf_text(&test->out), "\nrecipients:\n");
    assert_non_null(recipients);
    if (strstr(recipients, limit) == NULL)
        fail_msg("%s: no \"%s\" in %.200s", whom, limit, recipients);
}

static void the_policy_of_one_is_printed(void **state)
{
    struct identity_test *test = *state;
    assert_printed_for(
        test, "user=Ann,client=192.0.2.7",
        "# for role submission, user ann@example.com, domain example.com, customer acme, client 192.0.2.7\n",
        "limit: 3  # /tmp/");
    assert_printed_for(test, "user=x@a.branch.example", "# for role submission, user x@a.branch.example",
                       "limit: 7  #");
    assert_printed_for(test, "user=uid:1000", "# for role local, user uid:1000, customer web\n",
                       "limit: 1  #");
    assert_printed_for(test, "client=127.0.0.1", "# for role trusted, user 127.0.0.0/8, client 127.0.0.1\n",
                       "limit: 30  # default");
    assert_printed_for(test, "client=203.0.113.7", "# for role outside, client 203.0.113.7\n",
                       "limit: 100  # default for outside");
    assert_printed_for(test, "customer=acme,role=trusted", "# for role trusted, customer acme\n",
                       "limit: 3  #");
    assert_printed_for(test, "customer=acme", "# for role submission, customer acme\n", "limit: 3  #");
    assert_printed_for(test, "domain=EXAMPLE.com",
                       "# for role submission, domain example.com, customer others\n",
                       "limit: 30  # default");
}

/* Right behind the subject; the keys that they set are told too. */
static void the_overrides_that_match_are_told(void **state)
{
    struct identity_test *test = *state;
    static const char *const cases[][2] = {
        {"user=ann@example.com",
         "\n# overrides that match; of the same key the last counts:\n#   /tmp/policy_fixture."},
        {"user=ann@example.com", ":12:5  recipients.limit\nlisten:"},
        {"user=uid:1000", ":10:5  recipients.limit, recipients.excess\nlisten:"},
        {"client=203.0.113.7", "\n# no override matches\nlisten:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        strbuf_reset(&test->out);
        assert_true(policy_snapshot_print_subject(test->snapshot, cases[i][0], &test->out));
        if (strstr(strbuf_text(&test->out), cases[i][1]) == NULL)
            fail_msg("%s: %.300s", cases[i][0], strbuf_text(&test->out));
    }
}

static void what_nobody_can_be_is_refused(void **state)
{
    struct identity_test *test = *state;
    static const char *const wrong[][2] = {
        {"ann", "'ann': write user=LOGIN"},
        {"user=", "'user=': write user=LOGIN"},
        {"name=ann", "'name=ann': write user=LOGIN"},
        {"role=admin", "'role=admin': a role is submission, trusted, local or outside"},
        {"client=x", "'client=x': that is no IP address"},
        {"user=ann,user=bob", "'user=bob': one of each"},
        {"client=192.0.2.1,client=192.0.2.1", "'client=192.0.2.1': one of each"},
        {"role=local,role=local", "'role=local': one of each"},
        {"customer=a,domain=b,customer=a", "'customer=a': one of each"},
        {"role=outside,user=ann", "who has the role outside has no user, domain or customer"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        strbuf_reset(&test->out);
        assert_false(policy_snapshot_print_subject(test->snapshot, wrong[i][0], &test->out));
        if (strncmp(strbuf_text(&test->out), wrong[i][1], strlen(wrong[i][1])) != 0)
            fail_msg("%s: %s", wrong[i][0], strbuf_text(&test->out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(identities_follow_what_the_mta_wrote, set_up, tear_down),
        cmocka_unit_test_setup_teardown(overrides_find_local_users, set_up, tear_down),
        cmocka_unit_test_setup_teardown(customers_are_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_recent_login_may_relay_until_it_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_grants_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_policy_of_one_is_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_overrides_that_match_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_can_be_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
