/* The lines of a body: content, delimiters, and headers that only some clients see. */
#include "scan/mime/mime_reader_private.h"

/* How far a field about content is looked for where only some clients see a header begin. */
enum { PROBE_LINES = 8 };

/* The doubt about a header that is looked for behind a delimiter with something at its end: some pass over
 * lines that are no fields there. */
static const char prefix_doubt[] = "a line that only begins like a delimiter";

static const char guess_doubt[] = "a multipart whose delimiters are not its boundary";

/* Units of work for comparing a line with one boundary, and for each byte of the line there. */
enum { COMPARISON_WORK = 128, COMPARISON_BYTE_WORK = 8 };

void reader_body_begin(struct mime_reader *reader)
{
    reader->is_line_start = true;
    reader->line_end_length = 0;
    reader->held_length = 0;
    reader->probe_lines_left = 0;
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

static void release_line_end(struct mime_reader *reader)
{
    reader_leaf_data(reader, slice_make(reader->line_end, reader->line_end_length));
    reader->line_end_length = 0;
}

/* Passes content on, but for a line end at its end: that belongs to a delimiter if one follows (RFC
 * 2046 5.1.1). */
static void pass_content(struct mime_reader *reader, struct slice bytes)
{
    if (bytes.length == 0)
        return;
    reader->is_line_start = is_line_end(bytes.data[bytes.length - 1]);
    bool completes = reader->line_end_length == 1 && reader->line_end[0] == '\r' && bytes.data[0] == '\n';
    if (completes && bytes.length == 1) {
        reader->line_end[reader->line_end_length++] = '\n';
        return;
    }
    release_line_end(reader);
    size_t end = bytes.length;
    if (bytes.data[end - 1] == '\n')
        end--;
    if (end > 0 && bytes.data[end - 1] == '\r' && (end == bytes.length || end == bytes.length - 1))
        end--;
    reader_leaf_data(reader, slice_part(bytes, 0, end));
    reader->line_end_length = (uint32_t)(bytes.length - end);
    memcpy(reader->line_end, bytes.data + end, bytes.length - end);
}

/* The held line is content after all. */
static void release_held(struct mime_reader *reader)
{
    uint32_t length = reader->held_length;
    reader->held_length = 0;
    pass_content(reader, slice_make(reader->held, length));
}

/* Whether some see no boundary in the type of a multipart: to them any line of dashes is a delimiter. */
static bool is_guessing(const struct mime_reader *reader)
{
    for (uint32_t i = reader->level_count; i > 0; i--)
        if (reader->levels[i - 1].is_multipart && reader->levels[i - 1].is_guessed)
            return true;
    return false;
}

/* Whether such a line may be one; so it is too where the innermost multipart has not shown a delimiter yet:
 * clients without a boundary guess one. */
static bool is_undelimited(const struct mime_reader *reader)
{
    for (uint32_t i = reader->level_count; i > 0; i--)
        if (reader->levels[i - 1].is_multipart)
            return !reader->levels[i - 1].is_delimited || is_guessing(reader);
    return false;
}

void reader_probe(struct mime_reader *reader, const char *doubt)
{
    reader->probe_lines_left = PROBE_LINES;
    reader->probe_doubt = doubt;
}

/* Comparing a line costs more than passing over it, and a line may be short. */
static void charge_comparison(struct mime_reader *reader, struct slice line)
{
    uint64_t units =
        (reader->boundaries.count + 1) * (COMPARISON_WORK + COMPARISON_BYTE_WORK * (uint64_t)line.length);
    uint64_t *left = &reader->budget->work_left;
    reader->is_spent = reader->is_spent || units > *left;
    *left -= units < *left ? units : *left;
}

/* Where no delimiter was seen, a line of dashes and, behind a bare CR, a field about content are one and a
 * header to those to whom that ends lines. */
static void guess_before_cr(struct mime_reader *reader, struct slice line, size_t cr)
{
    struct slice rest = slice_part(line, cr + 1, line.length);
    size_t colon = slice_find(rest, ':');
    if (!is_undelimited(reader) || colon == rest.length || cr <= 2 ||
        !mime_entity_is_content_field(slice_part(rest, 0, colon)))
        return;
    strbuf_truncate(&reader->guess, 0);
    strbuf_append_slice(&reader->guess, slice_part(line, 2, cr));
    reader_guess_boundary(reader);
}

/* Where the line ends to some: at a bare CR, or at a NUL. */
static size_t find_early_end(struct slice line)
{
    return slice_find(slice_part(line, 0, slice_find(line, '\r')), '\0');
}

/* A held line beginning with two dashes. Returns whether it was a delimiter; `*rest` is what of it is no part
 * of that, behind a bare CR or a NUL. */
static bool take_dashes(struct mime_reader *reader, struct slice line, struct slice *rest)
{
    *rest = slice_part(line, line.length, line.length);
    const char *doubt = NULL;
    charge_comparison(reader, line);
    if (reader->line_end_length == 1 && reader->line_end[0] == '\r')
        doubt = "a delimiter after a bare CR";
    struct boundary_match match = boundary_set_match(&reader->boundaries, line);
    size_t end = find_early_end(line);
    if (match.kind < BOUNDARY_DELIMITER && end + 1 < line.length) {
        guess_before_cr(reader, line, end);
        struct boundary_match before = boundary_set_match(&reader->boundaries, slice_part(line, 0, end));
        if (before.kind >= BOUNDARY_DELIMITER) {
            match = before;
            doubt = "a delimiter ended by a bare CR or a NUL";
            *rest = slice_part(line, end + 1, line.length);
        }
    }
    if (match.kind == BOUNDARY_NONE && boundary_set_matches_behind_dashes(&reader->boundaries, line))
        match.kind = BOUNDARY_PREFIX;
    if (match.kind >= BOUNDARY_DELIMITER) {
        reader->held_length = 0;
        reader_delimiter(reader, match, doubt);
        return true;
    }
    strbuf_truncate(&reader->guess, 0);
    if (match.kind == BOUNDARY_PREFIX) {
        reader_probe(reader, prefix_doubt);
    } else if (is_undelimited(reader)) {
        reader_probe(reader, reader->is_leaf_quoting ? reader_quotation : guess_doubt);
        struct slice guess = slice_trim(slice_part(line, 2, line.length));
        if (guess.length > 0 && line.length <= BOUNDARY_BYTES_MAX) /* blanks before it are a part of it */
            strbuf_append(&reader->guess, line.data + 2, (size_t)(guess.data + guess.length - line.data) - 2);
    }
    return false;
}

/* Whether the line is a header field or goes on with one. */
static bool is_field_like(struct slice line)
{
    size_t at = 0;
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return true;
    while (at < line.length && (unsigned char)line.data[at] > ' ' && line.data[at] != ':')
        at++;
    return at < line.length && line.data[at] == ':';
}

/* A held line while a header is looked for. Returns whether it begins one, which then waits for its LF. */
static bool take_probed(struct mime_reader *reader, struct slice line)
{
    reader->probe_lines_left--;
    size_t colon = slice_find(line, ':');
    if (colon == line.length || !mime_entity_is_content_field(slice_part(line, 0, colon))) {
        /* Only empty lines, other fields, and what begins a message in a mailbox may come before; behind what
         * some take for a delimiter also others. */
        bool is_strict = reader->probe_doubt != prefix_doubt &&
                         !(reader->probe_doubt == guess_doubt && is_guessing(reader));
        if (is_strict && slice_trim(line).length > 0 && !is_field_like(line) &&
            !slice_starts_nocase(line, slice_of("From ")))
            reader->probe_lines_left = 0;
        return false;
    }
    const char *doubt = reader->probe_doubt;
    const unsigned said = reader->is_in_header ? reader->said : 0; /* it goes on with that header */
    reader->held_length = 0;
    reader->probe_lines_left = 0;
    reader_cut_leaf(reader);
    reader_guess_boundary(reader);
    reader_begin_entity(reader, false, doubt);
    reader->entity.encodings |= said == 0 ? 0 : said | (unsigned)TRANSFER_IDENTITY;
    if (reader->state == READER_HEADERS)
        reader_keep_line(reader, line); /* its LF comes after it */
    return true;
}

/* Lets go of what stands before a bare CR and two dashes in the held line, which begin another to some. */
static bool release_before_dashes(struct mime_reader *reader, struct slice line)
{
    const char *cr = line.length == 0 ? NULL : memmem(line.data, line.length, "\r--", 3);
    if (cr == NULL)
        return false;
    uint32_t before = (uint32_t)(cr + 1 - line.data);
    uint32_t length = reader->held_length - before;
    pass_content(reader, slice_make(reader->held, before));
    memmove(reader->held, reader->held + before, length);
    reader->held_length = length;
    return true;
}

/* Decides on the held line; `is_whole`: its LF was seen, and is held too. Returns whether that LF is still to
 * be pushed. */
static bool decide_held(struct mime_reader *reader, bool is_whole)
{
    struct slice line = slice_make(reader->held, reader->held_length - (is_whole ? 1 : 0));
    bool is_dashed = line.length >= 2 && line.data[0] == '-' && line.data[1] == '-';
    if (!is_dashed && release_before_dashes(reader, line))
        return decide_held(reader, is_whole);
    if (is_whole && (line.length == 0 || (line.length == 1 && line.data[0] == '\r')))
        reader->is_in_header = false;
    if (reader->probe_lines_left > 0 && !is_dashed && take_probed(reader, line))
        return is_whole;
    if (is_dashed) {
        /* Who takes what only begins like a delimiter for one passes over such a line too; two dashes end
         * nothing, and may begin the name of a field. */
        bool is_passed_over =
            reader->probe_doubt == prefix_doubt || slice_trim(line).length == 2 || is_field_like(line);
        uint32_t probe_lines_left = is_passed_over ? reader->probe_lines_left : 0;
        reader->probe_lines_left = 0;
        struct slice rest;
        if (take_dashes(reader, line, &rest)) {
            /* For those to whom a bare CR ends a line the header begins here; the LF comes after it. */
            bool begins_header = rest.length > 0 && reader->state == READER_HEADERS;
            if (begins_header)
                reader_keep_line(reader, rest);
            reader->is_line_skipped = !is_whole && !begins_header;
            return is_whole && begins_header;
        }
        if (reader->probe_lines_left == 0 && probe_lines_left > 0)
            reader->probe_lines_left = probe_lines_left - 1;
    }
    release_held(reader);
    return false;
}

/* Collects a line that may matter; returns what comes after it. */
static struct slice hold_line(struct mime_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    bool is_whole = end < bytes.length;
    size_t length = is_whole ? end + 1 : end;
    size_t room = sizeof reader->held - reader->held_length;
    if (length > room) {
        length = room;
        is_whole = false;
    }
    memcpy(reader->held + reader->held_length, bytes.data, length);
    reader->held_length += (uint32_t)length;
    bool is_full = reader->held_length == sizeof reader->held;
    bool is_harmless = reader->probe_lines_left == 0 && reader->held_length >= 2 && reader->held[1] != '-';
    if (is_whole || is_full)
        length -= decide_held(reader, is_whole) ? 1 : 0;
    else if (is_harmless)
        release_held(reader);
    return slice_part(bytes, length, bytes.length);
}

/* The offset of the first line inside `bytes` that begins with a dash or a letter C, or of any, or their
 * length. */
static size_t find_held_line(struct slice bytes, bool is_any)
{
    for (size_t at = 0; at + 1 < bytes.length; at++) {
        at += slice_find(slice_part(bytes, at, bytes.length), '\n');
        if (at + 1 < bytes.length &&
            (is_any || bytes.data[at + 1] == '-' || ascii_lower(bytes.data[at + 1]) == 'c'))
            return at + 1;
    }
    return bytes.length;
}

/* The offset of the first dash that begins a line inside `bytes`, or their length. */
static size_t find_dash_at_line_start(struct slice bytes)
{
    const char *at = bytes.data;
    const char *end = bytes.data + bytes.length;
    while (at < end && (at = memchr(at, '-', (size_t)(end - at))) != NULL) {
        if (at > bytes.data && is_line_end(at[-1]))
            return (size_t)(at - bytes.data);
        at++;
    }
    return bytes.length;
}

struct slice reader_body_push(struct mime_reader *reader, struct slice bytes)
{
    while (bytes.length > 0 && reader->state == READER_BODY && !reader->is_line_skipped) {
        bool can_end = reader->boundaries.count > 0 || is_undelimited(reader);
        const bool is_in_header = reader->is_in_header;
        if ((is_in_header || (reader->is_leaf_typeless && ascii_lower(bytes.data[0]) == 'c')) &&
            reader->is_line_start && reader->held_length == 0 && reader->probe_lines_left == 0) {
            reader_probe(reader, reader->is_leaf_quoting ? reader_quotation : "a header in a text");
            reader->probe_lines_left = 1;
        }
        if (reader->held_length > 0 || (reader->is_line_start && reader->probe_lines_left > 0) ||
            (reader->is_line_start && can_end && bytes.data[0] == '-')) {
            bytes = hold_line(reader, bytes);
        } else {
            size_t length = reader->is_leaf_typeless || is_in_header ? find_held_line(bytes, is_in_header)
                            : can_end                                ? find_dash_at_line_start(bytes)
                                                                     : bytes.length;
            pass_content(reader, slice_part(bytes, 0, length));
            bytes = slice_part(bytes, length, bytes.length);
        }
        if (reader->told_count > 0)
            break; /* step by step, so that what ends a level is not told to it */
    }
    return bytes;
}

void reader_body_end(struct mime_reader *reader)
{
    if (reader->held_length > 0)
        decide_held(reader, false);
    if (reader->state == READER_BODY)
        release_line_end(reader);
}
