/*
 * What is done to closed files, one file at a time; for the keeper's thread (record_keeper.h), and for
 * nothing that must not wait.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_UPKEEP_H
#define CLOSEDRELAY_RECORD_RECORD_UPKEEP_H

#include "record/record_files.h"

#include "base/strbuf.h"

/* Asked after each frame: true ends the work early. */
struct record_upkeep_stop {
    bool (*is_wanted)(void *context);
    void *context;
};

enum record_upkeep_result {
    UPKEEP_DONE,
    UPKEEP_STOPPED, /* early; it begins anew another time */
    UPKEEP_FAILED,  /* reason in `problem`; everything is as it was */
};

/* Packs the plain file at `path` into `path`.zst with its caches, and removes it. Where both are there
 * already, the packed one is believed if all of the plain one is in it. */
enum record_upkeep_result record_pack(const char *path, const struct record_upkeep_stop *stop,
                                      struct strbuf *problem);

/* Makes the caches of the packed file anew where one is missing or stale. */
enum record_upkeep_result record_refresh_caches(const char *path, const struct record_upkeep_stop *stop,
                                                struct strbuf *problem);

/* Removes a closed file and what belongs to it. */
bool record_remove(const char *path, struct strbuf *problem);

#endif
