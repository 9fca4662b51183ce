/*
 * Whether the functions that stand in the place of libmilter's and the C library's are the ones that
 * libmilter calls. Each says so when it is called; the start waits until all of them have.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_REPLACED_H
#define CLOSEDRELAY_MILTER_LIBMILTER_REPLACED_H

#include "policy.h"

enum replaced {
    REPLACED_ACCEPT,
    REPLACED_SIGWAIT,
    REPLACED_PACKET_READER,
    REPLACED_COUNT,
};

/* In each of them. Any thread. */
void replaced_is_called(enum replaced replaced);

/* False: one was not called within `wait_ms`; `problem` says which and what that means. One caller. */
bool replaced_wait_for_all(unsigned wait_ms, struct strbuf *problem);

#endif
