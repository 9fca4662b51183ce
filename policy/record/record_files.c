#include "record/record_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>

/* ---- stamps ----------------------------------------------------------------------------------------- */

void record_stamp_write(int64_t time_us, char *stamp)
{
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(stamp, RECORD_STAMP_LENGTH + 1, "%Y%m%dT%H%M%SZ", &utc);
}

static int digits_at(struct slice text, size_t from, size_t count)
{
    int number = 0;
    for (size_t i = from; i < from + count; i++) {
        if (!ascii_is_digit(text.data[i]))
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

int64_t record_stamp_read(struct slice text)
{
    char again[RECORD_STAMP_LENGTH + 1];
    if (text.length != RECORD_STAMP_LENGTH || text.data[8] != 'T' || text.data[15] != 'Z')
        return -1;
    struct tm utc = {
        .tm_year = digits_at(text, 0, 4) - 1900,
        .tm_mon = digits_at(text, 4, 2) - 1,
        .tm_mday = digits_at(text, 6, 2),
        .tm_hour = digits_at(text, 9, 2),
        .tm_min = digits_at(text, 11, 2),
        .tm_sec = digits_at(text, 13, 2),
    };
    const int64_t time_us = (int64_t)timegm(&utc) * 1000000;
    if (time_us < 0)
        return -1;
    /* What timegm had to bend, 31 February or letters, is no stamp. */
    record_stamp_write(time_us, again);
    return slice_equal(text, slice_of(again)) ? time_us : -1;
}

/* ---- names ------------------------------------------------------------------------------------------ */

static enum record_packing packing_of(struct slice *name)
{
    static const struct {
        const char *ending;
        enum record_packing packing;
    } packings[] = {{".zst", RECORD_ZSTD}, {".gz", RECORD_GZIP}, {".xz", RECORD_XZ}};
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        const struct slice ending = slice_of(packings[i].ending);
        if (slice_ends_nocase(*name, ending)) {
            name->length -= ending.length;
            return packings[i].packing;
        }
    }
    return RECORD_PLAIN;
}

/* logrotate's: ".1", "-20261130", "-20261130-1796000000" */
static bool is_foreign_rest(struct slice rest)
{
    if (rest.length < 2 || (rest.data[0] != '.' && rest.data[0] != '-'))
        return false;
    for (size_t i = 1; i < rest.length; i++)
        if (!ascii_is_digit(rest.data[i]) && rest.data[i] != '-')
            return false;
    return true;
}

/* Whether `name` is a file of the record whose current file is called `base`; fills kind, packing and stamp.
 */
static bool classify(struct slice name, struct slice base, struct record_file *file)
{
    if (name.length < base.length || memcmp(name.data, base.data, base.length) != 0)
        return false;
    struct slice rest = slice_part(name, base.length, name.length);
    if (rest.length == 0) {
        file->kind = RECORD_FILE_CURRENT;
        return true;
    }
    file->packing = packing_of(&rest);
    file->kind = RECORD_FILE_CLOSED;
    const bool has_dash = rest.length > 0 && rest.data[0] == '-';
    file->closed_us = has_dash ? record_stamp_read(slice_part(rest, 1, rest.length)) : -1;
    if (file->closed_us >= 0)
        return file->packing == RECORD_PLAIN || file->packing == RECORD_ZSTD;
    file->kind = RECORD_FILE_FOREIGN;
    return is_foreign_rest(rest);
}

/* ---- list ------------------------------------------------------------------------------------------- */

static int compare_files(const void *left, const void *right)
{
    const struct record_file *a = left, *b = right;
    if ((a->kind == RECORD_FILE_CURRENT) != (b->kind == RECORD_FILE_CURRENT))
        return a->kind == RECORD_FILE_CURRENT ? 1 : -1;
    if (a->closed_us != b->closed_us)
        return a->closed_us < b->closed_us ? -1 : 1;
    return strcmp(a->path, b->path);
}

static bool add_file(void *owner, struct record_file_list *list, const struct record_file *file)
{
    struct record_file *grown =
        talloc_realloc(owner, list->items, struct record_file, (unsigned)list->count + 1);
    if (grown == NULL)
        return false;
    list->items = grown;
    grown[list->count++] = *file;
    return true;
}

/* Whether the plain file is followed by its packed twin. */
static bool is_packed_too(const struct record_file *file, const struct record_file *next)
{
    return file->kind == RECORD_FILE_CLOSED && next->kind == RECORD_FILE_CLOSED &&
           file->closed_us == next->closed_us && file->packing == RECORD_PLAIN;
}

/* A compressed file is there under its name only once it is whole: its plain twin is about to be removed. */
static void drop_twins(struct record_file_list *list)
{
    struct record_file *items = list->items;
    size_t kept = 0;
    if (items == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (i + 1 == list->count || !is_packed_too(&items[i], &items[i + 1]))
            items[kept++] = items[i];
    list->count = kept;
}

static bool add_entry(void *owner, struct slice folder, struct slice base, const char *name,
                      struct record_file_list *list)
{
    struct record_file file = {0};
    struct stat status;
    if (!classify(slice_of(name), base, &file))
        return true;
    file.path = talloc_asprintf(owner, "%.*s%s", (int)folder.length, folder.data, name);
    if (file.path == NULL)
        return false;
    if (stat(file.path, &status) != 0 || !S_ISREG(status.st_mode))
        return true; /* removed meanwhile, or none that was written to */
    file.bytes = (uint64_t)status.st_size;
    if (file.kind == RECORD_FILE_FOREIGN)
        file.closed_us = (int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
    return add_file(owner, list, &file);
}

bool record_file_is_there(const char *closed_path)
{
    struct stat status;
    char *packed = talloc_asprintf(NULL, "%s.zst", closed_path);
    const bool is_there = packed == NULL || stat(packed, &status) == 0 || stat(closed_path, &status) == 0;
    talloc_free(packed);
    return is_there;
}

bool record_files_list(void *owner, const char *path, struct record_file_list *list)
{
    const char *slash = strrchr(path, '/');
    const struct slice folder = slice_make(path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    const struct slice base = slice_of(slash == NULL ? path : slash + 1);
    *list = (struct record_file_list){0};
    char *folder_path =
        folder.length == 0 ? talloc_strdup(owner, ".") : talloc_strndup(owner, folder.data, folder.length);
    DIR *directory = folder_path == NULL ? NULL : opendir(folder_path);
    if (directory == NULL) {
        talloc_free(folder_path);
        return false;
    }
    bool fits = true;
    for (const struct dirent *entry; fits && (entry = readdir(directory)) != NULL;)
        fits = add_entry(owner, folder, base, entry->d_name, list);
    closedir(directory);
    talloc_free(folder_path);
    if (!fits) {
        errno = ENOMEM;
        return false;
    }
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare_files);
    drop_twins(list);
    return true;
}
