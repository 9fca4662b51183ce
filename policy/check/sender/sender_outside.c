/* The part of the check `sender` about mail from outside: one's own domains forged. */
#include "check/sender/sender.h"

#include "config/sets.h"

#include <talloc.h>

enum { FROM_ADDRESSES_MAX = 100 };

static const char own_domain_sender[] = "own_domain_from_outside", own_domain_from[] = "own_domain_in_from";
static const char domains_unavailable[] = "local_domains_unavailable", no_memory[] = "out_of_memory";

/* Whether a forwarder, or a service that sends for us, hands it in. */
static enum table_answer is_forwarder(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    struct ip_network network;
    if (!context->session->client_ip_known)
        return TABLE_MISSING;
    return network_set_lookup(settings->outside.forwarders, &context->session->client_ip, &network);
}

/* Whether the envelope is that of a mailing list that keeps From: as it was. */
static enum table_answer is_list(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    const struct mail_address *sender = &context->message->sender;
    char *text = talloc_strdup(context->owner, sender->is_null ? "<>" : sender->text);
    ascii_lower_text(text);
    return text == NULL ? TABLE_UNKNOWN : address_set_lookup(settings->outside.lists, slice_of(text));
}

static enum table_answer is_own(const struct check_context *context, const struct mail_address *address)
{
    return domain_set_lookup(context->local_domains, slice_of(address->domain));
}

/* What is wrong with one part of the message. */
struct forgery {
    const char *reason;  /* NULL: nothing */
    const char *address; /* the forged one */
};

static struct forgery forgery_of(enum table_answer answer, const char *reason,
                                 const struct mail_address *address)
{
    if (answer == TABLE_UNKNOWN)
        return (struct forgery){domains_unavailable, NULL};
    return answer == TABLE_FOUND ? (struct forgery){reason, address->text} : (struct forgery){NULL, NULL};
}

static struct forgery judge_envelope(const struct check_context *context)
{
    const struct mail_address *sender = &context->message->sender;
    if (sender->is_null || sender->domain[0] == '\0')
        return (struct forgery){NULL, NULL};
    return forgery_of(is_own(context, sender), own_domain_sender, sender);
}

static struct forgery judge_from_field(const struct check_context *context, struct slice value)
{
    struct mail_address_list list;
    struct forgery forgery = {NULL, NULL};
    if (!mail_address_list_parse(context->owner, value, FROM_ADDRESSES_MAX, &list))
        return (struct forgery){no_memory, NULL};
    /* An unknown one does not hide a forged one behind it. */
    for (size_t i = 0; i < list.count && forgery.reason != own_domain_from; i++) {
        const enum table_answer answer =
            list.items[i].domain[0] == '\0' ? TABLE_MISSING : is_own(context, &list.items[i]);
        if (answer != TABLE_MISSING)
            forgery = forgery_of(answer, own_domain_from, &list.items[i]);
    }
    return forgery;
}

static struct forgery judge_from(const struct check_context *context)
{
    const struct message_facts *message = context->message;
    struct forgery forgery = {NULL, NULL};
    for (size_t i = 0; i < message->header_count && forgery.reason != own_domain_from; i++) {
        if (strcmp(message->headers[i].name, "from") != 0)
            continue;
        const struct forgery found = judge_from_field(context, message->headers[i].value);
        forgery = found.reason == NULL ? forgery : found;
    }
    if (forgery.reason == own_domain_from) {
        const enum table_answer list = is_list(context);
        if (list != TABLE_MISSING)
            forgery = (struct forgery){list == TABLE_FOUND ? NULL : domains_unavailable, NULL};
    }
    return forgery;
}

/* Who is asked is at fault or not ours at all: both are told what to do. */
static void say_refusal(const struct check_context *context, struct finding *finding,
                        const struct forgery *forgery)
{
    finding->reply = (struct reply){.code = 553, .enhanced = "5.7.1"};
    check_say(context, finding,
              forgery->reason == own_domain_from ? REPLY_sender_own_domain_in_from
                                                 : REPLY_sender_own_domain_from_outside,
              (const struct reply_value[]){
                  reply_text("sender", check_shorten(context, forgery->address, 100)), {0}});
}

void sender_judge_outside(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    const bool is_envelope = context->stage == STAGE_MAIL;
    const enum check_mode mode =
        sender_part_mode(context, is_envelope ? settings->outside.envelope : settings->outside.header_from);
    if (mode == MODE_OFF)
        return;
    struct forgery forgery = is_envelope ? judge_envelope(context) : judge_from(context);
    if (forgery.reason == NULL || is_forwarder(context) == TABLE_FOUND)
        return;
    const bool is_unknown = forgery.reason == domains_unavailable || forgery.reason == no_memory;
    struct finding finding = check_finding(sender_check.name, context,
                                           is_unknown ? FINDING_UNKNOWN : FINDING_FAIL, forgery.reason);
    finding.mode = mode;
    finding.detail = forgery.address;
    if (is_unknown)
        check_say(context, &finding, REPLY_sender_domains_unavailable, (const struct reply_value[]){{0}});
    else
        say_refusal(context, &finding, &forgery);
    if (!is_unknown)
        finding.key = is_envelope ? "outside.envelope" : "outside.header_from";
    finding_add(findings, &finding);
}
