#include "accounts/evidence.h"

#include <math.h>

/* Evidence that is of one kind although of several families: an honest reason explains all of it at once. */
enum group {
    GROUP_ACCESS,  /* another way in: somebody moved, or bought a telephone */
    GROUP_SENDING, /* more, to more, to others: a mailing */
    GROUP_DAMAGE,  /* what honest mail seldom meets, whoever sends how much */
    GROUP_COUNT
};

/* Points from which on a family, or a group, counts as one that has something to say. */
static const float FAMILY_SAYS = 5, GROUP_SAYS = 8;
/* Days of logins from which on a domain is no new one. */
static const float BEGINNERS_DOMAIN_DAYS = 20;
enum { FAMILIES_LEAST = 2, GROUPS_LEAST = 2 };

static const struct {
    enum account_family family;
    enum group group;
} kinds[EVIDENCE_KIND_COUNT] = {
    [EVIDENCE_NEW_RECIPIENTS] = {ACCOUNT_RECIPIENTS, GROUP_SENDING},
    [EVIDENCE_MANY_RECIPIENTS] = {ACCOUNT_RECIPIENTS, GROUP_SENDING},
    [EVIDENCE_NEW_NETWORK] = {ACCOUNT_NETWORKS, GROUP_ACCESS},
    [EVIDENCE_AT_ONCE] = {ACCOUNT_NETWORKS, GROUP_ACCESS},
    [EVIDENCE_MANY_NETWORKS] = {ACCOUNT_NETWORKS, GROUP_ACCESS},
    [EVIDENCE_SHARED_NETWORK] = {ACCOUNT_NETWORKS, GROUP_ACCESS},
    [EVIDENCE_FAILURES] = {ACCOUNT_FAILURES, GROUP_DAMAGE},
    [EVIDENCE_NEW_CLIENT] = {ACCOUNT_IDENTITY, GROUP_ACCESS},
    [EVIDENCE_NEW_SENDERS] = {ACCOUNT_IDENTITY, GROUP_SENDING},
    [EVIDENCE_ONE_TEXT] = {ACCOUNT_CONTENT, GROUP_SENDING},
    [EVIDENCE_LETTERS] = {ACCOUNT_CONTENT, GROUP_SENDING},
    [EVIDENCE_SHARED_TEXT] = {ACCOUNT_CONTENT, GROUP_DAMAGE},
    [EVIDENCE_BLOCKED] = {ACCOUNT_CONTENT, GROUP_DAMAGE},
    [EVIDENCE_BURST] = {ACCOUNT_VOLUME, GROUP_SENDING},
    [EVIDENCE_FAN_OUT] = {ACCOUNT_VOLUME, GROUP_SENDING},
    [EVIDENCE_ODD_HOURS] = {ACCOUNT_VOLUME, GROUP_SENDING},
    [EVIDENCE_LISTED] = {ACCOUNT_OUTSIDE, GROUP_ACCESS},
    [EVIDENCE_COMPLAINTS] = {ACCOUNT_OUTSIDE, GROUP_DAMAGE},
};

struct view {
    const struct account *account;
    const struct accounts_settings *settings;
    int64_t known_since_us;
    enum account_path path;
    const struct recent *recent;
    struct account_judgement *judgement;
};

static float percent(uint64_t value)
{
    return (float)value / 100;
}

static float per_mille(uint64_t value)
{
    return (float)value / 1000;
}

static float of_ten_thousand(uint64_t value)
{
    return (float)value / 10000;
}

/* Points for so many of those that are so and those that are not. */
static float ratio_points(float hits, float misses, float stolen, float honest)
{
    return 10 * (hits * log10f(stolen / honest) + misses * log10f((1 - stolen) / (1 - honest)));
}

/* The same of events that come at a rate. */
static float rate_points(float events, float trials, float stolen, float honest)
{
    return 10 * (events * log10f(stolen / honest) - trials * (stolen - honest) * 0.4343F);
}

static void add(const struct view *view, const struct account_evidence *evidence)
{
    const float cap = (float)view->settings->kind_caps[evidence->kind];
    const float points = fminf(cap, evidence->points) * percent(view->settings->weights[evidence->kind]);
    if (points < 1 || view->settings->family_caps[kinds[evidence->kind].family] == 0)
        return;
    struct account_evidence *added = &view->judgement->evidence[view->judgement->evidence_count++];
    *added = *evidence;
    added->points = points;
}

/* ---- each kind -------------------------------------------------------------------------------------- */

static void look_at_recipients(const struct view *view)
{
    const struct recent *recent = view->recent;
    const struct level *level = &view->account->levels[LEVEL_RECIPIENTS];
    const struct level *domain = account_domain_level(view->account, LEVEL_RECIPIENTS);
    const float floor = (float)view->settings->floors.recipients;
    const float expected = account_expect(view->account, view->settings, QUESTION_NEW_RECIPIENT);
    if (recent->new_recipients >= floor)
        add(view,
            &(struct account_evidence){EVIDENCE_NEW_RECIPIENTS,
                                       ratio_points(recent->new_weight, recent->weight - recent->new_weight,
                                                    percent(view->settings->stolen.new_recipients), expected),
                                       recent->new_recipients, recent->recipients, expected});
    if (recent->recipients >= floor)
        add(view, &(struct account_evidence){EVIDENCE_MANY_RECIPIENTS,
                                             level_points(level, domain, recent->recipients),
                                             recent->recipients, 0, level_usual(level, domain)});
}

static void look_at_new_network(const struct view *view)
{
    const struct account *account = view->account;
    const float count = account->recent[PATH_NEW].new_networks;
    const float points =
        ratio_points(1, 0, percent(view->settings->stolen.new_network), account->network_expected);
    add(view, &(struct account_evidence){EVIDENCE_NEW_NETWORK, points * account->network_newness, count, 0,
                                         account->network_expected});
    if (account->network_newness > 0 && account->is_at_once)
        add(view, &(struct account_evidence){EVIDENCE_AT_ONCE,
                                             ratio_points(1, 0, percent(view->settings->stolen.at_once),
                                                          per_mille(view->settings->usual.at_once)),
                                             count, 0, 0});
}

/* From how many countries its networks of the last day were. */
static unsigned count_countries(const struct account *account)
{
    const struct known *networks = account->networks.items;
    const uint32_t hour = (uint32_t)(account->last_us / (3600LL * 1000000));
    unsigned count = 0;
    for (unsigned i = 0; i < account->networks.count; i++) {
        bool is_counted = networks[i].country == 0 || hour - networks[i].last_hour >= HOURS_PER_DAY;
        for (unsigned before = 0; before < i; before++)
            is_counted = is_counted || (networks[before].country == networks[i].country &&
                                        hour - networks[before].last_hour < HOURS_PER_DAY);
        count += !is_counted;
    }
    return count;
}

/* Several at once: of networks by what is usual for the login, of countries by what hardly anybody's mail
 * has. */
static void look_at_many_networks(const struct view *view, float count)
{
    const unsigned least = (unsigned)view->settings->floors.countries;
    const struct level *level = &view->account->levels[LEVEL_NETWORKS];
    const struct level *domain = account_domain_level(view->account, LEVEL_NETWORKS);
    const unsigned countries = count_countries(view->account);
    float points = 0;
    if (count >= (float)view->settings->floors.networks - 0.5F)
        points = level_points(level, domain, count);
    if (countries >= least)
        points = fmaxf(points, ratio_points((float)(countries - least + 1), 0,
                                            percent(view->settings->stolen.countries),
                                            per_mille(view->settings->usual.countries)));
    add(view,
        &(struct account_evidence){EVIDENCE_MANY_NETWORKS, points, count,
                                   countries >= least ? (float)countries : 0, level_usual(level, domain)});
}

static void look_at_networks(const struct view *view)
{
    const struct account *account = view->account;
    const float logins = account->network_logins;
    const float count = account->recent[PATH_NEW].new_networks;
    if (view->path != PATH_NEW)
        return;
    look_at_new_network(view);
    look_at_many_networks(view, count);
    if (logins >= (float)view->settings->floors.logins && account->network_expected < 0.4F)
        add(view, &(struct account_evidence){EVIDENCE_SHARED_NETWORK, 8 * log2f(logins / 2), logins, 0, 0});
}

static void look_at_failures(const struct view *view)
{
    const struct recent *recent = view->recent;
    const float expected = fmaxf(per_mille(view->settings->usual.old_list),
                                 account_expect(view->account, view->settings, QUESTION_FAILURE));
    if (recent->failures < (float)view->settings->floors.failures)
        return;
    const float successes = recent->attempts > recent->failures ? recent->attempts - recent->failures : 0;
    add(view, &(struct account_evidence){EVIDENCE_FAILURES,
                                         ratio_points(recent->failures, successes,
                                                      percent(view->settings->stolen.failures), expected),
                                         recent->failures, recent->attempts, expected});
}

static void look_at_identity(const struct view *view)
{
    const struct recent *recent = view->recent;
    const struct account *account = view->account;
    const float expected = account_expect(account, view->settings, QUESTION_NEW_SENDER);
    const float client =
        ratio_points(1, 0, percent(view->settings->stolen.new_client), account->client_expected);
    if (view->path == PATH_NEW && account->client_newness > 0)
        add(view, &(struct account_evidence){EVIDENCE_NEW_CLIENT, client * account->client_newness, 0, 0,
                                             account->client_expected});
    if (recent->new_senders >= (float)view->settings->floors.senders)
        add(view, &(struct account_evidence){
                      EVIDENCE_NEW_SENDERS,
                      ratio_points(recent->new_senders, recent->messages - recent->new_senders,
                                   percent(view->settings->stolen.new_sender), expected),
                      recent->new_senders, recent->messages, expected});
}

static float most_of_one_text(const struct view *view)
{
    float most = 0;
    for (unsigned i = 0; i < TEXTS_MAX; i++)
        most = fmaxf(most, view->account->texts[i].uses[view->path]);
    return most;
}

/* One text is a mailing; as many letters, each another, are what a person does not write. */
static void look_at_texts(const struct view *view)
{
    const struct account *account = view->account;
    const struct level *text = &account->levels[LEVEL_TEXT], *letters = &account->levels[LEVEL_LETTERS];
    const struct level *domain_text = account_domain_level(account, LEVEL_TEXT);
    const struct level *domain_letters = account_domain_level(account, LEVEL_LETTERS);
    const float most = most_of_one_text(view), count = view->recent->letters;
    if (most >= (float)view->settings->floors.recipients)
        add(view, &(struct account_evidence){EVIDENCE_ONE_TEXT, level_points(text, domain_text, most), most,
                                             0, level_usual(text, domain_text)});
    if (count >= (float)view->settings->floors.messages_of_hour)
        add(view, &(struct account_evidence){EVIDENCE_LETTERS, level_points(letters, domain_letters, count),
                                             count, 0, level_usual(letters, domain_letters)});
}

static void look_at_content(const struct view *view)
{
    const struct recent *recent = view->recent;
    const struct account *account = view->account;
    const float blocked = account_expect(account, view->settings, QUESTION_BLOCKED);
    const float logins = account->text_logins;
    look_at_texts(view);
    if (logins >= (float)view->settings->floors.logins)
        add(view, &(struct account_evidence){EVIDENCE_SHARED_TEXT, 8 * log2f(logins / 2), logins, 0, 0});
    if (recent->blocked >= (float)view->settings->floors.blocked - 0.5F)
        add(view, &(struct account_evidence){EVIDENCE_BLOCKED,
                                             rate_points(recent->blocked, recent->messages,
                                                         percent(view->settings->stolen.blocked), blocked),
                                             recent->blocked, recent->messages, blocked});
}

/* Many messages, or many recipients of few: of the two that says more. */
static void look_at_hour(const struct view *view)
{
    const struct account *account = view->account;
    const struct recent *recent = view->recent;
    const struct level *burst = &account->levels[LEVEL_BURST], *fan_out = &account->levels[LEVEL_FAN_OUT];
    const struct level *domain_burst = account_domain_level(account, LEVEL_BURST);
    const struct level *domain_fan_out = account_domain_level(account, LEVEL_FAN_OUT);
    const struct account_evidence by_messages = {EVIDENCE_BURST,
                                                 recent->burst <
                                                         (float)view->settings->floors.messages_of_hour
                                                     ? 0
                                                     : level_points(burst, domain_burst, recent->burst),
                                                 recent->burst, 0, level_usual(burst, domain_burst)};
    const struct account_evidence by_recipients = {
        EVIDENCE_FAN_OUT,
        recent->fan_out < (float)view->settings->floors.recipients
            ? 0
            : level_points(fan_out, domain_fan_out, recent->fan_out),
        recent->fan_out, 0, level_usual(fan_out, domain_fan_out)};
    add(view, by_messages.points > by_recipients.points ? &by_messages : &by_recipients);
}

static void look_at_volume(const struct view *view)
{
    enum { HOURS_CERTAIN = 3 };
    const struct recent *recent = view->recent;
    const float odd = recent->messages > 0 ? recent->odd_hours / recent->messages : 0;
    const float certainty = fminf(1, recent->messages / HOURS_CERTAIN);
    look_at_hour(view);
    add(view, &(struct account_evidence){EVIDENCE_ODD_HOURS, odd * certainty, recent->messages, 0, 0});
}

static void look_outside(const struct view *view)
{
    const struct recent *recent = view->recent;
    const float listed = account_expect(view->account, view->settings, QUESTION_LISTED);
    const float complaints = account_expect(view->account, view->settings, QUESTION_COMPLAINT);
    if (recent->listed >= 0.5F)
        add(view, &(struct account_evidence){EVIDENCE_LISTED,
                                             ratio_points(recent->listed, recent->messages - recent->listed,
                                                          percent(view->settings->stolen.listed), listed),
                                             recent->listed, recent->messages, listed});
    if (recent->complaints >= (float)view->settings->floors.complaints - 0.5F)
        add(view, &(struct account_evidence){EVIDENCE_COMPLAINTS,
                                             rate_points(recent->complaints, recent->recipients,
                                                         of_ten_thousand(view->settings->stolen.complaints),
                                                         complaints),
                                             recent->complaints, recent->recipients, complaints});
}

/* ---- the sum ---------------------------------------------------------------------------------------- */

struct sums {
    float families[ACCOUNT_FAMILY_COUNT][GROUP_COUNT];
};

static float group_sum(const struct sums *sums, enum group group)
{
    float sum = 0;
    for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT; family++)
        sum += sums->families[family][group];
    return sum;
}

static void cap_group(struct sums *sums, enum group group, float cap)
{
    const float sum = group_sum(sums, group);
    for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT && sum > cap; family++)
        sums->families[family][group] *= cap / sum;
}

static float family_sum(const struct sums *sums, unsigned family)
{
    float sum = 0;
    for (unsigned group = 0; group < GROUP_COUNT; group++)
        sum += sums->families[family][group];
    return sum;
}

static struct sums add_up(const struct account_judgement *judgement, const struct accounts_settings *settings)
{
    struct sums sums = {0};
    for (size_t i = 0; i < judgement->evidence_count; i++) {
        const struct account_evidence *evidence = &judgement->evidence[i];
        sums.families[kinds[evidence->kind].family][kinds[evidence->kind].group] += evidence->points;
    }
    for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT; family++) {
        const float sum = family_sum(&sums, family), cap = (float)settings->family_caps[family];
        for (unsigned group = 0; group < GROUP_COUNT && sum > cap; group++)
            sums.families[family][group] *= cap / sum;
    }
    cap_group(&sums, GROUP_ACCESS, (float)settings->access_cap);
    cap_group(&sums, GROUP_SENDING, (float)settings->sending_cap);
    return sums;
}

/* Nobody begins from several networks within a day; a domain that comes from another provider does. */
static bool begins_oddly(const struct view *view, int64_t learning_us)
{
    const struct account *account = view->account;
    return account->first_us - view->known_since_us >= learning_us &&
           account->domain->levels[LEVEL_NETWORKS].days >= BEGINNERS_DOMAIN_DAYS &&
           account->recent[PATH_NEW].new_networks >= (float)view->settings->floors.networks - 0.5F;
}

static bool is_learning(const struct view *view)
{
    enum { NEVER_BEFORE = 2 }; /* half of the whole time: a busy day or two say little */
    const struct account *account = view->account;
    const struct accounts_settings *settings = view->settings;
    const int64_t age_us = account->last_us - account->first_us;
    const int64_t learning_us = (int64_t)settings->learning_ms * 1000;
    if (begins_oddly(view, learning_us))
        return false;
    return age_us < learning_us / NEVER_BEFORE ||
           (age_us < learning_us && account->message_count < (float)settings->learning_messages);
}

/* The step that the points are enough for, if enough of different kinds says so. */
static enum account_step step_for(const struct view *view, const struct sums *sums)
{
    unsigned families = 0, groups = 0, step = ACCOUNT_LOCK;
    for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT; family++)
        families += view->judgement->families[family] >= FAMILY_SAYS;
    for (unsigned group = 0; group < GROUP_COUNT; group++)
        groups += group_sum(sums, group) >= GROUP_SAYS;
    while (step > ACCOUNT_CALM && view->judgement->points < (float)view->settings->steps[step].score)
        step--;
    if (families < FAMILIES_LEAST)
        return ACCOUNT_CALM;
    if (step > ACCOUNT_NOTE && groups < GROUPS_LEAST)
        return ACCOUNT_NOTE;
    if (step > ACCOUNT_NOTE && is_learning(view) && group_sum(sums, GROUP_DAMAGE) < GROUP_SAYS)
        return step >= ACCOUNT_HOLD ? ACCOUNT_WARN : ACCOUNT_NOTE;
    return (enum account_step)step;
}

static enum account_step judge_path(const struct account *account, const struct accounts_settings *settings,
                                    int64_t known_since_us, enum account_path path,
                                    struct account_judgement *judgement)
{
    const struct view view = {account, settings, known_since_us, path, &account->recent[path], judgement};
    judgement->evidence_count = 0;
    judgement->points = 0;
    look_at_recipients(&view);
    look_at_networks(&view);
    look_at_failures(&view);
    look_at_identity(&view);
    look_at_content(&view);
    look_at_volume(&view);
    look_outside(&view);
    const struct sums sums = add_up(judgement, settings);
    for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT; family++) {
        judgement->families[family] = family_sum(&sums, family);
        judgement->points += judgement->families[family];
    }
    return step_for(&view, &sums);
}

enum account_step evidence_judge(const struct account *account, const struct accounts_settings *settings,
                                 int64_t known_since_us, struct account_judgement *judgement)
{
    struct account_judgement of_new;
    const enum account_step step = judge_path(account, settings, known_since_us, PATH_ALL, judgement);
    if (account->recent[PATH_NEW].messages < 0.25F)
        return step;
    const enum account_step new_step = judge_path(account, settings, known_since_us, PATH_NEW, &of_new);
    if (new_step < step || (new_step == step && of_new.points <= judgement->points))
        return step;
    judgement->points = of_new.points;
    memcpy(judgement->families, of_new.families, sizeof of_new.families);
    memcpy(judgement->evidence, of_new.evidence, sizeof of_new.evidence);
    judgement->evidence_count = of_new.evidence_count;
    return new_step;
}

enum account_family account_evidence_family(enum account_evidence_kind kind)
{
    return kinds[kind].family;
}
