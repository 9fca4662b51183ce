#include "record/audit_short_line.h"

/* Of one address or name: syslog lines have little room. */
enum { SHOWN_BYTES_MAX = 200 };

struct short_line {
    const struct outcome *outcome;
    struct strbuf *out, scratch;
    bool is_private;
    struct record_privacy_line privacy;
};

static void append_pair(struct strbuf *out, const char *key, const char *value)
{
    strbuf_append_text(out, key);
    strbuf_append_text(out, value);
}

static void append_number(struct strbuf *out, const char *key, uint64_t number)
{
    strbuf_append_text(out, key);
    strbuf_append_u64(out, number);
}

/* `text` as it may be shown. */
static void append_private(struct short_line *line, enum record_privacy_kind kind, const char *text)
{
    struct slice shown = slice_of(text);
    if (line->is_private)
        shown = record_privacy_apply(&line->privacy, kind, shown, &line->scratch);
    strbuf_append_slice(
        line->out, slice_part(shown, 0, shown.length < SHOWN_BYTES_MAX ? shown.length : SHOWN_BYTES_MAX));
}

static bool keeps_clients(const struct short_line *line)
{
    return !line->is_private || line->privacy.settings->clients == RECORD_KEEP;
}

static void append_client(struct short_line *line)
{
    const struct session_facts *session = line->outcome->session;
    char ip[IP_ADDRESS_TEXT_BYTES] = "unknown";
    /* Without a host name the MTA gives the address in brackets, or nothing. */
    const bool has_name =
        session->client_name[0] != '\0' && session->client_name[0] != '[' && keeps_clients(line);
    strbuf_append_text(line->out, "client=");
    append_private(line, PRIVACY_NONE, has_name ? session->client_name : "unknown");
    strbuf_append_byte(line->out, '[');
    if (session->client_ip_known) {
        ip_address_print(&session->client_ip, ip);
        append_private(line, PRIVACY_CLIENT_IP, ip);
    } else {
        strbuf_append_text(line->out, ip);
    }
    strbuf_append_byte(line->out, ']');
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

static void append_recipients(struct short_line *line)
{
    const struct message_facts *message = line->outcome->message;
    struct strbuf *out = line->out;
    size_t refused_count = 0;
    for (size_t i = 0; i < message->recipient_count; i++)
        refused_count += is_refused(&message->recipients[i]);
    if (message->recipient_count > 0) {
        strbuf_append_text(out, ", to=<");
        append_private(line, PRIVACY_ADDRESS, message->recipients[0].address.text);
        strbuf_append_byte(out, '>');
    }
    append_number(out, ", nrcpt=", message->recipient_count);
    if (refused_count > 0)
        append_number(out, ", refused=", refused_count);
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

static void append_envelope(struct short_line *line)
{
    const struct message_facts *message = line->outcome->message;
    append_client(line);
    append_pair(line->out, ", role=", role_name(message->role));
    if (message->login[0] != '\0') {
        strbuf_append_text(line->out, ", sasl_username=");
        append_private(line, PRIVACY_IDENTITY, message->login);
    }
    strbuf_append_text(line->out, ", from=<");
    append_private(line, PRIVACY_ADDRESS, message->sender.text);
    strbuf_append_byte(line->out, '>');
    append_recipients(line);
}

/* The codes, and the words unless texts are left out: they may quote an address. */
static void append_reply(struct short_line *line)
{
    const struct verdict *answer = line->outcome->answer;
    const bool has_words = !line->is_private || line->privacy.settings->texts == RECORD_KEEP;
    if (answer->action >= ACTION_DEFER)
        strbuf_printf(line->out, ", reply=%u %s%s%s", answer->code, answer->enhanced, has_words ? " " : "",
                      has_words ? answer->text : "");
}

void audit_short_line_write(const struct outcome *outcome, const struct record_privacy *privacy,
                            struct strbuf *out)
{
    const struct message_facts *message = outcome->message;
    struct short_line line = {.outcome = outcome, .out = out, .is_private = privacy != NULL};
    strbuf_init(&line.scratch, 0);
    if (line.is_private)
        record_privacy_begin(privacy, outcome->time_us, &line.privacy);
    append_pair(out, message->queue_id[0] != '\0' ? message->queue_id : "NOQUEUE", ": ");
    append_envelope(&line);
    append_number(out, ", size=", message->header_bytes + message->body_bytes);
    append_pair(out, ", verdict=", outcome_verdict_name(outcome));
    append_pair(out, ", id=", message->id.text);
    if (outcome->aborted != NULL)
        append_pair(out, ", aborted=", outcome->aborted);
    append_cause(outcome, out);
    append_reply(&line);
    strbuf_deinit(&line.scratch);
}
