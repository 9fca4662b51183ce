/*
 * The keys by which private data is hashed in the record: one for each period, in a file of mode 0600.
 *
 * A line of the file is a period's name, the UTC time it began ("20261130T000000Z"), and its key in
 * hexadecimal. Whoever deletes a line makes what was hashed in that period unreadable for good: nobody can
 * tell any more which login or address a token stands for. The file is read anew when it was changed. Any
 * thread, but for create and destroy.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_KEYRING_H
#define CLOSEDRELAY_RECORD_RECORD_KEYRING_H

#include "record/record_files.h"

#include "base/strbuf.h"

enum { KEYRING_KEY_BYTES = 32 };

struct keyring_key {
    char period[RECORD_STAMP_LENGTH + 1];
    unsigned char bytes[KEYRING_KEY_BYTES];
};

struct record_keyring;

/* Reads the file, if it is there. NULL: it cannot be read, or is open to others (reason in `problem`). */
struct record_keyring *record_keyring_open(const char *path, struct strbuf *problem);
void record_keyring_close(struct record_keyring *ring); /* NULL is allowed */

/* The key of the period of `period_ms` that `time_us` is in; made and kept in the file where there is none
 * yet. False: there is none, and none could be kept (said once in the log). */
bool record_keyring_take(struct record_keyring *ring, int64_t time_us, uint64_t period_ms,
                         struct keyring_key *key);

/* Takes a changed file into use, and deletes keys of periods that began more than `keep_ms` before `now_us`
 * (0: none). */
void record_keyring_refresh(struct record_keyring *ring, int64_t now_us, uint64_t keep_ms);

/* All keys, the oldest first, as an array under `owner`; NULL: out of memory, or there are none (`*count` is
 * 0). */
struct keyring_key *record_keyring_list(struct record_keyring *ring, void *owner, size_t *count);

#endif
