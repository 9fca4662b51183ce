#include "scan/mime/file_name_form.h"

#include "scan/mime/name_text.h"

#include <assert.h>

/* Who is told the readings of a name. */
struct readings {
    bool (*visit)(void *context, struct slice form);
    void *context;
    bool is_over; /* enough was told */
    bool has_bidi_control;
};

/* What systems and clients drop from the end of a name, or never let into one. */
static bool is_trimmed_at_end(char c)
{
    return name_text_is_control(c) || (c != '\0' && strchr(" .\"'`;,<>|*?%=+", c) != NULL);
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

/* Where some end a name; but for a line end inside of one behind a host's: "www.example.com\nlogo.png". Apple
 * Mail makes names of what was dragged into it. Which of what is called .com is a program is known by
 * content.
 */
static struct slice before_control(struct slice s)
{
    size_t end = 0;
    while (end < s.length && !name_text_is_control(s.data[end]))
        end++;
    struct slice before = slice_part(s, 0, end);
    bool is_line_end = end < s.length && (s.data[end] == '\r' || s.data[end] == '\n');
    return is_line_end && slice_ends_nocase(before, slice_of(".com")) ? s : before;
}

static void tell(struct readings *readings, struct slice s)
{
    s = trimmed_end(s);
    readings->is_over = readings->is_over || (s.length > 0 && !readings->visit(readings->context, s));
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
static void report_without_illegal(struct readings *readings, struct slice s)
{
    struct file_name_form form;
    form.length = 0;
    for (size_t i = 0; i < s.length; i++)
        if (!is_illegal(s.data[i]))
            form.data[form.length++] = s.data[i];
    if (form.length < s.length)
        tell(readings, slice_make(form.data, form.length));
}

static void report_components(struct readings *readings, struct slice s)
{
    struct slice component = last_path_component(trimmed_end(s));
    tell(readings, component);
    for (size_t i = 0; i < component.length; i++) {
        if (component.data[i] == ':' && is_stream_colon(component, i)) {
            tell(readings, slice_part(component, 0, i));
            break;
        }
    }
    report_without_illegal(readings, s);
}

/* Tells what `form` can be read as: cut at its first control character, without all of them, and with what is
 * no UTF-8 decoded or left out. */
static void report_form(struct readings *readings, struct file_name_form *form)
{
    struct slice whole = slice_make(form->data, form->length);
    struct slice before = before_control(whole);
    if (before.length < whole.length)
        report_components(readings, before);
    file_name_form_drop_controls(form);
    report_components(readings, slice_make(form->data, form->length));
    struct file_name_form decoded = *form;
    if (file_name_form_decode_overlong(&decoded))
        report_components(readings, slice_make(decoded.data, decoded.length));
    if (file_name_form_drop_undecodable(form))
        report_components(readings, slice_make(form->data, form->length));
}

/* Whether nothing in a name is encoded or no character of ASCII. */
static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '%' || name.data[i] == '&')
            return false;
    return true;
}

static void report_plain(struct readings *readings, struct slice name)
{
    struct file_name_form form;
    file_name_form_fill(&form, last_bytes(trimmed_end(name), FILE_NAME_BYTES_MAX),
                        &readings->has_bidi_control);
    report_components(readings, slice_make(form.data, form.length));
}

static void report_encoded(struct readings *readings, struct slice start)
{
    struct file_name_form form;
    struct file_name_form decoded;
    file_name_form_fill(&form, last_bytes(trimmed_end(start), FILE_NAME_BYTES_MAX),
                        &readings->has_bidi_control);
    /* Twice: some clients and web mailers decode what a gateway has encoded again. */
    for (int round = 0; round < 2; round++) {
        decoded = form;
        report_form(readings, &form);
        bool is_encoded = file_name_form_decode_percent(&decoded);
        if (!file_name_form_decode_references(&decoded) && !is_encoded)
            return;
        file_name_form_fill(&form, slice_make(decoded.data, decoded.length), &readings->has_bidi_control);
    }
    report_form(readings, &form);
}

static void report_all(struct readings *readings, struct slice name)
{
    struct slice before = before_control(name);
    if (is_plain(name)) {
        report_plain(readings, name);
        return;
    }
    report_encoded(readings, name);
    if (before.length < name.length && !readings->is_over)
        report_encoded(readings, before);
}

void file_name_forms(struct slice name, bool (*visit)(void *context, struct slice form), void *context)
{
    struct readings readings = {.visit = visit, .context = context};
    report_all(&readings, name);
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

static void add_extension(struct file_name_extensions *extensions, struct slice extension)
{
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

/* The extension as those write it who have ASCII only: best fits, and base letters of what has accents. What
 * becomes a dot begins it anew, but for one at the end. */
static void add_in_ascii(struct file_name_extensions *extensions, struct slice extension)
{
    char text[FILE_NAME_EXTENSION_BYTES];
    size_t length = 0;
    bool is_changed = false, is_behind_dot = false;
    for (struct slice rest = extension; rest.length > 0 && length < sizeof text;) {
        uint32_t code;
        enum name_text_kind kind;
        size_t taken = name_text_decode(rest, &code, &kind);
        char look = kind == NAME_TEXT_CHARACTER ? name_text_look(code) : '\0';
        is_changed = is_changed || code >= 0x80;
        if (look == '.')
            is_behind_dot = true;
        else if (look != '\0') {
            length = is_behind_dot ? 0 : length;
            is_behind_dot = false;
            text[length++] = look;
        } else if (kind != NAME_TEXT_CHARACTER || !name_text_is_invisible(code))
            return;
        rest = slice_part(rest, taken, rest.length);
    }
    if (is_changed)
        add_extension(extensions, slice_make(text, length));
}

static bool take_form(void *context, struct slice form)
{
    struct file_name_extensions *extensions = context;
    size_t dot = slice_find_last(form, '.');
    if (dot == form.length || memchr(form.data + dot, '\0', form.length - dot) != NULL)
        return true;
    struct slice extension = slice_part(form, dot + 1, form.length);
    if (extension.length > 1 && extension.data[0] == '{' && extension.data[extension.length - 1] == '}') {
        extensions->has_class_id = true;
        extension = class_id_extension(extension);
    }
    add_extension(extensions, extension);
    add_in_ascii(extensions, extension);
    return true;
}

/* munpack writes an X for each byte that a shell or a terminal would take for something else; no extension
 * that matters has two. */
static void add_with_x(struct file_name_extensions *extensions, struct slice name)
{
    size_t from = slice_find_last(name, '.') + 1;
    char text[FILE_NAME_EXTENSION_BYTES];
    unsigned replaced = 0; /* inside: behind its end one changes nothing */
    if (from >= name.length || name.length - from >= sizeof text)
        return;
    for (size_t i = from; i < name.length; i++) {
        char c = name.data[i];
        bool is_replaced = c <= ' ' || c > '~' || strchr("!$&'()*;<>?[]`{|}", c) != NULL;
        text[i - from] = is_replaced ? 'x' : ascii_lower(c);
        replaced += is_replaced ? (i + 1 < name.length ? 1 : 2) : 0;
    }
    if (replaced == 1)
        add_extension(extensions, slice_make(text, name.length - from));
}

void file_name_extension_candidates(struct slice name, struct file_name_extensions *extensions)
{
    struct readings readings = {.visit = take_form, .context = extensions};
    extensions->count = 0;
    extensions->has_class_id = false;
    report_all(&readings, name);
    add_with_x(extensions, trimmed_end(name));
    extensions->has_bidi_control = readings.has_bidi_control;
}
