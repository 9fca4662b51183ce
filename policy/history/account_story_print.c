/* The account's part of `explain LOGIN`: text, JSON, HTML of the same. */
#include "history/account_story.h"

#include "history/story.h"
#include "html/page_html.h"
#include "record/record_writer.h"

#include <stdio.h>
#include <talloc.h>

static const char TITLE[] = "The account";

/* "warn: 56 points, 52 are enough", "locked by root (uid 0)", "forgiven by root (uid 0)" */
static void append_sentence(const struct account_event *event, struct strbuf *out)
{
    const bool is_lift = strcmp(event->kind, "unlock") == 0 || strcmp(event->kind, "forgive") == 0;
    const bool is_by_hand = event->points == 0 && event->by[0] != '\0';
    if (is_lift)
        strbuf_append_text(out, strcmp(event->kind, "forgive") == 0 ? "forgiven" : "unlocked");
    else
        strbuf_append_text(out, strcmp(event->kind, "lock") == 0 ? "locked" : event->step);
    if (!is_lift && event->points > 0)
        strbuf_printf(out, ": %llu points, %llu are enough", (unsigned long long)event->points,
                      (unsigned long long)event->limit);
    if (is_lift || is_by_hand)
        strbuf_printf(out, " by %s", event->by);
    if (strcmp(event->kind, "message") == 0)
        strbuf_printf(out, " (message %s)", event->id);
}

static void append_standing(const struct account_event *standing, struct strbuf *out)
{
    const bool is_calm = strcmp(standing->step, "calm") == 0;
    strbuf_printf(out, "%s: %llu points", is_calm ? "not suspected" : standing->step,
                  (unsigned long long)standing->points);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void print_event(struct page_text *page, const char *when, const char *sentence,
                        const struct account_event *event)
{
    page_text_cell(page, slice_of(""), 2);
    page_text_cell(page, slice_of(when), 26);
    page_text_style(page, event->step[0] == '\0' ? PAGE_GOOD : PAGE_WARNING);
    page_text_append(page, sentence);
    page_text_style(page, PAGE_PLAIN);
    page_text_end_line(page);
    for (size_t i = 0; i < event->reason_count; i++) {
        struct strbuf text;
        char points[24] = "";
        strbuf_init(&text, 0);
        if (event->reasons[i].points > 0)
            snprintf(points, sizeof points, "     +%u", event->reasons[i].points);
        strbuf_printf(&text, "%s%s%s", event->reasons[i].family,
                      event->reasons[i].family[0] == '\0' ? "" : ": ", event->reasons[i].words);
        page_text_indented(page, 11, points, strbuf_slice(&text));
        strbuf_deinit(&text);
    }
}

void account_story_print_text(const struct account_story *story, struct page_text *page)
{
    struct strbuf sentence;
    void *owner = talloc_new(NULL);
    page_text_end_line(page);
    page_text_heading(page, TITLE);
    strbuf_init(&sentence, 0);
    for (size_t i = 0; i < story->event_count; i++) {
        strbuf_reset(&sentence);
        append_sentence(&story->events[i], &sentence);
        print_event(page, story_moment(owner, story->events[i].time_us), strbuf_text(&sentence),
                    &story->events[i]);
    }
    if (story->standing.step != NULL) {
        strbuf_reset(&sentence);
        append_standing(&story->standing, &sentence);
        print_event(page, "now", strbuf_text(&sentence), &story->standing);
    }
    strbuf_deinit(&sentence);
    talloc_free(owner);
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void write_time(struct json_writer *json, const char *key, int64_t time_us)
{
    char text[RECORD_TIME_BYTES];
    record_time_write(time_us, text);
    json_text(json, key, text);
}

static bool is_first_of_family(const struct account_event *event, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(event->reasons[i].family, event->reasons[index].family) == 0)
            return false;
    return event->reasons[index].family[0] != '\0';
}

static void write_event(struct json_writer *json, const struct account_event *event)
{
    json_open_object(json, NULL);
    write_time(json, "time", event->time_us);
    json_text(json, "id", event->id);
    json_text(json, "type", event->kind);
    json_text(json, "step", event->step[0] == '\0' ? NULL : event->step);
    json_u64(json, "points", event->points);
    json_u64(json, "limit", event->limit);
    json_open_array(json, "families");
    for (size_t i = 0; i < event->reason_count; i++)
        if (is_first_of_family(event, i))
            json_text(json, NULL, event->reasons[i].family);
    json_close_array(json);
    json_open_array(json, "evidence");
    for (size_t i = 0; i < event->reason_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "family", event->reasons[i].family);
        json_u64(json, "points", event->reasons[i].points);
        json_text(json, "words", event->reasons[i].words);
        json_close_object(json);
    }
    json_close_array(json);
    if (event->until_us > 0)
        write_time(json, "until", event->until_us);
    json_text(json, "by", event->by[0] == '\0' ? NULL : event->by);
    json_close_object(json);
}

void account_story_print_json(const struct account_story *story, struct json_writer *json)
{
    json_open_object(json, "account");
    json_open_array(json, "steps");
    for (size_t i = 0; i < story->event_count; i++)
        write_event(json, &story->events[i]);
    json_close_array(json);
    json_bool(json, "has_more", story->has_more);
    if (story->now.length > 0) {
        strbuf_append_text(json->out, ",\"now\":"); /* the daemon's words, which were read as JSON */
        strbuf_append_slice(json->out, story->now);
    }
    json_close_object(json);
}

/* ---- HTML ------------------------------------------------------------------------------------------- */

static void print_row(struct strbuf *out, const char *when, const char *sentence,
                      const struct account_event *event)
{
    strbuf_append_text(out, "<tr><td>");
    page_html_text(out, slice_of(when));
    strbuf_printf(out, "</td><td class=\"%s\">", event->step[0] == '\0' ? "good" : "bad");
    page_html_name(out, slice_of(sentence));
    strbuf_append_text(out, "</td><td>");
    for (size_t i = 0; i < event->reason_count; i++) {
        strbuf_append_text(out, i == 0 ? "" : "<br>");
        if (event->reasons[i].points > 0)
            strbuf_printf(out, "+%u ", event->reasons[i].points);
        page_html_name(out, slice_of(event->reasons[i].words));
    }
    strbuf_append_text(out, "</td></tr>\n");
}

void account_story_print_html(const struct account_story *story, struct strbuf *out)
{
    struct strbuf sentence;
    void *owner = talloc_new(NULL);
    strbuf_init(&sentence, 0);
    strbuf_printf(
        out,
        "<h2>%s</h2>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"left\">\n<thead><tr><th "
        "scope=\"col\">when</th><th scope=\"col\">step</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n",
        TITLE);
    for (size_t i = 0; i < story->event_count; i++) {
        strbuf_reset(&sentence);
        append_sentence(&story->events[i], &sentence);
        print_row(out, story_moment(owner, story->events[i].time_us), strbuf_text(&sentence),
                  &story->events[i]);
    }
    if (story->standing.step != NULL) {
        strbuf_reset(&sentence);
        append_standing(&story->standing, &sentence);
        print_row(out, "now", strbuf_text(&sentence), &story->standing);
    }
    strbuf_append_text(out, "</tbody></table></div>\n");
    strbuf_deinit(&sentence);
    talloc_free(owner);
}
