/* A sink for what a reader finds: what was told is summed up, and files begin and end in turn. */
#ifndef CLOSEDRELAY_TEST_FUZZ_FILE_SINK_H
#define CLOSEDRELAY_TEST_FUZZ_FILE_SINK_H

#include "scan/mime/file_sink.h"

#include <stdlib.h>

/* What was told: a sum of it, and whether a file is open. */
struct fuzz_told {
    uint64_t sum;
    bool is_open;
};

static void fuzz_add(struct fuzz_told *told, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        told->sum = told->sum * 31 + (unsigned char)bytes.data[i] + 1;
}

static void fuzz_on_begin(void *context)
{
    struct fuzz_told *told = context;
    if (told->is_open)
        abort();
    told->is_open = true;
    fuzz_add(told, slice_of("["));
}

static void fuzz_on_bytes(void *context, struct slice bytes)
{
    if (!((struct fuzz_told *)context)->is_open)
        abort();
    fuzz_add(context, bytes);
}

static void fuzz_on_end(void *context)
{
    ((struct fuzz_told *)context)->is_open = false;
}

static void fuzz_on_over_budget(void *context)
{
    fuzz_add(context, slice_of("!"));
}

static struct file_sink fuzz_file_sink(struct fuzz_told *told)
{
    return (struct file_sink){told,          fuzz_on_begin, fuzz_on_bytes,
                              fuzz_on_bytes, fuzz_on_end,   fuzz_on_over_budget};
}

#endif
