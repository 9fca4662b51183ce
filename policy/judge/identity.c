/* Who a message is from, and whose settings it is judged by. */
#include "check/relay/local_identity.h"
#include "check/relay/origin_address.h"
#include "check/relay/relay.h"
#include "check/relay/role.h"
#include "judge/judge.h"
#include "table/table_lookups.h"
#include "table/table_registry.h"

#include <talloc.h>

static void note_server(void *context, struct table *table)
{
    bool *asks_servers = context;
    *asks_servers = *asks_servers || table_takes_time(table);
}

void judge_policy_init(struct judge_policy *policy, const struct config_document *document,
                       size_t first_section, size_t replies)
{
    policy->document = document;
    policy->first_section = first_section;
    policy->replies_section = replies;
    policy->relay =
        config_document_settings(document, first_section + check_index(&relay_check), ROLE_OUTSIDE);
    policy->local_domains = policy->relay->local_domains;
    policy->asks_servers = false;
    table_registry_each(config_document_tables(document), note_server, &policy->asks_servers);
}

void judge_session(const struct judge_policy *policy, struct session_facts *session)
{
    session->client_is_trusted = session->client_ip_known &&
                                 network_set_contains(policy->relay->trusted_networks, &session->client_ip);
}

enum table_answer judge_find_customer(const struct judge_policy *policy, const char *user,
                                      struct strbuf *name)
{
    const char *at = strrchr(user, '@');
    enum table_answer answer = text_map_lookup(policy->customers, slice_of(user), name);
    if (answer == TABLE_MISSING && at != NULL)
        answer = text_map_lookup(policy->customers, slice_of(at), name);
    return answer;
}

/* A script is its user's where nothing is said of it itself. */
static enum table_answer find_customer_of_uid(const struct judgement *judgement, struct strbuf *name)
{
    struct strbuf user;
    strbuf_init(&user, 0);
    strbuf_printf(&user, "uid:%s", judgement->message->local_uid);
    enum table_answer answer = judge_find_customer(judgement->policy, strbuf_text(&user), name);
    strbuf_deinit(&user);
    return answer;
}

/* "" where there is none or it cannot be looked up. */
static void find_customer(struct judgement *judgement)
{
    struct strbuf name;
    strbuf_init(&name, 0);
    enum table_answer answer = judge_find_customer(judgement->policy, judgement->message->user, &name);
    if (answer == TABLE_MISSING && judgement->message->local_uid[0] != '\0')
        answer = find_customer_of_uid(judgement, &name);
    char *customer = talloc_strdup(judgement->owner, answer == TABLE_FOUND ? strbuf_text(&name) : "");
    ascii_lower_text(customer);
    if (customer == NULL || name.failed)
        judgement->out_of_memory = true;
    strbuf_deinit(&name);
    judgement->message->customer = customer == NULL ? "" : customer;
}

/* As overrides have senders: in lower case, "<>" for the empty one. */
static const char *sender_of(struct judgement *judgement)
{
    const struct mail_address *sender = &judgement->message->sender;
    char *text = talloc_strdup(judgement->owner, sender->is_null ? "<>" : sender->text);
    ascii_lower_text(text);
    judgement->out_of_memory = judgement->out_of_memory || text == NULL;
    return text == NULL ? "" : text;
}

static const void *settings_of(struct judgement *judgement, size_t section)
{
    const struct config_document *document = judgement->policy->document;
    const void *settings =
        config_document_effective(document, section, &judgement->subject, judgement->owner);
    if (settings != NULL)
        return settings;
    judgement->out_of_memory = true;
    return config_document_settings(document, section, judgement->message->role);
}

/* The settings that apply to this message: its role's, changed by the overrides that match. */
static void choose_settings(struct judgement *judgement)
{
    const struct judge_policy *policy = judgement->policy;
    const struct message_facts *message = judgement->message;
    const struct session_facts *session = judgement->session;
    const char *at = strrchr(message->user, '@');
    judgement->subject = (struct config_subject){
        .role = message->role,
        .user = message->user,
        .domain = at == NULL ? "" : at + 1,
        .customer = message->customer,
        .sender = sender_of(judgement),
        .client_ip = session->client_ip_known ? &session->client_ip : NULL,
    };
    for (size_t i = 0; check_table[i] != NULL; i++)
        judgement->settings[i] = settings_of(judgement, policy->first_section + i);
    judgement->replies = settings_of(judgement, policy->replies_section);
}

static bool lacks_answer(const struct judgement *judgement)
{
    struct pending_awaited awaited;
    return judge_waits(judgement, &awaited);
}

/* In steps, for one needs what the one before has found. False: judge_waits. */
static bool settle_identity(struct judgement *judgement)
{
    if (!lacks_answer(judgement))
        find_customer(judgement);
    if (!lacks_answer(judgement))
        choose_settings(judgement);
    table_lookups_use(NULL);
    if (lacks_answer(judgement))
        return false;
    /* Where a finding's rule stands is looked for by the same answers. */
    table_lookups_keep(judgement->lookups);
    table_lookups_end_stage(judgement->lookups);
    return true;
}

bool judge_begin(struct judgement *judgement)
{
    struct message_facts *message = judgement->message;
    finding_list_init(&judgement->findings, judgement->owner);
    judgement->would = &judgement->verdict;
    message->customer = message->user = message->role_reason = message->local_uid = message->local_script =
        "";
    if (judgement->can_wait && judgement->policy->asks_servers && judgement->lookups == NULL)
        judgement->lookups = table_lookups_create(judgement->owner);
    table_lookups_use(judgement->lookups);
    const bool is_known =
        role_decide(judgement->owner, judgement->policy->relay, judgement->session, message);
    judgement->is_settled = message->role != ROLE_LOCAL;
    settle_identity(judgement);
    return is_known;
}

void judge_settle(struct judgement *judgement)
{
    table_lookups_use(judgement->lookups);
    bool is_daemon = role_session_is_local_daemon(judgement->policy->relay, judgement->session);
    if (!local_identity_decide(judgement->owner, is_daemon, judgement->message))
        judgement->out_of_memory = true;
    judgement->is_settled = settle_identity(judgement);
}

void judge_origin(struct judgement *judgement)
{
    origin_address_find(judgement->policy->relay, judgement->session, judgement->message);
}
