#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    /* A client that left, or a limit of file sizes that was reached, is an error of the call. */
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
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
