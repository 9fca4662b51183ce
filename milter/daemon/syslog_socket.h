/*
 * Lines for syslog(3)'s socket, in the form that syslog(3) gives them.
 *
 * A system without a syslog daemon, such as a container, has no such socket: syslog(3) looks for it anew with
 * each line, for one second here nobody does. Any thread; nothing is kept of a line that cannot be sent.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_SYSLOG_SOCKET_H
#define CLOSEDRELAY_MILTER_DAEMON_SYSLOG_SOCKET_H

/* Lines go to the socket at `path` (a literal; NULL: /dev/log) from the next one on, under `facility`
 * (LOG_MAIL and its like). */
void syslog_socket_use(const char *path, int facility);

/* LOG_ERR and its like; `kind` ("warning: ") stands before the line. */
void syslog_socket_send(int priority, const char *kind, const char *line);

#endif
