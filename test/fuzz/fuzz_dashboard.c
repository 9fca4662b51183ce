/* A line of the record, as strangers may have filled it, on the pages of the dashboard: they stay
 * well-formed, and nothing in them is a tag, a quote or a mark of direction that is not ours. */
#include "dashboard/live_mail.h"
#include "history/explain.h"
#include "html/page_html.h"

#include "base/utf8_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Tags open and close in turn, and only those that the table has. */
static void require_sound(struct slice page)
{
    static const char *const tags[] = {"<div",
                                       "</div",
                                       "<table",
                                       "</table",
                                       "<thead",
                                       "</thead",
                                       "<tbody",
                                       "</tbody",
                                       "<tr",
                                       "</tr",
                                       "<td",
                                       "</td",
                                       "<th",
                                       "</th",
                                       "<bdi",
                                       "</bdi",
                                       "<a href=\"/search?q=",
                                       "</a"};
    size_t depth = 0;
    for (size_t at = 0, length; at < page.length; at += length) {
        const struct slice rest = slice_part(page, at, page.length);
        const uint32_t character = utf8_next(rest, &length);
        require(character == '\n' || !utf8_is_control(character));
        require(character != '\'');
        if (character == '>')
            require(depth-- == 1);
        if (character != '<')
            continue;
        bool is_known = false;
        for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
            is_known = is_known || slice_starts_nocase(rest, slice_of(tags[i]));
        require(is_known && depth++ == 0);
    }
    require(depth == 0);
}

static void show(struct record *record, bool is_masked)
{
    struct story_line line;
    struct strbuf page;
    void *owner = talloc_new(NULL);
    strbuf_init(&page, 0);
    if (story_line_make(owner, record, is_masked, &line)) {
        explain_print_html_lines(&page, NULL, &line, 1, true);
        require_sound(strbuf_slice(&page));
    }
    strbuf_deinit(&page);
    talloc_free(owner);
}

static void count(struct live_mail *mail, struct slice text, int64_t now_us)
{
    struct record record;
    struct live_view view;
    void *owner = talloc_new(NULL);
    if (record_read(text, &record))
        live_mail_take(mail, &record, now_us);
    require(live_mail_view(mail, owner, now_us, LIVE_HOURS, &view));
    for (size_t i = 0; i < view.refusal_count; i++)
        require(record_read(slice_of(view.refusals[i]), &record));
    talloc_free(owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t now_us = INT64_C(1796039063000000); /* 2026-11-30 */
    struct live_mail *mail = live_mail_create();
    struct record record;
    const struct slice text = slice_make((const char *)data, size);
    if (mail == NULL)
        return 0;
    count(mail, text, now_us);
    if (record_read(text, &record))
        show(&record, false);
    if (record_read(text, &record))
        show(&record, true);
    live_mail_destroy(mail);
    return 0;
}
