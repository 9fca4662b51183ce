/*
 * Preloaded into the daemon by test/torture/run: calls that can fail do, each once.
 *
 * A call is named by the stack it was made from and by which one it is from there, so that threads that
 * overtake each other do not change which one it is. TORTURE_KIND is "memory" or "system"; TORTURE_SHARED a
 * file (struct shared) in which every stack is counted, for the runner to know what there is; TORTURE_TARGETS
 * says which calls fail, as "STACK:OCCURRENCE" with blanks between, and which of them have is told there.
 * Addresses must not be random (personality). Calls before main() are not counted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SLOTS = 1 << 16, DEPTH = 12, TARGETS = 64 };

enum { STARTING, READY, OVER }; /* OVER: nothing fails any more */

struct shared {
    _Atomic uint64_t calls, failed; /* failed: a bit for each target that has */
    _Atomic uint64_t phase;         /* the runner says which */
    struct {
        _Atomic uint64_t stack, count; /* stack: a digest of its return addresses; 0: free */
        _Atomic uint64_t early;        /* how many of them were before it was ready */
    } seen[SLOTS];
};

static struct shared *shared;
static struct {
    uint64_t stack, occurrence;
} targets[TARGETS];
static size_t target_count;
static bool counts_memory, counts_system;
static atomic_bool armed;
static _Thread_local bool is_looking;

__attribute__((constructor)) static void begin(void)
{
    const char *kind = getenv("TORTURE_KIND"), *path = getenv("TORTURE_SHARED");
    const char *wanted = getenv("TORTURE_TARGETS");
    void *frames[2];
    backtrace(frames, 2); /* it loads a library the first time */
    const int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *mapped = file < 0 ? MAP_FAILED
                            : mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (kind == NULL || mapped == MAP_FAILED)
        return;
    shared = mapped;
    for (char *end; wanted != NULL && *wanted != '\0' && target_count < TARGETS; wanted = end) {
        targets[target_count].stack = strtoull(wanted, &end, 16);
        targets[target_count++].occurrence = *end == ':' ? strtoull(end + 1, &end, 10) : 1;
    }
    counts_memory = strcmp(kind, "memory") == 0;
    counts_system = !counts_memory;
    atomic_store(&armed, true);
}

/* FNV-1a of the return addresses above the wrapper. */
static uint64_t digest_of(void *const *frames, int count)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (int i = 2; i < count; i++)
        digest = (digest ^ (uint64_t)frames[i]) * 0x100000001b3;
    return digest == 0 ? 1 : digest;
}

/* Which one it is from that stack, from 1 on. */
static uint64_t count_stack(uint64_t stack)
{
    for (uint64_t i = stack % SLOTS, tries = 0; tries < SLOTS; i = (i + 1) % SLOTS, tries++) {
        uint64_t there = 0;
        if (!atomic_compare_exchange_strong(&shared->seen[i].stack, &there, stack) && there != stack)
            continue;
        if (atomic_load(&shared->phase) == STARTING)
            atomic_fetch_add(&shared->seen[i].early, 1);
        return atomic_fetch_add(&shared->seen[i].count, 1) + 1;
    }
    return 0;
}

/* The bit of the target that this call is; 0: it is none. */
static uint64_t target_bit(uint64_t stack, uint64_t occurrence)
{
    for (size_t i = 0; i < target_count; i++)
        if (targets[i].stack == stack && targets[i].occurrence == occurrence)
            return UINT64_C(1) << i;
    return 0;
}

/* Who that was, beside the file, for a person. */
static void tell_stack(void *const *frames, int count)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s.stack", getenv("TORTURE_SHARED"));
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        backtrace_symbols_fd(frames, count, file);
        close(file);
    }
}

static __attribute__((noinline)) bool fails(bool is_counted)
{
    if (!is_counted || !atomic_load(&armed) || is_looking || atomic_load(&shared->phase) == OVER)
        return false;
    is_looking = true;
    void *frames[DEPTH];
    const int count = backtrace(frames, DEPTH);
    const uint64_t stack = digest_of(frames, count);
    atomic_fetch_add(&shared->calls, 1);
    const uint64_t bit = target_bit(stack, count_stack(stack));
    if (bit != 0) {
        atomic_fetch_or(&shared->failed, bit);
        tell_stack(frames, count);
    }
    is_looking = false;
    return bit != 0;
}

/* ---- memory ------------------------------------------------------------------------------------------ */

extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t items, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

#define OR_NO_MEMORY(call)                                                                                   \
    if (fails(counts_memory)) {                                                                              \
        errno = ENOMEM;                                                                                      \
        return NULL;                                                                                         \
    }                                                                                                        \
    return call

void *malloc(size_t bytes)
{
    OR_NO_MEMORY(__libc_malloc(bytes));
}

void *calloc(size_t items, size_t bytes)
{
    OR_NO_MEMORY(__libc_calloc(items, bytes));
}

void *realloc(void *old, size_t bytes)
{
    OR_NO_MEMORY(__libc_realloc(old, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    OR_NO_MEMORY(__libc_memalign(alignment, bytes));
}

/* ---- the system -------------------------------------------------------------------------------------- */

/* WRAP(type, name, error, parameters, arguments): the next `name` there is, or -1 with that error. */
#define WRAP(type, name, error, parameters, arguments)                                                       \
    type name parameters                                                                                     \
    {                                                                                                        \
        static type(*next) parameters;                                                                       \
        if (next == NULL)                                                                                    \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                                       \
        if (fails(counts_system)) {                                                                          \
            errno = error;                                                                                   \
            return -1;                                                                                       \
        }                                                                                                    \
        return next arguments;                                                                               \
    }

/* An eventfd takes an addition as long as there is one, and a pipe to oneself a byte unless it is full of
 * them: their writes cannot fail. */
static bool is_event(int descriptor)
{
    struct stat info;
    return fstat(descriptor, &info) == 0 && ((info.st_mode & S_IFMT) == 0 || S_ISFIFO(info.st_mode));
}

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    if (!is_event(descriptor) && fails(counts_system)) {
        errno = ENOSPC;
        return -1;
    }
    return next(descriptor, bytes, length);
}

ssize_t read(int descriptor, void *bytes, size_t length)
{
    static ssize_t (*next)(int, void *, size_t);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "read");
    if (!is_event(descriptor) && fails(counts_system)) {
        errno = EIO;
        return -1;
    }
    return next(descriptor, bytes, length);
}

/* WRAP_OPEN(name): the open() of that name. */
#define WRAP_OPEN(name)                                                                                      \
    int name(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        static int (*next)(const char *, int, ...);                                                          \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        const mode_t mode = va_arg(rest, mode_t);                                                            \
        va_end(rest);                                                                                        \
        if (next == NULL)                                                                                    \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                                       \
        if (fails(counts_system)) {                                                                          \
            errno = EMFILE;                                                                                  \
            return -1;                                                                                       \
        }                                                                                                    \
        return next(path, flags, mode);                                                                      \
    }

/* WRAP_NULL(type, name, error, parameters, arguments): as WRAP, for what returns a pointer. */
#define WRAP_NULL(type, name, error, parameters, arguments)                                                  \
    type *name parameters                                                                                    \
    {                                                                                                        \
        static type *(*next)parameters;                                                                      \
        if (next == NULL)                                                                                    \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                                       \
        if (fails(counts_system)) {                                                                          \
            errno = error;                                                                                   \
            return NULL;                                                                                     \
        }                                                                                                    \
        return next arguments;                                                                               \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_NULL(FILE, fopen, EMFILE, (const char *p, const char *m), (p, m))
WRAP_NULL(FILE, fopen64, EMFILE, (const char *p, const char *m), (p, m))
WRAP_NULL(DIR, opendir, EMFILE, (const char *p), (p))
WRAP(ssize_t, writev, ENOSPC, (int d, const struct iovec *v, int n), (d, v, n))
WRAP(ssize_t, pread, EIO, (int d, void *b, size_t n, off_t o), (d, b, n, o))
WRAP(ssize_t, pwrite, ENOSPC, (int d, const void *b, size_t n, off_t o), (d, b, n, o))
WRAP(ssize_t, pread64, EIO, (int d, void *b, size_t n, off_t o), (d, b, n, o))
WRAP(ssize_t, pwrite64, ENOSPC, (int d, const void *b, size_t n, off_t o), (d, b, n, o))
WRAP(off_t, lseek, EIO, (int d, off_t o, int w), (d, o, w))
WRAP(off_t, lseek64, EIO, (int d, off_t o, int w), (d, o, w))
WRAP(int, stat, EACCES, (const char *p, struct stat *i), (p, i))
WRAP(int, lstat, EACCES, (const char *p, struct stat *i), (p, i))
WRAP(int, stat64, EACCES, (const char *p, struct stat64 *i), (p, i))
WRAP(int, fstat64, EIO, (int d, struct stat64 *i), (d, i))
WRAP(int, statvfs64, EIO, (const char *p, struct statvfs64 *i), (p, i))
WRAP(int, unlink, EACCES, (const char *p), (p))
WRAP(int, fchmod, EPERM, (int d, mode_t m), (d, m))
WRAP(int, fsync, EIO, (int d), (d))
WRAP(int, fdatasync, EIO, (int d), (d))
WRAP(int, ftruncate, EIO, (int d, off_t n), (d, n))
WRAP(int, rename, EIO, (const char *a, const char *b), (a, b))
WRAP(int, socket, EMFILE, (int d, int t, int p), (d, t, p))
WRAP(int, connect, ECONNREFUSED, (int d, const struct sockaddr *a, socklen_t n), (d, a, n))
WRAP(int, bind, EADDRINUSE, (int d, const struct sockaddr *a, socklen_t n), (d, a, n))
WRAP(int, listen, EADDRINUSE, (int d, int n), (d, n))
WRAP(int, accept4, EMFILE, (int d, struct sockaddr *a, socklen_t *n, int f), (d, a, n, f))
WRAP(int, setsockopt, ENOMEM, (int d, int l, int o, const void *v, socklen_t n), (d, l, o, v, n))
WRAP(int, getsockopt, ENOMEM, (int d, int l, int o, void *v, socklen_t *n), (d, l, o, v, n))
WRAP(int, getsockname, ENOBUFS, (int d, struct sockaddr *a, socklen_t *n), (d, a, n))
WRAP(int, dup, EMFILE, (int d), (d))
WRAP(int, pipe2, EMFILE, (int p[2], int f), (p, f))
WRAP(ssize_t, getrandom, EINTR, (void *b, size_t n, unsigned f), (b, n, f))
WRAP(ssize_t, recvmsg, ECONNRESET, (int d, struct msghdr *m, int f), (d, m, f))
WRAP(ssize_t, recvfrom, ECONNRESET, (int d, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l),
     (d, b, n, f, a, l))
WRAP(ssize_t, sendto, EPIPE, (int d, const void *b, size_t n, int f, const struct sockaddr *a, socklen_t l),
     (d, b, n, f, a, l))
WRAP(ssize_t, recv, ECONNRESET, (int d, void *b, size_t n, int f), (d, b, n, f))
WRAP(ssize_t, send, EPIPE, (int d, const void *b, size_t n, int f), (d, b, n, f))
WRAP(ssize_t, sendmsg, EPIPE, (int d, const struct msghdr *m, int f), (d, m, f))
WRAP(int, poll, EINTR, (struct pollfd * p, nfds_t n, int t), (p, n, t))
WRAP(int, epoll_create1, EMFILE, (int f), (f))
WRAP(int, epoll_wait, EINTR, (int e, struct epoll_event *v, int n, int t), (e, v, n, t))
WRAP(int, eventfd, EMFILE, (unsigned n, int f), (n, f))
WRAP(int, chmod, EIO, (const char *p, mode_t m), (p, m))
WRAP(int, mkdir, ENOSPC, (const char *p, mode_t m), (p, m))

/* Taking out a descriptor that is in cannot fail. */
int epoll_ctl(int poller, int operation, int descriptor, struct epoll_event *event)
{
    static int (*next)(int, int, int, struct epoll_event *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "epoll_ctl");
    if (operation != EPOLL_CTL_DEL && fails(counts_system)) {
        errno = ENOMEM;
        return -1;
    }
    return next(poller, operation, descriptor, event);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return fails(counts_system) ? EAGAIN : next(thread, attributes, run, context);
}
