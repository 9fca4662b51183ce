/* The daemon as an MTA sees it, with a policy that does as it is told: verdicts, sessions, and bytes no MTA
 * sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

enum { ALL_STEPS = 0x1fffff };

static struct test_daemon daemon_under_test;

static int start(void **state)
{
    daemon_init(&daemon_under_test);
    daemon_start(&daemon_under_test, "");
    *state = &daemon_under_test;
    return 0;
}

static int stop(void **state)
{
    int status = daemon_stop(*state);
    if (status == 0 && file_count(daemon_under_test.stderr_path, "Sanitizer") > 0)
        status = 1;
    daemon_under_test.has_failed = status != 0;
    daemon_deinit(*state);
    return status;
}

/* ---- verdicts --------------------------------------------------------------------------------------- */

static const struct {
    const char *sender, *recipient;
    char letter;
    const char *text; /* of the last answer */
} verdict_cases[] = {
    {"<ann@x>", "<bob@y>", 'c', ""},
    {"<reject@x>", "<bob@y>", 'y', "550 5.7.1 no mail from you"},
    {"<defer@x>", "<bob@y>", 'y', "451 4.7.1 later"},
    {"<ann@x>", "<reject@y>", 'y', "550 5.7.1 no mail for them"},
    {"<ann@x>", "<defer@y>", 'y', "452 4.7.1 too many"},
    {"<end-reject@x>", "<bob@y>", 'y', "550 5.7.1 not this message"},
    {"<end-defer@x>", "<bob@y>", 'y', "451 4.7.1 not this message now"},
    {"<percent@x>", "<bob@y>", 'y', "550 5.7.1 100%% not %%s%%n"},
    {"<newline@x>", "<bob@y>", 'y', "550 5.7.1 one??250 two"},
    {"<mismatch@x>", "<bob@y>", 'y', "550 5.7.1 Refused by the policy of this server"},
    {"<enough@x>", "<bob@y>", 'c', ""},
};

/* Each in a session of its own, then all in one: no answer may be another message's. */
static void verdicts_reach_the_mta(void **state)
{
    struct milter_wire shared;
    session_open(&shared, *state, ALL_STEPS);
    for (size_t i = 0; i < sizeof verdict_cases / sizeof verdict_cases[0]; i++) {
        struct milter_wire wire;
        session_open(&wire, *state, ALL_STEPS);
        assert_int_equal(session_send(&wire, verdict_cases[i].sender, verdict_cases[i].recipient),
                         verdict_cases[i].letter);
        assert_string_equal(wire.text, verdict_cases[i].text);
        wire_close(&wire);
        assert_int_equal(session_send(&shared, verdict_cases[i].sender, verdict_cases[i].recipient),
                         verdict_cases[i].letter);
        assert_string_equal(shared.text, verdict_cases[i].text);
        wire_packet(&shared, SMFIC_ABORT, NULL, 0);
    }
    wire_close(&shared);
}

static void every_offer_of_steps_gives_the_same_verdicts(void **state)
{
    static const uint32_t offers[] = {0,
                                      0x7f,
                                      0x3ff,
                                      ALL_STEPS & ~SMFIP_NR_BODY,
                                      ALL_STEPS & ~SMFIP_SKIP,
                                      ALL_STEPS & ~SMFIP_NODATA,
                                      SMFIP_SKIP};
    for (size_t offer = 0; offer < sizeof offers / sizeof offers[0]; offer++) {
        struct milter_wire wire;
        session_open(&wire, *state, offers[offer]);
        for (size_t i = 0; i < sizeof verdict_cases / sizeof verdict_cases[0]; i++) {
            assert_int_equal(session_send(&wire, verdict_cases[i].sender, verdict_cases[i].recipient),
                             verdict_cases[i].letter);
            wire_packet(&wire, SMFIC_ABORT, NULL, 0);
        }
        wire_close(&wire);
    }
}

static void edits_and_holds(void **state)
{
    static const struct {
        const char *sender;
        uint32_t actions;
        char letter;
        const char *edits;
    } cases[] = {
        {"<ann@x>", 0x1ff, 'c', "h"},          {"<hold@x>", 0x1ff, 'c', "hq"}, {"<drop@x>", 0x1ff, 'c', "-h"},
        {"<hold@x>", SMFIF_ADDHDRS, 'y', "h"}, /* no quarantine offered: deferred */
        {"<drop@x>", SMFIF_ADDHDRS, 'y', ""},  /* recipients cannot be taken out: refused */
        {"<ann@x>", SMFIF_CHGBODY, 'c', ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct milter_wire wire;
        char edits[16];
        assert_true(wire_open(&wire, daemon_under_test.address));
        assert_true(wire_negotiate(&wire, cases[i].actions, ALL_STEPS));
        assert_true(wire_connect(&wire, "198.51.100.7", 40000) && wire_helo(&wire));
        assert_int_equal(wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){cases[i].sender, NULL}),
                         'c');
        assert_int_equal(wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL}), 'c');
        wire_event(&wire, SMFIC_EOH, NULL, 0);
        assert_int_equal(wire_end(&wire, edits, sizeof edits), cases[i].letter);
        assert_string_equal(edits, cases[i].edits);
        wire_close(&wire);
    }
    (void)state;
}

/* The end may bring the last of the body with it; an answer to that would be the answer to the message. */
static void body_with_the_end(void **state)
{
    static const uint32_t offers[] = {ALL_STEPS, ALL_STEPS & ~SMFIP_NR_BODY, 0};
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        struct milter_wire wire;
        session_open(&wire, *state, offers[i]);
        wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<end-reject@x>", NULL});
        wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL});
        wire_event(&wire, SMFIC_EOH, NULL, 0);
        wire_packet(&wire, SMFIC_BODYEOB, "tail\r\n", 6);
        assert_int_equal(wire_answer(&wire), 'y');
        assert_string_equal(wire.text, "550 5.7.1 not this message");
        assert_int_equal(session_send(&wire, "<ann@x>", "<bob@y>"), 'c');
        wire_close(&wire);
    }
    assert_true(daemon_traced(*state, "end headers=0 body=6"));
}

/* ---- facts ------------------------------------------------------------------------------------------ */

static void facts_reach_the_policy(void **state)
{
    struct milter_wire wire;
    session_open(&wire, *state, ALL_STEPS);
    wire_macros(&wire, SMFIC_MAIL,
                (const char *const[]){"j", "mx", "{auth_type}", "PLAIN", "{auth_authen}", "ann+2Bx",
                                      "{tls_version}", "TLSv1.3", NULL});
    wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<ann@x>", "SIZE=1000", NULL});
    wire_macros(&wire, SMFIC_RCPT, (const char *const[]){"j", "mx", "{rcpt_mailer}", "smtp", NULL});
    wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL});
    wire_macros(&wire, SMFIC_EOH, (const char *const[]){"i", "4ABC", "j", "mx", NULL});
    wire_event(&wire, SMFIC_EOH, NULL, 0);
    assert_int_equal(wire_end(&wire, NULL, 0), 'c');
    assert_true(daemon_traced(*state,
                              "begin name=client.example address=198.51.100.7 port=40000 v=Postfix 3.7.11 "
                              "daemon=mx.test.example"));
    assert_true(
        daemon_traced(*state, "mail <ann@x> first=SIZE=1000 type=PLAIN authen=ann+2Bx i=- tls=TLSv1.3"));
    assert_true(daemon_traced(*state, "rcpt <bob@y> mailer=smtp"));
    assert_true(daemon_traced(*state, "queue-id 4ABC"));
    /* The next message of the session has neither the login nor the queue id of this one. */
    wire_macros(&wire, SMFIC_MAIL, (const char *const[]){"j", "mx", NULL});
    assert_int_equal(session_send(&wire, "<eve@x>", "<bob@y>"), 'c');
    assert_true(daemon_traced(*state, "mail <eve@x> first=- type=- authen=- i=- tls=-"));
    assert_int_equal(file_count(daemon_under_test.trace_path, "queue-id"), 2); /* at EOH and at the end */
    wire_close(&wire);
}

static void sendmails_logins_are_decoded(void **state)
{
    struct milter_wire wire;
    assert_true(wire_open(&wire, daemon_under_test.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS));
    wire_macros(&wire, SMFIC_CONNECT, (const char *const[]){"j", "mx", "v", "8.17.1.9", NULL});
    wire_event(&wire, SMFIC_CONNECT, "localhost\0U", 12); /* sendmail -bs on standard input: no address */
    wire_macros(&wire, SMFIC_MAIL,
                (const char *const[]){"j", "mx", "{auth_type}", "LOGIN", "{auth_authen}", "ann+2Bx@y", NULL});
    wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<ann@x>", NULL});
    wire_close(&wire);
    assert_true(daemon_traced(*state, "begin name=localhost address=- port=0 v=8.17.1.9"));
    assert_true(daemon_traced(*state, "type=LOGIN authen=ann+x@y"));
}

/* ---- sessions that end anyhow ----------------------------------------------------------------------- */

static void abort_and_close_at_any_point(void **state)
{
    static const char events[] = "CHMRLNB";
    for (size_t stop_after = 0; stop_after <= sizeof events - 1; stop_after++) {
        struct milter_wire wire;
        assert_true(wire_open(&wire, daemon_under_test.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS));
        for (size_t i = 0; i < stop_after; i++) {
            switch (events[i]) {
            case 'C':
                assert_true(wire_connect(&wire, "198.51.100.7", 1));
                break;
            case 'H':
                assert_true(wire_helo(&wire));
                break;
            case 'L':
                wire_event_strings(&wire, 'L', (const char *const[]){"A", "b", NULL});
                break;
            default:
                wire_event_strings(&wire, events[i], (const char *const[]){"<a@b>", NULL});
            }
        }
        if (stop_after % 2 == 0) {
            wire_packet(&wire, SMFIC_ABORT, NULL, 0);
            wire_packet(&wire, SMFIC_ABORT, NULL, 0);
        }
        wire_flush(&wire);
        wire_close(&wire);
        assert_true(wire_open(&wire, daemon_under_test.address)); /* a port check */
        wire_close(&wire);
    }
    assert_true(daemon_serves(*state));
}

/* QUIT_NC: the connection is used again, without another negotiation. */
static void connection_used_again(void **state)
{
    struct milter_wire wire;
    session_open(&wire, *state, ALL_STEPS & ~(SMFIP_NR_CONN | SMFIP_NR_HELO));
    assert_int_equal(session_send(&wire, "<ann@x>", "<bob@y>"), 'c');
    wire_packet(&wire, SMFIC_QUIT_NC, NULL, 0);
    wire_connect(&wire, "198.51.100.8", 1);
    char letter = wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<reject@x>", NULL});
    assert_int_not_equal(letter, 'c'); /* without its session nothing is let through */
    wire_close(&wire);
    assert_true(daemon_serves(*state));
}

/* ---- bytes no MTA sends ----------------------------------------------------------------------------- */

static uint32_t random_state = 7;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 1664525U + 1013904223U;
    return (random_state >> 8) % below;
}

static void put_random_packet(struct milter_wire *wire)
{
    static const char commands[] = "ABCDEHKLMNOQRTUZ";
    static const char *const bodies[] = {
        "", "C{v}", "M{auth_type}", "<a@b>", "client\0004..198.51.100.1", "\0\0\0\0", "x"};
    char noise[300];
    char command = commands[next_random(sizeof commands - 1)];
    if (next_random(3) == 0) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)next_random(256);
        wire_packet(wire, command, noise, next_random(sizeof noise));
    } else {
        const char *body = bodies[next_random(sizeof bodies / sizeof bodies[0])];
        wire_packet(wire, command, body, next_random(2) == 0 ? strlen(body) : strlen(body) + 1);
    }
}

static void random_streams_of_packets(void **state)
{
    SKIP_WITH_LIBMILTER();
    for (unsigned round = 0; round < 400; round++) {
        struct milter_wire wire;
        assert_true(wire_open(&wire, daemon_under_test.address));
        if (round % 4 != 0)
            wire_negotiate(&wire, next_random(0x200),
                           next_random(2) == 0 ? ALL_STEPS : next_random(ALL_STEPS));
        if (round % 2 != 0)
            wire_connect(&wire, "198.51.100.9", 9);
        for (unsigned i = 0; i < 60; i++)
            put_random_packet(&wire);
        wire_flush(&wire);
        wire_close(&wire);
    }
    assert_true(daemon_serves(*state));
}

static void packets_too_large_or_cut(void **state)
{
    SKIP_WITH_LIBMILTER();
    static const struct {
        uint32_t length;
        char command;
        size_t sent;
    } cases[] = {{65536, 'B', 65535},
                 {65537, 'B', 65536},
                 {0x7fffffff, 'B', 100},
                 {0xffffffff, 'O', 10},
                 {0, 'O', 0},
                 {100, 'M', 3},
                 {1, 'M', 0},
                 {1, 'C', 0},
                 {1, 'R', 0},
                 {1, 'O', 0}};
    static const char zeros[70000];
    struct milter_wire wires[sizeof cases / sizeof cases[0]];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        session_open(&wires[i], *state, ALL_STEPS);
        uint32_t length = htonl(cases[i].length);
        wire_put(&wires[i], &length, sizeof length);
        wire_put(&wires[i], &cases[i].command, 1);
        wire_put(&wires[i], zeros, cases[i].sent);
        wire_flush(&wires[i]);
    }
    assert_true(daemon_serves(*state)); /* those that wait for more pin nobody else */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        wire_close(&wires[i]);
    assert_true(daemon_serves(*state));
}

static bool may_open(rlim_t count)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    return limit.rlim_max >= count && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* Each keeps a thread of libmilter's pool for a minute; the pool then forgets sessions it thinks are looked
 * after. */
static void half_packets_keep_nobody_waiting(void **state)
{
    SKIP_WITH_LIBMILTER();
    enum { HALVES = 1000 };
    static int halves[HALVES];
    struct milter_wire wire;
    if (!may_open(HALVES + 200))
        skip();
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < HALVES; i++) {
            assert_true(wire_open(&wire, daemon_under_test.address));
            assert_true(wire_put(&wire, "\0\0\0\15O\0\0\0\6", i % 9 + 1) && wire_flush(&wire));
            halves[i] = wire.descriptor;
        }
        assert_true(daemon_serves(*state));
        for (size_t i = 0; i < HALVES; i++)
            close(halves[i]);
    }
}

static void *send_slowly(void *context)
{
    struct milter_wire wire;
    bool *is_served = context;
    *is_served = wire_open(&wire, daemon_under_test.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS) &&
                 wire_connect(&wire, "198.51.100.7", 1) && wire_helo(&wire) &&
                 session_send(&wire, "<slow@x>", "<bob@y>") == 'c';
    wire_close(&wire);
    return NULL;
}

static void many_slow_callbacks_side_by_side(void **state)
{
    enum { SLOW = 50 };
    pthread_t threads[SLOW];
    bool served[SLOW] = {false};
    for (size_t i = 0; i < SLOW; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_slowly, &served[i]), 0);
    for (unsigned i = 0; i < 20; i++)
        assert_true(daemon_serves(*state));
    for (size_t i = 0; i < SLOW; i++) {
        pthread_join(threads[i], NULL);
        assert_true(served[i]);
    }
}

/* ---- sessions that wait ------------------------------------------------------------------------------- */

static unsigned thread_count(const struct test_daemon *daemon)
{
    char path[32];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)daemon->pid);
    DIR *threads = opendir(path);
    assert_non_null(threads);
    while (readdir(threads) != NULL)
        count++;
    closedir(threads);
    return count - 2; /* . and .. */
}

/* With what an impatient client may send behind it. */
static void send_mail_and_recipient(struct milter_wire *wire, const char *sender)
{
    session_open(wire, &daemon_under_test, ALL_STEPS);
    assert_true(wire_strings(wire, SMFIC_MAIL, (const char *const[]){sender, NULL}) &&
                wire_strings(wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL}) && wire_flush(wire));
}

/* All wait for one thing; those that hang up meanwhile take nobody along. */
static void sessions_that_wait_hold_no_thread(void **state)
{
    SKIP_WITH_LIBMILTER();
    enum { WAITING = 1000 };
    struct milter_wire *wires = calloc(WAITING, sizeof *wires), other;
    assert_non_null(wires);
    if (!may_open(WAITING + 200))
        skip();
    assert_true(daemon_serves(*state));
    const unsigned before = thread_count(*state);
    for (size_t i = 0; i < WAITING; i++)
        send_mail_and_recipient(&wires[i], "<waits@x>");
    for (unsigned i = 0; i < 10; i++)
        assert_true(daemon_serves(*state));
    assert_true(thread_count(*state) <= before + 1); /* perhaps one that was kept by this busy machine */
    for (size_t i = 0; i < WAITING; i += 2)
        wire_close(&wires[i]);
    session_open(&other, &daemon_under_test, ALL_STEPS);
    assert_int_equal(session_send(&other, "<ring@x>", "<bob@y>"), 'c');
    wire_close(&other);
    for (size_t i = 1; i < WAITING; i += 2) {
        assert_int_equal(wire_answer(&wires[i]), 'c'); /* MAIL */
        assert_int_equal(wire_answer(&wires[i]), 'c'); /* RCPT */
        assert_int_equal(wire_end(&wires[i], NULL, 0), 'c');
        wire_close(&wires[i]);
    }
    free(wires);
}

/* At RCPT and at the end of a message, with all that comes of it. */
static void each_answer_may_be_waited_for(void **state)
{
    SKIP_WITH_LIBMILTER();
    struct milter_wire recipient, ending, late, other;
    char edits[8] = "";
    session_open(&recipient, &daemon_under_test, ALL_STEPS);
    assert_int_equal(wire_event_strings(&recipient, SMFIC_MAIL, (const char *const[]){"<ann@x>", NULL}), 'c');
    assert_true(wire_strings(&recipient, SMFIC_RCPT, (const char *const[]){"<waits@y>", NULL}) &&
                wire_flush(&recipient));
    session_open(&ending, &daemon_under_test, ALL_STEPS);
    assert_int_equal(wire_event_strings(&ending, SMFIC_MAIL, (const char *const[]){"<end-waits@x>", NULL}),
                     'c');
    assert_int_equal(wire_event_strings(&ending, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL}), 'c');
    assert_true(wire_packet(&ending, SMFIC_BODYEOB, NULL, 0) && wire_flush(&ending));
    session_open(&late, &daemon_under_test, ALL_STEPS);
    assert_int_equal(session_send(&late, "<end-late@x>", "<bob@y>"), 'c');
    wire_close(&late);
    assert_true(daemon_traced(*state, "late"));
    session_open(&other, &daemon_under_test, ALL_STEPS);
    assert_int_equal(session_send(&other, "<ring@x>", "<bob@y>"), 'c');
    wire_close(&other);
    assert_int_equal(wire_answer(&recipient), 'c');
    assert_int_equal(wire_answer(&ending), 'h'); /* the header field that it adds */
    assert_int_equal(wire_answer(&ending), 'c');
    assert_int_equal(wire_end(&recipient, edits, sizeof edits), 'c');
    wire_close(&recipient);
    wire_close(&ending);
}

static void what_does_not_come_is_not_waited_for(void **state)
{
    struct milter_wire wires[20];
    for (size_t i = 0; i < 20; i++)
        send_mail_and_recipient(&wires[i], "<late@x>");
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(wire_answer(&wires[i]), 'c');
        assert_int_equal(wire_answer(&wires[i]), 'c');
        wire_close(&wires[i]);
    }
    assert_true(daemon_traced(*state, "late"));
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    daemon_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verdicts_reach_the_mta, start, stop),
        cmocka_unit_test_setup_teardown(every_offer_of_steps_gives_the_same_verdicts, start, stop),
        cmocka_unit_test_setup_teardown(edits_and_holds, start, stop),
        cmocka_unit_test_setup_teardown(body_with_the_end, start, stop),
        cmocka_unit_test_setup_teardown(facts_reach_the_policy, start, stop),
        cmocka_unit_test_setup_teardown(sendmails_logins_are_decoded, start, stop),
        cmocka_unit_test_setup_teardown(abort_and_close_at_any_point, start, stop),
        cmocka_unit_test_setup_teardown(connection_used_again, start, stop),
        cmocka_unit_test_setup_teardown(random_streams_of_packets, start, stop),
        cmocka_unit_test_setup_teardown(packets_too_large_or_cut, start, stop),
        cmocka_unit_test_setup_teardown(half_packets_keep_nobody_waiting, start, stop),
        cmocka_unit_test_setup_teardown(many_slow_callbacks_side_by_side, start, stop),
        cmocka_unit_test_setup_teardown(sessions_that_wait_hold_no_thread, start, stop),
        cmocka_unit_test_setup_teardown(each_answer_may_be_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(what_does_not_come_is_not_waited_for, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
