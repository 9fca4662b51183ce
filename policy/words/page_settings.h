/* The section `page`: what the customers' help page names that no other setting says. */
#ifndef CLOSEDRELAY_WORDS_PAGE_SETTINGS_H
#define CLOSEDRELAY_WORDS_PAGE_SETTINGS_H

#include "config/schema.h"

enum page_port_25 { PAGE_PORT_25_OPEN, PAGE_PORT_25_BLOCKED, PAGE_PORT_25_REDIRECTED };

/* "" and 0 where nothing is to be said. */
struct page_settings {
    const char *provider;
    const char *smtp_host;
    uint64_t submission_port, smtps_port;
    const char *imap_host;
    uint64_t imap_port;
    const char *webmail, *contact, *files_url;
    enum page_port_25 port_25;
    const char *template_path;
};

extern const struct config_section page_section;

#endif
