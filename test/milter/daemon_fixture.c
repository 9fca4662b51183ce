#include "daemon_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *daemon_program;

static const char *const file_names[] = {"milter.sock", "control.sock", "config", "trace", "stderr"};

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

void daemon_init(struct test_daemon *daemon)
{
    *daemon = (struct test_daemon){.folder = "/tmp/milter-test-XXXXXX"};
    assert_non_null(mkdtemp(daemon->folder));
    assert_int_equal(chmod(daemon->folder, 0777), 0); /* the daemon may become somebody else */
    snprintf(daemon->socket_path, sizeof daemon->socket_path, "%s/milter.sock", daemon->folder);
    snprintf(daemon->address, sizeof daemon->address, "unix:%s", daemon->socket_path);
    snprintf(daemon->config_path, sizeof daemon->config_path, "%s/config", daemon->folder);
    snprintf(daemon->trace_path, sizeof daemon->trace_path, "%s/trace", daemon->folder);
    snprintf(daemon->stderr_path, sizeof daemon->stderr_path, "%s/stderr", daemon->folder);
}

void daemon_configure(struct test_daemon *daemon, const char *lines)
{
    FILE *file = fopen(daemon->config_path, "w");
    assert_non_null(file);
    fprintf(file, "listen-unix %s\n%s", daemon->socket_path, lines);
    assert_int_equal(fclose(file), 0);
}

/* sd_listen_fds(3) */
static void hand_over(int listening)
{
    char pid[20];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (listening != 3)
        dup2(listening, 3);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
}

static void become_daemon(const struct test_daemon *daemon)
{
    struct rlimit limit = {(rlim_t)daemon->descriptors_max, (rlim_t)daemon->descriptors_max};
    int errors = open(daemon->stderr_path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(errors, STDERR_FILENO);
    setenv("FAKE_POLICY_TRACE", daemon->trace_path, 1);
    if (daemon->notify != NULL)
        setenv("NOTIFY_SOCKET", daemon->notify, 1);
    else
        unsetenv("NOTIFY_SOCKET");
    if (daemon->handed_over > 0)
        hand_over(daemon->handed_over);
    if (daemon->descriptors_max > 0)
        setrlimit(RLIMIT_NOFILE, &limit);
    execl(daemon_program, daemon_program, "serve", "-c", daemon->config_path,
          daemon->takes_over ? "--take-over" : (char *)NULL, (char *)NULL);
    _exit(127);
}

void daemon_spawn(struct test_daemon *daemon)
{
    daemon->pid = fork();
    assert_true(daemon->pid >= 0);
    if (daemon->pid == 0)
        become_daemon(daemon);
}

/* A thread that waits for a signal does not block it meanwhile; all but the main thread block it otherwise.
 */
static bool waits_for_signals(pid_t pid, const char *thread)
{
    char path[64], line[256];
    unsigned long long blocked = ~0ULL;
    if (atoi(thread) == pid)
        return false;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)pid, thread);
    FILE *status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "SigBlk:", 7) == 0)
            blocked = strtoull(line + 7, NULL, 16);
    if (status != NULL)
        fclose(status);
    return (blocked >> (SIGTERM - 1) & 1U) == 0;
}

/* libmilter's thread for signals takes one that is on its way when it comes to wait for them. */
static bool libmilter_has_begun(pid_t pid)
{
    char path[64];
    bool has_begun = false;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    assert_non_null(threads);
    for (const struct dirent *thread; (thread = readdir(threads)) != NULL;)
        has_begun = has_begun || (thread->d_name[0] != '.' && waits_for_signals(pid, thread->d_name));
    closedir(threads);
    return has_begun;
}

void daemon_start(struct test_daemon *daemon, const char *lines)
{
    daemon_configure(daemon, lines);
    daemon_spawn(daemon);
    assert_true(file_has(daemon->stderr_path, "serve: ready"));
    for (int waited_ms = 0; SERVED_BY_LIBMILTER && !libmilter_has_begun(daemon->pid); waited_ms += 10) {
        assert_in_range(waited_ms, 0, 20000);
        pause_ms(10);
    }
}

int daemon_wait(struct test_daemon *daemon)
{
    int status = -1;
    pid_t ended = 0;
    for (int waited_ms = 0; waited_ms < 20000 && ended == 0; waited_ms += 10) {
        ended = waitpid(daemon->pid, &status, WNOHANG);
        if (ended == 0)
            pause_ms(10);
    }
    if (ended == 0) {
        kill(daemon->pid, SIGKILL);
        waitpid(daemon->pid, &status, 0);
    }
    daemon->pid = 0;
    return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int daemon_stop(struct test_daemon *daemon)
{
    kill(daemon->pid, SIGTERM);
    return daemon_wait(daemon);
}

static void print_file(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    if (file != NULL)
        fclose(file);
}

void daemon_deinit(struct test_daemon *daemon)
{
    if (daemon->pid > 0 || daemon->has_failed)
        print_file(daemon->stderr_path);
    if (daemon->pid > 0) { /* the test has failed */
        kill(daemon->pid, SIGKILL);
        waitpid(daemon->pid, NULL, 0);
    }
    for (size_t i = 0; i < sizeof file_names / sizeof file_names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", daemon->folder, file_names[i]);
        unlink(path);
    }
    rmdir(daemon->folder);
}

unsigned file_count(const char *path, const char *text)
{
    unsigned count = 0;
    FILE *file = fopen(path, "r");
    char *content = NULL;
    size_t capacity = 0;
    if (file != NULL && getdelim(&content, &capacity, '\0', file) > 0)
        for (const char *at = content; (at = strstr(at, text)) != NULL; at += strlen(text))
            count++;
    free(content);
    if (file != NULL)
        fclose(file);
    return count;
}

bool file_has_within(const char *path, const char *text, unsigned wait_ms)
{
    for (unsigned waited_ms = 0; file_count(path, text) == 0; waited_ms += 10) {
        if (waited_ms >= wait_ms)
            return false;
        pause_ms(10);
    }
    return true;
}

bool file_has(const char *path, const char *text)
{
    return file_has_within(path, text, 10000);
}

bool daemon_traced(const struct test_daemon *daemon, const char *text)
{
    return file_has(daemon->trace_path, text);
}

void session_open(struct milter_wire *wire, const struct test_daemon *daemon, uint32_t steps)
{
    assert_true(wire_open(wire, daemon->address));
    assert_true(wire_negotiate(wire, 0x1ff, steps));
    assert_true(wire_connect(wire, "198.51.100.7", 40000));
    assert_true(wire_helo(wire));
    assert_true(wire_flush(wire));
}

char session_send(struct milter_wire *wire, const char *sender, const char *recipient)
{
    char letter = wire_event_strings(wire, SMFIC_MAIL, (const char *const[]){sender, NULL});
    if (letter != SMFIR_CONTINUE)
        return letter;
    letter = wire_event_strings(wire, SMFIC_RCPT, (const char *const[]){recipient, NULL});
    if (letter != SMFIR_CONTINUE)
        return letter;
    if (wire_event(wire, SMFIC_DATA, NULL, 0) != SMFIR_CONTINUE ||
        wire_event_strings(wire, SMFIC_HEADER, (const char *const[]){"Subject", "test", NULL}) !=
            SMFIR_CONTINUE ||
        wire_event(wire, SMFIC_EOH, NULL, 0) != SMFIR_CONTINUE)
        return 0;
    letter = wire_event(wire, SMFIC_BODY, "text\r\n", 6);
    if (letter != SMFIR_CONTINUE && letter != SMFIR_SKIP)
        return 0;
    return wire_end(wire, NULL, 0);
}

bool daemon_serves(const struct test_daemon *daemon)
{
    struct milter_wire wire;
    session_open(&wire, daemon, 0x1fffff);
    bool serves = session_send(&wire, "<ann@example.com>", "<bob@example.net>") == SMFIR_CONTINUE;
    wire_close(&wire);
    return serves;
}
