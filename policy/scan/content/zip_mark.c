#include "scan/content/zip_mark.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The forms of 50 4B 03 04 with none, one and two bytes of its first group before it. */
struct form {
    const char *text;   /* from the pair on; the searched text must go on like this, line ends aside */
    const char *group;  /* the group that the pair stands in, other bytes of it zero */
    size_t in_group;    /* how many of the characters of `text` belong to that group */
    const char *before; /* one of these stands before the pair; NULL: any */
};

static const struct form forms[] = {
    {"UEsDB", "UEsD", 4, NULL},  /* 50 4B 03 | 04 */
    {"BLAw", "AFBL", 2, "FVl1"}, /* ?? 50 4B | 03 04 */
    {"SwME", "AABQ", 0, "Q"},    /* ?? ?? 50 | 4B 03 04 */
};

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Whether `s` goes on with `text`; `*after` is the offset behind its first `counted` characters. Text that
 * ends too early does not: its end is searched again with the next piece. */
static bool goes_on_with(struct slice s, const char *text, size_t counted, size_t *after)
{
    size_t matched = 0;
    *after = 0;
    for (size_t i = 0; i < s.length && text[matched] != '\0'; i++) {
        if (is_line_end(s.data[i]))
            continue;
        if (s.data[i] != text[matched])
            return false;
        if (++matched == counted)
            *after = i + 1;
    }
    return text[matched] == '\0';
}

size_t zip_mark_next_portable(struct slice encoded)
{
    for (size_t i = 0; i + 1 < encoded.length; i++) {
        const char *at = encoded.data + i;
        bool has_third = i + 2 < encoded.length;
        if ((at[0] == 'B' && at[1] == 'L') || (has_third && at[0] == 'U' && at[1] == 'E' && at[2] == 's') ||
            (has_third && at[0] == 'S' && at[1] == 'w' && at[2] == 'M'))
            return i;
    }
    return encoded.length;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static size_t next_avx2(struct slice encoded)
{
    const __m256i u = _mm256_set1_epi8('U'), e = _mm256_set1_epi8('E'), b = _mm256_set1_epi8('B');
    const __m256i l = _mm256_set1_epi8('L'), s = _mm256_set1_epi8('S'), w = _mm256_set1_epi8('w');
    const __m256i sd = _mm256_set1_epi8('s'), m = _mm256_set1_epi8('M');
    size_t at = 0;
    for (; at + 34 <= encoded.length; at += 32) {
        __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)(encoded.data + at));
        __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(encoded.data + at + 1));
        __m256i third = _mm256_loadu_si256((const __m256i *)(const void *)(encoded.data + at + 2));
        __m256i ues = _mm256_and_si256(_mm256_cmpeq_epi8(first, u), _mm256_cmpeq_epi8(second, e));
        __m256i bl = _mm256_and_si256(_mm256_cmpeq_epi8(first, b), _mm256_cmpeq_epi8(second, l));
        __m256i swm = _mm256_and_si256(_mm256_cmpeq_epi8(first, s), _mm256_cmpeq_epi8(second, w));
        ues = _mm256_and_si256(ues, _mm256_cmpeq_epi8(third, sd));
        swm = _mm256_and_si256(swm, _mm256_cmpeq_epi8(third, m));
        unsigned found = (unsigned)_mm256_movemask_epi8(_mm256_or_si256(ues, _mm256_or_si256(bl, swm)));
        if (found != 0)
            return at + (size_t)__builtin_ctz(found);
    }
    return at + zip_mark_next_portable(slice_part(encoded, at, encoded.length));
}

size_t zip_mark_next(struct slice encoded)
{
    return __builtin_cpu_supports("avx2") ? next_avx2(encoded) : zip_mark_next_portable(encoded);
}

#else

size_t zip_mark_next(struct slice encoded)
{
    return zip_mark_next_portable(encoded);
}

#endif

/* Whether what stands before offset `at` suits; at the very start nothing is known. */
static bool comes_after(struct slice text, size_t at, const char *before)
{
    while (at > 0 && is_line_end(text.data[at - 1]))
        at--;
    return before == NULL || at == 0 ||
           (text.data[at - 1] != '\0' && strchr(before, text.data[at - 1]) != NULL);
}

/* Searches one text; on success `*group` and the offset of what follows the group. */
static bool find_in(struct slice text, const char **group, size_t *after)
{
    for (size_t at = zip_mark_next(text); at < text.length;) {
        struct slice rest = slice_part(text, at, text.length);
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            size_t in_group;
            if (!comes_after(text, at, forms[i].before) ||
                !goes_on_with(rest, forms[i].text, forms[i].in_group, &in_group))
                continue;
            *group = forms[i].group;
            *after = at + in_group;
            return true;
        }
        at += 1 + zip_mark_next(slice_part(text, at + 1, text.length));
    }
    return false;
}

static void keep_tail(struct zip_mark_search *search, struct slice encoded)
{
    if (encoded.length >= ZIP_MARK_TAIL_BYTES) {
        memcpy(search->tail, encoded.data + encoded.length - ZIP_MARK_TAIL_BYTES, ZIP_MARK_TAIL_BYTES);
        search->tail_length = ZIP_MARK_TAIL_BYTES;
        return;
    }
    size_t kept = search->tail_length + encoded.length > ZIP_MARK_TAIL_BYTES
                      ? ZIP_MARK_TAIL_BYTES - encoded.length
                      : search->tail_length;
    memmove(search->tail, search->tail + search->tail_length - kept, kept);
    memcpy(search->tail + kept, encoded.data, encoded.length);
    search->tail_length = kept + encoded.length;
}

bool zip_mark_find(struct zip_mark_search *search, struct slice encoded, struct zip_mark_hit *hit)
{
    /* Across the cut first: what was left, and as much of the new piece. */
    char joint[2 * ZIP_MARK_TAIL_BYTES];
    size_t taken = encoded.length < ZIP_MARK_TAIL_BYTES ? encoded.length : ZIP_MARK_TAIL_BYTES;
    size_t after;
    if (encoded.length == 0)
        return false;
    memcpy(joint, search->tail, search->tail_length);
    memcpy(joint + search->tail_length, encoded.data, taken);
    hit->between_length = 0;
    if (find_in(slice_make(joint, search->tail_length + taken), &hit->group, &after)) {
        size_t from = after < search->tail_length ? search->tail_length : after;
        hit->between_length = from - after;
        memcpy(hit->between, joint + after, hit->between_length);
        hit->rest = slice_part(encoded, from - search->tail_length, encoded.length);
        return true;
    }
    if (find_in(encoded, &hit->group, &after)) {
        hit->rest = slice_part(encoded, after, encoded.length);
        return true;
    }
    keep_tail(search, encoded);
    return false;
}
