#include "scan/mime/boundary_set.h"

#include "base/array.h"

#include <assert.h>
#include <talloc.h>

void boundary_set_init(struct boundary_set *set, void *owner)
{
    *set = (struct boundary_set){.owner = owner};
}

void boundary_set_deinit(struct boundary_set *set)
{
    talloc_free(set->items);
    *set = (struct boundary_set){.owner = set->owner};
}

static void remove_at(struct boundary_set *set, uint32_t at)
{
    talloc_free(set->items[at].text);
    memmove(&set->items[at], &set->items[at + 1], (set->count - at - 1) * sizeof set->items[0]);
    set->count--;
}

/* Drops a stale boundary of this text, or the oldest stale one if there is no room. */
static void make_room(struct boundary_set *set, struct slice text)
{
    for (uint32_t i = set->count; i > 0; i--)
        if (set->items[i - 1].is_stale &&
            slice_equal(text, slice_make(set->items[i - 1].text, set->items[i - 1].length)))
            remove_at(set, i - 1);
    for (uint32_t i = 0; set->count == BOUNDARY_SET_MAX && i < set->count; i++)
        if (set->items[i].is_stale)
            remove_at(set, i);
}

static size_t count_dashes(struct slice text)
{
    size_t count = 0;
    while (count < text.length && text.data[count] == '-')
        count++;
    return count;
}

enum boundary_add_result boundary_set_add(struct boundary_set *set, struct slice text, uint16_t level,
                                          bool is_primary)
{
    assert(text.length > 0 && text.length <= BOUNDARY_BYTES_MAX);
    make_room(set, text);
    if (set->count == BOUNDARY_SET_MAX)
        return BOUNDARY_NO_ROOM;
    if (!array_reserve(set->owner, set->items, set->count))
        return BOUNDARY_NO_MEMORY;
    char *copy = talloc_memdup(set->items, text.data, text.length);
    if (copy == NULL)
        return BOUNDARY_NO_MEMORY;
    set->items[set->count++] = (struct boundary){.text = copy,
                                                 .length = (uint16_t)text.length,
                                                 .dash_count = (uint16_t)count_dashes(text),
                                                 .level = level,
                                                 .is_primary = is_primary};
    return BOUNDARY_ADDED;
}

void boundary_set_retire(struct boundary_set *set, uint16_t level)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct boundary *boundary = &set->items[i];
        if (boundary->level < level)
            continue;
        boundary->is_stale = true;
        boundary->level = (uint16_t)(level == 0 ? 0 : level - 1);
    }
}

/* RFC 2046 5.1.1: `--`, the boundary, `--` for the last, blanks. In other letter case it is none, but some
 * readers take it for one. */
static enum boundary_match_kind match_text(struct slice text, struct slice rest)
{
    if (rest.length < text.length || !slice_starts_nocase(rest, text))
        return BOUNDARY_NONE;
    if (memcmp(rest.data, text.data, text.length) != 0)
        return BOUNDARY_PREFIX;
    struct slice tail = slice_part(rest, text.length, rest.length);
    bool is_close = tail.length >= 2 && tail.data[0] == '-' && tail.data[1] == '-';
    if (slice_trim(slice_part(tail, is_close ? 2 : 0, tail.length)).length > 0)
        return BOUNDARY_PREFIX;
    return is_close ? BOUNDARY_CLOSE : BOUNDARY_DELIMITER;
}

static enum boundary_match_kind match_one(const struct boundary *boundary, struct slice rest)
{
    return match_text(slice_make(boundary->text, boundary->length), rest);
}

enum boundary_match_kind boundary_match_line(struct slice boundary, struct slice line)
{
    return match_text(boundary, slice_part(line, 2, line.length));
}

/* A live boundary before a stale one, a plain delimiter before a close (`B--` may be a boundary too), the
 * innermost level, the primary reading. */
static int rank(const struct boundary *boundary, enum boundary_match_kind kind)
{
    return (boundary->is_stale ? 0 : 4096) + (kind == BOUNDARY_DELIMITER ? 2048 : 0) + boundary->level * 2 +
           (boundary->is_primary ? 1 : 0);
}

void boundary_set_use(struct boundary_set *set, struct boundary_match match)
{
    set->items[match.index].is_used = true;
}

/* Whether another boundary of the level delimits parts: its readers see others than those of this one. */
static bool is_rivalled(const struct boundary_set *set, uint32_t index)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (i != index && set->items[i].is_used && !set->items[i].is_stale &&
            set->items[i].level == set->items[index].level)
            return true;
    return false;
}

struct boundary_match boundary_set_match(const struct boundary_set *set, struct slice line)
{
    struct boundary_match best = {.kind = BOUNDARY_NONE};
    int best_rank = -1;
    bool is_disputed = false;
    struct slice rest = slice_part(line, 2, line.length);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct boundary *boundary = &set->items[i];
        enum boundary_match_kind kind = match_one(boundary, rest);
        if (kind == BOUNDARY_NONE || (kind == BOUNDARY_PREFIX && best.kind != BOUNDARY_NONE))
            continue;
        bool is_better = best.kind <= BOUNDARY_PREFIX || rank(boundary, kind) > best_rank;
        /* Two live ones for one line: levels would close differently. */
        if (kind != BOUNDARY_PREFIX && best.kind > BOUNDARY_PREFIX &&
            (boundary->level != best.level || kind != best.kind))
            is_disputed = true;
        bool is_end = best.is_end || (kind != BOUNDARY_PREFIX && boundary->is_primary &&
                                      !boundary->is_stale && !is_rivalled(set, i));
        best.is_end = is_end;
        if (!is_better)
            continue;
        best = (struct boundary_match){kind, boundary->level, i, boundary->is_primary && !boundary->is_stale,
                                       is_end};
        best_rank = rank(boundary, kind);
    }
    best.is_certain = best.is_certain && !is_disputed && !is_rivalled(set, best.index);
    return best;
}

bool boundary_set_matches_behind_dashes(const struct boundary_set *set, struct slice line)
{
    enum { LEFT_OUT = 3 }; /* two that belong to a delimiter, and one more at least */
    size_t dash_count = count_dashes(line);
    for (uint32_t i = 0; i < set->count; i++) {
        /* There is one place where it can begin, for its own dashes must be the last of the line's: trying
         * all of them would take the square of the line's length. */
        const struct boundary *boundary = &set->items[i];
        bool is_all_dashes = boundary->dash_count == boundary->length;
        if (dash_count < LEFT_OUT + (size_t)boundary->dash_count)
            continue;
        size_t at = is_all_dashes ? LEFT_OUT : dash_count - boundary->dash_count;
        if (match_one(boundary, slice_part(line, at, line.length)) != BOUNDARY_NONE)
            return true;
    }
    return false;
}
