/* The way of a message through the library, without an MTA: facts in, answers and records out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/counter.h"
#include "policy_fixture.h"
#include "policy_session.h"

struct session_test {
    struct policy_engine *engine;
    struct policy_session *session;
    struct strbuf records; /* one line each */
    unsigned record_count;
    bool records_fail;
    /* of the last outcome, recorded or not */
    enum action verdict, would;
    char aborted[16];
    char recipient_reason[32]; /* of the last recipient */
};

static bool keep_record(void *context, const struct policy_record *record)
{
    struct session_test *test = context;
    const struct outcome *outcome = record->outcome;
    const struct message_facts *message = outcome->message;
    test->verdict = outcome->verdict->action;
    test->would = outcome->would->action;
    snprintf(test->aborted, sizeof test->aborted, "%s", outcome->aborted == NULL ? "" : outcome->aborted);
    if (message->recipient_count > 0)
        snprintf(test->recipient_reason, sizeof test->recipient_reason, "%s",
                 message->recipients[message->recipient_count - 1].reason);
    if (test->records_fail)
        return false;
    strbuf_append_slice(&test->records, record->line);
    strbuf_append_byte(&test->records, '\n');
    test->record_count++;
    return true;
}

/* Connects from `ip` to an engine with this configuration. */
static struct session_test *begin(const char *configuration, const char *ip, uint16_t port)
{
    struct session_test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    strbuf_init(&test->records, 0);
    struct policy_engine_options options = {
        .clock = clock_system(), .record = keep_record, .record_context = test, .offline = true};
    struct policy_snapshot *snapshot = policy_fixture_load(configuration);
    struct strbuf problems;
    strbuf_init(&problems, 0);
    test->engine = policy_engine_create(snapshot, &options, &problems);
    assert_non_null(test->engine);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    assert_int_equal(inet_pton(AF_INET, ip, &address.sin_addr), 1);
    test->session =
        policy_session_begin(test->engine, &(struct policy_connect){.address = (struct sockaddr *)&address,
                                                                    .client_name = "client.example"});
    assert_non_null(test->session);
    policy_session_helo(test->session, "client.example");
    return test;
}

/* The same client again, over an MTA that lets a filter do nothing but answer. */
static void reconnect_over_a_poor_mta(struct session_test *test)
{
    policy_session_end(test->session);
    test->session = policy_session_begin(
        test->engine, &(struct policy_connect){.client_name = "x", .cannot_hold = true, .cannot_drop = true});
    assert_non_null(test->session);
}

static void end(struct session_test *test)
{
    policy_session_end(test->session);
    policy_engine_destroy(test->engine);
    strbuf_deinit(&test->records);
    free(test);
}

static struct policy_answer mail(struct session_test *test, const char *sender, const char *login)
{
    return policy_session_mail(test->session,
                               &(struct policy_mail){.path = sender,
                                                     .auth_authen = login,
                                                     .auth_type = login == NULL ? NULL : "PLAIN"});
}

static struct policy_answer rcpt(struct session_test *test, const char *address)
{
    return policy_session_recipient(test->session, &(struct policy_recipient){.path = address});
}

static struct policy_ending send_text(struct session_test *test, const char *from, const char *body)
{
    policy_session_header(test->session, "From", from);
    policy_session_header(test->session, "Subject", "test");
    policy_session_end_of_headers(test->session);
    policy_session_body(test->session, body, strlen(body));
    return policy_session_end_of_message(test->session);
}

static void assert_reply(struct policy_answer answer, enum policy_step step, unsigned code,
                         const char *enhanced)
{
    assert_int_equal(answer.step, step);
    assert_int_equal(answer.verdict->code, code);
    assert_string_equal(answer.verdict->enhanced, enhanced);
    assert_non_null(strstr(answer.verdict->text, "(id "));
}

static void assert_recorded(const struct session_test *test, unsigned count, const char *piece)
{
    assert_int_equal(test->record_count, count);
    if (strstr(strbuf_text(&test->records), piece) == NULL)
        fail_msg("no %s in %s", piece, strbuf_text(&test->records));
}

/* ---- the founding policy ---------------------------------------------------------------------------- */

static void a_login_may_send_anywhere(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    assert_int_equal(mail(test, "<ann@example.com>", "ann@example.com").step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(send_text(test, "ann@example.com", "hello\r\n").answer.step, POLICY_CONTINUE);
    assert_recorded(test, 1,
                    "\"role\":\"submission\",\"role_reason\":\"authenticated\",\"user\":\"ann@example.com\"");
    assert_recorded(test, 1, "\"verdict\":\"accept\"");
    end(test);
}

static void a_stranger_may_not_relay_and_the_record_says_so(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    assert_int_equal(mail(test, "<ann@example.com>", NULL).step, POLICY_CONTINUE);
    assert_reply(rcpt(test, "<bob@example.org>"), POLICY_REJECT, 550, "5.7.1");
    policy_session_abort(test->session);
    assert_recorded(
        test, 1,
        "\"verdict\":\"reject\",\"abort_reason\":\"reset\",\"would\":\"reject\",\"reply\":\"550 5.7.1 ");
    end(test);
}

static void own_domains_take_mail_from_outside(void **state)
{
    (void)state;
    struct session_test *test = begin("relay: { local_domains: [example.com] }\n", "192.0.2.7", 4711);
    mail(test, "<x@example.net>", NULL);
    assert_int_equal(rcpt(test, "<ann@Example.COM>").step, POLICY_CONTINUE);
    assert_reply(rcpt(test, "<bob@example.org>"), POLICY_REJECT, 550, "5.7.1");
    assert_int_equal(send_text(test, "x@example.net", "hello\r\n").answer.step, POLICY_CONTINUE);
    assert_recorded(
        test, 1,
        "\"recipients\":[{\"address\":\"ann@example.com\",\"action\":\"accept\"},"
        "{\"address\":\"bob@example.org\",\"action\":\"reject\",\"reason\":\"relay.not_local_domain\"}]");
    assert_recorded(test, 1, "\"verdict\":\"accept\"");
    end(test);
}

static void surplus_recipients_refuse_the_whole_message(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    for (int i = 1; i <= 30; i++) {
        char address[40];
        snprintf(address, sizeof address, "<user%d@example.org>", i);
        assert_int_equal(rcpt(test, address).step, POLICY_CONTINUE);
    }
    assert_int_equal(rcpt(test, "<User30@Example.org>").step, POLICY_CONTINUE); /* not a new one */
    assert_reply(rcpt(test, "<user31@example.org>"), POLICY_REJECT, 550, "5.5.3");
    assert_reply(send_text(test, "ann@example.com", "hello\r\n").answer, POLICY_REJECT, 550, "5.5.3");
    assert_recorded(test, 1, "\"verdict\":\"reject\"");
    end(test);
}

static void too_many_to_drop_are_left_out(void **state)
{
    (void)state;
    struct session_test *test = begin("recipients: { limit: 1, excess: drop }\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    assert_int_equal(rcpt(test, "<a@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE);
    struct policy_ending ending = send_text(test, "ann@example.com", "hello\r\n");
    assert_int_equal(ending.answer.step, POLICY_CONTINUE);
    assert_int_equal(ending.edits.dropped_count, 1);
    assert_string_equal(ending.edits.dropped[0], "<b@example.org>");
    assert_recorded(
        test, 1,
        "{\"address\":\"b@example.org\",\"action\":\"drop\",\"reason\":\"recipients.too_many_recipients\"}");
    end(test);
}

static void a_declared_size_is_refused_at_mail(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    const char *const params[] = {"size=30000001", NULL};
    struct policy_answer answer =
        policy_session_mail(test->session, &(struct policy_mail){.path = "<ann@example.com>",
                                                                 .params = params,
                                                                 .auth_authen = "ann@example.com",
                                                                 .auth_type = "PLAIN"});
    assert_reply(answer, POLICY_REJECT, 552, "5.3.4");
    assert_recorded(test, 1, "\"verdict\":\"reject\"");
    end(test);
}

static void a_size_that_was_not_declared_is_counted(void **state)
{
    (void)state;
    char body[1002];
    memset(body, 'x', sizeof body);
    struct session_test *test = begin("size: { limit: 10kB }\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    policy_session_header(test->session, "From", "ann@example.com");
    policy_session_end_of_headers(test->session);
    unsigned wanted_count = 0;
    for (int i = 0; i < 20; i++)
        wanted_count += policy_session_body(test->session, body, sizeof body);
    assert_int_equal(wanted_count, 9);
    assert_reply(policy_session_end_of_message(test->session).answer, POLICY_REJECT, 552, "5.3.4");
    end(test);
}

static void a_program_is_refused_by_name(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    policy_session_header(test->session, "From", "ann@example.com");
    policy_session_header(test->session, "MIME-Version", "1.0");
    policy_session_header(test->session, "Content-Type",
                          "application/octet-stream;\n\tname=\"scan.pdf.EXE\"");
    policy_session_end_of_headers(test->session);
    policy_session_body(test->session, "hello\r\n", 7);
    struct policy_ending ending = policy_session_end_of_message(test->session);
    assert_int_equal(ending.answer.step, POLICY_REJECT);
    assert_non_null(strstr(ending.answer.verdict->text, "scan.pdf.EXE"));
    assert_recorded(test, 1,
                    "\"attachments\":[{\"path\":\"scan.pdf.EXE\",\"size\":7,\"outcome\":\"blocked\"}]");
    end(test);
}

/* ---- how the engine behaves ------------------------------------------------------------------------- */

static void monitoring_records_and_lets_pass(void **state)
{
    (void)state;
    struct session_test *test = begin("mode: monitor\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", NULL);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(send_text(test, "x", "hello\r\n").answer.step, POLICY_CONTINUE);
    assert_recorded(test, 1, "\"check\":\"relay\",\"outcome\":\"fail\"");
    assert_recorded(test, 1, "\"verdict\":\"accept\"");
    end(test);
}

static void local_mail_hears_its_refusal_at_the_end_only(void **state)
{
    (void)state;
    struct session_test *test = begin("recipients: { limit: 1 }\n", "127.0.0.1", 0);
    assert_int_equal(mail(test, "www-data@example.com", NULL).step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "a@example.org").step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "b@example.org").step, POLICY_CONTINUE);
    assert_reply(send_text(test, "x@example.com", "hello\r\n").answer, POLICY_REJECT, 550, "5.5.3");
    assert_recorded(test, 1, "\"role\":\"local\"");
    end(test);
}

static void a_login_does_not_outlive_its_message(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    send_text(test, "ann@example.com", "hello\r\n");
    mail(test, "<ann@example.com>", NULL);
    assert_reply(rcpt(test, "<bob@example.org>"), POLICY_REJECT, 550, "5.7.1");
    end(test);
}

static void anonymous_is_no_login(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    policy_session_mail(
        test->session,
        &(struct policy_mail){.path = "<a@example.com>", .auth_authen = "ann", .auth_type = "anonymous"});
    assert_reply(rcpt(test, "<bob@example.org>"), POLICY_REJECT, 550, "5.7.1");
    policy_session_mail(test->session,
                        &(struct policy_mail){.path = "<a@example.com>", .auth_authen = "ann"});
    assert_reply(rcpt(test, "<bob@example.org>"), POLICY_REJECT, 550, "5.7.1");
    end(test);
}

static void every_order_of_calls_is_harmless(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    policy_session_abort(test->session);
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    policy_session_header(test->session, "From", "x");
    policy_session_end_of_headers(test->session);
    assert_false(policy_session_body(test->session, "x", 1));
    assert_int_equal(policy_session_end_of_message(test->session).answer.step, POLICY_CONTINUE);
    policy_session_queue_id(test->session, "4F2");
    mail(test, "<ann@example.com>", "ann@example.com");
    policy_session_abort(test->session);
    policy_session_abort(test->session);
    assert_int_equal(test->record_count, 0); /* nothing was asked of the relay */
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    mail(test, "<ann@example.com>", "ann@example.com"); /* closes the one before */
    assert_recorded(test, 1, "\"verdict\":\"aborted\"");
    assert_string_equal(test->aborted, OUTCOME_ABORTED_NEXT_MESSAGE);
    rcpt(test, "<bob@example.org>");
    policy_session_abort(test->session);
    assert_string_equal(test->aborted, OUTCOME_ABORTED_RESET);
    end(test);
}

/* The default: mail is worth more than its record. */
static void a_lost_record_does_not_stop_mail(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    test->records_fail = true;
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    assert_int_equal(send_text(test, "ann@example.com", "hello\r\n").answer.step, POLICY_CONTINUE);
    assert_int_equal(test->record_count, 0);
    end(test);
}

/* As the message would be on the wire: fields with ": " and CRLF, the empty line, the body. */
static void the_size_is_that_of_the_whole_message(void **state)
{
    (void)state;
    static const char message[] = "From: ann@example.com\r\nSubject: test\r\n\r\nhello\r\n";
    char size[32];
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    send_text(test, "ann@example.com", "hello\r\n");
    snprintf(size, sizeof size, "\"size\":%zu,", sizeof message - 1);
    assert_recorded(test, 1, size);
    end(test);
}

/* `count` fields before From:, of `value`. */
static void send_with_fields(struct session_test *test, const char *name, const char *value, unsigned count)
{
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    for (unsigned i = 0; i < count; i++)
        policy_session_header(test->session, name, value);
    send_text(test, "ann@example.com", "hello\r\n");
}

/* What is not kept for want of room is no reason to pass; what nobody judges is no reason to refuse. */
static void a_from_that_was_not_kept_does_not_pass(void **state)
{
    (void)state;
    static char long_value[65537];
    memset(long_value, 'x', sizeof long_value - 1);
    struct session_test *test = begin("sender: { header_from: enforce }\n", "192.0.2.7", 4711);
    send_with_fields(test, "Received", long_value, 4);
    assert_recorded(test, 1, "\"reason\":\"from_repeated\"");
    send_with_fields(test, "Message-ID", "<1@example.com>", 6);
    assert_recorded(test, 2, "\"reason\":\"from_belongs_to_login\"");
    end(test);
}

static void a_lost_record_follows_on_error(void **state)
{
    (void)state;
    struct session_test *test = begin("audit: { on_error: defer }\n", "192.0.2.7", 4711);
    test->records_fail = true;
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    const uint64_t deferred_count = counter_value_of("deferred"),
                   lost_count = counter_value_of("records_lost");
    assert_reply(send_text(test, "ann@example.com", "hello\r\n").answer, POLICY_DEFER, 451, "4.3.0");
    assert_int_equal(test->verdict, ACTION_ACCEPT); /* what was decided stays what is recorded */
    assert_int_equal(counter_value_of("records_lost"), lost_count + 1);
    assert_int_equal(counter_value_of("deferred"), deferred_count + 1);
    test->records_fail = false;
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    assert_int_equal(send_text(test, "ann@example.com", "hello\r\n").answer.step, POLICY_CONTINUE);
    end(test);
}

static struct policy_ending send_file(struct session_test *test, const char *body)
{
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    policy_session_header(test->session, "Content-Type", "application/octet-stream; name=x.exe");
    return send_text(test, "ann@example.com", body);
}

/* The size of a file is known only by a look into the message, whether or not its name is judged. */
static void files_are_measured_with_the_attachments_check_off(void **state)
{
    (void)state;
    static char body[4096];
    memset(body, 'x', sizeof body - 1);
    struct session_test *test =
        begin("attachments: { mode: off }\nsize: { measure: attachment, limit: 2kB }\n", "192.0.2.7", 4711);
    assert_int_equal(send_file(test, "small\r\n").answer.step, POLICY_CONTINUE);
    assert_recorded(test, 1, "\"check\":\"size\",\"outcome\":\"pass\",\"reason\":\"within_limit\"");
    assert_recorded(test, 1, "\"outcome\":\"not_judged\"");
    assert_reply(send_file(test, body).answer, POLICY_REJECT, 552, "5.3.4");
    end(test);
}

/* Who would be left is what matters: one recipient less is no refusal of the message. */
static void what_monitoring_would_have_done_is_told(void **state)
{
    (void)state;
    struct session_test *test =
        begin("relay: { mode: monitor, local_domains: [ours.example] }\n", "192.0.2.7", 4711);
    mail(test, "<eve@elsewhere.example>", NULL);
    assert_int_equal(rcpt(test, "<ann@ours.example>").step, POLICY_CONTINUE);
    assert_int_equal(rcpt(test, "<bob@far.example>").step, POLICY_CONTINUE);
    send_text(test, "eve@elsewhere.example", "hello\r\n");
    assert_int_equal(test->would, ACTION_ACCEPT);
    mail(test, "<eve@elsewhere.example>", NULL);
    rcpt(test, "<bob@far.example>");
    send_text(test, "eve@elsewhere.example", "hello\r\n");
    assert_int_equal(test->verdict, ACTION_ACCEPT);
    assert_int_equal(test->would, ACTION_REJECT);
    end(test);
}

static void a_mode_for_everything_tells_what_it_let_pass(void **state)
{
    (void)state;
    struct session_test *test = begin("mode: monitor\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<bob@example.org>");
    policy_session_header(test->session, "Content-Type", "application/x; name=x.exe");
    send_text(test, "ann@example.com", "hello\r\n");
    assert_int_equal(test->verdict, ACTION_ACCEPT);
    assert_int_equal(test->would, ACTION_REJECT);
    end(test);
}

static void a_refused_recipient_keeps_the_reason(void **state)
{
    (void)state;
    struct session_test *test = begin("relay: { local_domains: [ours.example] }\n", "192.0.2.7", 4711);
    mail(test, "<eve@elsewhere.example>", NULL);
    rcpt(test, "<ann@ours.example>");
    rcpt(test, "<bob@far.example>");
    policy_session_abort(test->session);
    assert_string_equal(test->recipient_reason, "not_local_domain");
    end(test);
}

static void recipients_the_mta_refuses_are_only_recorded(void **state)
{
    (void)state;
    struct session_test *test = begin("recipients: { limit: 1 }\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    for (int i = 0; i < 3; i++)
        policy_session_recipient(test->session,
                                 &(struct policy_recipient){.path = "<x@example.org>", .mailer = "error"});
    assert_int_equal(rcpt(test, "<bob@example.org>").step, POLICY_CONTINUE);
    assert_int_equal(send_text(test, "ann@example.com", "hello\r\n").answer.step, POLICY_CONTINUE);
    assert_recorded(test, 1, "\"action\":\"ignore\"");
    end(test);
}

static void recipients_without_end_are_deferred(void **state)
{
    (void)state;
    struct session_test *test = begin("recipients: { mode: off }\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    for (int i = 0; i < 10000; i++) {
        char address[40];
        snprintf(address, sizeof address, "<%d@example.org>", i);
        assert_int_equal(rcpt(test, address).step, POLICY_CONTINUE);
    }
    struct policy_answer answer = rcpt(test, "<one@too.many>");
    assert_int_equal(answer.step, POLICY_DEFER);
    assert_int_equal(answer.verdict->code, 452);
    assert_string_equal(answer.verdict->enhanced, "4.5.3");
    end(test);
}

static void what_the_mta_cannot_do_is_answered_and_recorded(void **state)
{
    (void)state;
    struct session_test *test = begin(
        "attachments: { blocked_action: hold }\nrecipients: { limit: 1, excess: drop }\n", "192.0.2.7", 4711);
    reconnect_over_a_poor_mta(test);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    policy_session_header(test->session, "Content-Type", "application/x; name=x.exe");
    struct policy_ending ending = send_text(test, "ann@example.com", "hello\r\n");
    assert_reply(ending.answer, POLICY_DEFER, 451, "4.7.1");
    assert_null(ending.edits.hold_reason);
    assert_recorded(test, 1, "\"verdict\":\"defer\"");
    assert_recorded(test, 1, "\"mta_cannot\":\"hold\"");
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    rcpt(test, "<b@example.org>");
    assert_reply(send_text(test, "ann@example.com", "hello\r\n").answer, POLICY_REJECT, 550, "5.5.3");
    assert_recorded(test, 2, "\"mta_cannot\":\"drop_recipients\"");
    end(test);
}

static void a_session_keeps_the_policy_it_began_with(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    struct policy_snapshot *strict = policy_fixture_load("recipients: { limit: 1 }\n");
    struct strbuf problems;
    strbuf_init(&problems, 0);
    assert_true(policy_engine_use(test->engine, strict, NULL, &problems));
    policy_snapshot_unref(strict);
    strbuf_deinit(&problems);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE);
    policy_session_end(test->session);
    test->session = policy_session_begin(test->engine, &(struct policy_connect){.client_name = "x"});
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.5.3");
    end(test);
}

static void use_policy(struct session_test *test, const char *yaml)
{
    struct policy_snapshot *snapshot = policy_fixture_load(yaml);
    struct strbuf problems;
    strbuf_init(&problems, 0);
    assert_true(policy_engine_use(test->engine, snapshot, NULL, &problems));
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
}

static void a_policy_may_apply_to_open_sessions_from_their_next_message(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    use_policy(test, "recipients: { limit: 1 }\n");
    policy_engine_apply_now(test->engine);
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE); /* the message keeps its own */
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.5.3");
    use_policy(test, "recipients: { limit: 2 }\n");
    mail(test, "<ann@example.com>", "ann@example.com"); /* that one was not to apply now */
    rcpt(test, "<a@example.org>");
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.5.3");
    end(test);
}

/* Who is trusted was settled at connect, by the former policy. */
static void who_is_trusted_follows_too(void **state)
{
    (void)state;
    struct session_test *test = begin("", "192.0.2.7", 4711);
    mail(test, "<a@example.org>", NULL);
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.7.1");
    use_policy(test, "relay: { trusted_networks: [192.0.2.0/24] }\n");
    policy_engine_apply_now(test->engine);
    mail(test, "<a@example.org>", NULL);
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE);
    end(test);
}

static void overrides_reach_the_message(void **state)
{
    (void)state;
    struct session_test *test = begin(
        "overrides:\n  - when: { user: ann@example.com }\n    recipients: { limit: 1 }\n", "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "Ann@Example.com");
    rcpt(test, "<a@example.org>");
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.5.3");
    mail(test, "<bob@example.com>", "bob@example.com");
    rcpt(test, "<a@example.org>");
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE);
    end(test);
}

static void overrides_know_the_envelope_sender(void **state)
{
    (void)state;
    struct session_test *test = begin(
        "overrides:\n  - when: { sender: news@example.com, role: submission }\n    recipients: { limit: 1 }\n",
        "192.0.2.7", 4711);
    mail(test, "<ann@example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    assert_int_equal(rcpt(test, "<b@example.org>").step, POLICY_CONTINUE);
    mail(test, "<News@Example.com>", "ann@example.com");
    rcpt(test, "<a@example.org>");
    assert_reply(rcpt(test, "<b@example.org>"), POLICY_REJECT, 550, "5.5.3");
    end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_may_send_anywhere),
        cmocka_unit_test(a_stranger_may_not_relay_and_the_record_says_so),
        cmocka_unit_test(own_domains_take_mail_from_outside),
        cmocka_unit_test(surplus_recipients_refuse_the_whole_message),
        cmocka_unit_test(too_many_to_drop_are_left_out),
        cmocka_unit_test(a_declared_size_is_refused_at_mail),
        cmocka_unit_test(a_size_that_was_not_declared_is_counted),
        cmocka_unit_test(a_program_is_refused_by_name),
        cmocka_unit_test(monitoring_records_and_lets_pass),
        cmocka_unit_test(local_mail_hears_its_refusal_at_the_end_only),
        cmocka_unit_test(a_login_does_not_outlive_its_message),
        cmocka_unit_test(anonymous_is_no_login),
        cmocka_unit_test(every_order_of_calls_is_harmless),
        cmocka_unit_test(a_lost_record_does_not_stop_mail),
        cmocka_unit_test(the_size_is_that_of_the_whole_message),
        cmocka_unit_test(a_from_that_was_not_kept_does_not_pass),
        cmocka_unit_test(a_lost_record_follows_on_error),
        cmocka_unit_test(files_are_measured_with_the_attachments_check_off),
        cmocka_unit_test(what_monitoring_would_have_done_is_told),
        cmocka_unit_test(a_mode_for_everything_tells_what_it_let_pass),
        cmocka_unit_test(a_refused_recipient_keeps_the_reason),
        cmocka_unit_test(recipients_the_mta_refuses_are_only_recorded),
        cmocka_unit_test(recipients_without_end_are_deferred),
        cmocka_unit_test(what_the_mta_cannot_do_is_answered_and_recorded),
        cmocka_unit_test(a_session_keeps_the_policy_it_began_with),
        cmocka_unit_test(a_policy_may_apply_to_open_sessions_from_their_next_message),
        cmocka_unit_test(who_is_trusted_follows_too),
        cmocka_unit_test(overrides_reach_the_message),
        cmocka_unit_test(overrides_know_the_envelope_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
