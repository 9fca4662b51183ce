#include "record/record_keeper.h"

#include "base/log.h"
#include "base/ticker.h"
#include "record/record_files.h"
#include "record/record_reader.h"
#include "record/record_upkeep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

enum {
    WORK_PERIOD_MS = 1000,
    /* A process that writes to the same file notices within a second that it was moved away. */
    SETTLE_US = 2000000,
    RETRY_US = 60000000, /* after a failure */
    HEAD_BYTES = 16384,  /* holds the time of a line */
};

struct record_keeper {
    const struct clock *clock;
    struct ticker *worker;
    atomic_bool is_stopping;
    atomic_bool disk_is_low;
    pthread_mutex_t lock; /* guards `file` and `settings` */
    struct audit_file *file;
    struct record_keeper_settings settings;
    bool rotation_fails; /* the watcher's own; that was said */
    /* the worker's own */
    bool is_humble;           /* its priority is the lowest */
    int64_t checked_until_us; /* the caches of files closed up to then are good */
    uint64_t retry_due_us;
};

/* What the keeper is to do, with a reference of the file. */
struct task {
    struct audit_file *file;
    struct record_keeper_settings settings;
};

static struct task take_task(struct record_keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    const struct task task = {audit_file_ref(keeper->file), keeper->settings};
    pthread_mutex_unlock(&keeper->lock);
    return task;
}

/* ---- rotation --------------------------------------------------------------------------------------- */

static int64_t local_us(int64_t time_us)
{
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    return time_us + (int64_t)local.tm_gmtoff * 1000000;
}

bool record_rotation_is_due(int64_t began_us, int64_t now_us, uint64_t rotate_ms)
{
    const int64_t period_us = (int64_t)rotate_ms * 1000;
    return rotate_ms != 0 && now_us > began_us &&
           local_us(began_us) / period_us != local_us(now_us) / period_us;
}

/* When the first line of the file was written that says so; 0: none does yet. Read from the file, so that a
 * restart changes nothing. */
static int64_t read_beginning(const struct audit_file *file)
{
    char head[HEAD_BYTES];
    int64_t time_us;
    struct record record;
    struct slice rest = slice_make(head, audit_file_head(file, head, sizeof head));
    while (rest.length > 0) {
        const size_t end = slice_find(rest, '\n');
        /* A line that is cut off here has its time among the first keys, and it is read all the same. */
        record_read(slice_part(rest, 0, end), &record);
        if (record_time(&record, RECORD_TIME, &time_us))
            return time_us;
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return 0;
}

static bool is_due(const struct task *task, int64_t now_us)
{
    const uint64_t bytes = audit_file_bytes(task->file);
    if (bytes == 0)
        return false;
    if (task->settings.rotate_bytes != 0 && bytes >= task->settings.rotate_bytes)
        return true;
    const int64_t began_us = task->settings.rotate_ms == 0 ? 0 : read_beginning(task->file);
    return began_us != 0 && record_rotation_is_due(began_us, now_us, task->settings.rotate_ms);
}

static bool rotate(struct record_keeper *keeper, struct audit_file *file, int64_t now_us)
{
    char stamp[RECORD_STAMP_LENGTH + 1];
    struct strbuf problem;
    record_stamp_write(now_us, stamp);
    char *closed_path = talloc_asprintf(NULL, "%s-%s", audit_file_path(file), stamp);
    strbuf_init(&problem, 0);
    const bool rotated = closed_path != NULL && audit_file_rotate(file, closed_path, &problem);
    if (!rotated && !keeper->rotation_fails)
        log_error("audit file %s: cannot be rotated: %s (said once; tried again)", audit_file_path(file),
                  strbuf_text(&problem));
    keeper->rotation_fails = !rotated;
    strbuf_deinit(&problem);
    talloc_free(closed_path);
    return rotated;
}

/* ---- the disk --------------------------------------------------------------------------------------- */

static void watch_disk(struct record_keeper *keeper, const struct task *task, struct record_watch *watch)
{
    struct statvfs disk;
    const char *path = audit_file_path(task->file);
    if (task->settings.disk_low_bytes == 0 || statvfs(path, &disk) != 0) {
        atomic_store(&keeper->disk_is_low, false);
        return;
    }
    watch->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    watch->disk_low_bytes = task->settings.disk_low_bytes;
    watch->path = path;
    const bool was_low = atomic_load(&keeper->disk_is_low);
    /* Around the limit it would be said again and again. */
    const uint64_t limit =
        was_low ? watch->disk_low_bytes + watch->disk_low_bytes / 10 : watch->disk_low_bytes;
    watch->disk_is_low = watch->free_bytes < limit;
    watch->disk_became_low = watch->disk_is_low && !was_low;
    atomic_store(&keeper->disk_is_low, watch->disk_is_low);
    if (watch->disk_became_low)
        log_error(
            "audit file %s: only %llu MB are left on its disk, less than audit.disk_low: make room before records "
            "are lost",
            path, (unsigned long long)(watch->free_bytes / 1000000));
    else if (was_low && !watch->disk_is_low)
        log_warning("audit file %s: there is room on its disk again", path);
}

void record_keeper_watch(struct record_keeper *keeper, struct record_watch *watch)
{
    const struct task task = take_task(keeper);
    const int64_t now_us = clock_wall_us(keeper->clock);
    *watch = (struct record_watch){0};
    if (task.file == NULL)
        return;
    if (is_due(&task, now_us))
        watch->has_rotated = rotate(keeper, task.file, now_us);
    watch_disk(keeper, &task, watch);
    audit_file_unref(task.file);
}

bool record_keeper_disk_is_low(const struct record_keeper *keeper)
{
    return atomic_load(&keeper->disk_is_low);
}

/* ---- closed files ----------------------------------------------------------------------------------- */

static bool is_stopping(void *context)
{
    return atomic_load(&((struct record_keeper *)context)->is_stopping);
}

/* Whatever was still to be done, mail comes first. */
static void be_humble(struct record_keeper *keeper)
{
    enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_IDLE = 3, IOPRIO_CLASS_SHIFT = 13 };
    const pid_t thread = (pid_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, (id_t)thread, 19);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread, IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT);
    keeper->is_humble = true;
}

/* False: it is in use, or may be. */
static bool is_settled(const struct record_file *file, const struct task *task, int64_t now_us)
{
    struct stat status;
    return file->closed_us + SETTLE_US <= now_us && stat(file->path, &status) == 0 &&
           !audit_file_is(task->file, &status);
}

static bool is_too_old(const struct record_file *file, const struct task *task, int64_t now_us)
{
    return task->settings.retain_ms != 0 &&
           file->closed_us + (int64_t)task->settings.retain_ms * 1000 <= now_us;
}

static void note_result(struct record_keeper *keeper, enum record_upkeep_result result,
                        const struct strbuf *problem)
{
    if (result != UPKEEP_FAILED)
        return;
    log_error("record: %s (tried again in a minute)", strbuf_text(problem));
    keeper->retry_due_us = clock_monotonic_us(keeper->clock) + RETRY_US;
}

/* The plain twin of a packed file: the end came between its packing and its removal. */
static bool has_plain_twin(const struct record_file *file, char **twin)
{
    *twin = talloc_strndup(NULL, file->path, strlen(file->path) - strlen(".zst"));
    return *twin != NULL && access(*twin, F_OK) == 0;
}

static enum record_upkeep_result keep_packed(struct record_keeper *keeper, const struct record_file *file,
                                             const struct record_upkeep_stop *stop, struct strbuf *problem)
{
    char *twin;
    enum record_upkeep_result result = UPKEEP_DONE;
    if (has_plain_twin(file, &twin))
        result = record_pack(twin, stop, problem);
    if (result == UPKEEP_DONE && file->closed_us > keeper->checked_until_us) {
        result = record_refresh_caches(file->path, stop, problem);
        if (result == UPKEEP_DONE)
            keeper->checked_until_us = file->closed_us;
    }
    talloc_free(twin);
    return result;
}

static enum record_upkeep_result keep_file(struct record_keeper *keeper, const struct task *task,
                                           const struct record_file *file, struct strbuf *problem)
{
    const struct record_upkeep_stop stop = {is_stopping, keeper};
    const int64_t now_us = clock_wall_us(keeper->clock);
    if (file->kind != RECORD_FILE_CLOSED || !is_settled(file, task, now_us))
        return UPKEEP_DONE;
    if (is_too_old(file, task, now_us))
        return record_remove(file->path, problem) ? UPKEEP_DONE : UPKEEP_FAILED;
    if (file->packing == RECORD_ZSTD)
        return keep_packed(keeper, file, &stop, problem);
    return task->settings.compress ? record_pack(file->path, &stop, problem) : UPKEEP_DONE;
}

static void keep_files(struct record_keeper *keeper, const struct task *task)
{
    void *owner = talloc_new(NULL);
    struct record_file_list list;
    struct strbuf problem;
    enum record_upkeep_result result = UPKEEP_DONE;
    strbuf_init(&problem, 0);
    if (record_files_list(owner, audit_file_path(task->file), &list))
        for (size_t i = 0; i < list.count && result == UPKEEP_DONE; i++)
            result = keep_file(keeper, task, &list.items[i], &problem);
    note_result(keeper, result, &problem);
    strbuf_deinit(&problem);
    talloc_free(owner);
}

static void work(void *context)
{
    struct record_keeper *keeper = context;
    const struct task task = take_task(keeper);
    if (!keeper->is_humble)
        be_humble(keeper);
    if (task.file != NULL && clock_monotonic_us(keeper->clock) >= keeper->retry_due_us)
        keep_files(keeper, &task);
    audit_file_unref(task.file);
}

/* ---- life ------------------------------------------------------------------------------------------- */

struct record_keeper *record_keeper_create(const struct clock *clock)
{
    struct record_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL)
        return NULL;
    keeper->clock = clock;
    pthread_mutex_init(&keeper->lock, NULL);
    keeper->worker = ticker_start(WORK_PERIOD_MS, work, keeper);
    if (keeper->worker != NULL)
        return keeper;
    record_keeper_destroy(keeper);
    return NULL;
}

void record_keeper_destroy(struct record_keeper *keeper)
{
    if (keeper == NULL)
        return;
    atomic_store(&keeper->is_stopping, true);
    ticker_stop(keeper->worker);
    audit_file_unref(keeper->file);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

void record_keeper_use(struct record_keeper *keeper, struct audit_file *file,
                       const struct record_keeper_settings *settings)
{
    pthread_mutex_lock(&keeper->lock);
    struct audit_file *former = keeper->file;
    keeper->file = audit_file_ref(file);
    keeper->settings = *settings;
    pthread_mutex_unlock(&keeper->lock);
    audit_file_unref(former);
}
