/*
 * The bytes that matter in 64 bytes of JSON, as bits: what makes skipping a value cheaper than reading it
 * byte by byte. Private to json_reader.c.
 */
#ifndef CLOSEDRELAY_BASE_JSON_SCAN_H
#define CLOSEDRELAY_BASE_JSON_SCAN_H

#include <stdint.h>
#include <string.h>

enum { JSON_BLOCK_BYTES = 64 };

/* Bit i stands for byte i. */
struct json_block {
    uint64_t quotes;
    uint64_t backslashes;
    uint64_t opening; /* { or [ */
    uint64_t closing; /* } or ] */
};

static inline size_t json_name_length_behind(const char *name, const char *at, size_t length)
{
    for (; name[length] != '\0'; length++)
        if (name[length] != at[length])
            return 0;
    return length;
}

#ifdef __SSE2__

#include <emmintrin.h>

static inline uint64_t json_bits(__m128i bytes, char wanted)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}

static inline struct json_block json_block_read(const char *at)
{
    struct json_block block = {0};
    for (unsigned i = 0; i < JSON_BLOCK_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20)); /* [ becomes {, ] becomes } */
        block.quotes |= json_bits(bytes, '"') << i;
        block.backslashes |= json_bits(bytes, '\\') << i;
        block.opening |= json_bits(folded, '{') << i;
        block.closing |= json_bits(folded, '}') << i;
    }
    return block;
}

/* How many of the 16 bytes at `at` come before the first quote or backslash. */
static inline unsigned json_plain_16(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    unsigned bits = (unsigned)_mm_movemask_epi8(special);
    return bits == 0 ? 16 : (unsigned)__builtin_ctz(bits);
}

/* The length of `name`, if `at` begins with it; else 0. Of both JSON_NAME_BYTES can be read, and the name is
 * padded with NUL bytes. */
static inline size_t json_name_length(const char *name, const char *at)
{
    const __m128i wanted = _mm_loadu_si128((const __m128i *)(const void *)name);
    const __m128i found = _mm_loadu_si128((const __m128i *)(const void *)at);
    const unsigned equal = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(wanted, found));
    const unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(wanted, _mm_setzero_si128()));
    const unsigned length = (unsigned)__builtin_ctz(ends | 1u << 16);
    if ((~equal & ((1u << length) - 1)) != 0)
        return 0;
    return length < 16 ? length : json_name_length_behind(name, at, length);
}

#else

static inline size_t json_name_length(const char *name, const char *at)
{
    return json_name_length_behind(name, at, 0);
}

static inline struct json_block json_block_read(const char *at)
{
    struct json_block block = {0};
    for (unsigned i = 0; i < JSON_BLOCK_BYTES; i++) {
        char folded = (char)(at[i] | 0x20);
        block.quotes |= (uint64_t)(at[i] == '"') << i;
        block.backslashes |= (uint64_t)(at[i] == '\\') << i;
        block.opening |= (uint64_t)(folded == '{') << i;
        block.closing |= (uint64_t)(folded == '}') << i;
    }
    return block;
}

static inline unsigned json_plain_16(const char *at)
{
    unsigned count = 0;
    while (count < 16 && at[count] != '"' && at[count] != '\\')
        count++;
    return count;
}

#endif

/* Bit i: an odd number of `bits` stand at or below it. Of quotes: the opening quote and what follows up to
 * its end. */
static inline uint64_t json_inside(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

#endif
