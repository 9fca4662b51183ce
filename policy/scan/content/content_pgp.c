/* OpenPGP messages in their text form (RFC 9580 6.2): base64 between two lines, headers before it. */
#include "scan/content/content_private.h"

#include "scan/mime/transfer_decode.h"

#include <talloc.h>

enum { HEAD_BYTES = 32, DECODED_PIECE_BYTES = 4096 };

enum armor_state {
    ARMOR_HEADERS, /* up to an empty line */
    ARMOR_DATA,
    ARMOR_OVER, /* behind the check sum or the last line */
};

struct content_pgp {
    struct content_subject *subject;
    struct content_depth depth;
    enum armor_state state;
    bool is_in_line;    /* the line has something in it */
    bool is_first_line; /* the one that says what this is */
    struct transfer_decoder decoder;
    size_t head_length;
    char head[HEAD_BYTES];
    struct content_archive *archive; /* once the head shows a message */
    bool is_decided;
    bool is_wanted;
};

struct content_pgp *content_pgp_create(void *owner, struct content_subject *subject,
                                       struct content_depth depth)
{
    struct content_pgp *pgp = talloc_zero(owner, struct content_pgp);
    if (pgp == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    pgp->subject = subject;
    pgp->depth = depth;
    pgp->is_wanted = pgp->is_first_line = true;
    transfer_decoder_init(&pgp->decoder, TRANSFER_BASE64);
    return pgp;
}

static void push_packets(struct content_pgp *pgp, struct slice bytes)
{
    if (pgp->archive == NULL || bytes.length == 0)
        return;
    pgp->is_wanted = content_archive_consumer.push(pgp->archive, bytes);
}

/* What is no row of packets is taken for what its first line says. */
static void decide(struct content_pgp *pgp)
{
    struct slice head = slice_make(pgp->head, pgp->head_length);
    const struct archive_format *format = content_archive_recognise(head);
    pgp->is_decided = true;
    if (format == NULL || (format->traits & ARCHIVE_IS_ONE_FILE) == 0) {
        content_add_condition(pgp->subject, ATTACHMENT_ENCRYPTED, "an OpenPGP message");
        pgp->is_wanted = false;
        return;
    }
    pgp->archive = content_archive_create(pgp, pgp->subject, format, pgp->depth, false);
    push_packets(pgp, head);
}

static void take_decoded(struct content_pgp *pgp, struct slice bytes)
{
    size_t missing = HEAD_BYTES - pgp->head_length;
    size_t count = bytes.length < missing ? bytes.length : missing;
    if (!pgp->is_decided && count > 0) {
        memcpy(pgp->head + pgp->head_length, bytes.data, count);
        pgp->head_length += count;
        bytes = slice_part(bytes, count, bytes.length);
        if (pgp->head_length == HEAD_BYTES)
            decide(pgp);
    }
    if (pgp->is_decided && pgp->is_wanted)
        push_packets(pgp, bytes);
}

static void take_data(struct content_pgp *pgp, struct slice base64)
{
    while (base64.length > 0 && pgp->is_wanted) {
        char piece[DECODED_PIECE_BYTES];
        size_t made = transfer_decode(&pgp->decoder, &base64, piece, sizeof piece);
        take_decoded(pgp, slice_make(piece, made));
    }
}

/* The piece of a line; `is_end`: and that is all of it. */
static void take_line(struct content_pgp *pgp, struct slice line, bool is_end)
{
    struct slice text = slice_trim(line);
    bool is_start = !pgp->is_in_line && text.length > 0;
    pgp->is_in_line = pgp->is_in_line || text.length > 0;
    if (pgp->state == ARMOR_HEADERS && is_end && !pgp->is_in_line && !pgp->is_first_line)
        pgp->state = ARMOR_DATA;
    else if (pgp->state == ARMOR_DATA && is_start && (text.data[0] == '=' || text.data[0] == '-'))
        pgp->state = ARMOR_OVER;
    else if (pgp->state == ARMOR_DATA)
        take_data(pgp, text);
    if (is_end && pgp->is_in_line)
        pgp->is_first_line = false;
    pgp->is_in_line = pgp->is_in_line && !is_end;
}

static bool pgp_push(void *state, struct slice bytes)
{
    struct content_pgp *pgp = state;
    while (bytes.length > 0 && pgp->state != ARMOR_OVER && pgp->is_wanted) {
        size_t end = slice_find(bytes, '\n');
        bool is_end = end < bytes.length;
        take_line(pgp, slice_part(bytes, 0, end), is_end);
        bytes = slice_part(bytes, is_end ? end + 1 : end, bytes.length);
    }
    return pgp->state != ARMOR_OVER && pgp->is_wanted;
}

static void pgp_end(void *state, bool is_cut)
{
    struct content_pgp *pgp = state;
    char rest[TRANSFER_ROOM_MIN];
    if (pgp->is_wanted)
        take_decoded(pgp, slice_make(rest, transfer_decode_end(&pgp->decoder, rest)));
    if (!pgp->is_decided)
        decide(pgp);
    if (pgp->archive != NULL)
        content_archive_consumer.end(pgp->archive, is_cut);
}

const struct content_consumer content_pgp_consumer = {pgp_push, pgp_end};
