/* `watch`: the record as it is written, filtered, a line each. */
#include "policy_history.h"

#include "engine/engine.h"
#include "facts/ip_address.h"
#include "history/explain.h"
#include "history/page_text.h"

#include <stdlib.h>
#include <talloc.h>
#include <time.h>

struct policy_watch {
    struct policy_engine *engine;
    struct policy_watch_filter filter;
    struct ip_network client; /* where filter.client is set */
    struct record_watcher watcher;
    struct strbuf line;
};

static int release(struct policy_watch *watch)
{
    if (watch->watcher.ring != NULL)
        record_watcher_end(&watch->watcher);
    strbuf_deinit(&watch->line);
    return 0;
}

static const char *copy(struct policy_watch *watch, const char *text)
{
    return text == NULL ? NULL : talloc_strdup(watch, text);
}

struct policy_watch *policy_watch_begin(struct policy_engine *engine,
                                        const struct policy_watch_filter *filter, const char **problem)
{
    struct policy_watch *watch = engine->record_ring == NULL ? NULL : talloc_zero(NULL, struct policy_watch);
    *problem = "out of memory";
    if (watch == NULL)
        return NULL;
    watch->engine = engine;
    strbuf_init(&watch->line, 0);
    talloc_set_destructor(watch, release);
    if (filter->client != NULL && !ip_network_parse(slice_of(filter->client), &watch->client, NULL)) {
        *problem = "the client is no address or network";
        talloc_free(watch);
        return NULL;
    }
    watch->filter = (struct policy_watch_filter){copy(watch, filter->user), copy(watch, filter->client),
                                                 copy(watch, filter->check), copy(watch, filter->verdict)};
    record_watcher_begin(&watch->watcher, engine->record_ring);
    return watch;
}

void policy_watch_end(struct policy_watch *watch)
{
    talloc_free(watch);
}

/* ---- filter ----------------------------------------------------------------------------------------- */

/* Whether `wanted` stands in the record, as audit.privacy writes it, as the value of `key`. */
static bool is_as_written(const struct policy_watch *watch, const struct record *record, enum record_key key,
                          const char *wanted)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(watch->engine);
    struct record_privacy_line line;
    struct strbuf written, scratch;
    int64_t time_us = 0;
    strbuf_init(&written, 0);
    strbuf_init(&scratch, 0);
    record_time(record, RECORD_TIME, &time_us);
    struct slice expected = slice_of(wanted);
    if (snapshot->record_context.privacy != NULL) {
        record_privacy_begin(snapshot->record_context.privacy, time_us, &line);
        expected = record_privacy_apply(&line, record_fields[key].privacy, expected, &written);
    }
    const bool is_equal =
        expected.length > 0 && slice_equal_nocase(record_text(record, key, &scratch), expected);
    strbuf_deinit(&written);
    strbuf_deinit(&scratch);
    policy_snapshot_unref(snapshot);
    return is_equal;
}

/* "ann@example.com", or "@example.com" for all of a domain. */
static bool is_user(const struct policy_watch *watch, const struct record *record, enum record_key key)
{
    struct strbuf scratch;
    const struct slice wanted = slice_of(watch->filter.user);
    if (wanted.length == 0 || wanted.data[0] != '@')
        return is_as_written(watch, record, key, watch->filter.user);
    strbuf_init(&scratch, 0);
    const bool is_wanted = slice_ends_nocase(record_text(record, key, &scratch), wanted);
    strbuf_deinit(&scratch);
    return is_wanted;
}

static bool is_client(const struct policy_watch *watch, struct record *record)
{
    struct ip_address address;
    record_enter(record, RECORD_CLIENT);
    return (ip_address_parse(record->values[RECORD_CLIENT_ADDRESS].text, &address) &&
            ip_network_contains(&watch->client, &address)) ||
           is_as_written(watch, record, RECORD_CLIENT_ADDRESS, watch->filter.client);
}

/* It had something to say, monitored or not. */
static bool has_check(const struct policy_watch *watch, struct record *record)
{
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor))
        if (!record_is(record, RECORD_FINDING_OUTCOME, "pass") &&
            record_is(record, RECORD_FINDING_CHECK, watch->filter.check))
            return true;
    return false;
}

/* Checks and verdicts are of messages alone. */
static bool is_wanted_event(const struct policy_watch *watch, struct record *record)
{
    const struct policy_watch_filter *filter = &watch->filter;
    record_enter(record, RECORD_SUBJECT);
    return filter->check == NULL && filter->verdict == NULL &&
           (filter->user == NULL || is_user(watch, record, RECORD_USER) ||
            is_user(watch, record, RECORD_SUBJECT_NAME)) &&
           (filter->client == NULL || is_client(watch, record));
}

static bool is_wanted(const struct policy_watch *watch, struct record *record)
{
    const struct policy_watch_filter *filter = &watch->filter;
    if (record_line_of(record) != RECORD_LINE_MESSAGE)
        return is_wanted_event(watch, record);
    return (filter->user == NULL || is_user(watch, record, RECORD_USER)) &&
           (filter->client == NULL || is_client(watch, record)) &&
           (filter->check == NULL || has_check(watch, record)) &&
           (filter->verdict == NULL || record_is(record, RECORD_VERDICT, filter->verdict));
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static enum page_style style_of(const char *verdict)
{
    return strcmp(verdict, "accept") == 0   ? PAGE_GOOD
           : strcmp(verdict, "reject") == 0 ? PAGE_BAD
                                            : PAGE_WARNING;
}

/* "list suspended xbl.example: it does not answer" */
static void print_event(struct page_text *page, const struct story_line *line, struct strbuf *rest)
{
    page_text_style(page, PAGE_STRONG);
    page_text_cell(page, slice_of(line->kind), 22);
    page_text_style(page, PAGE_PLAIN);
    if (line->verdict[0] != '\0')
        strbuf_printf(rest, "%s ", line->verdict);
    if (line->client[0] != '\0')
        strbuf_printf(rest, "[%s] ", line->client);
    strbuf_printf(rest, "%s%s%s", line->user, line->why[0] == '\0' ? "" : ": ", line->why);
}

static void print_message(struct page_text *page, const struct story_line *line, struct strbuf *rest)
{
    page_text_style(page, style_of(line->verdict));
    page_text_cell(page, slice_of(explain_verdict_word(line->verdict)), 9);
    page_text_style(page, PAGE_PLAIN);
    page_text_cell(page, slice_of(line->id), 13);
    if (line->user[0] != '\0')
        strbuf_printf(rest, "%s ", line->user);
    strbuf_printf(rest, "[%s] from <%s> to %s", line->client, line->sender,
                  line->recipient_count == 0 ? "nobody" : line->recipient);
    if (line->recipient_count > 1)
        strbuf_printf(rest, " +%zu", line->recipient_count - 1);
    if (line->why[0] != '\0')
        strbuf_printf(rest, ": %s", line->why);
}

/* "10:41:03 refused  id  ann@example.com [192.0.2.7] to bob@example.net +2: attachments blocked" */
static void print_line(struct page_text *page, const struct story_line *line)
{
    char moment[16];
    const time_t seconds = (time_t)(line->time_us / 1000000);
    struct strbuf rest;
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(moment, sizeof moment, "%H:%M:%S ", &local);
    page_text_append(page, moment);
    strbuf_init(&rest, 0);
    if (strcmp(line->kind, "message") == 0)
        print_message(page, line, &rest);
    else
        print_event(page, line, &rest);
    page_text_append(page, strbuf_text(&rest));
    strbuf_deinit(&rest);
    page_text_end_line(page);
}

static void print(struct policy_watch *watch, struct record *record, const struct policy_history_page *form,
                  struct strbuf *out)
{
    struct story_line line;
    struct page_text page;
    if (form->form == HISTORY_JSON) {
        strbuf_append_slice(out, strbuf_slice(&watch->line));
        strbuf_append_byte(out, '\n');
        return;
    }
    void *owner = talloc_new(watch);
    page_text_init(&page, out, form->columns, form->has_colour);
    if (owner != NULL && story_line_make(owner, record, false, &line))
        print_line(&page, &line);
    talloc_free(owner);
}

static void report_lost(uint64_t lost, const struct policy_history_page *form, struct strbuf *out)
{
    if (lost > 0 && form->form == HISTORY_JSON)
        strbuf_printf(out, "{\"type\":\"watch_lost\",\"count\":%llu}\n", (unsigned long long)lost);
    else if (lost > 0)
        strbuf_printf(out, "-- %llu lines were lost here: they came faster than they could be shown\n",
                      (unsigned long long)lost);
}

void policy_watch_next(struct policy_watch *watch, unsigned wait_ms, const struct policy_history_page *form,
                       struct strbuf *out)
{
    struct record record;
    uint64_t lost = 0;
    const bool has_line = record_watcher_next(&watch->watcher, wait_ms, &watch->line, &lost);
    report_lost(lost, form, out);
    if (has_line && record_read(strbuf_slice(&watch->line), &record) && is_wanted(watch, &record))
        print(watch, &record, form, out);
}
