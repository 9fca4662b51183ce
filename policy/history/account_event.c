#include "history/account_event.h"

#include "accounts/accounts.h"
#include "base/array.h"

static const char *keep(void *owner, struct slice text, bool *failed)
{
    const char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    *failed = *failed || copy == NULL;
    return copy;
}

static const char *text_of(void *owner, const struct record *record, enum record_key key, bool *failed)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const char *copy = keep(owner, record_text(record, key, &scratch), failed);
    strbuf_deinit(&scratch);
    return copy;
}

/* ---- reasons ---------------------------------------------------------------------------------------- */

static void add_reason(void *owner, struct account_event *event, struct account_reason reason, bool *failed)
{
    *failed = *failed || !array_reserve(owner, event->reasons, event->reason_count);
    if (!*failed)
        event->reasons[event->reason_count++] = reason;
}

/* One by one as the record has them; where it has only a text, as of a lock by hand, that is the reason. */
static void read_reasons(void *owner, struct record *record, const char *text, struct account_event *event,
                         bool *failed)
{
    struct json_cursor cursor = record_begin(record, RECORD_EVIDENCE);
    while (!*failed && record_next(record, RECORD_EVIDENCE, &cursor)) {
        const char *family = text_of(owner, record, RECORD_EVIDENCE_FAMILY, failed);
        const char *words = text_of(owner, record, RECORD_EVIDENCE_WORDS, failed);
        const unsigned points = (unsigned)record_u64(record, RECORD_EVIDENCE_POINTS);
        add_reason(owner, event, (struct account_reason){family, points, words}, failed);
    }
    if (event->reason_count == 0 && text != NULL && text[0] != '\0')
        add_reason(owner, event, (struct account_reason){"", 0, text}, failed);
}

void account_event_families(const struct account_event *event, struct strbuf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < event->reason_count; i++) {
        const char *family = event->reasons[i].family;
        bool is_named = family[0] == '\0';
        for (size_t before = 0; before < i; before++)
            is_named = is_named || strcmp(event->reasons[before].family, family) == 0;
        if (!is_named)
            strbuf_printf(out, "%s%s", is_first ? "" : ", ", family);
        is_first = is_first && is_named;
    }
}

/* ---- events ----------------------------------------------------------------------------------------- */

static const char *kind_of(struct record *record)
{
    switch (record_line_of(record)) {
    case RECORD_LINE_WARN:
        return "warn";
    case RECORD_LINE_LOCK:
        return "lock";
    case RECORD_LINE_UNLOCK:
        return record_is(record, RECORD_STATE, "forgiven") ? "forgive" : "unlock";
    default:
        return NULL;
    }
}

bool account_event_read(void *owner, struct record *record, int64_t time_us, struct account_event *event,
                        bool *failed)
{
    const char *kind = kind_of(record);
    if (kind == NULL)
        return false;
    record_enter(record, RECORD_SUBJECT);
    if (!record_is(record, RECORD_SUBJECT_KIND, "user"))
        return false;
    *event = (struct account_event){.time_us = time_us, .kind = kind, .step = ""};
    event->id = text_of(owner, record, RECORD_ID, failed);
    event->user = text_of(owner, record, RECORD_SUBJECT_NAME, failed);
    event->by = text_of(owner, record, RECORD_BY, failed);
    event->points = record_u64(record, RECORD_SEEN);
    event->limit = record_u64(record, RECORD_LIMIT);
    record_time(record, RECORD_UNTIL, &event->until_us);
    if (record_line_of(record) == RECORD_LINE_WARN)
        event->step = text_of(owner, record, RECORD_STATE, failed);
    if (record_line_of(record) == RECORD_LINE_LOCK)
        event->step = "lock";
    if (event->step[0] != '\0')
        read_reasons(owner, record, text_of(owner, record, RECORD_REASON, failed), event, failed);
    return !*failed;
}

bool account_event_of_message(void *owner, struct record *record, int64_t time_us,
                              struct account_event *event, bool *failed)
{
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    const char *detail = NULL;
    *event = (struct account_event){.time_us = time_us, .kind = "message", .by = ""};
    while (event->step == NULL && record_next(record, RECORD_FINDINGS, &cursor)) {
        if (!record_is(record, RECORD_FINDING_CHECK, "account"))
            continue;
        event->step = text_of(owner, record, RECORD_FINDING_REASON, failed);
        event->points = record_u64(record, RECORD_FINDING_SEEN);
        event->limit = record_u64(record, RECORD_FINDING_LIMIT);
        detail = text_of(owner, record, RECORD_FINDING_DETAIL, failed);
    }
    if (event->step == NULL)
        return false;
    read_reasons(owner, record, detail, event, failed);
    event->id = text_of(owner, record, RECORD_ID, failed);
    event->user = text_of(owner, record, RECORD_USER, failed);
    return !*failed;
}
