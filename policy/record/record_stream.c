#include "record/record_stream.h"

#include "record/packed_input.h"
#include "record/record_reader.h"
#include "record/seekable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 256 << 10,
    LINE_BYTES_MAX = SEEKABLE_FRAME_BYTES_MAX,
    BISECT_UNTIL_BYTES = 64 << 10, /* what is left is read from its beginning */
};

struct record_stream {
    int descriptor;
    uint64_t file_bytes;
    uint64_t start; /* where reading began, after a bisection */
    bool is_packed;
    bool is_at_end;
    char problem[256];
    char *buffer; /* lines to come: [from, to) */
    size_t from, to, capacity;
    struct packed_input
        *input; /* read from its beginning or from a place of a plain file; NULL before the first read */
    struct seekable_reader *frames; /* or frame by frame; NULL: the file has no table */
    struct seekable_table table;
    size_t next_frame, end_frame;
    struct slice frame; /* lines to come */
};

/* ---- open and close --------------------------------------------------------------------------------- */

static int release(struct record_stream *stream)
{
    packed_input_close(stream->input);
    close(stream->descriptor);
    return 0;
}

static bool look_at_file(struct record_stream *stream)
{
    unsigned char magic[PACKED_MAGIC_BYTES];
    struct stat status;
    if (fstat(stream->descriptor, &status) != 0)
        return false;
    stream->file_bytes = (uint64_t)status.st_size;
    ssize_t got = pread(stream->descriptor, magic, sizeof magic, 0);
    if (got < 0)
        return errno == ESPIPE; /* a pipe is read once, as it comes */
    stream->is_packed = packed_begins_with(magic, (size_t)got);
    if (stream->is_packed && seekable_table_read(stream, stream->descriptor, &stream->table)) {
        stream->frames = seekable_reader_create(stream, stream->descriptor);
        stream->end_frame = stream->table.count;
    }
    return true;
}

struct record_stream *record_stream_open(void *owner, const char *path, struct strbuf *problem)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct record_stream *stream = descriptor < 0 ? NULL : talloc_zero(owner, struct record_stream);
    if (stream == NULL) {
        strbuf_append_text(problem, strerror(descriptor < 0 ? errno : ENOMEM));
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    stream->descriptor = descriptor;
    talloc_set_destructor(stream, release);
    if (look_at_file(stream))
        return stream;
    strbuf_append_text(problem, strerror(errno));
    talloc_free(stream);
    return NULL;
}

void record_stream_close(struct record_stream *stream)
{
    talloc_free(stream);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

/* Frames hold whole lines. One that is broken is left out, and said. */
static bool next_frame(struct record_stream *stream)
{
    while (stream->next_frame < stream->end_frame) {
        const struct seekable_frame *frame = &stream->table.frames[stream->next_frame++];
        if (seekable_frame_read(stream->frames, frame, &stream->frame))
            return true;
        snprintf(stream->problem, sizeof stream->problem, "damaged: %u bytes from %llu on are left out",
                 frame->bytes, (unsigned long long)frame->offset);
    }
    stream->frame = slice_of("");
    return false;
}

static bool next_line_of_frame(struct record_stream *stream, struct slice *line)
{
    if (stream->frame.length == 0 && !next_frame(stream))
        return false;
    size_t end = slice_find(stream->frame, '\n');
    *line = slice_part(stream->frame, 0, end);
    stream->frame = slice_part(stream->frame, end + (end < stream->frame.length), stream->frame.length);
    return true;
}

static bool make_room(struct record_stream *stream)
{
    size_t kept = stream->to - stream->from;
    if (stream->from > 0)
        memmove(stream->buffer, stream->buffer + stream->from, kept);
    stream->from = 0;
    stream->to = kept;
    if (kept < stream->capacity)
        return true;
    size_t capacity = stream->capacity == 0 ? BUFFER_BYTES : stream->capacity * 2;
    char *grown = capacity > LINE_BYTES_MAX ? NULL : talloc_realloc_size(stream, stream->buffer, capacity);
    if (grown == NULL) {
        snprintf(stream->problem, sizeof stream->problem,
                 "a line is longer than any record, or memory ran out");
        return false;
    }
    stream->buffer = grown;
    stream->capacity = capacity;
    return true;
}

/* False: the end, or trouble; `is_at_end` is set. */
static bool read_more(struct record_stream *stream)
{
    if (stream->input == NULL)
        stream->input = packed_input_open(stream, dup(stream->descriptor));
    ssize_t got = -1;
    if (stream->input == NULL)
        snprintf(stream->problem, sizeof stream->problem, "out of memory");
    else if (make_room(stream))
        got = packed_input_read(stream->input, stream->buffer + stream->to, stream->capacity - stream->to);
    if (got < 0 && stream->problem[0] == '\0')
        snprintf(stream->problem, sizeof stream->problem, "%s", packed_input_problem(stream->input));
    stream->to += got > 0 ? (size_t)got : 0;
    stream->is_at_end = got <= 0;
    return got > 0;
}

bool record_stream_next(struct record_stream *stream, struct slice *line)
{
    if (stream->frames != NULL)
        return next_line_of_frame(stream, line);
    size_t searched = 0;
    for (;;) {
        size_t length = stream->to - stream->from;
        const char *from = stream->buffer == NULL ? "" : stream->buffer + stream->from;
        const char *end = length > searched ? memchr(from + searched, '\n', length - searched) : NULL;
        if (end == NULL && !stream->is_at_end) {
            searched = length;
            read_more(stream);
            continue;
        }
        *line = slice_make(from, end == NULL ? length : (size_t)(end - from));
        stream->from += line->length + (end != NULL);
        return end != NULL || length > 0;
    }
}

/* ---- places ----------------------------------------------------------------------------------------- */

static void restart_at(struct record_stream *stream, uint64_t offset)
{
    packed_input_close(stream->input);
    stream->input = NULL;
    stream->from = stream->to = 0;
    stream->is_at_end = false;
    stream->problem[0] = '\0';
    stream->start = offset;
    stream->next_frame = 0;
    stream->frame = slice_of("");
    lseek(stream->descriptor, (off_t)offset, SEEK_SET);
}

/* Of the first line with a time behind the stream's place. */
static bool next_time(struct record_stream *stream, int64_t *time_us)
{
    struct slice line;
    while (record_stream_next(stream, &line))
        if (record_line_time(line, time_us))
            return true;
    return false;
}

bool record_stream_first_time(struct record_stream *stream, int64_t *time_us)
{
    bool is_found = next_time(stream, time_us);
    restart_at(stream, 0);
    return is_found;
}

static void seek_frame(struct record_stream *stream, int64_t time_us)
{
    size_t low = 0, high = stream->table.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        int64_t found_us;
        stream->next_frame = middle;
        stream->frame = slice_of("");
        if (next_time(stream, &found_us) && found_us < time_us)
            low = middle;
        else
            high = middle;
    }
    restart_at(stream, 0);
    stream->next_frame = low;
}

/* The first line that begins behind `offset`, which is within another one. */
static void restart_behind(struct record_stream *stream, uint64_t offset)
{
    struct slice rest;
    restart_at(stream, offset);
    if (offset > 0)
        record_stream_next(stream, &rest);
}

static void seek_plain(struct record_stream *stream, int64_t time_us)
{
    uint64_t low = 0, high = stream->file_bytes;
    while (high - low > BISECT_UNTIL_BYTES) {
        uint64_t middle = low + (high - low) / 2;
        int64_t found_us;
        restart_behind(stream, middle);
        if (next_time(stream, &found_us) && found_us < time_us)
            low = middle;
        else
            high = middle;
    }
    restart_behind(stream, low);
}

void record_stream_seek(struct record_stream *stream, int64_t time_us)
{
    if (stream->frames != NULL)
        seek_frame(stream, time_us - RECORD_DISORDER_US);
    else if (!stream->is_packed && stream->file_bytes > 0)
        seek_plain(stream, time_us - RECORD_DISORDER_US);
}

const struct seekable_table *record_stream_table(const struct record_stream *stream)
{
    return stream->frames == NULL ? NULL : &stream->table;
}

bool record_stream_select_frame(struct record_stream *stream, size_t frame)
{
    if (stream->frames == NULL || frame >= stream->table.count)
        return false;
    restart_at(stream, 0);
    stream->next_frame = frame;
    stream->end_frame = frame + 1;
    return true;
}

bool record_stream_is_slow(const struct record_stream *stream)
{
    return stream->is_packed && stream->frames == NULL;
}

const char *record_stream_problem(const struct record_stream *stream)
{
    return stream->problem;
}

uint64_t record_stream_consumed(const struct record_stream *stream)
{
    if (stream->frames != NULL)
        return stream->next_frame == 0 ? 0
                                       : stream->table.frames[stream->next_frame - 1].offset +
                                             stream->table.frames[stream->next_frame - 1].bytes;
    return stream->input == NULL ? 0 : stream->start + packed_input_consumed(stream->input);
}
