#include "record/audit_file.h"

#include "base/log.h"
#include "record/record_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOVED_CHECK_INTERVAL_US = 1000000 };

struct audit_file {
    pthread_rwlock_t swapping; /* held by whoever writes, so that nobody does while the file is exchanged */
    /* Held by whoever gives the name to another file, or opens what has it: in the middle of a rotation
     * nothing has it, and a file that was made then would be replaced with the lines in it. */
    pthread_mutex_t naming;
    atomic_uint reference_count;
    char *path;
    const struct clock *clock;
    int descriptor; /* the number never changes: reopening is a dup2 over it */
    atomic_uint_least64_t moved_check_due_us;
    atomic_bool failing;      /* the last write failed, and that was said */
    atomic_bool is_stranded;  /* the last try to reopen failed, and that was said */
    atomic_bool line_is_torn; /* the file ends in a piece of a line */
};

static const char *kind_name(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISDIR(mode))
        return "a folder";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

/* Never waits, whatever stands under the name, and opens nothing but a file. -1: there is none to write to
 * (reason in `problem`). */
static int open_for_append(const char *path, struct strbuf *problem)
{
    struct stat status;
    int descriptor = -1;
    bool is_other = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
    if (!is_other) {
        descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
        if (descriptor < 0)
            strbuf_append_text(problem, strerror(errno));
        else
            is_other = fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode);
    }
    if (is_other)
        strbuf_printf(problem,
                      "this is %s, and records are kept in a plain file only: name one in audit.file",
                      kind_name(status.st_mode));
    if (is_other && descriptor >= 0)
        close(descriptor);
    return is_other ? -1 : descriptor;
}

/* Whether the file ends within a line: an unclean end, or a disk that was full. */
static bool ends_torn(int descriptor)
{
    struct stat status;
    char last = '\n';
    return fstat(descriptor, &status) == 0 && status.st_size > 0 &&
           pread(descriptor, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

struct audit_file *audit_file_open(const char *path, const struct clock *clock, struct strbuf *problem)
{
    const size_t before = problem->length;
    struct audit_file *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    file->clock = clock;
    strbuf_printf(problem, "audit file %s: ", path);
    file->descriptor = open_for_append(path, problem);
    if (file->descriptor < 0) {
        free(file->path);
        free(file);
        return NULL;
    }
    strbuf_truncate(problem, before);
    pthread_rwlock_init(&file->swapping, NULL);
    pthread_mutex_init(&file->naming, NULL);
    atomic_init(&file->line_is_torn, ends_torn(file->descriptor));
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
    pthread_rwlock_destroy(&file->swapping);
    pthread_mutex_destroy(&file->naming);
    free(file->path);
    free(file);
}

const char *audit_file_path(const struct audit_file *file)
{
    return file->path;
}

/* Takes the open file `fresh` into use: the number of the descriptor stays, and nobody writes meanwhile. */
static bool swap_in(struct audit_file *file, int fresh)
{
    pthread_rwlock_wrlock(&file->swapping);
    const bool swapped = dup3(fresh, file->descriptor, O_CLOEXEC) >= 0;
    if (swapped)
        atomic_store(&file->line_is_torn, ends_torn(file->descriptor));
    pthread_rwlock_unlock(&file->swapping);
    close(fresh);
    return swapped;
}

/* With the lock for naming. */
static void reopen(struct audit_file *file)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const int fresh = open_for_append(file->path, &problem);
    if (fresh >= 0 && swap_in(file, fresh))
        atomic_store(&file->is_stranded, false);
    else if (!atomic_exchange(&file->is_stranded, true))
        log_error("audit file %s: cannot be reopened: %s; still writing to the old one (said once)",
                  file->path, fresh >= 0 ? strerror(errno) : strbuf_text(&problem));
    strbuf_deinit(&problem);
}

void audit_file_reopen(struct audit_file *file)
{
    atomic_store(&file->is_stranded, false); /* whoever asks for it wants to hear of it */
    pthread_mutex_lock(&file->naming);
    reopen(file);
    pthread_mutex_unlock(&file->naming);
}

/* False: what is in use no longer has the name. */
static bool has_its_name(const struct audit_file *file)
{
    struct stat by_name, in_use;
    return fstat(file->descriptor, &in_use) != 0 ||
           (stat(file->path, &by_name) == 0 && by_name.st_dev == in_use.st_dev &&
            by_name.st_ino == in_use.st_ino);
}

static void reopen_when_moved(struct audit_file *file)
{
    uint64_t now_us = clock_monotonic_us(file->clock);
    uint64_t due_us = atomic_load(&file->moved_check_due_us);
    if (now_us < due_us ||
        !atomic_compare_exchange_strong(&file->moved_check_due_us, &due_us, now_us + MOVED_CHECK_INTERVAL_US))
        return;
    /* Who rotates or reopens it now knows better, and mail does not wait for that. */
    if (pthread_mutex_trylock(&file->naming) != 0)
        return;
    if (!has_its_name(file))
        reopen(file);
    pthread_mutex_unlock(&file->naming);
}

/* One write; a line that the disk cut short before is closed first, so that only that one is lost. */
static bool write_line(struct audit_file *file, struct slice line)
{
    bool was_torn = atomic_exchange(&file->line_is_torn, false);
    struct iovec pieces[2] = {{(void *)(uintptr_t) "\n", was_torn ? 1 : 0},
                              {(void *)(uintptr_t)line.data, line.length}};
    size_t wanted = pieces[0].iov_len + line.length;
    ssize_t written;
    pthread_rwlock_rdlock(&file->swapping);
    do
        written = writev(file->descriptor, pieces, 2);
    while (written < 0 && errno == EINTR);
    pthread_rwlock_unlock(&file->swapping);
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

/* ---- rotation --------------------------------------------------------------------------------------- */

/* The new file stands aside until the old one is moved: where it cannot be made nothing happens, and after an
 * unclean end at any point the next start finds either file under its name, or makes it. */
static bool exchange_names(const char *path, const char *aside, const char *closed_path)
{
    if (rename(path, closed_path) != 0)
        return false;
    if (rename(aside, path) == 0)
        return true;
    const int reason = errno;
    rename(closed_path, path);
    errno = reason;
    return false;
}

/* With the lock for naming. */
static bool exchange_files(struct audit_file *file, const char *closed_path, const char *aside,
                           struct strbuf *problem)
{
    const int fresh = open_for_append(aside, problem);
    if (fresh < 0)
        return false;
    if (exchange_names(file->path, aside, closed_path))
        return swap_in(file, fresh);
    strbuf_append_text(problem, strerror(errno));
    close(fresh);
    unlink(aside);
    return false;
}

bool audit_file_rotate(struct audit_file *file, const char *closed_path, struct strbuf *problem)
{
    char *aside;
    if (record_file_is_there(closed_path)) {
        strbuf_printf(problem, "%s is there already", closed_path);
        return false;
    }
    if (asprintf(&aside, "%s.next", file->path) < 0) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    pthread_mutex_lock(&file->naming);
    const bool exchanged = exchange_files(file, closed_path, aside, problem);
    pthread_mutex_unlock(&file->naming);
    free(aside);
    return exchanged;
}

bool audit_file_is(const struct audit_file *file, const struct stat *status)
{
    struct stat in_use;
    return fstat(file->descriptor, &in_use) == 0 && in_use.st_dev == status->st_dev &&
           in_use.st_ino == status->st_ino;
}

uint64_t audit_file_bytes(const struct audit_file *file)
{
    struct stat status;
    return fstat(file->descriptor, &status) == 0 ? (uint64_t)status.st_size : 0;
}

size_t audit_file_head(const struct audit_file *file, char *bytes, size_t length)
{
    const ssize_t got = pread(file->descriptor, bytes, length, 0);
    return got < 0 ? 0 : (size_t)got;
}

bool audit_file_is_failing(const struct audit_file *file)
{
    return atomic_load(&file->failing);
}
