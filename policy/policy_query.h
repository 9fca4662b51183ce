/*
 * What commands ask of the policy library: the running daemon's, of its engine, and those that look at a
 * configuration alone.
 *
 * Each question fills an answer (answer/answer.h), which is rendered as text or as JSON by whoever asked. All
 * may be called from any thread; none waits longer than its words say.
 */
#ifndef CLOSEDRELAY_POLICY_QUERY_H
#define CLOSEDRELAY_POLICY_QUERY_H

#include "answer/answer.h"
#include "policy.h"

/* ---- of the running daemon -------------------------------------------------------------------------- */

/* `status`: since when it runs, the policy in force, what became of messages, the health of lists.
 * `session_count`: the connections open now. */
void policy_query_status(struct policy_engine *engine, uint64_t session_count, struct answer *answer);

/* The metrics of the process, in Prometheus' text format 0.0.4. */
void policy_query_metrics(struct policy_engine *engine, uint64_t session_count, struct strbuf *out);
#define POLICY_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Whether mail can be judged and recorded as the configuration wants; else why not is appended, a line each.
 */
bool policy_query_readiness(struct policy_engine *engine, struct strbuf *why_not);

/* What an admin should look at, as the list "ill": block lists, name servers, tables, what is kept on disk,
 * the last reload. `title`: of the list, as everywhere in answers. True: nothing is. */
bool policy_query_health(struct policy_engine *engine, const char *title, struct answer *answer);

/* `lookup`: what every list says of an address, how old the answer is and whom it would count for; waits for
 * the DNS budget at most. False: `address` is none, and the answer is a refusal. */
bool policy_query_lookup(struct policy_engine *engine, const char *address, struct answer *answer);

/* `allow`: lets a client relay for a while (role trusted), because its user has just logged in to a mailbox.
 */
struct policy_grant {
    const char *address;  /* IPv6: its /64 */
    const char *user;     /* the login, or NULL */
    const char *duration; /* "30m"; NULL: relay.recent_logins.remember */
    const char *reason;   /* for the list and the log, or NULL */
    const char *by;       /* who grants it, for the log */
};

/* Kept over a restart. False: refused. What was done, or why not, is in the answer. */
bool policy_grant_add(struct policy_engine *engine, const struct policy_grant *grant, struct answer *answer);
/* Takes a grant back; false: there was none, or `address` is no address. `by`: who does, for the log. */
bool policy_grant_remove(struct policy_engine *engine, const char *address, const char *by,
                         struct answer *answer);
/* The grants in force. */
void policy_query_grants(struct policy_engine *engine, struct answer *answer);

/* `usage` and `top`: what limits have counted, as it stands now. */
struct policy_usage_question {
    const char *key;  /* of this key only ("ann@example.com", "192.0.2.7"); NULL or "": all */
    const char *kind; /* of limits by this kind of key only ("user", "domain"); NULL: all */
    bool by_amount;   /* the greatest amount first, else the greatest share of its limit */
    size_t most;      /* rows */
};

/* False: refused. */
bool policy_query_usage(struct policy_engine *engine, const struct policy_usage_question *question,
                        struct answer *answer);
/* `reset`: all counters of `key` begin anew. False: there are none. `by`: who does, for the log. */
bool policy_reset_usage(struct policy_engine *engine, const char *key, const char *by, struct answer *answer);

/* `block`, `lock`: somebody may not send, from the next MAIL on, also of connections that are open, and on
 * all servers that share the store. */
struct policy_block {
    const char *whom;     /* a login, "@example.com", "customer:acme", an address or a network */
    const char *duration; /* "2h"; NULL: until it is lifted */
    const char *reason;   /* for the reply, the list and the log; NULL */
    const char *by;       /* who blocks, for the list and the log */
    bool is_external_only;
    bool is_lock; /* of a login that looks stolen: its reply says so, and `unlock` lifts it */
};

/* Kept over any end of the daemon once it returns true. False: refused, or not kept; the answer says why. */
bool policy_block_add(struct policy_engine *engine, const struct policy_block *block, struct answer *answer);
/* Lifts the block, or the lock, of `asked->whom`; of the rest only `by` and `is_lock` count. False: there is
 * none. */
bool policy_block_remove(struct policy_engine *engine, const struct policy_block *asked,
                         struct answer *answer);
/* The blocks and locks in force, the newest first. */
bool policy_query_blocks(struct policy_engine *engine, struct answer *answer);

/* `suspects`: logins on the ladder of the check account, the highest first. */
bool policy_query_suspects(struct policy_engine *engine, struct answer *answer);
/* One of them: where it stands, why, and how it came about. False: nothing is known of it. */
bool policy_query_suspect(struct policy_engine *engine, const char *user, struct answer *answer);
/* `unlock`, `forgive`: lifts the lock of a login and forgets what spoke against it; `is_owner`: its networks
 * and programs are its owner's. False: it is neither locked nor known. `by`: who does, for the record. */
bool policy_account_forgive(struct policy_engine *engine, const char *user, const char *by, bool is_owner,
                            struct answer *answer);

/* `feedback`: mail that came back, or was complained of, by its Message-ID. False: no login here has sent
 * such a message lately, and nothing is counted. */
struct policy_feedback {
    const char *message_id;
    unsigned recipient_count;
    bool is_complaint;
};
bool policy_account_feedback(struct policy_engine *engine, const struct policy_feedback *feedback,
                             struct answer *answer);

/* `login`: somebody logged in to a mailbox; the record is told, and the client's network becomes one that the
 * login has: of a login and network once an hour. False: the login is locked (unless the check blocks, or
 * everything, is in monitor mode), or the client is no address. */
struct policy_login {
    const char *user, *client;
    const char *service; /* "imap"; or NULL */
};
bool policy_account_login(struct policy_engine *engine, const struct policy_login *login,
                          struct answer *answer);

/*
 * Dovecot's auth policy protocol, as weakforced speaks it. `command`: "allow" or "report", NULL where there
 * is none; `json`: what was sent. A login that succeeded is told as by policy_account_login; one that failed
 * is counted, and no evidence: whoever guesses passwords has not stolen one. Appends the answer as JSON to
 * `out`:
 * {"status":-1,"msg":"…"} to refuse, which is done to locked logins alone, else 0. False: the question is not
 * understood, and `out` says why.
 */
bool policy_auth_policy(struct policy_engine *engine, const char *command, struct slice json,
                        struct strbuf *out);

/* Tells the record that somebody looked personal data up in it (its event `lookup`): to be called by whoever
 * shows records to people over the daemon. `by`: who; `what`: the question, as "explain", "report"; `whom`:
 * what was asked for, as it was asked, "" for everybody. */
void policy_record_lookup(struct policy_engine *engine, const char *by, const char *what, const char *whom);

/* ---- of a configuration ----------------------------------------------------------------------------- */

/* The effective configuration as YAML, the origin of every value behind it (`check --print`). */
void policy_snapshot_print(const struct policy_snapshot *snapshot, struct strbuf *out);

/* The same for one subject, overrides applied (`check --print --for`): `whom` is a list such as
 * "user=ann@example.com,client=192.0.2.7,role=submission"; of domain and customer too. What it does not say
 * is worked out as for a message. False: it cannot be read, and `out` says why. */
bool policy_snapshot_print_subject(const struct policy_snapshot *snapshot, const char *whom,
                                   struct strbuf *out);

/* Both of them for programs: where each value comes from, and with `whom` (NULL: for everybody) which
 * overrides match (`check --print --json`; config/settings_answer.h has the form). False: `whom` cannot be
 * read, and the answer is a refusal. */
bool policy_query_settings(const struct policy_snapshot *snapshot, const char *whom, struct answer *answer);

/* What a listing on a block list means for logins ("reject", "evidence", "off": dnsbl.logins), where some
 * list that is asked counts for them and is enforced; NULL: nothing is refused for it anyway. */
const char *policy_snapshot_listed_logins(const struct policy_snapshot *snapshot);

/* A short hash of the effective configuration, the same as in every record; lives as long as the snapshot. */
const char *policy_snapshot_id(const struct policy_snapshot *snapshot);

/* From the table of keys: docs/configuration.md, a configuration to begin with, and the JSON Schema for
 * editors. */
void policy_print_reference(struct strbuf *out);
void policy_print_sample(struct strbuf *out);
void policy_print_json_schema(struct strbuf *out);

/* From the table of the record's keys (docs/record.md): its JSON Schema, and what each key means, in
 * Markdown. */
void policy_print_record_schema(struct strbuf *out);
void policy_print_record_reference(struct strbuf *out);

/*
 * The path of the control socket that the configuration at `path` (NULL: none) names, "" where it has none;
 * the usual one where it does not say. The rest of the configuration may be as wrong as it likes, and is not
 * loaded: this is for the commands that talk to a running daemon. To be freed with free(); NULL: out of
 * memory.
 */
char *policy_control_path(const char *path);

/* ---- what the MTA in front has to fit (`doctor`) ----------------------------------------------------- */

/* Over all roles and overrides. Points into the snapshot. */
struct policy_mta_requirements {
    struct config_endpoint listen;
    /* the largest message that some role, or some override, allows; 0: no such limit */
    uint64_t size_limit_bytes;
    uint64_t recipients_limit;           /* likewise; 0: none */
    struct config_place size_from;       /* the override that allows so much; no file: it is none */
    struct config_place recipients_from; /* likewise */
    /* the smallest limit beyond which recipients of a login are refused (excess: refuse); 0: none */
    uint64_t refused_recipients_from;
    uint64_t wait_ms;                         /* how long an answer may take */
    const char *block_list;                   /* one that is asked; or NULL */
    struct config_endpoint_list name_servers; /* none: those of resolv_conf */
    const char *resolv_conf;
};

void policy_snapshot_mta_requirements(const struct policy_snapshot *snapshot,
                                      struct policy_mta_requirements *needs);

/* Whether all of `network` is in relay.trusted_networks. */
bool policy_snapshot_trusts(const struct policy_snapshot *snapshot, const struct ip_network *network);

/* What of the section relay an MTA must be set up for. */
struct policy_relay_requirements {
    bool has_certificates;  /* some client certificate is trusted */
    bool has_fingerprints;  /* and one of them by its fingerprint */
    bool has_local_daemons; /* mail handed in on the machine comes over some service of the MTA's */
    bool has_recent_logins; /* clients are meant to be let in by a recent login: the files say for how long */
    bool is_enforced;       /* the check refuses what outside may not send; overrides are not asked */
    bool compares_senders;  /* the check sender compares a login's domain or address with the sender */
    const char *default_realm;  /* that logins without a domain get; or "" */
    const char *tag_delimiters; /* the characters at which an address's tag is cut off */
};

void policy_snapshot_relay_requirements(const struct policy_snapshot *snapshot,
                                        struct policy_relay_requirements *needs);

/* Whether `domain`, in any form, is in relay.local_domains; true as well where a table cannot be asked. */
bool policy_snapshot_has_domain(const struct policy_snapshot *snapshot, struct slice domain);

/* Calls `visit` for each entry of relay.local_domains ("example.com", ".example.com") that the configuration
 * or a file of it has; those of tables that are asked are not. False as soon as `visit` returns false. */
bool policy_snapshot_each_domain(const struct policy_snapshot *snapshot,
                                 bool (*visit)(void *context, const char *domain), void *context);

/* Whether `name`, in any case, is in relay.local_daemons. */
bool policy_snapshot_has_local_daemon(const struct policy_snapshot *snapshot, struct slice name);

#endif
