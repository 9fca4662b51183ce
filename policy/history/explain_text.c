/* A story, or a list, for a terminal. */
#include "history/explain.h"

#include "history/page_text.h"

#include <stdio.h>
#include <time.h>

enum { INDENT = 2, NAME_COLUMNS = 16, RECIPIENTS_SHOWN = 20 };

static enum page_style style_of(const char *verdict)
{
    return strcmp(verdict, "accept") == 0                                  ? PAGE_GOOD
           : strcmp(verdict, "reject") == 0                                ? PAGE_BAD
           : strcmp(verdict, "defer") == 0 || strcmp(verdict, "hold") == 0 ? PAGE_WARNING
                                                                           : PAGE_DIM;
}

static void print_heading(struct page_text *page, const char *text)
{
    page_text_end_line(page);
    page_text_heading(page, text);
}

static void print_facts(struct page_text *page, const struct story *story)
{
    print_heading(page, "Who and what");
    for (size_t i = 0; i < story->fact_count; i++) {
        char name[NAME_COLUMNS + 1];
        snprintf(name, sizeof name, "  %s", story->facts[i].name);
        page_text_indented(page, NAME_COLUMNS, name, slice_of(story->facts[i].value));
    }
}

static void print_recipients(struct page_text *page, const struct story *story)
{
    if (story->recipient_count == 0)
        return;
    print_heading(page, "Recipients");
    for (size_t i = 0; i < story->recipient_count && i < RECIPIENTS_SHOWN; i++) {
        const struct story_recipient *recipient = &story->recipients[i];
        page_text_cell(page, slice_of(""), INDENT);
        page_text_style(page, style_of(recipient->action));
        page_text_cell(page, slice_of(explain_verdict_word(recipient->action)), 10);
        page_text_style(page, PAGE_PLAIN);
        page_text_cell(page, slice_of(recipient->address), page->columns > 60 ? page->columns - 48 : 30);
        page_text_cell(page, slice_of(""), INDENT);
        page_text_cell(page, slice_of(recipient->reason), 34);
        page_text_end_line(page);
    }
    if (story->recipient_count > RECIPIENTS_SHOWN) {
        char more[64];
        snprintf(more, sizeof more, "  and %zu more", story->recipient_count - RECIPIENTS_SHOWN);
        page_text_append(page, more);
        page_text_end_line(page);
    }
}

static void print_attachments(struct page_text *page, const struct story *story)
{
    if (story->attachment_count == 0)
        return;
    print_heading(page, "Files");
    for (size_t i = 0; i < story->attachment_count && i < RECIPIENTS_SHOWN; i++) {
        const struct story_attachment *attachment = &story->attachments[i];
        const bool is_clean = strcmp(attachment->outcome, "pass") == 0;
        page_text_cell(page, slice_of(""), INDENT);
        page_text_style(page, is_clean ? PAGE_GOOD : PAGE_BAD);
        page_text_cell(page, slice_of(is_clean ? "fine" : attachment->outcome), 14);
        page_text_style(page, PAGE_PLAIN);
        page_text_cell(page, slice_of(attachment->path), page->columns - 2 * INDENT - 14);
        page_text_end_line(page);
    }
}

static void print_finding(struct page_text *page, const struct story_finding *finding)
{
    const bool is_pass = strcmp(finding->outcome, "pass") == 0,
               is_fail = strcmp(finding->outcome, "fail") == 0;
    const bool is_monitored = strcmp(finding->mode, "monitor") == 0;
    page_text_cell(page, slice_of(finding->is_cause ? ">" : ""), INDENT);
    page_text_style(page, is_pass ? PAGE_GOOD : is_fail && !is_monitored ? PAGE_BAD : PAGE_WARNING);
    page_text_cell(page,
                   slice_of(is_pass        ? "fine"
                            : is_monitored ? "only seen"
                            : is_fail      ? "failed"
                                           : "unknown"),
                   10);
    page_text_style(page, PAGE_PLAIN);
    page_text_cell(page, slice_of(finding->check), 12);
    page_text_cell(page, slice_of(""), 1);
    page_text_cell(page, slice_of(finding->reason), 26);
    page_text_cell(page, slice_of(""), 1);
    page_text_cell(page, slice_of(finding->saw), page->columns > 80 ? page->columns - 52 : 28);
    page_text_end_line(page);
}

static void print_findings(struct page_text *page, const struct story *story)
{
    if (story->finding_count == 0)
        return;
    print_heading(page, "What the checks saw");
    for (size_t i = 0; i < story->finding_count; i++)
        print_finding(page, &story->findings[i]);
    if (story->deciding[0] != '\0')
        page_text_indented(page, INDENT, "", slice_of(story->deciding));
}

static void print_remedies(struct page_text *page, const struct story *story)
{
    if (story->change_count > 0)
        print_heading(page, "What would change it");
    for (size_t i = 0; i < story->change_count; i++) {
        const char *text = story->changes[i];
        if (text[0] != ' ') {
            page_text_indented(page, 2 * INDENT, "  -", slice_of(text));
            continue;
        }
        for (struct slice rest = slice_of(text);
             rest.length > 0;) { /* configuration, to be copied as it is */
            const size_t end = slice_find(rest, '\n');
            page_text_cell(page, slice_of(""), 2 * INDENT);
            page_text_cell(page, slice_part(rest, 0, end), 400);
            page_text_end_line(page);
            rest = slice_part(rest, end + (end < rest.length), rest.length);
        }
    }
    if (story->useless_count > 0)
        print_heading(page, "What would not");
    for (size_t i = 0; i < story->useless_count; i++)
        page_text_indented(page, 2 * INDENT, "  -", slice_of(story->useless[i]));
}

/* ---- lists ------------------------------------------------------------------------------------------ */

/* `has_who`: it is not clear from the heading whose message it is. */
static void print_line(struct page_text *page, const struct story_line *line, bool has_who)
{
    char moment[32];
    const time_t seconds = (time_t)(line->time_us / 1000000);
    const bool is_message = strcmp(line->kind, "message") == 0;
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(moment, sizeof moment, "%Y-%m-%d %H:%M:%S", &local);
    page_text_cell(page, slice_of(""), INDENT);
    page_text_cell(page, slice_of(moment), 20);
    page_text_cell(page, slice_of(line->id), 13);
    page_text_style(page, style_of(line->verdict));
    page_text_cell(page, slice_of(is_message ? explain_verdict_word(line->verdict) : line->kind), 9);
    page_text_style(page, PAGE_PLAIN);
    struct strbuf rest;
    strbuf_init(&rest, 0);
    if (is_message) {
        if (has_who)
            strbuf_printf(&rest, "%s ", line->user[0] != '\0' ? line->user : line->client);
        if (line->recipient_count > 0)
            strbuf_printf(&rest, "to %s", line->recipient);
        if (line->recipient_count > 1)
            strbuf_printf(&rest, " +%zu", line->recipient_count - 1);
        if (line->why[0] != '\0')
            strbuf_printf(&rest, ": %s", line->why);
    } else {
        strbuf_printf(&rest, "%s %s %s", line->verdict, line->user[0] != '\0' ? line->user : line->client,
                      line->why);
    }
    page_text_cell(page, strbuf_slice(&rest), page->columns - 44);
    strbuf_deinit(&rest);
    page_text_end_line(page);
}

static void print_lines(struct page_text *page, const char *heading, const struct story_line *lines,
                        size_t count)
{
    if (count == 0)
        return;
    print_heading(page, heading);
    for (size_t i = 0; i < count; i++)
        print_line(page, &lines[i], false);
}

static void print_list(struct page_text *page, const struct explanation *explanation)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    if (explanation->is_nearest && explanation->line_count == 0)
        strbuf_printf(&text, "There is nothing in the record about '%s'.", explanation->what);
    else if (explanation->is_nearest)
        strbuf_printf(&text, "There is no message with the id '%s'. These are near it:", explanation->what);
    else
        strbuf_printf(&text, "%zu%s about '%s', the newest first:", explanation->line_count,
                      explanation->has_more ? " and more" : "", explanation->what);
    page_text_paragraph(page, strbuf_text(&text));
    for (size_t i = 0; i < explanation->line_count; i++)
        print_line(page, &explanation->lines[i], true);
    if (explanation->line_count > 0)
        page_text_paragraph(page, "closedrelay explain ID tells the story of one of them.");
    strbuf_deinit(&text);
}

static void print_story(struct page_text *page, const struct story *story)
{
    page_text_style(page, style_of(story->verdict));
    page_text_paragraph(page, story->sentence);
    if (story->would[0] != '\0')
        page_text_paragraph(page, story->would);
    if (story->reply[0] != '\0') {
        print_heading(page, "What the sender read");
        page_text_indented(page, INDENT, "", slice_of(story->reply));
    }
    print_facts(page, story);
    print_recipients(page, story);
    print_attachments(page, story);
    print_findings(page, story);
    print_remedies(page, story);
    print_lines(page, "The same user around that time", story->user_lines, story->user_line_count);
    print_lines(page, "The same client around that time", story->client_lines, story->client_line_count);
}

void explain_print_text(const struct explanation *explanation, const struct policy_history_page *form,
                        struct strbuf *out)
{
    struct page_text page;
    page_text_init(&page, out, form->columns < 70 ? 70 : form->columns, form->has_colour);
    if (explanation->story != NULL)
        print_story(&page, explanation->story);
    else
        print_list(&page, explanation);
    if (account_story_has_any(&explanation->account))
        account_story_print_text(&explanation->account, &page);
}
