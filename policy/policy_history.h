/*
 * The record, read back: what the commands `report`, `explain` and `replay` ask.
 *
 * Nothing here needs the daemon. All read files, for as long as that takes: not for a thread that must not
 * block.
 */
#ifndef CLOSEDRELAY_POLICY_HISTORY_H
#define CLOSEDRELAY_POLICY_HISTORY_H

#include "answer/answer.h"
#include "base/strbuf.h"

/* Which files, and whom to tell what. */
struct policy_history_source {
    /* The files to read, of one server or of several; none: those of audit.file, and what was closed before
     * it. */
    const char *const *paths;
    size_t path_count;
    const char *config; /* of the daemon, to find audit.file; NULL: the founding policy's */
    const char *record; /* audit.file, where it is known already; NULL: it is to be found */
    /* Something an admin should know of: a slow or a damaged file. One sentence without a newline. Or NULL.
     */
    void (*note)(void *context, const char *text);
    /* How many bytes of how many were read. Or NULL. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    /* Asked now and then: true, and reading ends early, for nobody waits any more. Or NULL. */
    bool (*is_over)(void *context);
    void *context;
};

enum policy_history_form {
    HISTORY_TEXT,
    HISTORY_JSON,
    HISTORY_CSV,
    HISTORY_HTML,      /* a page that needs nothing else */
    HISTORY_HTML_PART, /* what stands in it, for a page that has its own head and style; ids are links to
                          /search */
};

/* How text is laid out. */
struct policy_history_page {
    enum policy_history_form form;
    unsigned columns; /* of HISTORY_TEXT; 0: 80 */
    bool has_colour;
};

/* ---- report ----------------------------------------------------------------------------------------- */

struct policy_report_query {
    /* "2026-11-30", "2026-11-30T08:00", "7d" (ago), "yesterday", "last-month", …; NULL: "7d" */
    const char *since;
    const char *until; /* likewise; NULL: now, or the end of what `since` names */
    /* "user", "domain", "customer", "client", "check", "hour" or "day"; NULL: a page with the most of each */
    const char *by;
    unsigned top;   /* rows of a table; 0: all */
    int64_t now_us; /* wall clock */
};

/* False: the query is none, or no file could be read (`out` says why). Local time is that of the process
 * (TZ). */
bool policy_report(const struct policy_history_source *source, const struct policy_report_query *query,
                   const struct policy_history_page *page, struct strbuf *out);

/* ---- explain ---------------------------------------------------------------------------------------- */

struct policy_explain_query {
    /* an incident id in whatever form, or a text that holds one; else a queue id, address, login, client,
     * Message-ID */
    const char *what;
    const char *since, *until; /* as in a report; NULL: all there is */
    bool is_masked;            /* the addresses of others than the user are hidden */
    bool refusals_only;        /* of what was simply accepted nothing is told, nor where a login stands */
    struct slice account; /* what the running daemon says of `what` (`suspects LOGIN --json`), or empty */
    unsigned top;         /* lines of a list */
    int64_t now_us;       /* wall clock */
};

enum policy_explain_result {
    EXPLAIN_TOLD,
    EXPLAIN_NOT_FOUND, /* `out` has what comes nearest */
    EXPLAIN_FAILED,    /* `out` says why, in words without a newline */
};

/* The story of one message, or a list where there are several, the newest first; and of a login its way up
 * the ladder of the check account, within 30 days where nobody says. No HISTORY_CSV. */
enum policy_explain_result policy_explain(const struct policy_history_source *source,
                                          const struct policy_explain_query *query,
                                          const struct policy_history_page *page, struct strbuf *out);

/* ---- held ------------------------------------------------------------------------------------------- */

struct policy_held_query {
    struct slice queue; /* what `postqueue -j` prints: the messages that are in the MTA's queue now */
    bool has_queue;     /* false: there is no such program, and all that was held within a week is told */
    int64_t now_us;     /* wall clock */
};

/* What is in the hold queue, with what the record says of it: whose it is, why, since when. False: no file
 * could be read where only they can tell, and the answer is a refusal. */
bool policy_held(const struct policy_history_source *source, const struct policy_held_query *query,
                 struct answer *answer);

/* ---- doctor ----------------------------------------------------------------------------------------- */

/* Appends the domains, one a line and each once, of recipients that strangers were refused within that time
 * for not being in relay.local_domains (wall clock). An MTA that looks first asks only about those it would
 * have taken. False: no file could be read. */
bool policy_refused_domains(const struct policy_history_source *source, int64_t since_us, int64_t until_us,
                            struct strbuf *out);

/* ---- replay ----------------------------------------------------------------------------------------- */

struct policy_replay_query {
    const char *new_config;    /* the configuration to judge by */
    const char *since, *until; /* as in a report; NULL: all there is */
    unsigned examples;         /* of each reason */
    int64_t now_us;            /* wall clock */
};

enum policy_replay_result {
    REPLAY_TOLD,
    REPLAY_BAD_CONFIG, /* its errors are in `out`, a line each, as those of policy_load */
    REPLAY_FAILED,     /* `out` says why, in words without a newline */
};

/* What the configuration would have done to the recorded messages. No HISTORY_CSV. */
enum policy_replay_result policy_replay(const struct policy_history_source *source,
                                        const struct policy_replay_query *query,
                                        const struct policy_history_page *page, struct strbuf *out);

struct policy_accounts_query {
    const char *config;        /* with the weights; NULL: the defaults */
    const char *since, *until; /* as in a report; NULL: all there is */
    int64_t now_us;            /* wall clock */
};

/* Which logins would have looked stolen, and when: begins knowing nothing, learns from the records as it
 * goes, and tells each step of the ladder: text, or with HISTORY_JSON a line {"time", "user", "step",
 * "points", "families"}. Results as those of policy_replay. */
enum policy_replay_result policy_replay_accounts(const struct policy_history_source *source,
                                                 const struct policy_accounts_query *query,
                                                 const struct policy_history_page *page, struct strbuf *out);

/* What is usual for each login, from the records of `source`, and from those of its files that are logs of
 * Postfix or Sendmail, as far as they are older, into the state of `config` (NULL: the default file's
 * policy), which no daemon may have open meanwhile. Stamps without a year are read in the process's time
 * zone, of the year that follows from the file's date. `out`: what was done, or why not. Results as those of
 * policy_replay. */
enum policy_replay_result policy_learn(const struct policy_history_source *source, const char *config,
                                       struct strbuf *out);

/* ---- watch ------------------------------------------------------------------------------------------ */

struct policy_engine; /* policy.h */

/* All that are not NULL must fit. */
struct policy_watch_filter {
    const char *user;    /* a login, or "@example.com" for all of a domain */
    const char *client;  /* an address or a network */
    const char *check;   /* that had something to say, monitored or not */
    const char *verdict; /* as in the record */
};

struct policy_watch;

/* What the running daemon records from now on. The engine must outlive it. NULL: `problem` says why. */
struct policy_watch *policy_watch_begin(struct policy_engine *engine,
                                        const struct policy_watch_filter *filter, const char **problem);
/* Waits up to `wait_ms`, and appends what came and fits, a line each: text, or with HISTORY_JSON the records.
 * What came faster than it was taken is told as so many lines lost. One thread for each watch. */
void policy_watch_next(struct policy_watch *watch, unsigned wait_ms, const struct policy_history_page *page,
                       struct strbuf *out);
void policy_watch_end(struct policy_watch *watch);

#endif
