/* Judging that is tried until the answers of a server are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <talloc.h>

#include "base/log.h"
#include "socketmap_fixture.h"
#include "table/table_lookups.h"

enum { PATIENCE_MS = 20000 };

struct lookups_test {
    struct socketmap_fixture server;
    struct table *table;
    struct table_lookups *lookups;
    struct pending_awaited awaited;
};

static unsigned lines_logged;

static void count_lines(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
    lines_logged++;
}

static int set_up(void **state)
{
    struct lookups_test *test = talloc_zero(NULL, struct lookups_test);
    char place[80];
    struct strbuf problem;
    strbuf_init(&problem, 0);
    lines_logged = 0;
    log_set_sink(count_lines, NULL);
    socketmap_fixture_start(&test->server);
    snprintf(place, sizeof place, "socketmap:inet:127.0.0.1:%u:users", (unsigned)test->server.port);
    test->table = table_open(slice_of(place), TABLE_TEXT, &problem);
    assert_non_null(test->table);
    test->lookups = table_lookups_create(test);
    assert_non_null(test->lookups);
    strbuf_deinit(&problem);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct lookups_test *test = *state;
    TALLOC_FREE(test->lookups);
    table_close(test->table);
    socketmap_fixture_stop(&test->server);
    log_set_sink(NULL, NULL);
    talloc_free(test);
    return 0;
}

/* Whether all keys were answered; `answers` tells each: "+" found, "-" missing, "?" unknown. */
static bool try_keys(struct lookups_test *test, size_t count, const char *const *keys, char *answers)
{
    table_lookups_use(test->lookups);
    for (size_t i = 0; i < count; i++)
        answers[i] = "+-?"[table_lookup(test->table, slice_of(keys[i]), NULL)];
    table_lookups_use(NULL);
    answers[count] = '\0';
    return !table_lookups_lack(test->lookups, &test->awaited);
}

/* The same of one key. */
static bool try_key(struct lookups_test *test, const char *key, char expected)
{
    char answers[2];
    const bool is_whole = try_keys(test, 1, &key, answers);
    assert_int_equal(answers[0], expected);
    return is_whole;
}

static void wait_for_awaited(struct lookups_test *test)
{
    assert_true(pending_wait(test->awaited.pending, PATIENCE_MS));
}

static void a_question_is_sent_off_and_its_answer_is_there_at_the_next_try(void **state)
{
    struct lookups_test *test = *state;
    assert_false(try_key(test, "Ann", '?'));
    assert_false(try_key(test, "ann", '?')); /* the same question */
    socketmap_fixture_answer(&test->server, "users ann", "OK a");
    wait_for_awaited(test);
    assert_true(try_key(test, "ann", '+'));
    assert_int_equal(lines_logged, 0);
}

static void what_could_not_be_answered_is_not_asked_again_in_the_stage(void **state)
{
    struct lookups_test *test = *state;
    assert_false(try_key(test, "ann", '?'));
    socketmap_fixture_answer(&test->server, "users ann", "TEMP busy");
    wait_for_awaited(test);
    for (int i = 0; i < 3; i++)
        assert_true(try_key(test, "ann", '?'));
    assert_int_equal(lines_logged, 1);
    table_lookups_end_stage(test->lookups);
    assert_false(try_key(test, "ann", '?'));
    socketmap_fixture_answer(&test->server, "users ann", "OK a");
    wait_for_awaited(test);
    assert_true(try_key(test, "ann", '+'));
    assert_int_equal(lines_logged, 2); /* it works again */
}

static void what_is_kept_outlives_its_stage(void **state)
{
    struct lookups_test *test = *state;
    assert_false(try_key(test, "ann", '?'));
    socketmap_fixture_answer(&test->server, "users ann", "TEMP busy");
    wait_for_awaited(test);
    assert_true(try_key(test, "ann", '?'));
    table_lookups_keep(test->lookups);
    table_lookups_end_stage(test->lookups);
    assert_false(try_key(test, "bob", '?'));
    socketmap_fixture_answer(&test->server, "users bob", "TEMP busy");
    wait_for_awaited(test);
    table_lookups_end_stage(test->lookups);
    assert_true(try_key(test, "ann", '?'));
    assert_false(try_key(test, "bob", '?'));
}

static void a_few_questions_are_under_way_at_a_time(void **state)
{
    enum { KEYS = TABLE_LOOKUPS_UNDER_WAY_MAX + 5 };
    struct lookups_test *test = *state;
    char names[KEYS][8], answers[KEYS + 1], question[40];
    const char *keys[KEYS];
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "u%zu", i);
        keys[i] = names[i];
    }
    assert_false(try_keys(test, KEYS, keys, answers));
    for (size_t i = 0; i < TABLE_LOOKUPS_UNDER_WAY_MAX; i++) {
        const int connection = socketmap_fixture_take(&test->server, question, sizeof question);
        assert_true(strtoul(question + strlen("users u"), NULL, 10) < TABLE_LOOKUPS_UNDER_WAY_MAX);
        socketmap_fixture_say(connection, "OK x");
    }
    while (!try_keys(test, TABLE_LOOKUPS_UNDER_WAY_MAX, keys, answers))
        wait_for_awaited(test);
    assert_false(try_keys(test, KEYS, keys, answers));
    assert_int_equal(strspn(answers, "+"), TABLE_LOOKUPS_UNDER_WAY_MAX);
    for (size_t i = TABLE_LOOKUPS_UNDER_WAY_MAX; i < KEYS; i++)
        socketmap_fixture_say(socketmap_fixture_take(&test->server, question, sizeof question), "NOTFOUND ");
    while (!try_keys(test, KEYS, keys, answers))
        wait_for_awaited(test);
    assert_int_equal(strspn(answers + TABLE_LOOKUPS_UNDER_WAY_MAX, "-"), 5);
}

static void who_gives_up_lacks_nothing(void **state)
{
    struct lookups_test *test = *state;
    assert_false(try_key(test, "ann", '?'));
    table_lookups_give_up(test->lookups);
    assert_true(try_key(test, "ann", '?'));
    assert_true(try_key(test, "bob", '?'));
    table_lookups_end_stage(test->lookups);
    assert_true(try_key(test, "ann", '?'));
    assert_int_equal(lines_logged, 0);
}

static void an_answer_may_come_when_nobody_wants_it(void **state)
{
    struct lookups_test *test = *state;
    assert_false(try_key(test, "ann", '?'));
    const int connection = socketmap_fixture_expect(&test->server, "users ann");
    TALLOC_FREE(test->lookups);
    socketmap_fixture_say(connection, "OK a");
    test->lookups = table_lookups_create(test);
    assert_false(try_key(test, "bob", '?'));
    socketmap_fixture_answer(&test->server, "users bob", "NOTFOUND ");
    wait_for_awaited(test);
    assert_true(try_key(test, "bob", '-'));
}

static void *answer_ann(void *context)
{
    socketmap_fixture_answer(context, "users ann", "OK a");
    return NULL;
}

static void *look_ann_up(void *context)
{
    struct lookups_test *test = context;
    pthread_t server;
    assert_int_equal(pthread_create(&server, NULL, answer_ann, &test->server), 0);
    assert_int_equal(table_lookup(test->table, slice_of("ann"), NULL), TABLE_FOUND);
    pthread_join(server, NULL);
    return NULL;
}

static void another_thread_waits_as_it_always_did(void **state)
{
    struct lookups_test *test = *state;
    pthread_t thread;
    table_lookups_use(test->lookups);
    assert_int_equal(pthread_create(&thread, NULL, look_ann_up, test), 0);
    pthread_join(thread, NULL);
    table_lookups_use(NULL);
    assert_false(table_lookups_lack(test->lookups, &test->awaited));
    assert_true(try_key(test, "ann", '+')); /* which is known by now */
}

static void no_lookups_are_none(void **state)
{
    struct pending_awaited awaited;
    (void)state;
    table_lookups_use(NULL);
    table_lookups_end_stage(NULL);
    table_lookups_keep(NULL);
    table_lookups_give_up(NULL);
    assert_false(table_lookups_lack(NULL, &awaited));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_is_sent_off_and_its_answer_is_there_at_the_next_try,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_could_not_be_answered_is_not_asked_again_in_the_stage, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_kept_outlives_its_stage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_few_questions_are_under_way_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_gives_up_lacks_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_may_come_when_nobody_wants_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_thread_waits_as_it_always_did, set_up, tear_down),
        cmocka_unit_test(no_lookups_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
