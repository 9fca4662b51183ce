/*
 * Small files that only save work: sidecars and roll-ups. Written aside and renamed, so that a reader sees a
 * whole one or none; ended by a checksum, so that a damaged one is none.
 */
#ifndef CLOSEDRELAY_RECORD_CACHE_FILE_H
#define CLOSEDRELAY_RECORD_CACHE_FILE_H

#include "base/strbuf.h"

/* Tells damage and mix-ups, not malice: as FNV-1a, eight bytes at a time. */
uint64_t cache_hash(struct slice bytes);

void cache_append_u32(struct strbuf *out, uint32_t number);
void cache_append_u64(struct strbuf *out, uint64_t number);
uint32_t cache_read_u32(const unsigned char *bytes);
uint64_t cache_read_u64(const unsigned char *bytes);

/* Appends the checksum of what is in `content`. */
void cache_append_checksum(struct strbuf *content);

/* Writes the file `path`. False: it could not be, or the content is not whole. */
bool cache_file_write(const char *path, const struct strbuf *content);

/* The content of a file that a checksum ends, a talloc child of `owner`, without it. False: there is none of
 * at most `bytes_max` whose checksum fits. */
bool cache_file_read(void *owner, const char *path, size_t bytes_max, struct slice *content);

#endif
