/* What honest people do in a day: they write, are written to, answer, log in, and sometimes write to many. */
#ifndef CLOSEDRELAY_TEST_SIM_PEOPLE_H
#define CLOSEDRELAY_TEST_SIM_PEOPLE_H

#include "mail.h"

void people_day(struct world *world, uint32_t account, uint32_t day);

#endif
