/*
 * Packets of the milter protocol, found where they lie: four bytes of length, a command, the data of it.
 *
 * Pure and bounded: nothing is copied, nothing is read beyond the slice that is given, whatever a peer wrote
 * there. The data of a packet is at most PACKET_DATA_BYTES_MAX bytes, as with libmilter.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_PACKET_H
#define CLOSEDRELAY_MILTER_ENGINE_PACKET_H

#include "policy.h"

enum {
    PACKET_HEAD_BYTES = 5,
    PACKET_DATA_BYTES_MAX = 65535,
    PACKET_BYTES_MAX = PACKET_HEAD_BYTES + PACKET_DATA_BYTES_MAX,
};

struct packet {
    char command;
    struct slice data;
};

enum packet_result {
    PACKET_WHOLE, /* taken off the input */
    PACKET_PART,  /* more bytes are needed; the input stays as it is */
    PACKET_WRONG, /* no packet: too long, or without a command */
};

/* Takes the first packet off `input`; its data lies in the input. */
enum packet_result packet_take(struct slice *input, struct packet *packet);

/* How many bytes the packet that `input` begins with has, as far as its length is there; else those of a
 * head. Not for one that is PACKET_WRONG. */
size_t packet_size(struct slice input);

/* Takes the first string off `data`, without its NUL, which follows it. False: there is no NUL. */
bool packet_string(struct slice *data, struct slice *string);

/* How many strings `data` holds; what has no NUL is none. */
size_t packet_string_count(struct slice data);

/* Fills `arguments`, which has room for packet_string_count() + 1, with them; NULL ends the list. */
void packet_arguments(struct slice data, char **arguments);

/* The length of the whole pairs of strings at the beginning of `data`: names and values, each with its NUL;
 * and their count. */
size_t packet_pairs(struct slice data, size_t *count);

#endif
