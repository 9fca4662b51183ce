/*
 * A mutex for what is held for some microseconds by each message.
 *
 * Who finds it taken looks again for a moment before going to sleep, where the C library can do that (glibc):
 * to sleep and be woken takes longer than what is guarded. An ordinary one elsewhere. Locked, unlocked and
 * destroyed as any other.
 */
#ifndef CLOSEDRELAY_BASE_BRIEF_MUTEX_H
#define CLOSEDRELAY_BASE_BRIEF_MUTEX_H

#include <pthread.h>

static inline void brief_mutex_init(pthread_mutex_t *mutex)
{
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
#else
    pthread_mutex_init(mutex, NULL);
#endif
}

#endif
