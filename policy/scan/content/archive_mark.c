#include "scan/content/archive_mark.h"

static const struct {
    const char *bytes;
    size_t length;
    const char *format;
} marks[] = {
    {"PK\3\4", 4, "zip"},          {"MSCF\0\0\0\0", 8, "cab"},      {"Rar!\x1a\7\0", 7, "rar4"},
    {"Rar!\x1a\7\1\0", 8, "rar5"}, {"7z\xbc\xaf\x27\x1c", 6, "7z"},
};

enum { MARK_COUNT = sizeof marks / sizeof marks[0] };

/* The offset of mark `number`, or text.length. */
static size_t find_mark(struct slice text, size_t number)
{
    const char *at = memmem(text.data, text.length, marks[number].bytes, marks[number].length);
    return at == NULL ? text.length : (size_t)(at - text.data);
}

/* The number of the mark of the first `count` that `text` holds first, or MARK_COUNT. */
static size_t first_mark(struct slice text, size_t count, size_t *offset)
{
    size_t first = MARK_COUNT;
    *offset = text.length;
    for (size_t i = 0; i < count && text.length > 0; i++) {
        size_t at = find_mark(text, i);
        if (at < *offset) {
            *offset = at;
            first = i;
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
    size_t count = all ? MARK_COUNT : 1, offset;
    size_t found = first_mark(across, count, &offset);
    size_t behind = found == MARK_COUNT ? 0 : offset + marks[found].length - kept;
    if (found == MARK_COUNT) {
        found = first_mark(piece, count, &offset);
        behind = found == MARK_COUNT ? 0 : offset + marks[found].length;
    }
    if (found == MARK_COUNT) {
        keep_tail(search, piece.length < sizeof search->tail ? across : piece);
        return false;
    }
    *hit = (struct archive_mark_hit){.format = marks[found].format,
                                     .mark = slice_make(marks[found].bytes, marks[found].length),
                                     .rest = slice_part(piece, behind, piece.length)};
    return true;
}
