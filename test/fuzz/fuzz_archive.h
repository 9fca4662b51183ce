/* Runs an archive reader over fuzzer input; the first byte says in what pieces, and whether content is
 * wanted. */
#ifndef CLOSEDRELAY_TEST_FUZZ_ARCHIVE_H
#define CLOSEDRELAY_TEST_FUZZ_ARCHIVE_H

#include "scan/archive/archive.h"

#include <stdlib.h>
#include <talloc.h>

struct fuzz_sink {
    bool open;
    bool wants;
    volatile char last; /* of the bytes told: reading them lets a sanitizer see where they are */
};

static void fuzz_read(struct fuzz_sink *state, struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        state->last = s.data[i];
}

static bool fuzz_member(void *context, const struct archive_member *member)
{
    struct fuzz_sink *state = context;
    if (state->open)
        abort();
    state->open = true;
    fuzz_read(state, member->name);
    return state->wants;
}

static void fuzz_other_name(void *context, struct slice name)
{
    struct fuzz_sink *state = context;
    if (!state->open)
        abort();
    fuzz_read(state, name);
}

static bool fuzz_data(void *context, struct slice data)
{
    fuzz_other_name(context, data);
    return true;
}

static void fuzz_end(void *context, bool complete)
{
    struct fuzz_sink *state = context;
    (void)complete;
    if (!state->open)
        abort();
    state->open = false;
}

static void fuzz_outcome(void *context, enum archive_outcome outcome, const char *why)
{
    (void)context;
    if (outcome > ARCHIVE_HAS_MACROS || why[0] == '\0')
        abort();
}

static inline int fuzz_archive(const struct archive_format *format, const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct fuzz_sink state = {.wants = (data[0] & 1) != 0};
    struct archive_sink sink = {&state, fuzz_member, fuzz_other_name, fuzz_data, fuzz_end, fuzz_outcome};
    struct archive_budget budget = {1000, 4 << 20, 1 << 20, 1 << 28};
    struct slice left = slice_make((const char *)data + 1, size - 1);
    size_t piece = data[0] < 128 ? left.length : (data[0] & 127u) + 1u;
    void *reader = format->create(NULL, &sink, &budget);
    for (bool more = true; more && left.length > 0;) {
        size_t count = piece < left.length ? piece : left.length;
        more = format->push(reader, slice_part(left, 0, count));
        left = slice_part(left, count, left.length);
    }
    format->end(reader);
    talloc_free(reader);
    if (state.open || budget.kept_bytes_left != 1 << 20)
        abort();
    return 0;
}

#endif
