#include "process_limits.h"

#include "policy.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DESCRIPTORS_RESERVED = 64, /* name servers, audit file, log, control */
    CONNECTIONS_SPARE = 64,    /* for connections that are being refused for lack of room */
    THREAD_STACK_BYTES = 256 * 1024,
    MEMORY_POOLS_MAX = 9,
    MEMORY_TRIM_BYTES = 1024 * 1024,
};

static uint64_t descriptors_needed(uint64_t sessions_max)
{
    return sessions_max + sessions_max / 8 + CONNECTIONS_SPARE + DESCRIPTORS_RESERVED;
}

static rlim_t raise_to(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur >= wanted)
        return limit.rlim_cur;
    struct rlimit raised = {.rlim_cur = wanted,
                            .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return wanted;
    raised.rlim_cur = raised.rlim_max = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max : limit.rlim_cur;
}

struct limits limits_raise_descriptors(uint64_t sessions_max)
{
    uint64_t available = raise_to(descriptors_needed(sessions_max));
    struct limits limits = {.sessions_max = sessions_max};
    if (available < descriptors_needed(sessions_max)) {
        uint64_t for_sessions = available > DESCRIPTORS_RESERVED ? available - DESCRIPTORS_RESERVED : 1;
        limits.sessions_max = for_sessions > CONNECTIONS_SPARE * 2
                                  ? (for_sessions - CONNECTIONS_SPARE) * 8 / 9
                                  : (for_sessions + 1) / 2;
        log_warning(
            "limits: room for %llu sessions instead of %llu: at most %llu descriptors may be open (LimitNOFILE)",
            (unsigned long long)limits.sessions_max, (unsigned long long)sessions_max,
            (unsigned long long)available);
    }
    uint64_t for_mta = available > DESCRIPTORS_RESERVED ? available - DESCRIPTORS_RESERVED : available;
    limits.descriptors_for_mta = for_mta > INT32_MAX ? INT32_MAX : (int)for_mta;
    return limits;
}

#ifdef __GLIBC__
/* One for each thread that serves sessions, which is one a processor, and one for the others: where two share
 * one, each waits for the other with every message. */
static int memory_pools(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors + 1 < MEMORY_POOLS_MAX ? (int)processors + 1 : MEMORY_POOLS_MAX;
}
#endif

void limits_shrink_threads(void)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return;
    if (pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) == 0)
        pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
#ifdef __GLIBC__ /* others have one pool, and give back what is free */
    mallopt(M_ARENA_MAX, memory_pools());
    mallopt(M_TRIM_THRESHOLD, MEMORY_TRIM_BYTES);
#endif
}
