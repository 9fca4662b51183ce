#include "accounts/account.h"

#include <math.h>
#include <stdlib.h>

static const int64_t HOUR_US = 3600LL * 1000000;
/* A login's own habit counts from about so many times on; older ones fade beyond so many. */
static const struct {
    float weight, memory;
} questions[QUESTION_COUNT] = {
    [QUESTION_NEW_RECIPIENT] = {10, 150}, [QUESTION_NEW_NETWORK] = {4, 60},  [QUESTION_NEW_CLIENT] = {4, 60},
    [QUESTION_FAILURE] = {100, 1000},     [QUESTION_NEW_SENDER] = {20, 200}, [QUESTION_LISTED] = {10, 200},
    [QUESTION_COMPLAINT] = {2000, 20000}, [QUESTION_BLOCKED] = {200, 1000},
};

struct account *account_create(const struct login *login, struct domain *domain, int64_t now_us)
{
    struct account *account = calloc(1, sizeof *account);
    if (account == NULL)
        return NULL;
    account->user = login->user;
    account->number = login->number;
    account->domain = domain;
    account->first_us = account->last_us = now_us;
    account->day = (uint32_t)(now_us / (HOURS_PER_DAY * HOUR_US));
    return account;
}

void account_free(struct account *account)
{
    known_set_free(&account->networks);
    known_set_free(&account->clients);
    known_set_free(&account->senders);
    recent_set_free(&account->written_to);
    free(account->trace);
    free(account);
}

/* ---- time ------------------------------------------------------------------------------------------- */

static void fade(struct recent *recent, float factor, float hour_factor)
{
    recent->messages *= factor;
    recent->burst *= hour_factor;
    recent->fan_out *= hour_factor;
    recent->letters *= hour_factor;
    recent->recipients *= factor;
    recent->new_recipients *= factor;
    recent->new_weight *= factor;
    recent->weight *= factor;
    recent->attempts *= factor;
    recent->failures *= factor;
    recent->new_senders *= factor;
    recent->new_networks *= factor;
    recent->listed *= factor;
    recent->odd_hours *= factor;
    recent->blocked *= factor;
    recent->complaints *= factor;
}

void account_note(struct account *account, enum account_question question, float hits, float trials)
{
    prior_add(&account->domain->priors[question], hits, trials, account->last_us);
    if (account->domain->all != NULL)
        prior_add(&account->domain->all->priors[question], hits, trials, account->last_us);
}

const struct level *account_domain_level(const struct account *account, enum account_level level)
{
    enum { DAYS_ENOUGH = 20 };
    const struct domain *domain = account->domain;
    return domain->all == NULL || domain->levels[level].days >= DAYS_ENOUGH ? &domain->levels[level]
                                                                            : &domain->all->levels[level];
}

static void learn_day(struct account *account)
{
    const bool is_trusted = account->step < ACCOUNT_WARN;
    const bool has_sent = account->levels[LEVEL_BURST].peak > 0;
    for (unsigned i = 0; i < LEVEL_COUNT && is_trusted && has_sent; i++)
        level_learn(&account->levels[i], &account->domain->levels[i],
                    account->domain->all == NULL ? NULL : &account->domain->all->levels[i]);
    for (unsigned i = 0; i < LEVEL_COUNT; i++)
        account->levels[i].peak = 0;
    for (unsigned i = 0; i < QUESTION_COUNT; i++) {
        const struct tendency today = account->today[i];
        account->today[i] = (struct tendency){0};
        if (!is_trusted || today.trials <= 0)
            continue;
        tendency_add(&account->own[i], today.hits, today.trials, questions[i].memory);
        /* Of a domain each login counts alike, however much it sends. */
        const float part = today.trials > 5 ? 5 / today.trials : 1;
        if (i != QUESTION_NEW_NETWORK && i != QUESTION_NEW_CLIENT)
            account_note(account, (enum account_question)i, today.hits * part, today.trials * part);
    }
}

void account_advance(struct account *account, const struct accounts_settings *settings, int64_t now_us)
{
    const uint32_t day = (uint32_t)(now_us / (HOURS_PER_DAY * HOUR_US));
    if (day > account->day) {
        learn_day(account);
        account->day = day;
    }
    if (now_us <= account->last_us)
        return;
    const float passed_us = (float)(now_us - account->last_us);
    const float factor = exp2f(-passed_us / ((float)settings->evidence_half_life_ms * 1000));
    const float hour_factor = exp2f(-passed_us / (float)HOUR_US);
    for (unsigned path = 0; path < PATH_COUNT; path++)
        fade(&account->recent[path], factor, hour_factor);
    for (unsigned i = 0; i < TEXTS_MAX; i++)
        for (unsigned path = 0; path < PATH_COUNT; path++)
            account->texts[i].uses[path] *= factor;
    account->last_us = now_us;
}

/* ---- habits ----------------------------------------------------------------------------------------- */

static float usual_of(const struct accounts_settings *settings, enum account_question question)
{
    const struct account_rates *usual = &settings->usual;
    switch (question) {
    case QUESTION_NEW_RECIPIENT:
        return (float)usual->new_recipients / 1000;
    case QUESTION_NEW_NETWORK:
        return (float)usual->new_network / 1000;
    case QUESTION_NEW_CLIENT:
        return (float)usual->new_client / 1000;
    case QUESTION_FAILURE:
        return (float)usual->failures / 1000;
    case QUESTION_NEW_SENDER:
        return (float)usual->new_sender / 1000;
    case QUESTION_LISTED:
        return (float)usual->listed / 1000;
    case QUESTION_COMPLAINT:
        return (float)usual->complaints / 10000;
    default:
        return (float)usual->blocked / 1000;
    }
}

static const struct prior *everywhere(const struct account *account, enum account_question question)
{
    const struct domain *all = account->domain->all;
    return all == NULL ? &account->domain->priors[question] : &all->priors[question];
}

float account_excess(const struct account *account, const struct accounts_settings *settings,
                     enum account_question question)
{
    const float usual = usual_of(settings, question);
    const float general = prior_part(everywhere(account, question), usual);
    return fmaxf(prior_excess(&account->domain->priors[question], general, account->last_us),
                 prior_excess(everywhere(account, question), usual, account->last_us));
}

float account_expect(const struct account *account, const struct accounts_settings *settings,
                     enum account_question question)
{
    const float general = prior_part(everywhere(account, question), usual_of(settings, question));
    const float habit =
        tendency_part(&account->own[question], prior_part(&account->domain->priors[question], general),
                      questions[question].weight);
    const float today = account_excess(account, settings, question);
    return fminf(0.9F, fmaxf(0.0001F, fmaxf(habit, today)));
}
