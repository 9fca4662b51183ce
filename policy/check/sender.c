#include "check/sender.h"

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct config_choice match_choices[] = {
    {"off", SENDER_MATCH_OFF, "any sender"},
    {"domain", SENDER_MATCH_DOMAIN, "any address in the login's domain"},
    {"address", SENDER_MATCH_ADDRESS, "the login's own address, with any +tag"},
    {0},
};

static const struct config_choice null_choices[] = {
    {"accept", SENDER_NULL_ACCEPT, "allowed"},
    {"reject", SENDER_NULL_REJECT, "refused: read receipts and bounces sent by mail programs are then lost"},
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
    {.name = "header_from",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, header_from),
     .choices = check_mode_choices,
     .default_text = "monitor",
     .text =
         "The mode of the same rule for the From: and Sender: headers. It is never stricter than `mode`."},
    {.name = "null_sender",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, null_sender),
     .choices = null_choices,
     .default_text = "accept",
     .text = "The empty sender <> from a login."},
    {0},
};

static const struct config_section sender_section = {
    .name = "sender",
    .struct_bytes = sizeof(struct sender_settings),
    .keys = sender_keys,
    .per_role = true,
    .text = "Which sender addresses a login may use. Asked of authenticated clients only.",
};

/* ---- ownership -------------------------------------------------------------------------------------- */

enum { HEADER_ADDRESSES_MAX = 100 };

/* The domain of a canonical login, "" where it has none. */
static const char *user_domain(const char *user)
{
    const char *at = strrchr(user, '@');
    return at == NULL ? "" : at + 1;
}

static struct slice without_tag(struct slice local_part)
{
    size_t plus = slice_find(local_part, '+');
    return plus == 0 ? local_part : slice_part(local_part, 0, plus);
}

bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match)
{
    if (match == SENDER_MATCH_OFF)
        return true;
    const char *domain = user_domain(user);
    if (address->malformed || address->route[0] != '\0' || domain[0] == '\0' ||
        strcmp(address->domain, domain) != 0)
        return false;
    if (match == SENDER_MATCH_DOMAIN)
        return true;
    struct slice login = slice_make(user, (size_t)(domain - user) - 1);
    return slice_equal_nocase(without_tag(slice_of(address->local_part)), without_tag(login));
}

/* "ann@example.com" or "an address at example.com": what the login may use. */
static const char *allowed_text(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    const char *user = check_shorten(context, context->message->user, 100);
    if (settings->match == SENDER_MATCH_ADDRESS)
        return user;
    const char *domain = check_shorten(context, user_domain(context->message->user), 100);
    return domain == NULL ? NULL : check_text(context, "an address at %s", domain);
}

/* Both names, and what to do. `what` ends in a blank: "use the sender ". */
static struct reply refusal(const struct check_context *context, const char *what, const char *address)
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

static void add_unknown(const struct check_context *context, enum check_mode mode,
                        struct finding_list *findings)
{
    struct finding unknown =
        check_finding(sender_check.name, context, FINDING_UNKNOWN, "login_without_domain");
    unknown.mode = mode;
    unknown.detail = context->message->user;
    unknown.reply.text =
        "Your login has no domain, so this server cannot tell which sender addresses are yours. "
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
    if (!accepted)
        finding.reply = refusal(context, "use the empty sender ", "<>");
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
    if (user_domain(message->user)[0] == '\0') {
        add_unknown(context, settings->common.mode, findings);
        return;
    }
    bool belongs = sender_belongs(&message->sender, message->user, settings->match);
    struct finding finding = check_finding(sender_check.name, context, belongs ? FINDING_PASS : FINDING_FAIL,
                                           belongs ? "sender_belongs_to_login" : "sender_not_of_login");
    finding.detail = check_text(context, "login %s, sender %s", message->user, message->sender.text);
    if (!belongs)
        finding.reply = refusal(context, "use the sender ", message->sender.text);
    finding_add(findings, &finding);
}

/* ---- header ----------------------------------------------------------------------------------------- */

struct header_failure {
    const char *reason;
    const char *address; /* the offending one, or NULL */
};

static const struct header_failure no_failure = {0};
static const char not_in_from[] = "from_not_of_login", not_in_sender_header[] = "sender_header_not_of_login";
static const char no_memory[] = "out_of_memory";

/* The first address of the field that is not the login's; or that the field cannot be read by every client.
 */
static struct header_failure judge_field(const struct check_context *context,
                                         const struct header_field *field, const char *mismatch)
{
    const struct sender_settings *settings = context->settings;
    struct mail_address_list list;
    if (!mail_address_list_parse(context->owner, field->value, HEADER_ADDRESSES_MAX, &list))
        return (struct header_failure){no_memory, NULL};
    for (size_t i = 0; i < list.count; i++)
        if (!sender_belongs(&list.items[i], context->message->user, settings->match))
            return (struct header_failure){mismatch, list.items[i].is_null ? "<>" : list.items[i].text};
    if (list.malformed || list.truncated || list.count == 0)
        return (struct header_failure){"from_unreadable", NULL};
    return no_failure;
}

static struct header_failure judge_headers(const struct check_context *context)
{
    const struct message_facts *message = context->message;
    size_t from_count = 0, sender_count = 0;
    for (size_t i = 0; i < message->header_count; i++) {
        const struct header_field *field = &message->headers[i];
        bool is_from = strcmp(field->name, "from") == 0;
        if (!is_from && strcmp(field->name, "sender") != 0)
            continue;
        from_count += is_from;
        sender_count += !is_from;
        struct header_failure failure =
            judge_field(context, field, is_from ? not_in_from : not_in_sender_header);
        if (failure.reason != NULL)
            return failure;
    }
    if (message->headers_over_budget || from_count > 1 || sender_count > 1)
        return (struct header_failure){"from_repeated", NULL};
    if (from_count == 0)
        return (struct header_failure){"from_missing", NULL};
    return no_failure;
}

static struct reply header_refusal(const struct check_context *context, const struct header_failure *failure)
{
    if (failure->address != NULL)
        return refusal(context, failure->reason == not_in_sender_header ? "write Sender: " : "write From: ",
                       failure->address);
    const char *text =
        "The From: line of this message cannot be read. Write one plain address there, your own.";
    if (strcmp(failure->reason, "from_missing") == 0)
        text = "This message has no From: line. Write your own address there.";
    else if (strcmp(failure->reason, "from_repeated") == 0)
        text = "This message has more than one From: or Sender: line. Send it with one From: line.";
    return (struct reply){553, "5.7.1", text};
}

static void judge_header(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    /* In the order of the enumeration a later mode is a weaker one. */
    enum check_mode mode =
        settings->header_from > settings->common.mode ? settings->header_from : settings->common.mode;
    if (mode == MODE_OFF || settings->match == SENDER_MATCH_OFF)
        return;
    if (user_domain(context->message->user)[0] == '\0') {
        add_unknown(context, mode, findings);
        return;
    }
    struct header_failure failure = judge_headers(context);
    enum finding_outcome outcome = failure.reason == no_memory ? FINDING_UNKNOWN : FINDING_FAIL;
    if (failure.reason == NULL)
        outcome = FINDING_PASS;
    struct finding finding = check_finding(sender_check.name, context, outcome,
                                           failure.reason == NULL ? "from_belongs_to_login" : failure.reason);
    finding.mode = mode;
    finding.detail = failure.address;
    if (outcome == FINDING_FAIL)
        finding.reply = header_refusal(context, &failure);
    finding_add(findings, &finding);
}

static void sender_decide(const struct check_context *context, struct finding_list *findings)
{
    if (context->message->role != ROLE_SUBMISSION)
        return;
    if (context->stage == STAGE_MAIL)
        judge_envelope(context, findings);
    else
        judge_header(context, findings);
}

const struct check sender_check = {
    .name = "sender",
    .section = &sender_section,
    .stages = STAGE_MAIL | STAGE_MESSAGE,
    .decide = sender_decide,
};
