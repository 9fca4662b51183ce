#include "record/audit_line.h"

#include "base/json_writer.h"

#include <stdio.h>
#include <time.h>

/* A record stays readable: what is beyond is counted, not listed. */
enum { FINDINGS_LISTED_MAX = 64, RECIPIENTS_LISTED_MAX = 10000 };

/* `count` digits of `number` at `text`. */
static void put_digits(char *text, int count, unsigned number)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* RFC 3339, in UTC; printf would cost more than all the rest of the line. */
static void format_time(int64_t time_us, char *text)
{
    static const char blank[] = "0000-00-00T00:00:00.000000Z";
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    memcpy(text, blank, sizeof blank);
    put_digits(text, 4, (unsigned)utc.tm_year + 1900);
    put_digits(text + 5, 2, (unsigned)utc.tm_mon + 1);
    put_digits(text + 8, 2, (unsigned)utc.tm_mday);
    put_digits(text + 11, 2, (unsigned)utc.tm_hour);
    put_digits(text + 14, 2, (unsigned)utc.tm_min);
    put_digits(text + 17, 2, (unsigned)utc.tm_sec);
    put_digits(text + 20, 6, (unsigned)(time_us % 1000000));
}

static void write_client(struct json_writer *json, const struct session_facts *session)
{
    char ip[IP_ADDRESS_TEXT_BYTES] = "";
    if (session->client_ip_known)
        ip_address_print(&session->client_ip, ip);
    json_open_object(json, "client");
    json_text(json, "ip", ip);
    json_text(json, "name", session->client_name);
    json_u64(json, "port", session->client_port);
    json_close_object(json);
}

static void write_tls(struct json_writer *json, const struct tls_facts *tls)
{
    json_open_object(json, "tls");
    if (tls->version[0] != '\0') {
        json_text(json, "version", tls->version);
        json_text(json, "cipher", tls->cipher);
    }
    if (tls->cert_subject[0] != '\0') {
        json_text(json, "cert_subject", tls->cert_subject);
        json_text(json, "cert_issuer", tls->cert_issuer);
        json_bool(json, "cert_verified", tls->cert_verified);
    }
    json_close_object(json);
}

static struct slice header_value(const struct message_facts *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return slice_trim(message->headers[i].value);
    return slice_of("");
}

static const char *recipient_action_name(enum recipient_action action)
{
    static const char *const names[] = {"accept", "reject", "defer", "drop", "ignore"};
    return names[action];
}

static void write_recipients(struct json_writer *json, const struct message_facts *message)
{
    json_open_array(json, "recipients");
    for (size_t i = 0; i < message->recipient_count && i < RECIPIENTS_LISTED_MAX; i++) {
        const struct recipient *recipient = &message->recipients[i];
        json_open_object(json, NULL);
        json_text(json, "address", recipient->address.text);
        json_text(json, "action", recipient_action_name(recipient->action));
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_attachments(struct json_writer *json, const struct outcome *outcome)
{
    const struct attachment_list *attachments = outcome->message->attachments;
    const char *const *words = outcome->findings->attachment_outcomes;
    json_open_array(json, "attachments");
    for (size_t i = 0; attachments != NULL && i < attachments->count; i++) {
        const struct attachment *attachment = &attachments->items[i];
        json_open_object(json, NULL);
        json_text(json, "path", attachment->path);
        json_text(json, "outcome", words == NULL ? "not_judged" : words[i]);
        json_close_object(json);
    }
    json_close_array(json);
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

static void write_findings(struct json_writer *json, const struct finding_list *findings)
{
    size_t listed_count = 0;
    json_open_array(json, "findings");
    for (size_t i = 0; i < findings->count && listed_count < FINDINGS_LISTED_MAX; i++) {
        const struct finding *finding = &findings->items[i];
        if (is_repeated(findings, i))
            continue;
        json_open_object(json, NULL);
        json_text(json, "check", finding->check);
        json_text(json, "outcome", finding_outcome_name(finding->outcome));
        json_text(json, "reason", finding->reason);
        json_text(json, "detail", finding->detail);
        json_text(json, "mode", check_mode_name(finding->mode));
        json_close_object(json);
        listed_count++;
    }
    json_close_array(json);
}

static void write_reply(struct json_writer *json, const struct verdict *verdict)
{
    char reply[VERDICT_TEXT_BYTES_MAX + VERDICT_ENHANCED_BYTES + 8];
    if (verdict->action < ACTION_DEFER) {
        json_text(json, "reply", NULL);
        return;
    }
    snprintf(reply, sizeof reply, "%u %s %s", verdict->code, verdict->enhanced, verdict->text);
    json_text(json, "reply", reply);
}

void audit_line_write(const struct outcome *outcome, struct strbuf *out)
{
    const struct message_facts *message = outcome->message;
    char time_text[sizeof "0000-00-00T00:00:00.000000Z"];
    struct json_writer json;
    format_time(outcome->time_us, time_text);
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "time", time_text);
    json_text(&json, "id", message->id.text);
    json_text(&json, "queue_id", message->queue_id);
    json_text(&json, "role", role_name(message->role));
    json_text(&json, "user", message->user);
    write_client(&json, outcome->session);
    json_text(&json, "helo", outcome->session->helo);
    write_tls(&json, &message->tls);
    json_text(&json, "sender", message->sender.text);
    json_string(&json, "from", header_value(message, "from"));
    json_string(&json, "message_id", header_value(message, "message-id"));
    write_recipients(&json, message);
    json_u64(&json, "size", message->header_bytes + message->body_bytes);
    write_attachments(&json, outcome);
    write_findings(&json, outcome->findings);
    json_text(&json, "verdict", outcome_verdict_name(outcome));
    write_reply(&json, outcome->verdict);
    json_text(&json, "mta_cannot", outcome->verdict->mta_cannot);
    json_u64(&json, "duration_us", outcome->duration_us);
    json_close_object(&json);
}

void audit_line_write_short(const struct outcome *outcome, struct strbuf *out)
{
    const struct message_facts *message = outcome->message;
    const struct verdict *verdict = outcome->verdict;
    char ip[IP_ADDRESS_TEXT_BYTES] = "unknown";
    if (outcome->session->client_ip_known)
        ip_address_print(&outcome->session->client_ip, ip);
    /* Without a host name the MTA gives the address in brackets, or nothing. */
    const char *name = outcome->session->client_name;
    bool has_name = name[0] != '\0' && name[0] != '[';
    strbuf_printf(out, "%s: client=%s[%s], role=%s",
                  message->queue_id[0] != '\0' ? message->queue_id : "NOQUEUE", has_name ? name : "unknown",
                  ip, role_name(message->role));
    if (message->login[0] != '\0')
        strbuf_printf(out, ", sasl_username=%s", message->login);
    strbuf_printf(out, ", from=<%s>, nrcpt=%zu, size=%llu, verdict=%s, id=%s", message->sender.text,
                  message->recipient_count, (unsigned long long)(message->header_bytes + message->body_bytes),
                  outcome_verdict_name(outcome), message->id.text);
    if (verdict->cause_check != NULL)
        strbuf_printf(out, ", check=%s, reason=%s", verdict->cause_check, verdict->cause_reason);
    if (verdict->mta_cannot != NULL)
        strbuf_printf(out, ", mta_cannot=%s", verdict->mta_cannot);
    if (outcome->answer->action != verdict->action)
        strbuf_append_text(out, ", record=lost");
    if (outcome->answer->action >= ACTION_DEFER)
        strbuf_printf(out, ", reply=%u %s %s", outcome->answer->code, outcome->answer->enhanced,
                      outcome->answer->text);
}
