#include "notices/notice.h"

#include "base/json_writer.h"
#include "base/time_text.h"

#include <inttypes.h>

static const struct {
    const char *name, *text;
} kinds[NOTICE_KIND_COUNT] = {
    [NOTICE_LIST] = {"list", "a DNS list is suspended, or asked again"},
    [NOTICE_RECORDS] = {"record_lost", "records are being lost, or are written again"},
    [NOTICE_DISK] = {"disk_low", "the record's disk is nearly full"},
    [NOTICE_TABLE] = {"table", "the file of a list shrank, or cannot be read: the former content stays"},
    [NOTICE_RELOAD] = {"reload_refused", "a new configuration has errors: the former one stays"},
    [NOTICE_STORE] = {"store", "the shared counters are away, or back"},
    [NOTICE_LIMIT] = {"limit", "a limit of `rates` was filled up to its mark (`warn`)"},
    [NOTICE_WARN] = {"warn", "an account looks stolen"},
    [NOTICE_LOCK] = {"lock", "an account was locked"},
    [NOTICE_UNLOCK] = {"unlock", "a locked account was opened again"},
    [NOTICE_BLOCK] = {"block", "somebody was blocked by hand"},
    [NOTICE_UNBLOCK] = {"unblock", "such a block was lifted"},
};

const char *notice_kind_name(enum notice_kind kind)
{
    return kinds[kind].name;
}

const char *notice_kind_text(enum notice_kind kind)
{
    return kinds[kind].text;
}

static bool is_text(const char *text, const char *expected)
{
    return text != NULL && strcmp(text, expected) == 0;
}

/* Of RECORD_LINE_WARN: whom it is about tells what it is. */
static enum notice_kind warning_kind(const struct record_event *event)
{
    if (is_text(event->subject_kind, "disk"))
        return NOTICE_DISK;
    return is_text(event->subject_kind, "limit") ? NOTICE_LIMIT : NOTICE_WARN;
}

enum notice_kind notice_kind_of(const struct record_event *event)
{
    switch (event->line) {
    case RECORD_LINE_LIST:
        return NOTICE_LIST;
    case RECORD_LINE_LOST:
        return NOTICE_RECORDS;
    case RECORD_LINE_WARN:
        return warning_kind(event);
    case RECORD_LINE_TABLE:
        return is_text(event->state, "loaded") ? NOTICE_NONE : NOTICE_TABLE;
    case RECORD_LINE_RELOAD_REFUSED:
        return NOTICE_RELOAD;
    case RECORD_LINE_STORE:
        return NOTICE_STORE;
    case RECORD_LINE_LOCK:
        return NOTICE_LOCK;
    case RECORD_LINE_UNLOCK:
        return NOTICE_UNLOCK;
    case RECORD_LINE_BLOCK:
        return NOTICE_BLOCK;
    case RECORD_LINE_UNBLOCK:
        return NOTICE_UNBLOCK;
    default:
        return NOTICE_NONE;
    }
}

/* ---- words ------------------------------------------------------------------------------------------ */

static const char *or_nothing(const char *text)
{
    return text == NULL ? "" : text;
}

/* ": REASON", its first line. */
static void append_reason(struct strbuf *out, const char *reason)
{
    if (reason == NULL || reason[0] == '\0')
        return;
    strbuf_append_text(out, ": ");
    strbuf_append(out, reason, strcspn(reason, "\n"));
}

static void append_until(struct strbuf *out, const struct record_event *event)
{
    char time[TIME_TEXT_BYTES];
    if (event->until_us == 0 || event->until_us == INT64_MAX)
        return;
    time_text_utc(event->until_us, time);
    strbuf_printf(out, " until %s", time);
}

static void append_by(struct strbuf *out, const struct record_event *event)
{
    if (event->by != NULL)
        strbuf_printf(out, " (by %s)", event->by);
}

/* "user ann@example.com" */
static void append_subject(struct strbuf *out, const struct record_event *event)
{
    strbuf_printf(out, "%s %s", or_nothing(event->subject_kind), or_nothing(event->subject_name));
}

static void write_list(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    if (!is_text(event->state, "suspended")) {
        strbuf_printf(text, "The DNS list %s is asked again.", or_nothing(event->zone));
        return;
    }
    strbuf_printf(text, "The DNS list %s is suspended", or_nothing(event->zone));
    append_reason(text, event->reason);
    strbuf_append_text(text, ". Mail is judged without it.");
    strbuf_append_text(
        todo,
        "Nothing: it is tested now and then, and asked again once it passes. `closedrelay status` shows it. "
        "Where it stays so, take it out of dnsbl.lists.");
}

static void write_records(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    if (event->count > 0) {
        strbuf_printf(text, "Records are written again; %" PRIu64 " are missing.", event->count);
        return;
    }
    strbuf_append_text(text, "Records are being lost");
    append_reason(text, event->reason);
    strbuf_append_text(text, ". What becomes of the mail meanwhile is audit.on_error.");
    strbuf_append_text(
        todo,
        "Look at the disk and the rights of audit.file; `closedrelay status --check` tells when it is over.");
}

static void write_disk(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    strbuf_printf(text, "The disk of %s is nearly full: %" PRIu64 " MB are free, fewer than %" PRIu64 " MB.",
                  or_nothing(event->subject_name), event->seen / 1000000, event->limit / 1000000);
    strbuf_append_text(todo, "Make room, or keep records for a shorter time (audit.retain).");
}

static void write_table(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    const bool is_kept = is_text(event->state, "kept");
    strbuf_printf(text, is_kept ? "The new content of %s was not taken into use" : "%s cannot be read",
                  or_nothing(event->file));
    append_reason(text, event->reason);
    strbuf_append_text(text, ". The former content stays in use.");
    strbuf_append_text(todo,
                       is_kept ? "Mend the file; or, if it is meant so: `closedrelay reload --accept-shrunk`."
                               : "Mend the file; it is read again by itself.");
}

static void write_reload(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    strbuf_append_text(text, "A reload was refused");
    append_reason(text, event->reason);
    append_by(text, event);
    strbuf_append_text(text, ". The former configuration stays in force.");
    strbuf_append_text(todo, "`closedrelay check` shows all errors; then `closedrelay reload`.");
}

static void write_store(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    const bool is_away = is_text(event->state, "away");
    strbuf_append_text(text, is_away ? "The shared store of counters is away"
                                     : "The shared store of counters is back");
    append_reason(text, is_away ? event->reason : NULL);
    strbuf_append_text(text, is_away ? ". This server counts by itself until it is back." : ".");
    if (is_away)
        strbuf_append_text(todo, "Look at the Redis or Valkey that `store` names.");
}

static void write_limit(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    strbuf_printf(text, "%s has used %" PRIu64 " of %" PRIu64 " (%s).", or_nothing(event->subject_name),
                  event->seen, event->limit, or_nothing(event->reason));
    strbuf_printf(
        todo, "`closedrelay usage %s` shows it; if the mail is not wanted, `closedrelay block %s --for 2h`.",
        or_nothing(event->subject_name), or_nothing(event->subject_name));
}

static void write_warning(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    append_subject(text, event);
    strbuf_printf(text, " looks stolen (step %s, %" PRIu64 " points)", or_nothing(event->state), event->seen);
    append_reason(text, event->reason);
    strbuf_append_byte(text, '.');
    strbuf_printf(todo,
                  "`closedrelay suspects %s` tells more; `closedrelay forgive %s` if it is the owner's mail.",
                  or_nothing(event->subject_name), or_nothing(event->subject_name));
}

static void write_lock(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    append_subject(text, event);
    strbuf_append_text(text, " is locked");
    append_until(text, event);
    append_reason(text, event->reason);
    append_by(text, event);
    strbuf_append_byte(text, '.');
    strbuf_printf(
        todo,
        "Have the password changed, then `closedrelay unlock %s`; `closedrelay forgive %s` if it was the owner's mail.",
        or_nothing(event->subject_name), or_nothing(event->subject_name));
}

static void write_block(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    append_subject(text, event);
    strbuf_append_text(text, " is blocked");
    append_until(text, event);
    append_reason(text, event->reason);
    append_by(text, event);
    strbuf_append_byte(text, '.');
    strbuf_printf(todo, "`closedrelay unblock %s` lifts it.", or_nothing(event->subject_name));
}

static void write_opened(const struct record_event *event, struct strbuf *text, struct strbuf *todo)
{
    (void)todo;
    append_subject(text, event);
    strbuf_append_text(text, " may send again");
    append_by(text, event);
    strbuf_append_byte(text, '.');
}

typedef void write_words(const struct record_event *event, struct strbuf *text, struct strbuf *todo);

static write_words *const writers[NOTICE_KIND_COUNT] = {
    [NOTICE_LIST] = write_list,     [NOTICE_RECORDS] = write_records, [NOTICE_DISK] = write_disk,
    [NOTICE_TABLE] = write_table,   [NOTICE_RELOAD] = write_reload,   [NOTICE_STORE] = write_store,
    [NOTICE_LIMIT] = write_limit,   [NOTICE_WARN] = write_warning,    [NOTICE_LOCK] = write_lock,
    [NOTICE_UNLOCK] = write_opened, [NOTICE_BLOCK] = write_block,     [NOTICE_UNBLOCK] = write_opened,
};

/* ---- the body --------------------------------------------------------------------------------------- */

void notice_write(enum notice_kind kind, const struct record_event *event, const struct notice_origin *origin,
                  struct strbuf *out)
{
    struct json_writer json;
    struct strbuf text, todo;
    char time[TIME_TEXT_BYTES];
    strbuf_init(&text, 0);
    strbuf_init(&todo, 0);
    writers[kind](event, &text, &todo);
    time_text_utc(origin->time_us, time);
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_u64(&json, "v", 1);
    json_text(&json, "event", kinds[kind].name);
    json_text(&json, "time", time);
    json_text(&json, "host", origin->host);
    json_text(&json, "id", origin->id);
    json_string(&json, "text", strbuf_slice(&text));
    json_text(&json, "todo", todo.length == 0 ? NULL : strbuf_text(&todo));
    json_close_object(&json);
    /* The line of the record is JSON already. */
    if (origin->record.length > 0 && !out->failed && out->length > 0) {
        strbuf_truncate(out, out->length - 1);
        strbuf_append_text(out, ",\"record\":");
        strbuf_append_slice(out, origin->record);
        strbuf_append_byte(out, '}');
    }
    if (text.failed || todo.failed)
        out->failed = true;
    strbuf_deinit(&text);
    strbuf_deinit(&todo);
}
