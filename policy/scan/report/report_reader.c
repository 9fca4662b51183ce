#include "scan/report/report_reader.h"

#include <talloc.h>

enum { BOUNDARY_BYTES_MAX = 70 }; /* RFC 2046, 5.1.1 */

/* Where the present line stands. */
enum place { BEFORE_PARTS, PART_HEADER, PART_BODY, AFTER_PARTS };

enum part_kind { PART_OTHER, PART_STATUS, PART_FEEDBACK, PART_RETURNED };

struct report_reader {
    char boundary[BOUNDARY_BYTES_MAX + 1];
    enum place place;
    enum part_kind kind;
    char line[REPORT_LINE_BYTES_MAX];
    size_t line_length;
    bool is_header_over;    /* of the returned message */
    bool awaits_message_id; /* its field was there, the value follows folded */
    /* of the present recipient of a delivery report */
    char *original, *final;
    bool has_failed;
    bool is_delivery_report;
    struct report_facts facts;
};

/* ---- the type --------------------------------------------------------------------------------------- */

/* The value of the parameter boundary: a token or a quoted string. */
static struct slice find_boundary(struct slice value)
{
    static const char name[] = "boundary=";
    for (size_t at = 0; at + sizeof name <= value.length; at++) {
        struct slice rest = slice_part(value, at, value.length);
        if (!slice_starts_nocase(rest, slice_of(name)) ||
            (at > 0 && strchr("; \t\r\n", value.data[at - 1]) == NULL))
            continue;
        rest = slice_part(rest, sizeof name - 1, rest.length);
        if (rest.length > 0 && rest.data[0] == '"') {
            rest = slice_part(rest, 1, rest.length);
            return slice_part(rest, 0, slice_find(rest, '"'));
        }
        size_t end = 0;
        while (end < rest.length && strchr("; \t\r\n", rest.data[end]) == NULL)
            end++;
        return slice_part(rest, 0, end);
    }
    return slice_of("");
}

struct report_reader *report_reader_create(void *owner, struct slice content_type)
{
    const struct slice type = slice_trim(content_type);
    const struct slice boundary = find_boundary(type);
    if (!slice_starts_nocase(type, slice_of("multipart/report")) || boundary.length == 0 ||
        boundary.length > BOUNDARY_BYTES_MAX)
        return NULL;
    struct report_reader *reader = talloc_zero(owner, struct report_reader);
    if (reader == NULL)
        return NULL;
    memcpy(reader->boundary, boundary.data, boundary.length);
    reader->facts.message_id = "";
    return reader;
}

static enum part_kind kind_of(struct slice type)
{
    static const struct {
        const char *name;
        enum part_kind kind;
    } kinds[] = {{"message/delivery-status", PART_STATUS},   {"message/global-delivery-status", PART_STATUS},
                 {"message/feedback-report", PART_FEEDBACK}, {"message/rfc822", PART_RETURNED},
                 {"text/rfc822-headers", PART_RETURNED},     {"message/global", PART_RETURNED},
                 {"message/global-headers", PART_RETURNED}};
    const size_t end = slice_find(type, ';');
    type = slice_trim(slice_part(type, 0, end));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_equal_nocase(type, slice_of(kinds[i].name)))
            return kinds[i].kind;
    return PART_OTHER;
}

/* ---- fields ----------------------------------------------------------------------------------------- */

/* False: the line is no field of that name. */
static bool field_value(struct slice line, const char *name, struct slice *value)
{
    const size_t colon = slice_find(line, ':');
    if (colon == line.length || !slice_equal_nocase(slice_trim(slice_part(line, 0, colon)), slice_of(name)))
        return false;
    *value = slice_trim(slice_part(line, colon + 1, line.length));
    return true;
}

static char *copy(struct report_reader *reader, struct slice text)
{
    return talloc_strndup(reader, text.length == 0 ? "" : text.data, text.length);
}

/* "rfc822; bob@example.org": behind the kind of address. */
static struct slice address_of(struct slice value)
{
    const size_t semicolon = slice_find(value, ';');
    value = slice_trim(semicolon == value.length ? value : slice_part(value, semicolon + 1, value.length));
    if (value.length > 1 && value.data[0] == '<' && value.data[value.length - 1] == '>')
        value = slice_part(value, 1, value.length - 1);
    return value;
}

static void add_recipient(struct report_reader *reader, const char *address)
{
    struct report_facts *facts = &reader->facts;
    if (address != NULL && address[0] != '\0' && facts->recipient_count < REPORT_RECIPIENTS_MAX)
        facts->recipients[facts->recipient_count++] = address;
}

/* The fields of one recipient end with an empty line, or with the part. */
static void end_recipient(struct report_reader *reader)
{
    if (reader->has_failed)
        add_recipient(reader, reader->original != NULL ? reader->original : reader->final);
    reader->original = reader->final = NULL;
    reader->has_failed = false;
}

static void read_status(struct report_reader *reader, struct slice line)
{
    struct slice value;
    reader->is_delivery_report = true;
    if (slice_trim(line).length == 0)
        end_recipient(reader);
    else if (field_value(line, "Original-Recipient", &value))
        reader->original = copy(reader, address_of(value));
    else if (field_value(line, "Final-Recipient", &value))
        reader->final = copy(reader, address_of(value));
    else if (field_value(line, "Action", &value))
        reader->has_failed = slice_equal_nocase(value, slice_of("failed"));
}

static void read_feedback(struct report_reader *reader, struct slice line)
{
    struct slice value;
    if (field_value(line, "Feedback-Type", &value))
        reader->facts.feedback_type = copy(reader, value);
    else if (field_value(line, "Original-Rcpt-To", &value))
        add_recipient(reader, copy(reader, address_of(value)));
}

static void take_message_id(struct report_reader *reader, struct slice value)
{
    char *message_id = value.length == 0 ? NULL : copy(reader, value);
    reader->awaits_message_id = value.length == 0;
    if (message_id != NULL)
        reader->facts.message_id = message_id;
}

static void read_returned(struct report_reader *reader, struct slice line)
{
    struct slice value;
    if (reader->is_header_over)
        return;
    const bool is_folded = line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
    if (slice_trim(line).length == 0)
        reader->is_header_over = true;
    else if (is_folded && reader->awaits_message_id)
        take_message_id(reader, slice_trim(line));
    else if (reader->facts.message_id[0] == '\0' && field_value(line, "Message-ID", &value))
        take_message_id(reader, value);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static bool is_delimiter(const struct report_reader *reader, struct slice line)
{
    const size_t length = strlen(reader->boundary);
    return line.length >= length + 2 && line.data[0] == '-' && line.data[1] == '-' &&
           memcmp(line.data + 2, reader->boundary, length) == 0;
}

static void begin_part(struct report_reader *reader, struct slice delimiter)
{
    const struct slice rest = slice_part(delimiter, 2 + strlen(reader->boundary), delimiter.length);
    end_recipient(reader);
    reader->place = slice_starts_nocase(rest, slice_of("--")) ? AFTER_PARTS : PART_HEADER;
    reader->kind = PART_OTHER;
    reader->is_header_over = reader->awaits_message_id = false;
}

static void read_body(struct report_reader *reader, struct slice line)
{
    switch (reader->kind) {
    case PART_STATUS:
        read_status(reader, line);
        break;
    case PART_FEEDBACK:
        read_feedback(reader, line);
        break;
    case PART_RETURNED:
        read_returned(reader, line);
        break;
    case PART_OTHER:
        break;
    }
}

static void read_line(struct report_reader *reader)
{
    struct slice line = slice_make(reader->line, reader->line_length), value;
    reader->line_length = 0;
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    if (reader->place != AFTER_PARTS && is_delimiter(reader, line))
        begin_part(reader, line);
    else if (reader->place == PART_HEADER && line.length == 0)
        reader->place = PART_BODY;
    else if (reader->place == PART_HEADER && field_value(line, "Content-Type", &value))
        reader->kind = kind_of(value);
    else if (reader->place == PART_BODY)
        read_body(reader, line);
}

void report_reader_push(struct report_reader *reader, struct slice bytes)
{
    while (bytes.length > 0 && reader->place != AFTER_PARTS) {
        const size_t end = slice_find(bytes, '\n'), room = sizeof reader->line - reader->line_length;
        const size_t taken = end < room ? end : room;
        memcpy(reader->line + reader->line_length, bytes.data, taken);
        reader->line_length += taken;
        if (end < bytes.length)
            read_line(reader);
        bytes = slice_part(bytes, end < bytes.length ? end + 1 : end, bytes.length);
    }
}

const struct report_facts *report_reader_end(struct report_reader *reader)
{
    if (reader->line_length > 0)
        read_line(reader);
    end_recipient(reader);
    const bool tells_failure = reader->is_delivery_report && reader->facts.recipient_count > 0;
    return tells_failure || reader->facts.feedback_type != NULL ? &reader->facts : NULL;
}
