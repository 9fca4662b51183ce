/*
 * A small SMTP client for trying a server: one connection, one command at a time, STARTTLS where it is offered.
 *
 * Certificates are not verified: the question is what the server lets pass, not who it is. Every wait has a
 * deadline, every answer a bound. One thread.
 */
#ifndef CLOSEDRELAY_MILTER_SMTP_CLIENT_H
#define CLOSEDRELAY_MILTER_SMTP_CLIENT_H

#include "policy.h"

struct smtp_client;

struct smtp_answer {
    unsigned code;      /* 0: there was none; `text` says why */
    const char *text;   /* the lines, joined by " / "; valid until the next call */
};

/* Connects and reads the greeting. `host` is a name or an address. NULL: `problem` says why. */
struct smtp_client *smtp_client_open(const char *host, const char *port, struct strbuf *problem);
void smtp_client_close(struct smtp_client *client);

/* The greeting's text. */
const char *smtp_client_greeting(const struct smtp_client *client);
/* The server's address, as "192.0.2.1" or "IPv6:2001:db8::1". */
const char *smtp_client_peer(const struct smtp_client *client);

/* Sends `line`, which has no CR or LF, and reads the answer. */
struct smtp_answer smtp_client_command(struct smtp_client *client, const char *line);

/* STARTTLS and the handshake; false: `problem` says why, and the connection is of no more use. */
bool smtp_client_start_tls(struct smtp_client *client, struct strbuf *problem);

#endif
