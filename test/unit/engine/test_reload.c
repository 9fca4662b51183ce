/* What is remembered of reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_fixture.h"

static struct policy_engine *start(const char *yaml)
{
    struct policy_snapshot *snapshot = policy_fixture_load(yaml);
    const struct policy_engine_options options = {.clock = clock_system(), .offline = true};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_engine *engine = policy_engine_create(snapshot, &options, &problems);
    assert_non_null(engine);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    return engine;
}

static void assert_restart_keys(struct policy_engine *engine, const char *yaml, const char *expected)
{
    struct policy_snapshot *snapshot = policy_fixture_load(yaml);
    struct strbuf text;
    strbuf_init(&text, 0);
    assert_true(policy_engine_use(engine, snapshot, NULL, &text));
    assert_string_equal(strbuf_text(&text), "");
    policy_engine_restart_keys(engine, &text);
    assert_string_equal(strbuf_text(&text), expected);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&text);
}

#define BEGUN_WITH "audit: { file: \"\" }\nlisten: inet:10891@127.0.0.1\ndaemon: { user: mail }\n"

static void keys_that_take_a_restart_are_told(void **state)
{
    (void)state;
    struct policy_engine *engine = start(BEGUN_WITH);
    assert_restart_keys(engine, BEGUN_WITH, "");
    assert_restart_keys(engine, "audit: { file: \"\" }\ndaemon: { user: mail, drain: 5s, sessions: 7 }\n",
                        "");
    assert_restart_keys(engine,
                        "audit: { file: \"\" }\nlisten: unix:/run/x.sock\ncontrol: \"\"\n"
                        "daemon: { user: mail, control_group: adm }\n",
                        "listen, control, daemon.control_group");
    /* Still so after one more: it is the start that counts, not the reload before. */
    assert_restart_keys(engine, "audit: { file: \"\" }\nlisten: unix:/run/x.sock\ndaemon: { user: mail }\n",
                        "listen");
    assert_restart_keys(engine, BEGUN_WITH, "");
    policy_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_take_a_restart_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
