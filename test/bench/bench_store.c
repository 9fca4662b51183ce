/*
 * What a decision costs in the memory store, and what a key takes: bench_store [KEYS].
 *
 * A decision is the reservation of one message; its keys are texts already, as they are when a check asks. It
 * is timed among 10,000 users, whose counters the caches of a processor hold, and among all KEYS (a million
 * if nothing is said), whose counters they do not. The best of several rounds counts. Exit status 1 where a
 * bound is not kept.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, BATCHES = 3000, ROUNDS = 5, LIMITS = 3, WARM_USERS = 10000, USERS_OF_DOMAIN = 50 };

static const double DECISION_US_MOST = 2;
static const size_t KEY_BYTES_MOST = 200;

static bool is_kept = true;

static size_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        exit(EXIT_FAILURE);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct user {
    char login[48];
};

static struct user user_of(unsigned number)
{
    struct user user;
    snprintf(user.login, sizeof user.login, "user%u@customer%u.example", number, number / USERS_OF_DOMAIN);
    return user;
}

static struct store_charge charge_of(const char *limit, struct slice key, uint64_t most)
{
    return (struct store_charge){
        .limit = slice_of(limit),
        .limit_hash = store_limit_hash(slice_of(limit)),
        .key = key,
        .window = {.kind = WINDOW_REFILL, .limit = most, .burst = most, .period_us = 3600LL * 1000000},
        .amount = 1,
    };
}

struct message {
    struct user user;
    struct store_charge charges[LIMITS];
    struct store_hold *hold;
};

static void prepare(struct store *store, struct message *message, unsigned user)
{
    message->user = user_of(user);
    const struct slice login = slice_of(message->user.login);
    const struct slice domain = slice_of(strchr(message->user.login, '@') + 1);
    message->charges[0] = charge_of("user recipients 500/1h", login, 500);
    message->charges[1] = charge_of("user external_recipients 2000/1h", login, 2000);
    message->charges[2] = charge_of("domain recipients 20000/1h", domain, 20000);
    message->hold = store_hold_create(store, NULL, LIMITS, 0);
    if (message->hold == NULL)
        exit(EXIT_FAILURE);
}

struct cost {
    double decision_us, whole_us; /* with its settlement, and what it takes to hold it */
};

static struct cost time_batch(struct store *store, unsigned users, size_t limits)
{
    static struct message messages[BATCH];
    static unsigned next;
    for (unsigned i = 0; i < BATCH; i++)
        prepare(store, &messages[i], next++ * 7919U % users);
    const double begun = cpu_us();
    for (unsigned i = 0; i < BATCH; i++)
        if (store_reserve(messages[i].hold, messages[i].charges, limits, NULL) != STORE_FITS)
            exit(EXIT_FAILURE);
    const double decided = cpu_us();
    for (unsigned i = 0; i < BATCH; i++) {
        store_settle(messages[i].hold, messages[i].charges, limits, NULL);
        talloc_free(messages[i].hold);
    }
    return (struct cost){(decided - begun) / BATCH, (cpu_us() - begun) / BATCH};
}

static void time_decisions(struct store *store, unsigned users, size_t limits)
{
    struct cost best = {1e9, 1e9};
    for (int round = 0; round < ROUNDS; round++) {
        struct cost sum = {0, 0};
        for (int batch = 0; batch < BATCHES; batch++) {
            const struct cost cost = time_batch(store, users, limits);
            sum.decision_us += cost.decision_us / BATCHES;
            sum.whole_us += cost.whole_us / BATCHES;
        }
        if (sum.decision_us < best.decision_us)
            best = sum;
    }
    printf("%zu limit%s, %7u users: a decision %.2f us of CPU (at most %.1f), settled and freed %.2f us\n",
           limits, limits == 1 ? " " : "s", users, best.decision_us, DECISION_US_MOST, best.whole_us);
    is_kept = is_kept && best.decision_us <= DECISION_US_MOST;
}

int main(int argc, char **argv)
{
    const unsigned keys = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    const unsigned users = keys / 2; /* each has two, and each domain one more */
    const struct store_memory_options options = {
        .clock = clock_system(), .seed = {1, 2}, .keys_max = {3 * (size_t)keys, 1000}};
    struct store *store = store_memory_create(&options);
    if (store == NULL)
        return EXIT_FAILURE;
    const size_t before_bytes = resident_bytes();
    for (unsigned i = 0; i < users; i++) {
        struct message message;
        prepare(store, &message, i);
        store_settle(message.hold, message.charges, LIMITS, NULL);
        talloc_free(message.hold);
    }
    const size_t key_bytes = (resident_bytes() - before_bytes) / keys;
    printf("%u keys: %zu bytes a key (at most %zu)\n", keys, key_bytes, KEY_BYTES_MOST);
    is_kept = is_kept && key_bytes <= KEY_BYTES_MOST;
    for (size_t limits = 1; limits <= LIMITS; limits += LIMITS - 1) {
        time_decisions(store, users < WARM_USERS ? users : WARM_USERS, limits);
        time_decisions(store, users, limits);
    }
    store_destroy(store);
    return is_kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
