/*
 * Packets from the MTA's socket to libmilter, in the place of libmilter's own reader.
 *
 * libmilter walks macros in pairs and reads past the end of a packet with half a pair in it; a peer that
 * stops in the middle of a packet keeps a thread as long as an idle session may live; and each packet costs
 * two polls that tell nothing, which for small mail is a fifth of the whole. No MTA does the first two, but
 * whoever can reach the socket could.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_PACKET_READER_H
#define CLOSEDRELAY_MILTER_LIBMILTER_PACKET_READER_H

#include <stdbool.h>
#include <stddef.h>

/* Before libmilter starts. False: this build of libmilter cannot be helped. */
bool packet_reader_start(void);

/* For each connection of an MTA: how long one packet may take. */
void packet_reader_set_timeout(int socket);

/* The length of the whole pairs in a macro packet: the letter of the command, then names and values, each
 * with its NUL. */
size_t packet_whole_pairs(const char *packet, size_t length);

#endif
