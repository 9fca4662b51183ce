/* The lists of the settings, as the DNS service knows and asks them. */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_LISTS_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_LISTS_H

#include "check/dnsbl/dnsbl.h"
#include "dns/dns_service.h"
#include "dns/list_query.h"

/* The check's `use`: tells the service which lists there are. */
bool dnsbl_use(const void *settings, const struct check_services *services, struct strbuf *problems);

/* Asks the lists of the settings for `client`, as list_query_begin(): their answers come in the order of
 * settings->lists. NULL: no memory. */
struct list_query *dnsbl_ask(struct dns_service *dns, const struct dnsbl_settings *settings,
                             const struct ip_address *client);

#endif
