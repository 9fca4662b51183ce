#include "packet_guard.h"

#include <dlfcn.h>
#include <libmilter/mfdef.h>
#include <string.h>
#include <sys/time.h>

enum { PACKET_SECONDS_MAX = 60 }; /* between two pieces of one packet */

typedef char *packet_reader(int socket, struct timeval *timeout, char *command, size_t *length, char *name);

static packet_reader *libmilter_reader;
static bool has_worker_pool; /* then a packet has begun whenever the reader is called */

bool packet_guard_start(void)
{
    void *reader = dlsym(RTLD_NEXT, "mi_rd_cmd");
    memcpy(&libmilter_reader, &reader, sizeof reader);
    has_worker_pool = dlsym(RTLD_DEFAULT, "mi_start_session") != NULL;
    return reader != NULL;
}

size_t packet_guard_whole_pairs(const char *packet, size_t length)
{
    size_t whole = length > 0 ? 1 : 0;
    unsigned strings_count = 0;
    for (size_t i = 1; i < length; i++) {
        strings_count += packet[i] == '\0';
        if (packet[i] == '\0' && strings_count % 2 == 0)
            whole = i + 1;
    }
    return whole;
}

/* In the place of libmilter's own, which does the reading; libmilter frees what is returned. */
char *mi_rd_cmd(int socket, struct timeval *timeout, char *command, size_t *length, char *name);

char *mi_rd_cmd(int socket, struct timeval *timeout, char *command, size_t *length, char *name)
{
    struct timeval within_packet = {.tv_sec = PACKET_SECONDS_MAX};
    char *packet = libmilter_reader(socket, has_worker_pool ? &within_packet : timeout, command, length, name);
    if (packet != NULL && *command == SMFIC_MACRO)
        *length = packet_guard_whole_pairs(packet, *length);
    return packet;
}
