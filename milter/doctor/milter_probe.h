/*
 * Whether a milter answers, tried from where the MTA's process would be: in its directory, its chroot, as its
 * user.
 *
 * The try is a child process's; this one stays where and what it is. One thread.
 */
#ifndef CLOSEDRELAY_MILTER_MILTER_PROBE_H
#define CLOSEDRELAY_MILTER_MILTER_PROBE_H

#include "policy.h"

struct milter_probe {
    const char *address;   /* as Postfix writes it: inet:HOST:PORT or unix:PATH */
    const char *directory; /* to be in; NULL: stay */
    bool is_chrooted;      /* the directory is the root as well */
    const char *user;      /* to become, with its groups; NULL: stay. Only root can do either */
};

enum milter_answer {
    MILTER_ANSWERS,        /* it speaks the milter protocol */
    MILTER_NOT_REACHED,    /* no connection */
    MILTER_SAYS_NOTHING,   /* connected, but what is there does not speak the protocol, or not in time */
    MILTER_CANNOT_BE_TRIED /* no child, no such user, no such directory */
};

/* Waits some seconds at most. `*error` is an errno, or 0; with MILTER_NOT_REACHED and 0 the host's name is
 * not known there. */
enum milter_answer milter_probe(const struct milter_probe *probe, int *error);

#endif
