#include "record/event_line.h"

static bool may_have(const struct record_event *event, enum record_key key)
{
    return (record_fields[key].lines & (1u << event->line)) != 0;
}

/* A key that the kind of line always has is there, be it empty. */
static void put(struct record_writer *record, const struct record_event *event, enum record_key key,
                const char *text)
{
    const bool is_due = (record_fields[key].always & (1u << event->line)) != 0;
    if (is_due || (text != NULL && text[0] != '\0' && may_have(event, key)))
        record_put_text(record, key, text == NULL ? "" : text);
}

static void put_client(struct record_writer *record, const struct record_event *event)
{
    if (!may_have(event, RECORD_CLIENT) || event->client == NULL)
        return;
    record_open(record, RECORD_CLIENT);
    record_put_text(record, RECORD_CLIENT_ADDRESS, event->client);
    record_close(record);
}

static void put_subject(struct record_writer *record, const struct record_event *event)
{
    if (!may_have(event, RECORD_SUBJECT))
        return;
    record_open(record, RECORD_SUBJECT);
    record_put_text(record, RECORD_SUBJECT_KIND, event->subject_kind);
    record_put_text(record, RECORD_SUBJECT_NAME, event->subject_name);
    record_close(record);
}

static void put_numbers(struct record_writer *record, const struct record_event *event)
{
    if (event->has_entries && may_have(event, RECORD_ENTRIES))
        record_put_u64(record, RECORD_ENTRIES, event->entries);
    if (event->has_entries_before && may_have(event, RECORD_ENTRIES_BEFORE))
        record_put_u64(record, RECORD_ENTRIES_BEFORE, event->entries_before);
    if (may_have(event, RECORD_COUNT))
        record_put_u64(record, RECORD_COUNT, event->count);
    if (event->has_numbers && may_have(event, RECORD_LIMIT)) {
        record_put_u64(record, RECORD_LIMIT, event->limit);
        record_put_u64(record, RECORD_SEEN, event->seen);
    }
}

void event_line_put_reasons(struct record_writer *record, const struct account_reason *reasons, size_t count)
{
    if (count == 0)
        return;
    record_open_list(record, RECORD_EVIDENCE);
    for (size_t i = 0; i < count; i++) {
        record_element_begin(record);
        record_put_text(record, RECORD_EVIDENCE_FAMILY, reasons[i].family);
        record_put_u64(record, RECORD_EVIDENCE_POINTS, reasons[i].points);
        record_put_text(record, RECORD_EVIDENCE_WORDS, reasons[i].words);
        record_element_end(record);
    }
    record_close(record);
}

void event_line_write(const struct record_event *event, const struct record_context *context, int64_t time_us,
                      const char *id, struct strbuf *out)
{
    const struct record_start start = {event->line, time_us, id};
    struct record_writer record;
    record_line_begin(&record, context, &start, out);
    put(&record, event, RECORD_POLICY, event->policy);
    put(&record, event, RECORD_MODE, event->mode);
    put(&record, event, RECORD_USER, event->user);
    put(&record, event, RECORD_SERVICE, event->service);
    put_client(&record, event);
    put_subject(&record, event);
    put(&record, event, RECORD_STATE, event->state);
    put(&record, event, RECORD_REASON, event->reason);
    if (event->until_us != 0 && event->until_us != INT64_MAX && may_have(event, RECORD_UNTIL))
        record_put_time(&record, RECORD_UNTIL, event->until_us);
    put(&record, event, RECORD_FILE, event->file);
    put(&record, event, RECORD_RELEASE, event->release);
    put(&record, event, RECORD_ZONE, event->zone);
    put_numbers(&record, event);
    if (may_have(event, RECORD_EVIDENCE))
        event_line_put_reasons(&record, event->reasons, event->reason_count);
    put(&record, event, RECORD_BY, event->by);
    record_line_end(&record);
}
