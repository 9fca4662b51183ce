/* A story, or a list, as a page. */
#include "history/explain.h"

#include "html/page_html.h"

#include <talloc.h>

static const char *class_of(const char *verdict)
{
    return strcmp(verdict, "accept") == 0 ? "good" : strcmp(verdict, "reject") == 0 ? "bad" : "dim";
}

static void print_cell(struct strbuf *out, const char *text)
{
    strbuf_append_text(out, "<td>");
    page_html_name(out, slice_of(text));
    strbuf_append_text(out, "</td>");
}

static void begin_table(struct strbuf *out, const char *title, const char *class_names,
                        const char *const *headings)
{
    if (title != NULL)
        strbuf_printf(out, "<h2>%s</h2>\n", title);
    strbuf_printf(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"%s\">\n<thead><tr>", class_names);
    for (size_t i = 0; headings[i] != NULL; i++)
        strbuf_printf(out, "<th scope=\"col\">%s</th>", headings[i]);
    strbuf_append_text(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct strbuf *out)
{
    strbuf_append_text(out, "</tbody></table></div>\n");
}

static void print_verdict_cell(struct strbuf *out, const char *verdict, const char *word)
{
    strbuf_printf(out, "<td class=\"%s\">", class_of(verdict));
    page_html_text(out, slice_of(word));
    strbuf_append_text(out, "</td>");
}

/* The words of ids and addresses need no escape in a link but '&' and the like: they are percent-encoded. */
static void print_link(struct strbuf *out, const char *text)
{
    strbuf_append_text(out, "<td><a href=\"/search?q=");
    page_html_argument(out, slice_of(text));
    strbuf_append_text(out, "\">");
    page_html_name(out, slice_of(text));
    strbuf_append_text(out, "</a></td>");
}

void explain_print_html_lines(struct strbuf *out, const char *title, const struct story_line *lines,
                              size_t count, bool is_part)
{
    static const char *const headings[] = {"when", "id", "what became of it", "who", "to", "why", NULL};
    if (count == 0)
        return;
    begin_table(out, title, "left lines", headings);
    void *owner = talloc_new(NULL);
    for (size_t i = 0; i < count; i++) {
        const struct story_line *line = &lines[i];
        const bool is_message = strcmp(line->kind, "message") == 0;
        strbuf_append_text(out, "<tr>");
        print_cell(out, story_moment(owner, line->time_us));
        (is_part ? print_link : print_cell)(out, line->id);
        print_verdict_cell(out, line->verdict, is_message ? explain_verdict_word(line->verdict) : line->kind);
        print_cell(out, line->user[0] != '\0' ? line->user : line->client);
        strbuf_append_text(out, "<td>");
        page_html_name(out, slice_of(line->recipient));
        if (line->recipient_count > 1)
            strbuf_printf(out, " and %zu more", line->recipient_count - 1);
        strbuf_append_text(out, "</td>");
        print_cell(out, line->why);
        strbuf_append_text(out, "</tr>\n");
    }
    talloc_free(owner);
    end_table(out);
}

static void print_facts(struct strbuf *out, const struct story *story)
{
    strbuf_append_text(out, "<h2>Who and what</h2>\n<dl>\n");
    for (size_t i = 0; i < story->fact_count; i++) {
        strbuf_append_text(out, "<dt>");
        page_html_text(out, slice_of(story->facts[i].name));
        strbuf_append_text(out, "</dt><dd>");
        page_html_name(out, slice_of(story->facts[i].value));
        strbuf_append_text(out, "</dd>\n");
    }
    strbuf_append_text(out, "</dl>\n");
}

static void print_recipients(struct strbuf *out, const struct story *story)
{
    static const char *const headings[] = {"recipient", "what became of it", "why", NULL};
    enum { SHOWN_MAX = 200 };
    if (story->recipient_count == 0)
        return;
    begin_table(out, "Recipients", "left", headings);
    for (size_t i = 0; i < story->recipient_count && i < SHOWN_MAX; i++) {
        const struct story_recipient *recipient = &story->recipients[i];
        strbuf_append_text(out, "<tr>");
        print_cell(out, recipient->address);
        print_verdict_cell(out, recipient->action, explain_verdict_word(recipient->action));
        print_cell(out, recipient->reason);
        strbuf_append_text(out, "</tr>\n");
    }
    end_table(out);
}

static void print_attachments(struct strbuf *out, const struct story *story)
{
    static const char *const headings[] = {"file", "what the check says", "content", NULL};
    if (story->attachment_count == 0)
        return;
    begin_table(out, "Files", "left", headings);
    for (size_t i = 0; i < story->attachment_count; i++) {
        const struct story_attachment *attachment = &story->attachments[i];
        const bool is_clean = strcmp(attachment->outcome, "pass") == 0;
        strbuf_append_text(out, "<tr>");
        print_cell(out, attachment->path);
        print_verdict_cell(out, is_clean ? "accept" : "reject", is_clean ? "fine" : attachment->outcome);
        print_cell(out, attachment->type);
        strbuf_append_text(out, "</tr>\n");
    }
    end_table(out);
}

static void print_findings(struct strbuf *out, const struct story *story)
{
    static const char *const headings[] = {"check", "outcome", "reason", "what it saw", "line", NULL};
    if (story->finding_count == 0)
        return;
    begin_table(out, "What the checks saw", "left", headings);
    for (size_t i = 0; i < story->finding_count; i++) {
        const struct story_finding *finding = &story->findings[i];
        const bool is_pass = strcmp(finding->outcome, "pass") == 0;
        const bool is_monitored = strcmp(finding->mode, "monitor") == 0 && !is_pass;
        strbuf_append_text(out, "<tr>");
        print_cell(out, finding->check);
        print_verdict_cell(out,
                           is_pass        ? "accept"
                           : is_monitored ? "hold"
                                          : "reject",
                           is_pass             ? "fine"
                           : is_monitored      ? "failed, but only seen (monitor)"
                           : finding->is_cause ? "failed, and decided"
                                               : finding->outcome);
        print_cell(out, finding->reason);
        print_cell(out, finding->saw);
        print_cell(out, finding->rule);
        strbuf_append_text(out, "</tr>\n");
    }
    end_table(out);
    strbuf_append_text(out, "<p class=\"dim\">");
    page_html_text(out, slice_of(story->deciding));
    strbuf_append_text(out, "</p>\n");
}

static void print_remedies(struct strbuf *out, const char *title, const char *const *texts, size_t count)
{
    bool is_list = false;
    if (count == 0)
        return;
    strbuf_printf(out, "<h2>%s</h2>\n", title);
    for (size_t i = 0; i < count; i++) {
        const bool is_configuration = texts[i][0] == ' ';
        if (is_list && is_configuration)
            strbuf_append_text(out, "</ul>\n");
        if (!is_list && !is_configuration)
            strbuf_append_text(out, "<ul>\n");
        is_list = !is_configuration;
        strbuf_append_text(out, is_configuration ? "<pre>" : "<li>");
        page_html_text(out, slice_of(is_configuration ? texts[i] + strspn(texts[i], " ") : texts[i]));
        strbuf_append_text(out, is_configuration ? "</pre>\n" : "</li>\n");
    }
    if (is_list)
        strbuf_append_text(out, "</ul>\n");
}

static void print_story(struct strbuf *out, const struct story *story, bool is_part)
{
    strbuf_printf(out, "<p class=\"lead %s\">", class_of(story->verdict));
    page_html_text(out, slice_of(story->sentence));
    strbuf_append_text(out, "</p>\n");
    if (story->would[0] != '\0') {
        strbuf_append_text(out, "<p>");
        page_html_text(out, slice_of(story->would));
        strbuf_append_text(out, "</p>\n");
    }
    if (story->reply[0] != '\0') {
        strbuf_append_text(out, "<h2>What the sender read</h2>\n<blockquote>");
        page_html_text(out, slice_of(story->reply));
        strbuf_append_text(out, "</blockquote>\n");
    }
    print_remedies(out, "What would change it", story->changes, story->change_count);
    print_remedies(out, "What would not", story->useless, story->useless_count);
    print_facts(out, story);
    print_recipients(out, story);
    print_attachments(out, story);
    print_findings(out, story);
    explain_print_html_lines(out, "The same user around that time", story->user_lines, story->user_line_count,
                             is_part);
    explain_print_html_lines(out, "The same client around that time", story->client_lines,
                             story->client_line_count, is_part);
}

void explain_print_html(const struct explanation *explanation, bool is_part, struct strbuf *out)
{
    struct strbuf title;
    strbuf_init(&title, 0);
    if (explanation->story != NULL)
        strbuf_printf(&title, "Message %s", explanation->story->id);
    else if (explanation->is_nearest)
        strbuf_printf(&title, "Nothing is recorded about %s", explanation->what);
    else
        strbuf_printf(&title, "Messages about %s", explanation->what);
    (is_part ? page_html_heading : page_html_begin)(out, strbuf_text(&title), "");
    if (explanation->story != NULL)
        print_story(out, explanation->story, is_part);
    else
        explain_print_html_lines(out, explanation->is_nearest ? "What comes nearest" : NULL,
                                 explanation->lines, explanation->line_count, is_part);
    if (account_story_has_any(&explanation->account))
        account_story_print_html(&explanation->account, out);
    if (!is_part)
        page_html_end(out);
    strbuf_deinit(&title);
}
