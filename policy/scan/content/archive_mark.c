#include "scan/content/archive_mark.h"

#include <assert.h>

/* The offset of a mark, or text.length. */
static size_t find_mark(struct slice text, struct slice mark)
{
    const char *at = memmem(text.data, text.length, mark.data, mark.length);
    return at == NULL ? text.length : (size_t)(at - text.data);
}

/* The format whose mark `text` holds first, at `offset`; NULL: none. */
static const struct archive_format *first_mark(struct slice text, bool all, size_t *offset)
{
    const struct archive_format *first = NULL;
    *offset = text.length;
    for (size_t i = 0; archive_formats[i] != NULL && text.length > 0; i++) {
        const struct archive_format *format = archive_formats[i];
        if (format->embedded_mark.length == 0 || !(all || (format->traits & ARCHIVE_OPENS_FROM_END) != 0))
            continue;
        assert(format->embedded_mark.length <= ARCHIVE_MARK_BYTES_MAX);
        size_t at = find_mark(text, format->embedded_mark);
        if (at < *offset) {
            *offset = at;
            first = format;
        }
    }
    return first;
}

static void keep_tail(struct archive_mark_search *search, struct slice text)
{
    size_t length = text.length < sizeof search->tail ? text.length : sizeof search->tail;
    memmove(search->tail, text.data + (text.length - length), length);
    search->tail_length = length;
}

bool archive_mark_find(struct archive_mark_search *search, struct slice piece, bool all,
                       struct archive_mark_hit *hit)
{
    /* What lies across the cut: the kept end, and as much of the piece as a mark from there may need. */
    char joint[2 * sizeof search->tail];
    size_t kept = search->tail_length;
    size_t more = piece.length < sizeof search->tail ? piece.length : sizeof search->tail;
    if (piece.length == 0)
        return false;
    memcpy(joint, search->tail, kept);
    memcpy(joint + kept, piece.data, more);
    struct slice across = slice_make(joint, kept + more);
    size_t offset;
    const struct archive_format *found = first_mark(across, all, &offset);
    size_t before = kept; /* bytes of the joint that do not stand in the piece */
    if (found == NULL) {
        found = first_mark(piece, all, &offset);
        before = 0;
    }
    if (found == NULL) {
        keep_tail(search, piece.length < sizeof search->tail ? across : piece);
        return false;
    }
    size_t behind = offset + found->embedded_mark.length - before;
    *hit = (struct archive_mark_hit){found, slice_part(piece, behind, piece.length)};
    return true;
}
