/*
 * The structure of a message from a stream: which entities are in it, by any client's reading.
 *
 * Bytes go in, cut anywhere; a sink hears of levels (multiparts and forwarded messages) and leaves with their
 * undecoded content. All boundaries of all readings are live at once (mime/boundary_set.h), headers end where
 * any client ends them (mime/header_block.h), parts before the first and after the last delimiter are parts.
 * What only some clients would see is marked ambiguous when it holds more than text.
 *
 * The reader holds one header and one line at most. It belongs to its talloc owner and to one thread at a
 * time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_READER_H
#define CLOSEDRELAY_SCAN_MIME_MIME_READER_H

#include "scan/mime/mime_entity.h"

/* Told to the caller of the reader, during the call. Entities are valid until the matching end. */
struct mime_sink {
    void *context;
    /* A multipart or a forwarded message begins, which holds what comes until level_end. Returns true to be
     * given all of it as it stands in the message as well. */
    bool (*level_begin)(void *context, const struct mime_entity *entity);
    /* The next bytes of all levels that are given so; what they hold was told. */
    void (*level_data)(void *context, struct slice raw);
    void (*level_end)(void *context);
    /* Anything else. Returns true to be given its content. */
    bool (*leaf_begin)(void *context, const struct mime_entity *entity);
    /* Its content as it stands in the message, not decoded. Returns false to be spared the rest. */
    bool (*leaf_data)(void *context, struct slice raw);
    /* The leaf, of which more was wanted, ends here for some clients and goes on for others: its end is told
     * next. */
    void (*leaf_cut)(void *context);
    /* `raw_bytes`: its length as it stands in the message, told or not. */
    void (*leaf_end)(void *context, uint64_t raw_bytes);
    /* A bound was reached; `why` is a constant sentence. */
    void (*over_budget)(void *context, const char *why);
};

/* Shared by all readers of one message, nested ones too. */
struct mime_budget {
    uint32_t parts_left;
    uint64_t work_left; /* units; a byte that passes is one, one of a Content- field 1024 */
};

struct mime_reader;

/*
 * A new reader under `owner`; NULL: out of memory. `limits`, `budget` and `sink` must outlive it.
 * `levels_above`: how many levels it stands in already.
 */
struct mime_reader *mime_reader_create(void *owner, const struct mime_limits *limits,
                                       struct mime_budget *budget, const struct mime_sink *sink,
                                       uint32_t levels_above);

/* The message's own header, one field at a time; for a reader whose header does not come with the bytes. */
void mime_reader_header(struct mime_reader *reader, struct slice name, struct slice value);

/* In place of a header: pushed bytes are the body of a multipart with these boundaries, each as good as the
 * others. */
void mime_reader_begin_multipart(struct mime_reader *reader, const struct name_set *boundaries,
                                 bool is_digest);

/* The fields told so far were the whole header, and pushed bytes are the body. Without this call they begin
 * with the header. */
void mime_reader_end_of_headers(struct mime_reader *reader);

/* The next bytes. Returns false once the rest can tell nothing more (more calls do no harm). */
bool mime_reader_push(struct mime_reader *reader, struct slice bytes);

/* No more bytes: ends what is open. */
void mime_reader_end(struct mime_reader *reader);

/* Whether memory ran out: the message was not fully read. Sticky. */
bool mime_reader_failed(const struct mime_reader *reader);

#endif
