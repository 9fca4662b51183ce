/*
 * Looks after the files of the record: rotates, packs, makes the caches beside what is packed, removes what
 * is too old, and watches the room on the disk.
 *
 * Rotation is quick and is done where record_keeper_watch is called, about once a second. All else is the
 * work of a thread of its own, of the lowest priority, that never touches the file in use. Whatever it does
 * can be cut off at any point and is done again after the next start: a packed file gets its name once it is
 * whole and on the disk, and only then is the plain one removed.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_KEEPER_H
#define CLOSEDRELAY_RECORD_RECORD_KEEPER_H

#include "base/clock.h"
#include "record/audit_file.h"

struct record_keeper_settings {
    uint64_t rotate_ms;      /* a new file at each multiple of it in local time; 0: never by time */
    uint64_t rotate_bytes;   /* and when the file is so large; 0: never by size */
    bool compress;           /* closed files become zstd */
    uint64_t retain_ms;      /* closed files that are older are removed; 0: none is */
    uint64_t disk_low_bytes; /* alarm when there is less room on the disk; 0: never */
};

struct record_keeper;

/* Starts the thread. NULL: no memory or no thread. */
struct record_keeper *record_keeper_create(const struct clock *clock);
/* Waits for what is under way, which ends soon. NULL is allowed. */
void record_keeper_destroy(struct record_keeper *keeper);

/* The file to look after from now on (NULL: none), and how; takes a reference of its own. Any thread. */
void record_keeper_use(struct record_keeper *keeper, struct audit_file *file,
                       const struct record_keeper_settings *settings);

/* What record_keeper_watch found out. */
struct record_watch {
    bool has_rotated;
    bool disk_became_low; /* this time; logged */
    bool disk_is_low;
    const char *path;    /* of the file; as long as that is looked after */
    uint64_t free_bytes; /* on its disk */
    uint64_t disk_low_bytes;
};

/* Rotates if it is due, and looks at the disk. One thread at a time. */
void record_keeper_watch(struct record_keeper *keeper, struct record_watch *watch);

/* Whether the disk was low at the last look. Any thread. */
bool record_keeper_disk_is_low(const struct record_keeper *keeper);

/* Whether a file that began at `began_us` ends by `now_us`: a multiple of `rotate_ms`, counted from local
 * midnight, lies between. Pure but for the zone of the process. */
bool record_rotation_is_due(int64_t began_us, int64_t now_us, uint64_t rotate_ms);

#endif
