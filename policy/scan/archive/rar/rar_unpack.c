#include "scan/archive/rar/rar_unpack_private.h"

#include "scan/archive/archive_budget.h"

#include <talloc.h>

/* As Deflate: codes and matches of the same kind. */
static const struct archive_work_price work_rar = {16, 4};

static struct rar_unpack *create(void *owner, struct archive_budget *budget)
{
    struct rar_unpack *unpack = talloc_zero(owner, struct rar_unpack);
    if (unpack == NULL)
        return NULL;
    unpack->budget = budget;
    archive_buffer_init(&unpack->window, unpack, budget);
    return unpack;
}

/* ---- codes ---- */

void rar_forget_tables(struct rar_unpack *unpack)
{
    memset(unpack->lengths, 0, sizeof unpack->lengths);
}

/* Each length is told as itself or by runs: of the one before, or of none. */
static bool take_lengths(uint8_t *lengths, size_t count, struct rar_bits *bits)
{
    struct rar_code code;
    rar_code_take_lengths(&code, bits);
    for (size_t i = 0; i < count;) {
        unsigned symbol = rar_code_take(&code, bits);
        if (rar_bits_are_over(bits) || (i == 0 && (symbol == 16 || symbol == 17)))
            return false;
        if (symbol < 16) {
            lengths[i] = (uint8_t)((lengths[i] + symbol) & 15);
            i++;
            continue;
        }
        bool is_short = symbol == 16 || symbol == 18;
        uint8_t value = symbol < 18 ? lengths[i - 1] : 0;
        for (uint32_t left = is_short ? 3 + rar_bits_take(bits, 3) : 11 + rar_bits_take(bits, 7);
             left > 0 && i < count; left--)
            lengths[i++] = value;
    }
    return true;
}

bool rar_take_tables(struct rar_unpack *unpack, struct rar_bits *bits, const struct rar_counts *counts)
{
    const uint8_t *lengths = unpack->lengths;
    const struct {
        struct rar_code *code;
        size_t count;
    } codes[] = {
        {&unpack->literals, counts->literals},
        {&unpack->distances, counts->distances},
        {&unpack->low_distances, counts->low_distances},
        {&unpack->repeats, counts->repeats},
    };
    const size_t all = (size_t)counts->literals + counts->distances + counts->low_distances + counts->repeats;
    if (!take_lengths(unpack->lengths, all, bits))
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        rar_code_build(codes[i].code, lengths, codes[i].count);
        lengths += codes[i].count;
    }
    unpack->has_tables = true;
    return true;
}

/* ---- the window ---- */

enum rar_end rar_put(struct rar_unpack *unpack, unsigned char byte)
{
    if (unpack->length == unpack->most)
        return RAR_IS_FULL;
    unpack->window.bytes[unpack->length++] = (char)byte;
    return RAR_GOES_ON;
}

enum rar_end rar_copy(struct rar_unpack *unpack, uint32_t distance, uint32_t length)
{
    if (distance == 0 || distance > unpack->length)
        return RAR_IS_DAMAGED;
    size_t room = unpack->most - unpack->length, count = length < room ? length : room;
    char *to = unpack->window.bytes + unpack->length;
    for (size_t i = 0; i < count; i++)
        to[i] = to[(ptrdiff_t)i - (ptrdiff_t)distance];
    unpack->length += count;
    return count < length ? RAR_IS_FULL : RAR_GOES_ON;
}

void rar_remember(struct rar_unpack *unpack, uint32_t distance)
{
    memmove(unpack->old_distances + 1, unpack->old_distances, 3 * sizeof unpack->old_distances[0]);
    unpack->old_distances[0] = distance;
}

uint32_t rar_recall(struct rar_unpack *unpack, unsigned index)
{
    uint32_t distance = unpack->old_distances[index];
    memmove(unpack->old_distances + 1, unpack->old_distances, index * sizeof unpack->old_distances[0]);
    unpack->old_distances[0] = distance;
    return distance;
}

/* ---- a file ---- */

/* Makes room for the file; false where the budget has none. */
static bool begin_file(struct rar_unpack *unpack, const struct rar_packing *packing)
{
    if (!packing->is_solid) {
        unpack->length = 0;
        unpack->has_tables = false;
        unpack->last_length = 0;
        memset(unpack->old_distances, 0, sizeof unpack->old_distances);
        rar_forget_tables(unpack);
    }
    size_t room = RAR_UNPACK_BYTES_MAX - unpack->length;
    room = packing->unpacked_bytes < room ? (size_t)packing->unpacked_bytes : room;
    unpack->from = unpack->length;
    unpack->most = unpack->length + room;
    unpack->filter_count = 0;
    return room == 0 || archive_buffer_reserve(&unpack->window, unpack->most);
}

/* Gives the bytes of the window up to `to`, as a filter makes them. */
static bool give_filtered(struct rar_unpack *unpack, const struct rar_filter *filter, size_t to,
                          struct archive_walk *walk)
{
    struct slice bytes = slice_make(unpack->window.bytes + filter->from, to - filter->from);
    struct archive_buffer out;
    void *owner = talloc_new(unpack);
    if (owner == NULL)
        return false;
    archive_buffer_init(&out, owner, unpack->budget);
    bool is_known = bytes.length == 0 || archive_buffer_reserve(&out, bytes.length);
    if (is_known && bytes.length > 0)
        is_known = rar5_filter_undo(filter, bytes, (uint32_t)(filter->from - unpack->from), out.bytes);
    if (is_known)
        archive_walk_data(walk, slice_make(out.bytes, bytes.length));
    talloc_free(owner);
    return is_known;
}

/* Gives the file. False: some of it is unknown. */
static bool give_file(struct rar_unpack *unpack, struct archive_walk *walk)
{
    size_t at = unpack->from;
    for (size_t i = 0; i < unpack->filter_count && at < unpack->length; i++) {
        const struct rar_filter *filter = &unpack->filters[i];
        if (filter->from < at)
            return false; /* one over another */
        if (filter->from >= unpack->length)
            break;
        size_t end =
            unpack->length - filter->from < filter->length ? unpack->length : filter->from + filter->length;
        archive_walk_data(walk, slice_make(unpack->window.bytes + at, filter->from - at));
        if (!give_filtered(unpack, filter, end, walk))
            return false;
        at = end;
    }
    archive_walk_data(walk, slice_make(unpack->window.bytes + at, unpack->length - at));
    return true;
}

/* Unpacks the file into the window. */
static enum rar_end unpack_file(struct rar_unpack *unpack, const struct rar_packing *packing,
                                struct slice packed)
{
    struct rar_bits bits = {.bytes = packed};
    return packing->method == RAR_METHOD_LZ5 ? rar5_unpack(unpack, &bits) : rar3_unpack(unpack, &bits);
}

static void read_packed(struct rar_unpack *unpack, const struct rar_packing *packing, struct slice packed,
                        bool is_all, struct archive_walk *walk)
{
    unpack->is_usable = false;
    if (!begin_file(unpack, packing)) {
        archive_walk_content_missing(walk);
        return;
    }
    enum rar_end end = unpack_file(unpack, packing, packed);
    size_t made = unpack->length - unpack->from;
    if (!archive_budget_take_work(unpack->budget, work_rar, packed.length, made) ||
        !archive_budget_take_unpacked(unpack->budget, made)) {
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "too much to unpack");
        return;
    }
    bool is_known = give_file(unpack, walk);
    bool is_whole = end == RAR_END || made == packing->unpacked_bytes;
    unpack->is_usable = is_whole;
    if (!is_whole || !is_known)
        archive_walk_content_missing(walk);
    if (end == RAR_IS_UNKNOWN || !is_known)
        archive_walk_report(walk, ARCHIVE_UNSUPPORTED, "a RAR packs files in a way not read here");
    else if (end == RAR_IS_DAMAGED && is_all && !is_whole)
        archive_walk_report(walk, ARCHIVE_DAMAGED, "a packed file in the RAR is damaged");
}

bool rar_packed_file_begin(struct rar_packed_file *file, void *owner, const struct rar_packing *packing,
                           uint64_t data_bytes, bool is_whole, struct archive_walk *walk)
{
    size_t looked_at = data_bytes < RAR_PACKED_BYTES_MAX ? (size_t)data_bytes : RAR_PACKED_BYTES_MAX;
    bool has_room = walk->budget->kept_bytes_left >= looked_at + RAR_UNPACK_BYTES_MAX;
    if (file->unpack == NULL)
        file->unpack = create(owner, walk->budget);
    bool is_read = is_whole && has_room && file->unpack != NULL && packing->method != RAR_METHOD_UNKNOWN &&
                   (!packing->is_solid || file->unpack->is_usable) && data_bytes > 0;
    if (is_read) {
        file->packing = *packing;
        file->left_bytes = data_bytes - looked_at;
        archive_walk_record(walk, looked_at);
        return true;
    }
    if (file->unpack != NULL && data_bytes > 0)
        file->unpack->is_usable = false;
    if (data_bytes > 0)
        archive_walk_content_missing(walk);
    archive_walk_skip(walk, data_bytes);
    return false;
}

void rar_packed_file_read(struct rar_packed_file *file, struct slice packed, struct archive_walk *walk)
{
    read_packed(file->unpack, &file->packing, packed, file->left_bytes == 0, walk);
    archive_walk_skip(walk, file->left_bytes);
}
