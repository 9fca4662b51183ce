/* The part a message's client plays; fixed at MAIL FROM. Checks have settings for each. */
#ifndef CLOSEDRELAY_FACTS_ROLE_H
#define CLOSEDRELAY_FACTS_ROLE_H

enum role {
    ROLE_SUBMISSION, /* authenticated by SASL */
    ROLE_TRUSTED,    /* by network, by verified certificate, or by a recent login */
    ROLE_LOCAL,      /* handed in on the machine itself */
    ROLE_OUTSIDE,    /* everyone else */
    ROLE_COUNT
};

/* "submission", "trusted", "local" or "outside". */
static inline const char *role_name(enum role role)
{
    static const char *const names[ROLE_COUNT] = {"submission", "trusted", "local", "outside"};
    return names[role];
}

#endif
