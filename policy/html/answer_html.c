#include "html/answer_html.h"

#include "answer/answer_tree.h"
#include "html/page_html.h"

/* What a page has beside the answer itself. */
struct printer {
    struct strbuf *out;
    const char *const *heads; /* of a table without titles; or NULL */
};

static void append_shown(struct strbuf *out, const struct answer_node *node)
{
    page_html_name(out, slice_of(node->text == NULL ? "\xe2\x80\x93" : node->text));
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static bool has_titles(const struct answer_node *row)
{
    for (const struct answer_node *cell = row->first; cell != NULL; cell = cell->next)
        if (answer_is_shown_value(cell) && cell->title[0] != '\0')
            return true;
    return false;
}

static void print_heads(const struct printer *printer, const struct answer_node *row)
{
    if (!has_titles(row) && printer->heads == NULL)
        return;
    strbuf_append_text(printer->out, "<thead><tr>");
    if (has_titles(row)) {
        for (const struct answer_node *cell = row->first; cell != NULL; cell = cell->next) {
            if (!answer_is_shown_value(cell))
                continue;
            strbuf_append_text(printer->out, "<th scope=\"col\">");
            page_html_text(printer->out, slice_of(cell->title));
            strbuf_append_text(printer->out, "</th>");
        }
    } else {
        for (size_t i = 0; printer->heads[i] != NULL; i++)
            strbuf_printf(printer->out, "<th scope=\"col\">%s</th>", printer->heads[i]);
    }
    strbuf_append_text(printer->out, "</tr></thead>\n");
}

static void print_row(const struct printer *printer, const struct answer_node *row)
{
    strbuf_append_text(printer->out, "<tr>");
    for (const struct answer_node *cell = row->first; cell != NULL; cell = cell->next) {
        if (!answer_is_shown_value(cell))
            continue;
        strbuf_append_text(printer->out, cell->kind == ANSWER_NUMBER ? "<td class=\"number\">" : "<td>");
        append_shown(printer->out, cell);
        strbuf_append_text(printer->out, "</td>");
    }
    strbuf_append_text(printer->out, "</tr>\n");
}

static void print_lines_of(const struct printer *printer, const struct answer_node *node)
{
    for (const struct answer_node *child = node->first; child != NULL; child = child->next)
        if (child->kind == ANSWER_LINE) {
            strbuf_append_text(printer->out, "<p class=\"dim\">");
            page_html_text(printer->out, slice_of(child->text));
            strbuf_append_text(printer->out, "</p>\n");
        }
}

static void print_list(const struct printer *printer, const struct answer_node *list, const char *name)
{
    const struct answer_node *row = list->first;
    while (row != NULL && row->kind != ANSWER_OBJECT)
        row = row->next;
    if (row == NULL && list->first == NULL)
        strbuf_append_text(printer->out, "<p class=\"dim\">none</p>\n");
    if (row != NULL) {
        strbuf_append_text(printer->out,
                           "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
        page_html_text(printer->out, slice_of(name));
        strbuf_append_text(printer->out, "\"><table class=\"left\">\n");
        print_heads(printer, row);
        strbuf_append_text(printer->out, "<tbody>\n");
        for (; row != NULL; row = row->next)
            if (row->kind == ANSWER_OBJECT)
                print_row(printer, row);
        strbuf_append_text(printer->out, "</tbody></table></div>\n");
    }
    print_lines_of(printer, list);
}

/* ---- objects ----------------------------------------------------------------------------------------- */

/* A run of titled values; one without a title belongs to the one before. Returns what comes behind. */
static const struct answer_node *print_terms(const struct printer *printer, const struct answer_node *node)
{
    strbuf_append_text(printer->out, "<dl>\n");
    for (; node != NULL && node->kind <= ANSWER_BOOL; node = node->next) {
        if (!answer_is_shown_value(node))
            continue;
        if (node->title[0] != '\0') {
            strbuf_append_text(printer->out, "<dt>");
            page_html_text(printer->out, slice_of(node->title));
            strbuf_append_text(printer->out, "</dt>");
        }
        strbuf_append_text(printer->out, "<dd>");
        append_shown(printer->out, node);
        strbuf_append_text(printer->out, "</dd>\n");
    }
    strbuf_append_text(printer->out, "</dl>\n");
    return node;
}

/* "" is none. */
static void print_heading(const struct printer *printer, const char *title)
{
    if (title[0] == '\0')
        return;
    strbuf_append_text(printer->out, "<h2>");
    page_html_text(printer->out, slice_of(title));
    strbuf_append_text(printer->out, "</h2>\n");
}

/* The depth is that of the question's own code. */
static void print_members(const struct printer *printer,
                          const struct answer_node *parent) /* NOLINT(misc-no-recursion) */
{
    for (const struct answer_node *node = parent->first; node != NULL;) {
        if (answer_is_shown_value(node)) {
            node = print_terms(printer, node);
            continue;
        }
        if (node->kind == ANSWER_LINE) {
            strbuf_append_text(printer->out, "<p>");
            page_html_text(printer->out, slice_of(node->text));
            strbuf_append_text(printer->out, "</p>\n");
        } else if (node->kind >= ANSWER_OBJECT && node->title != NULL) {
            print_heading(printer, node->title);
            if (node->kind == ANSWER_LIST)
                print_list(printer, node, node->title[0] == '\0' ? "List" : node->title);
            else
                print_members(printer, node);
        }
        node = node->next;
    }
}

void answer_print_html(const struct answer *answer, const char *name, const char *const *column_heads,
                       struct strbuf *out)
{
    const struct printer printer = {out, column_heads};
    if (answer->failed || answer->refusal != NULL) {
        strbuf_append_text(out, "<p class=\"dim\">");
        page_html_text(out, slice_of(answer->failed ? "out of memory" : answer->refusal));
        strbuf_append_text(out, "</p>\n");
    } else if (answer->root.kind == ANSWER_LIST) {
        print_list(&printer, &answer->root, name);
    } else {
        print_members(&printer, &answer->root);
    }
}
