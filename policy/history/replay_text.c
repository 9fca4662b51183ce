/* A replay for a terminal. */
#include "history/replay.h"

#include "history/explain.h"
#include "history/page_text.h"
#include "history/report_words.h"

#include <stdio.h>
#include <time.h>

enum { INDENT = 2, USER_COLUMNS = 31, DETAIL_COLUMNS_MIN = 40 };

static void append_count(struct strbuf *text, uint64_t count, const char *one, const char *many)
{
    report_write_count(text, count);
    strbuf_printf(text, " %s", count == 1 ? one : many);
}

static void print_summary(struct page_text *page, const struct replay *replay, struct strbuf *text)
{
    strbuf_reset(text);
    append_count(text, replay->messages, "message", "messages");
    if (replay->messages > 0) {
        strbuf_append_text(text, " from ");
        report_write_moment(text, replay->first_us);
        strbuf_append_text(text, " to ");
        report_write_moment(text, replay->last_us);
    }
    strbuf_printf(text, ", judged by %s:", replay->config);
    page_text_paragraph(page, strbuf_text(text));
    strbuf_reset(text);
    if (replay->changed == 0) {
        strbuf_append_text(text, "nothing would have been otherwise.");
    } else {
        append_count(text, replay->changed, "message", "messages");
        strbuf_append_text(text, " of ");
        append_count(text, replay->users, "user", "users");
        strbuf_printf(text, "%s would have ended otherwise.", replay->has_more_users ? " or more" : "");
    }
    page_text_style(page, replay->changed == 0 ? PAGE_GOOD : PAGE_STRONG);
    page_text_paragraph(page, strbuf_text(text));
}

static void print_direction(struct page_text *page, uint64_t count, const char *words, struct strbuf *text)
{
    strbuf_reset(text);
    report_write_count(text, count);
    page_text_number(page, strbuf_text(text), 12);
    page_text_cell(page, slice_of(""), INDENT);
    page_text_append(page, words);
    page_text_end_line(page);
}

static void print_directions(struct page_text *page, const struct replay *replay, struct strbuf *text)
{
    char words[80];
    for (int was = 0; was < REPLAY_VERDICT_COUNT; was++)
        for (int is = 0; is < REPLAY_VERDICT_COUNT; is++) {
            if (replay->directions[was][is] == 0)
                continue;
            snprintf(words, sizeof words, "%s then, %s now",
                     explain_verdict_word(replay_verdict_name((enum replay_verdict)was)),
                     explain_verdict_word(replay_verdict_name((enum replay_verdict)is)));
            print_direction(page, replay->directions[was][is], words, text);
        }
    if (replay->recipients_only > 0)
        print_direction(page, replay->recipients_only, "went on as they did, but not to the same recipients",
                        text);
}

static void print_example(struct page_text *page, const struct replay_example *example)
{
    char moment[32];
    const time_t seconds = (time_t)(example->time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(moment, sizeof moment, "%Y-%m-%d %H:%M", &local);
    page_text_cell(page, slice_of(""), 2 * INDENT);
    page_text_cell(page, slice_of(moment), 17);
    page_text_cell(page, slice_of(example->id), 13);
    const unsigned left = page->columns - (2 * INDENT + 17 + 13);
    const bool fits = left >= USER_COLUMNS + DETAIL_COLUMNS_MIN;
    page_text_cell(page, slice_of(example->user), fits ? USER_COLUMNS - 1 : left);
    if (fits) {
        page_text_cell(page, slice_of(""), 1);
        page_text_cell(page, slice_of(example->detail), left - USER_COLUMNS);
    }
    page_text_end_line(page);
    if (!fits && example->detail[0] != '\0')
        page_text_indented(page, 2 * INDENT + 17, "", slice_of(example->detail));
}

static void print_reason(struct page_text *page, const struct replay_reason *reason, struct strbuf *text)
{
    page_text_end_line(page);
    strbuf_reset(text);
    append_count(text, reason->messages, "message", "messages");
    if (reason->check[0] == '\0')
        strbuf_append_text(text, reason->is_stricter ? " changed" : " no longer stopped");
    else
        strbuf_printf(text, reason->is_stricter ? " stopped by %s: %s" : " no longer stopped by %s: %s",
                      reason->check, reason->reason);
    page_text_heading(page, strbuf_text(text));
    if (reason->example_count > 0 && reason->examples[0].rule[0] != '\0') {
        strbuf_reset(text);
        strbuf_printf(text, "decided by %s", reason->examples[0].rule);
        page_text_indented(page, INDENT, "", strbuf_slice(text));
    }
    for (size_t i = 0; i < reason->example_count; i++)
        print_example(page, &reason->examples[i]);
    if (reason->messages > reason->example_count && reason->example_count > 0) {
        strbuf_reset(text);
        strbuf_append_text(text, "and ");
        append_count(text, reason->messages - reason->example_count, "more", "more");
        page_text_indented(page, 2 * INDENT, "", strbuf_slice(text));
    }
}

static void print_gaps(struct page_text *page, const struct replay *replay, struct strbuf *text)
{
    uint64_t told = replay->undecided + replay->skipped;
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++)
        told += replay->gaps[bit];
    if (told == 0)
        return;
    page_text_end_line(page);
    page_text_heading(page, "What the record cannot tell");
    if (replay->undecided > 0) {
        strbuf_reset(text);
        append_count(text, replay->undecided, "message is", "messages are");
        strbuf_append_text(text, " not among those above, nor known to stay as they were:");
        page_text_paragraph(page, strbuf_text(text));
    }
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++)
        if (replay->gaps[bit] > 0)
            print_direction(page, replay->gaps[bit], replay_gap_words(bit), text);
    if (replay->skipped > 0)
        print_direction(page, replay->skipped,
                        "lines are older than version 1 of the record, and tell too little", text);
}

void replay_print_text(const struct replay *replay, const struct policy_history_page *form,
                       struct strbuf *out)
{
    struct page_text page;
    struct strbuf text;
    strbuf_init(&text, 0);
    page_text_init(&page, out, form->columns < 70 ? 70 : form->columns, form->has_colour);
    print_summary(&page, replay, &text);
    print_directions(&page, replay, &text);
    for (size_t i = 0; i < replay->reason_count; i++)
        print_reason(&page, &replay->reasons[i], &text);
    print_gaps(&page, replay, &text);
    strbuf_deinit(&text);
}
