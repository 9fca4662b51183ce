#include "scan/mime/header_views.h"

#include "scan/mime/mime_word.h"

static struct header_view *views_begin(struct header_views *views)
{
    struct header_view *view = &views->items[views->count];
    *view = (struct header_view){0};
    strbuf_init(&view->text, 0);
    return view;
}

/* Keeps the view begun last unless its text is there already. */
static void views_keep(struct header_views *views)
{
    struct header_view *view = &views->items[views->count];
    views->failed = views->failed || view->text.failed;
    for (size_t i = 0; i < views->count; i++) {
        if (slice_equal(strbuf_slice(&views->items[i].text), strbuf_slice(&view->text))) {
            views->items[i].is_strict = views->items[i].is_strict || view->is_strict;
            strbuf_deinit(&view->text);
            return;
        }
    }
    views->count++;
}

static void append_unfolded(struct slice value, struct strbuf *out)
{
    for (size_t from = 0; from < value.length;) {
        size_t at = from;
        while (at < value.length && value.data[at] != '\r' && value.data[at] != '\n')
            at++;
        strbuf_append_slice(out, slice_part(value, from, at));
        from = at < value.length ? at + 1 : at;
    }
}

/* The value as those read it to whom a bare CR ends a line. */
static struct slice first_line(struct slice value)
{
    for (size_t i = 0; i + 1 < value.length; i++) {
        char next = value.data[i + 1];
        if (value.data[i] == '\r' && next != '\n' && next != ' ' && next != '\t')
            return slice_part(value, 0, i);
    }
    return value;
}

static void append_without_controls(struct slice value, struct strbuf *out)
{
    bool after_line_end = false;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        bool is_line_end = c == '\r' || c == '\n';
        bool is_dropped = (unsigned char)c < 0x20 || c == 0x7f || (after_line_end && c == ' ');
        after_line_end = is_line_end || (after_line_end && is_dropped);
        if (!is_dropped)
            strbuf_append_byte(out, c);
    }
}

/* RFC 5322 3.2.2: comments nest, and have quoted pairs; none begins inside quotes. */
static void append_without_comments(struct header_views *views, struct slice value, uint32_t levels,
                                    struct strbuf *out)
{
    uint32_t level = 0;
    bool in_quotes = false;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        size_t length = c == '\\' && i + 1 < value.length ? 2 : 1;
        if (level == 0 && c == '"')
            in_quotes = !in_quotes;
        if (!in_quotes && c == '(')
            level++;
        if (level == 0)
            strbuf_append(out, value.data + i, length);
        views->is_over_comments = views->is_over_comments || level > levels;
        if (level > 0 && c == ')')
            level--;
        i += length - 1;
    }
}

void header_views_init(struct header_views *views, struct slice value, uint32_t comment_levels)
{
    *views = (struct header_views){0};
    struct header_view *view = views_begin(views);
    append_unfolded(value, &view->text);
    views_keep(views);
    append_without_controls(value, &views_begin(views)->text);
    views_keep(views);
    append_unfolded(first_line(value), &views_begin(views)->text);
    views_keep(views);
    size_t with_comments = views->count;
    for (size_t i = 0; i < with_comments; i++) {
        struct slice text = strbuf_slice(&views->items[i].text);
        view = views_begin(views);
        view->is_strict = i == 0;
        append_without_comments(views, text, comment_levels, &view->text);
        views_keep(views);
    }
    view = views_begin(views);
    view->is_decoded = true;
    if (mime_word_decode(strbuf_slice(&views->items[0].text), MIME_WORD_BLANKS_DROPPED, &view->text))
        views_keep(views);
    else
        strbuf_deinit(&view->text);
}

void header_views_deinit(struct header_views *views)
{
    for (size_t i = 0; i < views->count; i++)
        strbuf_deinit(&views->items[i].text);
    views->count = 0;
}
