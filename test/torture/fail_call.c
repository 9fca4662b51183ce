/*
 * Preloaded into the daemon by test/torture/run: the Nth call that can fail does, once.
 *
 * TORTURE_KIND is "memory" or "system", TORTURE_AT the number of the call (0: none), TORTURE_COUNT a file of
 * eight bytes in which the calls are counted, so that the runner knows how many there are. Calls of the
 * dynamic loader, before main(), are not counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic uint64_t *count;
static uint64_t fail_at;
static bool counts_memory, counts_system;
static atomic_bool armed;

__attribute__((constructor)) static void begin(void)
{
    const char *kind = getenv("TORTURE_KIND"), *at = getenv("TORTURE_AT"), *path = getenv("TORTURE_COUNT");
    const int file = path == NULL ? -1 : open(path, O_RDWR);
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (kind == NULL || mapped == MAP_FAILED)
        return;
    count = mapped;
    fail_at = at == NULL ? 0 : strtoull(at, NULL, 10);
    counts_memory = strcmp(kind, "memory") == 0;
    counts_system = !counts_memory;
    atomic_store(&armed, true);
}

static bool fails(bool is_counted)
{
    if (!is_counted || !atomic_load(&armed))
        return false;
    return atomic_fetch_add(count, 1) + 1 == fail_at;
}

/* ---- memory
 * ------------------------------------------------------------------------------------------------ */

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

/* ---- the system
 * -------------------------------------------------------------------------------------------- */

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

/* An eventfd takes an addition as long as there is one: its write cannot fail. */
static bool is_event(int descriptor)
{
    struct stat info;
    return fstat(descriptor, &info) == 0 && (info.st_mode & S_IFMT) == 0;
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

int open(const char *path, int flags, ...)
{
    static int (*next)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "open");
    if (fails(counts_system)) {
        errno = EMFILE;
        return -1;
    }
    return next(path, flags, mode);
}

WRAP(ssize_t, writev, ENOSPC, (int d, const struct iovec *v, int n), (d, v, n))
WRAP(ssize_t, pread, EIO, (int d, void *b, size_t n, off_t o), (d, b, n, o))
WRAP(ssize_t, pwrite, ENOSPC, (int d, const void *b, size_t n, off_t o), (d, b, n, o))
WRAP(int, fsync, EIO, (int d), (d))
WRAP(int, fdatasync, EIO, (int d), (d))
WRAP(int, ftruncate, EIO, (int d, off_t n), (d, n))
WRAP(int, rename, EIO, (const char *a, const char *b), (a, b))
WRAP(int, socket, EMFILE, (int d, int t, int p), (d, t, p))
WRAP(int, connect, ECONNREFUSED, (int d, const struct sockaddr *a, socklen_t n), (d, a, n))
WRAP(int, bind, EADDRINUSE, (int d, const struct sockaddr *a, socklen_t n), (d, a, n))
WRAP(int, listen, EADDRINUSE, (int d, int n), (d, n))
WRAP(int, accept4, EMFILE, (int d, struct sockaddr *a, socklen_t *n, int f), (d, a, n, f))
WRAP(ssize_t, recv, ECONNRESET, (int d, void *b, size_t n, int f), (d, b, n, f))
WRAP(ssize_t, send, EPIPE, (int d, const void *b, size_t n, int f), (d, b, n, f))
WRAP(ssize_t, sendmsg, EPIPE, (int d, const struct msghdr *m, int f), (d, m, f))
WRAP(int, poll, EINTR, (struct pollfd * p, nfds_t n, int t), (p, n, t))
WRAP(int, epoll_create1, EMFILE, (int f), (f))
WRAP(int, epoll_ctl, ENOMEM, (int e, int o, int d, struct epoll_event *v), (e, o, d, v))
WRAP(int, epoll_wait, EINTR, (int e, struct epoll_event *v, int n, int t), (e, v, n, t))
WRAP(int, eventfd, EMFILE, (unsigned n, int f), (n, f))
WRAP(int, chmod, EIO, (const char *p, mode_t m), (p, m))
WRAP(int, mkdir, ENOSPC, (const char *p, mode_t m), (p, m))

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return fails(counts_system) ? EAGAIN : next(thread, attributes, run, context);
}
