/*
 * What stands where in a closed file of the record: beside `FILE.zst` stands `FILE.zst.idx`.
 *
 * For each frame (seekable.h) it has the time from its first to its last line, and a Bloom filter over the
 * terms that people look for: logins, addresses, clients, queue ids, message ids, fingerprints, and whom
 * events are about.
 * So a look at a year of records unpacks the few frames that may hold an answer.
 *
 * It is a cache: a frame that may hold a term is read and looked at, and a sidecar that is missing, of
 * another version, damaged or not of this very file is as if there were none. Numbers are little-endian:
 *
 *   "CLRDIDX1"  u64 identity of the file's table  u32 frames  u32 reserved
 *   each frame: i64 first, i64 last (µs since 1970)  u64 offset of its filter  u32 bytes of it  u32 lines
 *   the filters
 *   u64 checksum of all before (cache_file.h)
 */
#ifndef CLOSEDRELAY_RECORD_SIDECAR_H
#define CLOSEDRELAY_RECORD_SIDECAR_H

#include "record/seekable.h"

/* Behind the name of the closed file. */
#define SIDECAR_ENDING ".idx"

struct sidecar_frame {
    int64_t first_us, last_us; /* the least and the most time of its lines; 0: no line has one */
    const unsigned char *filter;
    uint32_t filter_bytes;
    uint32_t line_count;
};

struct sidecar {
    struct sidecar_frame *frames; /* as many as the table has, in its order */
    size_t count;
};

/* Reads the sidecar of the file at `path`, whose table is given, under `owner`. False: there is none that is
 * good; read the file itself. */
bool sidecar_read(void *owner, const char *path, const struct seekable_table *table, struct sidecar *sidecar);

/* What is looked up by: letters of any case mean the same, "<" and ">" around a message id do not count. */
uint64_t sidecar_term(struct slice text);

/* False: no line of the frame has the term. */
bool sidecar_may_hold(const struct sidecar_frame *frame, uint64_t term);

struct record;

/* Told of each term of a record. */
typedef void (*sidecar_visitor)(void *context, uint64_t term);

/* The terms that a record is found by. `record` is one that was just read (record_reader.h). */
void sidecar_visit_terms(struct record *record, sidecar_visitor visit, void *context);

/* ---- making one ------------------------------------------------------------------------------------- */

struct sidecar_builder;

/* A talloc child of `owner`; NULL: out of memory. One thread at a time. */
struct sidecar_builder *sidecar_builder_create(void *owner);

/* One record of the present frame; `time_us` 0: it has no time. */
void sidecar_builder_add(struct sidecar_builder *builder, struct record *record, int64_t time_us);

/* The frame is complete. False: out of memory. */
bool sidecar_builder_end_frame(struct sidecar_builder *builder);

/* The content of the sidecar for the file whose table is given. */
void sidecar_builder_write(const struct sidecar_builder *builder, const struct seekable_table *table,
                           struct strbuf *out);

#endif
