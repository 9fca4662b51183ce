/* One message that leaves, and what comes back because of it. */
#ifndef CLOSEDRELAY_TEST_SIM_MAIL_H
#define CLOSEDRELAY_TEST_SIM_MAIL_H

#include "world.h"

enum { MAIL_RECIPIENTS_MAX = 100 };

struct mail {
    struct event event;
    uint32_t to[MAIL_RECIPIENTS_MAX];
    uint32_t count;
    uint32_t dead;     /* the first of them: their servers do not know them, and the mail comes back */
    double complaints; /* of the others outside, the part that complains */
    double answers;    /* of the others outside, the part that answers */
};

/* An empty one of this account at that time, from where the account sends then. */
void mail_begin(struct world *world, struct mail *mail, uint32_t account, int64_t time_us);
/* Those that fit. */
void mail_to(struct mail *mail, uint32_t address);
/* The same, of an address that does not exist. */
void mail_to_dead(struct mail *mail, uint32_t address);
/* Without a recipient nothing happens. */
void mail_send(struct world *world, struct mail *mail);

#endif
