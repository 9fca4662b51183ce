/*
 * The MTA's side of the milter protocol (version 6), written and buffered as Postfix does it: what needs no
 * answer waits in a buffer until something does: of 4 kB at a unix socket, of four segments at a port. For
 * tests and for the benchmark.
 */
#ifndef CLOSEDRELAY_TEST_MILTER_WIRE_H
#define CLOSEDRELAY_TEST_MILTER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_BUFFER_BYTES = 131072,
    WIRE_UNIX_BYTES = 4096,
    WIRE_CHUNK_BYTES = 65535,
    WIRE_PATIENCE_SECONDS = 30, /* Postfix waits as long for an answer */
};

struct milter_wire {
    int descriptor;
    uint32_t actions; /* negotiated */
    uint32_t steps;
    char text[1024]; /* of the last answer: the reply of 'y', the value of an edit */
    size_t buffered, buffer_size;
    size_t answers_length, answers_taken; /* of what has come */
    char answers[WIRE_UNIX_BYTES];
    char buffer[WIRE_BUFFER_BYTES];
};

/* "unix:/path" or "inet:PORT" (on 127.0.0.1). */
bool wire_open(struct milter_wire *wire, const char *address);
void wire_close(struct milter_wire *wire);

/* Offers and reads what is wanted. */
bool wire_negotiate(struct milter_wire *wire, uint32_t actions, uint32_t steps);

/* Raw bytes, or one packet, into the buffer. */
bool wire_put(struct milter_wire *wire, const void *bytes, size_t length);
bool wire_packet(struct milter_wire *wire, char command, const void *data, size_t length);
/* A packet of strings, each with its NUL; NULL ends the list. */
bool wire_strings(struct milter_wire *wire, char command, const char *const *strings);
/* Macros of a command: name, value, name, value, NULL. */
bool wire_macros(struct milter_wire *wire, char command, const char *const *pairs);
bool wire_flush(struct milter_wire *wire);

/* Sends what waits and reads one answer: its letter, or 0 at the end of the connection. */
char wire_answer(struct milter_wire *wire);

/* An event: sent unless the milter does not want it, its answer read unless there is none ('c' then). */
char wire_event(struct milter_wire *wire, char command, const void *data, size_t length);
char wire_event_strings(struct milter_wire *wire, char command, const char *const *strings);

/* An IPv4 or IPv6 client, and its name at HELO. */
bool wire_connect(struct milter_wire *wire, const char *ip, uint16_t port);
bool wire_helo(struct milter_wire *wire);

/* The end of the message: skips edits and returns the verdict's letter; `edits` (may be NULL) gets their
 * letters. */
char wire_end(struct milter_wire *wire, char *edits, size_t room);

#endif
