/* The live state behind policy.h, and the snapshot that sessions pin. For the files beside it only. */
#ifndef CLOSEDRELAY_ENGINE_ENGINE_H
#define CLOSEDRELAY_ENGINE_ENGINE_H

#include "base/ticker.h"
#include "judge/judge.h"
#include "live/recent_logins.h"
#include "config/load.h"
#include "dns/block_lists.h"
#include "record/audit_file.h"
#include "record/record_keeper.h"
#include "record/record_ring.h"
#include "record/record_writer.h"
#include "engine/settings.h"

#include <pthread.h>
#include <stdatomic.h>

struct policy_snapshot {
    atomic_uint reference_count;
    char *path;                       /* of the configuration file; NULL: none */
    char id[17];                      /* a short hash of the effective configuration, in hexadecimal */
    struct config_document *document; /* talloc; owns all settings */
    struct policy_daemon_settings daemon;
    const struct root_settings *root;
    struct judge_policy judge;
    const struct audit_settings *audit_settings;
    /* Set when the engine takes the snapshot into use. */
    struct audit_file *audit; /* NULL: no file */
    struct record_context record_context;
    struct record_privacy privacy; /* what record_context points at where something is to be treated */
};

/* The last reload, where it was refused; under the engine's lock. */
struct refused_reload {
    int64_t time_us; /* 0: it was not */
    char *by;        /* who wanted it; either may be NULL where memory ran out */
    char *problems;  /* the errors of the configuration, a line each */
};

/* Whose suspension the record tells of. */
enum { RECORDED_LISTS_MAX = 32 };

struct notices; /* service_notices.c */

struct policy_engine {
    struct policy_engine_options options;
    struct check_services services;
    char host[256];                      /* this machine's name, for the record */
    struct record_keyring *keyring;      /* NULL: nothing is hashed */
    struct record_ring *record_ring;     /* for who watches */
    struct record_keeper *record_keeper; /* NULL: there are no files to look after */
    int64_t started_us;                  /* wall clock, to be told */
    uint64_t started_ms;                 /* monotonic, to be counted from */
    char *values_at_start;               /* of the keys that are read at the start only */
    atomic_uint apply_now_count;         /* how often open sessions were to take the policy in force */
    size_t service_count;                /* of service_table, made */
    struct ticker *ticker;               /* the services' ticks; NULL: offline */
    struct state_database *state;        /* NULL: nothing is kept over a restart */
    struct contacts *contacts;           /* NULL: offline */
    struct ticker *checkpoints;          /* writes counters and contacts to `state`; NULL: there is none */
    bool has_local_counters;             /* the store is this process's memory */
    bool store_is_away;                  /* as the record was told; the ticker's own */
    atomic_bool checkpoint_fails;        /* and that was said */
    struct ticker *account_checkpoints;  /* writes what is known of logins; NULL: there is none */
    uint64_t account_checkpoint_count;
    atomic_bool accounts_fail; /* and that was said */
    struct recent_logins *recent_logins;
    char *recent_logins_path; /* NULL: they are not kept over a restart */
    atomic_bool save_fails;   /* and that was said */
    uint64_t tick_count;      /* the ticker's */
    struct notices *notices;  /* webhooks; NULL: offline, or not made yet */
    pthread_mutex_t lock;     /* guards all below */
    struct policy_snapshot *snapshot;
    int64_t in_force_since_us; /* wall clock */
    struct refused_reload refused_reload;

    /* Events of the record, which need no lock. */
    atomic_uint_least64_t lost_count; /* lines that could not be written and no event tells of yet */
    struct {
        char shown[LIST_SHOWN_BYTES];
    } suspended_lists[RECORDED_LISTS_MAX]; /* at the last tick */
    size_t suspended_count;
};

/* ---- reloads (reload.c) ------------------------------------------------------------------------------- */

/* Once, with the first policy. False: out of memory. */
bool engine_remember_start(struct policy_engine *engine, const struct policy_snapshot *snapshot);
struct health_report;
/* Tells `report` of a reload that was refused. */
void engine_examine_reload(struct policy_engine *engine, const struct health_report *report);
/* Under the lock. */
void engine_forget_refusal(struct policy_engine *engine);

/* ---- snapshots ---------------------------------------------------------------------------------------- */

/* The settings of check number `index` for `role`, before overrides. */
const void *snapshot_check_settings(const struct policy_snapshot *snapshot, size_t index, enum role role);
/* Whether the settings of some check for some role have one of these check_need bits, before overrides. */
bool snapshot_needs(const struct policy_snapshot *snapshot, unsigned needs);

struct geo;

/* Where addresses are; NULL: no database is configured. Lives as long as the snapshot, or a reference of
 * one's own. */
struct geo *snapshot_geo(const struct policy_snapshot *snapshot);

struct relay_settings;

/* Who is trusted and local is the same for everybody: the relay section without role or override. */
const struct relay_settings *snapshot_relay_settings(const struct policy_snapshot *snapshot);
/* Whether the files say something for its key at `path`. */
bool snapshot_relay_is_written(const struct policy_snapshot *snapshot, const char *path);

struct dns_settings;
struct dnsbl_settings;
const struct dns_settings *snapshot_dns_settings(const struct policy_snapshot *snapshot);
const struct dnsbl_settings *snapshot_dnsbl_settings(const struct policy_snapshot *snapshot);

#endif
