#include "check/sender/sender.h"
#include "config/problems.h"
#include "config/sets.h"

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct config_choice match_choices[] = {
    {"off", SENDER_MATCH_OFF, "any sender"},
    {"domain", SENDER_MATCH_DOMAIN, "any address in the login's domain"},
    {"address", SENDER_MATCH_ADDRESS, "the login's own address, with any +tag"},
    {"table", SENDER_MATCH_TABLE, "what `table` or `login_maps` gives the login, and nothing else"},
    {0},
};

static const struct config_choice null_choices[] = {
    {"accept", SENDER_NULL_ACCEPT, "allowed"},
    {"reject", SENDER_NULL_REJECT, "refused: read receipts and bounces sent by mail programs are then lost"},
    {0},
};

static const struct config_choice display_choices[] = {
    {"any", SENDER_DISPLAY_ANY, "any text"},
    {"own", SENDER_DISPLAY_OWN,
     "an address that is shown there, also in encoded words, must be the login's too: `\"ceo@bank.example\" <ann@…>` "
     "is not ann's"},
    {0},
};

static const struct config_key sender_keys[] = {
    CHECK_COMMON_KEYS(struct sender_settings, "enforce", "accept"),
    {.name = "match",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, match),
     .choices = match_choices,
     .default_text = "domain",
     .text = "Which senders a login may use."},
    {.name = "table",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, table),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "For `match: table`: login -> the senders it may use, separated by commas or blanks: addresses (with any "
         "+tag), domains (`example.com`, `.example.com` for all below), `*` for any. `@example.com` stands for all "
         "logins of a domain that have no entry of their own, `*` for all others."},
    {.name = "login_maps",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, login_maps),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "The other way round, as Postfix' smtpd_sender_login_maps: address or `@domain` -> the logins that may use "
         "it. With both, it is enough that one of them allows it."},
    {.name = "header_from",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, header_from),
     .choices = check_mode_choices,
     .default_text = "monitor",
     .text =
         "The mode of the same rule for the From: and Sender: headers. It is never stricter than `mode`."},
    {.name = "display_name",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, display_name),
     .choices = display_choices,
     .default_text = "any",
     .text =
         "What may stand in the name beside the address in From: and Sender:. Contact forms and help desks often "
         "put somebody else's address there."},
    {.name = "null_sender",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, null_sender),
     .choices = null_choices,
     .default_text = "accept",
     .text = "The empty sender <> from a login."},
    {0},
};

static bool warn_of_key(void *context, const char *key, const char *logins)
{
    (void)logins;
    if (strchr(key, '@') == NULL)
        config_finish_warning(
            context, "login_maps",
            "login_maps: '%s' is no address, so nobody asks for it: write @%s for all addresses of "
            "a domain",
            config_excerpt_of(slice_of(key)).text, config_excerpt_of(slice_of(key)).text);
    return true;
}

static void warn_of_what_does_nothing(const struct sender_settings *sender,
                                      const struct config_finish *context)
{
    if (config_finish_is_written(context, "header_from") && sender->header_from < sender->common.mode)
        config_finish_warning(context, "header_from",
                              "header_from: this is never stricter than 'mode', which is %s",
                              sender->common.mode == MODE_OFF ? "off" : "monitor");
    text_map_each(sender->login_maps, warn_of_key, (void *)(uintptr_t)context);
}

static void sender_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct sender_settings *sender = settings;
    (void)owner;
    warn_of_what_does_nothing(sender, context);
    bool has_tables = !text_map_is_empty(sender->table) || !text_map_is_empty(sender->login_maps);
    if (sender->match == SENDER_MATCH_TABLE && !has_tables)
        config_finish_error(context, "match", "match: table needs 'table' or 'login_maps'");
    if (sender->match != SENDER_MATCH_TABLE && has_tables && context->role == ROLE_SUBMISSION)
        config_finish_warning(context, text_map_is_empty(sender->table) ? "login_maps" : "table",
                              "nobody looks at this without match: table");
}

static const struct config_section sender_section = {
    .name = "sender",
    .struct_bytes = sizeof(struct sender_settings),
    .keys = sender_keys,
    .per_role = true,
    .finish = sender_finish,
    .text = "Which sender addresses a login may use. Asked of authenticated clients only.",
};

/* ---- replies ---------------------------------------------------------------------------------------- */

/* "ann@example.com", "an address at example.com": what the login may use. */
static const char *allowed_text(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    const char *user = check_shorten(context, context->message->user, 100);
    if (settings->match == SENDER_MATCH_ADDRESS)
        return user;
    if (settings->match == SENDER_MATCH_TABLE)
        return "one of your own addresses";
    const char *domain = check_shorten(context, sender_user_domain(context->message->user), 100);
    return domain == NULL ? NULL : check_text(context, "an address at %s", domain);
}

struct reply sender_refusal(const struct check_context *context, const char *what, const char *address)
{
    const char *user = check_shorten(context, context->message->user, 100);
    const char *shown = check_shorten(context, address, 100);
    const char *allowed = allowed_text(context);
    const char *text = NULL;
    if (user != NULL && shown != NULL && allowed != NULL)
        text = check_text(context,
                          "You are logged in as %s and may not %s%s. Set your mail program to send from %s.",
                          user, what, shown, allowed);
    return (struct reply){553, "5.7.1", text};
}

void sender_add_unknown(const struct check_context *context, enum check_mode mode, const char *reason,
                        struct finding_list *findings)
{
    struct finding unknown = check_finding(sender_check.name, context, FINDING_UNKNOWN, reason);
    unknown.mode = mode;
    unknown.detail = context->message->user;
    unknown.reply.text =
        reason == sender_table_unavailable
            ? "This server cannot look up which sender addresses are yours right now; try again later."
            : "Your login has no domain, so this server cannot tell which sender addresses are yours. "
              "Tell your administrator (relay.default_realm).";
    finding_add(findings, &unknown);
}

/* ---- envelope --------------------------------------------------------------------------------------- */

static void judge_null_sender(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    bool accepted = settings->null_sender == SENDER_NULL_ACCEPT;
    struct finding finding =
        check_finding(sender_check.name, context, accepted ? FINDING_PASS : FINDING_FAIL, "null_sender");
    finding.key = "null_sender";
    if (!accepted)
        finding.reply = sender_refusal(context, "use the empty sender ", "<>");
    finding_add(findings, &finding);
}

static void judge_envelope(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    const struct message_facts *message = context->message;
    if (message->sender.is_null) {
        judge_null_sender(context, findings);
        return;
    }
    if (settings->match == SENDER_MATCH_OFF)
        return;
    const char *unknown_reason = sender_login_fault(context);
    enum table_answer answer =
        unknown_reason == NULL ? sender_ownership(context, &message->sender) : TABLE_UNKNOWN;
    if (answer == TABLE_UNKNOWN) {
        sender_add_unknown(context, settings->common.mode,
                           unknown_reason == NULL ? sender_table_unavailable : unknown_reason, findings);
        return;
    }
    bool belongs = answer == TABLE_FOUND;
    struct finding finding = check_finding(sender_check.name, context, belongs ? FINDING_PASS : FINDING_FAIL,
                                           belongs ? "sender_belongs_to_login" : "sender_not_of_login");
    finding.key = "match";
    finding.detail = check_text(context, "login %s, sender %s", message->user, message->sender.text);
    if (!belongs)
        finding.reply = sender_refusal(context, "use the sender ", message->sender.text);
    finding_add(findings, &finding);
}

static void sender_decide(const struct check_context *context, struct finding_list *findings)
{
    if (context->message->role != ROLE_SUBMISSION)
        return;
    if (context->stage == STAGE_MAIL)
        judge_envelope(context, findings);
    else
        sender_judge_header(context, findings);
}

const struct check sender_check = {
    .name = "sender",
    .section = &sender_section,
    .stages = STAGE_MAIL | STAGE_MESSAGE,
    .decide = sender_decide,
};
