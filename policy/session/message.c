/* What is kept of one message: its facts, its settings, its outcome. */
#include "session/session_state.h"

#include "base/array.h"
#include "check/attachments/attachments.h"
#include "check/relay/local_identity.h"
#include "check/relay/relay.h"
#include "check/relay/role.h"
#include "engine/observers.h"

#include <talloc.h>

enum {
    HEADERS_KEPT_MAX = 64,          /* fields kept for the checks */
    HEADER_BYTES_KEPT_MAX = 262144, /* of all of them */
};

const char *facts_text(void *owner, const char *text, bool *failed)
{
    if (text == NULL || text[0] == '\0')
        return "";
    const char *copy = talloc_strdup(owner, text);
    if (copy == NULL)
        *failed = true;
    return copy == NULL ? "" : copy;
}

/* RFC 1870: SIZE=number, the keyword in any case. Anything else is left to the MTA to refuse. */
static void read_declared_size(struct message_facts *facts, const char *const *params)
{
    for (; params != NULL && *params != NULL; params++) {
        struct slice param = slice_of(*params);
        if (!slice_starts_nocase(param, slice_of("SIZE=")) || param.length == 5)
            continue;
        uint64_t bytes = 0;
        bool valid = true;
        for (size_t i = 5; i < param.length && valid; i++)
            valid = ascii_is_digit(param.data[i]) && !__builtin_mul_overflow(bytes, 10, &bytes) &&
                    !__builtin_add_overflow(bytes, (uint64_t)(param.data[i] - '0'), &bytes);
        facts->has_declared_size = valid;
        facts->declared_size_bytes = valid ? bytes : 0;
    }
}

static void copy_tls(struct message *message, const struct tls_facts *tls)
{
    bool *failed = &message->out_of_memory;
    message->facts.tls = (struct tls_facts){
        .version = facts_text(message, tls->version, failed),
        .cipher = facts_text(message, tls->cipher, failed),
        .cert_subject = facts_text(message, tls->cert_subject, failed),
        .cert_issuer = facts_text(message, tls->cert_issuer, failed),
        .cert_fingerprint = facts_text(message, tls->cert_fingerprint, failed),
        .cert_verified = tls->cert_verified,
        .cert_common_name = facts_text(message, tls->cert_common_name, failed),
    };
}

/* As overrides have senders: in lower case, "<>" for the empty one. */
static const char *sender_of(struct message *message)
{
    const struct mail_address *sender = &message->facts.sender;
    char *text = talloc_strdup(message, sender->is_null ? "<>" : sender->text);
    for (char *c = text; c != NULL && *c != '\0'; c++)
        *c = ascii_lower(*c);
    message->out_of_memory = message->out_of_memory || text == NULL;
    return text == NULL ? "" : text;
}

/* The settings that apply to this message: its role's, changed by the overrides that match. */
static void choose_settings(struct policy_session *session, struct message *message)
{
    const struct message_facts *facts = &message->facts;
    const char *at = strrchr(facts->user, '@');
    struct config_subject subject = {
        .role = facts->role,
        .user = facts->user,
        .domain = at == NULL ? "" : at + 1,
        .customer = facts->customer,
        .sender = sender_of(message),
        .client_ip = session->facts.client_ip_known ? &session->facts.client_ip : NULL,
    };
    const struct config_document *document = session->snapshot->document;
    for (size_t i = 0; check_table[i] != NULL; i++) {
        message->settings[i] =
            config_document_effective(document, SECTION_FIRST_CHECK + i, &subject, message);
        if (message->settings[i] == NULL) {
            message->out_of_memory = true;
            message->settings[i] = snapshot_check_settings(session->snapshot, i, facts->role);
        }
    }
}

/* "" where there is none or it cannot be looked up. */
static const char *find_customer(struct policy_session *session, struct message *message)
{
    struct strbuf name;
    strbuf_init(&name, 0);
    enum table_answer answer = snapshot_find_customer(session->snapshot, message->facts.user, &name);
    char *customer = talloc_strdup(message, answer == TABLE_FOUND ? strbuf_text(&name) : "");
    for (char *c = customer; c != NULL && *c != '\0'; c++)
        *c = ascii_lower(*c);
    if (customer == NULL || name.failed)
        message->out_of_memory = true;
    strbuf_deinit(&name);
    return customer == NULL ? "" : customer;
}

static void start_content_scan(struct policy_session *session, struct message *message)
{
    const struct attachments_settings *settings = message_settings(message, &attachments_check);
    /* Of local mail it is not known yet whose settings count. */
    bool is_off = settings->common.mode == MODE_OFF && message->is_settled;
    if (is_off || session->snapshot->root->mode == MODE_OFF)
        return;
    struct content_limits limits = attachments_content_limits(settings);
    message->scan = content_scan_create(message, &limits);
    message->facts.content_scan_failed = message->scan == NULL;
}

const void *message_settings(const struct message *message, const struct check *check)
{
    size_t i = 0;
    while (check_table[i] != check)
        i++;
    return message->settings[i];
}

struct message *message_begin(struct policy_session *session, const struct policy_mail *mail)
{
    const struct clock *clock = &session->engine->options.clock;
    struct message *message = talloc_zero(session, struct message);
    if (message == NULL)
        return NULL;
    struct message_facts *facts = &message->facts;
    message->started_us = clock_monotonic_us(clock);
    finding_list_init(&message->findings, message);
    facts->id = incident_id_new(clock_wall_us(clock));
    facts->queue_id = facts_text(message, mail->queue_id, &message->out_of_memory);
    facts->auth_type = facts_text(message, mail->auth_type, &message->out_of_memory);
    facts->login = facts_text(message, mail->auth_authen, &message->out_of_memory);
    facts->customer = facts->user = facts->role_reason = facts->local_uid = facts->local_script = "";
    copy_tls(message, &mail->tls);
    read_declared_size(facts, mail->params);
    if (!mail_address_parse(message, slice_of(mail->path), &facts->sender) ||
        !role_decide(message, snapshot_relay_settings(session->snapshot), &session->facts,
                     session->engine->recent_logins, facts)) {
        talloc_free(message);
        return NULL;
    }
    message->is_settled = facts->role != ROLE_LOCAL;
    facts->customer = find_customer(session, message);
    choose_settings(session, message);
    start_content_scan(session, message);
    message->findings.failed = message->out_of_memory;
    return message;
}

void message_identify_local(struct policy_session *session)
{
    struct message *message = session->message;
    const struct relay_settings *relay = snapshot_relay_settings(session->snapshot);
    bool is_daemon = role_session_is_local_daemon(relay, &session->facts);
    if (!local_identity_decide(message, is_daemon, &message->facts))
        message->out_of_memory = true;
    message->facts.customer = find_customer(session, message);
    choose_settings(session, message);
    const struct attachments_settings *attachments = message_settings(message, &attachments_check);
    if (attachments->common.mode == MODE_OFF)
        TALLOC_FREE(message->scan);
    message->findings.failed = message->findings.failed || message->out_of_memory;
    message->is_settled = true;
}

void message_run_checks(struct policy_session *session, enum check_stage stage,
                        const struct recipient *recipient)
{
    struct message *message = session->message;
    for (size_t i = 0; check_table[i] != NULL; i++) {
        const struct check_settings *settings = message->settings[i];
        if ((check_table[i]->stages & (unsigned)stage) == 0 || settings->mode == MODE_OFF)
            continue;
        const struct check_context context = {
            .stage = stage,
            .session = &session->facts,
            .message = &message->facts,
            .recipient = recipient,
            .settings = settings,
            .services = &session->engine->services,
            .owner = message,
            .session_state = &session->check_state[i],
            .session_owner = session,
        };
        check_table[i]->decide(&context, &message->findings);
    }
}

struct recipient *message_add_recipient(struct message *message, const struct recipient *recipient)
{
    struct message_facts *facts = &message->facts;
    if (!array_reserve(message, facts->recipients, facts->recipient_count))
        return NULL;
    struct recipient *added = &facts->recipients[facts->recipient_count++];
    *added = *recipient;
    return added;
}

/* The fields that checks and the record look at, and how many of each are kept. */
static const struct kept_header {
    const char *name;
    size_t most;
    bool must_be_whole; /* a check has to see all there are */
} kept_headers[] = {
    {"from", 16, true},
    {"sender", 8, true},
    {"message-id", 4, false},
    {"received", 4, false},
    {"x-php-originating-script", 4, false},
    {"x-php-script", 4, false},
};

static const struct kept_header *find_kept_header(struct slice name)
{
    for (size_t k = 0; k < sizeof kept_headers / sizeof kept_headers[0]; k++)
        if (slice_equal_nocase(name, slice_of(kept_headers[k].name)))
            return &kept_headers[k];
    return NULL;
}

static bool has_room_for(const struct message *message, const struct kept_header *kept, struct slice value)
{
    const struct message_facts *facts = &message->facts;
    size_t count = 0;
    for (size_t i = 0; i < facts->header_count; i++)
        count += facts->headers[i].name == kept->name;
    return count < kept->most && facts->header_count < HEADERS_KEPT_MAX &&
           value.length <= HEADER_BYTES_KEPT_MAX - message->header_bytes_kept;
}

void message_keep_header(struct message *message, struct slice name, struct slice value)
{
    struct message_facts *facts = &message->facts;
    const struct kept_header *kept = find_kept_header(name);
    if (kept == NULL)
        return;
    if (!has_room_for(message, kept, value)) {
        facts->headers_over_budget = facts->headers_over_budget || kept->must_be_whole;
        return;
    }
    if (facts->headers == NULL)
        facts->headers = talloc_array(message, struct header_field, HEADERS_KEPT_MAX);
    char *copy = talloc_strndup(message, value.data == NULL ? "" : value.data, value.length);
    if (facts->headers == NULL || copy == NULL) {
        message->findings.failed = true;
        return;
    }
    message->header_bytes_kept += value.length;
    facts->headers[facts->header_count++] = (struct header_field){kept->name, slice_make(copy, value.length)};
}

/* ---- outcome ---------------------------------------------------------------------------------------- */

struct verdict_question message_question(const struct policy_session *session, size_t from)
{
    const struct message *message = session->message;
    return (struct verdict_question){
        .findings = &message->findings,
        .from = from,
        .everything = session->snapshot->root->mode,
        .id = &message->facts.id,
    };
}

/* The verdict with everything enforced: where nobody would be left to send to, that of the last recipient. */
static const struct verdict *would_be_verdict(struct message *message, struct verdict_question question)
{
    const struct message_facts *facts = &message->facts;
    size_t left_count = 0;
    for (size_t i = 0; i < facts->recipient_count; i++)
        left_count +=
            !facts->recipients[i].would_be_refused && (facts->recipients[i].action == RECIPIENT_ACCEPTED ||
                                                       facts->recipients[i].action == RECIPIENT_DROPPED);
    if (message->would_have_refused && left_count == 0)
        return &message->would;
    if (!message->would_have_refused && !verdict_would_differ(&question))
        return &message->verdict;
    question.as_if_enforced = true;
    message->would = verdict_decide(&question);
    return &message->would;
}

const struct verdict *message_publish(struct policy_session *session, const struct verdict_question *question,
                                      const struct outcome_edits *edits, const char *aborted)
{
    struct message *message = session->message;
    const struct clock *clock = &session->engine->options.clock;
    struct outcome outcome = {
        .session = &session->facts,
        .message = &message->facts,
        .findings = &message->findings,
        .verdict = &message->verdict,
        .would = would_be_verdict(message, *question),
        .aborted = aborted,
        .time_us = clock_wall_us(clock),
        .duration_us = clock_monotonic_us(clock) - message->started_us,
        .policy = session->snapshot->id,
    };
    if (edits != NULL)
        outcome.edits = *edits;
    message->is_published = true;
    engine_publish(
        &(struct publication){session->engine, session->snapshot, &outcome, &message->unrecorded_answer});
    return outcome.answer;
}
