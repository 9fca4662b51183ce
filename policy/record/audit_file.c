#include "record/audit_file.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOVED_CHECK_INTERVAL_US = 1000000 };

struct audit_file {
    atomic_uint reference_count;
    char *path;
    const struct clock *clock;
    int descriptor; /* the number never changes: reopening is a dup2 over it */
    atomic_uint_least64_t moved_check_due_us;
    atomic_bool failing;      /* the last write failed, and that was said */
    atomic_bool is_stranded;  /* the last try to reopen failed, and that was said */
    atomic_bool line_is_torn; /* the file ends in a piece of a line */
};

static int open_for_append(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

struct audit_file *audit_file_open(const char *path, const struct clock *clock, struct strbuf *problem)
{
    struct audit_file *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    file->clock = clock;
    file->descriptor = open_for_append(path);
    if (file->descriptor < 0) {
        strbuf_printf(problem, "audit file %s: %s", path, strerror(errno));
        free(file->path);
        free(file);
        return NULL;
    }
    atomic_init(&file->reference_count, 1);
    return file;
}

struct audit_file *audit_file_ref(struct audit_file *file)
{
    if (file != NULL)
        atomic_fetch_add(&file->reference_count, 1);
    return file;
}

void audit_file_unref(struct audit_file *file)
{
    if (file == NULL || atomic_fetch_sub(&file->reference_count, 1) != 1)
        return;
    close(file->descriptor);
    free(file->path);
    free(file);
}

const char *audit_file_path(const struct audit_file *file)
{
    return file->path;
}

static void reopen(struct audit_file *file)
{
    int fresh = open_for_append(file->path);
    if (fresh >= 0 && dup3(fresh, file->descriptor, O_CLOEXEC) >= 0) {
        atomic_store(&file->line_is_torn, false);
        atomic_store(&file->is_stranded, false);
    } else if (!atomic_exchange(&file->is_stranded, true)) {
        log_error("audit file %s: cannot be reopened: %s; still writing to the old one (said once)",
                  file->path, strerror(errno));
    }
    if (fresh >= 0)
        close(fresh);
}

void audit_file_reopen(struct audit_file *file)
{
    atomic_store(&file->is_stranded, false); /* whoever asks for it wants to hear of it */
    reopen(file);
}

static void reopen_when_moved(struct audit_file *file)
{
    uint64_t now_us = clock_monotonic_us(file->clock);
    uint64_t due_us = atomic_load(&file->moved_check_due_us);
    if (now_us < due_us ||
        !atomic_compare_exchange_strong(&file->moved_check_due_us, &due_us, now_us + MOVED_CHECK_INTERVAL_US))
        return;
    struct stat by_name, in_use;
    if (fstat(file->descriptor, &in_use) != 0)
        return;
    bool same =
        stat(file->path, &by_name) == 0 && by_name.st_dev == in_use.st_dev && by_name.st_ino == in_use.st_ino;
    if (!same)
        reopen(file);
}

/* One write; a line that the disk cut short before is closed first, so that only that one is lost. */
static bool write_line(struct audit_file *file, struct slice line)
{
    bool was_torn = atomic_exchange(&file->line_is_torn, false);
    struct iovec pieces[2] = {{(void *)(uintptr_t) "\n", was_torn ? 1 : 0},
                              {(void *)(uintptr_t)line.data, line.length}};
    size_t wanted = pieces[0].iov_len + line.length;
    ssize_t written;
    do
        written = writev(file->descriptor, pieces, 2);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)wanted)
        return true;
    if (written >= 0)
        errno = ENOSPC;
    if (written > 0 || was_torn)
        atomic_store(&file->line_is_torn, true);
    return false;
}

bool audit_file_write(struct audit_file *file, struct slice line)
{
    reopen_when_moved(file);
    bool written = write_line(file, line);
    if (!written && !atomic_exchange(&file->failing, true))
        log_error("audit file %s: cannot be written: %s; records are being lost (said once)", file->path,
                  strerror(errno));
    if (written && atomic_load(&file->failing) && atomic_exchange(&file->failing, false))
        log_warning("audit file %s: can be written again; the records in between are lost", file->path);
    return written;
}
