#include "answer/answer_tree.h"

enum {
    INDENT = 2,
    BELOW_ROW = 4,        /* further in than the row */
    TITLE_WIDTH_MIN = 12, /* of the outermost values */
    COLUMNS_MAX = 16,
    CELL_WIDTH_MAX = 60, /* a longer one pushes its row out, not the whole table */
};

/* ---- cells ------------------------------------------------------------------------------------------ */

static const char *shown(const char *text)
{
    return text == NULL ? "-" : text;
}

/* Columns on a terminal, as far as UTF-8 without double-width letters goes. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* A control byte could be an order to the terminal. */
static void append_clean(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++)
        strbuf_append_byte(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void append_blanks(struct strbuf *out, size_t count)
{
    while (count-- > 0)
        strbuf_append_byte(out, ' ');
}

/* Padded to `width`, with two blanks behind. */
static void append_padded(struct strbuf *out, const char *text, size_t width)
{
    const size_t own = width_of(text);
    append_clean(out, text);
    append_blanks(out, (own < width ? width - own : 0) + 2);
}

/* ---- tables ----------------------------------------------------------------------------------------- */

struct table {
    size_t widths[COLUMNS_MAX];
    bool has_headings;
};

/* The next titled value from `node` on. */
static const struct answer_node *shown_from(const struct answer_node *node)
{
    while (node != NULL && !answer_is_shown_value(node))
        node = node->next;
    return node;
}

static void widen(size_t *width, const char *text)
{
    const size_t own = width_of(text);
    if (own > *width && own <= CELL_WIDTH_MAX)
        *width = own;
}

static void measure(const struct answer_node *list, struct table *table)
{
    *table = (struct table){0};
    for (const struct answer_node *row = list->first; row != NULL; row = row->next) {
        size_t column = 0;
        for (const struct answer_node *cell = shown_from(row->first); cell != NULL && column < COLUMNS_MAX;
             cell = shown_from(cell->next)) {
            table->has_headings = table->has_headings || (row == list->first && cell->title[0] != '\0');
            widen(&table->widths[column], cell->title);
            widen(&table->widths[column++], shown(cell->text));
        }
    }
}

/* The cells of `row`, or their titles. */
static void print_cells(const struct answer_node *row, const struct table *table, bool are_titles,
                        struct strbuf *out)
{
    size_t column = 0;
    for (const struct answer_node *cell = shown_from(row->first); cell != NULL;) {
        const struct answer_node *next = shown_from(cell->next);
        const char *text = are_titles ? cell->title : shown(cell->text);
        if (next == NULL)
            append_clean(out, text);
        else
            append_padded(out, text, column < COLUMNS_MAX ? table->widths[column] : 0);
        column++;
        cell = next;
    }
    strbuf_append_byte(out, '\n');
}

static void print_branch(const struct answer_node *node, size_t indent, size_t width, struct strbuf *out);

static void print_value(const struct answer_node *node, size_t indent, size_t width, struct strbuf *out)
{
    append_blanks(out, indent);
    if (node->kind != ANSWER_LINE)
        append_padded(out, node->title, width);
    append_clean(out, shown(node->text));
    strbuf_append_byte(out, '\n');
}

/* What of a row is no cell. */
static void print_below(const struct answer_node *row, size_t indent,
                        struct strbuf *out) /* NOLINT(misc-no-recursion) */
{
    for (const struct answer_node *node = row->first; node != NULL; node = node->next)
        if (node->kind == ANSWER_LINE)
            print_value(node, indent, 0, out);
        else if (node->title != NULL && node->kind >= ANSWER_OBJECT)
            print_branch(node, indent, 0, out);
}

static void print_table(const struct answer_node *list, size_t indent,
                        struct strbuf *out) /* NOLINT(misc-no-recursion) */
{
    struct table table;
    measure(list, &table);
    if (table.has_headings) {
        append_blanks(out, indent);
        print_cells(list->first, &table, true, out);
    }
    for (const struct answer_node *row = list->first; row != NULL; row = row->next) {
        append_blanks(out, indent);
        if (row->kind == ANSWER_OBJECT) {
            print_cells(row, &table, false, out);
            print_below(row, indent + BELOW_ROW, out);
        } else if (row->kind < ANSWER_OBJECT) {
            append_clean(out, shown(row->text));
            strbuf_append_byte(out, '\n');
        }
    }
}

/* ---- objects ---------------------------------------------------------------------------------------- */

static size_t title_width(const struct answer_node *node)
{
    size_t width = node->parent == NULL ? TITLE_WIDTH_MIN : 0;
    for (const struct answer_node *child = shown_from(node->first); child != NULL;
         child = shown_from(child->next))
        widen(&width, child->title);
    return width;
}

static void print_members(const struct answer_node *node, size_t indent,
                          struct strbuf *out) /* NOLINT(misc-no-recursion) */
{
    const size_t width = title_width(node);
    if (node->kind == ANSWER_LIST) {
        print_table(node, indent, out);
        return;
    }
    for (const struct answer_node *child = node->first; child != NULL; child = child->next)
        if (child->kind == ANSWER_LINE || answer_is_shown_value(child))
            print_value(child, indent, width, out);
        else if (child->title != NULL)
            print_branch(child, indent, width, out);
}

/* A heading, and what belongs below it. The depth is that of the question's own code. */
static void print_branch(const struct answer_node *node, size_t indent, size_t width,
                         struct strbuf *out) /* NOLINT(misc-no-recursion) */
{
    const bool has_heading = node->title[0] != '\0';
    if (has_heading) {
        append_blanks(out, indent);
        if (node->first == NULL)
            append_padded(out, node->title, width);
        else
            append_clean(out, node->title);
        strbuf_append_text(out, node->first == NULL ? "none\n" : "\n");
    }
    print_members(node, indent + (has_heading ? INDENT : 0), out);
}

void answer_print(const struct answer *answer, struct strbuf *out)
{
    if (!answer->failed && answer->refusal == NULL) {
        print_members(&answer->root, 0, out);
        return;
    }
    append_clean(out, answer->failed ? "out of memory" : answer->refusal);
    strbuf_append_byte(out, '\n');
}
