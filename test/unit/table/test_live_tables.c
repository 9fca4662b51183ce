/* Tables change under a running engine: no reload, nothing half-read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy_session.h"

struct live_test {
    char folder[32];
    struct policy_engine *engine;
};

static bool forget_record(void *context, const struct policy_record *record)
{
    (void)context;
    (void)record;
    return true;
}

static void put_file(const struct live_test *test, const char *name, const char *text)
{
    char path[100], fresh[100];
    snprintf(path, sizeof path, "%s/%s", test->folder, name);
    snprintf(fresh, sizeof fresh, "%s/new", test->folder);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static int set_up(void **state)
{
    struct live_test *test = calloc(1, sizeof *test);
    char path[100];
    struct strbuf problems;
    assert_non_null(test);
    strcpy(test->folder, "/tmp/test_live.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    put_file(test, "domains", "first.example\n");
    put_file(test, "networks", "198.51.100.0/24\n");
    put_file(test, "config",
             "relay: { local_domains: file:domains, trusted_networks: file:networks }\n"
             "dnsbl: { mode: off }\naudit: { file: \"\" }\nstate: \"\"\n");
    snprintf(path, sizeof path, "%s/config", test->folder);
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(path, &problems);
    if (snapshot == NULL)
        fail_msg("%s", strbuf_text(&problems));
    const struct policy_engine_options options = {.clock = clock_system(), .record = forget_record};
    test->engine = policy_engine_create(snapshot, &options, &problems);
    if (test->engine == NULL)
        fail_msg("%s", strbuf_text(&problems));
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct live_test *test = *state;
    static const char *const names[] = {"domains", "networks", "config", "new"};
    policy_engine_destroy(test->engine);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%s", test->folder, names[i]);
        unlink(path);
    }
    rmdir(test->folder);
    free(test);
    return 0;
}

static struct policy_session *connect_from(const struct live_test *test, const char *ip)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4711)};
    assert_int_equal(inet_pton(AF_INET, ip, &address.sin_addr), 1);
    struct policy_session *session =
        policy_session_begin(test->engine, &(struct policy_connect){.address = (struct sockaddr *)&address});
    assert_non_null(session);
    return session;
}

static bool may_send_to(struct policy_session *session, const char *recipient)
{
    policy_session_mail(session, &(struct policy_mail){.path = "<someone@example.org>"});
    return policy_session_recipient(session, &(struct policy_recipient){.path = recipient}).step ==
           POLICY_CONTINUE;
}

static void wait_until_may_send(struct policy_session *session, const char *recipient)
{
    for (int i = 0; i < 2000 && !may_send_to(session, recipient); i++)
        usleep(10000);
    assert_true(may_send_to(session, recipient));
}

static void a_replaced_list_counts_in_open_sessions(void **state)
{
    struct live_test *test = *state;
    struct policy_session *session = connect_from(test, "203.0.113.7");
    assert_true(may_send_to(session, "<ann@first.example>"));
    assert_false(may_send_to(session, "<ann@second.example>"));
    put_file(test, "domains", "second.example\n");
    wait_until_may_send(session, "<ann@second.example>");
    assert_false(may_send_to(session, "<ann@first.example>"));
    policy_session_end(session);
}

static void a_replaced_network_list_counts_for_the_next_message(void **state)
{
    struct live_test *test = *state;
    struct policy_session *session = connect_from(test, "203.0.113.7");
    assert_false(may_send_to(session, "<bob@victim.example>"));
    put_file(test, "networks", "203.0.113.0/24\n");
    wait_until_may_send(session, "<bob@victim.example>");
    policy_session_end(session);
    session = connect_from(test, "198.51.100.7");
    assert_false(may_send_to(session, "<bob@victim.example>"));
    policy_session_end(session);
}

static struct policy_snapshot *load_again(const struct live_test *test)
{
    char path[100];
    struct strbuf problems;
    snprintf(path, sizeof path, "%s/config", test->folder);
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_engine_load(test->engine, path, &problems);
    assert_non_null(snapshot);
    strbuf_deinit(&problems);
    return snapshot;
}

static void reload(const struct live_test *test)
{
    struct strbuf problems;
    struct policy_snapshot *snapshot = load_again(test);
    strbuf_init(&problems, 0);
    assert_true(policy_engine_use(test->engine, snapshot, NULL, &problems));
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
}

static void after_a_reload_lists_still_change_for_older_sessions(void **state)
{
    struct live_test *test = *state;
    struct policy_session *oldest = connect_from(test, "203.0.113.7");
    reload(test);
    struct policy_session *older = connect_from(test, "203.0.113.7");
    reload(test);
    reload(test);
    put_file(test, "domains", "second.example\n");
    wait_until_may_send(oldest, "<ann@second.example>");
    wait_until_may_send(older, "<ann@second.example>");
    assert_false(may_send_to(oldest, "<ann@first.example>"));
    policy_session_end(oldest);
    put_file(test, "domains", "third.example\n");
    wait_until_may_send(older, "<ann@third.example>");
    assert_false(may_send_to(older, "<ann@second.example>"));
    policy_session_end(older);
}

/* The same policy again, as an engine may be told to. */
static void a_policy_that_returns_is_one_policy(void **state)
{
    struct live_test *test = *state;
    struct strbuf problems;
    struct policy_snapshot *first = load_again(test);
    strbuf_init(&problems, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(policy_engine_use(test->engine, first, NULL, &problems));
        assert_true(policy_engine_use(test->engine, first, NULL, &problems));
        reload(test);
    }
    assert_true(policy_engine_use(test->engine, first, NULL, &problems));
    policy_snapshot_unref(first);
    struct policy_session *session = connect_from(test, "203.0.113.7");
    put_file(test, "domains", "second.example\n");
    wait_until_may_send(session, "<ann@second.example>");
    policy_session_end(session);
    strbuf_deinit(&problems);
}

static struct {
    atomic_uint count;
    char first[200];
} errors;

static void keep_error(enum log_level level, const char *line, void *context)
{
    (void)context;
    if (level == LOG_LEVEL_ERROR && atomic_fetch_add(&errors.count, 1) == 0)
        snprintf(errors.first, sizeof errors.first, "%s", line);
}

/* With a broken list the entries read before stay, and that is said once though two policies have the list.
 */
static void a_broken_list_is_said_once(void **state)
{
    struct live_test *test = *state;
    atomic_store(&errors.count, 0);
    struct policy_session *session = connect_from(test, "203.0.113.7");
    reload(test);
    put_file(test, "networks", "no network\n");
    put_file(test, "domains", "second.example\n");
    wait_until_may_send(session, "<ann@second.example>");
    put_file(test, "domains", "third.example\n");
    wait_until_may_send(session, "<ann@third.example>");
    policy_session_end(session);
    policy_engine_destroy(test->engine);
    test->engine = NULL;
    assert_int_equal(atomic_load(&errors.count), 1);
    assert_non_null(strstr(errors.first, "/networks:1: "));
    assert_non_null(strstr(errors.first, "the entries read before stay in force"));
}

int main(void)
{
    log_set_sink(keep_error, NULL); /* before threads start */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_replaced_list_counts_in_open_sessions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_replaced_network_list_counts_for_the_next_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(after_a_reload_lists_still_change_for_older_sessions, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_policy_that_returns_is_one_policy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_list_is_said_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
