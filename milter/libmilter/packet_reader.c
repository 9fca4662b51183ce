#include "packet_reader.h"

#include "pool_watch.h"
#include "receive_all.h"
#include "replaced.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <libmilter/mfdef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { PACKET_SECONDS_MAX = 60 }; /* between two pieces of one packet */

typedef char *packet_reader(int socket, struct timeval *timeout, char *command, size_t *length, char *name);

static packet_reader *libmilter_reader;
/* Then a packet has begun whenever the reader is called: the pool waits for it. Otherwise the reader does. */
static bool has_worker_pool;

bool packet_reader_start(void)
{
    void *reader = dlsym(RTLD_NEXT, "mi_rd_cmd");
    memcpy(&libmilter_reader, &reader, sizeof reader);
    has_worker_pool = dlsym(RTLD_DEFAULT, "mi_start_session") != NULL;
    return reader != NULL;
}

void packet_reader_set_timeout(int socket)
{
    const struct timeval timeout = {.tv_sec = PACKET_SECONDS_MAX};
    if (has_worker_pool)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
}

size_t packet_whole_pairs(const char *packet, size_t length)
{
    size_t whole = length > 0 ? 1 : 0;
    unsigned strings_count = 0;
    for (const char *at = packet + whole; at < packet + length; at++) {
        at = memchr(at, '\0', (size_t)(packet + length - at));
        if (at == NULL)
            break;
        if (++strings_count % 2 == 0)
            whole = (size_t)(at + 1 - packet);
    }
    return whole;
}

/* As libmilter's: NULL and a command where there is nothing but the command, NULL and no command at the end.
 */
static char *read_packet(int socket, char *command, size_t *length)
{
    struct {
        uint32_t length;
        char command;
    } __attribute__((packed)) head;
    *command = '\0';
    *length = 0;
    if (!receive_all(socket, &head, sizeof head))
        return NULL;
    size_t data_length = ntohl(head.length) - 1U;
    if (head.length == 0 || data_length > MILTER_MAX_DATA_SIZE)
        return NULL;
    char *data = data_length == 0 ? NULL : malloc(data_length);
    if (data_length > 0 && (data == NULL || !receive_all(socket, data, data_length))) {
        free(data);
        return NULL;
    }
    *command = head.command;
    *length = data_length;
    return data;
}

/* In the place of libmilter's own; libmilter frees what is returned. */
char *mi_rd_cmd(int socket, struct timeval *timeout, char *command, size_t *length, char *name);

char *mi_rd_cmd(int socket, struct timeval *timeout, char *command, size_t *length, char *name)
{
    replaced_is_called(REPLACED_PACKET_READER);
    unsigned period = pool_watch_enter();
    char *packet = has_worker_pool ? read_packet(socket, command, length)
                                   : libmilter_reader(socket, timeout, command, length, name);
    pool_watch_leave(period);
    if (packet != NULL && *command == SMFIC_MACRO)
        *length = packet_whole_pairs(packet, *length);
    return packet;
}
