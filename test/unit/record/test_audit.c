#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "record/audit_file.h"
#include "base/strbuf.h"
#include "base/json_writer.h"

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void assert_json_string(struct slice value, const char *expected)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, 0);
    json_writer_init(&json, &out);
    json_string(&json, NULL, value);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_deinit(&out);
}

static void json_keeps_every_byte_readable(void **state)
{
    (void)state;
    assert_json_string(slice_of("plain"), "\"plain\"");
    assert_json_string(slice_of("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    assert_json_string(slice_make("nul\0in", 6), "\"nul\\u0000in\"");
    assert_json_string(slice_of("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
    assert_json_string(slice_of("\xf0\x9f\x93\xa7"), "\"\xf0\x9f\x93\xa7\"");
    /* Latin-1, overlong, surrogate, beyond U+10FFFF, cut short */
    assert_json_string(slice_of("\xfc"), "\"\\u00fc\"");
    assert_json_string(slice_of("\xc0\xaf"), "\"\\u00c0\\u00af\"");
    assert_json_string(slice_of("\xed\xa0\x80"), "\"\\u00ed\\u00a0\\u0080\"");
    assert_json_string(slice_of("\xf4\x90\x80\x80"), "\"\\u00f4\\u0090\\u0080\\u0080\"");
    assert_json_string(slice_of("\xe2\x82"), "\"\\u00e2\\u0082\"");
}

/* ---- file ------------------------------------------------------------------------------------------- */

struct captured_log {
    unsigned error_count, warning_count;
};

static void capture(enum log_level level, const char *line, void *context)
{
    struct captured_log *log = context;
    (void)line;
    log->error_count += level == LOG_LEVEL_ERROR;
    log->warning_count += level == LOG_LEVEL_WARNING;
}

struct file_test {
    char folder[32];
    char path[64];
    uint64_t now_us;
    struct clock clock;
    struct captured_log log;
};

static uint64_t fake_monotonic(void *context)
{
    return ((struct file_test *)context)->now_us;
}

static int set_up_folder(void **state)
{
    struct file_test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    strcpy(test->folder, "/tmp/test_audit.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->path, sizeof test->path, "%s/audit.jsonl", test->folder);
    test->clock = (struct clock){fake_monotonic, NULL, test};
    test->now_us = 1;
    log_set_sink(capture, &test->log);
    *state = test;
    return 0;
}

static int tear_down_folder(void **state)
{
    struct file_test *test = *state;
    char command_path[80];
    unlink(test->path);
    snprintf(command_path, sizeof command_path, "%s.1", test->path);
    unlink(command_path);
    rmdir(test->folder);
    free(test);
    log_set_sink(NULL, NULL);
    return 0;
}

static void assert_file_holds(const char *path, const char *expected)
{
    char content[256] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[length] = '\0';
    assert_string_equal(content, expected);
}

static struct audit_file *open_file(struct file_test *test)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct audit_file *file = audit_file_open(test->path, &test->clock, &problem);
    assert_non_null(file);
    strbuf_deinit(&problem);
    return file;
}

static void a_moved_file_is_opened_anew_within_a_second(void **state)
{
    struct file_test *test = *state;
    char moved[80];
    snprintf(moved, sizeof moved, "%s.1", test->path);
    struct audit_file *file = open_file(test);
    assert_true(audit_file_write(file, slice_of("one\n")));
    assert_int_equal(rename(test->path, moved), 0);
    assert_true(audit_file_write(file, slice_of("two\n")));
    test->now_us += 1000000;
    assert_true(audit_file_write(file, slice_of("three\n")));
    assert_file_holds(moved, "one\ntwo\n");
    assert_file_holds(test->path, "three\n");
    audit_file_unref(file);
}

static void reopening_works_at_once(void **state)
{
    struct file_test *test = *state;
    struct audit_file *file = open_file(test);
    assert_int_equal(unlink(test->path), 0);
    audit_file_reopen(file);
    assert_true(audit_file_write(file, slice_of("fresh\n")));
    assert_file_holds(test->path, "fresh\n");
    audit_file_unref(file);
}

/* A folder that somebody renamed: one line in the log, not one a second for as long as it takes. */
static void what_cannot_be_reopened_is_said_once(void **state)
{
    struct file_test *test = *state;
    char moved[80];
    snprintf(moved, sizeof moved, "%s.moved", test->folder);
    struct audit_file *file = open_file(test);
    assert_int_equal(rename(test->folder, moved), 0);
    for (unsigned i = 0; i < 3; i++) {
        test->now_us += 1000000;
        assert_true(audit_file_write(file, slice_of("kept\n")));
    }
    assert_int_equal(test->log.error_count, 1);
    audit_file_reopen(file);
    assert_int_equal(test->log.error_count, 2);
    assert_int_equal(rename(moved, test->folder), 0);
    assert_file_holds(test->path, "kept\nkept\nkept\n");
    audit_file_unref(file);
}

static void a_full_disk_is_said_once_and_tears_one_line_only(void **state)
{
    struct file_test *test = *state;
    struct audit_file *file = open_file(test);
    struct rlimit former, tight;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &former), 0);
    tight = former;
    tight.rlim_cur = 8;
    assert_true(audit_file_write(file, slice_of("first\n")));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_false(audit_file_write(file, slice_of("torn line\n")));
    assert_false(audit_file_write(file, slice_of("lost line\n")));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &former), 0);
    assert_true(audit_file_write(file, slice_of("whole\n")));
    assert_file_holds(test->path, "first\nto\nwhole\n");
    assert_int_equal(test->log.error_count, 1);
    assert_int_equal(test->log.warning_count, 1);
    audit_file_unref(file);
}

static void a_folder_that_is_missing_is_told(void **state)
{
    struct file_test *test = *state;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_null(audit_file_open("/nonexistent/audit.jsonl", &test->clock, &problem));
    assert_string_equal(strbuf_text(&problem),
                        "audit file /nonexistent/audit.jsonl: No such file or directory");
    strbuf_deinit(&problem);
}

static void assert_refused(struct file_test *test, const char *path, const char *what)
{
    struct strbuf problem;
    char expected[200];
    strbuf_init(&problem, 0);
    assert_null(audit_file_open(path, &test->clock, &problem));
    snprintf(expected, sizeof expected,
             "audit file %s: this is %s, and records are kept in a plain file only: name one in audit.file",
             path, what);
    assert_string_equal(strbuf_text(&problem), expected);
    strbuf_deinit(&problem);
}

/* A FIFO nobody reads would hold up all mail. */
static void only_a_plain_file_takes_records(void **state)
{
    struct file_test *test = *state;
    assert_refused(test, "/dev/null", "a device");
    assert_refused(test, test->folder, "a folder");
    assert_int_equal(mkfifo(test->path, 0600), 0);
    assert_refused(test, test->path, "a FIFO");
}

static void a_file_that_becomes_a_fifo_keeps_the_old_one_in_use(void **state)
{
    struct file_test *test = *state;
    char moved[80];
    snprintf(moved, sizeof moved, "%s.1", test->path);
    struct audit_file *file = open_file(test);
    assert_int_equal(rename(test->path, moved), 0);
    assert_int_equal(mkfifo(test->path, 0600), 0);
    test->now_us += 1000000;
    assert_true(audit_file_write(file, slice_of("kept\n")));
    assert_file_holds(moved, "kept\n");
    assert_int_equal(test->log.error_count, 1);
    audit_file_unref(file);
}

/* After an unclean end: the next line begins on a line of its own. */
static void a_torn_end_is_closed_by_the_next_start(void **state)
{
    struct file_test *test = *state;
    FILE *torn = fopen(test->path, "w");
    fputs("whole\nto", torn);
    fclose(torn);
    struct audit_file *file = open_file(test);
    assert_true(audit_file_write(file, slice_of("next\n")));
    assert_file_holds(test->path, "whole\nto\nnext\n");
    audit_file_unref(file);
}

enum { RACE_WRITERS = 3, RACE_LINES = 4000, RACE_ROTATIONS = 300 };

struct race {
    struct audit_file *file;
    const char *path;
    atomic_uint writing;
};

/* Each look at the time is a second later, so that each line asks whether the file was moved. */
static uint64_t hasty_monotonic(void *context)
{
    return atomic_fetch_add((atomic_uint_least64_t *)context, 1000001);
}

static void *write_lines(void *context)
{
    struct race *race = context;
    for (unsigned i = 0; i < RACE_LINES; i++)
        assert_true(audit_file_write(race->file, slice_of("line\n")));
    atomic_fetch_sub(&race->writing, 1);
    return NULL;
}

static size_t count_lines(const char *path)
{
    size_t count = 0;
    FILE *file = fopen(path, "r");
    for (int c; file != NULL && (c = fgetc(file)) != EOF;)
        count += c == '\n';
    if (file != NULL)
        fclose(file);
    return count;
}

/* Whoever looks whether the file was moved, in the middle of a rotation, makes none that is then replaced. */
static void a_rotation_loses_no_line_to_who_looks_for_the_file(void **state)
{
    struct file_test *test = *state;
    atomic_uint_least64_t now_us = 0;
    const struct clock clock = {hasty_monotonic, NULL, &now_us};
    struct race race = {.path = test->path};
    pthread_t writers[RACE_WRITERS];
    struct strbuf problem;
    char closed[100];
    size_t count = 0;
    unsigned rotations = 0;
    strbuf_init(&problem, 0);
    race.file = audit_file_open(test->path, &clock, &problem);
    assert_non_null(race.file);
    atomic_init(&race.writing, RACE_WRITERS);
    for (unsigned i = 0; i < RACE_WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_lines, &race), 0);
    while (atomic_load(&race.writing) > 0 && rotations < RACE_ROTATIONS) {
        snprintf(closed, sizeof closed, "%s-%u", test->path, rotations++);
        assert_true(audit_file_rotate(race.file, closed, &problem));
    }
    for (unsigned i = 0; i < RACE_WRITERS; i++)
        pthread_join(writers[i], NULL);
    count = count_lines(test->path);
    for (unsigned i = 0; i < rotations; i++) {
        snprintf(closed, sizeof closed, "%s-%u", test->path, i);
        count += count_lines(closed);
        unlink(closed);
    }
    assert_int_equal(count, RACE_WRITERS * RACE_LINES);
    audit_file_unref(race.file);
    strbuf_deinit(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keeps_every_byte_readable),
        cmocka_unit_test_setup_teardown(a_moved_file_is_opened_anew_within_a_second, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(reopening_works_at_once, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(what_cannot_be_reopened_is_said_once, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_once_and_tears_one_line_only, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(only_a_plain_file_takes_records, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(a_file_that_becomes_a_fifo_keeps_the_old_one_in_use, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(a_torn_end_is_closed_by_the_next_start, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(a_rotation_loses_no_line_to_who_looks_for_the_file, set_up_folder,
                                        tear_down_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_is_missing_is_told, set_up_folder, tear_down_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
