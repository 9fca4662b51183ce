/*
 * Writes the record of a year of mail that never was, and as an option the Postfix log of the same messages.
 *
 *   record_generate [--records N] [--users N] [--days N] [--seed N] [--postfix-log FILE]
 *                  [--by-day DIRECTORY [--pack]]
 *
 * 10,000 records of 1,000 users in 365 days from 2025-12-01 on to standard output where nothing else is said;
 * with
 * --by-day into a file for each day, named as our own rotation does, and with --pack compressed as it does.
 * The same seed gives the same bytes.
 */
#include "base/json_writer.h"
#include "record/record_upkeep.h"
#include "traffic.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

struct output {
    FILE *records;
    FILE *postfix_log; /* or NULL */
    const char *directory;
    bool is_packed;
    int64_t day;
    char path[4096]; /* of the day's file */
    struct strbuf line;
};

/* ---- names ------------------------------------------------------------------------------------------ */

static void name_user(const struct traffic_message *message, char *text, size_t room)
{
    snprintf(text, room, "user%llu@d%llu.example", (unsigned long long)message->user,
             (unsigned long long)message->domain);
}

/* Whom the message's client is taken for. */
static void name_identity(const struct traffic_message *message, char *text, size_t room)
{
    text[0] = '\0';
    if (message->role == TRAFFIC_SUBMISSION)
        name_user(message, text, room);
    else if (message->role == TRAFFIC_TRUSTED)
        snprintf(text, room, "192.0.2.0/24");
    else if (message->role == TRAFFIC_LOCAL)
        snprintf(text, room, "script:/var/www/%llu/contact.php", (unsigned long long)message->customer);
}

static void name_sender(const struct traffic_message *message, char *text, size_t room)
{
    if (message->role == TRAFFIC_OUTSIDE || message->fate == TRAFFIC_NOT_OWN)
        snprintf(text, room, "s%llu@far%llu.example", (unsigned long long)(message->random % 50000),
                 (unsigned long long)(message->random % 5000));
    else
        name_user(message, text, room);
}

static void name_recipient(const struct traffic_message *message, unsigned i, char *text, size_t room)
{
    uint64_t to = message->random / 7 + i * 7919;
    if (message->role == TRAFFIC_OUTSIDE && message->fate != TRAFFIC_NOT_LOCAL)
        snprintf(text, room, "user%llu@d%llu.example", (unsigned long long)(message->user + i),
                 (unsigned long long)message->domain);
    else
        snprintf(text, room, "r%llu@net%llu.example", (unsigned long long)(to % 200000),
                 (unsigned long long)(to % 3000));
}

static void name_address(uint32_t address, char *text, size_t room)
{
    snprintf(text, room, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
             address & 255);
}

static void name_queue_id(const struct traffic_message *message, char *text, size_t room)
{
    snprintf(text, room, "%05llX%07llX", (unsigned long long)(message->time_us % 1000000),
             (unsigned long long)message->number);
}

static void name_incident(const struct traffic_message *message, char *text)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t values[2] = {(uint64_t)(message->time_us / 1000000 - 1577836800), message->number};
    text[12] = '\0';
    for (int i = 11; i >= 0; i--) {
        uint64_t *value = &values[i > 6];
        text[i] = alphabet[*value & 31];
        *value >>= 5;
    }
}

static struct tm utc_of(int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return utc;
}

/* ---- the record ------------------------------------------------------------------------------------- */

struct finding_row {
    const char *check, *outcome, *reason, *detail, *mode, *action, *rule;
    uint64_t limit, seen;
};

/* What went wrong, by fate; no check: nothing did. */
static const struct {
    const char *verdict, *reply;
    struct finding_row cause;
} fates[] = {
    [TRAFFIC_ACCEPTED] = {"accept", NULL, {0}},
    [TRAFFIC_NOT_LOCAL] =
        {"reject",
         "550 5.7.1 This server does not relay to that domain. Log in to send mail through it.",
         {"relay", "fail", "not_local_domain", "far.example", "enforce", "reject",
          "/etc/closedrelay/closedrelay.yaml:3", 0, 0}},
    [TRAFFIC_LISTED] = {"reject",
                        "550 5.7.1 Your address is listed by xbl.test (127.0.0.4).",
                        {"dnsbl", "fail", "listed", "xbl.test: 127.0.0.4", "enforce", "reject",
                         "/etc/closedrelay/closedrelay.yaml:11", 0, 0}},
    [TRAFFIC_NOT_OWN] = {"reject",
                         "553 5.7.1 This login may not send as that address.",
                         {"sender", "fail", "sender_not_of_login", "another domain", "enforce", "reject",
                          NULL, 0, 0}},
    [TRAFFIC_TOO_MANY] = {"reject",
                          "550 5.5.3 This message has too many recipients.",
                          {"recipients", "fail", "message_refused", NULL, "enforce", "reject",
                           "/etc/closedrelay/closedrelay.yaml:7", 30, 31}},
    [TRAFFIC_BLOCKED] =
        {"reject",
         "550 5.7.1 The attachment invoice.zip > scan.pdf.exe is of a kind (.exe) that is not "
         "accepted here.",
         {"attachments", "fail", "blocked", "invoice.zip > scan.pdf.exe", "enforce", "reject", NULL, 0, 0}},
    [TRAFFIC_TOO_LARGE] = {"reject",
                           "552 5.3.4 This message is larger than the 30 MB that are accepted here.",
                           {"size", "fail", "message_too_large", "", "enforce", "reject",
                            "/etc/closedrelay/closedrelay.yaml:8", 30000000, 30000001}},
    [TRAFFIC_UNREADABLE] = {"hold",
                            NULL,
                            {"attachments", "fail", "uninspectable", "a.zip: damaged", "enforce", "hold",
                             NULL, 0, 0}},
    [TRAFFIC_LATER] = {"defer",
                       "451 4.7.1 The attachments of this message could not be looked into; try again later.",
                       {"attachments", "unknown", "scan_failed", NULL, "enforce", "defer", NULL, 0, 0}},
    [TRAFFIC_MONITORED] = {"accept",
                           NULL,
                           {"sender", "fail", "from_not_of_login", "boss@other.example", "monitor", "reject",
                            NULL, 0, 0}},
    [TRAFFIC_GIVEN_UP] = {"aborted", NULL, {0}},
};

static void write_finding(struct json_writer *json, const struct finding_row *row)
{
    json_open_object(json, NULL);
    json_text(json, "check", row->check);
    json_text(json, "outcome", row->outcome);
    json_text(json, "reason", row->reason);
    json_text(json, "detail", row->detail);
    json_text(json, "mode", row->mode);
    json_text(json, "action", row->action);
    if (row->rule != NULL)
        json_text(json, "rule", row->rule);
    if (row->limit != 0) {
        json_u64(json, "limit", row->limit);
        json_u64(json, "seen", row->seen);
    }
    json_close_object(json);
}

static void write_findings(struct json_writer *json, const struct traffic_message *message)
{
    const struct finding_row *cause = &fates[message->fate].cause;
    const struct finding_row passes[] = {
        {"relay", "pass", message->role == TRAFFIC_OUTSIDE ? "local_recipient" : "sasl", NULL, "enforce",
         "accept", NULL, 0, 0},
        {"sender", "pass", "sender_belongs_to_login", NULL, "enforce", "accept", NULL, 0, 0},
        {"recipients", "pass", "within_limit", NULL, "enforce", "accept", NULL, 30, message->recipients},
        {"size", "pass", "within_limit", NULL, "enforce", "accept", NULL, 30000000, message->size_bytes},
        {"attachments", "pass", "clean", "0 attachments", "enforce", "accept", NULL, 0, 0},
        {"dnsbl", "pass", "not_listed", "xbl.test", "enforce", "accept", NULL, 0, 0},
    };
    json_open_array(json, "findings");
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (cause->check == NULL || strcmp(cause->check, passes[i].check) != 0)
            write_finding(json, &passes[i]);
    if (cause->check != NULL)
        write_finding(json, cause);
    json_close_array(json);
}

static void write_client(struct json_writer *json, const struct traffic_message *message)
{
    char ip[16], name[48];
    name_address(message->client, ip, sizeof ip);
    snprintf(name, sizeof name, "host-%x.net.example", message->client);
    json_open_object(json, "client");
    json_text(json, "ip", ip);
    json_text(json, "name", message->role == TRAFFIC_LOCAL ? "localhost" : name);
    json_u64(json, "port", message->role == TRAFFIC_LOCAL ? 0 : 1024 + message->random % 60000);
    json_close_object(json);
    json_text(json, "helo", name);
}

static void write_login(struct json_writer *json, const struct traffic_message *message, const char *user)
{
    json_open_object(json, "auth");
    if (message->role == TRAFFIC_SUBMISSION) {
        json_text(json, "type", "PLAIN");
        json_text(json, "login", user);
    }
    json_close_object(json);
    json_open_object(json, "tls");
    if (message->role != TRAFFIC_LOCAL) {
        json_text(json, "version", "TLSv1.3");
        json_text(json, "cipher", "TLS_AES_256_GCM_SHA384");
    }
    json_close_object(json);
}

static void write_recipients(struct json_writer *json, const struct traffic_message *message)
{
    const char *verdict = fates[message->fate].verdict;
    const struct finding_row *cause = &fates[message->fate].cause;
    json_open_array(json, "recipients");
    for (unsigned i = 0; i < message->recipients; i++) {
        char address[64], reason[64];
        name_recipient(message, i, address, sizeof address);
        json_open_object(json, NULL);
        json_text(json, "address", address);
        json_text(json, "action", verdict);
        if (cause->check != NULL && message->fate != TRAFFIC_MONITORED) {
            snprintf(reason, sizeof reason, "%s.%s", cause->check, cause->reason);
            json_text(json, "reason", reason);
        }
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_identity(struct json_writer *json, const struct traffic_message *message)
{
    static const char *const roles[] = {"submission", "trusted", "local", "outside"};
    static const char *const reasons[] = {"sasl", "network", "local", ""};
    char user[96], customer[32] = "", queue_id[32] = "", session[32];
    name_identity(message, user, sizeof user);
    if (message->role == TRAFFIC_SUBMISSION || message->role == TRAFFIC_LOCAL)
        snprintf(customer, sizeof customer, "customer%llu", (unsigned long long)message->customer);
    if (!traffic_is_refused_at_rcpt(message))
        name_queue_id(message, queue_id, sizeof queue_id);
    snprintf(session, sizeof session, "s%llx", (unsigned long long)(message->number / 2));
    json_text(json, "session", session);
    json_text(json, "queue_id", queue_id);
    json_text(json, "policy", "5f3a91c2");
    json_text(json, "role", roles[message->role]);
    json_text(json, "role_reason", reasons[message->role]);
    json_text(json, "user", user);
    json_text(json, "customer", customer);
    json_text(json, "service", message->role == TRAFFIC_SUBMISSION ? "submission" : "smtpd");
    write_client(json, message);
    write_login(json, message, user);
}

static void write_reply(struct json_writer *json, const struct traffic_message *message, const char *id)
{
    char reply[256];
    const char *text = fates[message->fate].reply;
    json_text(json, "verdict", fates[message->fate].verdict);
    if (message->fate == TRAFFIC_GIVEN_UP)
        json_text(json, "abort_reason", "the client left after DATA");
    json_text(json, "would",
              message->fate == TRAFFIC_MONITORED  ? "reject"
              : message->fate == TRAFFIC_GIVEN_UP ? "accept"
                                                  : fates[message->fate].verdict);
    if (text != NULL)
        snprintf(reply, sizeof reply, "%s (id %s)", text, id);
    json_text(json, "reply", text == NULL ? NULL : reply);
    json_u64(json, "duration_us", 900 + message->random % 40000);
}

static void write_record(struct output *output, const struct traffic_message *message)
{
    char id[13], time_text[40], sender[64], seconds[24];
    struct tm utc = utc_of(message->time_us);
    struct json_writer json;
    name_incident(message, id);
    name_sender(message, sender, sizeof sender);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(time_text, sizeof time_text, "%s.%06dZ", seconds, (int)(message->time_us % 1000000));
    strbuf_reset(&output->line);
    json_writer_init(&json, &output->line);
    json_open_object(&json, NULL);
    json_u64(&json, "v", 1);
    json_text(&json, "type", "message");
    json_text(&json, "time", time_text);
    json_text(&json, "id", id);
    json_text(&json, "host", "mx1.example");
    write_identity(&json, message);
    json_text(&json, "sender", sender);
    json_text(&json, "from", traffic_is_refused_at_rcpt(message) ? "" : sender);
    snprintf(time_text, sizeof time_text, "<%s@mail.example>", id);
    json_text(&json, "message_id", traffic_is_refused_at_rcpt(message) ? "" : time_text);
    write_recipients(&json, message);
    json_u64(&json, "size", message->size_bytes);
    if (!traffic_is_refused_at_rcpt(message))
        json_u64(&json, "parts", 1);
    json_open_array(&json, "attachments");
    json_close_array(&json);
    write_findings(&json, message);
    write_reply(&json, message, id);
    json_close_object(&json);
    strbuf_append_byte(&output->line, '\n');
    fwrite(output->line.data, 1, output->line.length, output->records);
}

/* ---- the Postfix log -------------------------------------------------------------------------------- */

/* What Postfix 3.7 says of the same message, its recipients all delivered at once. */
static void write_postfix_log(const struct output *output, const struct traffic_message *message)
{
    char stamp[32], ip[16], queue_id[32], sender[64], address[64], user[96], id[13];
    FILE *log = output->postfix_log;
    struct tm utc = utc_of(message->time_us);
    strftime(stamp, sizeof stamp, "%b %e %H:%M:%S mx1", &utc);
    name_address(message->client, ip, sizeof ip);
    name_queue_id(message, queue_id, sizeof queue_id);
    name_sender(message, sender, sizeof sender);
    name_user(message, user, sizeof user);
    name_incident(message, id);
    fprintf(log, "%s postfix/smtpd[411]: connect from host-%x.net.example[%s]\n", stamp, message->client, ip);
    name_recipient(message, 0, address, sizeof address);
    const char *reply = fates[message->fate].reply;
    if (traffic_is_refused_at_rcpt(message)) {
        fprintf(
            log,
            "%s postfix/smtpd[411]: NOQUEUE: milter-reject: RCPT from host-%x.net.example[%s]: %s (id %s); "
            "from=<%s> to=<%s> proto=ESMTP helo=<host-%x.net.example>\n",
            stamp, message->client, ip, reply, id, sender, address, message->client);
    } else {
        fprintf(log, "%s postfix/smtpd[411]: %s: client=host-%x.net.example[%s]%s%s\n", stamp, queue_id,
                message->client, ip,
                message->role == TRAFFIC_SUBMISSION ? ", sasl_method=PLAIN, sasl_username=" : "",
                message->role == TRAFFIC_SUBMISSION ? user : "");
        fprintf(log, "%s postfix/cleanup[412]: %s: message-id=<%s@mail.example>\n", stamp, queue_id, id);
        if (reply != NULL)
            fprintf(
                log,
                "%s postfix/cleanup[412]: %s: milter-reject: END-OF-MESSAGE from host-%x.net.example[%s]: %s "
                "(id %s); from=<%s> to=<%s> proto=ESMTP helo=<host-%x.net.example>\n",
                stamp, queue_id, message->client, ip, reply, id, sender, address, message->client);
    }
    if (traffic_is_accepted(message)) {
        fprintf(log, "%s postfix/qmgr[413]: %s: from=<%s>, size=%llu, nrcpt=%u (queue active)\n", stamp,
                queue_id, sender, (unsigned long long)message->size_bytes, message->recipients);
        for (unsigned i = 0; i < message->recipients; i++) {
            name_recipient(message, i, address, sizeof address);
            fprintf(log,
                    "%s postfix/smtp[414]: %s: to=<%s>, relay=mx.example[198.51.100.9]:25, delay=0.4, "
                    "delays=0.1/0/0.1/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F2A1)\n",
                    stamp, queue_id, address);
        }
        fprintf(log, "%s postfix/qmgr[413]: %s: removed\n", stamp, queue_id);
    }
    fprintf(
        log,
        "%s postfix/smtpd[411]: disconnect from host-%x.net.example[%s] ehlo=1 mail=1 rcpt=%u commands=3\n",
        stamp, message->client, ip, message->recipients);
}

/* ---- the program ------------------------------------------------------------------------------------ */

static FILE *open_or_exit(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(EX_CANTCREAT);
    }
    return file;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void end_day(struct output *output)
{
    const struct record_upkeep_stop stop = {never, NULL};
    struct strbuf problem;
    if (output->records == NULL || fclose(output->records) != 0 || !output->is_packed)
        return;
    strbuf_init(&problem, 0);
    if (record_pack(output->path, &stop, &problem) != UPKEEP_DONE) {
        fprintf(stderr, "%s: %s\n", output->path, strbuf_text(&problem));
        exit(EX_IOERR);
    }
    strbuf_deinit(&problem);
}

/* A file is named by when it was closed. */
static void begin_day(struct output *output, const struct traffic_message *message)
{
    char stamp[RECORD_STAMP_LENGTH + 1];
    const int64_t day = message->time_us / INT64_C(86400000000);
    if (day == output->day)
        return;
    end_day(output);
    record_stamp_write((day + 1) * INT64_C(86400000000), stamp);
    snprintf(output->path, sizeof output->path, "%s/audit.jsonl-%s", output->directory, stamp);
    output->records = open_or_exit(output->path);
    output->day = day;
}

static void take(void *context, const struct traffic_message *message)
{
    struct output *output = context;
    if (output->directory != NULL)
        begin_day(output, message);
    write_record(output, message);
    if (output->postfix_log != NULL)
        write_postfix_log(output, message);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"records", required_argument, NULL, 'r'},
        {"users", required_argument, NULL, 'u'},
        {"days", required_argument, NULL, 'd'},
        {"seed", required_argument, NULL, 's'},
        {"postfix-log", required_argument, NULL, 'p'},
        {"by-day", required_argument, NULL, 'b'},
        {"pack", no_argument, NULL, 'k'},
        {0},
    };
    struct traffic_plan plan = {10000, 1000, 365, 1, 1764547200};
    struct output output = {.records = stdout};
    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t number = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);
        if (letter == 'p')
            output.postfix_log = open_or_exit(optarg);
        else if (letter == 'b')
            output = (struct output){.directory = optarg,
                                     .postfix_log = output.postfix_log,
                                     .is_packed = output.is_packed,
                                     .day = -1};
        else if (letter == 'k')
            output.is_packed = true;
        else if (letter == '?')
            return EX_USAGE;
        else
            *(letter == 'r'   ? &plan.records
              : letter == 'u' ? &plan.users
              : letter == 'd' ? &plan.days
                              : &plan.seed) = number;
    }
    strbuf_init(&output.line, 0);
    traffic_run(&plan, take, &output);
    fflush(output.records);
    bool is_written = !output.line.failed && !ferror(output.records) &&
                      (output.postfix_log == NULL || fclose(output.postfix_log) == 0);
    end_day(&output);
    strbuf_deinit(&output.line);
    return is_written ? EX_OK : EX_IOERR;
}
