/*
 * Loaded into a process (LD_PRELOAD), makes its wall clock wrong; its monotonic clock stays right.
 * WRONG_CLOCK names a file of eight bytes with the seconds it is fast, which may change at any time; without
 * it, that is an hour.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 };

static const int64_t an_hour = HOUR;
static const volatile int64_t *seconds_fast = &an_hour;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WRONG_CLOCK");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        seconds_fast = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now);

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *seconds_fast;
    return result;
}
