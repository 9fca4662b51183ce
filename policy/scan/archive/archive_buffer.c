#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_budget.h"

#include <stdalign.h>
#include <talloc.h>

/* In front of the bytes, so that the charge goes back when talloc frees the block. */
struct archive_block {
    struct archive_budget *budget;
    size_t charged;
    alignas(max_align_t) char bytes[];
};

static int archive_block_give_back(struct archive_block *block)
{
    archive_budget_give_back_kept(block->budget, block->charged);
    return 0;
}

void archive_buffer_init(struct archive_buffer *buffer, void *owner, struct archive_budget *budget)
{
    *buffer = (struct archive_buffer){.owner = owner, .budget = budget};
}

static struct archive_block *archive_buffer_block(struct archive_buffer *buffer)
{
    return buffer->bytes == NULL ? NULL : (void *)(buffer->bytes - offsetof(struct archive_block, bytes));
}

static bool archive_buffer_grow(struct archive_buffer *buffer, size_t capacity)
{
    size_t extra = capacity - buffer->capacity;
    if (!archive_budget_take_kept(buffer->budget, extra))
        return false;
    struct archive_block *old = archive_buffer_block(buffer);
    struct archive_block *block =
        talloc_realloc_size(buffer->owner, old, offsetof(struct archive_block, bytes) + capacity);
    if (block == NULL) {
        archive_budget_give_back_kept(buffer->budget, extra);
        return false;
    }
    block->budget = buffer->budget;
    block->charged = capacity;
    talloc_set_destructor(block, archive_block_give_back);
    buffer->bytes = block->bytes;
    buffer->capacity = capacity;
    return true;
}

bool archive_buffer_reserve(struct archive_buffer *buffer, size_t capacity)
{
    if (buffer->failed)
        return false;
    if (capacity <= buffer->capacity)
        return true;
    size_t doubled = buffer->capacity < 256 ? 512 : buffer->capacity * 2;
    if (capacity <= SIZE_MAX / 4 && archive_buffer_grow(buffer, capacity > doubled ? capacity : doubled))
        return true;
    /* Near the end of the budget the exact size may still fit where the doubled one does not. */
    if (capacity <= SIZE_MAX / 4 && archive_buffer_grow(buffer, capacity))
        return true;
    buffer->failed = true;
    return false;
}
