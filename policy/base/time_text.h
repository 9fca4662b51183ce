/* Times and durations as people and programs read them. */
#ifndef CLOSEDRELAY_BASE_TIME_TEXT_H
#define CLOSEDRELAY_BASE_TIME_TEXT_H

#include "base/strbuf.h"

/* Of "2026-03-01T06:00:02Z", with its NUL; years beyond 9999 do not fit and are cut. */
enum { TIME_TEXT_BYTES = 24 };

/* RFC 3339 in UTC, whole seconds; `wall_us` since 1970-01-01T00:00:00Z. */
void time_text_utc(int64_t wall_us, char text[TIME_TEXT_BYTES]);

/* Appends "3 d 4 h", "2 h 5 min", "12 s": two units are enough. */
void time_text_duration(struct strbuf *out, uint64_t seconds);

#endif
