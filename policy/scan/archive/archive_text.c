#include "scan/archive/archive_text.h"

enum { REPLACEMENT_CHARACTER = 0xFFFD };

void archive_text_append_code_point(struct strbuf *text, uint32_t code_point)
{
    char bytes[4];
    size_t length = 0;
    if (code_point < 0x80) {
        bytes[length++] = (char)code_point;
    } else if (code_point < 0x800) {
        bytes[length++] = (char)(0xC0 | code_point >> 6);
        bytes[length++] = (char)(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        bytes[length++] = (char)(0xE0 | code_point >> 12);
        bytes[length++] = (char)(0x80 | (code_point >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (code_point & 0x3F));
    } else {
        bytes[length++] = (char)(0xF0 | code_point >> 18);
        bytes[length++] = (char)(0x80 | (code_point >> 12 & 0x3F));
        bytes[length++] = (char)(0x80 | (code_point >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (code_point & 0x3F));
    }
    strbuf_append(text, bytes, length);
}

static uint32_t utf16_unit(struct slice utf16, size_t at, enum archive_byte_order order)
{
    unsigned first = (unsigned char)utf16.data[at];
    unsigned second = (unsigned char)utf16.data[at + 1];
    return order == ARCHIVE_BIG_ENDIAN ? first << 8 | second : second << 8 | first;
}

void archive_text_append_utf16(struct strbuf *text, struct slice utf16, enum archive_byte_order order)
{
    for (size_t i = 0; i + 1 < utf16.length; i += 2) {
        uint32_t unit = utf16_unit(utf16, i, order);
        if (unit < 0xD800 || unit > 0xDFFF) {
            archive_text_append_code_point(text, unit);
            continue;
        }
        uint32_t low = unit < 0xDC00 && i + 3 < utf16.length ? utf16_unit(utf16, i + 2, order) : 0;
        if (low < 0xDC00 || low > 0xDFFF) {
            archive_text_append_code_point(text, REPLACEMENT_CHARACTER);
            continue;
        }
        archive_text_append_code_point(text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        i += 2;
    }
}
