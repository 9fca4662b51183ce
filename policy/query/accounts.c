/* `suspects`, `unlock`, `forgive`: which logins look stolen, and whoever of them is not. */
#include "policy_query.h"

#include "accounts/account_book.h"
#include "base/log.h"
#include "base/time_text.h"
#include "check/account/account.h"
#include "check/relay/relay.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "live/blocks.h"

#include <stdlib.h>
#include <talloc.h>

/* Shown at once; beyond, the most suspected. */
enum { SUSPECTS_MAX = 1000 };

static bool has_accounts(struct policy_engine *engine, struct answer *answer)
{
    if (engine->services.accounts != NULL)
        return true;
    answer_refuse(answer, "nobody is watched here");
    return false;
}

/* All spellings of a login are one. NULL: out of memory. */
static const char *canonical(struct policy_engine *engine, void *owner, const char *user)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const char *name =
        login_canonical(owner, slice_of(user), snapshot_relay_settings(snapshot)->default_realm);
    policy_snapshot_unref(snapshot);
    return name;
}

static const struct account_settings *section_of(const struct policy_snapshot *snapshot)
{
    return snapshot_check_settings(snapshot, check_index(&account_check), ROLE_SUBMISSION);
}

static const struct accounts_settings *settings_of(const struct policy_snapshot *snapshot)
{
    return &section_of(snapshot)->judged;
}

/* ---- one login -------------------------------------------------------------------------------------- */

static void tell_families(struct answer *answer, const float families[ACCOUNT_FAMILY_COUNT])
{
    answer_open_object(answer, "families", NULL);
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++)
        if (families[i] >= 1)
            answer_count(answer, account_family_name((enum account_family)i), NULL, (uint64_t)families[i]);
    answer_close(answer);
}

static void tell_evidence(struct answer *answer, const struct account_judgement *judgement)
{
    answer_open_list(answer, "evidence", "evidence now");
    for (size_t i = 0; i < judgement->evidence_count; i++) {
        struct strbuf words;
        strbuf_init(&words, 0);
        account_evidence_describe(&judgement->evidence[i], &words);
        answer_open_object(answer, NULL, NULL);
        answer_count(answer, "points", "POINTS", (uint64_t)judgement->evidence[i].points);
        answer_text(answer, "family", "FAMILY",
                    account_family_name(account_evidence_family(judgement->evidence[i].kind)));
        answer_text(answer, "words", "EVIDENCE", strbuf_text(&words));
        answer_close(answer);
        strbuf_deinit(&words);
    }
    answer_close(answer);
}

static void tell_trace(struct answer *answer, const struct account_standing *standing)
{
    answer_open_list(answer, "trace", "before");
    for (size_t i = standing->trace_count; i-- > 0;) {
        const struct account_trace *trace = &standing->trace[i];
        float families[ACCOUNT_FAMILY_COUNT];
        struct strbuf names;
        strbuf_init(&names, 0);
        for (unsigned family = 0; family < ACCOUNT_FAMILY_COUNT; family++)
            families[family] = trace->families[family];
        account_families_list(families, &names);
        answer_open_object(answer, NULL, NULL);
        answer_time(answer, "time", "TIME", trace->time_us);
        answer_text(answer, "step", "STEP", account_step_name((enum account_step)trace->step));
        answer_count(answer, "points", "POINTS", trace->points);
        answer_text(answer, NULL, "FAMILIES", strbuf_text(&names));
        tell_families(answer, families);
        answer_close(answer);
        strbuf_deinit(&names);
    }
    answer_close(answer);
}

static void tell_one(struct answer *answer, const struct account_standing *standing)
{
    answer_text(answer, "user", "login", standing->user);
    answer_text(answer, "step", "step", account_step_name(standing->step));
    if (standing->step > ACCOUNT_CALM) {
        answer_time(answer, "since", "since", standing->since_us);
        answer_time(answer, "until", "until", standing->until_us);
    }
    answer_count(answer, "points", "points now", (uint64_t)standing->judgement.points);
    tell_families(answer, standing->judgement.families);
    if (!standing->has_network)
        answer_text(
            answer, "hidden", "networks",
            "not looked at: this login's mail comes from private addresses only. If that is a webmail, name it in "
            "relay.trusted_webmail, and let it say X-Originating-IP");
    tell_evidence(answer, &standing->judgement);
    tell_trace(answer, standing);
}

bool policy_query_suspect(struct policy_engine *engine, const char *user, struct answer *answer)
{
    struct account_standing standing;
    if (!has_accounts(engine, answer))
        return false;
    void *scratch = talloc_new(NULL);
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const char *name = canonical(engine, scratch, user);
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    const bool is_known = name != NULL && accounts_look(accounts, settings_of(snapshot), slice_of(name),
                                                        clock_wall_us(&engine->options.clock), &standing);
    if (is_known)
        tell_one(answer, &standing);
    account_book_release(engine->services.accounts);
    if (!is_known)
        answer_refuse(answer, "nothing is known of %s: no mail of this login was seen", user);
    policy_snapshot_unref(snapshot);
    talloc_free(scratch);
    return is_known;
}

/* ---- all of them ------------------------------------------------------------------------------------ */

struct suspect {
    char *user;
    enum account_step step;
    uint64_t points;
    int64_t since_us, until_us;
    float families[ACCOUNT_FAMILY_COUNT];
};

struct suspects {
    void *owner;
    struct suspect *items;
    size_t count;
    bool failed;
};

static void collect(void *context, const struct account_standing *standing)
{
    struct suspects *suspects = context;
    if (suspects->count == SUSPECTS_MAX || suspects->failed)
        return;
    struct suspect *suspect = &suspects->items[suspects->count];
    *suspect = (struct suspect){
        .user = talloc_strdup(suspects->owner, standing->user),
        .step = standing->step,
        .points = standing->points,
        .since_us = standing->since_us,
        .until_us = standing->until_us,
    };
    memcpy(suspect->families, standing->judgement.families, sizeof suspect->families);
    suspects->failed = suspect->user == NULL;
    suspects->count += suspect->user != NULL;
}

static int highest_first(const void *left, const void *right)
{
    const struct suspect *a = left, *b = right;
    if (a->step != b->step)
        return a->step < b->step ? 1 : -1;
    if (a->points != b->points)
        return a->points < b->points ? 1 : -1;
    return strcmp(a->user, b->user);
}

static void tell_row(struct answer *answer, const struct suspect *suspect)
{
    struct strbuf families;
    strbuf_init(&families, 0);
    account_families_list(suspect->families, &families);
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "user", "LOGIN", suspect->user);
    answer_text(answer, "step", "STEP", account_step_name(suspect->step));
    answer_count(answer, "points", "POINTS", suspect->points);
    answer_time(answer, "since", "SINCE", suspect->since_us);
    answer_time(answer, "until", "UNTIL", suspect->until_us);
    answer_text(answer, NULL, "BY", strbuf_text(&families));
    tell_families(answer, suspect->families);
    answer_close(answer);
    strbuf_deinit(&families);
}

bool policy_query_suspects(struct policy_engine *engine, struct answer *answer)
{
    if (!has_accounts(engine, answer))
        return false;
    struct suspects suspects = {.owner = talloc_new(NULL)};
    suspects.items = talloc_array(suspects.owner, struct suspect, SUSPECTS_MAX);
    suspects.failed = suspects.items == NULL;
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    if (!suspects.failed)
        accounts_each(accounts, settings_of(snapshot), clock_wall_us(&engine->options.clock), collect,
                      &suspects);
    account_book_release(engine->services.accounts);
    policy_snapshot_unref(snapshot);
    if (suspects.failed) {
        answer_refuse(answer, "out of memory");
    } else {
        qsort(suspects.items, suspects.count, sizeof *suspects.items, highest_first);
        answer_become_list(answer);
        for (size_t i = 0; i < suspects.count; i++)
            tell_row(answer, &suspects.items[i]);
        if (suspects.count == 0)
            answer_line(answer, "no login looks stolen");
    }
    const bool is_told = !suspects.failed;
    talloc_free(suspects.owner);
    return is_told;
}

/* ---- nobody's ladder any more ----------------------------------------------------------------------- */

/* Whether there was a lock, which is gone now. */
static bool lift_lock(struct policy_engine *engine, const char *user, const char *by)
{
    struct block found;
    bool failed = false;
    void *scratch = talloc_new(NULL);
    const bool is_locked = engine->services.blocks != NULL && scratch != NULL &&
                           blocks_find_lock(engine->services.blocks, user, scratch, &found, &failed);
    if (is_locked) {
        struct strbuf problem;
        strbuf_init(&problem, 0);
        const int64_t now_us = clock_wall_us(&engine->options.clock);
        blocks_put(engine->services.blocks,
                   &(struct block){.target = BLOCK_USER,
                                   .whom = user,
                                   .reason = "",
                                   .by = by,
                                   .origin = engine->host,
                                   .is_lock = true,
                                   .is_lifted = true,
                                   .since_us = now_us,
                                   .until_us = now_us},
                   &problem);
        strbuf_deinit(&problem);
    }
    talloc_free(scratch);
    return is_locked;
}

static bool forget(struct policy_engine *engine, const char *user, bool is_owner)
{
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    const bool is_known =
        accounts_forgive(accounts, slice_of(user), clock_wall_us(&engine->options.clock), is_owner);
    account_book_release(engine->services.accounts);
    return is_known;
}

static void report(struct policy_engine *engine, const char *user, const char *by, bool is_owner,
                   struct answer *answer)
{
    engine_record_event(engine, &(struct record_event){
                                    .line = RECORD_LINE_UNLOCK,
                                    .subject_kind = "user",
                                    .subject_name = user,
                                    .state = is_owner ? "forgiven" : NULL,
                                    .by = by,
                                });
    log_info("%s: user %s may send, and what spoke against it is forgotten; by %s",
             is_owner ? "forgive" : "unlock", user, by);
    answer_line(answer, "user %s may send; what spoke against it is forgotten%s", user,
                is_owner ? ", and the networks it used are its own" : "");
    answer_text(answer, "target", NULL, "user");
    answer_text(answer, "whom", NULL, user);
}

bool policy_account_forgive(struct policy_engine *engine, const char *user, const char *by, bool is_owner,
                            struct answer *answer)
{
    if (!has_accounts(engine, answer))
        return false;
    void *scratch = talloc_new(NULL);
    const char *name = canonical(engine, scratch, user);
    const bool was_locked = name != NULL && lift_lock(engine, name, by);
    const bool was_known = name != NULL && forget(engine, name, is_owner);
    if (was_locked || was_known)
        report(engine, name, by, is_owner, answer);
    else
        answer_refuse(answer,
                      "user %s is neither locked nor known: `closedrelay suspects` and `closedrelay "
                      "blocks` list who is",
                      user);
    talloc_free(scratch);
    return was_locked || was_known;
}

/* ---- what others know of it ------------------------------------------------------------------------- */

bool policy_account_feedback(struct policy_engine *engine, const struct policy_feedback *feedback,
                             struct answer *answer)
{
    struct account_judgement judgement;
    const char *found = NULL;
    if (!has_accounts(engine, answer))
        return false;
    const struct account_report report = {
        .time_us = clock_wall_us(&engine->options.clock),
        .message_id = slice_of(feedback->message_id),
        .recipient_count = feedback->recipient_count,
        .is_complaint = feedback->is_complaint,
    };
    void *scratch = talloc_new(NULL);
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    const bool is_ours = accounts_take_report(accounts, settings_of(snapshot), &report, &found, &judgement);
    const char *user = is_ours ? talloc_strdup(scratch, found) : NULL;
    account_book_release(engine->services.accounts);
    if (user != NULL) {
        account_tell(section_of(snapshot), &engine->services, user, &judgement);
        answer_line(answer, "counted for %s, which is at %.0f points", user, (double)judgement.points);
        answer_text(answer, "user", NULL, user);
        answer_count(answer, "points", NULL, (uint64_t)judgement.points);
    } else {
        answer_refuse(answer, "no login here has sent %s lately: it is forged, or too old",
                      feedback->message_id);
    }
    policy_snapshot_unref(snapshot);
    talloc_free(scratch);
    return user != NULL;
}
