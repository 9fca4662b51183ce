/*
 * What is looked for in content beside reading it as what its first bytes say: the class of a Windows
 * installer package, which is an OLE file, and the mark of a disk image in what is called one.
 *
 * Lives inside the stream of the content; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_WATCH_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_WATCH_H

#include "scan/content/content_private.h"
#include "scan/content/content_window.h"

struct content_watch {
    struct content_subject *subject;
    struct content_window ole_root;
    struct content_window image_mark;
};

/* `for_image`: whether the mark of a disk image is looked for. */
void content_watch_init(struct content_watch *watch, struct content_subject *subject, bool for_image);
void content_watch_deinit(struct content_watch *watch);

/* The content begins with `head`: if that is an OLE file's, its root entry tells, there or further in. */
void content_watch_begin(struct content_watch *watch, struct slice head);

/* The next bytes, which stand at `at`. True: the mark of a disk image was complete with them. */
bool content_watch_push(struct content_watch *watch, uint64_t at, struct slice bytes);

/* Whether bytes to come are looked at. */
bool content_watch_is_waiting(const struct content_watch *watch);

#endif
