/* What a file should be looked at as: by its names, and by first bytes that are no signature. */
#include "scan/content/content_private.h"
#include "scan/content/file_magic.h"
#include "scan/mime/file_name.h"

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* What an archive's extension makes of content. */
static unsigned flags_of_format(const struct archive_format *format)
{
    unsigned flags = CONTENT_NAMED_ARCHIVE;
    if ((format->traits & ARCHIVE_OPENS_FROM_END) != 0)
        flags |= CONTENT_OPENS_FROM_END;
    if ((format->traits & ARCHIVE_NAME_BINDS) != 0)
        flags |= CONTENT_NAME_BINDS;
    if ((format->traits & ARCHIVE_OPENS_BY_NAME) != 0)
        flags |= CONTENT_OPENS_BY_NAME;
    return flags;
}

/* With a blank between. */
static const char message_extensions[] = "eml emlx mbox mht mhtml nws";
static const char calendar_extensions[] = "ics vcs ical ifb vcf vcard";
static const char uuencoded_extensions[] = "uu uue";

static unsigned flags_of_extension(const char *extension)
{
    const struct archive_format *format = archive_format_of_extension(extension, false);
    const struct archive_format *inner = archive_format_of_extension(extension, true);
    return (archive_list_has(message_extensions, extension) ? CONTENT_IS_MESSAGE : 0u) |
           (archive_list_has(calendar_extensions, extension) ? CONTENT_IS_CALENDAR : 0u) |
           (archive_list_has(uuencoded_extensions, extension) ? CONTENT_HAS_UUENCODE : 0u) |
           (format != NULL ? flags_of_format(format) : 0u) |
           (inner != NULL && (inner->traits & ARCHIVE_OPENS_FROM_END) != 0 ? flags_of_format(inner) : 0u);
}

unsigned content_flags_of_names(const struct slice *names, size_t count)
{
    unsigned flags = 0;
    for (size_t i = 0; i < count; i++) {
        struct file_name_extensions extensions;
        file_name_extension_candidates(names[i], &extensions);
        for (size_t n = 0; n < extensions.count; n++)
            flags |= flags_of_extension(extensions.text[n]);
        if (content_volume_of_name(names[i]) != CONTENT_NO_VOLUME)
            flags |= CONTENT_NAMED_ARCHIVE;
    }
    return flags;
}

static bool add_flags(void *context, struct slice extension)
{
    unsigned *flags = context;
    char text[FILE_NAME_EXTENSION_BYTES];
    if (extension.length < sizeof text) {
        memcpy(text, extension.data, extension.length);
        text[extension.length] = '\0';
        *flags |= flags_of_extension(text);
    }
    return true;
}

/* Adds the flags of each word of `list`, with blanks between, that pieces spell. */
static void add_flags_of_pieces(const struct name_superset *superset, const char *list, unsigned *flags)
{
    struct slice rest = slice_of(list == NULL ? "" : list);
    while (rest.length > 0) {
        size_t end = slice_find(rest, ' ');
        if (name_superset_pieces_spell(superset, slice_part(rest, 0, end)))
            add_flags(flags, slice_part(rest, 0, end));
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
}

unsigned content_flags_of_superset(const struct name_superset *superset)
{
    unsigned flags = 0;
    name_superset_visit(superset, add_flags, &flags);
    if (superset->pieces.count == 0)
        return flags;
    add_flags_of_pieces(superset, message_extensions, &flags);
    add_flags_of_pieces(superset, calendar_extensions, &flags);
    add_flags_of_pieces(superset, uuencoded_extensions, &flags);
    for (size_t i = 0; archive_formats[i] != NULL; i++) {
        add_flags_of_pieces(superset, archive_formats[i]->extensions, &flags);
        add_flags_of_pieces(superset, archive_formats[i]->document_extensions, &flags);
    }
    return flags;
}

/* ---- volumes ---------------------------------------------------------------------------------------- */

static bool has_digits(struct slice text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count && i < text.length; i++)
        if (!ascii_is_digit(text.data[i]))
            return false;
    return text.length == from + count;
}

/* r00, s01, z01, zx01, a01, c00: the later files of RAR, zip, ARJ and ACE; sources of assemblers and firmware
 * as text are called a51 and s19. */
static bool is_later_volume(struct slice extension)
{
    bool is_lettered = extension.length == 3 && strchr("rszacRSZAC", extension.data[0]) != NULL;
    return (is_lettered && has_digits(extension, 1, 2)) ||
           (slice_starts_nocase(extension, slice_of("zx")) && has_digits(extension, 2, 2));
}

static struct slice last_extension(struct slice name)
{
    size_t dot = slice_find_last(name, '.');
    return slice_part(name, dot < name.length ? dot + 1 : dot, name.length);
}

static bool is_archive_extension(struct slice extension)
{
    char text[FILE_NAME_EXTENSION_BYTES];
    if (extension.length == 0 || extension.length >= sizeof text)
        return false;
    for (size_t i = 0; i < extension.length; i++)
        text[i] = ascii_lower(extension.data[i]);
    text[extension.length] = '\0';
    return archive_format_of_extension(text, false) != NULL ||
           archive_format_of_extension(text, true) != NULL;
}

enum content_volume content_volume_of_name(struct slice name)
{
    name = slice_trim(name);
    struct slice extension = last_extension(name);
    struct slice stem = slice_part(name, 0, name.length - extension.length - (extension.length > 0 ? 1 : 0));
    if (stem.length == 0 || slice_equal(extension, slice_of("000")))
        return CONTENT_NO_VOLUME;
    if (has_digits(extension, 0, 3))
        return is_archive_extension(last_extension(stem)) ? CONTENT_IS_VOLUME
               : extension.data[0] == '0'                 ? CONTENT_MAY_BE_VOLUME
                                                          : CONTENT_NO_VOLUME;
    if (is_later_volume(extension))
        return CONTENT_MAY_BE_VOLUME;
    struct slice part = last_extension(stem);
    bool is_part = slice_starts_nocase(part, slice_of("part")) && part.length > 4 &&
                   has_digits(part, 4, part.length - 4);
    return is_part && is_archive_extension(extension) ? CONTENT_IS_VOLUME : CONTENT_NO_VOLUME;
}

struct slice content_volume_whole_name(struct slice name)
{
    name = slice_trim(name);
    if (!has_digits(last_extension(name), 0, 3) || content_volume_of_name(name) == CONTENT_NO_VOLUME)
        return slice_make("", 0);
    struct slice whole = slice_part(name, 0, name.length - 4);
    bool is_host = slice_ends_nocase(whole, slice_of(".com")); /* the backup of a host is often called so */
    return is_host || last_extension(whole).length == 0 ? slice_make("", 0) : whole;
}

bool content_is_document_name(struct slice name)
{
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (archive_format_of_extension(extensions.text[i], true) != NULL)
            return true;
    return false;
}

bool content_is_packed_tar_name(struct slice name)
{
    static const char *const words[] = {"tgz", "tbz", "tbz2", "txz", "tzst", "taz", "tlz", NULL};
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (is_one_of(extensions.text[i], words))
            return true;
    return false;
}

bool content_is_container_name(struct slice name)
{
    static const char *const messages[] = {"eml", NULL};
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (archive_format_of_extension(extensions.text[i], false) != NULL ||
            is_one_of(extensions.text[i], messages))
            return true;
    enum content_volume volume = content_volume_of_name(name);
    return volume == CONTENT_IS_VOLUME ||
           (volume == CONTENT_MAY_BE_VOLUME && has_digits(last_extension(name), 0, 3));
}

bool content_is_field_line(struct slice line)
{
    size_t colon = slice_find(line, ':');
    if (colon == 0 || colon >= 64 || colon == line.length)
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!ascii_is_alpha(line.data[i]) && !ascii_is_digit(line.data[i]) && line.data[i] != '-')
            return false;
    return true;
}

static bool is_mail_field(struct slice line)
{
    static const char *const names[] = {"from:",
                                        "to:",
                                        "subject:",
                                        "date:",
                                        "message-id:",
                                        "received:",
                                        "return-path:",
                                        "delivered-to:",
                                        "reply-to:",
                                        "cc:",
                                        "mime-version:",
                                        "content-type:",
                                        "content-transfer-encoding:",
                                        "content-disposition:",
                                        "x-mailer:",
                                        "x-unsent:"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_starts_nocase(line, slice_of(names[i])))
            return true;
    return false;
}

/* A message in a file may begin with empty lines. */
struct slice content_after_empty_lines(struct slice bytes)
{
    while (bytes.length > 0 && (bytes.data[0] == '\r' || bytes.data[0] == '\n'))
        bytes = slice_part(bytes, 1, bytes.length);
    return bytes;
}

/* Whether `head` is plainly that of a message: fields from the first line on, two of them of mail. */
bool content_looks_like_message(struct slice head)
{
    unsigned mail_fields = 0;
    for (unsigned number = 0; head.length > 0 && mail_fields < 2; number++) {
        size_t end = slice_find(head, '\n');
        struct slice line = slice_trim(slice_part(head, 0, end));
        bool is_folded = head.data[0] == ' ' || head.data[0] == '\t';
        bool is_mbox_line = number == 0 && slice_starts_nocase(line, slice_of("From "));
        if (!is_mbox_line && !(is_folded && number > 0) && !content_is_field_line(line))
            return false;
        mail_fields += is_mail_field(line) ? 1 : 0;
        head = slice_part(head, end < head.length ? end + 1 : end, head.length);
    }
    return mail_fields >= 2;
}

struct slice content_behind_length(struct slice head)
{
    size_t at = 0;
    while (at < head.length && ascii_is_digit(head.data[at]))
        at++;
    size_t end = slice_find(head, '\n');
    bool is_length = at > 0 && end < head.length && slice_trim(slice_part(head, at, end)).length == 0;
    return is_length ? slice_part(head, end + 1, head.length) : head;
}

/* Whether some line of `head` is a field about content. */
static bool has_content_field(struct slice head)
{
    while (head.length > 0) {
        size_t end = slice_find(head, '\n');
        if (slice_starts_nocase(head, slice_of("content-")) ||
            slice_starts_nocase(head, slice_of("mime-version")))
            return true;
        head = slice_part(head, end < head.length ? end + 1 : end, head.length);
    }
    return false;
}

bool content_looks_like_entity(struct slice head)
{
    return content_is_field_line(slice_part(head, 0, slice_find(head, '\n'))) || has_content_field(head);
}

bool content_is_pgp_message(struct slice head)
{
    return slice_starts_nocase(slice_trim(head), slice_of("-----BEGIN PGP MESSAGE-----"));
}

bool content_is_prose(struct slice head)
{
    struct slice text = slice_trim(head);
    if (text.length == 0 || text.data[0] == '<' || text.data[0] == '[' || !file_magic_plain_text(head))
        return false;
    bool is_message = content_looks_like_entity(text) || slice_starts_nocase(text, slice_of("From "));
    return !is_message && file_magic_executable(head) == NULL && content_archive_recognise(head) == NULL &&
           !calendar_recognise(head) && !content_is_pgp_message(head);
}

const char *content_executable(struct slice head)
{
    const char *executable = file_magic_executable(head);
    bool has_empty_line = head.length > 0 && (head.data[0] == '\r' || head.data[0] == '\n');
    if (executable == NULL && has_empty_line)
        executable = file_magic_executable(content_after_empty_lines(head));
    bool is_script = executable != NULL && strcmp(executable, ATTACHMENT_SCRIPT) == 0;
    return has_empty_line && is_script ? NULL : executable;
}
