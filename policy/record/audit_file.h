/*
 * The file that keeps the records: one line, one write(2), before the MTA has its answer.
 *
 * Appending needs no lock: O_APPEND keeps lines of several threads whole. A file that was moved away is
 * noticed within a second and reopened under its old name; audit_file_reopen does so at once. When writing or
 * reopening fails, the trouble is logged once, and that records can be written again once more.
 *
 * Only a plain file takes records. A FIFO, a device or a folder under that name is refused in words, at once:
 * a FIFO without a reader would hold up all mail.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_FILE_H
#define CLOSEDRELAY_RECORD_AUDIT_FILE_H

#include "base/clock.h"
#include "base/strbuf.h"

#include <sys/stat.h>

struct audit_file;

/* Opens or creates `path` (mode 0640); one reference for the caller. NULL: `problem` says why. `clock` must
 * outlive the file. */
struct audit_file *audit_file_open(const char *path, const struct clock *clock, struct strbuf *problem);

/* Counted, because sessions of an older policy still write to it. Any thread; NULL is allowed. */
struct audit_file *audit_file_ref(struct audit_file *file);
void audit_file_unref(struct audit_file *file);

/* Appends `line`, which ends in its newline. False: it is not, or not wholly, in the file. Any thread. */
bool audit_file_write(struct audit_file *file, struct slice line);

/* Any thread. A failure is logged; the old file then stays in use. */
void audit_file_reopen(struct audit_file *file);

/*
 * Moves the file to `closed_path`, which must not be there yet, packed or not, and goes on in a new one. No
 * line is lost and none is in both; after it no thread writes to what was closed. False: nothing has changed
 * (reason in `problem`).
 */
bool audit_file_rotate(struct audit_file *file, const char *closed_path, struct strbuf *problem);

/* Whether this is the file that lines go to now, whatever its name. */
bool audit_file_is(const struct audit_file *file, const struct stat *status);

/* How large the file is. */
uint64_t audit_file_bytes(const struct audit_file *file);

/* The first bytes of the file, at most `length` of them, into `bytes`; returns how many. */
size_t audit_file_head(const struct audit_file *file, char *bytes, size_t length);

/* Whether the last line could not be written. */
bool audit_file_is_failing(const struct audit_file *file);

const char *audit_file_path(const struct audit_file *file);

#endif
