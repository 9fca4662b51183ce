#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "dns/list_query.h"
#include "dns/resolver.h"
#include "stub_dns/stub_dns.h"

/*
 * Block lists against the stub name server, with real threads and real waits (who waits for what, by the
 * order of events: test_list_wait.c). What a list does changes by its rules; each death that lists have died
 * is replayed: nobody is refused, and the list comes back when it heals.
 */
/* Budgets and patience are far beyond what even a loaded machine takes. */
enum { LISTS_MAX = 8, BUDGET_MS = 20000, PATIENCE_MS = 60000 };

struct world {
    struct stub_dns *stub;
    struct resolver *resolver;
    struct dns_client *client;
    struct block_lists *set;
    struct block_list *lists[LISTS_MAX];
    unsigned list_count;
};

static atomic_uint said_count;

static void count_line(enum log_level level, const char *line, void *context)
{
    (void)line;
    (void)context;
    atomic_fetch_add(&said_count, level == LOG_LEVEL_WARNING);
}

/* "list0.test" … behave; words follow for the addresses asked about. */
static void healthy_rules(struct strbuf *rules, unsigned list_count, const char *delay)
{
    for (unsigned i = 0; i < list_count; i++) {
        strbuf_printf(rules, "2.0.0.127.list%u.test A a=127.0.0.2 %s\n", i, delay);
        strbuf_printf(rules, "list%u.test SOA nodata\n", i);
        strbuf_printf(rules, "66.2.0.192.list%u.test A a=127.0.0.4 ttl=300 %s\n", i, delay);
        strbuf_printf(rules, "66.2.0.192.list%u.test TXT txt=see_example.test %s\n", i, delay);
        strbuf_printf(rules, "*.list%u.test * nxdomain soa=60 %s\n", i, delay);
    }
}

static void set_healthy(struct world *world, const char *delay)
{
    struct strbuf rules;
    strbuf_init(&rules, 0);
    healthy_rules(&rules, LISTS_MAX, delay);
    assert_true(stub_dns_set_rules(world->stub, strbuf_text(&rules)));
    strbuf_deinit(&rules);
}

static void wake(void *context)
{
    resolver_wake(context);
}

static void configure(struct world *world, unsigned list_count, bool wants_text)
{
    struct list_settings settings[LISTS_MAX] = {0};
    char zones[LISTS_MAX][32];
    for (unsigned i = 0; i < list_count; i++) {
        snprintf(zones[i], sizeof zones[i], "list%u.test", i);
        settings[i].zone = slice_of(zones[i]);
        settings[i].wants_text = wants_text;
        settings[i].health = list_health_options_default();
        settings[i].health.retry_first_ms = 50;
        settings[i].health.retry_most_ms = 200;
        settings[i].health.slow_ms = PATIENCE_MS; /* the machine may be */
    }
    assert_true(block_lists_configure(world->set, settings, list_count));
    for (unsigned i = 0; i < list_count; i++) {
        world->lists[i] = block_lists_find(world->set, settings[i].zone);
        assert_non_null(world->lists[i]);
    }
    world->list_count = list_count;
}

/* How long a question may take with all its tries: long, but where servers are meant to be silent. */
static struct resolver_options options_with(const struct world *world, unsigned timeout_ms)
{
    struct resolver_options options = resolver_options_default();
    options.server_count = 1;
    options.servers[0] = (struct resolver_server){dns_address_ipv4(0x7f000001), stub_dns_port(world->stub)};
    options.timeout_ms = timeout_ms;
    return options;
}

static void expect_silence(struct world *world)
{
    struct resolver_options options = options_with(world, 1000);
    resolver_configure(world->resolver, &options);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->stub = stub_dns_start("", 0);
    set_healthy(world, "");
    struct resolver_options options = options_with(world, BUDGET_MS);
    world->resolver = resolver_create(&options, clock_system());
    assert_non_null(world->resolver);
    struct answer_cache_options cache = answer_cache_options_default();
    world->client = dns_client_create(&cache, resolver_transport(world->resolver));
    struct block_lists_options set = {.client = world->client,
                                      .clock = clock_system(),
                                      .seed = 42,
                                      .waiting_max = 100,
                                      .wake = wake,
                                      .wake_context = world->resolver};
    world->set = block_lists_create(&set);
    assert_non_null(world->set);
    resolver_set_tick(world->resolver, block_lists_tick, world->set);
    atomic_store(&said_count, 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    resolver_destroy(world->resolver);
    block_lists_destroy(world->set);
    dns_client_destroy(world->client);
    stub_dns_stop(world->stub);
    free(world);
    return 0;
}

static enum list_state state_of(struct world *world, unsigned i)
{
    struct list_status statuses[LISTS_MAX];
    assert_true(block_lists_get_status(world->set, statuses, LISTS_MAX) > i);
    return statuses[i].state;
}

static enum list_trouble trouble_of(struct world *world, unsigned i)
{
    struct list_status statuses[LISTS_MAX];
    assert_true(block_lists_get_status(world->set, statuses, LISTS_MAX) > i);
    return statuses[i].trouble;
}

static void wait_for_state(struct world *world, unsigned i, enum list_state wanted)
{
    for (int waited_ms = 0; state_of(world, i) != wanted; waited_ms += 5) {
        assert_true(waited_ms < PATIENCE_MS);
        usleep(5000);
    }
}

static void wait_until_all_healthy(struct world *world)
{
    for (unsigned i = 0; i < world->list_count; i++)
        wait_for_state(world, i, LIST_HEALTHY);
}

static struct in6_addr address_of(const char *text)
{
    struct in6_addr address;
    struct in_addr ipv4;
    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return dns_address_ipv4(ntohl(ipv4.s_addr));
    assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return address;
}

static struct list_query *begin(struct world *world, const char *client, uint64_t budget_ms)
{
    struct list_query_request request = {world->lists, world->list_count, address_of(client), budget_ms};
    struct list_query *query = list_query_begin(world->set, &request);
    assert_non_null(query);
    return query;
}

/* Asks the one list, and tells the verdict. */
static enum list_verdict verdict_on(struct world *world, const char *client)
{
    struct list_answer results[LISTS_MAX];
    struct list_query *query = begin(world, client, BUDGET_MS);
    list_query_collect(query, results);
    enum list_verdict verdict = results[0].verdict;
    list_query_destroy(query);
    return verdict;
}

static void tells_listed_from_not_listed(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    configure(world, 1, true);
    struct list_query *query = begin(world, "192.0.2.66", BUDGET_MS);
    list_query_collect(query, results);
    assert_int_equal(results[0].verdict, LIST_LISTED);
    assert_int_equal(results[0].code_count, 1);
    assert_int_equal(results[0].codes[0], 0x7f000004);
    assert_string_equal(results[0].text, "see example.test");
    assert_int_equal(results[0].ttl_seconds, 300);
    list_query_destroy(query);
    assert_int_equal(verdict_on(world, "192.0.2.1"), LIST_NOT_LISTED);
}

static void a_list_without_ipv6_is_not_asked_for_it(void **state)
{
    struct world *world = *state;
    configure(world, 1, false);
    wait_until_all_healthy(world);
    stub_dns_forget_counts(world->stub);
    assert_int_equal(verdict_on(world, "2001:db8::1"), LIST_SKIPPED);
    assert_int_equal(stub_dns_count(world->stub, NULL), 0);
}

static void a_list_with_ipv6_is_asked_by_nibble(void **state)
{
    struct world *world = *state;
    assert_true(stub_dns_set_rules(
        world->stub,
        "2.0.0.127.list0.test A a=127.0.0.2\n"
        "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.list0.test A a=127.0.0.2\n"
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list0.test A a=127.0.0.3\n"));
    configure(world, 1, false);
    wait_until_all_healthy(world);
    assert_int_equal(verdict_on(world, "2001:db8::1"), LIST_LISTED);
    assert_int_equal(verdict_on(world, "2001:db8::2"), LIST_NOT_LISTED);
}

struct crowd {
    struct world *world;
    const char *client;
    atomic_uint listed;
};

static void *ask_in_crowd(void *argument)
{
    struct crowd *crowd = argument;
    struct list_answer results[LISTS_MAX];
    struct list_query *query = begin(crowd->world, crowd->client, BUDGET_MS);
    list_query_collect(query, results);
    for (unsigned i = 0; i < crowd->world->list_count; i++)
        atomic_fetch_add(&crowd->listed, results[i].verdict == LIST_LISTED);
    list_query_destroy(query);
    return NULL;
}

static unsigned ask_by_fifty(struct world *world, const char *client)
{
    struct crowd crowd = {.world = world, .client = client};
    pthread_t threads[50];
    for (int i = 0; i < 50; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_in_crowd, &crowd), 0);
    for (int i = 0; i < 50; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&crowd.listed);
}

static void fifty_sessions_ask_each_list_once(void **state)
{
    struct world *world = *state;
    configure(world, 8, true);
    wait_until_all_healthy(world);
    set_healthy(world, "delay=50");
    stub_dns_forget_counts(world->stub);
    assert_int_equal(ask_by_fifty(world, "192.0.2.5"), 0);
    assert_int_equal(stub_dns_count(world->stub, NULL), 8);
    stub_dns_forget_counts(world->stub);
    assert_int_equal(ask_by_fifty(world, "192.0.2.66"), 50 * 8);
    unsigned about_client = 0;
    for (unsigned i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "66.2.0.192.list%u.test", i);
        about_client += stub_dns_count(world->stub, name);
    }
    assert_int_equal(about_client, 16); /* A and TXT */
}

static void a_silent_list_costs_the_budget_and_then_nothing(void **state)
{
    struct world *world = *state;
    struct list_answer results[LISTS_MAX];
    configure(world, 1, false);
    wait_until_all_healthy(world);
    assert_true(stub_dns_set_rules(world->stub, "*.test * drop\n"));
    expect_silence(world);
    struct list_query *query = begin(world, "192.0.2.8", 200);
    list_query_collect(query, results);
    assert_int_equal(results[0].verdict, LIST_UNKNOWN);
    assert_string_equal(results[0].why, "timeout");
    list_query_destroy(query);

    for (unsigned i = 0; i < 3; i++) {
        char client[32];
        snprintf(client, sizeof client, "192.0.2.%u", 10 + i);
        list_query_destroy(begin(world, client, 0));
    }
    wait_for_state(world, 0, LIST_SUSPENDED);
    stub_dns_forget_counts(world->stub);
    query = begin(world, "192.0.2.99", BUDGET_MS);
    list_query_collect(query, results);
    assert_string_equal(results[0].why, "suspended");
    list_query_destroy(query);
    assert_int_equal(stub_dns_count(world->stub, "99.2.0.192.list0.test"), 0);

    set_healthy(world, "");
    wait_for_state(world, 0, LIST_HEALTHY);
    assert_int_equal(verdict_on(world, "192.0.2.66"), LIST_LISTED);
}

/* ---- deaths ------------------------------------------------------------------------------------------ */

struct death {
    const char *what;
    const char *rules;
    enum list_trouble trouble;
};

static const struct death deaths[] = {
    {"ORDB 2008, AHBL 2015: a wildcard lists the whole world", "*.list0.test * a=127.0.0.2\n",
     LIST_TROUBLE_LISTS_ALL},
    {"dul.ru 2015: the lapsed domain is parked", "*.list0.test * a=203.0.113.80\n", LIST_TROUBLE_OUTSIDE},
    {"Spamhaus through a public resolver", "*.list0.test * a=127.255.255.254\n", LIST_TROUBLE_ERROR_CODE},
    {"all but the test points listed",
     "2.0.0.127.list0.test A a=127.0.0.2\n1.0.0.127.list0.test A nxdomain\n*.0.192.list0.test A "
     "a=127.0.0.2\n",
     LIST_TROUBLE_LISTS_KNOWN},
};

/* Each honest client is asked about for the first time while the list lies; none may be refused. */
static void no_death_refuses_anybody(void **state)
{
    struct world *world = *state;
    configure(world, 1, false);
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++) {
        set_healthy(world, "");
        wait_for_state(world, 0, LIST_HEALTHY);
        for (unsigned known = 0; known < 4; known++) {
            char client[32];
            snprintf(client, sizeof client, "192.0.2.%u", 200 + known);
            assert_int_equal(verdict_on(world, client), LIST_NOT_LISTED);
        }
        atomic_store(&said_count, 0);
        assert_true(stub_dns_set_rules(world->stub, deaths[i].rules));
        for (unsigned honest = 0; honest < 20; honest++) {
            char client[32];
            snprintf(client, sizeof client, "192.0.2.%u", (unsigned)(100 + 20 * i + honest));
            assert_int_not_equal(verdict_on(world, client), LIST_LISTED);
        }
        assert_int_equal(state_of(world, 0), LIST_SUSPENDED);
        assert_string_equal(list_trouble_text(trouble_of(world, 0)), list_trouble_text(deaths[i].trouble));
        assert_int_equal(atomic_load(&said_count), 1);
        set_healthy(world, "");
        wait_for_state(world, 0, LIST_HEALTHY);
        assert_int_equal(verdict_on(world, "192.0.2.66"), LIST_LISTED);
        char client[32];
        snprintf(client, sizeof client, "192.0.2.%u", (unsigned)(100 + 20 * i));
        assert_int_equal(verdict_on(world, client), LIST_NOT_LISTED); /* its lies are not remembered */
    }
}

static void dead_from_the_start_refuses_nobody(void **state)
{
    struct world *world = *state;
    assert_true(stub_dns_set_rules(world->stub, "*.list0.test * a=127.0.0.2\n"));
    configure(world, 1, false);
    assert_int_not_equal(verdict_on(world, "192.0.2.1"), LIST_LISTED);
    wait_for_state(world, 0, LIST_SUSPENDED);
}

static void an_emptied_list_is_noticed(void **state)
{
    struct world *world = *state;
    assert_true(stub_dns_set_rules(world->stub, "list0.test * nodata\n*.list0.test * nxdomain\n"));
    configure(world, 1, false);
    wait_for_state(world, 0, LIST_SUSPENDED);
    assert_int_equal(trouble_of(world, 0), LIST_TROUBLE_EMPTY);
}

static void a_zone_that_is_gone_is_unusable(void **state)
{
    struct world *world = *state;
    assert_true(stub_dns_set_rules(world->stub, ""));
    configure(world, 1, false);
    wait_for_state(world, 0, LIST_UNUSABLE);
    set_healthy(world, "");
    wait_for_state(world, 0, LIST_HEALTHY);
}

static void servers_that_fail_suspend_the_list(void **state)
{
    static const struct {
        const char *rules;
        enum list_trouble trouble;
    } cases[] = {
        {"* * servfail\n", LIST_TROUBLE_SERVFAIL},
        {"* * refused\n", LIST_TROUBLE_REFUSED},
        {"* * drop\n", LIST_TROUBLE_TIMEOUT},
        {"* * loop\n", LIST_TROUBLE_UNREADABLE},
    };
    struct world *world = *state;
    configure(world, 1, false);
    expect_silence(world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_healthy(world, "");
        wait_for_state(world, 0, LIST_HEALTHY);
        assert_true(stub_dns_set_rules(world->stub, cases[i].rules));
        for (unsigned honest = 0; honest < 5; honest++) {
            char client[32];
            snprintf(client, sizeof client, "192.0.2.%u", (unsigned)(100 + 5 * i + honest));
            list_query_destroy(begin(world, client, 0));
        }
        wait_for_state(world, 0, LIST_SUSPENDED);
        assert_int_equal(trouble_of(world, 0), cases[i].trouble);
    }
}

static void a_reload_keeps_what_is_known(void **state)
{
    struct world *world = *state;
    configure(world, 2, false);
    wait_until_all_healthy(world);
    stub_dns_forget_counts(world->stub);
    configure(world, 3, false);
    wait_for_state(world, 2, LIST_HEALTHY);
    assert_int_equal(stub_dns_count(world->stub, "*.list0.test"), 0);
    configure(world, 1, false);
    struct list_status statuses[LISTS_MAX];
    assert_int_equal(block_lists_get_status(world->set, statuses, LISTS_MAX), 3);
    assert_true(statuses[1].retired);
    assert_false(statuses[0].retired);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    log_set_sink(count_line, NULL); /* before threads start */
    const struct CMUnitTest tests[] = {
        WITH_WORLD(tells_listed_from_not_listed),
        WITH_WORLD(a_list_without_ipv6_is_not_asked_for_it),
        WITH_WORLD(a_list_with_ipv6_is_asked_by_nibble),
        WITH_WORLD(fifty_sessions_ask_each_list_once),
        WITH_WORLD(a_silent_list_costs_the_budget_and_then_nothing),
        WITH_WORLD(no_death_refuses_anybody),
        WITH_WORLD(dead_from_the_start_refuses_nobody),
        WITH_WORLD(an_emptied_list_is_noticed),
        WITH_WORLD(a_zone_that_is_gone_is_unusable),
        WITH_WORLD(servers_that_fail_suspend_the_list),
        WITH_WORLD(a_reload_keeps_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
