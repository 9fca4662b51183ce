#include "write.h"

#include "base/json_writer.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* ---- names -------------------------------------------------------------------------------------------- */

static unsigned outside_domain(uint64_t hash)
{
    return (unsigned)(20000 * pow(unit_of(hash), 3));
}

void write_address(const struct world *world, uint32_t address, char *text, size_t room)
{
    const uint64_t hash = mix(address);
    if ((address & ADDRESS_NOBODY) == ADDRESS_NOBODY) {
        const uint32_t number = address & ~ADDRESS_NOBODY;
        snprintf(text, room, "gone%u@d%u.example", number, world->accounts[number].domain);
    } else if (address & ADDRESS_ACCOUNT) {
        const uint32_t number = address & ~ADDRESS_ACCOUNT;
        snprintf(text, room, "u%u@d%u.example", number, world->accounts[number].domain);
    } else if (address & ADDRESS_ROBOT) {
        snprintf(text, room, "noreply@c%u.example", outside_domain(hash));
    } else if (hash % 100 < 45) {
        snprintf(text, room, "p%u@free%u.example", address, (unsigned)(hash >> 8) % 9);
    } else {
        snprintf(text, room, "p%u@c%u.example", address, outside_domain(hash));
    }
}

void write_time(int64_t time_us, char *text)
{
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    text += strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, TIME_TEXT_BYTES - 20, ".%06dZ", (int)(time_us % 1000000));
}

/* As our own ids are: seconds since 2020, and a counter. */
static void write_id(int64_t time_us, uint64_t serial, char *text)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t values[2] = {(uint64_t)(time_us / 1000000 - 1577836800), serial};
    text[12] = '\0';
    for (int i = 11; i >= 0; i--) {
        uint64_t *value = &values[i > 6];
        text[i] = alphabet[*value & 31];
        *value >>= 5;
    }
}

static void write_helo(const struct event *event, char *text, size_t room)
{
    static const char *const tools[] = {"User",        "localhost", "WIN-%X",
                                        "[127.0.0.1]", "mail",      "%x.localdomain"};
    const unsigned helo = event->helo;
    switch (event->helo_kind) {
    case CLIENT_LAN:
        snprintf(text, room, "[192.168.%u.%u]", helo & 3, helo >> 2 & 255);
        break;
    case CLIENT_PC:
        snprintf(text, room, "DESKTOP-%07X", helo & 0xfffffff);
        break;
    case CLIENT_APPLE:
        snprintf(text, room, "smtpclient.apple");
        break;
    case CLIENT_ANDROID:
        snprintf(text, room, "[10.%u.%u.%u]", helo & 255, helo >> 8 & 255, helo >> 16 & 255);
        break;
    case CLIENT_WEBMAIL:
        snprintf(text, room, "webmail.provider.example");
        break;
    case CLIENT_TOOL:
        if (strchr(tools[helo % 6], '%') == NULL)
            snprintf(text, room, "%s", tools[helo % 6]);
        else
            snprintf(text, room, helo % 6 == 2 ? "WIN-%X" : "%x.localdomain", helo);
        break;
    default:
        snprintf(text, room, "h%x.c%u.example", helo & 0xffff, helo >> 16 & 0xfff);
    }
}

static void write_message_id(const struct world *world, uint64_t serial, uint32_t account, char *text,
                             size_t room)
{
    snprintf(text, room, "<%016llx@d%u.example>", (unsigned long long)mix(serial),
             world->accounts[account].domain);
}

/* ---- the line -------------------------------------------------------------------------------------------
 */

static void put_client(struct json_writer *json, const struct event *event)
{
    char ip[48];
    ip_write(event->client, ip, sizeof ip);
    json_open_object(json, "client");
    json_text(json, "ip", ip);
    json_text(json, "name", "unknown");
    json_u64(json, "port", 1024 + event->serial * 7 % 60000);
    json_close_object(json);
}

static void put_login(struct json_writer *json, const struct event *event, const char *user)
{
    json_open_object(json, "auth");
    if (event->type == EVENT_OUT) {
        json_text(json, "type", "PLAIN");
        json_text(json, "login", user);
    }
    json_close_object(json);
    json_open_object(json, "tls");
    json_text(json, "version", "TLSv1.3");
    json_text(json, "cipher", "TLS_AES_256_GCM_SHA384");
    json_close_object(json);
}

/* The envelope sender and From:. What is passed on goes under our own name (SRS); reports under none. */
static void put_sender(struct json_writer *json, const struct world *world, const struct event *event,
                       const char *user)
{
    char address[ADDRESS_TEXT_BYTES], text[ADDRESS_TEXT_BYTES + 48];
    if (event->type == EVENT_OUT && event->sender != ADDRESS_NONE) {
        write_address(world, event->sender, address, sizeof address);
        char *at = strchr(address, '@');
        snprintf(text, sizeof text, "srs0=x%x=%s=%.*s@%s", event->sender & 0xfff, at + 1, (int)(at - address),
                 address, strchr(user, '@') + 1);
        json_text(json, "sender", text);
    } else if (event->report != REPORT_NONE) {
        json_text(json, "sender", event->report == REPORT_BOUNCE ? "" : "feedback@free0.example");
    } else if (event->type == EVENT_IN) {
        write_address(world, event->sender, address, sizeof address);
        json_text(json, "sender", address);
    } else {
        json_text(json, "sender", user);
    }
    if (event->report != REPORT_NONE) {
        json_text(json, "from",
                  event->report == REPORT_BOUNCE ? "MAILER-DAEMON@mx.example" : "feedback@free0.example");
        return;
    }
    if (event->from != ADDRESS_NONE)
        write_address(world, event->from, address, sizeof address);
    snprintf(text, sizeof text, "\"N. N.\" <%s>", event->from == ADDRESS_NONE ? user : address);
    json_text(json, "from", text);
}

static void put_recipients(struct json_writer *json, const struct world *world, const struct day *day,
                           const struct event *event)
{
    json_open_array(json, "recipients");
    for (uint32_t i = 0; i < event->recipient_count; i++) {
        const bool is_refused = i + event->refused_count >= event->recipient_count;
        char address[ADDRESS_TEXT_BYTES];
        write_address(world, day->recipients[event->recipients_at + i], address, sizeof address);
        json_open_object(json, NULL);
        json_text(json, "address", event->report == REPORT_COMPLAINT ? "abuse@provider.example" : address);
        json_text(json, "action", event->is_blocked ? "reject" : is_refused ? "ignore" : "accept");
        if (event->is_blocked || is_refused)
            json_text(json, "reason", event->is_blocked ? "attachments.blocked" : "refused_by_mta");
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_attachments(struct json_writer *json, const struct event *event)
{
    json_u64(json, "size", event->size_bytes);
    json_u64(json, "parts", event->has_file ? 3 : 1);
    json_open_array(json, "attachments");
    if (event->has_file || event->is_blocked) {
        json_open_object(json, NULL);
        json_text(json, "path", event->is_blocked ? "invoice.zip > invoice.pdf.exe" : "document.pdf");
        json_u64(json, "size", event->size_bytes / 2);
        json_text(json, "outcome", event->is_blocked ? "blocked" : "pass");
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_finding(struct json_writer *json, const char *check, const char *outcome, const char *reason)
{
    json_open_object(json, NULL);
    json_text(json, "check", check);
    json_text(json, "outcome", outcome);
    json_text(json, "reason", reason);
    json_text(json, "detail", NULL);
    json_text(json, "mode", "enforce");
    json_text(json, "action", *outcome == 'f' ? "reject" : "accept");
    json_close_object(json);
}

static void put_findings(struct json_writer *json, const struct event *event)
{
    if (event->is_listed) {
        json_open_array(json, "lists");
        json_open_object(json, NULL);
        json_text(json, "zone", "xbl.spamhaus.org");
        json_text(json, "state", "listed");
        json_open_array(json, "answers");
        json_text(json, NULL, "127.0.0.4");
        json_close_array(json);
        json_close_object(json);
        json_close_array(json);
    }
    json_open_array(json, "findings");
    put_finding(json, "relay", "pass", event->type == EVENT_OUT ? "authenticated" : "local_recipient");
    put_finding(json, "attachments", event->is_blocked ? "fail" : "pass",
                event->is_blocked ? "blocked" : "clean");
    if (event->type == EVENT_OUT)
        put_finding(json, "dnsbl", "pass", event->is_listed ? "listed_evidence" : "not_listed");
    json_close_array(json);
}

static void put_report(struct json_writer *json, const struct world *world, const struct event *event)
{
    char text[ADDRESS_TEXT_BYTES];
    if (event->report == REPORT_NONE)
        return;
    json_open_object(json, event->report == REPORT_BOUNCE ? "dsn" : "arf");
    if (event->report == REPORT_COMPLAINT)
        json_text(json, "type", "abuse");
    write_message_id(world, event->returned, event->returned_account, text, sizeof text);
    json_text(json, "message_id", text);
    write_address(world, event->returned_recipient, text, sizeof text);
    json_open_array(json, "recipients");
    json_text(json, NULL, text);
    json_close_array(json);
    json_close_object(json);
}

static void put_verdict(struct json_writer *json, const struct world *world, const struct event *event,
                        const char *id)
{
    char text[128];
    put_report(json, world, event);
    if (event->origin.v4 != 0 || event->origin.v6 != 0) {
        ip_write(event->origin, text, sizeof text);
        json_text(json, "origin_ip", text);
    }
    /* Of a short text there is none. */
    if (event->fingerprint % 5 != 0 || event->theft != 0) {
        snprintf(text, sizeof text, "%016llx", (unsigned long long)event->fingerprint);
        json_text(json, "fingerprint", text);
    }
    json_text(json, "verdict", event->is_blocked ? "reject" : "accept");
    json_text(json, "would", event->is_blocked ? "reject" : "accept");
    snprintf(text, sizeof text,
             "550 5.7.1 The attachment invoice.pdf.exe is of a kind that is not accepted here. (id %s)", id);
    json_text(json, "reply", event->is_blocked ? text : NULL);
    json_u64(json, "duration_us", 900 + event->serial * 13 % 30000);
}

static void put_message(struct json_writer *json, const struct world *world, const struct day *day,
                        const struct event *event, const char *id)
{
    char text[ADDRESS_TEXT_BYTES], user[ADDRESS_TEXT_BYTES] = "";
    const bool is_out = event->type == EVENT_OUT;
    if (is_out)
        write_address(world, ADDRESS_ACCOUNT | event->account, user, sizeof user);
    snprintf(text, sizeof text, "s%llx", (unsigned long long)event->serial);
    json_text(json, "session", text);
    snprintf(text, sizeof text, "%010llX", (unsigned long long)event->serial);
    json_text(json, "queue_id", text);
    json_text(json, "policy", "5f3a91c2");
    json_text(json, "role", is_out ? "submission" : "outside");
    json_text(json, "role_reason", is_out ? "sasl" : "");
    json_text(json, "user", user);
    json_text(json, "customer", "");
    json_text(json, "service", is_out ? "submission" : "smtpd");
    put_client(json, event);
    write_helo(event, text, sizeof text);
    json_text(json, "helo", text);
    put_login(json, event, user);
    put_sender(json, world, event, user);
    write_message_id(world, event->serial, event->account, text, sizeof text);
    json_text(json, "message_id", text);
    put_recipients(json, world, day, event);
    put_attachments(json, event);
    put_findings(json, event);
    put_verdict(json, world, event, id);
}

static void put_login_event(struct json_writer *json, const struct world *world, const struct event *event)
{
    char user[ADDRESS_TEXT_BYTES], ip[48];
    write_address(world, ADDRESS_ACCOUNT | event->account, user, sizeof user);
    ip_write(event->client, ip, sizeof ip);
    json_text(json, "user", user);
    json_text(json, "service", "imap");
    json_open_object(json, "client");
    json_text(json, "ip", ip);
    json_close_object(json);
}

/* ---- the truth ------------------------------------------------------------------------------------------
 */

static void write_theft_message(struct writer *writer, const struct day *day, const struct event *event,
                                const char *time)
{
    uint32_t external = 0, internal = 0;
    char id[13];
    for (uint32_t i = 0; !event->is_blocked && i + event->refused_count < event->recipient_count; i++) {
        const bool is_internal = day->recipients[event->recipients_at + i] & ADDRESS_ACCOUNT;
        internal += is_internal;
        external += !is_internal;
    }
    write_id(event->time_us, event->serial, id);
    fprintf(
        writer->truth,
        "{\"type\":\"sent\",\"theft\":%u,\"time\":\"%s\",\"id\":\"%s\",\"external\":%u,\"internal\":%u}\n",
        event->theft, time, id, external, internal);
}

void write_event(struct writer *writer, const struct day *day, const struct event *event)
{
    char id[13], time[TIME_TEXT_BYTES];
    struct json_writer json;
    write_id(event->time_us, event->serial, id);
    write_time(event->time_us, time);
    strbuf_reset(&writer->line);
    json_writer_init(&json, &writer->line);
    json_open_object(&json, NULL);
    json_u64(&json, "v", 1);
    json_text(&json, "type", event->type == EVENT_LOGIN ? "login" : "message");
    json_text(&json, "time", time);
    json_text(&json, "id", id);
    json_text(&json, "host", "mx1.provider.example");
    if (event->type == EVENT_LOGIN)
        put_login_event(&json, writer->world, event);
    else
        put_message(&json, writer->world, day, event, id);
    json_close_object(&json);
    strbuf_append_byte(&writer->line, '\n');
    fwrite(writer->line.data, 1, writer->line.length, writer->records);
    writer->count++;
    if (event->theft != 0 && event->type == EVENT_OUT)
        write_theft_message(writer, day, event, time);
}
