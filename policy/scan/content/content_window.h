/* So many bytes at one place of content that comes in pieces. Lives inside its owner; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_WINDOW_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_WINDOW_H

#include "base/strbuf.h"

struct content_scan;

struct content_window {
    struct content_scan *scan;
    uint64_t offset; /* where in the content it begins */
    uint64_t wanted; /* how many bytes it shall hold; 0: none are waited for */
    struct strbuf bytes;
};

/* Nothing is waited for yet. `scan` is reported when memory runs out. */
void content_window_init(struct content_window *window, struct content_scan *scan);
void content_window_deinit(struct content_window *window);

/* Forgets what it holds and waits for other bytes. */
void content_window_expect(struct content_window *window, uint64_t offset, uint64_t wanted);

/* Takes what of `bytes`, which stand at `at`, it waits for. True: they were the last ones missing. Once some
 * of them were left out it takes no more. */
bool content_window_push(struct content_window *window, uint64_t at, struct slice bytes);

/* Whether bytes are missing. */
bool content_window_is_waiting(const struct content_window *window);

#endif
