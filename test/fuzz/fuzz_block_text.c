/* A block as another server tells it, key and value with a newline between: what is read is written the same.
 */
#include "live/block_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_again(void *owner, const struct block *block)
{
    struct strbuf key, value;
    struct block again;
    strbuf_init(&key, 0);
    strbuf_init(&value, 0);
    block_write_key(block, &key);
    block_write_value(block, &value);
    require(block_read(owner, strbuf_slice(&key), strbuf_slice(&value), &again));
    require(strcmp(again.whom, block->whom) == 0 && again.target == block->target &&
            again.is_lock == block->is_lock && again.is_lifted == block->is_lifted &&
            again.until_us == block->until_us && again.changed_us == block->changed_us);
    strbuf_deinit(&key);
    strbuf_deinit(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice text = slice_make((const char *)data, size);
    const char *end = size == 0 ? NULL : memchr(data, '\n', size);
    const size_t cut = end == NULL ? size : (size_t)(end - text.data);
    void *owner = talloc_new(NULL);
    struct block block;
    if (owner != NULL && block_read(owner, slice_part(text, 0, cut),
                                    slice_part(text, cut < size ? cut + 1 : size, size), &block))
        check_again(owner, &block);
    talloc_free(owner);
    return 0;
}
