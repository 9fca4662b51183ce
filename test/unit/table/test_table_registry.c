/* Tables that several configurations name are open once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "table/table_registry.h"

struct world {
    char folder[32];
    char path[64];
    char name[80];
    struct table_registry *registry;
    struct strbuf problem;
};

/* A file that is put in the place of the former one. */
static void put(const struct world *world, const char *text)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s/new", world->folder);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, world->path), 0);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    strcpy(world->folder, "/tmp/test_registry.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/list", world->folder);
    snprintf(world->name, sizeof world->name, "file:%s", world->path);
    put(world, "one\n");
    world->registry = table_registry_create();
    assert_non_null(world->registry);
    strbuf_init(&world->problem, 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    assert_int_equal(table_registry_count(world->registry), 0);
    table_registry_unref(world->registry);
    strbuf_deinit(&world->problem);
    unlink(world->path);
    rmdir(world->folder);
    free(world);
    return 0;
}

static struct table *open_it(struct world *world, enum table_shape shape)
{
    return table_registry_open(world->registry, slice_of(world->name), shape, &world->problem);
}

static enum table_answer ask(struct table *table, const char *key)
{
    return table_lookup(table, slice_of(key), NULL);
}

static void one_name_is_one_table(void **state)
{
    struct world *world = *state;
    struct table *first = open_it(world, TABLE_TEXT), *second = open_it(world, TABLE_TEXT);
    struct table *domains = open_it(world, TABLE_DOMAINS);
    assert_non_null(first);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, domains);
    assert_int_equal(table_registry_count(world->registry), 2);
    table_registry_close(world->registry, first);
    assert_int_equal(ask(second, "one"), TABLE_FOUND);
    table_registry_close(world->registry, second);
    table_registry_close(world->registry, domains);
}

/* Whoever names the table again gets it as it is on the disk, though the file was written where it stands. */
static void opening_it_again_brings_it_up_to_date(void **state)
{
    struct world *world = *state;
    struct table *first = open_it(world, TABLE_TEXT);
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    assert_true(fputs("two-at-once\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct table *second = open_it(world, TABLE_TEXT);
    assert_int_equal(ask(first, "two-at-once"), TABLE_FOUND);
    assert_int_equal(ask(first, "one"), TABLE_MISSING);
    table_registry_close(world->registry, first);
    table_registry_close(world->registry, second);
}

static void what_cannot_be_read_again_is_refused_and_stays_for_the_others(void **state)
{
    struct world *world = *state;
    struct table *first = open_it(world, TABLE_NETWORKS);
    assert_null(first); /* "one" is no network */
    assert_non_null(strstr(strbuf_text(&world->problem), ":1: "));
    strbuf_reset(&world->problem);
    put(world, "192.0.2.0/24\n");
    first = open_it(world, TABLE_NETWORKS);
    assert_non_null(first);
    put(world, "no network\n");
    for (int i = 0; i < 2; i++) { /* the reason is given each time */
        strbuf_reset(&world->problem);
        assert_null(open_it(world, TABLE_NETWORKS));
        assert_non_null(strstr(strbuf_text(&world->problem), ":1: "));
    }
    struct ip_address address;
    struct ip_network network;
    assert_true(ip_address_parse(slice_of("192.0.2.7"), &address));
    assert_int_equal(table_lookup_network(first, &address, &network), TABLE_FOUND);
    table_registry_close(world->registry, first);
}

/* A server's answers are kept a while: a new configuration begins without them. */
static void what_keeps_answers_is_open_for_each(void **state)
{
    struct world *world = *state;
    const struct slice name = slice_of("socketmap:unix:/nowhere:name");
    struct table *first = table_registry_open(world->registry, name, TABLE_TEXT, &world->problem);
    struct table *second = table_registry_open(world->registry, name, TABLE_TEXT, &world->problem);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    table_registry_close(world->registry, first);
    table_registry_close(world->registry, second);
}

static void all_tables_are_followed(void **state)
{
    struct world *world = *state;
    struct table *text = open_it(world, TABLE_TEXT), *domains = open_it(world, TABLE_DOMAINS);
    put(world, "two\n");
    table_registry_refresh(world->registry);
    assert_int_equal(ask(text, "two"), TABLE_FOUND);
    assert_int_equal(ask(domains, "two"), TABLE_FOUND);
    table_registry_close(world->registry, text);
    table_registry_close(world->registry, domains);
}

/* ---- several threads -------------------------------------------------------------------------------- */

enum { ROUNDS = 300 };

struct race {
    struct world *world;
    atomic_bool is_over;
};

static void *refresh(void *context)
{
    struct race *race = context;
    while (!atomic_load(&race->is_over))
        table_registry_refresh(race->world->registry);
    return NULL;
}

/* The last user may leave while the file is being looked at. */
static void tables_may_go_while_they_are_followed(void **state)
{
    struct race race = {.world = *state};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, refresh, &race), 0);
    for (int i = 0; i < ROUNDS; i++) {
        put(race.world, i % 2 == 0 ? "one\n" : "two\n");
        struct table *table = open_it(race.world, TABLE_TEXT);
        assert_non_null(table);
        assert_int_equal(ask(table, i % 2 == 0 ? "one" : "two"), TABLE_FOUND);
        table_registry_close(race.world->registry, table);
    }
    atomic_store(&race.is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_name_is_one_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(opening_it_again_brings_it_up_to_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_again_is_refused_and_stays_for_the_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_keeps_answers_is_open_for_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_tables_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_may_go_while_they_are_followed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
