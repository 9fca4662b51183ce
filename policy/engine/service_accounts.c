/* What is known of logins, so that a stolen one is noticed; and who is told when one looks stolen. */
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"

#include "accounts/account_book.h"
#include "base/counter.h"
#include "base/log.h"

enum { CHECKPOINT_MS = 10000, CHECKPOINTS_BETWEEN_TABLES = 30 };

COUNTER(accounts_warned, "accounts_warned", "account_steps_total", "step=\"warn\"",
        "Steps that logins took up the ladder of the check account.");
COUNTER(accounts_slowed, "accounts_slowed", "account_steps_total", "step=\"slow\"",
        "Steps that logins took up the ladder of the check account.");
COUNTER(accounts_held, "accounts_held", "account_steps_total", "step=\"hold\"",
        "Steps that logins took up the ladder of the check account.");
COUNTER(accounts_locked, "accounts_locked", "account_steps_total", "step=\"lock\"",
        "Steps that logins took up the ladder of the check account.");

static void count(const char *step)
{
    struct counter *const counters[] = {&accounts_warned, &accounts_slowed, &accounts_held, &accounts_locked};
    static const char *const steps[] = {"warn", "slow", "hold", "lock"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (strcmp(step, steps[i]) == 0)
            counter_add(counters[i], 1);
}

static void tell_of_account(void *context, const struct account_notice *notice)
{
    count(notice->step);
    log_warning("account: %s looks stolen (%s, %llu points)%s: %s. `closedrelay suspects %s` tells more, "
                "`closedrelay forgive %s` if it is the owner's mail",
                notice->user, notice->step, (unsigned long long)notice->points,
                notice->is_locked ? " and is locked" : "", notice->evidence, notice->user, notice->user);
    engine_record_event(context, &(struct record_event){
                                     .line = notice->is_locked ? RECORD_LINE_LOCK : RECORD_LINE_WARN,
                                     .subject_kind = "user",
                                     .subject_name = notice->user,
                                     .state = notice->step,
                                     .reason = notice->evidence,
                                     .until_us = notice->until_us,
                                     .has_numbers = true,
                                     .limit = notice->score,
                                     .seen = notice->points,
                                     .reasons = notice->reasons,
                                     .reason_count = notice->reason_count,
                                     .by = notice->is_locked ? "account" : NULL,
                                 });
}

/* ---- kept over a restart ---------------------------------------------------------------------------- */

static void save(struct policy_engine *engine, bool all)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_saved = account_book_save(engine->services.accounts, all, &problem);
    if (!is_saved && !atomic_load(&engine->accounts_fail))
        log_error("what is usual for logins is not kept over a restart: %s (said once)",
                  strbuf_text(&problem));
    atomic_store(&engine->accounts_fail, !is_saved);
    strbuf_deinit(&problem);
}

static void checkpoint(void *context)
{
    struct policy_engine *engine = context;
    save(engine, engine->account_checkpoint_count++ % CHECKPOINTS_BETWEEN_TABLES == 0);
}

static bool create_accounts(struct policy_engine *engine, const struct policy_snapshot *first,
                            struct strbuf *problems)
{
    (void)first;
    engine->services.accounts = account_book_create(&engine->options.clock, engine->state);
    engine->services.contacts = engine->contacts;
    engine->services.warn_context = engine;
    engine->services.tell_of_account = tell_of_account;
    if (engine->services.accounts == NULL) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    if (engine->state == NULL)
        return true;
    engine->account_checkpoint_count = 1;
    engine->account_checkpoints = ticker_start(CHECKPOINT_MS, checkpoint, engine);
    if (engine->account_checkpoints == NULL)
        strbuf_append_text(problems, "no thread can be started\n");
    return engine->account_checkpoints != NULL;
}

static bool use_accounts(struct policy_engine *engine, struct policy_snapshot *snapshot,
                         struct strbuf *problems)
{
    (void)problems;
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    accounts_use_geo(accounts, snapshot_geo(snapshot));
    account_book_release(engine->services.accounts);
    return true;
}

static void examine_accounts(struct policy_engine *engine, const struct health_report *report)
{
    if (atomic_load(&engine->accounts_fail))
        report->tell(report->context, "state", "what is usual for logins cannot be written");
}

static void retire_accounts(struct policy_engine *engine)
{
    if (engine->account_checkpoints == NULL)
        return;
    ticker_stop(engine->account_checkpoints);
    engine->account_checkpoints = NULL;
    save(engine, true);
}

static void destroy_accounts(struct policy_engine *engine)
{
    retire_accounts(engine);
    account_book_destroy(engine->services.accounts);
    engine->services.accounts = NULL;
}

const struct service accounts_service = {
    .name = "accounts",
    .create = create_accounts,
    .use = use_accounts,
    .examine = examine_accounts,
    .retire = retire_accounts,
    .destroy = destroy_accounts,
};
