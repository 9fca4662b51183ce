/* The two caches beside a closed file: what is put in is found, what is damaged or of another file is not
 * there. */
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

#include "record/cache_file.h"
#include "record/record_reader.h"
#include "record/rollup.h"
#include "record/sidecar.h"

#define LINE(user, ip, recipients, verdict, would, findings)                                                 \
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-30T10:20:30.000001Z\",\"id\":\"abcdefghjkmn\","        \
    "\"host\":\"mx1\",\"queue_id\":\"4F2\",\"role\":\"submission\",\"user\":\"" user                         \
    "\",\"customer\":\"acme\","                                                                              \
    "\"client\":{\"ip\":\"" ip "\"},\"auth\":{\"login\":\"Raw\"},\"sender\":\"s@example.com\","              \
    "\"from\":\"Ann <From@Example.com>\",\"message_id\":\"<1@x>\",\"recipients\":[" recipients               \
    "],\"size\":100,"                                                                                        \
    "\"lists\":[{\"zone\":\"xbl\",\"state\":\"listed\"}],\"findings\":[" findings "],\"verdict\":\"" verdict \
    "\",\"would\":\"" would "\"}"

static const char *const lines[] = {
    LINE("ann@example.com", "192.0.2.7",
         "{\"address\":\"bob@example.org\",\"action\":\"accept\"},"
         "{\"address\":\"eve@example.org\",\"action\":\"reject\",\"reason\":\"recipients.surplus\"}",
         "accept", "accept", ""),
    LINE("ann@example.com", "192.0.3.8", "{\"address\":\"bob@example.org\",\"action\":\"accept\"}", "accept",
         "reject", "{\"check\":\"size\",\"outcome\":\"fail\",\"reason\":\"large\",\"action\":\"reject\"}"),
    LINE("bob@example.net", "2001:db8::7",
         "{\"address\":\"x@example.org\",\"action\":\"reject\",\"reason\":\"a.b\"}", "reject", "reject",
         "{\"check\":\"a\",\"outcome\":\"fail\",\"reason\":\"b\",\"action\":\"reject\"}"),
    "{\"v\":1,\"type\":\"block\",\"time\":\"2026-11-30T11:00:00.000000Z\",\"id\":\"abcdefghjkmp\",\"host\":\"mx1\","
    "\"subject\":{\"kind\":\"user\",\"name\":\"Zoe@example.com\"}}",
    "{\"v\":1,\"type\":\"record_lost\",\"time\":\"2026-11-30T11:00:01.000000Z\",\"id\":\"x\",\"host\":\"mx2\","
    "\"reason\":\"full\",\"count\":7}",
    "{\"v\":1,\"type\":\"warn\",\"time\":\"2026-11-30T11:00:02.000000Z\",\"id\":\"y\",\"host\":\"mx2\","
    "\"subject\":{\"kind\":\"user\",\"name\":\"yan@example.com\"},\"state\":\"warn\"}",
};

struct caches {
    void *owner;
    char folder[40];
    char path[60]; /* of the closed file, which is not there: only its table counts */
    struct seekable_frame frames[2];
    struct seekable_table table;
};

static int set_up(void **state)
{
    struct caches *caches = talloc_zero(NULL, struct caches);
    caches->owner = caches;
    strcpy(caches->folder, "/tmp/test_sidecar.XXXXXX");
    assert_non_null(mkdtemp(caches->folder));
    snprintf(caches->path, sizeof caches->path, "%s/a.zst", caches->folder);
    caches->table = (struct seekable_table){.frames = caches->frames, .count = 2, .identity = 4711};
    *state = caches;
    return 0;
}

static int tear_down(void **state)
{
    struct caches *caches = *state;
    char command[80];
    snprintf(command, sizeof command, "rm -r %s", caches->folder);
    assert_int_equal(system(command), 0);
    talloc_free(caches);
    return 0;
}

static int64_t read_line(const char *line, struct record *record)
{
    int64_t time_us = 0;
    assert_true(record_read(slice_of(line), record));
    assert_true(record_time(record, RECORD_TIME, &time_us));
    return time_us;
}

/* ---- sidecar ---------------------------------------------------------------------------------------- */

/* The messages in the first frame, the events in the second. */
static void write_sidecar(struct caches *caches)
{
    struct sidecar_builder *builder = sidecar_builder_create(caches->owner);
    struct strbuf content;
    char path[80];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct record record;
        const int64_t time_us = read_line(lines[i], &record);
        if (i == 3)
            assert_true(sidecar_builder_end_frame(builder));
        sidecar_builder_add(builder, &record, time_us);
    }
    assert_true(sidecar_builder_end_frame(builder));
    strbuf_init(&content, 0);
    sidecar_builder_write(builder, &caches->table, &content);
    snprintf(path, sizeof path, "%s%s", caches->path, SIDECAR_ENDING);
    assert_true(cache_file_write(path, &content));
    strbuf_deinit(&content);
}

static void what_people_look_for_is_found(void **state)
{
    static const char *const terms[] = {
        "ann@example.com", "ANN@example.com", "raw",         "s@example.com", "from@example.com",
        "eve@example.org", "192.0.2.7",       "2001:db8::7", "4f2",           "1@x",
        "<1@x>",           "abcdefghjkmn"};
    struct caches *caches = *state;
    struct sidecar sidecar;
    write_sidecar(caches);
    assert_true(sidecar_read(caches->owner, caches->path, &caches->table, &sidecar));
    assert_int_equal(sidecar.count, 2);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        assert_true(sidecar_may_hold(&sidecar.frames[0], sidecar_term(slice_of(terms[i]))));
    assert_true(sidecar_may_hold(&sidecar.frames[1], sidecar_term(slice_of("zoe@example.com"))));
    assert_false(sidecar_may_hold(&sidecar.frames[1], sidecar_term(slice_of("ann@example.com"))));
    assert_int_equal(sidecar.frames[0].line_count, 3);
    assert_int_equal(sidecar.frames[1].first_us, INT64_C(1796036400000000));
    assert_int_equal(sidecar.frames[1].last_us, INT64_C(1796036402000000));
}

/* Ten bits a term: about one in a hundred is looked for in vain. */
static void few_frames_are_read_in_vain(void **state)
{
    struct caches *caches = *state;
    struct sidecar_builder *builder = sidecar_builder_create(caches->owner);
    struct sidecar sidecar;
    struct strbuf content;
    char text[200], path[80];
    unsigned found = 0;
    for (unsigned i = 0; i < 10000; i++) {
        struct record record;
        snprintf(text, sizeof text, "{\"v\":1,\"type\":\"message\",\"id\":\"i%u\",\"queue_id\":\"q%u\"}", i,
                 i);
        assert_true(record_read(slice_of(text), &record));
        sidecar_builder_add(builder, &record, 0);
    }
    assert_true(sidecar_builder_end_frame(builder));
    caches->table.count = 1;
    strbuf_init(&content, 0);
    sidecar_builder_write(builder, &caches->table, &content);
    snprintf(path, sizeof path, "%s%s", caches->path, SIDECAR_ENDING);
    assert_true(cache_file_write(path, &content));
    assert_true(sidecar_read(caches->owner, caches->path, &caches->table, &sidecar));
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "other%u", i);
        found += sidecar_may_hold(&sidecar.frames[0], sidecar_term(slice_of(text)));
    }
    assert_true(found < 200);
    strbuf_deinit(&content);
}

/* ---- roll-up ---------------------------------------------------------------------------------------- */

static void write_rollup(struct caches *caches)
{
    struct rollup_builder *builder = rollup_builder_create(caches->owner);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct record record;
        const int64_t time_us = read_line(lines[i], &record);
        rollup_builder_add(builder, &record, time_us);
    }
    assert_true(rollup_builder_write(builder, caches->path, &caches->table));
}

static struct rollup_row find_row(const struct caches *caches, const struct rollup *rollup, enum rollup_by by,
                                  const char *name)
{
    struct rollup_rows rows;
    struct rollup_row row;
    assert_true(rollup_read_section(caches->owner, rollup, by, &rows));
    while (rollup_next(&rows, &row))
        if (slice_equal(row.name, slice_of(name)))
            return row;
    fail_msg("no row '%s'", name);
    return row;
}

static void sums_are_those_of_the_lines(void **state)
{
    struct caches *caches = *state;
    struct rollup rollup;
    write_rollup(caches);
    assert_true(rollup_open(caches->owner, caches->path, &caches->table, &rollup));
    assert_int_equal(rollup.line_count, 6);
    assert_int_equal(rollup.lost_count, 7);
    assert_int_equal(rollup.kind_counts[RECORD_LINE_MESSAGE], 3);
    assert_int_equal(rollup.kind_counts[RECORD_LINE_BLOCK], 1);
    assert_int_equal(rollup.host.length, 0); /* of two */
    struct rollup_row row = find_row(caches, &rollup, ROLLUP_QUARTER, "1995593 submission");
    assert_int_equal(row.counts.messages, 3);
    assert_int_equal(row.counts.refused, 1);
    row = find_row(caches, &rollup, ROLLUP_USER, "ann@example.com");
    assert_int_equal(row.counts.messages, 2);
    assert_int_equal(row.counts.accepted, 2);
    assert_int_equal(row.counts.would, 1);
    assert_int_equal(row.counts.recipients, 2);
    assert_int_equal(row.counts.recipients_refused, 1);
    assert_int_equal(row.counts.bytes, 200);
    assert_int_equal(row.network_count, 2);
    assert_int_equal(row.networks[0], record_network(slice_of("192.0.2.99")));
    assert_int_equal(find_row(caches, &rollup, ROLLUP_DOMAIN, "example.net").counts.messages, 1);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_CUSTOMER, "acme").counts.messages, 3);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_CLIENT, "2001:db8::/64").counts.refused, 1);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_CHECK, "size large").counts.would, 1);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_CHECK, "a b").counts.refused, 1);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_CHECK, "recipients surplus").counts.recipients_refused,
                     1);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_LIST, "xbl").counts.refused, 3);
    assert_int_equal(find_row(caches, &rollup, ROLLUP_ACCOUNT, lines[5]).counts.messages, 1);
    rollup_close(&rollup);
}

/* ---- never believed against the data ---------------------------------------------------------------- */

static bool both_are_there(struct caches *caches)
{
    struct sidecar sidecar;
    struct rollup rollup;
    struct rollup_rows rows;
    bool has_sidecar = sidecar_read(caches->owner, caches->path, &caches->table, &sidecar);
    bool has_rollup = rollup_open(caches->owner, caches->path, &caches->table, &rollup);
    for (enum rollup_by by = 0; has_rollup && by < ROLLUP_BY_COUNT; by++)
        has_rollup = rollup_read_section(caches->owner, &rollup, by, &rows);
    rollup_close(&rollup);
    assert_int_equal(has_sidecar, has_rollup);
    return has_sidecar;
}

static void those_of_another_file_are_not_there(void **state)
{
    struct caches *caches = *state;
    assert_false(both_are_there(caches));
    write_sidecar(caches);
    write_rollup(caches);
    assert_true(both_are_there(caches));
    caches->table.identity++;
    assert_false(both_are_there(caches));
}

/* Any byte that changed, any byte that is missing. */
static void damage_is_noticed(void **state)
{
    struct caches *caches = *state;
    static const char *const endings[] = {SIDECAR_ENDING, ROLLUP_ENDING};
    write_sidecar(caches);
    write_rollup(caches);
    for (size_t e = 0; e < 2; e++) {
        char path[80], byte;
        struct sidecar sidecar;
        struct rollup rollup;
        struct rollup_rows rows;
        snprintf(path, sizeof path, "%s%s", caches->path, endings[e]);
        const int file = open(path, O_RDWR | O_CLOEXEC);
        const off_t length = lseek(file, 0, SEEK_END);
        for (off_t at = 0; at < length; at++) {
            assert_int_equal(pread(file, &byte, 1, at), 1);
            byte = (char)(byte ^ 4);
            assert_int_equal(pwrite(file, &byte, 1, at), 1);
            bool is_good = e == 0 ? sidecar_read(caches->owner, caches->path, &caches->table, &sidecar)
                                  : rollup_open(caches->owner, caches->path, &caches->table, &rollup);
            for (enum rollup_by by = 0; e == 1 && is_good && by < ROLLUP_BY_COUNT; by++)
                is_good = rollup_read_section(caches->owner, &rollup, by, &rows);
            if (e == 1)
                rollup_close(&rollup);
            assert_false(is_good);
            byte = (char)(byte ^ 4);
            assert_int_equal(pwrite(file, &byte, 1, at), 1);
        }
        assert_int_equal(ftruncate(file, length - 1), 0);
        assert_false(e == 0 && sidecar_read(caches->owner, caches->path, &caches->table, &sidecar));
        close(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_people_look_for_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_frames_are_read_in_vain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sums_are_those_of_the_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(those_of_another_file_are_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_noticed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
