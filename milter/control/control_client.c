#include "control_client.h"

#include "control_server.h"
#include "commands/options.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

/* A reload may read a million lines. */
enum { ANSWER_WAIT_MS = 60000 };

static const char *why_not(int error)
{
    if (error == ENOENT)
        return "there is no such socket: the daemon is not running, or its `control` is another (--socket PATH)";
    if (error == ECONNREFUSED)
        return "nobody answers there: the daemon is not running";
    if (error == ENAMETOOLONG)
        return "the path is longer than a socket's may be";
    if (error == EACCES)
        return "only root, the daemon's user and the members of daemon.control_group may talk to the daemon";
    return strerror(error);
}

int control_client_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    const int error = errno;
    close(connection);
    errno = error;
    return -1;
}

/* -1: not connected, said on stderr; `*status` is what to exit with. */
static int connect_to(const char *path, int *status)
{
    const int connection = control_client_connect(path);
    if (connection < 0) {
        *status = errno == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
        complain(path, "%s", why_not(errno));
    }
    return connection;
}

/* False: it could not be sent. A daemon that answers before it has read all of the line is heard all the
 * same. */
static bool send_line(int connection, struct slice words)
{
    struct strbuf line;
    strbuf_init(&line, CONTROL_LINE_BYTES_MAX);
    strbuf_append_text(&line, CONTROL_PROTOCOL " ");
    strbuf_append_slice(&line, words);
    strbuf_append_byte(&line, '\n');
    const bool is_sent =
        !line.failed &&
        (send(connection, line.data, line.length, MSG_NOSIGNAL) == (ssize_t)line.length || errno == EPIPE);
    strbuf_deinit(&line);
    return is_sent;
}

/* ---- the answer ------------------------------------------------------------------------------------- */

struct reply {
    int connection;
    const struct command *command;
    char bytes[4096];
    size_t length;
};

/* More bytes behind those that are there. 0: the end; -1: none came in time. */
static ssize_t receive(struct reply *reply)
{
    struct pollfd waiting = {reply->connection, POLLIN, 0};
    const int wait_ms = reply->command->streams ? -1 : ANSWER_WAIT_MS;
    if (poll(&waiting, 1, wait_ms) <= 0)
        return -1;
    const ssize_t count =
        recv(reply->connection, reply->bytes + reply->length, sizeof reply->bytes - reply->length, 0);
    if (count > 0)
        reply->length += (size_t)count;
    return count < 0 && errno == ECONNRESET ? 0 : count;
}

/* Takes "closedrelay/1 STATUS\n" off. The status; -1: that is not how it begins, said on stderr. */
static int read_status(struct reply *reply, const char *path)
{
    char *end = NULL;
    while (end == NULL && reply->length < sizeof reply->bytes) {
        const ssize_t count = receive(reply);
        if (count < 0 || (count == 0 && reply->length == 0)) {
            complain(
                path,
                "the daemon did not answer: it may have ended; its log says why (systemctl status closedrelay)");
            return -1;
        }
        end = memchr(reply->bytes, '\n', reply->length);
        if (count == 0)
            break;
    }
    static const char begin[] = CONTROL_PROTOCOL " ";
    if (end == NULL || strncmp(reply->bytes, begin, sizeof begin - 1) != 0) {
        complain("control socket", "what answers is no closedrelay daemon of this version");
        return -1;
    }
    const int status = (int)strtol(reply->bytes + sizeof begin - 1, NULL, 10);
    reply->length -= (size_t)(end + 1 - reply->bytes);
    memmove(reply->bytes, end + 1, reply->length);
    return status;
}

static bool is_answer(int status)
{
    return status == EX_OK || status == CONTROL_STATUS_ILL;
}

/* What goes with EX_CONFIG are the lines that `check` prints. */
static int print_answer(struct reply *reply, const char *path)
{
    const int status = read_status(reply, path);
    ssize_t count = 1;
    if (status < 0)
        return EX_PROTOCOL;
    FILE *out = is_answer(status) ? stdout : stderr;
    if (!is_answer(status) && status != EX_CONFIG)
        fprintf(stderr, "closedrelay: %s: ", reply->command->name);
    do {
        fwrite(reply->bytes, 1, reply->length, out);
        if (reply->command->streams)
            fflush(out);
        reply->length = 0;
    } while (!ferror(out) && (count = receive(reply)) > 0);
    if (count < 0)
        complain(path, "the answer is not whole");
    return count < 0 || ferror(out) ? EX_IOERR : status;
}

int control_client_run(const char *path, const struct command *command, struct slice words)
{
    int status = EX_UNAVAILABLE;
    struct reply reply = {.connection = connect_to(path, &status), .command = command};
    if (reply.connection < 0)
        return status;
    if (send_line(reply.connection, words)) {
        status = print_answer(&reply, path);
    } else {
        complain(command->name, "the arguments are too long");
        status = EX_USAGE;
    }
    close(reply.connection);
    return status;
}
