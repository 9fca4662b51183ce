/* Rotation, packing and removal: no record is lost or doubled, whatever is cut off in between. */
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
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "record/record_files.h"
#include "record/record_keeper.h"
#include "record/record_stream.h"
#include "record/record_upkeep.h"
#include "record/rollup.h"
#include "record/sidecar.h"

struct keeper_test {
    void *owner;
    char folder[40], path[64];
    atomic_llong wall_us;
    struct clock clock;
    struct audit_file *file;
};

static atomic_uint error_count;

static void capture(enum log_level level, const char *line, void *context)
{
    (void)context;
    (void)line;
    atomic_fetch_add(&error_count, level == LOG_LEVEL_ERROR);
}

static uint64_t fake_monotonic(void *context)
{
    return (uint64_t)atomic_load(&((struct keeper_test *)context)->wall_us);
}

static int64_t fake_wall(void *context)
{
    return atomic_load(&((struct keeper_test *)context)->wall_us);
}

/* 2026-11-30T12:00:00Z */
static const int64_t NOON_US = INT64_C(1796040000000000);
static const int64_t HOUR_US = INT64_C(3600000000);

static struct audit_file *open_file(struct keeper_test *test)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct audit_file *file = audit_file_open(test->path, &test->clock, &problem);
    if (file == NULL)
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return file;
}

static int set_up(void **state)
{
    struct keeper_test *test = talloc_zero(NULL, struct keeper_test);
    setenv("TZ", "UTC", 1);
    tzset();
    strcpy(test->folder, "/tmp/test_keeper.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->path, sizeof test->path, "%s/audit.jsonl", test->folder);
    test->owner = test;
    atomic_store(&test->wall_us, NOON_US);
    test->clock = (struct clock){fake_monotonic, fake_wall, test};
    test->file = open_file(test);
    atomic_store(&error_count, 0);
    log_set_sink(capture, NULL);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct keeper_test *test = *state;
    char command[80];
    audit_file_unref(test->file);
    snprintf(command, sizeof command, "rm -r %s", test->folder);
    assert_int_equal(system(command), 0);
    talloc_free(test);
    log_set_sink(NULL, NULL);
    return 0;
}

static void write_line(struct keeper_test *test, unsigned number)
{
    char line[160];
    time_t seconds = (time_t)(atomic_load(&test->wall_us) / 1000000);
    struct tm utc;
    char time_text[40];
    gmtime_r(&seconds, &utc);
    strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S.000000Z", &utc);
    snprintf(
        line, sizeof line,
        "{\"v\":1,\"type\":\"message\",\"time\":\"%s\",\"id\":\"abcdefgh%04u\",\"host\":\"h\",\"size\":%u}\n",
        time_text, number % 10000, number);
    assert_true(audit_file_write(test->file, slice_of(line)));
}

static struct record_file_list files_of(const struct keeper_test *test)
{
    struct record_file_list list;
    assert_true(record_files_list(test->owner, test->path, &list));
    return list;
}

/* Every number below `count` stands in the files once. */
static void assert_each_once(const struct keeper_test *test, unsigned count)
{
    unsigned char *seen = talloc_zero_size(test->owner, count + 1);
    const struct record_file_list list = files_of(test);
    for (size_t i = 0; i < list.count; i++) {
        struct strbuf problem;
        struct slice line;
        strbuf_init(&problem, 0);
        struct record_stream *stream = record_stream_open(test->owner, list.items[i].path, &problem);
        assert_non_null(stream);
        while (record_stream_next(stream, &line)) {
            const char *size = memmem(line.data, line.length, "\"size\":", 7);
            assert_non_null(size);
            const unsigned number = (unsigned)strtoul(size + 7, NULL, 10);
            assert_true(number < count);
            assert_int_equal(seen[number]++, 0);
        }
        record_stream_close(stream);
        strbuf_deinit(&problem);
    }
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(seen[i], 1);
}

/* ---- rotation --------------------------------------------------------------------------------------- */

static void periods_end_with_local_time(void **state)
{
    (void)state;
    const uint64_t day_ms = 86400000, hour_ms = 3600000;
    assert_false(record_rotation_is_due(NOON_US, NOON_US + 11 * HOUR_US, day_ms));
    assert_true(record_rotation_is_due(NOON_US, NOON_US + 12 * HOUR_US, day_ms));
    assert_true(record_rotation_is_due(NOON_US, NOON_US + 72 * HOUR_US, day_ms));
    assert_true(record_rotation_is_due(NOON_US + HOUR_US - 1, NOON_US + HOUR_US, hour_ms));
    assert_false(record_rotation_is_due(NOON_US, NOON_US - HOUR_US, hour_ms)); /* the clock was set back */
    assert_false(record_rotation_is_due(NOON_US, NOON_US + 72 * HOUR_US, 0));
    setenv("TZ", "XXX-3", 1); /* three hours ahead of UTC */
    tzset();
    assert_false(record_rotation_is_due(NOON_US, NOON_US + 9 * HOUR_US - 1, day_ms));
    assert_true(record_rotation_is_due(NOON_US, NOON_US + 9 * HOUR_US, day_ms));
    setenv("TZ", "UTC", 1);
    tzset();
}

static void watch_with(struct keeper_test *test, const struct record_keeper_settings *settings,
                       struct record_watch *watch)
{
    struct record_keeper *keeper = record_keeper_create(&test->clock);
    record_keeper_use(keeper, test->file, settings);
    record_keeper_watch(keeper, watch);
    record_keeper_destroy(keeper);
}

static void a_file_ends_by_its_age_also_over_a_restart(void **state)
{
    struct keeper_test *test = *state;
    const struct record_keeper_settings settings = {.rotate_ms = 86400000};
    struct record_watch watch;
    write_line(test, 0);
    watch_with(test, &settings, &watch);
    assert_false(watch.has_rotated);
    atomic_store(&test->wall_us, NOON_US + 12 * HOUR_US);
    audit_file_unref(test->file);
    test->file = open_file(test);
    watch_with(test, &settings, &watch);
    assert_true(watch.has_rotated);
    write_line(test, 1);
    const struct record_file_list list = files_of(test);
    assert_int_equal(list.count, 2);
    assert_string_equal(strrchr(list.items[0].path, '/') + 1, "audit.jsonl-20261201T000000Z");
    watch_with(test, &settings, &watch);
    assert_false(watch.has_rotated);
    assert_each_once(test, 2);
}

static void a_file_ends_by_its_size_and_an_empty_one_never(void **state)
{
    struct keeper_test *test = *state;
    const struct record_keeper_settings settings = {.rotate_ms = 60000, .rotate_bytes = 300};
    struct record_watch watch;
    atomic_fetch_add(&test->wall_us, HOUR_US);
    watch_with(test, &settings, &watch);
    assert_false(watch.has_rotated);
    for (unsigned i = 0; i < 4; i++)
        write_line(test, i);
    watch_with(test, &settings, &watch);
    assert_true(watch.has_rotated);
    assert_each_once(test, 4);
}

/* Twice within a second: the name is taken, and the file goes on. */
static void a_name_that_is_taken_is_left_alone(void **state)
{
    struct keeper_test *test = *state;
    const struct record_keeper_settings settings = {.rotate_bytes = 1};
    struct record_watch watch;
    write_line(test, 0);
    watch_with(test, &settings, &watch);
    write_line(test, 1);
    watch_with(test, &settings, &watch);
    assert_false(watch.has_rotated);
    atomic_fetch_add(&test->wall_us, 1000000);
    watch_with(test, &settings, &watch);
    assert_true(watch.has_rotated);
    assert_each_once(test, 2);
}

struct writer {
    struct keeper_test *test;
    unsigned first;
    atomic_uint *running_count;
};

enum { WRITERS = 4, LINES_EACH = 3000 };

static void *write_many(void *context)
{
    struct writer *writer = context;
    for (unsigned i = 0; i < LINES_EACH; i++)
        write_line(writer->test, writer->first + i);
    atomic_fetch_sub(writer->running_count, 1);
    return NULL;
}

static void nothing_is_lost_while_threads_write(void **state)
{
    struct keeper_test *test = *state;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    atomic_uint running_count = WRITERS;
    struct record_keeper *keeper = record_keeper_create(&test->clock);
    record_keeper_use(keeper, test->file,
                      &(struct record_keeper_settings){.rotate_bytes = 1, .compress = true});
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){test, i * LINES_EACH, &running_count};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    unsigned rotations = 0;
    while (atomic_load(&running_count) > 0 || audit_file_bytes(test->file) > 0) {
        struct record_watch watch;
        record_keeper_watch(keeper, &watch);
        rotations += watch.has_rotated;
        atomic_fetch_add(&test->wall_us, 1000000);
    }
    assert_true(rotations > 0);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    record_keeper_destroy(keeper);
    assert_each_once(test, WRITERS * LINES_EACH);
}

/* ---- packing ---------------------------------------------------------------------------------------- */

static bool never(void *context)
{
    (void)context;
    return false;
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static const struct record_upkeep_stop go_on = {never, NULL}, stop_at_once = {always, NULL};

/* A closed file with the numbers up to `count`; its path. */
static char *close_file(struct keeper_test *test, unsigned count)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    char *closed = talloc_asprintf(test->owner, "%s-20261130T120000Z", test->path);
    for (unsigned i = 0; i < count; i++)
        write_line(test, i);
    assert_true(audit_file_rotate(test->file, closed, &problem));
    strbuf_deinit(&problem);
    return closed;
}

static void assert_packed(struct keeper_test *test, const char *closed, enum record_upkeep_result expected,
                          const struct record_upkeep_stop *stop)
{
    struct strbuf problem;
    (void)test;
    strbuf_init(&problem, 0);
    assert_int_equal(record_pack(closed, stop, &problem), expected);
    strbuf_deinit(&problem);
}

static void assert_caches(struct keeper_test *test, const char *packed, bool expected)
{
    struct seekable_table table;
    struct sidecar sidecar;
    struct rollup rollup;
    const int descriptor = open(packed, O_RDONLY | O_CLOEXEC);
    assert_true(seekable_table_read(test->owner, descriptor, &table));
    close(descriptor);
    assert_int_equal(sidecar_read(test->owner, packed, &table, &sidecar), expected);
    assert_int_equal(rollup_open(test->owner, packed, &table, &rollup), expected);
    if (expected)
        assert_int_equal(rollup.kind_counts[RECORD_LINE_MESSAGE], sidecar.frames[0].line_count);
    rollup_close(&rollup);
}

static void a_packed_file_has_all_lines_and_its_caches(void **state)
{
    struct keeper_test *test = *state;
    char *closed = close_file(test, 1000);
    struct stat status;
    assert_int_equal(chmod(closed, 0604), 0);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    assert_int_not_equal(access(closed, F_OK), 0);
    char *packed = talloc_asprintf(test->owner, "%s.zst", closed);
    assert_int_equal(stat(packed, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0604);
    assert_caches(test, packed, true);
    assert_each_once(test, 1000);
}

/* The clock was set back, and it is the same second again: the file of then is packed meanwhile. */
static void a_packed_name_is_taken_too(void **state)
{
    struct keeper_test *test = *state;
    const struct record_keeper_settings settings = {.rotate_bytes = 1};
    struct record_watch watch;
    write_line(test, 0);
    watch_with(test, &settings, &watch);
    assert_true(watch.has_rotated);
    assert_packed(test, files_of(test).items[0].path, UPKEEP_DONE, &go_on);
    write_line(test, 1);
    watch_with(test, &settings, &watch);
    assert_false(watch.has_rotated);
    atomic_fetch_add(&test->wall_us, 1000000);
    watch_with(test, &settings, &watch);
    assert_true(watch.has_rotated);
    assert_packed(test, files_of(test).items[1].path, UPKEEP_DONE, &go_on);
    assert_each_once(test, 2);
}

static void what_is_cut_off_begins_anew(void **state)
{
    struct keeper_test *test = *state;
    char *closed = close_file(test, 1000);
    assert_packed(test, closed, UPKEEP_STOPPED, &stop_at_once);
    assert_each_once(test, 1000);
    /* A process that ended within: half of the packed file lies about. */
    const int half =
        open(talloc_asprintf(test->owner, "%s.zst.new", closed), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(half, "half", 4), 4);
    close(half);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    assert_each_once(test, 1000);
    assert_int_equal(files_of(test).count, 2);
}

/* The end came between the new name and the removal; and lines that came later are not believed to be packed.
 */
static void twins_are_told_apart_by_what_is_in_them(void **state)
{
    struct keeper_test *test = *state;
    char *closed = close_file(test, 10);
    char *copy = talloc_asprintf(test->owner, "cp %s %s.copy", closed, closed);
    assert_int_equal(system(copy), 0);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    assert_int_equal(system(talloc_asprintf(test->owner, "mv %s.copy %s", closed, closed)), 0);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    assert_int_not_equal(access(closed, F_OK), 0);
    assert_each_once(test, 10);
    assert_int_equal(system(talloc_asprintf(test->owner, "zstdcat %s.zst > %s", closed, closed)), 0);
    assert_int_equal(system(talloc_asprintf(test->owner, "echo '{\"v\":1,\"size\":10}' >> %s", closed)), 0);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    assert_each_once(test, 11);
}

static void caches_are_made_anew(void **state)
{
    struct keeper_test *test = *state;
    char *closed = close_file(test, 10);
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_packed(test, closed, UPKEEP_DONE, &go_on);
    char *packed = talloc_asprintf(test->owner, "%s.zst", closed);
    assert_int_equal(truncate(talloc_asprintf(test->owner, "%s.idx", packed), 20), 0);
    assert_int_equal(unlink(talloc_asprintf(test->owner, "%s.sum", packed)), 0);
    assert_caches(test, packed, false);
    assert_int_equal(record_refresh_caches(packed, &go_on, &problem), UPKEEP_DONE);
    assert_caches(test, packed, true);
    strbuf_deinit(&problem);
}

/* ---- the keeper's thread ---------------------------------------------------------------------------- */

/* Bounded: the thread looks each second. */
static void wait_for_files(const struct keeper_test *test, size_t count, enum record_packing packing)
{
    for (unsigned i = 0; i < 3000; i++) {
        const struct record_file_list list = files_of(test);
        bool is_so = list.count == count;
        for (size_t f = 0; f < list.count; f++)
            is_so = is_so && (list.items[f].kind == RECORD_FILE_CURRENT || list.items[f].packing == packing);
        if (is_so)
            return;
        usleep(10000);
    }
    fail_msg("the files are not %zu", count);
}

static void closed_files_are_packed_and_old_ones_removed(void **state)
{
    struct keeper_test *test = *state;
    struct record_keeper *keeper = record_keeper_create(&test->clock);
    close_file(test, 10);
    record_keeper_use(keeper, test->file,
                      &(struct record_keeper_settings){.compress = true, .retain_ms = 86400000});
    atomic_fetch_add(&test->wall_us, 5000000);
    wait_for_files(test, 2, RECORD_ZSTD);
    assert_each_once(test, 10);
    atomic_fetch_add(&test->wall_us, 24 * HOUR_US);
    wait_for_files(test, 1, RECORD_PLAIN);
    record_keeper_destroy(keeper);
    assert_int_equal(atomic_load(&error_count), 0);
    assert_int_not_equal(
        access(talloc_asprintf(test->owner, "%s-20261130T120000Z.zst.sum", test->path), F_OK), 0);
}

/* ---- the disk --------------------------------------------------------------------------------------- */

static void little_room_is_said_once(void **state)
{
    struct keeper_test *test = *state;
    struct record_keeper *keeper = record_keeper_create(&test->clock);
    struct record_watch watch;
    record_keeper_use(keeper, test->file, &(struct record_keeper_settings){.disk_low_bytes = UINT64_MAX / 2});
    for (unsigned i = 0; i < 3; i++) {
        record_keeper_watch(keeper, &watch);
        assert_int_equal(watch.disk_became_low, i == 0);
        assert_true(watch.disk_is_low);
    }
    assert_true(record_keeper_disk_is_low(keeper));
    assert_int_equal(atomic_load(&error_count), 1);
    record_keeper_use(keeper, test->file, &(struct record_keeper_settings){.disk_low_bytes = 1});
    record_keeper_watch(keeper, &watch);
    assert_false(record_keeper_disk_is_low(keeper));
    record_keeper_destroy(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(periods_end_with_local_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_ends_by_its_age_also_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_ends_by_its_size_and_an_empty_one_never, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_is_taken_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_while_threads_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_packed_file_has_all_lines_and_its_caches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_packed_name_is_taken_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cut_off_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(twins_are_told_apart_by_what_is_in_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(caches_are_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closed_files_are_packed_and_old_ones_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(little_room_is_said_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
