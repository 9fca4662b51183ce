/* From the entries of `lists` to struct dnsbl_list. */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_COMPILE_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_COMPILE_H

#include "check/dnsbl/dnsbl.h"

/* The `finish` of an entry: fills settings->list, or reports what is wrong. */
void dnsbl_list_finish(void *owner, void *settings, const struct config_finish *context);

#endif
