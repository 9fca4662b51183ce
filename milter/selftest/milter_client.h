/*
 * The MTA's side of the milter protocol (version 6), small: one connection to a milter on this machine, one
 * message after another. Every wait has an end. One thread.
 */
#ifndef CLOSEDRELAY_SELFTEST_MILTER_CLIENT_H
#define CLOSEDRELAY_SELFTEST_MILTER_CLIENT_H

#include "policy.h"

enum { MILTER_CLIENT_WAIT_SECONDS = 60, MILTER_CLIENT_TEXT_BYTES = 512 };

struct milter_client {
    int descriptor;                      /* -1: not connected */
    uint32_t steps;                      /* what the milter does not want to hear, or not to answer */
    char text[MILTER_CLIENT_TEXT_BYTES]; /* of the last answer */
};

/* Answers are the letters of the protocol; 0: there was none in time, and the connection is closed. */
enum milter_letter {
    MILTER_ACCEPT = 'a',
    MILTER_CONTINUE = 'c',
    MILTER_DISCARD = 'd',
    MILTER_QUARANTINE = 'q',
    MILTER_REJECT = 'r',
    MILTER_SKIP = 's',
    MILTER_TEMPFAIL = 't',
    MILTER_REPLY = 'y',
};

/* Connects to inet:PORT@HOST (HOST must be this machine) or unix:PATH and agrees on the protocol. False:
 * `problem` says why. */
bool milter_client_open(struct milter_client *client, const char *address, struct strbuf *problem);
void milter_client_close(struct milter_client *client);

/* An event, and its answer: 'c' where the milter gives none or does not want to know. */
char milter_client_event(struct milter_client *client, char command, struct slice data);

/* Macros for the command that follows: names and values, each with its NUL. */
bool milter_client_macros(struct milter_client *client, char command, struct slice pairs);

/* The end of the message: goes past edits; MILTER_QUARANTINE where one of them was a quarantine and the
 * message is accepted. */
char milter_client_end(struct milter_client *client);

#endif
