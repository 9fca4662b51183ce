#include "signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static sem_t milter_has_started;

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
    sem_post(&milter_has_started);
    for (;;)
        pause();
}

bool signals_wait_for_milter(unsigned wait_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += wait_ms / 1000;
    int result;
    while ((result = sem_timedwait(&milter_has_started, &deadline)) != 0 && errno == EINTR)
        continue;
    return result == 0;
}

int signals_open(void)
{
    if (sem_init(&milter_has_started, 0, 0) != 0)
        return -1;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

enum signal_event signals_next(int descriptor)
{
    struct signalfd_siginfo info;
    if (read(descriptor, &info, sizeof info) != (ssize_t)sizeof info)
        return SIGNAL_NONE;
    switch (info.ssi_signo) {
    case SIGHUP:
        return SIGNAL_REOPEN;
    case SIGUSR1:
        return SIGNAL_RELOAD;
    default:
        return SIGNAL_STOP;
    }
}
