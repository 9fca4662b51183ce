#include "config/files.h"

#include "config/text_file.h"
#include "config/yaml_reader.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <talloc.h>

/* A file that was read, or is being read. */
struct read_file {
    dev_t device;
    ino_t inode;
    struct config_place named_at;
    bool is_open; /* it is one of those that lead to the file being read */
};

struct file_reading {
    void *owner;
    struct config_problems *problems;
    struct read_file *files;
    size_t file_count;
    size_t total_bytes;
    unsigned depth;
};

static struct config_node *read_text(struct file_reading *reading, const char *name, struct slice text);

static bool report_out_of_memory(const struct file_reading *reading)
{
    config_problem_out_of_memory(reading->problems);
    return false;
}

static bool is_new_file(const struct file_reading *reading, const struct stat *info, const char *path,
                        struct config_place named_at)
{
    for (size_t i = 0; i < reading->file_count; i++) {
        const struct read_file *file = &reading->files[i];
        if (file->device != info->st_dev || file->inode != info->st_ino)
            continue;
        if (file->is_open)
            config_problem_error(reading->problems, named_at, "include: %s includes itself", path);
        else
            config_problem_error(reading->problems, named_at, "include: %s is included already, at %s:%u:%u",
                                 path, file->named_at.file, file->named_at.line, file->named_at.column);
        return false;
    }
    return true;
}

/* Bounds of the whole; `index` is the file's entry. */
static bool admit_file(struct file_reading *reading, const struct text_file *file, const char *path,
                       struct config_place named_at, size_t *index)
{
    if (!is_new_file(reading, &file->info, path, named_at))
        return false;
    reading->total_bytes += file->content.length;
    if (reading->file_count == CONFIG_FILE_COUNT_MAX || reading->total_bytes > CONFIG_TOTAL_BYTES_MAX) {
        config_problem_error(reading->problems, named_at, "include: more than %d files, or 8 MB, in all",
                             CONFIG_FILE_COUNT_MAX);
        return false;
    }
    if (reading->file_count % 16 == 0) {
        struct read_file *files = talloc_realloc_size(reading->owner, reading->files,
                                                      (reading->file_count + 16) * sizeof *reading->files);
        if (files == NULL)
            return report_out_of_memory(reading);
        reading->files = files;
    }
    *index = reading->file_count++;
    reading->files[*index] = (struct read_file){file->info.st_dev, file->info.st_ino, named_at, true};
    return true;
}

static void report_unreadable(const struct file_reading *reading, const char *path,
                              struct config_place named_at, const char *why)
{
    if (why == NULL)
        report_out_of_memory(reading);
    else if (reading->depth == 0)
        config_problem_error(reading->problems, named_at, "cannot be read: %s", why);
    else
        config_problem_error(reading->problems, named_at, "include: %s cannot be read: %s", path, why);
}

static struct config_node *read_file(struct file_reading *reading, const char *path,
                                     struct config_place named_at)
{
    struct text_file file;
    const char *why = NULL;
    size_t index;
    struct config_node *root = NULL;
    void *scratch = talloc_new(reading->owner); /* the nodes keep copies */
    if (scratch == NULL) {
        report_out_of_memory(reading);
    } else if (!text_file_read(scratch, path, CONFIG_FILE_BYTES_MAX, &file, &why)) {
        report_unreadable(reading, path, named_at, why);
    } else if (admit_file(reading, &file, path, named_at, &index)) {
        root = read_text(reading, path, file.content);
        reading->files[index].is_open = false;
    }
    talloc_free(scratch);
    return root;
}

/* ---- include ---------------------------------------------------------------------------------------- */

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void include_path(struct file_reading *reading, struct config_node *into, const char *path,
                         struct config_place named_at)
{
    /* Problems and places name the file after glob's memory is gone. */
    const char *kept = talloc_strdup(reading->owner, path);
    if (kept == NULL) {
        report_out_of_memory(reading);
        return;
    }
    struct config_node *root = read_file(reading, kept, named_at);
    if (root != NULL)
        config_node_merge(into, root, "overrides", reading->problems);
}

/* A pattern may find nothing (an empty conf.d is no mistake); a plain name may not. */
static void include_pattern(struct file_reading *reading, struct config_node *into, const char *pattern,
                            struct config_place named_at)
{
    glob_t found;
    if (strpbrk(pattern, "*?[") == NULL) {
        include_path(reading, into, pattern, named_at);
        return;
    }
    errno = 0;
    const int result = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOSPACE || (result == GLOB_ABORTED && errno == ENOMEM))
        report_out_of_memory(reading);
    else if (result == GLOB_ABORTED)
        config_problem_error(reading->problems, named_at, "include: the folder of %s cannot be read",
                             pattern);
    if (result != 0) {
        globfree(&found);
        return;
    }
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
    for (size_t i = 0; i < found.gl_pathc && reading->file_count < CONFIG_FILE_COUNT_MAX + 1; i++)
        include_path(reading, into, found.gl_pathv[i], named_at);
    globfree(&found);
}

static void include_entry(struct file_reading *reading, struct config_node *into,
                          const struct config_node *entry)
{
    if (entry->kind == CONFIG_NODE_BROKEN)
        return;
    if (entry->kind != CONFIG_NODE_SCALAR || entry->length == 0) {
        config_problem_error(reading->problems, entry->place,
                             "include: a file name belongs here, such as conf.d/*.yaml");
        return;
    }
    const char *pattern = text_file_resolve(reading->owner, slice_of(entry->text), entry->place.file);
    if (pattern == NULL)
        report_out_of_memory(reading);
    else
        include_pattern(reading, into, pattern, entry->place);
}

static void include_all(struct file_reading *reading, struct config_node *root)
{
    const struct config_node *include = config_node_find(root, "include");
    if (include == NULL || include->kind == CONFIG_NODE_BROKEN)
        return;
    if (reading->depth == CONFIG_INCLUDE_DEPTH_MAX) {
        config_problem_error(reading->problems, include->place,
                             "include: files include files more than %d deep", CONFIG_INCLUDE_DEPTH_MAX);
        return;
    }
    reading->depth++;
    if (include->kind == CONFIG_NODE_SEQUENCE)
        for (const struct config_node *entry = include->first; entry != NULL; entry = entry->next)
            include_entry(reading, root, entry);
    else
        include_entry(reading, root, include);
    reading->depth--;
}

/* Each file's own `include` was followed; the merged tree keeps none that could meet another. */
static void forget_include(struct config_node *root)
{
    struct config_node *include = config_node_find(root, "include");
    if (include != NULL)
        config_node_remove(root, include);
}

static struct config_node *read_text(struct file_reading *reading, const char *name, struct slice text)
{
    struct config_node *root = yaml_reader_read(reading->owner, name, text, reading->problems);
    if (root == NULL)
        return NULL;
    if (root->kind != CONFIG_NODE_MAPPING) {
        if (root->kind != CONFIG_NODE_BROKEN)
            config_problem_error(reading->problems, root->place,
                                 "a configuration is made of keys and values, such as 'mode: enforce'");
        return NULL;
    }
    include_all(reading, root);
    forget_include(root);
    return root;
}

struct config_node *config_files_read(void *owner, const char *path, struct config_problems *problems)
{
    struct file_reading reading = {.owner = owner, .problems = problems};
    const char *kept = talloc_strdup(owner, path);
    if (kept == NULL) {
        config_problem_out_of_memory(problems);
        return NULL;
    }
    return read_file(&reading, kept, (struct config_place){kept, 1, 1});
}

struct config_node *config_files_read_text(void *owner, const char *name, struct slice text,
                                           struct config_problems *problems)
{
    struct file_reading reading = {.owner = owner, .problems = problems, .total_bytes = text.length};
    const char *kept = talloc_strdup(owner, name);
    if (kept == NULL) {
        config_problem_out_of_memory(problems);
        return NULL;
    }
    return read_text(&reading, kept, text);
}
