#include "scan/mime/file_name_form.h"

#include <assert.h>
#include <stdint.h>

bool file_name_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Decodes one UTF-8 sequence at the start of `s`; returns its length, 0 if it is not one. */
static size_t utf8_decode(struct slice s, uint32_t *code)
{
    unsigned char first = (unsigned char)s.data[0];
    size_t length = first < 0x80         ? 1
                    : (first >> 5) == 6  ? 2
                    : (first >> 4) == 14 ? 3
                    : (first >> 3) == 30 ? 4
                                         : 0;
    if (length == 0 || length > s.length)
        return 0;
    *code = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)s.data[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | ((unsigned char)s.data[i] & 0x3fu);
    }
    return length;
}

static bool is_bidi_control(uint32_t code)
{
    return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static bool is_invisible(uint32_t code)
{
    return is_bidi_control(code) || code == 0xad || code == 0x34f || code == 0x180e ||
           (code >= 0x200b && code <= 0x200d) || (code >= 0x2060 && code <= 0x206f) ||
           (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff || (code >= 0xe0000 && code <= 0xe0fff) ||
           (code >= 0xfff9 && code <= 0xfffc) || code == 0x115f || code == 0x1160 || code == 0x3164 ||
           code == 0xffa0 || code == 0x2800 || (code >= 0x80 && code <= 0x9f);
}

static bool is_wide_space(uint32_t code)
{
    return code == 0xa0 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
           code == 0x202f || code == 0x205f || code == 0x3000;
}

/* The ASCII character that `code` is or is shown as (full-width forms, one dot leader), or 0. */
static char ascii_look(uint32_t code)
{
    if (code < 0x80)
        return ascii_lower((char)code);
    if (code >= 0xff01 && code <= 0xff5e)
        return ascii_lower((char)(code - 0xff01 + 0x21));
    if (code == 0x2024 || code == 0xfe52)
        return '.';
    if (code == 0x212a ||
        code == 0x17f) /* Kelvin sign and long s: k and s once the letter case is left aside */
        return code == 0x212a ? 'k' : 's';
    return is_wide_space(code) ? ' ' : '\0';
}

/* Lower case, without invisible characters, look-alikes of ASCII as ASCII. `s` is FILE_NAME_BYTES_MAX at
 * most. */
void file_name_form_fill(struct file_name_form *form, struct slice s, bool *has_bidi_control)
{
    assert(s.length <= sizeof form->data);
    form->length = 0;
    for (size_t i = 0; i < s.length;) {
        uint32_t code = 0;
        size_t length = utf8_decode(slice_part(s, i, s.length), &code);
        if (length == 0) {
            form->data[form->length++] = s.data[i] == (char)0xa0 ? (char)' ' : s.data[i];
            i++;
            continue;
        }
        *has_bidi_control = *has_bidi_control || is_bidi_control(code);
        char look = ascii_look(code);
        if (code == 0 || look != '\0') {
            form->data[form->length++] = look;
        } else if (!is_invisible(code)) {
            memcpy(form->data + form->length, s.data + i, length);
            form->length += length;
        }
        i += length;
    }
}

void file_name_form_drop_controls(struct file_name_form *form)
{
    size_t kept = 0;
    for (size_t i = 0; i < form->length; i++)
        if (!file_name_is_control(form->data[i]))
            form->data[kept++] = form->data[i];
    form->length = kept;
}

/* Replaces each %XX by its byte; returns false if there was none. */
bool file_name_form_decode_percent(struct file_name_form *form)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < form->length; i++) {
        int high = i + 2 < form->length && form->data[i] == '%' ? ascii_hex_value(form->data[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(form->data[i + 2]) : -1;
        if (low >= 0) {
            form->data[kept++] = (char)(high << 4 | low);
            i += 2;
            found = true;
        } else {
            form->data[kept++] = form->data[i];
        }
    }
    form->length = kept;
    return found;
}

/* The ASCII character that "&#NN" or "&#xHH" stands for, of which 16 bits count; 0 where it is none. */
static unsigned reference_code(struct slice s)
{
    enum { DIGITS_MAX = 8 };
    bool is_hex = s.length > 2 && s.data[2] == 'x';
    size_t at = is_hex ? 3 : 2;
    if (s.length <= at || s.length > at + DIGITS_MAX || s.data[0] != '&' || s.data[1] != '#')
        return 0;
    unsigned code = 0;
    for (; at < s.length; at++) {
        int digit = is_hex || ascii_is_digit(s.data[at]) ? ascii_hex_value(s.data[at]) : -1;
        if (digit < 0)
            return 0;
        code = code * (is_hex ? 16 : 10) + (unsigned)digit;
    }
    code &= 0xffff;
    return code < 0x80 ? code : 0;
}

/* Replaces each &#NN; and &#xHH; that stands for an ASCII character, which some web mailers expand in names.
 * Returns false if there was none. */
bool file_name_form_decode_references(struct file_name_form *form)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < form->length; i++) {
        struct slice rest = slice_make(form->data + i, form->length - i);
        /* The last one has lost its semicolon to trimming. */
        size_t end = form->data[i] == '&' ? slice_find(rest, ';') : 0;
        unsigned code = reference_code(slice_part(rest, 0, end));
        found = found || code != 0;
        form->data[kept++] = code != 0 ? ascii_lower((char)code) : form->data[i];
        if (code != 0)
            i += end < rest.length ? end : end - 1;
    }
    form->length = kept;
    return found;
}

/* Drops bytes that are no UTF-8, and what stands for such; returns false if there were none. */
bool file_name_form_drop_undecodable(struct file_name_form *form)
{
    size_t kept = 0, before = form->length;
    for (size_t i = 0; i < form->length;) {
        uint32_t code = 0;
        size_t length = utf8_decode(slice_make(form->data + i, form->length - i), &code);
        if (length > 0 && code != 0xfffd) {
            memmove(form->data + kept, form->data + i, length);
            kept += length;
        }
        i += length == 0 ? 1 : length;
    }
    form->length = kept;
    return kept < before;
}
