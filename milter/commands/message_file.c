#include "message_file.h"

#include <errno.h>

struct feeder {
    FILE *in;
    struct policy_session *session;
    struct strbuf line;  /* of the headers; without its end */
    struct strbuf field; /* unfinished header field, lines joined by LF */
    struct strbuf chunk; /* of the body */
    bool body_is_wanted;
};

/* ---- headers ---------------------------------------------------------------------------------------- */

enum line_end { LINE_WHOLE, LINE_CUT, LINE_NONE };

/* The next line, without LF or CRLF; at most as much as a header may have, the rest stays unread (LINE_CUT).
 */
static enum line_end read_line(struct feeder *feeder)
{
    strbuf_reset(&feeder->line);
    int byte = EOF;
    while (feeder->line.length < MESSAGE_HEADER_BYTES_MAX && (byte = getc(feeder->in)) != EOF && byte != '\n')
        strbuf_append_byte(&feeder->line, (char)byte);
    if (byte == EOF)
        return feeder->line.length == 0 ? LINE_NONE : LINE_WHOLE;
    if (byte != '\n')
        return LINE_CUT;
    if (feeder->line.length > 0 && feeder->line.data[feeder->line.length - 1] == '\r')
        strbuf_truncate(&feeder->line, feeder->line.length - 1);
    return LINE_WHOLE;
}

static void skip_line(struct feeder *feeder)
{
    int byte;
    while ((byte = getc(feeder->in)) != EOF && byte != '\n')
        continue;
}

/* RFC 5322, 2.2: printable characters but the colon, then it; blanks before it are let pass, as MTAs do. */
static size_t field_name_length(struct slice line)
{
    size_t length = 0;
    while (length < line.length && line.data[length] > 0x20 && line.data[length] < 0x7f &&
           line.data[length] != ':')
        length++;
    size_t colon = length;
    while (colon < line.length && (line.data[colon] == ' ' || line.data[colon] == '\t'))
        colon++;
    return colon < line.length && line.data[colon] == ':' ? length : 0;
}

static void feed_field(struct feeder *feeder)
{
    struct slice field = strbuf_slice(&feeder->field);
    size_t name_length = field_name_length(field);
    if (name_length > 0) {
        char *value = memchr(feeder->field.data, ':', field.length);
        value += value[1] == ' ' ? 2 : 1;
        feeder->field.data[name_length] = '\0';
        policy_session_header(feeder->session, feeder->field.data, value);
    }
    strbuf_reset(&feeder->field);
}

static void add_to_field(struct feeder *feeder)
{
    size_t room = MESSAGE_HEADER_BYTES_MAX - feeder->field.length;
    if (feeder->field.length > 0 && room > 0) {
        strbuf_append_byte(&feeder->field, '\n');
        room--;
    }
    strbuf_append(&feeder->field, feeder->line.data, feeder->line.length < room ? feeder->line.length : room);
}

/* Takes the line into the headers. False: it is not of them. */
static bool take_header_line(struct feeder *feeder)
{
    struct slice line = strbuf_slice(&feeder->line);
    bool continues =
        line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t') && feeder->field.length > 0;
    if (!continues && field_name_length(line) == 0)
        return false;
    if (!continues)
        feed_field(feeder);
    add_to_field(feeder);
    return true;
}

/* ---- body ------------------------------------------------------------------------------------------- */

static void feed_chunk(struct feeder *feeder)
{
    if (feeder->chunk.length > 0 && feeder->body_is_wanted)
        feeder->body_is_wanted =
            policy_session_body(feeder->session, feeder->chunk.data, feeder->chunk.length);
    strbuf_reset(&feeder->chunk);
}

static void add_body_byte(struct feeder *feeder, char byte)
{
    strbuf_append_byte(&feeder->chunk, byte);
    if (feeder->chunk.length == MESSAGE_CHUNK_BYTES)
        feed_chunk(feeder);
}

static void feed_body(struct feeder *feeder, int previous)
{
    int byte;
    while (feeder->body_is_wanted && (byte = getc(feeder->in)) != EOF) {
        if (byte == '\n' && previous != '\r')
            add_body_byte(feeder, '\r');
        add_body_byte(feeder, (char)byte);
        previous = byte;
    }
    if (feeder->body_is_wanted && previous != '\n') {
        add_body_byte(feeder, '\r');
        add_body_byte(feeder, '\n');
    }
    feed_chunk(feeder);
}

/* The line that ended the headers without being the empty one. Returns the last byte told. */
static int begin_body(struct feeder *feeder, enum line_end end)
{
    for (size_t i = 0; i < feeder->line.length; i++)
        add_body_byte(feeder, feeder->line.data[i]);
    if (end == LINE_CUT)
        return (unsigned char)feeder->line.data[feeder->line.length - 1];
    add_body_byte(feeder, '\r');
    add_body_byte(feeder, '\n');
    return '\n';
}

/* Returns the last byte of the body told so far; '\n' before its begin. */
static int feed_headers(struct feeder *feeder)
{
    int previous = '\n';
    enum line_end end = read_line(feeder);
    if (end != LINE_NONE && slice_starts_nocase(strbuf_slice(&feeder->line), slice_of("From ")))
        end = read_line(feeder);
    while (end != LINE_NONE && take_header_line(feeder)) {
        if (end == LINE_CUT)
            skip_line(feeder);
        end = read_line(feeder);
    }
    feed_field(feeder);
    policy_session_end_of_headers(feeder->session);
    if (end != LINE_NONE && feeder->line.length > 0)
        previous = begin_body(feeder, end);
    return previous;
}

bool message_file_feed(FILE *in, struct policy_session *session)
{
    struct feeder feeder = {.in = in, .session = session, .body_is_wanted = true};
    strbuf_init(&feeder.line, 0);
    strbuf_init(&feeder.field, 0);
    strbuf_init(&feeder.chunk, 0);
    int previous = feed_headers(&feeder);
    feed_body(&feeder, previous);
    bool is_whole = !ferror(in) && !feeder.line.failed && !feeder.field.failed && !feeder.chunk.failed;
    if (!is_whole && !ferror(in))
        errno = ENOMEM;
    strbuf_deinit(&feeder.line);
    strbuf_deinit(&feeder.field);
    strbuf_deinit(&feeder.chunk);
    return is_whole;
}
