#include "engine/observers.h"

#include "base/counter.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "outcome/outcome_counters.h"
#include "policy_session.h"
#include "record/audit_line.h"
#include "record/audit_short_line.h"

COUNTER(records_lost, "records_lost", "records_lost_total", "",
        "Messages whose record could not be written.");
COUNTER(deferred_unrecorded, "deferred_unrecorded", "deferred_unrecorded_total", "",
        "Messages deferred for no other reason than that their record could not be written.");

/* ---- audit ------------------------------------------------------------------------------------------ */

static bool keep_line(const struct publication *publication, struct strbuf *line)
{
    const struct policy_engine_options *options = &publication->engine->options;
    struct audit_file *file = publication->snapshot->audit;
    if (options->record != NULL) {
        const struct policy_record record = {publication->outcome, strbuf_slice(line)};
        return !line->failed && options->record(options->record_context, &record);
    }
    if (file == NULL)
        return true;
    strbuf_append_byte(line, '\n');
    const bool is_written = !line->failed && audit_file_write(file, strbuf_slice(line));
    engine_note_written(publication->engine, is_written);
    return is_written;
}

/* What is said of the loss is the audit file's. */
static void record_is_lost(const struct publication *publication)
{
    struct outcome *outcome = publication->outcome;
    counter_add(&records_lost, 1);
    const struct verdict_question question = {
        .id = &outcome->message->id,
        .words = {.replies = config_document_settings(publication->snapshot->document, SECTION_REPLIES,
                                                      outcome->message->role),
                  .is_utf8 = outcome->message->is_smtputf8,
                  .user = outcome->message->user},
    };
    *publication->answer =
        verdict_unrecorded(outcome->verdict, publication->snapshot->audit_settings->on_error, &question);
    outcome->answer = publication->answer;
    if (outcome->answer->action != outcome->verdict->action)
        counter_add(&deferred_unrecorded, 1);
}

static void keep_record(const struct publication *publication)
{
    struct strbuf line;
    strbuf_init(&line, 0);
    audit_line_write(publication->outcome, &publication->snapshot->record_context, &line);
    record_ring_put(publication->engine->record_ring, strbuf_slice(&line));
    if (!keep_line(publication, &line))
        record_is_lost(publication);
    strbuf_deinit(&line);
}

/* ---- the others ------------------------------------------------------------------------------------- */

static void log_short_line(const struct publication *publication)
{
    struct strbuf line;
    if (!publication->snapshot->daemon.syslog || publication->engine->options.record != NULL)
        return;
    strbuf_init(&line, 0);
    audit_short_line_write(publication->outcome, publication->snapshot->record_context.privacy, &line);
    log_info_text(strbuf_text(&line));
    strbuf_deinit(&line);
}

static void count(const struct publication *publication)
{
    outcome_count(publication->outcome);
}

/* ---- the table -------------------------------------------------------------------------------------- */

static const struct outcome_observer {
    const char *name;
    void (*observe)(const struct publication *publication);
} observers[] = {
    {"audit", keep_record}, /* the first: without a record the answer may be another */
    {"syslog", log_short_line},
    {"counters", count},
};

void engine_publish(const struct publication *publication)
{
    publication->outcome->answer = publication->outcome->verdict;
    for (size_t i = 0; i < sizeof observers / sizeof observers[0]; i++)
        observers[i].observe(publication);
}
