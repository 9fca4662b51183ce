/*
 * The lines of one file of the record, from its beginning or from a time on.
 *
 * Lines of a file stand in the order of their `time`, but for what several threads wrote within the same
 * moment (RECORD_DISORDER_US): so the place of a time is found by bisection, in plain files and in those
 * compressed by our own rotation (seekable.h). Others are read from their beginning, which takes a while. One
 * thread at a time.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_STREAM_H
#define CLOSEDRELAY_RECORD_RECORD_STREAM_H

#include "base/strbuf.h"

/* How much older than the line before it a line may be. */
enum { RECORD_DISORDER_US = 2000000 };

struct record_stream;

/* NULL: it cannot be opened (reason in `problem`, without the path), or memory ran out. */
struct record_stream *record_stream_open(void *owner, const char *path, struct strbuf *problem);
/* NULL is allowed. */
void record_stream_close(struct record_stream *stream);

/* The next line without its newline; valid until the next call. What the file ends in without a newline is a
 * line too. False: that was all, or what is left cannot be read (record_stream_problem). */
bool record_stream_next(struct record_stream *stream, struct slice *line);

/* Goes to the first line that may be as young as `time_us`; lines that are older may come before it. A file
 * without an order to go by is read from where it is. */
void record_stream_seek(struct record_stream *stream, int64_t time_us);

/* The time of the first line that has one; stands at the beginning afterwards. False: there is none. */
bool record_stream_first_time(struct record_stream *stream, int64_t *time_us);

struct seekable_table;

/* The table of the file's frames; NULL: it has none. Belongs to the stream. */
const struct seekable_table *record_stream_table(const struct record_stream *stream);

/* The lines of one frame only, if the file is seekable (seekable.h); false: it is not, or it has fewer
 * frames. */
bool record_stream_select_frame(struct record_stream *stream, size_t frame);

/* Whether record_stream_seek has to read everything before the place. */
bool record_stream_is_slow(const struct record_stream *stream);

/* "" where nothing went wrong. */
const char *record_stream_problem(const struct record_stream *stream);

/* How much of the file, as it is on disk, was read so far; for a progress line. */
uint64_t record_stream_consumed(const struct record_stream *stream);

#endif
