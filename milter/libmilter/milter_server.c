#include "milter_server.h"

#include "accept_gate.h"
#include "callbacks.h"
#include "packet_reader.h"
#include "pool_watch.h"
#include "replaced.h"
#include "session_bind.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    /* Longer than any MTA keeps an idle connection (Sendmail: 1 h). */
    MTA_IDLE_SECONDS_MAX = 7200,
    START_WAIT_MS = 10000,
};

static int ended = -1; /* eventfd */

int milter_server_ended(void)
{
    return ended;
}

/*
 * In the place of the C library's: libmilter's signal thread is the one caller in this process, and it waits
 * here for ever. Left to itself it would take one HUP in some thousands from the main thread, and stop the
 * daemon for it.
 */
int sigwait(const sigset_t *restrict set,
            int *restrict signal_number) /* NOLINT(readability-non-const-parameter) */
{
    (void)set;
    (void)signal_number;
    replaced_is_called(REPLACED_SIGWAIT);
    for (;;)
        pause();
}

static void *run_libmilter(void *unused)
{
    const uint64_t one = 1;
    (void)unused;
    smfi_main();
    if (write(ended, &one, sizeof one) < 0)
        abort(); /* an eventfd takes one addition in its life */
    return NULL;
}

static bool fail(struct strbuf *problem, const char *what)
{
    strbuf_append_text(problem, what);
    return false;
}

/* Hands the socket over, in Debian's way, and takes its place. */
static bool give_socket(int listening, struct strbuf *problem)
{
    char connection[20];
    snprintf(connection, sizeof connection, "fd:%d", listening);
    if (smfi_setconn(connection) != MI_SUCCESS || smfi_opensocket(false) != MI_SUCCESS)
        return fail(problem, "it takes no open socket (fd:), as Debian's does");
    return accept_gate_open(listening) || fail(problem, "the socket could not be handed over");
}

static bool set_up(int listening, struct strbuf *problem)
{
    ended = eventfd(0, EFD_CLOEXEC);
    if (!packet_reader_start() || !callbacks_can_tell_the_last_chunk())
        return fail(problem,
                    "it lacks functions that closedrelay needs (mi_rd_cmd, mi_sendok), or was linked "
                    "statically; Debian's libmilter1.0.1 has them");
    if (ended < 0 || smfi_register(callbacks_description()) != MI_SUCCESS ||
        smfi_settimeout(MTA_IDLE_SECONDS_MAX) != MI_SUCCESS)
        return fail(problem, "it could not be set up");
    return give_socket(listening, problem);
}

static bool start_threads(struct strbuf *problem)
{
    pthread_t thread;
    if (!pool_watch_start(accept_gate_wake_pool) || pthread_create(&thread, NULL, run_libmilter, NULL) != 0)
        return fail(problem, "no thread could be started");
    pthread_detach(thread);
    return true;
}

bool milter_server_start(struct policy_engine *engine, int listening, struct strbuf *problem)
{
    session_bind_engine(engine);
    if (!set_up(listening, problem) || !start_threads(problem))
        return false;
    accept_gate_wake_pool(); /* a connection that goes through all that is replaced */
    if (!replaced_wait_for_all(START_WAIT_MS, problem))
        return false;
    return accept_gate_let_in() || fail(problem, "the socket could not be watched");
}

void milter_server_limit(const struct milter_server_limits *limits)
{
    registry_set_limit(limits->sessions_max);
    accept_gate_keep_below(limits->descriptors_max);
}

uint64_t milter_server_session_count(void)
{
    return registry_session_count();
}

uint64_t milter_server_slowest_ms(uint64_t now_ms)
{
    return registry_slowest_ms(now_ms);
}

void milter_server_refuse_new(bool name_is_gone)
{
    accept_gate_close(name_is_gone);
}

/* libmilter is never told to stop: smfi_stop waits for none of its threads, and destroys a lock that one of
 * them may still be asking for. They are left where they are. */
bool milter_server_end(uint64_t wait_ms)
{
    if (!registry_shut(wait_ms))
        return false;
    registry_end_all();
    return true;
}
