#include "man_markdown.h"

#include <string.h>

enum { CELLS_MAX = 8 };

struct page {
    struct strbuf *out;
    bool is_code;
    unsigned table_rows;  /* of the table that goes on; its first two are the head */
    bool wants_paragraph; /* a blank line came */
    bool has_text;        /* since the last heading */
};

/* ---- a line ------------------------------------------------------------------------------------------- */

static void append_char(char c, bool begins_line, struct strbuf *out)
{
    if (begins_line && (c == '.' || c == '\''))
        strbuf_append_text(out, "\\&");
    if (c == '\\')
        strbuf_append_text(out, "\\e");
    else if (c == '-')
        strbuf_append_text(out, "\\-");
    else
        strbuf_append_byte(out, c);
}

static bool ends_sentence(struct slice text, char before)
{
    return text.length > 1 && text.data[0] == ' ' && (before == '.' || before == '?' || before == '!') &&
           text.data[1] >= 'A' && text.data[1] <= 'Z';
}

/* A sentence begins on a line of its own: roff sets the space. Returns whether a line begins. */
static bool append_next(struct slice *text, bool begins_line, struct strbuf *out)
{
    const char before = begins_line || out->length == 0 ? '\0' : out->data[out->length - 1];
    const bool is_end = ends_sentence(*text, before);
    if (is_end)
        strbuf_append_byte(out, '\n');
    else
        append_char(text->data[0], begins_line, out);
    *text = slice_part(*text, 1, text->length);
    return is_end;
}

static bool takes(struct slice *text, const char *mark)
{
    const size_t length = strlen(mark);
    if (text->length < length || memcmp(text->data, mark, length) != 0)
        return false;
    *text = slice_part(*text, length, text->length);
    return true;
}

/* Ends the line. */
static void append_inline(struct slice text, struct strbuf *out)
{
    bool is_code = false, is_bold = false, begins_line = true;
    while (text.length > 0) {
        if (!is_code && takes(&text, "<br>")) {
            strbuf_append_text(out, "\n.br\n");
            begins_line = true;
            continue;
        }
        if (takes(&text, "`"))
            strbuf_append_text(out, (is_code = !is_code) ? "\\fB" : "\\fR");
        else if (!is_code && takes(&text, "**"))
            strbuf_append_text(out, (is_bold = !is_bold) ? "\\fB" : "\\fR");
        else {
            if (slice_starts_nocase(text, slice_of("\\|")))
                text = slice_part(text, 1, text.length); /* escaped for the table */
            begins_line = append_next(&text, begins_line, out);
            continue;
        }
        begins_line = false;
    }
    strbuf_append_byte(out, '\n');
}

/* ---- tables ------------------------------------------------------------------------------------------- */

static size_t split_cells(struct slice row, struct slice cells[CELLS_MAX])
{
    size_t count = 0, from = 1;
    for (size_t i = 1; i < row.length && count < CELLS_MAX; i++)
        if (row.data[i] == '|' && row.data[i - 1] != '\\') {
            cells[count++] = slice_trim(slice_part(row, from, i));
            from = i + 1;
        }
    return count;
}

/* The first cell is the term; the last says what it means, those between are its kind and default. */
static void append_row(struct slice row, struct strbuf *out)
{
    struct slice cells[CELLS_MAX];
    const size_t count = split_cells(row, cells);
    if (count == 0)
        return;
    strbuf_append_text(out, ".TP\n");
    append_inline(cells[0], out);
    if (count > 1)
        append_inline(cells[count - 1], out);
    for (size_t i = 1; i + 1 < count; i++) {
        strbuf_append_text(out, i == 1 ? ".br\nValue: " : "Default: ");
        append_inline(cells[i], out);
        if (i + 2 < count)
            strbuf_append_text(out, ".br\n");
    }
}

/* ---- blocks ------------------------------------------------------------------------------------------- */

static void append_heading(struct slice title, const char *request, struct strbuf *out)
{
    strbuf_printf(out, "%s \"", request);
    strbuf_append(out, title.data, title.length);
    strbuf_append_text(out, "\"\n");
}

static void append_code_line(struct slice line, struct strbuf *out)
{
    for (size_t i = 0; i < line.length; i++)
        append_char(line.data[i], i == 0, out);
    strbuf_append_byte(out, '\n');
}

static void turn_code(struct page *page)
{
    page->is_code = !page->is_code;
    if (page->is_code && page->has_text)
        strbuf_append_text(page->out, ".PP\n");
    strbuf_append_text(page->out, page->is_code ? ".RS 4\n.nf\n" : ".fi\n.RE\n");
}

static void append_text_line(struct page *page, struct slice line)
{
    if (takes(&line, "- "))
        strbuf_append_text(page->out, ".IP \\(bu 2\n");
    append_inline(slice_trim(line), page->out);
}

static void append_line(struct page *page, struct slice line)
{
    const bool is_row = !page->is_code && line.length > 0 && line.data[0] == '|';
    page->table_rows = is_row ? page->table_rows + 1 : 0;
    if (slice_starts_nocase(line, slice_of("```")))
        turn_code(page);
    else if (page->is_code)
        append_code_line(line, page->out);
    else if (takes(&line, "### "))
        append_heading(line, ".SS", page->out);
    else if (takes(&line, "## "))
        append_heading(line, ".SH", page->out);
    else if (takes(&line, "# "))
        return; /* the page has its title */
    else if (is_row && page->table_rows > 2)
        append_row(line, page->out);
    else if (!is_row && line.length > 0) {
        if (page->wants_paragraph && page->has_text && line.data[0] != '-')
            strbuf_append_text(page->out, ".PP\n");
        append_text_line(page, line);
        page->wants_paragraph = false;
    }
}

void man_markdown_append(struct slice markdown, struct strbuf *out)
{
    struct page page = {.out = out};
    while (markdown.length > 0) {
        const size_t end = slice_find(markdown, '\n');
        const struct slice line = slice_part(markdown, 0, end);
        append_line(&page, line);
        page.wants_paragraph =
            (page.wants_paragraph || line.length == 0) && !slice_starts_nocase(line, slice_of("#"));
        markdown = slice_part(markdown, end < markdown.length ? end + 1 : end, markdown.length);
    }
}
