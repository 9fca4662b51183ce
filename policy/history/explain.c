#include "history/explain.h"

#include "base/incident_id.h"
#include "history/bounce_text.h"
#include "history/history_input.h"
#include "history/period.h"

#include <stdlib.h>
#include <talloc.h>

enum {
    ID_BEFORE_SEC = 2,   /* clocks are set back by as much */
    ID_AFTER_SEC = 7200, /* how long a message may take from MAIL to its record */
    NEAREST_SEC = 600,   /* around an id that is not there */
    NEAREST_MAX = 5,
    NEIGHBOURS_BEFORE_SEC = 43200,
    NEIGHBOURS_AFTER_SEC = 3600,
    NEIGHBOURS_MAX = 5, /* of the user, and of the client */
};

/* Lines kept of what was found, the newest of them. */
struct found {
    int64_t time_us;
    const char *line;
};

struct explaining {
    void *owner;
    const struct policy_history_source *source;
    const struct policy_explain_query *query;
    struct history_period period;
    struct found *found;
    size_t found_count, found_capacity;
    uint64_t total_count;
    struct incident_id id;
    struct history_terms terms; /* of what is no id */
    bool has_terms;
    bool failed;
};

/* ---- what was found --------------------------------------------------------------------------------- */

static int newest_first(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    return a->time_us > b->time_us ? -1 : a->time_us < b->time_us;
}

/* More than twice as many as are wanted: the older half goes. */
static void drop_oldest(struct explaining *explaining)
{
    const size_t wanted = explaining->query->top + 1U;
    if (explaining->found_count < 2 * wanted)
        return;
    qsort(explaining->found, explaining->found_count, sizeof *explaining->found, newest_first);
    for (size_t i = wanted; i < explaining->found_count; i++)
        talloc_free((void *)(uintptr_t)explaining->found[i].line);
    explaining->found_count = wanted;
}

static bool keep_record(struct explaining *explaining, const struct record *record, int64_t time_us)
{
    drop_oldest(explaining);
    if (explaining->found_count == explaining->found_capacity) {
        const size_t capacity = explaining->found_capacity == 0 ? 16 : explaining->found_capacity * 2;
        struct found *grown =
            talloc_realloc(explaining->owner, explaining->found, struct found, (unsigned)capacity);
        if (grown == NULL)
            return false;
        explaining->found = grown;
        explaining->found_capacity = capacity;
    }
    const char *line = talloc_strndup(explaining->owner, record->line.data, record->line.length);
    if (line == NULL)
        return false;
    explaining->found[explaining->found_count++] = (struct found){time_us, line};
    explaining->total_count++;
    return true;
}

/* Whether whoever asks may hear of it, and wants to: that somebody asked before is no answer. */
static bool is_told(const struct explaining *explaining, const struct record *record)
{
    if (record_line_of(record) == RECORD_LINE_LOOKUP)
        return false;
    if (!explaining->query->refusals_only)
        return true;
    return record_line_of(record) == RECORD_LINE_MESSAGE &&
           ((!record_is(record, RECORD_VERDICT, "accept") && !record_is(record, RECORD_VERDICT, "aborted")) ||
            record_u64(record, RECORD_RECIPIENTS_REFUSED) > 0);
}

static bool take_found(void *context, struct record *record, int64_t time_us)
{
    struct explaining *explaining = context;
    if (!is_told(explaining, record))
        return true;
    explaining->failed = !keep_record(explaining, record, time_us);
    return !explaining->failed;
}

static bool has_enough(void *context)
{
    const struct explaining *explaining = context;
    return explaining->found_count > explaining->query->top;
}

/* ---- by id ------------------------------------------------------------------------------------------ */

/* The first that has it: an id is there once. */
static bool take_id(void *context, struct record *record, int64_t time_us)
{
    struct explaining *explaining = context;
    const struct slice id = record->values[RECORD_ID].text;
    if (!slice_equal_nocase(id, slice_of(explaining->id.text)))
        return true;
    if (is_told(explaining, record))
        explaining->failed = !keep_record(explaining, record, time_us);
    return false;
}

static bool find_id(struct explaining *explaining, struct strbuf *problem)
{
    struct history_input input;
    const int64_t second_us = incident_id_seconds(&explaining->id) * 1000000;
    if (!history_input_open(&input, explaining->owner, explaining->source, problem))
        return false;
    const bool is_read =
        history_scan(&input, second_us - ID_BEFORE_SEC * INT64_C(1000000),
                     second_us + ID_AFTER_SEC * INT64_C(1000000), take_id, explaining, problem);
    if (is_read)
        history_input_finish(&input);
    return is_read;
}

static unsigned difference(const char *a, struct slice b)
{
    unsigned count = 0;
    for (size_t i = 0; i < INCIDENT_ID_LENGTH; i++)
        count += i >= b.length || ascii_lower(b.data[i]) != a[i];
    return count;
}

struct nearest {
    struct explaining *explaining;
    struct {
        uint64_t distance;
        int64_t time_us;
        const char *line;
    } best[NEAREST_MAX];
    size_t count;
};

/* Somebody misread a character or two; else it is the time that is near. */
static bool take_nearest(void *context, struct record *record, int64_t time_us)
{
    struct nearest *nearest = context;
    struct explaining *explaining = nearest->explaining;
    const int64_t away_us = time_us - incident_id_seconds(&explaining->id) * 1000000;
    const unsigned differs = difference(explaining->id.text, record->values[RECORD_ID].text);
    if (record_line_of(record) != RECORD_LINE_MESSAGE || !is_told(explaining, record))
        return true;
    const uint64_t distance =
        (uint64_t)(differs <= 2 ? 0 : 1) << 60 | (uint64_t)(away_us < 0 ? -away_us : away_us);
    if (nearest->count == NEAREST_MAX && nearest->best[NEAREST_MAX - 1].distance <= distance)
        return true;
    size_t at = nearest->count < NEAREST_MAX ? nearest->count++ : NEAREST_MAX - 1;
    for (; at > 0 && nearest->best[at - 1].distance > distance; at--)
        nearest->best[at] = nearest->best[at - 1];
    nearest->best[at].distance = distance;
    nearest->best[at].time_us = time_us;
    nearest->best[at].line = talloc_strndup(explaining->owner, record->line.data, record->line.length);
    explaining->failed = explaining->failed || nearest->best[at].line == NULL;
    return !explaining->failed;
}

static bool find_nearest(struct explaining *explaining, struct strbuf *problem)
{
    struct history_input input;
    struct nearest nearest = {.explaining = explaining};
    const int64_t second_us = incident_id_seconds(&explaining->id) * 1000000;
    if (!history_input_open(&input, explaining->owner, explaining->source, problem) ||
        !history_scan(&input, second_us - NEAREST_SEC * INT64_C(1000000),
                      second_us + NEAREST_SEC * INT64_C(1000000), take_nearest, &nearest, problem))
        return false;
    for (size_t i = 0; i < nearest.count && !explaining->failed; i++) {
        struct record record;
        explaining->failed = !record_read(slice_of(nearest.best[i].line), &record) ||
                             !keep_record(explaining, &record, nearest.best[i].time_us);
    }
    return true;
}

/* ---- by anything else ------------------------------------------------------------------------------- */

static bool find_term(struct explaining *explaining, const char *what, struct strbuf *problem)
{
    struct history_input input;
    const struct history_wanted wanted = {explaining->period.since_us, explaining->period.until_us,
                                          &explaining->terms, has_enough};
    explaining->has_terms =
        history_terms_make(explaining->owner, explaining->source, what, &explaining->terms);
    explaining->failed = !explaining->has_terms;
    if (explaining->failed)
        return true;
    if (!history_input_open(&input, explaining->owner, explaining->source, problem) ||
        !history_find(&input, &wanted, take_found, explaining, problem))
        return false;
    history_input_finish(&input);
    return true;
}

/* A bounce of another server's has no id of ours, but names the message. */
static bool find_bounced(struct explaining *explaining, const char *text, struct strbuf *problem)
{
    struct slice names[BOUNCE_NAMES_MAX];
    const size_t count = bounce_text_names(text, names);
    bool is_read = true;
    for (size_t i = 0; i < count && is_read && !explaining->failed && explaining->found_count == 0; i++) {
        const char *name = talloc_strndup(explaining->owner, names[i].data, names[i].length);
        explaining->failed = name == NULL;
        is_read = name == NULL || find_term(explaining, name, problem);
    }
    return is_read;
}

/* ---- around it -------------------------------------------------------------------------------------- */

struct neighbours {
    struct explaining *explaining;
    struct story *story;
};

/* Keeps the last of them, the message itself left out. */
static bool add_line(struct neighbours *neighbours, struct record *record, struct story_line **lines,
                     size_t *count)
{
    struct explaining *explaining = neighbours->explaining;
    if (*lines == NULL)
        *lines = talloc_array(explaining->owner, struct story_line, NEIGHBOURS_MAX);
    if (*lines == NULL)
        return false;
    if (*count == NEIGHBOURS_MAX) {
        memmove(*lines, *lines + 1, (NEIGHBOURS_MAX - 1) * sizeof **lines);
        --*count;
    }
    return story_line_make(explaining->owner, record, explaining->query->is_masked, &(*lines)[(*count)++]);
}

static bool take_neighbour(void *context, struct record *record, int64_t time_us)
{
    struct neighbours *neighbours = context;
    struct story *story = neighbours->story;
    (void)time_us;
    if (record_is(record, RECORD_ID, story->id) || record_line_of(record) != RECORD_LINE_MESSAGE ||
        !is_told(neighbours->explaining, record))
        return true;
    bool fits = true;
    if (story->user[0] != '\0' && record_is(record, RECORD_USER, story->user))
        fits = add_line(neighbours, record, &story->user_lines, &story->user_line_count);
    record_enter(record, RECORD_CLIENT);
    if (fits && story->client[0] != '\0' && record_is(record, RECORD_CLIENT_ADDRESS, story->client))
        fits = add_line(neighbours, record, &story->client_lines, &story->client_line_count);
    return fits;
}

/* They are an extra: what goes wrong with them is not worth a word. */
static void find_neighbours(struct explaining *explaining, struct story *story)
{
    struct history_input input;
    struct strbuf problem;
    struct neighbours neighbours = {explaining, story};
    strbuf_init(&problem, 0);
    if (history_input_open(&input, explaining->owner, explaining->source, &problem))
        history_scan(&input, story->time_us - NEIGHBOURS_BEFORE_SEC * INT64_C(1000000),
                     story->time_us + NEIGHBOURS_AFTER_SEC * INT64_C(1000000), take_neighbour, &neighbours,
                     &problem);
    strbuf_deinit(&problem);
}

/* How the login that was asked for came to where it is on the ladder. */
static bool find_account(struct explaining *explaining, struct explanation *explanation,
                         struct strbuf *problem)
{
    const struct policy_explain_query *query = explaining->query;
    const int64_t lately_us = query->now_us - ACCOUNT_STORY_DAYS * INT64_C(86400) * 1000000;
    const struct account_story_query wanted = {
        .terms = &explaining->terms,
        .since_us = query->since == NULL && query->now_us > 0 ? lately_us : explaining->period.since_us,
        .until_us = explaining->period.until_us,
        .now = query->account,
    };
    if (!explaining->has_terms || query->refusals_only)
        return true;
    if (!account_story_find(explaining->owner, explaining->source, &wanted, &explanation->account, problem))
        return false;
    if (account_story_has_any(&explanation->account))
        explanation->is_nearest = false;
    return true;
}

/* ---- the answer ------------------------------------------------------------------------------------- */

static bool make_story(struct explaining *explaining, struct explanation *explanation)
{
    struct record record;
    explanation->story = talloc_zero(explaining->owner, struct story);
    if (explanation->story == NULL || !record_read(slice_of(explaining->found[0].line), &record) ||
        !story_make(explaining->owner, &record, explaining->query->is_masked, explanation->story))
        return false;
    find_neighbours(explaining, explanation->story);
    return true;
}

static bool make_list(struct explaining *explaining, struct explanation *explanation)
{
    const size_t most = explaining->query->top;
    explanation->lines = talloc_array(explaining->owner, struct story_line, (unsigned)most + 1);
    if (explanation->lines == NULL)
        return false;
    explanation->has_more = explaining->total_count > most;
    for (size_t i = 0; i < explaining->found_count && i < most; i++) {
        struct record record;
        if (!record_read(slice_of(explaining->found[i].line), &record) ||
            !story_line_make(explaining->owner, &record, explaining->query->is_masked,
                             &explanation->lines[explanation->line_count++]))
            return false;
    }
    return true;
}

static bool is_message(const char *line)
{
    struct record record;
    return record_read(slice_of(line), &record) && record_line_of(&record) == RECORD_LINE_MESSAGE;
}

/* By an incident id; else by what names the message that came back, or as the one word that it is. */
static bool find_any(struct explaining *explaining, const char *text, bool has_id, struct strbuf *problem)
{
    if (has_id && !find_id(explaining, problem))
        return false;
    if (explaining->found_count > 0 || explaining->failed)
        return true;
    if (bounce_text_is(text))
        return find_bounced(explaining, text, problem);
    /* Twelve characters may as well be a login or a queue id. */
    return find_term(explaining, text, problem);
}

static bool find(struct explaining *explaining, struct explanation *explanation, struct strbuf *problem)
{
    const char *text = bounce_text_unfold(explaining->owner, explaining->query->what);
    explanation->what = bounce_text_shorten(explaining->owner, explaining->query->what);
    explaining->failed = text == NULL || explanation->what == NULL;
    if (explaining->failed)
        return true;
    const bool has_id = incident_id_find(slice_of(text), &explaining->id);
    if (!find_any(explaining, text, has_id, problem))
        return false;
    if (explaining->found_count == 0) {
        explanation->is_nearest = true;
        if (has_id)
            explanation->what = explaining->id.text;
        return !has_id || find_nearest(explaining, problem);
    }
    qsort(explaining->found, explaining->found_count, sizeof *explaining->found, newest_first);
    return true;
}

static bool read_period(struct explaining *explaining, struct strbuf *problem)
{
    const struct policy_explain_query *query = explaining->query;
    explaining->period = (struct history_period){.since_us = INT64_MIN / 2, .until_us = INT64_MAX / 2};
    if (query->since == NULL && query->until == NULL)
        return true;
    return history_period_read(query->since == NULL ? "1970-01-02" : query->since, query->until,
                               query->now_us, &explaining->period, problem);
}

static bool answer(struct explaining *explaining, struct explanation *explanation, struct strbuf *problem)
{
    if (!read_period(explaining, problem) || !find(explaining, explanation, problem))
        return false;
    const bool is_one =
        explaining->found_count == 1 && !explanation->is_nearest && is_message(explaining->found[0].line);
    const bool is_made = !explaining->failed &&
                         (is_one ? make_story(explaining, explanation) : make_list(explaining, explanation));
    if (!is_made)
        strbuf_append_text(problem, "out of memory");
    return is_made && find_account(explaining, explanation, problem);
}

const char *explain_verdict_word(const char *verdict)
{
    static const char *const words[][2] = {{"accept", "accepted"},
                                           {"hold", "held"},
                                           {"defer", "put off"},
                                           {"reject", "refused"},
                                           {"aborted", "given up"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(verdict, words[i][0]) == 0)
            return words[i][1];
    return verdict;
}

enum policy_explain_result policy_explain(const struct policy_history_source *source,
                                          const struct policy_explain_query *query,
                                          const struct policy_history_page *page, struct strbuf *out)
{
    struct explaining explaining = {.owner = talloc_new(NULL), .source = source, .query = query};
    struct explanation explanation = {.what = query->what};
    if (explaining.owner == NULL || !answer(&explaining, &explanation, out)) {
        talloc_free(explaining.owner);
        return EXPLAIN_FAILED;
    }
    if (page->form == HISTORY_JSON)
        explain_print_json(&explanation, out);
    else if (page->form == HISTORY_HTML || page->form == HISTORY_HTML_PART)
        explain_print_html(&explanation, page->form == HISTORY_HTML_PART, out);
    else
        explain_print_text(&explanation, page, out);
    talloc_free(explaining.owner);
    return explanation.is_nearest ? EXPLAIN_NOT_FOUND : EXPLAIN_TOLD;
}
