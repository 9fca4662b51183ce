/* The part of the check `sender` that reads From: and Sender:. */
#include "check/sender/sender.h"
#include "scan/mime/mime_word.h"

enum { HEADER_ADDRESSES_MAX = 100 };

struct header_failure {
    const char *reason;
    const char *address; /* the offending one, or NULL */
};

static const struct header_failure no_failure = {0};
static const char not_in_from[] = "from_not_of_login", not_in_sender_header[] = "sender_header_not_of_login";
static const char no_memory[] = "out_of_memory";

/* The failure of one address; `mismatch` is the reason where it is not the login's. */
static struct header_failure judge_address(const struct check_context *context,
                                           const struct mail_address *address, const char *mismatch)
{
    switch (sender_ownership(context, address)) {
    case TABLE_FOUND:
        return no_failure;
    case TABLE_UNKNOWN:
        return (struct header_failure){sender_table_unavailable, NULL};
    case TABLE_MISSING:
        break;
    }
    return (struct header_failure){mismatch, address->is_null ? "<>" : address->text};
}

static bool is_local_part_byte(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_alpha(c) || ascii_is_digit(c) ||
           (c != '\0' && strchr("._%+-='", c) != NULL);
}

static bool is_domain_byte(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-';
}

/* What around the "@" at `at` looks like an address with a dot in its domain; else empty. */
static struct slice address_around(struct slice text, size_t at)
{
    size_t from = at, to = at + 1;
    while (from > 0 && is_local_part_byte(text.data[from - 1]))
        from--;
    while (to < text.length && is_domain_byte(text.data[to]))
        to++;
    struct slice domain = slice_part(text, at + 1, to);
    bool is_address = from < at && slice_find(domain, '.') + 1 < domain.length;
    return is_address ? slice_part(text, from, to) : slice_of("");
}

/* Makes "@" and "." of the characters that look like them: the full-width and small commercial at, and the
 * dots that IDNA takes for one (UTS 46). */
static void unify_signs(struct strbuf *text)
{
    static const struct {
        char form[4], sign;
    } signs[] = {{"\xef\xbc\xa0", '@'},
                 {"\xef\xb9\xab", '@'},
                 {"\xef\xbc\x8e", '.'},
                 {"\xe3\x80\x82", '.'},
                 {"\xef\xbd\xa1", '.'}};
    size_t to = 0;
    for (size_t at = 0; at < text->length; at++) {
        char c = text->data[at];
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
            if (text->length - at >= 3 && memcmp(text->data + at, signs[i].form, 3) == 0) {
                c = signs[i].sign;
                at += 2;
                break;
            }
        text->data[to++] = c;
    }
    strbuf_truncate(text, to);
}

/* Clients show the name, its encoded words decoded, and many show nothing else: under `display_name: own` an
 * address in it counts like the one that is meant. */
static struct header_failure judge_shown_text(const struct check_context *context, struct slice value,
                                              const char *mismatch)
{
    const struct sender_settings *settings = context->settings;
    struct strbuf decoded;
    struct header_failure failure = no_failure;
    if (settings->display_name == SENDER_DISPLAY_ANY)
        return no_failure;
    strbuf_init(&decoded, 0);
    mime_word_decode(value, MIME_WORD_BLANKS_DROPPED, &decoded);
    unify_signs(&decoded);
    struct slice text = strbuf_slice(&decoded);
    size_t looked_at = 0;
    for (size_t at = slice_find(text, '@'); at < text.length && failure.reason == NULL; at++) {
        struct mail_address address;
        struct slice shown = text.data[at] == '@' ? address_around(text, at) : slice_of("");
        if (shown.length == 0)
            continue;
        if (!mail_address_parse(context->owner, shown, &address))
            failure = (struct header_failure){no_memory, NULL};
        else if (++looked_at > HEADER_ADDRESSES_MAX)
            failure = (struct header_failure){"from_unreadable", NULL};
        else
            failure = judge_address(context, &address, mismatch);
    }
    if (decoded.failed)
        failure = (struct header_failure){no_memory, NULL};
    strbuf_deinit(&decoded);
    return failure;
}

/* The first address of the field that is not the login's; or that the field cannot be read by every client.
 */
static struct header_failure judge_field(const struct check_context *context,
                                         const struct header_field *field, const char *mismatch)
{
    struct mail_address_list list;
    struct header_failure failure = no_failure;
    if (!mail_address_list_parse(context->owner, field->value, HEADER_ADDRESSES_MAX, &list))
        return (struct header_failure){no_memory, NULL};
    for (size_t i = 0; i < list.count && failure.reason == NULL; i++)
        failure = judge_address(context, &list.items[i], mismatch);
    if (failure.reason == NULL)
        failure = judge_shown_text(context, field->value, mismatch);
    if (failure.reason == NULL && (list.malformed || list.truncated || list.count == 0))
        failure = (struct header_failure){"from_unreadable", NULL};
    return failure;
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

static void say_header_refusal(const struct check_context *context, struct finding *finding,
                               const struct header_failure *failure)
{
    static const struct sender_rows from = {REPLY_sender_from_not_of_login, REPLY_sender_from_unlisted,
                                            REPLY_sender_from_not_of_identity};
    static const struct sender_rows sender = {REPLY_sender_sender_header_not_of_login,
                                              REPLY_sender_sender_header_unlisted,
                                              REPLY_sender_sender_header_not_of_identity};
    if (failure->address != NULL) {
        sender_say_refusal(context, finding, failure->reason == not_in_sender_header ? &sender : &from,
                           failure->address);
        return;
    }
    enum reply_row row = REPLY_sender_from_unreadable;
    if (strcmp(failure->reason, "from_missing") == 0)
        row = REPLY_sender_from_missing;
    else if (strcmp(failure->reason, "from_repeated") == 0)
        row = REPLY_sender_from_repeated;
    finding->reply = (struct reply){.code = 553, .enhanced = "5.7.1"};
    check_say(context, finding, row, (const struct reply_value[]){{0}});
}

/* How the record calls what was found of a network or a script, which is no login. */
static const char *reason_for(const struct check_context *context, const char *reason)
{
    const bool is_login = context->message->role == ROLE_SUBMISSION;
    if (reason == NULL)
        return is_login ? "from_belongs_to_login" : "from_belongs_to_identity";
    if (reason == not_in_from && !is_login)
        return "from_not_of_identity";
    return reason == not_in_sender_header && !is_login ? "sender_header_not_of_identity" : reason;
}

/* Whether the rule is for this message at all: for logins that are compared, for others that are listed. */
static enum table_answer is_asked(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    if (context->message->role == ROLE_SUBMISSION)
        return settings->match == SENDER_MATCH_OFF ? TABLE_MISSING : TABLE_FOUND;
    return sender_identity_is_listed(context);
}

void sender_judge_header(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    const enum check_mode mode = sender_part_mode(context, settings->header_from);
    const enum table_answer asked = mode == MODE_OFF ? TABLE_MISSING : is_asked(context);
    if (asked == TABLE_MISSING)
        return;
    const char *unknown_reason =
        asked == TABLE_UNKNOWN ? sender_table_unavailable : sender_login_fault(context);
    struct header_failure failure = no_failure;
    if (unknown_reason == NULL)
        failure = judge_headers(context);
    if (failure.reason == sender_table_unavailable)
        unknown_reason = failure.reason;
    if (unknown_reason != NULL) {
        sender_add_unknown(context, mode, unknown_reason, findings);
        return;
    }
    enum finding_outcome outcome = failure.reason == no_memory ? FINDING_UNKNOWN : FINDING_FAIL;
    if (failure.reason == NULL)
        outcome = FINDING_PASS;
    struct finding finding =
        check_finding(sender_check.name, context, outcome, reason_for(context, failure.reason));
    finding.mode = mode;
    finding.key = "header_from";
    finding.detail = failure.address;
    if (outcome == FINDING_FAIL)
        say_header_refusal(context, &finding, &failure);
    finding_add(findings, &finding);
}
