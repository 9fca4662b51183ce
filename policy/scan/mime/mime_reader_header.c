/* The lines of a header, and where it ends. */
#include "scan/mime/mime_reader_private.h"

/* How far into a body a header is looked for that an odd line has cut off. */
enum { SOFT_LINES_IN_BODY = 2 };

void reader_look_for_more_header(struct mime_reader *reader)
{
    bool is_over_limit = reader->block.is_over_limit;
    header_block_begin_soft(&reader->block, &reader->entity, SOFT_LINES_IN_BODY);
    reader->block.is_over_limit = is_over_limit;
    reader->state = READER_HEADERS;
}

/* The header is over for some or all clients: what was kept of it is content for some. */
static void finish_block(struct mime_reader *reader)
{
    struct strbuf replay = reader->block.replay;
    strbuf_init(&reader->block.replay, 0);
    reader_finish_header(reader);
    if (!replay.failed && reader->is_leaf_open)
        reader_body_push(reader, strbuf_slice(&replay));
    reader->failed = reader->failed || replay.failed;
    strbuf_deinit(&replay);
}

void reader_header_end(struct mime_reader *reader)
{
    header_block_end(&reader->block);
    finish_block(reader);
}

/* One whole line of a header. */
static void header_line(struct mime_reader *reader, struct slice line)
{
    if (line.length >= 2 && line.data[0] == '-' && line.data[1] == '-') {
        struct boundary_match match = boundary_set_match(&reader->boundaries, line);
        if (match.kind >= BOUNDARY_DELIMITER) {
            reader_header_end(reader);
            if (reader->state != READER_STOPPED)
                reader_delimiter(reader, boundary_set_match(&reader->boundaries, line), NULL);
            return;
        }
    }
    bool was_soft = reader->block.is_soft;
    if (header_block_line(&reader->block, line) == HEADER_BLOCK_MORE)
        return;
    header_block_end(&reader->block);
    if (reader->is_message_header && !was_soft && reader->entity.content_header_count == 0)
        reader_look_for_more_header(reader);
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

struct slice reader_header_push(struct mime_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    struct slice piece = slice_part(bytes, 0, end);
    bool is_whole = end < bytes.length;
    struct slice rest = slice_part(bytes, is_whole ? end + 1 : end, bytes.length);
    if (is_whole && reader->line.length == 0 && piece.length <= reader->line.ceiling) {
        header_line(reader, piece);
        return rest;
    }
    reader_keep_line(reader, piece);
    if (is_whole && reader->state == READER_HEADERS) {
        struct strbuf line = reader->line; /* the line may begin a body that is pushed from here */
        strbuf_init(&reader->line, line.ceiling);
        header_line(reader, strbuf_slice(&line));
        strbuf_deinit(&line);
    }
    return rest;
}
