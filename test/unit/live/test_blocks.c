/* Blocks: who is meant, what wins, and what is left after the process has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "live/blocks.h"

enum { SECOND_US = 1000000 };
static const int64_t BEGUN_US = 1764460800LL * SECOND_US;
static int64_t test_wall_now_us;

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return 1;
}

static int64_t test_wall_us(void *context)
{
    (void)context;
    return test_wall_now_us;
}

static const struct clock test_clock = {test_monotonic_us, test_wall_us, NULL};

static struct blocks *make_blocks(struct state_database *database)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct blocks *blocks = blocks_create(&test_clock, database, &problem);
    assert_non_null(blocks);
    strbuf_deinit(&problem);
    return blocks;
}

static int begin(void **state)
{
    test_wall_now_us = BEGUN_US;
    *state = talloc_new(NULL);
    return *state == NULL;
}

static int end(void **state)
{
    return talloc_free(*state);
}

static struct block block_of(void *owner, const char *whom)
{
    struct block block = {
        .reason = "spam", .by = "root (uid 0)", .since_us = test_wall_now_us, .until_us = INT64_MAX};
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (!block_target_read(owner, whom, &block.target, &block.whom, &problem))
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return block;
}

static void put(struct blocks *blocks, const struct block *block)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (!blocks_put(blocks, block, &problem))
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
}

/* What is found for a subject: the target, or "" */
static const char *found_for(struct blocks *blocks, void *owner, const char *user, const char *customer,
                             const char *client)
{
    struct ip_address address;
    struct block found;
    bool failed = false;
    const struct block_subject subject = {
        user, customer, client != NULL && ip_address_parse(slice_of(client), &address) ? &address : NULL};
    bool is_blocked = blocks_find(blocks, &subject, owner, &found, &failed);
    assert_false(failed);
    return is_blocked ? found.whom : "";
}

static void what_is_typed_is_understood(void **state)
{
    static const struct {
        const char *typed;
        enum block_target target;
        const char *whom;
    } cases[] = {
        {"Ann@Example.com", BLOCK_USER, "ann@example.com"},
        {"ann", BLOCK_USER, "ann"},
        {"user:example.com", BLOCK_USER, "example.com"},
        {"uid:1000", BLOCK_USER, "uid:1000"},
        {"@example.com", BLOCK_DOMAIN, "example.com"},
        {"example.com", BLOCK_DOMAIN, "example.com"},
        {"domain:@example.com", BLOCK_DOMAIN, "example.com"},
        {"customer:ACME", BLOCK_CUSTOMER, "acme"},
        {"customer ACME", BLOCK_CUSTOMER, "acme"},
        {"192.0.2.7", BLOCK_CLIENT, "192.0.2.7"},
        {"192.0.2.0/24", BLOCK_CLIENT, "192.0.2.0/24"},
        {"2001:db8::/64", BLOCK_CLIENT, "2001:db8::/64"},
        {"ip:2001:DB8::1", BLOCK_CLIENT, "2001:db8::1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct block block = block_of(*state, cases[i].typed);
        assert_int_equal(block.target, cases[i].target);
        assert_true(strncmp(block.whom, cases[i].whom, strlen(cases[i].whom)) == 0);
    }
    static const char *const wrong[] = {"", "user:", "@", "client:ann", "192.0.2.7/24"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum block_target target;
        const char *whom;
        struct strbuf problem;
        strbuf_init(&problem, 0);
        if (strcmp(wrong[i], "192.0.2.7/24") == 0)
            assert_false(block_target_read(*state, "client:192.0.2.7/24", &target, &whom, &problem));
        else
            assert_false(block_target_read(*state, wrong[i], &target, &whom, &problem));
        assert_true(problem.length > 0);
        strbuf_deinit(&problem);
    }
}

static void everybody_meant_is_found(void **state)
{
    static const char *const whom[] = {"ann@example.com", "@example.net", "customer:acme", "192.0.2.0/24"};
    struct blocks *blocks = make_blocks(NULL);
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "acme", "192.0.2.7"), "");
    for (size_t i = 0; i < 4; i++) {
        struct block block = block_of(*state, whom[i]);
        put(blocks, &block);
    }
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "acme", "192.0.2.7"), "ann@example.com");
    assert_string_equal(found_for(blocks, *state, "bob@example.net", "acme", "192.0.2.7"), "example.net");
    assert_string_equal(found_for(blocks, *state, "bob@example.org", "acme", "192.0.2.7"), "acme");
    assert_string_equal(found_for(blocks, *state, "bob@example.org", "", "192.0.2.7"), "192.0.2.0/24");
    assert_string_equal(found_for(blocks, *state, "bob@example.org", "", "192.0.3.7"), "");
    assert_string_equal(found_for(blocks, *state, "", "", NULL), "");
    blocks_destroy(blocks);
}

static void one_for_everything_is_stricter(void **state)
{
    struct blocks *blocks = make_blocks(NULL);
    struct block user = block_of(*state, "ann@example.com"), domain = block_of(*state, "@example.com");
    user.is_external_only = true;
    put(blocks, &user);
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "ann@example.com");
    put(blocks, &domain);
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "example.com");
    blocks_destroy(blocks);
}

static bool is_locked(struct blocks *blocks, void *owner, const char *user)
{
    struct block found = {0};
    bool failed = false;
    const bool is_found = blocks_find_lock(blocks, user, owner, &found, &failed);
    assert_false(failed);
    if (is_found)
        assert_true(found.is_lock && strcmp(found.whom, user) == 0);
    return is_found;
}

static void a_lock_is_found_behind_a_block(void **state)
{
    struct blocks *blocks = make_blocks(NULL);
    struct block block = block_of(*state, "ann@example.com");
    assert_false(is_locked(blocks, *state, "ann@example.com"));
    put(blocks, &block);
    assert_false(is_locked(blocks, *state, "ann@example.com"));
    block.is_lock = true;
    block.until_us = test_wall_now_us + SECOND_US;
    put(blocks, &block);
    assert_true(is_locked(blocks, *state, "ann@example.com"));
    assert_false(is_locked(blocks, *state, "bob@example.com"));
    test_wall_now_us += 2 * SECOND_US;
    assert_false(is_locked(blocks, *state, "ann@example.com"));
    blocks_destroy(blocks);
}

static void it_ends_when_it_should(void **state)
{
    struct blocks *blocks = make_blocks(NULL);
    struct block block = block_of(*state, "ann@example.com");
    block.until_us = BEGUN_US + 7200LL * SECOND_US;
    put(blocks, &block);
    test_wall_now_us = block.until_us - 1;
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "ann@example.com");
    test_wall_now_us = block.until_us;
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "");
    blocks_destroy(blocks);
}

static void the_newest_change_wins(void **state)
{
    struct blocks *blocks = make_blocks(NULL);
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct block lifted = block_of(*state, "ann@example.com"), late = lifted;
    lifted.is_lifted = true;
    lifted.changed_us = BEGUN_US + 10;
    late.changed_us = BEGUN_US + 5; /* of another server, which had not heard yet */
    put(blocks, &lifted);
    assert_false(blocks_put(blocks, &late, &problem));
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "");
    late.changed_us = BEGUN_US + 11;
    put(blocks, &late);
    assert_string_equal(found_for(blocks, *state, "ann@example.com", "", NULL), "ann@example.com");
    strbuf_deinit(&problem);
    blocks_destroy(blocks);
}

static struct state_database *open_database(const char *path)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct state_database *database = state_database_open(path, &problem);
    if (database == NULL)
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return database;
}

static void list_one(void *context, const struct block *block)
{
    strbuf_printf(context, "%s|%s|%s|%d%d%d|%lld;", block->whom, block->reason, block->by, block->is_lock,
                  block->is_external_only, block->is_lifted, (long long)(block->until_us / SECOND_US));
}

static void check_list(struct blocks *blocks, const char *expected)
{
    struct strbuf list;
    strbuf_init(&list, 0);
    blocks_each(blocks, true, list_one, &list);
    assert_string_equal(strbuf_text(&list), expected);
    strbuf_deinit(&list);
}

static void all_of_it_outlives_the_process(void **state)
{
    char folder[] = "/tmp/closedrelay-blocks.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.sqlite", folder);
    struct state_database *database = open_database(path);
    struct blocks *blocks = make_blocks(database);
    struct block ann = block_of(*state, "ann@example.com"), net = block_of(*state, "192.0.2.0/24");
    ann.reason = "a \"quoted\" reason\nwith ümlauts";
    ann.is_lock = ann.is_external_only = true;
    ann.until_us = BEGUN_US + SECOND_US;
    net.is_lifted = true;
    net.until_us = BEGUN_US;
    put(blocks, &ann);
    put(blocks, &net);
    static const char both[] =
        "192.0.2.0/24|spam|root (uid 0)|001|1764460800;"
        "ann@example.com|a \"quoted\" reason\nwith ümlauts|root (uid 0)|110|1764460801;";
    static const char turned[] =
        "ann@example.com|a \"quoted\" reason\nwith ümlauts|root (uid 0)|110|1764460801;"
        "192.0.2.0/24|spam|root (uid 0)|001|1764460800;";
    check_list(blocks, both);
    blocks_destroy(blocks);
    blocks = make_blocks(database);
    check_list(blocks, turned); /* in the order of the file */
    test_wall_now_us += 31LL * 86400 * SECOND_US;
    blocks_prune(blocks);
    check_list(blocks, "");
    blocks_destroy(blocks);
    blocks = make_blocks(database);
    check_list(blocks, "");
    blocks_destroy(blocks);
    state_database_close(database);
    unlink(path);
    rmdir(folder);
}

#define BLOCKS_TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

/* Blocks of ten minutes, thousands a month, leave room for the lock of a login that looks stolen. */
static void what_is_over_gives_way(void **state)
{
    struct blocks *blocks = make_blocks(NULL);
    struct block block = block_of(*state, "ann@example.com");
    struct strbuf problem;
    strbuf_init(&problem, 0);
    put(blocks, &block);
    for (int i = 1; i < BLOCKS_MAX; i++) {
        char whom[16];
        snprintf(whom, sizeof whom, "10.1.%d.%d", i / 250, i % 250);
        block = block_of(*state, whom);
        block.until_us = test_wall_now_us + (int64_t)i * SECOND_US;
        put(blocks, &block);
    }
    block = block_of(*state, "bob@example.com");
    assert_false(blocks_put(blocks, &block, &problem));
    assert_non_null(strstr(strbuf_text(&problem), "no room"));
    test_wall_now_us += 3 * SECOND_US; /* of three the time is over */
    put(blocks, &block);
    assert_string_equal(found_for(blocks, *state, "bob@example.com", NULL, NULL), "bob@example.com");
    assert_string_equal(found_for(blocks, *state, "ann@example.com", NULL, NULL), "ann@example.com");
    assert_string_equal(found_for(blocks, *state, "", NULL, "10.1.0.4"), "10.1.0.4/32");
    block.reason = "another"; /* what is there needs no room */
    put(blocks, &block);
    for (int i = 0; i < 2; i++) {
        block = block_of(*state, i == 0 ? "192.0.2.1" : "192.0.2.2");
        put(blocks, &block);
    }
    block = block_of(*state, "192.0.2.3");
    assert_false(blocks_put(blocks, &block, &problem));
    strbuf_deinit(&problem);
    blocks_destroy(blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLOCKS_TEST(what_is_typed_is_understood),    BLOCKS_TEST(everybody_meant_is_found),
        BLOCKS_TEST(one_for_everything_is_stricter), BLOCKS_TEST(it_ends_when_it_should),
        BLOCKS_TEST(a_lock_is_found_behind_a_block), BLOCKS_TEST(the_newest_change_wins),
        BLOCKS_TEST(all_of_it_outlives_the_process), BLOCKS_TEST(what_is_over_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
