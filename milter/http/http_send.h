/* What leaves: an answer with the header fields that every answer has. On the server's thread. */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_SEND_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_SEND_H

#include "http/http_call.h"

#include <microhttpd.h>

/* Takes the content of `call->body` away from it; a body that did not fit is a 500. MHD_NO: the connection is
 * to be closed. */
enum MHD_Result http_send_answer(struct MHD_Connection *connection, struct http_call *call);

/* The same with a plain text. */
enum MHD_Result http_send_refusal(struct MHD_Connection *connection, unsigned status, const char *text);

#endif
