#include "poller.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static uint32_t events_of(enum poller_interest interest)
{
    switch (interest) {
    case POLLER_WRITABLE:
        return EPOLLOUT;
    case POLLER_ACCEPTABLE:
        return EPOLLIN | EPOLLEXCLUSIVE;
    default:
        return EPOLLIN;
    }
}

bool poller_add(struct poller *poller, int descriptor, enum poller_interest interest, void *subject)
{
    struct epoll_event event = {.events = events_of(interest), .data.ptr = subject};
    return epoll_ctl(poller->queue, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void poller_remove(struct poller *poller, int descriptor)
{
    epoll_ctl(poller->queue, EPOLL_CTL_DEL, descriptor, NULL);
}

bool poller_open(struct poller *poller)
{
    poller->queue = epoll_create1(EPOLL_CLOEXEC);
    poller->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (poller->queue >= 0 && poller->wake >= 0 && poller_add(poller, poller->wake, POLLER_READABLE, poller))
        return true;
    poller_close(poller);
    return false;
}

void poller_close(struct poller *poller)
{
    if (poller->queue >= 0)
        close(poller->queue);
    if (poller->wake >= 0)
        close(poller->wake);
    *poller = (struct poller){-1, -1};
}

size_t poller_wait(struct poller *poller, void **subjects, int timeout_ms)
{
    struct epoll_event events[POLLER_EVENTS_MAX];
    size_t count = 0;
    const int ready_count = epoll_wait(poller->queue, events, POLLER_EVENTS_MAX, timeout_ms);
    for (int i = 0; i < ready_count; i++) {
        uint64_t wakes;
        if (events[i].data.ptr != poller)
            subjects[count++] = events[i].data.ptr;
        else if (read(poller->wake, &wakes, sizeof wakes) < 0)
            continue; /* somebody else has read it */
    }
    return count;
}

void poller_wake(struct poller *poller)
{
    const uint64_t one = 1;
    if (write(poller->wake, &one, sizeof one) < 0)
        return; /* as many wakes wait as an eventfd can count */
}
