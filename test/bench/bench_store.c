/* What a decision costs in the memory store, and what a key takes: bench_store [KEYS]. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

enum { DECISIONS = 2000000, LIMITS = 3 };

static size_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        exit(EXIT_FAILURE);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static struct store_charge charge_of(const char *limit, const char *key, uint64_t most)
{
    return (struct store_charge){
        .limit = slice_of(limit),
        .key = slice_of(key),
        .window = {.kind = WINDOW_REFILL, .limit = most, .burst = most, .period_us = 3600LL * 1000000},
        .amount = 1,
    };
}

/* One message: three limits reserved together, then settled. */
static void decide(struct store *store, unsigned user)
{
    char login[48], domain[32];
    snprintf(login, sizeof login, "user%u@customer%u.example", user, user / 50);
    snprintf(domain, sizeof domain, "customer%u.example", user / 50);
    struct store_charge charges[LIMITS] = {charge_of("user/recipients/500/3600", login, 500),
                                           charge_of("user/recipients/2000/86400", login, 2000),
                                           charge_of("domain/recipients/20000/3600", domain, 20000)};
    struct store_hold *hold = store_hold_create(store, NULL, 3);
    if (hold == NULL)
        exit(EXIT_FAILURE);
    if (store_reserve(hold, charges, LIMITS) == STORE_FITS)
        store_settle(hold, charges, LIMITS);
    talloc_free(hold);
}

int main(int argc, char **argv)
{
    unsigned keys = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    const struct store_memory_options options = {
        .clock = clock_system(), .seed = {1, 2}, .keys_max = {2 * (size_t)keys, 1000}};
    struct store *store = store_memory_create(&options);
    if (store == NULL)
        return EXIT_FAILURE;
    size_t before_bytes = resident_bytes();
    struct store_hold *hold = store_hold_create(store, NULL, 3);
    for (unsigned i = 0; i < keys; i++) {
        char key[48];
        snprintf(key, sizeof key, "user%u@customer%u.example", i, i / 50);
        struct store_charge charge = charge_of("user/recipients/500/3600", key, 500);
        store_settle(hold, &charge, 1);
    }
    printf("%u keys: %zu bytes a key\n", keys, (resident_bytes() - before_bytes) / keys);
    clock_t begun = clock();
    for (unsigned i = 0; i < DECISIONS; i++)
        decide(store, i * 7919 % 10000);
    double us = (double)(clock() - begun) * 1e6 / CLOCKS_PER_SEC / DECISIONS;
    printf("a message with %d limits, reserved and settled, 10,000 users: %.2f us of CPU\n", LIMITS, us);
    talloc_free(hold);
    store_destroy(store);
    return EXIT_SUCCESS;
}
