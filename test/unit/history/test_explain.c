/* A message is found by whatever people have of it, and its story says why in words that hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/story.h"
#include "policy.h"
#include "policy_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

static char path[] = "/tmp/closedrelay-explain.XXXXXX";
static const char *const paths[] = {path};
static const struct policy_history_source source = {.paths = paths, .path_count = 1};

/* 06dnb48 is 2026-11-01 00:53:28 UTC */
#define LINE(time, id, rest)                                                                                      \
    "{\"v\":1,\"type\":\"message\",\"time\":\"" time "\",\"id\":\"" id                                            \
    "\",\"host\":\"mx1\",\"queue_id\":\"Q" id                                                                     \
    "\",\"policy\":\"p\",\"role\":\"submission\",\"role_reason\":\"authenticated\",\"user\":\"ann@example.com\"," \
    "\"client\":{\"ip\":\"192.0.2.7\",\"name\":\"pc\",\"port\":1},\"helo\":\"pc\",\"auth\":{\"type\":\"PLAIN\","  \
    "\"login\":\"Ann@Example.com\"},\"tls\":{},\"sender\":\"ann@example.com\",\"from\":\"Ann <ann@example.com>\"," rest

static const char *const lines[] = {
    LINE(
        "2026-11-01T00:53:20.000000Z", "06dnb3z00001",
        "\"message_id\":\"<1@example.com>\",\"recipients\":[{\"address\":\"bob@example.net\",\"action\":\"accept\"}],"
        "\"size\":10,\"findings\":[],\"verdict\":\"accept\",\"would\":\"accept\",\"reply\":null}"),
    LINE(
        "2026-11-01T00:53:30.000000Z", "06dnb4800002",
        "\"message_id\":\"<2@example.com>\",\"recipients\":[{\"address\":\"bob@example.net\",\"action\":\"reject\","
        "\"reason\":\"attachments.blocked\"},{\"address\":\"eve@example.org\",\"action\":\"reject\",\"reason\":"
        "\"attachments.blocked\"}],\"size\":9000,\"attachments\":[{\"path\":\"a.zip > b.exe\",\"size\":1,\"outcome\":"
        "\"blocked\"}],\"findings\":[{\"check\":\"relay\",\"outcome\":\"pass\",\"reason\":\"authenticated\",\"detail\":"
        "null,\"mode\":\"enforce\",\"action\":\"accept\"},{\"check\":\"size\",\"outcome\":\"pass\",\"reason\":"
        "\"within_limit\",\"detail\":\"9000 bytes\",\"mode\":\"enforce\",\"limit\":30000000,\"seen\":9000},"
        "{\"check\":\"attachments\",\"outcome\":\"fail\",\"reason\":"
        "\"blocked\",\"detail\":\"a.zip > b.exe\",\"mode\":\"enforce\",\"action\":\"reject\",\"rule\":"
        "\"/etc/closedrelay/closedrelay.yaml:9\"}],\"verdict\":\"reject\",\"would\":\"reject\",\"reply\":\"550 5.7.1 No "
        "programs, bob@example.net (id 06dnb4800002)\"}"),
    LINE(
        "2026-11-01T00:53:40.000000Z", "06dnb4k00003",
        "\"message_id\":\"<3@example.com>\",\"recipients\":[{\"address\":\"eve@example.org\",\"action\":\"accept\"}],"
        "\"size\":10,\"findings\":[],\"verdict\":\"accept\",\"would\":\"accept\",\"reply\":null}"),
};

static int write_file(void **state)
{
    (void)state;
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(file, "%s\n", lines[i]);
    return fclose(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static enum policy_explain_result ask(const char *what, bool is_masked, enum policy_history_form form,
                                      struct strbuf *out)
{
    const struct policy_explain_query query = {.what = what, .is_masked = is_masked, .top = 20};
    const struct policy_history_page page = {.form = form, .columns = 100};
    strbuf_init(out, 0);
    return policy_explain(&source, &query, &page, out);
}

static void assert_says(const char *what, enum policy_explain_result result, const char *const *words)
{
    struct strbuf out;
    assert_int_equal(ask(what, false, HISTORY_TEXT, &out), result);
    for (; *words != NULL; words++)
        if (strstr(strbuf_text(&out), *words) == NULL)
            fail_msg("'%s' is not in the answer to '%s':\n%s", *words, what, strbuf_text(&out));
    strbuf_deinit(&out);
}

#define SAYS(what, result, ...) assert_says(what, result, (const char *const[]){__VA_ARGS__, NULL})

static void an_id_tells_the_story(void **state)
{
    (void)state;
    SAYS("06DN-B480-0002", EXPLAIN_TOLD,
         "Refused for all 2 recipients on 1 Nov 2026 00:53:30 UTC: an attachment",
         "550 5.7.1 No programs, bob@example.net (id 06dnb4800002)", "submission: logged in by SMTP AUTH",
         "Ann@Example.com by PLAIN", "> failed    attachments",
         "/etc/closedrelay/closedrelay.yaml:9 decided.",
         "within_limit               9000 of 30000000 allowed",
         "{ when: { user: \"ann@example.com\" }, attachments: { blocked: { remove: [exe] } } }",
         "Renaming the file", "The same user around that time", "06dnb3z00001", "06dnb4k00003");
    SAYS(
        "<bob@example.net>: host mx1 said: 550 5.7.1 No programs (id 06dnb4800002) (in reply to end of DATA command)",
        EXPLAIN_TOLD, "a.zip > b.exe");
}

static void other_names_find_it_too(void **state)
{
    (void)state;
    SAYS("Q06dnb4800002", EXPLAIN_TOLD, "Refused for all 2 recipients");
    SAYS("<3@example.com>", EXPLAIN_TOLD, "Accepted for eve@example.org");
    SAYS("BOB@example.net", EXPLAIN_TOLD, "2 about", "06dnb4800002", "06dnb3z00001");
    SAYS("192.0.2.7", EXPLAIN_TOLD, "3 about");
    SAYS("ann@example.com", EXPLAIN_TOLD, "3 about");
}

/* The bounce of another server has no id of ours; what it was about is found all the same. */
static void a_bounce_of_another_server_names_the_message(void **state)
{
    (void)state;
    SAYS(
        "Message-ID: <1@bounces.example>\r\n\r\nI am sorry.\r\nX-Postfix-Queue-ID: Q06dnb4800002\r\nArrival-Date: x\r\n",
        EXPLAIN_TOLD, "Refused for all 2 recipients");
    SAYS(
        "From: MAILER-DAEMON\nMessage-ID: <9@bounces.example>\n\nnot found\n\nmessage-id:\n <3@example.com>\nTo: eve\n",
        EXPLAIN_TOLD, "Accepted for eve@example.org");
    SAYS("> Message-Id: <3@example.com>\n> To: eve\n", EXPLAIN_TOLD, "Accepted for eve@example.org");
    SAYS("550 5.7.1 No programs (id=\n 06dnb48=\r\n00002)\n", EXPLAIN_TOLD, "a.zip > b.exe");
    SAYS(
        "I am sorry to have to inform you that your message could not be delivered\nto one of those you named.\n",
        EXPLAIN_NOT_FOUND, "There is nothing in the record about 'I am sorry to have to inform you",
        "not\n\xe2\x80\xa6'.");
    SAYS("See (id 06dnb4800003)\nin the log", EXPLAIN_NOT_FOUND,
         "There is no message with the id '06dnb4800003'");
}

static void the_nearest_are_told(void **state)
{
    (void)state;
    SAYS("06dnb4800003", EXPLAIN_NOT_FOUND, "There is no message with the id", "06dnb4800002");
    SAYS("nobody@example.com", EXPLAIN_NOT_FOUND, "There is nothing in the record");
}

static void others_are_hidden_from_a_help_desk(void **state)
{
    (void)state;
    static const enum policy_history_form forms[] = {HISTORY_TEXT, HISTORY_JSON, HISTORY_HTML};
    for (size_t i = 0; i < 3; i++) {
        struct strbuf out;
        assert_int_equal(ask("06dnb4800002", true, forms[i], &out), EXPLAIN_TOLD);
        assert_null(strstr(strbuf_text(&out), "bob@"));
        assert_null(strstr(strbuf_text(&out), "eve@"));
        assert_non_null(strstr(strbuf_text(&out), "***@example.net"));
        assert_non_null(strstr(strbuf_text(&out), "ann@example.com"));
        strbuf_deinit(&out);
    }
}

static void the_record_is_in_the_json(void **state)
{
    (void)state;
    struct strbuf out;
    assert_int_equal(ask("06dnb4800002", false, HISTORY_JSON, &out), EXPLAIN_TOLD);
    assert_non_null(strstr(strbuf_text(&out), "\"record\":{\"v\":1,\"type\":\"message\""));
    assert_non_null(strstr(strbuf_text(&out), "\"sentence\":\"Refused for all 2 recipients"));
    strbuf_deinit(&out);
}

/* The configuration that a story proposes, as a file. */
static void load_proposal(const char *check, const char *reason)
{
    char line[1024], config[] = "/tmp/closedrelay-explain-yaml.XXXXXX";
    snprintf(
        line, sizeof line,
        "{\"v\":1,\"time\":\"2026-11-01T00:00:00Z\",\"id\":\"x\",\"role\":\"submission\",\"user\":\"a@b.example\","
        "\"client\":{\"ip\":\"192.0.2.7\"},\"recipients\":[],\"findings\":[{\"check\":\"%s\",\"outcome\":\"fail\","
        "\"reason\":\"%s\",\"detail\":\"x.zip > y.exe\",\"mode\":\"enforce\",\"action\":\"reject\",\"limit\":30,"
        "\"seen\":31}],\"verdict\":\"reject\",\"would\":\"reject\"}",
        check, reason);
    void *owner = talloc_new(NULL);
    struct record record;
    struct story story;
    assert_true(record_read(slice_of(line), &record));
    assert_true(story_make(owner, &record, false, &story));
    const char *proposal = story.change_count == 0 ? "" : story.changes[story.change_count - 1];
    assert_int_equal(proposal[0], ' ');
    FILE *file = fdopen(mkstemp(config), "w");
    assert_non_null(file);
    fputs(proposal, file);
    fclose(file);
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(config, &problems);
    if (snapshot == NULL)
        fail_msg("%s %s: %s\n%s", check, reason, proposal, strbuf_text(&problems));
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    unlink(config);
    talloc_free(owner);
}

static void what_is_proposed_is_a_configuration(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"sender", "sender_not_of_login"},
        {"sender", "null_sender"},
        {"sender", "from_not_of_login"},
        {"sender", "from_missing"},
        {"recipients", "message_refused"},
        {"size", "message_too_large"},
        {"size", "declared_too_large"},
        {"size", "attachment_too_large"},
        {"attachments", "blocked"},
        {"attachments", "disguised"},
        {"attachments", "encrypted"},
        {"attachments", "uninspectable"},
        {"attachments", "ambiguous"},
        {"attachments", "over_budget"},
        {"attachments", "partial"},
        {"attachments", "scan_failed"},
        {"dnsbl", "listed"},
        {"dnsbl", "timeout"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        load_proposal(rows[i][0], rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_the_story),
        cmocka_unit_test(other_names_find_it_too),
        cmocka_unit_test(a_bounce_of_another_server_names_the_message),
        cmocka_unit_test(the_nearest_are_told),
        cmocka_unit_test(others_are_hidden_from_a_help_desk),
        cmocka_unit_test(the_record_is_in_the_json),
        cmocka_unit_test(what_is_proposed_is_a_configuration),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, write_file, remove_file);
}
