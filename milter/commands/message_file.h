/* A message from a file, told to a policy session as an MTA tells it to a milter. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_MESSAGE_FILE_H
#define CLOSEDRELAY_MILTER_COMMANDS_MESSAGE_FILE_H

#include "policy_session.h"

#include <stdio.h>

enum {
    MESSAGE_HEADER_BYTES_MAX = 60000, /* of one field; Postfix cuts there (header_size_limit with milters) */
    MESSAGE_CHUNK_BYTES = 65535,      /* of a body chunk; the milter protocol's own */
};

/*
 * Headers, end of headers and body of `in`, with LF or CRLF line ends, of any size; memory does not grow with
 * it. A leading "From " line of a mailbox is left out. Fields keep their folding (LF and blank); one blank
 * after the colon is removed; a line that is no field ends the headers and begins the body. The body gets
 * CRLF line ends. Stops early when the session wants no more. False: reading failed (errno), or memory ran
 * out.
 */
bool message_file_feed(FILE *in, struct policy_session *session);

#endif
