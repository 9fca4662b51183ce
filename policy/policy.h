/*
 * closedrelay's policy library: everything that decides, and it knows no libmilter.
 *
 * This header is for who configures and starts the library, policy_session.h for who brings it mail,
 * policy_query.h for who asks it. They are all that milter/ includes of policy/.
 *
 *   policy_load -> snapshot (immutable, counted)          one per configuration
 *   policy_engine (resolver, caches, audit file; live)    one per process
 *   policy_session (one connection; pins a snapshot)      many: policy_session.h
 */
#ifndef CLOSEDRELAY_POLICY_H
#define CLOSEDRELAY_POLICY_H

#include "base/clock.h"
#include "base/log.h"
#include "base/nearest_word.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "base/waiting.h"
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
    const char *timezone;      /* for the process's TZ; "": the system's */
};

const struct policy_daemon_settings *policy_snapshot_daemon(const struct policy_snapshot *snapshot);

/* Who asks over HTTP; each sees what those before it do, but for the first, which sees nothing: it is a
 * mailbox server that tells of logins. */
enum policy_viewer {
    POLICY_VIEWER_LOGINS,
    POLICY_VIEWER_METRICS,
    POLICY_VIEWER_HELP_DESK,
    POLICY_VIEWER_ADMIN
};

struct policy_http_token {
    enum policy_viewer viewer;
    const char *text;
};

/* Belongs to the snapshot. */
struct policy_http_settings {
    struct config_endpoint listen; /* ENDPOINT_NONE: nothing is served */
    const char *tokens_path;       /* "": there are none, and everybody is an admin */
    struct policy_http_token *tokens;
    size_t token_count;
    bool auth_policy;              /* Dovecot may tell and ask of logins */
    struct config_text_list hosts; /* names that browsers may use beside those of loopback */
    uint64_t connections_max;
    unsigned socket_mode;     /* of a unix socket */
    const char *socket_group; /* "" for the daemon's own */
};

const struct policy_http_settings *policy_snapshot_http(const struct policy_snapshot *snapshot);

/* Makes the folders that the daemon writes to and gives them to its user; called as root before it steps
 * down. False: one could not be made (reason in `problems`). */
bool policy_snapshot_prepare(const struct policy_snapshot *snapshot, unsigned user_id, unsigned group_id,
                             struct strbuf *problems);

/* Whether the process, as it is, could write what the daemon writes: the record and the folder of its state,
 * where they are there already. What cannot be written is appended to `problems`. */
bool policy_snapshot_check_writable(const struct policy_snapshot *snapshot, struct strbuf *problems);

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

/* As policy_load, for a policy that is to follow the one in force: it shares what that has open, so that a
 * list stands in memory once, is read again only where it changed, and is followed for the sessions of both.
 */
struct policy_snapshot *policy_engine_load(struct policy_engine *engine, const char *path,
                                           struct strbuf *problems);

/* New sessions use `snapshot` from now on; open ones keep theirs. Never waits for a session. False: the
 * audit file or the resolver could not be changed over (reason in `problems`) and the old policy stays.
 * `by`: who wants it, for the record; NULL: nobody. */
bool policy_engine_use(struct policy_engine *engine, struct policy_snapshot *snapshot, const char *by,
                       struct strbuf *problems);

/* Sessions that are open now take the policy in force as well, each with its next message. Any thread. */
void policy_engine_apply_now(struct policy_engine *engine);

/* Takes lists into use that were held back because they had lost too many entries; how many there were. Any
 * thread. */
size_t policy_engine_accept_shrunk(struct policy_engine *engine);

/* The keys whose values are read at the start only and have changed since: "listen, daemon.user"; nothing is
 * appended where a restart would change nothing. Any thread. */
void policy_engine_restart_keys(struct policy_engine *engine, struct strbuf *keys);

/* Remembers that a reload was refused, for `status`; the next one that is not makes it forgotten. `by`: who
 * asked for it; `problems`: the errors, a line each. Any thread. */
void policy_engine_refuse_reload(struct policy_engine *engine, const char *by, struct slice problems);

/* The snapshot in force, with a reference for the caller. */
struct policy_snapshot *policy_engine_snapshot(struct policy_engine *engine);

/* Reopens the audit file (log rotation). */
void policy_engine_reopen(struct policy_engine *engine);

/* Another process takes this one's place: saves what is kept over a restart, for the last time, and looks
 * after no file any more. Open sessions go on, and their records are written. Once nobody asks the engine
 * anything (status, metrics); before policy_engine_destroy. */
void policy_engine_retire(struct policy_engine *engine);

/* After the last session ended. Flushes and closes everything. NULL is allowed. */
void policy_engine_destroy(struct policy_engine *engine);

#endif
