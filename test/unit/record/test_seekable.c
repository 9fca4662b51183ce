/* Frames and table of closed files: what is packed is unpacked, by us frame by frame and by any zstd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "record/seekable.h"

/* A file without a name. */
static int scratch_file(void)
{
    char path[] = "/tmp/test_seekable.XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    unlink(path);
    return descriptor;
}

static void write_all(int descriptor, struct slice bytes)
{
    assert_int_equal(write(descriptor, bytes.data, bytes.length), (ssize_t)bytes.length);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
}

/* About `bytes` of lines that do not repeat. */
static void make_lines(struct strbuf *out, size_t bytes)
{
    strbuf_init(out, 0);
    for (unsigned i = 0; out->length < bytes; i++)
        strbuf_printf(out, "{\"v\":1,\"id\":\"%08x\",\"text\":\"%u\"}\n", i * 2654435761U, i);
}

struct watched {
    size_t frame_count;
    bool is_whole; /* each frame so far ended a line */
    size_t stop_at;
};

static bool watch(void *context, const struct seekable_frame *frame, struct slice plain)
{
    struct watched *watched = context;
    assert_int_equal(frame->plain_bytes, plain.length);
    watched->is_whole = watched->is_whole && plain.data[plain.length - 1] == '\n';
    return ++watched->frame_count != watched->stop_at;
}

static int pack(struct slice plain, struct watched *watched)
{
    const int from = scratch_file(), to = scratch_file();
    uint64_t packed_bytes = 0;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    write_all(from, plain);
    assert_true(seekable_pack(from, to, watch, watched, &packed_bytes, &problem));
    assert_int_equal(packed_bytes, plain.length);
    assert_string_equal(strbuf_text(&problem), "");
    close(from);
    return to;
}

static void every_frame_is_read_alone(void **state)
{
    struct strbuf lines;
    struct watched watched = {.is_whole = true};
    struct seekable_table table;
    void *owner = talloc_new(NULL);
    (void)state;
    make_lines(&lines, 9000000);
    const int file = pack(strbuf_slice(&lines), &watched);
    assert_int_equal(watched.frame_count, 3);
    assert_true(watched.is_whole);
    assert_true(seekable_table_read(owner, file, &table));
    assert_int_equal(table.count, 3);
    assert_int_equal(table.plain_bytes, lines.length);
    struct seekable_reader *reader = seekable_reader_create(owner, file);
    for (size_t i = table.count; i-- > 0;) {
        struct slice plain;
        assert_true(seekable_frame_read(reader, &table.frames[i], &plain));
        assert_memory_equal(plain.data, lines.data + table.frames[i].plain_offset, plain.length);
    }
    close(file);
    talloc_free(owner);
    strbuf_deinit(&lines);
}

static void nothing_and_half_a_line_are_packed_too(void **state)
{
    static const char *const texts[] = {"", "a", "a\nb", "\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct watched watched = {0};
        struct seekable_table table;
        void *owner = talloc_new(NULL);
        const int file = pack(slice_of(texts[i]), &watched);
        assert_true(seekable_table_read(owner, file, &table));
        assert_int_equal(table.plain_bytes, strlen(texts[i]));
        close(file);
        talloc_free(owner);
    }
}

static void a_line_longer_than_a_frame_stays_whole(void **state)
{
    struct strbuf lines;
    struct watched watched = {.is_whole = true};
    (void)state;
    strbuf_init(&lines, 0);
    strbuf_append_text(&lines, "short\n");
    memset(strbuf_extend(&lines, SEEKABLE_FRAME_BYTES + 10), 'x', SEEKABLE_FRAME_BYTES + 10);
    strbuf_append_text(&lines, "\nend\n");
    close(pack(strbuf_slice(&lines), &watched));
    assert_true(watched.is_whole);
    strbuf_deinit(&lines);
}

static void who_watches_may_stop_it(void **state)
{
    struct strbuf lines, problem;
    struct watched watched = {.stop_at = 1};
    uint64_t packed_bytes;
    const int from = scratch_file(), to = scratch_file();
    (void)state;
    strbuf_init(&problem, 0);
    make_lines(&lines, 5000000);
    write_all(from, strbuf_slice(&lines));
    assert_false(seekable_pack(from, to, watch, &watched, &packed_bytes, &problem));
    assert_int_equal(watched.frame_count, 1);
    close(from);
    close(to);
    strbuf_deinit(&lines);
    strbuf_deinit(&problem);
}

static void what_cannot_be_written_is_told(void **state)
{
    struct strbuf problem;
    uint64_t packed_bytes;
    const int from = scratch_file(), to = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)state;
    strbuf_init(&problem, 0);
    write_all(from, slice_of("line\n"));
    assert_false(seekable_pack(from, to, NULL, NULL, &packed_bytes, &problem));
    assert_string_equal(strbuf_text(&problem), "No space left on device");
    close(from);
    close(to);
    strbuf_deinit(&problem);
}

/* Any file that is cut, or has another byte in its table, has no table; a frame that is damaged is not read.
 */
static void damage_is_noticed(void **state)
{
    struct watched watched = {0};
    struct seekable_table table;
    void *owner = talloc_new(NULL);
    char bytes[4096];
    (void)state;
    const int file = pack(slice_of("{\"v\":1}\n{\"v\":1}\n"), &watched);
    const ssize_t length = pread(file, bytes, sizeof bytes, 0);
    assert_true(seekable_table_read(owner, file, &table));
    for (ssize_t cut = 0; cut < length; cut++) {
        struct seekable_table none;
        const int broken = scratch_file();
        write_all(broken, slice_make(bytes, (size_t)cut));
        assert_false(seekable_table_read(owner, broken, &none));
        close(broken);
    }
    bytes[table.frames[0].bytes - 1] ^= 1; /* its checksum */
    const int broken = scratch_file();
    write_all(broken, slice_make(bytes, (size_t)length));
    struct slice plain;
    assert_true(seekable_table_read(owner, broken, &table));
    assert_false(seekable_frame_read(seekable_reader_create(owner, broken), &table.frames[0], &plain));
    close(broken);
    close(file);
    talloc_free(owner);
}

/* zstd -d knows nothing of the table. */
static void any_zstd_unpacks_it(void **state)
{
    struct strbuf lines;
    struct watched watched = {.is_whole = true};
    char command[128];
    (void)state;
    make_lines(&lines, 5000000);
    const int file = pack(strbuf_slice(&lines), &watched);
    snprintf(command, sizeof command, "zstd -dc </proc/self/fd/%d", file);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    FILE *unpacked = popen(command, "r");
    assert_non_null(unpacked);
    char *plain = malloc(lines.length + 1);
    assert_int_equal(fread(plain, 1, lines.length + 1, unpacked), lines.length);
    assert_memory_equal(plain, lines.data, lines.length);
    assert_int_equal(pclose(unpacked), 0);
    free(plain);
    close(file);
    strbuf_deinit(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_read_alone),
        cmocka_unit_test(nothing_and_half_a_line_are_packed_too),
        cmocka_unit_test(a_line_longer_than_a_frame_stays_whole),
        cmocka_unit_test(who_watches_may_stop_it),
        cmocka_unit_test(what_cannot_be_written_is_told),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(any_zstd_unpacks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
