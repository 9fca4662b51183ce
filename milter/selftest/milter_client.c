#include "milter_client.h"

#include "receive_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PROTOCOL_VERSION = 6,
    OFFERED_ACTIONS = 0x1ff,
    OFFERED_STEPS = 0xff7ff, /* all but to see refused recipients, and leading blanks */
    PACKET_BYTES_MAX = 1 << 20,
};

/* Which bits spare an event, and which its answer. */
static const struct {
    char command;
    uint32_t not_sent;
    uint32_t not_answered;
} events[] = {
    {'C', 0x1, 0x1000},    {'H', 0x2, 0x2000}, {'M', 0x4, 0x4000},   {'R', 0x8, 0x8000},
    {'T', 0x200, 0x10000}, {'L', 0x20, 0x80},  {'N', 0x40, 0x40000}, {'B', 0x10, 0x80000},
};

/* ---- bytes ------------------------------------------------------------------------------------------ */

static bool send_all(int descriptor, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(descriptor, at, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool send_packet(struct milter_client *client, char command, struct slice data)
{
    char head[5];
    uint32_t length = htonl((uint32_t)data.length + 1);
    memcpy(head, &length, 4);
    head[4] = command;
    return send_all(client->descriptor, head, sizeof head) &&
           send_all(client->descriptor, data.data, data.length);
}

/* The letter of the next packet, its data (cut where it is long) in client->text; 0 at the end. */
static char receive_packet(struct milter_client *client)
{
    uint32_t length = 0;
    char letter = 0;
    memset(client->text, 0, sizeof client->text);
    if (!receive_all(client->descriptor, &length, 4))
        return 0;
    length = ntohl(length);
    if (length == 0 || length > PACKET_BYTES_MAX || !receive_all(client->descriptor, &letter, 1))
        return 0;
    for (uint32_t at = 0; at + 1 < length; at++) {
        char byte;
        if (!receive_all(client->descriptor, &byte, 1))
            return 0;
        if (at + 1 < sizeof client->text)
            client->text[at] = byte;
    }
    return letter;
}

/* ---- connecting --------------------------------------------------------------------------------------- */

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* PORT@HOST; the corpus is not for other people's machines. */
static int connect_inet(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    const char *host = *end == '@' ? end + 1 : "127.0.0.1";
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    v6.sin6_addr = in6addr_loopback;
    bool is_v6 = strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0;
    bool is_v4 = inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4.sin_addr) == 1 &&
                 ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    errno = EINVAL;
    if (port == 0 || port > UINT16_MAX || (*end != '\0' && *end != '@') || (!is_v4 && !is_v6))
        return -1;
    int descriptor = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (descriptor >= 0) /* many small packets, and an answer awaited after most */
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr *address = is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    if (descriptor >= 0 && connect(descriptor, address, is_v6 ? sizeof v6 : sizeof v4) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static bool negotiate(struct milter_client *client)
{
    uint32_t offer[3] = {htonl(PROTOCOL_VERSION), htonl(OFFERED_ACTIONS), htonl(OFFERED_STEPS)};
    uint32_t wanted[3];
    if (!send_packet(client, 'O', slice_make((const char *)offer, sizeof offer)) ||
        receive_packet(client) != 'O')
        return false;
    memcpy(wanted, client->text, sizeof wanted);
    client->steps = ntohl(wanted[2]);
    return true;
}

bool milter_client_open(struct milter_client *client, const char *address, struct strbuf *problem)
{
    bool is_unix = strncmp(address, "unix:", 5) == 0;
    bool is_inet = strncmp(address, "inet:", 5) == 0;
    *client = (struct milter_client){.descriptor = -1};
    if (!is_unix && !is_inet) {
        strbuf_append_text(problem, "an address is inet:PORT@HOST or unix:PATH");
        return false;
    }
    client->descriptor = is_unix ? connect_unix(address + 5) : connect_inet(address + 5);
    if (client->descriptor < 0) {
        strbuf_append_text(problem, errno == EINVAL ? "it must be a port of this machine: inet:PORT@127.0.0.1"
                                                    : strerror(errno));
        return false;
    }
    struct timeval wait = {.tv_sec = MILTER_CLIENT_WAIT_SECONDS};
    setsockopt(client->descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(client->descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (negotiate(client))
        return true;
    strbuf_append_text(problem, "it does not speak the milter protocol");
    milter_client_close(client);
    return false;
}

void milter_client_close(struct milter_client *client)
{
    if (client->descriptor >= 0) {
        send_packet(client, 'Q', slice_make("", 0));
        close(client->descriptor);
    }
    client->descriptor = -1;
}

/* ---- events ------------------------------------------------------------------------------------------- */

static char lost(struct milter_client *client)
{
    close(client->descriptor);
    client->descriptor = -1;
    return 0;
}

char milter_client_event(struct milter_client *client, char command, struct slice data)
{
    uint32_t not_sent = 0, not_answered = 0;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i].command == command) {
            not_sent = events[i].not_sent;
            not_answered = events[i].not_answered;
        }
    }
    if ((client->steps & not_sent) != 0)
        return MILTER_CONTINUE;
    if (!send_packet(client, command, data))
        return lost(client);
    if ((client->steps & not_answered) != 0)
        return MILTER_CONTINUE;
    char letter;
    do
        letter = receive_packet(client);
    while (letter == 'p');
    return letter == 0 ? lost(client) : letter;
}

bool milter_client_macros(struct milter_client *client, char command, struct slice pairs)
{
    char data[1024] = {command};
    if (pairs.length >= sizeof data)
        return false;
    memcpy(data + 1, pairs.data, pairs.length);
    return send_packet(client, 'D', slice_make(data, pairs.length + 1)) || lost(client) != 0;
}

char milter_client_end(struct milter_client *client)
{
    bool is_quarantined = false;
    if (!send_packet(client, 'E', slice_make("", 0)))
        return lost(client);
    for (;;) {
        char letter = receive_packet(client);
        if (letter == 0)
            return lost(client);
        if (letter == MILTER_QUARANTINE)
            is_quarantined = true;
        else if (strchr("acdrtyf4", letter) != NULL)
            return is_quarantined && (letter == 'a' || letter == 'c') ? MILTER_QUARANTINE : letter;
    }
}
