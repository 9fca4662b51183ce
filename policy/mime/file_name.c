#include "mime/file_name.h"

#include <assert.h>
#include <stdint.h>

/* One cleaned reading of a name. */
struct form {
    char data[FILE_NAME_BYTES_MAX];
    size_t length;
};

struct form_set {
    struct form forms[FILE_NAME_EXTENSIONS_MAX];
    size_t count;
};

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* What systems and clients drop from the end of a name, or never let into one. */
static bool is_trimmed_at_end(char c)
{
    return is_control(c) || (c != '\0' && strchr(" .\"'`;,<>|*?%=", c) != NULL);
}

static struct slice trimmed_end(struct slice s)
{
    while (s.length > 0 && is_trimmed_at_end(s.data[s.length - 1]))
        s.length--;
    return s;
}

static struct slice last_bytes(struct slice s, size_t limit)
{
    return s.length <= limit ? s : slice_part(s, s.length - limit, s.length);
}

static struct slice before_control(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if (is_control(s.data[i]))
            return slice_part(s, 0, i);
    return s;
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
static void form_fill(struct form *form, struct slice s, bool *has_bidi_control)
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

static void form_drop_controls(struct form *form)
{
    size_t kept = 0;
    for (size_t i = 0; i < form->length; i++)
        if (!is_control(form->data[i]))
            form->data[kept++] = form->data[i];
    form->length = kept;
}

/* Replaces each %XX by its byte; returns false if there was none. */
static bool form_decode_percent(struct form *form)
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

static void form_set_add(struct form_set *set, struct slice s)
{
    s = trimmed_end(s);
    if (s.length == 0)
        return;
    for (size_t i = 0; i < set->count; i++)
        if (slice_equal(s, slice_make(set->forms[i].data, set->forms[i].length)))
            return;
    assert(set->count < FILE_NAME_EXTENSIONS_MAX);
    struct form *form = &set->forms[set->count++];
    memcpy(form->data, s.data, s.length);
    form->length = s.length;
}

static struct slice last_path_component(struct slice s)
{
    while (s.length > 0 && (s.data[s.length - 1] == '/' || s.data[s.length - 1] == '\\'))
        s.length--;
    for (size_t i = s.length; i > 0; i--)
        if (s.data[i - 1] == '/' || s.data[i - 1] == '\\')
            return slice_part(s, i, s.length);
    return s;
}

/*
 * Whether the colon at `at` may begin an NTFS stream name (`file.exe:stream`, `file.exe::$DATA`). A time, a
 * port and a subject line saved as a name ("Re: a.com: more.eml") have a digit or a blank there.
 */
static bool is_stream_colon(struct slice s, size_t at)
{
    if (at == 0 || at + 1 == s.length)
        return at != 0;
    char next = s.data[at + 1];
    return next != ' ' && next != '\t' && next != '/' && !ascii_is_digit(next);
}

static void add_components(struct form_set *set, struct slice s)
{
    struct slice component = last_path_component(trimmed_end(s));
    form_set_add(set, component);
    for (size_t i = 0; i < component.length; i++) {
        if (component.data[i] == ':' && is_stream_colon(component, i)) {
            form_set_add(set, slice_part(component, 0, i));
            break;
        }
    }
}

/* Drops bytes that are no UTF-8, and what stands for such; returns false if there were none. */
static bool form_drop_undecodable(struct form *form)
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

/* Adds what `form` can be read as: cut at its first control character, without all of them, and without what
 * web mailers drop in converting it. */
static void add_readings(struct form_set *set, struct form *form)
{
    struct slice whole = slice_make(form->data, form->length);
    struct slice before = before_control(whole);
    if (before.length < whole.length)
        add_components(set, before);
    form_drop_controls(form);
    add_components(set, slice_make(form->data, form->length));
    if (form_drop_undecodable(form))
        add_components(set, slice_make(form->data, form->length));
}

/* Whether there is one way only to read a name: letters, digits and signs of ASCII, none of them encoded. */
static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '%')
            return false;
    return true;
}

static void form_set_fill_plain(struct form_set *set, struct slice name)
{
    struct form form;
    bool has_bidi_control = false;
    form_fill(&form, last_bytes(trimmed_end(name), FILE_NAME_BYTES_MAX), &has_bidi_control);
    add_components(set, slice_make(form.data, form.length));
}

static void form_set_fill(struct form_set *set, struct slice name, bool *has_bidi_control)
{
    set->count = 0;
    *has_bidi_control = false;
    if (is_plain(name)) {
        form_set_fill_plain(set, name);
        return;
    }
    const struct slice starts[] = {trimmed_end(name), before_control(name)};
    for (size_t i = 0; i < 2; i++) {
        struct form form;
        struct form decoded;
        form_fill(&form, last_bytes(trimmed_end(starts[i]), FILE_NAME_BYTES_MAX), has_bidi_control);
        /* Twice: some clients and web mailers decode what a gateway has encoded again. */
        for (int round = 0; round < 2; round++) {
            decoded = form;
            add_readings(set, &form);
            if (!form_decode_percent(&decoded))
                break;
            form_fill(&form, slice_make(decoded.data, decoded.length), has_bidi_control);
        }
        add_readings(set, &form);
    }
}

void file_name_forms(struct slice name, bool (*visit)(void *context, struct slice form), void *context)
{
    struct form_set set;
    bool has_bidi_control;
    form_set_fill(&set, name, &has_bidi_control);
    for (size_t i = 0; i < set.count; i++)
        if (!visit(context, slice_make(set.forms[i].data, set.forms[i].length)))
            return;
}

/* Class ids under which Windows runs a file, with the extension that does the same. */
static const struct {
    const char *class_id;
    const char *extension;
} class_ids[] = {
    {"{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}", "hta"}, {"{06290bd3-48aa-11d2-8432-006008c3fbfc}", "sct"},
    {"{06290bd5-48aa-11d2-8432-006008c3fbfc}", "sct"}, {"{00021401-0000-0000-c000-000000000046}", "lnk"},
    {"{b54f3741-5b07-11cf-a4b0-00aa004a55e8}", "vbs"}, {"{f414c260-6ac0-11cf-b6d1-00aa00bbbb58}", "js"},
};

static struct slice class_id_extension(struct slice class_id)
{
    for (size_t i = 0; i < sizeof class_ids / sizeof class_ids[0]; i++)
        if (slice_equal(class_id, slice_of(class_ids[i].class_id)))
            return slice_of(class_ids[i].extension);
    return class_id;
}

static void extensions_add(struct file_name_extensions *extensions, struct slice extension)
{
    if (extension.length > 1 && extension.data[0] == '{' && extension.data[extension.length - 1] == '}') {
        extensions->has_class_id = true;
        extension = class_id_extension(extension);
    }
    if (extension.length == 0 || extension.length >= FILE_NAME_EXTENSION_BYTES)
        return;
    for (size_t i = 0; i < extensions->count; i++)
        if (slice_equal(extension, slice_of(extensions->text[i])))
            return;
    assert(extensions->count < FILE_NAME_EXTENSIONS_MAX);
    char *text = extensions->text[extensions->count++];
    memcpy(text, extension.data, extension.length);
    text[extension.length] = '\0';
}

void file_name_extension_candidates(struct slice name, struct file_name_extensions *extensions)
{
    struct form_set set;
    extensions->count = 0;
    extensions->has_class_id = false;
    form_set_fill(&set, name, &extensions->has_bidi_control);
    for (size_t i = 0; i < set.count; i++) {
        struct slice form = slice_make(set.forms[i].data, set.forms[i].length);
        size_t dot = slice_find_last(form, '.');
        if (dot < form.length && memchr(form.data + dot, '\0', form.length - dot) == NULL)
            extensions_add(extensions, slice_part(form, dot + 1, form.length));
    }
}
