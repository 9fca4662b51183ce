/* Events as lines of the record, version 1, and what is true of them as lines of a file of its own. */
#ifndef CLOSEDRELAY_TEST_SIM_WRITE_H
#define CLOSEDRELAY_TEST_SIM_WRITE_H

#include "thief.h"

#include "base/strbuf.h"

enum { ADDRESS_TEXT_BYTES = 96, TIME_TEXT_BYTES = 32 };

struct writer {
    const struct world *world;
    const struct thieves *thieves;
    FILE *records, *truth;
    struct strbuf line;
    uint64_t count;
};

void write_address(const struct world *world, uint32_t address, char *text, size_t room);
void write_time(int64_t time_us, char *text);
/* One event of that day; what a thief sends goes into the truth too. */
void write_event(struct writer *writer, const struct day *day, const struct event *event);

#endif
