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

/* Whether "FAMILY +N: " stands at the beginning; then how long that is. */
static size_t read_label(struct slice text, const char **family, unsigned *points)
{
    enum { DIGITS_MAX = 4 };
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++) {
        const char *name = account_family_name((enum account_family)i);
        size_t at = strlen(name), from;
        if (text.length < at + 2 || memcmp(text.data, name, at) != 0 || memcmp(text.data + at, " +", 2) != 0)
            continue;
        *points = 0;
        for (from = at += 2; at < text.length && at < from + DIGITS_MAX && ascii_is_digit(text.data[at]);
             at++)
            *points = 10 * *points + (unsigned)(text.data[at] - '0');
        if (at == from || at + 2 > text.length || memcmp(text.data + at, ": ", 2) != 0)
            return 0;
        *family = name;
        return at + 2;
    }
    return 0;
}

/* The end of the reason that begins the text: another label, or all of it. */
static size_t end_of_reason(struct slice text)
{
    const char *family;
    unsigned points;
    for (size_t i = 0; i + 2 <= text.length; i++)
        if (memcmp(text.data + i, "; ", 2) == 0 &&
            read_label(slice_part(text, i + 2, text.length), &family, &points) > 0)
            return i;
    return text.length;
}

static void read_reasons(void *owner, struct slice text, struct account_event *event, bool *failed)
{
    while (text.length > 0) {
        struct account_reason reason = {.family = ""};
        text = slice_part(text, read_label(text, &reason.family, &reason.points), text.length);
        const size_t end = end_of_reason(text);
        reason.words = keep(owner, slice_part(text, 0, end), failed);
        if (*failed || !array_reserve(owner, event->reasons, event->reason_count)) {
            *failed = true;
            return;
        }
        event->reasons[event->reason_count++] = reason;
        text = slice_part(text, end + 2 < text.length ? end + 2 : text.length, text.length);
    }
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
    struct strbuf scratch;
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
    strbuf_init(&scratch, 0);
    if (event->step[0] != '\0')
        read_reasons(owner, record_text(record, RECORD_REASON, &scratch), event, failed);
    strbuf_deinit(&scratch);
    return !*failed;
}

bool account_event_of_message(void *owner, struct record *record, int64_t time_us,
                              struct account_event *event, bool *failed)
{
    struct strbuf scratch;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    *event = (struct account_event){.time_us = time_us, .kind = "message", .by = ""};
    strbuf_init(&scratch, 0);
    while (event->step == NULL && record_next(record, RECORD_FINDINGS, &cursor)) {
        if (!record_is(record, RECORD_FINDING_CHECK, "account"))
            continue;
        event->step = text_of(owner, record, RECORD_FINDING_REASON, failed);
        event->points = record_u64(record, RECORD_FINDING_SEEN);
        event->limit = record_u64(record, RECORD_FINDING_LIMIT);
        read_reasons(owner, record_text(record, RECORD_FINDING_DETAIL, &scratch), event, failed);
    }
    strbuf_deinit(&scratch);
    if (event->step == NULL)
        return false;
    event->id = text_of(owner, record, RECORD_ID, failed);
    event->user = text_of(owner, record, RECORD_USER, failed);
    return !*failed;
}
