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
    if (error == EACCES)
        return "only root, the daemon's user and the socket's group may talk to the daemon";
    return strerror(error);
}

/* -1: not connected, said on stderr; `*status` is what to exit with. */
static int connect_to(const char *path, int *status)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        complain(path, "the path is longer than a socket's may be");
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    int error = errno;
    *status = error == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
    complain(path, "%s", why_not(error));
    if (connection >= 0)
        close(connection);
    return -1;
}

/* The request of these words. False: not a line of the protocol, said on stderr; a blank in a word would make
 * two of it. */
static bool compose_line(int argc, const char *const *argv, struct strbuf *line)
{
    bool is_good = true;
    strbuf_append_text(line, CONTROL_PROTOCOL);
    for (int i = 0; i < argc; i++) {
        is_good = is_good && argv[i][0] != '\0' && argv[i][strcspn(argv[i], " \r\n")] == '\0';
        strbuf_printf(line, " %s", argv[i]);
    }
    strbuf_append_byte(line, '\n');
    if (!is_good)
        complain(argv[0], "an argument is empty or has blanks in it");
    else if (line->failed)
        complain(argv[0], "the arguments are too long");
    return is_good && !line->failed;
}

static bool send_line(int connection, const struct strbuf *line)
{
    return send(connection, strbuf_text(line), line->length, MSG_NOSIGNAL) == (ssize_t)line->length;
}

static bool receive_all(int connection, struct strbuf *answer)
{
    char chunk[4096];
    struct pollfd waiting = {connection, POLLIN, 0};
    ssize_t count = -1;
    while (poll(&waiting, 1, ANSWER_WAIT_MS) > 0 && (count = recv(connection, chunk, sizeof chunk, 0)) > 0)
        strbuf_append(answer, chunk, (size_t)count);
    return count == 0 || (count < 0 && errno == ECONNRESET && answer->length > 0);
}

/* "closedrelay/1 STATUS\n" and the text behind it. What goes with EX_CONFIG are the lines that `check`
 * prints. */
static int print_answer(const char *command, const struct strbuf *answer)
{
    const char *text = strbuf_text(answer);
    const char *end = strchr(text, '\n');
    if (end == NULL || strncmp(text, CONTROL_PROTOCOL " ", sizeof CONTROL_PROTOCOL) != 0) {
        complain("control socket", "what answers is no closedrelay daemon of this version");
        return EX_PROTOCOL;
    }
    int status = (int)strtol(text + sizeof CONTROL_PROTOCOL, NULL, 10);
    if (status != EX_OK && status != EX_CONFIG)
        fprintf(stderr, "closedrelay: %s: ", command);
    fputs(end + 1, status == EX_OK ? stdout : stderr);
    return status;
}

int control_client_run(const char *path, int argc, const char *const *argv)
{
    struct strbuf line, answer;
    int status = EX_USAGE, connection = -1;
    strbuf_init(&line, CONTROL_LINE_BYTES_MAX);
    strbuf_init(&answer, 0);
    if (compose_line(argc, argv, &line)) {
        status = EX_UNAVAILABLE;
        connection = connect_to(path, &status);
    }
    if (connection >= 0) {
        if (!send_line(connection, &line) || !receive_all(connection, &answer))
            complain(path, "the daemon did not answer");
        else
            status = print_answer(argv[0], &answer);
        close(connection);
    }
    strbuf_deinit(&line);
    strbuf_deinit(&answer);
    return status;
}
