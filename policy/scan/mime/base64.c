#include "scan/mime/base64.h"

/* clang-format off */
const uint8_t base64_values[256] = {
    66, 66, 66, 66, 66, 66, 66, 66, 66, 65, 65, 66, 66, 65, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    65, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 64, 66, 66,
    66,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
    66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
};
/* clang-format on */

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

size_t base64_decode_groups_portable(struct slice in, uint8_t *out, size_t room, size_t *out_length)
{
    size_t at = 0;
    size_t made = 0;
    while (room - made >= BASE64_ROOM_MIN) {
        while (at < in.length && is_line_end(in.data[at]))
            at++;
        if (in.length - at < 4)
            break;
        const unsigned char *group = (const unsigned char *)in.data + at;
        unsigned a = base64_values[group[0]], b = base64_values[group[1]];
        unsigned c = base64_values[group[2]], d = base64_values[group[3]];
        if ((a | b | c | d) >= 64)
            break;
        unsigned bits = a << 18 | b << 12 | c << 6 | d;
        out[made] = (uint8_t)(bits >> 16);
        out[made + 1] = (uint8_t)(bits >> 8);
        out[made + 2] = (uint8_t)bits;
        at += 4;
        made += 3;
    }
    *out_length = made;
    return at;
}

size_t base64_decode_groups(struct slice in, uint8_t *out, size_t room, size_t *out_length)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return base64_decode_groups_avx2(in, out, room, out_length);
#endif
    return base64_decode_groups_portable(in, out, room, out_length);
}
