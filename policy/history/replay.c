#include "history/replay.h"

#include "history/history_input.h"
#include "history/replay_names.h"
#include "history/tally.h"

#include <stdlib.h>
#include <talloc.h>

struct replaying {
    void *owner;
    const struct policy_replay_query *query;
    struct replay *replay;
    struct replay_judge *judge;
    struct tally users; /* of changed messages */
    bool failed;
};

static const char *const verdict_names[REPLAY_VERDICT_COUNT] = {"accept", "hold", "defer", "reject",
                                                                "aborted"};

const char *replay_verdict_name(enum replay_verdict verdict)
{
    return verdict_names[verdict];
}

const char *replay_gap_words(unsigned bit_number)
{
    static const char *const words[REPLAY_GAP_COUNT] = {
        "a list is asked that was not asked then",
        "the content counts, and was not looked into then",
        "it was refused early then and would go on now; the rest of it never came",
        "new recipients are limited, and whom a login knew then is not recorded",
        "a file's name was written oddly, and not all its readings are recorded",
        "names are hashed, cut or left out (audit.privacy): what is said of one of them is not applied",
    };
    return words[bit_number];
}

static enum replay_verdict verdict_of(const char *name)
{
    for (unsigned i = 0; i < REPLAY_VERDICT_COUNT; i++)
        if (strcmp(name, verdict_names[i]) == 0)
            return (enum replay_verdict)i;
    return REPLAY_ACCEPT;
}

/* ---- what changed ----------------------------------------------------------------------------------- */

static const char *copy(struct replaying *replaying, const char *text)
{
    const char *copied = talloc_strdup(replaying->owner, text);
    replaying->failed = replaying->failed || copied == NULL;
    return copied == NULL ? "" : copied;
}

/* Beyond the bound all others share the last row. */
static struct replay_reason *find_reason(struct replaying *replaying, const struct replay_result *result,
                                         bool is_stricter)
{
    struct replay *replay = replaying->replay;
    for (size_t i = 0; i < replay->reason_count; i++) {
        struct replay_reason *reason = &replay->reasons[i];
        if (reason->is_stricter == is_stricter && strcmp(reason->check, result->check) == 0 &&
            strcmp(reason->reason, result->reason) == 0)
            return reason;
    }
    if (replay->reason_count == REPLAY_REASONS_MAX)
        return &replay->reasons[REPLAY_REASONS_MAX - 1];
    struct replay_reason *added = &replay->reasons[replay->reason_count++];
    added->check = copy(replaying, result->check);
    added->reason = copy(replaying, result->reason);
    added->is_stricter = is_stricter;
    return added;
}

static void add_example(struct replaying *replaying, struct replay_reason *reason,
                        const struct replay_result *result, int64_t time_us)
{
    if (reason->example_count >= REPLAY_EXAMPLES_MAX || reason->example_count >= replaying->query->examples)
        return;
    const char *rule = result->rule_file == NULL
                           ? ""
                           : talloc_asprintf(replaying->owner, "%s:%u", result->rule_file, result->rule_line);
    reason->examples[reason->example_count++] = (struct replay_example){
        .time_us = time_us,
        .id = copy(replaying, result->id),
        .user = copy(replaying, result->user),
        .was = copy(replaying, result->was),
        .is = copy(replaying, result->is),
        .detail = copy(replaying, result->detail),
        .rule = rule == NULL ? "" : rule,
    };
}

static void add_change(struct replaying *replaying, const struct replay_result *result, int64_t time_us)
{
    struct replay *replay = replaying->replay;
    const enum replay_verdict was = verdict_of(result->was), is = verdict_of(result->is);
    const bool is_stricter = is == was ? true : is != REPLAY_ABORTED && (was == REPLAY_ABORTED || is > was);
    replay->changed++;
    replay->changed_recipients += result->changed_recipient_count;
    if (was == is)
        replay->recipients_only++;
    else
        replay->directions[was][is]++;
    if (result->user[0] != '\0' && tally_find(&replaying->users, slice_of(result->user)) == NULL)
        replaying->failed = true;
    struct replay_reason *reason = find_reason(replaying, result, is_stricter);
    reason->messages++;
    add_example(replaying, reason, result, time_us);
}

/* More answers can only make it stricter: what is refused without them is refused. */
static bool is_decided(const struct replay_result *result)
{
    const unsigned deciding = result->gaps & ~(unsigned)(REPLAY_GAP_CONTACTS | REPLAY_GAP_PRIVATE);
    return deciding == 0 || (deciding & REPLAY_GAP_REST) == 0
               ? deciding == 0 || strcmp(result->is, "reject") == 0
               : false;
}

static bool take(void *context, struct record *record, int64_t time_us)
{
    struct replaying *replaying = context;
    struct replay *replay = replaying->replay;
    struct replay_result result;
    if (record_line_of(record) != RECORD_LINE_MESSAGE)
        return true;
    if (!record_has(record, RECORD_V)) {
        replay->skipped++;
        return true;
    }
    if (!replay_judge_message(replaying->judge, record, time_us, &result)) {
        replaying->failed = true;
        return false;
    }
    replay->first_us = replay->messages++ == 0 ? time_us : replay->first_us;
    replay->last_us = time_us;
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++)
        replay->gaps[bit] += (result.gaps >> bit) & 1;
    const bool is_same_policy = record_is(record, RECORD_POLICY, replay->policy);
    const bool is_changed = strcmp(result.was, result.is) != 0 || result.changed_recipient_count > 0;
    replay->same_policy += is_same_policy;
    replay->same_policy_changed += is_same_policy && is_changed && is_decided(&result);
    if (!is_decided(&result))
        replay->undecided++;
    else if (is_changed)
        add_change(replaying, &result, time_us);
    return !replaying->failed;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static int most_first(const void *left, const void *right)
{
    const struct replay_reason *a = left, *b = right;
    return a->messages > b->messages ? -1 : a->messages < b->messages;
}

static bool read_period(const struct policy_replay_query *query, struct history_period *period,
                        struct strbuf *problem)
{
    *period = (struct history_period){.since_us = INT64_MIN / 2, .until_us = INT64_MAX / 2};
    return (query->since == NULL && query->until == NULL) ||
           history_period_read(query->since == NULL ? "1970-01-02" : query->since, query->until,
                               query->now_us, period, problem);
}

static bool replay_all(struct replaying *replaying, const struct policy_history_source *source,
                       struct strbuf *problem)
{
    struct history_input input;
    struct history_period period;
    struct replay *replay = replaying->replay;
    if (!read_period(replaying->query, &period, problem) ||
        !history_input_open(&input, replaying->owner, source, problem) ||
        !history_merge(&input, period.since_us, period.until_us, take, replaying, problem))
        return false;
    history_input_finish(&input);
    if (replaying->failed)
        strbuf_append_text(problem, "out of memory");
    replay->users = replaying->users.count;
    replay->has_more_users = replaying->users.missing_messages_max > 0 || replay->users == TALLY_ENTRIES_MAX;
    if (replay->reason_count > 0)
        qsort(replay->reasons, replay->reason_count, sizeof *replay->reasons, most_first);
    return !replaying->failed;
}

static bool begin(struct replaying *replaying, const struct policy_history_source *source,
                  const struct policy_snapshot *snapshot)
{
    replaying->replay = talloc_zero(replaying->owner, struct replay);
    replaying->judge = replay_judge_create(replaying->owner, snapshot,
                                           replay_names_create(replaying->owner, source, snapshot));
    if (replaying->replay == NULL || replaying->judge == NULL)
        return false;
    replaying->replay->config = replaying->query->new_config;
    replaying->replay->policy = snapshot->id;
    tally_init(&replaying->users, replaying->owner);
    return true;
}

enum policy_replay_result policy_replay(const struct policy_history_source *source,
                                        const struct policy_replay_query *query,
                                        const struct policy_history_page *page, struct strbuf *out)
{
    struct policy_snapshot *snapshot = policy_load(query->new_config, out);
    if (snapshot == NULL)
        return REPLAY_BAD_CONFIG;
    strbuf_reset(out); /* warnings are check's to tell */
    struct replaying replaying = {.owner = talloc_new(NULL), .query = query};
    const bool is_begun = replaying.owner != NULL && begin(&replaying, source, snapshot);
    if (!is_begun)
        strbuf_append_text(out, "out of memory");
    const bool is_done = is_begun && replay_all(&replaying, source, out);
    if (is_done && page->form == HISTORY_JSON)
        replay_print_json(replaying.replay, out);
    else if (is_done && page->form == HISTORY_HTML)
        replay_print_html(replaying.replay, out);
    else if (is_done)
        replay_print_text(replaying.replay, page, out);
    talloc_free(replaying.owner);
    policy_snapshot_unref(snapshot);
    return is_done ? REPLAY_TOLD : REPLAY_FAILED;
}
