/*
 * Who waits for block lists, and for how long: by the order of events, not by the clock.
 *
 * A transport of the test's own answers at its command, and time stands still unless turned. Budgets are an
 * hour: whoever waits where nobody should is not slow but hangs, and the test with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "dns/list_query.h"

enum { LISTS_MAX = 8, HOUR_MS = 3600000, WAITING_MAX = 3, HELD_MAX = 4096 };

/* Answers as healthy lists do; questions about 192.0.2.0/24 wait in `held` while that is wanted. */
struct server {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct dns_lookup *first, *last;
    struct dns_lookup *held[HELD_MAX];
    unsigned held_count;
    unsigned client_question_count; /* about 192.0.2.0/24 */
    unsigned test_question_count;   /* all others */
    bool holds, fails, wakes, ends;
};

struct world {
    struct server server;
    atomic_ullong now_us;
    struct dns_client *client;
    struct block_lists *set;
    struct block_list *lists[LISTS_MAX];
    unsigned list_count;
};

/* ---- time -------------------------------------------------------------------------------------------- */

static uint64_t read_hands(void *context)
{
    return atomic_load(&((struct world *)context)->now_us);
}

static int64_t read_wall(void *context)
{
    return (int64_t)read_hands(context);
}

static void turn_hands(struct world *world, uint64_t by_ms)
{
    atomic_fetch_add(&world->now_us, by_ms * 1000);
}

static uint64_t now_ms(struct world *world)
{
    return atomic_load(&world->now_us) / 1000;
}

/* ---- the server --------------------------------------------------------------------------------------- */

static bool is_about_client(const struct dns_lookup *lookup)
{
    return strstr(lookup->name, ".2.0.192.list") != NULL;
}

static void submit(void *context, struct dns_lookup *lookup)
{
    struct server *server = context;
    pthread_mutex_lock(&server->lock);
    lookup->next = NULL;
    if (server->first == NULL)
        server->first = lookup;
    else
        server->last->next = lookup;
    server->last = lookup;
    if (is_about_client(lookup))
        server->client_question_count++;
    else
        server->test_question_count++;
    pthread_cond_signal(&server->came);
    pthread_mutex_unlock(&server->lock);
}

static bool has_room(void *context)
{
    (void)context;
    return true;
}

static void wake(void *context)
{
    struct server *server = context;
    pthread_mutex_lock(&server->lock);
    server->wakes = true;
    pthread_cond_signal(&server->came);
    pthread_mutex_unlock(&server->lock);
}

/* 127.0.0.2 and 192.0.2.66 are listed. */
static void answer(struct world *world, struct dns_lookup *lookup)
{
    struct dns_answer said = {.outcome = DNS_OUTCOME_NO_NAME, .ttl_seconds = 3600, .has_ttl = true};
    bool is_test_point = strncmp(lookup->name, "2.0.0.127.", 10) == 0;
    if (world->server.fails)
        said.outcome = DNS_OUTCOME_SERVFAIL;
    else if (strncmp(lookup->name, "list", 4) == 0)
        said.outcome = DNS_OUTCOME_NO_DATA;
    else if (lookup->type == DNS_TYPE_A && (is_test_point || strncmp(lookup->name, "66.2.0.192.", 11) == 0))
        said = (struct dns_answer){.outcome = DNS_OUTCOME_RECORDS,
                                   .ttl_seconds = 3600,
                                   .has_ttl = true,
                                   .address_count = 1,
                                   .addresses = {is_test_point ? 0x7f000002 : 0x7f000004}};
    dns_lookup_complete(lookup, &said, now_ms(world));
    dns_lookup_unref(lookup);
}

/* One lookup, or NULL for a tick that is due. False: the end. */
static bool take(struct server *server, struct dns_lookup **lookup)
{
    pthread_mutex_lock(&server->lock);
    while (server->first == NULL && !server->wakes && !server->ends)
        pthread_cond_wait(&server->came, &server->lock);
    bool goes_on = server->first != NULL || !server->ends;
    *lookup = server->first;
    if (*lookup != NULL)
        server->first = (*lookup)->next;
    else
        server->wakes = false;
    if (*lookup != NULL && server->holds && is_about_client(*lookup)) {
        assert(server->held_count < HELD_MAX);
        server->held[server->held_count++] = *lookup;
        *lookup = NULL;
    }
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void *serve(void *context)
{
    struct world *world = context;
    struct dns_lookup *lookup;
    while (take(&world->server, &lookup)) {
        if (lookup != NULL)
            answer(world, lookup);
        block_lists_tick(world->set, now_ms(world));
    }
    return NULL;
}

static void set_holding(struct world *world, bool holds)
{
    struct server *server = &world->server;
    pthread_mutex_lock(&server->lock);
    server->holds = holds;
    for (unsigned i = 0; !holds && i < server->held_count; i++) {
        server->held[i]->next = server->first;
        server->first = server->held[i];
        if (server->held[i]->next == NULL)
            server->last = server->held[i];
    }
    server->held_count = holds ? server->held_count : 0;
    pthread_cond_signal(&server->came);
    pthread_mutex_unlock(&server->lock);
}

static unsigned questions(struct world *world, bool about_client)
{
    pthread_mutex_lock(&world->server.lock);
    unsigned count = about_client ? world->server.client_question_count : world->server.test_question_count;
    pthread_mutex_unlock(&world->server.lock);
    return count;
}

/* ---- the world ---------------------------------------------------------------------------------------- */

static void drop_line(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    atomic_store(&world->now_us, 1000000000);
    pthread_mutex_init(&world->server.lock, NULL);
    pthread_cond_init(&world->server.came, NULL);
    struct answer_cache_options cache = answer_cache_options_default();
    world->client = dns_client_create(&cache, (struct dns_transport){submit, has_room, &world->server});
    struct block_lists_options options = {.client = world->client,
                                          .clock = {read_hands, read_wall, world},
                                          .seed = 42,
                                          .waiting_max = WAITING_MAX,
                                          .wake = wake,
                                          .wake_context = &world->server};
    world->set = block_lists_create(&options);
    assert_non_null(world->set);
    log_set_sink(drop_line, NULL);
    assert_int_equal(pthread_create(&world->server.thread, NULL, serve, world), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    set_holding(world, false);
    pthread_mutex_lock(&world->server.lock);
    world->server.ends = true;
    pthread_cond_signal(&world->server.came);
    pthread_mutex_unlock(&world->server.lock);
    pthread_join(world->server.thread, NULL);
    block_lists_destroy(world->set);
    dns_client_destroy(world->client);
    free(world);
    return 0;
}

static void wait_for_state(struct world *world, enum list_state wanted)
{
    struct list_status statuses[LISTS_MAX];
    for (unsigned i = 0; i < world->list_count; i++)
        do {
            usleep(1000);
            assert_int_equal(block_lists_get_status(world->set, statuses, LISTS_MAX), world->list_count);
        } while (statuses[i].state != wanted);
}

/* That many lists, tested; then some time passes, so that a next proof need not keep its distance. */
static void use_lists(struct world *world, unsigned list_count)
{
    struct list_settings settings[LISTS_MAX] = {0};
    char zones[LISTS_MAX][32];
    for (unsigned i = 0; i < list_count; i++) {
        snprintf(zones[i], sizeof zones[i], "list%u.test", i);
        settings[i].zone = slice_of(zones[i]);
        settings[i].health = list_health_options_default();
    }
    assert_true(block_lists_configure(world->set, settings, list_count));
    for (unsigned i = 0; i < list_count; i++)
        world->lists[i] = block_lists_find(world->set, settings[i].zone);
    world->list_count = list_count;
    wait_for_state(world, LIST_HEALTHY);
    turn_hands(world, 1000);
}

static struct list_query *begin(struct world *world, unsigned host)
{
    struct list_query_request request = {world->lists, world->list_count, dns_address_ipv4(0xc0000200 + host),
                                         HOUR_MS};
    struct list_query *query = list_query_begin(world->set, &request);
    assert_non_null(query);
    return query;
}

static struct list_answer ask_one(struct world *world, unsigned host)
{
    struct list_answer results[LISTS_MAX];
    struct list_query *query = begin(world, host);
    list_query_collect(query, results);
    list_query_destroy(query);
    return results[0];
}

struct session {
    struct world *world;
    unsigned host;
    pthread_t thread;
    struct list_answer results[LISTS_MAX];
};

static void *hold_session(void *context)
{
    struct session *session = context;
    struct list_query *query = begin(session->world, session->host);
    list_query_collect(query, session->results);
    list_query_destroy(query);
    return NULL;
}

static void start_session(struct session *session, struct world *world, unsigned host)
{
    session->world = world;
    session->host = host;
    assert_int_equal(pthread_create(&session->thread, NULL, hold_session, session), 0);
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static void all_lists_are_asked_before_any_has_answered(void **state)
{
    struct world *world = *state;
    use_lists(world, 8);
    set_holding(world, true);
    struct list_query *query = begin(world, 1);
    assert_int_equal(questions(world, true), 8);
    list_query_destroy(query);
}

static void after_the_budget_nothing_is_waited_for(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    use_lists(world, 8);
    set_holding(world, true);
    struct list_query *query = begin(world, 1);
    turn_hands(world, HOUR_MS);
    list_query_collect(query, results);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(results[i].verdict, LIST_UNKNOWN);
        assert_string_equal(results[i].why, "timeout");
    }
    list_query_destroy(query);
    assert_int_equal(block_lists_waiting_count(world->set), 0);
}

static void what_came_late_counts_for_the_next_message(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    use_lists(world, 1);
    set_holding(world, true);
    struct list_query *query = begin(world, 1);
    turn_hands(world, HOUR_MS);
    list_query_collect(query, results);
    assert_int_equal(results[0].verdict, LIST_UNKNOWN);
    set_holding(world, false);
    do
        list_query_collect(query, results);
    while (results[0].verdict == LIST_UNKNOWN);
    assert_int_equal(results[0].verdict, LIST_NOT_LISTED);
    list_query_destroy(query);
}

/* A thousand sessions whose lists are silent: as many wait as may, all others have their answer at once. */
static void no_more_sessions_wait_than_allowed(void **state)
{
    struct world *world = *state;
    struct session waiting[WAITING_MAX] = {0};
    use_lists(world, 1);
    set_holding(world, true);
    for (unsigned i = 0; i < WAITING_MAX; i++)
        start_session(&waiting[i], world, 1 + i);
    while (block_lists_waiting_count(world->set) < WAITING_MAX)
        usleep(1000);
    for (unsigned i = 0; i < 1000; i++) {
        struct list_answer result = ask_one(world, 100 + i % 100);
        assert_int_equal(result.verdict, LIST_UNKNOWN);
        assert_string_equal(result.why, "busy");
    }
    assert_int_equal(block_lists_waiting_count(world->set), WAITING_MAX);
    set_holding(world, false);
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        pthread_join(waiting[i].thread, NULL);
        assert_int_equal(waiting[i].results[0].verdict, LIST_NOT_LISTED);
    }
    assert_int_equal(block_lists_waiting_count(world->set), 0);
    assert_int_equal(ask_one(world, 1).verdict, LIST_NOT_LISTED);
}

/* Whoever can be put aside waits for one thing after the other, and counts for no limit; 192.0.2.66 is
 * listed, which has to be proven. */
static void who_is_put_aside_is_told_what_for(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    struct pending_awaited awaited;
    use_lists(world, 2);
    block_lists_limit_waiting(world->set, 1);
    for (unsigned host = 65; host <= 66; host++) {
        set_holding(world, true);
        struct list_query *query = begin(world, host);
        assert_true(list_query_awaits(query, &awaited));
        assert_false(pending_is_done(awaited.pending));
        assert_int_equal(block_lists_waiting_count(world->set), 0);
        set_holding(world, false);
        while (list_query_awaits(query, &awaited))
            assert_true(pending_wait(awaited.pending, HOUR_MS));
        list_query_collect(query, results);
        assert_int_equal(results[0].verdict, host == 66 ? LIST_LISTED : LIST_NOT_LISTED);
        assert_int_equal(results[1].verdict, results[0].verdict);
        list_query_destroy(query);
    }
}

static void nobody_is_put_aside_beyond_the_budget(void **state)
{
    struct world *world = *state;
    struct pending_awaited awaited;
    use_lists(world, 1);
    set_holding(world, true);
    struct list_query *query = begin(world, 1);
    turn_hands(world, HOUR_MS);
    assert_false(list_query_awaits(query, &awaited));
    list_query_destroy(query);
}

static void the_limit_may_change(void **state)
{
    struct world *world = *state;
    struct session waiting = {0};
    use_lists(world, 1);
    set_holding(world, true);
    block_lists_limit_waiting(world->set, 1);
    start_session(&waiting, world, 1);
    while (block_lists_waiting_count(world->set) < 1)
        usleep(1000);
    assert_string_equal(ask_one(world, 2).why, "busy");
    set_holding(world, false);
    pthread_join(waiting.thread, NULL);
}

static void a_suspended_list_is_neither_asked_nor_waited_for(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    use_lists(world, 1);
    world->server.fails = true; /* no question is on its way */
    for (unsigned i = 0; i < 3; i++)
        list_query_destroy(begin(world, 1 + i));
    wait_for_state(world, LIST_SUSPENDED);
    set_holding(world, true);
    unsigned asked_count = questions(world, true);
    struct list_query *query = begin(world, 9);
    list_query_collect(query, results);
    assert_string_equal(results[0].why, "suspended");
    assert_string_equal(results[0].trouble, list_trouble_text(LIST_TROUBLE_SERVFAIL));
    assert_int_equal(questions(world, true), asked_count);
    list_query_destroy(query);
}

/* Eight sessions of a listed address: one question, one proof; and whoever comes later finds both in store.
 */
static void a_listing_waits_for_one_proof_and_a_kept_one_for_none(void **state)
{
    struct world *world = *state;
    struct session sessions[8] = {0};
    use_lists(world, 1);
    block_lists_limit_waiting(world->set, 100);
    unsigned before = questions(world, false);
    set_holding(world, true);
    for (unsigned i = 0; i < 8; i++)
        start_session(&sessions[i], world, 66);
    while (block_lists_waiting_count(world->set) < 8)
        usleep(1000);
    set_holding(world, false);
    for (unsigned i = 0; i < 8; i++) {
        pthread_join(sessions[i].thread, NULL);
        assert_int_equal(sessions[i].results[0].verdict, LIST_LISTED);
    }
    unsigned proof_count = questions(world, false) - before;
    assert_in_range(proof_count, 1, 12); /* the names of one test */
    set_holding(world, true);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(ask_one(world, 66).verdict, LIST_LISTED);
    assert_int_equal(questions(world, true), 1);
    assert_int_equal(questions(world, false), before + proof_count);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(all_lists_are_asked_before_any_has_answered),
        WITH_WORLD(after_the_budget_nothing_is_waited_for),
        WITH_WORLD(what_came_late_counts_for_the_next_message),
        WITH_WORLD(no_more_sessions_wait_than_allowed),
        WITH_WORLD(the_limit_may_change),
        WITH_WORLD(who_is_put_aside_is_told_what_for),
        WITH_WORLD(nobody_is_put_aside_beyond_the_budget),
        WITH_WORLD(a_suspended_list_is_neither_asked_nor_waited_for),
        WITH_WORLD(a_listing_waits_for_one_proof_and_a_kept_one_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
