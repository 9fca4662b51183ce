/* A story, or a list, for programs. */
#include "history/explain.h"

#include "base/json_writer.h"
#include "record/record_writer.h"

static void write_time(struct json_writer *json, int64_t time_us)
{
    char text[RECORD_TIME_BYTES];
    record_time_write(time_us, text);
    json_text(json, "time", text);
}

static void write_texts(struct json_writer *json, const char *key, const char *const *texts, size_t count)
{
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, texts[i]);
    json_close_array(json);
}

static void write_lines(struct json_writer *json, const char *key, const struct story_line *lines,
                        size_t count)
{
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        write_time(json, lines[i].time_us);
        json_text(json, "id", lines[i].id);
        json_text(json, "type", lines[i].kind);
        json_text(json, "verdict", lines[i].verdict);
        json_text(json, "user", lines[i].user);
        json_text(json, "client", lines[i].client);
        json_text(json, "sender", lines[i].sender);
        json_text(json, "recipient", lines[i].recipient);
        json_u64(json, "recipients", lines[i].recipient_count);
        json_text(json, "why", lines[i].why);
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_findings(struct json_writer *json, const struct story *story)
{
    json_open_array(json, "checks");
    for (size_t i = 0; i < story->finding_count; i++) {
        const struct story_finding *finding = &story->findings[i];
        json_open_object(json, NULL);
        json_text(json, "check", finding->check);
        json_text(json, "outcome", finding->outcome);
        json_text(json, "reason", finding->reason);
        json_text(json, "saw", finding->saw);
        json_text(json, "mode", finding->mode);
        json_text(json, "action", finding->action);
        json_text(json, "rule", finding->rule[0] == '\0' ? NULL : finding->rule);
        json_bool(json, "decided", finding->is_cause);
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_people(struct json_writer *json, const struct story *story)
{
    json_open_object(json, "facts");
    for (size_t i = 0; i < story->fact_count; i++)
        json_text(json, story->facts[i].name, story->facts[i].value);
    json_close_object(json);
    json_open_array(json, "recipients");
    for (size_t i = 0; i < story->recipient_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "address", story->recipients[i].address);
        json_text(json, "action", story->recipients[i].action);
        json_text(json, "reason", story->recipients[i].reason);
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_story(struct json_writer *json, const struct story *story)
{
    json_open_object(json, "story");
    json_text(json, "sentence", story->sentence);
    write_time(json, story->time_us);
    json_text(json, "id", story->id);
    json_text(json, "verdict", story->verdict);
    json_text(json, "would", story->would);
    json_text(json, "reply", story->reply[0] == '\0' ? NULL : story->reply);
    write_people(json, story);
    write_findings(json, story);
    json_text(json, "decided_by", story->deciding);
    write_texts(json, "would_change", story->changes, story->change_count);
    write_texts(json, "would_not_change", story->useless, story->useless_count);
    write_lines(json, "user_around", story->user_lines, story->user_line_count);
    write_lines(json, "client_around", story->client_lines, story->client_line_count);
    json_close_object(json);
}

void explain_print_json(const struct explanation *explanation, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "asked", explanation->what);
    json_bool(&json, "found", !explanation->is_nearest);
    if (explanation->story != NULL)
        write_story(&json, explanation->story);
    else
        write_lines(&json, explanation->is_nearest ? "nearest" : "list", explanation->lines,
                    explanation->line_count);
    if (explanation->story == NULL)
        json_bool(&json, "has_more", explanation->has_more);
    if (account_story_has_any(&explanation->account))
        account_story_print_json(&explanation->account, &json);
    json_close_object(&json);
    if (explanation->story != NULL && explanation->story->record != NULL) {
        strbuf_truncate(out, out->length - 1);
        strbuf_append_text(out, ",\"record\":");
        strbuf_append_text(out, explanation->story->record);
        strbuf_append_byte(out, '}');
    }
    strbuf_append_byte(out, '\n');
}
