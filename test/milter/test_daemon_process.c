/* The daemon as a process: its socket, its signals, its limits, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <stdatomic.h>
#include <unistd.h>

enum { ALL_STEPS = 0x1fffff, IDLE_SESSIONS = 5000, IDLE_BYTES_MAX = 4096 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#define UNDER_SANITIZER (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define UNDER_SANITIZER 0
#endif

static struct test_daemon subject;

static int set_up(void **state)
{
    (void)state;
    daemon_init(&subject);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    subject.has_failed = file_count(subject.stderr_path, "Sanitizer") > 0;
    daemon_deinit(&subject);
    return subject.has_failed;
}

static bool can_connect(void)
{
    struct milter_wire wire;
    bool is_open = wire_open(&wire, subject.address);
    if (is_open)
        wire_close(&wire);
    return is_open;
}

/* ---- socket ----------------------------------------------------------------------------------------- */

static void socket_has_its_mode_and_goes_with_the_daemon(void **state)
{
    (void)state;
    struct stat info;
    daemon_start(&subject, "mode 600\n");
    assert_int_equal(stat(subject.socket_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(daemon_stop(&subject), 0);
    assert_int_equal(stat(subject.socket_path, &info), -1);
}

static void bind_dead_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
}

static void socket_left_behind_is_replaced(void **state)
{
    (void)state;
    bind_dead_socket(subject.socket_path);
    daemon_start(&subject, "");
    assert_true(daemon_serves(&subject));
    assert_int_equal(daemon_stop(&subject), 0);
}

static void living_socket_is_left_alone(void **state)
{
    (void)state;
    daemon_start(&subject, "");
    struct test_daemon second = subject;
    daemon_spawn(&second);
    assert_int_equal(daemon_wait(&second), 69);
    assert_true(file_has(subject.stderr_path, "another process answers there"));
    assert_true(daemon_serves(&subject));
    assert_int_equal(daemon_stop(&subject), 0);
}

static void file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    daemon_configure(&subject, "");
    int file = open(subject.socket_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(file);
    daemon_spawn(&subject);
    assert_int_equal(daemon_wait(&subject), 69);
    struct stat info;
    assert_int_equal(stat(subject.socket_path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
}

static void name_taken_over_by_another_is_not_removed(void **state)
{
    (void)state;
    daemon_start(&subject, "");
    assert_int_equal(unlink(subject.socket_path), 0);
    bind_dead_socket(subject.socket_path);
    assert_int_equal(daemon_stop(&subject), 0);
    struct stat info;
    assert_int_equal(stat(subject.socket_path, &info), 0);
}

static void inet_sockets(void **state)
{
    (void)state;
    daemon_configure(&subject, "");
    for (int port = 20000 + getpid() % 10000, tries = 0; tries < 20; port++, tries++) {
        char lines[64];
        snprintf(lines, sizeof lines, "listen-inet %d\n", port);
        unlink(subject.stderr_path);
        daemon_configure(&subject, lines);
        daemon_spawn(&subject);
        if (!file_has_within(subject.stderr_path, "serve: ready", 2000)) {
            assert_int_equal(daemon_wait(&subject), 69); /* the port is somebody's: the next one */
            continue;
        }
        snprintf(subject.address, sizeof subject.address, "inet:%d", port);
        assert_true(daemon_serves(&subject));
        struct test_daemon second = subject;
        daemon_spawn(&second);
        assert_int_equal(daemon_wait(&second), 69);
        assert_int_equal(daemon_stop(&subject), 0);
        assert_false(can_connect());
        return;
    }
    fail_msg("no free port");
}

/* ---- start ------------------------------------------------------------------------------------------ */

static void bad_configuration_ends_it(void **state)
{
    (void)state;
    daemon_configure(&subject, "nonsense\nmore nonsense\n");
    daemon_spawn(&subject);
    assert_int_equal(daemon_wait(&subject), 78);
    assert_int_equal(file_count(subject.stderr_path, ": error: "), 2);
}

static void root_becomes_somebody_else(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    daemon_start(&subject, "user nobody\n");
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)subject.pid);
    assert_int_equal(file_count(path, "\nUid:\t0\t"), 0);
    assert_int_equal(file_count(path, "\nUid:\t65534\t65534\t65534\t65534\n"), 1);
    assert_int_equal(file_count(path, "\nGroups:\t65534"), 1);
    assert_int_equal(file_count(path, "\nNoNewPrivs:\t1\n"), 1);
    assert_true(daemon_serves(&subject));
    assert_int_equal(daemon_stop(&subject), 0);
}

static void unknown_user_ends_it(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    daemon_configure(&subject, "user no-such-user\n");
    daemon_spawn(&subject);
    assert_int_equal(daemon_wait(&subject), 67);
    struct stat info;
    assert_int_equal(stat(subject.socket_path, &info), -1);
}

/* ---- systemd ---------------------------------------------------------------------------------------- */

static bool notified(int descriptor, const char *what)
{
    char message[256];
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    while (poll(&ready, 1, 10000) > 0) {
        ssize_t length = recv(descriptor, message, sizeof message - 1, 0);
        assert_true(length > 0);
        message[length] = '\0';
        if (strstr(message, what) != NULL)
            return true;
    }
    return false;
}

static void systemd_is_told(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "milter-test-%d", (int)getpid());
    int listening = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)),
                     0);
    char name[64];
    snprintf(name, sizeof name, "@milter-test-%d", (int)getpid());
    subject.notify = name;
    setenv("WATCHDOG_USEC", "100000", 1);
    daemon_start(&subject, "");
    unsetenv("WATCHDOG_USEC");
    assert_true(notified(listening, "READY=1"));
    assert_true(notified(listening, "WATCHDOG=1"));
    kill(subject.pid, SIGUSR1);
    assert_true(notified(listening, "RELOADING=1\nMONOTONIC_USEC="));
    assert_true(notified(listening, "READY=1"));
    assert_int_equal(daemon_stop(&subject), 0);
    assert_true(notified(listening, "STOPPING=1"));
    close(listening);
}

/* ---- signals ---------------------------------------------------------------------------------------- */

static void hangups_in_a_storm_only_reopen(void **state)
{
    (void)state;
    daemon_start(&subject, "");
    struct milter_wire wire;
    session_open(&wire, &subject, ALL_STEPS);
    for (int i = 0; i < 3000; i++)
        kill(subject.pid, SIGHUP);
    assert_true(daemon_traced(&subject, "reopen"));
    assert_int_equal(session_send(&wire, "<ann@x>", "<bob@y>"), 'c');
    assert_true(daemon_serves(&subject));
    wire_close(&wire);
    assert_int_equal(daemon_stop(&subject), 0);
}

static void reload_leaves_sessions_alone(void **state)
{
    (void)state;
    daemon_start(&subject, "");
    struct milter_wire wire;
    session_open(&wire, &subject, ALL_STEPS);
    wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<ann@x>", NULL});
    kill(subject.pid, SIGUSR1);
    assert_true(file_has(subject.stderr_path, "the new policy is in force"));
    daemon_configure(&subject, "nonsense\n");
    kill(subject.pid, SIGUSR1);
    assert_true(file_has(subject.stderr_path, "the old policy stays in force"));
    assert_int_equal(file_count(subject.trace_path, "use\n"), 1);
    assert_int_equal(wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL}), 'c');
    wire_event(&wire, SMFIC_EOH, NULL, 0);
    assert_int_equal(wire_end(&wire, NULL, 0), 'c');
    wire_close(&wire);
    assert_int_equal(daemon_stop(&subject), 0);
}

static void wait_until_no_one_answers(void)
{
    for (int i = 0; i < 1000 && can_connect(); i++)
        poll(NULL, 0, 10);
    assert_false(can_connect());
}

static void drain_serves_open_sessions_to_their_end(void **state)
{
    (void)state;
    daemon_start(&subject, "drain 20000\n");
    struct milter_wire wire;
    session_open(&wire, &subject, ALL_STEPS);
    wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<end-reject@x>", NULL});
    kill(subject.pid, SIGTERM);
    wait_until_no_one_answers();
    assert_int_equal(wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL}), 'c');
    wire_event(&wire, SMFIC_EOH, NULL, 0);
    assert_int_equal(wire_end(&wire, NULL, 0), 'y');
    assert_string_equal(wire.text, "550 5.7.1 not this message");
    assert_int_equal(session_send(&wire, "<ann@x>", "<bob@y>"), 'c');
    wire_packet(&wire, SMFIC_QUIT, NULL, 0);
    wire_flush(&wire);
    assert_int_equal(daemon_wait(&subject), 0);
    wire_close(&wire);
    assert_int_equal(file_count(subject.trace_path, "close\ndestroy\n"), 1); /* in this order */
}

static void sessions_that_stay_are_ended(const char *settings, bool twice)
{
    daemon_start(&subject, settings);
    struct milter_wire wires[10];
    for (size_t i = 0; i < 10; i++) {
        session_open(&wires[i], &subject, ALL_STEPS);
        wire_event_strings(&wires[i], SMFIC_MAIL, (const char *const[]){"<ann@x>", NULL});
    }
    kill(subject.pid, SIGTERM);
    if (twice) {
        assert_true(file_has(subject.stderr_path, "serve: stopping"));
        kill(subject.pid, SIGTERM);
    }
    assert_int_equal(daemon_wait(&subject), 0);
    /* Reactors end theirs side by side, so that lines of two may stand between each other. */
    assert_int_equal(file_count(subject.trace_path, "abort\n"), 10);
    assert_int_equal(file_count(subject.trace_path, "close\n"), 10);
    assert_int_equal(file_count(subject.trace_path, "close\ndestroy\n"), 1);
    for (size_t i = 0; i < 10; i++)
        wire_close(&wires[i]);
}

static void drain_has_an_end(void **state)
{
    (void)state;
    sessions_that_stay_are_ended("drain 200\n", false);
}

static void second_signal_ends_the_drain(void **state)
{
    (void)state;
    sessions_that_stay_are_ended("drain 3600000\n", true);
}

static void callback_at_work_is_waited_for(void **state)
{
    (void)state;
    daemon_start(&subject, "drain 0\n");
    struct milter_wire wire;
    session_open(&wire, &subject, ALL_STEPS);
    wire_strings(&wire, SMFIC_MAIL, (const char *const[]){"<slow@x>", NULL});
    wire_flush(&wire);
    assert_true(daemon_traced(&subject, "mail <slow@x>"));
    kill(subject.pid, SIGTERM);
    assert_int_equal(wire_answer(&wire), 'c');
    assert_int_equal(daemon_wait(&subject), 0);
    assert_int_equal(file_count(subject.trace_path, "close\ndestroy\n"), 1);
    wire_close(&wire);
}

static void *send_for_a_while(void *context)
{
    unsigned *served = context;
    struct milter_wire wire;
    while (wire_open(&wire, subject.address)) {
        bool is_whole = wire_negotiate(&wire, 0x1ff, ALL_STEPS) && wire_connect(&wire, "198.51.100.7", 1) &&
                        wire_helo(&wire) && session_send(&wire, "<ann@x>", "<bob@y>") == 'c';
        wire_packet(&wire, SMFIC_QUIT, NULL, 0);
        wire_flush(&wire);
        wire_close(&wire);
        if (!is_whole)
            return context; /* cut in the middle */
        ++*served;
    }
    return NULL;
}

static void drain_under_load_cuts_nobody(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    daemon_start(&subject, "drain 20000\n");
    pthread_t threads[8];
    unsigned served[8] = {0};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_for_a_while, &served[i]), 0);
    poll(NULL, 0, 300);
    int status = daemon_stop(&subject);
    for (size_t i = 0; i < 8; i++) {
        void *cut = NULL;
        pthread_join(threads[i], &cut);
        assert_null(cut);
        assert_true(served[i] > 0);
    }
    assert_int_equal(status, 0);
}

static int listen_for_the_system(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM, 0); /* kept over the exec */
    snprintf(address.sun_path, sizeof address.sun_path, "%s", subject.socket_path);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, SOMAXCONN), 0);
    return listening;
}

static atomic_bool is_enough;

static void *send_until_enough(void *context)
{
    struct milter_wire wire;
    while (!atomic_load(&is_enough)) {
        bool is_whole = wire_open(&wire, subject.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS) &&
                        wire_connect(&wire, "198.51.100.7", 1) && wire_helo(&wire) &&
                        session_send(&wire, "<ann@x>", "<bob@y>") == 'c';
        wire_close(&wire);
        if (!is_whole)
            return context;
    }
    return NULL;
}

static void start_others(pthread_t *threads, size_t count)
{
    atomic_store(&is_enough, false);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_until_enough, &subject), 0);
}

static void end_others(const pthread_t *threads, size_t count)
{
    atomic_store(&is_enough, true);
    for (size_t i = 0; i < count; i++) {
        void *refused = NULL;
        pthread_join(threads[i], &refused);
        assert_null(refused);
    }
}

/* Where systemd holds the socket: who connects meanwhile waits for the next daemon, whose message is open is
 * served to its end. */
static void restart_refuses_nobody(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    pthread_t threads[8];
    subject.handed_over = listen_for_the_system();
    daemon_start(&subject, "drain 20000\n");
    start_others(threads, 8);
    for (int times = 0; times < 3; times++) {
        struct milter_wire wire;
        session_open(&wire, &subject, ALL_STEPS);
        wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<end-reject@x>", NULL});
        kill(subject.pid, SIGTERM);
        wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL});
        wire_event(&wire, SMFIC_EOH, NULL, 0);
        assert_int_equal(wire_end(&wire, NULL, 0), 'y');
        wire_close(&wire);
        assert_int_equal(daemon_wait(&subject), 0);
        daemon_spawn(&subject);
    }
    end_others(threads, 8);
    close(subject.handed_over);
    assert_int_equal(daemon_stop(&subject), 0);
}

static void with_control(const char *lines, char *out, size_t room)
{
    snprintf(out, room, "control %s/control.sock\n%s", subject.folder, lines);
}

/* Without systemd: the next daemon takes the sockets over from the one that runs, which serves what it has to
 * the end, messages and connections between two of them. */
static void one_daemon_takes_over_from_another(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    pthread_t threads[8];
    char lines[128];
    with_control("drain 20000\n", lines, sizeof lines);
    daemon_start(&subject, lines);
    start_others(threads, 8);
    for (unsigned times = 1; times <= 3; times++) {
        struct milter_wire wire, idle;
        struct test_daemon former = subject;
        session_open(&wire, &subject, ALL_STEPS);
        session_open(&idle, &subject, ALL_STEPS);
        assert_int_equal(session_send(&idle, "<ann@x>", "<bob@y>"), 'c');
        wire_event_strings(&wire, SMFIC_MAIL, (const char *const[]){"<end-reject@x>", NULL});
        subject.takes_over = true;
        daemon_spawn(&subject);
        for (int i = 0; i < 1000 && file_count(subject.stderr_path, "serve: ready") < times + 1; i++)
            poll(NULL, 0, 10);
        assert_int_equal(file_count(subject.trace_path, "retire"), times);
        assert_true(daemon_serves(&subject));
        assert_int_equal(session_send(&idle, "<ann@x>", "<bob@y>"), 'c');
        wire_close(&idle);
        wire_event_strings(&wire, SMFIC_RCPT, (const char *const[]){"<bob@y>", NULL});
        wire_event(&wire, SMFIC_EOH, NULL, 0);
        assert_int_equal(wire_end(&wire, NULL, 0), 'y');
        wire_close(&wire);
        assert_int_equal(daemon_wait(&former), 0);
        assert_true(daemon_serves(&subject)); /* the socket has kept its name */
    }
    end_others(threads, 8);
    assert_int_equal(daemon_stop(&subject), 0);
    assert_int_equal(access(subject.socket_path, F_OK), -1);
}

static void who_finds_no_daemon_to_take_over_from_starts(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    char lines[128];
    with_control("", lines, sizeof lines);
    subject.takes_over = true;
    daemon_start(&subject, lines);
    assert_true(daemon_serves(&subject));
    assert_int_equal(daemon_stop(&subject), 0);
}

/* It fails before it has said "go", and nothing has happened. */
static void who_cannot_take_over_changes_nothing(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    char lines[128];
    with_control("", lines, sizeof lines);
    daemon_start(&subject, lines);
    struct test_daemon other = subject;
    with_control("user nobody-of-this-name\n", lines, sizeof lines);
    daemon_configure(&other, lines);
    other.takes_over = true;
    daemon_spawn(&other);
    assert_int_not_equal(daemon_wait(&other), 0);
    assert_true(daemon_serves(&subject));
    assert_int_equal(daemon_stop(&subject), 0);
}

/* A connection between two messages is not waited for. */
static void idle_connections_delay_no_stop(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    daemon_start(&subject, "drain 3600000\n");
    struct milter_wire wires[20];
    for (size_t i = 0; i < 20; i++)
        session_open(&wires[i], &subject, ALL_STEPS);
    assert_int_equal(session_send(&wires[0], "<ann@x>", "<bob@y>"), 'c');
    assert_int_equal(daemon_stop(&subject), 0);
    for (size_t i = 0; i < 20; i++)
        wire_close(&wires[i]);
}

/* ---- limits ----------------------------------------------------------------------------------------- */

static void session_over_the_limit_is_told_so(void **state)
{
    SKIP_WITH_LIBMILTER(); /* which may take its time to see that a connection has ended */
    (void)state;
    daemon_start(&subject, "sessions 2\n");
    struct milter_wire wires[3];
    session_open(&wires[0], &subject, ALL_STEPS);
    session_open(&wires[1], &subject, ALL_STEPS);
    assert_true(wire_open(&wires[2], subject.address) && wire_negotiate(&wires[2], 0x1ff, ALL_STEPS));
    assert_int_equal(wires[2].steps & SMFIP_NR_CONN, 0);
    assert_false(wire_connect(&wires[2], "198.51.100.7", 1));
    assert_string_equal(wires[2].text, "421 4.3.2 Too many connections, please try again later");
    wire_close(&wires[2]);
    wire_close(&wires[1]);
    assert_int_equal(session_send(&wires[0], "<ann@x>", "<bob@y>"), 'c');
    assert_true(daemon_traced(&subject, "close"));
    for (int i = 0; i < 500; i++) { /* until the daemon has seen both ends */
        struct milter_wire wire;
        assert_true(wire_open(&wire, subject.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS));
        bool is_in = wire_connect(&wire, "198.51.100.7", 1);
        wire_close(&wire);
        if (is_in)
            break;
        assert_true(i < 499);
        poll(NULL, 0, 10);
    }
    wire_close(&wires[0]);
    assert_int_equal(daemon_stop(&subject), 0);
}

/* Fields 14 and 15 of proc(5)'s stat: user and system time, in ticks. */
static unsigned long ticks_of(const char *stat)
{
    const char *field = strrchr(stat, ')'); /* the end of field 2, which may hold anything */
    for (unsigned number = 2; field != NULL && number < 14; number++)
        field = strchr(field + 1, ' ');
    if (field == NULL)
        return 0;
    char *next = NULL;
    unsigned long user = strtoul(field, &next, 10);
    return user + strtoul(next, NULL, 10);
}

static double cpu_seconds(void)
{
    char path[64];
    char line[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)subject.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    return (double)ticks_of(line) / (double)sysconf(_SC_CLK_TCK);
}

/* libmilter's own loop takes a whole processor while accept() finds no descriptor. */
static void short_of_descriptors_it_neither_spins_nor_dies(void **state)
{
    SKIP_WITH_LIBMILTER();
    (void)state;
    enum { FLOOD = 300 };
    subject.descriptors_max = 150;
    daemon_start(&subject, "");
    assert_true(file_has(subject.stderr_path, "warning: limits: room for"));
    struct milter_wire before;
    session_open(&before, &subject, ALL_STEPS);
    struct milter_wire *flood = calloc(FLOOD, sizeof *flood);
    for (size_t i = 0; i < FLOOD; i++)
        assert_true(wire_open(&flood[i], subject.address));
    assert_true(file_has(subject.stderr_path, "could not be taken"));
    double cpu = cpu_seconds();
    assert_int_equal(session_send(&before, "<ann@x>", "<bob@y>"), 'c');
    poll(NULL, 0, 1000);
    assert_true(cpu_seconds() - cpu < 0.5);
    for (size_t i = 0; i < FLOOD; i++)
        wire_close(&flood[i]);
    free(flood);
    for (int i = 0; i < 500; i++) { /* until it has closed them too */
        struct milter_wire wire;
        bool is_served = wire_open(&wire, subject.address) && wire_negotiate(&wire, 0x1ff, ALL_STEPS);
        wire_close(&wire);
        if (is_served)
            break;
        poll(NULL, 0, 10);
    }
    assert_true(daemon_serves(&subject));
    assert_int_equal(file_count(subject.stderr_path, "could not be taken"), 1); /* said once */
    wire_close(&before);
    assert_int_equal(daemon_stop(&subject), 0);
}

static unsigned long resident_kb(void)
{
    char path[64];
    char line[256];
    unsigned long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)subject.pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtoul(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kb;
}

static void thousands_of_idle_sessions(void **state)
{
    (void)state;
    struct rlimit limit = {IDLE_SESSIONS + 3000, IDLE_SESSIONS + 3000};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        skip();
    daemon_start(&subject, "sessions 6000\n");
    unsigned long before_kb = resident_kb();
    int *open_sockets = calloc(IDLE_SESSIONS, sizeof *open_sockets);
    struct milter_wire wire;
    for (size_t i = 0; i < IDLE_SESSIONS; i++) {
        session_open(&wire, &subject, ALL_STEPS);
        assert_true(wire_flush(&wire));
        open_sockets[i] = wire.descriptor;
    }
    assert_int_equal(session_send(&wire, "<ann@x>", "<bob@y>"), 'c');
    assert_true(daemon_serves(&subject));
    for (int i = 0; i < 2000 && file_count(subject.trace_path, "helo") < IDLE_SESSIONS; i++)
        poll(NULL, 0, 20);
    if (!UNDER_SANITIZER)
        assert_true((resident_kb() - before_kb) * 1024 / IDLE_SESSIONS < IDLE_BYTES_MAX);
    for (size_t i = 0; i < IDLE_SESSIONS; i++)
        close(open_sockets[i]);
    free(open_sockets);
    assert_int_equal(daemon_stop(&subject), 0);
}

#define DAEMON_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    daemon_program = argv[1];
    const struct CMUnitTest tests[] = {
        DAEMON_TEST(socket_has_its_mode_and_goes_with_the_daemon),
        DAEMON_TEST(socket_left_behind_is_replaced),
        DAEMON_TEST(living_socket_is_left_alone),
        DAEMON_TEST(file_that_is_no_socket_is_left_alone),
        DAEMON_TEST(name_taken_over_by_another_is_not_removed),
        DAEMON_TEST(inet_sockets),
        DAEMON_TEST(bad_configuration_ends_it),
        DAEMON_TEST(root_becomes_somebody_else),
        DAEMON_TEST(unknown_user_ends_it),
        DAEMON_TEST(systemd_is_told),
        DAEMON_TEST(hangups_in_a_storm_only_reopen),
        DAEMON_TEST(reload_leaves_sessions_alone),
        DAEMON_TEST(drain_serves_open_sessions_to_their_end),
        DAEMON_TEST(drain_has_an_end),
        DAEMON_TEST(second_signal_ends_the_drain),
        DAEMON_TEST(callback_at_work_is_waited_for),
        DAEMON_TEST(drain_under_load_cuts_nobody),
        DAEMON_TEST(restart_refuses_nobody),
        DAEMON_TEST(one_daemon_takes_over_from_another),
        DAEMON_TEST(who_finds_no_daemon_to_take_over_from_starts),
        DAEMON_TEST(who_cannot_take_over_changes_nothing),
        DAEMON_TEST(idle_connections_delay_no_stop),
        DAEMON_TEST(session_over_the_limit_is_told_so),
        DAEMON_TEST(short_of_descriptors_it_neither_spins_nor_dies),
        DAEMON_TEST(thousands_of_idle_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
