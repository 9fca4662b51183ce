#include "command_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Where a child's errors go. */
enum errors { ERRORS_OURS, ERRORS_NOWHERE, ERRORS_IN_OUTPUT };

static int start(const char *const *argv, enum errors errors, int input, int output, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0 && input >= 0)
        error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    else if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0 && errors == ERRORS_NOWHERE)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0 && errors == ERRORS_IN_OUTPUT)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (error == 0)
        error = posix_spawnp(child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads to the end, also past the ceiling: whoever writes must not wait for ever. `end_ms` < 0: however long
 * it takes. */
static bool read_all(int descriptor, int64_t end_ms, struct strbuf *out)
{
    char chunk[16384];
    ssize_t count;
    struct pollfd waiting = {descriptor, POLLIN, 0};
    do {
        int64_t left_ms = end_ms < 0 ? -1 : end_ms - (int64_t)clock_now_ms();
        if (end_ms >= 0 && (left_ms <= 0 || poll(&waiting, 1, (int)left_ms) == 0)) {
            errno = ETIMEDOUT;
            return false;
        }
        count = read(descriptor, chunk, sizeof chunk);
        if (count > 0)
            strbuf_append(out, chunk, (size_t)count);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count == 0 && !out->failed;
}

static bool run(const char *const *argv, enum errors errors, int input, struct strbuf *out)
{
    int ends[2], status = 0;
    pid_t child = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    errno = start(argv, errors, input, ends[1], &child);
    close(ends[1]);
    if (errno != 0) {
        int saved = errno;
        close(ends[0]);
        errno = saved;
        return false;
    }
    bool is_whole = read_all(ends[0], (int64_t)clock_now_ms() + COMMAND_WAIT_MS, out);
    bool is_late = !is_whole && !out->failed && errno == ETIMEDOUT;
    close(ends[0]);
    if (is_late)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    errno = is_late ? ETIMEDOUT : 0;
    return is_whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool command_output(const char *const *argv, bool is_quiet, struct strbuf *out)
{
    return run(argv, is_quiet ? ERRORS_NOWHERE : ERRORS_OURS, -1, out);
}

static bool write_all(int descriptor, struct slice text)
{
    while (text.length > 0) {
        ssize_t count = write(descriptor, text.data, text.length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        text = slice_part(text, (size_t)count, text.length);
    }
    return true;
}

/* A file without a name, not a pipe: nobody has to write while somebody reads. */
bool command_filter(const char *const *argv, struct slice input, struct strbuf *out)
{
    int file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0)
        return false;
    bool is_done =
        write_all(file, input) && lseek(file, 0, SEEK_SET) == 0 && run(argv, ERRORS_IN_OUTPUT, file, out);
    int saved = errno;
    close(file);
    errno = saved;
    return is_done;
}

bool file_content(const char *path, struct strbuf *out)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return false;
    bool is_whole = read_all(descriptor, -1, out);
    int saved = out->failed ? EFBIG : errno;
    close(descriptor);
    errno = saved;
    return is_whole;
}
