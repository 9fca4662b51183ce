/*
 * Who has a TCP port of this machine, for the message that says it is taken. Reads /proc; one thread.
 */
#ifndef CLOSEDRELAY_MILTER_PORT_HOLDER_H
#define CLOSEDRELAY_MILTER_PORT_HOLDER_H

#include "policy.h"

/*
 * Appends who listens at `endpoint` (an ENDPOINT_INET or ENDPOINT_INET6), or at its port on every address:
 * "opendkim, pid 812"; "a process of the user opendkim" where its name may not be seen. `*name` (at least
 * PORT_HOLDER_NAME_BYTES) becomes the process's name, "" where it is not known. False: nobody listens there.
 */
enum { PORT_HOLDER_NAME_BYTES = 32 };
bool port_holder_append(const struct config_endpoint *endpoint, char *name, struct strbuf *out);

#endif
