/* The section `dns:`: how names are looked up. */
#ifndef CLOSEDRELAY_DNS_DNS_SETTINGS_H
#define CLOSEDRELAY_DNS_DNS_SETTINGS_H

#include "config/schema.h"

struct dns_settings {
    struct config_endpoint_list servers;
    const char *resolv_conf;
    uint64_t timeout_ms, tries;
    bool edns;
};

extern const struct config_section dns_section;

#endif
