#include "page/help_page.h"

#include <talloc.h>

static const char *const words[PAGE_WORD_COUNT][LANGUAGE_COUNT] = {
#define PAGE_TEXT(name, en, de, fr, es) {en, de, fr, es},
    PAGE_WORDS(PAGE_TEXT)
#undef PAGE_TEXT
};

const char *help_words(struct help_page *page, enum page_word word, const struct reply_value *values)
{
    const struct reply_manner manner = {
        .language = page->language, .own = words[word][page->language], .is_utf8 = true};
    struct reply_words filled = {.row = REPLY_general_refused};
    struct strbuf text;
    strbuf_init(&text, 0);
    for (; values->name != NULL; values++)
        reply_words_add(&filled, values);
    const bool good = reply_words_render(&filled, &manner, &text);
    const char *copy = good ? talloc_strdup(page->owner, strbuf_text(&text)) : NULL;
    strbuf_deinit(&text);
    page->failed = page->failed || copy == NULL;
    return copy == NULL ? "" : copy;
}

const char *help_word(struct help_page *page, enum page_word word)
{
    return help_words(page, word, (const struct reply_value[]){{0}});
}

const char *help_period(struct help_page *page, int64_t us)
{
    static const struct {
        int64_t us;
        enum page_word one, many;
    } units[] = {{INT64_C(86400000000), PAGE_day, PAGE_days},
                 {INT64_C(3600000000), PAGE_hour, PAGE_hours},
                 {INT64_C(60000000), PAGE_minute, PAGE_minutes},
                 {INT64_C(1000000), PAGE_second, PAGE_seconds}};
    size_t unit = 0;
    /* The largest unit of which it is a whole number: 36 hours are no day and a half. */
    while (unit < 3 && us % units[unit].us != 0)
        unit++;
    const int64_t tenths = (us * 10 + units[unit].us / 2) / units[unit].us;
    const bool is_one = tenths == 10;
    const char *name = help_word(page, is_one ? units[unit].one : units[unit].many);
    const char point = page->language == LANGUAGE_EN ? '.' : ',';
    const char *text = tenths % 10 == 0
                           ? talloc_asprintf(page->owner, "%lld %s", (long long)tenths / 10, name)
                           : talloc_asprintf(page->owner, "%lld%c%lld %s", (long long)tenths / 10, point,
                                             (long long)tenths % 10, name);
    page->failed = page->failed || text == NULL;
    return text == NULL ? "" : text;
}

void help_add(struct help_page *page, enum help_kind kind, const char *anchor, const char *name,
              const char *text)
{
    if (page->count == page->capacity) {
        const size_t capacity = page->capacity == 0 ? 64 : page->capacity * 2;
        struct help_block *grown =
            talloc_realloc(page->owner, page->blocks, struct help_block, (unsigned)capacity);
        if (grown == NULL) {
            page->failed = true;
            return;
        }
        page->blocks = grown;
        page->capacity = capacity;
    }
    page->blocks[page->count++] = (struct help_block){kind, anchor, name, text};
}

void help_heading(struct help_page *page, const char *anchor, enum page_word word)
{
    help_add(page, HELP_HEADING, anchor, "", help_word(page, word));
}

void help_say(struct help_page *page, enum help_kind kind, enum page_word word,
              const struct reply_value *values)
{
    help_add(page, kind, "", "", help_words(page, word, values));
}

const void *help_settings(const struct help_page *page, const struct check *check)
{
    return snapshot_check_settings(page->snapshot, check_index(check), ROLE_SUBMISSION);
}

static void add_contact(struct help_page *page)
{
    if (page->settings->contact[0] != '\0')
        help_say(page, HELP_TEXT, PAGE_questions,
                 (const struct reply_value[]){reply_text("contact", page->settings->contact), {0}});
}

struct help_page *help_page_make(void *owner, const struct policy_snapshot *snapshot, enum language language,
                                 const char *machine)
{
    struct help_page *page = talloc_zero(owner, struct help_page);
    if (page == NULL)
        return NULL;
    page->owner = page;
    page->language = language;
    page->snapshot = snapshot;
    page->settings = config_document_settings(snapshot->document, SECTION_PAGE, ROLE_SUBMISSION);
    page->host = page->settings->smtp_host[0] == '\0' ? machine : page->settings->smtp_host;
    page->title =
        page->settings->provider[0] == '\0'
            ? help_word(page, PAGE_title)
            : help_words(page, PAGE_title_of,
                         (const struct reply_value[]){reply_text("provider", page->settings->provider), {0}});
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_lead));
    add_contact(page);
    help_add_rules(page);
    help_add_files(page);
    help_add_setup(page);
    help_add_refusals(page);
    help_add_lists(page);
    help_add_privacy(page);
    help_add_port_25(page);
    if (!page->failed)
        return page;
    talloc_free(page);
    return NULL;
}
