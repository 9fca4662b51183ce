#include "sd_notify.h"

#include "policy.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void sd_notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') /* an abstract name begins with a NUL, and its length counts */
        address.sun_path[0] = '\0';
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    /* A failure needs no handling: systemd waits for READY and for the watchdog, and acts when they fail to
     * come. */
    sendto(descriptor, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
           length);
    close(descriptor);
}

void sd_notify_reloading(void)
{
    struct strbuf state;
    strbuf_init(&state, 0);
    strbuf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%llu",
                  (unsigned long long)clock_system_monotonic_us(NULL));
    sd_notify_send(strbuf_text(&state));
    strbuf_deinit(&state);
}

uint64_t sd_notify_watchdog_ms(void)
{
    const char *interval_us = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (interval_us == NULL || (pid != NULL && strtol(pid, NULL, 10) != getpid()))
        return 0;
    return strtoull(interval_us, NULL, 10) / 2000U;
}
