/*
 * A message as an MTA hands it to a milter: header fields one by one, then the body.
 */
#ifndef CLOSEDRELAY_SELFTEST_MESSAGE_SPLIT_H
#define CLOSEDRELAY_SELFTEST_MESSAGE_SPLIT_H

#include "policy.h"

/*
 * Calls `field` for each header field, in order: texts are valid during the call, folded values have LF, one
 * blank after the colon is removed. A line that is no field ends the header and begins the body, as MTAs have
 * it. Returns the body. `scratch` is working memory.
 */
struct slice message_split(struct slice message, struct strbuf *scratch,
                           bool (*field)(void *context, const char *name, const char *value), void *context);

#endif
