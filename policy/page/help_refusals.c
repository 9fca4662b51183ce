/* What each refusal means: an entry for each reason, under the anchor that refusals link to. */
#include "check/recipients.h"
#include "check/size.h"
#include "page/help_page.h"

#include <talloc.h>

/* What to do about the refusals of a check, and where a reason needs something else. */
static const struct advice {
    const char *check, *reason; /* NULL: the others of the check */
    enum page_word word;
} advices[] = {
    {"relay", "unknown", PAGE_do_later},
    {"relay", "malformed_address", PAGE_do_address},
    {"relay", "no_domain", PAGE_do_address},
    {"relay", NULL, PAGE_do_login},
    {"sender", "unknown", PAGE_do_later},
    {"sender", "sender_not_of_identity", PAGE_do_identity},
    {"sender", "from_not_of_identity", PAGE_do_identity},
    {"sender", "sender_header_not_of_identity", PAGE_do_identity},
    {"sender", "from_unreadable", PAGE_do_from},
    {"sender", "from_missing", PAGE_do_from},
    {"sender", "from_repeated", PAGE_do_from},
    {"sender", "own_domain_from_outside", PAGE_do_own_domain},
    {"sender", "own_domain_in_from", PAGE_do_own_domain},
    {"sender", NULL, PAGE_do_sender},
    {"recipients", NULL, PAGE_do_recipients},
    {"size", NULL, PAGE_do_size},
    {"attachments", "encrypted", PAGE_do_password_file},
    {"attachments", "uninspectable", PAGE_do_pack},
    {"attachments", "over_budget", PAGE_do_pack},
    {"attachments", "ambiguous", PAGE_do_new_message},
    {"attachments", "ambiguous_clean", PAGE_do_new_message},
    {"attachments", "partial", PAGE_do_new_message},
    {"attachments", "macros", PAGE_do_macros},
    {"attachments", "unknown", PAGE_do_later},
    {"attachments", NULL, PAGE_do_file},
    {"dnsbl", "unknown", PAGE_do_later},
    {"dnsbl", NULL, PAGE_do_listed},
    {"rates", NULL, PAGE_do_rate},
    {"blocks", "locked", PAGE_do_locked},
    {"account", "slow", PAGE_do_rate},
    {"account", "lock", PAGE_do_locked},
    {"general", "deferred", PAGE_do_later},
    {"general", "short_of_memory", PAGE_do_later},
    {"general", "record_lost", PAGE_do_later},
    {"general", "drop_impossible", PAGE_do_recipients},
    {NULL, NULL, PAGE_do_ask},
};

static enum page_word advice_for(const struct reply_row_text *row)
{
    const struct advice *advice = advices;
    while (advice->check != NULL && (strcmp(advice->check, row->check) != 0 ||
                                     (advice->reason != NULL && strcmp(advice->reason, row->reason) != 0)))
        advice++;
    return advice->word;
}

static enum page_word heading_of(const char *check)
{
    static const struct {
        const char *check;
        enum page_word word;
    } headings[] = {
        {"relay", PAGE_of_relay},    {"sender", PAGE_of_sender}, {"recipients", PAGE_of_recipients},
        {"size", PAGE_of_size},      {"dnsbl", PAGE_of_dnsbl},   {"attachments", PAGE_of_attachments},
        {"account", PAGE_of_blocks}, {"rates", PAGE_of_rates},   {"blocks", PAGE_of_blocks}};
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        if (strcmp(headings[i].check, check) == 0)
            return headings[i].word;
    return PAGE_of_general;
}

/* What is the same for everybody is shown; for the rest stands "[…]". */
static struct reply_value limit_value(struct help_page *page, const char *check, const char *name)
{
    const struct recipients_settings *recipients = help_settings(page, &recipients_check);
    const struct size_settings *size = help_settings(page, &size_check);
    if (strcmp(check, "recipients") == 0 && strcmp(name, "limit") == 0)
        return reply_count(name, recipients->limit);
    if (strcmp(check, "size") == 0 && strcmp(name, "limit") == 0)
        return reply_size(name, size->limit);
    if (strcmp(name, "limit_as_file") == 0)
        return reply_size(name, size_of_file_within(size->limit));
    return reply_text(name, "[…]");
}

static struct reply_value shown_value(struct help_page *page, const char *check, const char *name)
{
    static const struct {
        const char *name;
        enum reply_part part;
    } parts[] = {{"how_to_authenticate", REPLY_PART_how_to_authenticate},
                 {"allowed", REPLY_PART_own_addresses},
                 {"subject", REPLY_PART_this_attachment},
                 {"others", REPLY_PART_none},
                 {"where", REPLY_PART_none},
                 {"until", REPLY_PART_until},
                 {"advice", REPLY_PART_fits_from}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, name) == 0)
            return reply_part(name, parts[i].part);
    return limit_value(page, check, name);
}

/* The refusal as customers read it, with "[…]" where names and numbers stand. */
static const char *refusal_text(struct help_page *page, enum reply_row row)
{
    const struct replies_settings *replies =
        config_document_settings(page->snapshot->document, SECTION_REPLIES, ROLE_SUBMISSION);
    const struct reply_manner manner = {
        .language = page->language,
        .own = page->language == replies->language ? replies_own_text(replies, row) : "",
        .is_utf8 = true,
        .user = "[…]",
        .id = "[…]",
        .help_url = "[…]"};
    struct reply_words words = {.row = row};
    struct strbuf text;
    char *names = talloc_strdup(page->owner, reply_rows[row].placeholders);
    char *rest = names;
    for (char *name = names == NULL ? NULL : strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct reply_value value = shown_value(page, reply_rows[row].check, name);
        reply_words_add(&words, &value);
    }
    const struct reply_value file = reply_text("file", "[…]"), when = reply_text("when", "[…]");
    reply_words_add(&words, &file);
    reply_words_add(&words, &when);
    strbuf_init(&text, 0);
    const bool good = names != NULL && reply_words_render(&words, &manner, &text);
    const char *copy = good ? talloc_strdup(page->owner, strbuf_text(&text)) : NULL;
    strbuf_deinit(&text);
    page->failed = page->failed || copy == NULL;
    return copy == NULL ? "" : copy;
}

static void add_reason(struct help_page *page, enum reply_row row)
{
    const char *anchor = talloc_asprintf(page->owner, "%s-%s", reply_rows[row].check, reply_rows[row].reason);
    const char *name = talloc_asprintf(page->owner, "%s.%s", reply_rows[row].check, reply_rows[row].reason);
    page->failed = page->failed || anchor == NULL || name == NULL;
    if (!page->failed)
        help_add(page, HELP_REPLY, anchor, name, refusal_text(page, row));
}

/* The next row that has an anchor of its own; REPLY_ROW_COUNT: there is none. */
static enum reply_row next_reason(enum reply_row row)
{
    while (row < REPLY_ROW_COUNT && reply_row_of_reason(row) != row)
        row++;
    return row;
}

/* Reasons of one check that follow each other and need the same are told together what to do. */
static bool has_same_advice(enum reply_row row, enum reply_row other)
{
    return other < REPLY_ROW_COUNT && strcmp(reply_rows[row].check, reply_rows[other].check) == 0 &&
           advice_for(&reply_rows[row]) == advice_for(&reply_rows[other]);
}

void help_add_refusals(struct help_page *page)
{
    const struct recipients_settings *recipients = help_settings(page, &recipients_check);
    const char *check = "";
    help_heading(page, "refusals", PAGE_refusals);
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_refusals_text));
    for (enum reply_row row = next_reason(0), next; row < REPLY_ROW_COUNT; row = next) {
        if (strcmp(check, reply_rows[row].check) != 0)
            help_add(page, HELP_SUBHEADING, reply_rows[row].check, "",
                     help_word(page, heading_of(reply_rows[row].check)));
        check = reply_rows[row].check;
        add_reason(page, row);
        next = next_reason(row + 1);
        if (!has_same_advice(row, next))
            help_say(page, HELP_TEXT, advice_for(&reply_rows[row]),
                     (const struct reply_value[]){reply_count("limit", recipients->limit), {0}});
    }
}
