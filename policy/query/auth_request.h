/*
 * A question of Dovecot's auth policy client, as weakforced takes it: a JSON object about one login.
 *
 * Its text came over the network. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_QUERY_AUTH_REQUEST_H
#define CLOSEDRELAY_QUERY_AUTH_REQUEST_H

#include "base/strbuf.h"

enum { AUTH_LOGIN_BYTES_MAX = 320, AUTH_REMOTE_BYTES_MAX = 64, AUTH_PROTOCOL_BYTES_MAX = 32 };

/* What of it is looked at; the password's hash, the session and the device are not even decoded. Texts are ""
 * where nothing is said, and have no NUL byte. */
struct auth_request {
    char login[AUTH_LOGIN_BYTES_MAX + 1];
    char remote[AUTH_REMOTE_BYTES_MAX + 1];     /* the client's address */
    char protocol[AUTH_PROTOCOL_BYTES_MAX + 1]; /* "imap", "pop3", "smtp", "sieve" */
    bool is_success, is_policy_reject;
};

/* NULL: it is read; else what is wrong with it. Members that nobody knows are passed over. */
const char *auth_request_read(struct slice json, struct auth_request *request);

#endif
