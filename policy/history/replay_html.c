/* A replay as a page. */
#include "history/replay.h"

#include "history/explain.h"
#include "history/report_words.h"
#include "html/page_html.h"

#include <time.h>

static void begin_table(struct strbuf *out, const char *const *headings)
{
    strbuf_append_text(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"left\">\n<thead><tr>");
    for (size_t i = 0; headings[i] != NULL; i++)
        strbuf_printf(out, "<th scope=\"col\">%s</th>", headings[i]);
    strbuf_append_text(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct strbuf *out)
{
    strbuf_append_text(out, "</tbody></table></div>\n");
}

static void print_cell(struct strbuf *out, const char *text)
{
    strbuf_append_text(out, "<td>");
    page_html_name(out, slice_of(text));
    strbuf_append_text(out, "</td>");
}

static void print_number(struct strbuf *out, uint64_t number)
{
    strbuf_append_text(out, "<td>");
    report_write_count(out, number);
    strbuf_append_text(out, "</td>");
}

static void print_summary(struct strbuf *out, const struct replay *replay)
{
    strbuf_printf(out, "<p class=\"%s\">", replay->changed == 0 ? "good" : "bad");
    if (replay->changed == 0) {
        strbuf_append_text(out, "Nothing would have been otherwise.");
    } else {
        report_write_count(out, replay->changed);
        strbuf_printf(out, " %s of ", replay->changed == 1 ? "message" : "messages");
        report_write_count(out, replay->users);
        strbuf_printf(out, " %s%s would have ended otherwise.", replay->users == 1 ? "user" : "users",
                      replay->has_more_users ? " or more" : "");
    }
    strbuf_append_text(out, "</p>\n");
}

static void print_directions(struct strbuf *out, const struct replay *replay)
{
    static const char *const headings[] = {"messages", "then", "now", NULL};
    if (replay->changed == 0)
        return;
    begin_table(out, headings);
    for (int was = 0; was < REPLAY_VERDICT_COUNT; was++)
        for (int is = 0; is < REPLAY_VERDICT_COUNT; is++) {
            if (replay->directions[was][is] == 0)
                continue;
            strbuf_append_text(out, "<tr>");
            print_number(out, replay->directions[was][is]);
            print_cell(out, explain_verdict_word(replay_verdict_name((enum replay_verdict)was)));
            print_cell(out, explain_verdict_word(replay_verdict_name((enum replay_verdict)is)));
            strbuf_append_text(out, "</tr>\n");
        }
    if (replay->recipients_only > 0) {
        strbuf_append_text(out, "<tr>");
        print_number(out, replay->recipients_only);
        strbuf_append_text(out, "<td colspan=\"2\">as it was, but not to the same recipients</td></tr>\n");
    }
    end_table(out);
}

static void print_example(struct strbuf *out, const struct replay_example *example)
{
    char moment[32];
    const time_t seconds = (time_t)(example->time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(moment, sizeof moment, "%Y-%m-%d %H:%M", &local);
    strbuf_append_text(out, "<tr>");
    print_cell(out, moment);
    print_cell(out, example->id);
    print_cell(out, example->user);
    print_cell(out, example->detail);
    strbuf_append_text(out, "</tr>\n");
}

static void print_reason(struct strbuf *out, const struct replay_reason *reason)
{
    static const char *const headings[] = {"when", "id", "who", "what", NULL};
    strbuf_append_text(out, "<h2>");
    report_write_count(out, reason->messages);
    strbuf_printf(out, " %s ", reason->messages == 1 ? "message" : "messages");
    if (reason->check[0] == '\0') {
        strbuf_append_text(out, reason->is_stricter ? "changed" : "no longer stopped");
    } else {
        strbuf_append_text(out, reason->is_stricter ? "stopped by " : "no longer stopped by ");
        page_html_name(out, slice_of(reason->check));
        strbuf_append_text(out, ": ");
        page_html_name(out, slice_of(reason->reason));
    }
    strbuf_append_text(out, "</h2>\n");
    if (reason->example_count == 0)
        return;
    if (reason->examples[0].rule[0] != '\0') {
        strbuf_append_text(out, "<p>decided by <code>");
        page_html_text(out, slice_of(reason->examples[0].rule));
        strbuf_append_text(out, "</code></p>\n");
    }
    begin_table(out, headings);
    for (size_t i = 0; i < reason->example_count; i++)
        print_example(out, &reason->examples[i]);
    end_table(out);
}

static void print_gaps(struct strbuf *out, const struct replay *replay)
{
    static const char *const headings[] = {"messages", "what is not in the record", NULL};
    uint64_t told = replay->undecided + replay->skipped;
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++)
        told += replay->gaps[bit];
    if (told == 0)
        return;
    strbuf_append_text(out, "<h2>What the record cannot tell</h2>\n<p>");
    report_write_count(out, replay->undecided);
    strbuf_append_text(out, " messages are not among those above, nor known to stay as they were.</p>\n");
    begin_table(out, headings);
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++) {
        if (replay->gaps[bit] == 0)
            continue;
        strbuf_append_text(out, "<tr>");
        print_number(out, replay->gaps[bit]);
        print_cell(out, replay_gap_words(bit));
        strbuf_append_text(out, "</tr>\n");
    }
    if (replay->skipped > 0) {
        strbuf_append_text(out, "<tr>");
        print_number(out, replay->skipped);
        print_cell(out, "lines are older than version 1 of the record");
        strbuf_append_text(out, "</tr>\n");
    }
    end_table(out);
}

void replay_print_html(const struct replay *replay, struct strbuf *out)
{
    struct strbuf subtitle;
    strbuf_init(&subtitle, 0);
    report_write_count(&subtitle, replay->messages);
    strbuf_append_text(&subtitle, replay->messages == 1 ? " message" : " messages");
    if (replay->messages > 0) {
        strbuf_append_text(&subtitle, " from ");
        report_write_moment(&subtitle, replay->first_us);
        strbuf_append_text(&subtitle, " to ");
        report_write_moment(&subtitle, replay->last_us);
    }
    strbuf_printf(&subtitle, ", judged by %s", replay->config);
    page_html_begin(out, "What another policy would have done", strbuf_text(&subtitle));
    print_summary(out, replay);
    print_directions(out, replay);
    for (size_t i = 0; i < replay->reason_count; i++)
        print_reason(out, &replay->reasons[i]);
    print_gaps(out, replay);
    page_html_end(out);
    strbuf_deinit(&subtitle);
}
