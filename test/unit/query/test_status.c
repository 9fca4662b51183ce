/* What the daemon tells of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_fixture.h"

/* A clock that both hands of can be turned. */
static uint64_t monotonic_us;
static int64_t wall_us;

static uint64_t read_monotonic(void *context)
{
    (void)context;
    return monotonic_us;
}

static int64_t read_wall(void *context)
{
    (void)context;
    return wall_us;
}

static struct policy_engine *start(void)
{
    struct policy_snapshot *snapshot = policy_fixture_load("audit: { file: \"\" }\nstate: \"\"\n");
    const struct policy_engine_options options = {.clock = {read_monotonic, read_wall, NULL},
                                                  .offline = true};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    monotonic_us = 5000000;
    wall_us = INT64_C(1772344802000000);
    struct policy_engine *engine = policy_engine_create(snapshot, &options, &problems);
    assert_non_null(engine);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    return engine;
}

static void assert_told(struct policy_engine *engine, bool json, const char *expected)
{
    struct answer *answer = answer_create();
    struct strbuf out;
    strbuf_init(&out, 0);
    policy_query_status(engine, 3, answer);
    (json ? answer_write_json : answer_print)(answer, &out);
    if (strstr(strbuf_text(&out), expected) == NULL)
        fail_msg("no \"%s\" in\n%s", expected, strbuf_text(&out));
    answer_destroy(answer);
    strbuf_deinit(&out);
}

static void a_clock_that_is_set_back_changes_no_uptime(void **state)
{
    (void)state;
    struct policy_engine *engine = start();
    monotonic_us += UINT64_C(7325) * 1000000;
    wall_us -= INT64_C(3600) * 1000000;
    assert_told(engine, false, "running since 2026-03-01T06:00:02Z (2 h 2 min)\n");
    assert_told(engine, true, "\"uptime_s\":7325,");
    policy_engine_destroy(engine);
}

/* No folder can be made there. */
static void a_state_that_cannot_be_kept_is_told(void **state)
{
    (void)state;
    struct policy_snapshot *snapshot =
        policy_fixture_load("audit: { file: \"\" }\nstate: /proc/nowhere\ndns: { servers: [127.0.0.1:9] }\n"
                            "dnsbl: { lists: [] }\n");
    const struct policy_engine_options options = {.clock = clock_system()};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_engine *engine = policy_engine_create(snapshot, &options, &problems);
    assert_non_null(engine);
    assert_told(engine, false,
                "\n  state: it could not be opened: blocks and counters end with the daemon\n");
    policy_engine_destroy(engine);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
}

static void a_refused_reload_is_told_until_one_succeeds(void **state)
{
    (void)state;
    struct policy_engine *engine = start();
    assert_told(engine, false, "\nill           none\n");
    policy_engine_refuse_reload(engine, "root", slice_of("c.yaml:1:1: error: bad\nc.yaml:2:1: error: too\n"));
    assert_told(engine, false,
                "\nill\n  reload: the one that root asked for at 2026-03-01T06:00:02Z was refused: "
                "c.yaml:1:1: error: bad\n");
    assert_told(engine, true, "\"ill\":[{\"what\":\"reload\",\"how\":\"the one that root asked for");
    struct policy_snapshot *snapshot = policy_fixture_load("audit: { file: \"\" }\nstate: \"\"\n");
    struct strbuf problems;
    strbuf_init(&problems, 0);
    assert_true(policy_engine_use(engine, snapshot, NULL, &problems));
    assert_told(engine, true, "\"ill\":[]}");
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
    policy_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_back_changes_no_uptime),
        cmocka_unit_test(a_state_that_cannot_be_kept_is_told),
        cmocka_unit_test(a_refused_reload_is_told_until_one_succeeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
