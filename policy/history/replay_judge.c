#include "history/replay_judge.h"

#include "check/blocks.h"
#include "check/dnsbl/dnsbl.h"
#include "history/replay_compare.h"
#include "history/replay_facts.h"
#include "store/store.h"

#include <talloc.h>

enum { COUNTERS_MAX = 200000 };

struct replay_judge {
    const struct policy_snapshot *snapshot;
    const struct replay_names *names; /* whom hashes stand for; or NULL */
    int64_t now_us;                   /* the time of the present record */
    struct clock clock;
    struct store *store;
    struct check_services services;
    void *message_owner; /* of the present message */
};

/* What is put together for one message. */
struct replayed {
    struct replay_judge *judge;
    struct replay_facts facts;
    struct judgement judgement;
    void *session_slots[CHECK_COUNT_MAX];
    bool was_refused_at_mail;
};

/* ---- the judge -------------------------------------------------------------------------------------- */

static uint64_t record_monotonic_us(void *context)
{
    return (uint64_t)((const struct replay_judge *)context)->now_us;
}

static int64_t record_wall_us(void *context)
{
    return ((const struct replay_judge *)context)->now_us;
}

static int release(struct replay_judge *judge)
{
    TALLOC_FREE(judge->message_owner);
    store_destroy(judge->store);
    return 0;
}

struct replay_judge *replay_judge_create(void *owner, const struct policy_snapshot *snapshot,
                                         const struct replay_names *names)
{
    struct replay_judge *judge = talloc_zero(owner, struct replay_judge);
    if (judge == NULL)
        return NULL;
    judge->snapshot = snapshot;
    judge->names = names;
    judge->clock = (struct clock){record_monotonic_us, record_wall_us, judge};
    const struct store_memory_options options = {.clock = judge->clock,
                                                 .keys_max = {COUNTERS_MAX, COUNTERS_MAX}};
    judge->store = store_memory_create(&options);
    judge->services = (struct check_services){.clock = &judge->clock, .store = judge->store};
    talloc_set_destructor(judge, release);
    if (judge->store != NULL)
        return judge;
    talloc_free(judge);
    return NULL;
}

/* ---- what is counted --------------------------------------------------------------------------------- */

/* Counters are asked as they are at the records' time; nobody else is. */
static void gather(struct replayed *replayed, enum check_stage stage, const struct recipient *recipient)
{
    for (size_t i = 0; check_table[i] != NULL; i++) {
        const struct check *check = check_table[i];
        if (check->begin == NULL || check == &dnsbl_check || check == &blocks_check ||
            !judge_asks(&replayed->judgement, i, stage))
            continue;
        const struct check_context context = judge_context(&replayed->judgement, i, stage, recipient);
        check->begin(&context, &replayed->judge->services, &replayed->facts.message.gathered);
    }
}

static void settle(struct replayed *replayed, bool is_accepted)
{
    const struct check_ending ending = {is_accepted, &replayed->judgement.findings};
    for (size_t i = 0; check_table[i] != NULL; i++) {
        if (check_table[i]->settle == NULL || replayed->judgement.asked_stages == 0 ||
            !judge_asks(&replayed->judgement, i, (enum check_stage)check_table[i]->stages))
            continue;
        const struct check_context context = judge_context(&replayed->judgement, i, STAGE_MESSAGE, NULL);
        check_table[i]->settle(&context, &replayed->judge->services, &ending);
    }
}

/* ---- judging ---------------------------------------------------------------------------------------- */

/* True: it ends here. */
static bool judge_envelope(struct replayed *replayed)
{
    struct judgement *judgement = &replayed->judgement;
    gather(replayed, STAGE_MAIL, NULL);
    judge_mail(judgement);
    if (!judge_answers_wait(judgement) && judgement->verdict.action >= ACTION_DEFER)
        return true;
    for (size_t i = 0; i < replayed->facts.message.recipient_count; i++) {
        if (replayed->facts.message.recipients[i].action == RECIPIENT_IGNORED)
            continue;
        judge_prepare_recipient(judgement, i);
        gather(replayed, STAGE_RECIPIENT, &replayed->facts.message.recipients[i]);
        judge_recipient(judgement, i);
    }
    return false;
}

static bool any_is_taken(const struct message_facts *message)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].action == RECIPIENT_ACCEPTED ||
            message->recipients[i].action == RECIPIENT_DROPPED)
            return true;
    return false;
}

/* How it went: `*aborted` as in an outcome; `*has_rest`: the record goes as far as the judgement. */
static void judge_all(struct replayed *replayed, const char **aborted, bool *has_rest)
{
    struct judgement *judgement = &replayed->judgement;
    const char *abort_reason = replay_facts_text(&replayed->facts, RECORD_ABORT_REASON);
    *aborted = NULL;
    *has_rest = true;
    if (!judgement->is_settled)
        judge_settle(judgement);
    if (judge_envelope(replayed))
        return;
    if (abort_reason[0] != '\0' || replayed->was_refused_at_mail) {
        /* Nobody knows what would have come had it not been refused. */
        *has_rest = !replayed->was_refused_at_mail &&
                    (!record_is(replayed->facts.record, RECORD_VERDICT, "reject") &&
                             !record_is(replayed->facts.record, RECORD_VERDICT, "defer")
                         ? true
                         : !any_is_taken(&replayed->facts.message));
        *aborted = abort_reason;
        judge_unfinished(judgement);
        return;
    }
    gather(replayed, STAGE_MESSAGE, NULL);
    judge_message(judgement);
    judge_conclude(judgement);
}

bool replay_judge_message(struct replay_judge *judge, struct record *record, int64_t time_us,
                          struct replay_result *result)
{
    TALLOC_FREE(judge->message_owner);
    judge->message_owner = talloc_new(judge);
    struct replayed *replayed = talloc_zero(judge->message_owner, struct replayed);
    if (replayed == NULL)
        return false;
    judge->now_us = time_us;
    replayed->judge = judge;
    replayed->facts =
        (struct replay_facts){.record = record, .names = judge->names, .owner = judge->message_owner};
    if (!replay_facts_read(&replayed->facts))
        return false;
    judge_session(&judge->snapshot->judge, &replayed->facts.session);
    replayed->was_refused_at_mail = replayed->facts.message.recipient_count == 0;
    replayed->judgement = (struct judgement){
        .policy = &judge->snapshot->judge,
        .session = &replayed->facts.session,
        .message = &replayed->facts.message,
        .owner = replayed->facts.owner,
        .session_slots = replayed->session_slots,
        .cannot_hold = record_is(record, RECORD_MTA_CANNOT, "hold"),
        .cannot_drop = record_is(record, RECORD_MTA_CANNOT, "drop_recipients"),
    };
    const char *aborted = NULL;
    bool has_rest = true;
    if (!judge_begin(&replayed->judgement))
        return false;
    judge_all(replayed, &aborted, &has_rest);
    replay_compare(&replayed->facts, &replayed->judgement, aborted, has_rest, result);
    settle(replayed, aborted == NULL && replayed->judgement.verdict.action < ACTION_DEFER);
    return !replayed->facts.failed && !replayed->judgement.out_of_memory;
}
