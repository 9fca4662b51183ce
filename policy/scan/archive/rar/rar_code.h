/*
 * What RAR's methods of packing share: bits, the highest first, and canonical codes of at most 15 bits. Pure
 * but for what they are given; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_CODE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_CODE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    RAR_CODE_BITS_MAX = 15,
    RAR_CODE_SYMBOLS_MAX = 306,
    RAR_LENGTHS = 20, /* symbols of the code that lengths of codes are written in */
};

/* Behind its end come zeros. */
struct rar_bits {
    struct slice bytes;
    size_t at;     /* byte */
    unsigned used; /* bits of it, 0 to 7 */
};

struct rar_code {
    uint32_t limits[RAR_CODE_BITS_MAX + 1]; /* of codes of so many bits, as the first 16 of a number */
    uint16_t first[RAR_CODE_BITS_MAX + 1];  /* of `symbols` */
    uint16_t count;
    uint16_t symbols[RAR_CODE_SYMBOLS_MAX];
};

/* The next `count` bits, 0 to 16, without or with taking them. */
uint32_t rar_bits_peek(const struct rar_bits *bits, unsigned count);
uint32_t rar_bits_take(struct rar_bits *bits, unsigned count);

/* Passes over what is left of a byte that was begun. */
void rar_bits_align(struct rar_bits *bits);

bool rar_bits_are_over(const struct rar_bits *bits);

/* The code in which each of `count` symbols (RAR_CODE_SYMBOLS_MAX at most) has so many bits, 0 for none. */
void rar_code_build(struct rar_code *code, const uint8_t *lengths, size_t count);

/* The next symbol; 0 where the bits are none's. */
unsigned rar_code_take(const struct rar_code *code, struct rar_bits *bits);

/* Reads the code of lengths, which comes first in a table. */
void rar_code_take_lengths(struct rar_code *code, struct rar_bits *bits);

#endif
