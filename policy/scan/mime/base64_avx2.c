/*
 * 32 characters at a time: characters are checked and turned into six-bit values by table look-ups on their
 * two halves, and packed by multiply-and-add (W. Mula, D. Lemire: "Faster Base64 Encoding and Decoding Using
 * AVX2 Instructions", 2018). At a line end the groups before it are kept and the next load starts behind it.
 */
#include "scan/mime/base64.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* The positions of bytes outside the alphabet as a bit mask; `*values` is the six-bit value of the others. */
__attribute__((target("avx2"))) static inline uint32_t values_of(__m256i characters, __m256i *values)
{
    const __m256i by_low =
        TWICE(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
    const __m256i by_high =
        TWICE(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    const __m256i shift = TWICE(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i slash = _mm256_set1_epi8(0x2f);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), slash);
    __m256i low = _mm256_and_si256(characters, slash);
    __m256i bad = _mm256_and_si256(_mm256_shuffle_epi8(by_low, low), _mm256_shuffle_epi8(by_high, high));
    __m256i is_slash = _mm256_cmpeq_epi8(characters, slash);
    *values = _mm256_add_epi8(characters, _mm256_shuffle_epi8(shift, _mm256_add_epi8(is_slash, high)));
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bad, _mm256_setzero_si256()));
}

/* 32 six-bit values as 24 bytes at the front. */
__attribute__((target("avx2"))) static inline __m256i pack(__m256i values)
{
    const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i triples = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    triples = _mm256_shuffle_epi8(triples, order);
    return _mm256_permutevar8x32_epi32(triples, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1));
}

__attribute__((target("avx2"))) size_t base64_decode_groups_avx2(struct slice in, uint8_t *out, size_t room,
                                                                 size_t *out_length)
{
    size_t at = 0;
    size_t made = 0;
    while (in.length - at >= 32 && room - made >= BASE64_ROOM_MIN) {
        __m256i values;
        uint32_t bad = values_of(_mm256_loadu_si256((const __m256i *)(const void *)(in.data + at)), &values);
        _mm256_storeu_si256((__m256i *)(void *)(out + made), pack(values));
        if (bad == 0) {
            at += 32;
            made += 24;
            continue;
        }
        size_t groups = (size_t)__builtin_ctz(bad) / 4;
        at += groups * 4;
        made += groups * 3;
        size_t line_end = at;
        while (line_end < in.length && (in.data[line_end] == '\r' || in.data[line_end] == '\n'))
            line_end++;
        if (line_end == at)
            break;
        at = line_end;
    }
    size_t rest = 0;
    at += base64_decode_groups_portable(slice_part(in, at, in.length), out + made, room - made, &rest);
    *out_length = made + rest;
    return at;
}

#endif
