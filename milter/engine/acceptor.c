#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHORTAGE_PAUSE_MS = 100, SAID_AGAIN_MS = 60 * 1000 };

/* ---- beginning and end -------------------------------------------------------------------------------- */

static bool poll_listening(struct acceptor *acceptor)
{
    return acceptor->is_polled =
               poller_add(acceptor->poller, acceptor->listening, POLLER_ACCEPTABLE, acceptor);
}

static void forget_listening(struct acceptor *acceptor)
{
    if (acceptor->is_polled)
        poller_remove(acceptor->poller, acceptor->listening);
    acceptor->is_polled = false;
}

bool acceptor_open(struct acceptor *acceptor, struct poller *poller, int listening)
{
    *acceptor = (struct acceptor){.poller = poller, .listening = fcntl(listening, F_DUPFD_CLOEXEC, 0)};
    return acceptor->listening >= 0 && poll_listening(acceptor);
}

void acceptor_close(struct acceptor *acceptor)
{
    forget_listening(acceptor);
    if (acceptor->listening >= 0)
        close(acceptor->listening);
    acceptor->listening = -1;
    acceptor->again_ms = 0;
}

/* ---- connections -------------------------------------------------------------------------------------- */

/* Once a minute, whichever reactor it is. */
static void say_short_of(const char *what)
{
    static atomic_uint_least64_t said_ms;
    uint64_t before_ms = atomic_load(&said_ms);
    const uint64_t now_ms = clock_now_ms();
    if ((before_ms == 0 || now_ms - before_ms >= SAID_AGAIN_MS) &&
        atomic_compare_exchange_strong(&said_ms, &before_ms, now_ms))
        log_error("listener: a connection could not be taken: %s", what);
}

struct connection *acceptor_take(const struct acceptor *acceptor, int descriptors_max,
                                 const struct smfiDesc *description)
{
    /* cppcheck-suppress nullPointer */
    const int descriptor = accept4(acceptor->listening, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    const bool has_room = descriptor < descriptors_max;
    struct connection *connection = has_room ? connection_create(descriptor, description) : NULL;
    if (connection != NULL)
        return connection;
    say_short_of(has_room ? "out of memory" : "the limit of connections is reached");
    close(descriptor);
    errno = ECONNABORTED;
    return NULL;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

void acceptor_rest(struct acceptor *acceptor, uint64_t now_ms)
{
    if (!is_shortage(errno))
        return;
    say_short_of(strerror(errno));
    forget_listening(acceptor);
    acceptor->again_ms = now_ms + SHORTAGE_PAUSE_MS;
}

void acceptor_resume(struct acceptor *acceptor, uint64_t now_ms)
{
    if (acceptor->again_ms == 0 || now_ms < acceptor->again_ms)
        return;
    acceptor->again_ms = 0;
    poll_listening(acceptor);
}
