/*
 * What runs beside the mail for as long as the process does: the resolver, live state, files.
 *
 * The table in services.c is the whole list. Services are made in its order and ended in the opposite one, so
 * that each may use those before it. To add one: its file engine/service_NAME.c, its field in struct
 * policy_engine, its row.
 */
#ifndef CLOSEDRELAY_ENGINE_SERVICE_H
#define CLOSEDRELAY_ENGINE_SERVICE_H

#include "answer/answer.h"
#include "base/metrics.h"
#include "base/strbuf.h"
#include "policy.h"

/* Takes what is wrong: `what` it is ("list bl.example"), and how. Both are copied. */
struct health_report {
    void (*tell)(void *context, const char *what, const char *how);
    void *context;
};

/* Tells `report` what is wrong with any service, or with the last reload. Any thread. */
void engine_examine(struct policy_engine *engine, const struct health_report *report);

/* Adds what each service has to say of itself to the answer to `status`. Any thread. */
void engine_tell_status(struct policy_engine *engine, struct answer *answer);
/* Adds the metrics of each. Any thread. */
void engine_measure(struct policy_engine *engine, struct metrics *metrics);

/* Every hook may be NULL. */
struct service {
    const char *name;
    /* Also where nothing outside the process is to be asked or kept (policy_engine_options.offline). */
    bool is_offline_too;
    /* Makes it; `first` will be the first policy in force. False: the engine cannot start, for the reason in
     * `problems` (a line). */
    bool (*create)(struct policy_engine *engine, const struct policy_snapshot *first,
                   struct strbuf *problems);
    /* Takes over a new policy, before any session has it. False: it cannot, for the reason in `problems`, and
     * the old policy stays: what may fail comes early in the table. */
    bool (*use)(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems);
    /* About once a second, on a thread that all services share: nothing here waits for long. */
    void (*tick)(struct policy_engine *engine);
    /* Tells `report` what is wrong with it now, if anything: what an admin should look at. Any thread. */
    void (*examine)(struct policy_engine *engine, const struct health_report *report);
    /* Adds its part to the answer to `status`. Any thread; waits for nothing. */
    void (*status)(struct policy_engine *engine, struct answer *answer);
    /* Adds its metrics; those of base/counter.h are there by themselves. Any thread; waits for nothing. */
    void (*measure)(struct policy_engine *engine, struct metrics *metrics);
    /* Files were moved away (log rotation). Any thread. */
    void (*reopen)(struct policy_engine *engine);
    /* Another process takes this one's place: saves for the last time. After the last tick; sessions go on.
     */
    void (*retire)(struct policy_engine *engine);
    /* After the last session and the last tick; also of one that `create` could not make whole. */
    void (*destroy)(struct policy_engine *engine);
};

extern const struct service *const service_table[]; /* ended by NULL */

/* The rows. */
extern const struct service accounts_service, audit_service, blocks_service, resolver_service, limits_service,
    recent_logins_service, state_service, tables_service, checks_service, list_events_service,
    notices_service;

#endif
