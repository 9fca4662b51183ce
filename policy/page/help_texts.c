#include "page/help_texts.h"

#include "config/sets.h"

#include <stdlib.h>
#include <talloc.h>

uint64_t help_port(const struct help_page *page)
{
    return page->settings->submission_port != 0 ? page->settings->submission_port
                                                : page->settings->smtps_port;
}

const char *help_security(const struct help_page *page)
{
    return page->settings->submission_port != 0 ? "STARTTLS" : "SSL/TLS";
}

/* Texts on their way into a sorted list. */
struct gathered_texts {
    const char **items;
    size_t count;
    const struct text_set *without;
};

static bool gather(void *context, const char *text)
{
    struct gathered_texts *gathered = context;
    if (gathered->without == NULL || !text_set_contains(gathered->without, slice_of(text)))
        gathered->items[gathered->count++] = text;
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *help_extensions(struct help_page *page, const struct text_set *set,
                            const struct text_set *without)
{
    struct gathered_texts gathered = {
        .items = talloc_array(page->owner, const char *, (unsigned)text_set_count(set) + 1),
        .without = without};
    char *text = talloc_strdup(page->owner, "");
    if (gathered.items != NULL) {
        text_set_each(set, gather, &gathered);
        qsort(gathered.items, gathered.count, sizeof *gathered.items, compare);
    }
    for (size_t i = 0; i < gathered.count && text != NULL; i++) {
        const char *bare = gathered.items[i][0] == '.' ? gathered.items[i] + 1 : gathered.items[i];
        text = talloc_asprintf_append_buffer(text, "%s.%s", i == 0 ? "" : ", ", bare);
    }
    if (text != NULL && text_set_has_tables(set))
        text = talloc_asprintf_append_buffer(text, "%s%s", gathered.count == 0 ? "" : ", ",
                                             help_word(page, PAGE_files_more_listed));
    page->failed = page->failed || text == NULL || gathered.items == NULL;
    return text == NULL ? "" : text;
}
