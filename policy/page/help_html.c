/* The blocks of the help page as HTML. The frame around them: page.c. */
#include "html/page_html.h"
#include "page/help_page.h"

static void append_text(struct strbuf *out, const char *text)
{
    page_html_text(out, slice_of(text));
}

/* ---- links ------------------------------------------------------------------------------------------ */

/* How long the web address at the start of `text` is; 0: there is none. */
static size_t address_length(const char *text)
{
    const struct slice whole = slice_of(text);
    if (!slice_starts_nocase(whole, slice_of("https://")) && !slice_starts_nocase(whole, slice_of("http://")))
        return 0;
    size_t length = strcspn(text, " <>\"'(){}");
    while (length > 0 && strchr(".,;:", text[length - 1]) != NULL)
        length--;
    return length;
}

/* Escaped, with web addresses as links. */
static void append_linked(struct strbuf *out, const char *text)
{
    while (*text != '\0') {
        size_t plain = 0;
        while (text[plain] != '\0' && address_length(text + plain) == 0)
            plain++;
        page_html_text(out, slice_make(text, plain));
        text += plain;
        const struct slice address = slice_make(text, *text == '\0' ? 0 : address_length(text));
        if (address.length == 0)
            continue;
        strbuf_append_text(out, "<a href=\"");
        page_html_text(out, address);
        strbuf_append_text(out, "\">");
        page_html_text(out, address);
        strbuf_append_text(out, "</a>");
        text += address.length;
    }
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

static void append_id(struct strbuf *out, const struct help_block *block)
{
    if (block->anchor[0] == '\0')
        return;
    strbuf_append_text(out, " id=\"");
    append_text(out, block->anchor);
    strbuf_append_byte(out, '"');
}

/* What opens and closes around blocks of a kind that follow each other. */
static const struct group {
    const char *open, *close;
} groups[] = {
    [HELP_ITEM] = {"<ul>\n", "</ul>\n"},
    [HELP_STEP] = {"<ol>\n", "</ol>\n"},
    [HELP_VALUE] = {"<dl class=\"values\">\n", "</dl>\n"},
};

static bool is_grouped(enum help_kind kind)
{
    return kind == HELP_ITEM || kind == HELP_STEP || kind == HELP_VALUE;
}

static void append_block(struct strbuf *out, const struct help_block *block)
{
    static const struct {
        const char *tag, *rest;
    } tags[] = {
        [HELP_HEADING] = {"h2", ""},
        [HELP_SUBHEADING] = {"h3", ""},
        [HELP_TEXT] = {"p", ""},
        [HELP_ITEM] = {"li", ""},
        [HELP_STEP] = {"li", ""},
        [HELP_VALUE] = {"dd", ""},
        [HELP_CODE] = {"pre", " tabindex=\"0\""},
        [HELP_REPLY] = {"h4", " class=\"reply\""},
    };
    const char *tag = tags[block->kind].tag;
    if (block->kind == HELP_VALUE) {
        strbuf_append_text(out, "<dt>");
        append_text(out, block->name);
        strbuf_append_text(out, "</dt>\n");
    }
    strbuf_printf(out, "<%s%s", tag, tags[block->kind].rest);
    append_id(out, block);
    strbuf_append_byte(out, '>');
    append_linked(out, block->text);
    if (block->kind == HELP_REPLY) {
        strbuf_append_text(out, " <code>");
        append_text(out, block->name);
        strbuf_append_text(out, "</code>");
    }
    strbuf_printf(out, "</%s>\n", tag);
}

void help_html_blocks(const struct help_page *page, struct strbuf *out)
{
    bool is_in_section = false;
    for (size_t i = 0; i < page->count; i++) {
        const struct help_block *block = &page->blocks[i];
        const bool is_first = i == 0 || page->blocks[i - 1].kind != block->kind;
        const bool is_last = i + 1 == page->count || page->blocks[i + 1].kind != block->kind;
        if (block->kind == HELP_HEADING) {
            strbuf_append_text(out, is_in_section ? "</section>\n<section>\n" : "<section>\n");
            is_in_section = true;
        }
        if (is_grouped(block->kind) && is_first)
            strbuf_append_text(out, groups[block->kind].open);
        append_block(out, block);
        if (is_grouped(block->kind) && is_last)
            strbuf_append_text(out, groups[block->kind].close);
    }
    if (is_in_section)
        strbuf_append_text(out, "</section>\n");
}

void help_html_contents(const struct help_page *page, struct strbuf *out)
{
    strbuf_append_text(out, "<ul>\n");
    for (size_t i = 0; i < page->count; i++) {
        if (page->blocks[i].kind != HELP_HEADING)
            continue;
        strbuf_append_text(out, "<li><a href=\"#");
        append_text(out, page->blocks[i].anchor);
        strbuf_append_text(out, "\">");
        append_text(out, page->blocks[i].text);
        strbuf_append_text(out, "</a></li>\n");
    }
    strbuf_append_text(out, "</ul>\n");
}
