/*
 * Load on a milter, as Postfix makes it, and what that costs the milter.
 *
 *   milter_load -a ADDRESS -p PID[,PID...] [-c CONNECTIONS] [-n MESSAGES] [-b BYTES | -f FILE [-t TYPE] | -m
 * FILE]
 *               [-k MESSAGES] [-w MS] [-o] [-i] [-s STEPS] [-e SENDER]
 *
 *   -a  unix:/path or inet:PORT          -p  the milter's processes: their CPU time and memory are looked at
 *   -c  connections side by side (16)    -n  messages in all (1000)    -k  messages a connection (1)
 *   -b  bytes of a message (2000): above 100000 it is a base64 attachment
 *   -f  sends this file as a base64 attachment, of this type (application/octet-stream)
 *   -m  sends this file as the body: MIME parts with the boundary =_bound
 *   -o  all connections hold their message's end back until every body is sent: the peak of memory
 *   -i  no message: CONNECTIONS idle sessions, and what each takes
 *   -e  the sender (ann@example.com)
 *   -w  a pause of so many ms before each message of a connection: for latencies beside other load
 *   -s  steps offered, hexadecimal (1fffff)
 *
 * Prints one line: messages, seconds, cpu_us (of the milter, per message), per_s (messages), mb_per_s, rss_kb
 * (peak since the start of the run), p50_us and p99_us (from a message's first packet to its last answer),
 * idle_bytes (per session).
 */
#include "load_body.h"
#include "milter_wire.h"

#include <libmilter/mfdef.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MOST = 32 };

struct load {
    const char *address, *sender;
    const char *file, *type, *parts;
    unsigned long pids[PROCESSES_MOST];
    size_t pid_count;
    unsigned long connections, messages, bytes;
    unsigned long kept;     /* messages a connection */
    unsigned long pause_ms; /* before each message */
    double *latencies;      /* in seconds, by message; 0: it failed */
    uint32_t steps;
    bool holds_ends;
    bool is_idle;
    struct load_body body;
    atomic_ulong next;    /* message to send */
    atomic_ulong refused; /* messages not accepted */
    pthread_barrier_t bodies_sent;
};

/* ---- one message ------------------------------------------------------------------------------------ */

static bool send_headers(struct milter_wire *wire, const struct load *load, unsigned long number)
{
    char message_id[64];
    snprintf(message_id, sizeof message_id, "<%lu.20260101@client.example.com>", number);
    const char *const type =
        load->body.is_multipart ? "multipart/mixed; boundary=\"=_bound\"" : "text/plain; charset=utf-8";
    const char *const headers[][2] = {
        {"Received",
         "from client.example.com (client.example.com [198.51.100.7])\n\tby mx.test.example (Postfix) "
         "with ESMTPSA id 4TEST12345\n\tfor <bob@example.net>; Thu,  1 Jan 2026 00:00:00 +0000 (UTC)"},
        {"From", "Ann Example <ann@example.com>"},
        {"To", "Bob Example <bob@example.net>"},
        {"Subject", "Minutes of the meeting"},
        {"Date", "Thu, 01 Jan 2026 00:00:00 +0000"},
        {"Message-ID", message_id},
        {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Thunderbird/128.0"},
        {"References", "<20251231.1@client.example.com>\n <20251231.2@client.example.com>"},
        {"Content-Language", "en-GB"},
        {"MIME-Version", "1.0"},
        {"Content-Type", type},
        {"Content-Transfer-Encoding", "7bit"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (wire_event_strings(wire, SMFIC_HEADER,
                               (const char *const[]){headers[i][0], headers[i][1], NULL}) != SMFIR_CONTINUE)
            return false;
    return true;
}

static bool send_envelope(struct milter_wire *wire, const struct load *load)
{
    char path[256];
    static const char *const mail_macros[] = {"j",
                                              "mx.test.example",
                                              "{auth_type}",
                                              "PLAIN",
                                              "{auth_authen}",
                                              "ann@example.com",
                                              "{tls_version}",
                                              "TLSv1.3",
                                              "{cipher}",
                                              "TLS_AES_256_GCM_SHA384",
                                              NULL};
    static const char *const rcpt_macros[] = {"j", "mx.test.example", "{rcpt_mailer}", "smtp", NULL};
    static const char *const data_macros[] = {"j", "mx.test.example", NULL};
    const char *const mail[] = {path, "BODY=8BITMIME", NULL};
    static const char *const rcpt[] = {"<bob@example.net>", NULL};
    snprintf(path, sizeof path, "<%s>", load->sender);
    return wire_macros(wire, SMFIC_MAIL, mail_macros) &&
           wire_event_strings(wire, SMFIC_MAIL, mail) == SMFIR_CONTINUE &&
           wire_macros(wire, SMFIC_RCPT, rcpt_macros) &&
           wire_event_strings(wire, SMFIC_RCPT, rcpt) == SMFIR_CONTINUE &&
           wire_macros(wire, SMFIC_DATA, data_macros) &&
           wire_event(wire, SMFIC_DATA, NULL, 0) == SMFIR_CONTINUE;
}

static bool send_body(struct milter_wire *wire, const struct load *load)
{
    for (size_t at = 0; at < load->body.length; at += WIRE_CHUNK_BYTES) {
        size_t left = load->body.length - at;
        char answer = wire_event(wire, SMFIC_BODY, load->body.data + at,
                                 left < WIRE_CHUNK_BYTES ? left : WIRE_CHUNK_BYTES);
        if (answer == SMFIR_SKIP)
            return true;
        if (answer != SMFIR_CONTINUE)
            return false;
    }
    return true;
}

static bool open_session(struct milter_wire *wire, const struct load *load)
{
    return wire_open(wire, load->address) && wire_negotiate(wire, 0x1ff, load->steps) &&
           wire_connect(wire, "198.51.100.7", 40000) && wire_helo(wire);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool send_message(struct milter_wire *wire, struct load *load, unsigned long number)
{
    static const char *const id_macros[] = {"i", "4TEST12345", "j", "mx.test.example", NULL};
    if (!send_envelope(wire, load) || !send_headers(wire, load, number))
        return false;
    wire_macros(wire, SMFIC_EOH, id_macros);
    if (wire_event(wire, SMFIC_EOH, NULL, 0) != SMFIR_CONTINUE || !send_body(wire, load))
        return false;
    wire_macros(wire, SMFIC_BODYEOB, id_macros);
    if (load->holds_ends) {
        wire_flush(wire);
        pthread_barrier_wait(&load->bodies_sent);
    }
    char verdict = wire_end(wire, NULL, 0);
    return verdict == SMFIR_CONTINUE || verdict == SMFIR_ACCEPT;
}

/* One that is kept is timed without its beginning. */
static bool send_timed(struct milter_wire *wire, struct load *load, unsigned long number)
{
    bool is_first = wire->descriptor < 0;
    if (load->pause_ms > 0)
        poll(NULL, 0, (int)load->pause_ms);
    double start = now_seconds();
    if ((is_first && !open_session(wire, load)) || !send_message(wire, load, number))
        return false;
    load->latencies[number] = now_seconds() - start;
    return true;
}

static void hang_up(struct milter_wire *wire)
{
    if (wire->descriptor < 0)
        return;
    wire_packet(wire, SMFIC_QUIT, NULL, 0);
    wire_flush(wire);
    wire_close(wire);
}

static void *run_connections(void *context)
{
    struct load *load = context;
    struct milter_wire wire = {.descriptor = -1};
    unsigned long number, sent = 0;
    while ((number = atomic_fetch_add(&load->next, 1)) < load->messages) {
        if (!send_timed(&wire, load, number)) {
            atomic_fetch_add(&load->refused, 1);
            wire_close(&wire);
        }
        if (++sent % load->kept == 0)
            hang_up(&wire);
    }
    hang_up(&wire);
    return NULL;
}

/* ---- the milter's cost ------------------------------------------------------------------------------ */

static FILE *open_process(unsigned long pid, const char *file, const char *mode)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lu/%s", pid, file);
    return fopen(path, mode);
}

/* Of all threads, those that have ended too. */
static double cpu_seconds(const struct load *load)
{
    double seconds = 0;
    for (size_t i = 0; i < load->pid_count; i++) {
        clockid_t clock;
        struct timespec used;
        if (clock_getcpuclockid((pid_t)load->pids[i], &clock) != 0 || clock_gettime(clock, &used) != 0)
            exit(69);
        seconds += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    }
    return seconds;
}

static unsigned long status_kb(const struct load *load, const char *key)
{
    unsigned long kb = 0;
    for (size_t i = 0; i < load->pid_count; i++) {
        char line[256];
        FILE *file = open_process(load->pids[i], "status", "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            if (strncmp(line, key, strlen(key)) == 0)
                kb += strtoul(line + strlen(key) + 1, NULL, 10);
        if (file != NULL)
            fclose(file);
    }
    return kb;
}

static void forget_peak(const struct load *load)
{
    for (size_t i = 0; i < load->pid_count; i++) {
        FILE *file = open_process(load->pids[i], "clear_refs", "w");
        if (file == NULL)
            continue;
        fputs("5", file);
        fclose(file);
    }
}

/* ---- runs ------------------------------------------------------------------------------------------- */

static void run_threads(struct load *load)
{
    pthread_t *threads = calloc(load->connections, sizeof *threads);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    for (unsigned long i = 0; threads != NULL && i < load->connections; i++)
        if (pthread_create(&threads[i], &attributes, run_connections, load) != 0)
            exit(71);
    for (unsigned long i = 0; threads != NULL && i < load->connections; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static int compare_latencies(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double percentile_us(const struct load *load, unsigned long percent)
{
    return load->latencies[(load->messages - 1) * percent / 100] * 1e6;
}

static int run_messages(struct load *load)
{
    load->body = load->parts != NULL  ? load_body_of_parts(load->parts)
                 : load->file != NULL ? load_body_of_file(load->file, load->type)
                                      : load_body_make(load->bytes);
    if (load->holds_ends)
        load->messages = load->connections;
    load->latencies = calloc(load->messages + 1, sizeof *load->latencies);
    if (load->latencies == NULL)
        return 71;
    pthread_barrier_init(&load->bodies_sent, NULL, (unsigned)load->connections);
    forget_peak(load);
    double cpu = cpu_seconds(load);
    double start = now_seconds();
    run_threads(load);
    double seconds = now_seconds() - start;
    cpu = cpu_seconds(load) - cpu;
    qsort(load->latencies, load->messages, sizeof *load->latencies, compare_latencies);
    printf(
        "messages=%lu seconds=%.2f cpu_us=%.1f per_s=%.1f mb_per_s=%.1f rss_kb=%lu p50_us=%.0f p99_us=%.0f "
        "refused=%lu\n",
        load->messages, seconds, cpu * 1e6 / (double)load->messages, (double)load->messages / seconds,
        (double)load->body.length * (double)load->messages / 1e6 / seconds, status_kb(load, "VmHWM"),
        percentile_us(load, 50), percentile_us(load, 99), atomic_load(&load->refused));
    free(load->latencies);
    free(load->body.data);
    return atomic_load(&load->refused) == 0 ? 0 : 1;
}

/* Until the milter has worked off what it was sent: it takes next to no CPU time any more. */
static void settle(const struct load *load)
{
    const double little = 0.005;
    double before;
    double after = cpu_seconds(load);
    do {
        before = after;
        nanosleep(&(struct timespec){.tv_nsec = 500 * 1000 * 1000}, NULL);
        after = cpu_seconds(load);
    } while (after - before > little);
}

static int run_idle(struct load *load)
{
    struct milter_wire *wires = calloc(load->connections, sizeof *wires);
    unsigned long before = status_kb(load, "VmRSS");
    unsigned long opened = 0;
    while (wires != NULL && opened < load->connections && open_session(&wires[opened], load) &&
           wire_flush(&wires[opened]))
        opened++;
    settle(load);
    unsigned long after = status_kb(load, "VmRSS");
    printf("sessions=%lu rss_kb=%lu idle_bytes=%ld\n", opened, after,
           opened == 0 ? 0L : (long)((after - before) * 1024 / opened));
    for (unsigned long i = 0; i < opened; i++)
        wire_close(&wires[i]);
    free(wires);
    return opened == load->connections ? 0 : 1;
}

static void read_pids(struct load *load, char *list)
{
    for (char *rest = NULL, *pid = strtok_r(list, ",", &rest); pid != NULL; pid = strtok_r(NULL, ",", &rest))
        if (load->pid_count < PROCESSES_MOST)
            load->pids[load->pid_count++] = strtoul(pid, NULL, 10);
}

static bool read_number(unsigned long *number, const char *text, int base)
{
    char *end;
    *number = strtoul(text, &end, base);
    return *text != '\0' && *end == '\0';
}

/* False: an option is unknown, or wrong. */
static bool read_option(struct load *load, int option, char *value)
{
    unsigned long steps;
    switch (option) {
    case 'a':
        load->address = value;
        return true;
    case 'p':
        read_pids(load, value);
        return true;
    case 'f':
        load->file = value;
        return true;
    case 't':
        load->type = value;
        return true;
    case 'm':
        load->parts = value;
        return true;
    case 'c':
        return read_number(&load->connections, value, 10);
    case 'n':
        return read_number(&load->messages, value, 10);
    case 'b':
        return read_number(&load->bytes, value, 10);
    case 'k':
        return read_number(&load->kept, value, 10) && load->kept > 0;
    case 'e':
        load->sender = value;
        return true;
    case 'w':
        return read_number(&load->pause_ms, value, 10);
    case 's':
        if (!read_number(&steps, value, 16))
            return false;
        load->steps = (uint32_t)steps;
        return true;
    case 'o':
        return load->holds_ends = true;
    case 'i':
        return load->is_idle = true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct load load = {.sender = "ann@example.com",
                        .type = "application/octet-stream",
                        .connections = 16,
                        .messages = 1000,
                        .bytes = 2000,
                        .kept = 1,
                        .steps = 0x1fffff};
    for (int option; (option = getopt(argc, argv, "a:p:c:n:b:f:t:m:k:e:w:s:oi")) != -1;)
        if (!read_option(&load, option, optarg))
            return 64;
    if (load.address == NULL || load.pid_count == 0 || load.connections == 0)
        return 64;
    return load.is_idle ? run_idle(&load) : run_messages(&load);
}
