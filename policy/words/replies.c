#include "words/replies.h"

#include <stdio.h>

const struct config_choice language_choices[] = {
    {"en", LANGUAGE_EN, "English"},
    {"de", LANGUAGE_DE, "German"},
    {"fr", LANGUAGE_FR, "French"},
    {"es", LANGUAGE_ES, "Spanish"},
    {0},
};

/* ---- a key for each row ----------------------------------------------------------------------------- */

#define ROW_KEY(check, row, reason, placeholders, ...)                                                       \
    {.name = #row,                                                                                           \
     .type = &config_type_text,                                                                              \
     .offset = REPLY_##check##_##row * sizeof(const char *),                                                 \
     .default_text = "",                                                                                     \
     .flags = CONFIG_MAY_BE_EMPTY,                                                                           \
     .text = "Instead of the shipped text of `" #reason "`. To be filled in: " placeholders                  \
             " user id help_url"},

/* clang-format off */
static const struct config_key relay_keys[] = {REPLY_ROWS_RELAY(ROW_KEY) {0}};
static const struct config_key sender_keys[] = {REPLY_ROWS_SENDER(ROW_KEY) {0}};
static const struct config_key recipients_keys[] = {REPLY_ROWS_RECIPIENTS(ROW_KEY) {0}};
static const struct config_key size_keys[] = {REPLY_ROWS_SIZE(ROW_KEY) {0}};
static const struct config_key attachments_keys[] = {REPLY_ROWS_ATTACHMENTS(ROW_KEY) {0}};
static const struct config_key dnsbl_keys[] = {REPLY_ROWS_DNSBL(ROW_KEY) {0}};
static const struct config_key rates_keys[] = {REPLY_ROWS_RATES(ROW_KEY) {0}};
static const struct config_key blocks_keys[] = {REPLY_ROWS_BLOCKS(ROW_KEY) {0}};
static const struct config_key account_keys[] = {REPLY_ROWS_ACCOUNT(ROW_KEY) {0}};
static const struct config_key general_keys[] = {REPLY_ROWS_GENERAL(ROW_KEY) {0}};
/* clang-format on */

#define CHECK_SECTION(check)                                                                                 \
    static const struct config_section check##_section = {                                                   \
        .name = #check,                                                                                      \
        .struct_bytes = REPLY_ROW_COUNT * sizeof(const char *),                                              \
        .keys = check##_keys,                                                                                \
        .text = "What replies of `" #check "` say, by reason.",                                              \
    }

CHECK_SECTION(relay);
CHECK_SECTION(sender);
CHECK_SECTION(recipients);
CHECK_SECTION(size);
CHECK_SECTION(attachments);
CHECK_SECTION(dnsbl);
CHECK_SECTION(rates);
CHECK_SECTION(blocks);
CHECK_SECTION(account);
CHECK_SECTION(general);

#define CHECK_KEY(check)                                                                                     \
    {                                                                                                        \
        .name = #check, .type = &config_type_section, .offset = offsetof(struct replies_settings, texts),    \
        .section = &check##_section, .text = "What replies of `" #check "` say, by reason."                  \
    }

/* ---- the section ------------------------------------------------------------------------------------ */

static const struct config_key replies_keys[] = {
    {.name = "lang",
     .type = &config_type_choice,
     .offset = offsetof(struct replies_settings, language),
     .choices = language_choices,
     .default_text = "en",
     .text = "The language of refusals. A client that does not say SMTPUTF8 gets it in ASCII."},
    {.name = "help_url",
     .type = &config_type_text,
     .offset = offsetof(struct replies_settings, help_url),
     .default_text = "",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "The address of the page that explains refusals (`closedrelay page`): each refusal ends in it, with the "
         "reason's anchor. Empty: refusals name no page."},
    CHECK_KEY(relay),
    CHECK_KEY(sender),
    CHECK_KEY(recipients),
    CHECK_KEY(size),
    CHECK_KEY(attachments),
    CHECK_KEY(dnsbl),
    CHECK_KEY(rates),
    CHECK_KEY(blocks),
    CHECK_KEY(account),
    CHECK_KEY(general),
    {0},
};

static void check_url(const char *url, const struct config_finish *context)
{
    enum { URL_BYTES_MAX = 120 };
    const struct slice text = slice_of(url);
    const size_t scheme = slice_starts_nocase(text, slice_of("https://"))  ? 8
                          : slice_starts_nocase(text, slice_of("http://")) ? 7
                                                                           : 0;
    bool is_plain = true;
    for (const char *c = url; *c != '\0'; c++)
        is_plain = is_plain && *c > ' ' && *c < 0x7f && strchr("<>\"{}#", *c) == NULL;
    if (url[0] == '\0')
        return;
    if (scheme == 0 || text.length == scheme || !is_plain)
        config_finish_error(context, "help_url",
                            "this is no web address without an anchor: write https://mail.example.com/help");
    else if (text.length > URL_BYTES_MAX)
        config_finish_error(context, "help_url",
                            "%zu bytes are too long for a reply: at most %d, so that it is never cut",
                            text.length, (int)URL_BYTES_MAX);
}

static void check_text(enum reply_row row, const char *text, const struct config_finish *context)
{
    char key[80];
    struct strbuf fault;
    strbuf_init(&fault, 0);
    snprintf(key, sizeof key, "%s.%s", reply_rows[row].check, reply_rows[row].name);
    if (reply_template_fault(row, text, &fault))
        config_finish_error(context, key, "%s", strbuf_text(&fault));
    else if (!language_has_ascii(LANGUAGE_DE, text))
        config_finish_notice(
            context, key,
            "not every letter of this can be written in ASCII: a client that does not say SMTPUTF8 "
            "gets the shipped text");
    strbuf_deinit(&fault);
}

static void replies_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct replies_settings *replies = settings;
    (void)owner;
    check_url(replies->help_url, context);
    for (size_t i = 0; i < REPLY_ROW_COUNT; i++)
        if (replies->texts[i][0] != '\0')
            check_text((enum reply_row)i, replies->texts[i], context);
}

const struct config_section replies_section = {
    .name = "replies",
    .struct_bytes = sizeof(struct replies_settings),
    .keys = replies_keys,
    .per_role = true,
    .finish = replies_finish,
    .text = "The words of refusals: their language, the page that explains them, texts of your own.",
};

const char *replies_own_text(const struct replies_settings *replies, enum reply_row row)
{
    if (replies->texts[row][0] != '\0')
        return replies->texts[row];
    return replies->texts[reply_row_of_reason(row)];
}
