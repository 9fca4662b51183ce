#include "scan/archive/iso9660/iso9660_extents.h"

enum { NAME_HEADER_BYTES = 8 };

void iso9660_extents_init(struct iso9660_extents *extents, void *owner, struct archive_budget *budget)
{
    *extents = (struct iso9660_extents){0};
    archive_buffer_init(&extents->items, owner, budget);
    archive_buffer_init(&extents->heap, owner, budget);
    archive_buffer_init(&extents->names, owner, budget);
}

struct iso9660_extent *iso9660_extents_get(const struct iso9660_extents *extents, uint32_t number)
{
    return (struct iso9660_extent *)(void *)extents->items.bytes + number;
}

static uint32_t *heap_of(const struct iso9660_extents *extents)
{
    return (uint32_t *)(void *)extents->heap.bytes;
}

/* Directories before files at the same place, then in the order they were added. */
static bool comes_before(const struct iso9660_extents *extents, uint32_t a, uint32_t b)
{
    const struct iso9660_extent *first = iso9660_extents_get(extents, a);
    const struct iso9660_extent *second = iso9660_extents_get(extents, b);
    if (first->from != second->from)
        return first->from < second->from;
    if (first->kind != second->kind)
        return first->kind < second->kind;
    return a < b;
}

static void sift_up(struct iso9660_extents *extents, uint32_t at)
{
    uint32_t *heap = heap_of(extents);
    while (at > 0 && comes_before(extents, heap[at], heap[(at - 1) / 2])) {
        uint32_t parent = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = heap[at];
        heap[at] = parent;
        at = (at - 1) / 2;
    }
}

static void sift_down(struct iso9660_extents *extents, uint32_t at)
{
    uint32_t *heap = heap_of(extents);
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < extents->heap_count; child++)
            if (comes_before(extents, heap[child], heap[least]))
                least = child;
        if (least == at)
            return;
        uint32_t moved = heap[at];
        heap[at] = heap[least];
        heap[least] = moved;
        at = least;
    }
}

uint32_t iso9660_extents_add(struct iso9660_extents *extents, const struct iso9660_extent *extent)
{
    size_t count = (size_t)extents->item_count + 1;
    if (count >= UINT32_MAX / 2 || !archive_buffer_reserve(&extents->items, count * sizeof *extent) ||
        !archive_buffer_reserve(&extents->heap, count * sizeof(uint32_t)))
        return ISO9660_NONE;
    uint32_t number = extents->item_count++;
    *iso9660_extents_get(extents, number) = *extent;
    heap_of(extents)[extents->heap_count] = number;
    sift_up(extents, extents->heap_count++);
    return number;
}

bool iso9660_extents_add_name(struct iso9660_extents *extents, uint32_t extent, struct slice name)
{
    uint32_t at = extents->names_bytes;
    uint32_t header[2] = {iso9660_extents_get(extents, extent)->names, (uint32_t)name.length};
    if (name.length > UINT16_MAX || at > UINT32_MAX / 2 ||
        !archive_buffer_reserve(&extents->names, (size_t)at + NAME_HEADER_BYTES + name.length))
        return false;
    memcpy(extents->names.bytes + at, header, NAME_HEADER_BYTES);
    if (name.length > 0)
        memcpy(extents->names.bytes + at + NAME_HEADER_BYTES, name.data, name.length);
    extents->names_bytes = at + NAME_HEADER_BYTES + (uint32_t)name.length;
    iso9660_extents_get(extents, extent)->names = at;
    return true;
}

uint32_t iso9660_extents_first(const struct iso9660_extents *extents)
{
    return extents->heap_count == 0 ? ISO9660_NONE : heap_of(extents)[0];
}

uint32_t iso9660_extents_pop(struct iso9660_extents *extents)
{
    uint32_t first = iso9660_extents_first(extents);
    if (first != ISO9660_NONE) {
        heap_of(extents)[0] = heap_of(extents)[--extents->heap_count];
        sift_down(extents, 0);
    }
    return first;
}

struct slice iso9660_extents_name(const struct iso9660_extents *extents, uint32_t *at)
{
    uint32_t header[2];
    const char *bytes = extents->names.bytes + *at;
    memcpy(header, bytes, NAME_HEADER_BYTES);
    *at = header[0];
    return slice_make(bytes + NAME_HEADER_BYTES, header[1]);
}
