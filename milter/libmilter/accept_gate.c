#include "accept_gate.h"

#include "packet_reader.h"
#include "policy.h"
#include "replaced.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SHORTAGE_PAUSE_MS = 50,
    QUEUE_WAIT_MS = 2000, /* usually the queue is empty at once */
    SAID_AGAIN_MS = 60000,
};

static struct {
    int polled; /* what libmilter polls: an epoll descriptor over the next two */
    int wanted; /* eventfd: connections with a closed end are wanted */
    atomic_int descriptor_limit;
    pthread_mutex_t lock;
    int listening; /* under lock; -1: closed */
} gate = {.polled = -1,
          .wanted = -1,
          .descriptor_limit = INT32_MAX,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .listening = -1};

void accept_gate_keep_below(int most)
{
    atomic_store(&gate.descriptor_limit, most);
}

static bool watch(int poller, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN};
    return descriptor >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool accept_gate_open(int listening)
{
    int poller = epoll_create1(EPOLL_CLOEXEC);
    gate.listening = fcntl(listening, F_DUPFD_CLOEXEC, 0);
    gate.wanted = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gate.polled = listening;
    bool is_open = poller >= 0 && gate.listening >= 0 && watch(poller, gate.wanted) &&
                   dup3(poller, listening, O_CLOEXEC) >= 0;
    if (poller >= 0)
        close(poller);
    return is_open;
}

bool accept_gate_let_in(void)
{
    return watch(gate.polled, gate.listening);
}

static void wait_for_queue(int listening)
{
    struct pollfd queue = {.fd = listening, .events = POLLIN};
    for (int waited_ms = 0; waited_ms < QUEUE_WAIT_MS && poll(&queue, 1, 0) > 0; waited_ms += 5)
        poll(NULL, 0, 5);
}

void accept_gate_close(bool name_is_gone)
{
    if (name_is_gone)
        wait_for_queue(gate.listening);
    pthread_mutex_lock(&gate.lock);
    if (gate.listening >= 0)
        close(gate.listening); /* and so out of epoll */
    gate.listening = -1;
    pthread_mutex_unlock(&gate.lock);
}

void accept_gate_wake_pool(void)
{
    uint64_t one = 1;
    if (write(gate.wanted, &one, sizeof one) < 0)
        return; /* as many are wanted as the eventfd can count */
}

/* ---- accept ----------------------------------------------------------------------------------------- */

/* Says it once a minute; the listener's thread is the one caller. */
static void say_short_of(const char *what)
{
    static uint64_t said_ms;
    uint64_t now_ms = clock_system_monotonic_us(NULL) / 1000U;
    if (said_ms != 0 && now_ms - said_ms < SAID_AGAIN_MS)
        return;
    said_ms = now_ms;
    log_error("listener: a connection could not be taken: %s", what);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* One end of a connection whose other end is closed, if one is wanted; else -1. */
static int accept_closed_one(struct sockaddr *address, socklen_t *length)
{
    uint64_t count;
    int ends[2];
    if (read(gate.wanted, &count, sizeof count) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    close(ends[1]);
    address->sa_family = AF_UNIX;
    *length = sizeof address->sa_family;
    return ends[0];
}

static int accept_mta(struct sockaddr *address, socklen_t *length)
{
    int connection = -1;
    errno = EAGAIN;
    pthread_mutex_lock(&gate.lock);
    if (gate.listening >= 0)
        connection = accept4(gate.listening, address, length, SOCK_CLOEXEC);
    int error = errno;
    pthread_mutex_unlock(&gate.lock);
    if (connection < 0 && is_shortage(error)) {
        say_short_of(strerrordesc_np(error));
        poll(NULL, 0, SHORTAGE_PAUSE_MS);
    } else if (connection >= atomic_load_explicit(&gate.descriptor_limit, memory_order_relaxed)) {
        say_short_of("the limit of connections is reached");
        close(connection);
        connection = -1;
        error = ECONNABORTED;
    }
    errno = error;
    return connection;
}

/*
 * In the place of the C library's, for libmilter's listener. A connection over the limit is closed; the MTA
 * then does what it does when its filter is away.
 */
int accept(int descriptor, __SOCKADDR_ARG address, socklen_t *restrict length)
{
    if (descriptor != gate.polled)
        return accept4(descriptor, address, length, 0);
    replaced_is_called(REPLACED_ACCEPT);
    int connection = accept_closed_one(address.__sockaddr__, length);
    if (connection < 0)
        connection = accept_mta(address.__sockaddr__, length);
    if (connection >= 0)
        packet_reader_set_timeout(connection);
    return connection;
}
