/*
 * Blocks among servers that share a Redis: what one sets all have, the newest change wins, and a Redis that
 * forgets loses none. Skipped, and said so, where there is no redis-server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "live/blocks.h"
#include "redis_fixture.h"

static struct clock system_clock_of_test;

/* A mail server. */
struct server {
    struct blocks *blocks;
    struct store *store;
};

static struct server open_server(struct redis_server *redis, const char *name)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    system_clock_of_test = clock_system();
    struct server server = {blocks_create(&system_clock_of_test, NULL, &problem), redis_open(redis, name)};
    assert_non_null(server.blocks);
    strbuf_deinit(&problem);
    redis_wait_until_there(server.store, true);
    return server;
}

static void close_server(struct server *server)
{
    blocks_destroy(server->blocks);
    store_destroy(server->store);
}

static struct block block_of(const char *user, int64_t changed_us)
{
    return (struct block){.target = BLOCK_USER,
                          .whom = user,
                          .reason = "spam",
                          .by = "root",
                          .origin = "mx1",
                          .until_us = INT64_MAX,
                          .changed_us = changed_us};
}

static void put(struct server *server, const struct block *block)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (!blocks_put(server->blocks, block, &problem))
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
}

static void share(struct server *server)
{
    blocks_share(server->blocks, server->store);
}

static void append(void *context, const struct block *block)
{
    strbuf_printf(context, "%s%s ", block->is_lock ? "lock:" : "", block->whom);
}

/* Those in force, the newest first. */
static void expect(struct server *server, const char *expected)
{
    struct strbuf list;
    strbuf_init(&list, 0);
    blocks_each(server->blocks, false, append, &list);
    assert_string_equal(strbuf_text(&list), expected);
    strbuf_deinit(&list);
}

static void what_one_sets_all_have(void **state)
{
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a"), b = open_server(redis, "b");
    struct block ann = block_of("ann", 0), lock = block_of("ann", 0);
    lock.is_lock = true;
    put(&a, &ann);
    put(&a, &lock);
    share(&a);
    share(&b);
    expect(&b, "lock:ann ann ");
    ann.is_lifted = true; /* the lock stays */
    put(&b, &ann);
    share(&b);
    share(&a);
    expect(&a, "lock:ann ");
    close_server(&a);
    close_server(&b);
}

static void the_newest_change_wins_everywhere(void **state)
{
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a"), b = open_server(redis, "b");
    const int64_t now_us = clock_wall_us(&system_clock_of_test);
    struct block early = block_of("ann", now_us - 10), late = block_of("ann", now_us);
    late.is_lifted = true;
    put(&a, &late);
    put(&b, &early);
    share(&a);
    share(&b);
    share(&a);
    expect(&a, "");
    expect(&b, "");
    /* Whoever changes it where the clock is behind has seen what is there. */
    late = block_of("bob", now_us + 3600LL * 1000000);
    put(&a, &late);
    share(&a);
    share(&b);
    struct block lifted = block_of("bob", 0);
    lifted.is_lifted = true;
    put(&b, &lifted);
    share(&b);
    share(&a);
    expect(&a, "");
    close_server(&a);
    close_server(&b);
}

static void a_store_that_forgets_is_told_again(void **state)
{
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a"), b = open_server(redis, "b");
    struct block ann = block_of("ann", 0), bob = block_of("bob", 0);
    put(&a, &ann);
    share(&a);
    share(&b);
    redis_tell(redis, "flushall");
    share(&b); /* it has ann from a, and tells her again */
    struct server c = open_server(redis, "c");
    share(&c);
    expect(&c, "ann ");
    redis_kill(redis);
    redis_wait_until_there(a.store, false);
    redis_wait_until_there(c.store, false);
    share(&a);
    put(&a, &bob);
    redis_start(redis);
    redis_wait_until_there(a.store, true);
    redis_wait_until_there(c.store, true);
    share(&a);
    share(&c);
    expect(&c, "bob ann ");
    close_server(&a);
    close_server(&b);
    close_server(&c);
}

/* Half of what it had, and an older state of it: as after a failover that lost the last changes. */
static void a_store_that_forgets_a_part_is_told_again(void **state)
{
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a");
    struct block ann = block_of("ann", 0);
    put(&a, &ann);
    share(&a);
    redis_tell(redis, "del 'closedrelay:{limits}:changes:blocks'");
    share(&a);
    struct server b = open_server(redis, "b");
    share(&b);
    expect(&b, "ann ");
    redis_tell(redis, "hset 'closedrelay:{limits}:notes:blocks' ':user ann' '1 {\"lifted\":true}'");
    redis_tell(redis, "client kill type normal");
    redis_wait_until_there(a.store, true);
    for (int i = 0; i < 100; i++) {
        share(&a);
        usleep(1000);
    }
    struct server c = open_server(redis, "c");
    share(&c);
    expect(&c, "ann ");
    close_server(&a);
    close_server(&b);
    close_server(&c);
}

static void what_cannot_be_read_is_left_alone(void **state)
{
    static const char *const notes[] = {"':user eve' 'no number'",
                                        "':user eve' '5 no json'",
                                        "':nobody eve' '5 {}'",
                                        "':client eve' '5 {\"changed_us\":5}'",
                                        "':user ' '5 {\"changed_us\":5}'",
                                        "':user eve' '5 {\"changed_us\":-1}'"};
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a"), b = open_server(redis, "b");
    struct block ann = block_of("ann", 0);
    share(&a);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        char line[160];
        snprintf(line, sizeof line, "hset 'closedrelay:{limits}:notes:blocks' %s", notes[i]);
        redis_tell(redis, line);
        snprintf(line, sizeof line, "zadd 'closedrelay:{limits}:changes:blocks' %zu %.*s", 10 + i,
                 (int)(strchr(notes[i] + 1, '\'') + 1 - notes[i]), notes[i]);
        redis_tell(redis, line);
    }
    put(&a, &ann);
    share(&a);
    share(&b);
    expect(&a, "ann ");
    expect(&b, "ann ");
    close_server(&a);
    close_server(&b);
}

static void many_come_in_pages(void **state)
{
    enum { MANY = 1000 };
    struct redis_server *redis = redis_of(state);
    struct server a = open_server(redis, "a"), b = open_server(redis, "b");
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%d", i);
        struct block block = block_of(name, 0);
        put(&a, &block);
    }
    share(&a);
    share(&b);
    struct strbuf list;
    strbuf_init(&list, 0);
    assert_int_equal(blocks_each(b.blocks, false, append, &list), MANY);
    strbuf_deinit(&list);
    close_server(&a);
    close_server(&b);
}

#define REDIS_TEST(function) cmocka_unit_test_setup_teardown(function, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REDIS_TEST(what_one_sets_all_have),
        REDIS_TEST(the_newest_change_wins_everywhere),
        REDIS_TEST(a_store_that_forgets_is_told_again),
        REDIS_TEST(a_store_that_forgets_a_part_is_told_again),
        REDIS_TEST(what_cannot_be_read_is_left_alone),
        REDIS_TEST(many_come_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
