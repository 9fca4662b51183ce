/* Lines of a file come the same however it is packed, and those of a time are found without the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/record_reader.h"
#include "record/record_stream.h"
#include "record/seekable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

enum { LINE_COUNT = 24000, STEP_SEC = 10 };
static const int64_t first_sec = 1767225600; /* 2026-01-01 */

static char folder[] = "/tmp/closedrelay-stream.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int64_t time_of(int number)
{
    return (first_sec + (int64_t)number * STEP_SEC) * 1000000;
}

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    FILE *plain = fopen(path_of("plain"), "w");
    assert_non_null(plain);
    for (int i = 0; i < LINE_COUNT; i++) {
        char text[32];
        time_t seconds = (time_t)(time_of(i) / 1000000);
        struct tm utc;
        gmtime_r(&seconds, &utc);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", &utc);
        fprintf(plain, "{\"v\":1,\"time\":\"%s\",\"size\":%d,\"from\":\"%0*d\"}\n", text, i, 300, i);
    }
    assert_int_equal(fclose(plain), 0);
    char command[512];
    snprintf(command, sizeof command,
             "cd %s && gzip -k plain && xz -0 -k plain && zstd -q plain && : >empty && "
             "head -c 1000 plain.gz >half.gz && cat plain.gz plain.gz >twice.gz && "
             "printf '{\"a\":1}\\n{\"a\":' >torn",
             folder);
    assert_int_equal(system(command), 0);
    struct strbuf problem;
    uint64_t plain_bytes;
    strbuf_init(&problem, 0);
    int from = open(path_of("plain"), O_RDONLY);
    int to = open(path_of("seekable.zst"), O_RDWR | O_CREAT, 0600);
    assert_true(seekable_pack(from, to, NULL, NULL, &plain_bytes, &problem));
    close(from);
    close(to);
    strbuf_deinit(&problem);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct record_stream *open_stream(const char *name)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct record_stream *stream = record_stream_open(NULL, path_of(name), &problem);
    assert_non_null(stream);
    strbuf_deinit(&problem);
    return stream;
}

/* The number of the next line, or -1. */
static int next_number(struct record_stream *stream)
{
    struct slice line;
    struct record record;
    if (!record_stream_next(stream, &line))
        return -1;
    assert_true(record_read(line, &record));
    return (int)record_u64(&record, RECORD_SIZE);
}

static const char *const packings[] = {"plain", "plain.gz", "plain.xz", "plain.zst", "seekable.zst"};
enum { PACKING_COUNT = sizeof packings / sizeof packings[0] };

static void every_line_comes_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        struct record_stream *stream = open_stream(packings[i]);
        for (int number = 0; number < LINE_COUNT; number++)
            assert_int_equal(next_number(stream), number);
        assert_int_equal(next_number(stream), -1);
        assert_string_equal(record_stream_problem(stream), "");
        record_stream_close(stream);
    }
}

static void one_packed_file_may_follow_another(void **state)
{
    (void)state;
    struct record_stream *stream = open_stream("twice.gz");
    int count = 0;
    while (next_number(stream) >= 0)
        count++;
    assert_int_equal(count, 2 * LINE_COUNT);
    record_stream_close(stream);
}

static void a_time_is_found(void **state)
{
    (void)state;
    static const char *const quick[] = {"plain", "seekable.zst"};
    for (size_t i = 0; i < 2; i++) {
        struct record_stream *stream = open_stream(quick[i]);
        assert_false(record_stream_is_slow(stream));
        for (int wanted = 0; wanted < LINE_COUNT; wanted += 1777) {
            record_stream_seek(stream, time_of(wanted));
            int first = next_number(stream), number = first;
            assert_in_range(first, 0, wanted);
            while (number < wanted)
                number = next_number(stream);
            assert_int_equal(number, wanted);
            assert_true(i == 1 || wanted - first < 1000);
        }
        record_stream_seek(stream, time_of(LINE_COUNT * 2));
        assert_true(next_number(stream) > 0);
        record_stream_close(stream);
    }
}

static void the_first_time_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        int64_t time_us;
        struct record_stream *stream = open_stream(packings[i]);
        assert_true(record_stream_first_time(stream, &time_us));
        assert_true(time_us == time_of(0));
        assert_int_equal(next_number(stream), 0);
        assert_int_equal(record_stream_is_slow(stream), i >= 1 && i <= 3);
        record_stream_close(stream);
    }
}

static void what_is_cut_off_ends(void **state)
{
    (void)state;
    struct slice line;
    struct record_stream *stream = open_stream("empty");
    assert_false(record_stream_next(stream, &line));
    record_stream_close(stream);
    stream = open_stream("torn");
    assert_true(record_stream_next(stream, &line));
    assert_true(record_stream_next(stream, &line));
    assert_true(slice_equal(line, slice_of("{\"a\":")));
    assert_false(record_stream_next(stream, &line));
    record_stream_close(stream);
    stream = open_stream("half.gz");
    while (record_stream_next(stream, &line))
        ;
    record_stream_close(stream);
}

static void damage_is_said_and_the_rest_is_read(void **state)
{
    (void)state;
    int descriptor = open(path_of("seekable.zst"), O_RDWR);
    unsigned char byte;
    assert_int_equal(pread(descriptor, &byte, 1, 1000), 1);
    byte ^= 0xff;
    assert_int_equal(pwrite(descriptor, &byte, 1, 1000), 1);
    close(descriptor);
    struct record_stream *stream = open_stream("seekable.zst");
    int number, last = -1, count = 0;
    while ((number = next_number(stream)) >= 0) {
        last = number;
        count++;
    }
    assert_int_equal(last, LINE_COUNT - 1);
    assert_in_range(count, LINE_COUNT / 2, LINE_COUNT - 1);
    assert_non_null(strstr(record_stream_problem(stream), "damaged"));
    record_stream_close(stream);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_null(record_stream_open(NULL, path_of("missing"), &problem));
    assert_string_equal(strbuf_text(&problem), "No such file or directory");
    strbuf_deinit(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_comes_once),     cmocka_unit_test(one_packed_file_may_follow_another),
        cmocka_unit_test(a_time_is_found),           cmocka_unit_test(the_first_time_is_told),
        cmocka_unit_test(what_is_cut_off_ends),      cmocka_unit_test(damage_is_said_and_the_rest_is_read),
        cmocka_unit_test(what_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
