#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dns/dns_client.h"
#include "dns/resolver.h"
#include "stub_dns/stub_dns.h"

/* A question has long enough for a loaded machine, and less where a server is meant to be silent. */
enum { PATIENCE_MS = 60000, QUESTION_MS = 20000, SILENCE_MS = 900 };

static const char rules[] = "listed.test A a=127.0.0.4,127.0.0.2 ttl=120\n"
                            "listed.test TXT txt=see_http://example.test/\n"
                            "listed.test * nodata soa=77\n"
                            "gone.test * nxdomain soa=33\n"
                            "nosoa.test * nxdomain nosoa\n"
                            "servfail.test * servfail\n"
                            "refused.test * refused\n"
                            "big.test A truncate a=127.0.0.9\n"
                            "flood.test A flood=3000\n"
                            "silent.test * drop\n"
                            "wrongid.test A wrong-id a=127.0.0.2\n"
                            "wrongq.test A wrong-question a=127.0.0.2\n"
                            "loop.test A loop a=127.0.0.2\n"
                            "garbage.test A garbage a=127.0.0.2\n"
                            "*.slow.test A delay=150 a=127.0.0.2\n"
                            "*.many.test A delay=30 a=127.0.0.2\n";

struct world {
    struct stub_dns *stub;
    struct resolver *resolver;
    struct dns_client *client;
};

static struct resolver_options options_for(const struct stub_dns *stub)
{
    struct resolver_options options = resolver_options_default();
    options.server_count = 1;
    options.servers[0] = (struct resolver_server){dns_address_ipv4(0x7f000001), stub_dns_port(stub)};
    options.timeout_ms = QUESTION_MS;
    return options;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->stub = stub_dns_start(rules, 0);
    assert_non_null(world->stub);
    struct resolver_options options = options_for(world->stub);
    world->resolver = resolver_create(&options, clock_system());
    assert_non_null(world->resolver);
    struct answer_cache_options cache = answer_cache_options_default();
    world->client = dns_client_create(&cache, resolver_transport(world->resolver));
    assert_non_null(world->client);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    resolver_destroy(world->resolver);
    dns_client_destroy(world->client);
    stub_dns_stop(world->stub);
    free(world);
    return 0;
}

static void expect_silence(struct world *world)
{
    struct resolver_options options = options_for(world->stub);
    options.timeout_ms = SILENCE_MS;
    resolver_configure(world->resolver, &options);
}

static struct dns_lookup *start(struct world *world, const char *name, enum dns_type type)
{
    struct dns_question question = {.name = slice_of(name), .type = type};
    struct dns_lookup *lookup =
        dns_client_ask(world->client, &question, clock_system_monotonic_us(NULL) / 1000);
    assert_non_null(lookup);
    return lookup;
}

static struct dns_lookup *ask(struct world *world, const char *name, enum dns_type type)
{
    struct dns_lookup *lookup = start(world, name, type);
    assert_true(dns_lookup_wait(lookup, PATIENCE_MS));
    return lookup;
}

static void expect_outcome(struct world *world, const char *name, enum dns_outcome outcome)
{
    struct dns_lookup *lookup = ask(world, name, DNS_TYPE_A);
    assert_string_equal(dns_outcome_text(lookup->answer.outcome), dns_outcome_text(outcome));
    assert_int_equal(lookup->answer.address_count, 0);
    dns_lookup_unref(lookup);
}

static void reads_addresses_and_their_ttl(void **state)
{
    struct dns_lookup *lookup = ask(*state, "listed.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    assert_int_equal(lookup->answer.address_count, 2);
    assert_int_equal(lookup->answer.addresses[0], 0x7f000004);
    assert_int_equal(lookup->answer.addresses[1], 0x7f000002);
    assert_int_equal(lookup->answer.ttl_seconds, 120);
    dns_lookup_unref(lookup);
}

static void reads_texts(void **state)
{
    struct dns_lookup *lookup = ask(*state, "listed.test", DNS_TYPE_TXT);
    assert_string_equal(lookup->answer.text, "see http://example.test/");
    dns_lookup_unref(lookup);
}

static void negative_answers_live_by_the_soa(void **state)
{
    struct dns_lookup *lookup = ask(*state, "gone.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_NO_NAME);
    assert_true(lookup->answer.has_ttl);
    assert_int_equal(lookup->answer.ttl_seconds, 33);
    dns_lookup_unref(lookup);
    lookup = ask(*state, "listed.test", DNS_TYPE_SOA);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_NO_DATA);
    assert_int_equal(lookup->answer.ttl_seconds, 77);
    dns_lookup_unref(lookup);
    lookup = ask(*state, "nosoa.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_NO_NAME);
    assert_false(lookup->answer.has_ttl);
    dns_lookup_unref(lookup);
}

static void failures_are_told_apart(void **state)
{
    expect_silence(*state);
    expect_outcome(*state, "servfail.test", DNS_OUTCOME_SERVFAIL);
    expect_outcome(*state, "refused.test", DNS_OUTCOME_REFUSED);
    expect_outcome(*state, "silent.test", DNS_OUTCOME_TIMEOUT);
}

static void forged_answers_do_not_count(void **state)
{
    expect_silence(*state);
    expect_outcome(*state, "wrongid.test", DNS_OUTCOME_TIMEOUT);
    expect_outcome(*state, "wrongq.test", DNS_OUTCOME_TIMEOUT);
    expect_outcome(*state, "loop.test", DNS_OUTCOME_MALFORMED);
    expect_outcome(*state, "garbage.test", DNS_OUTCOME_MALFORMED);
}

static void truncated_answers_come_by_tcp(void **state)
{
    struct dns_lookup *lookup = ask(*state, "big.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    assert_int_equal(lookup->answer.addresses[0], 0x7f000009);
    dns_lookup_unref(lookup);
}

static void a_flood_is_cut(void **state)
{
    struct dns_lookup *lookup = ask(*state, "flood.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    assert_int_equal(lookup->answer.address_count, DNS_ANSWER_ADDRESSES_MAX);
    assert_true(lookup->answer.cut);
    dns_lookup_unref(lookup);
}

static void a_name_is_asked_once(void **state)
{
    struct world *world = *state;
    struct dns_lookup *lookups[50];
    for (int i = 0; i < 50; i++)
        lookups[i] = start(world, "x.slow.test", DNS_TYPE_A);
    for (int i = 0; i < 50; i++) {
        assert_true(dns_lookup_wait(lookups[i], PATIENCE_MS));
        assert_int_equal(lookups[i]->answer.address_count, 1);
        dns_lookup_unref(lookups[i]);
    }
    dns_lookup_unref(ask(world, "x.slow.test", DNS_TYPE_A));
    assert_int_equal(stub_dns_count(world->stub, "x.slow.test"), 1);
}

static void *ask_many(void *argument)
{
    struct world *world = argument;
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.many.test", i);
        struct dns_lookup *lookup = ask(world, name, DNS_TYPE_A);
        assert_int_equal(lookup->answer.addresses[0], 0x7f000002);
        dns_lookup_unref(lookup);
    }
    return NULL;
}

static void threads_share_answers(void **state)
{
    struct world *world = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, world), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(stub_dns_count(world->stub, "*.many.test"), 200);
}

static void a_restarted_server_is_found_again(void **state)
{
    struct world *world = *state;
    uint16_t port = stub_dns_port(world->stub);
    dns_lookup_unref(ask(world, "listed.test", DNS_TYPE_A));
    stub_dns_stop(world->stub);
    expect_outcome(world, "1.slow.test", DNS_OUTCOME_UNREACHABLE);
    world->stub = stub_dns_start(rules, port);
    assert_non_null(world->stub);
    struct dns_lookup *lookup = ask(world, "2.slow.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    dns_lookup_unref(lookup);
}

static void the_next_server_answers_for_a_silent_one(void **state)
{
    struct world *world = *state;
    struct stub_dns *silent = stub_dns_start("*.test * drop\n", 0);
    assert_non_null(silent);
    struct resolver_options options = options_for(world->stub);
    options.timeout_ms = SILENCE_MS;
    options.servers[1] = options.servers[0];
    options.servers[0].port = stub_dns_port(silent);
    options.server_count = 2;
    resolver_configure(world->resolver, &options);
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.many.test", i);
        struct dns_lookup *lookup = ask(world, name, DNS_TYPE_A);
        assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
        dns_lookup_unref(lookup);
    }
    /* Then the other one is asked first; a newer c-ares sees to that by itself, and sooner. */
    assert_in_range(stub_dns_count(silent, NULL), 1, 3);
    stub_dns_stop(silent);
}

/* One truncated answer is enough to see both protocols. */
static void servers_may_be_reached_by_ipv6(void **state)
{
    struct world *world = *state;
    struct stub_dns *stub = stub_dns_start_ipv6(rules);
    if (stub == NULL)
        skip(); /* a machine without ::1 */
    struct resolver_options options = options_for(stub);
    options.servers[0].address = in6addr_loopback;
    resolver_configure(world->resolver, &options);
    struct dns_lookup *lookup = ask(world, "big.test", DNS_TYPE_A);
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_RECORDS);
    assert_int_equal(lookup->answer.addresses[0], 0x7f000009);
    dns_lookup_unref(lookup);
    assert_int_equal(stub_dns_count(stub, "big.test"), 2); /* by UDP, then by TCP */
    assert_int_equal(stub_dns_count(world->stub, NULL), 0);
    stub_dns_stop(stub);
}

/* Nothing is asked of them here: whoever may listen at port 53 of this machine is none of this test's. */
static void servers_may_stand_in_resolv_conf(void **state)
{
    struct world *world = *state;
    struct resolver_status status;
    char path[] = "/tmp/test_dns_resolver.XXXXXX";
    static const char content[] =
        "search example.test\nnameserver 127.0.0.77\nnameserver ::1\noptions ndots:3\n";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, sizeof content - 1), sizeof content - 1);
    close(descriptor);
    struct resolver_options options = resolver_options_default();
    options.resolv_conf = path;
    resolver_configure(world->resolver, &options);
    do {
        usleep(1000);
        resolver_get_status(world->resolver, &status);
    } while (status.server_count != 2);
    unlink(path);
    struct in6_addr first = dns_address_ipv4(0x7f00004d);
    assert_memory_equal(&status.servers[0].address, &first, sizeof first);
    assert_memory_equal(&status.servers[1].address, &in6addr_loopback, sizeof in6addr_loopback);
    assert_int_equal(status.servers[0].port, 53);
    assert_true(status.usable);
    assert_null(status.public_service);
}

static void public_resolvers_are_known(void **state)
{
    struct world *world = *state;
    struct resolver_status status;
    struct resolver_options options = options_for(world->stub);
    options.servers[0].address = dns_address_ipv4(0x08080808);
    resolver_configure(world->resolver, &options);
    do {
        usleep(1000);
        resolver_get_status(world->resolver, &status);
    } while (status.public_service == NULL);
    assert_string_equal(status.public_service, "Google");
}

static void new_settings_keep_the_cache_and_open_questions(void **state)
{
    struct world *world = *state;
    dns_lookup_unref(ask(world, "listed.test", DNS_TYPE_A));
    struct dns_lookup *open = start(world, "x.slow.test", DNS_TYPE_A);
    struct resolver_options options = options_for(world->stub);
    for (int i = 0; i < 3; i++)
        resolver_configure(world->resolver, &options);
    dns_lookup_unref(ask(world, "listed.test", DNS_TYPE_A));
    assert_true(dns_lookup_wait(open, PATIENCE_MS));
    assert_int_equal(open->answer.outcome, DNS_OUTCOME_RECORDS);
    dns_lookup_unref(open);
    assert_int_equal(stub_dns_count(world->stub, "listed.test"), 1);
}

static void no_more_are_on_their_way_than_allowed(void **state)
{
    struct world *world = *state;
    struct resolver_options options = options_for(world->stub);
    options.in_flight_max = 0;
    resolver_configure(world->resolver, &options);
    struct dns_question question = {.name = slice_of("listed.test"), .type = DNS_TYPE_A};
    assert_null(dns_client_ask(world->client, &question, 1));
    options = options_for(world->stub);
    resolver_configure(world->resolver, &options);
    dns_lookup_unref(ask(world, "listed.test", DNS_TYPE_A));
}

static void shutting_down_leaves_nobody_waiting(void **state)
{
    struct world *world = *state;
    struct dns_lookup *lookup = start(world, "silent.test", DNS_TYPE_A);
    resolver_destroy(world->resolver);
    world->resolver = NULL;
    assert_true(dns_lookup_is_done(lookup));
    assert_int_equal(lookup->answer.outcome, DNS_OUTCOME_CANCELLED);
    dns_lookup_unref(lookup);
}

static void waiting_ends_with_its_time(void **state)
{
    struct dns_lookup *lookup = start(*state, "silent.test", DNS_TYPE_A);
    assert_false(dns_lookup_wait(lookup, 20));
    dns_lookup_unref(lookup);
}

struct ticks {
    atomic_uint count;
};

static uint64_t count_tick(void *context, uint64_t now_ms)
{
    atomic_fetch_add(&((struct ticks *)context)->count, 1);
    return now_ms + 3600000;
}

static void the_tick_runs_when_set_and_when_woken(void **state)
{
    struct world *world = *state;
    struct ticks ticks = {0};
    resolver_set_tick(world->resolver, count_tick, &ticks);
    while (atomic_load(&ticks.count) < 1)
        usleep(1000);
    resolver_wake(world->resolver);
    while (atomic_load(&ticks.count) < 2)
        usleep(1000);
    resolver_set_tick(world->resolver, NULL, NULL);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(reads_addresses_and_their_ttl),
        WITH_WORLD(reads_texts),
        WITH_WORLD(negative_answers_live_by_the_soa),
        WITH_WORLD(failures_are_told_apart),
        WITH_WORLD(forged_answers_do_not_count),
        WITH_WORLD(truncated_answers_come_by_tcp),
        WITH_WORLD(a_flood_is_cut),
        WITH_WORLD(a_name_is_asked_once),
        WITH_WORLD(threads_share_answers),
        WITH_WORLD(a_restarted_server_is_found_again),
        WITH_WORLD(the_next_server_answers_for_a_silent_one),
        WITH_WORLD(servers_may_be_reached_by_ipv6),
        WITH_WORLD(servers_may_stand_in_resolv_conf),
        WITH_WORLD(public_resolvers_are_known),
        WITH_WORLD(new_settings_keep_the_cache_and_open_questions),
        WITH_WORLD(no_more_are_on_their_way_than_allowed),
        WITH_WORLD(shutting_down_leaves_nobody_waiting),
        WITH_WORLD(waiting_ends_with_its_time),
        WITH_WORLD(the_tick_runs_when_set_and_when_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
