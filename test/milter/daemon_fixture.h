/* The daemon with the test policy (fake_policy.c), as a process of its own with a folder of its own. */
#ifndef CLOSEDRELAY_TEST_DAEMON_FIXTURE_H
#define CLOSEDRELAY_TEST_DAEMON_FIXTURE_H

#include "milter_wire.h"

#include <sys/types.h>

struct test_daemon {
    pid_t pid; /* 0: not running */
    char folder[32];
    char address[80]; /* for wire_open */
    char socket_path[64];
    char config_path[64];
    char trace_path[64];
    char stderr_path[64];
    int handed_over;     /* a listening socket that it gets as systemd hands it over; 0: none */
    int descriptors_max; /* RLIMIT_NOFILE of the daemon; 0: as it is */
    bool takes_over;     /* the next one started takes the place of the one that runs */
    bool has_failed;     /* what it wrote to stderr is shown */
    const char *notify;  /* NOTIFY_SOCKET, or NULL */
};

/* The program under test, set by main() of the test. */
extern const char *daemon_program;

/* Makes the folder; a unix socket in it is what the daemon listens at. */
void daemon_init(struct test_daemon *daemon);
void daemon_configure(struct test_daemon *daemon, const char *lines);
/* Starts without waiting; daemon_start also waits until it answers. */
void daemon_spawn(struct test_daemon *daemon);
void daemon_start(struct test_daemon *daemon, const char *lines);
/* Waits for its end; returns the exit status, or -1 for another end or none within 20 s (it is killed then).
 */
int daemon_wait(struct test_daemon *daemon);
/* SIGTERM and daemon_wait. */
int daemon_stop(struct test_daemon *daemon);
void daemon_deinit(struct test_daemon *daemon);

/* Whether the file has `text`, now or within 10 s. */
bool file_has(const char *path, const char *text);
bool file_has_within(const char *path, const char *text, unsigned wait_ms);
/* How often the file has `text`. */
unsigned file_count(const char *path, const char *text);

bool daemon_traced(const struct test_daemon *daemon, const char *text);

/* A session behind HELO; fails the test where there is none. */
void session_open(struct milter_wire *wire, const struct test_daemon *daemon, uint32_t steps);
/* One message with one recipient; the letter of the first refusal or of the end. */
char session_send(struct milter_wire *wire, const char *sender, const char *recipient);
/* A whole session works. */
bool daemon_serves(const struct test_daemon *daemon);

/* For a test of what a build with libmilter cannot promise (docs/threads.md). */
#define SKIP_WITH_LIBMILTER()                                                                                \
    do {                                                                                                     \
        if (SERVED_BY_LIBMILTER)                                                                             \
            skip();                                                                                          \
    } while (0)

#endif
