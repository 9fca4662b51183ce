#include "milter_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool connect_unix(int descriptor, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool connect_inet(int descriptor, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
}

bool wire_open(struct milter_wire *wire, const char *address)
{
    bool is_unix = strncmp(address, "unix:", 5) == 0;
    memset(wire, 0, offsetof(struct milter_wire, answers));
    wire->buffer_size = is_unix ? WIRE_UNIX_BYTES : WIRE_BUFFER_BYTES;
    wire->descriptor = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire->descriptor < 0)
        return false;
    if (is_unix ? connect_unix(wire->descriptor, address + 5) : connect_inet(wire->descriptor, address + 5))
        return true;
    wire_close(wire);
    return false;
}

void wire_close(struct milter_wire *wire)
{
    if (wire->descriptor >= 0)
        close(wire->descriptor);
    wire->descriptor = -1;
}

bool wire_flush(struct milter_wire *wire)
{
    size_t sent = 0;
    while (sent < wire->buffered) {
        ssize_t count = send(wire->descriptor, wire->buffer + sent, wire->buffered - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        sent += (size_t)count;
    }
    wire->buffered = 0;
    return true;
}

bool wire_put(struct milter_wire *wire, const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        size_t room = wire->buffer_size - wire->buffered;
        size_t count = length < room ? length : room;
        memcpy(wire->buffer + wire->buffered, from, count);
        wire->buffered += count;
        from += count;
        length -= count;
        if (wire->buffered == wire->buffer_size && !wire_flush(wire))
            return false;
    }
    return true;
}

bool wire_packet(struct milter_wire *wire, char command, const void *data, size_t length)
{
    uint32_t size = htonl((uint32_t)length + 1);
    return wire_put(wire, &size, sizeof size) && wire_put(wire, &command, 1) && wire_put(wire, data, length);
}

static bool put_strings(struct milter_wire *wire, char command, const char *first, const char *const *strings)
{
    uint32_t size = 1 + (uint32_t)strlen(first);
    for (size_t i = 0; strings[i] != NULL; i++)
        size += (uint32_t)strlen(strings[i]) + 1;
    size = htonl(size);
    bool is_put = wire_put(wire, &size, sizeof size) && wire_put(wire, &command, 1) &&
                  wire_put(wire, first, strlen(first));
    for (size_t i = 0; is_put && strings[i] != NULL; i++)
        is_put = wire_put(wire, strings[i], strlen(strings[i]) + 1);
    return is_put;
}

bool wire_strings(struct milter_wire *wire, char command, const char *const *strings)
{
    return put_strings(wire, command, "", strings);
}

bool wire_macros(struct milter_wire *wire, char command, const char *const *pairs)
{
    return put_strings(wire, SMFIC_MACRO, (const char[]){command, '\0'}, pairs);
}

/* As Postfix reads: once it is told that something is there, all of it. False: the end of the connection. */
static bool fill(struct milter_wire *wire)
{
    struct pollfd wanted = {.fd = wire->descriptor, .events = POLLIN};
    ssize_t count = -1;
    do {
        if (poll(&wanted, 1, WIRE_PATIENCE_SECONDS * 1000) > 0)
            count = recv(wire->descriptor, wire->answers, sizeof wire->answers, 0);
        else if (errno != EINTR)
            return false;
    } while (count < 0 && errno == EINTR);
    wire->answers_taken = 0;
    wire->answers_length = count < 0 ? 0 : (size_t)count;
    return count > 0;
}

static bool receive(struct milter_wire *wire, void *bytes, size_t length)
{
    char *to = bytes;
    while (length > 0) {
        if (wire->answers_taken == wire->answers_length && !fill(wire))
            return false;
        const size_t waiting = wire->answers_length - wire->answers_taken;
        const size_t count = length < waiting ? length : waiting;
        memcpy(to, wire->answers + wire->answers_taken, count);
        wire->answers_taken += count;
        to += count;
        length -= count;
    }
    return true;
}

/* Into `text`, as far as it has room. */
static bool receive_text(struct milter_wire *wire, size_t length)
{
    size_t kept = length < sizeof wire->text - 1 ? length : sizeof wire->text - 1;
    if (!receive(wire, wire->text, kept))
        return false;
    wire->text[kept] = '\0';
    for (char byte; kept < length; kept++)
        if (!receive(wire, &byte, 1))
            return false;
    return true;
}

char wire_answer(struct milter_wire *wire)
{
    uint32_t size;
    char letter;
    if (!wire_flush(wire) || !receive(wire, &size, sizeof size) || ntohl(size) == 0 ||
        !receive(wire, &letter, 1))
        return 0;
    return (char)(receive_text(wire, ntohl(size) - 1) ? letter : 0);
}

bool wire_negotiate(struct milter_wire *wire, uint32_t actions, uint32_t steps)
{
    uint32_t offer[3] = {htonl(SMFI_PROT_VERSION), htonl(actions), htonl(steps)};
    uint32_t choice[3];
    if (!wire_packet(wire, SMFIC_OPTNEG, offer, sizeof offer) || wire_answer(wire) != SMFIC_OPTNEG)
        return false;
    memcpy(choice, wire->text, sizeof choice);
    wire->actions = ntohl(choice[1]);
    wire->steps = ntohl(choice[2]);
    return true;
}

static const struct {
    char command;
    uint32_t not_sent;
    uint32_t no_reply;
} event_bits[] = {
    {SMFIC_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN}, {SMFIC_HELO, SMFIP_NOHELO, SMFIP_NR_HELO},
    {SMFIC_MAIL, SMFIP_NOMAIL, SMFIP_NR_MAIL},       {SMFIC_RCPT, SMFIP_NORCPT, SMFIP_NR_RCPT},
    {SMFIC_DATA, SMFIP_NODATA, SMFIP_NR_DATA},       {SMFIC_HEADER, SMFIP_NOHDRS, SMFIP_NR_HDR},
    {SMFIC_EOH, SMFIP_NOEOH, SMFIP_NR_EOH},          {SMFIC_BODY, SMFIP_NOBODY, SMFIP_NR_BODY},
};

static bool is_agreed(const struct milter_wire *wire, char command, bool not_sent)
{
    for (size_t i = 0; i < sizeof event_bits / sizeof event_bits[0]; i++)
        if (event_bits[i].command == command)
            return (wire->steps & (not_sent ? event_bits[i].not_sent : event_bits[i].no_reply)) != 0;
    return false;
}

static char answer_of(struct milter_wire *wire, char command, bool is_sent)
{
    if (!is_sent)
        return 0;
    return (char)(is_agreed(wire, command, false) ? SMFIR_CONTINUE : wire_answer(wire));
}

char wire_event(struct milter_wire *wire, char command, const void *data, size_t length)
{
    if (is_agreed(wire, command, true))
        return SMFIR_CONTINUE;
    return answer_of(wire, command, wire_packet(wire, command, data, length));
}

char wire_event_strings(struct milter_wire *wire, char command, const char *const *strings)
{
    if (is_agreed(wire, command, true))
        return SMFIR_CONTINUE;
    return answer_of(wire, command, wire_strings(wire, command, strings));
}

bool wire_connect(struct milter_wire *wire, const char *ip, uint16_t port)
{
    static const char *const macros[] = {
        "j", "mx.test.example", "v", "Postfix 3.7.11", "{daemon_name}", "mx.test.example", NULL};
    char data[128];
    int length =
        snprintf(data, sizeof data, "client.example%c%c..%s", 0, strchr(ip, ':') == NULL ? '4' : '6', ip);
    data[16] = (char)(port >> 8);
    data[17] = (char)port;
    return wire_macros(wire, SMFIC_CONNECT, macros) &&
           wire_event(wire, SMFIC_CONNECT, data, (size_t)length + 1) == SMFIR_CONTINUE;
}

bool wire_helo(struct milter_wire *wire)
{
    static const char *const macros[] = {"j", "mx.test.example", NULL};
    static const char *const name[] = {"client.example", NULL};
    return wire_macros(wire, SMFIC_HELO, macros) &&
           wire_event_strings(wire, SMFIC_HELO, name) == SMFIR_CONTINUE;
}

char wire_end(struct milter_wire *wire, char *edits, size_t room)
{
    if (!wire_packet(wire, SMFIC_BODYEOB, NULL, 0))
        return 0;
    size_t count = 0;
    for (;;) {
        char letter = wire_answer(wire);
        if (letter == 0 || strchr("acdrty", letter) != NULL) {
            if (room > 0)
                edits[count < room ? count : room - 1] = '\0';
            return letter;
        }
        if (count + 1 < room)
            edits[count++] = letter;
    }
}
