/*
 * bench_dnsbl: how long messages wait for block lists, through the policy library as the milter uses it.
 *
 * A name server of our own answers each question after 50 ms. Messages come at a fixed rate, whatever becomes
 * of those before them, from 10,000 addresses, one in 20 of which is listed. What is measured is MAIL, where
 * the answers are collected; prints a line a phase, and fails where the warm one does not keep its bound of 5
 * ms.
 */
#include "policy_query.h"
#include "policy_session.h"
#include "stub_dns/stub_dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ADDRESSES = 10000,
    PER_SECOND = 1000,
    THREADS = 400, /* more than sessions are open at a time: nobody waits for a thread */
    STACK_BYTES = 256 * 1024,
    BLOCK = 250, /* addresses 11.N.X.1 to 11.N.X.250; those with X divisible by 20 are listed */
    WARM_P99_MAX_US = 5000,
};

static const char rules[] = "2.0.0.127.bl.test A a=127.0.0.2 delay=50\n"
                            "bl.test SOA nodata delay=50\n"
                            "*.0.1.11.bl.test * a=127.0.0.4 txt=listed ttl=3600 delay=50\n"
                            "*.20.1.11.bl.test * a=127.0.0.4 txt=listed ttl=3600 delay=50\n"
                            "*.0.2.11.bl.test * a=127.0.0.4 txt=listed ttl=3600 delay=50\n"
                            "*.20.2.11.bl.test * a=127.0.0.4 txt=listed ttl=3600 delay=50\n"
                            "*.bl.test * nxdomain soa=3600 delay=50\n";

struct phase {
    const char *name;
    unsigned network;    /* the second number of the addresses */
    unsigned session_ms; /* between the connection and MAIL */
    bool listed_only;    /* of the figures: listed addresses, or those that are not */
};

struct bench {
    struct policy_engine *engine;
    unsigned network, session_ms;
    uint64_t start_us;
    atomic_uint next, unknown_count;
    uint32_t waits_us[ADDRESSES];
};

static bool is_listed(unsigned number)
{
    return number / BLOCK % 20 == 0;
}

/* ---- one message -------------------------------------------------------------------------------------- */

static void sleep_until(uint64_t time_us)
{
    struct timespec until = {(time_t)(time_us / 1000000), (long)(time_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

static void send_message(struct bench *bench, unsigned number)
{
    struct sockaddr_in client = {.sin_family = AF_INET, .sin_port = htons(40000)};
    uint64_t begin_us = bench->start_us + number * (1000000ULL / PER_SECOND);
    client.sin_addr.s_addr =
        htonl(11U << 24 | bench->network << 16 | number / BLOCK << 8 | (number % BLOCK + 1));
    sleep_until(begin_us);
    struct policy_session *session =
        policy_session_begin(bench->engine, &(struct policy_connect){.address = (struct sockaddr *)&client});
    if (session == NULL)
        abort();
    if (bench->session_ms > 0)
        sleep_until(begin_us + bench->session_ms * 1000ULL);
    uint64_t mail_us = clock_system_monotonic_us(NULL);
    policy_session_mail(session, &(struct policy_mail){.path = "<a@example.org>"});
    bench->waits_us[number] = (uint32_t)(clock_system_monotonic_us(NULL) - mail_us);
    policy_session_recipient(session, &(struct policy_recipient){.path = "<b@example.com>"});
    policy_session_end(session);
}

static void *send_messages(void *context)
{
    struct bench *bench = context;
    for (unsigned number; (number = atomic_fetch_add(&bench->next, 1)) < ADDRESSES;)
        send_message(bench, number);
    return NULL;
}

/* A message of which a list could not say anything would have had its wait cut short. */
static bool count_unknown(void *context, const struct policy_record *record)
{
    struct bench *bench = context;
    for (size_t i = 0; i < record->outcome->findings->count; i++)
        if (strcmp(record->outcome->findings->items[i].check, "dnsbl") == 0 &&
            record->outcome->findings->items[i].outcome == FINDING_UNKNOWN)
            atomic_fetch_add(&bench->unknown_count, 1);
    return true;
}

/* ---- a phase ------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Prints the figures of those messages that the phase is about; returns the 99th percentile. */
static uint32_t print_figures(const struct bench *bench, const struct phase *phase)
{
    static uint32_t waits_us[ADDRESSES];
    size_t count = 0;
    for (unsigned i = 0; i < ADDRESSES; i++)
        if (is_listed(i) == phase->listed_only)
            waits_us[count++] = bench->waits_us[i];
    qsort(waits_us, count, sizeof waits_us[0], compare);
    uint32_t p50_us = waits_us[count / 2], p99_us = waits_us[count * 99 / 100];
    printf("%-52s %6zu %9.2f %9.2f %9.2f %8u\n", phase->name, count, (double)p50_us / 1e3, p99_us / 1e3,
           waits_us[count - 1] / 1e3, atomic_load(&bench->unknown_count));
    return p99_us;
}

static void run_phase(struct bench *bench, const struct phase *phase)
{
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bench->network = phase->network;
    bench->session_ms = phase->session_ms;
    atomic_store(&bench->next, 0);
    atomic_store(&bench->unknown_count, 0);
    bench->start_us = clock_system_monotonic_us(NULL) + 100000;
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &attributes, send_messages, bench) != 0)
            abort();
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
}

/* ---- set-up ---------------------------------------------------------------------------------------------
 */

static struct policy_snapshot *load(const struct stub_dns *stub)
{
    char path[] = "/tmp/bench_dnsbl.XXXXXX";
    struct strbuf problems;
    strbuf_init(&problems, 0);
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return NULL;
    dprintf(descriptor,
            "relay: { local_domains: [example.com] }\ndns: { servers: [127.0.0.1:%u] }\n"
            "dnsbl: { lists: [{ zone: bl.test }] }\n",
            stub_dns_port(stub));
    close(descriptor);
    struct policy_snapshot *snapshot = policy_load(path, &problems);
    unlink(path);
    fputs(strbuf_text(&problems), stderr);
    strbuf_deinit(&problems);
    return snapshot;
}

static bool start_engine(struct bench *bench, struct policy_snapshot *snapshot)
{
    struct policy_engine_options options = {
        .clock = clock_system(), .record = count_unknown, .record_context = bench};
    struct strbuf text;
    strbuf_init(&text, 0);
    bench->engine = policy_engine_create(snapshot, &options, &text);
    for (int tries = 0; bench->engine != NULL && tries < 500; tries++) {
        struct answer *answer = answer_create();
        strbuf_reset(&text);
        if (answer != NULL) {
            policy_query_status(bench->engine, 0, answer);
            answer_write_json(answer, &text);
        }
        answer_destroy(answer);
        if (strstr(strbuf_text(&text), "\"healthy\"") != NULL)
            break;
        usleep(20000);
    }
    bool is_healthy = strstr(strbuf_text(&text), "\"healthy\"") != NULL;
    strbuf_deinit(&text);
    return is_healthy;
}

static const struct phase phases[] = {
    {"cold, sessions of 200 ms, not listed", 1, 200, false},
    {"warm, MAIL at once, not listed", 1, 0, false},
    {"cold, MAIL at once, not listed", 2, 0, false},
};

static bool run_all(struct bench *bench)
{
    bool is_kept = true;
    printf("%-52s %6s %9s %9s %9s %8s\n", "wait at MAIL, 1,000 messages/s, resolver 50 ms", "count", "p50 ms",
           "p99 ms", "max ms", "unknown");
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        run_phase(bench, &phases[i]);
        uint32_t p99_us = print_figures(bench, &phases[i]);
        struct phase listed = phases[i];
        listed.name = "    the same, listed";
        listed.listed_only = true;
        uint32_t listed_p99_us = print_figures(bench, &listed);
        if (i == 1)
            is_kept = p99_us < WARM_P99_MAX_US && listed_p99_us < WARM_P99_MAX_US;
        fflush(stdout);
    }
    printf("warm p99 < %d ms: %s\n", WARM_P99_MAX_US / 1000, is_kept ? "kept" : "NOT KEPT");
    return is_kept;
}

int main(void)
{
    static struct bench bench;
    struct stub_dns *stub = stub_dns_start(rules, 0);
    struct policy_snapshot *snapshot = stub == NULL ? NULL : load(stub);
    if (snapshot == NULL || !start_engine(&bench, snapshot)) {
        fputs("bench_dnsbl: the name server or the engine did not start\n", stderr);
        return 1;
    }
    bool is_kept = run_all(&bench);
    policy_snapshot_unref(snapshot);
    policy_engine_destroy(bench.engine);
    stub_dns_stop(stub);
    return is_kept ? 0 : 1;
}
