#include "http/http_connections.h"

#include "policy.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    AGE_MS_MAX = 60000, /* any connection, from its beginning */
    LOOK_FROM_MS = 500, /* younger ones have not been left */
};

bool http_connections_init(struct http_connections *connections, unsigned count_max)
{
    connections->count_max = count_max;
    connections->places = calloc(count_max, sizeof *connections->places);
    for (unsigned i = 0; connections->places != NULL && i < count_max; i++)
        connections->places[i].descriptor = -1;
    return connections->places != NULL;
}

void http_connections_deinit(struct http_connections *connections)
{
    free(connections->places);
}

void http_connections_note(void *context, struct MHD_Connection *connection, void **kept,
                           enum MHD_ConnectionNotificationCode code)
{
    const struct http_connections *connections = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*kept != NULL)
            *(struct http_connection *)*kept = (struct http_connection){.descriptor = -1};
        return;
    }
    for (unsigned i = 0; i < connections->count_max; i++) {
        struct http_connection *place = &connections->places[i];
        if (place->descriptor >= 0)
            continue;
        place->descriptor =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        place->since_ms = clock_now_ms();
        *kept = place;
        break;
    }
}

static struct http_connection *place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void http_connection_asks(struct MHD_Connection *connection, bool is_asking)
{
    struct http_connection *place = place_of(connection);
    if (place != NULL)
        place->is_asking = is_asking;
}

void http_connection_renew(struct MHD_Connection *connection)
{
    struct http_connection *place = place_of(connection);
    if (place != NULL)
        place->since_ms = clock_now_ms();
}

/* Whether the other end has gone, with half a request left behind: MHD would wait for the rest. */
static bool is_abandoned(const struct http_connection *connection)
{
    struct pollfd look = {.fd = connection->descriptor, .events = POLLRDHUP};
    return !connection->is_asking && poll(&look, 1, 0) > 0 && (look.revents & POLLRDHUP) != 0;
}

void http_connections_end_old(const struct http_connections *connections)
{
    const uint64_t now_ms = clock_now_ms();
    for (unsigned i = 0; i < connections->count_max; i++) {
        const struct http_connection *connection = &connections->places[i];
        const uint64_t age_ms = now_ms - connection->since_ms;
        if (connection->descriptor >= 0 &&
            (age_ms > AGE_MS_MAX || (age_ms > LOOK_FROM_MS && is_abandoned(connection))))
            shutdown(connection->descriptor, SHUT_RDWR);
    }
}
