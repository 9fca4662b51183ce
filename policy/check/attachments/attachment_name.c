#include "check/attachments/attachment_name.h"

#include "check/attachments/attachments.h"
#include "config/sets.h"
#include "scan/mime/name_superset.h"

#include <assert.h>

bool attachment_pattern_matches(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = pattern.length, star_t = 0;
    while (t < text.length) {
        if (p < pattern.length && pattern.data[p] == '*') {
            star = p++;
            star_t = t;
        } else if (p < pattern.length &&
                   (pattern.data[p] == '?' || ascii_lower(pattern.data[p]) == ascii_lower(text.data[t]))) {
            p++;
            t++;
        } else if (star < pattern.length) {
            p = star + 1;
            t = ++star_t;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '*')
        p++;
    return p == pattern.length;
}

/* ---- whole names ------------------------------------------------------------------------------------ */

struct name_match {
    const struct config_text_list *patterns;
    const char *first; /* a pattern that matched some form */
    size_t form_count;
    size_t matched_count;
};

static bool match_form(void *context, struct slice form)
{
    struct name_match *match = context;
    match->form_count++;
    for (size_t i = 0; i < match->patterns->count; i++) {
        if (!attachment_pattern_matches(slice_of(match->patterns->items[i]), form))
            continue;
        match->matched_count++;
        if (match->first == NULL)
            match->first = match->patterns->items[i];
        break;
    }
    return true;
}

static struct name_match match_name(const struct config_text_list *patterns, struct slice name)
{
    struct name_match match = {.patterns = patterns};
    if (patterns->count > 0)
        file_name_forms(name, match_form, &match);
    return match;
}

/* An exception covers a name only if it covers every way to read it. */
static bool name_is_excepted(const struct attachments_settings *settings, struct slice name)
{
    struct name_match match = match_name(&settings->allowed_names, name);
    return match.form_count > 0 && match.matched_count == match.form_count;
}

/* ---- extensions ------------------------------------------------------------------------------------- */

/* "exe", and ".exe" as some will write it. */
static bool set_has_extension(const struct text_set *set, const char *extension)
{
    char dotted[FILE_NAME_EXTENSION_BYTES + 1] = ".";
    size_t length = strlen(extension);
    assert(length < FILE_NAME_EXTENSION_BYTES);
    memcpy(dotted + 1, extension, length + 1);
    return text_set_contains(set, slice_make(dotted + 1, length)) ||
           text_set_contains(set, slice_make(dotted, length + 1));
}

/* Windows hides a class id at a name's end and opens the file by it: no honest file has one. */
static bool is_class_id(const char *extension)
{
    return extension[0] == '{';
}

static bool extension_is_blocked(const struct attachments_settings *settings, const char *extension)
{
    if (is_class_id(extension))
        return true;
    return set_has_extension(settings->blocked, extension) &&
           !set_has_extension(settings->allowed, extension);
}

static bool name_is_blocked(const struct attachments_settings *settings, struct slice name,
                            struct attachment_blocked_by *by)
{
    *by = (struct attachment_blocked_by){.name = name};
    if (name_is_excepted(settings, name))
        return false;
    by->pattern = match_name(&settings->blocked_names, name).first;
    if (by->pattern != NULL)
        return true;
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++) {
        if (!extension_is_blocked(settings, extensions.text[i]))
            continue;
        memcpy(by->extension, extensions.text[i], sizeof by->extension);
        return true;
    }
    return false;
}

/* Whether `only` is given and lacks some extension of the name; one without has none that could be listed. */
static bool name_is_not_listed(const struct attachments_settings *settings, struct slice name)
{
    struct file_name_extensions extensions;
    if (name_is_excepted(settings, name))
        return false;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (!set_has_extension(settings->only, extensions.text[i]) &&
            !set_has_extension(settings->allowed, extensions.text[i]))
            return true;
    return extensions.count == 0;
}

static bool attachment_is_not_listed(const struct attachments_settings *settings,
                                     const struct attachment *attachment, struct attachment_blocked_by *by)
{
    if (text_set_is_empty(settings->only) || attachment->is_part_of_document)
        return false;
    for (size_t i = 0; i < attachment->name_count; i++) {
        if (!name_is_not_listed(settings, attachment->names[i]))
            continue;
        *by = (struct attachment_blocked_by){.name = attachment->names[i], .is_not_listed = true};
        return true;
    }
    return false;
}

/* ---- damaged fields --------------------------------------------------------------------------------- */

struct superset_match {
    const struct attachments_settings *settings;
    const struct name_superset *superset;
    struct attachment_blocked_by *by;
};

/* A class id, whose braces may be anything here. */
static bool is_bare_class_id(struct slice extension)
{
    enum { CLASS_ID_BYTES = 36 };
    return extension.length == CLASS_ID_BYTES && extension.data[8] == '-' && extension.data[13] == '-' &&
           extension.data[18] == '-' && extension.data[23] == '-';
}

/* Whether to look further. */
static bool match_spelled(void *context, struct slice extension)
{
    const struct superset_match *match = context;
    struct attachment_blocked_by *by = match->by;
    if (extension.length >= sizeof by->extension)
        return true;
    memcpy(by->extension, extension.data, extension.length);
    by->extension[extension.length] = '\0';
    return !is_bare_class_id(extension) && !extension_is_blocked(match->settings, by->extension);
}

static bool match_entry(void *context, const char *entry)
{
    const struct superset_match *match = context;
    struct slice extension = slice_of(entry[0] == '.' ? entry + 1 : entry);
    return !name_superset_pieces_spell(match->superset, extension) || match_spelled(context, extension);
}

static bool superset_is_blocked(const struct attachments_settings *settings,
                                const struct name_superset *superset, struct attachment_blocked_by *by)
{
    struct superset_match match = {settings, superset, by};
    *by = (struct attachment_blocked_by){.is_spelled = true, .name = slice_make("", 0)};
    return superset != NULL && (!name_superset_visit(superset, match_spelled, &match) ||
                                !text_set_each(settings->blocked, match_entry, &match));
}

bool attachment_name_blocked(const struct attachments_settings *settings, const struct attachment *attachment,
                             struct attachment_blocked_by *by)
{
    struct attachment_blocked_by unwanted = {0};
    by = by == NULL ? &unwanted : by;
    for (size_t i = 0; i < attachment->name_count; i++)
        if (name_is_blocked(settings, attachment->names[i], by))
            return true;
    return attachment_is_not_listed(settings, attachment, by) ||
           superset_is_blocked(settings, attachment->superset, by);
}

/* ---- disguise --------------------------------------------------------------------------------------- */

static bool attachment_is_script(const struct attachment *attachment)
{
    return strcmp(attachment->executable, ATTACHMENT_SCRIPT) == 0;
}

/* Whether `word` stands in a list of words with ", " between them, in brackets. */
static bool list_has_word(const char *list, const char *word)
{
    struct slice rest = slice_part(slice_of(list), 1, strlen(list) - 1);
    while (rest.length > 0) {
        size_t comma = slice_find(rest, ',');
        if (slice_equal(slice_trim(slice_part(rest, 0, comma)), slice_of(word)))
            return true;
        rest = slice_part(rest, comma < rest.length ? comma + 1 : comma, rest.length);
    }
    return false;
}

/*
 * Scripts of Unix run by their mode, not by their name, and sources are full of them (`configure`,
 * `pre-commit.sample`): only a document's extension is a disguise for one.
 */
static const char script_disguises[] = "[pdf, doc, docx, docm, dot, dotx, rtf, odt, xls, xlsx, xlsm, csv, "
                                       "ods, ppt, pptx, odp, txt, htm, html, xml, "
                                       "jpg, jpeg, png, gif, bmp, tif, tiff, webp, svg, ico, mp3, mp4, m4a, "
                                       "wav, avi, mov, mpg, mpeg, mkv, webm, eml, "
                                       "msg, ics, vcf, zip, rar, 7z, gz, tgz, tar]";

/* What is built from source or for systems is a program by its content, and called so; a launcher of Linux
 * has to be marked as trusted first. */
static const char own_names[] =
    "[o, lo, po, os, pico, obj, so, a, ko, mod, dylib, bundle, tbd, class, dex, oat, odex, node, pyd, sys, drv, "
    "ocx, ax, acm, tsp, mui, rll, efi, elf, axf, core, out, "
    "debug, desktop]";

/* Whether a name with this extension ("" for none) hides that the file is a program. An extension that
 * everybody knows for a program's hides nothing: whether it is accepted is decided by name. */
static bool extension_hides(const struct attachments_settings *settings, const char *extension,
                            const struct attachment *attachment)
{
    if (set_has_extension(settings->allowed, extension) ||
        list_has_word(ATTACHMENT_DEFAULT_BLOCKED, extension) || list_has_word(own_names, extension))
        return false;
    if (!attachment_is_script(attachment))
        return true;
    /* Many send their scripts as text, so that nobody's filter objects: it is one where such are accepted. */
    if (strcmp(extension, "txt") == 0)
        return attachment->script_extension != NULL &&
               extension_is_blocked(settings, attachment->script_extension);
    return list_has_word(script_disguises, extension);
}

/* libfoo.so.1.2, core, core.1234 (of a process), vmcore. */
static bool is_own_name(struct slice name)
{
    size_t slash = slice_find_last(name, '/');
    struct slice base = slice_part(name, slash < name.length ? slash + 1 : 0, name.length);
    size_t end = base.length;
    while (end > 0 && (ascii_is_digit(base.data[end - 1]) || base.data[end - 1] == '.'))
        end--;
    struct slice stem = slice_part(base, 0, end);
    bool is_core = slice_equal(stem, slice_of("core")) || slice_equal(stem, slice_of("vmcore")) ||
                   slice_equal(stem, slice_of("vgcore"));
    return is_core || (end < base.length && slice_ends_nocase(stem, slice_of(".so")));
}

static bool name_hides_program(const struct attachments_settings *settings, struct slice name,
                               const struct attachment *attachment)
{
    if (name_is_excepted(settings, name) || is_own_name(name))
        return false;
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (extension_hides(settings, extensions.text[i], attachment))
            return true;
    return extensions.count == 0 && extension_hides(settings, "", attachment);
}

bool attachment_is_disguised(const struct attachments_settings *settings, const struct attachment *attachment)
{
    if (attachment->executable == NULL)
        return false;
    for (size_t i = 0; i < attachment->name_count; i++)
        if (name_hides_program(settings, attachment->names[i], attachment))
            return true;
    return attachment->name_count == 0 && !attachment_is_script(attachment);
}
