#include "scan/mime/mime_entity.h"

#include "base/strbuf.h"
#include "scan/mime/mime_word.h"

#include <talloc.h>

enum field {
    FIELD_OTHER,
    FIELD_TYPE,
    FIELD_DISPOSITION,
    FIELD_ENCODING,
    FIELD_MIME_VERSION,
    FIELD_NAME,
    FIELD_DESCRIPTION,
    FIELD_LOCATION,
    FIELD_SUN_TYPE,
    FIELD_SUN_ENCODING,
};

enum { FIELD_NAME_BYTES = 40, TYPE_BYTES = 128, TYPES_MAX = 8 };

void mime_entity_init(struct mime_entity *entity, void *owner, const struct mime_limits *limits)
{
    *entity = (struct mime_entity){0};
    mime_parameters_init(&entity->parameters, owner, limits);
    name_set_init(&entity->types, owner, TYPES_MAX);
}

/* In lower case; NUL: it is in no field's name. */
static char letter_of_name(char c)
{
    const char letter = ascii_lower(c);
    return (char)((letter >= 'a' && letter <= 'z') || ascii_is_digit(c) || c == '-' ? letter : '\0');
}

/* The field a name stands for, with letter case left aside, and comments and whatever is in no field's name:
 * blanks, controls, ">" before it. */
static enum field field_of(struct slice name)
{
    static const struct {
        struct slice name;
        enum field field;
    } fields[] = {
        {SLICE_LITERAL("content-type"), FIELD_TYPE},
        {SLICE_LITERAL("content-disposition"), FIELD_DISPOSITION},
        {SLICE_LITERAL("content-transfer-encoding"), FIELD_ENCODING},
        {SLICE_LITERAL("mime-version"), FIELD_MIME_VERSION},
        /* What Thunderbird still reads: of early MIME, and of Sun's MailTool. */
        {SLICE_LITERAL("content-name"), FIELD_NAME},
        {SLICE_LITERAL("x-sun-data-name"), FIELD_NAME},
        {SLICE_LITERAL("content-description"), FIELD_DESCRIPTION},
        {SLICE_LITERAL("content-location"), FIELD_LOCATION},
        {SLICE_LITERAL("x-sun-data-type"), FIELD_SUN_TYPE},
        {SLICE_LITERAL("x-sun-encoding-info"), FIELD_SUN_ENCODING},
    };
    char plain[FIELD_NAME_BYTES];
    size_t length = 0;
    name = slice_trim(name);
    size_t cr = slice_find_last(name, '\r');
    if (cr + 1 < name.length && name.data[cr + 1] != '\n') /* a line ends there to some */
        name = slice_part(name, cr + 1, name.length);
    for (size_t i = 0; i < name.length && length < sizeof plain; i++) {
        const char letter = letter_of_name(name.data[i]);
        if (letter != '\0')
            plain[length++] = letter;
        else if (name.data[i] == '(')
            i += slice_find(slice_part(name, i, name.length), ')');
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (slice_equal(slice_make(plain, length), fields[i].name))
            return fields[i].field;
    return FIELD_OTHER;
}

bool mime_entity_is_content_field(struct slice name)
{
    enum field field = field_of(name);
    return field == FIELD_TYPE || field == FIELD_DISPOSITION || field == FIELD_ENCODING;
}

/* The first word of a view, without quotes and blanks around its slash, lower-case; returns its length. */
static size_t type_from_view(struct slice text, char *type)
{
    size_t length = 0;
    bool after_slash = true, has_slash = false;
    for (size_t i = 0; i < text.length && length < TYPE_BYTES && text.data[i] != ';'; i++) {
        char c = text.data[i];
        if ((unsigned char)c <= ' ') {
            size_t next = i;
            while (next < text.length && (unsigned char)text.data[next] <= ' ')
                next++;
            if (!after_slash && (next == text.length || text.data[next] != '/'))
                break;
        } else if (c == '/' ? length > 0 && has_slash : has_slash && strchr(",:(<[=?@)>]", c) != NULL) {
            break; /* RFC 2045 5.1: none of these is in a subtype */
        } else if (c != '"' && c != '\'') {
            has_slash = has_slash || c == '/';
            type[length++] = ascii_lower(c);
            after_slash = c == '/';
        }
    }
    return length;
}

/* A duplicate field that names another file, or makes another kind of thing of the entity. */
static void compare_names(struct mime_entity *entity, struct slice *last, struct slice name,
                          bool is_duplicate)
{
    if (is_duplicate && last->length > 0 && name.length > 0 && !slice_equal(*last, name))
        entity->ambiguous = "one header field twice, with different names";
    if (name.length > 0)
        *last = name;
}

/* Adds the type that `text` begins with; returns the kinds that it may be, 0 where there is none. */
static unsigned add_type(struct mime_entity *entity, struct slice text)
{
    char bytes[TYPE_BYTES];
    struct slice type = slice_make(bytes, type_from_view(text, bytes));
    if (type.length == 0)
        return 0;
    name_set_add(&entity->types, type);
    entity->is_digest = entity->is_digest || slice_equal(type, slice_of("multipart/digest"));
    /* Sun's MailTool put lines of ten dashes between the parts; to most clients they are a text. */
    if (slice_starts_nocase(type, slice_of("x-sun-attachment")))
        name_set_add(&entity->parameters.boundaries, slice_of("--------"));
    return mime_type_kinds(type);
}

/* The kinds that a value outside the strict form may name anywhere. */
static unsigned kinds_spelled(struct mime_entity *entity, struct slice value)
{
    static const struct {
        const char *word;
        unsigned kinds;
    } words[] = {{"multipart", MIME_KIND_MULTIPART},
                 {"boundary", MIME_KIND_MULTIPART},
                 {"message", MIME_KIND_MESSAGE},
                 {"rfc822", MIME_KIND_MESSAGE}};
    unsigned kinds = 0;
    struct strbuf decoded, plain;
    strbuf_init(&decoded, 0);
    strbuf_init(&plain, 0);
    mime_word_decode(value, MIME_WORD_BLANKS_DROPPED, &decoded);
    strbuf_append_slice(&decoded, value);
    for (size_t i = 0; i < decoded.length; i++)
        if (ascii_is_alpha(decoded.data[i]) || ascii_is_digit(decoded.data[i]))
            strbuf_append_byte(&plain, ascii_lower(decoded.data[i]));
    for (size_t i = 0; plain.length > 0 && i < sizeof words / sizeof words[0]; i++)
        if (memmem(plain.data, plain.length, words[i].word, strlen(words[i].word)) != NULL)
            kinds |= words[i].kinds;
    entity->types.failed = entity->types.failed || decoded.failed || plain.failed;
    strbuf_deinit(&decoded);
    strbuf_deinit(&plain);
    return kinds;
}

static void take_type(struct mime_entity *entity, struct slice value)
{
    bool is_strict;
    struct slice boundary_before = entity->parameters.primary_boundary;
    entity->parameters.primary_boundary = slice_make("", 0);
    struct slice lead = mime_parameters_add(&entity->parameters, value, &is_strict);
    entity->has_loose_type = entity->has_loose_type || !is_strict;
    unsigned kinds = add_type(entity, lead);
    if (!is_strict)
        kinds |= kinds_spelled(entity, value);
    struct slice behind =
        slice_make(lead.data + lead.length, (size_t)(value.data + value.length - lead.data) - lead.length);
    bool has_type = kinds != 0 && (is_strict || behind.length == 0 || (unsigned char)behind.data[0] <= ' ' ||
                                   strchr(";(", behind.data[0]) != NULL);
    if (!has_type)
        kinds |= add_type(entity, value) | MIME_KIND_OTHER;
    /* Without parameters nobody knows which piece it is, and of what (RFC 2046 5.2.2). */
    if ((kinds & MIME_KIND_PARTIAL) != 0 && slice_find(value, '=') == value.length)
        kinds = (kinds & ~(unsigned)MIME_KIND_PARTIAL) | MIME_KIND_MESSAGE | MIME_KIND_OTHER;
    /* To munpack a type without a slash, or with a semicolon and nothing behind, is none. */
    struct slice all = slice_trim(value);
    entity->has_odd_type = entity->has_odd_type || slice_find(lead, '/') == lead.length ||
                           (all.length > 0 && all.data[all.length - 1] == ';');
    for (size_t i = 0; i < value.length; i++)
        entity->has_odd_type =
            entity->has_odd_type ||
            ((unsigned char)value.data[i] < ' ' && strchr("\t\r\n", value.data[i]) == NULL) ||
            value.data[i] == '\0';
    entity->is_untyped = entity->is_untyped || !has_type || slice_find(lead, '/') == lead.length;
    struct slice boundary = entity->parameters.primary_boundary;
    /* Of several fields the last counts to some: without a boundary any will do. */
    if ((kinds & MIME_KIND_MULTIPART) != 0 && boundary.length == 0)
        entity->has_loose_type = true;
    if (boundary_before.length > 0)
        entity->parameters.primary_boundary = boundary_before;
    if (boundary_before.length > 0 && boundary.length > 0 && !slice_equal(boundary, boundary_before))
        entity->ambiguous = "two Content-Type fields with different boundaries";
    const unsigned structural = MIME_KIND_MULTIPART | MIME_KIND_MESSAGE | MIME_KIND_PARTIAL;
    if (entity->type_count > 0 && (entity->kinds & structural) != (kinds & structural))
        entity->ambiguous = "two Content-Type fields of different structure";
    entity->kinds |= kinds;
    compare_names(entity, &entity->last_type_name, entity->parameters.primary_name, entity->type_count > 0);
    entity->type_count++;
    entity->has_content_type = true;
}

/* Adds the names in `value` as in that of a Content-Disposition, which keeps what it said. */
static void add_names(struct mime_entity *entity, struct slice value)
{
    struct mime_parameters *parameters = &entity->parameters;
    struct slice boundary = parameters->primary_boundary;
    bool is_strict;
    mime_parameters_add(parameters, value, &is_strict);
    parameters->primary_boundary = boundary; /* a boundary belongs into Content-Type */
}

static void take_disposition(struct mime_entity *entity, struct slice value)
{
    add_names(entity, value);
    compare_names(entity, &entity->last_disposition_name, entity->parameters.primary_name,
                  entity->disposition_count > 0);
    entity->disposition_count++;
}

/* What the plain word of a Content-Transfer-Encoding means, or 0. The last rows are what broken senders
 * write. */
static unsigned encoding_of(struct slice word)
{
    static const struct {
        const char *word;
        enum transfer_encoding encoding;
    } words[] = {
        {"7bit", TRANSFER_IDENTITY},
        {"8bit", TRANSFER_IDENTITY},
        {"binary", TRANSFER_IDENTITY},
        {"base64", TRANSFER_BASE64},
        {"quoted-printable", TRANSFER_QUOTED_PRINTABLE},
        {"x-uuencode", TRANSFER_UUENCODE},
        {"uuencode", TRANSFER_UUENCODE},
        {"x-uue", TRANSFER_UUENCODE},
        {"uue", TRANSFER_UUENCODE},
        {"7-bit", TRANSFER_IDENTITY},
        {"8-bit", TRANSFER_IDENTITY},
        {"8bits", TRANSFER_IDENTITY},
        {"7bits", TRANSFER_IDENTITY},
        {"none", TRANSFER_IDENTITY},
        {"utf-8", TRANSFER_IDENTITY},
        {"utf8", TRANSFER_IDENTITY},
        {"us-ascii", TRANSFER_IDENTITY},
        {"iso-8859-1", TRANSFER_IDENTITY},
        {"text", TRANSFER_IDENTITY},
        {"plain", TRANSFER_IDENTITY},
        {"binhex40", TRANSFER_IDENTITY},
        {"mac-binhex40", TRANSFER_IDENTITY},
        {"16bit", TRANSFER_IDENTITY},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal_nocase(word, slice_of(words[i].word)))
            return words[i].encoding;
    return 0;
}

static bool is_encoding_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-';
}

/* One known word is that encoding. With more around it some know none; an unknown word may be each of them to
 * some. */
static void take_encoding(struct mime_entity *entity, struct slice value)
{
    struct slice all = slice_trim(value);
    unsigned encodings = encoding_of(all);
    bool is_exact = encodings != 0, has_unknown = false;
    if (all.length == 0)
        return;
    for (size_t at = 0; at < all.length && !is_exact;) {
        size_t end = at;
        while (end < all.length && is_encoding_byte(all.data[end]))
            end++;
        unsigned encoding = encoding_of(slice_part(all, at, end));
        has_unknown = has_unknown || (encoding == 0 && end > at);
        encodings |= encoding;
        at = end + 1;
    }
    if (encodings == 0 || has_unknown)
        encodings |= TRANSFER_BASE64 | TRANSFER_QUOTED_PRINTABLE;
    if (!is_exact)
        encodings |= TRANSFER_IDENTITY;
    entity->has_conflicting_encodings = entity->has_conflicting_encodings ||
                                        (encodings & (encodings - 1)) != 0 ||
                                        (entity->encodings != 0 && entity->encodings != encodings);
    entity->encodings |= encodings;
}

/* All of the value is the name, or it is written as a parameter's value is. */
static void take_name(struct mime_entity *entity, struct slice value)
{
    struct strbuf parameter;
    strbuf_init(&parameter, 0);
    strbuf_append_text(&parameter, "name=");
    strbuf_append_slice(&parameter, value);
    mime_parameters_add_name(&entity->parameters, slice_trim(value));
    name_superset_add(&entity->parameters.superset, strbuf_slice(&parameter));
    entity->types.failed = entity->types.failed || parameter.failed;
    strbuf_deinit(&parameter);
}

/* Keeps the first that says anything. */
static void take_words(struct mime_entity *entity, struct slice value, struct slice *words)
{
    value = slice_trim(value);
    if (value.length == 0 || words->length > 0)
        return;
    const char *copy = talloc_memdup(entity->types.owner, value.data, value.length);
    entity->types.failed = entity->types.failed || copy == NULL;
    *words = slice_make(copy, copy == NULL ? 0 : value.length);
}

/* To Mutt this is a Content-Type. */
static void take_sun_type(struct mime_entity *entity, struct slice value)
{
    struct slice type = slice_trim(value);
    if (slice_find(type, '/') < type.length) {
        take_type(entity, value);
        return;
    }
    bool is_message =
        slice_equal_nocase(type, slice_of("message")) || slice_equal_nocase(type, slice_of("mail-message"));
    entity->kinds |= is_message ? MIME_KIND_MESSAGE : MIME_KIND_OTHER;
}

/* "compress, uuencode": done in this order. */
static void take_sun_encoding(struct mime_entity *entity, struct slice value)
{
    size_t comma = slice_find_last(value, ',');
    struct slice last = comma == value.length ? value : slice_part(value, comma + 1, value.length);
    entity->encodings |= encoding_of(slice_trim(last));
}

/* Whether a field that says something else, or is misspelt, looks like one that names a file: some read a
 * field beyond its end. */
static bool may_name_file(struct slice value)
{
    static const char word[] = "filename";
    for (size_t at = slice_find(value, '='); at < value.length;
         at += 1 + slice_find(slice_part(value, at + 1, value.length), '=')) {
        size_t end = at;
        while (end > 0 && strchr(" \t\r\n*0123456789", value.data[end - 1]) != NULL)
            end--;
        size_t length = sizeof word - 1;
        if (end >= length &&
            slice_equal_nocase(slice_part(value, end - length, end), slice_make(word, length)))
            return true;
    }
    return false;
}

void mime_entity_header(struct mime_entity *entity, struct slice name, struct slice value)
{
    if (++entity->header_count > entity->parameters.limits->headers_per_part)
        return;
    enum field field = field_of(name);
    if (field == FIELD_TYPE) {
        take_type(entity, value);
        /* To who does not know the name so. */
        bool is_exact = slice_equal_nocase(slice_trim(name), slice_of("content-type"));
        entity->has_odd_type = entity->has_odd_type || !is_exact;
    } else if (field == FIELD_DISPOSITION)
        take_disposition(entity, value);
    else if (field == FIELD_ENCODING)
        take_encoding(entity, value);
    else if (field == FIELD_MIME_VERSION)
        entity->has_mime_version = true;
    else if (field == FIELD_NAME)
        take_name(entity, value);
    else if (field == FIELD_DESCRIPTION)
        take_words(entity, value, &entity->description);
    else if (field == FIELD_LOCATION && !may_name_file(value))
        take_words(entity, value, &entity->location);
    else if (field == FIELD_SUN_TYPE)
        take_sun_type(entity, value);
    else if (field == FIELD_SUN_ENCODING)
        take_sun_encoding(entity, value);
    else if (entity->disposition_count > 0 && may_name_file(value))
        name_superset_add(&entity->parameters.superset, value);
    if (field != FIELD_OTHER && field != FIELD_MIME_VERSION && field != FIELD_DESCRIPTION &&
        field != FIELD_LOCATION) {
        entity->content_header_count++;
        entity->content_bytes += value.length;
    }
}

/* Whether some name says what kind of file it is. */
static bool has_extension(const struct mime_entity *entity)
{
    const struct name_set *names = &entity->parameters.names;
    for (size_t i = 0; i < names->count; i++)
        if (slice_find(names->items[i], '.') < names->items[i].length)
            return true;
    return false;
}

/*
 * Outlook ([MS-OXCMAIL] 2.2.3.4.1.1) and Roundcube take the description of a file for its name where it has
 * none. Only of what is nothing but a file, and not a sentence. Others do so with a Content-Location that is
 * no URL.
 */
static void add_description(struct mime_entity *entity)
{
    const struct slice all[] = {entity->description, entity->location};
    bool is_file = entity->parameters.names.count == 0 && entity->kinds == MIME_KIND_OTHER;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && is_file; i++) {
        struct slice words = slice_trim(all[i]);
        bool is_url =
            i > 0 && (slice_find(words, '/') < words.length || slice_find(words, ':') < words.length);
        if (words.length > 0 && slice_find(words, ' ') == words.length && !is_url)
            mime_parameters_add_name(&entity->parameters, words);
    }
}

/* A file without a name, or with one that does not tell its kind, gets one from its type. */
static void add_name_of_type(struct mime_entity *entity)
{
    for (size_t i = 0; i < entity->types.count; i++) {
        struct slice name = mime_type_program_name(entity->types.items[i]);
        if (name.length > 0)
            mime_parameters_add_name(&entity->parameters, name);
    }
}

void mime_entity_finish(struct mime_entity *entity, bool is_in_digest)
{
    add_description(entity);
    if (!has_extension(entity))
        add_name_of_type(entity);
    if (entity->kinds == 0)
        entity->kinds = is_in_digest && !entity->has_content_type ? MIME_KIND_MESSAGE : MIME_KIND_TEXT;
    if (entity->encodings == 0)
        entity->encodings = TRANSFER_IDENTITY;
    name_superset_measure(&entity->parameters.superset);
    entity->unreadable = entity->parameters.unreadable;
}

bool mime_entity_failed(const struct mime_entity *entity)
{
    return mime_parameters_failed(&entity->parameters) || entity->types.failed;
}

bool mime_entity_is_over_limit(const struct mime_entity *entity)
{
    const struct mime_parameters *parameters = &entity->parameters;
    return entity->header_count > parameters->limits->headers_per_part || parameters->result != 0 ||
           parameters->names.is_over_limit || parameters->boundaries.is_over_limit ||
           name_superset_is_over_limit(&parameters->superset);
}
