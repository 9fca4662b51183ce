#include "syslog_socket.h"

#include "policy.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TRIED_AGAIN_MS = 1000, STAMP_BYTES = 64, LEVEL_BYTES = 16 };

static struct {
    pthread_mutex_t lock; /* guards all below; held while a line is sent, as syslog(3) holds its own */
    struct sockaddr_un address;
    int facility;
    int descriptor; /* -1: not connected */
    bool is_stream;
    uint64_t tried_ms; /* when it was not there; 0: never */
    time_t stamped;    /* the second of `stamp` */
    char stamp[STAMP_BYTES];
    int levelled; /* facility and priority of `level`; -1: it has none yet */
    char level[LEVEL_BYTES];
} out = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .address = {AF_UNIX, "/dev/log"}, .descriptor = -1, .levelled = -1};

/* ---- the socket --------------------------------------------------------------------------------------- */

static void hang_up(void)
{
    if (out.descriptor >= 0)
        close(out.descriptor);
    out.descriptor = -1;
}

static bool dial(int type)
{
    out.is_stream = type == SOCK_STREAM;
    out.descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (out.descriptor >= 0 &&
        connect(out.descriptor, (const struct sockaddr *)&out.address, sizeof out.address) == 0)
        return true;
    const int error = errno;
    hang_up();
    errno = error;
    return false;
}

/* Some daemons take a stream instead. */
static bool connect_anew(void)
{
    const uint64_t now_ms = clock_now_ms();
    if (out.tried_ms != 0 && now_ms - out.tried_ms < TRIED_AGAIN_MS)
        return false;
    out.tried_ms = 0;
    if (dial(SOCK_DGRAM) || (errno == EPROTOTYPE && dial(SOCK_STREAM)))
        return true;
    out.tried_ms = now_ms;
    return false;
}

void syslog_socket_use(const char *path, int facility)
{
    pthread_mutex_lock(&out.lock);
    hang_up();
    snprintf(out.address.sun_path, sizeof out.address.sun_path, "%s", path == NULL ? "/dev/log" : path);
    out.facility = facility;
    out.tried_ms = 0;
    pthread_mutex_unlock(&out.lock);
}

/* ---- lines -------------------------------------------------------------------------------------------- */

/* "Nov  1 13:02:07 closedrelay[17]: ", in local time and English whatever the locale, once a second. */
static void stamp_line(void)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t now = (time_t)(clock_system_wall_us(NULL) / 1000000);
    struct tm local;
    if (now == out.stamped || localtime_r(&now, &local) == NULL)
        return;
    out.stamped = now;
    snprintf(out.stamp, sizeof out.stamp,
             "%s %2d %02d:%02d:%02d closedrelay[%ld]: ", months[(unsigned)local.tm_mon % 12], local.tm_mday,
             local.tm_hour, local.tm_min, local.tm_sec, (long)getpid());
}

/* "<22>"; mostly that of the line before. */
static void level_line(int level)
{
    if (level == out.levelled)
        return;
    out.levelled = level;
    snprintf(out.level, sizeof out.level, "<%d>", level);
}

static struct iovec part_of(const char *text)
{
    return (struct iovec){(void *)(uintptr_t)text, strlen(text)};
}

/* A line of a stream ends with its NUL. */
static bool send_line(const char *kind, const char *line)
{
    struct iovec parts[] = {part_of(out.level), part_of(out.stamp), part_of(kind), part_of(line)};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = sizeof parts / sizeof parts[0]};
    parts[message.msg_iovlen - 1].iov_len += out.is_stream;
    ssize_t sent;
    do
        sent = sendmsg(out.descriptor, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/* A daemon that was restarted has another socket. */
void syslog_socket_send(int priority, const char *kind, const char *line)
{
    pthread_mutex_lock(&out.lock);
    level_line(out.facility | priority);
    stamp_line();
    if (out.descriptor < 0 || !send_line(kind, line)) {
        hang_up();
        if (connect_anew())
            send_line(kind, line);
    }
    pthread_mutex_unlock(&out.lock);
}
