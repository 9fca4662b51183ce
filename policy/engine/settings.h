/*
 * The settings that belong to no check: the top level, `daemon:` and `audit:`; and the list of all sections
 * in the order of the reference.
 */
#ifndef CLOSEDRELAY_ENGINE_SETTINGS_H
#define CLOSEDRELAY_ENGINE_SETTINGS_H

#include "config/schema.h"
#include "check/finding.h"
#include "policy.h"

struct root_settings {
    struct config_endpoint listen;
    struct config_endpoint control;
    enum check_mode mode;
    const char *state;                /* folder for what is kept over a restart; "": nothing is */
    const struct text_map *customers; /* user -> customer */
    const char *timezone;             /* "Europe/Berlin"; "": the system's */
};

struct audit_settings {
    const char *file;
    enum action on_error; /* ACTION_ACCEPT or ACTION_DEFER */
};

extern const struct config_section root_section;
extern const struct config_section
    daemon_section; /* struct policy_daemon_settings, `listen` and `control` set by the snapshot */
extern const struct config_section audit_section;

/* Places of the sections in config_sections(); those of the checks follow in the order of check_table. */
enum { SECTION_ROOT, SECTION_DAEMON, SECTION_AUDIT, SECTION_DNS, SECTION_FIRST_CHECK };

/* All sections; `*count` of them. Any thread, after the first call. */
const struct config_section *const *config_sections(size_t *count);

#endif
