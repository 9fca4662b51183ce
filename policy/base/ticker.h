/*
 * A thread that calls a function again and again, for what is to be looked at about once a second.
 *
 * The calls never overlap; the time between the end of one and the begin of the next is the period.
 */
#ifndef CLOSEDRELAY_BASE_TICKER_H
#define CLOSEDRELAY_BASE_TICKER_H

#include <stdint.h>

struct ticker;

/* Starts the thread; the first call comes after one period. NULL: no memory or no thread. */
struct ticker *ticker_start(uint64_t period_ms, void (*tick)(void *context), void *context);

/* Waits for the call that is under way, if any; none comes afterwards. NULL is allowed. */
void ticker_stop(struct ticker *ticker);

#endif
