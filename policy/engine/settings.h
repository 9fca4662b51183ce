/*
 * The settings that belong to no check: the top level, `daemon:` and `audit:`; and the list of all sections
 * in the order of the reference.
 */
#ifndef CLOSEDRELAY_ENGINE_SETTINGS_H
#define CLOSEDRELAY_ENGINE_SETTINGS_H

#include "check/check.h"
#include "config/load.h"
#include "config/schema.h"
#include "check/finding.h"
#include "policy.h"
#include "record/record_privacy.h"

struct root_settings {
    struct config_endpoint listen;
    struct config_endpoint control;
    enum check_mode mode;
    const char *state;                /* folder for what is kept over a restart; "": nothing is */
    const struct text_map *customers; /* user -> customer */
    const char *store;                /* "memory", or the URL of a Redis */
    const char *timezone;             /* "Europe/Berlin"; "": the system's */
    struct config_array notify;       /* struct notify_settings */
};

enum audit_compression { AUDIT_COMPRESS_NONE, AUDIT_COMPRESS_ZSTD };

struct audit_privacy_settings {
    struct record_privacy_settings treatments;
    uint64_t forget_ms; /* 0: keys are kept */
    const char *keyring;
};

struct audit_settings {
    const char *file;
    enum action on_error; /* ACTION_ACCEPT or ACTION_DEFER */
    struct config_text_list rotate;
    enum audit_compression compress;
    uint64_t retain_ms;
    uint64_t disk_low_bytes;
    struct audit_privacy_settings privacy;
    /* of `rotate`, read; 0: not by it */
    uint64_t rotate_ms, rotate_bytes;
};

struct tables_settings {
    uint64_t shrink_limit_percent;
};

extern const struct config_section root_section;
extern const struct config_section
    daemon_section; /* struct policy_daemon_settings, `listen` and `control` set by the snapshot */
extern const struct config_section audit_section;
extern const struct config_section tables_section;

/* Places of the sections in the schema; those of the checks follow in the order of check_table. */
enum {
    SECTION_ROOT,
    SECTION_DAEMON,
    SECTION_AUDIT,
    SECTION_HTTP,
    SECTION_TABLES,
    SECTION_DNS,
    SECTION_REPLIES,
    SECTION_PAGE,
    SECTION_GEO,
    SECTION_FIRST_CHECK
};

enum { CONFIG_SECTIONS_MAX = SECTION_FIRST_CHECK + CHECK_COUNT_MAX };

/* The schema of all sections, which `sections` gets and must outlive. */
struct config_schema config_schema_fill(const struct config_section *sections[CONFIG_SECTIONS_MAX]);

#endif
