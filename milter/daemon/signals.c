#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int numbers[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

enum { NUMBERS_COUNT = sizeof numbers / sizeof numbers[0] };

static int noted = -1; /* the end of the pipe that the handler writes to */

/* Where the pipe is full, as many signals wait as anybody needs. */
static void note(int number)
{
    const int error = errno;
    const char byte = (char)number;
    if (write(noted, &byte, 1) < 0)
        errno = error;
    errno = error;
}

static sigset_t all(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < NUMBERS_COUNT; i++)
        sigaddset(&set, numbers[i]);
    return set;
}

/* A signal is not held back while another is noted: held back, it would be for any thread that waits for it.
 */
static bool handle_all(void)
{
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | SA_NODEFER};
    for (int i = 0; i < NUMBERS_COUNT; i++)
        if (sigaction(numbers[i], &action, NULL) != 0)
            return false;
    return true;
}

int signals_open(void)
{
    const sigset_t set = all();
    int ends[2];
    /* A client that left, or a limit of file sizes that was reached, is an error of the call. */
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGXFSZ, SIG_IGN) == SIG_ERR || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    noted = ends[1];
    return handle_all() ? ends[0] : -1;
}

void signals_listen(void)
{
    const sigset_t set = all();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signals_stop(void)
{
    note(SIGTERM);
}

enum signal_event signals_next(int descriptor)
{
    char number;
    if (read(descriptor, &number, 1) != 1)
        return SIGNAL_NONE;
    switch (number) {
    case SIGHUP:
    case SIGUSR2:
        return SIGNAL_REOPEN;
    case SIGUSR1:
        return SIGNAL_RELOAD;
    default:
        return SIGNAL_STOP;
    }
}
