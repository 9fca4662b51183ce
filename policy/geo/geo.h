/*
 * In which network operator's hands (AS) and country an address is, from databases in MaxMind's format
 * (GeoLite2, DB-IP and others).
 *
 * A file is read whole when it is opened: whatever becomes of it later harms nobody, and a new one is taken
 * with the next reload. Immutable once loaded, counted; any thread.
 */
#ifndef CLOSEDRELAY_GEO_GEO_H
#define CLOSEDRELAY_GEO_GEO_H

#include "base/strbuf.h"
#include "facts/ip_address.h"

struct geo;

enum geo_kind { GEO_AS, GEO_COUNTRY };

/* Without a database; one reference. NULL: out of memory. */
struct geo *geo_create(void);
struct geo *geo_ref(struct geo *geo); /* NULL is allowed, and is what comes back */
void geo_unref(struct geo *geo);      /* NULL is allowed */

/* Before others have it. False: the file cannot be read, or is no such database (reason in `problem`, without
 * the path). `doubt`: what is odd about it, or nothing. */
bool geo_load(struct geo *geo, enum geo_kind kind, const char *path, struct strbuf *problem,
              struct strbuf *doubt);

/* The number of the autonomous system that an address belongs to; 0: not known. `geo` may be NULL. */
uint32_t geo_find_as(const struct geo *geo, const struct ip_address *address);

/* Its country (ISO 3166-1), 'C' << 8 | 'Z'; 0: not known. `geo` may be NULL. */
uint16_t geo_find_country(const struct geo *geo, const struct ip_address *address);

#endif
