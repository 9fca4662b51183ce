/*
 * The rest of libmilter's interface over our own engine, so that a program written for libmilter can be
 * linked with either: for tests and benchmarks. Addresses are unix:/path and inet:PORT (on 127.0.0.1).
 */
#include "engine/crew.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static struct crew crew = {.descriptors_max = INT_MAX};
static struct smfiDesc description;
static const char *address;
static int listening = -1;

int smfi_register(struct smfiDesc given)
{
    description = given;
    return MI_SUCCESS;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libmilter's */
int smfi_setconn(char *given)
{
    address = given;
    return MI_SUCCESS;
}

static int listen_at(const struct sockaddr *at, socklen_t length)
{
    int descriptor = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    return bind(descriptor, at, length) == 0 && listen(descriptor, SOMAXCONN) == 0 ? descriptor : -1;
}

int smfi_opensocket(bool removes)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (strncmp(address, "unix:", 5) == 0 && strlen(address + 5) < sizeof local.sun_path) {
        strcpy(local.sun_path, address + 5);
        if (removes)
            unlink(local.sun_path);
        listening = listen_at((struct sockaddr *)&local, sizeof local);
    } else if (strncmp(address, "inet:", 5) == 0) {
        inet.sin_port = htons((uint16_t)strtoul(address + 5, NULL, 10));
        listening = listen_at((struct sockaddr *)&inet, sizeof inet);
    }
    return listening >= 0 ? MI_SUCCESS : MI_FAILURE;
}

/* It does not return: who runs it ends the process. */
int smfi_main(void)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    waiting_tell(crew_about_to_wait);
    if (!crew_start(&crew, &description, listening, &problem))
        return MI_FAILURE;
    for (;;)
        pause();
}
