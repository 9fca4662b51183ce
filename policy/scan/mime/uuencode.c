#include "scan/mime/uuencode.h"

void uuencode_init(struct uuencode_reader *reader, const struct uuencode_sink *sink)
{
    reader->sink = sink;
    reader->state = UUENCODE_OUTSIDE;
    reader->line_length = 0;
    reader->is_line_dull = false;
    reader->name_length = 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice skip_blanks(struct slice s)
{
    while (s.length > 0 && is_blank(s.data[0]))
        s = slice_part(s, 1, s.length);
    return s;
}

/* The name out of `WORD MODE NAME`, or an empty slice. */
static struct slice begin_name(struct slice line, const char *word)
{
    const struct slice nothing = {NULL, 0};
    size_t length = strlen(word);
    if (!slice_starts_nocase(line, slice_of(word)) || line.length <= length || !is_blank(line.data[length]))
        return nothing;
    struct slice rest = skip_blanks(slice_part(line, length, line.length));
    size_t digits = 0;
    while (digits < rest.length && ascii_is_digit(rest.data[digits]))
        digits++;
    if (digits < 1 || digits > 6 || digits == rest.length || !is_blank(rest.data[digits]))
        return nothing;
    return slice_trim(slice_part(rest, digits, rest.length));
}

/* The name out of `=ybegin line=128 size=3 name=NAME`, or an empty slice. */
static struct slice yenc_name(struct slice line)
{
    const struct slice nothing = {NULL, 0};
    static const char name[] = " name=";
    if (!slice_starts_nocase(line, slice_of("=ybegin ")) ||
        memmem(line.data, line.length, " line=", 6) == NULL)
        return nothing;
    const char *found = memmem(line.data, line.length, name, sizeof name - 1);
    if (found == NULL)
        return nothing;
    return slice_trim(slice_part(line, (size_t)(found - line.data) + sizeof name - 1, line.length));
}

static bool is_end_line(struct slice line)
{
    return slice_equal_nocase(slice_trim(line), slice_of("end"));
}

/* How many bytes an encoded line holds, or -1 if it is none. Encoders may add a check character, and mailers
 * cut blanks at the end, which stand for zero bits. Decoders look at six bits of a character only. */
static int data_line_bytes(struct slice line)
{
    if (line.length == 0 || line.data[0] < ' ' || line.data[0] > '`')
        return -1;
    int bytes = (line.data[0] - ' ') & 63;
    size_t wanted = ((size_t)bytes + 2) / 3 * 4 + 1;
    if (line.length > wanted + 2 || line.length + 3 < wanted)
        return -1;
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] < ' ' || line.data[i] > '~')
            return -1;
    return bytes;
}

static unsigned value_at(struct slice line, size_t at)
{
    return at < line.length ? ((unsigned)line.data[at] - ' ') & 63 : 0;
}

static void decode_data_line(struct uuencode_reader *reader, struct slice line, int bytes)
{
    char decoded[66];
    size_t made = 0;
    for (size_t at = 1; made < (size_t)bytes; at += 4) {
        unsigned bits = value_at(line, at) << 18 | value_at(line, at + 1) << 12 |
                        value_at(line, at + 2) << 6 | value_at(line, at + 3);
        decoded[made++] = (char)(bits >> 16);
        decoded[made++] = (char)(bits >> 8);
        decoded[made++] = (char)bits;
    }
    if (bytes > 0)
        reader->sink->data(reader->sink->context, slice_make(decoded, (size_t)bytes));
}

static void inside_line(struct uuencode_reader *reader, struct slice line)
{
    int bytes = is_end_line(line) ? -1 : data_line_bytes(line);
    if (bytes >= 0) {
        decode_data_line(reader, line, bytes);
    } else if (is_end_line(line)) {
        reader->sink->end(reader->sink->context);
        reader->state = UUENCODE_OUTSIDE;
    }
}

static void decode_yenc_line(struct uuencode_reader *reader, struct slice line)
{
    char decoded[UUENCODE_LINE_BYTES];
    size_t made = 0;
    for (size_t i = 0; i < line.length && made < sizeof decoded; i++) {
        bool is_escape = line.data[i] == '=' && i + 1 < line.length;
        int byte = is_escape ? (unsigned char)line.data[++i] - 64 : (unsigned char)line.data[i];
        if (is_escape || line.data[i] != '\r')
            decoded[made++] = (char)((byte - 42) & 0xff);
    }
    if (made > 0)
        reader->sink->data(reader->sink->context, slice_make(decoded, made));
}

static void end_file(struct uuencode_reader *reader)
{
    if (reader->state >= UUENCODE_INSIDE)
        reader->sink->end(reader->sink->context);
    reader->state = UUENCODE_OUTSIDE;
}

/* Lines of yEnc, which begin with "=y" where they are no data. */
static void yenc_line(struct uuencode_reader *reader, struct slice line)
{
    if (slice_starts_nocase(line, slice_of("=yend")))
        end_file(reader);
    else if (!slice_starts_nocase(line, slice_of("=y")))
        decode_yenc_line(reader, line);
}

static void begin_file(struct uuencode_reader *reader, struct slice name, enum uuencode_state state)
{
    end_file(reader);
    reader->sink->begin(reader->sink->context, name);
    reader->state = state;
}

static void uuencode_line(struct uuencode_reader *reader, struct slice line)
{
    struct slice yenc = yenc_name(line);
    struct slice in_base64 = begin_name(line, "begin-base64");
    struct slice name = begin_name(line, "begin");
    if (yenc.length > 0) {
        begin_file(reader, yenc, UUENCODE_IN_YENC);
        return;
    }
    if (in_base64.length > 0) {
        begin_file(reader, in_base64, UUENCODE_INSIDE);
        end_file(reader);
        return;
    }
    if (reader->state == UUENCODE_IN_YENC) {
        yenc_line(reader, line);
        return;
    }
    if (name.length > 0) {
        end_file(reader);
        memcpy(reader->name, name.data, name.length);
        reader->name_length = name.length;
        reader->state = UUENCODE_ANNOUNCED;
        return;
    }
    if (reader->state == UUENCODE_ANNOUNCED && line.length > 0) {
        bool is_file = is_end_line(line) || data_line_bytes(line) >= 0;
        reader->state = is_file ? UUENCODE_INSIDE : UUENCODE_OUTSIDE;
        if (is_file)
            reader->sink->begin(reader->sink->context, slice_make(reader->name, reader->name_length));
    }
    if (reader->state == UUENCODE_INSIDE)
        inside_line(reader, line);
}

/* Whether a line beginning like this matters now. */
static bool is_line_of_interest(const struct uuencode_reader *reader, struct slice start)
{
    static const char word[] = "begin", yenc_word[] = "=ybeg";
    if (reader->state != UUENCODE_OUTSIDE)
        return true;
    size_t length = start.length < 5 ? start.length : 5;
    start = slice_part(start, 0, length);
    return slice_equal_nocase(start, slice_make(word, length)) ||
           slice_equal_nocase(start, slice_make(yenc_word, length));
}

static void keep_line(struct uuencode_reader *reader, struct slice piece)
{
    size_t room = sizeof reader->line - reader->line_length;
    size_t length = piece.length < room ? piece.length : room;
    memcpy(reader->line + reader->line_length, piece.data, length);
    reader->line_length += length;
    if (!is_line_of_interest(reader, slice_make(reader->line, reader->line_length))) {
        reader->is_line_dull = true;
        reader->line_length = 0;
    }
}

static void finish_line(struct uuencode_reader *reader, struct slice piece)
{
    if (!reader->is_line_dull && reader->line_length == 0) {
        if (is_line_of_interest(reader, piece))
            uuencode_line(
                reader, slice_part(piece, 0,
                                   piece.length < UUENCODE_LINE_BYTES ? piece.length : UUENCODE_LINE_BYTES));
        return;
    }
    if (!reader->is_line_dull) {
        keep_line(reader, piece);
        uuencode_line(reader, slice_make(reader->line, reader->line_length));
    }
    reader->line_length = 0;
    reader->is_line_dull = false;
}

/* What stands before an LF: bare CRs end lines as well. Returns what of it comes after the last of them. */
static struct slice finish_lines_at_cr(struct uuencode_reader *reader, struct slice bytes)
{
    for (size_t end = slice_find(bytes, '\r'); end < bytes.length; end = slice_find(bytes, '\r')) {
        finish_line(reader, slice_part(bytes, 0, end));
        bytes = slice_part(bytes, end + 1, bytes.length);
    }
    return bytes;
}

void uuencode_push(struct uuencode_reader *reader, struct slice bytes)
{
    while (bytes.length > 0) {
        size_t end = slice_find(bytes, '\n');
        struct slice piece = finish_lines_at_cr(reader, slice_part(bytes, 0, end));
        if (end == bytes.length) {
            if (piece.length > 0 && !reader->is_line_dull)
                keep_line(reader, piece);
            return;
        }
        finish_line(reader, piece);
        bytes = slice_part(bytes, end + 1, bytes.length);
    }
}

void uuencode_end(struct uuencode_reader *reader)
{
    if (reader->line_length > 0)
        finish_line(reader, slice_make("", 0));
    end_file(reader);
}
