/* `held`: what the policy had held and is still in the MTA's hold queue, from the record and the queue. */
#include "base/json_reader.h"
#include "history/history_input.h"

#include <talloc.h>
#include <uthash.h>

enum {
    US_PER_SECOND = 1000000,
    SHOWN_WITHOUT_QUEUE_US_DAYS = 7,
    CLOCK_DOUBT_US = 60 * US_PER_SECOND, /* the queue file is a moment older than the record's line */
};

/* What is known of a message; texts are talloc's, "" where nothing is known. */
struct held {
    const char *queue_id;
    int64_t since_us;
    const char *sender;
    uint64_t recipient_count, size_bytes;
    const char *id, *role, *user, *client;      /* of the record */
    const char *check, *reason, *detail, *host; /* likewise; check "": the policy did not hold it */
    UT_hash_handle hh;
};

struct search {
    void *owner;
    struct held *messages; /* uthash, by queue id, in the order of the queue or the record */
    bool has_queue;
    bool failed; /* memory ran out */
};

static const char *keep(struct search *search, struct slice text)
{
    const char *kept = talloc_strndup(search->owner, text.length == 0 ? "" : text.data, text.length);
    search->failed = search->failed || kept == NULL;
    return kept == NULL ? "" : kept;
}

static const char *keep_member(struct search *search, const struct json_value *object, const char *name)
{
    struct strbuf scratch;
    struct json_value value = json_member(object, name);
    strbuf_init(&scratch, 0);
    const char *kept = keep(search, json_read_string(&value, &scratch));
    strbuf_deinit(&scratch);
    return kept;
}

static struct held *add(struct search *search, const char *queue_id)
{
    struct held *held = talloc_zero(search->owner, struct held);
    if (held == NULL) {
        search->failed = true;
        return NULL;
    }
    held->queue_id = queue_id;
    held->sender = held->id = held->role = held->user = held->client = "";
    held->check = held->reason = held->detail = held->host = "";
    HASH_ADD_KEYPTR(hh, search->messages, held->queue_id, strlen(held->queue_id), held);
    return held;
}

static struct held *find(const struct search *search, struct slice queue_id)
{
    struct held *held = NULL;
    HASH_FIND(hh, search->messages, queue_id.data, queue_id.length, held);
    return held;
}

/* ---- the queue -------------------------------------------------------------------------------------------
 */

static uint64_t count_elements(const struct json_value *list)
{
    struct json_cursor cursor = json_enter(list);
    struct json_value value;
    uint64_t count = 0;
    while (json_next(&cursor, NULL, &value))
        count++;
    return count;
}

/* A line of `postqueue -j`: one message, in whatever queue. */
static void add_queue_line(struct search *search, struct slice line)
{
    const struct json_value message = {.kind = JSON_KIND_OBJECT, .text = line};
    struct json_value queue = json_member(&message, "queue_name"),
                      time = json_member(&message, "arrival_time"),
                      size = json_member(&message, "message_size"),
                      recipients = json_member(&message, "recipients");
    uint64_t arrival_sec = 0;
    if (!json_equals(&queue, "hold"))
        return;
    struct held *held = add(search, keep_member(search, &message, "queue_id"));
    if (held == NULL)
        return;
    if (json_read_u64(&time, &arrival_sec) && arrival_sec < INT64_MAX / US_PER_SECOND)
        held->since_us = (int64_t)arrival_sec * US_PER_SECOND;
    json_read_u64(&size, &held->size_bytes);
    held->sender = keep_member(search, &message, "sender");
    held->recipient_count = count_elements(&recipients);
}

static void read_queue(struct search *search, struct slice queue)
{
    for (size_t end; queue.length > 0; queue = slice_part(queue, end, queue.length)) {
        end = slice_find(queue, '\n');
        add_queue_line(search, slice_part(queue, 0, end));
        end += end < queue.length;
    }
}

static int64_t oldest(const struct search *search, int64_t now_us)
{
    int64_t since_us = now_us;
    for (const struct held *held = search->messages; held != NULL; held = held->hh.next)
        since_us = held->since_us < since_us ? held->since_us : since_us;
    return since_us;
}

/* ---- the record ------------------------------------------------------------------------------------------
 */

static const char *keep_text(struct search *search, const struct record *record, enum record_key key)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const char *kept = keep(search, record_text(record, key, &scratch));
    strbuf_deinit(&scratch);
    return kept;
}

/* The first finding that asked for it. */
static void fill_reason(struct search *search, struct record *record, struct held *held)
{
    struct json_cursor findings = record_begin(record, RECORD_FINDINGS);
    while (held->check[0] == '\0' && record_next(record, RECORD_FINDINGS, &findings))
        if (record_is(record, RECORD_FINDING_ACTION, "hold")) {
            held->check = keep_text(search, record, RECORD_FINDING_CHECK);
            held->reason = keep_text(search, record, RECORD_FINDING_REASON);
            held->detail = keep_text(search, record, RECORD_FINDING_DETAIL);
        }
}

static void fill(struct search *search, struct record *record, struct held *held)
{
    held->id = keep_text(search, record, RECORD_ID);
    held->host = keep_text(search, record, RECORD_HOST);
    held->role = keep_text(search, record, RECORD_ROLE);
    held->user = keep_text(search, record, RECORD_USER);
    if (held->sender[0] == '\0')
        held->sender = keep_text(search, record, RECORD_SENDER);
    if (held->size_bytes == 0)
        held->size_bytes = record_u64(record, RECORD_SIZE);
    record_enter(record, RECORD_CLIENT);
    held->client = keep_text(search, record, RECORD_CLIENT_ADDRESS);
    fill_reason(search, record, held);
    if (held->recipient_count > 0)
        return;
    struct json_cursor recipients = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &recipients))
        held->recipient_count += record_is(record, RECORD_RECIPIENT_ACTION, "hold");
}

/* Queue ids come again: a line that is older than the queue file is of another message. */
static bool take(void *context, struct record *record, int64_t time_us)
{
    struct search *search = context;
    struct strbuf scratch;
    if (record_line_of(record) != RECORD_LINE_MESSAGE || !record_is(record, RECORD_VERDICT, "hold"))
        return true;
    strbuf_init(&scratch, 0);
    struct slice queue_id = record_text(record, RECORD_QUEUE_ID, &scratch);
    struct held *held = find(search, queue_id);
    if (!search->has_queue && (held = add(search, keep(search, queue_id))) != NULL)
        held->since_us = time_us;
    if (held != NULL && held->id[0] == '\0' && time_us >= held->since_us - CLOCK_DOUBT_US)
        fill(search, record, held);
    strbuf_deinit(&scratch);
    return !search->failed;
}

/* ---- the answer ------------------------------------------------------------------------------------------
 */

static void report_why(const struct held *held, struct answer *answer)
{
    if (held->check[0] == '\0')
        answer_text(answer, NULL, "why", "not by the policy, or its record is gone");
    else
        answer_words(answer, NULL, "why", "%s: %s%s%s", held->check, held->reason,
                     held->detail[0] == '\0' ? "" : ", ", held->detail);
    answer_text(answer, "check", NULL, held->check[0] == '\0' ? NULL : held->check);
    answer_text(answer, "reason", NULL, held->check[0] == '\0' ? NULL : held->reason);
    answer_text(answer, "detail", NULL, held->check[0] == '\0' ? NULL : held->detail);
}

static void tell(const struct search *search, struct answer *answer)
{
    answer_open_list(answer, "held", search->messages == NULL ? NULL : "");
    for (const struct held *held = search->messages; held != NULL; held = held->hh.next) {
        answer_open_object(answer, NULL, NULL);
        answer_text(answer, "queue_id", "queue id", held->queue_id);
        answer_time(answer, "since", "since", held->since_us);
        answer_text(answer, "user", "whose", held->user[0] == '\0' ? held->client : held->user);
        answer_text(answer, "sender", "sender", held->sender);
        answer_count(answer, "recipients", "to", held->recipient_count);
        answer_count(answer, "size", NULL, held->size_bytes);
        report_why(held, answer);
        answer_text(answer, "id", "id", held->id);
        answer_text(answer, "role", NULL, held->role);
        answer_text(answer, "client", NULL, held->client);
        answer_text(answer, "host", NULL, held->host);
        answer_close(answer);
    }
    answer_close(answer);
    if (search->messages == NULL)
        answer_line(answer, "nothing is held");
    else if (search->has_queue)
        answer_line(answer, "postsuper -H QUEUE-ID lets a message go on, postsuper -d QUEUE-ID deletes it");
    else
        answer_line(answer, "held within %d days; what is still there the MTA knows (Sendmail: mailq -qQ)",
                    SHOWN_WITHOUT_QUEUE_US_DAYS);
}

bool policy_held(const struct policy_history_source *source, const struct policy_held_query *query,
                 struct answer *answer)
{
    struct search search = {.owner = talloc_new(NULL), .has_queue = query->has_queue};
    struct history_input input;
    struct strbuf problem;
    bool is_read = true;
    strbuf_init(&problem, 0);
    read_queue(&search, query->queue);
    if (!query->has_queue || search.messages != NULL) {
        const int64_t since_us =
            query->has_queue ? oldest(&search, query->now_us) - CLOCK_DOUBT_US
                             : query->now_us - (int64_t)SHOWN_WITHOUT_QUEUE_US_DAYS * 86400 * US_PER_SECOND;
        is_read = history_input_open(&input, search.owner, source, &problem) &&
                  history_scan(&input, since_us, query->now_us + CLOCK_DOUBT_US, take, &search, &problem);
        if (is_read)
            history_input_finish(&input);
    }
    if (search.failed || search.owner == NULL)
        answer_refuse(answer, "out of memory");
    else if (!is_read && !query->has_queue)
        answer_refuse(answer, "%s", strbuf_text(&problem));
    else
        tell(&search, answer);
    if (!is_read && query->has_queue)
        answer_line(answer, "the record could not be read: %s", strbuf_text(&problem));
    HASH_CLEAR(hh, search.messages);
    talloc_free(search.owner);
    strbuf_deinit(&problem);
    return !answer_is_refused(answer);
}
