/*
 * How fast tables load and answer.
 *
 *   cmake --build BUILD --target bench_tables
 *   BUILD/test/bench/bench_tables [ENTRIES]
 *
 * Writes files with ENTRIES lines (a million) of domains, of words and of networks to a folder of its own, opens
 * them, and asks for keys that are there and keys that are not, in random order. Not part of ctest: it says how long
 * things take on this machine.
 */
#include "table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOKUP_COUNT = 2000000, KEY_BYTES = 64 };

struct kind {
    const char *name;
    enum table_shape shape;
    void (*make)(unsigned number, char key[KEY_BYTES]);
};

static void make_domain(unsigned number, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "customer-%u.mail%u.example.com", number, number % 97);
}

static void make_address(unsigned number, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "user%u@domain%u.example", number, number % 1009);
}

/* Networks /24 to /31, one behind the other; asked for by their first address. */
static void make_network(unsigned number, char key[KEY_BYTES])
{
    unsigned address = 0x01000000U + number * 256;
    snprintf(key, KEY_BYTES, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255,
             24 + number % 8);
}

static const struct kind kinds[] = {
    {"domains", TABLE_DOMAINS, make_domain},
    {"words", TABLE_TEXT, make_address},
    {"networks", TABLE_NETWORKS, make_network},
};

/* Of this thread's own time: other programs on the machine do not count. */
static uint64_t spent_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void write_file(const char *path, const struct kind *kind, unsigned entry_count)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        exit(1);
    for (unsigned i = 0; i < entry_count; i++) {
        char key[KEY_BYTES];
        kind->make(i, key);
        fprintf(file, "%s\n", key);
    }
    fclose(file);
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 4;
}

/* Nanoseconds a lookup, without the making of the keys; `from` is the number of the first key. */
static double time_lookups(struct table *table, const struct kind *kind, unsigned from, unsigned key_count)
{
    enum { BATCH = 1000 };
    static char keys[BATCH][KEY_BYTES];
    unsigned random = 1;
    uint64_t sum_us = 0;
    for (unsigned done = 0; done < LOOKUP_COUNT; done += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            kind->make(from + next_random(&random) % key_count, keys[i]);
            keys[i][strcspn(keys[i], "/")] = '\0';
        }
        uint64_t start_us = spent_us();
        for (unsigned i = 0; i < BATCH; i++)
            table_lookup(table, slice_of(keys[i]), NULL);
        sum_us += spent_us() - start_us;
    }
    return (double)sum_us * 1e3 / LOOKUP_COUNT;
}

static void measure(const char *folder, const struct kind *kind, unsigned entry_count)
{
    char path[128], name[160];
    struct strbuf problem;
    snprintf(path, sizeof path, "%s/%s", folder, kind->name);
    snprintf(name, sizeof name, "file:%s", path);
    write_file(path, kind, entry_count);
    strbuf_init(&problem, 0);
    uint64_t start_us = spent_us();
    struct table *table = table_open(slice_of(name), kind->shape, &problem);
    if (table == NULL) {
        printf("%s: %s\n", kind->name, strbuf_text(&problem));
    } else {
        double load_s = (double)(spent_us() - start_us) / 1e6;
        printf("%-9s %u entries: loaded in %.2f s; %.0f ns a lookup that finds, %.0f ns one that does not\n", kind->name,
               entry_count, load_s, time_lookups(table, kind, 0, entry_count),
               time_lookups(table, kind, entry_count, entry_count));
    }
    table_close(table);
    strbuf_deinit(&problem);
    unlink(path);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/bench_tables.XXXXXX";
    unsigned entry_count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    if (mkdtemp(folder) == NULL || entry_count == 0)
        return 1;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        measure(folder, &kinds[i], entry_count);
    rmdir(folder);
    return 0;
}
