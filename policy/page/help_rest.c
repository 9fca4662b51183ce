/* Block lists, what is logged, and port 25. */
#include "check/dnsbl/dnsbl.h"
#include "page/help_page.h"

#include <talloc.h>

/* ---- block lists ------------------------------------------------------------------------------------ */

static const char *list_names(struct help_page *page, const struct dnsbl_settings *dnsbl)
{
    char *names = talloc_strdup(page->owner, "");
    unsigned count = 0;
    for (size_t i = 0; i < dnsbl->lists.count && names != NULL; i++) {
        const struct dnsbl_list *list = dnsbl_list_at(dnsbl, i);
        if (list != NULL && list->wanted && !list->allow)
            names = talloc_asprintf_append_buffer(names, "%s%s", count++ == 0 ? "" : ", ", list->shown);
    }
    page->failed = page->failed || names == NULL;
    return names == NULL ? "" : names;
}

/* Where the lists that most servers ask take an address out; "" for others. */
static const char *removal_url(const char *names)
{
    static const struct {
        const char *part, *url;
    } known[] = {{"spamhaus", "https://check.spamhaus.org/"},
                 {"spamcop", "https://www.spamcop.net/bl.shtml"},
                 {"barracuda", "https://www.barracudacentral.org/rbl/removal-request"},
                 {"abuseat", "https://check.spamhaus.org/"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strstr(names, known[i].part) != NULL && strchr(names, ',') == NULL)
            return known[i].url;
    return "";
}

void help_add_lists(struct help_page *page)
{
    const struct dnsbl_settings *dnsbl = help_settings(page, &dnsbl_check);
    const char *names = list_names(page, dnsbl), *url = removal_url(names);
    help_heading(page, "block-lists", PAGE_lists);
    if (names[0] == '\0') {
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_lists_none));
        return;
    }
    help_say(page, HELP_TEXT, PAGE_lists_asked,
             (const struct reply_value[]){reply_text("lists", names), {0}});
    if (dnsbl_is_evidence_only(dnsbl, ROLE_SUBMISSION))
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_lists_evidence));
    help_add(page, HELP_STEP, "", "", help_word(page, PAGE_lists_1));
    help_say(page, HELP_STEP, url[0] == '\0' ? PAGE_lists_2_any : PAGE_lists_2,
             (const struct reply_value[]){reply_text("url", url), {0}});
    help_add(page, HELP_STEP, "", "", help_word(page, PAGE_lists_3));
}

/* ---- the record ------------------------------------------------------------------------------------- */

static void add_treatment(struct help_page *page, enum page_word what, enum record_treatment treatment)
{
    static const enum page_word words[] = {[RECORD_HASH] = PAGE_privacy_hash,
                                           [RECORD_CUT] = PAGE_privacy_cut,
                                           [RECORD_OMIT] = PAGE_privacy_omit};
    if (treatment != RECORD_KEEP)
        help_say(page, HELP_ITEM, words[treatment],
                 (const struct reply_value[]){reply_text("what", help_word(page, what)), {0}});
}

void help_add_privacy(struct help_page *page)
{
    const struct audit_settings *audit = page->snapshot->audit_settings;
    const struct record_privacy_settings *treatments = &audit->privacy.treatments;
    help_heading(page, "privacy", PAGE_privacy);
    if (audit->file[0] == '\0') {
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_privacy_none));
        return;
    }
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_privacy_kept));
    add_treatment(page, PAGE_what_addresses, treatments->addresses);
    add_treatment(page, PAGE_what_logins, treatments->logins);
    add_treatment(page, PAGE_what_clients, treatments->clients);
    add_treatment(page, PAGE_what_files, treatments->files);
    if (audit->retain_ms == 0)
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_privacy_forever));
    else
        help_say(page, HELP_TEXT, PAGE_privacy_retain,
                 (const struct reply_value[]){
                     reply_text("period", help_period(page, (int64_t)audit->retain_ms * 1000)), {0}});
}

/* ---- port 25 ---------------------------------------------------------------------------------------- */

void help_add_port_25(struct help_page *page)
{
    const enum page_port_25 port_25 = page->settings->port_25;
    if (port_25 == PAGE_PORT_25_OPEN)
        return;
    help_heading(page, "port-25", PAGE_port_25);
    if (port_25 == PAGE_PORT_25_BLOCKED) {
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_port_25_blocked));
    } else {
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_port_25_redirected));
        help_add(page, HELP_CODE, "", "", "telnet mx.example.net 25");
        help_say(page, HELP_TEXT, PAGE_port_25_seen,
                 (const struct reply_value[]){reply_text("host", page->host), {0}});
    }
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_port_25_instead));
}
