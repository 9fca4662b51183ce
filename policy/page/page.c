/* The whole page: a frame around the blocks, shipped or the provider's own. */
#include "html/page_html.h"
#include "page/help_page.h"
#include "page/page_style.h"
#include "policy_page.h"

#include <talloc.h>

const char *const policy_page_languages[] = {"en", "de", "fr", "es", NULL};

static const struct replies_settings *replies_of(const struct policy_snapshot *snapshot)
{
    return config_document_settings(snapshot->document, SECTION_REPLIES, ROLE_SUBMISSION);
}

const char *policy_page_language(const struct policy_snapshot *snapshot)
{
    return language_tag(replies_of(snapshot)->language);
}

const char *policy_page_template(const struct policy_snapshot *snapshot)
{
    const struct page_settings *settings =
        config_document_settings(snapshot->document, SECTION_PAGE, ROLE_SUBMISSION);
    return settings->template_path;
}

/* ---- parts of the frame ----------------------------------------------------------------------------- */

/* What a template may name, and what stands for it. */
struct framing {
    struct help_page *page;
    const struct policy_page_options *options;
};

static void put_language(const struct framing *framing, struct strbuf *out)
{
    strbuf_append_text(out, language_tag(framing->page->language));
}

static void put_title(const struct framing *framing, struct strbuf *out)
{
    page_html_text(out, slice_of(framing->page->title));
}

static void put_style(const struct framing *framing, struct strbuf *out)
{
    (void)framing;
    strbuf_printf(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
        "base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n<style>%s</style>",
        page_style_hash, page_style);
}

static void put_contents(const struct framing *framing, struct strbuf *out)
{
    const char *name = help_word(framing->page, PAGE_contents);
    strbuf_printf(out, "<nav class=\"contents\" aria-labelledby=\"contents\">\n<h2 id=\"contents\">%s</h2>\n",
                  name);
    help_html_contents(framing->page, out);
    strbuf_append_text(out, "</nav>");
}

static void put_languages(const struct framing *framing, struct strbuf *out)
{
    static const char *const names[LANGUAGE_COUNT] = {"English", "Deutsch", "Français", "Español"};
    if (!framing->options->has_others)
        return;
    strbuf_printf(out, "<nav class=\"languages\" aria-label=\"%s\">\n<ul>\n",
                  help_word(framing->page, PAGE_languages));
    for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
        const char *tag = language_tag(language);
        strbuf_printf(out, "<li><a href=\"%s.html\" lang=\"%s\" hreflang=\"%s\"%s>%s</a></li>\n", tag, tag,
                      tag, language == framing->page->language ? " aria-current=\"page\"" : "",
                      names[language]);
    }
    strbuf_append_text(out, "</ul>\n</nav>\n");
}

static void put_text(const struct framing *framing, struct strbuf *out)
{
    help_html_blocks(framing->page, out);
}

static void put_skip(const struct framing *framing, struct strbuf *out)
{
    strbuf_append_text(out, help_word(framing->page, PAGE_skip));
}

static void put_footer(const struct framing *framing, struct strbuf *out)
{
    strbuf_append_text(out, help_word(framing->page, PAGE_made_from));
}

static const struct part {
    const char *name;
    void (*put)(const struct framing *framing, struct strbuf *out);
} parts[] = {
    {"lang", put_language},       {"title", put_title}, {"style", put_style}, {"contents", put_contents},
    {"languages", put_languages}, {"text", put_text},   {"skip", put_skip},   {"footer", put_footer},
};

static const char shipped_frame[] =
    "<!doctype html>\n<html lang=\"{{lang}}\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{{title}}</title>\n{{style}}\n"
    "</head>\n<body>\n<a class=\"skip\" href=\"#text\">{{skip}}</a>\n"
    "<header>\n<div class=\"wrap\">\n<h1>{{title}}</h1>\n{{languages}}</div>\n</header>\n"
    "<div class=\"body grid\">\n{{contents}}\n<main id=\"text\">\n{{text}}"
    "<footer>{{footer}}</footer>\n</main>\n</div>\n</body>\n</html>\n";

/* ---- filling it in ---------------------------------------------------------------------------------- */

static const struct part *find_part(struct slice name)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (slice_equal(name, slice_of(parts[i].name)))
            return &parts[i];
    return NULL;
}

static unsigned line_of(const char *whole, const char *at)
{
    unsigned line = 1;
    for (; whole < at; whole++)
        line += *whole == '\n';
    return line;
}

static void tell_unknown_part(const char *frame, const char *at, struct slice name, struct strbuf *problem)
{
    const char *names[sizeof parts / sizeof parts[0] + 1] = {NULL};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        names[i] = parts[i].name;
    const char *nearest = nearest_word(name, names);
    strbuf_printf(problem, "line %u: {{%.*s}} is no part of the page", line_of(frame, at),
                  (int)(name.length > 40 ? 40 : name.length), name.data);
    if (nearest != NULL)
        strbuf_printf(problem, " (did you mean {{%s}}?)", nearest);
}

static bool fill_in(const struct framing *framing, const char *frame, struct strbuf *out,
                    struct strbuf *problem)
{
    bool has_text = false;
    for (const char *at = frame; *at != '\0';) {
        const char *open = strstr(at, "{{"), *close = open == NULL ? NULL : strstr(open, "}}");
        if (close == NULL) {
            strbuf_append_text(out, at);
            break;
        }
        const struct slice name = slice_make(open + 2, (size_t)(close - open) - 2);
        const struct part *part = find_part(name);
        strbuf_append(out, at, (size_t)(open - at));
        if (part == NULL) {
            tell_unknown_part(frame, open, name, problem);
            return false;
        }
        part->put(framing, out);
        has_text = has_text || part->put == put_text;
        at = close + 2;
    }
    if (!has_text)
        strbuf_append_text(problem, "there is no {{text}}: the page has to stand somewhere");
    return has_text;
}

/* ---- the face --------------------------------------------------------------------------------------- */

static struct help_page *make(void *owner, const struct policy_snapshot *snapshot,
                              const struct policy_page_options *options, struct strbuf *problem)
{
    enum language language = LANGUAGE_EN;
    language_by_tag(slice_of(options->language), &language);
    struct help_page *page =
        owner == NULL ? NULL : help_page_make(owner, snapshot, language, options->machine);
    if (page == NULL)
        strbuf_append_text(problem, "out of memory");
    return page;
}

bool policy_page_text(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem)
{
    void *owner = talloc_new(NULL);
    struct help_page *page = make(owner, snapshot, options, problem);
    if (page != NULL)
        help_page_text(page, out);
    talloc_free(owner);
    return page != NULL && !out->failed;
}

bool policy_page_html(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem)
{
    void *owner = talloc_new(NULL);
    struct framing framing = {make(owner, snapshot, options, problem), options};
    const char *frame = options->template_text == NULL ? shipped_frame : options->template_text;
    const bool good = framing.page != NULL && fill_in(&framing, frame, out, problem) && !framing.page->failed;
    talloc_free(owner);
    return good && !out->failed;
}
