/* What programs send in a day: newsletters, shops, forwarders, scanners, monitors, list servers. */
#ifndef CLOSEDRELAY_TEST_SIM_MACHINES_H
#define CLOSEDRELAY_TEST_SIM_MACHINES_H

#include "mail.h"

void machine_day(struct world *world, uint32_t account, uint32_t day);

#endif
