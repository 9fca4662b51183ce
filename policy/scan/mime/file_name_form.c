#include "scan/mime/file_name_form.h"

#include "scan/mime/name_text.h"

#include <assert.h>

static bool is_wide_space(uint32_t code)
{
    return code == 0xa0 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
           code == 0x202f || code == 0x205f || code == 0x3000;
}

/* What `code` is shown as in ASCII, or '\0'; letters with accents stay what they are. */
static char ascii_shown(uint32_t code)
{
    if (code < 0x80 || (code >= 0xff01 && code <= 0xff5e) || (code >= 0x2100 && code < 0x2190) ||
        code == 0x2024 || code == 0xfe52 || code == 0x17f || (code >= 0x1d400 && code < 0x1d800))
        return name_text_look(code);
    return is_wide_space(code) ? ' ' : '\0';
}

static void form_append(struct file_name_form *form, const char *data, size_t length)
{
    memmove(form->data + form->length, data, length);
    form->length += length;
}

void file_name_form_fill(struct file_name_form *form, struct slice s, bool *has_bidi_control)
{
    assert(s.length <= sizeof form->data);
    form->length = 0;
    for (size_t i = 0; i < s.length;) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(slice_part(s, i, s.length), &code, &kind);
        char look = kind != NAME_TEXT_CHARACTER ? '\0' : ascii_shown(code);
        if (kind == NAME_TEXT_INVALID && code == 0xa0)
            look = ' ';
        if (look != '\0' || (code == 0 && kind == NAME_TEXT_CHARACTER))
            form_append(form, &look, 1);
        else if (kind != NAME_TEXT_CHARACTER || !name_text_is_invisible(code) ||
                 (code >= 0x300 && code < 0x370))
            form_append(form, s.data + i, length);
        *has_bidi_control =
            *has_bidi_control || (kind == NAME_TEXT_CHARACTER && name_text_is_bidi_control(code));
        i += length;
    }
}

void file_name_form_drop_controls(struct file_name_form *form)
{
    size_t kept = 0;
    for (size_t i = 0; i < form->length; i++)
        if (!name_text_is_control(form->data[i]))
            form->data[kept++] = form->data[i];
    form->length = kept;
}

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

bool file_name_form_decode_references(struct file_name_form *form)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < form->length;) {
        char character = '\0';
        size_t length = 0;
        if (form->data[i] == '&')
            length = name_text_reference(slice_make(form->data + i, form->length - i), &character);
        found = found || length > 0;
        form->data[kept++] = length > 0 ? character : form->data[i];
        i += length > 0 ? length : 1;
    }
    form->length = kept;
    return found;
}

bool file_name_form_decode_overlong(struct file_name_form *form)
{
    size_t from = 0, before = form->length;
    form->length = 0;
    while (from < before) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(slice_make(form->data + from, before - from), &code, &kind);
        char character = code < 0x80 ? ascii_lower((char)code) : '\0';
        bool is_overlong = kind == NAME_TEXT_LOOSE && code < 0x80;
        form_append(form, is_overlong ? &character : form->data + from, is_overlong ? 1 : length);
        from += length;
    }
    return form->length < before;
}

bool file_name_form_drop_undecodable(struct file_name_form *form)
{
    size_t from = 0, before = form->length;
    form->length = 0;
    while (from < before) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(slice_make(form->data + from, before - from), &code, &kind);
        if (kind == NAME_TEXT_CHARACTER && code != 0xfffd)
            form_append(form, form->data + from, length);
        from += length;
    }
    return form->length < before;
}
