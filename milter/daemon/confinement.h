/*
 * What the daemon gives up for good once it has what it needs: a filter of system calls (seccomp(2)).
 *
 * It starts no other program, follows no other process, and changes nothing of the system's. A call that
 * would is the end of the process: whoever makes it is not us. What systemd's unit forbids beside that, or an
 * AppArmor profile, holds only where they run; this holds everywhere.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_CONFINEMENT_H
#define CLOSEDRELAY_MILTER_DAEMON_CONFINEMENT_H

#include "policy.h"

/* For all threads, those there are too. False: the kernel cannot, for the reason in `problem`; nothing is
 * given up then. */
bool confinement_enter(struct strbuf *problem);

#endif
