#include "history/account_story.h"

#include "base/array.h"
#include "history/history_input.h"
#include "record/sidecar.h"

#include <stdlib.h>

/* Messages are many, and only those that met another step than the one before are told. */
enum { KEPT_MAX = 20 * ACCOUNT_STORY_EVENTS_MAX };

struct finding_story {
    void *owner;
    const struct history_terms *terms;
    struct account_story *story;
    bool failed;
    const char *last_step; /* of the last that was kept */
    int64_t last_us;
};

static bool is_meant(const struct history_terms *terms, const char *user)
{
    const uint64_t term = sidecar_term(slice_of(user));
    for (size_t i = 0; i < terms->count; i++)
        if (terms->items[i].term == term)
            return true;
    return false;
}

static bool take(void *context, struct record *record, int64_t time_us)
{
    struct finding_story *finding = context;
    struct account_story *story = finding->story;
    struct account_event event = {.kind = ""};
    void *scope = talloc_new(finding->owner);
    const bool is_message = record_line_of(record) == RECORD_LINE_MESSAGE;
    const bool is_one = scope != NULL && (is_message ? account_event_of_message : account_event_read)(
                                             scope, record, time_us, &event, &finding->failed);
    finding->failed = finding->failed || scope == NULL;
    const bool is_old_news = is_one && is_message && finding->last_step != NULL &&
                             finding->last_us <= time_us && strcmp(finding->last_step, event.step) == 0;
    if (!is_one || is_old_news || !is_meant(finding->terms, event.user)) {
        talloc_free(scope);
        return !finding->failed;
    }
    finding->failed = !array_reserve(finding->owner, story->events, story->event_count);
    if (finding->failed)
        return false;
    story->events[story->event_count++] = event;
    finding->last_step = event.step;
    finding->last_us = time_us;
    return true;
}

/* Asked behind each piece of a file, the newest first. */
static bool has_enough(void *context)
{
    struct finding_story *finding = context;
    finding->story->has_more = finding->story->event_count >= KEPT_MAX;
    return finding->story->has_more;
}

static int oldest_first(const void *left, const void *right)
{
    const struct account_event *a = left, *b = right;
    return a->time_us < b->time_us ? -1 : a->time_us > b->time_us;
}

/* Leaves messages out that met the step that was told before. */
static void reduce(struct account_story *story)
{
    const char *step = "";
    size_t kept = 0;
    if (story->event_count > 0)
        qsort(story->events, story->event_count, sizeof *story->events, oldest_first);
    for (size_t i = 0; i < story->event_count; i++) {
        const struct account_event *event = &story->events[i];
        const bool is_news = strcmp(event->kind, "message") != 0 || strcmp(event->step, step) != 0;
        step = event->step;
        if (is_news)
            story->events[kept++] = *event;
    }
    story->event_count = kept;
    if (kept > ACCOUNT_STORY_EVENTS_MAX) {
        memmove(story->events, story->events + (kept - ACCOUNT_STORY_EVENTS_MAX),
                ACCOUNT_STORY_EVENTS_MAX * sizeof *story->events);
        story->event_count = ACCOUNT_STORY_EVENTS_MAX;
        story->has_more = true;
    }
}

/* ---- now -------------------------------------------------------------------------------------------- */

static const char *member_text(void *owner, const struct json_value *object, const char *name)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const struct json_value value = json_member(object, name);
    const struct slice text = json_read_string(&value, &scratch);
    const char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    strbuf_deinit(&scratch);
    return copy;
}

/* "evidence": [{"points":30,"words":"…"}, …] */
static bool read_evidence(void *owner, const struct json_value *list, struct account_event *standing)
{
    struct json_cursor cursor = json_enter(list);
    struct json_value item;
    while (json_next(&cursor, NULL, &item)) {
        uint64_t points = 0;
        const struct json_value number = json_member(&item, "points");
        json_read_u64(&number, &points);
        struct account_reason reason = {.family = member_text(owner, &item, "family"),
                                        .points = (unsigned)points,
                                        .words = member_text(owner, &item, "words")};
        if (reason.family == NULL || reason.words == NULL ||
            !array_reserve(owner, standing->reasons, standing->reason_count))
            return false;
        standing->reasons[standing->reason_count++] = reason;
    }
    return true;
}

/* What is no answer to the question leaves nothing. False: out of memory. */
static bool read_now(void *owner, struct slice now, struct account_story *story)
{
    struct json_value object = {.kind = JSON_KIND_OBJECT, .text = slice_trim(now)};
    struct json_cursor cursor = json_enter_line(now);
    struct json_value key, value;
    while (json_next(&cursor, &key, &value))
        ;
    if (!json_is_whole(&cursor))
        return true;
    const struct json_value evidence = json_member(&object, "evidence"),
                            points = json_member(&object, "points");
    struct account_event *standing = &story->standing;
    story->now = object.text;
    standing->step = member_text(owner, &object, "step");
    json_read_u64(&points, &standing->points);
    return standing->step != NULL && read_evidence(owner, &evidence, standing);
}

bool account_story_find(void *owner, const struct policy_history_source *source,
                        const struct account_story_query *query, struct account_story *story,
                        struct strbuf *problem)
{
    struct history_input input;
    struct finding_story finding = {.owner = owner, .terms = query->terms, .story = story};
    const struct history_wanted wanted = {query->since_us, query->until_us, query->terms, has_enough};
    if (!history_input_open(&input, owner, source, problem) ||
        !history_find(&input, &wanted, take, &finding, problem))
        return false;
    if (finding.failed || (query->now.length > 0 && !read_now(owner, query->now, story))) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    reduce(story);
    return true;
}

bool account_story_has_any(const struct account_story *story)
{
    const bool has_step = story->standing.step != NULL && strcmp(story->standing.step, "calm") != 0;
    return story->event_count > 0 || has_step || story->standing.reason_count > 0;
}
