/*
 * What libmilter answers and what our own engine answers, byte for byte: every event with every result under
 * every kind of agreement, and random sequences of packets.
 *
 *   test_transcripts SCRIPTED_LIBMILTER SCRIPTED_ENGINE [SESSIONS [SEED]]
 *
 * Left out is what libmilter does wrong: an answer to a piece of body that comes with the end is sent twice,
 * half a pair of macros is read beyond, steps that one session does not want are skipped for all, and macros
 * outlive their message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "milter_wire.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SERVER_COUNT = 2,
    EVENT_COUNT = 10,
    TRANSCRIPT_BYTES = 16384,
    STREAM_BYTES = 8192,
    NO_REPLIES = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA |
                 SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_NR_UNKN,
    NO_STEPS = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOBODY | SMFIP_NOHDRS |
               SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NODATA,
    ALL_STEPS = 0x1fffff,
};

static const char results[] = "crtRTXdans";

static const char *programs[SERVER_COUNT];
static char folder[] = "/tmp/transcripts.XXXXXX";
static char addresses[SERVER_COUNT][64];
static pid_t pids[SERVER_COUNT];
static unsigned long session_count = 300, seed = 1;

/* ---- servers ------------------------------------------------------------------------------------------ */

static void start_server(int which)
{
    snprintf(addresses[which], sizeof addresses[which], "unix:%s/%d", folder, which);
    pids[which] = fork();
    assert_true(pids[which] >= 0);
    if (pids[which] == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stderr) == NULL) /* what is logged of odd sessions */
            _exit(126);
        execl(programs[which], programs[which], addresses[which], (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; tries < 1000; tries++) {
        struct milter_wire wire;
        if (wire_open(&wire, addresses[which])) {
            wire_close(&wire);
            return;
        }
        poll(NULL, 0, 10);
    }
    fail_msg("%s does not answer", programs[which]);
}

static void stop_server(int which)
{
    kill(pids[which], SIGKILL);
    waitpid(pids[which], NULL, 0);
    unlink(addresses[which] + 5);
}

/* libmilter keeps what a session does not want for all later ones, so each agreement has servers of its own.
 */
static void restart_servers(void)
{
    for (int i = 0; i < SERVER_COUNT; i++) {
        if (pids[i] != 0)
            stop_server(i);
        start_server(i);
    }
}

/* ---- what the MTA sends ------------------------------------------------------------------------------- */

struct stream {
    size_t length;
    char bytes[STREAM_BYTES];
};

static void put(struct stream *stream, char command, const void *data, size_t length)
{
    const uint32_t told = htonl((uint32_t)length + 1);
    assert_true(stream->length + 5 + length <= sizeof stream->bytes);
    memcpy(stream->bytes + stream->length, &told, 4);
    stream->bytes[stream->length + 4] = command;
    if (length > 0)
        memcpy(stream->bytes + stream->length + 5, data, length);
    stream->length += 5 + length;
}

#define PUT_TEXT(stream, command, text) put(stream, command, text, sizeof(text))

struct agreement {
    uint32_t version, offered, wanted;
};

static void put_offer(struct stream *stream, const struct agreement *agreement)
{
    const uint32_t offer[] = {htonl(agreement->version), htonl(0x1ffU | agreement->wanted << 9),
                              htonl(agreement->offered)};
    put(stream, SMFIC_OPTNEG, offer, sizeof offer);
}

static void put_connect(struct stream *stream, const char script[EVENT_COUNT])
{
    char packet[64];
    memcpy(packet, script, EVENT_COUNT);
    memcpy(packet + EVENT_COUNT, "\0004\x9c\x40\x31\x39\x32.0.2.7", 14);
    put(stream, SMFIC_CONNECT, packet, EVENT_COUNT + 14);
}

static void put_event(struct stream *stream, char command, const char script[EVENT_COUNT])
{
    switch (command) {
    case SMFIC_CONNECT:
        put_connect(stream, script);
        break;
    case SMFIC_HELO:
        PUT_TEXT(stream, command, "client.example");
        break;
    case SMFIC_MAIL:
        PUT_TEXT(stream, command, "<ann@x>\0SIZE=10");
        break;
    case SMFIC_RCPT:
        PUT_TEXT(stream, command, "<bob@y>");
        break;
    case SMFIC_HEADER:
        PUT_TEXT(stream, command, "Subject\0 hello");
        break;
    case SMFIC_BODY:
        put(stream, command, "text\r\n", 6);
        break;
    case SMFIC_UNKNOWN:
        PUT_TEXT(stream, command, "HELP me");
        break;
    case SMFIC_MACRO:
        PUT_TEXT(stream, command, "Ei\0004ABC");
        break;
    default:
        put(stream, command, NULL, 0);
        break;
    }
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

/* What the server sends until it closes the connection. */
static size_t transcribe(int which, const struct stream *stream, char *transcript)
{
    struct milter_wire wire;
    size_t length = 0;
    ssize_t count;
    assert_true(wire_open(&wire, addresses[which]));
    wire_put(&wire, stream->bytes, stream->length);
    wire_flush(&wire);
    shutdown(wire.descriptor, SHUT_WR);
    while ((count = recv(wire.descriptor, transcript + length, TRANSCRIPT_BYTES - length, 0)) > 0)
        length += (size_t)count;
    wire_close(&wire);
    return length;
}

static void compare(const struct stream *stream, const struct agreement *agreement, const char *script)
{
    static char transcripts[SERVER_COUNT][TRANSCRIPT_BYTES];
    size_t lengths[SERVER_COUNT];
    for (int i = 0; i < SERVER_COUNT; i++)
        lengths[i] = transcribe(i, stream, transcripts[i]);
    if (lengths[0] == lengths[1] && memcmp(transcripts[0], transcripts[1], lengths[0]) == 0)
        return;
    print_error("version %u, offered 0x%x, wanted 0x%x, results %.10s\n", agreement->version,
                agreement->offered, agreement->wanted, script);
    for (int i = 0; i < SERVER_COUNT; i++) {
        print_error("%s: ", i == 0 ? "libmilter" : "engine");
        for (size_t at = 0; at < lengths[i]; at++)
            print_error(transcripts[i][at] >= ' ' && transcripts[i][at] < 0x7f ? "%c" : "\\%02x",
                        (unsigned char)transcripts[i][at]);
        print_error("\n");
    }
    fail();
}

static const struct agreement agreements[] = {
    {6, ALL_STEPS, SMFIP_SKIP},
    {6, ALL_STEPS, NO_REPLIES},
    {6, ALL_STEPS, SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_SKIP | SMFIP_NODATA},
    {6, ALL_STEPS & ~SMFIP_NR_BODY, SMFIP_NR_BODY | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC},
    {6, ALL_STEPS, SMFIP_NOHELO | SMFIP_NOHDRS | SMFIP_NOUNKNOWN},
    {4, 0x3ff, NO_REPLIES | SMFIP_NODATA},
    {3, 0x1ff, SMFIP_NR_HDR},
    {2, 0x7f, NO_REPLIES | SMFIP_NODATA | SMFIP_NOUNKNOWN},
    {2, 0, 0},
    {1, 0x7f, 0},
    {9, 0x7fffffff, ALL_STEPS},
};

enum { AGREEMENT_COUNT = sizeof agreements / sizeof agreements[0] };

/* Two messages of a session, the second as it goes on from whatever the first came to. */
static void put_messages(struct stream *stream, const char *script)
{
    static const char order[] = "CHUMRRTLLNBDEAHMRTLNBBDEMRAMRTNE";
    for (const char *command = order; *command != '\0'; command++)
        put_event(stream, *command, script);
    put(stream, SMFIC_QUIT, NULL, 0);
}

static void every_event_with_every_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < AGREEMENT_COUNT; i++) {
        restart_servers();
        for (size_t event = 0; event < EVENT_COUNT; event++)
            for (const char *result = results; *result != '\0'; result++) {
                char script[] = "cccccccccc";
                struct stream stream = {.length = 0};
                script[event] = *result;
                put_offer(&stream, &agreements[i]);
                put_messages(&stream, script);
                compare(&stream, &agreements[i], script);
            }
    }
}

static void clients_of_every_kind(void **state)
{
    static const struct {
        const char *packet;
        size_t length;
    } clients[] = {
        {"c\0004\0\x19"
         "192.0.2.1",
         14},
        {"c\0006\0\x19IPv6:2001:db8::1", 22},
        {"c\0006\0\x19"
         "2001:db8::1",
         16},
        {"c\0L\0\0/run/socket", 16},
        {"c\0U", 3},
        {"c\0U", 2},
        {"c\0004\0\x19unknown", 12},
        {"c\0004\0\x19", 6},
        {"c\0004", 3},
        {"c\0X\0\x19what", 9},
        {"c", 1},
        {"", 1},
    };
    (void)state;
    restart_servers();
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        struct stream stream = {.length = 0};
        put_offer(&stream, &agreements[0]);
        put(&stream, SMFIC_CONNECT, clients[i].packet, clients[i].length);
        put_event(&stream, SMFIC_HELO, NULL);
        put_event(&stream, SMFIC_MAIL, NULL);
        put(&stream, SMFIC_QUIT, NULL, 0);
        compare(&stream, &agreements[0], "clients");
    }
}

static void packets_without_their_data(void **state)
{
    static const char commands[] = "ABCDEHKLMNORTUQ?";
    (void)state;
    for (const char *command = commands; *command != '\0'; command++) {
        struct stream stream = {.length = 0};
        put_offer(&stream, &agreements[0]);
        for (const char *before = "CHMR"; *before != '\0'; before++)
            put_event(&stream, *before, "cccccccccc");
        put(&stream, *command, NULL, 0);
        put_event(&stream, SMFIC_MAIL, NULL);
        put(&stream, SMFIC_QUIT, NULL, 0);
        compare(&stream, &agreements[0], "without data");
    }
}

/* ---- random sequences --------------------------------------------------------------------------------- */

static unsigned next_random(unsigned bound)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(seed >> 33) % bound;
}

static void random_sequences(void **state)
{
    static const char commands[] = "CHHMMMRRRRTLLNBBEEAUKMRTLNBE";
    (void)state;
    for (size_t i = 0; i < AGREEMENT_COUNT; i++) {
        restart_servers();
        for (unsigned long session = 0; session < session_count / AGREEMENT_COUNT; session++) {
            struct stream stream = {.length = 0};
            char script[EVENT_COUNT + 1] = "";
            for (int event = 0; event < EVENT_COUNT; event++)
                script[event] = next_random(3) > 0 ? 'c' : results[next_random(sizeof results - 1)];
            /* Without an offer libmilter skips what other sessions did not want. */
            if (next_random(8) > 0 || (agreements[i].wanted & NO_STEPS) != 0)
                put_offer(&stream, &agreements[i]);
            if (next_random(8) > 0)
                put_connect(&stream, script);
            for (unsigned count = 5 + next_random(40); count > 0; count--)
                put_event(&stream, commands[next_random(sizeof commands - 1)], script);
            put(&stream, SMFIC_QUIT, NULL, 0);
            compare(&stream, &agreements[i], script);
        }
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int stop_all(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++)
        if (pids[i] != 0)
            stop_server(i);
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_with_every_result),
        cmocka_unit_test(clients_of_every_kind),
        cmocka_unit_test(packets_without_their_data),
        cmocka_unit_test(random_sequences),
    };
    if (argc < 3)
        return 64;
    programs[0] = argv[1];
    programs[1] = argv[2];
    if (argc > 3)
        session_count = strtoul(argv[3], NULL, 10);
    if (argc > 4)
        seed = strtoul(argv[4], NULL, 10);
    return cmocka_run_group_tests(tests, make_folder, stop_all);
}
