#include "scan/mime/file_name_form.h"

#include <assert.h>

struct form_set {
    struct file_name_form forms[FILE_NAME_EXTENSIONS_MAX];
    size_t count;
};

/* What systems and clients drop from the end of a name, or never let into one. */
static bool is_trimmed_at_end(char c)
{
    return file_name_is_control(c) || (c != '\0' && strchr(" .\"'`;,<>|*?%=+", c) != NULL);
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
        if (file_name_is_control(s.data[i]))
            return slice_part(s, 0, i);
    return s;
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
    struct file_name_form *form = &set->forms[set->count++];
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

static bool is_illegal(char c)
{
    return c == '"' || c == '/' || c == ':' || c == '<' || c == '>' || c == '|' || c == '*' || c == '?' ||
           c == '\\';
}

/* Outlook drops the characters that Windows has in no name ([MS-OXCMAIL] 2.2.3.4.1.1). */
static void add_without_illegal(struct form_set *set, struct slice s)
{
    struct file_name_form form;
    form.length = 0;
    for (size_t i = 0; i < s.length; i++)
        if (!is_illegal(s.data[i]))
            form.data[form.length++] = s.data[i];
    if (form.length < s.length)
        form_set_add(set, slice_make(form.data, form.length));
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
    add_without_illegal(set, s);
}

/* Adds what `form` can be read as: cut at its first control character, without all of them, and without what
 * web mailers drop in converting it. */
static void add_readings(struct form_set *set, struct file_name_form *form)
{
    struct slice whole = slice_make(form->data, form->length);
    struct slice before = before_control(whole);
    if (before.length < whole.length)
        add_components(set, before);
    file_name_form_drop_controls(form);
    add_components(set, slice_make(form->data, form->length));
    if (file_name_form_drop_undecodable(form))
        add_components(set, slice_make(form->data, form->length));
}

/* Whether nothing in a name is encoded or no character of ASCII. */
static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '%' || name.data[i] == '&')
            return false;
    return true;
}

static void form_set_fill_plain(struct form_set *set, struct slice name)
{
    struct file_name_form form;
    bool has_bidi_control = false;
    file_name_form_fill(&form, last_bytes(trimmed_end(name), FILE_NAME_BYTES_MAX), &has_bidi_control);
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
        struct file_name_form form;
        struct file_name_form decoded;
        file_name_form_fill(&form, last_bytes(trimmed_end(starts[i]), FILE_NAME_BYTES_MAX), has_bidi_control);
        /* Twice: some clients and web mailers decode what a gateway has encoded again. */
        for (int round = 0; round < 2; round++) {
            decoded = form;
            add_readings(set, &form);
            bool is_encoded = file_name_form_decode_percent(&decoded);
            if (!file_name_form_decode_references(&decoded) && !is_encoded)
                break;
            file_name_form_fill(&form, slice_make(decoded.data, decoded.length), has_bidi_control);
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
