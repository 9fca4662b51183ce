/* How logins stand. */
#include "accounts/accounts_private.h"

#include "accounts/evidence.h"

/* The step as time alone leaves it. */
static enum account_step step_at(const struct account *account, int64_t now_us)
{
    return now_us < account->step_until_us ? account->step : ACCOUNT_CALM;
}

static void fill(const struct accounts *accounts, const struct account *account,
                 const struct accounts_settings *settings, int64_t now_us, struct account_standing *standing)
{
    *standing = (struct account_standing){
        .user = account->user,
        .step = step_at(account, now_us),
        .since_us = account->step_since_us,
        .until_us = account->step_until_us,
        .messages_of_hour = account->recent[PATH_ALL].burst,
        .has_network = account->networks.count > 0,
        .trace = account->trace,
        .trace_count = account->trace_count,
    };
    for (size_t i = 0; i < account->trace_count; i++)
        if (account->trace[i].time_us >= account->step_since_us &&
            account->trace[i].points > standing->points)
            standing->points = account->trace[i].points;
    evidence_judge(account, settings, accounts->first_us, &standing->judgement);
}

bool accounts_look(struct accounts *accounts, const struct accounts_settings *settings, struct slice user,
                   int64_t now_us, struct account_standing *standing)
{
    struct login *login = accounts_find_login(accounts, user);
    struct account *account = login == NULL ? NULL : accounts_open_login(accounts, login, now_us);
    if (account == NULL)
        return false;
    fill(accounts, account, settings, now_us, standing);
    return true;
}

enum account_step accounts_step_of(struct accounts *accounts, struct slice user, int64_t now_us)
{
    struct login *login = accounts_find_login(accounts, user);
    struct account *account = login == NULL ? NULL : accounts_open_login(accounts, login, now_us);
    return account == NULL ? ACCOUNT_CALM : step_at(account, now_us);
}

/* Whoever was idle for a day and left memory is told as soon as it sends again. */
void accounts_each(struct accounts *accounts, const struct accounts_settings *settings, int64_t now_us,
                   void (*show)(void *context, const struct account_standing *standing), void *context)
{
    struct account_standing standing;
    for (struct login *login = accounts->by_user; login != NULL; login = login->hh.next) {
        if (login->account == NULL || step_at(login->account, now_us) == ACCOUNT_CALM)
            continue;
        fill(accounts, login->account, settings, now_us, &standing);
        show(context, &standing);
    }
}
