#include "table/settled_file.h"

#include "table/large_block.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_stamp stamp_of(const struct stat *info)
{
    return (struct file_stamp){info->st_dev, info->st_ino, info->st_size, info->st_mtim};
}

static bool same_file(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
    return same_file(a, b) && a->size_bytes == b->size_bytes && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

static bool read_whole(int descriptor, char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = read(descriptor, text + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

char *settled_file_read(const char *path, struct file_stamp *stamp, struct strbuf *problem)
{
    struct stat before, after;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0 || fstat(descriptor, &before) != 0) {
        strbuf_printf(problem, "%s: %s", path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    char *text = S_ISREG(before.st_mode) ? large_block_alloc((size_t)before.st_size + 1) : NULL;
    *stamp = stamp_of(&before);
    if (text == NULL) {
        strbuf_printf(problem, "%s: %s", path,
                      S_ISREG(before.st_mode) ? "out of memory" : "is no regular file");
    } else {
        bool whole = read_whole(descriptor, text, (size_t)before.st_size) && fstat(descriptor, &after) == 0;
        struct file_stamp end = stamp_of(&after);
        if (!whole || !same_stamp(stamp, &end)) {
            strbuf_printf(problem, "%s: changed while it was read", path);
            free(text);
            text = NULL;
        }
    }
    close(descriptor);
    return text;
}

enum settled_file_state settled_file_look(struct settled_file *file, const char *path, struct strbuf *problem)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        strbuf_printf(problem, "%s: %s", path, strerror(errno));
        return SETTLED_FILE_BROKEN;
    }
    const struct file_stamp now = stamp_of(&info), former = file->seen;
    file->seen = now;
    if (same_stamp(&now, &file->taken))
        return SETTLED_FILE_SAME;
    if (same_stamp(&now, &file->broken))
        return SETTLED_FILE_BROKEN;
    const bool is_being_written = same_file(&now, &file->taken) && !same_stamp(&now, &former);
    return is_being_written ? SETTLED_FILE_SAME : SETTLED_FILE_CHANGED;
}

bool settled_file_is_taken(const struct settled_file *file, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    const struct file_stamp now = stamp_of(&info);
    return same_stamp(&now, &file->taken);
}

void settled_file_take(struct settled_file *file, const struct file_stamp *stamp)
{
    file->taken = *stamp;
    file->seen = *stamp;
}

void settled_file_reject(struct settled_file *file)
{
    file->broken = file->seen;
}
