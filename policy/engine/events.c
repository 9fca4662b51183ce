#include "engine/events.h"

#include "engine/engine.h"

static bool write_event(struct policy_engine *engine, const struct record_event *event)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const int64_t now_us = clock_wall_us(&engine->options.clock);
    const struct incident_id id = incident_id_new(now_us);
    struct strbuf line;
    bool is_written = true;
    strbuf_init(&line, 0);
    event_line_write(event, &snapshot->record_context, now_us, id.text, &line);
    engine_notify(engine, event, id.text, line.failed ? slice_of("") : strbuf_slice(&line));
    if (snapshot->audit != NULL) {
        record_ring_put(engine->record_ring, strbuf_slice(&line));
        strbuf_append_byte(&line, '\n');
        is_written = !line.failed && audit_file_write(snapshot->audit, strbuf_slice(&line));
    }
    strbuf_deinit(&line);
    policy_snapshot_unref(snapshot);
    return is_written;
}

bool engine_keeps_record(const struct policy_engine *engine)
{
    return !engine->options.offline && engine->options.record == NULL;
}

void engine_record_event(struct policy_engine *engine, const struct record_event *event)
{
    if (!engine_keeps_record(engine))
        return;
    engine_note_written(engine, write_event(engine, event));
}

/* Once, when it begins: the record itself cannot say it then. */
static void tell_of_loss(struct policy_engine *engine)
{
    const struct incident_id id = incident_id_new(clock_wall_us(&engine->options.clock));
    const struct record_event event = {.line = RECORD_LINE_LOST, .reason = "the file cannot be written"};
    engine_notify(engine, &event, id.text, slice_of(""));
}

void engine_note_written(struct policy_engine *engine, bool is_written)
{
    if (!is_written) {
        if (atomic_fetch_add(&engine->lost_count, 1) == 0)
            tell_of_loss(engine);
        return;
    }
    if (atomic_load_explicit(&engine->lost_count, memory_order_relaxed) == 0)
        return;
    const uint64_t count = atomic_exchange(&engine->lost_count, 0);
    const struct record_event event = {
        .line = RECORD_LINE_LOST, .reason = "the file could not be written", .count = count};
    if (count > 0 && !write_event(engine, &event))
        atomic_fetch_add(&engine->lost_count, count);
}
