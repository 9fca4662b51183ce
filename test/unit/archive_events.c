#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive_events.h"

#include <stdio.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>
#include <zlib.h>

const struct archive_budget archive_events_budget = {10000, 64 << 20, 16 << 20, 1 << 30};

struct recorder {
    struct strbuf *events;
    const struct archive_events_options *options;
    uint64_t data_bytes;
    uint32_t crc;
    bool open;
};

static void append_name(struct strbuf *events, struct slice name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 0x20 || c == 0x7F)
            strbuf_printf(events, "\\x%02x", c);
        else
            strbuf_append_byte(events, (char)c);
    }
}

static bool record_member(void *context, const struct archive_member *member)
{
    struct recorder *recorder = context;
    assert_false(recorder->open);
    recorder->open = true;
    recorder->data_bytes = 0;
    recorder->crc = 0;
    strbuf_append_text(recorder->events, "member ");
    append_name(recorder->events, member->name);
    strbuf_append_text(recorder->events, member->encrypted ? " encrypted" : "");
    strbuf_append_text(recorder->events, member->is_folder ? " folder\n" : "\n");
    return !recorder->options->spared;
}

static void record_other_name(void *context, struct slice name)
{
    struct recorder *recorder = context;
    assert_true(recorder->open);
    strbuf_append_text(recorder->events, "aka ");
    append_name(recorder->events, name);
    strbuf_append_byte(recorder->events, '\n');
}

static bool record_data(void *context, struct slice data)
{
    struct recorder *recorder = context;
    assert_true(recorder->open);
    assert_false(recorder->options->spared);
    recorder->data_bytes += data.length;
    recorder->crc = (uint32_t)crc32_z(recorder->crc, (const unsigned char *)data.data, data.length);
    return recorder->options->data_most == 0 || recorder->data_bytes < recorder->options->data_most;
}

static void record_end(void *context, bool complete)
{
    struct recorder *recorder = context;
    assert_true(recorder->open);
    recorder->open = false;
    strbuf_printf(recorder->events, "end %s", complete ? "complete" : "incomplete");
    if (recorder->data_bytes > 0)
        strbuf_printf(recorder->events, " %llu %08x", (unsigned long long)recorder->data_bytes,
                      (unsigned)recorder->crc);
    strbuf_append_byte(recorder->events, '\n');
}

static void record_outcome(void *context, enum archive_outcome outcome, const char *why)
{
    static const char *const kinds[] = {"index_encrypted", "contradictory", "damaged",
                                        "unsupported",     "over_budget",   "macros"};
    struct recorder *recorder = context;
    assert_true(strlen(why) > 0);
    strbuf_printf(recorder->events, "outcome %s\n", kinds[outcome]);
}

/* Pushes a copy of `piece` that ends where reading further is a fault. */
static bool push_guarded(const struct archive_format *format, void *reader, struct slice piece)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (piece.length + page - 1) / page * page;
    char *memory = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + size, page, PROT_NONE), 0);
    memcpy(memory + size - piece.length, piece.data, piece.length);
    bool more = format->push(reader, slice_make(memory + size - piece.length, piece.length));
    munmap(memory, size + page);
    return more;
}

void archive_events_run(const struct archive_format *format, struct slice file,
                        const struct archive_events_options *options, struct strbuf *events)
{
    static const struct archive_events_options plain = {.budget = {10000, 64 << 20, 16 << 20, 1 << 30}};
    struct recorder recorder = {.events = events, .options = options == NULL ? &plain : options};
    struct archive_sink sink = {&recorder,   record_member, record_other_name,
                                record_data, record_end,    record_outcome};
    struct archive_budget budget = recorder.options->budget;
    uint64_t kept_before = budget.kept_bytes_left;
    void *reader = format->create(NULL, &sink, &budget);
    assert_non_null(reader);
    bool more = true;
    for (size_t at = 0; more && at < file.length;) {
        size_t most = at == 0 ? recorder.options->first_piece : recorder.options->piece;
        size_t left = file.length - at;
        size_t count = most == 0 || most > left ? left : most;
        more = push_guarded(format, reader, slice_part(file, at, at + count));
        at += count;
    }
    format->end(reader);
    assert_false(recorder.open);
    talloc_free(reader);
    assert_true(budget.kept_bytes_left == kept_before);
    assert_false(events->failed);
}

static void assert_events(const struct archive_format *format, struct slice file,
                          struct archive_events_options options, const char *expected)
{
    struct strbuf events;
    strbuf_init(&events, 0);
    options.budget = archive_events_budget;
    archive_events_run(format, file, &options, &events);
    if (strcmp(strbuf_text(&events), expected) != 0)
        print_error("first piece %zu, then %zu\n", options.first_piece, options.piece);
    assert_string_equal(strbuf_text(&events), expected);
    strbuf_deinit(&events);
}

void archive_events_assert(const struct archive_format *format, struct slice file, const char *expected)
{
    assert_events(format, file, (struct archive_events_options){0}, expected);
    size_t small = file.length < 8192 ? 1 : 13;
    assert_events(format, file, (struct archive_events_options){.first_piece = small, .piece = small},
                  expected);
    size_t step = file.length < 8192 ? 1 : 1 + file.length / 997;
    for (size_t cut = 1; cut < file.length; cut += step)
        assert_events(format, file, (struct archive_events_options){.first_piece = cut}, expected);
}

void archive_events_assert_truncated(const struct archive_format *format, struct slice file)
{
    struct strbuf whole, part;
    strbuf_init(&whole, 0);
    strbuf_init(&part, 0);
    archive_events_run(format, file, NULL, &whole);
    size_t step = file.length < 8192 ? 1 : 1 + file.length / 997;
    for (size_t length = 0; length < file.length; length += step) {
        strbuf_reset(&part);
        archive_events_run(format, slice_part(file, 0, length), NULL, &part);
        if (strstr(strbuf_text(&part), "outcome ") == NULL)
            assert_string_equal(strbuf_text(&part), strbuf_text(&whole));
    }
    strbuf_deinit(&whole);
    strbuf_deinit(&part);
}

static void read_plain(const char *path, struct strbuf *content)
{
    char piece[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t count; (count = fread(piece, 1, sizeof piece, file)) > 0;)
        strbuf_append(content, piece, count);
    fclose(file);
}

static void read_packed(const char *path, struct strbuf *content)
{
    char piece[4096];
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    for (int count; (count = gzread(file, piece, sizeof piece)) > 0;)
        strbuf_append(content, piece, (size_t)count);
    gzclose(file);
}

struct slice archive_events_fixture(const char *name)
{
    char path[256];
    struct strbuf content;
    strbuf_init(&content, 0);
    snprintf(path, sizeof path, "../data/archive/%s", name);
    if (slice_ends_nocase(slice_of(name), slice_of(".iso.gz")))
        read_packed(path, &content);
    else
        read_plain(path, &content);
    char *data = test_malloc(content.length + 1);
    memcpy(data, strbuf_text(&content), content.length + 1);
    struct slice whole = slice_make(data, content.length);
    strbuf_deinit(&content);
    return whole;
}

static struct slice from_probe(const struct archive_format *format, struct slice file)
{
    assert_true(file.length > format->probe_offset);
    return slice_part(file, (size_t)format->probe_offset, file.length);
}

void archive_events_assert_fixtures(const struct archive_format *format,
                                    const struct archive_events_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice whole = archive_events_fixture(cases[i].fixture);
        struct slice file = from_probe(format, whole);
        size_t probe_bytes = format->probe_bytes < file.length ? format->probe_bytes : file.length;
        assert_true(format->recognise(slice_part(file, 0, probe_bytes)));
        archive_events_assert(format, file, cases[i].events);
        test_free((void *)(uintptr_t)whole.data);
    }
}

void archive_events_assert_bytes(const struct archive_format *format,
                                 const struct archive_events_bytes *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice file = slice_make(cases[i].bytes, cases[i].length);
        size_t probe = file.length < format->probe_bytes ? file.length : format->probe_bytes;
        assert_true(format->recognise(slice_part(file, 0, probe)));
        archive_events_assert(format, file, cases[i].events);
    }
}

unsigned archive_events_count(const struct archive_format *format, const char *fixture, uint32_t entries,
                              bool *over)
{
    struct slice whole = archive_events_fixture(fixture);
    struct archive_events_options options = {.budget = archive_events_budget};
    struct strbuf events;
    unsigned count = 0;
    strbuf_init(&events, 0);
    options.budget.entries_left = entries;
    archive_events_run(format, from_probe(format, whole), &options, &events);
    for (const char *at = strbuf_text(&events); (at = strstr(at, "member ")) != NULL; at++)
        count++;
    *over = strstr(strbuf_text(&events), "outcome over_budget") != NULL;
    strbuf_deinit(&events);
    test_free((void *)(uintptr_t)whole.data);
    return count;
}

static bool is_over_with_work(const struct archive_format *format, struct slice file, uint64_t units)
{
    struct archive_events_options options = {.budget = archive_events_budget};
    struct strbuf events;
    strbuf_init(&events, 0);
    options.budget.work_left = units;
    archive_events_run(format, file, &options, &events);
    bool is_over = strstr(strbuf_text(&events), "outcome over_budget\n") != NULL;
    strbuf_deinit(&events);
    return is_over;
}

uint64_t archive_events_work(const struct archive_format *format, struct slice file)
{
    uint64_t too_few = 0, enough = 1000 * 1000;
    while (too_few + 1 < enough) {
        uint64_t middle = (too_few + enough) / 2;
        if (is_over_with_work(format, file, middle))
            too_few = middle;
        else
            enough = middle;
    }
    assert_true(is_over_with_work(format, file, enough - 1));
    assert_false(is_over_with_work(format, file, enough));
    assert_false(is_over_with_work(format, file, enough + 1));
    return enough;
}
