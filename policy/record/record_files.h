/*
 * The files of one record: the one that is written to, and those that were closed before it.
 *
 *   audit.jsonl                              is written to
 *   audit.jsonl-20261130T230000Z             was closed then, and waits to be compressed
 *   audit.jsonl-20261130T230000Z.zst         compressed (seekable.h); where both are there, this one counts
 *   audit.jsonl-20261130T230000Z.zst.idx     a cache: what stands where in it (sidecar.h)
 *   audit.jsonl-20261130T230000Z.zst.sum     a cache: its sums (rollup.h)
 *   audit.jsonl-20261130T230000Z.zst.new     half of a compression that did not end; of no use
 *   audit.jsonl.1, audit.jsonl-20261130.gz   others moved it away (logrotate): read, never touched
 *
 * A stamp is when the file was closed, in UTC: every line in it is older. Any thread.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_FILES_H
#define CLOSEDRELAY_RECORD_RECORD_FILES_H

#include "base/slice.h"

#include <stdint.h>

enum record_file_kind {
    RECORD_FILE_CURRENT, /* is written to */
    RECORD_FILE_CLOSED,  /* by our own rotation */
    RECORD_FILE_FOREIGN, /* moved away by somebody else */
};

enum record_packing { RECORD_PLAIN, RECORD_ZSTD, RECORD_GZIP, RECORD_XZ };

struct record_file {
    const char *path;
    enum record_file_kind kind;
    enum record_packing packing;
    int64_t
        closed_us;  /* wall clock: of the stamp, or when a foreign file was last written; 0 for the current */
    uint64_t bytes; /* on disk */
};

struct record_file_list {
    struct record_file *items; /* oldest first, the current one last; each record is in exactly one of them */
    size_t count;
};

/* Whether there is a closed file of that name, plain or packed: none may take its name. True also where
 * memory ran out. */
bool record_file_is_there(const char *closed_path);

/* Lists the files of the record at `path`, under the talloc context `owner`. False: the folder cannot be read
 * (errno says why), or memory ran out (ENOMEM). A record without any file is an empty list. */
bool record_files_list(void *owner, const char *path, struct record_file_list *list);

enum { RECORD_STAMP_LENGTH = 16 }; /* 20261130T230000Z */

/* Writes the stamp of a wall-clock time, and a NUL byte. */
void record_stamp_write(int64_t time_us, char *stamp);
/* The time of a stamp; -1: it is none. */
int64_t record_stamp_read(struct slice text);

#endif
