#include "record/audit_line.h"

#include "record/event_line.h"
#include "scan/mime/name_superset.h"

#include <arpa/inet.h>
#include <stdio.h>

/* A record stays readable: what is beyond is counted, not listed. */
enum { FINDINGS_LISTED_MAX = 64, RECIPIENTS_LISTED_MAX = 10000, REDUCED_BYTES_MAX = 8192 };

/* ---- who -------------------------------------------------------------------------------------------- */

static void write_client(struct record_writer *record, const struct session_facts *session)
{
    char ip[IP_ADDRESS_TEXT_BYTES] = "";
    if (session->client_ip_known)
        ip_address_print(&session->client_ip, ip);
    record_open(record, RECORD_CLIENT);
    record_put_text(record, RECORD_CLIENT_ADDRESS, ip);
    record_put_text(record, RECORD_CLIENT_HOST, session->client_name);
    record_put_u64(record, RECORD_CLIENT_PORT, session->client_port);
    record_close(record);
}

static void write_auth(struct record_writer *record, const struct message_facts *message)
{
    record_open(record, RECORD_AUTH);
    record_put_some(record, RECORD_AUTH_TYPE, message->auth_type);
    record_put_some(record, RECORD_AUTH_LOGIN, message->login);
    record_close(record);
}

static void write_tls(struct record_writer *record, const struct tls_facts *tls)
{
    record_open(record, RECORD_TLS);
    if (tls->version[0] != '\0') {
        record_put_text(record, RECORD_TLS_VERSION, tls->version);
        record_put_text(record, RECORD_TLS_CIPHER, tls->cipher);
    }
    if (tls->cert_subject[0] != '\0') {
        record_put_text(record, RECORD_TLS_CERT_SUBJECT, tls->cert_subject);
        record_put_text(record, RECORD_TLS_CERT_ISSUER, tls->cert_issuer);
        record_put_bool(record, RECORD_TLS_CERT_VERIFIED, tls->cert_verified);
    }
    record_put_some(record, RECORD_TLS_CERT_FINGERPRINT, tls->cert_fingerprint);
    record_close(record);
}

/* ---- header ----------------------------------------------------------------------------------------- */

/* The `index`-th field of that name. */
static const struct header_field *find_header(const struct message_facts *message, const char *name,
                                              size_t index)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0 && index-- == 0)
            return &message->headers[i];
    return NULL;
}

static struct slice header_value(const struct message_facts *message, const char *name)
{
    const struct header_field *field = find_header(message, name, 0);
    return field == NULL ? slice_of("") : slice_trim(field->value);
}

/* All fields of that name from index `from` on; nothing where there are none. */
static void write_headers(struct record_writer *record, enum record_key key,
                          const struct message_facts *message, const char *name, size_t from)
{
    if (find_header(message, name, from) == NULL)
        return;
    record_open_texts(record, key);
    for (const struct header_field *field; (field = find_header(message, name, from)) != NULL; from++)
        record_put_element(record, slice_trim(field->value));
    record_close_texts(record);
}

/* ---- recipients ------------------------------------------------------------------------------------- */

const char *audit_recipient_action(const struct outcome *outcome, const struct recipient *recipient)
{
    static const char *const names[] = {"accept", "reject", "defer", "drop", "ignore"};
    const bool was_taken = recipient->action == RECIPIENT_ACCEPTED || recipient->action == RECIPIENT_DROPPED;
    if (was_taken && outcome->aborted != NULL)
        return "aborted";
    if (was_taken && outcome->verdict->action >= ACTION_DEFER)
        return action_name(outcome->verdict->action);
    if (recipient->action == RECIPIENT_ACCEPTED)
        return action_name(outcome->verdict->action);
    return names[recipient->action];
}

struct audit_cause audit_recipient_cause(const struct outcome *outcome, const struct recipient *recipient)
{
    const struct verdict *verdict = outcome->verdict;
    const bool was_taken = recipient->action == RECIPIENT_ACCEPTED || recipient->action == RECIPIENT_DROPPED;
    if (recipient->action == RECIPIENT_IGNORED)
        return (struct audit_cause){NULL, "refused_by_mta"};
    if (was_taken && outcome->aborted != NULL)
        return (struct audit_cause){NULL, outcome->aborted};
    if (was_taken && verdict->action != ACTION_ACCEPT && verdict->cause_reason != NULL)
        return (struct audit_cause){verdict->cause_check, verdict->cause_reason};
    if (recipient->reason == NULL || recipient->reason[0] == '\0')
        return (struct audit_cause){NULL, NULL};
    return (struct audit_cause){recipient->check, recipient->reason};
}

/* "relay.not_local_domain"; names of checks and reasons are short and ours. */
static void write_cause(struct record_writer *record, const struct audit_cause *cause)
{
    char text[128];
    const bool has_check = cause->check != NULL && cause->check[0] != '\0';
    if (cause->reason == NULL)
        return;
    snprintf(text, sizeof text, "%s%s%s", has_check ? cause->check : "", has_check ? "." : "", cause->reason);
    record_put_text(record, RECORD_RECIPIENT_REASON, text);
}

/* Whether the policy kept the mail from it, at RCPT or with the whole message. */
static bool is_refused(const struct outcome *outcome, const struct recipient *recipient)
{
    const bool was_taken = recipient->action == RECIPIENT_ACCEPTED || recipient->action == RECIPIENT_DROPPED;
    if (was_taken && (outcome->aborted != NULL || outcome->verdict->action >= ACTION_DEFER))
        return outcome->aborted == NULL;
    return recipient->action != RECIPIENT_ACCEPTED && recipient->action != RECIPIENT_IGNORED;
}

static void write_recipients(struct record_writer *record, const struct outcome *outcome)
{
    const struct message_facts *message = outcome->message;
    uint64_t refused_count = 0;
    record_open_list(record, RECORD_RECIPIENTS);
    for (size_t i = 0; i < message->recipient_count && i < RECIPIENTS_LISTED_MAX; i++) {
        const struct recipient *recipient = &message->recipients[i];
        record_element_begin(record);
        record_put_text(record, RECORD_RECIPIENT_ADDRESS, recipient->address.text);
        record_put_text(record, RECORD_RECIPIENT_ACTION, audit_recipient_action(outcome, recipient));
        const struct audit_cause cause = audit_recipient_cause(outcome, recipient);
        write_cause(record, &cause);
        record_element_end(record);
    }
    record_close(record);
    for (size_t i = 0; i < message->recipient_count; i++)
        refused_count += is_refused(outcome, &message->recipients[i]);
    if (refused_count > 0)
        record_put_u64(record, RECORD_RECIPIENTS_REFUSED, refused_count);
}

/* ---- content ---------------------------------------------------------------------------------------- */

static void write_conditions(struct record_writer *record, const struct attachment *attachment)
{
    static const char *const names[ATTACHMENT_CONDITION_COUNT] = {
        "encrypted", "uninspectable", "ambiguous", "over_budget", "partial", "alternatives", "macros"};
    if (attachment->conditions == 0)
        return;
    record_open_texts(record, RECORD_ATTACHMENT_CONDITIONS);
    for (size_t bit = 0; bit < ATTACHMENT_CONDITION_COUNT; bit++)
        if ((attachment->conditions & 1U << bit) != 0)
            record_put_element(record, slice_of(names[bit]));
    record_close_texts(record);
}

/* Most have one name, and their path ends in it. */
static void write_names(struct record_writer *record, const struct attachment *attachment)
{
    if (attachment->name_count == 0 ||
        (attachment->name_count == 1 && slice_ends_nocase(slice_of(attachment->path), attachment->names[0])))
        return;
    record_open_texts(record, RECORD_ATTACHMENT_NAMES);
    for (size_t i = 0; i < attachment->name_count; i++)
        record_put_element(record, attachment->names[i]);
    record_close_texts(record);
}

/* What does not fit is left out, and with it all that may be spelled: a part would look like the whole. */
static void write_reduced(struct record_writer *record, enum record_key key, const struct name_set *texts)
{
    size_t bytes = 0;
    for (size_t i = 0; i < texts->count; i++)
        bytes += texts->items[i].length;
    if (bytes == 0 || bytes > REDUCED_BYTES_MAX)
        return;
    record_open_texts(record, key);
    for (size_t i = 0; i < texts->count; i++)
        record_put_element(record, texts->items[i]);
    record_close_texts(record);
}

static void write_attachments(struct record_writer *record, const struct outcome *outcome)
{
    const struct attachment_list *attachments = outcome->message->attachments;
    const char *const *words = outcome->findings->attachment_outcomes;
    record_open_list(record, RECORD_ATTACHMENTS);
    for (size_t i = 0; attachments != NULL && i < attachments->count; i++) {
        const struct attachment *attachment = &attachments->items[i];
        record_element_begin(record);
        record_put_text(record, RECORD_ATTACHMENT_PATH, attachment->path);
        record_put_some(record, RECORD_ATTACHMENT_TYPE, attachment->executable);
        record_put_u64(record, RECORD_ATTACHMENT_SIZE, attachment->size_bytes);
        record_put_text(record, RECORD_ATTACHMENT_OUTCOME, words == NULL ? "not_judged" : words[i]);
        write_conditions(record, attachment);
        write_names(record, attachment);
        if (attachment->is_member)
            record_put_bool(record, RECORD_ATTACHMENT_IS_MEMBER, true);
        if (attachment->is_part_of_document)
            record_put_bool(record, RECORD_ATTACHMENT_IS_OF_DOCUMENT, true);
        record_put_some(record, RECORD_ATTACHMENT_SCRIPT, attachment->script_extension);
        if (attachment->superset != NULL) {
            write_reduced(record, RECORD_ATTACHMENT_SPELLED, &attachment->superset->texts);
            write_reduced(record, RECORD_ATTACHMENT_PIECES, &attachment->superset->pieces);
        }
        record_element_end(record);
    }
    record_close(record);
}

/* ---- findings --------------------------------------------------------------------------------------- */

static void write_list_answers(struct record_writer *record, const struct list_answer *answer)
{
    record_open_texts(record, RECORD_LIST_ANSWERS);
    for (size_t i = 0; i < answer->code_count; i++) {
        char text[INET_ADDRSTRLEN];
        const struct in_addr address = {htonl(answer->codes[i])};
        record_put_element(record, slice_of(inet_ntop(AF_INET, &address, text, sizeof text)));
    }
    record_close_texts(record);
}

static void write_lists(struct record_writer *record, const struct gathered_facts *gathered)
{
    static const char *const states[] = {
        [LIST_NOT_LISTED] = "not_listed", [LIST_LISTED] = "listed", [LIST_SKIPPED] = "skipped"};
    if (gathered->list_count == 0)
        return;
    record_open_list(record, RECORD_LISTS);
    for (size_t i = 0; i < gathered->list_count; i++) {
        const struct list_answer *answer = &gathered->lists[i];
        record_element_begin(record);
        record_put_text(record, RECORD_LIST_ZONE, answer->list);
        record_put_text(record, RECORD_LIST_STATE,
                        answer->verdict == LIST_UNKNOWN ? answer->why : states[answer->verdict]);
        if (answer->verdict == LIST_LISTED && answer->code_count > 0)
            write_list_answers(record, answer);
        record_element_end(record);
    }
    record_close(record);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Fifty recipients refused for one reason are one finding in the record. */
static bool is_repeated(const struct finding_list *findings, size_t at)
{
    const struct finding *finding = &findings->items[at];
    for (size_t i = 0; i < at && i < FINDINGS_LISTED_MAX; i++) {
        const struct finding *earlier = &findings->items[i];
        if (earlier->outcome == finding->outcome && same_text(earlier->check, finding->check) &&
            same_text(earlier->reason, finding->reason) && same_text(earlier->detail, finding->detail))
            return true;
    }
    return false;
}

static void write_rule(struct record_writer *record, const struct finding *finding)
{
    char line[24];
    char *rule;
    if (finding->rule_file == NULL)
        return;
    const int length = snprintf(line, sizeof line, ":%u", finding->rule_line);
    struct strbuf text;
    strbuf_init(&text, 0);
    strbuf_append_text(&text, finding->rule_file);
    strbuf_append(&text, line, (size_t)length);
    rule = text.failed ? NULL : text.data;
    record_put_some(record, RECORD_FINDING_RULE, rule);
    strbuf_deinit(&text);
}

static void write_finding(struct record_writer *record, const struct finding *finding)
{
    record_element_begin(record);
    record_put_text(record, RECORD_FINDING_CHECK, finding->check);
    record_put_text(record, RECORD_FINDING_OUTCOME, finding_outcome_name(finding->outcome));
    record_put_text(record, RECORD_FINDING_REASON, finding->reason);
    record_put_text(record, RECORD_FINDING_DETAIL, finding->detail);
    record_put_text(record, RECORD_FINDING_MODE, check_mode_name(finding->mode));
    record_put_text(record, RECORD_FINDING_ACTION, action_name(finding->action));
    write_rule(record, finding);
    if (finding->has_numbers) {
        record_put_u64(record, RECORD_FINDING_LIMIT, finding->limit);
        record_put_u64(record, RECORD_FINDING_SEEN, finding->seen);
    }
    record_element_end(record);
}

static void write_findings(struct record_writer *record, const struct finding_list *findings)
{
    size_t listed_count = 0;
    record_open_list(record, RECORD_FINDINGS);
    for (size_t i = 0; i < findings->count && listed_count < FINDINGS_LISTED_MAX; i++) {
        if (is_repeated(findings, i))
            continue;
        write_finding(record, &findings->items[i]);
        listed_count++;
    }
    record_close(record);
}

/* ---- reports ---------------------------------------------------------------------------------------- */

static void write_report_recipients(struct record_writer *record, enum record_key key,
                                    const struct report_facts *report)
{
    record_open_texts(record, key);
    for (size_t i = 0; i < report->recipient_count; i++)
        record_put_element(record, slice_of(report->recipients[i]));
    record_close_texts(record);
}

static void write_report(struct record_writer *record, const struct report_facts *report)
{
    if (report == NULL)
        return;
    if (report->feedback_type == NULL) {
        record_open(record, RECORD_DSN);
        record_put_some(record, RECORD_DSN_MESSAGE_ID, report->message_id);
        write_report_recipients(record, RECORD_DSN_RECIPIENTS, report);
    } else {
        record_open(record, RECORD_ARF);
        record_put_text(record, RECORD_ARF_TYPE, report->feedback_type);
        record_put_some(record, RECORD_ARF_MESSAGE_ID, report->message_id);
        write_report_recipients(record, RECORD_ARF_RECIPIENTS, report);
    }
    record_close(record);
}

static void write_origin(struct record_writer *record, const struct message_facts *message)
{
    char ip[IP_ADDRESS_TEXT_BYTES];
    if (!message->origin_ip_known)
        return;
    ip_address_print(&message->origin_ip, ip);
    record_put_text(record, RECORD_ORIGIN_ADDRESS, ip);
}

/* ---- verdict ---------------------------------------------------------------------------------------- */

static void write_reply(struct record_writer *record, const struct verdict *verdict)
{
    char reply[VERDICT_TEXT_BYTES_MAX + VERDICT_ENHANCED_BYTES + 8];
    if (verdict->action < ACTION_DEFER) {
        record_put_text(record, RECORD_REPLY, NULL);
        return;
    }
    snprintf(reply, sizeof reply, "%u %s %s", verdict->code, verdict->enhanced, verdict->text);
    record_put_text(record, RECORD_REPLY, reply);
}

static void write_verdict(struct record_writer *record, const struct outcome *outcome)
{
    record_put_text(record, RECORD_VERDICT, outcome_verdict_name(outcome));
    record_put_some(record, RECORD_ABORT_REASON, outcome->aborted);
    record_put_text(record, RECORD_WOULD, action_name(outcome->would->action));
    write_reply(record, outcome->verdict);
    record_put_some(record, RECORD_MTA_CANNOT, outcome->verdict->mta_cannot);
    record_put_u64(record, RECORD_DURATION_US, outcome->duration_us);
}

/* ---- line ------------------------------------------------------------------------------------------- */

static void write_who(struct record_writer *record, const struct outcome *outcome)
{
    const struct message_facts *message = outcome->message;
    record_put_text(record, RECORD_SESSION, outcome->session->id.text);
    record_put_text(record, RECORD_QUEUE_ID, message->queue_id);
    record_put_text(record, RECORD_POLICY, outcome->policy);
    if (outcome->mode != MODE_ENFORCE)
        record_put_text(record, RECORD_MODE, check_mode_name(outcome->mode));
    record_put_text(record, RECORD_ROLE, role_name(message->role));
    record_put_text(record, RECORD_ROLE_REASON, message->role_reason);
    record_put_text(record, RECORD_USER, message->user);
    record_put_text(record, RECORD_CUSTOMER, message->customer);
    record_put_text(record, RECORD_SERVICE, outcome->session->daemon_name);
    write_client(record, outcome->session);
    record_put_text(record, RECORD_HELO, outcome->session->helo);
    write_auth(record, message);
    write_tls(record, &message->tls);
}

void audit_line_write(const struct outcome *outcome, const struct record_context *context, struct strbuf *out)
{
    const struct message_facts *message = outcome->message;
    const struct record_start start = {RECORD_LINE_MESSAGE, outcome->time_us, message->id.text};
    struct record_writer record;
    record_line_begin(&record, context, &start, out);
    write_who(&record, outcome);
    record_put_text(&record, RECORD_SENDER, message->sender.text);
    record_put_slice(&record, RECORD_FROM, header_value(message, "from"));
    write_headers(&record, RECORD_FROM_MORE, message, "from", 1);
    write_headers(&record, RECORD_HEADER_SENDER, message, "sender", 0);
    record_put_slice(&record, RECORD_MESSAGE_ID, header_value(message, "message-id"));
    write_recipients(&record, outcome);
    if (message->has_declared_size)
        record_put_u64(&record, RECORD_DECLARED_SIZE, message->declared_size_bytes);
    record_put_u64(&record, RECORD_SIZE, message->header_bytes + message->body_bytes);
    if (message->part_count > 0)
        record_put_u64(&record, RECORD_PARTS, message->part_count);
    write_attachments(&record, outcome);
    write_lists(&record, &message->gathered);
    write_findings(&record, outcome->findings);
    write_report(&record, message->report);
    write_origin(&record, message);
    record_put_some(&record, RECORD_FINGERPRINT, message->fingerprint);
    write_verdict(&record, outcome);
    if (message->gathered.account != NULL)
        event_line_put_reasons(&record, message->gathered.account->reasons,
                               message->gathered.account->reason_count);
    record_line_end(&record);
}
