#include "record/audit_short_line.h"

#include <inttypes.h>

/* Of one address or name: syslog lines have little room. */
enum { SHOWN_BYTES_MAX = 200 };

static void append_client(const struct outcome *outcome, struct strbuf *out)
{
    char ip[IP_ADDRESS_TEXT_BYTES] = "unknown";
    if (outcome->session->client_ip_known)
        ip_address_print(&outcome->session->client_ip, ip);
    /* Without a host name the MTA gives the address in brackets, or nothing. */
    const char *name = outcome->session->client_name;
    const bool has_name = name[0] != '\0' && name[0] != '[';
    strbuf_printf(out, "client=%.*s[%s]", SHOWN_BYTES_MAX, has_name ? name : "unknown", ip);
}

static bool is_refused(const struct recipient *recipient)
{
    return recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED ||
           recipient->action == RECIPIENT_DROPPED;
}

static const struct recipient *first_refused(const struct message_facts *message)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (is_refused(&message->recipients[i]))
            return &message->recipients[i];
    return NULL;
}

static void append_recipients(const struct message_facts *message, struct strbuf *out)
{
    size_t refused_count = 0;
    for (size_t i = 0; i < message->recipient_count; i++)
        refused_count += is_refused(&message->recipients[i]);
    if (message->recipient_count > 0)
        strbuf_printf(out, ", to=<%.*s>", SHOWN_BYTES_MAX, message->recipients[0].address.text);
    strbuf_printf(out, ", nrcpt=%zu", message->recipient_count);
    if (refused_count > 0)
        strbuf_printf(out, ", refused=%zu", refused_count);
}

/* Of the verdict; where that is none, of the first recipient that was refused. */
static void append_cause(const struct outcome *outcome, struct strbuf *out)
{
    const struct verdict *verdict = outcome->verdict;
    const struct recipient *refused = first_refused(outcome->message);
    if (verdict->cause_check != NULL)
        strbuf_printf(out, ", check=%s, reason=%s", verdict->cause_check, verdict->cause_reason);
    else if (refused != NULL && refused->check[0] != '\0')
        strbuf_printf(out, ", check=%s, reason=%s", refused->check, refused->reason);
    if (verdict->mta_cannot != NULL)
        strbuf_printf(out, ", mta_cannot=%s", verdict->mta_cannot);
    if (outcome->would->action != verdict->action)
        strbuf_printf(out, ", would=%s", action_name(outcome->would->action));
    if (outcome->would->action != verdict->action && outcome->would->cause_check != NULL)
        strbuf_printf(out, ", would_check=%s, would_reason=%s", outcome->would->cause_check,
                      outcome->would->cause_reason);
    if (outcome->answer->action != verdict->action)
        strbuf_append_text(out, ", record=lost");
}

void audit_short_line_write(const struct outcome *outcome, struct strbuf *out)
{
    const struct message_facts *message = outcome->message;
    const struct verdict *answer = outcome->answer;
    strbuf_printf(out, "%s: ", message->queue_id[0] != '\0' ? message->queue_id : "NOQUEUE");
    append_client(outcome, out);
    strbuf_printf(out, ", role=%s", role_name(message->role));
    if (message->login[0] != '\0')
        strbuf_printf(out, ", sasl_username=%.*s", SHOWN_BYTES_MAX, message->login);
    strbuf_printf(out, ", from=<%.*s>", SHOWN_BYTES_MAX, message->sender.text);
    append_recipients(message, out);
    strbuf_printf(out, ", size=%" PRIu64 ", verdict=%s, id=%s", message->header_bytes + message->body_bytes,
                  outcome_verdict_name(outcome), message->id.text);
    if (outcome->aborted != NULL)
        strbuf_printf(out, ", aborted=%s", outcome->aborted);
    append_cause(outcome, out);
    if (answer->action >= ACTION_DEFER)
        strbuf_printf(out, ", reply=%u %s %s", answer->code, answer->enhanced, answer->text);
}
