#include "check/relay/relay.h"

static const char domains_unavailable[] = "local_domains_unavailable";

static enum table_answer domain_is_local(const struct relay_settings *settings, struct slice domain)
{
    return domain_set_lookup(settings->local_domains, domain);
}

/* A route's hosts are to be ignored (RFC 5321, 4.1.1.3), but an MTA that follows them would pass mail on. */
static enum table_answer route_is_local(const struct relay_settings *settings, const char *route)
{
    struct slice rest = slice_of(route);
    enum table_answer answer = TABLE_FOUND;
    while (rest.length > 0 && answer == TABLE_FOUND) {
        size_t comma = slice_find(rest, ',');
        struct slice host = slice_trim(slice_part(rest, 0, comma));
        rest = slice_part(rest, comma < rest.length ? comma + 1 : comma, rest.length);
        answer = host.length < 2 || host.data[0] != '@'
                     ? TABLE_MISSING
                     : domain_is_local(settings, slice_part(host, 1, host.length));
    }
    return answer;
}

static const char *unless_local(enum table_answer answer, const char *reason)
{
    if (answer == TABLE_UNKNOWN)
        return domains_unavailable;
    return answer == TABLE_FOUND ? NULL : reason;
}

/* Why an outside client may not send to `address`, as the record's reason; NULL: it may. */
static const char *find_refusal(const struct relay_settings *settings, const struct mail_address *address)
{
    if (address->malformed || address->is_null)
        return "malformed_address";
    /* RFC 5321, 4.5.1: every relay takes mail for its postmaster. */
    if (address->domain[0] == '\0' && address->route[0] == '\0' &&
        slice_equal_nocase(slice_of(address->local_part), slice_of("postmaster")))
        return NULL;
    /* What an MTA may take for the next hop once the local domain is stripped (RFC 1123, 5.2.16; UUCP). */
    if (strpbrk(address->local_part, "@%!") != NULL)
        return "second_hop";
    if (address->domain[0] == '\0')
        return "no_domain";
    const char *reason = unless_local(domain_is_local(settings, slice_of(address->domain)),
                                      address->is_literal ? "address_literal" : "not_local_domain");
    return reason != NULL ? reason : unless_local(route_is_local(settings, address->route), "source_route");
}

/* The row of words for a reason. */
static enum reply_row row_of(const char *reason)
{
    static const struct {
        const char *reason;
        enum reply_row row;
    } rows[] = {
        {"address_literal", REPLY_relay_address_literal},
        {"second_hop", REPLY_relay_second_hop},
        {"source_route", REPLY_relay_source_route},
        {"malformed_address", REPLY_relay_malformed_address},
        {"no_domain", REPLY_relay_no_domain},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].reason, reason) == 0)
            return rows[i].row;
    return REPLY_relay_not_local_domain;
}

/* The shipped sentence speaks the language of the reply; the administrator's own speaks as it is. */
static struct reply_value how_to_authenticate(const struct relay_settings *settings)
{
    const char *own = settings->how_to_authenticate;
    return strcmp(own, REPLY_HOW_TO_AUTHENTICATE) == 0
               ? reply_part("how_to_authenticate", REPLY_PART_how_to_authenticate)
               : reply_text("how_to_authenticate", own);
}

static void say_refusal(const struct check_context *context, struct finding *finding, const char *reason)
{
    const char *address = check_shorten(context, context->recipient->verbatim, 200);
    finding->reply = (struct reply){.code = 550, .enhanced = "5.7.1"};
    check_say(context, finding, row_of(reason),
              (const struct reply_value[]){
                  reply_text("recipient", address != NULL && address[0] == '\0' ? "<>" : address),
                  how_to_authenticate(context->settings),
                  {0}});
}

/* Why this client may send anywhere. */
static void report_relaying_role(const struct check_context *context, struct finding_list *findings)
{
    if (context->message->role == ROLE_OUTSIDE)
        return;
    struct finding finding =
        check_finding(relay_check.name, context, FINDING_PASS, context->message->role_reason);
    finding.detail = context->message->user;
    finding_add(findings, &finding);
}

static void judge_recipient(const struct check_context *context, struct finding_list *findings)
{
    const struct recipient *recipient = context->recipient;
    if (context->message->role != ROLE_OUTSIDE)
        return;
    const char *reason = find_refusal(context->settings, &recipient->address);
    enum finding_outcome outcome = reason == NULL ? FINDING_PASS : FINDING_FAIL;
    if (reason == domains_unavailable)
        outcome = FINDING_UNKNOWN;
    struct finding finding =
        check_finding(relay_check.name, context, outcome, reason == NULL ? "local_recipient" : reason);
    if (outcome != FINDING_UNKNOWN)
        finding.key = "local_domains";
    finding.detail = reason == NULL ? NULL : recipient->verbatim;
    if (outcome == FINDING_FAIL)
        say_refusal(context, &finding, reason);
    else if (outcome == FINDING_UNKNOWN)
        check_say(context, &finding, REPLY_relay_unknown, (const struct reply_value[]){{0}});
    finding_add(findings, &finding);
}

static void relay_decide(const struct check_context *context, struct finding_list *findings)
{
    if (context->stage == STAGE_MAIL)
        report_relaying_role(context, findings);
    else
        judge_recipient(context, findings);
}

const struct check relay_check = {
    .name = "relay",
    .section = &relay_section,
    .stages = STAGE_MAIL | STAGE_RECIPIENT,
    .decide = relay_decide,
};
