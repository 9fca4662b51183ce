/* The old daemon's part of hand_over.h. */
#include "hand_over.h"

#include "callbacks/milter_server.h"
#include "signals.h"
#include "socket/activation.h"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum { GO_WAIT_MS = 30000 };

static int refuse(struct strbuf *out, int status, const char *why)
{
    strbuf_append_text(out, why);
    return status;
}

static size_t list_sockets(struct hand_over *hand_over, int *descriptors)
{
    size_t count = 0;
    descriptors[count++] = milter_server_listener()->descriptor;
    descriptors[count++] = control_server_socket(hand_over->control)->descriptor;
    if (hand_over->http != NULL)
        descriptors[count++] = http_server_listener(hand_over->http)->descriptor;
    return count;
}

/* The first to say "go" is the successor. */
static void note_successor(struct hand_over *hand_over, const struct control_connection *connection)
{
    int nobody = -1;
    const int successor = control_connection_keep(connection);
    if (successor < 0)
        return;
    if (atomic_compare_exchange_strong(&hand_over->successor, &nobody, successor))
        signals_stop();
    else
        close(successor);
}

int hand_over_offer(struct hand_over *hand_over, struct control_connection *connection, struct strbuf *out)
{
    int descriptors[CONTROL_DESCRIPTORS_MAX];
    if (!control_connection_caller(connection)->is_root)
        return refuse(out, EX_NOPERM, "only root and the daemon's user may do that\n");
    if (milter_server_listener() == NULL)
        return refuse(out, EX_UNAVAILABLE, "a build with libmilter cannot give its socket away\n");
    if (activation_count() > 0)
        return refuse(out, EX_UNAVAILABLE,
                      "systemd holds the sockets: `systemctl restart closedrelay` refuses nobody\n");
    const size_t count = list_sockets(hand_over, descriptors);
    if (control_connection_send_descriptors(connection, slice_of("sockets\n"), descriptors, count) &&
        control_connection_hears(connection, "go", GO_WAIT_MS))
        note_successor(hand_over, connection);
    return EX_OK;
}

bool hand_over_is_wanted(const struct hand_over *hand_over)
{
    return atomic_load(&hand_over->successor) >= 0;
}

void hand_over_leave_names(struct hand_over *hand_over)
{
    unix_socket_leave_name(&milter_server_listener()->name);
    unix_socket_leave_name(control_server_socket(hand_over->control));
    if (hand_over->http != NULL)
        unix_socket_leave_name(&http_server_listener(hand_over->http)->name);
}

void hand_over_finish(struct hand_over *hand_over)
{
    const int successor = atomic_load(&hand_over->successor);
    if (send(successor, "gone\n", 5, MSG_NOSIGNAL) != 5)
        log_error("serve: the daemon that was to take over has gone away");
    close(successor);
}
