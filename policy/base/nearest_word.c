#include "base/nearest_word.h"

enum { WORD_BYTES_MAX = 64 };

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the usual table suffice to see a swap of neighbours. */
unsigned word_distance(struct slice a, struct slice b, unsigned limit)
{
    unsigned rows[3][WORD_BYTES_MAX + 1];
    if (a.length > WORD_BYTES_MAX || b.length > WORD_BYTES_MAX)
        return limit + 1;
    for (unsigned j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *second_above = rows[(i + 1) % 3];
        const char letter = ascii_lower(a.data[i - 1]);
        row[0] = i;
        for (unsigned j = 1; j <= b.length; j++) {
            const char other = ascii_lower(b.data[j - 1]);
            row[j] = least_of(least_of(above[j], row[j - 1]) + 1, above[j - 1] + (letter == other ? 0 : 1));
            if (i > 1 && j > 1 && letter == ascii_lower(b.data[j - 2]) && other == ascii_lower(a.data[i - 2]))
                row[j] = least_of(row[j], second_above[j - 2] + 1);
        }
    }
    return least_of(rows[a.length % 3][b.length], limit + 1);
}

const char *nearest_word(struct slice word, const char *const *candidates)
{
    if (word.length > WORD_BYTES_MAX)
        word.length = WORD_BYTES_MAX;
    const unsigned limit = word.length < 3 ? 1 : least_of(3, (unsigned)(word.length + 1) / 3);
    unsigned best_distance = limit + 1;
    const char *best = NULL;
    for (; *candidates != NULL; candidates++) {
        const unsigned distance = word_distance(word, slice_of(*candidates), limit);
        if (distance < best_distance) {
            best_distance = distance;
            best = *candidates;
        }
    }
    return best;
}
