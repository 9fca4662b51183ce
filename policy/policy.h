/*
 * closedrelay's policy library: everything that decides, and it knows no libmilter.
 *
 * This header is for who starts, configures and asks the library; policy_session.h is for who brings it mail.
 * They are all that milter/ includes of policy/.
 *
 *   policy_load -> snapshot (immutable, counted)          one per configuration
 *   policy_engine (resolver, caches, audit file; live)    one per process
 *   policy_session (one connection; pins a snapshot)      many: policy_session.h
 */
#ifndef CLOSEDRELAY_POLICY_H
#define CLOSEDRELAY_POLICY_H

#include "base/clock.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "config/values.h"
#include "facts/ip_address.h"

/* ---- configuration ---------------------------------------------------------------------------------- */

struct policy_snapshot;

/*
 * Reads the configuration at `path` (NULL: none, which gives the founding policy). Every error and warning is
 * appended to `problems`, one a line, in the form FILE:LINE:COLUMN: error: WHAT. Returns a snapshot with one
 * reference, or NULL where there is at least one error. Reads files, so not for a thread that must not block.
 */
struct policy_snapshot *policy_load(const char *path, struct strbuf *problems);
struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *snapshot);
void policy_snapshot_unref(struct policy_snapshot *snapshot); /* NULL is allowed; any thread */

/* The effective configuration as YAML, the origin of every value behind it (`check --print`). */
void policy_snapshot_print(const struct policy_snapshot *snapshot, struct strbuf *out);

/* The same for one subject, overrides applied (`check --print --for`): `whom` is a list such as
 * "user=ann@example.com,client=192.0.2.7,role=submission"; of domain and customer too. What it does not say
 * is worked out as for a message. False: it cannot be read, and `out` says why. */
bool policy_snapshot_print_for(const struct policy_snapshot *snapshot, const char *whom, struct strbuf *out);

/* From the table of keys: docs/configuration.md, and the JSON Schema for editors. */
void policy_print_reference(struct strbuf *out);
void policy_print_json_schema(struct strbuf *out);

/* From the table of the record's keys (docs/record.md): its JSON Schema, and what each key means, in
 * Markdown. */
void policy_print_record_schema(struct strbuf *out);
void policy_print_record_reference(struct strbuf *out);

/* What the daemon itself needs; belongs to the snapshot. */
struct policy_daemon_settings {
    struct config_endpoint listen;
    struct config_endpoint control; /* ENDPOINT_NONE: there is no control socket */
    unsigned control_mode;
    const char *control_group; /* "" for the daemon's own */
    unsigned socket_mode;      /* of a unix socket */
    const char *socket_group;  /* of a unix socket; "" for the daemon's own */
    const char *user;          /* to become when started as root; "" to stay */
    const char *group;         /* "" for the user's own */
    uint64_t sessions_max;     /* connections served at a time */
    uint64_t drain_ms;         /* how long SIGTERM waits for open sessions */
    bool syslog;               /* short line per message, and the daemon's own messages, to syslog */
    int syslog_facility;       /* LOG_MAIL and its like, syslog(3) */
};

const struct policy_daemon_settings *policy_snapshot_daemon(const struct policy_snapshot *snapshot);

/*
 * The path of the control socket that the configuration at `path` (NULL: none) names, "" where it has none;
 * the usual one where it does not say. The rest of the configuration may be as wrong as it likes, and is not
 * loaded: this is for the commands that talk to a running daemon. To be freed with free(); NULL: out of
 * memory.
 */
char *policy_control_path(const char *path);

/* What the MTA in front has to fit (`doctor`), over all roles and overrides. Points into the snapshot. */
struct policy_mta_needs {
    struct config_endpoint listen;
    /* the largest message that some role, or some override, allows; 0: no such limit */
    uint64_t size_limit_bytes;
    uint64_t recipients_limit;                /* likewise; 0: none */
    struct config_place size_from;            /* the override that allows so much; no file: it is none */
    struct config_place recipients_from;      /* likewise */
    uint64_t wait_ms;                         /* how long an answer may take */
    const char *block_list;                   /* one that is asked; or NULL */
    struct config_endpoint_list name_servers; /* none: those of resolv_conf */
    const char *resolv_conf;
};

void policy_snapshot_mta_needs(const struct policy_snapshot *snapshot, struct policy_mta_needs *needs);

/* Whether all of `network` is in relay.trusted_networks. */
bool policy_snapshot_trusts(const struct policy_snapshot *snapshot, const struct ip_network *network);

/* What of the section relay an MTA must be set up for. */
struct policy_relay_needs {
    bool has_certificates;  /* some client certificate is trusted */
    bool has_fingerprints;  /* and one of them by its fingerprint */
    bool has_local_daemons; /* mail handed in on the machine comes over some service of the MTA's */
    bool has_recent_logins; /* clients are meant to be let in by a recent login: the files say for how long */
    bool is_enforced;       /* the check refuses what outside may not send; overrides are not asked */
};

void policy_snapshot_relay_needs(const struct policy_snapshot *snapshot, struct policy_relay_needs *needs);

/* Whether `domain`, in any form, is in relay.local_domains; true as well where a table cannot be asked. */
bool policy_snapshot_has_domain(const struct policy_snapshot *snapshot, struct slice domain);

/* Whether `name`, in any case, is in relay.local_daemons. */
bool policy_snapshot_has_local_daemon(const struct policy_snapshot *snapshot, struct slice name);

/* Makes the folders that the daemon writes to and gives them to its user; called as root before it steps
 * down. False: one could not be made (reason in `problems`). */
bool policy_snapshot_prepare(const struct policy_snapshot *snapshot, unsigned user_id, unsigned group_id,
                             struct strbuf *problems);

/* ---- engine ----------------------------------------------------------------------------------------- */

struct policy_engine;
struct policy_record; /* policy_session.h */

struct policy_engine_options {
    struct clock clock;
    /* Takes each record instead of the audit file (`try`, tests); or NULL. False: it could not be kept. */
    bool (*record)(void *context, const struct policy_record *record);
    void *record_context;
    bool offline; /* ask no DNS (`try` without --dns): lists are unknown */
};

/* Starts the resolver thread, and the one that takes changed table files into use; opens the audit file.
 * Takes its own reference of the snapshot. NULL: reason is in `problems`. */
struct policy_engine *policy_engine_create(struct policy_snapshot *snapshot,
                                           const struct policy_engine_options *options,
                                           struct strbuf *problems);

/* New sessions use `snapshot` from now on; running ones keep theirs. Never waits for a session. False: the
 * audit file or the resolver could not be changed over (reason in `problems`) and the old policy stays. */
bool policy_engine_use(struct policy_engine *engine, struct policy_snapshot *snapshot,
                       struct strbuf *problems);

/* The snapshot in force, with a reference for the caller. */
struct policy_snapshot *policy_engine_snapshot(struct policy_engine *engine);

/* Reopens the audit file (log rotation). */
void policy_engine_reopen(struct policy_engine *engine);

/* `status`: since when it runs, the policy in force, what became of messages, the health of lists. As text
 * for people, or as one JSON object. `session_count`: the connections open now. */
void policy_engine_status(struct policy_engine *engine, uint64_t session_count, bool json,
                          struct strbuf *out);

/* `lookup`: what every list says of an address, how old the answer is and whom it would count for; waits for
 * the DNS budget at most. False: `address` is none (said in `out`). */
bool policy_engine_lookup(struct policy_engine *engine, const char *address, bool json, struct strbuf *out);

/* `allow`: lets a client relay for a while (role trusted), because its user has just logged in to a mailbox.
 */
struct policy_allow {
    const char *address;  /* IPv6: its /64 */
    const char *user;     /* the login, or NULL */
    const char *duration; /* "30m"; NULL: relay.recent_logins.remember */
    const char *reason;   /* for the list and the log, or NULL */
};

/* Kept over a restart. False: refused. What was done, or why not, is in `out`. */
bool policy_engine_allow(struct policy_engine *engine, const struct policy_allow *allow, struct strbuf *out);
/* Takes a grant back; false: there was none, or `address` is no address. */
bool policy_engine_disallow(struct policy_engine *engine, const char *address, struct strbuf *out);
/* The grants in force, one a line or as a JSON array. */
void policy_engine_list_allowed(struct policy_engine *engine, bool json, struct strbuf *out);

/* After the last session ended. Flushes and closes everything. NULL is allowed. */
void policy_engine_destroy(struct policy_engine *engine);

#endif
