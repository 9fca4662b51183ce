#include "base/utf8_text.h"

enum { REPLACEMENT = 0xfffd };

uint32_t utf8_next(struct slice text, size_t *length)
{
    const unsigned char *c = (const unsigned char *)text.data;
    *length = 1;
    if (c[0] < 0x80)
        return c[0];
    const size_t wanted = c[0] >= 0xc2 && c[0] < 0xe0   ? 2
                          : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
                          : c[0] < 0xf5                 ? 4
                                                        : 0;
    if (c[0] < 0xc2 || wanted == 0 || wanted > text.length)
        return REPLACEMENT;
    uint32_t character = c[0] & (0x7fU >> wanted);
    for (size_t i = 1; i < wanted; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return REPLACEMENT;
        character = character << 6 | (c[i] & 0x3fU);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < least[wanted] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        return REPLACEMENT;
    *length = wanted;
    return character;
}

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

bool utf8_is_control(uint32_t character)
{
    static const struct range controls[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x061c, 0x061c}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    return is_in(controls, sizeof controls / sizeof controls[0], character);
}

unsigned utf8_width(uint32_t character)
{
    static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                        {0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
                                        {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    static const struct range twice[] = {
        {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    if (is_in(none, sizeof none / sizeof none[0], character))
        return 0;
    return is_in(twice, sizeof twice / sizeof twice[0], character) ? 2 : 1;
}
