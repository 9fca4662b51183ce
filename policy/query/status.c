/* What the running daemon tells of itself: `status`. */
#include "policy_query.h"

#include "base/counter.h"
#include "base/time_text.h"
#include "engine/engine.h"
#include "engine/service.h"

static uint64_t seconds_of(uint64_t ms)
{
    return ms / 1000;
}

/* ---- the daemon ------------------------------------------------------------------------------------- */

static void add_start(const struct policy_engine *engine, struct answer *answer)
{
    const uint64_t now_ms = clock_monotonic_ms(&engine->options.clock);
    char started[TIME_TEXT_BYTES];
    struct strbuf uptime;
    strbuf_init(&uptime, 0);
    time_text_utc(engine->started_us, started);
    time_text_duration(&uptime, seconds_of(now_ms - engine->started_ms));
    answer_line(answer, "closedrelay " CLOSEDRELAY_VERSION ", running since %s (%s)", started,
                strbuf_text(&uptime));
    answer_text(answer, "version", NULL, CLOSEDRELAY_VERSION);
    answer_time(answer, "started", NULL, engine->started_us);
    answer_seconds(answer, "uptime_s", NULL, seconds_of(now_ms - engine->started_ms));
    strbuf_deinit(&uptime);
}

static void add_policy(struct policy_engine *engine, struct answer *answer)
{
    char since[TIME_TEXT_BYTES];
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *snapshot = policy_snapshot_ref(engine->snapshot);
    const int64_t since_us = engine->in_force_since_us;
    pthread_mutex_unlock(&engine->lock);
    const char *mode = check_mode_name(snapshot->root->mode);
    time_text_utc(since_us, since);
    answer_words(answer, NULL, "policy", "%s, mode %s, in force since %s",
                 snapshot->path == NULL ? "built in (no configuration file)" : snapshot->path, mode, since);
    answer_text(answer, "config", NULL, snapshot->path == NULL ? "" : snapshot->path);
    answer_text(answer, "policy", NULL, snapshot->id);
    answer_text(answer, "mode", NULL, mode);
    answer_time(answer, "in_force_since", NULL, since_us);
    policy_snapshot_unref(snapshot);
}

static unsigned long long count_of(const char *name)
{
    return counter_value_of(name);
}

static void add_messages(struct answer *answer)
{
    static const char *const verdicts[] = {"accepted", "held", "deferred", "rejected", "aborted"};
    struct strbuf messages;
    strbuf_init(&messages, 0);
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        strbuf_printf(&messages, "%s%llu %s", i == 0 ? "" : ", ", count_of(verdicts[i]), verdicts[i]);
    answer_words(answer, NULL, "messages", "%s; %llu recipients refused", strbuf_text(&messages),
                 count_of("recipients_refused"));
    if (count_of("records_lost") > 0)
        answer_words(answer, NULL, "RECORDS LOST", "%llu: see the log", count_of("records_lost"));
    strbuf_deinit(&messages);
}

static void add_counters(uint64_t session_count, struct answer *answer)
{
    answer_words(answer, NULL, "sessions", "%llu open, %llu in all", (unsigned long long)session_count,
                 count_of("connections"));
    answer_count(answer, "sessions", NULL, session_count);
    add_messages(answer);
    answer_open_object(answer, "counters", NULL);
    for (const struct counter *counter = counter_first(); counter != NULL; counter = counter->next)
        answer_count(answer, counter->name, NULL, counter_value(counter));
    answer_close(answer);
}

static void add_restart(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf keys;
    strbuf_init(&keys, 0);
    policy_engine_restart_keys(engine, &keys);
    answer_text(answer, "restart_needed_for", NULL, keys.length == 0 ? NULL : strbuf_text(&keys));
    if (keys.length > 0)
        answer_words(answer, NULL, "restart", "needed for %s", strbuf_text(&keys));
    strbuf_deinit(&keys);
}

void policy_query_status(struct policy_engine *engine, uint64_t session_count, struct answer *answer)
{
    add_start(engine, answer);
    add_policy(engine, answer);
    add_restart(engine, answer);
    add_counters(session_count, answer);
    engine_tell_status(engine, answer);
    policy_query_health(engine, "ill", answer);
}
