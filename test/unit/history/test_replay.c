/* What was judged is judged the same again; another policy changes what it should, and what cannot be known
 * is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char record_path[] = "/tmp/closedrelay-replay.XXXXXX";
static const char *const paths[] = {record_path};
static const struct policy_history_source source = {.paths = paths, .path_count = 1};

#define BEGIN(id, role, reason, user, ip, login)                                                             \
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-01T10:00:00.000000Z\",\"id\":\"" id                    \
    "\",\"host\":\"mx1\","                                                                                   \
    "\"policy\":\"p\",\"role\":\"" role "\",\"role_reason\":\"" reason "\",\"user\":\"" user                 \
    "\",\"customer\":\"\","                                                                                  \
    "\"service\":\"smtpd\",\"client\":{\"ip\":\"" ip                                                         \
    "\",\"name\":\"pc\",\"port\":4000},\"helo\":\"pc\",\"auth\":" login ",\"tls\":{},"
#define LOGIN "{\"type\":\"PLAIN\",\"login\":\"ann@example.com\"}"
#define ANN(id) BEGIN(id, "submission", "authenticated", "ann@example.com", "203.0.113.7", LOGIN)
#define LISTED(answer) "\"lists\":[{\"zone\":\"bl.test\",\"state\":\"listed\",\"answers\":[\"" answer "\"]}],"
#define ACCEPTED "\"findings\":[],\"verdict\":\"accept\",\"would\":\"accept\",\"reply\":null}"

static const char *const lines[] = {
    ANN("accepted") "\"sender\":\"ann@example.com\",\"from\":\"ann@example.com\",\"recipients\":[{\"address\":"
                    "\"a@far.example\",\"action\":\"accept\"},{\"address\":\"b@far.example\",\"action\":\"accept\"},"
                    "{\"address\":\"c@far.example\",\"action\":\"accept\"}],\"size\":2000,\"parts\":1,"
                    "\"attachments\":[]," ACCEPTED,
    ANN("blocked") "\"sender\":\"ann@example.com\",\"from\":\"ann@example.com\",\"recipients\":[{\"address\":"
                   "\"a@far.example\",\"action\":\"reject\",\"reason\":\"attachments.blocked\"}],\"size\":1000,\"parts\":1,"
                   "\"attachments\":[{\"path\":\"(part 2) > a.exe\",\"size\":1,\"outcome\":\"blocked\"}],\"findings\":"
                   "[{\"check\":\"attachments\",\"outcome\":\"fail\",\"reason\":\"blocked\",\"detail\":\"a.exe\","
                   "\"mode\":\"enforce\",\"action\":\"reject\"}],\"verdict\":\"reject\",\"would\":\"reject\",\"reply\":"
                   "\"550 x\"}",
    BEGIN(
        "relayed", "outside", "", "", "203.0.113.9",
        "{}") "\"sender\":\"x@far.example\",\"from\":\"\","
              "\"recipients\":[{\"address\":\"y@far.example\",\"action\":\"reject\",\"reason\":\"relay.not_local_domain\"}],"
              "\"size\":0,\"attachments\":[],\"findings\":[{\"check\":\"relay\",\"outcome\":\"fail\",\"reason\":"
              "\"not_local_domain\",\"detail\":\"y@far.example\",\"mode\":\"enforce\",\"action\":\"reject\"}],\"verdict\":"
              "\"reject\",\"abort_reason\":\"reset\",\"would\":\"reject\",\"reply\":\"550 x\"}",
    BEGIN(
        "listed", "outside", "", "", "203.0.113.10",
        "{}") "\"sender\":\"x@far.example\",\"from\":\"x@far.example\","
              "\"recipients\":[{\"address\":\"a@example.com\",\"action\":\"accept\"}],\"size\":10,\"parts\":1,"
              "\"attachments\":[]," LISTED("127.0.0.4") ACCEPTED,
    /* Nothing is called so, but a damaged field may spell it. */
    ANN("spelled") "\"sender\":\"ann@example.com\",\"from\":\"ann@example.com\",\"recipients\":[{\"address\":"
                   "\"a@far.example\",\"action\":\"reject\",\"reason\":\"attachments.blocked\"}],\"size\":9,\"parts\":1,"
                   "\"attachments\":[{\"path\":\"a.txt\",\"size\":1,\"outcome\":\"blocked\",\"conditions\":"
                   "[\"alternatives\"],\"spelled\":[\"a.hta\"]}],\"findings\":"
                   "[{\"check\":\"attachments\",\"outcome\":\"fail\",\"reason\":\"blocked\",\"detail\":\"a.hta\","
                   "\"mode\":\"enforce\",\"action\":\"reject\"}],\"verdict\":\"reject\",\"would\":\"reject\",\"reply\":"
                   "\"550 x\"}",
    "{\"v\":1,\"type\":\"start\",\"time\":\"2026-11-01T10:00:01Z\",\"id\":\"e\",\"host\":\"mx1\"}",
};

static int write_record(void **state)
{
    (void)state;
    FILE *file = fdopen(mkstemp(record_path), "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(file, "%s\n", lines[i]);
    return fclose(file);
}

static int remove_record(void **state)
{
    (void)state;
    return unlink(record_path);
}

static enum policy_replay_result replay(const char *config, enum policy_history_form form, struct strbuf *out)
{
    char path[] = "/tmp/closedrelay-replay-yaml.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(config, file);
    fclose(file);
    const struct policy_replay_query query = {.new_config = path, .examples = 3};
    const struct policy_history_page page = {.form = form, .columns = 100};
    strbuf_init(out, 0);
    const enum policy_replay_result result = policy_replay(&source, &query, &page, out);
    unlink(path);
    return result;
}

#define SAME "relay: { local_domains: [example.com] }\n"
#define NO_LISTS "dnsbl: { lists: [] }\n"

static void assert_replay(const char *config, const char *const *words)
{
    struct strbuf out;
    if (replay(config, HISTORY_JSON, &out) != REPLAY_TOLD)
        fail_msg("%s: %s", config, strbuf_text(&out));
    for (; *words != NULL; words++)
        if (strstr(strbuf_text(&out), *words) == NULL)
            fail_msg("%s\nhas no '%s':\n%s", config, *words, strbuf_text(&out));
    strbuf_deinit(&out);
}

#define GIVES(config, ...) assert_replay(config, (const char *const[]){__VA_ARGS__, NULL})

static void the_same_policy_changes_nothing(void **state)
{
    (void)state;
    GIVES(SAME NO_LISTS, "\"messages\":5", "\"changed\":0", "\"undecided\":0");
}

static void another_policy_changes_what_it_should(void **state)
{
    (void)state;
    GIVES(SAME NO_LISTS "recipients: { limit: 2 }\n", "\"changed\":1",
          "\"was\":\"accept\",\"is\":\"reject\",\"messages\":1", "\"check\":\"recipients\"",
          "\"id\":\"accepted\"", ":3\"", "\"users\":1");
    GIVES(SAME NO_LISTS "attachments: { blocked: { remove: [exe] } }\n", "\"changed\":1",
          "\"was\":\"reject\",\"is\":\"accept\",\"messages\":1",
          "\"check\":\"attachments\",\"reason\":\"blocked\","
          "\"stricter\":false");
    GIVES(SAME NO_LISTS "attachments: { blocked: { remove: [hta] } }\n", "\"changed\":1", "\"undecided\":0",
          "\"id\":\"spelled\"");
    GIVES(SAME NO_LISTS "size: { limit: 1KiB }\n", "\"check\":\"size\"");
}

static void recorded_answers_of_lists_count(void **state)
{
    (void)state;
    GIVES(SAME "dnsbl: { lists: [ { zone: bl.test, codes: [127.0.0.4] } ] }\n",
          "\"check\":\"dnsbl\",\"reason\":\"listed\"", "\"id\":\"listed\"");
    GIVES(SAME "dnsbl: { lists: [ { zone: bl.test, codes: [127.0.0.5] } ] }\n", "\"changed\":0");
}

static void what_the_record_cannot_know_is_counted(void **state)
{
    (void)state;
    GIVES(SAME "dnsbl: { lists: [ { zone: other.test, codes: [127.0.0.4] } ] }\n", "\"changed\":0",
          "\"list_not_asked\":5");
    GIVES("relay: { local_domains: [example.com, far.example] }\n" NO_LISTS, "\"changed\":0",
          "\"undecided\":1", "\"rest_never_came\":1");
}

static void limits_count_in_the_records_time(void **state)
{
    (void)state;
    GIVES(SAME NO_LISTS
          "rates: { limits: [ { key: user, count: recipients, limit: 2, per: 1h, action: reject } ] }\n",
          "\"check\":\"rates\"", "\"changed\":1");
}

static void a_broken_configuration_is_told(void **state)
{
    (void)state;
    struct strbuf out;
    assert_int_equal(replay("recipient: { limit: 2 }\n", HISTORY_TEXT, &out), REPLAY_BAD_CONFIG);
    assert_non_null(strstr(strbuf_text(&out), "did you mean"));
    strbuf_deinit(&out);
}

static void the_text_says_it_in_words(void **state)
{
    (void)state;
    struct strbuf out;
    assert_int_equal(replay(SAME NO_LISTS "recipients: { limit: 2 }\n", HISTORY_TEXT, &out), REPLAY_TOLD);
    assert_non_null(strstr(strbuf_text(&out), "1 message of 1 user would have ended otherwise."));
    assert_non_null(strstr(strbuf_text(&out), "accepted then, refused now"));
    assert_non_null(strstr(strbuf_text(&out), "decided by /tmp/closedrelay-replay-yaml."));
    strbuf_deinit(&out);
}

static void a_page_says_the_same_and_needs_nothing_else(void **state)
{
    struct strbuf out;
    (void)state;
    assert_int_equal(replay(SAME NO_LISTS "recipients: { limit: 2 }\n", HISTORY_HTML, &out), REPLAY_TOLD);
    assert_non_null(strstr(strbuf_text(&out), "default-src 'none'"));
    assert_non_null(strstr(strbuf_text(&out), "1 message of 1 user would have ended otherwise."));
    assert_non_null(strstr(strbuf_text(&out), "stopped by <bdi>recipients</bdi>"));
    assert_null(strstr(strbuf_text(&out), "<script"));
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_says_the_same_and_needs_nothing_else),
        cmocka_unit_test(the_same_policy_changes_nothing),
        cmocka_unit_test(another_policy_changes_what_it_should),
        cmocka_unit_test(recorded_answers_of_lists_count),
        cmocka_unit_test(what_the_record_cannot_know_is_counted),
        cmocka_unit_test(limits_count_in_the_records_time),
        cmocka_unit_test(a_broken_configuration_is_told),
        cmocka_unit_test(the_text_says_it_in_words),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, write_record, remove_record);
}
