/* Which files are not accepted, and what to do instead. */
#include "check/attachments/attachments.h"
#include "config/sets.h"
#include "page/help_page.h"
#include "page/help_texts.h"

#include <talloc.h>

static void add_blocked(struct help_page *page, const struct attachments_settings *attachments)
{
    if (text_set_is_empty(attachments->blocked)) {
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_files_none));
        return;
    }
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_files_why));
    help_add(page, HELP_CODE, "", "", help_extensions(page, attachments->blocked, attachments->allowed));
}

static void add_names(struct help_page *page, const struct config_text_list *names)
{
    char *text = talloc_strdup(page->owner, "");
    for (size_t i = 0; i < names->count && text != NULL; i++)
        text = talloc_asprintf_append_buffer(text, "%s%s", i == 0 ? "" : ", ", names->items[i]);
    page->failed = page->failed || text == NULL;
    if (names->count > 0 && text != NULL)
        help_say(page, HELP_TEXT, PAGE_files_names,
                 (const struct reply_value[]){reply_text("names", text), {0}});
}

static void add_instead(struct help_page *page)
{
    help_add(page, HELP_SUBHEADING, "instead", "", help_word(page, PAGE_files_instead));
    if (page->settings->files_url[0] != '\0')
        help_say(page, HELP_ITEM, PAGE_size_link,
                 (const struct reply_value[]){reply_text("files_url", page->settings->files_url), {0}});
    else
        help_add(page, HELP_ITEM, "", "", help_word(page, PAGE_files_instead_link));
    help_add(page, HELP_ITEM, "", "", help_word(page, PAGE_files_instead_format));
    help_add(page, HELP_ITEM, "", "", help_word(page, PAGE_files_instead_rename));
}

/* What is neither clean nor blocked by its name, where something follows. */
static void add_outcomes(struct help_page *page, const struct attachments_settings *attachments)
{
    const struct {
        enum page_word what;
        enum action action;
    } outcomes[] = {
        {PAGE_files_disguised, attachments->disguised},
        {PAGE_files_encrypted, attachments->encrypted},
        {PAGE_files_macros, attachments->macros},
        {PAGE_files_uninspectable, attachments->uninspectable},
        {PAGE_files_ambiguous, attachments->ambiguous},
        {PAGE_files_over_budget, attachments->over_budget},
        {PAGE_files_partial, attachments->partial},
    };
    static const enum page_word actions[] = {
        [ACTION_HOLD] = PAGE_is_held, [ACTION_DEFER] = PAGE_is_deferred, [ACTION_REJECT] = PAGE_is_rejected};
    help_add(page, HELP_SUBHEADING, "files-also", "", help_word(page, PAGE_files_also));
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (outcomes[i].action != ACTION_ACCEPT)
            help_say(
                page, HELP_ITEM, actions[outcomes[i].action],
                (const struct reply_value[]){reply_text("what", help_word(page, outcomes[i].what)), {0}});
}

void help_add_files(struct help_page *page)
{
    const struct attachments_settings *attachments = help_settings(page, &attachments_check);
    if (attachments->common.mode == MODE_OFF)
        return;
    help_heading(page, "files", PAGE_files);
    if (attachments->common.mode == MODE_MONITOR || page->snapshot->root->mode != MODE_ENFORCE)
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_not_enforced));
    add_blocked(page, attachments);
    add_names(page, &attachments->blocked_names);
    add_instead(page);
    add_outcomes(page, attachments);
}
