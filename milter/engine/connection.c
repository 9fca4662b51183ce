#include "connection.h"

#include "protocol.h"

#include <errno.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ANSWERS_KEPT_BYTES = 4096 };

bool workspace_init(struct workspace *workspace)
{
    strbuf_init(&workspace->answers, 0);
    workspace->buffer = malloc(WORKSPACE_BYTES);
    return workspace->buffer != NULL;
}

void workspace_deinit(struct workspace *workspace)
{
    free(workspace->buffer);
    strbuf_deinit(&workspace->answers);
}

struct connection *connection_create(int descriptor, const struct smfiDesc *description)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->descriptor = descriptor;
    protocol_init(&connection->context, description);
    return connection;
}

static void drop_kept(struct connection *connection)
{
    free(connection->kept);
    connection->kept = NULL;
    connection->kept_length = connection->kept_room = 0;
}

void connection_destroy(struct connection *connection)
{
    close(connection->descriptor);
    drop_kept(connection);
    free((char *)(uintptr_t)connection->unsent.data);
    free(connection);
}

bool connection_is_heavy(const struct connection *connection)
{
    return connection->body_bytes > CONNECTION_HEAVY_BYTES && connection->need < CONNECTION_WAITS;
}

bool connection_is_hung_up(const struct connection *connection)
{
    char byte;
    return recv(connection->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

/* How much of it went out; -1: the connection is broken. */
static ssize_t send_now(const struct connection *connection, struct slice bytes)
{
    ssize_t sent;
    do
        sent = send(connection->descriptor, bytes.data, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static bool keep_unsent(struct connection *connection, struct slice bytes)
{
    char *copy = malloc(bytes.length);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes.data, bytes.length);
    connection->unsent = slice_make(copy, bytes.length);
    connection->need = CONNECTION_IS_FULL;
    return true;
}

/* False: the connection is over. */
static bool send_answers(struct connection *connection, struct slice bytes)
{
    if (bytes.length == 0)
        return true;
    const ssize_t sent = send_now(connection, bytes);
    if (sent < 0)
        return false;
    return (size_t)sent == bytes.length ||
           keep_unsent(connection, slice_part(bytes, (size_t)sent, bytes.length));
}

/* False: the connection is over. */
static bool send_unsent(struct connection *connection)
{
    const struct slice waiting = connection->unsent;
    connection->unsent = slice_make(NULL, 0);
    const bool is_sent = send_answers(connection, waiting);
    free((char *)(uintptr_t)waiting.data);
    return is_sent;
}

/* ---- packets ------------------------------------------------------------------------------------------ */

static void count_body(struct connection *connection, const struct packet *packet)
{
    if (packet->command == SMFIC_BODY)
        connection->body_bytes += packet->data.length;
    else if (!protocol_is_in_message(&connection->context))
        connection->body_bytes = 0;
}

/* Takes whole packets off `input`, until a callback waits. False: the connection is over. */
static bool take_packets(struct connection *connection, struct slice *input)
{
    struct packet packet;
    while (!context_waits(&connection->context)) {
        switch (packet_take(input, &packet)) {
        case PACKET_PART:
            return true;
        case PACKET_WRONG:
            log_warning("milter: what came is no packet of the milter protocol; the connection is closed");
            return false;
        case PACKET_WHOLE:
            break;
        }
        connection->is_new_part = true;
        const enum protocol_result result = protocol_take(&connection->context, &packet);
        count_body(connection, &packet);
        if (result == PROTOCOL_CLOSE)
            return false;
    }
    return true;
}

/* Keeps the beginning of a packet, with room for the rest of it; more where a callback waits. False: no
 * memory. */
static bool keep(struct connection *connection, struct slice part)
{
    if (part.length == 0)
        return true;
    const size_t packet = packet_size(part), room = packet > part.length ? packet : part.length;
    char *kept = malloc(room);
    if (kept == NULL)
        return false;
    memcpy(kept, part.data, part.length);
    connection->kept = kept;
    connection->kept_length = (uint32_t)part.length;
    connection->kept_room = (uint32_t)room;
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

enum arrival { ARRIVAL_NOTHING, ARRIVAL_SOMETHING, ARRIVAL_END };

static enum arrival arrival_of(ssize_t received)
{
    if (received > 0)
        return ARRIVAL_SOMETHING;
    return received < 0 && (errno == EAGAIN || errno == EINTR) ? ARRIVAL_NOTHING : ARRIVAL_END;
}

/* Into the buffer, after what is kept there. */
static enum arrival read_packets(struct connection *connection, struct workspace *workspace, int flags,
                                 struct slice *input)
{
    const size_t before = connection->kept_length;
    if (before > 0)
        memcpy(workspace->buffer, connection->kept, before);
    const ssize_t received =
        recv(connection->descriptor, workspace->buffer + before, WORKSPACE_BYTES - before, flags);
    const enum arrival arrival = arrival_of(received);
    if (arrival != ARRIVAL_SOMETHING)
        return arrival;
    drop_kept(connection);
    *input = slice_make(workspace->buffer, before + (size_t)received);
    return arrival;
}

/* The rest of the packet that is kept, and what follows it into the buffer where nobody waits for it. */
static enum arrival read_rest(struct connection *connection, struct workspace *workspace, bool is_patient,
                              struct slice *input)
{
    const size_t missing = connection->kept_room - connection->kept_length;
    struct iovec parts[] = {{connection->kept + connection->kept_length, missing},
                            {workspace->buffer, WORKSPACE_BYTES}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = is_patient ? 1 : 2};
    const ssize_t received =
        recvmsg(connection->descriptor, &message, is_patient ? MSG_WAITALL : MSG_DONTWAIT);
    const enum arrival arrival = arrival_of(received);
    if (arrival != ARRIVAL_SOMETHING)
        return arrival;
    const size_t count = (size_t)received;
    connection->kept_length += (uint32_t)(count < missing ? count : missing);
    *input = slice_make(workspace->buffer, count < missing ? 0 : count - missing);
    return arrival;
}

/* The packet that is kept, if it is whole. False: the connection is over. */
static bool take_kept(struct connection *connection)
{
    if (connection->kept_length == 0 || connection->kept_length < connection->kept_room)
        return true;
    struct slice kept = slice_make(connection->kept, connection->kept_length);
    const bool goes_on = take_packets(connection, &kept);
    drop_kept(connection);
    return goes_on;
}

/* A head that is wrong is seen as soon as it is there. False: the connection is over. */
static bool read_and_take(struct connection *connection, struct workspace *workspace, bool is_patient)
{
    struct slice input = {NULL, 0};
    const bool has_head = connection->kept_length >= PACKET_HEAD_BYTES;
    const enum arrival arrival =
        has_head ? read_rest(connection, workspace, is_patient, &input)
                 : read_packets(connection, workspace, is_patient ? 0 : MSG_DONTWAIT, &input);
    if (arrival == ARRIVAL_END)
        return false;
    return take_kept(connection) && take_packets(connection, &input) && keep(connection, input);
}

/* ---- serving ------------------------------------------------------------------------------------------ */

void connection_end(struct connection *connection, struct workspace *workspace)
{
    strbuf_reset(&workspace->answers);
    connection->context.answers = &workspace->answers;
    protocol_end(&connection->context);
    connection->context.answers = NULL;
    connection->need = CONNECTION_IS_OVER;
}

/* A thread that serves one connection alone looks after a second whether there is something else to do. */
static void be_patient(struct connection *connection)
{
    const struct timeval patience = {.tv_sec = 1};
    if (!connection->has_patience)
        setsockopt(connection->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connection->has_patience = true;
}

static void set_need(struct connection *connection)
{
    if (context_waits(&connection->context))
        connection->need = CONNECTION_WAITS;
    else
        connection->need = connection->kept_length > 0 ? CONNECTION_IN_PART : CONNECTION_IDLE;
}

/* Then what came behind the packet that waited. False: the connection is over. */
static bool go_on(struct connection *connection)
{
    char *kept = connection->kept;
    struct slice input = slice_make(kept, connection->kept_length);
    connection->kept = NULL;
    connection->kept_length = connection->kept_room = 0;
    const bool goes_on = protocol_resume(&connection->context) != PROTOCOL_CLOSE &&
                         take_packets(connection, &input) && keep(connection, input);
    free(kept);
    return goes_on;
}

static bool serve(struct connection *connection, struct workspace *workspace, bool is_patient)
{
    connection->context.answers = &workspace->answers;
    connection->is_new_part = connection->kept_length == 0;
    const bool goes_on = context_waits(&connection->context)
                             ? go_on(connection)
                             : read_and_take(connection, workspace, is_patient);
    set_need(connection);
    connection->context.answers = NULL;
    return goes_on;
}

void connection_serve(struct connection *connection, struct workspace *workspace, bool is_patient)
{
    bool goes_on;
    if (workspace->answers.capacity > ANSWERS_KEPT_BYTES)
        strbuf_deinit(&workspace->answers);
    strbuf_reset(&workspace->answers);
    if (is_patient)
        be_patient(connection);
    if (connection->need == CONNECTION_IS_FULL) {
        set_need(connection);
        goes_on = send_unsent(connection);
    } else {
        goes_on = serve(connection, workspace, is_patient);
    }
    if (goes_on)
        return;
    send_answers(connection, strbuf_slice(&workspace->answers));
    connection_end(connection, workspace);
}

void connection_answer(struct connection *connection, struct workspace *workspace, struct slice answers)
{
    if (!send_answers(connection, answers))
        connection_end(connection, workspace);
}
