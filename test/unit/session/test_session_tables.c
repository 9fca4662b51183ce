/* Messages that wait for the answers of a socketmap server, with no thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "policy_fixture.h"
#include "policy_session.h"
#include "socketmap_fixture.h"

enum { PATIENCE_MS = 20000 };

struct tables_test {
    struct socketmap_fixture server;
    struct policy_engine *engine;
    struct policy_session *session;
    struct strbuf records;
    unsigned record_count;
};

static bool keep_record(void *context, const struct policy_record *record)
{
    struct tables_test *test = context;
    strbuf_append_slice(&test->records, record->line);
    strbuf_append_byte(&test->records, '\n');
    test->record_count++;
    return true;
}

static void drop_line(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
}

static void connect_session(struct tables_test *test, bool can_wait)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4711)};
    assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &address.sin_addr), 1);
    test->session =
        policy_session_begin(test->engine, &(struct policy_connect){.address = (struct sockaddr *)&address,
                                                                    .client_name = "client.example",
                                                                    .can_wait = can_wait});
    assert_non_null(test->session);
}

/* A "%" in `configuration` is the place of the server. */
static struct tables_test *begin(const char *configuration)
{
    struct tables_test *test = calloc(1, sizeof *test);
    struct strbuf problems, text;
    strbuf_init(&problems, 0);
    strbuf_init(&text, 0);
    strbuf_init(&test->records, 0);
    log_set_sink(drop_line, NULL);
    socketmap_fixture_start(&test->server);
    for (const char *at = configuration; *at != '\0'; at++) {
        if (*at == '%')
            strbuf_printf(&text, "socketmap:inet:127.0.0.1:%u", (unsigned)test->server.port);
        else
            strbuf_append_byte(&text, *at);
    }
    struct policy_snapshot *snapshot = policy_fixture_load(strbuf_text(&text));
    const struct policy_engine_options options = {
        .clock = clock_system(), .record = keep_record, .record_context = test, .offline = true};
    test->engine = policy_engine_create(snapshot, &options, &problems);
    assert_non_null(test->engine);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    strbuf_deinit(&text);
    connect_session(test, true);
    return test;
}

static void end(struct tables_test *test)
{
    policy_session_end(test->session);
    policy_engine_destroy(test->engine);
    socketmap_fixture_stop(&test->server);
    strbuf_deinit(&test->records);
    log_set_sink(NULL, NULL);
    free(test);
}

static struct policy_answer mail(struct tables_test *test, const char *sender, const char *login)
{
    return policy_session_mail(test->session,
                               &(struct policy_mail){.path = sender,
                                                     .auth_authen = login,
                                                     .auth_type = login == NULL ? NULL : "PLAIN"});
}

static struct policy_answer rcpt(struct tables_test *test, const char *address)
{
    return policy_session_recipient(test->session, &(struct policy_recipient){.path = address});
}

/* Waits for what was named, and goes on. */
static struct policy_answer resume(struct tables_test *test, const struct policy_answer *waiting)
{
    assert_int_equal(waiting->step, POLICY_WAIT);
    assert_true(pending_wait(waiting->awaited.pending, PATIENCE_MS));
    return policy_session_resume(test->session).answer;
}

/* The same once the server has answered, which is to be asked for `question` first. */
static struct policy_answer after(struct tables_test *test, struct policy_answer waiting,
                                  const char *question, const char *answer)
{
    assert_int_equal(waiting.step, POLICY_WAIT);
    socketmap_fixture_answer(&test->server, question, answer);
    return resume(test, &waiting);
}

static struct policy_answer send_text(struct tables_test *test, const char *from)
{
    policy_session_header(test->session, "From", from);
    policy_session_end_of_headers(test->session);
    for (int line = 0; line < 100; line++)
        policy_session_body(test->session, "hello, hello, hello\r\n", 21);
    return policy_session_end_of_message(test->session).answer;
}

static void assert_recorded(const struct tables_test *test, unsigned count, const char *piece)
{
    assert_int_equal(test->record_count, count);
    if (strstr(strbuf_text(&test->records), piece) == NULL)
        fail_msg("no %s in %s", piece, strbuf_text(&test->records));
}

static void the_customer_is_waited_for_and_then_its_settings_count(void **state)
{
    (void)state;
    struct tables_test *test = begin("customers: '%:customers'\n"
                                     "overrides: [{ when: { customer: acme }, size: { limit: 1KiB } }]");
    struct policy_answer answer = mail(test, "<ann@example.com>", "ann@example.com");
    answer = after(test, answer, "customers ann@example.com", "NOTFOUND ");
    answer = after(test, answer, "customers @example.com", "OK acme");
    assert_int_equal(answer.step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(send_text(test, "ann@example.com").step, POLICY_REJECT);
    assert_recorded(test, 1, "\"customer\":\"acme\"");
    end(test);
}

static void each_recipient_is_waited_for(void **state)
{
    (void)state;
    struct tables_test *test = begin("relay: { local_domains: '%:domains' }");
    struct policy_answer answer = mail(test, "<>", NULL);
    assert_int_equal(answer.step, POLICY_CONTINUE);
    answer = after(test, rcpt(test, "<bob@here.example>"), "domains here.example", "OK x");
    assert_int_equal(answer.step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<carol@here.example>").step, POLICY_CONTINUE); /* known by now */
    answer = after(test, rcpt(test, "<bob@there.example>"), "domains there.example", "NOTFOUND ");
    answer = after(test, answer, "domains .example", "NOTFOUND ");
    assert_int_equal(answer.step, POLICY_REJECT);
    assert_int_equal(answer.verdict->code, 550);
    assert_int_equal(send_text(test, "x@elsewhere.example").step, POLICY_CONTINUE);
    assert_recorded(test, 1, "\"reason\":\"not_local_domain\"");
    end(test);
}

static void a_server_that_does_not_answer_ends_in_on_unknown(void **state)
{
    (void)state;
    struct tables_test *test = begin("relay: { local_domains: '%:domains' }");
    assert_int_equal(mail(test, "<>", NULL).step, POLICY_CONTINUE);
    struct policy_answer answer = rcpt(test, "<bob@here.example>");
    socketmap_fixture_expect(&test->server, "domains here.example");
    answer = resume(test, &answer);
    assert_int_equal(answer.step, POLICY_DEFER);
    /* And is left in peace for a while: nothing to wait for. */
    assert_int_equal(rcpt(test, "<bob@there.example>").step, POLICY_DEFER);
    policy_session_abort(test->session);
    assert_recorded(test, 1, "local_domains_unavailable");
    end(test);
}

static void the_sender_of_the_header_is_waited_for_at_the_end(void **state)
{
    (void)state;
    struct tables_test *test = begin("relay: { local_domains: [here.example, '%:domains'] }\n"
                                     "sender: { outside: { header_from: enforce } }");
    struct policy_answer answer = mail(test, "<>", NULL);
    assert_int_equal(rcpt(test, "<bob@here.example>").step, POLICY_CONTINUE);
    answer = send_text(test, "ann@own.example");
    answer = after(test, answer, "domains own.example", "OK x");
    assert_int_equal(answer.step, POLICY_REJECT);
    assert_recorded(test, 1, "own_domain_in_from");
    end(test);
}

static void an_unknown_address_hides_no_forged_one(void **state)
{
    (void)state;
    struct tables_test *test = begin("relay: { local_domains: [here.example, '%:domains'] }\n"
                                     "sender: { outside: { header_from: enforce } }");
    mail(test, "<>", NULL);
    assert_int_equal(rcpt(test, "<bob@here.example>").step, POLICY_CONTINUE);
    struct policy_answer answer = send_text(test, "x@other.example, ann@here.example");
    answer = after(test, answer, "domains other.example", "TEMP busy");
    assert_int_equal(answer.step, POLICY_REJECT);
    assert_recorded(test, 1, "own_domain_in_from");
    end(test);
}

static void questions_that_do_not_need_each_other_are_asked_at_a_time(void **state)
{
    (void)state;
    struct tables_test *test =
        begin("sender: { match: table, table: '%:senders', groups: { ann@example.com: sales } }");
    struct policy_answer answer = mail(test, "<sales@example.com>", "ann@example.com");
    int own = -1, group = -1;
    assert_int_equal(answer.step, POLICY_WAIT);
    for (int i = 0; i < 2; i++) {
        char question[80];
        const int connection = socketmap_fixture_take(&test->server, question, sizeof question);
        if (strcmp(question, "senders ann@example.com") == 0)
            own = connection;
        else
            group = connection;
    }
    socketmap_fixture_say(own, "NOTFOUND ");
    socketmap_fixture_say(group, "OK sales@example.com");
    while (answer.step == POLICY_WAIT)
        answer = resume(test, &answer);
    assert_int_equal(answer.step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(send_text(test, "sales@example.com").step, POLICY_CONTINUE);
    assert_recorded(test, 1, "sender_belongs_to_login");
    /* Once, however often it was tried. */
    assert_null(strstr(strstr(strbuf_text(&test->records), "sender_belongs_to_login") + 1,
                       "sender_belongs_to_login"));
    end(test);
}

/* At each place where a message waits it may be given up: what is not known then is unknown. */
static void whoever_waits_may_be_given_up(void **state)
{
    (void)state;
    struct tables_test *test = begin("customers: '%:customers'\nrelay: { local_domains: '%:domains' }\n"
                                     "sender: { match: table, table: '%:senders' }");
    assert_int_equal(mail(test, "<ann@example.com>", "ann@example.com").step, POLICY_WAIT);
    policy_session_abort(test->session);
    struct policy_answer answer = mail(test, "<ann@example.com>", "ann@example.com");
    char question[80];
    socketmap_fixture_take(&test->server, question, sizeof question);
    answer = after(test, answer, "customers ann@example.com", "OK acme");
    assert_int_equal(answer.step, POLICY_WAIT); /* for what the login may send as */
    assert_int_equal(mail(test, "<>", NULL).step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@here.example>").step, POLICY_WAIT);
    policy_session_end(test->session);
    assert_recorded(test, 1, "local_domains_unavailable");
    connect_session(test, true);
    end(test);
}

/* As with libmilter: a thread of its own waits on the same object. */
static void who_cannot_be_put_aside_waits_where_it_is(void **state)
{
    (void)state;
    struct tables_test *test = begin("relay: { local_domains: '%:domains' }");
    policy_session_end(test->session);
    connect_session(test, false);
    assert_int_equal(mail(test, "<>", NULL).step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@here.example>").step, POLICY_DEFER); /* nobody answers */
    policy_session_abort(test->session);
    assert_recorded(test, 1, "local_domains_unavailable");
    end(test);
}

/* Its headers tell whom it is from, and an answer may come at its end only. */
static void mail_of_this_machine_waits_at_its_end(void **state)
{
    (void)state;
    struct tables_test *test = begin("customers: '%:customers'\n"
                                     "overrides: [{ when: { customer: acme }, size: { limit: 1KiB } }]");
    policy_session_end(test->session);
    test->session = policy_session_begin(
        test->engine, &(struct policy_connect){.client_name = "localhost", .can_wait = true});
    struct policy_answer answer = mail(test, "<ann@example.com>", NULL);
    answer = after(test, answer, "customers local", "NOTFOUND ");
    assert_int_equal(answer.step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    policy_session_header(test->session, "X-PHP-Originating-Script", "1000:contact.php");
    answer = send_text(test, "ann@example.com");
    answer = after(test, answer, "customers script:1000:contact.php", "OK acme");
    assert_int_equal(answer.step, POLICY_REJECT);
    assert_recorded(test, 1, "\"role\":\"local\"");
    assert_recorded(test, 1, "\"customer\":\"acme\"");
    /* And who gives such mail up does not wait. */
    assert_int_equal(mail(test, "<ann@example.com>", NULL).step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    policy_session_header(test->session, "X-PHP-Originating-Script", "1001:other.php");
    assert_int_equal(send_text(test, "ann@example.com").step, POLICY_WAIT);
    policy_session_abort(test->session);
    assert_recorded(test, 2, "\"user\":\"script:1001:other.php\"");
    end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_customer_is_waited_for_and_then_its_settings_count),
        cmocka_unit_test(each_recipient_is_waited_for),
        cmocka_unit_test(a_server_that_does_not_answer_ends_in_on_unknown),
        cmocka_unit_test(the_sender_of_the_header_is_waited_for_at_the_end),
        cmocka_unit_test(an_unknown_address_hides_no_forged_one),
        cmocka_unit_test(questions_that_do_not_need_each_other_are_asked_at_a_time),
        cmocka_unit_test(whoever_waits_may_be_given_up),
        cmocka_unit_test(who_cannot_be_put_aside_waits_where_it_is),
        cmocka_unit_test(mail_of_this_machine_waits_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
