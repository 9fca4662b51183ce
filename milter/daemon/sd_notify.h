/* What systemd is told (sd_notify(3)): one datagram to $NOTIFY_SOCKET, without its library. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_SD_NOTIFY_H
#define CLOSEDRELAY_MILTER_DAEMON_SD_NOTIFY_H

#include <stdint.h>

/* Sends `state`, such as "READY=1\nSTATUS=…". Does nothing where systemd does not listen; main thread only.
 */
void sd_notify_send(const char *state);

/* RELOADING=1 with the time stamp that Type=notify-reload wants. */
void sd_notify_reloading(void);

/* How often WATCHDOG=1 is to be sent, in ms: half the time after which systemd loses patience. 0: never. */
uint64_t sd_notify_watchdog_ms(void);

#endif
