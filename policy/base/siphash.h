/*
 * SipHash-1-3: a keyed hash for tables whose keys strangers can choose.
 *
 * After the paper of Aumasson and Bernstein, "SipHash: a fast short-input PRF". Pure; any thread.
 */
#ifndef CLOSEDRELAY_BASE_SIPHASH_H
#define CLOSEDRELAY_BASE_SIPHASH_H

#include "base/slice.h"

#include <stdint.h>

uint64_t siphash(const uint64_t key[2], struct slice bytes);

#endif
