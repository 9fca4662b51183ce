/* The lines of a header, and where it ends. */
#include "scan/mime/mime_reader_private.h"

/* A line that long is none of a header that goes on behind its end. */
enum { BEYOND_LINE_BYTES = 2000 };

void reader_look_beyond(struct mime_reader *reader)
{
    header_block_go_beyond(&reader->block);
    reader->state = READER_HEADERS;
}

/* The header is over for some or all clients: what was kept of it is content for those to whom it was over
 * before, and for all if nobody reads on. */
static void finish_block(struct mime_reader *reader)
{
    struct strbuf replay = reader->block.replay;
    size_t doubtful = replay.failed ? 0 : header_block_doubtful_bytes(&reader->block);
    const bool is_told = doubtful == 0 && !replay.failed && !reader->block.is_beyond;
    strbuf_init(&reader->block.replay, 0);
    reader->entity.doubtful_lines = slice_part(strbuf_slice(&replay), 0, is_told ? replay.length : doubtful);
    reader->entity.is_doubt_told = is_told;
    reader->entity.is_header_unended = reader->block.is_unended;
    reader_finish_header(reader);
    reader->entity.doubtful_lines = slice_make("", 0);
    struct slice rest = slice_part(strbuf_slice(&replay), doubtful, replay.length);
    while (!replay.failed && rest.length > 0 && reader->is_leaf_open && reader->state == READER_BODY)
        rest = reader_body_push(reader, rest);
    reader->failed = reader->failed || replay.failed;
    strbuf_deinit(&replay);
}

void reader_header_end(struct mime_reader *reader)
{
    header_block_end(&reader->block);
    finish_block(reader);
}

/* A line that was taken for one of the header is one of the body. */
static void push_line(struct mime_reader *reader, struct slice line)
{
    for (int i = 0; i < 2; i++) {
        struct slice rest = i == 0 ? line : slice_make("\n", 1);
        while (rest.length > 0 && reader->state == READER_BODY)
            rest = reader_body_push(reader, rest);
    }
}

/* A delimiter where an empty line should be. MIME-tools reads on in the same header: what it said of
 * encodings may count for what follows. */
static void delimiter_in_header(struct mime_reader *reader, struct slice line)
{
    reader_header_end(reader);
    const unsigned encodings = reader->said; /* the entity may be another by now: of a message within */
    if (reader->state == READER_STOPPED)
        return;
    struct boundary_match match = boundary_set_match(&reader->boundaries, line);
    if (match.kind < BOUNDARY_DELIMITER) { /* there was no room for another level */
        push_line(reader, line);
        return;
    }
    reader_delimiter(reader, match, NULL);
    if (match.kind == BOUNDARY_CLOSE && encodings != 0 && encodings != TRANSFER_IDENTITY) {
        reader_begin_entity(reader, false, "a delimiter inside a header");
        header_block_go_beyond(&reader->block);
    }
    if (encodings != TRANSFER_IDENTITY && reader->state == READER_HEADERS)
        reader->entity.encodings |= encodings | (encodings != 0 ? (unsigned)TRANSFER_IDENTITY : 0u);
}

/* One whole line of a header. */
static void header_line(struct mime_reader *reader, struct slice line)
{
    const bool is_dashed = line.length >= 2 && line.data[0] == '-' && line.data[1] == '-';
    if (is_dashed && (boundary_set_match(&reader->boundaries, line).kind >= BOUNDARY_DELIMITER ||
                      header_block_names_boundary(&reader->block, line))) {
        delimiter_in_header(reader, line);
        return;
    }
    bool was_beyond = reader->block.is_beyond;
    if (was_beyond && is_dashed) {
        reader_header_end(reader);
        push_line(reader, line);
        return;
    }
    if (header_block_line(&reader->block, line) == HEADER_BLOCK_MORE)
        return;
    header_block_end(&reader->block);
    if (!was_beyond && !reader->block.is_unended && reader_may_go_beyond(reader))
        reader_look_beyond(reader);
    else
        finish_block(reader);
}

/* What is beyond the bound is dropped, and told. */
void reader_keep_line(struct mime_reader *reader, struct slice piece)
{
    size_t room = reader->line.ceiling - reader->line.length;
    if (piece.length > room) {
        reader->block.is_over_limit = true;
        piece.length = room;
    }
    strbuf_append_slice(&reader->line, piece);
    if (reader->line.failed)
        reader_fail(reader);
}

/* Beyond the end of a header a body without lines is not kept: gives it on. Returns what is left of `bytes`.
 */
static struct slice end_beyond(struct mime_reader *reader, struct slice bytes)
{
    struct strbuf line = reader->line;
    strbuf_init(&reader->line, line.ceiling);
    reader_header_end(reader);
    if (reader->state == READER_BODY)
        reader_body_push(reader, strbuf_slice(&line));
    strbuf_deinit(&line);
    return bytes;
}

struct slice reader_header_push(struct mime_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    struct slice piece = slice_part(bytes, 0, end);
    bool is_whole = end < bytes.length;
    struct slice rest = slice_part(bytes, is_whole ? end + 1 : end, bytes.length);
    if (is_whole && reader->line.length == 0 && piece.length <= reader->line.ceiling &&
        !(reader->block.is_beyond && piece.length > BEYOND_LINE_BYTES)) {
        header_line(reader, piece);
        return rest;
    }
    if (reader->block.is_beyond && reader->line.length + piece.length > BEYOND_LINE_BYTES)
        return end_beyond(reader, bytes);
    reader_keep_line(reader, piece);
    if (is_whole && reader->state == READER_HEADERS) {
        struct strbuf line = reader->line; /* the line may begin a body that is pushed from here */
        strbuf_init(&reader->line, line.ceiling);
        header_line(reader, strbuf_slice(&line));
        strbuf_deinit(&line);
    }
    return rest;
}
