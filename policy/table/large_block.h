/* Memory for the bytes of large tables: on huge pages where the system has them, which halves the waits of a
 * lookup. For policy/table/ only. */
#ifndef CLOSEDRELAY_TABLE_LARGE_BLOCK_H
#define CLOSEDRELAY_TABLE_LARGE_BLOCK_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Not zeroed; freed with free(). NULL when memory ran out. */
static inline void *large_block_alloc(size_t bytes)
{
    enum { HUGE_PAGE_BYTES = 2 * 1024 * 1024 };
    if (bytes < HUGE_PAGE_BYTES)
        return malloc(bytes);
    size_t rounded = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *block = aligned_alloc(HUGE_PAGE_BYTES, rounded);
    if (block != NULL)
        madvise(block, rounded, MADV_HUGEPAGE); /* a wish; nothing depends on it */
    return block;
}

#endif
