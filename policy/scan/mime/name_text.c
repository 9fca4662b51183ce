#include "scan/mime/name_text.h"

#include "scan/mime/name_look_table.h" /* its arrays are used here only */

size_t name_text_decode(struct slice s, uint32_t *code, enum name_text_kind *kind)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s.data[0];
    size_t length = first < 0x80         ? 1
                    : (first >> 5) == 6  ? 2
                    : (first >> 4) == 14 ? 3
                    : (first >> 3) == 30 ? 4
                                         : 0;
    *code = length <= 1 ? first : first & (0x7fu >> length);
    *kind = NAME_TEXT_CHARACTER;
    for (size_t i = 1; i < length; i++) {
        unsigned char next = i < s.length ? (unsigned char)s.data[i] : 0;
        if ((next & 0xc0) != 0x80)
            length = 0;
        *code = *code << 6 | (next & 0x3fu);
    }
    if (length == 0) {
        *code = first;
        *kind = NAME_TEXT_INVALID;
        return 1;
    }
    if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
        *kind = NAME_TEXT_LOOSE;
    return length;
}

char name_text_look(uint32_t code)
{
    enum { RUNS = sizeof look_runs / sizeof look_runs[0] };
    size_t from = 0, to = RUNS;
    if (code < 0x80)
        return ascii_lower((char)code);
    while (to - from > 1) {
        size_t middle = (from + to) / 2;
        *(look_runs[middle].first <= code ? &from : &to) = middle;
    }
    uint32_t at = code - look_runs[from].first;
    if (code < look_runs[from].first || at >= strlen(look_runs[from].looks))
        return '\0';
    char look = look_runs[from].looks[at];
    return look == ' ' ? '\0' : look;
}

bool name_text_is_bidi_control(uint32_t code)
{
    return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

bool name_text_is_invisible(uint32_t code)
{
    /* Unicode's Default_Ignorable_Code_Point, combining marks, controls of Latin-1, and what is blank in all
     * fonts. */
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x80, 0x9f},       {0xad, 0xad},       {0x300, 0x36f},     {0x61c, 0x61c},   {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff}, {0x200b, 0x200f},
        {0x202a, 0x202e},   {0x2060, 0x206f},   {0x20d0, 0x20ff},   {0x2800, 0x2800}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfffc},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

bool name_text_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* The number behind "&#", of which 16 bits count. False: none. */
static bool parse_number(struct slice digits, uint32_t *code)
{
    enum { DIGITS_MAX = 8 };
    bool is_hex = digits.length > 0 && ascii_lower(digits.data[0]) == 'x';
    size_t at = is_hex ? 1 : 0;
    *code = 0;
    if (digits.length <= at || digits.length > at + DIGITS_MAX)
        return false;
    for (; at < digits.length; at++) {
        int digit = is_hex || ascii_is_digit(digits.data[at]) ? ascii_hex_value(digits.data[at]) : -1;
        if (digit < 0)
            return false;
        *code = *code * (is_hex ? 16 : 10) + (uint32_t)digit;
    }
    return true;
}

static char named_character(struct slice name, bool with_case)
{
    for (size_t i = 0; i < sizeof reference_names / sizeof reference_names[0]; i++) {
        struct slice other = slice_of(reference_names[i].name);
        if (with_case ? slice_equal(name, other) : slice_equal_nocase(name, other))
            return reference_names[i].character;
    }
    return '\0';
}

size_t name_text_reference(struct slice s, char *character)
{
    enum { NAME_BYTES = 32 };
    struct slice room = slice_part(s, 0, s.length < NAME_BYTES ? s.length : NAME_BYTES);
    size_t end = slice_find(room, ';');
    uint32_t code = 0;
    *character = '\0';
    if (room.length < 3 || room.data[0] != '&' || (end == room.length && end < s.length))
        return 0;
    struct slice name = slice_part(room, 1, end);
    if (name.length > 1 && name.data[0] == '#' && parse_number(slice_part(name, 1, name.length), &code)) {
        *character = name_text_look(code);
        if (*character == '\0')
            *character = name_text_look(code & 0xffff);
        if (*character == '\0' && name_text_is_invisible(code))
            *character = '\1';
    } else {
        /* Names are read after all has become lower case too. */
        *character = named_character(name, true);
        if (*character == '\0')
            *character = named_character(name, false);
    }
    return *character == '\0' ? 0 : end < room.length ? end + 1 : end;
}
