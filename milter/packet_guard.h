/*
 * Between the MTA's socket and libmilter: packets that libmilter would trip over.
 *
 * libmilter walks macros in pairs and reads past the end of a packet with half a pair in it; a peer that stops in
 * the middle of a packet keeps a thread as long as an idle session may live. No MTA does either, but whoever can
 * reach the socket could. libmilter's own reader is wrapped for this.
 */
#ifndef CLOSEDRELAY_MILTER_PACKET_GUARD_H
#define CLOSEDRELAY_MILTER_PACKET_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Finds libmilter's reader; before libmilter starts. False: this build of libmilter cannot be guarded. */
bool packet_guard_start(void);

/* The length of the whole pairs in a macro packet: the letter of the command, then names and values, each with
 * its NUL. */
size_t packet_guard_whole_pairs(const char *packet, size_t length);

#endif
