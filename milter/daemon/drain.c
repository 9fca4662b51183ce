#include "drain.h"

#include "callbacks/milter_server.h"
#include "signals.h"

#include <poll.h>

enum {
    LOOK_EVERY_MS = 20,
    CALLBACKS_WAIT_MS = 10000, /* longer than any callback may take */
};

static bool is_told_again(int signals, int wait_ms)
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
    uint64_t deadline_ms = clock_now_ms() + drain->wait_ms;
    while (milter_server_session_count() > 0 && clock_now_ms() < deadline_ms)
        if (is_told_again(drain->signals, LOOK_EVERY_MS))
            break;
    uint64_t left_count = milter_server_session_count();
    if (left_count > 0)
        log_warning("serve: stopping with %llu sessions still open", (unsigned long long)left_count);
}

bool drain_run(const struct drain *drain)
{
    milter_server_refuse_new(drain->is_patient);
    wait_for_sessions(drain);
    return milter_server_end(CALLBACKS_WAIT_MS);
}
