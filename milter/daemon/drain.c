#include "drain.h"

#include "session_registry.h"
#include "signals.h"

#include <poll.h>

enum {
    LOOK_EVERY_MS = 20,
    CALLBACKS_WAIT_MS = 10000, /* longer than any callback may take */
};

static uint64_t now_ms(void)
{
    return clock_system_monotonic_us(NULL) / 1000U;
}

static bool is_hurried(int signals, int wait_ms)
{
    struct pollfd waiting = {.fd = signals, .events = POLLIN};
    if (poll(&waiting, 1, wait_ms) <= 0)
        return false;
    enum signal_event event;
    while ((event = signals_next(signals)) != SIGNAL_NONE)
        if (event == SIGNAL_STOP)
            return true;
    return false;
}

static void wait_for_sessions(const struct drain *drain)
{
    uint64_t deadline_ms = now_ms() + drain->wait_ms;
    while (registry_session_count() > 0 && now_ms() < deadline_ms)
        if (is_hurried(drain->signals, LOOK_EVERY_MS))
            break;
    uint64_t left_count = registry_session_count();
    if (left_count > 0)
        log_warning("serve: stopping with %llu sessions still open", (unsigned long long)left_count);
}

bool drain_run(const struct drain *drain)
{
    listener_stop(drain->listener);
    wait_for_sessions(drain);
    if (!registry_shut(CALLBACKS_WAIT_MS))
        return false;
    registry_end_all();
    return true;
}
