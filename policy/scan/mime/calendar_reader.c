#include "scan/mime/calendar_reader.h"

#include "scan/mime/mime_word.h"

enum { SCHEME_BYTES = 32 };

void calendar_reader_init(struct calendar_reader *reader, const struct file_sink *sink)
{
    *reader = (struct calendar_reader){.sink = sink};
    strbuf_init(&reader->head, 0);
}

void calendar_reader_deinit(struct calendar_reader *reader)
{
    strbuf_deinit(&reader->head);
}

bool calendar_reader_failed(const struct calendar_reader *reader)
{
    return reader->failed || reader->head.failed;
}

bool calendar_recognise(struct slice head)
{
    static const char *const starts[] = {"begin:vcalendar", "begin:vcard", "begin:vevent", "begin:vtodo"};
    char text[64];
    size_t length = 0;
    for (size_t i = 0; i < head.length && length < sizeof text; i++) {
        bool is_mark = length == 0 && !ascii_is_alpha(head.data[i]); /* a byte order mark, blanks */
        if (head.data[i] != '\0' && !is_mark)
            text[length++] = head.data[i];
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (slice_starts_nocase(slice_make(text, length), slice_of(starts[i])))
            return true;
    return false;
}

/* ---- names ------------------------------------------------------------------------------------------- */

/* Tells a name without its quotes; with ^ decoded (RFC 6868) and encoded words decoded where there are any.
 */
static void report_name(struct calendar_reader *reader, struct slice value)
{
    struct strbuf plain, decoded;
    strbuf_init(&plain, 0);
    strbuf_init(&decoded, 0);
    value = slice_trim(value);
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] != '"')
            strbuf_append_byte(&plain, value.data[i]);
    reader->sink->file_name(reader->sink->context, strbuf_slice(&plain));
    if (mime_word_decode(strbuf_slice(&plain), MIME_WORD_BLANKS_DROPPED, &decoded))
        reader->sink->file_name(reader->sink->context, strbuf_slice(&decoded));
    strbuf_reset(&decoded);
    for (size_t i = 0; i < plain.length; i++)
        if (strbuf_text(&plain)[i] != '^' || i + 1 == plain.length)
            strbuf_append_byte(&decoded, strbuf_text(&plain)[i]);
        else
            strbuf_append_byte(&decoded, strbuf_text(&plain)[++i] == '^' ? '^' : '_');
    if (decoded.length < plain.length)
        reader->sink->file_name(reader->sink->context, strbuf_slice(&decoded));
    reader->failed = reader->failed || plain.failed || decoded.failed;
    strbuf_deinit(&plain);
    strbuf_deinit(&decoded);
}

static bool is_name_parameter(struct slice name)
{
    return slice_ends_nocase(name, slice_of("name")) || slice_ends_nocase(name, slice_of("label")) ||
           slice_ends_nocase(name, slice_of("title"));
}

/* The next piece of `rest` up to a semicolon outside quotes; it is taken off. */
static struct slice take_piece(struct slice *rest)
{
    bool is_quoted = false;
    size_t at = 0;
    for (; at < rest->length && (is_quoted || rest->data[at] != ';'); at++)
        is_quoted = is_quoted != (rest->data[at] == '"');
    struct slice piece = slice_part(*rest, 0, at);
    *rest = slice_part(*rest, at < rest->length ? at + 1 : at, rest->length);
    return piece;
}

/* Splits NAME=VALUE; without "=" all of it is the name. */
static struct slice split_parameter(struct slice piece, struct slice *value)
{
    size_t equals = slice_find(piece, '=');
    *value = slice_part(piece, equals < piece.length ? equals + 1 : equals, piece.length);
    return slice_trim(slice_part(piece, 0, equals));
}

static bool is_word(struct slice value, const char *word)
{
    value = slice_trim(value);
    if (value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"')
        value = slice_part(value, 1, value.length - 1);
    return slice_equal_nocase(value, slice_of(word));
}

/* Without a name the file is called by its type when it is saved. */
static void report_type(struct calendar_reader *reader, struct slice type)
{
    static const struct {
        const char *type;
        const char *name;
    } types[] = {
        {"application/x-msdownload", "attachment.exe"},
        {"application/x-msdos-program", "attachment.exe"},
        {"application/x-dosexec", "attachment.exe"},
        {"application/vnd.microsoft.portable-executable", "attachment.exe"},
        {"application/exe", "attachment.exe"},
        {"application/x-exe", "attachment.exe"},
        {"application/hta", "attachment.hta"},
        {"application/x-hta", "attachment.hta"},
        {"application/javascript", "attachment.js"},
        {"application/x-javascript", "attachment.js"},
        {"text/javascript", "attachment.js"},
        {"application/vbscript", "attachment.vbs"},
        {"text/vbscript", "attachment.vbs"},
        {"text/vbs", "attachment.vbs"},
        {"application/x-ms-shortcut", "attachment.lnk"},
        {"application/x-msi", "attachment.msi"},
        {"application/x-ms-installer", "attachment.msi"},
        {"application/java-archive", "attachment.jar"},
        {"application/x-java-archive", "attachment.jar"},
        {"application/x-bat", "attachment.bat"},
        {"application/bat", "attachment.bat"},
        {"application/x-msdos-batch", "attachment.bat"},
        {"text/scriptlet", "attachment.sct"},
        {"application/x-java-jnlp-file", "attachment.jnlp"},
    };
    type = slice_trim(type);
    if (type.length >= 2 && type.data[0] == '"' && type.data[type.length - 1] == '"')
        type = slice_trim(slice_part(type, 1, type.length - 1));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_equal_nocase(type, slice_of(types[i].type)))
            reader->sink->file_name(reader->sink->context, slice_of(types[i].name));
}

static void report_names(struct calendar_reader *reader, struct slice parameters)
{
    while (parameters.length > 0) {
        struct slice value;
        struct slice name = split_parameter(take_piece(&parameters), &value);
        if (is_name_parameter(name) && value.length > 0)
            report_name(reader, value);
        else if (is_word(name, "fmttype") || is_word(name, "mediatype"))
            report_type(reader, value);
    }
}

/* ---- lines ------------------------------------------------------------------------------------------- */

static bool is_base64_word(struct slice value)
{
    return is_word(value, "base64") || is_word(value, "b") || is_word(value, "binary");
}

/* Whether the head is that of a property whose value may be a file; its parameters are given. */
static bool is_file_head(struct slice head, struct slice *parameters)
{
    *parameters = head;
    struct slice property = take_piece(parameters);
    struct slice rest = *parameters;
    for (size_t at = 0; at < property.length; at++)
        if (slice_starts_nocase(slice_part(property, at, property.length), slice_of("attach")))
            return true;
    while (rest.length > 0) {
        struct slice value;
        struct slice name = split_parameter(take_piece(&rest), &value);
        bool is_encoding = is_word(name, "encoding") || is_word(name, "value");
        if (is_encoding ? is_base64_word(value) : value.length == 0 && is_word(name, "base64"))
            return true;
    }
    return false;
}

static void end_file(struct calendar_reader *reader)
{
    if (reader->is_file_open)
        reader->sink->file_end(reader->sink->context);
    reader->is_file_open = false;
}

static void file_data(struct calendar_reader *reader, struct slice bytes)
{
    if (bytes.length > 0)
        reader->sink->file_data(reader->sink->context, bytes);
}

/* The length of "scheme:" at the front of a value, or 0. */
static size_t scheme_length(struct slice value)
{
    size_t at = 0;
    while (at < value.length && at < SCHEME_BYTES &&
           (ascii_is_alpha(value.data[at]) || (at > 0 && strchr("+-.0123456789", value.data[at]) != NULL)))
        at++;
    return at > 0 && at < value.length && value.data[at] == ':' ? at + 1 : 0;
}

static bool is_link(struct slice value)
{
    return slice_starts_nocase(value, slice_of("http:")) || slice_starts_nocase(value, slice_of("https:")) ||
           slice_starts_nocase(value, slice_of("ftp:"));
}

/* Enough of the value was seen, or there is no more. */
static void decide_value(struct calendar_reader *reader)
{
    struct slice parameters;
    struct slice head = slice_part(strbuf_slice(&reader->head), 0, reader->value_at - 1);
    struct slice value = slice_part(strbuf_slice(&reader->head), reader->value_at, reader->head.length);
    size_t scheme = scheme_length(slice_trim(value));
    reader->state = CALENDAR_SKIP;
    if (!is_file_head(head, &parameters) || is_link(slice_trim(value)))
        return;
    reader->is_file_open = true;
    reader->sink->file_begin(reader->sink->context);
    report_names(reader, parameters);
    if (scheme > 0 && slice_starts_nocase(slice_trim(value), slice_of("data:"))) { /* RFC 2397 */
        size_t comma = slice_find(value, ',');
        struct slice before = slice_trim(slice_part(value, 0, comma));
        report_type(reader, slice_part(before, strlen("data:"), slice_find(before, ';')));
        report_names(reader, before);
        value = slice_part(value, comma < value.length ? comma + 1 : comma, value.length);
    } else if (scheme > 0) {
        return;
    }
    reader->state = CALENDAR_FILE;
    file_data(reader, value);
}

/* Whether what was seen of the value shows whether it is a link, and all that stands before data. */
static bool is_value_plain(const struct calendar_reader *reader)
{
    struct slice value =
        slice_trim(slice_part(strbuf_slice(&reader->head), reader->value_at, reader->head.length));
    size_t scheme = scheme_length(value);
    if (scheme > 0 && slice_starts_nocase(value, slice_of("data:")))
        return slice_find(value, ',') < value.length;
    return scheme > 0 || value.length > SCHEME_BYTES;
}

/* The colon before the value was seen, at the end of the head. */
static void begin_value(struct calendar_reader *reader, size_t colon)
{
    struct slice parameters;
    end_file(reader); /* the line before goes on no more */
    reader->value_at = colon + 1;
    bool is_file = is_file_head(slice_part(strbuf_slice(&reader->head), 0, colon), &parameters);
    reader->state = is_file ? CALENDAR_START : CALENDAR_SKIP;
}

/* The line ended, or is too long. Without a colon it goes on with the file before it; with one inside quotes
 * that nothing closes, clients that know no quotes see a value. */
static void end_head(struct calendar_reader *reader)
{
    struct slice head = strbuf_slice(&reader->head);
    size_t colon = slice_find(head, ':');
    if (colon < head.length) {
        begin_value(reader, colon);
        if (reader->state == CALENDAR_START)
            decide_value(reader);
    } else if (reader->is_file_open) {
        reader->state = CALENDAR_FILE;
        file_data(reader, head);
    } else {
        reader->state = CALENDAR_SKIP;
        if (reader->head.length >= CALENDAR_HEAD_BYTES)
            reader->sink->over_budget(reader->sink->context);
    }
}

static void end_line(struct calendar_reader *reader)
{
    if (reader->state == CALENDAR_HEAD && reader->head.length > 0)
        end_head(reader);
    else if (reader->state == CALENDAR_START)
        decide_value(reader);
    reader->failed = reader->failed || reader->head.failed;
    strbuf_reset(&reader->head);
    reader->is_quoted = false;
    reader->state = CALENDAR_HEAD;
}

/* Whether the last byte of the value may have decided what it is: looking at each would be quadratic. */
static bool may_be_plain(const struct calendar_reader *reader, char last)
{
    return last == ':' || last == ',' || reader->head.length - reader->value_at == SCHEME_BYTES + 1;
}

static void take_head_byte(struct calendar_reader *reader, char c)
{
    strbuf_append_byte(&reader->head, c);
    if (reader->state == CALENDAR_HEAD) {
        reader->is_quoted = reader->is_quoted != (c == '"');
        if (c == ':' && !reader->is_quoted)
            begin_value(reader, reader->head.length - 1);
        else if (reader->head.length >= CALENDAR_HEAD_BYTES)
            end_head(reader);
    } else if (may_be_plain(reader, c) && is_value_plain(reader)) {
        decide_value(reader);
    } else if (reader->head.length >= 2 * CALENDAR_HEAD_BYTES) {
        reader->sink->over_budget(reader->sink->context);
        decide_value(reader);
    }
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Takes one byte that is not simply part of a value. */
static void take_byte(struct calendar_reader *reader, char c)
{
    if (c == '\0')
        return;
    if (is_line_end(c)) {
        reader->is_after_line = true;
        return;
    }
    bool was_after_line = reader->is_after_line;
    reader->is_after_line = false;
    if (was_after_line && (c == ' ' || c == '\t'))
        return; /* folded */
    if (was_after_line)
        end_line(reader);
    if (reader->state == CALENDAR_HEAD || reader->state == CALENDAR_START)
        take_head_byte(reader, c);
    else if (reader->state == CALENDAR_FILE)
        file_data(reader, slice_make(&c, 1));
}

void calendar_reader_push(struct calendar_reader *reader, struct slice bytes)
{
    while (bytes.length > 0 && !calendar_reader_failed(reader)) {
        size_t length = 0;
        if (!reader->is_after_line && (reader->state == CALENDAR_FILE || reader->state == CALENDAR_SKIP))
            while (length < bytes.length && bytes.data[length] != '\0' && !is_line_end(bytes.data[length]))
                length++;
        if (length == 0) {
            take_byte(reader, bytes.data[0]);
            length = 1;
        } else if (reader->state == CALENDAR_FILE) {
            file_data(reader, slice_part(bytes, 0, length));
        }
        bytes = slice_part(bytes, length, bytes.length);
    }
}

void calendar_reader_end(struct calendar_reader *reader)
{
    end_line(reader);
    end_file(reader);
}
