/* The new daemon's part of hand_over.h. */
#include "hand_over.h"

#include "control/control_client.h"
#include "socket/activation.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_WAIT_MS = 30000, PIECE_BYTES = 512 };

static bool fail(struct strbuf *problem, const char *why)
{
    strbuf_printf(problem, "taking over: %s", why);
    return false;
}

static bool say(int connection, const char *line)
{
    return send(connection, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line);
}

/* They come in the first part, where there are any. */
static void take_descriptors(struct msghdr *message)
{
    int descriptors[CONTROL_DESCRIPTORS_MAX];
    const struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (part == NULL || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
        return;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(part), count * sizeof(int));
    activation_inherit(descriptors, count);
}

/* What comes next, behind what is in `answer`, and descriptors that come with it. False: nothing does. */
static bool hear(int connection, struct strbuf *answer)
{
    char piece[PIECE_BYTES];
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int) * CONTROL_DESCRIPTORS_MAX)];
    } room;
    struct iovec into = {piece, sizeof piece};
    struct msghdr message = {
        .msg_iov = &into,
        .msg_iovlen = 1,
        .msg_control = room.bytes,
        /* Not sizeof: it is rounded up, and one more would fit. */
        .msg_controllen = CMSG_LEN(sizeof(int) * CONTROL_DESCRIPTORS_MAX),
    };
    struct pollfd waiting = {connection, POLLIN, 0};
    if (poll(&waiting, 1, ANSWER_WAIT_MS) <= 0)
        return false;
    const ssize_t count = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (count <= 0)
        return false;
    take_descriptors(&message);
    strbuf_append(answer, piece, (size_t)count);
    return !answer->failed && answer->length < PIECE_BYTES;
}

/* Until the answer ends in `line`. False: it is another (in `problem`), or none comes. */
static bool hear_line(int connection, const char *line, struct strbuf *problem)
{
    struct strbuf answer;
    bool is_heard = false;
    strbuf_init(&answer, 0);
    do
        is_heard = slice_ends_nocase(strbuf_slice(&answer), slice_of(line));
    while (!is_heard && hear(connection, &answer));
    if (!is_heard)
        strbuf_printf(problem, "taking over: the daemon that runs keeps its sockets: %s",
                      answer.length == 0 ? "it does not answer" : strbuf_text(&answer));
    strbuf_deinit(&answer);
    return is_heard;
}

int take_over_begin(const struct config_endpoint *control, struct strbuf *problem)
{
    if (control->kind != ENDPOINT_UNIX) {
        fail(problem, "without a control socket (control) nobody can be asked for its sockets");
        return -1;
    }
    const int connection = control_client_connect(control->path);
    if (connection < 0 && (errno == ENOENT || errno == ECONNREFUSED))
        return -1;
    if (connection < 0) {
        strbuf_printf(problem, "taking over: %s: %s", control->path, strerror(errno));
        return -1;
    }
    if (say(connection, CONTROL_PROTOCOL " " HAND_OVER "\n") && hear_line(connection, "\nsockets\n", problem))
        return connection;
    close(connection);
    return -1;
}

bool take_over_finish(int connection, struct strbuf *problem)
{
    const bool is_gone = say(connection, "go\n") && hear_line(connection, "gone\n", problem);
    close(connection);
    return is_gone;
}
