/* What is asked of customers: the limits with their numbers. */
#include "check/attachments/attachments.h"
#include "check/rates/rates.h"
#include "check/recipients.h"
#include "check/sender/sender.h"
#include "check/size.h"
#include "config/sets.h"
#include "page/help_page.h"
#include "page/help_texts.h"

#include <stdlib.h>
#include <talloc.h>

/* A rule that refuses nothing yet is said to be one. */
static void add_rule(struct help_page *page, const struct check *check, enum page_word name, const char *text)
{
    const struct check_settings *settings = help_settings(page, check);
    if (settings->mode == MODE_OFF || page->snapshot->root->mode == MODE_OFF)
        return;
    const bool is_in_force = settings->mode == MODE_ENFORCE && page->snapshot->root->mode == MODE_ENFORCE;
    const char *whole =
        is_in_force ? text : talloc_asprintf(page->owner, "%s %s", text, help_word(page, PAGE_not_enforced));
    page->failed = page->failed || whole == NULL;
    help_add(page, HELP_VALUE, "", help_word(page, name), whole == NULL ? "" : whole);
}

static void add_login(struct help_page *page)
{
    const struct page_settings *settings = page->settings;
    const bool has_both = settings->submission_port != 0 && settings->smtps_port != 0;
    help_add(
        page, HELP_VALUE, "", help_word(page, PAGE_rule_login),
        help_words(page, has_both ? PAGE_rule_login_text : PAGE_rule_login_one_text,
                   (const struct reply_value[]){reply_count("submission_port", settings->submission_port),
                                                reply_count("smtps_port", settings->smtps_port),
                                                reply_count("port", help_port(page)),
                                                reply_text("security", help_security(page)),
                                                {0}}));
}

static void add_sender(struct help_page *page)
{
    static const enum page_word texts[] = {
        [SENDER_MATCH_DOMAIN] = PAGE_rule_sender_domain,
        [SENDER_MATCH_ADDRESS] = PAGE_rule_sender_address,
        [SENDER_MATCH_TABLE] = PAGE_rule_sender_table,
    };
    const struct sender_settings *sender = help_settings(page, &sender_check);
    if (sender->match != SENDER_MATCH_OFF)
        add_rule(page, &sender_check, PAGE_rule_sender, help_word(page, texts[sender->match]));
}

static void add_recipients(struct help_page *page)
{
    const struct recipients_settings *recipients = help_settings(page, &recipients_check);
    const bool is_whole = recipients->excess == RECIPIENTS_REFUSE;
    add_rule(page, &recipients_check, PAGE_rule_recipients,
             help_words(page, is_whole ? PAGE_rule_recipients_refuse : PAGE_rule_recipients_some,
                        (const struct reply_value[]){reply_count("limit", recipients->limit), {0}}));
}

static void add_size(struct help_page *page)
{
    const struct size_settings *size = help_settings(page, &size_check);
    const bool is_message = size->measure == SIZE_OF_MESSAGE;
    add_rule(page, &size_check, PAGE_rule_size,
             help_words(page, is_message ? PAGE_rule_size_message : PAGE_rule_size_attachment,
                        (const struct reply_value[]){reply_size("limit", size->limit),
                                                     reply_size("file", size_of_file_within(size->limit)),
                                                     {0}}));
}

static void add_attachments(struct help_page *page)
{
    const struct attachments_settings *attachments = help_settings(page, &attachments_check);
    if (!text_set_is_empty(attachments->only))
        add_rule(
            page, &attachments_check, PAGE_rule_attachments,
            help_words(page, PAGE_rule_attachments_only,
                       (const struct reply_value[]){
                           reply_text("extensions", help_extensions(page, attachments->only, NULL)), {0}}));
    else if (!text_set_is_empty(attachments->blocked))
        add_rule(page, &attachments_check, PAGE_rule_attachments,
                 help_word(page, PAGE_rule_attachments_text));
}

/* ---- limits in time --------------------------------------------------------------------------------- */

static const char *rate_text(struct help_page *page, const struct rate_limit *limit)
{
    static const enum page_word holders[] = {
        [RATE_BY_USER] = PAGE_each_user,     [RATE_BY_SENDER] = PAGE_each_sender,
        [RATE_BY_DOMAIN] = PAGE_each_domain, [RATE_BY_CUSTOMER] = PAGE_each_customer,
        [RATE_BY_IP] = PAGE_each_address,    [RATE_BY_UID] = PAGE_each_uid,
        [RATE_BY_SCRIPT] = PAGE_each_script,
    };
    enum page_word word = PAGE_rate_sliding;
    if (limit->kind == WINDOW_REFILL)
        word = PAGE_rate_refill;
    else if (limit->kind == WINDOW_CALENDAR)
        word = limit->calendar == RATE_DAY ? PAGE_rate_calendar_day : PAGE_rate_calendar_month;
    const uint64_t amount = limit->kind == WINDOW_REFILL ? limit->burst : limit->limit;
    uint64_t told;
    const enum reply_part part = rate_amount_part(limit->count, amount, &told);
    const int64_t period_us = limit->kind == WINDOW_CALENDAR ? 0 : limit->period_us;
    const int64_t interval_us = limit->limit == 0 ? 0 : period_us / (int64_t)limit->limit;
    return help_words(page, word,
                      (const struct reply_value[]){reply_part("limit", part),
                                                   reply_count("amount", told),
                                                   reply_text("holder", help_word(page, holders[limit->key])),
                                                   reply_text("period", help_period(page, period_us)),
                                                   reply_text("interval", help_period(page, interval_us)),
                                                   {0}});
}

/* Whether customers who log in can meet it. */
static bool is_for_customers(const struct rate_limit *limit)
{
    return limit->mode != MODE_OFF && limit->key != RATE_BY_UID && limit->key != RATE_BY_SCRIPT;
}

static void add_rates(struct help_page *page)
{
    const struct rates_settings *rates = help_settings(page, &rates_check);
    bool has_any = false;
    if (rates->common.mode == MODE_OFF)
        return;
    for (size_t i = 0; i < rates->limits.count; i++) {
        const struct rate_limit *limit = rates_limit_at(rates, i);
        if (limit == NULL || !is_for_customers(limit))
            continue;
        if (!has_any)
            help_add(page, HELP_SUBHEADING, "how-much", "", help_word(page, PAGE_rule_rates));
        has_any = true;
        help_add(page, HELP_ITEM, "", "", rate_text(page, limit));
    }
    if (has_any)
        help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_rates_kept));
}

void help_add_rules(struct help_page *page)
{
    help_heading(page, "rules", PAGE_rules);
    add_login(page);
    add_sender(page);
    add_recipients(page);
    add_size(page);
    add_attachments(page);
    if (page->settings->files_url[0] != '\0')
        help_say(page, HELP_TEXT, PAGE_size_link,
                 (const struct reply_value[]){reply_text("files_url", page->settings->files_url), {0}});
    add_rates(page);
}
