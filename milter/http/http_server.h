/*
 * The HTTP side: metrics, health, JSON and the dashboard, apart from the mail.
 *
 * libmicrohttpd parses and sends, on one thread of ours, of low priority; answers are made by two more: one
 * that answers from memory, one that reads the record, of the lowest priority, a question at a time.
 * Connections, their time, their memory and the questions that wait are bounded; whoever is beyond waits at
 * the socket or is told 503. Nothing here is waited for by a session.
 */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_SERVER_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_SERVER_H

#include "policy.h"
#include "socket/listener.h"

struct http_server;

/* Opens the socket that settings->listen names; while the process may. NULL: the reason is in `problem`. */
struct http_server *http_server_open(const struct policy_http_settings *settings, struct strbuf *problem);

/* To be handed over to another daemon. */
struct listener *http_server_listener(struct http_server *server);

/* Serves what `engine` knows, which is to outlive the server; starts threads. False: `problem` says why. */
bool http_server_start(struct http_server *server, struct policy_engine *engine, struct strbuf *problem);

/* Ends every connection, and waits for what is under way. NULL is allowed. */
void http_server_stop(struct http_server *server);

#endif
