/*
 * How fast tables load, are exchanged when they change, and answer.
 *
 *   cmake --build BUILD --target bench_tables
 *   BUILD/test/bench/bench_tables [ENTRIES]
 *
 * Writes files with ENTRIES lines (a million) of domains, of words, of words with values and of networks to a
 * folder of its own, opens them, puts files with a changed line in their places, and asks for keys that are
 * there and keys that are not, in random order. Not part of ctest: it says how long things take on this
 * machine.
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
    bool has_values;
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
    snprintf(key, KEY_BYTES, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
             address & 255, 24 + number % 8);
}

static const struct kind kinds[] = {
    {"domains", TABLE_DOMAINS, make_domain, false},
    {"words", TABLE_TEXT, make_address, false},
    {"map", TABLE_TEXT, make_address, true},
    {"networks", TABLE_NETWORKS, make_network, false},
};

/* Of this thread's own time: other programs on the machine do not count. */
static uint64_t spent_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* The last line is that of entry `last`. */
static void write_file(const char *path, const struct kind *kind, unsigned entry_count, unsigned last)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        exit(1);
    for (unsigned i = 0; i < entry_count; i++) {
        char key[KEY_BYTES];
        kind->make(i + 1 == entry_count ? last : i, key);
        if (kind->has_values)
            fprintf(file, "%s owner%u@example.com,group%u@example.com\n", key, i, i % 13);
        else
            fprintf(file, "%s\n", key);
    }
    fclose(file);
}

static bool has_entry(struct table *table, const struct kind *kind, unsigned number)
{
    char key[KEY_BYTES];
    kind->make(number, key);
    key[strcspn(key, "/")] = '\0';
    return table_lookup(table, slice_of(key), NULL) == TABLE_FOUND;
}

/* Seconds that the thread which looks after tables is busy with a file that was put in the place of the old
 * one: the old entries answer meanwhile. */
static double time_exchange(struct table *table, const char *path, const struct kind *kind,
                            unsigned entry_count)
{
    char fresh[140];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    write_file(fresh, kind, entry_count, entry_count);
    if (rename(fresh, path) != 0)
        exit(1);
    uint64_t start_us = spent_us();
    table_refresh(table);
    double seconds = (double)(spent_us() - start_us) / 1e6;
    if (!has_entry(table, kind, entry_count) || has_entry(table, kind, entry_count - 1))
        exit(1);
    return seconds;
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
    write_file(path, kind, entry_count, entry_count - 1);
    strbuf_init(&problem, 0);
    uint64_t start_us = spent_us();
    struct table *table = table_open(slice_of(name), kind->shape, &problem);
    if (table == NULL) {
        printf("%s: %s\n", kind->name, strbuf_text(&problem));
    } else {
        double load_s = (double)(spent_us() - start_us) / 1e6;
        double found_ns = time_lookups(table, kind, 0, entry_count);
        double missing_ns = time_lookups(table, kind, entry_count, entry_count);
        double exchange_s = time_exchange(table, path, kind, entry_count);
        printf(
            "%-9s %u entries: loaded in %.2f s, exchanged in %.2f s; %.0f ns a lookup that finds, %.0f ns one that "
            "does not\n",
            kind->name, entry_count, load_s, exchange_s, found_ns, missing_ns);
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
