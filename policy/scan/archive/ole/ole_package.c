#include "scan/archive/ole/ole_package.h"

/* The last part of a path, or the whole of what is none. */
static struct slice file_of_path(struct slice path)
{
    size_t slash = slice_find_last(path, '\\');
    slash = slash == path.length ? slice_find_last(path, '/') : slash;
    return slash == path.length ? path : slice_part(path, slash + 1, path.length);
}

bool ole_package_path_is_icon(struct slice path, struct slice label, struct slice source)
{
    static const char *const carriers[] = {".dll", ".exe", ".ico", ".icl"};
    struct slice file = file_of_path(path);
    if (file.length == path.length || label.length == 0 || source.length == 0 ||
        !slice_equal_nocase(file_of_path(label), file_of_path(source)) ||
        slice_equal_nocase(file_of_path(label), file))
        return false;
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++)
        if (slice_ends_nocase(file, slice_of(carriers[i])))
            return true;
    return false;
}
