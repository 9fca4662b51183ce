/* What outlives the daemon: written, read again, and never in the way of a start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/state_database.h"

struct place {
    char folder[64];
    char path[96];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -1;
    snprintf(place->folder, sizeof place->folder, "/tmp/closedrelay-state.XXXXXX");
    if (mkdtemp(place->folder) == NULL) {
        free(place);
        return -1;
    }
    snprintf(place->path, sizeof place->path, "%s/state.sqlite", place->folder);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    DIR *folder = opendir(place->folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
    rmdir(place->folder);
    free(place);
    return 0;
}

static struct state_database *open_database(const struct place *place)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct state_database *database = state_database_open(place->path, &problem);
    if (database == NULL)
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return database;
}

static void put(struct state_database *database, const char *key, const char *value)
{
    const struct slice bytes = slice_of(value);
    assert_true(state_database_put(database, "block", slice_of(key), value == NULL ? NULL : &bytes));
}

static void append_entry(void *context, struct slice key, struct slice value)
{
    strbuf_append(context, key.data, key.length);
    strbuf_append_byte(context, '=');
    strbuf_append(context, value.data, value.length);
    strbuf_append_byte(context, ';');
}

static void check_entries(struct state_database *database, const char *expected)
{
    struct strbuf entries;
    strbuf_init(&entries, 0);
    assert_true(state_database_each(database, "block", append_entry, &entries));
    assert_string_equal(strbuf_text(&entries), expected);
    strbuf_deinit(&entries);
}

static void what_was_put_is_there_again(void **state)
{
    struct state_database *database = open_database(*state);
    put(database, "user ann", "1");
    put(database, "user bob", "2");
    put(database, "user ann", "3");
    put(database, "user bob", NULL);
    put(database, "user bob", NULL);
    state_database_close(database);
    database = open_database(*state);
    check_entries(database, "user ann=3;");
    state_database_close(database);
}

/* The process ends without a word, as by kill -9: what a call has said is written stays. */
static void nothing_said_is_lost_with_the_process(void **state)
{
    pid_t child = fork();
    if (child == 0) {
        struct strbuf problem;
        strbuf_init(&problem, 0);
        const struct slice value = slice_of("x");
        struct place *place = *state;
        struct state_database *database = state_database_open(place->path, &problem);
        bool done = database != NULL && state_database_put(database, "block", slice_of("ann"), &value) &&
                    state_database_batch_begin(database) &&
                    state_database_batch_put(database, "block", slice_of("unfinished"), &value);
        _exit(done ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    struct state_database *database = open_database(*state);
    check_entries(database, "ann=x;");
    state_database_close(database);
}

static void a_batch_is_written_whole(void **state)
{
    struct state_database *database = open_database(*state);
    assert_true(state_database_batch_begin(database));
    for (int i = 0; i < 3; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        const struct slice value = slice_of("v");
        assert_true(state_database_batch_put(database, "block", slice_of(key), &value));
    }
    assert_true(state_database_batch_end(database));
    check_entries(database, "k0=v;k1=v;k2=v;");
    state_database_close(database);
}

static void write_garbage(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        fputs("this is no database\n", file);
    fclose(file);
}

static size_t count_damaged(const struct place *place)
{
    size_t count = 0;
    DIR *folder = opendir(place->folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strstr(entry->d_name, ".damaged-") != NULL;
    closedir(folder);
    return count;
}

static void a_damaged_file_is_moved_aside(void **state)
{
    struct place *place = *state;
    write_garbage(place->path);
    struct state_database *database = open_database(place);
    assert_int_equal(count_damaged(place), 1);
    put(database, "user ann", "1");
    state_database_close(database);
    database = open_database(place);
    check_entries(database, "user ann=1;");
    state_database_close(database);
    assert_int_equal(count_damaged(place), 1);
}

static void a_page_overwritten_in_the_middle_is_noticed(void **state)
{
    struct place *place = *state;
    struct state_database *database = open_database(place);
    for (int i = 0; i < 500; i++) {
        char key[40];
        snprintf(key, sizeof key, "user%d@some.example.com", i);
        put(database, key, "a value of some length, so that there are pages enough");
    }
    state_database_close(database);
    int file = open(place->path, O_WRONLY);
    char zeros[8192];
    memset(zeros, 0x5a, sizeof zeros);
    assert_int_equal(pwrite(file, zeros, sizeof zeros, 8192), sizeof zeros);
    close(file);
    database = open_database(place);
    assert_int_equal(count_damaged(place), 1);
    state_database_close(database);
}

static void a_folder_that_is_missing_is_said(void **state)
{
    (void)state;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_null(state_database_open("/nonexistent/state.sqlite", &problem));
    assert_string_equal(strbuf_text(&problem), "/nonexistent/state.sqlite: unable to open database file");
    strbuf_deinit(&problem);
}

#define PLACED_TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED_TEST(what_was_put_is_there_again),
        PLACED_TEST(nothing_said_is_lost_with_the_process),
        PLACED_TEST(a_batch_is_written_whole),
        PLACED_TEST(a_damaged_file_is_moved_aside),
        PLACED_TEST(a_page_overwritten_in_the_middle_is_noticed),
        cmocka_unit_test(a_folder_that_is_missing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
