/* The list `notify`: webhooks, and what each is told of. */
#ifndef CLOSEDRELAY_NOTICES_NOTIFY_SETTINGS_H
#define CLOSEDRELAY_NOTICES_NOTIFY_SETTINGS_H

#include "config/schema.h"

enum { NOTIFY_MAX = 8 };

/* An entry; immutable. */
struct notify_settings {
    const char *url, *secret_file, *ca_file;
    struct config_text_list events;
    unsigned kinds; /* of `events`: 1 << enum notice_kind */
};

extern const struct config_section notify_section;

#endif
