/*
 * A small SMTP client for trying a server: one connection, one command at a time, STARTTLS where it is
 * offered.
 *
 * Certificates are not verified: the question is what the server lets pass, not who it is. Every wait has a
 * deadline, every answer a bound. One thread.
 */
#ifndef CLOSEDRELAY_MILTER_SMTP_CLIENT_H
#define CLOSEDRELAY_MILTER_SMTP_CLIENT_H

#include "policy.h"

struct smtp_client;

struct smtp_answer {
    unsigned code;    /* 0: there was none; `text` says why */
    const char *text; /* the lines, joined by " / "; valid until the next call */
};

struct smtp_target {
    const char *host; /* name or address */
    const char *port; /* number or name of a service */
    unsigned wait_ms; /* for each step: connecting, an answer as a whole, the handshake */
};

/* Connects and reads the greeting. NULL: `problem` says why. */
struct smtp_client *smtp_client_open(const struct smtp_target *target, struct strbuf *problem);
void smtp_client_close(struct smtp_client *client); /* NULL is allowed */

/* The server's address, as "192.0.2.1" or "IPv6:2001:db8::1". */
const char *smtp_client_peer(const struct smtp_client *client);
/* "TLSv1.3", or NULL without TLS. */
const char *smtp_client_tls_version(const struct smtp_client *client);

/* Sends `text` (a command, or a message with its final dot) and CRLF, and reads the answer to it: what the
 * server said before it was asked does not count. */
struct smtp_answer smtp_client_command(struct smtp_client *client, const char *text);

/* STARTTLS and the handshake; false: `problem` says why, and the connection is of no more use. Bytes that
 * follow the answer before the handshake could be anybody's: they end it. */
bool smtp_client_start_tls(struct smtp_client *client, struct strbuf *problem);

#endif
