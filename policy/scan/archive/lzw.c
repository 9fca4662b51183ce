#include "scan/archive/lzw.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LZW_HEADER_BYTES = 3,
    LZW_FLAGS_AT = 2,
    LZW_BITS_MASK = 0x1f,
    LZW_CAN_CLEAR = 0x80, /* code 256 forgets all strings */
    LZW_BITS_LEAST = 9,
    LZW_BITS_MOST = 16,
    LZW_LITERALS = 256,
    LZW_CLEAR = 256,
    LZW_CODES = 1 << LZW_BITS_MOST,
    LZW_CODES_TOGETHER = 8,
};

struct lzw {
    size_t header_length;
    bool can_clear;
    unsigned bits_most, bits; /* of a code: at most, now */
    unsigned next;            /* the number of the next string */
    int last;                 /* the code before, or -1 */
    char first;               /* the first byte of its string */
    uint32_t held;            /* input not used yet, `held_bits` of it */
    unsigned held_bits;
    unsigned group_bits; /* used of eight codes together */
    unsigned skip_bits;  /* to be passed over */
    size_t pending; /* bytes of the last string not written yet: the end of `string`, the last byte first */
    uint16_t prefix[LZW_CODES];
    char suffix[LZW_CODES];
    char string[LZW_CODES];
};

const size_t lzw_bytes = sizeof(struct lzw);

struct lzw *lzw_create(void)
{
    return calloc(1, sizeof(struct lzw));
}

void lzw_destroy(struct lzw *lzw)
{
    free(lzw);
}

static bool take_header_byte(struct lzw *lzw, unsigned char byte)
{
    if (lzw->header_length++ != LZW_FLAGS_AT)
        return true;
    lzw->can_clear = (byte & LZW_CAN_CLEAR) != 0;
    lzw->bits_most = byte & LZW_BITS_MASK;
    lzw->bits = LZW_BITS_LEAST;
    lzw->next = LZW_LITERALS + (lzw->can_clear ? 1 : 0);
    lzw->last = -1;
    /* What compress writes of 9 bits at most it cannot read itself. */
    return lzw->bits_most > LZW_BITS_LEAST && lzw->bits_most <= LZW_BITS_MOST;
}

/* Codes have another width from here on. */
static void change_width(struct lzw *lzw, unsigned bits)
{
    unsigned together = lzw->bits * LZW_CODES_TOGETHER;
    lzw->skip_bits = lzw->group_bits == 0 ? 0 : together - lzw->group_bits;
    lzw->group_bits = 0;
    lzw->bits = bits;
}

/* Passes over what is not in use. Returns whether all of it has come. */
static bool skip(struct lzw *lzw)
{
    unsigned count = lzw->skip_bits < lzw->held_bits ? lzw->skip_bits : lzw->held_bits;
    lzw->held = count < 32 ? lzw->held >> count : 0;
    lzw->held_bits -= count;
    lzw->skip_bits -= count;
    return lzw->skip_bits == 0;
}

/* The next code, or -1: it has not all come. */
static int take_code(struct lzw *lzw)
{
    assert(lzw->bits >= LZW_BITS_LEAST); /* the header was read */
    bool is_full = lzw->next > (1u << lzw->bits) - 1;
    if (is_full && lzw->bits < lzw->bits_most)
        change_width(lzw, lzw->bits + 1);
    if (!skip(lzw) || lzw->held_bits < lzw->bits)
        return -1;
    unsigned code = lzw->held & ((1u << lzw->bits) - 1);
    lzw->held >>= lzw->bits;
    lzw->held_bits -= lzw->bits;
    lzw->group_bits = (lzw->group_bits + lzw->bits) % (lzw->bits * LZW_CODES_TOGETHER);
    return (int)code;
}

static void push_byte(struct lzw *lzw, char byte)
{
    lzw->string[lzw->pending++] = byte;
}

/* Spells the string of `code` from its end, and learns the next one. False: there is no such string. */
static bool spell(struct lzw *lzw, unsigned code)
{
    unsigned at = code;
    if (code == LZW_CLEAR && lzw->can_clear) {
        lzw->next = LZW_LITERALS; /* what is learned first has no number of its own */
        change_width(lzw, LZW_BITS_LEAST);
        return true;
    }
    if (lzw->last < 0 ? code >= LZW_LITERALS : code > lzw->next)
        return false;
    if (lzw->last >= 0 && code == lzw->next) { /* the string that is being learned */
        push_byte(lzw, lzw->first);
        at = (unsigned)lzw->last;
    }
    /* A string is longer than the one before its last byte, so this ends within LZW_CODES. */
    for (; at >= LZW_LITERALS; at = lzw->prefix[at])
        push_byte(lzw, lzw->suffix[at]);
    lzw->first = (char)(unsigned char)at;
    push_byte(lzw, lzw->first);
    if (lzw->last >= 0 && lzw->next < 1u << lzw->bits_most) {
        lzw->prefix[lzw->next] = (uint16_t)lzw->last;
        lzw->suffix[lzw->next++] = lzw->first;
    }
    lzw->last = (int)code;
    return true;
}

bool lzw_decode(struct lzw *lzw, struct slice *input, char *out, size_t room, size_t *made)
{
    *made = 0;
    for (;;) {
        while (lzw->pending > 0 && *made < room)
            out[(*made)++] = lzw->string[--lzw->pending];
        if (*made == room)
            return true;
        int code = lzw->header_length == LZW_HEADER_BYTES ? take_code(lzw) : -1;
        if (code >= 0) {
            if (!spell(lzw, (unsigned)code))
                return false;
            continue;
        }
        if (input->length == 0)
            return true;
        unsigned char byte = (unsigned char)input->data[0];
        *input = slice_part(*input, 1, input->length);
        if (lzw->header_length == LZW_HEADER_BYTES) {
            lzw->held |= (uint32_t)byte << lzw->held_bits;
            lzw->held_bits += 8;
        } else if (!take_header_byte(lzw, byte)) {
            return false;
        }
    }
}
