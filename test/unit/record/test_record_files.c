/* Which files belong to a record, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "record/record_files.h"

struct folder {
    void *owner;
    char path[40];
};

static int set_up(void **state)
{
    struct folder *folder = talloc_zero(NULL, struct folder);
    strcpy(folder->path, "/tmp/test_record_files.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    folder->owner = folder;
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    char command[80];
    snprintf(command, sizeof command, "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
    talloc_free(folder);
    return 0;
}

static void make(const struct folder *folder, const char *name, time_t written)
{
    char path[128];
    const struct timespec times[] = {{.tv_sec = written}, {.tv_sec = written}};
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(futimens(descriptor, times), 0);
    close(descriptor);
}

static void assert_names(const struct folder *folder, const char *const *expected)
{
    struct record_file_list list;
    size_t count = 0;
    char *path = talloc_asprintf(folder->owner, "%s/audit.jsonl", folder->path);
    assert_true(record_files_list(folder->owner, path, &list));
    for (; expected[count] != NULL; count++) {
        assert_true(count < list.count);
        assert_string_equal(strrchr(list.items[count].path, '/') + 1, expected[count]);
    }
    assert_int_equal(list.count, count);
}

static void files_come_in_the_order_of_their_records(void **state)
{
    struct folder *folder = *state;
    make(folder, "audit.jsonl", 5000);
    make(folder, "audit.jsonl-20261130T000000Z.zst", 9000);
    make(folder, "audit.jsonl-20261129T000000Z.zst", 9000);
    make(folder, "audit.jsonl-20261201T000000Z", 9000);
    make(folder, "audit.jsonl.1", 3000);
    make(folder, "audit.jsonl-19700101.gz", 2000);
    make(folder, "audit.jsonl.2.xz", 1000);
    assert_names(folder,
                 (const char *const[]){"audit.jsonl.2.xz", "audit.jsonl-19700101.gz", "audit.jsonl.1",
                                       "audit.jsonl-20261129T000000Z.zst", "audit.jsonl-20261130T000000Z.zst",
                                       "audit.jsonl-20261201T000000Z", "audit.jsonl", NULL});
}

static void what_is_no_record_is_not_listed(void **state)
{
    struct folder *folder = *state;
    char path[128];
    make(folder, "audit.jsonl-20261130T000000Z.zst", 1);
    make(folder, "audit.jsonl-20261130T000000Z.zst.idx", 1);
    make(folder, "audit.jsonl-20261130T000000Z.zst.sum", 1);
    make(folder, "audit.jsonl-20261201T000000Z.zst.new", 1);
    make(folder, "audit.jsonl.bak", 1);
    make(folder, "audit.jsonl~", 1);
    make(folder, "audit.json", 1);
    make(folder, "mail.log", 1);
    snprintf(path, sizeof path, "%s/audit.jsonl", folder->path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_names(folder, (const char *const[]){"audit.jsonl-20261130T000000Z.zst", NULL});
}

/* Killed between the end of a compression and the removal of what was compressed. */
static void of_twins_the_compressed_one_counts(void **state)
{
    struct folder *folder = *state;
    make(folder, "audit.jsonl-20261129T000000Z", 1);
    make(folder, "audit.jsonl-20261130T000000Z", 1);
    make(folder, "audit.jsonl-20261130T000000Z.zst", 1);
    assert_names(folder, (const char *const[]){"audit.jsonl-20261129T000000Z",
                                               "audit.jsonl-20261130T000000Z.zst", NULL});
}

static void a_folder_that_is_missing_is_an_error(void **state)
{
    struct record_file_list list;
    (void)state;
    assert_false(record_files_list(NULL, "/nonexistent/audit.jsonl", &list));
}

static void stamps_are_read_back(void **state)
{
    char stamp[RECORD_STAMP_LENGTH + 1];
    (void)state;
    record_stamp_write(INT64_C(1796083199000000), stamp);
    assert_string_equal(stamp, "20261130T235959Z");
    assert_int_equal(record_stamp_read(slice_of(stamp)), INT64_C(1796083199000000));
    static const char *const wrong[] = {"",
                                        "20261130",
                                        "20261130T235959",
                                        "20261131T000000Z",
                                        "20261130T240000Z",
                                        "2026113aT000000Z",
                                        "20261130T235959Z1",
                                        "20261130x235959Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(record_stamp_read(slice_of(wrong[i])), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_in_the_order_of_their_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_record_is_not_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_twins_the_compressed_one_counts, set_up, tear_down),
        cmocka_unit_test(a_folder_that_is_missing_is_an_error),
        cmocka_unit_test(stamps_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
