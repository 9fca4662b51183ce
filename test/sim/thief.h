/*
 * Break-ins: eight styles, and an adversary who knows the rules.
 *
 * A thief does not stop when something is noticed: what he would have sent tells how much was out by then.
 */
#ifndef CLOSEDRELAY_TEST_SIM_THIEF_H
#define CLOSEDRELAY_TEST_SIM_THIEF_H

#include "mail.h"

enum thief_style {
    STYLE_BLAST,   /* as many as possible, from a few servers */
    STYLE_BOTNET,  /* hundreds of networks of the whole world, a few messages each */
    STYLE_LOW,     /* one message in ten minutes to an hour, each from another network */
    STYLE_COUNTRY, /* a botnet of the victim's own country */
    STYLE_HAND,    /* a person, in office hours, to the victim's contacts */
    STYLE_REPLY,   /* answers to those who wrote to the victim */
    STYLE_INSIDE,  /* to colleagues in the same domain */
    STYLE_SOLD,    /* first only logins, for days; then somebody else blasts */
    STYLE_QUIET,   /* the adversary: so many strangers a day from one network of the country, all addresses
                      right */
    STYLE_OWN,     /* the same from the victim's own computer */
    STYLES
};
extern const char *const style_names[STYLES];

struct theft {
    uint32_t account;
    enum thief_style style;
    uint32_t begins_on;
    uint32_t a_day; /* of the adversary: recipients */
};

struct thieves {
    struct theft *thefts;
    uint32_t count;
    struct random random;
};

/* Chooses victims: plan.thefts of each style. */
void thieves_init(struct thieves *thieves, struct world *world);
void thieves_deinit(struct thieves *thieves);
/* All that the thefts that begin on this day will ever send. */
void thieves_day(struct thieves *thieves, struct world *world, uint32_t day);

#endif
