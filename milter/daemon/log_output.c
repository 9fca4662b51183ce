#include "log_output.h"

#include "syslog_socket.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

static struct {
    atomic_bool to_stderr;
    atomic_bool to_syslog;
    atomic_bool to_journal; /* stderr is the journal's: lines carry their level (sd-daemon(3)) */
} output;

/* $JOURNAL_STREAM names the device and inode of the journal's socket (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char *colon = NULL;
    struct stat info;
    if (stream == NULL || fstat(STDERR_FILENO, &info) != 0)
        return false;
    unsigned long long device = strtoull(stream, &colon, 10);
    return *colon == ':' && info.st_dev == (dev_t)device &&
           info.st_ino == (ino_t)strtoull(colon + 1, NULL, 10);
}

static struct iovec part_of(const char *text)
{
    return (struct iovec){(void *)(uintptr_t)text, strlen(text)};
}

/* In one call; dprintf makes three more to learn what it writes to. */
static void write_to_stderr(const char *head, const char *kind, const char *line)
{
    const struct iovec parts[] = {part_of(head), part_of(kind), part_of(line), part_of("\n")};
    if (writev(STDERR_FILENO, parts, sizeof parts / sizeof parts[0]) < 0)
        return; /* there is nowhere left to say so */
}

static void write_line(enum log_level level, const char *line, void *context)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO};
    static const char *const heads[] = {"<3>", "<4>", "<6>"}; /* the same, for the journal */
    static const char *const kinds[] = {"error: ", "warning: ", ""};
    (void)context;
    if (output.to_syslog)
        syslog_socket_send(priorities[level], kinds[level], line);
    if (output.to_stderr)
        write_to_stderr(output.to_journal ? heads[level] : "closedrelay: ", kinds[level], line);
}

void log_output_change(bool use_syslog, int facility)
{
    const bool to_journal = stderr_is_journal();
    output.to_journal = to_journal;
    output.to_syslog = use_syslog;
    output.to_stderr = !use_syslog || !to_journal;
    syslog_socket_use(NULL, facility);
    /* libmilter logs through syslog in any case, and so gets the name too. */
    openlog("closedrelay", LOG_PID, facility);
}

void log_output_open(bool use_syslog, int facility)
{
    log_output_change(use_syslog, facility);
    log_set_sink(write_line, NULL);
}
