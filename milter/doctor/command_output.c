#include "command_output.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(const char *const *argv, bool is_quiet, const int *pipe_ends, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0 && is_quiet)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawnp(child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads to the end, also past the ceiling: whoever writes must not wait for ever. */
static bool read_all(int descriptor, struct strbuf *out)
{
    char chunk[16384];
    ssize_t count;
    do {
        count = read(descriptor, chunk, sizeof chunk);
        if (count > 0)
            strbuf_append(out, chunk, (size_t)count);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count == 0 && !out->failed;
}

bool command_output(const char *const *argv, bool is_quiet, struct strbuf *out)
{
    int ends[2], status = 0;
    pid_t child = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    errno = start(argv, is_quiet, ends, &child);
    close(ends[1]);
    if (errno != 0) {
        int saved = errno;
        close(ends[0]);
        errno = saved;
        return false;
    }
    bool is_whole = read_all(ends[0], out);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    errno = 0;
    return is_whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool file_content(const char *path, struct strbuf *out)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return false;
    bool is_whole = read_all(descriptor, out);
    int saved = out->failed ? EFBIG : errno;
    close(descriptor);
    errno = saved;
    return is_whole;
}
