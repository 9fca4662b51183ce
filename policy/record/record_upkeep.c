#include "record/record_upkeep.h"

#include "record/cache_file.h"
#include "record/record_reader.h"
#include "record/rollup.h"
#include "record/seekable.h"
#include "record/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

/* ---- lines to caches -------------------------------------------------------------------------------- */

struct caches {
    struct sidecar_builder *sidecar;
    struct rollup_builder *rollup;
    const struct record_upkeep_stop *stop;
    bool is_stopped;
};

static bool caches_begin(struct caches *caches, void *owner, const struct record_upkeep_stop *stop)
{
    *caches = (struct caches){sidecar_builder_create(owner), rollup_builder_create(owner), stop, false};
    return caches->sidecar != NULL && caches->rollup != NULL;
}

static void add_line(struct caches *caches, struct slice line)
{
    struct record record;
    int64_t time_us;
    if (!record_read(line, &record))
        return; /* half a line, of a full disk */
    if (!record_time(&record, RECORD_TIME, &time_us))
        time_us = 0;
    sidecar_builder_add(caches->sidecar, &record, time_us);
    /* The roll-up enters the same objects, so it comes second and reads anew. */
    if (record_read(line, &record))
        rollup_builder_add(caches->rollup, &record, time_us);
}

/* A frame has whole lines, but for a line without an end in the last one. */
static bool add_frame(void *context, const struct seekable_frame *frame, struct slice plain)
{
    struct caches *caches = context;
    (void)frame;
    while (plain.length > 0) {
        const size_t end = slice_find(plain, '\n');
        add_line(caches, slice_part(plain, 0, end));
        plain = slice_part(plain, end < plain.length ? end + 1 : end, plain.length);
    }
    caches->is_stopped = caches->stop->is_wanted(caches->stop->context);
    return sidecar_builder_end_frame(caches->sidecar) && !caches->is_stopped;
}

/* Without them everything works, only slower: what cannot be written is tried again another time. */
static void write_caches(struct caches *caches, void *owner, const char *path,
                         const struct seekable_table *table)
{
    struct strbuf content;
    char *name = talloc_asprintf(owner, "%s" SIDECAR_ENDING, path);
    strbuf_init(&content, 0);
    sidecar_builder_write(caches->sidecar, table, &content);
    if (name != NULL)
        cache_file_write(name, &content);
    strbuf_deinit(&content);
    rollup_builder_write(caches->rollup, path, table);
}

/* ---- packing ---------------------------------------------------------------------------------------- */

static enum record_upkeep_result fail(struct strbuf *problem, const char *path, const char *why)
{
    strbuf_reset(problem);
    strbuf_printf(problem, "%s: %s", path, why);
    return UPKEEP_FAILED;
}

static uint64_t bytes_of(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (uint64_t)status.st_size : UINT64_MAX;
}

/* The names of directories are on the disk too. */
static void sync_folder(void *owner, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = talloc_strndup(owner, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    const int descriptor =
        folder == NULL ? -1 : open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    fsync(descriptor);
    close(descriptor);
}

/* A packing under way. */
struct pack {
    void *owner;
    const char *path;   /* of the plain file */
    const char *packed; /* its name once it is packed */
    const char *aside;  /* and until it is whole */
    int from;
    struct strbuf *problem;
};

/* Whether the packed file is there and holds all of the plain one. */
static bool is_packed_already(const struct pack *pack)
{
    struct seekable_table table;
    const int descriptor = open(pack->packed, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    const bool is_whole =
        seekable_table_read(pack->owner, descriptor, &table) && table.plain_bytes == bytes_of(pack->from);
    close(descriptor);
    return is_whole;
}

/* As the plain one: who may read that may read this. */
static void copy_rights(int from, int to)
{
    struct stat status;
    if (fstat(from, &status) == 0 && fchmod(to, status.st_mode & 0777) == 0 &&
        fchown(to, (uid_t)-1, status.st_gid) != 0)
        return; /* the daemon is no member of that group: the mode counts for its own */
}

static enum record_upkeep_result write_packed(const struct pack *pack, int to, struct caches *caches,
                                              struct seekable_table *table)
{
    uint64_t plain_bytes = 0;
    copy_rights(pack->from, to);
    strbuf_reset(pack->problem);
    if (!seekable_pack(pack->from, to, add_frame, caches, &plain_bytes, pack->problem)) {
        if (caches->is_stopped)
            return UPKEEP_STOPPED;
        const char *why = pack->problem->length == 0 ? "out of memory" : strbuf_text(pack->problem);
        return fail(pack->problem, pack->aside, talloc_strdup(pack->owner, why));
    }
    if (fsync(to) != 0)
        return fail(pack->problem, pack->aside, strerror(errno));
    if (!seekable_table_read(pack->owner, to, table) || table->plain_bytes != plain_bytes)
        return fail(pack->problem, pack->aside, "what was written does not read back");
    /* Some other process may have written to the closed file meanwhile. */
    return plain_bytes == bytes_of(pack->from) ? UPKEEP_DONE : UPKEEP_STOPPED;
}

static enum record_upkeep_result pack_anew(const struct pack *pack, const struct record_upkeep_stop *stop)
{
    struct caches caches;
    struct seekable_table table;
    if (!caches_begin(&caches, pack->owner, stop))
        return fail(pack->problem, pack->path, "out of memory");
    const int to = open(pack->aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return fail(pack->problem, pack->aside, strerror(errno));
    enum record_upkeep_result result = write_packed(pack, to, &caches, &table);
    close(to);
    if (result == UPKEEP_DONE && rename(pack->aside, pack->packed) != 0)
        result = fail(pack->problem, pack->packed, strerror(errno));
    if (result != UPKEEP_DONE) {
        unlink(pack->aside);
        return result;
    }
    sync_folder(pack->owner, pack->packed);
    write_caches(&caches, pack->owner, pack->packed, &table);
    return UPKEEP_DONE;
}

enum record_upkeep_result record_pack(const char *path, const struct record_upkeep_stop *stop,
                                      struct strbuf *problem)
{
    void *owner = talloc_new(NULL);
    struct pack pack = {
        .owner = owner,
        .path = path,
        .packed = talloc_asprintf(owner, "%s.zst", path),
        .aside = talloc_asprintf(owner, "%s.zst.new", path),
        .from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
        .problem = problem,
    };
    enum record_upkeep_result result = UPKEEP_DONE;
    if (pack.packed == NULL || pack.aside == NULL)
        result = fail(problem, path, "out of memory");
    else if (pack.from < 0)
        result = fail(problem, path, strerror(errno));
    else if (!is_packed_already(&pack))
        result = pack_anew(&pack, stop);
    if (result == UPKEEP_DONE && unlink(path) != 0)
        result = fail(problem, path, strerror(errno));
    if (pack.from >= 0)
        close(pack.from);
    talloc_free(owner);
    return result;
}

/* ---- caches ----------------------------------------------------------------------------------------- */

static bool has_caches(void *owner, const char *path, const struct seekable_table *table)
{
    struct sidecar sidecar;
    struct rollup rollup;
    const bool has_rollup = rollup_open(owner, path, table, &rollup);
    rollup_close(&rollup);
    return has_rollup && sidecar_read(owner, path, table, &sidecar);
}

static enum record_upkeep_result read_all_frames(void *owner, int descriptor,
                                                 const struct seekable_table *table, struct caches *caches)
{
    struct seekable_reader *reader = seekable_reader_create(owner, descriptor);
    for (size_t i = 0; reader != NULL && i < table->count; i++) {
        struct slice plain;
        if (!seekable_frame_read(reader, &table->frames[i], &plain))
            return UPKEEP_FAILED;
        if (!add_frame(caches, &table->frames[i], plain))
            return caches->is_stopped ? UPKEEP_STOPPED : UPKEEP_FAILED;
    }
    return reader == NULL ? UPKEEP_FAILED : UPKEEP_DONE;
}

enum record_upkeep_result record_refresh_caches(const char *path, const struct record_upkeep_stop *stop,
                                                struct strbuf *problem)
{
    void *owner = talloc_new(NULL);
    struct seekable_table table;
    struct caches caches;
    enum record_upkeep_result result = UPKEEP_DONE;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        result = fail(problem, path, strerror(errno));
    } else if (seekable_table_read(owner, descriptor, &table) && !has_caches(owner, path, &table)) {
        result = caches_begin(&caches, owner, stop) ? read_all_frames(owner, descriptor, &table, &caches)
                                                    : UPKEEP_FAILED;
        if (result == UPKEEP_DONE)
            write_caches(&caches, owner, path, &table);
        else if (result == UPKEEP_FAILED)
            result = fail(problem, path, "it is damaged: a part of it cannot be unpacked");
    }
    if (descriptor >= 0)
        close(descriptor);
    talloc_free(owner);
    return result;
}

/* ---- removal ---------------------------------------------------------------------------------------- */

bool record_remove(const char *path, struct strbuf *problem)
{
    static const char *const endings[] = {SIDECAR_ENDING, ROLLUP_ENDING, ".zst.new"};
    if (unlink(path) != 0 && errno != ENOENT) {
        fail(problem, path, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *name = talloc_asprintf(NULL, "%s%s", path, endings[i]);
        if (name != NULL)
            unlink(name);
        talloc_free(name);
    }
    return true;
}
