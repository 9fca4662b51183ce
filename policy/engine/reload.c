/* What is remembered of reloads: what a restart would change, and the last one that was refused. */
#include "base/time_text.h"
#include "config/print.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"

#include <stdlib.h>

/* Of all errors in the record; the log has them whole. */
enum { REASON_BYTES_MAX = 2000 };

bool engine_remember_start(struct policy_engine *engine, const struct policy_snapshot *snapshot)
{
    struct strbuf values;
    strbuf_init(&values, 0);
    config_document_print_restart(snapshot->document, &values);
    engine->values_at_start = values.failed ? NULL : strdup(strbuf_text(&values));
    strbuf_deinit(&values);
    return engine->values_at_start != NULL;
}

/* The next line of `rest`, which is moved behind it. */
static struct slice next_line(struct slice *rest)
{
    const size_t end = slice_find(*rest, '\n');
    const struct slice line = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end < rest->length ? end + 1 : end, rest->length);
    return line;
}

void policy_engine_restart_keys(struct policy_engine *engine, struct strbuf *keys)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    struct strbuf values;
    strbuf_init(&values, 0);
    config_document_print_restart(snapshot->document, &values);
    struct slice now = strbuf_slice(&values), then = slice_of(engine->values_at_start);
    while (now.length > 0) {
        const struct slice line = next_line(&now);
        if (!slice_equal(line, next_line(&then)))
            strbuf_printf(keys, "%s%.*s", keys->length == 0 ? "" : ", ", (int)slice_find(line, ':'),
                          line.data);
    }
    strbuf_deinit(&values);
    policy_snapshot_unref(snapshot);
}

void policy_engine_apply_now(struct policy_engine *engine)
{
    atomic_fetch_add(&engine->apply_now_count, 1);
}

static void record_refusal(struct policy_engine *engine, const char *by, struct slice problems)
{
    char *reason = strndup(problems.length == 0 ? "" : problems.data,
                           problems.length < REASON_BYTES_MAX ? problems.length : REASON_BYTES_MAX);
    engine_record_event(
        engine, &(struct record_event){.line = RECORD_LINE_RELOAD_REFUSED, .reason = reason, .by = by});
    free(reason);
}

void policy_engine_refuse_reload(struct policy_engine *engine, const char *by, struct slice problems)
{
    record_refusal(engine, by, problems);
    const struct refused_reload refused = {
        .time_us = clock_wall_us(&engine->options.clock),
        .by = strdup(by),
        .problems = strndup(problems.length == 0 ? "" : problems.data, problems.length),
    };
    pthread_mutex_lock(&engine->lock);
    engine_forget_refusal(engine);
    engine->refused_reload = refused;
    pthread_mutex_unlock(&engine->lock);
}

void engine_forget_refusal(struct policy_engine *engine)
{
    free(engine->refused_reload.by);
    free(engine->refused_reload.problems);
    engine->refused_reload = (struct refused_reload){0};
}

void engine_examine_reload(struct policy_engine *engine, const struct health_report *report)
{
    struct strbuf how;
    strbuf_init(&how, 0);
    pthread_mutex_lock(&engine->lock);
    const struct refused_reload *refused = &engine->refused_reload;
    if (refused->time_us != 0) {
        char time[TIME_TEXT_BYTES];
        const struct slice problems = slice_of(refused->problems);
        time_text_utc(refused->time_us, time);
        strbuf_printf(&how, "the one that %s asked for at %s was refused: %.*s",
                      refused->by == NULL ? "somebody" : refused->by, time, (int)slice_find(problems, '\n'),
                      problems.data);
    }
    pthread_mutex_unlock(&engine->lock);
    if (how.length > 0)
        report->tell(report->context, "reload", strbuf_text(&how));
    strbuf_deinit(&how);
}
