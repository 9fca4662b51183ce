/* A message's line, key by key, and the short one; and lines of all times are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "record/audit_line.h"
#include "record/audit_short_line.h"
#include "record/record_reader.h"

/* ---- a message with everything ---------------------------------------------------------------------- */

static struct slice program_names[] = {{"x.exe", 5}, {"x.txt", 5}};
static struct attachment attachments[] = {
    {.path = "x.zip", .size_bytes = 900, .conditions = ATTACHMENT_ENCRYPTED | ATTACHMENT_AMBIGUOUS},
    {.path = "x.zip > x.exe",
     .names = program_names,
     .name_count = 2,
     .executable = "Windows program",
     .size_bytes = 700,
     .is_member = true},
};
static struct attachment_list attachment_list = {.items = attachments, .count = 2};
static const char *const outcome_words[] = {"encrypted", "blocked"};

static struct recipient recipients[] = {
    {.address = {.text = "bob@example.org"}, .action = RECIPIENT_ACCEPTED, .check = "", .reason = ""},
    {.address = {.text = "eve@example.net"},
     .action = RECIPIENT_REJECTED,
     .check = "recipients",
     .reason = "surplus"},
    {.address = {.text = "zoe@example.net"}, .action = RECIPIENT_IGNORED, .check = "", .reason = ""},
};
static struct header_field headers[] = {{"from", {" Ann <ann@example.com>", 22}},
                                        {"sender", {"<office@example.com>", 20}},
                                        {"from", {"<eve@example.com>", 17}},
                                        {"message-id", {"<1@x>", 5}}};
static const uint32_t codes[] = {0x7f000004, 0x7f00000a};
static const struct list_answer answers[] = {
    {.list = "xbl.example", .verdict = LIST_LISTED, .codes = codes, .code_count = 2},
    {.list = "bl.example", .verdict = LIST_UNKNOWN, .why = "timeout"},
};
static struct finding findings[] = {
    {.check = "relay", .outcome = FINDING_PASS, .reason = "authenticated", .mode = MODE_ENFORCE},
    {.check = "size",
     .outcome = FINDING_FAIL,
     .reason = "message_too_large",
     .detail = "123 bytes, limit 100",
     .mode = MODE_MONITOR,
     .action = ACTION_REJECT,
     .has_numbers = true,
     .limit = 100,
     .seen = 123,
     .rule_file = "/etc/closedrelay/closedrelay.yaml",
     .rule_line = 12},
    {.check = "attachments",
     .outcome = FINDING_FAIL,
     .reason = "blocked",
     .detail = "x.exe",
     .mode = MODE_ENFORCE,
     .action = ACTION_REJECT},
    {.check = "attachments",
     .outcome = FINDING_FAIL,
     .reason = "blocked",
     .detail = "x.exe",
     .mode = MODE_ENFORCE,
     .action = ACTION_REJECT},
};
static const struct finding_list finding_list = {
    .items = findings, .count = 4, .attachment_outcomes = outcome_words};
static const struct verdict verdict = {.action = ACTION_REJECT,
                                       .code = 552,
                                       .enhanced = "5.7.1",
                                       .text = "no (id abcdefghjkmn)",
                                       .cause_check = "attachments",
                                       .cause_reason = "blocked"};
static const struct verdict accept_verdict = {.action = ACTION_ACCEPT, .code = 250, .enhanced = "2.0.0"};
static struct session_facts session = {.id = {"sessionsessi"},
                                       .client_ip_known = true,
                                       .client_name = "pc.example",
                                       .client_port = 4711,
                                       .helo = "pc",
                                       .daemon_name = "submission"};
static struct message_facts message = {
    .id = {"abcdefghjkmn"},
    .queue_id = "4F2",
    .role = ROLE_SUBMISSION,
    .role_reason = "authenticated",
    .auth_type = "PLAIN",
    .login = "Ann",
    .user = "ann@example.com",
    .customer = "acme",
    .tls = {"TLSv1.3", "AES", "CN=pc", "CN=ca", "ab:cd", true, ""},
    .sender = {.text = "ann@example.com"},
    .has_declared_size = true,
    .declared_size_bytes = 120,
    .recipients = recipients,
    .recipient_count = 3,
    .headers = headers,
    .header_count = 4,
    .header_bytes = 100,
    .body_bytes = 23,
    .part_count = 3,
    .attachments = &attachment_list,
    .gathered = {.lists = answers, .list_count = 2},
};
static const struct record_context context = {.host = "mx1.example"};

static struct outcome whole_outcome(void)
{
    assert_true(ip_address_parse(slice_of("192.0.2.7"), &session.client_ip));
    return (struct outcome){.session = &session,
                            .message = &message,
                            .findings = &finding_list,
                            .verdict = &verdict,
                            .would = &verdict,
                            .answer = &verdict,
                            .time_us = INT64_C(1795348800000042),
                            .duration_us = 7,
                            .policy = "0123456789abcdef"};
}

/* ---- lines of all times ----------------------------------------------------------------------------- */

static void read_golden(struct strbuf *content)
{
    char bytes[4096];
    FILE *file = fopen("../data/record/golden.jsonl", "r");
    assert_non_null(file);
    strbuf_init(content, 0);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        strbuf_append(content, bytes, got);
    fclose(file);
}

/* What is written today stands among the golden lines: who changes a key sees it here. */
static void a_whole_line_is_golden(void **state)
{
    struct strbuf line, golden;
    const struct outcome outcome = whole_outcome();
    (void)state;
    strbuf_init(&line, 0);
    audit_line_write(&outcome, &context, &line);
    strbuf_append_byte(&line, '\n');
    read_golden(&golden);
    if (strstr(strbuf_text(&golden), strbuf_text(&line)) == NULL) {
        fprintf(stderr, "%s", strbuf_text(&line)); /* cmocka would cut it */
        fail_msg("test/data/record/golden.jsonl lacks the line above: add it");
    }
    strbuf_deinit(&line);
    strbuf_deinit(&golden);
}

static void lines_of_all_versions_are_read(void **state)
{
    struct strbuf golden, scratch;
    unsigned count = 0;
    (void)state;
    strbuf_init(&scratch, 0);
    read_golden(&golden);
    for (char *save = NULL, *text = strtok_r(golden.data, "\n", &save); text != NULL;
         text = strtok_r(NULL, "\n", &save), count++) {
        struct record record;
        int64_t time_us;
        assert_true(record_read(slice_of(text), &record));
        assert_true(record_line_of(&record) < RECORD_LINE_COUNT);
        assert_true(record_time(&record, RECORD_TIME, &time_us));
        assert_true(record_u64(&record, RECORD_V) <= RECORD_VERSION);
        assert_int_equal(record_text(&record, RECORD_ID, &scratch).length, INCIDENT_ID_LENGTH);
    }
    assert_true(count >= 4);
    strbuf_deinit(&golden);
    strbuf_deinit(&scratch);
}

/* ---- what may be absent ----------------------------------------------------------------------------- */

static void what_there_is_nothing_of_is_absent(void **state)
{
    const struct session_facts outside = {.client_name = "", .helo = "", .daemon_name = ""};
    const struct message_facts nothing = {.id = {"abcdefghjkmn"},
                                          .queue_id = "",
                                          .role = ROLE_OUTSIDE,
                                          .role_reason = "",
                                          .auth_type = "",
                                          .login = "",
                                          .user = "",
                                          .customer = "",
                                          .tls = {"", "", "", "", "", false, ""},
                                          .sender = {.text = ""}};
    const struct finding_list none = {0};
    const struct outcome outcome = {.session = &outside,
                                    .message = &nothing,
                                    .findings = &none,
                                    .verdict = &accept_verdict,
                                    .would = &accept_verdict,
                                    .answer = &accept_verdict,
                                    .aborted = OUTCOME_ABORTED_RESET,
                                    .mode = MODE_MONITOR,
                                    .policy = "0"};
    struct strbuf line;
    (void)state;
    strbuf_init(&line, 0);
    audit_line_write(&outcome, &context, &line);
    assert_string_equal(
        strbuf_text(&line),
        "{\"v\":1,\"type\":\"message\",\"time\":\"1970-01-01T00:00:00.000000Z\",\"id\":\"abcdefghjkmn\","
        "\"host\":\"mx1.example\",\"session\":\"\",\"queue_id\":\"\",\"policy\":\"0\",\"mode\":\"monitor\","
        "\"role\":\"outside\",\"role_reason\":\"\",\"user\":\"\",\"customer\":\"\",\"service\":\"\","
        "\"client\":{\"ip\":\"\",\"name\":\"\",\"port\":0},\"helo\":\"\",\"auth\":{},\"tls\":{},\"sender\":\"\","
        "\"from\":\"\",\"message_id\":\"\",\"recipients\":[],\"size\":0,\"attachments\":[],\"findings\":[],"
        "\"verdict\":\"aborted\",\"abort_reason\":\"reset\",\"would\":\"accept\",\"reply\":null,\"duration_us\":0}");
    strbuf_deinit(&line);
}

/* ---- reports ---------------------------------------------------------------------------------------- */

static void assert_reported(const struct report_facts *report, const char *expected)
{
    struct message_facts with_report = message;
    struct outcome outcome = whole_outcome();
    struct strbuf line;
    with_report.report = report;
    outcome.message = &with_report;
    strbuf_init(&line, 0);
    audit_line_write(&outcome, &context, &line);
    assert_non_null(strstr(strbuf_text(&line), expected));
    strbuf_deinit(&line);
}

static void what_a_message_tells_of_another_is_written(void **state)
{
    (void)state;
    assert_reported(&(struct report_facts){.message_id = "<1@x>",
                                           .recipients = {"bob@example.org"},
                                           .recipient_count = 1},
                    "],\"dsn\":{\"message_id\":\"<1@x>\",\"recipients\":[\"bob@example.org\"]},\"verdict\"");
    assert_reported(&(struct report_facts){.message_id = "", .feedback_type = "abuse"},
                    "],\"arf\":{\"type\":\"abuse\",\"recipients\":[]},\"verdict\"");
}

/* ---- recipients ------------------------------------------------------------------------------------- */

static void each_recipient_shows_what_became_of_it(void **state)
{
    static const struct {
        enum action verdict;
        const char *aborted;
        enum recipient_action at_rcpt;
        const char *action, *reason;
    } cases[] = {
        {ACTION_ACCEPT, NULL, RECIPIENT_ACCEPTED, "accept", ""},
        {ACTION_ACCEPT, NULL, RECIPIENT_REJECTED, "reject", "at_rcpt"},
        {ACTION_ACCEPT, NULL, RECIPIENT_DEFERRED, "defer", "at_rcpt"},
        {ACTION_ACCEPT, NULL, RECIPIENT_DROPPED, "drop", "at_rcpt"},
        {ACTION_ACCEPT, NULL, RECIPIENT_IGNORED, "ignore", "refused_by_mta"},
        {ACTION_ACCEPT, "reset", RECIPIENT_ACCEPTED, "aborted", "reset"},
        {ACTION_ACCEPT, "reset", RECIPIENT_REJECTED, "reject", "at_rcpt"},
        {ACTION_HOLD, NULL, RECIPIENT_ACCEPTED, "hold", "cause"},
        {ACTION_HOLD, NULL, RECIPIENT_DROPPED, "drop", "cause"},
        {ACTION_REJECT, NULL, RECIPIENT_ACCEPTED, "reject", "cause"},
        {ACTION_DEFER, NULL, RECIPIENT_DROPPED, "defer", "cause"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct verdict decided = {.action = cases[i].verdict, .cause_reason = "cause"};
        const struct outcome outcome = {.verdict = &decided, .aborted = cases[i].aborted};
        const bool is_taken = cases[i].at_rcpt == RECIPIENT_ACCEPTED;
        const struct recipient recipient = {
            .action = cases[i].at_rcpt, .check = "", .reason = is_taken ? "" : "at_rcpt"};
        assert_string_equal(audit_recipient_action(&outcome, &recipient), cases[i].action);
        const struct audit_cause cause = audit_recipient_cause(&outcome, &recipient);
        assert_string_equal(cause.reason == NULL ? "" : cause.reason, cases[i].reason);
    }
}

/* ---- the short line --------------------------------------------------------------------------------- */

static void assert_short_line(const struct outcome *outcome, const char *expected)
{
    struct strbuf line;
    strbuf_init(&line, 0);
    audit_short_line_write(outcome, NULL, &line);
    assert_string_equal(strbuf_text(&line), expected);
    strbuf_deinit(&line);
}

static void a_refusal_is_logged_with_its_cause(void **state)
{
    struct outcome outcome = whole_outcome();
    (void)state;
    assert_short_line(&outcome, "4F2: client=pc.example[192.0.2.7], role=submission, sasl_username=Ann, "
                                "from=<ann@example.com>, to=<bob@example.org>, nrcpt=3, refused=1, size=123, "
                                "verdict=reject, id=abcdefghjkmn, check=attachments, reason=blocked, "
                                "reply=552 5.7.1 no (id abcdefghjkmn)");
}

/* Half of a message that went on never looks like all of it. */
static void what_was_refused_at_rcpt_is_logged_too(void **state)
{
    struct outcome outcome = whole_outcome();
    (void)state;
    outcome.verdict = outcome.answer = &accept_verdict;
    assert_short_line(&outcome,
                      "4F2: client=pc.example[192.0.2.7], role=submission, sasl_username=Ann, "
                      "from=<ann@example.com>, to=<bob@example.org>, nrcpt=3, refused=1, size=123, "
                      "verdict=accept, id=abcdefghjkmn, check=recipients, reason=surplus, would=reject, "
                      "would_check=attachments, would_reason=blocked");
}

/* What audit.privacy keeps from the record is not in the log either. */
static void a_private_line_names_nobody(void **state)
{
    static const struct record_privacy_settings settings = {
        .addresses = RECORD_CUT, .logins = RECORD_OMIT, .clients = RECORD_CUT, .texts = RECORD_OMIT};
    const struct record_privacy privacy = {&settings, NULL};
    struct outcome outcome = whole_outcome();
    struct strbuf line;
    (void)state;
    strbuf_init(&line, 0);
    audit_short_line_write(&outcome, &privacy, &line);
    assert_string_equal(strbuf_text(&line),
                        "4F2: client=unknown[192.0.2.0], role=submission, sasl_username=, "
                        "from=<@example.com>, to=<@example.org>, nrcpt=3, refused=1, size=123, "
                        "verdict=reject, id=abcdefghjkmn, check=attachments, reason=blocked, "
                        "reply=552 5.7.1");
    strbuf_deinit(&line);
}

static void why_a_message_was_aborted_is_logged(void **state)
{
    struct outcome outcome = whole_outcome();
    const struct message_facts alone = {
        .id = {"abcdefghjkmn"}, .queue_id = "", .login = "", .sender = {.text = ""}};
    (void)state;
    outcome.verdict = outcome.answer = outcome.would = &accept_verdict;
    outcome.message = &alone;
    outcome.aborted = OUTCOME_ABORTED_DISCONNECTED;
    assert_short_line(&outcome,
                      "NOQUEUE: client=pc.example[192.0.2.7], role=submission, from=<>, nrcpt=0, size=0, "
                      "verdict=aborted, id=abcdefghjkmn, aborted=disconnected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_line_is_golden),
        cmocka_unit_test(lines_of_all_versions_are_read),
        cmocka_unit_test(what_there_is_nothing_of_is_absent),
        cmocka_unit_test(what_a_message_tells_of_another_is_written),
        cmocka_unit_test(each_recipient_shows_what_became_of_it),
        cmocka_unit_test(a_refusal_is_logged_with_its_cause),
        cmocka_unit_test(what_was_refused_at_rcpt_is_logged_too),
        cmocka_unit_test(a_private_line_names_nobody),
        cmocka_unit_test(why_a_message_was_aborted_is_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
